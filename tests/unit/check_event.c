/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the broker takes from an engine, and what not. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "engine/event.h"

#define FLOWS_MAX 100

static struct event_message m;

/* One good event of each type. */
static size_t good(void)
{
	memset(&m, 0, sizeof(m));
	m.magic = EVENT_MAGIC;
	m.count = EVENT_TYPE_COUNT - 1;
	for (uint32_t i = 0; i < m.count; i++) {
		struct event *e = &m.events[i];

		e->type = (uint8_t)(i + 1);
		e->has_packet = e->type != EVENT_FORGET;
		e->packet_id = 7;
		e->flow = i + 1;
		e->family = 4;
		e->l4proto = IPPROTO_TCP;
		e->sport = 50000;
		e->dport = 443;
		memcpy(e->src, "\xc0\xa8\x0a\x0b", 4);
		memcpy(e->dst, "\xc6\x33\x64\x82", 4);
		if (e->type == EVENT_NAME) {
			e->app = APP_TLS;
			e->has_alpn = e->has_ech = 1;
			e->name_len = 9;
			memcpy(e->name, "a.example", 9);
		}
		if (e->type == EVENT_REFUSE)
			e->reason = REASON_NO_SNI;
	}
	return event_message_size(m.count);
}

static int check(size_t len)
{
	return event_message_check(&m, len, FLOWS_MAX);
}

static struct event *of(enum event_type type)
{
	good();
	return &m.events[type - 1];
}

static void expect_bad(void)
{
	ck_assert_int_eq(check(event_message_size(m.count)), -EBADMSG);
}

START_TEST(good_events_of_every_type_are_taken)
{
	ck_assert_int_eq(check(good()), 0);
	of(EVENT_NAME)->has_packet = 0;
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
	of(EVENT_REFUSE)->has_packet = 0;
	m.events[EVENT_REFUSE - 1].flow = EVENT_FLOW_NONE;
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
}
END_TEST

START_TEST(a_full_message_is_taken)
{
	good();
	for (uint32_t i = 1; i < EVENT_BATCH_MAX; i++)
		m.events[i] = m.events[0];
	m.count = EVENT_BATCH_MAX;
	ck_assert_uint_le(event_message_size(m.count), sizeof(m));
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
}
END_TEST

START_TEST(every_other_size_is_refused)
{
	size_t len = good();

	for (size_t n = 0; n < sizeof(m); n++)
		ck_assert_int_eq(check(n), n == len ? 0 : -EBADMSG);
}
END_TEST

START_TEST(other_counts_and_magic_are_refused)
{
	size_t len = good();

	m.count = 0;
	ck_assert_int_eq(check(len), -EBADMSG);
	ck_assert_int_eq(check(event_message_size(0)), 0);
	m.counts.reserved = 1;
	ck_assert_int_eq(check(event_message_size(0)), -EBADMSG);
	m.counts.reserved = 0;
	m.count = EVENT_BATCH_MAX + 1;
	ck_assert_int_eq(check(event_message_size(m.count)), -EBADMSG);
	m.count = UINT32_MAX;
	ck_assert_int_eq(check(len), -EBADMSG);
	good();
	m.magic ^= 1;
	expect_bad();
}
END_TEST

START_TEST(values_out_of_range_are_refused)
{
	of(EVENT_PASS)->type = 0;
	expect_bad();
	of(EVENT_PASS)->type = EVENT_TYPE_COUNT;
	expect_bad();
	of(EVENT_PASS)->has_packet = 2;
	expect_bad();
	of(EVENT_PASS)->reserved = 1;
	expect_bad();
	of(EVENT_PASS)->flow = FLOWS_MAX;
	expect_bad();
	of(EVENT_PASS)->family = 5;
	expect_bad();
	of(EVENT_PASS)->src[4] = 1;
	expect_bad();
	of(EVENT_PASS)->dst[15] = 1;
	expect_bad();
	of(EVENT_PASS)->l4proto = IPPROTO_ICMP;
	expect_bad();
	of(EVENT_NAME)->app = APP_COUNT;
	expect_bad();
	of(EVENT_NAME)->has_alpn = 2;
	expect_bad();
	of(EVENT_NAME)->has_ech = 2;
	expect_bad();
	of(EVENT_REFUSE)->app = APP_COUNT;
	expect_bad();
	of(EVENT_REFUSE)->reason = REASON_COUNT;
	expect_bad();
}
END_TEST

START_TEST(an_engine_may_only_give_reasons_that_bytes_can_give)
{
	for (unsigned int reason = 0; reason < 256; reason++) {
		bool may = (reason >= REASON_BAD_PACKET && reason <= REASON_RESOURCE_LIMIT) ||
			   reason == REASON_QUIC_REFUSED;

		of(EVENT_REFUSE)->reason = (uint8_t)reason;
		ck_assert_int_eq(check(event_message_size(m.count)), may ? 0 : -EBADMSG);
	}
}
END_TEST

