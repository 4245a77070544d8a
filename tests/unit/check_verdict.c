/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/verdict.c: what is decided, recorded, remembered and withdrawn. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "audit/writer.h"
#include "broker/recorder.h"
#include "broker/verdict.h"
#include "broker_site.h"
#include "common/mark.h"

#define FLOWS 16
#define OWN   "reiji-city.sharepoint.com"

static struct site site;
static struct recorder recorder;
static struct policy *running;
static struct verdicts *verdicts;
static struct event_message message;
static struct verdict_list list;

static void set_up(void)
{
	site_make(&site);
	running = site_read(&site);
	recorder = (struct recorder){ .policy = running, .writer = writer_new(site.log) };
	ck_assert_int_eq(interfaces_open(&recorder.interfaces), 0);
	verdicts = verdict_new(FLOWS);
	ck_assert_ptr_nonnull(verdicts);
	memset(&message, 0, sizeof(message));
	message.magic = EVENT_MAGIC;
}

static void tear_down(void)
{
	verdict_free(verdicts);
	writer_free(recorder.writer);
	interfaces_close(&recorder.interfaces);
	policy_free(running);
	site_remove(&site);
}

static struct event *add(enum event_type type, uint32_t flow, uint32_t generation)
{
	struct event *event = &message.events[message.count];
	struct addr src, dst;

	*event = (struct event){ .type = (uint8_t)type,
				 .has_packet = 1,
				 .packet_id = 100 + message.count,
				 .flow = flow,
				 .generation = generation,
				 .family = 4,
				 .l4proto = IPPROTO_TCP,
				 .sport = (uint16_t)(40000 + flow),
				 .dport = 443,
				 .client_next_seq = 4711 };
	ck_assert_int_eq(addr_parse("192.168.10.11", &src), 0);
	ck_assert_int_eq(addr_parse("198.51.100.130", &dst), 0);
	memcpy(event->src, src.b, 16);
	memcpy(event->dst, dst.b, 16);
	message.count++;
	return event;
}

static void name(struct event *event, const char *text)
{
	event->app = APP_TLS;
	event->name_len = (uint8_t)strlen(text);
	memcpy(event->name, text, event->name_len);
}

/* Decides what was added and begins the next message. */
static int decide(void)
{
	const int error = verdict_decide(verdicts, &recorder, &message, 1000, &list);

	ck_assert_uint_eq(list.count, message.count);
	return error;
}

static uint32_t state(size_t i)
{
	ck_assert(list.at[i].has_packet && !list.at[i].drop);
	return list.at[i].mark & MARK_STATE_MASK;
}

static size_t lines(const char *what)
{
	char *text = site_log(&site);
	size_t count = 0;

	for (const char *at = text; (at = strstr(at, what)) != NULL; at++)
		count++;
	free(text);
	return count;
}

START_TEST(named_flow_is_guarded_and_its_other_packets_follow)
{
	add(EVENT_PASS, 1, 1);
	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_FOLLOW, 1, 1);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_NONE);
	ck_assert_uint_eq(state(1), MARK_GUARDED);
	ck_assert_uint_eq(list.at[1].mark, list.at[2].mark);
	ck_assert(list.at[1].mark & MARK_INSPECTED);
	ck_assert(!list.at[1].end_flow && list.at[1].fresh && list.at[2].fresh);
	ck_assert_int_eq(recorder_flush(&recorder), 0);
	ck_assert_uint_eq(lines("\n"), 1);
	ck_assert_uint_eq(lines("permitted-name"), 1);
}
END_TEST

START_TEST(guarded_flow_asks_its_server_and_opens_in_that_order)
{
	add(EVENT_OPEN, 2, 1); /* of no decided flow */
	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_OPEN, 1, 1); /* nobody was asked */
	add(EVENT_ASK, 1, 1);
	add(EVENT_FOLLOW, 1, 1);
	add(EVENT_OPEN, 1, 1);
	add(EVENT_ASK, 1, 1); /* open already */
	name(add(EVENT_NAME, 3, 1), "evil.example");
	add(EVENT_ASK, 3, 1);
	add(EVENT_OPEN, 3, 1);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_REFUSED);
	ck_assert_uint_eq(state(2), MARK_GUARDED);
	ck_assert_uint_eq(state(3), MARK_PROVING);
	ck_assert_uint_eq(state(4), MARK_PROVING);
	ck_assert_uint_eq(state(5), MARK_OPEN);
	ck_assert_uint_eq(state(6), MARK_OPEN);
	ck_assert_uint_eq(list.at[5].mark & ~MARK_STATE_MASK, list.at[1].mark & ~MARK_STATE_MASK);
	ck_assert_uint_eq(state(8), MARK_REFUSED);
	ck_assert_uint_eq(state(9), MARK_REFUSED);
}
END_TEST

