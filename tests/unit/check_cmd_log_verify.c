/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_log_verify.c: what it says, and how it ends. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"
#include "unit/chained.h"

static char auditor[128], public_part[128], second[128], kept[128];

static void set_up(void)
{
	struct writer *writer;

	site_set_up();
	(void)snprintf(auditor, sizeof(auditor), "%s/auditor", site.folder);
	(void)snprintf(public_part, sizeof(public_part), "%s/public", site.folder);
	(void)snprintf(second, sizeof(second), "%s/a-rotated-file", site.folder);
	(void)snprintf(kept, sizeof(kept), "%s/kept", site.folder);
	ck_assert_int_eq(log_key_write_auditor(auditor, &site.auditor, true), 0);
	ck_assert_int_eq(log_key_write_auditor(public_part, &site.auditor, false), 0);
	writer = site_writer();
	site_add(writer, 9);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(rename(site.log, second), 0);
	ck_assert_int_eq(writer_reopen(writer), 0);
	site_add(writer, 9);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
}

START_TEST(whole_log_is_told_so_whatever_the_order)
{
	const struct probe_result *result =
		probe_run(cmd_log, "log", "verify", "-k", auditor, site.log, second, NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "Proven to be as they were written: 20 of 20 records");
	probe_has(result->out, "  1 - 20\n");
	probe_has(result->out, "Nothing wrong was found.");
	probe_has(result->out, "cut off is not known");
	result = probe_run(cmd_log, "log", "verify", "-k", auditor, second, site.log, NULL);
	ck_assert_int_eq(result->code, CMD_OK);
}
END_TEST

START_TEST(altered_record_is_named_by_file_line_and_number)
{
	size_t len;
	char *text = site_read(site.log, &len), expected[200];

	*strstr(strstr(text, "\"sekisho.sequence\":15,"), "A test") = 'B';
	site_put(site.log, text, len);
	free(text);
	const struct probe_result *result =
		probe_run(cmd_log, "log", "verify", "-k", auditor, site.log, second, NULL);
	ck_assert_int_eq(result->code, CMD_FINDING);
	(void)snprintf(expected, sizeof(expected), "%s:5: record 15: ALTERED", site.log);
	probe_has(result->out, expected);
	probe_has(result->out, "  1 - 14\n  16 - 20\n");
	probe_has(result->out, "THE LOG IS NOT WHOLE.");
}
END_TEST

START_TEST(public_key_alone_says_what_it_cannot_know)
{
	const struct probe_result *result =
		probe_run(cmd_log, "log", "verify", "-p", public_part, site.log, second, NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "is NOT known");
	probe_has_not(result->out, "Proven");
	/* the auditor's own file will do, its secret unused */
	result = probe_run(cmd_log, "log", "verify", "-p", auditor, site.log, second, NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "is NOT known");
	result = probe_run(cmd_log, "log", "verify", "-k", public_part, site.log, NULL);
	ck_assert_int_eq(result->code, CMD_USAGE);
}
END_TEST

START_TEST(checkpoints_are_read_from_any_text)
{
	struct checkpoint checkpoint;
	struct keeper *keeper = site_keeper();
	char text[CHECKPOINT_TEXT_MAX], line[1024];

	ck_assert_int_eq(keeper_checkpoint(keeper, &checkpoint), 0);
	keeper_free(keeper);
	(void)checkpoint_text(&checkpoint, text);
	int len = snprintf(line, sizeof(line), "other\nNov 22 fw sekishod[7]: %s\n", text);
	site_put(kept, line, (size_t)len);
	const struct probe_result *result = probe_run(cmd_log, "log", "verify", "-k", auditor, "-C",
						      kept, site.log, second, NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "Checkpoints with a good signature: 1.");
	probe_has_not(result->out, "is not known");
	result = probe_run(cmd_log, "log", "verify", "-k", auditor, "-C", kept, second, NULL);
	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->out, "records 11 to 20: TRUNCATED");
	site_put(kept, "nothing\n", 8);
	result = probe_run(cmd_log, "log", "verify", "-k", auditor, "-C", kept, second, NULL);
	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->err, "no checkpoint");
}
END_TEST

START_TEST(what_is_no_log_is_no_whole_log)
{
	site_put(kept, "nothing\n", 8);
	const struct probe_result *result =
		probe_run(cmd_log, "log", "verify", "-k", auditor, kept, NULL);
	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->out, "There is no record");
	result = probe_run(cmd_log, "log", "verify", "-k", auditor, "/nonexistent", NULL);
	ck_assert_int_eq(result->code, CMD_TROUBLE);
	result = probe_run(cmd_log, "log", "verify", "-k", kept, site.log, NULL);
	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->err, "no verification key");
}
END_TEST

START_TEST(command_line_that_makes_no_sense_is_refused)
{
	ck_assert_int_eq(probe_run(cmd_log, "log", "verify", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_log, "log", "verify", "-k", auditor, NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_log, "log", "verify", site.log, NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_log, "log", "verify", "-x", NULL)->code, CMD_USAGE);
	const struct probe_result *result = probe_run(cmd_log, "log", "verify", "--help", NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "--checkpoints FILE");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_log_verify");
	TCase *tcase = tcase_create("cmd_log_verify");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_checked_fixture(tcase, set_up, site_tear_down);
	tcase_add_test(tcase, whole_log_is_told_so_whatever_the_order);
	tcase_add_test(tcase, altered_record_is_named_by_file_line_and_number);
	tcase_add_test(tcase, public_key_alone_says_what_it_cannot_know);
	tcase_add_test(tcase, checkpoints_are_read_from_any_text);
	tcase_add_test(tcase, what_is_no_log_is_no_whole_log);
	tcase_add_test(tcase, command_line_that_makes_no_sense_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
