/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_status.c against a daemon played by a child. */

#include <check.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static char folder[64], path[128];

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/check-status-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/sock", folder);
}

static void tear_down(void)
{
	ck_assert_int_eq(rmdir(folder), 0);
}

static const struct probe_result *status_of(const char *json, const char *option)
{
	const char *const datagrams[] = { json, NULL };
	pid_t daemon = probe_daemon(path, "status en", datagrams, 1);
	const struct probe_result *result =
		probe_run(cmd_status, "status", "--socket", path, option, NULL);

	probe_daemon_end(daemon, path);
	return result;
}

static const char running[] =
	"{\"ok\":true,\"version\":\"9.9\",\"pid\":1234,\"uptime_s\":93784,\"state\":\"running\","
	"\"state_reason\":\"\",\"policy\":{\"path\":\"/etc/p.conf\",\"hash\":\"abcd\","
	"\"loaded\":\"2026-11-22T03:35:00Z\",\"appliance\":\"lbo-fw-1\","
	"\"configurations\":[\"alpha-prime-u\",\"route-1\"],\"last_reload_error\":null},"
	"\"kernel\":{\"queue\":\"native\",\"release\":\"6.1.0\",\"table\":\"in place\"},"
	"\"counts\":{\"permitted\":{\"permitted-name\":5,\"permitted-address\":2},"
	"\"refused\":{\"foreign-tenant\":3}},"
	"\"engines\":[{\"number\":0,\"pid\":77,\"state\":\"running\",\"packets\":12,\"flows\":1,"
	"\"flows_peak\":9,\"sources\":4,\"buffers\":3,\"held\":8,\"put_off\":7,"
	"\"ended\":{\"opened\":6,\"own-share\":2,\"full\":0},"
	"\"overruns\":0,\"restarts\":0}],"
	"\"log\":{\"path\":\"/var/log/x\",\"sequence\":10,\"written\":10,\"missing\":0,"
	"\"bytes\":9000,\"flushes\":4,\"failure\":null}}";

START_TEST(running_daemon_is_shown_with_its_counts)
{
	const struct probe_result *result = status_of(running, NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	ck_assert_str_eq(result->err, "");
	probe_has(result->out, "State           running\n");
	probe_has(result->out, "Running for     1 d 2 h 3 min 4 s\n");
	probe_has(result->out, "Policy          /etc/p.conf\n");
	probe_has(result->out, "alpha-prime-u, route-1\n");
	probe_has(result->out, "Permitted       7\n");
	probe_has(result->out, "             3  foreign-tenant         The name is that of");
	probe_has(result->out, "queue native");
	probe_has(result->out, "0: running, pid 77, packets 12, undecided flows 1");
	probe_has(result->out, "at most 9 undecided, 7 put off, 4 sources, 3 buffers, 8\n");
	probe_has(result->out, "             2  own-share              Its source had more than");
	probe_has_not(result->out, "  full ");
	probe_has(result->out, "last number 10, written 10, missing 0, bytes 9000, batches 4");
	probe_has_not(result->out, "failure");
}
END_TEST

START_TEST(connection_tracking_that_takes_too_much_is_warned_of)
{
	const struct probe_result *result =
		status_of("{\"ok\":true,\"state\":\"running\",\"kernel\":{\"table\":\"in "
			  "place\",\"tracking\":{\"checksum\":false,\"liberal\":true}}}",
			  NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->err, "nf_conntrack_checksum to 1");
	probe_has(result->err, "nf_conntrack_tcp_be_liberal to 0");
	result = status_of("{\"ok\":true,\"state\":\"running\",\"kernel\":{\"table\":\"in "
			   "place\",\"tracking\":{\"checksum\":true,\"liberal\":null}}}",
			   NULL);
	ck_assert_str_eq(result->err, "");
}
END_TEST

START_TEST(refusing_daemon_says_why)
{
	const struct probe_result *result = status_of(
		"{\"ok\":true,\"state\":\"refusing\",\"state_reason\":\"no record can be written\","
		"\"log\":{\"failure\":\"No space left on device\"}}",
		NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "refusing: new flows are refused: no record can be written\n");
	probe_has(result->out, "failure       No space left on device\n");
}
END_TEST

START_TEST(missing_table_is_told_loudly_and_by_the_exit_code)
{
	static const char open[] =
		"{\"ok\":true,\"state\":\"open\",\"state_reason\":\"the table is missing\","
		"\"kernel\":{\"queue\":\"native\",\"release\":\"6.1.0\",\"table\":\"missing\"}}";
	const struct probe_result *result = status_of(open, NULL);

	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->out, "State           open: the table is missing\n");
	probe_has(result->out, "table missing\n");
	probe_has(result->err, "NOTHING IS ENFORCED");
	result = status_of(open, "--json");
	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->out, "\"table\": \"missing\"");
}
END_TEST

