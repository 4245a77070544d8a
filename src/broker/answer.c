/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One message of an engine, from its receipt to its verdicts. */
#include "broker/answer.h"

#include <netinet/in.h> /* before the kernel's header, which else brings its own */

#include <errno.h>
#include <linux/netfilter.h>
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
 * requests in a packet). */
static void end_flow(struct broker *broker, const struct event *event)
{
	const bool alone = event->type == EVENT_REFUSE && !event->has_packet;
	struct conntrack_entry entry = { 0 };

	event_flow_key(event, &entry.key);
	answer_reset(broker, &entry.key, true, event->client_next_seq);
	if (alone)
		answer_reset(broker, &entry.key, false, event->server_next_seq);
	/* a flow that is gone already needs no mark */
	if (alone)
		(void)conntrack_set_mark(broker->conntrack, &entry, MARK_REFUSED, MARK_STATE_MASK);
}

static int send_verdicts(struct engine_slot *slot, const struct verdict_list *list)
{
	struct queue_verdict verdicts[EVENT_BATCH_MAX];
	size_t count = 0;
	int error;

	for (uint32_t i = 0; i < list->count; i++) {
		const struct verdict *verdict = &list->at[i];

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
	slot->packets += count;
	error = count > 0 ? queue_send_verdicts(slot->sender, verdicts, count) : 0;
	if (error == 0)
		return 0;
	log_error(_("cannot send verdicts: error=%s"), strerror(-error));
	return -EIO;
}

static int answer(struct engine_slot *slot, const struct event_message *message)
{
	struct broker *broker = slot->broker;
	struct verdict_list list;
	int violation, error;

	slot->overruns = message->queue_overruns;
	violation =
		verdict_decide(slot->verdicts, &broker->recorder, message, mono_ms_coarse(), &list);
	if (broker_flush(broker) != 0)
		verdict_withdraw(slot->verdicts, &broker->recorder, message, &list);
	error = send_verdicts(slot, &list);
	for (uint32_t i = 0; i < list.count; i++)
		if (list.at[i].end_flow)
			end_flow(broker, &message->events[i]);
	return error ? error : violation;
}

int answer_take(struct engine_slot *slot)
{
	static struct event_message message; /* too large for the stack to be pleasant */
	const uint32_t flows_max = engines_flows_max(slot->broker->policy->daemon.undecided_max);
	const ssize_t len = recv(slot->fd, &message, sizeof(message), MSG_DONTWAIT | MSG_TRUNC);

	if (len < 0)
		return errno == EAGAIN || errno == EINTR ? -EAGAIN : -EPIPE;
	if (len == 0)
		return -EPIPE;
	if ((size_t)len > sizeof(message) ||
	    event_message_check(&message, (size_t)len, flows_max) != 0)
		return -EBADMSG;
	return answer(slot, &message);
}
