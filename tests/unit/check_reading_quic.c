/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QUIC clients, honest and other: whatever they send and in whatever order, nothing is let through
 * but what agrees with one hello of a name. */
#include <stdlib.h>

#include "common/defs.h"
#include "common/mark.h"
#include "inspect/quic_table.h"
#include "quic_packets.h"
#include "seen.h"

#define HELLO_LEN 1800

static struct seen seen;
static struct quic_packets q;
static uint8_t records[40000];
static const uint8_t *const hello = records + 5; /* QUIC has no records */
static size_t hello_len;
static uint32_t mark; /* of the flow, in the kernel */

static void say(const char *name)
{
	hello_len = packets_hello(records, name, HELLO_LEN) - 5;
}

static void begin(void)
{
	seen_begin(&seen);
	seen.key = packets_key(4, IPPROTO_UDP, 50000);
	quic_packets_begin(&q, QUIC_VERSION_1, "aaaaaaaa");
	say("files.example");
	mark = MARK_NONE;
}

static void end(void)
{
	quic_packets_end(&q);
	seen_end(&seen);
}

#define expect_story(want) ck_assert_str_eq(seen_story(&seen), want)

/* Shows the datagram so far. */
static void show(void)
{
	seen_raw(&seen, packets_udp(seen.data, &seen.key, q.out, q.len), mark);
	q.len = 0;
}

static void crypto(size_t from, size_t to)
{
	quic_packets_crypto(&q, from, hello + from, to - from);
}

/* A padded Initial with that part of the hello. */
static void show_part(size_t from, size_t to)
{
	crypto(from, to);
	quic_packets_initial(&q, 1200);
	show();
}

/* The whole hello; the flow is named from then on. */
static void open_flow(void)
{
	show_part(0, 1000);
	show_part(1000, hello_len);
	expect_story("name(files.example)1 follow2");
	mark = MARK_WATCHED;
}

START_TEST(a_hello_in_one_datagram_is_named_at_once)
{
	begin();
	hello_len = packets_hello(records, "Files.Example", 0) - 5;
	crypto(0, hello_len);
	quic_packets_initial(&q, 1200);
	show();
	ck_assert_uint_eq(seen.events[0].app, APP_QUIC);
	ck_assert_uint_eq(seen.events[0].l4proto, IPPROTO_UDP);
	ck_assert_uint_eq(seen.events[0].has_alpn, 1);
	expect_story("name(files.example)1");
	end();
}
END_TEST

START_TEST(a_hello_cut_anywhere_is_named_in_either_order_and_version)
{
	for (size_t at = 700; at < 1100; at++) {
		begin();
		q.version = at % 2 ? QUIC_VERSION_1 : QUIC_VERSION_2;
		show_part(at % 3 ? 0 : at, at % 3 ? at : hello_len);
		expect_story("");
		show_part(at % 3 ? at : 0, at % 3 ? hello_len : at);
		expect_story("name(files.example)1 follow2");
		end();
	}
}
END_TEST

/* As Chromium sends it: many frames, shuffled, with PINGs and padding between them. */
START_TEST(frames_in_any_order_and_overlap_are_joined)
{
	srand(5);
	for (int round = 0; round < 300; round++) {
		unsigned int named = 0;

		begin();
		for (int part = 0; part < 200 && named == 0; part++) {
			for (int i = 0; i < 4; i++) {
				const size_t at = (size_t)rand() % (hello_len + 200);
				const size_t from = at < 200 ? 0 : at - 200, to = at + 80;

				crypto(from, to > hello_len ? hello_len : to);
				quic_packets_byte(&q, (uint8_t)(rand() % 2)); /* PADDING or PING */
			}
			quic_packets_initial(&q, 1200);
			show();
			for (size_t i = 0; i < seen.count; i++)
				named += seen.events[i].type == EVENT_NAME;
		}
		ck_assert_uint_eq(named, 1);
		for (size_t i = 0; i < seen.count; i++) {
			ck_assert(seen.events[i].type != EVENT_REFUSE);
			if (seen.events[i].type == EVENT_NAME)
				ck_assert_str_eq(seen.events[i].name, "files.example");
		}
		seen_each_once(&seen, 1);
		end();
	}
}
END_TEST

START_TEST(one_byte_that_differs_refuses_in_every_place)
{
	for (size_t at = 0; at < 900; at += 7) {
		begin();
		show_part(0, 900);
		records[5 + at] ^= 1;
		show_part(at, at + 1);
		expect_story("refuse(overlap-conflict)1 follow2");
		records[5 + at] ^= 1;
		show_part(900, hello_len);
		expect_story("follow3");
		end();
	}
}
END_TEST

