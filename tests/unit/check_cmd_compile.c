/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_compile.c on the shipped policy. */

#include <check.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

START_TEST(shipped_policy_is_printed_as_one_table)
{
	char path[512];
	const char *top = getenv("SRCDIR");

	(void)snprintf(path, sizeof(path), "%s/conf/sekisho.conf", top ? top : ".");
	const struct probe_result *result = probe_run(cmd_compile, "compile", path, NULL);
	ck_assert_msg(result->code == CMD_OK, "%s", result->err);
	probe_has(result->out, "table inet sekisho {");
	probe_has(result->out, "hook forward");
	ck_assert_str_eq(result->err, "");
}
END_TEST

START_TEST(what_cannot_be_read_prints_nothing)
{
	const struct probe_result *result =
		probe_run(cmd_compile, "compile", "/nowhere/at/all", NULL);

	ck_assert_int_eq(result->code, CMD_TROUBLE);
	ck_assert_str_eq(result->out, "");
	ck_assert_int_eq(probe_run(cmd_compile, "compile", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_compile, "compile", "--help", NULL)->code, CMD_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_compile");
	TCase *tcase = tcase_create("cmd_compile");

	tcase_add_test(tcase, shipped_policy_is_printed_as_one_table);
	tcase_add_test(tcase, what_cannot_be_read_prints_nothing);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
