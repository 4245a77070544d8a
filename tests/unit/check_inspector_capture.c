/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inspector over captures, which may lack what was before and between. */
#include <stdlib.h>

#include "common/reason.h"
#include "seen.h"

#define GET "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"

static struct seen seen;
static uint8_t hello[4000];
static size_t hello_len;

static void begin(void)
{
	struct inspector_limits limits;

	seen_begin(&seen);
	limits = seen.limits;
	limits.capture = true;
	seen_limit(&seen, &limits);
	hello_len = packets_hello(hello, "files.example", 600);
}

#define expect_story(want) ck_assert_str_eq(seen_story(&seen), want)

START_TEST(a_hello_begins_a_flow_whose_syn_is_not_there)
{
	begin();
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1, "220 ready\r\n");
	seen_data(&seen, 1000, hello, 300);
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1, "220 ready\r\n");
	seen_data(&seen, 1300, hello + 300, hello_len - 300);
	expect_story("refuse(midstream)1 follow3 name(files.example)2 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(without_the_mode_it_is_refused)
{
	seen_begin(&seen);
	hello_len = packets_hello(hello, "files.example", 600);
	seen_data(&seen, 0, hello, hello_len);
	expect_story("refuse(midstream)1");
	seen_end(&seen);
}
END_TEST

START_TEST(each_request_of_a_flow_that_was_forgotten_begins_it_again)
{
	begin();
	seen_text(&seen, 100, GET);
	expect_story("name(a.example)1");
	inspector_forget(seen.inspector, &seen.key);
	seen_text(&seen, 5000, "the rest of a body");
	seen_text(&seen, 6000, GET);
	expect_story("refuse(midstream)2 name(a.example)3");
	seen_end(&seen);
}
END_TEST

START_TEST(either_end_can_be_asked_to_be_forgotten)
{
	struct flow_key back;

	begin();
	back = packets_back(&seen.key);
	seen_open(&seen);
	seen_data(&seen, 0, hello, 300);
	inspector_forget(seen.inspector, &back);
	inspector_forget(seen.inspector, &back);
	expect_story("discard3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_syn_ack_tells_where_the_client_begins)
{
	begin();
	seen_server(&seen, PACKET_SYN | PACKET_ACK, SEEN_ISN + 1, "");
	seen_data(&seen, 300, hello + 300, hello_len - 300);
	seen_data(&seen, 0, hello, 300);
	expect_story("again1 name(files.example)2 follow3");
	seen_end(&seen);
}
END_TEST

START_TEST(data_in_a_syn_is_read)
{
	size_t len;

	begin();
	len = packets_tcp(seen.data, &seen.key, SEEN_ISN, 0, PACKET_SYN, hello, 300);
	seen_raw(&seen, len, 0);
	seen_data(&seen, 300, hello + 300, hello_len - 300);
	expect_story("name(files.example)1 follow2");
	seen_end(&seen);
}
END_TEST

START_TEST(a_syn_that_comes_late_changes_nothing)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	seen_syn(&seen, SEEN_ISN);
	seen_data(&seen, 0, hello, hello_len);
	expect_story("name(files.example)3 pass4 follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(what_the_server_acknowledges_but_the_capture_lacks_is_not_waited_for)
{
	begin();
	seen_open(&seen);
	seen_text(&seen, 0, GET);
	expect_story("name(a.example)3");
	seen_text(&seen, 1000, "lost before this");
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1 + (uint32_t)strlen(GET), "");
	expect_story("pass5");
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1017, "");
	expect_story("discard4 pass6");
	seen_text(&seen, 2000, GET);
	expect_story("name(a.example)7");
	seen_end(&seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("inspector_capture");
	TCase *tc = tcase_create("inspector_capture");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_hello_begins_a_flow_whose_syn_is_not_there);
	tcase_add_test(tc, without_the_mode_it_is_refused);
	tcase_add_test(tc, each_request_of_a_flow_that_was_forgotten_begins_it_again);
	tcase_add_test(tc, either_end_can_be_asked_to_be_forgotten);
	tcase_add_test(tc, a_syn_ack_tells_where_the_client_begins);
	tcase_add_test(tc, data_in_a_syn_is_read);
	tcase_add_test(tc, a_syn_that_comes_late_changes_nothing);
	tcase_add_test(tc, what_the_server_acknowledges_but_the_capture_lacks_is_not_waited_for);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
