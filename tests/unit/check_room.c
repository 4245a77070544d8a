/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shares of the flow table. */
#include <check.h>
#include <stdlib.h>

#include "inspect/room.h"
#include "packets.h"

static const uint64_t seed[2] = { 9, 8 };
static struct room room;
static struct report report;
static unsigned int forgotten; /* flows that were told of */
static uint64_t now_ms;

static void emit(const struct event *event, void *data)
{
	(void)data;
	ck_assert_uint_eq(event->type, EVENT_FORGET);
	ck_assert_uint_eq(event->has_packet, 0);
	forgotten++;
}

static void begin(uint32_t slots, uint32_t undecided_max, uint32_t per_source_max)
{
	report = (struct report){ .emit = emit };
	forgotten = 0;
	room = (struct room){ .flows = flows_new(slots, seed),
			      .report = &report,
			      .undecided_max = undecided_max,
			      .per_source_max = per_source_max };
	now_ms = 1000;
}

static struct flow_key key_of(uint8_t source, uint16_t sport)
{
	struct flow_key key = packets_key(4, IPPROTO_TCP, sport);

	key.src.b[2] = source;
	return key;
}

/* A SYN; false if it is refused. */
static bool knock(uint8_t source, uint16_t sport)
{
	const struct flow_key key = key_of(source, sport);
	struct flow *flow;

	if (room_for_opening(&room, &key.src, now_ms) != ROOM_FREE)
		return false;
	flow = flows_add(room.flows, &key, FLOWS_OPENING, now_ms);
	ck_assert_ptr_nonnull(flow);
	flow->state = FLOW_UNDECIDED;
	return true;
}

static struct flow *find(uint8_t source, uint16_t sport)
{
	const struct flow_key key = key_of(source, sport);

	return flows_find(room.flows, &key);
}

static uint32_t has(uint8_t source)
{
	const struct flow_key key = key_of(source, 0);
	const struct source *s = flows_source_of(room.flows, &key.src);

	return s == NULL ? 0 : s->flows;
}

START_TEST(a_flood_of_one_source_takes_half_and_then_its_own)
{
	begin(200, 100, 1000);
	ck_assert(knock(1, 1));
	for (uint16_t i = 1; i < 5000; i++) {
		now_ms += 100;
		ck_assert(knock(2, i));
	}
	ck_assert_uint_le(has(2), 51);
	ck_assert_uint_ge(has(2), 48);
	ck_assert_ptr_nonnull(find(1, 1));
	ck_assert_ptr_nonnull(find(2, 4999));
	ck_assert_ptr_null(find(2, 1));
	for (uint16_t i = 2; i < 24; i++)
		ck_assert(knock(1, i));
	ck_assert_uint_eq(has(1), 23);
	ck_assert_uint_eq(room.ended[EVENT_END_FULL], 0);
	ck_assert_uint_eq(room.ended[EVENT_END_OWN_SHARE], 4999 - has(2));
	ck_assert_uint_eq(forgotten, 4999 - has(2));
	flows_free(room.flows);
}
END_TEST

START_TEST(many_that_flood_leave_as_much_as_each_of_them_has)
{
	begin(400, 200, 1000);
	for (uint16_t i = 1; i < 2000; i++) {
		now_ms += 100;
		for (uint8_t source = 1; source <= 9; source++)
			(void)knock(source, i);
	}
	for (uint8_t source = 1; source <= 9; source++)
		ck_assert_uint_le(has(source), 24);
	ck_assert_uint_le(room_undecided(&room), 200 - 12);
	for (uint16_t i = 0; i < 8; i++)
		ck_assert(knock(77, i));
	ck_assert_uint_eq(has(77), 8);
	flows_free(room.flows);
}
END_TEST

START_TEST(the_fixed_bound_of_a_source_holds_where_there_is_room)
{
	begin(200, 100, 3);
	for (uint16_t i = 1; i <= 4; i++) {
		ck_assert(knock(1, i));
		now_ms += 1000;
	}
	ck_assert_uint_eq(has(1), 3);
	ck_assert_ptr_null(find(1, 1));
	flows_free(room.flows);
}
END_TEST

START_TEST(a_source_that_knocks_faster_than_its_share_turns_over_is_put_off)
{
	begin(200, 100, 2);
	ck_assert(knock(1, 1));
	now_ms += 10;
	ck_assert(knock(1, 2));
	now_ms += 989;
	ck_assert(!knock(1, 3));
	ck_assert_uint_eq(room.put_off, 1);
	ck_assert_ptr_nonnull(find(1, 1));
	now_ms += 1;
	ck_assert(knock(1, 3));
	ck_assert_ptr_null(find(1, 1));
	ck_assert(!knock(1, 4));
	ck_assert_uint_eq(room.put_off, 2);
	flows_free(room.flows);
}
END_TEST

