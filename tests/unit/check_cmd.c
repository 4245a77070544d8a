/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd.c. */

#include <check.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static int take_file(int argc, char **argv)
{
	const char *file = NULL;
	int code = cmd_one_file(argc, argv, "Explains.\n", &file);

	if (code < 0)
		(void)printf("file %s\n", file);
	return code < 0 ? 42 : code;
}

START_TEST(one_file_is_handed_over)
{
	const struct probe_result *result = probe_run(take_file, "name", "a file", NULL);

	ck_assert_int_eq(result->code, 42);
	ck_assert_str_eq(result->out, "file a file\n");
	ck_assert_int_eq(probe_run(take_file, "name", "--", "--help", NULL)->code, 42);
}
END_TEST

START_TEST(usage_errors_name_the_command_and_point_to_help)
{
	const struct probe_result *result = probe_run(take_file, "name", NULL);

	ck_assert_int_eq(result->code, CMD_USAGE);
	ck_assert_str_eq(result->out, "");
	probe_has(result->err, "sekishoctl name: exactly one FILE is needed\n");
	probe_has(result->err, "sekishoctl name --help");
}
END_TEST

static int take_options(int argc, char **argv)
{
	static const struct option options[] = {
		{ "plain", no_argument, NULL, 'p' },
		{ "value", required_argument, NULL, 'v' },
		{ 0 },
	};
	int option;

	while ((option = cmd_next_option(argc, argv, ":pv:", options)) != -1)
		if (option == '?')
			return CMD_USAGE;
	return CMD_OK;
}

START_TEST(a_wrong_option_is_told_once_and_by_its_name)
{
	static const struct {
		const char *option, *words;
	} cases[] = {
		{ "--bogus", "sekishoctl name: the option --bogus is not known\n" },
		{ "-b", "sekishoctl name: the option -b is not known\n" },
		{ "-pb", "sekishoctl name: the option -b is not known\n" },
		{ "--value", "sekishoctl name: the option --value needs a value behind it\n" },
		{ "-v", "sekishoctl name: the option -v needs a value behind it\n" },
		{ "--plain=3", "sekishoctl name: the option --plain takes no value\n" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct probe_result *result =
			probe_run(take_options, "name", cases[i].option, NULL);

		ck_assert_int_eq(result->code, CMD_USAGE);
		ck_assert_ptr_eq(strstr(result->err, cases[i].words), result->err);
		ck_assert_ptr_null(strstr(strstr(result->err, "option") + 1, "option"));
	}
	ck_assert_int_eq(probe_run(take_options, "name", "-p", "--value", "3", NULL)->code, CMD_OK);
}
END_TEST

START_TEST(help_and_version_go_to_standard_output)
{
	const struct probe_result *result = probe_run(take_file, "name", "--help", NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	ck_assert_str_eq(result->out, "Usage: sekishoctl name FILE\n\nExplains.\n");
	result = probe_run(take_file, "name", "--version", NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "sekishoctl ");
}
END_TEST

START_TEST(mistakes_and_unreadable_files_have_their_own_codes)
{
	ck_assert_int_eq(cmd_policy_exit(-EINVAL), CMD_FINDING);
	ck_assert_int_eq(cmd_policy_exit(-ENOENT), CMD_TROUBLE);
	ck_assert_int_eq(cmd_policy_exit(-EACCES), CMD_TROUBLE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd");
	TCase *tcase = tcase_create("cmd");

	tcase_add_test(tcase, one_file_is_handed_over);
	tcase_add_test(tcase, usage_errors_name_the_command_and_point_to_help);
	tcase_add_test(tcase, a_wrong_option_is_told_once_and_by_its_name);
	tcase_add_test(tcase, help_and_version_go_to_standard_output);
	tcase_add_test(tcase, mistakes_and_unreadable_files_have_their_own_codes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
