/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/kernel_log.c: what a rule's prefix means, and a message from the log reader to
 * the log. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "audit/writer.h"
#include "broker/broker.h"
#include "broker/kernel_log.h"
#include "broker/repeats.h"
#include "broker_site.h"
#include "common/loop.h"
#include "engine/kernel_event.h"
#include "ruleset/compile.h"

START_TEST(prefixes_of_compiler_and_reader_agree)
{
	ck_assert_str_eq(KERNEL_EVENT_PREFIX, COMPILE_LOG_PREFIX);
}
END_TEST

START_TEST(prefix_tells_reason_and_rule)
{
	static const struct {
		const char *prefix;
		enum reason reason;
		bool permitted;
	} cases[] = {
		{ "sekisho:forbidden:internet-to-mynumber", REASON_FORBIDDEN, false },
		{ "sekisho:not-permitted", REASON_NOT_PERMITTED, false },
		{ "sekisho:spoofed-source", REASON_SPOOFED, false },
		{ "sekisho:misrouted", REASON_MISROUTED, false },
		{ "sekisho:invalid-state", REASON_INVALID_STATE, false },
		{ "sekisho:quic-refused", REASON_QUIC_REFUSED, false },
		{ "sekisho:input-refused", REASON_INPUT_REFUSED, false },
		{ "sekisho:output-refused", REASON_OUTPUT_REFUSED, false },
		{ "sekisho:management:ssh", REASON_PERMITTED_MANAGEMENT, true },
	};
	struct kernel_log_rule rule;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(kernel_log_rule(cases[i].prefix, &rule), 0);
		ck_assert_int_eq(rule.reason, cases[i].reason);
		ck_assert_int_eq(rule.permitted, cases[i].permitted);
		ck_assert_str_eq(rule.name, cases[i].prefix + strlen("sekisho:"));
	}
	ck_assert_int_eq(kernel_log_rule("sekisho:nonsense", &rule), -EBADMSG);
	ck_assert_int_eq(kernel_log_rule("not-permitted", &rule), -EBADMSG);
}
END_TEST

static size_t occurrences(const char *text, const char *what)
{
	size_t count = 0;

	while ((text = strstr(text, what)) != NULL) {
		text += strlen(what);
		count++;
	}
	return count;
}

static void make_message(struct kernel_event_message *message)
{
	memset(message, 0, sizeof(*message));
	message->magic = KERNEL_EVENT_MAGIC;
	message->count = 2;
	message->missing = 7;
	strcpy(message->events[0].prefix, "sekisho:not-permitted");
	strcpy(message->events[1].prefix, "sekisho:management:ssh");
	for (size_t i = 0; i < 2; i++) {
		message->events[i].family = 4;
		message->events[i].l4proto = IPPROTO_TCP;
		message->events[i].dport = 22;
		message->events[i].src[0] = 10;
		message->events[i].dst[0] = 11;
	}
}

START_TEST(message_becomes_records_and_losses_are_accounted_for)
{
	static struct kernel_event_message message;
	struct broker *broker = calloc(1, sizeof(*broker));
	struct engine_slot *slot = &broker->log_reader;
	struct site site;
	char *log;
	int pair[2];

	site_make(&site);
	broker->policy = site_read(&site);
	broker->recorder.policy = broker->policy;
	broker->recorder.writer = writer_new(site.log);
	ck_assert_int_eq(interfaces_open(&broker->recorder.interfaces), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	broker->loop = loop_new();
	ck_assert_int_eq(kernel_log_open(broker), 0);
	slot->broker = broker;
	slot->kind = ENGINE_LOG;
	slot->fd = pair[0];
	ck_assert_int_eq(kernel_log_take(slot), -EAGAIN);
	make_message(&message);
	ck_assert_int_gt(send(pair[1], &message, kernel_event_message_size(2), 0), 0);
	ck_assert_int_eq(kernel_log_take(slot), 0);
	log = site_log(&site);
	ck_assert_ptr_nonnull(strstr(log, "\"event.reason\":\"not-permitted\""));
	ck_assert_ptr_nonnull(strstr(log, "appliance-access"));
	ck_assert_ptr_nonnull(strstr(log, "\"event.reason\":\"permitted-management\""));
	ck_assert_ptr_nonnull(strstr(log, "\"sekisho.count\":7"));
	ck_assert_uint_eq(broker->kernel_log_missing, 7);
	ck_assert_uint_eq(broker->recorder.counts.refused[REASON_NOT_PERMITTED], 1);
	free(log);
	/* the refusal is only counted now; the permitted access is a record each time */
	ck_assert_int_gt(send(pair[1], &message, kernel_event_message_size(2), 0), 0);
	ck_assert_int_eq(kernel_log_take(slot), 0);
	kernel_log_tell_repeats(broker);
	ck_assert_int_eq(recorder_flush(&broker->recorder), 0);
	log = site_log(&site);
	ck_assert_uint_eq(occurrences(log, "\"kernel-refusal\""), 1);
	ck_assert_uint_eq(occurrences(log, "appliance-access"), 2);
	ck_assert_uint_eq(occurrences(log, "\"kernel-refusal-repeated\""), 1);
	ck_assert_uint_eq(occurrences(log, "\"sekisho.count\":1"), 1);
	ck_assert_uint_eq(broker->recorder.counts.refused[REASON_NOT_PERMITTED], 2);
	free(log);
	message.missing = 6; /* counts never go back */
	ck_assert_int_gt(send(pair[1], &message, kernel_event_message_size(2), 0), 0);
	ck_assert_int_eq(kernel_log_take(slot), -EBADMSG);
	close(pair[1]);
	ck_assert_int_eq(kernel_log_take(slot), -EPIPE);
	close(pair[0]);
	writer_free(broker->recorder.writer);
	interfaces_close(&broker->recorder.interfaces);
	repeats_free(broker->repeats);
	loop_free(broker->loop);
	policy_free(broker->policy);
	free(broker);
	site_remove(&site);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kernel_log");
	TCase *tcase = tcase_create("kernel_log");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, prefixes_of_compiler_and_reader_agree);
	tcase_add_test(tcase, prefix_tells_reason_and_rule);
	tcase_add_test(tcase, message_becomes_records_and_losses_are_accounted_for);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
