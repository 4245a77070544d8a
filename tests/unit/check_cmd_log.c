/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_log.c on a log of ten records. */

#include <check.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

#define DEADLINE_MS 10000

static char folder[64], path[128];

static void append(const char *text)
{
	FILE *file = fopen(path, "a");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void append_record(int number)
{
	char line[512];

	(void)snprintf(
		line, sizeof(line),
		"{\"@timestamp\":\"2026-11-22T03:35:%02d.000000Z\",\"event.category\":"
		"\"network\",\"event.type\":\"%s\",\"event.reason\":\"%s\",\"source.ip\":"
		"\"192.168.10.%d\",\"destination.ip\":\"198.51.100.130\","
		"\"destination.port\":443,\"network.transport\":\"tcp\","
		"\"destination.domain\":\"n%d.example\",\"observer.ingress.zone\":\"lgwan\"}\n",
		number, number % 2 ? "denied" : "allowed",
		number % 2 ? "name-unknown" : "permitted-name", number, number);
	append(line);
}

static void set_up(void)
{
	(void)setenv("TZ", "UTC0", 1);
	tzset();
	(void)strcpy(folder, "/tmp/check-cmd-log-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/decisions.jsonl", folder);
	for (int i = 1; i <= 10; i++)
		append_record(i);
}

static void tear_down(void)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(rmdir(folder), 0);
}

/* The last numbers of the sources, in the order of the output. */
static void numbers_are(const struct probe_result *result, const char *want)
{
	char got[128] = "";

	ck_assert_msg(result->code == CMD_OK, "%s", result->err);
	for (const char *at = result->out; (at = strstr(at, "192.168.10.")) != NULL;) {
		at += strlen("192.168.10.");
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%d",
			       *got ? " " : "", atoi(at));
	}
	ck_assert_str_eq(got, want);
}

START_TEST(whole_log_is_a_table_with_heads)
{
	const struct probe_result *result = probe_run(cmd_log, "log", "-d", folder, NULL);

	numbers_are(result, "1 2 3 4 5 6 7 8 9 10");
	probe_has(result->out, "VERDICT");
	probe_has(result->out, "2026-11-22 03:35:01  deny     192.168.10.1 ");
	probe_has(result->out, "The name belongs to no service of the policy");
	probe_has_not(result->out, "\033");
	numbers_are(probe_run(cmd_log, "log", path, NULL), "1 2 3 4 5 6 7 8 9 10");
}
END_TEST

START_TEST(last_records_are_counted_among_those_that_match)
{
	numbers_are(probe_run(cmd_log, "log", "-n", "3", path, NULL), "8 9 10");
	numbers_are(probe_run(cmd_log, "log", "-n", "100", path, NULL), "1 2 3 4 5 6 7 8 9 10");
	numbers_are(probe_run(cmd_log, "log", "-n", "0", path, NULL), "");
	numbers_are(probe_run(cmd_log, "log", "-n", "2", "--outcome", "deny", path, NULL), "7 9");
	numbers_are(probe_run(cmd_log, "log", "-n", "9", "--outcome", "deny", path, NULL),
		    "1 3 5 7 9");
	numbers_are(probe_run(cmd_log, "log", "-n", "0", "--outcome", "deny", path, NULL), "");
}
END_TEST

START_TEST(each_filter_reaches_its_condition)
{
	numbers_are(probe_run(cmd_log, "log", "--source", "192.168.10.2-192.168.10.4", path, NULL),
		    "2 3 4");
	numbers_are(probe_run(cmd_log, "log", "--destination", "198.51.100.131", path, NULL), "");
	numbers_are(probe_run(cmd_log, "log", "--name", "n1*.example", path, NULL), "1 10");
	numbers_are(probe_run(cmd_log, "log", "--zone", "mynumber", path, NULL), "");
	numbers_are(probe_run(cmd_log, "log", "--zone", "lgwan", "--outcome", "allow", path, NULL),
		    "2 4 6 8 10");
	numbers_are(probe_run(cmd_log, "log", "--reason", "name-unknown", path, NULL), "1 3 5 7 9");
	numbers_are(probe_run(cmd_log, "log", "--rule", "*", path, NULL), "");
	numbers_are(probe_run(cmd_log, "log", "--since", "2026-11-22 03:35:04", "--until",
			      "2026-11-22T03:35:06Z", path, NULL),
		    "4 5");
}
END_TEST

