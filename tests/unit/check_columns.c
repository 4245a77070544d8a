/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/columns.c. */

#include <check.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/columns.h"

static const char *fit(const char *text, size_t cells)
{
	static char out[64];

	size_t used = columns_fit(text, cells, out, sizeof(out));
	ck_assert_uint_le(used, cells);
	ck_assert_uint_eq(used, columns_width(out));
	return out;
}

START_TEST(japanese_takes_two_cells_a_character)
{
	ck_assert_uint_eq(columns_width(""), 0);
	ck_assert_uint_eq(columns_width("abc"), 3);
	ck_assert_uint_eq(columns_width("例示市"), 6);
	ck_assert_uint_eq(columns_width("a\x1b"
					"b"),
			  3);
	ck_assert_uint_eq(columns_width("\xff\xfe"), 2);
}
END_TEST

START_TEST(text_that_fits_stays_as_it_is)
{
	ck_assert_str_eq(fit("abc", 3), "abc");
	ck_assert_str_eq(fit("例示", 4), "例示");
	ck_assert_str_eq(fit("", 0), "");
}
END_TEST

START_TEST(text_that_does_not_fit_is_cut_and_marked)
{
	ck_assert_str_eq(fit("abcd", 3), "ab…");
	ck_assert_str_eq(fit("abcd", 1), "…");
	ck_assert_str_eq(fit("abcd", 0), "");
	ck_assert_str_eq(fit("例示市", 5), "例示…");
	/* A wide character is not halved. */
	ck_assert_str_eq(fit("例示市", 4), "例…");
}
END_TEST

START_TEST(what_a_terminal_would_obey_is_shown_as_a_question)
{
	ck_assert_str_eq(fit("a\x1b[2Jb\n", 20), "a?[2Jb?");
	ck_assert_str_eq(fit("\xc2\x9b"
			     "31m",
			     20),
			 "?31m");
	ck_assert_str_eq(fit("\xff", 20), "?");
}
END_TEST

START_TEST(room_for_bytes_is_kept_to)
{
	for (size_t cap = 1; cap < 20; cap++) {
		char out[21];

		memset(out, '#', sizeof(out));
		(void)columns_fit("例示市例示市", 100, out, cap);
		ck_assert_uint_lt(strlen(out), cap);
		for (size_t i = cap; i < sizeof(out); i++)
			ck_assert_int_eq(out[i], '#');
	}
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("columns");
	TCase *tcase = tcase_create("columns");

	tcase_add_test(tcase, japanese_takes_two_cells_a_character);
	tcase_add_test(tcase, text_that_fits_stays_as_it_is);
	tcase_add_test(tcase, text_that_does_not_fit_is_cut_and_marked);
	tcase_add_test(tcase, what_a_terminal_would_obey_is_shown_as_a_question);
	tcase_add_test(tcase, room_for_bytes_is_kept_to);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