START_TEST(a_flow_that_has_said_something_does_not_give_way)
{
	begin(200, 100, 2);
	ck_assert(knock(1, 1));
	ck_assert(knock(1, 2));
	flows_move(room.flows, find(1, 1), FLOWS_UNDECIDED, now_ms);
	now_ms += 1000;
	ck_assert(knock(1, 3));
	ck_assert_ptr_null(find(1, 2));
	flows_move(room.flows, find(1, 3), FLOWS_UNDECIDED, now_ms);
	now_ms += 1000;
	ck_assert(!knock(1, 4));
	ck_assert_uint_eq(room.put_off, 0);
	ck_assert(knock(2, 4));
	flows_free(room.flows);
}
END_TEST

START_TEST(where_all_is_taken_whoever_knocked_long_ago_gives_way)
{
	begin(40, 8, 4);
	for (uint8_t source = 1; source <= 8; source++)
		ck_assert(knock(source, 1));
	ck_assert(!knock(9, 1));
	now_ms += 999;
	ck_assert(!knock(9, 1));
	now_ms += 1;
	ck_assert(knock(9, 1));
	ck_assert_ptr_null(find(1, 1));
	ck_assert_uint_eq(room.ended[EVENT_END_FULL], 1);
	ck_assert_uint_eq(room_undecided(&room), 8);
	flows_free(room.flows);
}
END_TEST

START_TEST(without_shares_sources_are_not_told_apart)
{
	begin(40, 8, 0);
	for (uint16_t i = 1; i <= 8; i++)
		ck_assert(knock(1, i));
	ck_assert(!knock(1, 9));
	ck_assert_uint_eq(room.ended[EVENT_END_OWN_SHARE], 0);
	flows_free(room.flows);
}
END_TEST

static struct flow *name(uint8_t source, uint16_t sport, enum flows_list list)
{
	ck_assert(knock(source, sport));
	find(source, sport)->state = FLOW_WATCHED;
	flows_move(room.flows, find(source, sport), list, now_ms);
	room_named(&room, find(source, sport), now_ms);
	return find(source, sport);
}

START_TEST(named_flows_of_a_source_leave_room_for_those_of_others)
{
	begin(41, 40, 10);
	for (uint16_t i = 1; i <= 100; i++) {
		ck_assert_ptr_nonnull(name(1, i, FLOWS_GUARDED));
		now_ms += 1000;
	}
	ck_assert_uint_le(has(1), 20);
	for (uint16_t i = 1; i <= 10; i++)
		ck_assert_ptr_nonnull(name(2, i, FLOWS_IDLE));
	ck_assert_uint_eq(has(2), 10);
	flows_free(room.flows);
}
END_TEST

START_TEST(a_slot_is_taken_from_what_is_decided_before_what_is_watched)
{
	begin(4, 3, 0);
	name(1, 1, FLOWS_IDLE);
	name(1, 2, FLOWS_GUARDED);
	name(1, 3, FLOWS_DECIDED);
	room_make(&room, now_ms + 249);
	ck_assert_uint_eq(flows_count(room.flows), 3);
	room_make(&room, now_ms + 250);
	ck_assert_ptr_null(find(1, 3));
	room_make(&room, now_ms + 999);
	ck_assert_uint_eq(flows_count(room.flows), 2);
	room_make(&room, now_ms + 1000);
	ck_assert_ptr_null(find(1, 2));
	room_make(&room, now_ms + 9999);
	ck_assert_ptr_nonnull(find(1, 1));
	room_make(&room, now_ms + 10000);
	ck_assert_ptr_null(find(1, 1));
	ck_assert_uint_eq(room.ended[EVENT_END_FULL], 2);
	flows_free(room.flows);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("room");
	TCase *tcase = tcase_create("room");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_flood_of_one_source_takes_half_and_then_its_own);
	tcase_add_test(tcase, many_that_flood_leave_as_much_as_each_of_them_has);
	tcase_add_test(tcase, the_fixed_bound_of_a_source_holds_where_there_is_room);
	tcase_add_test(tcase, a_source_that_knocks_faster_than_its_share_turns_over_is_put_off);
	tcase_add_test(tcase, a_flow_that_has_said_something_does_not_give_way);
	tcase_add_test(tcase, where_all_is_taken_whoever_knocked_long_ago_gives_way);
	tcase_add_test(tcase, without_shares_sources_are_not_told_apart);
	tcase_add_test(tcase, named_flows_of_a_source_leave_room_for_those_of_others);
	tcase_add_test(tcase, a_slot_is_taken_from_what_is_decided_before_what_is_watched);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
