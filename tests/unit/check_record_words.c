/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/record_words.c. */

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/language.h"
#include "ctl/record_words.h"
#include "unit/catalogue.h"

static const char *const samples[] = {
	"The daemon started and holds the boundary.",
	"The policy was read and is in force. Held against the guideline: errors 2, warnings 11.",
	"The policy was read anew and is in force. Held against the guideline: errors 0, warnings "
	"0.",
	"A policy was refused with 3 errors, the first: a: %s b. c The running policy stays.",
	"A policy was refused with 1 errors, the first: out of memory. The daemon does not start.",
	"An engine ended (signal 11); its undecided flows are refused and it is started again.",
	"The reader of the kernel's log ended (status 1); its undecided flows are refused and it "
	"is "
	"started again.",
	"The log could not be written since 2026-11-22T10:00:00.000Z: No space left on device.",
	"Refusals by kernel rules that could not be handed over: 17.",
};

static void assert_said(const char *sentence, const char *expected)
{
	char *words = record_words(sentence);

	ck_assert_ptr_nonnull(words);
	ck_assert_str_eq(words, expected);
	free(words);
}

START_TEST(in_english_they_stay_as_they_are)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++)
		assert_said(samples[i], samples[i]);
}
END_TEST

START_TEST(what_is_no_sentence_of_the_daemon_stays_as_it_is)
{
	static const char *const others[] = { "",
					      "%s",
					      "The daemon started and holds the boundary. Not.",
					      "A policy was refused with 3 errors, the first: x",
					      " Held against the guideline: errors",
					      "An engine ended (" };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_said(others[i], others[i]);
}
END_TEST

START_TEST(in_japanese_each_is_said_in_japanese_with_what_stands_in_its_gaps)
{
	char path[CATALOGUE_PATH_MAX];

	(void)setenv("LC_ALL", "C.UTF-8", 1);
	language_begin(catalogue_path(path));
	ck_assert_int_eq(language_use("ja"), 0);
	if (strcmp(_(samples[0]), samples[0]) == 0) {
		/* whether it is whole is asked of the catalogue itself (scripts/check static) */
		(void)puts("SKIP: the Japanese catalogue lacks the sentences of records");
		return;
	}
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char *words = record_words(samples[i]);

		ck_assert_ptr_nonnull(words);
		ck_assert_str_ne(words, samples[i]);
		ck_assert_ptr_null(strstr(words, "policy"));
		ck_assert_ptr_null(strstr(words, "guideline"));
		if (i == 1)
			ck_assert_ptr_nonnull(strstr(words, "11"));
		if (i == 3)
			ck_assert_ptr_nonnull(strstr(words, "a: %s b. c"));
		free(words);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record_words");
	TCase *tcase = tcase_create("record_words");

	tcase_add_test(tcase, in_english_they_stay_as_they_are);
	tcase_add_test(tcase, what_is_no_sentence_of_the_daemon_stays_as_it_is);
	tcase_add_test(tcase, in_japanese_each_is_said_in_japanese_with_what_stands_in_its_gaps);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
