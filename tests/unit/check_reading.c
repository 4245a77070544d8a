/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client's payload, however it is cut, ordered, repeated or forged. */
#include <stdlib.h>

#include "common/defs.h"
#include "common/reason.h"
#include "inspect/stream.h"
#include "seen.h"

#define HELLO_LEN 1800

static struct seen seen;
static uint8_t hello[40000];

static void begin(void)
{
	seen_begin(&seen);
	seen_open(&seen);
}

#define expect_story(want) ck_assert_str_eq(seen_story(&seen), want)

START_TEST(a_hello_in_one_segment_is_named_at_once_without_a_buffer)
{
	struct inspector_counts counts;
	size_t len = packets_hello(hello, "Files.Example", HELLO_LEN);

	begin();
	seen_data(&seen, 0, hello, len);
	ck_assert_uint_eq(seen.events[0].app, APP_TLS);
	ck_assert_uint_eq(seen.events[0].has_alpn, 1);
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
	ck_assert_uint_eq(seen.events[0].server_next_seq, SEEN_BACK + 1);
	ck_assert_uint_eq(seen.events[0].iif, 3);
	expect_story("name(files.example)3");
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.buffers_now, 0);
	seen_data(&seen, len, "\x17\x03", 2);
	expect_story("ask4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_post_quantum_hello_cut_at_every_byte_is_named_in_either_order)
{
	size_t len = packets_hello(hello, "files.example", HELLO_LEN);

	ck_assert_uint_eq(len, HELLO_LEN);
	for (size_t at = 1; at < len; at++) {
		for (int order = 0; order < 2; order++) {
			begin();
			if (order == 0)
				seen_data(&seen, 0, hello, at);
			seen_data(&seen, at, hello + at, len - at);
			if (order == 1)
				seen_data(&seen, 0, hello, at);
			expect_story("name(files.example)3 follow4");
			seen_end(&seen);
		}
	}
}
END_TEST

START_TEST(three_segments_are_named_in_all_orders)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	size_t len = packets_hello(hello, "files.example", HELLO_LEN);

	for (size_t a = 1; a < len - 1; a += 97) {
		for (size_t b = a + 1; b < len; b += 89) {
			const size_t cuts[4] = { 0, a, b, len };

			begin();
			for (int i = 0; i < 3; i++) {
				size_t from = cuts[orders[_i][i]], to = cuts[orders[_i][i] + 1];

				seen_data(&seen, from, hello + from, to - from);
			}
			expect_story("name(files.example)3 follow4 follow5");
			seen_end(&seen);
		}
	}
}
END_TEST

START_TEST(no_part_of_a_hello_is_ever_a_name)
{
	size_t len = packets_hello(hello, "files.example", 600);

	for (size_t part = 1; part < len; part++) {
		begin();
		seen_data(&seen, 0, hello, part);
		expect_story("");
		seen.now_ms += seen.limits.timeout_ms;
		inspector_expire(seen.inspector, seen.now_ms);
		expect_story("refuse(timeout)3");
		seen_end(&seen);
	}
}
END_TEST

START_TEST(records_cut_at_every_byte_are_named_over_two_segments)
{
	static uint8_t cut[10000];
	size_t len = packets_hello(hello, "files.example", 300);

	for (size_t size = 1; size < 290; size += 7) {
		size_t all = packets_records(cut, hello, len, size);

		for (size_t at = 1; at < all; at += 13) {
			begin();
			seen_data(&seen, at, cut + at, all - at);
			seen_data(&seen, 0, cut, at);
			expect_story("name(files.example)3 follow4");
			seen_end(&seen);
		}
	}
}
END_TEST

START_TEST(a_copy_of_what_is_held_is_discarded)
{
	size_t len = packets_hello(hello, "files.example", HELLO_LEN);

	begin();
	seen_data(&seen, 0, hello, 1000);
	seen_data(&seen, 0, hello, 1000);
	seen_data(&seen, 100, hello + 100, 200);
	expect_story("discard4 discard5");
	seen_data(&seen, 500, hello + 500, len - 500);
	expect_story("name(files.example)3 follow6");
	seen_data(&seen, 0, hello, 1000);
	expect_story("follow7");
	seen_end(&seen);
}
END_TEST