START_TEST(what_was_let_through_may_come_again_only_as_it_was)
{
	for (size_t at = 0; at < 1795; at += 11) {
		begin();
		open_flow();
		show_part(at, at + 1);
		show_part(0, 1100);
		expect_story("follow3 follow4");
		records[5 + at] ^= 1;
		show_part(at, at + 1);
		expect_story("refuse(overlap-conflict)5");
		end();
	}
}
END_TEST

/* The first copy may have been for us alone. */
START_TEST(another_hello_under_the_same_id_is_refused)
{
	begin();
	open_flow();
	say("other.example");
	crypto(0, 1000);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("follow3"); /* the same so far */
	show_part(1000, hello_len);
	expect_story("refuse(overlap-conflict)4");
	end();
}
END_TEST

START_TEST(another_connection_on_the_same_ports_must_say_a_name)
{
	begin();
	open_flow();
	quic_packets_id(&q, "bbbbbbbb");
	say("other.example");
	show_part(0, 1000);
	expect_story("");
	show_part(1000, hello_len);
	expect_story("name(other.example)3 follow4");
	/* and both are compared from then on */
	say("files.example");
	quic_packets_id(&q, "aaaaaaaa");
	show_part(0, 1000);
	expect_story("follow5");
	quic_packets_id(&q, "bbbbbbbb");
	show_part(1000, hello_len);
	expect_story("refuse(overlap-conflict)6");
	end();
}
END_TEST

START_TEST(a_connection_begun_anew_gives_up_the_one_before)
{
	struct event_counts counts;

	begin();
	show_part(0, 1000);
	quic_packets_id(&q, "bbbbbbbb");
	show_part(0, 1000);
	expect_story("discard1");
	show_part(1000, hello_len);
	expect_story("name(files.example)2 follow3");
	inspector_tell(seen.inspector, &counts);
	ck_assert_uint_eq(counts.held, 0);
	ck_assert_uint_eq(counts.buffers, 0);
	end();
}
END_TEST

/* After the server's first answer the id is the server's, the keys remain. */
START_TEST(acknowledgements_under_the_servers_id_follow)
{
	begin();
	open_flow();
	memcpy(q.id, "serverid", 8);
	quic_packets_byte(&q, 2); /* ACK 0, delay 0, no more ranges, first range 0 */
	for (int i = 0; i < 4; i++)
		quic_packets_byte(&q, 0);
	quic_packets_initial(&q, 0);
	quic_packets_other(&q, 2, 1150);
	show();
	expect_story("follow3");
	quic_packets_other(&q, 2, 300);
	show();
	expect_story("follow4");
	/* nobody has these keys */
	memcpy(q.key_id, "cccccccc", 8);
	quic_packets_byte(&q, 1);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("discard5");
	end();
}
END_TEST

START_TEST(a_second_hello_must_bear_the_same_name)
{
	for (int i = 0; i < 2; i++) {
		begin();
		open_flow();
		say(i == 0 ? "files.example" : "other.example");
		memcpy(q.id, "serverid", 8);
		quic_packets_crypto(&q, 1795, hello, 1000);
		quic_packets_initial(&q, 1200);
		show();
		expect_story("");
		quic_packets_crypto(&q, 2795, hello + 1000, hello_len - 1000);
		quic_packets_initial(&q, 1200);
		show();
		if (i == 0) {
			expect_story("follow3 follow4");
			quic_packets_crypto(&q, 1795, hello, 1000);
			quic_packets_initial(&q, 1200);
			show();
			quic_packets_crypto(&q, 1795 + hello_len, hello, 1000);
			quic_packets_initial(&q, 1200);
			show();
			expect_story("follow5 refuse(tls-malformed)6");
		} else {
			expect_story("refuse(name-changed)3 follow4");
		}
		end();
	}
}
END_TEST

/* What waits for its decision does not pass by being sent again. */
START_TEST(a_part_of_a_second_hello_that_comes_again_waits_as_well)
{
	begin();
	open_flow();
	for (int i = 0; i < 2; i++) {
		quic_packets_crypto(&q, 1795, hello, 1000);
		quic_packets_initial(&q, 1200);
		show();
		expect_story(i == 0 ? "" : "discard4");
	}
	/* also together with what was let through */
	quic_packets_crypto(&q, 1700, hello + 1700, 95);
	quic_packets_crypto(&q, 1795, hello, 100);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("discard5");
	end();
}
END_TEST

