/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_simulate.c: one question, many questions, and command lines that make no sense.
 */

#include <check.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static char policy[PATH_MAX];

static void find_policy(void)
{
	const char *top = getenv("SRCDIR");

	(void)snprintf(policy, sizeof(policy), "%s/tests/golden/ruleset/city.conf",
		       top ? top : ".");
}

START_TEST(one_question_is_answered_for_people)
{
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", policy, "--from", "192.168.30.11", "--to",
			  "172.16.10.10:443/tcp", NULL);

	ck_assert_msg(r->code == CMD_OK, "%s", r->err);
	probe_has(r->out, "refused");
	probe_has(r->out, "internet-to-mynumber");
	probe_has(r->out, "インターネット接続系からマイナンバー利用事務系への通信を遮断する。");
	probe_has(r->out, "ip saddr vmap @forbidden4");
	ck_assert_str_eq(r->err, "");
}
END_TEST

START_TEST(options_are_part_of_the_question)
{
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", "--from", "192.168.10.11", "--to",
			  "198.51.100.130:443/tcp", "--out", "wan0", "--in", "lgwan0", "--name",
			  "reiji-city.sharepoint.com", "--mac", "02:00:00:00:00:01", policy, NULL);

	ck_assert_msg(r->code == CMD_OK, "%s", r->err);
	probe_has(r->out, "The name belongs to the permitted service");
	r = probe_run(cmd_simulate, "simulate", "--from", "192.168.10.11", "--to",
		      "198.51.100.130:443/tcp", "--out", "wan0", "--state", "open", policy, NULL);
	probe_has(r->out, "It belongs to a flow that is open.");
	r = probe_run(cmd_simulate, "simulate", "--from", "2001:db8:10::11", "--to",
		      "[2001:db8:203::1]:443/tcp", policy, NULL);
	probe_has(r->out, "[2001:db8:203::1]:443/tcp");
	probe_has(r->out, "permitted");
}
END_TEST

START_TEST(a_question_can_be_asked_as_json)
{
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", policy, "--out", "wan0", "--ask",
			  "{\"from\":\"192.168.10.11\",\"to\":\"198.51.100.130\",\"protocol\":"
			  "\"tcp\",\"port\":443,\"tcp_flags\":16,\"packet_mark\":3}",
			  NULL);

	ck_assert_msg(r->code == CMD_OK, "%s", r->err);
	probe_has(r->out, "The beginning of the flow was not seen.");
	r = probe_run(cmd_simulate, "simulate", policy, "--ask", "{\"colour\":1}", NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	probe_has(r->err, "no member \"colour\"");
	r = probe_run(cmd_simulate, "simulate", policy, "--ask", "{", NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	probe_has(r->err, "not a JSON object");
}
END_TEST

START_TEST(one_answer_is_one_object_of_json)
{
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", policy, "--from", "192.168.30.11", "--to",
			  "172.16.10.10:443/tcp", "--json", NULL);
	json_t *answer = json_loads(r->out, 0, NULL);

	ck_assert_int_eq(r->code, CMD_OK);
	ck_assert_ptr_nonnull(answer);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "verdict")), "refuse");
	ck_assert_str_eq(json_string_value(json_object_get(answer, "flow")),
			 "internet-to-mynumber");
	ck_assert_uint_ge(json_array_size(json_object_get(answer, "rules")), 3);
	json_decref(answer);
}
END_TEST

START_TEST(many_questions_get_a_line_each)
{
	static const char lines[] =
		"{\"id\":7,\"from\":\"192.168.30.11\",\"to\":\"172.16.10.10\",\"port\":443,"
		"\"protocol\":\"tcp\"}\n"
		"\n"
		"{\"from\":\"192.168.30.11\"}\n"
		"not json\n"
		"{\"from\":\"192.168.10.11\",\"to\":\"203.0.113.10\",\"port\":443,"
		"\"protocol\":\"tcp\",\"in\":\"lgwan0\",\"out\":\"asp0\",\"name\":null,"
		"\"state\":\"new\",\"from_port\":40000}";
	char path[] = "/tmp/check_cmd_simulate.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(lines, file), 0);
	ck_assert_int_eq(fclose(file), 0);
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", policy, "--file", path, NULL);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(r->code, CMD_FINDING);
	probe_has(r->out, "\"reason\":\"forbidden\"");
	probe_has(r->out, "\"id\":7");
	probe_has(r->out, "{\"line\":3,\"error\":");
	probe_has(r->out, "{\"line\":4,\"error\":");
	probe_has(r->out, "\"flow\":\"alpha-prime-u:lgwan-terminal>lgwan-asp\"");
	size_t count = 0;
	for (const char *at = strchr(r->out, '\n'); at; at = strchr(at + 1, '\n'))
		count++;
	ck_assert_uint_eq(count, 4);
}
END_TEST

