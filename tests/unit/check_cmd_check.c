/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_check.c on the shipped policies, whole and broken. */

#include <check.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static const char *shipped(const char *name)
{
	static char path[512];
	const char *top = getenv("SRCDIR");

	(void)snprintf(path, sizeof(path), "%s/conf/%s", top ? top : ".", name);
	return path;
}

START_TEST(shipped_policies_are_good)
{
	const struct probe_result *result =
		probe_run(cmd_check, "check", "--no-lint", shipped("sekisho.conf"), NULL);

	ck_assert_msg(result->code == CMD_OK, "%s", result->err);
	probe_has(result->out, "sekisho.conf: the policy is good: configurations ");
	ck_assert_str_eq(result->err, "");
	result = probe_run(cmd_check, "check", shipped("examples/reiji-city.conf"), NULL);
	ck_assert_msg(result->code == CMD_OK, "%s%s", result->out, result->err);
}
END_TEST

START_TEST(policy_that_nobody_attests_ends_with_the_code_of_the_lint)
{
	const struct probe_result *result =
		probe_run(cmd_check, "check", shipped("sekisho.conf"), NULL);

	ck_assert_int_eq(result->code, CMD_LINT);
	ck_assert_str_eq(result->err, "");
	probe_has(result->out, "can be loaded, but is not as the guideline wants it");
	probe_has(result->out, "external-check-and-jlis-report");
	probe_has(result->out, "地方公共団体情報システム機構");
}
END_TEST

START_TEST(machines_get_one_object_whatever_was_found)
{
	const char *path = shipped("sekisho.conf");
	const struct probe_result *result = probe_run(cmd_check, "check", "--json", path, NULL);

	ck_assert_int_eq(result->code, CMD_LINT);
	ck_assert_int_eq(result->out[0], '{');
	probe_has(result->out, "\"external-check-and-jlis-report\"");
	probe_has_not(result->out, "can be loaded");
	result = probe_run(cmd_check, "check", "--sarif", path, NULL);
	ck_assert_int_eq(result->code, CMD_LINT);
	probe_has(result->out, "\"2.1.0\"");
	result = probe_run(cmd_check, "check", "--json", "/nowhere/at/all", NULL);
	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->out, "\"text_errors\": 1");
}
END_TEST

START_TEST(registrations_are_judged_as_of_the_day_asked_for)
{
	const char *path = shipped("examples/reiji-city.conf");
	const struct probe_result *result =
		probe_run(cmd_check, "check", "--on", "2027-04-01", path, NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "the registration ran out on 2027-03-31");
	result = probe_run(cmd_check, "check", "--on", "2028-13-01", path, NULL);
	ck_assert_int_eq(result->code, CMD_USAGE);
	probe_has(result->err, "2028-13-01");
}
END_TEST

START_TEST(mistake_is_told_with_file_and_line)
{
	char path[] = "/tmp/check-cmd-check-XXXXXX";
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "appliance = {\n\tcolour = 1;\n};\n", 30), 30);
	(void)close(fd);
	const struct probe_result *result = probe_run(cmd_check, "check", path, NULL);
	(void)unlink(path);
	ck_assert_int_eq(result->code, CMD_FINDING);
	ck_assert_str_eq(result->out, "");
	probe_has(result->err, ":2: ");
	probe_has(result->err, "colour");
}
END_TEST

START_TEST(missing_file_is_no_mistake_in_the_policy)
{
	const struct probe_result *result = probe_run(cmd_check, "check", "/nowhere/at/all", NULL);

	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->err, "/nowhere/at/all");
}
END_TEST

START_TEST(two_formats_at_once_are_refused)
{
	const struct probe_result *result =
		probe_run(cmd_check, "check", "--json", "--sarif", shipped("sekisho.conf"), NULL);

	ck_assert_int_eq(result->code, CMD_USAGE);
	ck_assert_str_eq(result->out, "");
	probe_has(result->err, "--json and --sarif do not go together");
	result = probe_run(cmd_check, "check", "--sarif", "-j", shipped("sekisho.conf"), NULL);
	ck_assert_int_eq(result->code, CMD_USAGE);
	result = probe_run(cmd_check, "check", "--no-lint", "-j", "-j", shipped("sekisho.conf"),
			   NULL);
	ck_assert_int_eq(result->code, CMD_OK);
}
END_TEST

START_TEST(command_line_needs_exactly_one_file)
{
	ck_assert_int_eq(probe_run(cmd_check, "check", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_check, "check", "a", "b", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_check, "check", "--bogus", "a", NULL)->code, CMD_USAGE);
	const struct probe_result *result = probe_run(cmd_check, "check", "--help", NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "Usage: sekishoctl check [OPTIONS] FILE\n");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_check");
	TCase *tcase = tcase_create("cmd_check");

	tcase_add_test(tcase, shipped_policies_are_good);
	tcase_add_test(tcase, policy_that_nobody_attests_ends_with_the_code_of_the_lint);
	tcase_add_test(tcase, machines_get_one_object_whatever_was_found);
	tcase_add_test(tcase, registrations_are_judged_as_of_the_day_asked_for);
	tcase_add_test(tcase, mistake_is_told_with_file_and_line);
	tcase_add_test(tcase, missing_file_is_no_mistake_in_the_policy);
	tcase_add_test(tcase, two_formats_at_once_are_refused);
	tcase_add_test(tcase, command_line_needs_exactly_one_file);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
