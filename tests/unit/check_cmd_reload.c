/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_reload.c against a daemon played by a child. */

#include <check.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static char folder[64], path[128];

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/check-reload-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/sock", folder);
}

static void tear_down(void)
{
	ck_assert_int_eq(rmdir(folder), 0);
}

static const struct probe_result *reload_with(const char *json)
{
	const char *const datagrams[] = { json, NULL };
	pid_t daemon = probe_daemon(path, "reload en", datagrams, 1);
	const struct probe_result *result = probe_run(cmd_reload, "reload", "-s", path, NULL);

	probe_daemon_end(daemon, path);
	return result;
}

START_TEST(loaded_policy_is_a_success)
{
	const struct probe_result *result = reload_with("{\"ok\":true,\"text\":\"Loaded.\"}");

	ck_assert_int_eq(result->code, CMD_OK);
	ck_assert_str_eq(result->out, "Loaded.\n");
	ck_assert_str_eq(result->err, "");
}
END_TEST

START_TEST(each_mistake_is_listed_and_ends_in_failure)
{
	const struct probe_result *result =
		reload_with("{\"ok\":false,\"text\":\"Nothing changed.\",\"errors\":"
			    "[\"p.conf:3: one\",\"p.conf:9: two\",5]}");

	ck_assert_int_eq(result->code, CMD_FINDING);
	ck_assert_str_eq(result->out, "");
	ck_assert_str_eq(result->err, "p.conf:3: one\np.conf:9: two\nNothing changed.\n");
}
END_TEST

START_TEST(answer_that_does_not_say_ok_is_no_success)
{
	ck_assert_int_eq(reload_with("{}")->code, CMD_FINDING);
	ck_assert_int_eq(reload_with("{\"ok\":\"true\"}")->code, CMD_FINDING);
}
END_TEST

START_TEST(no_daemon_and_bad_command_line_have_their_own_codes)
{
	ck_assert_int_eq(probe_run(cmd_reload, "reload", "--socket", path, NULL)->code,
			 CMD_UNREACHABLE);
	ck_assert_int_eq(probe_run(cmd_reload, "reload", "extra", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_reload, "reload", "--bogus", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_reload, "reload", "--help", NULL)->code, CMD_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_reload");
	TCase *tcase = tcase_create("cmd_reload");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, loaded_policy_is_a_success);
	tcase_add_test(tcase, each_mistake_is_listed_and_ends_in_failure);
	tcase_add_test(tcase, answer_that_does_not_say_ok_is_no_success);
	tcase_add_test(tcase, no_daemon_and_bad_command_line_have_their_own_codes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