START_TEST(a_contradictory_copy_is_refused_with_all_that_is_held)
{
	packets_hello(hello, "files.example", HELLO_LEN);
	begin();
	seen_data(&seen, 0, hello, 1000);
	hello[500] ^= 1;
	seen_data(&seen, 400, hello + 400, 800);
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
	expect_story("refuse(overlap-conflict)3 follow4");
	seen_data(&seen, 1200, hello + 1200, 100);
	expect_story("follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_probe_before_the_first_byte_passes_and_is_no_content)
{
	const size_t len = packets_hello(hello, "files.example", 600);

	begin();
	seen_data(&seen, (size_t)-1, "\0", 1);
	expect_story("pass3");
	seen_data(&seen, 0, hello, 100);
	seen_data(&seen, (size_t)-1, "y", 1);
	seen_data(&seen, 100, hello + 100, len - 100);
	expect_story("pass5 name(files.example)4 follow6");
	seen_end(&seen);
}
END_TEST

/* A server with a closed window is asked by the next byte alone. */
START_TEST(a_probe_of_the_window_is_content)
{
	const size_t len = packets_hello(hello, "files.example", 600);

	begin();
	seen_data(&seen, 0, hello, 1);
	seen_data(&seen, 0, hello, 1);
	seen_data(&seen, 0, hello, len);
	expect_story("discard4 name(files.example)3 follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(bytes_before_the_beginning_or_far_ahead_are_refused)
{
	begin();
	seen_data(&seen, (size_t)-1, "xy", 2);
	expect_story("refuse(out-of-window)3");
	seen_end(&seen);
	begin();
	seen_data(&seen, (size_t)-2, "x", 1);
	expect_story("refuse(out-of-window)3");
	seen_end(&seen);
	begin();
	seen_data(&seen, STREAM_MAX, "x", 1);
	expect_story("refuse(out-of-window)3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_segment_behind_a_hole_that_reaches_too_far_is_discarded)
{
	begin();
	seen_data(&seen, 100, hello, STREAM_MAX);
	expect_story("discard3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_segment_longer_than_the_bound_is_read_as_far_as_it_goes)
{
	size_t len = packets_hello(hello, "files.example", HELLO_LEN);

	memset(hello + len, 0x17, 30000);
	begin();
	seen_data(&seen, 0, hello, len + 30000);
	expect_story("name(files.example)- ask3");
	seen_end(&seen);
	begin();
	seen_data(&seen, 0, hello, 1000);
	seen_data(&seen, 1000, hello + 1000, len + 29000);
	expect_story("name(files.example)- ask3 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_hello_that_never_ends_is_too_long)
{
	size_t len = packets_hello(hello, "files.example", 16384);
	static uint8_t cut[100000];
	size_t all = packets_records(cut, hello, len, 2);

	ck_assert_uint_gt(all, 20000);
	begin();
	for (size_t at = 0; at < 16000; at += 1000)
		seen_data(&seen, at, cut + at, 1000);
	expect_story("");
	seen_data(&seen, 16000, cut + 16000, 1000);
	ck_assert_uint_eq(seen.events[0].reason, REASON_HELLO_TOO_LONG);
	ck_assert_uint_eq(seen.count, 17);
	seen.count = 0;
	seen_end(&seen);
	begin();
	seen_data(&seen, 0, cut, 20000);
	expect_story("refuse(hello-too-long)3");
	seen_end(&seen);
}
END_TEST

static const struct {
	const char *bytes, *want;
} firsts[] = {
	{ "\x80\x2e\x01\x03\x01", "refuse(tls-too-old)3" },
	{ "\x80\x2e\x02\x03\x01", "refuse(not-tls)3" },
	{ "\r\nGET / HTTP/1.1\r\nHost: A.Example\r\n\r\n", "name(a.example)3" },
	{ "\x16\x02", "refuse(tls-malformed)3" },
	{ "\x17\x03\x03", "refuse(tls-malformed)3" },
	{ "SSH-2.0-OpenSSH_9.2\r\n", "refuse(not-tls)3" },
	{ "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "refuse(http-binary)3" },
	{ "CONNECT a.example:443 HTTP/1.1\r\n", "refuse(http-tunnel)3" },
	{ "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", "refuse(name-is-address)3" },
	{ "GET / HTTP/1.1\r\n\r\n", "refuse(no-host)3" },
	{ "GET / HTTP/1.1\r\nHost: A.Example\r\n\r\n", "name(a.example)3" },
};

START_TEST(the_first_bytes_tell_what_it_is)
{
	begin();
	seen_text(&seen, 0, firsts[_i].bytes);
	expect_story(firsts[_i].want);
	seen_end(&seen);
}
END_TEST

#define LONG_LABEL  "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvw."
#define LONG_LABELS LONG_LABEL LONG_LABEL LONG_LABEL LONG_LABEL LONG_LABEL

START_TEST(names_that_are_no_host_names_are_refused)
{
	static const char *const names[][2] = {
		{ "192.0.2.1", "refuse(name-is-address)3" },
		{ "2001:db8::1", "refuse(name-is-address)3" },
		{ "single", "refuse(name-invalid)3" },
		{ "a..example", "refuse(name-invalid)3" },
		{ "a b.example", "refuse(name-invalid)3" },
		{ "*.example.jp", "refuse(name-invalid)3" },
		{ "UPPER.Example.JP", "name(upper.example.jp)3" },
		{ "upper.example.jp.", "refuse(name-invalid)3" },
		{ "xn--wgv71a.example.jp", "name(xn--wgv71a.example.jp)3" },
		{ "a_b.example", "name(a_b.example)3" },
		{ "_a.example", "refuse(name-invalid)3" },
		{ "\xe6\x97\xa5.example", "refuse(name-invalid)3" },
		{ "a.example:443", "refuse(name-invalid)3" },
		{ "[2001:db8::1]", "refuse(name-is-address)3" },
		{ "0x7f.1", "refuse(name-is-address)3" },
		{ LONG_LABELS "abc", "name(" LONG_LABELS "abc)3" },
		{ LONG_LABELS "abcd", "refuse(name-invalid)3" },
	};

	begin();
	seen_data(&seen, 0, hello, packets_hello(hello, names[_i][0], 0));
	expect_story(names[_i][1]);
	seen_end(&seen);
}
END_TEST

START_TEST(a_nul_in_a_name_is_refused)
{
	size_t begin_at = packets_hello_begin(hello);
	size_t end = packets_server_name(hello, begin_at, "a.example\0.b.example", 20);

	begin();
	seen_data(&seen, 0, hello, packets_hello_end(hello, begin_at, end));
	expect_story("refuse(name-invalid)3");
	seen_end(&seen);
}
END_TEST

#define GET(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"

START_TEST(every_request_of_a_kept_alive_connection_is_named)
{
	size_t at = strlen(GET("a.example"));

	begin();
	seen_text(&seen, 0, GET("a.example"));
	seen_text(&seen, at, GET("b.example"));
	ck_assert_uint_eq(seen.events[1].client_next_seq, SEEN_ISN + 1 + (uint32_t)at);
	seen_text(&seen, 0, GET("a.example"));
	seen_text(&seen, 2 * at, "GARBAGE\r\n");
	ck_assert_uint_eq(seen.events[3].client_next_seq, SEEN_ISN + 1 + 2 * (uint32_t)at);
	expect_story("name(a.example)3 name(b.example)4 follow5 refuse(http-malformed)6");
	seen_end(&seen);
}
END_TEST

#define UPGRADE "GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"

START_TEST(after_an_upgrade_requests_are_read_on_and_all_else_is_refused)
{
	static const char *const others[] = { "\x81\x85", "PRI * HTTP/2.0\r\n\r\n",
					      "\x16\x03\x01" };
	const size_t at = strlen(UPGRADE);

	begin();
	seen_text(&seen, 0, UPGRADE);
	seen_text(&seen, at, GET("b.example"));
	seen_text(&seen, at + strlen(GET("b.example")), others[_i]);
	expect_story("name(a.example)3 name(b.example)4 refuse(http-upgrade)5");
	seen_end(&seen);
}
END_TEST

START_TEST(requests_in_one_packet_are_all_named_before_it_goes)
{
	begin();
	seen_text(&seen, 0, GET("a.example") GET("b.example") GET("c.example"));
	expect_story("name(a.example)- name(b.example)- name(c.example)3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_packet_that_begins_another_request_waits_for_its_end)
{
	static const char text[] = GET("a.example") GET("b.example");
	size_t first = strlen(GET("a.example"));

	for (size_t cut = first + 1; cut < sizeof(text) - 1; cut++) {
		begin();
		seen_data(&seen, 0, text, cut);
		expect_story("name(a.example)-");
		seen_data(&seen, cut, text + cut, sizeof(text) - 1 - cut);
		ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
		expect_story("name(b.example)3 follow4");
		seen_end(&seen);
	}
}
END_TEST

START_TEST(a_packet_with_a_good_and_a_bad_request_is_refused)
{
	begin();
	seen_text(&seen, 0, GET("a.example") "GET / HTTP/1.1\r\n\r\n");
	ck_assert_uint_eq(seen.events[1].client_next_seq, SEEN_ISN + 1);
	expect_story("name(a.example)- refuse(no-host)3");
	seen_end(&seen);
}
END_TEST

START_TEST(bodies_follow_and_the_request_behind_them_is_named)
{
	static const char post[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100000\r\n\r\n";
	static uint8_t body[100000];
	size_t at = sizeof(post) - 1;

	begin();
	seen_text(&seen, 0, post);
	seen_data(&seen, at, body, 40000);
	/* one is lost, one comes ahead of it */
	seen_data(&seen, at + 60000, body, 30000);
	seen_data(&seen, at + 40000, body, 20000);
	seen_data(&seen, at + 90000, body, 10000);
	seen_text(&seen, at + 100000, GET("b.example"));
	expect_story("name(a.example)3 follow4 follow5 follow6 follow7 name(b.example)8");
	seen_end(&seen);
}
END_TEST

START_TEST(a_request_behind_a_hole_in_a_body_is_found)
{
	static const char post[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 50000\r\n\r\n";
	static uint8_t body[50000];
	size_t at = sizeof(post) - 1;

	begin();
	seen_text(&seen, 0, post);
	seen_text(&seen, at + 50000, GET("b.example"));
	expect_story("name(a.example)3 name(b.example)4");
	seen_data(&seen, at, body, 50000);
	expect_story("follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(chunks_out_of_order_are_held_until_the_hole_is_filled)
{
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char chunks[] = "5\r\nabcde\r\n7\r\nabcdefg\r\n0\r\n\r\n" GET("b.example");
	size_t at = sizeof(head) - 1;
	size_t len = sizeof(chunks) - 1;

	for (size_t cut = 1; cut < len; cut++) {
		const char *story;

		begin();
		seen_text(&seen, 0, head);
		seen_data(&seen, at + cut, chunks + cut, len - cut);
		seen_data(&seen, at, chunks, cut);
		story = seen_story(&seen);
		ck_assert_ptr_nonnull(strstr(story, "name(b.example)"));
		ck_assert_msg(strstr(story, "refuse") == NULL, "cut %zu: %s", cut, story);
		ck_assert_ptr_nonnull(strchr(story, '4'));
		ck_assert_ptr_nonnull(strchr(story, '5'));
		seen_end(&seen);
	}
}
END_TEST

START_TEST(chunks_too_far_ahead_are_discarded_and_taken_when_they_come_again)
{
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
	static uint8_t body[40000];
	size_t at = sizeof(head) - 1;

	begin();
	seen_text(&seen, 0, head);
	seen_data(&seen, at + 20000, body, 100);
	expect_story("name(a.example)3 discard4");
	seen_text(&seen, at, "8000\r\n");
	seen_data(&seen, at + 20000, body, 100);
	seen_data(&seen, at + 6, body, 19994);
	expect_story("follow5 follow6 follow7");
	seen_text(&seen, at + 6 + 0x8000, "\r\n0\r\n\r\n" GET("b.example"));
	expect_story("name(b.example)8");
	seen_end(&seen);
}
END_TEST

START_TEST(a_head_and_a_body_longer_than_the_bound_in_two_packets_are_read)
{
	static char text[60000];
	int at = snprintf(text, sizeof(text),
			  "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 50000\r\n\r\n");

	memset(text + at, 'x', 50000);
	memcpy(text + at + 50000, GET("b.example"), strlen(GET("b.example")));
	begin();
	seen_data(&seen, 0, text, 20);
	seen_data(&seen, 20, text + 20, (size_t)at + 50000 - 20 + 10);
	expect_story("name(a.example)3");
	seen_text(&seen, (size_t)at + 50010, &GET("b.example")[10]);
	expect_story("name(b.example)4 follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_request_across_the_bound_of_what_is_kept_is_read_at_once)
{
	static char text[20000];
	int at = snprintf(text, sizeof(text),
			  "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 16300\r\n\r\n");
	size_t len = (size_t)at + 16300;

	ck_assert_uint_lt(len, STREAM_MAX);
	memcpy(text + len, GET("b.example"), strlen(GET("b.example")));
	len += strlen(GET("b.example"));
	ck_assert_uint_gt(len, STREAM_MAX);
	begin();
	seen_data(&seen, 0, text, 20);
	seen_data(&seen, 20, text + 20, len - 20);
	expect_story("name(a.example)- name(b.example)3 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_hole_in_a_chunk_is_stepped_over_once_the_chunk_is_known)
{
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const char end[] = "\r\n0\r\n\r\n" GET("b.example");
	size_t at = sizeof(head) - 1;

	begin();
	seen_text(&seen, 0, head);
	seen_text(&seen, at + 5 + 0x200, end);
	expect_story("name(a.example)3");
	seen_text(&seen, at, "200\r\n");
	expect_story("name(b.example)4 follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(bad_bytes_behind_a_hole_are_refused_after_what_fills_it_is_let_go)
{
	size_t at = strlen(GET("a.example"));

	begin();
	seen_text(&seen, at, "GARBAGE\r\n");
	seen_text(&seen, 0, GET("a.example"));
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
	ck_assert_uint_eq(seen.events[1].client_next_seq, SEEN_ISN + 1 + (uint32_t)at);
	expect_story("name(a.example)4 refuse(http-malformed)3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_contradictory_copy_of_a_held_request_is_refused)
{
	size_t at = strlen(GET("a.example"));

	begin();
	seen_text(&seen, 0, GET("a.example"));
	seen_text(&seen, at, "GET /a");
	seen_text(&seen, at, "GET /b");
	expect_story("name(a.example)3 refuse(overlap-conflict)4 follow5");
	seen_end(&seen);
}
END_TEST

START_TEST(an_unfinished_request_times_out_even_if_it_drips)
{
	size_t at = strlen(GET("a.example"));

	begin();
	seen_text(&seen, 0, GET("a.example"));
	expect_story("name(a.example)3");
	for (size_t i = 0; i < 9; i++) {
		seen_data(&seen, at + i, &GET("b.example")[i], 1);
		seen.now_ms += 1000;
		inspector_expire(seen.inspector, seen.now_ms);
	}
	expect_story("");
	seen.now_ms += 1000;
	inspector_expire(seen.inspector, seen.now_ms);
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1 + (uint32_t)at);
	expect_story("refuse(timeout)4 follow5 follow6 follow7 follow8 follow9 follow10 follow11 "
		     "follow12");
	seen_end(&seen);
}
END_TEST

START_TEST(more_packets_than_may_be_held_are_refused)
{
	struct inspector_limits limits;

	packets_hello(hello, "files.example", HELLO_LEN);
	seen_begin(&seen);
	limits = seen.limits;
	limits.held_max = 3;
	seen_limit(&seen, &limits);
	seen_open(&seen);
	for (size_t i = 0; i < 4; i++)
		seen_data(&seen, i * 10, hello + i * 10, 10);
	expect_story("refuse(resource-limit)3 follow4 follow5 follow6");
	seen_end(&seen);
}
END_TEST

START_TEST(without_a_free_buffer_an_unfinished_hello_is_refused_and_a_whole_one_is_not)
{
	struct inspector_limits limits;
	size_t len = packets_hello(hello, "files.example", HELLO_LEN);

	seen_begin(&seen);
	limits = seen.limits;
	limits.buffers_max = 0;
	seen_limit(&seen, &limits);
	seen_open(&seen);
	seen_data(&seen, 0, hello, len);
	expect_story("name(files.example)3");
	seen.key.sport++;
	seen_syn(&seen, SEEN_ISN);
	seen_data(&seen, 0, hello, 1000);
	expect_story("pass4 refuse(resource-limit)5");
	seen_end(&seen);
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_hello_in_one_segment_is_named_at_once_without_a_buffer);
	tcase_add_test(tcase, a_post_quantum_hello_cut_at_every_byte_is_named_in_either_order);
	tcase_add_loop_test(tcase, three_segments_are_named_in_all_orders, 0, 6);
	tcase_add_test(tcase, no_part_of_a_hello_is_ever_a_name);
	tcase_add_test(tcase, records_cut_at_every_byte_are_named_over_two_segments);
	tcase_add_test(tcase, a_copy_of_what_is_held_is_discarded);
	tcase_add_test(tcase, a_contradictory_copy_is_refused_with_all_that_is_held);
	tcase_add_test(tcase, a_probe_before_the_first_byte_passes_and_is_no_content);
	tcase_add_test(tcase, a_probe_of_the_window_is_content);
	tcase_add_test(tcase, bytes_before_the_beginning_or_far_ahead_are_refused);
	tcase_add_test(tcase, a_segment_behind_a_hole_that_reaches_too_far_is_discarded);
	tcase_add_test(tcase, a_segment_longer_than_the_bound_is_read_as_far_as_it_goes);
	tcase_add_test(tcase, a_hello_that_never_ends_is_too_long);
	tcase_add_loop_test(tcase, the_first_bytes_tell_what_it_is, 0, (int)ARRAY_SIZE(firsts));
	tcase_add_loop_test(tcase, names_that_are_no_host_names_are_refused, 0, 17);
	tcase_add_test(tcase, a_nul_in_a_name_is_refused);
	tcase_add_test(tcase, every_request_of_a_kept_alive_connection_is_named);
	tcase_add_loop_test(tcase, after_an_upgrade_requests_are_read_on_and_all_else_is_refused, 0,
			    3);
	tcase_add_test(tcase, requests_in_one_packet_are_all_named_before_it_goes);
	tcase_add_test(tcase, a_packet_that_begins_another_request_waits_for_its_end);
	tcase_add_test(tcase, a_packet_with_a_good_and_a_bad_request_is_refused);
	tcase_add_test(tcase, bodies_follow_and_the_request_behind_them_is_named);
	tcase_add_test(tcase, a_request_behind_a_hole_in_a_body_is_found);
	tcase_add_test(tcase, chunks_out_of_order_are_held_until_the_hole_is_filled);
	tcase_add_test(tcase, chunks_too_far_ahead_are_discarded_and_taken_when_they_come_again);
	tcase_add_test(tcase, a_head_and_a_body_longer_than_the_bound_in_two_packets_are_read);
	tcase_add_test(tcase, a_request_across_the_bound_of_what_is_kept_is_read_at_once);
	tcase_add_test(tcase, a_hole_in_a_chunk_is_stepped_over_once_the_chunk_is_known);
	tcase_add_test(tcase, bad_bytes_behind_a_hole_are_refused_after_what_fills_it_is_let_go);
	tcase_add_test(tcase, a_contradictory_copy_of_a_held_request_is_refused);
	tcase_add_test(tcase, an_unfinished_request_times_out_even_if_it_drips);
	tcase_add_test(tcase, more_packets_than_may_be_held_are_refused);
	tcase_add_test(tcase,
		       without_a_free_buffer_an_unfinished_hello_is_refused_and_a_whole_one_is_not);
}

int main(void)
{
	Suite *suite = suite_create("reading");
	TCase *tcase = tcase_create("reading");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
