/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows of a capture. */
#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl/capture_flows.h"
#include "packets.h"

#define GET(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"
#define ACK       0x10
#define ISN       1000U
#define BACK      5000U

static struct capture_flows *flows;
static struct flow_key key, back;
static uint8_t packet[PACKETS_MAX], hello[4000];
static size_t hello_len;
static char story[65536];
static size_t story_count;
static uint64_t now_us;

static void over(const struct capture_flow *flow, void *data)
{
	static const char *const evidence[] = { "port", "bytes", "syn" };
	size_t at = strlen(story);

	(void)data;
	story_count++;
	if (at + 400 > sizeof(story))
		return;
	(void)snprintf(story + at, sizeof(story) - at, "%s%s(%u>%u) %s %s %.*s%s%s %llu",
		       at == 0 ? "" : "; ", evidence[flow->evidence], flow->key.sport,
		       flow->key.dport, app_slug(flow->app),
		       flow->refused ? reason_info(flow->reason)->slug
		       : flow->named ? "named"
				     : "open",
		       flow->name_len, flow->name, flow->midstream ? " midstream" : "",
		       flow->unplaced ? " unplaced" : "", (unsigned long long)flow->packets);
}

static void begin(void)
{
	flows = capture_flows_new(1000, 10000, over, NULL);
	ck_assert_ptr_nonnull(flows);
	key = packets_key(4, IPPROTO_TCP, 50000);
	back = packets_back(&key);
	hello_len = packets_hello(hello, "files.example", 600);
	story[0] = '\0';
	story_count = 0;
	now_us = 1000000000;
}

static void take(size_t len, bool cut)
{
	const struct defrag_packet whole = { packet, len, 1, cut };

	now_us += 1000;
	capture_flows_take(flows, &whole, now_us);
}

static void tcp(const struct flow_key *from, uint8_t flags, uint32_t seq, uint32_t ack,
		const void *payload, size_t len)
{
	take(packets_tcp(packet, from, seq, ack, flags, payload, len), false);
}

static void open_flow(void)
{
	tcp(&key, 0x02, ISN, 0, NULL, 0);
	tcp(&back, 0x12, BACK, ISN + 1, NULL, 0);
}

static void client(uint32_t at, const void *payload, size_t len)
{
	tcp(&key, ACK, ISN + 1 + at, BACK + 1, payload, len);
}

static void client_text(uint32_t at, const char *text)
{
	client(at, text, strlen(text));
}

static void server_text(uint32_t ack, const char *text)
{
	tcp(&back, ACK, BACK + 1, ISN + 1 + ack, text, strlen(text));
}

static void expect(const char *want)
{
	capture_flows_end(flows);
	ck_assert_str_eq(story, want);
	capture_flows_free(flows);
}

START_TEST(a_tls_flow_has_its_name_and_all_its_packets)
{
	begin();
	open_flow();
	client(0, hello, hello_len);
	server_text((uint32_t)hello_len, "\x16");
	expect("syn(50000>443) tls named files.example 4");
}
END_TEST

START_TEST(each_request_counts_by_itself)
{
	begin();
	open_flow();
	client_text(0, GET("a.example"));
	server_text(37, "HTTP/1.1 200 OK\r\n\r\n");
	client_text((uint32_t)strlen(GET("a.example")), GET("b.example") GET("c.example"));
	expect("syn(50000>443) http named a.example 4; syn(50000>443) http named b.example 0; "
	       "syn(50000>443) http named c.example 1");
}
END_TEST

START_TEST(a_request_that_is_refused_leaves_the_one_before_as_it_was)
{
	begin();
	open_flow();
	client_text(0, GET("a.example"));
	client_text((uint32_t)strlen(GET("a.example")), GET("192.0.2.1"));
	client_text((uint32_t)strlen(GET("a.example") GET("192.0.2.1")), GET("c.example"));
	expect("syn(50000>443) http named a.example 3; "
	       "syn(50000>443) http name-is-address 192.0.2.1 1; "
	       "syn(50000>443) http name-is-address c.example midstream 1");
}
END_TEST

START_TEST(the_name_is_seen_although_the_flow_is_refused)
{
	begin();
	open_flow();
	server_text(0, "220 ready\r\n");
	client(0, hello, hello_len);
	expect("syn(50000>443) tls server-first files.example 4");
}
END_TEST

START_TEST(a_flow_without_a_beginning_may_have_a_name)
{
	begin();
	server_text(0, "some of an answer");
	client(0, hello, hello_len);
	expect("bytes(50000>443) tls named files.example midstream unplaced 2");
}
END_TEST

