/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is otherwise where packets come from a capture: it may lack what was before and between. */
#include <netinet/in.h>

#include "inspect/inspector_parts.h"
#include "inspect/peek.h"

bool inspector_capture_begin(struct inspector *i, const struct arrival *a, uint64_t now_ms)
{
	struct flow *flow;
	struct peek peek;

	if (a->packet.key.l4proto != IPPROTO_TCP)
		return false;
	peek_read(a->packet.payload, a->packet.payload_len, &peek);
	if (peek.app == APP_NONE)
		return false;
	flow = inspector_begin(i, a, FLOWS_UNDECIDED, now_ms);
	if (flow == NULL)
		return true;
	flow->state = FLOW_UNDECIDED;
	inspector_read(i, flow, a, now_ms);
	return true;
}

void inspector_capture_early(struct inspector *i, struct flow *flow, const struct arrival *a,
			     uint64_t now_ms)
{
	struct arrival data = *a;

	data.packet.seq++;
	inspector_read(i, flow, &data, now_ms);
}

bool inspector_capture_lost(struct inspector *i, struct flow *flow, const struct arrival *a)
{
	const struct hold *hold = flow->hold;
	size_t run;

	if (hold == NULL || (a->packet.flags & PACKET_ACK) == 0)
		return false;
	run = stream_run(&hold->stream, flow->base - hold->stream.first_seq);
	if ((int32_t)(a->packet.ack - (flow->base + (uint32_t)run)) <= 0)
		return false;
	reading_drop(&i->reading, flow);
	report_packet(&i->reading.report, NULL, a, EVENT_PASS);
	return true;
}

void inspector_forget(struct inspector *inspector, const struct flow_key *key)
{
	const struct flow_key back = { .src = key->dst,
				       .dst = key->src,
				       .sport = key->dport,
				       .dport = key->sport,
				       .l4proto = key->l4proto };
	struct flow *flow = flows_find(inspector->reading.flows, key);

	if (flow == NULL)
		flow = flows_find(inspector->reading.flows, &back);
	if (flow != NULL)
		reading_drop(&inspector->reading, flow);
}