START_TEST(refused_flow_stays_refused_whatever_it_says_next)
{
	name(add(EVENT_NAME, 1, 1), "evil.example");
	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_FOLLOW, 1, 1);
	add(EVENT_PASS, 1, 1);
	ck_assert_int_eq(decide(), 0);
	for (size_t i = 0; i < 4; i++)
		ck_assert_uint_eq(state(i), MARK_REFUSED);
	ck_assert(list.at[0].end_flow && !list.at[1].end_flow);
	ck_assert_int_eq(recorder_flush(&recorder), 0);
	ck_assert_uint_eq(lines("\n"), 1);
}
END_TEST

START_TEST(refusal_tells_whether_the_flow_was_announced_and_not_yet_let_go)
{
	add(EVENT_REFUSE, 1, 1)->reason = REASON_TIMEOUT; /* never heard of before */
	add(EVENT_PASS, 2, 1);
	add(EVENT_REFUSE, 2, 1)->reason = REASON_TIMEOUT;
	name(add(EVENT_NAME, 3, 1), OWN);
	add(EVENT_ASK, 3, 1);
	add(EVENT_OPEN, 3, 1);
	add(EVENT_REFUSE, 3, 1)->reason = REASON_TIMEOUT; /* open: no longer the engine's */
	add(EVENT_PASS, 2, 2);
	add(EVENT_REFUSE, 2, 3)->reason = REASON_TIMEOUT; /* another generation's */
	ck_assert_int_eq(decide(), 0);
	ck_assert(list.at[0].end_flow && !list.at[0].announced);
	ck_assert(list.at[2].end_flow && list.at[2].announced);
	ck_assert(list.at[6].end_flow && !list.at[6].announced);
	ck_assert(list.at[8].end_flow && !list.at[8].announced);
}
END_TEST

START_TEST(new_generation_of_a_slot_owes_nothing_to_the_old)
{
	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_FOLLOW, 1, 2);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_GUARDED);
	ck_assert_uint_eq(state(1), MARK_REFUSED);
	ck_assert_uint_eq(list.at[1].reason, REASON_MIDSTREAM);
}
END_TEST

START_TEST(event_of_another_flow_in_the_same_generation_is_a_violation)
{
	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_FOLLOW, 1, 1)->sport++;
	ck_assert_int_eq(decide(), -EPROTO);
	ck_assert_uint_eq(state(0), MARK_GUARDED);
	ck_assert_uint_eq(state(1), MARK_REFUSED);
}
END_TEST

START_TEST(engine_refusal_and_admission_are_recorded)
{
	struct event *event = add(EVENT_REFUSE, 2, 1);
	struct addr daas;

	event->reason = REASON_NO_SNI;
	event = add(EVENT_ADMIT, 3, 1);
	ck_assert_int_eq(addr_parse("198.51.100.10", &daas), 0);
	memcpy(event->dst, daas.b, 16);
	add(EVENT_ADMIT, 4, 1); /* the service's address: not open by address alone */
	add(EVENT_DISCARD, EVENT_FLOW_NONE, 9);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_REFUSED);
	ck_assert_uint_eq(state(1), MARK_OPEN);
	ck_assert(!(list.at[1].mark & MARK_INSPECTED));
	ck_assert_uint_eq(state(2), MARK_REFUSED);
	ck_assert(list.at[3].drop);
	ck_assert_uint_eq(recorder.counts.refused[REASON_NO_SNI], 1);
	ck_assert_uint_eq(recorder.counts.permitted[REASON_PERMITTED_ADDRESS], 1);
	ck_assert_int_eq(recorder_flush(&recorder), 0);
	ck_assert_uint_eq(lines("\n"), 3);
}
END_TEST

START_TEST(withdrawn_batch_permits_nothing_that_it_alone_recorded)
{
	name(add(EVENT_NAME, 1, 1), OWN);
	ck_assert_int_eq(decide(), 0);
	verdict_batch_is_over(verdicts);
	message.count = 0;
	add(EVENT_FOLLOW, 1, 1); /* recorded before: stands */
	name(add(EVENT_NAME, 2, 1), OWN);
	add(EVENT_FOLLOW, 2, 1);
	add(EVENT_PASS, 3, 1);
	ck_assert_int_eq(decide(), 0);
	verdict_withdraw(verdicts, &recorder, &message, &list);
	ck_assert_uint_eq(state(0), MARK_GUARDED);
	ck_assert_uint_eq(state(1), MARK_REFUSED);
	ck_assert_uint_eq(state(2), MARK_REFUSED);
	ck_assert_uint_eq(state(3), MARK_NONE);
	ck_assert(list.at[1].end_flow);
	ck_assert_uint_eq(recorder.counts.permitted[REASON_PERMITTED_NAME], 1);
	ck_assert_uint_eq(recorder.counts.refused[REASON_LOG_UNAVAILABLE], 1);
	message.count = 0;
	add(EVENT_FOLLOW, 2, 1);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_REFUSED);
}
END_TEST

