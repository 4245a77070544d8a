/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/put.c: against the C library and against a JSON parser. */

#include <arpa/inet.h>
#include <check.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/put.h"
#include "common/defs.h"

#define RANDOM_ROUNDS 20000

static const char *put(const char *text, size_t cap)
{
	static char out[8192];

	memset(out, '#', sizeof(out));
	char *end = put_text(out, text, cap);
	ck_assert_uint_le((size_t)(end - out), cap);
	ck_assert_int_eq(*end, '#');
	*end = '\0';
	return out;
}

START_TEST(numbers_are_those_of_printf)
{
	static const uint64_t numbers[] = { 0, 1, 9, 10, 99, 100, 65535, UINT32_MAX, UINT64_MAX };

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		char got[32], want[32];

		*put_number(got, numbers[i]) = '\0';
		(void)snprintf(want, sizeof(want), "%" PRIu64, numbers[i]);
		ck_assert_str_eq(got, want);
	}
}
END_TEST

static void same_as_inet_ntop(const struct addr *a)
{
	char got[PUT_ADDRESS_MAX + 1], want[INET6_ADDRSTRLEN];

	*put_address(got, a) = '\0';
	ck_assert_ptr_nonnull(
		inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->b, want, sizeof(want)));
	ck_assert_str_eq(got, want);
}

START_TEST(addresses_are_those_of_inet_ntop)
{
	static const char *const texts[] = { "::",
					     "::1",
					     "1::",
					     "1:0:0:2::",
					     "1:0:2:0:3:0:4:0",
					     "2001:db8::1:0:0:1",
					     "1:0:0:2:0:0:0:3",
					     "ff02::fb",
					     "2001:db8:0:1:1:1:1:1",
					     "0:1:1:1:1:1:1:1",
					     "1:1:1:1:1:1:1:0",
					     "0:0:1:1:1:1:0:0" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct addr a = { .family = 6 };

		ck_assert_int_eq(inet_pton(AF_INET6, texts[i], a.b), 1);
		same_as_inet_ntop(&a);
	}
}
END_TEST

START_TEST(random_addresses_are_those_of_inet_ntop)
{
	unsigned int seed = 20261122;

	(void)printf("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		struct addr a = { .family = round % 2 ? 4 : 6 };
		unsigned long zeros = (unsigned long)random();

		/* Whole groups of zeros often, so that they are shortened in every place. The first
		 * is kept, since inet_ntop() writes ::a.b.c.d in the old way. */
		for (size_t i = 0; i < addr_len(a.family); i++) {
			if (i < 2 || (zeros >> (i / 2) & 1U))
				a.b[i] = (uint8_t)(random() % 255 + 1);
		}
		same_as_inet_ntop(&a);
	}
}
END_TEST

START_TEST(time_is_utc_with_microseconds)
{
	static const struct {
		struct timespec t;
		const char *text;
	} cases[] = {
		{ { 0, 0 }, "1970-01-01T00:00:00.000000Z" },
		{ { 1795318500, 123456999 }, "2026-11-22T03:35:00.123456Z" },
		{ { 1795318500, 999999999 }, "2026-11-22T03:35:00.999999Z" },
		{ { 1795318501, 1000 }, "2026-11-22T03:35:01.000001Z" },
		{ { 951782400, 0 }, "2000-02-29T00:00:00.000000Z" },
		{ { 1795318500, 0 }, "2026-11-22T03:35:00.000000Z" },
		{ { 300000000000, 0 }, "9999-12-31T23:59:59.000000Z" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char got[PUT_TIME_MAX + 1];
		char *end = put_time(got, &cases[i].t);

		*end = '\0';
		ck_assert_int_eq(end - got, PUT_TIME_MAX);
		ck_assert_str_eq(got, cases[i].text);
	}
}
END_TEST

START_TEST(plain_and_japanese_text_stays_as_it_is)
{
	ck_assert_str_eq(put("", 3), "");
	ck_assert_str_eq(put("lbo-fw-1", 64), "lbo-fw-1");
	ck_assert_str_eq(put("例示市", 64), "例示市");
	ck_assert_str_eq(put("\xf0\x9f\x8d\xa3", 64), "\xf0\x9f\x8d\xa3");
}
END_TEST

START_TEST(what_json_or_a_terminal_minds_is_escaped)
{
	ck_assert_str_eq(put("a\"b\\c", 64), "a\\\"b\\\\c");
	ck_assert_str_eq(put("\n\x1b[2J\x7f", 64), "\\u000a\\u001b[2J\\u007f");
	/* C1 control, right-to-left override, zero-width space, byte order mark. */
	ck_assert_str_eq(put("\xc2\x9b\xe2\x80\xae\xe2\x80\x8b\xef\xbb\xbf", 64),
			 "\\u009b\\u202e\\u200b\\ufeff");
}
END_TEST

START_TEST(broken_utf8_is_replaced_byte_by_byte)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "a\x80", "a\\ufffd" },          /* continuation alone */
		{ "\xe4\xbe", "\\ufffd\\ufffd" }, /* cut at the end */
		{ "\xc0\xaf", "\\ufffd\\ufffd" }, /* overlong */
		{ "\xe0\x80\xaf", "\\ufffd\\ufffd\\ufffd" },
		{ "\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd" }, /* surrogate */
		{ "\xf4\x90\x80\x80", "\\ufffd\\ufffd\\ufffd\\ufffd" },
		{ "\xff\xfe", "\\ufffd\\ufffd" },
		{ "\xe4z", "\\ufffdz" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(put(cases[i].text, 64), cases[i].want);
}
END_TEST