START_TEST(bytes_behind_the_first_hello_are_refused)
{
	begin();
	hello_len = packets_hello(records, "files.example", 0) - 5;
	quic_packets_crypto(&q, hello_len + 3, "abc", 3);
	crypto(0, hello_len);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("refuse(tls-malformed)1");
	end();
}
END_TEST

START_TEST(early_data_waits_for_the_name)
{
	begin();
	quic_packets_other(&q, 1, 1200);
	show();
	show_part(0, 1000);
	quic_packets_other(&q, 1, 900);
	show();
	expect_story("");
	crypto(1000, hello_len);
	quic_packets_initial(&q, 0);
	quic_packets_other(&q, 1, 400);
	show();
	expect_story("name(files.example)1 follow2 follow3 follow4");
	mark = MARK_WATCHED;
	quic_packets_other(&q, 1, 900);
	show();
	expect_story("follow5");
	end();
}
END_TEST

START_TEST(several_initials_in_a_datagram_are_all_read)
{
	begin();
	crypto(900, hello_len);
	quic_packets_initial(&q, 0);
	crypto(0, 900);
	quic_packets_initial(&q, 0);
	quic_packets_other(&q, 2, 20);
	quic_packets_short(&q, 20);
	ck_assert_uint_lt(q.len, QUIC_DATAGRAM_END);
	show();
	expect_story("name(files.example)1");
	/* behind another packet, too */
	quic_packets_id(&q, "bbbbbbbb");
	say("other.example");
	quic_packets_other(&q, 2, 20);
	crypto(0, 1000);
	quic_packets_initial(&q, 1300);
	show();
	expect_story("");
	end();
}
END_TEST

START_TEST(packets_of_two_connections_in_a_datagram_are_refused)
{
	begin();
	quic_packets_other(&q, 2, 20);
	quic_packets_id(&q, "bbbbbbbb");
	crypto(0, 1000);
	quic_packets_initial(&q, 1300);
	show();
	expect_story("refuse(quic-malformed)1");
	end();
}
END_TEST

START_TEST(small_datagrams_count_for_nothing)
{
	begin();
	crypto(0, 1000);
	quic_packets_initial(&q, 1199);
	show();
	expect_story("refuse(quic-malformed)1");
	seen.key.sport++;
	show_part(0, 1000);
	crypto(1000, hello_len);
	quic_packets_initial(&q, 1199);
	show();
	expect_story("discard3");
	show_part(1000, hello_len);
	expect_story("name(files.example)2 follow4");
	quic_packets_byte(&q, 1);
	quic_packets_initial(&q, 100);
	show();
	expect_story("discard5");
	end();
}
END_TEST

/* Two datagrams that the kernel has joined look like one: only the first beginning can be seen. */
START_TEST(datagrams_that_may_be_two_are_discarded)
{
	begin();
	open_flow();
	quic_packets_short(&q, 1200);
	show();
	expect_story("follow3");
	quic_packets_short(&q, QUIC_DATAGRAM_END);
	show();
	quic_packets_other(&q, 2, 1000);
	quic_packets_other(&q, 2, 1200);
	show();
	expect_story("discard4 discard5");
	end();
}
END_TEST

START_TEST(other_versions_are_refused)
{
	static const uint32_t versions[] = { 0, 0x0a1a2a3a, 0xff00001d, 0x51303433, 0xffffffff };

	begin();
	q.version = versions[_i];
	crypto(0, 1000);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("refuse(quic-version)1");
	seen.key.sport++;
	q.version = QUIC_VERSION_1;
	show_part(0, 1000);
	show_part(1000, hello_len);
	mark = MARK_WATCHED;
	q.version = versions[_i];
	quic_packets_id(&q, "bbbbbbbb");
	crypto(0, 1000);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("name(files.example)2 follow3 refuse(quic-version)4");
	end();
}
END_TEST

/* A client may change to the other version that the server chose, with the keys' id as it was. */
START_TEST(the_other_version_goes_on_with_the_same_stream)
{
	begin();
	open_flow();
	q.version = QUIC_VERSION_2;
	memcpy(q.id, "serverid", 8);
	show_part(0, 1000);
	expect_story("follow3");
	records[100] ^= 1;
	show_part(0, 1000);
	expect_story("refuse(overlap-conflict)4");
	end();
}
END_TEST

