/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/answer.c: from an engine's message to its record; what an engine must not send.
 * (Verdicts on real packets are the lab's.) */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "audit/writer.h"
#include "broker/answer.h"
#include "broker/broker.h"
#include "broker/verdict.h"
#include "broker_site.h"
#include "common/loop.h"
#include "kernel/nlsock.h"

static struct site site;
static struct broker *broker;
static struct engine_slot *slot;
static struct event_message message;
static int engine; /* its end of the socket */

static void set_up(void)
{
	int pair[2];

	site_make(&site);
	broker = calloc(1, sizeof(*broker));
	broker->loop = loop_new();
	broker->policy = site_read(&site);
	broker->recorder.policy = broker->policy;
	broker->recorder.writer = writer_new(site.log);
	broker->retry_timer = -1;
	ck_assert_int_eq(interfaces_open(&broker->recorder.interfaces), 0);
	ck_assert_int_eq(nlsock_open(&broker->conntrack), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	slot = &broker->engines[0];
	slot->broker = broker;
	slot->kind = ENGINE_QUEUE;
	slot->fd = pair[0];
	slot->verdicts = verdict_new(engines_flows_max(broker->policy->daemon.undecided_max));
	engine = pair[1];
	memset(&message, 0, sizeof(message));
	message.magic = EVENT_MAGIC;
	message.count = 1;
	/* a flow that ran out of time, with nothing held: no packet, and no end that a reset would
	 * fit */
	message.events[0] = (struct event){ .type = EVENT_REFUSE,
					    .reason = REASON_TIMEOUT,
					    .flow = 1,
					    .generation = 1,
					    .family = 4,
					    .l4proto = IPPROTO_TCP,
					    .dport = 443,
					    .src = { 192, 168, 10, 11 },
					    .dst = { 198, 51, 100, 130 } };
}

static void tear_down(void)
{
	close(engine);
	close(slot->fd);
	verdict_free(slot->verdicts);
	nlsock_free(broker->conntrack);
	interfaces_close(&broker->recorder.interfaces);
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	loop_free(broker->loop);
	free(broker);
	site_remove(&site);
}

static void send_message(size_t len)
{
	ck_assert_int_eq(send(engine, &message, len, 0), (ssize_t)len);
}

START_TEST(refusal_is_recorded_and_counted)
{
	char *log;

	ck_assert_int_eq(answer_take(slot), -EAGAIN);
	message.counts.queue_overruns = 4;
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), 0);
	log = site_log(&site);
	ck_assert_ptr_nonnull(strstr(log, "\"event.reason\":\"timeout\""));
	free(log);
	ck_assert_uint_eq(broker->recorder.counts.refused[REASON_TIMEOUT], 1);
	ck_assert_uint_eq(slot->overruns, 4);
	ck_assert_uint_eq(slot->packets, 0);
}
END_TEST

START_TEST(counts_come_without_events_too)
{
	message.count = 0;
	message.counts.undecided = 5;
	message.counts.ended[EVENT_END_FULL] = 6;
	send_message(event_message_size(0));
	ck_assert_int_eq(answer_take(slot), 0);
	ck_assert_uint_eq(slot->counts.undecided, 5);
	ck_assert_uint_eq(slot->counts.ended[EVENT_END_FULL], 6);
}
END_TEST

/* There is no socket for resets here: had one been tried, it would show. */
START_TEST(refusal_of_a_flow_never_heard_of_is_only_recorded)
{
	message.events[0].client_next_seq = 4711;
	message.events[0].server_next_seq = 4712;
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), 0);
	ck_assert_uint_eq(broker->recorder.counts.refused[REASON_TIMEOUT], 1);
	ck_assert_uint_eq(broker->resets_sent + broker->resets_failed, 0);
}
END_TEST

START_TEST(message_that_cannot_be_is_told_from_the_end)
{
	send_message(event_message_size(1) - 1);
	ck_assert_int_eq(answer_take(slot), -EBADMSG);
	message.events[0].type = EVENT_TYPE_COUNT;
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), -EBADMSG);
	message.events[0].type = EVENT_REFUSE;
	message.events[0].flow = engines_flows_max(broker->policy->daemon.undecided_max);
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), -EBADMSG);
	ck_assert_uint_eq(broker->recorder.counts.refused[REASON_TIMEOUT], 0);
	ck_assert_int_eq(shutdown(engine, SHUT_WR), 0);
	ck_assert_int_eq(answer_take(slot), -EPIPE);
}
END_TEST

START_TEST(contradicting_event_is_a_violation)
{
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), 0);
	message.events[0].sport = 5;
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), -EPROTO);
}
END_TEST

START_TEST(log_that_fails_begins_the_refusing_state)
{
	writer_free(broker->recorder.writer);
	broker->recorder.writer = writer_new("/nonexistent/folder");
	send_message(event_message_size(1));
	ck_assert_int_eq(answer_take(slot), 0);
	ck_assert(broker_is_refusing(broker));
	ck_assert_int_ge(broker->retry_timer, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("answer");
	TCase *tcase = tcase_create("answer");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, refusal_is_recorded_and_counted);
	tcase_add_test(tcase, counts_come_without_events_too);
	tcase_add_test(tcase, refusal_of_a_flow_never_heard_of_is_only_recorded);
	tcase_add_test(tcase, message_that_cannot_be_is_told_from_the_end);
	tcase_add_test(tcase, contradicting_event_is_a_violation);
	tcase_add_test(tcase, log_that_fails_begins_the_refusing_state);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