START_TEST(json_passes_lines_through_unchanged)
{
	static char whole[PROBE_TEXT_MAX];
	FILE *file = fopen(path, "r");

	ck_assert_ptr_nonnull(file);
	probe_slurp(file, whole);
	const struct probe_result *result = probe_run(cmd_log, "log", "--json", path, NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	ck_assert_str_eq(result->out, whole);
}
END_TEST

START_TEST(damaged_lines_are_counted_and_end_in_a_finding)
{
	append("{\"cut\n[1]\n\n");
	const struct probe_result *result = probe_run(cmd_log, "log", path, NULL);

	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->err, "lines that are no records: 3\n");
	probe_has(result->out, "192.168.10.10");
}
END_TEST

START_TEST(requests_that_make_no_sense_are_usage_errors)
{
	static const char *const wrong[][3] = {
		{ "--source", "x", NULL },
		{ "--destination", "1.2.3", NULL },
		{ "--zone", "moon", NULL },
		{ "--outcome", "maybe", NULL },
		{ "--reason", "because", NULL },
		{ "--since", "soon", NULL },
		{ "--until", "30:00", NULL },
		{ "-n", "-1", NULL },
		{ "-n", "x", NULL },
		{ "a", "b", NULL },
		{ "-d", "folder", "file" },
		{ "-f", "-", NULL },
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct probe_result *result =
			probe_run(cmd_log, "log", wrong[i][0], wrong[i][1], wrong[i][2], NULL);

		ck_assert_msg(result->code == CMD_USAGE, "%s %s", wrong[i][0], wrong[i][1]);
		ck_assert_str_eq(result->out, "");
	}
}
END_TEST

START_TEST(missing_log_is_trouble)
{
	const struct probe_result *result = probe_run(cmd_log, "log", "/nowhere/at/all", NULL);

	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->err, "/nowhere/at/all");
}
END_TEST

START_TEST(reasons_and_help_are_listed)
{
	const struct probe_result *result = probe_run(cmd_log, "log", "--reason", "list", NULL);

	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "foreign-tenant");
	result = probe_run(cmd_log, "log", "--help", NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "--follow");
}
END_TEST

/* Reads from fd until part has come, or the deadline. */
static void wait_for(int fd, const char *part)
{
	static char text[PROBE_TEXT_MAX];
	size_t len = 0;

	while (len < sizeof(text) - 1) {
		struct pollfd readable = { .fd = fd, .events = POLLIN };

		ck_assert_msg(poll(&readable, 1, DEADLINE_MS) == 1, "no \"%s\" in time", part);
		ssize_t n = read(fd, text + len, sizeof(text) - 1 - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		text[len] = '\0';
		if (strstr(text, part))
			return;
	}
	ck_abort_msg("too much text");
}

START_TEST(following_shows_the_last_records_and_then_new_ones_that_match)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	(void)fflush(NULL);
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		char *argv[] = { (char[]){ "log" },
				 (char[]){ "-f" },
				 (char[]){ "-n1" },
				 (char[]){ "--outcome" },
				 (char[]){ "deny" },
				 path,
				 NULL };

		(void)dup2(ends[1], STDOUT_FILENO);
		optind = 0;
		_exit(cmd_log(6, argv));
	}
	(void)close(ends[1]);
	wait_for(ends[0], "192.168.10.9");
	append_record(12);
	append_record(13);
	wait_for(ends[0], "192.168.10.13");
	(void)kill(child, SIGKILL); /* the test library has a handler for SIGTERM, which the child
				       has inherited */
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSIGNALED(status));
	(void)close(ends[0]);
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("cmd_log");
	TCase *tcase = tcase_create("cmd_log");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, whole_log_is_a_table_with_heads);
	tcase_add_test(tcase, last_records_are_counted_among_those_that_match);
	tcase_add_test(tcase, each_filter_reaches_its_condition);
	tcase_add_test(tcase, json_passes_lines_through_unchanged);
	tcase_add_test(tcase, damaged_lines_are_counted_and_end_in_a_finding);
	tcase_add_test(tcase, requests_that_make_no_sense_are_usage_errors);
	tcase_add_test(tcase, missing_log_is_trouble);
	tcase_add_test(tcase, reasons_and_help_are_listed);
	tcase_add_test(tcase, following_shows_the_last_records_and_then_new_ones_that_match);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
