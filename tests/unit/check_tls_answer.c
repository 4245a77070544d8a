/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A server's first bytes. */
#include <check.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/tls_answer.h"

#define TELLING 43 /* bytes up to the end of the random ones */

static uint8_t answer[100];

static void make(bool retry)
{
	static const uint8_t begin[] = { 22, 3, 3, 0, 95, 2, 0, 0, 91, 3, 3 };
	static const char ask_again[] =
		"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
		"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";

	memset(answer, 0x55, sizeof(answer));
	memcpy(answer, begin, sizeof(begin));
	if (retry)
		memcpy(answer + sizeof(begin), ask_again, 32);
}

START_TEST(hellos_and_retries_are_told_apart_as_soon_as_they_can_be)
{
	for (int retry = 0; retry < 2; retry++) {
		make(retry != 0);
		for (size_t n = 0; n < TELLING; n++)
			ck_assert_int_eq(tls_answer_read(answer, n), TLS_ANSWER_UNKNOWN);
		for (size_t n = TELLING; n <= sizeof(answer); n++)
			ck_assert_int_eq(tls_answer_read(answer, n),
					 retry != 0 ? TLS_ANSWER_RETRY : TLS_ANSWER_HELLO);
	}
}
END_TEST

START_TEST(every_byte_of_the_retrys_random_counts)
{
	for (size_t at = TELLING - 32; at < TELLING; at++) {
		make(true);
		answer[at] ^= 1;
		ck_assert_int_eq(tls_answer_read(answer, TELLING), TLS_ANSWER_HELLO);
	}
}
END_TEST

START_TEST(other_messages_tell_nothing)
{
	/* record type, version and length; message type and length; version */
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = { { 0, 21 }, { 0, 23 }, { 1, 2 },  { 4, 37 }, { 5, 1 },
		      { 5, 4 },  { 5, 0 },  { 8, 33 }, { 9, 2 } };

	make(false);
	answer[cases[_i].at] = cases[_i].value;
	ck_assert_int_eq(tls_answer_read(answer, sizeof(answer)), TLS_ANSWER_UNKNOWN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_answer");
	TCase *tcase = tcase_create("tls_answer");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, hellos_and_retries_are_told_apart_as_soon_as_they_can_be);
	tcase_add_test(tcase, every_byte_of_the_retrys_random_counts);
	tcase_add_loop_test(tcase, other_messages_tell_nothing, 0, 9);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
