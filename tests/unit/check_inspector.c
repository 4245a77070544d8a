/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows from their SYN to the time they are forgotten, and packets that belong to none. */
#include <stdlib.h>
#include <time.h>

#include "common/mark.h"
#include "common/reason.h"
#include "seen.h"

#define GET "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"

static struct seen seen;
static uint8_t hello[4000];
static size_t hello_len;

static void begin(void)
{
	seen_begin(&seen);
	hello_len = packets_hello(hello, "files.example", 600);
}

static void pass_time(uint64_t ms)
{
	seen.now_ms += ms;
	inspector_expire(seen.inspector, seen.now_ms);
}

static uint32_t mark_client(uint32_t mark, uint8_t flags, uint32_t seq, const char *payload)
{
	size_t len = packets_tcp(seen.data, &seen.key, seq, SEEN_BACK + 1, flags, payload,
				 strlen(payload));

	return seen_raw(&seen, len, mark);
}

#define expect_story(want) ck_assert_str_eq(seen_story(&seen), want)

START_TEST(a_whole_life)
{
	struct inspector_counts counts;

	begin();
	seen_syn(&seen, SEEN_ISN);
	seen_syn(&seen, SEEN_ISN);
	seen_server(&seen, PACKET_SYN | PACKET_ACK, SEEN_ISN + 1, "");
	seen_client(&seen, PACKET_ACK, 0, NULL, 0);
	seen_data(&seen, 0, hello, 300);
	seen_data(&seen, 300, hello + 300, hello_len - 300);
	seen_client(&seen, PACKET_ACK | PACKET_FIN, hello_len, "\x17", 1);
	expect_story("pass1 pass2 pass3 pass4 name(files.example)5 follow6 ask7");
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1 + (uint32_t)hello_len, "");
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 2 + (uint32_t)hello_len, "");
	expect_story("follow8 open9");
	pass_time(seen.limits.forget_ms);
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.packets, 9);
	ck_assert_uint_eq(counts.events, 9);
	ck_assert_uint_eq(counts.flows_seen, 1);
	ck_assert_uint_eq(counts.flows_now, 0);
	ck_assert_uint_eq(counts.flows_peak, 1);
	seen_data(&seen, 700, "x", 1);
	expect_story("refuse(midstream)10");
	seen_end(&seen);
}
END_TEST

START_TEST(events_of_a_flow_bear_its_slot_and_a_new_flow_another_generation)
{
	struct event first;

	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	first = seen.events[0];
	ck_assert_uint_ne(first.flow, EVENT_FLOW_NONE);
	ck_assert_uint_eq(first.sport, 50000);
	ck_assert_uint_eq(first.dport, 443);
	ck_assert_mem_eq(first.src, seen.key.src.b, 16);
	seen.count = 0;
	pass_time(60000);
	seen_syn(&seen, SEEN_ISN);
	ck_assert_uint_eq(seen.events[0].flow, first.flow);
	ck_assert_uint_ne(seen.events[0].generation, first.generation);
	seen_end(&seen);
}
END_TEST

START_TEST(ipv6_flows_are_read_too)
{
	begin();
	seen.key = packets_key(6, IPPROTO_TCP, 40000);
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	ck_assert_uint_eq(seen.events[0].family, 6);
	ck_assert_mem_eq(seen.events[0].dst, seen.key.dst.b, 16);
	expect_story("name(files.example)3");
	seen_end(&seen);
}
END_TEST