START_TEST(a_name_is_there_just_where_it_belongs)
{
	static const enum event_type others[] = { EVENT_PASS, EVENT_ADMIT, EVENT_REFUSE,
						  EVENT_FOLLOW, EVENT_DISCARD };
	struct event *e = of(others[_i]);

	e->name_len = 1;
	e->name[0] = 'a';
	expect_bad();
	e = of(EVENT_NAME);
	e->name_len = 0;
	memset(e->name, 0, sizeof(e->name));
	expect_bad();
	of(EVENT_NAME)->app = APP_NONE;
	expect_bad();
	of(EVENT_NAME)->reason = REASON_NO_SNI;
	expect_bad();
	of(EVENT_NAME)->flow = EVENT_FLOW_NONE;
	expect_bad();
}
END_TEST

START_TEST(only_a_name_or_a_refusal_may_be_without_a_packet)
{
	static const enum event_type others[] = { EVENT_PASS, EVENT_ADMIT, EVENT_FOLLOW,
						  EVENT_DISCARD };

	of(others[_i])->has_packet = 0;
	expect_bad();
}
END_TEST

START_TEST(names_that_are_not_plain_text_of_their_length_are_refused)
{
	struct event *e;

	for (unsigned int byte = 0; byte < 256; byte++) {
		bool printable = byte > 0x20 && byte < 0x7f;

		of(EVENT_NAME)->name[4] = (char)byte;
		ck_assert_int_eq(check(event_message_size(m.count)), printable ? 0 : -EBADMSG);
	}
	of(EVENT_NAME)->name_len = 8;
	expect_bad();
	of(EVENT_NAME)->name_len = 10;
	expect_bad();
	of(EVENT_NAME)->name[255] = 'x';
	expect_bad();
	e = of(EVENT_NAME);
	memset(e->name, 'a', 253);
	e->name_len = 253;
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
	e->name[253] = 'a';
	e->name_len = 254;
	expect_bad();
}
END_TEST

START_TEST(protocols_are_plain_text_of_a_hello_that_offers_some)
{
	struct event *e = of(EVENT_NAME);

	memcpy(e->alpn, "h2,http/1.1", 11);
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
	e->has_alpn = 0;
	expect_bad();
	e->has_alpn = 1;
	e->alpn[3] = '\n';
	expect_bad();
	e->alpn[3] = '\0';
	expect_bad();
	memset(e->alpn, 'a', sizeof(e->alpn));
	expect_bad();
	e->alpn[sizeof(e->alpn) - 1] = '\0';
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
	of(EVENT_FOLLOW)->alpn[0] = 'a';
	expect_bad();
}
END_TEST

/* A word for ports, which bytes cannot say. */
START_TEST(refused_quic_is_no_app_of_an_event)
{
	of(EVENT_NAME)->app = APP_QUIC;
	ck_assert_int_eq(check(event_message_size(m.count)), 0);
	of(EVENT_NAME)->app = APP_QUIC_REFUSED;
	expect_bad();
	of(EVENT_REFUSE)->app = APP_QUIC_REFUSED;
	expect_bad();
}
END_TEST

START_TEST(the_flow_of_an_event_is_its_client_and_server)
{
	struct flow_key key;

	event_flow_key(of(EVENT_NAME), &key);
	ck_assert_uint_eq(key.src.family, 4);
	ck_assert_uint_eq(key.dst.family, 4);
	ck_assert_mem_eq(key.src.b, "\xc0\xa8\x0a\x0b\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	ck_assert_mem_eq(key.dst.b, "\xc6\x33\x64\x82\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	ck_assert_uint_eq(key.sport, 50000);
	ck_assert_uint_eq(key.dport, 443);
	ck_assert_uint_eq(key.l4proto, IPPROTO_TCP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("event");
	TCase *tcase = tcase_create("event");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, good_events_of_every_type_are_taken);
	tcase_add_test(tcase, a_full_message_is_taken);
	tcase_add_test(tcase, every_other_size_is_refused);
	tcase_add_test(tcase, other_counts_and_magic_are_refused);
	tcase_add_test(tcase, values_out_of_range_are_refused);
	tcase_add_test(tcase, an_engine_may_only_give_reasons_that_bytes_can_give);
	tcase_add_loop_test(tcase, a_name_is_there_just_where_it_belongs, 0, 5);
	tcase_add_loop_test(tcase, only_a_name_or_a_refusal_may_be_without_a_packet, 0, 4);
	tcase_add_test(tcase, names_that_are_not_plain_text_of_their_length_are_refused);
	tcase_add_test(tcase, protocols_are_plain_text_of_a_hello_that_offers_some);
	tcase_add_test(tcase, refused_quic_is_no_app_of_an_event);
	tcase_add_test(tcase, the_flow_of_an_event_is_its_client_and_server);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
