/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events as they are filled and handed out. */
#include <check.h>
#include <stdlib.h>

#include "inspect/report.h"
#include "packets.h"

static struct event events[8];
static size_t count;

static void emit(const struct event *event, void *data)
{
	ck_assert_ptr_eq(data, &count);
	ck_assert_uint_lt(count, 8);
	events[count++] = *event;
}

static struct report begin(void)
{
	count = 0;
	return (struct report){ .emit = emit, .data = &count };
}

static struct flow some_flow(void)
{
	return (struct flow){ .key = packets_key(4, IPPROTO_TCP, 50000),
			      .slot = 5,
			      .generation = 6,
			      .base = 1000,
			      .server_next = 2000,
			      .iif = 3,
			      .oif = 4 };
}

START_TEST(after_it_bore_a_packet_an_event_is_a_plain_follow)
{
	struct report r = begin();
	struct flow flow = some_flow();
	struct event e;

	report_fill(&flow, EVENT_NAME, 900, &e);
	e.app = APP_TLS;
	e.has_alpn = e.has_ech = 1;
	e.name_len = 9;
	memcpy(e.name, "a.example", 9);
	report_bear(&r, &e, 10);
	report_bear(&r, &e, 11);
	report_alone(&r, &e);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(events[0].type, EVENT_NAME);
	ck_assert_uint_eq(events[0].packet_id, 10);
	ck_assert_uint_eq(events[0].client_next_seq, 900);
	ck_assert_uint_eq(events[0].server_next_seq, 2000);
	ck_assert_uint_eq(events[1].type, EVENT_FOLLOW);
	ck_assert_uint_eq(events[1].packet_id, 11);
	ck_assert_uint_eq(events[1].flow, 5);
	ck_assert_uint_eq(events[1].generation, 6);
	ck_assert_uint_eq(events[1].app, APP_NONE);
	ck_assert_uint_eq(events[1].has_alpn, 0);
	ck_assert_uint_eq(events[1].has_ech, 0);
	ck_assert_uint_eq(events[1].name_len, 0);
	ck_assert_int_eq(events[1].name[0], '\0');
}
END_TEST

START_TEST(an_event_alone_has_no_packet)
{
	struct report r = begin();
	struct flow flow = some_flow();
	struct event e;

	report_fill(&flow, EVENT_REFUSE, 900, &e);
	e.reason = REASON_TIMEOUT;
	report_alone(&r, &e);
	report_alone(&r, &e);
	ck_assert_uint_eq(count, 1);
	ck_assert_uint_eq(events[0].has_packet, 0);
	ck_assert_uint_eq(r.refused[REASON_TIMEOUT], 1);
	ck_assert_uint_eq(r.events, 1);
}
END_TEST

START_TEST(strays_have_no_slot_and_a_new_generation_each)
{
	struct report r = begin();
	struct inspector_packet raw = { .id = 10, .iif = 3, .oif = 4 };
	struct arrival a = {
		.raw = &raw, .packet = { .key = packets_key(6, IPPROTO_TCP, 7), .seq = 8, .ack = 9 }
	};

	report_stray(&r, &a, REASON_BAD_PACKET);
	report_packet(&r, NULL, &a, EVENT_PASS);
	ck_assert_uint_eq(count, 2);
	ck_assert_uint_eq(events[0].flow, EVENT_FLOW_NONE);
	ck_assert_uint_eq(events[0].reason, REASON_BAD_PACKET);
	ck_assert_uint_eq(events[0].client_next_seq, 8);
	ck_assert_uint_eq(events[0].server_next_seq, 9);
	ck_assert_uint_eq(events[0].iif, 3);
	ck_assert_uint_eq(events[0].sport, 7);
	ck_assert_uint_eq(events[1].type, EVENT_PASS);
	ck_assert_uint_eq(events[1].packet_id, 10);
	ck_assert_uint_ne(events[1].generation, events[0].generation);
}
END_TEST

START_TEST(the_server_expects_the_first_byte_that_is_held)
{
	static struct hold hold;
	struct flow flow = some_flow();

	ck_assert_uint_eq(report_expected_seq(&flow), 1000);
	flow.hold = &hold;
	hold.count = 2;
	hold.packets[0] = (struct hold_packet){ .seq = 1010, .end = 1020 };
	hold.packets[1] = (struct hold_packet){ .seq = 990, .end = 1010 };
	ck_assert_uint_eq(report_expected_seq(&flow), 990);
	flow.base = 5;
	hold.packets[1].seq = 0xfffffff0U;
	ck_assert_uint_eq(report_expected_seq(&flow), 0xfffffff0U);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("report");
	TCase *tcase = tcase_create("report");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, after_it_bore_a_packet_an_event_is_a_plain_follow);
	tcase_add_test(tcase, an_event_alone_has_no_packet);
	tcase_add_test(tcase, strays_have_no_slot_and_a_new_generation_each);
	tcase_add_test(tcase, the_server_expects_the_first_byte_that_is_held);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
