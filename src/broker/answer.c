/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an engine says, from its receipt to its verdicts. */
#include "broker/answer.h"

#include <netinet/in.h> /* before the kernel's header, which else brings its own */

#include <errno.h>
#include <linux/netfilter.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/broker.h"
#include "broker/reset.h"
#include "broker/verdict.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mark.h"
#include "common/mono.h"
#include "kernel/conntrack.h"
#include "kernel/queue.h"
#include "policy/policy.h"

void answer_reset(struct broker *broker, const struct flow_key *key, bool to_server,
		  uint32_t sequence)
{
	/* 0: the end has nothing that a reset could fit to */
	if (key->l4proto != IPPROTO_TCP || sequence == 0)
		return;
	if (reset_send(broker->reset, key, to_server, sequence) == 0)
		broker->resets_sent++;
	else
		broker->resets_failed++;
}

/* The packet's own verdict makes the kernel mark the flow and reset its client. What remains: the
 * server; and all of it where no packet is at hand (time ran out) nor comes after (one of several
 * requests in a packet).
 *
 * Without a packet there is nothing but the engine's word that the flow is one of its own. It is
 * taken only for a flow that was announced before, and not yet let go; else the record is all. */
static void end_flow(struct broker *broker, const struct event *event, bool announced)
{
	const bool alone = event->type == EVENT_REFUSE && !event->has_packet;
	/* it is the server's, and the kernel's reset goes to whoever sent it */
	const bool of_server = event->reason == REASON_SERVER_FIRST;
	struct conntrack_entry entry = { 0 };

	if (alone && !announced)
		return;
	event_flow_key(event, &entry.key);
	answer_reset(broker, &entry.key, true, event->client_next_seq);
	if (alone || of_server)
		answer_reset(broker, &entry.key, false, event->server_next_seq);
	/* a flow that is gone already needs no mark */
	if (alone)
		(void)conntrack_set_mark(broker->conntrack, &entry, MARK_REFUSED, MARK_STATE_MASK);
}

/* A flow that gave way shall cost nothing any more: neither an entry of the kernel's table nor a
 * port of its address translation, nor answers of the server that belong to nothing then. */
static void forget_flow(struct broker *broker, const struct event *event)
{
	struct conntrack_entry entry = { 0 };

	event_flow_key(event, &entry.key);
	answer_reset(broker, &entry.key, true, event->client_next_seq);
	(void)conntrack_delete(broker->conntrack, &entry);
}

/* What is answered with one write and one send: as many messages as wait, within these bounds. */
#define ROUND_MESSAGES_MAX 16
#define ROUND_EVENTS_MAX   128

struct round {
	uint32_t messages, events;
	int error; /* why the engine must be ended, after what it said before was answered; or 0 */
	struct event_message message[ROUND_MESSAGES_MAX];
	struct verdict_list list[ROUND_MESSAGES_MAX];
};

static int send_verdicts(struct engine_slot *slot, const struct round *round)
{
	struct queue_verdict verdicts[ROUND_EVENTS_MAX];
	size_t count = 0;
	int error;

	for (uint32_t m = 0; m < round->messages; m++) {
		for (uint32_t i = 0; i < round->list[m].count; i++) {
			const struct verdict *verdict = &round->list[m].at[i];

			if (!verdict->has_packet)
				continue;
			verdicts[count++] = (struct queue_verdict){
				.id = verdict->packet_id,
				.kind = verdict->drop ? NF_DROP : NF_ACCEPT,
				.mark = verdict->mark,
			};
			if ((int32_t)(verdict->packet_id - slot->newest_id) > 0)
				slot->newest_id = verdict->packet_id;
		}
	}
	slot->packets += count;
	error = count > 0 ? queue_send_verdicts(slot->sender, verdicts, count) : 0;
	if (error == 0)
		return 0;
	log_error(_("cannot send verdicts: error=%s"), strerror(-error));
	return -EIO;
}

static void withdraw(struct engine_slot *slot, struct round *round)
{
	for (uint32_t m = 0; m < round->messages; m++)
		verdict_withdraw(slot->verdicts, &slot->broker->recorder, &round->message[m],
				 &round->list[m]);
}

static void end_flows(struct broker *broker, const struct round *round)
{
	for (uint32_t m = 0; m < round->messages; m++) {
		for (uint32_t i = 0; i < round->list[m].count; i++) {
			const struct verdict *verdict = &round->list[m].at[i];

			if (verdict->forget)
				forget_flow(broker, &round->message[m].events[i]);
			if (verdict->end_flow)
				end_flow(broker, &round->message[m].events[i], verdict->announced);
		}
	}
}

/* Receives and decides one message. 0, or what answer_take() gives. */
static int take_message(struct engine_slot *slot, struct round *round)
{
	const uint32_t flows_max = engines_flows_max(slot->broker->policy->daemon.undecided_max);
	struct event_message *message = &round->message[round->messages];
	const ssize_t len = recv(slot->fd, message, sizeof(*message), MSG_DONTWAIT | MSG_TRUNC);
	int error;

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	if (len == 0)
		return -EPIPE;
	if ((size_t)len > sizeof(*message) ||
	    event_message_check(message, (size_t)len, flows_max) != 0)
		return -EBADMSG;
	slot->overruns = message->counts.queue_overruns;
	slot->counts = message->counts;
	error = verdict_decide(slot->verdicts, &slot->broker->recorder, message, mono_ms_coarse(),
			       &round->list[round->messages]);
	round->events += message->count;
	round->messages++;
	return error;
}

int answer_take(struct engine_slot *slot)
{
	static struct round round; /* too large for the stack to be pleasant */
	static bool busy;
	int error = 0, sent;

	/* Under load, whoever else is ready runs first, so that one write stands for more records.
	 */
	if (busy)
		(void)sched_yield();
	round.messages = 0;
	round.events = 0;
	while (error == 0 && round.messages < ROUND_MESSAGES_MAX &&
	       round.events + EVENT_BATCH_MAX <= ROUND_EVENTS_MAX)
		error = take_message(slot, &round);
	busy = round.messages > 1;
	if (round.messages == 0)
		return error;
	if (broker_flush(slot->broker) != 0)
		withdraw(slot, &round);
	verdict_batch_is_over(slot->verdicts);
	sent = send_verdicts(slot, &round);
	end_flows(slot->broker, &round);
	if (sent != 0)
		return sent;
	return error == -EAGAIN ? 0 : error;
}