START_TEST(table_of_another_is_told_by_the_exit_code)
{
	const struct probe_result *result = status_of(
		"{\"ok\":true,\"state\":\"changed\",\"state_reason\":\"the table is another\","
		"\"kernel\":{\"table\":\"changed\"}}",
		NULL);

	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->out, "changed: the table is another\n");
	probe_has(result->err, "WARNING: the kernel's table is not the one");
	probe_has_not(result->err, "NOTHING");
}
END_TEST

START_TEST(each_mistake_of_a_refused_reload_has_its_line)
{
	const struct probe_result *result =
		status_of("{\"ok\":true,\"state\":\"running\",\"policy\":{\"last_reload_error\":"
			  "\"/etc/p.conf:3: one\\n/etc/p.conf:9: two\\n\"}}",
			  NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "  last reload   REFUSED");
	probe_has(result->out, "\n                /etc/p.conf:3: one\n");
	probe_has(result->out, "\n                /etc/p.conf:9: two\n");
}
END_TEST

START_TEST(answer_without_any_member_is_shown_all_the_same)
{
	ck_assert_int_eq(status_of("{\"ok\":true}", NULL)->code, CMD_OK);
}
END_TEST

START_TEST(denied_operator_is_told)
{
	const struct probe_result *result =
		status_of("{\"ok\":false,\"text\":\"not permitted: you are no operator\"}", NULL);

	ck_assert_int_eq(result->code, CMD_FINDING);
	ck_assert_str_eq(result->out, "");
	probe_has(result->err, "not permitted: you are no operator");
}
END_TEST

START_TEST(json_is_the_answer_itself)
{
	const struct probe_result *result = status_of("{\"ok\":true,\"new\":[1]}", "--json");

	ck_assert_int_eq(result->code, CMD_OK);
	ck_assert_str_eq(result->out, "{\n  \"ok\": true,\n  \"new\": [\n    1\n  ]\n}\n");
}
END_TEST

START_TEST(no_daemon_and_bad_command_line_have_their_own_codes)
{
	ck_assert_int_eq(probe_run(cmd_status, "status", "--socket", path, NULL)->code,
			 CMD_UNREACHABLE);
	ck_assert_int_eq(probe_run(cmd_status, "status", "extra", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_status, "status", "--bogus", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_status, "status", "--help", NULL)->code, CMD_OK);
	ck_assert_int_eq(probe_run(cmd_status, "status", "--version", NULL)->code, CMD_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_status");
	TCase *tcase = tcase_create("cmd_status");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, running_daemon_is_shown_with_its_counts);
	tcase_add_test(tcase, connection_tracking_that_takes_too_much_is_warned_of);
	tcase_add_test(tcase, refusing_daemon_says_why);
	tcase_add_test(tcase, missing_table_is_told_loudly_and_by_the_exit_code);
	tcase_add_test(tcase, table_of_another_is_told_by_the_exit_code);
	tcase_add_test(tcase, each_mistake_of_a_refused_reload_has_its_line);
	tcase_add_test(tcase, answer_without_any_member_is_shown_all_the_same);
	tcase_add_test(tcase, denied_operator_is_told);
	tcase_add_test(tcase, json_is_the_answer_itself);
	tcase_add_test(tcase, no_daemon_and_bad_command_line_have_their_own_codes);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
