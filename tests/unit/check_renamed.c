/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the two names of a set. */
#include "kernel/renamed.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

START_TEST(names_take_turns)
{
	char name[RULESET_NAME_MAX] = "";

	ck_assert_int_eq(renamed_other("role_some4", name, sizeof(name)), 0);
	ck_assert_str_eq(name, "role_some4.b");
	ck_assert(renamed_is(name));
	ck_assert_int_eq(renamed_other("role_some4.b", name, sizeof(name)), 0);
	ck_assert_str_eq(name, "role_some4");
	ck_assert(!renamed_is(name));
	renamed_plain("role_some4.b", name, sizeof(name));
	ck_assert_str_eq(name, "role_some4");
	renamed_plain("b", name, sizeof(name));
	ck_assert_str_eq(name, "b");
	ck_assert(!renamed_is(".b"));
}
END_TEST

START_TEST(a_name_without_room_for_more_is_refused)
{
	char name[RULESET_NAME_MAX], other[RULESET_NAME_MAX] = "untouched";

	memset(name, 'x', sizeof(name));
	name[RULESET_NAME_MAX - 2] = '\0';
	ck_assert_int_eq(renamed_other(name, other, sizeof(other)), -ENAMETOOLONG);
	ck_assert_str_eq(other, "untouched");
	name[RULESET_NAME_MAX - 3] = '\0';
	ck_assert_int_eq(renamed_other(name, other, sizeof(other)), 0);
	ck_assert_uint_eq(strlen(other), RULESET_NAME_MAX - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renamed");
	TCase *tc = tcase_create("names");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, names_take_turns);
	tcase_add_test(tc, a_name_without_room_for_more_is_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