START_TEST(what_is_no_quic_is_refused)
{
	begin();
	q.len = 200;
	memset(q.out, 0x16, q.len);
	show();
	seen.key.sport++;
	quic_packets_short(&q, 200);
	show();
	seen.key.sport++;
	quic_packets_other(&q, 2, 200);
	show();
	seen.key.sport++;
	quic_packets_other(&q, 3, 200); /* Retry */
	show();
	seen.key.sport++;
	show(); /* empty */
	expect_story("refuse(not-quic)1 refuse(midstream)2 refuse(midstream)3 "
		     "refuse(quic-malformed)4 refuse(not-quic)5");
	end();
}
END_TEST

/* Older QUIC, STUN, DTLS: a server may speak them beside QUIC, on the same port. */
START_TEST(what_is_no_quic_ends_a_named_flow)
{
	static const uint8_t firsts[] = { 0x0d, 0x00, 0x16, 0x3f };

	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
		begin();
		open_flow();
		show(); /* empty */
		expect_story("discard3");
		quic_packets_short(&q, 200);
		show();
		expect_story("follow4");
		q.len = 200;
		memset(q.out, firsts[i], q.len);
		show();
		expect_story("refuse(not-quic)5");
		end();
	}
	for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) { /* of which the kernel alone knows */
		begin();
		mark = MARK_WATCHED;
		q.len = 200;
		memset(q.out, firsts[i], q.len);
		show();
		expect_story("refuse(not-quic)1");
		end();
	}
}
END_TEST

START_TEST(an_initial_that_cannot_be_opened_is_refused)
{
	begin();
	crypto(0, 1000);
	quic_packets_initial(&q, 1200);
	q.out[500] ^= 1;
	show();
	expect_story("refuse(quic-malformed)1");
	end();
}
END_TEST

START_TEST(frames_that_an_initial_may_not_hold_are_refused)
{
	static const uint8_t types[] = { 0x04, 0x05, 0x07, 0x08, 0x10, 0x18,
					 0x1a, 0x1d, 0x1e, 0x30, 0x40, 0xff };

	begin();
	quic_packets_byte(&q, types[_i]);
	crypto(0, 1000);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("refuse(quic-malformed)1");
	end();
}
END_TEST

START_TEST(a_close_of_the_connection_follows)
{
	begin();
	open_flow();
	quic_packets_byte(&q, 0x1c);
	quic_packets_number(&q, 0x100);
	quic_packets_number(&q, 0);
	quic_packets_number(&q, 3);
	for (int i = 0; i < 3; i++)
		quic_packets_byte(&q, 'x');
	quic_packets_initial(&q, 1200);
	show();
	expect_story("follow3");
	end();
}
END_TEST

START_TEST(a_hello_without_end_runs_out_of_time_and_of_room)
{
	begin();
	show_part(0, 1000);
	seen.now_ms += seen.limits.timeout_ms;
	inspector_expire(seen.inspector, seen.now_ms);
	expect_story("refuse(timeout)1");
	show_part(1000, hello_len);
	expect_story("follow2");
	seen.key.sport++;
	quic_packets_id(&q, "bbbbbbbb");
	for (size_t i = 0; i <= seen.limits.held_max; i++)
		show_part(i, i + 1);
	ck_assert_uint_eq(seen.events[0].type, EVENT_REFUSE);
	ck_assert_uint_eq(seen.events[0].reason, REASON_RESOURCE_LIMIT);
	ck_assert_uint_eq(seen.count, seen.limits.held_max + 1);
	seen.count = 0;
	seen.key.sport++;
	quic_packets_id(&q, "cccccccc");
	quic_packets_crypto(&q, 1 << 20, "a", 1);
	quic_packets_initial(&q, 1200);
	show();
	ck_assert_uint_eq(seen.events[0].reason, REASON_HELLO_TOO_LONG);
	end();
}
END_TEST

START_TEST(a_hello_whose_end_is_lost_in_a_named_flow_ends_it)
{
	begin();
	open_flow();
	quic_packets_id(&q, "bbbbbbbb");
	show_part(0, 1000);
	quic_packets_id(&q, "aaaaaaaa");
	seen.now_ms += seen.limits.timeout_ms / 2;
	show_part(0, 1000);
	seen.now_ms += seen.limits.timeout_ms / 2;
	inspector_expire(seen.inspector, seen.now_ms);
	expect_story("follow4 refuse(timeout)3");
	end();
}
END_TEST

