/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of inspect/reading_kept.c and reading_tls.c: whoever shows one thing here and another to
 * the server gets nowhere, and whoever only sends again what was lost does. */
#include <stdlib.h>

#include "common/reason.h"
#include "inspect/tls_flight.h"
#include "seen.h"

#define CCS    "\x14\x03\x03\x00\x01\x01"
#define SECRET "\x17\x03\x03\x00\x04wxyz"
#define GET    "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
#define POST   "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100\r\n\r\n"

static struct seen seen;
static uint8_t hello[4000], other[4000];
static size_t len, other_len;

static void begin(void)
{
	len = packets_hello(hello, "files.example", 600);
	other_len = packets_hello(other, "evil.example", 600);
	ck_assert_uint_eq(len, other_len);
	seen_begin(&seen);
	seen_open(&seen);
}

#define expect_story(want) ck_assert_str_eq(seen_story(&seen), want)
#define show(at, text)     seen_data(&seen, at, text, sizeof(text) - 1)

static void server_acknowledges(size_t upto)
{
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1 + (uint32_t)upto, "");
}

START_TEST(another_hello_in_the_place_of_the_first_is_refused)
{
	begin();
	seen_data(&seen, 0, hello, len);
	seen_data(&seen, 0, other, len);
	expect_story("name(files.example)3 refuse(overlap-conflict)4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_part_of_another_hello_is_refused_wherever_it_is_cut)
{
	for (size_t at = 0; at + 40 < len; at += 13) {
		begin();
		seen_data(&seen, 0, hello, len);
		expect_story("name(files.example)3");
		hello[at + 20] ^= 1;
		seen_data(&seen, at, hello + at, 40);
		expect_story("refuse(overlap-conflict)4");
		seen_end(&seen);
	}
}
END_TEST

START_TEST(what_was_lost_may_come_again_however_it_is_cut)
{
	begin();
	seen_data(&seen, 0, hello, 300);
	seen_data(&seen, 300, hello + 300, len - 300);
	expect_story("name(files.example)3 follow4");
	seen_data(&seen, 0, hello, len);
	seen_data(&seen, 100, hello + 100, 400);
	expect_story("follow5 follow6");
	show(len, SECRET);
	seen_data(&seen, 0, hello, len);
	expect_story("ask7 follow8");
	seen_end(&seen);
}
END_TEST

START_TEST(flow_opens_when_the_server_has_acknowledged_what_was_read)
{
	begin();
	seen_data(&seen, 0, hello, len);
	server_acknowledges(len);
	expect_story("name(files.example)3 follow4");
	show(len, CCS SECRET "GET /");
	expect_story("ask5");
	server_acknowledges(0);
	server_acknowledges(len + 6);
	server_acknowledges(len + 11);
	expect_story("follow6 follow7 follow8");
	server_acknowledges(len + 12);
	expect_story("open9");
	seen_end(&seen);
}
END_TEST

/* The decoy tells the engine that all is said; the server never sees it, but the hello behind it.
 */
START_TEST(a_decoy_in_the_second_flight_cannot_be_replaced)
{
	begin();
	seen_data(&seen, 0, hello, len);
	show(len, SECRET);
	expect_story("name(files.example)3 ask4");
	server_acknowledges(len);
	seen_data(&seen, len, other, other_len);
	expect_story("follow5 refuse(overlap-conflict)6");
	seen_end(&seen);
}
END_TEST

START_TEST(second_hello_with_the_same_name_is_let_through)
{
	begin();
	seen_data(&seen, 0, hello, len);
	show(len, CCS);
	seen_data(&seen, len + 6, hello, 200);
	expect_story("name(files.example)3 follow4");
	seen_data(&seen, len + 206, hello + 200, len - 200);
	expect_story("follow5 follow6");
	show(2 * len + 6, SECRET);
	expect_story("ask7");
	server_acknowledges(2 * len + 12);
	expect_story("open8");
	seen_end(&seen);
}
END_TEST

START_TEST(second_hello_with_another_name_is_refused)
{
	begin();
	seen_data(&seen, 0, hello, len);
	show(len, CCS);
	seen_data(&seen, len + 6, other, other_len);
	expect_story("name(files.example)3 follow4 refuse(name-changed)5");
	seen_end(&seen);
}
END_TEST

START_TEST(second_hello_in_the_packet_of_the_first_is_read_too)
{
	static uint8_t both[8000];

	begin();
	memcpy(both, hello, len);
	memcpy(both + len, other, other_len);
	seen_data(&seen, 0, both, len + other_len);
	expect_story("name(files.example)- refuse(name-changed)3");
	seen_end(&seen);
}
END_TEST

START_TEST(third_hello_is_refused)
{
	begin();
	for (size_t i = 0; i < 3; i++)
		seen_data(&seen, i * len, hello, len);
	expect_story("name(files.example)3 follow4 refuse(tls-malformed)5");
	seen_end(&seen);
}
END_TEST

/* A hello that offers early data. */
static size_t early_hello(uint8_t *out)
{
	const size_t extensions = packets_hello_begin(out);
	const size_t at = packets_extension(out, extensions, 42, "", 0);

	return packets_hello_end(out, extensions,
				 packets_server_name(out, at, "files.example", 13));
}

/* The server's first bytes: one record with a ServerHello, or with a HelloRetryRequest. */
static void server_answers(bool retry, uint32_t seq, size_t upto)
{
	static const char ask_again[] =
		"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91"
		"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c";
	struct flow_key back = packets_back(&seen.key);
	uint8_t answer[90] = { 22, 3, 3, 0, 85, 2, 0, 0, 81, 3, 3 };

	if (retry)
		memcpy(answer + 11, ask_again, 32);
	seen_raw(&seen,
		 packets_tcp(seen.data, &back, seq, SEEN_ISN + 1 + (uint32_t)upto, PACKET_ACK,
			     answer, sizeof(answer)),
		 1);
}

START_TEST(early_data_ends_with_the_servers_hello)
{
	static uint8_t early[4000];
	const size_t early_len = early_hello(early);

	begin();
	seen_data(&seen, 0, early, early_len);
	show(early_len, SECRET SECRET);
	show(early_len + 100, SECRET); /* behind a hole */
	expect_story("name(files.example)- ask3 follow4");
	server_acknowledges(early_len + 18);
	expect_story("follow6");
	server_answers(false, SEEN_BACK + 1, early_len);
	expect_story("follow5 open7");
	seen_data(&seen, early_len + 18, other, other_len);
	expect_story("follow8");
	seen_end(&seen);
}
END_TEST

START_TEST(early_data_does_not_end_before_that)
{
	static uint8_t early[4000];
	const size_t early_len = early_hello(early);

	begin();
	seen_data(&seen, 0, early, early_len);
	show(early_len, SECRET);
	expect_story("name(files.example)- ask3 follow4");
	server_answers(true, SEEN_BACK + 1, early_len);  /* it wants another hello */
	server_answers(false, SEEN_BACK + 2, early_len); /* not the server's first byte */
	server_answers(false, SEEN_BACK, early_len);
	server_answers(false, SEEN_BACK + 1, early_len - 1); /* it has not got the first yet */
	expect_story("follow5 follow6 follow7 follow8");
	seen_data(&seen, early_len + 9, other, other_len);
	expect_story("refuse(name-changed)9");
	seen_end(&seen);
}
END_TEST

START_TEST(more_early_data_than_is_passed_over_is_refused)
{
	static uint8_t record[5 + 16384] = { 0x17, 3, 3, 0x40, 0 };
	static uint8_t early[4000];
	size_t at = early_hello(early);

	begin();
	seen_data(&seen, 0, early, at);
	for (unsigned int i = 0; i < 4; i++, at += sizeof(record))
		seen_data(&seen, at, record, sizeof(record));
	expect_story("name(files.example)- ask3 follow4 follow5 follow6 follow7");
	seen_data(&seen, at, record, sizeof(record));
	expect_story("refuse(early-data)8");
	seen_end(&seen);
}
END_TEST

START_TEST(asking_waits_for_no_packet)
{
	static uint8_t early[4000];
	const size_t early_len = early_hello(early);

	begin();
	early[early_len] = 0x17; /* the packet holds a part of a record, too */
	seen_data(&seen, 0, early, early_len + 1);
	expect_story("name(files.example)- ask-");
	show(early_len + 1, "\x03\x03\x00\x04wxyz");
	expect_story("follow3 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(second_hello_after_early_data_is_proven_as_without)
{
	static uint8_t early[4000];
	const size_t early_len = early_hello(early);

	begin();
	seen_data(&seen, 0, early, early_len);
	show(early_len, SECRET);
	server_answers(true, SEEN_BACK + 1, early_len);
	expect_story("name(files.example)- ask3 follow4 follow5");
	seen_data(&seen, early_len + 9, hello, len);
	show(early_len + 9 + len, CCS SECRET);
	expect_story("follow6 follow7");
	server_acknowledges(early_len + 9 + len);
	server_acknowledges(early_len + 9 + len + 15);
	expect_story("follow8 open9");
	seen_end(&seen);
}
END_TEST

START_TEST(second_hello_behind_early_data_is_found)
{
	static uint8_t early[4000];
	const size_t early_len = early_hello(early);

	begin();
	seen_data(&seen, 0, early, early_len);
	show(early_len, SECRET SECRET);
	expect_story("name(files.example)- ask3 follow4");
	show(early_len, SECRET SECRET);
	expect_story("follow5");
	seen_data(&seen, early_len + 18, other, other_len);
	expect_story("refuse(name-changed)6");
	seen_end(&seen);
}
END_TEST

START_TEST(probe_of_one_byte_harms_nobody)
{
	begin();
	seen_data(&seen, 0, hello, len);
	expect_story("name(files.example)3");
	hello[len - 1] ^= 0x55;
	seen_data(&seen, len - 1, hello + len - 1, 1);
	expect_story("discard4");
	show(len, SECRET);
	expect_story("ask5");
	seen_end(&seen);
}
END_TEST

START_TEST(bytes_before_the_stream_are_dropped)
{
	begin();
	seen_data(&seen, 0, hello, len);
	expect_story("name(files.example)3");
	seen_data(&seen, (size_t)-100, other, 100);
	expect_story("discard4");
	seen_end(&seen);
}
END_TEST

START_TEST(another_request_in_the_place_of_one_that_was_read_is_refused)
{
	begin();
	seen_text(&seen, 0, GET);
	seen_text(&seen, 0, GET);
	expect_story("name(a.example)3 follow4");
	seen_text(&seen, 0, "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
	expect_story("refuse(overlap-conflict)5");
	seen_end(&seen);
}
END_TEST

START_TEST(requests_behind_each_other_may_all_come_again)
{
	const size_t size = strlen(GET);

	begin();
	for (size_t i = 0; i < 3; i++)
		seen_text(&seen, i * size, GET);
	seen_text(&seen, 0, GET);
	expect_story("name(a.example)3 name(a.example)4 name(a.example)5 follow6");
	seen_text(&seen, size, "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
	expect_story("refuse(overlap-conflict)7");
	seen_end(&seen);
}
END_TEST

START_TEST(body_may_come_again_but_not_its_head)
{
	static const char body[101] = "x";
	const size_t size = strlen(POST);

	begin();
	seen_text(&seen, 0, POST);
	seen_data(&seen, size, body, 100);
	seen_text(&seen, size + 100, GET);
	seen_data(&seen, size, body, 100);
	seen_data(&seen, size + 50, body, 50);
	expect_story("name(a.example)3 follow4 name(a.example)5 follow6 follow7");
	seen_text(&seen, 0, "POST / HTTP/1.1\r\nHost: b.example\r\n");
	expect_story("refuse(overlap-conflict)8");
	seen_end(&seen);
}
END_TEST

/* The sizes of chunks say where the next head begins. */
START_TEST(sizes_of_chunks_cannot_be_replaced)
{
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
	static const uint8_t data[5000];
	const size_t at = sizeof(head) - 1;

	for (int i = 0; i < 3; i++) {
		begin();
		seen_text(&seen, 0, head);
		seen_text(&seen, at, "1388\r\n");
		seen_data(&seen, at + 6, data, 2500);
		seen_data(&seen, at + 6 + 2500, data, 2500);
		seen_text(&seen, at + 6 + 5000, "\r\n0\r\n\r\n");
		expect_story("name(a.example)3 follow4 follow5 follow6 follow7");
		seen_text(&seen, 0, head);
		seen_data(&seen, at + 6 + 100, "other", 5);
		seen_text(&seen, at, "1388\r\n");
		expect_story("follow8 follow9 follow10");
		if (i == 0)
			seen_text(&seen, at, "0\r\n\r\nGET / HTTP/1.1\r\nHost: b.example\r\n");
		else if (i == 1)
			seen_text(&seen, at + 6 + 5000, "\r\n4\r\n\r\n");
		else
			show(at + 6 + 4998, "\0\0\r\n5\r\n");
		expect_story("refuse(overlap-conflict)11");
		seen_end(&seen);
	}
}
END_TEST

/* One packet may be as long as the kernel makes them. */
START_TEST(head_before_a_long_body_cannot_be_replaced)
{
	static const char post[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 40000\r\n\r\n";
	static char packet[60000];
	const size_t first = strlen(POST) + 100, head = sizeof(post) - 1;

	begin();
	seen_text(&seen, 0, POST);
	seen_data(&seen, strlen(POST), packet, 100);
	memcpy(packet, post, head);
	memcpy(packet + head + 40000, GET, strlen(GET));
	seen_data(&seen, first, packet, head + 40000 + strlen(GET));
	expect_story("name(a.example)3 follow4 name(a.example)- name(a.example)5");
	seen_data(&seen, first, packet, 1400);
	seen_text(&seen, first + head + 40000, GET);
	expect_story("follow6 follow7");
	seen_text(&seen, first, "GET / HTTP/1.1\r\nHost: b.example\r\n\r\n");
	expect_story("refuse(overlap-conflict)8");
	seen_end(&seen);
}
END_TEST

/* Whatever is let go of is dropped when it comes again, not passed. */
START_TEST(early_data_of_any_length_leaves_no_gap)
{
	static uint8_t early[70000];
	const size_t extensions = packets_hello_begin(early);
	size_t early_len = packets_extension(early, extensions, 42, "", 0), all;

	begin();
	early_len = packets_server_name(early, early_len, "files.example", 13);
	early_len = packets_hello_end(early, extensions, early_len);
	for (all = early_len; all < 60000; all += 16389)
		memcpy(early + all, "\x17\x03\x03\x40\x00", 5);
	seen_data(&seen, 0, early, 8000);
	seen_data(&seen, 8000, early + 8000, 2000);
	seen_data(&seen, 10000, early + 10000, 50000);
	expect_story("name(files.example)- ask3 follow4 follow5");
	for (size_t at = 0; at < 60000; at += 500) {
		early[at + 250] ^= 1;
		seen_data(&seen, at, early + at, 500);
		early[at + 250] ^= 1;
		ck_assert(seen.events[0].type == EVENT_DISCARD ||
			  seen.events[0].type == EVENT_REFUSE);
		if (seen.events[0].type == EVENT_REFUSE)
			break;
		seen.count = 0;
	}
	seen_end(&seen);
}
END_TEST

START_TEST(small_chunks_may_come_again)
{
	static const char head[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n";
	static char body[4000];
	const size_t at = sizeof(head) - 1;
	size_t used = 0;

	while (used + 20 < sizeof(body))
		used += (size_t)snprintf(body + used, sizeof(body) - used, "a\r\nabcdefghij\r\n");
	begin();
	seen_text(&seen, 0, head);
	for (size_t i = 0; i + 100 < used; i += 100)
		seen_data(&seen, at + i, body + i, 100);
	seen.count = 0;
	for (size_t i = 0; i + 100 < used; i += 100)
		seen_data(&seen, at + i, body + i, 100);
	for (size_t i = 0; i < seen.count; i++)
		ck_assert_int_eq(seen.events[i].type, EVENT_FOLLOW);
	seen.count = 0;
	body[14] ^= 1; /* the size of the second */
	body[15] ^= 1;
	seen_data(&seen, at, body, 100);
	ck_assert_str_eq(reason_info(seen.events[0].reason)->slug, "overlap-conflict");
	seen_end(&seen);
}
END_TEST

START_TEST(what_waits_behind_a_hole_of_a_guarded_flow_has_its_time)
{
	struct inspector_counts counts;

	begin();
	seen_data(&seen, 0, hello, len);
	seen_data(&seen, len + 10, "x", 1);
	expect_story("name(files.example)3");
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.buffers_now, 1);
	seen.now_ms += seen.limits.timeout_ms;
	inspector_expire(seen.inspector, seen.now_ms);
	expect_story("refuse(timeout)4");
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.buffers_now, 0);
	seen_end(&seen);
}
END_TEST

START_TEST(client_may_wait_for_minutes_behind_its_hello)
{
	begin();
	seen_data(&seen, 0, hello, len);
	seen.now_ms += 200000;
	inspector_expire(seen.inspector, seen.now_ms);
	show(len, SECRET);
	expect_story("name(files.example)3 ask4");
	seen_end(&seen);
}
END_TEST

START_TEST(what_the_ring_has_forgotten_is_dropped_not_passed)
{
	begin();
	seen_data(&seen, 0, hello, len);
	expect_story("name(files.example)3");
	/* more flows than the ring has room for, beside the table's many slots */
	for (unsigned int i = 0; i < 30000; i++) {
		seen.key.sport = (uint16_t)(1024 + i);
		seen.key.src.b[2] = 99;
		seen_syn(&seen, SEEN_ISN);
		seen_data(&seen, 0, other, other_len);
		seen.count = 0;
		seen.now_ms++;
	}
	seen.key = packets_key(4, IPPROTO_TCP, 50000);
	seen_data(&seen, 0, hello, len);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert(seen.events[0].type == EVENT_DISCARD ||
		  seen.events[0].reason == REASON_MIDSTREAM);
	seen_end(&seen);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reading_kept");
	TCase *tcase = tcase_create("reading_kept");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, another_hello_in_the_place_of_the_first_is_refused);
	tcase_add_test(tcase, a_part_of_another_hello_is_refused_wherever_it_is_cut);
	tcase_add_test(tcase, what_was_lost_may_come_again_however_it_is_cut);
	tcase_add_test(tcase, flow_opens_when_the_server_has_acknowledged_what_was_read);
	tcase_add_test(tcase, a_decoy_in_the_second_flight_cannot_be_replaced);
	tcase_add_test(tcase, second_hello_with_the_same_name_is_let_through);
	tcase_add_test(tcase, second_hello_with_another_name_is_refused);
	tcase_add_test(tcase, second_hello_in_the_packet_of_the_first_is_read_too);
	tcase_add_test(tcase, third_hello_is_refused);
	tcase_add_test(tcase, second_hello_behind_early_data_is_found);
	tcase_add_test(tcase, early_data_ends_with_the_servers_hello);
	tcase_add_test(tcase, early_data_does_not_end_before_that);
	tcase_add_test(tcase, more_early_data_than_is_passed_over_is_refused);
	tcase_add_test(tcase, asking_waits_for_no_packet);
	tcase_add_test(tcase, second_hello_after_early_data_is_proven_as_without);
	tcase_add_test(tcase, probe_of_one_byte_harms_nobody);
	tcase_add_test(tcase, bytes_before_the_stream_are_dropped);
	tcase_add_test(tcase, another_request_in_the_place_of_one_that_was_read_is_refused);
	tcase_add_test(tcase, requests_behind_each_other_may_all_come_again);
	tcase_add_test(tcase, body_may_come_again_but_not_its_head);
	tcase_add_test(tcase, sizes_of_chunks_cannot_be_replaced);
	tcase_add_test(tcase, head_before_a_long_body_cannot_be_replaced);
	tcase_add_test(tcase, early_data_of_any_length_leaves_no_gap);
	tcase_add_test(tcase, small_chunks_may_come_again);
	tcase_add_test(tcase, what_waits_behind_a_hole_of_a_guarded_flow_has_its_time);
	tcase_add_test(tcase, client_may_wait_for_minutes_behind_its_hello);
	tcase_add_test(tcase, what_the_ring_has_forgotten_is_dropped_not_passed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
