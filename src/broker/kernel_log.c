/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the log reader's events to records. */
#include "broker/kernel_log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/broker.h"
#include "broker/repeats.h"
#include "common/loop.h"
#include "common/mono.h"
#include "engine/kernel_event.h"
#include "policy/decide.h"
#include "ruleset/compile.h"

#define FORBIDDEN  "forbidden:"
#define MANAGEMENT "management:"

#define REPEATS_SLOTS   8192 /* about 1 MiB */
#define EXPIRE_EVERY_MS 10000

int kernel_log_rule(const char *prefix, struct kernel_log_rule *ret)
{
	const size_t ours = sizeof(COMPILE_LOG_PREFIX) - 1;
	struct kernel_log_rule rule = { 0 };

	if (strncmp(prefix, COMPILE_LOG_PREFIX, ours) != 0)
		return -EBADMSG;
	rule.name = prefix + ours;
	if (strncmp(rule.name, FORBIDDEN, sizeof(FORBIDDEN) - 1) == 0) {
		rule.reason = REASON_FORBIDDEN;
	} else if (strncmp(rule.name, MANAGEMENT, sizeof(MANAGEMENT) - 1) == 0) {
		rule.reason = REASON_PERMITTED_MANAGEMENT;
		rule.permitted = true;
	} else {
		rule.reason = reason_of_slug(rule.name);
		if (rule.reason == REASON_COUNT)
			return -EBADMSG;
	}
	*ret = rule;
	return 0;
}

/* What a rule said of a packet, with all that the policy knows of it. */
struct judged {
	struct flow_key key;
	struct decide_result result;
};

static int judge(const struct broker *broker, const struct kernel_event *event, struct judged *ret)
{
	struct kernel_log_rule rule;

	if (event->family == 0 || kernel_log_rule(event->prefix, &rule) != 0)
		return -EBADMSG;
	kernel_event_flow_key(event, &ret->key);
	decide_refuse(broker->policy, &ret->key, rule.reason, &ret->result);
	ret->result.permitted = rule.permitted;
	return 0;
}

/* count: 0 for the event itself, else how many times more it came. */
static void record_event(struct broker *broker, const struct kernel_event *event,
			 const struct judged *judged, uint64_t count)
{
	const struct recorder_decision decision = {
		.kind = count ? RECORD_REPEATED : RECORD_DECISION,
		.key = &judged->key,
		.result = &judged->result,
		.rule = event->prefix + sizeof(COMPILE_LOG_PREFIX) - 1,
		.iif = event->iif,
		.oif = event->oif,
		.now_ms = mono_ms_coarse(),
		.count = count,
	};

	/* nothing is permitted by this record: a failure to write it is the writer's to count */
	(void)recorder_decision(&broker->recorder, &decision);
}

static void record_summary(const struct kernel_event *event, uint64_t count, void *data)
{
	struct broker *broker = data;
	struct judged judged;

	if (judge(broker, event, &judged) == 0)
		record_event(broker, event, &judged, count);
}

static int take_event(struct broker *broker, const struct kernel_event *event, uint64_t now_ms)
{
	struct judged judged;

	if (judge(broker, event, &judged) != 0)
		return -EBADMSG;
	recorder_count(&broker->recorder, judged.result.permitted, judged.result.reason);
	/* what is permitted is never folded */
	if (judged.result.permitted || !repeats_take(broker->repeats, event, now_ms))
		record_event(broker, event, &judged, 0);
	return 0;
}

static void expire(uint64_t runs, void *data)
{
	struct broker *broker = data;

	(void)runs;
	repeats_expire(broker->repeats, mono_ms());
	(void)broker_flush(broker);
}

int kernel_log_open(struct broker *broker)
{
	broker->repeats = repeats_new(REPEATS_SLOTS, record_summary, broker);
	if (!broker->repeats)
		return -ENOMEM;
	return loop_add_timer(broker->loop, EXPIRE_EVERY_MS, true, expire, broker) < 0 ? -ENOMEM
										       : 0;
}

void kernel_log_tell_repeats(struct broker *broker)
{
	if (broker->repeats)
		repeats_expire(broker->repeats, UINT64_MAX);
}

static void record_missing(struct broker *broker, uint64_t count, const char *action,
			   const char *what)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "%s: %llu.", what, (unsigned long long)count);
	(void)recorder_note(&broker->recorder, RECORD_GAP, action, count, text);
}

static void take(struct engine_slot *slot, const struct kernel_event_message *message)
{
	struct broker *broker = slot->broker;
	const uint64_t now_ms = mono_ms_coarse();
	uint64_t unreadable = message->unreadable - slot->unreadable;
	const uint64_t missing = message->missing - slot->overruns;

	for (uint32_t i = 0; i < message->count; i++)
		if (take_event(broker, &message->events[i], now_ms) != 0)
			unreadable++;
	if (missing > 0)
		record_missing(broker, missing, "kernel-log-gap",
			       "Refusals by kernel rules that could not be handed over");
	if (unreadable > 0)
		record_missing(broker, unreadable, "kernel-log-unreadable",
			       "Messages of the kernel's log that could not be read");
	broker->kernel_log_missing += missing;
	broker->kernel_log_unreadable += unreadable;
	slot->overruns = message->missing;
	slot->unreadable = message->unreadable;
	slot->packets += message->count;
	(void)broker_flush(broker);
}

int kernel_log_take(struct engine_slot *slot)
{
	static struct kernel_event_message message;
	const ssize_t len = recv(slot->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	if (len == 0)
		return -EPIPE;
	if ((size_t)len > sizeof(message) ||
	    kernel_event_message_check(&message, (size_t)len) != 0 ||
	    message.missing < slot->overruns || message.unreadable < slot->unreadable)
		return -EBADMSG;
	take(slot, &message);
	return 0;
}