/* The server takes what has its id from wherever it comes. */
START_TEST(the_same_id_from_other_ports_is_not_let_through)
{
	begin();
	open_flow();
	mark = MARK_NONE;
	seen.key.sport++;
	show_part(0, 1000);
	expect_story("refuse(quic-malformed)3");
	seen.now_ms += seen.limits.forget_ms;
	inspector_expire(seen.inspector, seen.now_ms);
	say("other.example");
	show_part(1000, hello_len);
	expect_story("refuse(quic-malformed)4");
	end();
}
END_TEST

/* Several addresses may be one server, that joins hellos by the id alone. */
START_TEST(the_same_id_towards_another_server_is_not_let_through)
{
	begin();
	open_flow();
	mark = MARK_NONE;
	seen.key.dst.b[3]++;
	show_part(0, 1000);
	expect_story("refuse(quic-malformed)3");
	seen.key.dst.b[3]--;
	seen.key.dport++;
	show_part(0, 1000);
	expect_story("refuse(quic-malformed)4");
	quic_packets_id(&q, "bbbbbbbb");
	seen.key.sport++;
	show_part(0, 1000);
	show_part(1000, hello_len);
	expect_story("name(files.example)5 follow6");
	end();
}
END_TEST

START_TEST(a_flow_known_to_the_kernel_alone_goes_on)
{
	begin();
	mark = MARK_WATCHED;
	quic_packets_other(&q, 2, 300);
	show();
	expect_story("pass1");
	quic_packets_byte(&q, 1);
	memcpy(q.id, "serverid", 8);
	quic_packets_initial(&q, 1200);
	show();
	expect_story("discard2");
	/* but a connection that begins is read */
	quic_packets_id(&q, "bbbbbbbb");
	show_part(0, 1000);
	show_part(1000, hello_len);
	expect_story("name(files.example)3 follow4");
	end();
}
END_TEST

START_TEST(a_forgotten_flow_keeps_its_connections)
{
	begin();
	open_flow();
	seen.now_ms += 300000;
	inspector_expire(seen.inspector, seen.now_ms);
	show_part(0, 1000);
	expect_story("pass3");
	records[200] ^= 1;
	show_part(0, 1000);
	expect_story("refuse(overlap-conflict)4");
	end();
}
END_TEST

START_TEST(servers_packets_wait_for_the_name_and_then_follow)
{
	struct flow_key back;
	size_t len;

	begin();
	back = packets_back(&seen.key);
	show_part(0, 1000);
	len = packets_udp(seen.data, &back, "\xc0 whatever", 10);
	seen_raw(&seen, len, MARK_UNDECIDED);
	expect_story("discard2");
	show_part(1000, hello_len);
	len = packets_udp(seen.data, &back, "\xc0 whatever", 10);
	seen_raw(&seen, len, MARK_UNDECIDED);
	expect_story("name(files.example)1 follow3 follow4");
	end();
}
END_TEST

START_TEST(a_table_full_of_young_connections_refuses_more)
{
	char id[16];

	begin();
	hello_len = packets_hello(records, "files.example", 0) - 5;
	for (unsigned int i = 0; i < 2 * seen.limits.flows_max + 1; i++) {
		(void)snprintf(id, sizeof(id), "%08u", i);
		quic_packets_id(&q, id);
		crypto(0, hello_len);
		quic_packets_initial(&q, 1200);
		show();
		mark = MARK_WATCHED;
	}
	ck_assert_uint_eq(seen.events[seen.count - 2].type, EVENT_NAME);
	ck_assert_uint_eq(seen.events[seen.count - 1].reason, REASON_RESOURCE_LIMIT);
	seen.now_ms += QUIC_TABLE_SPARED_MS;
	inspector_expire(seen.inspector, seen.now_ms);
	seen.count = 0;
	seen.key.sport++;
	mark = MARK_NONE;
	crypto(0, hello_len);
	quic_packets_initial(&q, 1200);
	show();
	ck_assert_uint_eq(seen.events[0].type, EVENT_NAME);
	end();
}
END_TEST

START_TEST(connections_of_which_nothing_passed_leave_their_places)
{
	char id[16];

	begin();
	for (unsigned int i = 0; i < 3 * seen.limits.flows_max; i++) {
		(void)snprintf(id, sizeof(id), "%08u", i);
		quic_packets_id(&q, id);
		show_part(0, 1000);
		seen.now_ms++;
	}
	ck_assert_uint_eq(seen.count, 3 * seen.limits.flows_max - 1);
	for (size_t i = 0; i < seen.count; i++)
		ck_assert_int_eq(seen.events[i].type, EVENT_DISCARD);
	seen.count = 0;
	show_part(1000, hello_len);
	ck_assert_int_eq(seen.events[0].type, EVENT_NAME);
	end();
}
END_TEST

