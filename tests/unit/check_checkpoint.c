/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/checkpoint.c. */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/checkpoint.h"

/* RFC 8032 section 7.1, test 1 */
static const uint8_t seed[CHECKPOINT_SEED_BYTES] = {
	0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a,
	0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32,
	0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60
};
static const uint8_t expected_public[CHECKPOINT_PUBLIC_BYTES] = {
	0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7, 0xd5, 0x4b, 0xfe,
	0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
	0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a
};

static struct checkpoint made(void)
{
	struct checkpoint checkpoint = { .number = 4711,
					 .time = "2026-11-22T03:35:00.123456Z",
					 .tag = { 1, 2, 3 } };

	ck_assert_int_eq(checkpoint_id(expected_public, checkpoint.id), 0);
	ck_assert_int_eq(checkpoint_sign(seed, &checkpoint), 0);
	return checkpoint;
}

START_TEST(public_key_is_that_of_the_standard)
{
	uint8_t public_key[CHECKPOINT_PUBLIC_BYTES];

	ck_assert_int_eq(checkpoint_public(seed, public_key), 0);
	ck_assert_mem_eq(public_key, expected_public, sizeof(public_key));
}
END_TEST

START_TEST(signature_holds_for_what_was_signed_and_nothing_else)
{
	struct checkpoint checkpoint = made(), other;
	uint8_t stranger[CHECKPOINT_PUBLIC_BYTES], key[CHECKPOINT_SEED_BYTES] = { 7 };

	ck_assert_int_eq(checkpoint_public(key, stranger), 0);
	ck_assert_int_eq(checkpoint_check(expected_public, &checkpoint), 0);
	ck_assert_int_eq(checkpoint_check(stranger, &checkpoint), -EBADMSG);
	other = checkpoint;
	other.number++;
	ck_assert_int_eq(checkpoint_check(expected_public, &other), -EBADMSG);
	other = checkpoint;
	other.time[3] = '7';
	ck_assert_int_eq(checkpoint_check(expected_public, &other), -EBADMSG);
	other = checkpoint;
	other.tag[31] ^= 1;
	ck_assert_int_eq(checkpoint_check(expected_public, &other), -EBADMSG);
	other = checkpoint;
	other.id[0] = other.id[0] == '0' ? '1' : '0';
	ck_assert_int_eq(checkpoint_check(expected_public, &other), -EBADMSG);
	other = checkpoint;
	other.signature[5] ^= 1;
	ck_assert_int_eq(checkpoint_check(expected_public, &other), -EBADMSG);
}
END_TEST

START_TEST(text_is_found_in_a_line_of_syslog)
{
	struct checkpoint checkpoint = made(), found;
	char text[CHECKPOINT_TEXT_MAX], line[600];

	ck_assert_uint_eq(checkpoint_text(&checkpoint, text), strlen(text));
	(void)snprintf(line, sizeof(line), "Nov 22 host sekishod[1]: %s and more", text);
	memset(&found, 0, sizeof(found));
	ck_assert_int_eq(checkpoint_find(line, strlen(line), &found), 0);
	ck_assert_mem_eq(&found, &checkpoint, sizeof(found));
}
END_TEST

START_TEST(every_truncation_is_damage_and_leaves_result_alone)
{
	struct checkpoint checkpoint = made(), found = { .number = 5 };
	char text[CHECKPOINT_TEXT_MAX];
	size_t len = checkpoint_text(&checkpoint, text);

	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut ? cut : 1);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, cut);
		ck_assert_int_eq(checkpoint_find(copy, cut, &found),
				 cut < strlen("sekisho-checkpoint-1 key=") ? -ENOENT : -EBADMSG);
		ck_assert_uint_eq(found.number, 5);
		free(copy);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checkpoint");
	TCase *tcase = tcase_create("checkpoint");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_test(tcase, public_key_is_that_of_the_standard);
	tcase_add_test(tcase, signature_holds_for_what_was_signed_and_nothing_else);
	tcase_add_test(tcase, text_is_found_in_a_line_of_syslog);
	tcase_add_test(tcase, every_truncation_is_damage_and_leaves_result_alone);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