START_TEST(long_text_is_cut_between_characters_and_marked)
{
	ck_assert_str_eq(put("abcdef", 9), "abcdef");
	ck_assert_str_eq(put("abcdefg", 9), "abcdef…");
	ck_assert_str_eq(put("例示市", 9), "例示…");
	ck_assert_str_eq(put("ab例示", 9), "ab例…");
	ck_assert_str_eq(put("abc\n", 11), "abc…");
	ck_assert_str_eq(put("a", 3), "…");
	ck_assert_str_eq(put("", 3), "");
}
END_TEST

/* Text is looked at eight bytes at a time; each place in the eight must be looked at. */
START_TEST(every_byte_is_seen_in_every_place)
{
	for (unsigned int byte = 1; byte < 256; byte++) {
		bool plain = byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';

		for (size_t place = 0; place < 17; place++) {
			char text[] = "abcdefghijklmnopq";

			text[place] = (char)byte;
			ck_assert_int_eq(strcmp(put(text, 64), text) == 0, plain);
		}
	}
}
END_TEST

START_TEST(random_bytes_always_make_valid_json_within_their_room)
{
	unsigned int seed = 42;

	(void)printf("seed %u\n", seed);
	srandom(seed);
	for (int round = 0; round < RANDOM_ROUNDS; round++) {
		char text[64], quoted[256];
		size_t len = (size_t)random() % (sizeof(text) - 1);

		for (size_t i = 0; i < len; i++) {
			text[i] = (char)(random() % 255 + 1);
			if (random() % 2)
				text[i] = (char)(text[i] | 0xc0);
		}
		text[len] = '\0';
		(void)snprintf(quoted, sizeof(quoted), "[\"%s\"]",
			       put(text, 3 + (size_t)random() % 200));
		json_t *parsed = json_loads(quoted, 0, NULL);
		ck_assert_msg(parsed != NULL, "no JSON: %s", quoted);
		json_decref(parsed);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("put");
	TCase *tcase = tcase_create("put");

	tcase_add_test(tcase, numbers_are_those_of_printf);
	tcase_add_test(tcase, addresses_are_those_of_inet_ntop);
	tcase_add_test(tcase, random_addresses_are_those_of_inet_ntop);
	tcase_add_test(tcase, time_is_utc_with_microseconds);
	tcase_add_test(tcase, plain_and_japanese_text_stays_as_it_is);
	tcase_add_test(tcase, what_json_or_a_terminal_minds_is_escaped);
	tcase_add_test(tcase, broken_utf8_is_replaced_byte_by_byte);
	tcase_add_test(tcase, long_text_is_cut_between_characters_and_marked);
	tcase_add_test(tcase, every_byte_is_seen_in_every_place);
	tcase_add_test(tcase, random_bytes_always_make_valid_json_within_their_room);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