START_TEST(good_questions_alone_end_well)
{
	char path[] = "/tmp/check_cmd_simulate.XXXXXX";
	FILE *file = fdopen(mkstemp(path), "w");

	ck_assert_ptr_nonnull(file);
	for (int i = 0; i < 3; i++)
		ck_assert_int_ge(fputs("{\"from\":\"192.168.30.11\",\"to\":\"172.16.10.10\","
				       "\"protocol\":\"icmp\"}\n",
				       file),
				 0);
	ck_assert_int_eq(fclose(file), 0);
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", "--file", path, policy, NULL);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(r->code, CMD_OK);
	ck_assert_str_eq(r->err, "");
}
END_TEST

/* External addresses lie behind the breakout line and behind the internet zone's line. */
START_TEST(an_address_behind_two_lines_gets_two_answers)
{
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", policy, "--from", "192.168.10.11", "--to",
			  "198.51.100.130:443/tcp", NULL);

	ck_assert_int_eq(r->code, CMD_OK);
	probe_has(r->out, "[wan0]");
	probe_has(r->out, "depends on the name");
	probe_has(r->out, "[inet0]");
	probe_has(r->out, "refused");
	r = probe_run(cmd_simulate, "simulate", policy, "--from", "192.168.10.11", "--to",
		      "198.51.100.130:443/tcp", "--json", NULL);
	probe_has(r->out, "}\n{");
	r = probe_run(cmd_simulate, "simulate", policy, "--from", "192.168.10.11", "--to",
		      "198.51.100.130:443/tcp", "--out", "inet0", NULL);
	probe_has_not(r->out, "[wan0]");
	probe_has(r->out, "refused");
}
END_TEST

START_TEST(what_makes_no_sense_is_a_usage_error)
{
	const struct probe_result *r;

	ck_assert_int_eq(probe_run(cmd_simulate, "simulate", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_simulate, "simulate", policy, NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_simulate, "simulate", policy, policy, NULL)->code,
			 CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_simulate, "simulate", policy, "--colour", NULL)->code,
			 CMD_USAGE);
	r = probe_run(cmd_simulate, "simulate", policy, "--from", "192.168.10", NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	probe_has(r->err, "\"192.168.10\" is not an address");
	r = probe_run(cmd_simulate, "simulate", policy, "--from", "127.0.0.1", "--to",
		      "172.16.10.10:443/tcp", NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	probe_has(r->err, "127.0.0.1 lives behind no interface");
	r = probe_run(cmd_simulate, "simulate", policy, "--file", "-", "--from", "192.168.10.11",
		      NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
}
END_TEST

START_TEST(files_that_cannot_be_read_are_trouble)
{
	const struct probe_result *r =
		probe_run(cmd_simulate, "simulate", policy, "--file", "/nowhere/at/all", NULL);

	ck_assert_int_eq(r->code, CMD_TROUBLE);
	probe_has(r->err, "/nowhere/at/all");
	r = probe_run(cmd_simulate, "simulate", policy, "--file", "/", NULL);
	ck_assert_int_eq(r->code, CMD_TROUBLE);
	r = probe_run(cmd_simulate, "simulate", "/nowhere/at/all", "--from", "192.168.10.11",
		      "--to", "198.51.100.130:443/tcp", NULL);
	ck_assert_int_eq(r->code, CMD_TROUBLE);
	ck_assert_int_eq(probe_run(cmd_simulate, "simulate", "--help", NULL)->code, CMD_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_simulate");
	TCase *tcase = tcase_create("cmd_simulate");

	find_policy();
	tcase_add_test(tcase, one_question_is_answered_for_people);
	tcase_add_test(tcase, options_are_part_of_the_question);
	tcase_add_test(tcase, a_question_can_be_asked_as_json);
	tcase_add_test(tcase, one_answer_is_one_object_of_json);
	tcase_add_test(tcase, many_questions_get_a_line_each);
	tcase_add_test(tcase, good_questions_alone_end_well);
	tcase_add_test(tcase, an_address_behind_two_lines_gets_two_answers);
	tcase_add_test(tcase, what_makes_no_sense_is_a_usage_error);
	tcase_add_test(tcase, files_that_cannot_be_read_are_trouble);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