START_TEST(who_says_hello_is_the_client_whatever_the_ports)
{
	struct flow_key low;

	begin();
	low = packets_key(4, IPPROTO_TCP, 80);
	tcp(&low, ACK, 1, 1, hello, hello_len);
	expect("bytes(80>443) tls named files.example midstream 1");
	begin();
	low = packets_key(4, IPPROTO_TCP, 80);
	tcp(&low, ACK, 1, 1, "nothing", 7);
	expect("port(443>80) none open  unplaced 1");
}
END_TEST

START_TEST(an_unfinished_hello_shows_its_name)
{
	static uint8_t early[600];

	begin();
	hello_len = packets_hello(hello, "files.example", 0);
	memcpy(early, hello, hello_len);
	early[3] += 4; /* record and hello go on */
	early[7] += 4;
	open_flow();
	client(0, early, hello_len);
	expect("syn(50000>443) tls open files.example 3");
}
END_TEST

START_TEST(a_packet_cut_by_the_capture_refuses_nothing)
{
	begin();
	open_flow();
	client_text(0, GET("a.example"));
	take(packets_tcp(packet, &key, ISN + 1 + (uint32_t)strlen(GET("a.example")), BACK + 1, ACK,
			 "begin", 5),
	     true);
	server_text(2000, "answer");
	client_text(1999, GET("b.example"));
	expect("syn(50000>443) http named a.example unplaced 5; "
	       "syn(50000>443) http named b.example midstream 1");
}
END_TEST

START_TEST(ports_that_are_used_again_are_another_flow)
{
	begin();
	open_flow();
	client(0, hello, hello_len);
	tcp(&key, 0x11, ISN + 1 + (uint32_t)hello_len, BACK + 1, NULL, 0);
	tcp(&back, 0x11, BACK + 1, ISN + 2 + (uint32_t)hello_len, NULL, 0);
	tcp(&key, 0x02, 77000, 0, NULL, 0);
	tcp(&back, 0x12, 99000, 77001, NULL, 0);
	tcp(&key, ACK, 77001, 99001, GET("a.example"), strlen(GET("a.example")));
	expect("syn(50000>443) tls named files.example 5; syn(50000>443) http named a.example 3");
}
END_TEST

START_TEST(a_syn_that_comes_again_is_the_same_flow)
{
	begin();
	open_flow();
	open_flow();
	client(0, hello, hello_len);
	open_flow();
	expect("syn(50000>443) tls named files.example 7");
}
END_TEST

START_TEST(a_syn_with_another_number_is_another_attempt)
{
	begin();
	tcp(&key, 0x02, 1, 0, NULL, 0);
	tcp(&key, 0x02, 2, 0, NULL, 0);
	expect("syn(50000>443) none open  1; syn(50000>443) none open  1");
}
END_TEST

START_TEST(what_is_not_read_is_one_flow_too)
{
	struct flow_key other;

	begin();
	other = packets_key(6, IPPROTO_UDP, 53);
	take(packets_udp(packet, &other, "abc", 3), false);
	other = packets_key(4, IPPROTO_GRE, 0);
	take(packets_ip(packet, &other, 0), false);
	expect("port(443>53) none open  1; port(0>0) none open  1");
}
END_TEST

START_TEST(more_flows_than_there_is_room_for_are_handed_out_early)
{
	const uint32_t count = 1300;

	begin();
	for (uint32_t i = 0; i < count; i++) {
		key.src.b[1] = (uint8_t)(i >> 16);
		key.src.b[2] = (uint8_t)(i >> 8);
		key.src.b[3] = (uint8_t)i;
		tcp(&key, 0x02, ISN, 0, NULL, 0);
	}
	ck_assert_uint_eq(story_count, 300);
	capture_flows_end(flows);
	ck_assert_uint_eq(story_count, count);
	capture_flows_free(flows);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture_flows");
	TCase *tc = tcase_create("capture_flows");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_tls_flow_has_its_name_and_all_its_packets);
	tcase_add_test(tc, each_request_counts_by_itself);
	tcase_add_test(tc, a_request_that_is_refused_leaves_the_one_before_as_it_was);
	tcase_add_test(tc, the_name_is_seen_although_the_flow_is_refused);
	tcase_add_test(tc, a_flow_without_a_beginning_may_have_a_name);
	tcase_add_test(tc, who_says_hello_is_the_client_whatever_the_ports);
	tcase_add_test(tc, an_unfinished_hello_shows_its_name);
	tcase_add_test(tc, a_packet_cut_by_the_capture_refuses_nothing);
	tcase_add_test(tc, ports_that_are_used_again_are_another_flow);
	tcase_add_test(tc, a_syn_that_comes_again_is_the_same_flow);
	tcase_add_test(tc, a_syn_with_another_number_is_another_attempt);
	tcase_add_test(tc, what_is_not_read_is_one_flow_too);
	tcase_add_test(tc, more_flows_than_there_is_room_for_are_handed_out_early);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
