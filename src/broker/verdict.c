/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembers what was decided of each flow of an engine, and decides its next events. */
#include "broker/verdict.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "broker/recorder.h"
#include "common/mark.h"
#include "common/mono.h"
#include "policy/decide.h"

struct flow {
	struct flow_key key;
	uint32_t generation;
	uint32_t mark;            /* what was decided; 0: nothing yet */
	uint32_t batch;           /* the batch in which mark was decided */
	uint32_t client_next_seq; /* where a reset would fit at the server, were the engine to end
				     now */
	bool known;
};

struct verdicts {
	uint32_t flows_max;
	uint32_t batch;
	struct flow *flows;
};

/* All that one event's decision needs. */
struct step {
	struct verdicts *verdicts;
	struct recorder *recorder;
	const struct event *event;
	struct flow *flow;
	struct verdict *verdict;
	uint64_t now_ms;
};

struct verdicts *verdict_new(uint32_t flows_max)
{
	struct verdicts *verdicts = calloc(1, sizeof(*verdicts));

	if (!verdicts)
		return NULL;
	verdicts->flows_max = flows_max;
	verdicts->flows = calloc(flows_max ? flows_max : 1, sizeof(*verdicts->flows));
	if (!verdicts->flows) {
		free(verdicts);
		return NULL;
	}
	return verdicts;
}

void verdict_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	free(verdicts->flows);
	free(verdicts);
}

static bool is_permitted(uint32_t mark)
{
	const uint32_t state = mark & MARK_STATE_MASK;

	return state == MARK_OPEN || state == MARK_WATCHED || state == MARK_GUARDED ||
	       state == MARK_PROVING;
}

static bool is_not_let_go(uint32_t mark)
{
	return mark == 0 || (is_permitted(mark) && (mark & MARK_STATE_MASK) != MARK_OPEN);
}

static bool is_refused(uint32_t mark)
{
	return (mark & MARK_STATE_MASK) == MARK_REFUSED;
}

static bool same_key(const struct flow_key *a, const struct flow_key *b)
{
	return a->l4proto == b->l4proto && a->sport == b->sport && a->dport == b->dport &&
	       addr_compare(&a->src, &b->src) == 0 && addr_compare(&a->dst, &b->dst) == 0;
}

/* Records result and makes it the flow's and the event's. */
static void settle(const struct step *step, struct decide_result *result)
{
	const struct event *event = step->event;
	struct flow *flow = step->flow;
	const struct recorder_decision decision = {
		/* another connection of QUIC on the same ports is a flow of its own */
		.kind = is_permitted(flow->mark) && flow->key.l4proto == IPPROTO_TCP
				? RECORD_REQUEST
				: RECORD_DECISION,
		.key = &flow->key,
		.result = result,
		.app = (enum app)event->app,
		.name = event->name_len ? event->name : NULL,
		.alpn = event->alpn[0] ? event->alpn : NULL,
		.has_ech = event->has_ech,
		.iif = event->iif,
		.oif = event->oif,
		.now_ms = step->now_ms,
	};

	if (recorder_decision(step->recorder, &decision) != 0 && result->permitted)
		decide_refuse(step->recorder->policy, &flow->key, REASON_LOG_UNAVAILABLE, result);
	recorder_count(step->recorder, result->permitted, result->reason);
	flow->mark = result->mark;
	flow->batch = step->verdicts->batch;
	step->verdict->mark = result->mark;
	step->verdict->reason = (uint8_t)result->reason;
	step->verdict->fresh = result->permitted;
	step->verdict->end_flow = !result->permitted;
}

static void refuse(const struct step *step, enum reason reason)
{
	struct decide_result result;

	decide_refuse(step->recorder->policy, &step->flow->key, reason, &result);
	settle(step, &result);
}

/* The same as what the flow has, without a record of its own. */
static void follow(const struct step *step)
{
	if (!step->flow->mark) {
		refuse(step, REASON_MIDSTREAM);
		return;
	}
	step->verdict->mark = step->flow->mark;
	step->verdict->fresh =
		is_permitted(step->flow->mark) && step->flow->batch == step->verdicts->batch;
}

static void decide(const struct step *step)
{
	const struct policy *policy = step->recorder->policy;
	const struct event *event = step->event;
	struct decide_result result;

	if (is_refused(step->flow->mark)) {
		follow(step); /* a refused flow stays refused, whatever it says next */
		return;
	}
	if (event->type == EVENT_ADMIT)
		decide_address(policy, &step->flow->key, &result);
	else
		decide_name(policy, &step->flow->key, (enum app)event->app, event->name, &result);
	decide_ech(event->has_ech, &result);
	if (result.exception)
		decide_expire(&result, mono_real().tv_sec);
	settle(step, &result);
}

/* Finds or begins the flow. -EPROTO if the event contradicts what is known. */
static int enter(const struct step *step)
{
	struct flow *flow = step->flow;
	struct flow_key key;

	event_flow_key(step->event, &key);
	/* EVENT_FLOW_NONE is nobody's slot: each of its events is of a flow of its own */
	if (step->event->flow != EVENT_FLOW_NONE && flow->known &&
	    flow->generation == step->event->generation) {
		flow->client_next_seq = step->event->client_next_seq;
		if (!same_key(&flow->key, &key))
			return -EPROTO;
		step->verdict->announced = is_not_let_go(flow->mark);
		return 0;
	}
	memset(flow, 0, sizeof(*flow));
	flow->known = true;
	flow->generation = step->event->generation;
	flow->key = key;
	flow->client_next_seq = step->event->client_next_seq;
	return 0;
}

