/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of common/language.c, with the catalogue of the build tree. Each runs in a process of its
 * own, since what gettext and the environment remember would reach the next. */

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "common/language.h"
#include "unit/catalogue.h"

/* A message whose Japanese does not change. */
#define MESSAGE "running"

static char catalogue[CATALOGUE_PATH_MAX];

static void environment(const char *lc_all, const char *lang, const char *language)
{
	(void)unsetenv("LC_MESSAGES");
	(void)setenv("LC_ALL", lc_all, 1);
	(void)setenv("LANG", lang, 1);
	(void)setenv("LANGUAGE", language, 1);
}

static bool speaks_japanese(void)
{
	return strcmp(_(MESSAGE), MESSAGE) != 0;
}

START_TEST(english_is_what_is_spoken_in_the_c_locale)
{
	environment("C", "", "ja");
	language_begin(catalogue);
	ck_assert_str_eq(language_now(), "en");
	ck_assert(!speaks_japanese());
	ck_assert(language_is_there());
	ck_assert_uint_gt(MB_CUR_MAX, 1); /* UTF-8 all the same */
}
END_TEST

START_TEST(the_environment_may_ask_for_japanese)
{
	environment("C.UTF-8", "", "ja");
	language_begin(catalogue);
	ck_assert_str_eq(language_now(), "ja");
	ck_assert(speaks_japanese());
	ck_assert(language_is_there());
}
END_TEST

START_TEST(a_japanese_locale_that_is_not_generated_speaks_japanese)
{
	environment("", "ja_JP.NOT-GENERATED", "");
	language_begin(catalogue);
	ck_assert_str_eq(language_now(), "ja");
	ck_assert(speaks_japanese());
}
END_TEST

START_TEST(other_locales_that_are_not_generated_speak_english)
{
	environment("", "xx_XX.UTF-8", "");
	language_begin(catalogue);
	ck_assert_str_eq(language_now(), "en");
	ck_assert(!speaks_japanese());
}
END_TEST

START_TEST(the_language_changes_to_and_fro)
{
	environment("C", "", "");
	language_begin(catalogue);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(language_use("ja"), 0);
		ck_assert(speaks_japanese());
		ck_assert_int_eq(language_use("en"), 0);
		ck_assert(!speaks_japanese());
		ck_assert(!language_is_japanese());
	}
}
END_TEST

START_TEST(any_other_language_is_refused)
{
	static const char *const names[] = { "", "j", "jaa", "de", "../ja", "JA" };

	environment("C.UTF-8", "", "ja");
	language_begin(catalogue);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert_int_eq(language_use(names[i]), -EINVAL);
	ck_assert(speaks_japanese());
}
END_TEST

START_TEST(a_missing_catalogue_is_told_and_changes_nothing)
{
	environment("C.UTF-8", "", "");
	language_begin("/nonexistent");
	ck_assert_int_eq(language_use("ja"), -ENOENT);
	ck_assert_str_eq(language_now(), "en");
	ck_assert(language_is_there());
}
END_TEST

START_TEST(a_locale_without_its_catalogue_is_told)
{
	environment("C.UTF-8", "", "ja");
	language_begin("/nonexistent");
	ck_assert_str_eq(language_now(), "ja");
	ck_assert(!language_is_there());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("language");
	TCase *tcase = tcase_create("language");

	(void)catalogue_path(catalogue);
	tcase_add_test(tcase, english_is_what_is_spoken_in_the_c_locale);
	tcase_add_test(tcase, the_environment_may_ask_for_japanese);
	tcase_add_test(tcase, a_japanese_locale_that_is_not_generated_speaks_japanese);
	tcase_add_test(tcase, other_locales_that_are_not_generated_speak_english);
	tcase_add_test(tcase, the_language_changes_to_and_fro);
	tcase_add_test(tcase, any_other_language_is_refused);
	tcase_add_test(tcase, a_missing_catalogue_is_told_and_changes_nothing);
	tcase_add_test(tcase, a_locale_without_its_catalogue_is_told);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
