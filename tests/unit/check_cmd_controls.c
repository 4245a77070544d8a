/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_controls.c: its command line and where the report goes. */

#include <check.h>
#include <jansson.h>
#include <libintl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"
#include "unit/catalogue.h"

static const char *example(const char *name)
{
	static char path[512];
	const char *top = getenv("SRCDIR");

	(void)snprintf(path, sizeof(path), "%s/conf/examples/%s", top ? top : ".", name);
	return path;
}

START_TEST(the_report_goes_to_standard_output)
{
	const struct probe_result *result =
		probe_run(cmd_controls, "controls", example("alpha-prime-a.conf"), NULL);

	ck_assert_msg(result->code == CMD_OK, "%s", result->err);
	probe_has(result->out, "required controls");
	probe_has(result->out, "own/destination-restriction");
	ck_assert_str_eq(result->err, "");
	result = probe_run(cmd_controls, "controls", "--format", "json",
			   example("alpha-prime-a.conf"), NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	json_t *json = json_loads(result->out, 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_str_eq(json_string_value(json_object_get(json, "schema")), "sekisho-controls/1");
	json_decref(json);
}
END_TEST

START_TEST(the_report_goes_to_a_file)
{
	char folder[] = "/tmp/check-controls-XXXXXX", path[64];
	struct stat status;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/report.html", folder);
	const struct probe_result *result = probe_run(cmd_controls, "controls", "-f", "html", "-o",
						      path, example("route-5.conf"), NULL);
	ck_assert_msg(result->code == CMD_OK, "%s", result->err);
	ck_assert_str_eq(result->out, "");
	ck_assert_int_eq(stat(path, &status), 0);
	ck_assert_int_gt(status.st_size, 10000);
	ck_assert_int_eq(unlink(path), 0);

	/* of a policy with mistakes there is no file */
	result = probe_run(cmd_controls, "controls", "-o", path, "/dev/null", NULL);
	ck_assert_int_eq(result->code, CMD_FINDING);
	ck_assert_int_ne(stat(path, &status), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	result = probe_run(cmd_controls, "controls", "-o", path, example("route-5.conf"), NULL);
	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->err, path);
}
END_TEST

static void use_translations(void)
{
	char path[CATALOGUE_PATH_MAX];

	ck_assert_ptr_nonnull(bindtextdomain("sekisho", catalogue_path(path)));
	ck_assert_ptr_nonnull(textdomain("sekisho"));
}

START_TEST(languages_choose_the_names)
{
	const char *policy = example("alpha-prime-a.conf");

	use_translations();
	const struct probe_result *result =
		probe_run(cmd_controls, "controls", "--lang", "ja", "-f", "html", policy, NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "<html lang=\"ja\">");
	probe_has_not(result->out, "Restrict destinations outside");
	result = probe_run(cmd_controls, "controls", "--lang", "en", "-f", "html", policy, NULL);
	probe_has(result->out, "<html lang=\"en\">");
	probe_has(result->out, "Restrict destinations outside");
	probe_has(result->out, "接続先制限");
}
END_TEST

START_TEST(without_a_catalogue_the_report_is_english_and_says_so)
{
	ck_assert_ptr_nonnull(bindtextdomain("sekisho", "/nonexistent"));
	ck_assert_ptr_nonnull(textdomain("sekisho"));
	const struct probe_result *result =
		probe_run(cmd_controls, "controls", "--lang", "ja", "-f", "html",
			  example("alpha-prime-a.conf"), NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "<html lang=\"en\">");
	probe_has(result->err, "SEKISHO_LOCALEDIR");
	probe_has(result->err, "日本語のメッセージ");
}
END_TEST

START_TEST(the_language_does_not_depend_on_the_locale)
{
	use_translations();
	const struct probe_result *result =
		probe_run(cmd_controls, "controls", "--lang", "ja", "--bogus", NULL);
	ck_assert_int_eq(result->code, CMD_USAGE);
	probe_has(result->err, "sekishoctl controls --help」を参照してください。");
	result = probe_run(cmd_controls, "controls", "--lang", "en", "--bogus", NULL);
	probe_has(result->err, "the option --bogus is not known");
	result = probe_run(cmd_controls, "controls", "--bogus", NULL);
	probe_has(result->err, "the option --bogus is not known");
}
END_TEST

START_TEST(the_date_can_be_given)
{
	ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "1795305600", 1), 0);
	const struct probe_result *result =
		probe_run(cmd_controls, "controls", example("alpha-prime-a.conf"), NULL);
	probe_has(result->out, "2026-11-22");
	ck_assert_int_eq(setenv("SOURCE_DATE_EPOCH", "soon", 1), 0);
	result = probe_run(cmd_controls, "controls", example("alpha-prime-a.conf"), NULL);
	ck_assert_int_eq(result->code, CMD_USAGE);
	ck_assert_int_eq(unsetenv("SOURCE_DATE_EPOCH"), 0);
}
END_TEST

START_TEST(command_lines_that_make_no_sense_are_refused)
{
	const char *policy = example("alpha-prime-a.conf");

	ck_assert_int_eq(probe_run(cmd_controls, "controls", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_controls, "controls", policy, policy, NULL)->code,
			 CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_controls, "controls", "-f", "pdf", policy, NULL)->code,
			 CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_controls, "controls", "-l", "fr", policy, NULL)->code,
			 CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_controls, "controls", "/nowhere/at/all", NULL)->code,
			 CMD_TROUBLE);
	ck_assert_int_eq(probe_run(cmd_controls, "controls", "--help", NULL)->code, CMD_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_controls");
	TCase *tcase = tcase_create("cmd_controls");

	tcase_add_test(tcase, the_report_goes_to_standard_output);
	tcase_add_test(tcase, the_report_goes_to_a_file);
	tcase_add_test(tcase, languages_choose_the_names);
	tcase_add_test(tcase, without_a_catalogue_the_report_is_english_and_says_so);
	tcase_add_test(tcase, the_language_does_not_depend_on_the_locale);
	tcase_add_test(tcase, the_date_can_be_given);
	tcase_add_test(tcase, command_lines_that_make_no_sense_are_refused);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