START_TEST(new_policy_turns_what_it_no_longer_permits)
{
	struct policy *policy;

	name(add(EVENT_NAME, 1, 1), OWN);
	name(add(EVENT_NAME, 2, 1), "reiji-city-my.sharepoint.com");
	ck_assert_int_eq(decide(), 0);
	site_write_other(&site, OWN, "other-city.sharepoint.com", "");
	policy = site_read(&site);
	verdict_judge_again(verdicts, policy);
	message.count = 0;
	add(EVENT_FOLLOW, 1, 1);
	add(EVENT_FOLLOW, 2, 1);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_REFUSED);
	ck_assert_uint_eq(state(1), MARK_GUARDED);
	policy_free(policy);
}
END_TEST

static void count_lost(const struct flow_key *key, uint32_t client_next_seq, void *data)
{
	unsigned int *count = data;

	ck_assert_uint_eq(key->sport, 40002);
	ck_assert_uint_eq(client_next_seq, 4711);
	(*count)++;
}

START_TEST(flow_that_begins_again_is_undecided_and_no_decided_one_is)
{
	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_AGAIN, 1, 2);
	name(add(EVENT_NAME, 1, 2), "evil.example");
	name(add(EVENT_NAME, 2, 1), OWN);
	add(EVENT_AGAIN, 2, 1); /* in the same generation */
	add(EVENT_REFUSE, 3, 1)->reason = REASON_TIMEOUT;
	add(EVENT_AGAIN, 3, 1);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_GUARDED);
	ck_assert_uint_eq(list.at[1].mark, MARK_UNDECIDED);
	ck_assert_uint_eq(state(2), MARK_REFUSED);
	ck_assert_uint_eq(state(4), MARK_REFUSED);
	ck_assert_uint_eq(state(6), MARK_REFUSED);
}
END_TEST

START_TEST(an_undecided_flow_that_gives_way_is_forgotten_and_no_other)
{
	struct verdict_counts counts;

	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_PASS, 2, 1);
	add(EVENT_FORGET, 1, 1)->has_packet = 0;
	add(EVENT_FORGET, 2, 1)->has_packet = 0;
	add(EVENT_FORGET, 3, 1)->has_packet = 0; /* never heard of */
	ck_assert_int_eq(decide(), 0);
	ck_assert(!list.at[2].forget);
	ck_assert(list.at[3].forget);
	ck_assert(!list.at[4].forget);
	verdict_counts(verdicts, &counts);
	ck_assert_uint_eq(counts.known, 2);
}
END_TEST

START_TEST(only_undecided_flows_are_lost_with_their_engine)
{
	struct verdict_counts counts;
	unsigned int lost = 0;

	name(add(EVENT_NAME, 1, 1), OWN);
	add(EVENT_PASS, 2, 1);
	add(EVENT_PASS, EVENT_FLOW_NONE, 5);
	ck_assert_int_eq(decide(), 0);
	verdict_counts(verdicts, &counts);
	ck_assert_uint_eq(counts.known, 2);
	ck_assert_uint_eq(counts.undecided, 1);
	verdict_forget(verdicts, count_lost, &lost);
	ck_assert_uint_eq(lost, 1);
	message.count = 0;
	add(EVENT_FOLLOW, 1, 1);
	ck_assert_int_eq(decide(), 0);
	ck_assert_uint_eq(state(0), MARK_REFUSED);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verdict");
	TCase *tcase = tcase_create("verdict");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, named_flow_is_guarded_and_its_other_packets_follow);
	tcase_add_test(tcase, refusal_tells_whether_the_flow_was_announced_and_not_yet_let_go);
	tcase_add_test(tcase, guarded_flow_asks_its_server_and_opens_in_that_order);
	tcase_add_test(tcase, refused_flow_stays_refused_whatever_it_says_next);
	tcase_add_test(tcase, new_generation_of_a_slot_owes_nothing_to_the_old);
	tcase_add_test(tcase, event_of_another_flow_in_the_same_generation_is_a_violation);
	tcase_add_test(tcase, engine_refusal_and_admission_are_recorded);
	tcase_add_test(tcase, withdrawn_batch_permits_nothing_that_it_alone_recorded);
	tcase_add_test(tcase, new_policy_turns_what_it_no_longer_permits);
	tcase_add_test(tcase, flow_that_begins_again_is_undecided_and_no_decided_one_is);
	tcase_add_test(tcase, an_undecided_flow_that_gives_way_is_forgotten_and_no_other);
	tcase_add_test(tcase, only_undecided_flows_are_lost_with_their_engine);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