START_TEST(payload_without_a_syn_is_midstream_and_the_next_follows)
{
	begin();
	seen_data(&seen, 0, hello, hello_len);
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
	ck_assert_uint_eq(seen.events[0].server_next_seq, SEEN_BACK + 1);
	seen_data(&seen, hello_len, "x", 1);
	expect_story("refuse(midstream)1 follow2");
	seen.key.sport++;
	mark_client(MARK_WATCHED, PACKET_ACK, 77, GET);
	expect_story("refuse(midstream)3");
	seen_client(&seen, PACKET_ACK, 0, NULL, 0);
	expect_story("follow4");
	seen.key.sport++;
	seen_client(&seen, PACKET_ACK, 0, NULL, 0);
	expect_story("pass5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_server_that_speaks_first_is_refused)
{
	begin();
	seen_open(&seen);
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1, "220 ready\r\n");
	ck_assert_uint_eq(seen.events[0].sport, 50000);
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
	ck_assert_uint_eq(seen.events[0].server_next_seq, SEEN_BACK + 1);
	expect_story("refuse(server-first)3");
	seen_end(&seen);
	/* the kernel does not show a SYN-ACK: then its own place is that of a reset */
	begin();
	seen_syn(&seen, SEEN_ISN);
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1, "220 ready\r\n");
	ck_assert_uint_eq(seen.events[1].server_next_seq, SEEN_BACK);
	expect_story("pass1 refuse(server-first)2");
	seen_end(&seen);
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, 100);
	seen_server(&seen, PACKET_ACK, SEEN_ISN + 1, "220 ready\r\n");
	expect_story("refuse(server-first)3 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_syn_with_data_is_discarded)
{
	begin();
	seen_client(&seen, PACKET_SYN, (size_t)-1, hello, hello_len);
	seen_syn(&seen, SEEN_ISN);
	seen_data(&seen, 0, hello, hello_len);
	expect_story("discard1 pass2 name(files.example)3");
	seen_end(&seen);
}
END_TEST

START_TEST(another_syn_before_the_server_answered_begins_another_flow)
{
	uint32_t generation;

	begin();
	seen_syn(&seen, 77);
	generation = seen.events[0].generation;
	seen_syn(&seen, SEEN_ISN);
	ck_assert_uint_ne(seen.events[1].generation, generation);
	seen_server(&seen, PACKET_SYN | PACKET_ACK, SEEN_ISN + 1, "");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("pass1 pass2 pass3 name(files.example)4");
	seen_end(&seen);
}
END_TEST

START_TEST(another_syn_that_the_server_did_not_take_is_no_beginning)
{
	begin();
	seen_syn(&seen, 77);
	seen_syn(&seen, SEEN_ISN);
	seen_server(&seen, PACKET_SYN | PACKET_ACK, 78, "");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("pass1 pass2 pass3 refuse(out-of-window)4");
	seen_end(&seen);
}
END_TEST

START_TEST(another_syn_after_the_server_answered_is_discarded)
{
	begin();
	seen_open(&seen);
	seen_syn(&seen, SEEN_ISN + 5000);
	seen_data(&seen, 5000, hello, hello_len);
	expect_story("discard3");
	pass_time(seen.limits.timeout_ms);
	expect_story("refuse(timeout)4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_syn_ack_for_another_syn_refuses_what_follows)
{
	begin();
	seen_syn(&seen, SEEN_ISN);
	seen_server(&seen, PACKET_SYN | PACKET_ACK, 4711, "");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("pass1 pass2 refuse(out-of-window)3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_syn_on_a_connection_that_is_decided_is_discarded)
{
	begin();
	seen_open(&seen);
	seen_text(&seen, 0, GET);
	mark_client(MARK_WATCHED, PACKET_SYN, 4711, "");
	seen_text(&seen, strlen(GET), GET);
	expect_story("name(a.example)3 discard4 name(a.example)5");
	seen_end(&seen);
}
END_TEST

START_TEST(ports_used_again_after_a_decision_are_another_flow)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	expect_story("name(files.example)3");
	mark_client(MARK_NONE, PACKET_SYN, SEEN_ISN + 100000, "");
	seen_data(&seen, 100000, hello, hello_len);
	expect_story("pass4 name(files.example)5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_connection_that_begins_as_a_decided_one_did_is_read_anew)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	mark_client(MARK_NONE, PACKET_SYN, SEEN_ISN, "");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("name(files.example)3 pass4 name(files.example)5");
	seen_end(&seen);
	begin();
	seen_open(&seen);
	seen_text(&seen, 0, GET);
	mark_client(MARK_NONE, PACKET_SYN, SEEN_ISN, "");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("name(a.example)3 pass4 name(files.example)5");
	seen_end(&seen);
}
END_TEST

static void mark_server(uint32_t mark, uint32_t seq, uint32_t ack, const char *payload)
{
	struct flow_key back = packets_back(&seen.key);
	size_t len = packets_tcp(seen.data, &back, seq, ack, PACKET_SYN | PACKET_ACK, payload,
				 strlen(payload));

	(void)seen_raw(&seen, len, mark);
}

START_TEST(another_connection_that_its_server_begins_is_read_anew)
{
	static const uint32_t marks[] = { MARK_GUARDED, MARK_PROVING, MARK_OPEN, MARK_WATCHED };
	const uint32_t mark = MARK_INSPECTED | marks[_i];

	/* whether the old one is remembered or not */
	for (int forgotten = 0; forgotten < 2; forgotten++) {
		begin();
		seen_open(&seen);
		seen_data(&seen, 0, hello, hello_len);
		expect_story("name(files.example)3");
		if (forgotten != 0)
			pass_time(1000000);
		mark_server(mark, 7000, SEEN_ISN + 100001, "");
		ck_assert_uint_eq(seen.events[0].sport, 50000);
		ck_assert_uint_eq(seen.events[0].iif, 4);
		ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 100001);
		ck_assert_uint_eq(seen.events[0].server_next_seq, 7001);
		seen_data(&seen, 100000, hello, hello_len);
		expect_story("again4 name(files.example)5");
		seen_end(&seen);
	}
}
END_TEST

/* A client may choose the number that its last connection began with, but not the server's. */
START_TEST(another_connection_with_the_same_beginning_is_read_anew)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	mark_server(MARK_INSPECTED | MARK_GUARDED, 7000, SEEN_ISN + 1, "");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("name(files.example)3 again4 name(files.example)5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_syn_ack_that_comes_again_begins_nothing)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	mark_server(MARK_INSPECTED | MARK_GUARDED, SEEN_BACK, SEEN_ISN + 1, "");
	expect_story("name(files.example)3 follow4");
	/* nor one that brings what a server would say first, or where no name decided */
	mark_server(MARK_INSPECTED | MARK_GUARDED, 7000, SEEN_ISN + 100001, "220 ready");
	expect_story("discard5");
	seen.key.sport++;
	mark_server(MARK_OPEN, 7000, SEEN_ISN + 100001, "");
	expect_story("pass6");
	seen_end(&seen);
}
END_TEST

/* It came before the kernel knew of the decision. The server takes it for a stray packet; here it
 * would move the place from which the stream is read. */
START_TEST(a_syn_in_a_connection_that_has_just_been_decided_is_dropped)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	mark_client(MARK_UNDECIDED, PACKET_SYN, SEEN_ISN + 100000, "");
	seen_data(&seen, hello_len, "\x17", 1);
	expect_story("name(files.example)3 discard4 ask5");
	mark_client(MARK_UNDECIDED, PACKET_SYN, SEEN_ISN, "");
	expect_story("discard6");
	seen_end(&seen);
	begin();
	seen_open(&seen);
	seen_text(&seen, 0, GET);
	mark_client(MARK_UNDECIDED, PACKET_SYN, SEEN_ISN + 50, "");
	seen_text(&seen, strlen(GET), GET);
	expect_story("name(a.example)3 discard4 name(a.example)5");
	seen_end(&seen);
}
END_TEST

START_TEST(both_ends_opening_at_once_is_not_let_through)
{
	begin();
	seen_syn(&seen, SEEN_ISN);
	seen_server(&seen, PACKET_SYN, 0, "");
	expect_story("pass1 discard2");
	seen_end(&seen);
}
END_TEST

START_TEST(a_reset_does_not_make_an_undecided_flow_forgotten)
{
	struct inspector_counts counts;

	begin();
	seen_open(&seen);
	seen_client(&seen, PACKET_RST, 0, NULL, 0);
	expect_story("pass3");
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.flows_now, 1);
	seen_syn(&seen, SEEN_ISN - 100); /* were it forgotten, a hello before the stream's beginning
					    would count */
	seen_data(&seen, 0, hello, hello_len);
	expect_story("discard4 name(files.example)5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_reset_does_not_set_held_packets_free)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, 100);
	seen_server(&seen, PACKET_RST | PACKET_ACK, SEEN_ISN + 1, "");
	expect_story("pass4");
	pass_time(seen.limits.timeout_ms);
	expect_story("refuse(timeout)3");
	seen_end(&seen);
}
END_TEST

START_TEST(a_flow_without_a_name_times_out)
{
	begin();
	seen_open(&seen);
	pass_time(seen.limits.timeout_ms - 1);
	expect_story("");
	pass_time(1);
	ck_assert_uint_eq(seen.events[0].client_next_seq, SEEN_ISN + 1);
	ck_assert_uint_eq(seen.events[0].server_next_seq, SEEN_BACK + 1);
	expect_story("refuse(timeout)-");
	seen_data(&seen, 0, hello, hello_len);
	expect_story("follow3");
	pass_time(seen.limits.forget_ms);
	seen_data(&seen, 0, hello, hello_len);
	expect_story("refuse(midstream)4");
	seen_end(&seen);
}
END_TEST

START_TEST(a_watched_flow_that_idles_is_forgotten)
{
	size_t at = strlen(GET);

	begin();
	seen_open(&seen);
	seen_text(&seen, 0, GET);
	pass_time(299999);
	seen_text(&seen, at, GET);
	pass_time(299999);
	seen_text(&seen, 2 * at, GET);
	pass_time(300000);
	seen_text(&seen, 3 * at, GET);
	expect_story("name(a.example)3 name(a.example)4 name(a.example)5 refuse(midstream)6");
	seen_end(&seen);
}
END_TEST

START_TEST(over_the_bound_of_flows_a_syn_is_refused)
{
	struct inspector_limits limits;
	struct inspector_counts counts;

	begin();
	limits = seen.limits;
	limits.flows_max = 4;
	seen_limit(&seen, &limits);
	for (uint16_t i = 0; i < 4; i++) {
		seen.key.sport = (uint16_t)(1000 + i);
		seen_syn(&seen, SEEN_ISN);
	}
	ck_assert_uint_eq(seen.events[3].flow, EVENT_FLOW_NONE);
	expect_story("pass1 pass2 pass3 refuse(resource-limit)4");
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.flows_now, 3);
	ck_assert_uint_eq(counts.refused[REASON_RESOURCE_LIMIT], 1);
	/* time makes room, even if nobody calls inspector_expire() */
	seen.now_ms += limits.timeout_ms;
	seen_syn(&seen, SEEN_ISN);
	seen.now_ms += limits.forget_ms;
	seen_syn(&seen, SEEN_ISN);
	expect_story(
		"refuse(timeout)- refuse(timeout)- refuse(timeout)- refuse(resource-limit)5 pass6");
	seen_end(&seen);
}
END_TEST

START_TEST(an_idle_watched_flow_gives_its_slot_to_a_new_one)
{
	struct inspector_limits limits;

	begin();
	limits = seen.limits;
	limits.flows_max = 2;
	seen_limit(&seen, &limits);
	seen_open(&seen);
	seen_text(&seen, 0, GET);
	seen.key.sport++;
	seen_syn(&seen, SEEN_ISN);
	seen.now_ms += 10000;
	seen_syn(&seen, SEEN_ISN);
	expect_story("name(a.example)3 refuse(resource-limit)4 pass5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_guarded_flow_keeps_its_slot_for_a_second)
{
	struct inspector_limits limits;

	begin();
	limits = seen.limits;
	limits.flows_max = 2;
	seen_limit(&seen, &limits);
	seen_open(&seen);
	seen_data(&seen, 0, hello, hello_len);
	seen.key.sport++;
	seen.now_ms += 999;
	seen_syn(&seen, SEEN_ISN);
	seen.now_ms += 1;
	seen_syn(&seen, SEEN_ISN);
	expect_story("name(files.example)3 refuse(resource-limit)4 pass5");
	seen_end(&seen);
}
END_TEST

START_TEST(a_flow_decided_a_while_ago_gives_its_slot_to_a_new_one)
{
	struct inspector_limits limits;

	begin();
	limits = seen.limits;
	limits.flows_max = 2;
	seen_limit(&seen, &limits);
	seen_open(&seen);
	seen_text(&seen, 0, "\x05");
	seen.key.sport++;
	seen.now_ms += 249;
	seen_syn(&seen, SEEN_ISN);
	seen.now_ms += 1;
	seen_syn(&seen, SEEN_ISN);
	expect_story("refuse(not-tls)3 refuse(resource-limit)4 pass5");
	seen_end(&seen);
}
END_TEST

START_TEST(refused_strangers_do_not_take_the_last_slots)
{
	struct inspector_limits limits;
	struct inspector_counts counts;

	begin();
	limits = seen.limits;
	limits.flows_max = 8;
	seen_limit(&seen, &limits);
	for (uint16_t i = 0; i < 20; i++) {
		seen.key.sport = (uint16_t)(1000 + i);
		seen_data(&seen, 0, "x", 1);
		ck_assert_uint_eq(seen.events[i].type, EVENT_REFUSE);
	}
	inspector_counts(seen.inspector, &counts);
	ck_assert_uint_eq(counts.flows_now, 4);
	seen_end(&seen);
}
END_TEST

START_TEST(admitted_flows_are_reported_once_and_then_follow)
{
	static const uint8_t protos[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, 47 };

	begin();
	for (size_t i = 0; i < 4; i++) {
		struct flow_key key = packets_key(4, protos[i], 3000);
		size_t len;

		if (protos[i] == IPPROTO_TCP)
			len = packets_tcp(seen.data, &key, 7, 0, PACKET_SYN, NULL, 0);
		else if (protos[i] == IPPROTO_UDP)
			len = packets_udp(seen.data, &key, "dns", 3);
		else
			len = packets_ip(seen.data, &key, 30) + 30;
		seen_raw(&seen, len, MARK_ADMIT);
		ck_assert_uint_eq(seen.events[seen.count - 1].l4proto, protos[i]);
		seen_raw(&seen, len, MARK_ADMIT);
	}
	expect_story("admit1 admit2 admit3 follow4 admit5 follow6 admit7 follow8");
	pass_time(seen.limits.forget_ms);
	seen_raw(&seen,
		 packets_ip(seen.data,
			    &(struct flow_key){ .src.family = 4, .dst.family = 4, .l4proto = 47 },
			    30) +
			 30,
		 MARK_ADMIT);
	expect_story("admit9");
	seen_end(&seen);
}
END_TEST

START_TEST(another_syn_on_admitted_ports_is_admitted_anew)
{
	begin();
	mark_client(MARK_ADMIT, PACKET_SYN, 7, "");
	mark_client(MARK_ADMIT, PACKET_SYN, 7, "");
	mark_client(MARK_ADMIT, PACKET_SYN, 8, "");
	expect_story("admit1 admit2 admit3");
	seen_end(&seen);
}
END_TEST

START_TEST(udp_that_is_not_admitted_must_be_quic)
{
	struct flow_key key = packets_key(4, IPPROTO_UDP, 3000);
	size_t len;

	begin();
	len = packets_udp(seen.data, &key, "x", 1);
	seen_raw(&seen, len, 1);
	seen_raw(&seen, len, 1);
	expect_story("refuse(midstream)1 follow2");
	seen_end(&seen);
}
END_TEST

START_TEST(other_protocols_that_are_not_admitted_are_refused)
{
	struct flow_key key = packets_key(6, IPPROTO_ICMPV6, 0);

	begin();
	seen_raw(&seen, packets_ip(seen.data, &key, 8) + 8, 1);
	expect_story("refuse(bad-packet)1");
	seen_end(&seen);
}
END_TEST

START_TEST(packets_that_cannot_be_read_are_refused)
{
	begin();
	memset(seen.data, 0, 64);
	seen_raw(&seen, 0, 0);
	seen_raw(&seen, 64, MARK_ADMIT);
	expect_story("refuse(bad-packet)1 refuse(bad-packet)2");
	seen_end(&seen);
}
END_TEST

START_TEST(a_truncated_packet_is_refused_with_its_flow)
{
	struct inspector_packet packet = { .data = seen.data, .id = 4, .truncated = true };

	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, 100);
	packet.len = packets_tcp(seen.data, &seen.key, SEEN_ISN + 101, 0, PACKET_ACK, "x", 1);
	inspector_packet(seen.inspector, &packet, seen.now_ms);
	expect_story("refuse(bad-packet)3 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(urgent_data_is_refused_with_its_flow)
{
	begin();
	seen_open(&seen);
	seen_data(&seen, 0, hello, 100);
	seen_client(&seen, PACKET_ACK | PACKET_URG, 100, hello + 100, hello_len - 100);
	expect_story("refuse(bad-packet)3 follow4");
	seen_end(&seen);
}
END_TEST

START_TEST(limits_too_small_to_work_are_raised)
{
	static const struct inspector_limits none;

	begin();
	seen_end(&seen);
	seen.inspector = inspector_new(&none, seen_emit, &seen);
	ck_assert_ptr_nonnull(seen.inspector);
	seen_syn(&seen, SEEN_ISN);
	seen_data(&seen, 0, hello, hello_len);
	expect_story("pass1 name(files.example)2");
	seen_end(&seen);
}
END_TEST

/* Random packets of a few flows: each has one event, and in the end nothing is left. */
START_TEST(every_packet_has_exactly_one_event)
{
	static const uint8_t flags[] = { PACKET_SYN, PACKET_SYN | PACKET_ACK,
					 PACKET_ACK, PACKET_ACK,
					 PACKET_ACK, PACKET_ACK | PACKET_FIN,
					 PACKET_RST, PACKET_URG };
	unsigned int seed = (unsigned int)time(NULL);
	struct inspector_counts counts;

	printf("inspector: seed %u\n", seed);
	srand(seed);
	for (int run = 0; run < 300; run++) {
		begin();
		for (int i = 0; i < 500; i++) {
			size_t from = (size_t)(rand() % 600), len = (size_t)(rand() % 300);

			seen.key.sport = (uint16_t)(rand() % 5);
			seen.now_ms += (uint64_t)(rand() % 200);
			if (rand() % 8 == 0)
				seen_server(&seen, flags[rand() % 8], SEEN_ISN + 1,
					    rand() % 2 ? "x" : "");
			else if (rand() % 8 == 0)
				mark_client(MARK_ADMIT, flags[rand() % 8], 7, "");
			else
				seen_client(&seen, flags[rand() % 8], rand() % 3 == 0 ? 0 : from,
					    hello + from, len);
		}
		pass_time(400000);
		pass_time(400000);
		seen_each_once(&seen, 1);
		inspector_counts(seen.inspector, &counts);
		ck_assert_uint_eq(counts.flows_now, 0);
		ck_assert_uint_eq(counts.buffers_now, 0);
		ck_assert_uint_eq(counts.events, seen.count);
		seen_end(&seen);
	}
}
END_TEST

static void add_tests(TCase *tcase)
{
	tcase_add_test(tcase, a_whole_life);
	tcase_add_test(tcase, events_of_a_flow_bear_its_slot_and_a_new_flow_another_generation);
	tcase_add_test(tcase, ipv6_flows_are_read_too);
	tcase_add_test(tcase, payload_without_a_syn_is_midstream_and_the_next_follows);
	tcase_add_test(tcase, a_server_that_speaks_first_is_refused);
	tcase_add_test(tcase, a_syn_with_data_is_discarded);
	tcase_add_test(tcase, another_syn_before_the_server_answered_begins_another_flow);
	tcase_add_test(tcase, another_syn_that_the_server_did_not_take_is_no_beginning);
	tcase_add_test(tcase, another_syn_after_the_server_answered_is_discarded);
	tcase_add_test(tcase, a_syn_ack_for_another_syn_refuses_what_follows);
	tcase_add_test(tcase, a_syn_on_a_connection_that_is_decided_is_discarded);
	tcase_add_test(tcase, ports_used_again_after_a_decision_are_another_flow);
	tcase_add_test(tcase, both_ends_opening_at_once_is_not_let_through);
	tcase_add_loop_test(tcase, another_connection_that_its_server_begins_is_read_anew, 0, 4);
	tcase_add_test(tcase, another_connection_with_the_same_beginning_is_read_anew);
	tcase_add_test(tcase, a_syn_ack_that_comes_again_begins_nothing);
	tcase_add_test(tcase, a_connection_that_begins_as_a_decided_one_did_is_read_anew);
	tcase_add_test(tcase, a_syn_in_a_connection_that_has_just_been_decided_is_dropped);
	tcase_add_test(tcase, a_reset_does_not_make_an_undecided_flow_forgotten);
	tcase_add_test(tcase, a_reset_does_not_set_held_packets_free);
	tcase_add_test(tcase, a_flow_without_a_name_times_out);
	tcase_add_test(tcase, a_watched_flow_that_idles_is_forgotten);
	tcase_add_test(tcase, over_the_bound_of_flows_a_syn_is_refused);
	tcase_add_test(tcase, an_idle_watched_flow_gives_its_slot_to_a_new_one);
	tcase_add_test(tcase, a_guarded_flow_keeps_its_slot_for_a_second);
	tcase_add_test(tcase, a_flow_decided_a_while_ago_gives_its_slot_to_a_new_one);
	tcase_add_test(tcase, refused_strangers_do_not_take_the_last_slots);
	tcase_add_test(tcase, admitted_flows_are_reported_once_and_then_follow);
	tcase_add_test(tcase, another_syn_on_admitted_ports_is_admitted_anew);
	tcase_add_test(tcase, udp_that_is_not_admitted_must_be_quic);
	tcase_add_test(tcase, other_protocols_that_are_not_admitted_are_refused);
	tcase_add_test(tcase, packets_that_cannot_be_read_are_refused);
	tcase_add_test(tcase, a_truncated_packet_is_refused_with_its_flow);
	tcase_add_test(tcase, urgent_data_is_refused_with_its_flow);
	tcase_add_test(tcase, limits_too_small_to_work_are_raised);
	tcase_add_test(tcase, every_packet_has_exactly_one_event);
}

int main(void)
{
	Suite *suite = suite_create("inspector");
	TCase *tcase = tcase_create("inspector");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	add_tests(tcase);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
