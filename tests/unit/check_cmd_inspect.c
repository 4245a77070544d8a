/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_inspect.c: what is printed, and how it ends. */
#include <check.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

#include "captures.h"
#include "ctl/cmd.h"
#include "ctl_probe.h"

static char policy[PATH_MAX], path[] = "/tmp/sekisho-check-inspect.XXXXXX";
static uint8_t hello[4000];

static void begin(void)
{
	const char *top = getenv("SRCDIR");

	(void)snprintf(policy, sizeof(policy), "%s/tests/golden/ruleset/city.conf",
		       top ? top : ".");
	(void)strcpy(path + sizeof(path) - 7, "XXXXXX");
}

static FILE *create(void)
{
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	return fdopen(fd, "wb");
}

/* A TLS flow, two requests of HTTP, and something else. */
static void write_capture(void)
{
	struct flow_key key = packets_key(4, IPPROTO_TCP, 50000);
	uint64_t now_us = 1700000000000000;
	size_t len = packets_hello(hello, "reiji-city.sharepoint.com", 600);
	static uint8_t packet[200];
	FILE *f = create();

	captures_begin(f, CAPTURES_RAW);
	now_us = captures_flow(f, &key, now_us, 1, hello, len);
	key.sport++;
	len = (size_t)snprintf((char *)hello, sizeof(hello), "GET / HTTP/1.1\r\nHost: %s\r\n\r\n",
			       "a.example");
	now_us = captures_flow(f, &key, now_us, 1, hello, len);
	now_us = captures_flow(f, &key, now_us, 0, "GET / HTTP/1.1\r\nHost: b", 22);
	key = packets_key(6, IPPROTO_UDP, 50000);
	captures_frame(f, now_us, packet, packets_udp(packet, &key, "abc", 3));
	(void)fclose(f);
}

static size_t lines(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += *text == '\n';
	return count;
}

START_TEST(each_flow_and_each_request_is_one_object_a_line)
{
	const struct probe_result *r;
	json_error_t fault;
	json_t *object;

	begin();
	write_capture();
	r = probe_run(cmd_inspect, "inspect", path, NULL);
	ck_assert_msg(r->code == CMD_OK, "%s", r->err);
	ck_assert_str_eq(r->err, "");
	ck_assert_uint_eq(lines(r->out), 3);
	object = json_loadb(r->out, strcspn(r->out, "\n"), 0, &fault);
	ck_assert_ptr_nonnull(object);
	json_decref(object);
	probe_has(r->out, "\"name\":\"reiji-city.sharepoint.com\"");
	probe_has(r->out, "\"name\":\"a.example\"");
	probe_has(r->out, "\"outcome\":\"allow\",\"reason\":\"name-read\"");
	probe_has(r->out, "\"source.ip\":\"2001:db8:10::11\"");
	(void)unlink(path);
}
END_TEST

START_TEST(a_policy_decides)
{
	const struct probe_result *r;

	begin();
	write_capture();
	r = probe_run(cmd_inspect, "inspect", "--policy", policy, path, NULL);
	ck_assert_msg(r->code == CMD_OK, "%s", r->err);
	probe_has(r->out, "\"outcome\":\"allow\",\"reason\":\"permitted-name\"");
	probe_has(r->out, "\"outcome\":\"deny\"");
	(void)unlink(path);
	r = probe_run(cmd_inspect, "inspect", "--policy", "/nowhere.conf", path, NULL);
	ck_assert_int_eq(r->code, CMD_TROUBLE);
	ck_assert_str_eq(r->out, "");
}
END_TEST

START_TEST(standard_input_is_read)
{
	const struct probe_result *r;

	begin();
	write_capture();
	ck_assert_ptr_nonnull(freopen(path, "rb", stdin));
	r = probe_run(cmd_inspect, "inspect", "-", NULL);
	ck_assert_int_eq(r->code, CMD_OK);
	ck_assert_uint_eq(lines(r->out), 3);
	probe_has(r->out, "\"sekisho.capture\":\"-\"");
	(void)unlink(path);
}
END_TEST

START_TEST(what_is_no_capture_is_said_and_the_others_are_read)
{
	const struct probe_result *r;

	begin();
	write_capture();
	r = probe_run(cmd_inspect, "inspect", "/nowhere.pcap", policy, "/dev/null", path, NULL);
	ck_assert_int_eq(r->code, CMD_TROUBLE);
	ck_assert_uint_eq(lines(r->out), 3);
	ck_assert_uint_eq(lines(r->err), 3);
	probe_has(r->err, "/nowhere.pcap: No such file");
	probe_has(r->err, "this is no capture");
	(void)unlink(path);
}
END_TEST

START_TEST(a_file_that_is_cut_off_is_read_up_to_there)
{
	const struct probe_result *r;

	begin();
	write_capture();
	ck_assert_int_eq(truncate(path, 24 + 16 + 40 + 16 + 40 + 16 + 640 + 7), 0);
	r = probe_run(cmd_inspect, "inspect", path, NULL);
	ck_assert_int_eq(r->code, CMD_TROUBLE);
	ck_assert_uint_eq(lines(r->out), 1);
	probe_has(r->out, "\"packets\":3");
	probe_has(r->err, "after 3 frames");
	(void)unlink(path);
}
END_TEST

START_TEST(what_is_left_out_is_said)
{
	struct flow_key key = packets_key(4, IPPROTO_TCP, 50000);
	const struct probe_result *r;
	uint8_t packet[200];
	FILE *f;

	begin();
	f = create();
	captures_begin(f, CAPTURES_RAW);
	captures_frame(f, 1, "\x45", 1);
	(void)packets_tcp(packet, &key, 1, 1, 0x10, "a", 1);
	packet[6] = 0x20;
	captures_frame(f, 1, packet, 41);
	(void)fclose(f);
	r = probe_run(cmd_inspect, "inspect", path, NULL);
	ck_assert_int_eq(r->code, CMD_OK);
	ck_assert_str_eq(r->out, "");
	probe_has(r->err, "1 of 2 frames");
	probe_has(r->err, "1 fragments");
	(void)unlink(path);
}
END_TEST

START_TEST(command_lines_that_make_no_sense_are_refused)
{
	ck_assert_int_eq(probe_run(cmd_inspect, "inspect", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_inspect, "inspect", "--what", "x", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_inspect, "inspect", "-p", "a", "-p", "b", "x", NULL)->code,
			 CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_inspect, "inspect", "--help", NULL)->code, CMD_OK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_inspect");
	TCase *tc = tcase_create("cmd_inspect");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, each_flow_and_each_request_is_one_object_a_line);
	tcase_add_test(tc, a_policy_decides);
	tcase_add_test(tc, standard_input_is_read);
	tcase_add_test(tc, what_is_no_capture_is_said_and_the_others_are_read);
	tcase_add_test(tc, a_file_that_is_cut_off_is_read_up_to_there);
	tcase_add_test(tc, what_is_left_out_is_said);
	tcase_add_test(tc, command_lines_that_make_no_sense_are_refused);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