/* From one state to the next, where the flow is in it; then as the flow. */
static void advance(const struct step *step, enum mark_state from, enum mark_state to)
{
	uint32_t *mark = &step->flow->mark;

	if ((*mark & MARK_STATE_MASK) == (uint32_t)from)
		*mark = (*mark & ~MARK_STATE_MASK) | (uint32_t)to;
	follow(step);
}

static void take(const struct step *step)
{
	switch ((enum event_type)step->event->type) {
	case EVENT_PASS:
		if (is_refused(step->flow->mark))
			follow(step);
		break;
	case EVENT_ADMIT:
	case EVENT_NAME:
		decide(step);
		break;
	case EVENT_REFUSE:
		if (is_refused(step->flow->mark))
			follow(step);
		else
			refuse(step, (enum reason)step->event->reason);
		break;
	case EVENT_FOLLOW:
		follow(step);
		break;
	case EVENT_ASK:
		advance(step, MARK_GUARDED, MARK_PROVING);
		break;
	case EVENT_OPEN:
		advance(step, MARK_PROVING, MARK_OPEN);
		break;
	case EVENT_AGAIN:
		/* whatever was let through of the old connection says nothing of this one */
		if (is_refused(step->flow->mark))
			follow(step);
		else
			step->verdict->mark = step->flow->mark == 0 ? MARK_UNDECIDED : MARK_REFUSED;
		break;
	case EVENT_FORGET:
		step->verdict->forget = step->verdict->announced && step->flow->mark == 0;
		step->flow->known = !step->verdict->forget;
		break;
	case EVENT_DISCARD:
	case EVENT_TYPE_COUNT:
		step->verdict->drop = true;
		break;
	}
}

void verdict_batch_is_over(struct verdicts *verdicts)
{
	verdicts->batch++;
}

int verdict_decide(struct verdicts *verdicts, struct recorder *recorder,
		   const struct event_message *message, uint64_t now_ms, struct verdict_list *ret)
{
	int error = 0;

	ret->count = message->count;
	for (uint32_t i = 0; i < message->count; i++) {
		const struct event *event = &message->events[i];
		const struct step step = {
			.verdicts = verdicts,
			.recorder = recorder,
			.event = event,
			.flow = &verdicts->flows[event->flow],
			.verdict = &ret->at[i],
			.now_ms = now_ms,
		};

		ret->at[i] = (struct verdict){ .has_packet = event->has_packet,
					       .packet_id = event->packet_id };
		if (enter(&step) != 0) {
			error = -EPROTO;
			ret->at[i].mark = MARK_REFUSED;
			continue;
		}
		take(&step);
	}
	return error;
}

void verdict_withdraw(struct verdicts *verdicts, struct recorder *recorder,
		      const struct event_message *message, struct verdict_list *list)
{
	for (uint32_t i = 0; i < list->count; i++) {
		struct verdict *verdict = &list->at[i];
		struct flow *flow = &verdicts->flows[message->events[i].flow];

		if (!verdict->fresh)
			continue;
		if (verdict->reason != REASON_NONE) {
			recorder->counts.permitted[verdict->reason]--;
			recorder_count(recorder, false, REASON_LOG_UNAVAILABLE);
			verdict->reason = REASON_LOG_UNAVAILABLE;
		}
		verdict->fresh = false;
		verdict->end_flow = true;
		verdict->mark = MARK_REFUSED;
		if (flow->generation == message->events[i].generation)
			flow->mark = MARK_REFUSED;
	}
}

void verdict_judge_again(struct verdicts *verdicts, const struct policy *policy)
{
	const int64_t now_s = mono_real().tv_sec;
	struct decide_result result;

	for (uint32_t i = 0; i < verdicts->flows_max; i++) {
		struct flow *flow = &verdicts->flows[i];

		if (!flow->known || !is_permitted(flow->mark))
			continue;
		decide_again(policy, &flow->key, flow->mark, &result);
		decide_expire(&result, now_s);
		flow->mark = result.mark;
	}
}

void verdict_forget(struct verdicts *verdicts, verdict_lost *lost, void *data)
{
	for (uint32_t i = 0; i < verdicts->flows_max; i++) {
		struct flow *flow = &verdicts->flows[i];

		if (i != EVENT_FLOW_NONE && flow->known && !flow->mark)
			lost(&flow->key, flow->client_next_seq, data);
		memset(flow, 0, sizeof(*flow));
	}
}

void verdict_counts(const struct verdicts *verdicts, struct verdict_counts *ret)
{
	struct verdict_counts counts = { 0 };

	for (uint32_t i = EVENT_FLOW_NONE + 1; i < verdicts->flows_max; i++) {
		counts.known += verdicts->flows[i].known;
		counts.undecided += verdicts->flows[i].known && !verdicts->flows[i].mark;
	}
	*ret = counts;
}