/* Every packet that came is answered once, and no other name is ever said, whatever is changed on
 * the way. */
START_TEST(random_damage_never_gives_another_name)
{
	srand(7);
	for (int round = 0; round < 400; round++) {
		begin();
		for (int i = 0; i < 12; i++) {
			size_t from = (size_t)rand() % hello_len;
			size_t to = from + (size_t)rand() % 1000;

			if (rand() % 3 == 0)
				from = 0;
			crypto(from, to > hello_len ? hello_len : from > to ? from : to);
			if (rand() % 4 == 0)
				q.frames[rand() % (int)q.frames_len] ^= (uint8_t)(1 << rand() % 8);
			quic_packets_initial(&q, 1200);
			if (rand() % 8 == 0)
				q.out[rand() % (int)q.len] ^= (uint8_t)(1 << rand() % 8);
			show();
		}
		seen.now_ms += seen.limits.timeout_ms;
		inspector_expire(seen.inspector, seen.now_ms);
		for (size_t i = 0; i < seen.count; i++)
			if (seen.events[i].type == EVENT_NAME)
				ck_assert_int_eq(seen.events[i].name_len, 13);
		seen_each_once(&seen, 1);
		end();
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reading_quic");
	TCase *tcase = tcase_create("reading_quic");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_hello_in_one_datagram_is_named_at_once);
	tcase_add_test(tcase, a_hello_cut_anywhere_is_named_in_either_order_and_version);
	tcase_add_test(tcase, frames_in_any_order_and_overlap_are_joined);
	tcase_add_test(tcase, one_byte_that_differs_refuses_in_every_place);
	tcase_add_test(tcase, what_was_let_through_may_come_again_only_as_it_was);
	tcase_add_test(tcase, another_hello_under_the_same_id_is_refused);
	tcase_add_test(tcase, another_connection_on_the_same_ports_must_say_a_name);
	tcase_add_test(tcase, a_connection_begun_anew_gives_up_the_one_before);
	tcase_add_test(tcase, acknowledgements_under_the_servers_id_follow);
	tcase_add_test(tcase, a_second_hello_must_bear_the_same_name);
	tcase_add_test(tcase, a_part_of_a_second_hello_that_comes_again_waits_as_well);
	tcase_add_test(tcase, bytes_behind_the_first_hello_are_refused);
	tcase_add_test(tcase, early_data_waits_for_the_name);
	tcase_add_test(tcase, several_initials_in_a_datagram_are_all_read);
	tcase_add_test(tcase, packets_of_two_connections_in_a_datagram_are_refused);
	tcase_add_test(tcase, small_datagrams_count_for_nothing);
	tcase_add_test(tcase, datagrams_that_may_be_two_are_discarded);
	tcase_add_loop_test(tcase, other_versions_are_refused, 0, 5);
	tcase_add_test(tcase, the_other_version_goes_on_with_the_same_stream);
	tcase_add_test(tcase, what_is_no_quic_is_refused);
	tcase_add_test(tcase, what_is_no_quic_ends_a_named_flow);
	tcase_add_test(tcase, an_initial_that_cannot_be_opened_is_refused);
	tcase_add_loop_test(tcase, frames_that_an_initial_may_not_hold_are_refused, 0, 12);
	tcase_add_test(tcase, a_close_of_the_connection_follows);
	tcase_add_test(tcase, a_hello_without_end_runs_out_of_time_and_of_room);
	tcase_add_test(tcase, a_hello_whose_end_is_lost_in_a_named_flow_ends_it);
	tcase_add_test(tcase, the_same_id_from_other_ports_is_not_let_through);
	tcase_add_test(tcase, the_same_id_towards_another_server_is_not_let_through);
	tcase_add_test(tcase, a_flow_known_to_the_kernel_alone_goes_on);
	tcase_add_test(tcase, a_forgotten_flow_keeps_its_connections);
	tcase_add_test(tcase, servers_packets_wait_for_the_name_and_then_follow);
	tcase_add_test(tcase, a_table_full_of_young_connections_refuses_more);
	tcase_add_test(tcase, connections_of_which_nothing_passed_leave_their_places);
	tcase_add_test(tcase, random_damage_never_gives_another_name);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
