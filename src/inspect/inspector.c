/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorts packets by flow and direction, and keeps the flows' states and times. */
#include "inspect/inspector_parts.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/mark.h"
#include "inspect/flows.h"
#include "inspect/hold.h"
#include "inspect/packet.h"
#include "inspect/quic_keys.h"
#include "inspect/quic_table.h"
#include "inspect/reading_quic.h"
#include "inspect/report.h"

#define WATCHED_IDLE_MS 300000

/* The client may wait for a person that unlocks a key, or idle after early data. */
#define GUARDED_MS 300000

/* Bytes kept for comparing, for each slot of the flow table. */
#define KEPT_PER_FLOW 512
#define KEPT_MIN      65536

/* Connections of QUIC remembered, for each slot of the flow table: longer than flows. */
#define QUIC_PER_FLOW 2

/* Limits below what works are raised to it, and what is not limited is all that there is. */
static void set_limits(struct inspector_limits *limits)
{
	const uint64_t held = (uint64_t)limits->buffers_max * EVENT_HELD_MAX;

	if (limits->flows_max < 2)
		limits->flows_max = 2;
	if (limits->undecided_max == 0 || limits->undecided_max > limits->flows_max)
		limits->undecided_max = limits->flows_max;
	if (limits->held_max < 1)
		limits->held_max = 1;
	if (limits->held_all_max == 0)
		limits->held_all_max = held < UINT32_MAX ? (uint32_t)held : UINT32_MAX;
}

struct inspector *inspector_new(const struct inspector_limits *limits, inspector_emit *emit,
				void *data)
{
	struct inspector *i = calloc(1, sizeof(*i));

	if (i == NULL)
		return NULL;
	i->limits = *limits;
	set_limits(&i->limits);
	i->reading.flows = flows_new(i->limits.flows_max, limits->hash_seed);
	i->reading.holds = hold_pool_new(limits->buffers_max, i->limits.held_all_max);
	i->reading.kept = kept_new((size_t)i->limits.flows_max * KEPT_PER_FLOW + KEPT_MIN);
	i->reading.ring = quic_keyring_new();
	i->reading.quic = quic_table_new(i->limits.flows_max * QUIC_PER_FLOW, limits->hash_seed);
	i->reading.scratch = i->scratch;
	i->reading.held_max = i->limits.held_max;
	i->reading.shared = limits->per_source_max != 0;
	i->room.flows = i->reading.flows;
	i->room.report = &i->reading.report;
	i->room.undecided_max = i->limits.undecided_max;
	i->room.per_source_max = limits->per_source_max;
	i->reading.report.emit = emit;
	i->reading.report.data = data;
	if (i->reading.flows == NULL || i->reading.holds == NULL || i->reading.kept == NULL ||
	    i->reading.ring == NULL || i->reading.quic == NULL) {
		inspector_free(i);
		return NULL;
	}
	return i;
}

void inspector_free(struct inspector *inspector)
{
	if (inspector == NULL)
		return;
	flows_free(inspector->reading.flows);
	hold_pool_free(inspector->reading.holds);
	kept_free(inspector->reading.kept);
	quic_keyring_free(inspector->reading.ring);
	quic_table_free(inspector->reading.quic);
	free(inspector);
}

/* Takes a slot from a flow that is over its time, else from one that can do without. */
static void make_room(struct inspector *i, uint64_t now_ms)
{
	const uint32_t before = flows_count(i->reading.flows);

	inspector_expire(i, now_ms);
	if (flows_count(i->reading.flows) == before)
		room_make(&i->room, now_ms);
}

static struct flow *add_flow(struct inspector *i, const struct arrival *a, enum flows_list list,
			     uint64_t now_ms)
{
	struct flows *flows = i->reading.flows;
	struct flow *flow = flows_add(flows, &a->packet.key, list, now_ms);

	if (flow == NULL) {
		make_room(i, now_ms);
		flow = flows_add(flows, &a->packet.key, list, now_ms);
	}
	if (flow == NULL)
		return NULL;
	i->flows_seen++;
	flow->iif = a->raw->iif;
	flow->oif = a->raw->oif;
	flow->base = a->packet.seq;
	flow->server_next = (a->packet.flags & PACKET_ACK) != 0 ? a->packet.ack : 0;
	return flow;
}

struct flow *inspector_begin(struct inspector *i, const struct arrival *a, enum flows_list list,
			     uint64_t now_ms)
{
	enum room_answer room = room_for_opening(&i->room, &a->packet.key.src, now_ms);
	struct flow *flow = NULL;

	if (room == ROOM_LATER) {
		report_packet(&i->reading.report, NULL, a, EVENT_DISCARD);
		return NULL;
	}
	if (room == ROOM_FREE)
		flow = add_flow(i, a, list, now_ms);
	if (flow == NULL)
		report_stray(&i->reading.report, a, REASON_RESOURCE_LIMIT);
	if (room_undecided(&i->room) > i->room.undecided_peak)
		i->room.undecided_peak = room_undecided(&i->room);
	return flow;
}

static struct flow_key reversed(const struct flow_key *key)
{
	return (struct flow_key){ .src = key->dst,
				  .dst = key->src,
				  .sport = key->dport,
				  .dport = key->sport,
				  .l4proto = key->l4proto };
}

/* Refuses a packet whose flow is not known, and remembers the flow so that its next packets FOLLOW;
 * but only while slots abound, since those that begin properly need them more. */
static void refuse_unknown(struct inspector *i, const struct arrival *a, enum reason reason,
			   uint64_t now_ms)
{
	struct flow *flow = NULL;

	if (i->limits.capture) {
		if (!inspector_capture_begin(i, a, now_ms))
			report_stray(&i->reading.report, a, reason);
		return;
	}
	if (flows_count(i->reading.flows) < i->limits.flows_max / 2)
		flow = add_flow(i, a, FLOWS_DECIDED, now_ms);
	if (flow == NULL)
		report_stray(&i->reading.report, a, reason);
	else
		reading_refuse(&i->reading, flow, reason, a, now_ms);
}

/* A packet that the kernel permits by address. */
static void take_admitted(struct inspector *i, const struct arrival *a, uint64_t now_ms)
{
	const struct packet *p = &a->packet;
	struct flow *flow = flows_find(i->reading.flows, &p->key);
	bool syn = p->key.l4proto == IPPROTO_TCP && (p->flags & PACKET_SYN) != 0;

	/* Another SYN on the same ports may be another flow, which must be recorded: rather a SYN
	 * that was sent again recorded twice. */
	if (flow != NULL && flow->state == FLOW_ADMITTED && !syn) {
		report_packet(&i->reading.report, flow, a, EVENT_FOLLOW);
		return;
	}
	if (flow != NULL)
		reading_drop(&i->reading, flow);
	flow = add_flow(i, a, FLOWS_DECIDED, now_ms);
	if (flow == NULL) {
		report_stray(&i->reading.report, a, REASON_RESOURCE_LIMIT);
		return;
	}
	flow->state = FLOW_ADMITTED;
	flow->has_isn = syn;
	flow->isn = p->seq;
	report_packet(&i->reading.report, flow, a, EVENT_ADMIT);
}

/* True if a SYN belongs to an undecided flow, or must not take its place. What is decided says
 * nothing of a connection that conntrack lets begin anew (its SYN bears no state yet), be its
 * sequence number the same. */
static bool syn_is_settled(struct inspector *i, struct flow *flow, const struct arrival *a)
{
	struct report *report = &i->reading.report;

	/* In a capture, frames may come twice and in any order. */
	if (i->limits.capture && flow->has_isn && flow->isn == a->packet.seq) {
		report_packet(report, flow, a, EVENT_PASS);
		return true;
	}
	if (flow->state != FLOW_UNDECIDED) {
		/* In the same connection: it came while the flow's decision was on its way. */
		if ((a->raw->mark & MARK_STATE_MASK) == MARK_NONE)
			return false;
		report_packet(report, flow, a, EVENT_DISCARD);
		return true;
	}
	if (flow->isn == a->packet.seq) {
		report_packet(report, flow, a, EVENT_PASS);
		return true;
	}
	if (flow->confirmed) {
		report_packet(report, flow, a, EVENT_DISCARD);
		return true;
	}
	return false;
}

/* flow: what is known under these ports, or NULL. */
static void take_syn(struct inspector *i, struct flow *flow, const struct arrival *a,
		     uint64_t now_ms)
{
	struct report *report = &i->reading.report;
	uint32_t state = a->raw->mark & MARK_STATE_MASK;
	/* A decided flow is over when conntrack lets another begin; an undecided one may still
	 * live. */
	bool takes_place = flow != NULL && flow->state == FLOW_UNDECIDED;

	/* Conntrack knows this connection as decided: no new one begins in it. */
	if ((a->packet.payload_len != 0 && !i->limits.capture) ||
	    (state != MARK_NONE && state != MARK_UNDECIDED)) {
		report_packet(report, flow, a, EVENT_DISCARD);
		return;
	}
	if (flow != NULL) {
		if (syn_is_settled(i, flow, a))
			return;
		i->room.ended[EVENT_END_PORTS] += takes_place;
		reading_drop(&i->reading, flow);
	}
	flow = inspector_begin(i, a, FLOWS_OPENING, now_ms);
	if (flow == NULL)
		return;
	flow->state = FLOW_UNDECIDED;
	flow->has_isn = true;
	flow->isn = a->packet.seq;
	flow->base = a->packet.seq + 1;
	flow->must_confirm = takes_place;
	if (a->packet.payload_len == 0)
		report_packet(report, flow, a, EVENT_PASS);
	else
		inspector_capture_early(i, flow, a, now_ms);
}

void inspector_read(struct inspector *i, struct flow *flow, const struct arrival *a,
		    uint64_t now_ms)
{
	const bool named = flow->state != FLOW_UNDECIDED;

	reading_payload(&i->reading, flow, a, now_ms);
	if (flow->list == FLOWS_OPENING)
		flows_move(i->reading.flows, flow, FLOWS_UNDECIDED, now_ms);
	else if (!named && flow->state != FLOW_DECIDED)
		room_named(&i->room, flow, now_ms);
}

/* A segment without payload, from either end. */
static void take_bare(struct inspector *i, struct flow *flow, const struct arrival *a)
{
	if (flow == NULL) {
		report_packet(&i->reading.report, NULL, a, EVENT_PASS);
		return;
	}
	if (flow->state != FLOW_UNDECIDED && flow->state != FLOW_WATCHED) {
		report_packet(&i->reading.report, flow, a, EVENT_FOLLOW);
		return;
	}
	/* A reset does not end an undecided flow: its server may never see it. */
	report_packet(&i->reading.report, flow, a, EVENT_PASS);
}

static void take_from_client(struct inspector *i, struct flow *flow, const struct arrival *a,
			     uint64_t now_ms)
{
	const struct packet *p = &a->packet;

	if ((p->flags & (PACKET_SYN | PACKET_ACK)) == PACKET_SYN) {
		take_syn(i, flow, a, now_ms);
		return;
	}
	if (flow != NULL && (p->flags & PACKET_ACK) != 0) {
		/* before its first byte a client has nothing of the server to acknowledge but its
		 * SYN: what it says later does not matter */
		if (flow->list == FLOWS_OPENING)
			flow->server_first = p->ack;
		flow->server_next = p->ack;
	}
	if (p->payload_len == 0) {
		take_bare(i, flow, a);
	} else if (flow == NULL) {
		refuse_unknown(i, a, REASON_MIDSTREAM, now_ms);
	} else if (flow->state == FLOW_DECIDED || flow->state == FLOW_ADMITTED) {
		report_packet(&i->reading.report, flow, a, EVENT_FOLLOW);
	} else if (flow->must_confirm && !flow->confirmed) {
		reading_refuse(&i->reading, flow, REASON_OUT_OF_WINDOW, a, now_ms);
	} else if ((p->flags & PACKET_SYN) != 0) {
		reading_refuse(&i->reading, flow, REASON_BAD_PACKET, a, now_ms);
	} else {
		inspector_read(i, flow, a, now_ms);
	}
}

/* A packet of the server of a flow whose client is read as far as it matters. */
static void take_proof(struct inspector *i, struct flow *flow, const struct arrival *a,
		       uint64_t now_ms)
{
	const struct packet *p = &a->packet;

	if ((p->flags & PACKET_ACK) == 0 || (int32_t)(p->ack - flow->base) < 0) {
		report_packet(&i->reading.report, flow, a, EVENT_FOLLOW);
		return;
	}
	report_packet(&i->reading.report, flow, a, EVENT_OPEN);
	flow->state = FLOW_DECIDED;
	i->room.ended[EVENT_END_OPENED]++;
	flows_move(i->reading.flows, flow, FLOWS_DECIDED, now_ms);
}

static void take_from_server(struct inspector *i, struct flow *flow, const struct arrival *a,
			     uint64_t now_ms)
{
	const struct packet *p = &a->packet;
	uint8_t handshake = p->flags & (PACKET_SYN | PACKET_ACK);

	if (flow->state == FLOW_PROVING) {
		take_proof(i, flow, a, now_ms);
		return;
	}
	if (i->limits.capture && inspector_capture_lost(i, flow, a))
		return;
	if (p->payload_len != 0) {
		if (reading_answer(&i->reading, flow, a, now_ms))
			return;
		/* without a beginning, it may have been a conversation before */
		if (flow->state != FLOW_UNDECIDED || (i->limits.capture && !flow->has_isn)) {
			report_packet(&i->reading.report, flow, a, EVENT_FOLLOW);
			return;
		}
		/* a reset of the client must stand where this would have stood */
		if (flow->server_next == 0)
			flow->server_next = p->seq;
		reading_refuse(&i->reading, flow, REASON_SERVER_FIRST, a, now_ms);
		return;
	}
	/* Both ends opening at once: the server would become a client that was never judged. */
	if (handshake == PACKET_SYN) {
		report_packet(&i->reading.report, flow, a, EVENT_DISCARD);
		return;
	}
	if (handshake == (PACKET_SYN | PACKET_ACK) && flow->state == FLOW_UNDECIDED) {
		if (p->ack == flow->isn + 1) {
			flow->confirmed = true;
			flow->server_first = flow->server_next = p->seq + 1;
		} else {
			flow->must_confirm = true;
		}
	}
	take_bare(i, flow, a);
}

/* True for a server's SYN-ACK in a connection that the kernel has let through: it queues that for
 * this question alone. Of a capture, the SYN may be missing. */
static bool may_begin_again(const struct inspector *i, const struct flow *flow,
			    const struct arrival *a)
{
	const uint32_t state = a->raw->mark & MARK_STATE_MASK;
	const uint8_t handshake = PACKET_SYN | PACKET_ACK;

	if (i->limits.capture)
		return (a->packet.flags & handshake) == handshake && flow == NULL;
	return (a->packet.flags & handshake) == handshake && (a->raw->mark & MARK_INSPECTED) != 0 &&
	       (state == MARK_GUARDED || state == MARK_PROVING || state == MARK_OPEN ||
		state == MARK_WATCHED);
}

/* Another connection on the same ports begins with the server's SYN-ACK, however it came to that.
 * flow: what is known of the old one, or NULL. */
static void take_again(struct inspector *i, struct flow *flow, const struct arrival *a,
		       uint64_t now_ms)
{
	const struct packet *p = &a->packet;
	const struct inspector_packet raw = {
		.data = a->raw->data,
		.len = a->raw->len,
		.id = a->raw->id,
		.mark = a->raw->mark,
		.iif = a->raw->oif,
		.oif = a->raw->iif,
	};
	/* as its client would have sent it */
	const struct arrival turned = {
		.raw = &raw,
		.packet = { .key = reversed(&p->key),
			    .seq = p->ack,
			    .ack = p->seq + 1,
			    .flags = PACKET_ACK },
	};

	/* a server that speaks first */
	if (p->payload_len != 0) {
		report_packet(&i->reading.report, NULL, a, EVENT_DISCARD);
		return;
	}
	if (flow != NULL)
		reading_drop(&i->reading, flow);
	flow = inspector_begin(i, &turned, FLOWS_OPENING, now_ms);
	if (flow == NULL)
		return;
	flow->state = FLOW_UNDECIDED;
	flow->has_isn = true;
	flow->isn = p->ack - 1;
	flow->confirmed = true;
	report_packet(&i->reading.report, flow, &turned, EVENT_AGAIN);
}

/* True if a SYN-ACK is that of the connection that is known: a copy, or one that was sent again. */
static bool is_own_answer(const struct flow *flow, const struct packet *p)
{
	return flow->has_isn && p->ack == flow->isn + 1 && p->seq + 1 == flow->server_first;
}

static void take_tcp(struct inspector *i, const struct arrival *a, uint64_t now_ms)
{
	struct flow_key back = reversed(&a->packet.key);
	struct flow *flow = flows_find(i->reading.flows, &a->packet.key);

	if (flow == NULL) {
		flow = flows_find(i->reading.flows, &back);
		if (may_begin_again(i, flow, a) &&
		    (flow == NULL ||
		     (flow->state != FLOW_UNDECIDED && !is_own_answer(flow, &a->packet)))) {
			take_again(i, flow, a, now_ms);
			return;
		}
		if (flow != NULL) {
			take_from_server(i, flow, a, now_ms);
			return;
		}
	}
	take_from_client(i, flow, a, now_ms);
}

/* Headers that do not hold together end the flow that they name, if it still waits for a decision.
 */
static void take_bad(struct inspector *i, const struct arrival *a, uint64_t now_ms)
{
	struct flow_key back = reversed(&a->packet.key);
	struct flow *flow = flows_find(i->reading.flows, &a->packet.key);

	if (flow == NULL)
		flow = flows_find(i->reading.flows, &back);
	if (flow != NULL && flow->state != FLOW_DECIDED && flow->state != FLOW_ADMITTED)
		reading_refuse(&i->reading, flow, REASON_BAD_PACKET, a, now_ms);
	else
		report_stray(&i->reading.report, a, REASON_BAD_PACKET);
}

/* A QUIC datagram that cannot belong to a known flow. NULL if it is reported. */
static struct flow *begin_quic(struct inspector *i, const struct arrival *a, enum reason fault,
			       const struct quic_datagram *d, uint64_t now_ms)
{
	struct flow *flow;

	switch (reading_quic_stray(a, fault, d, &fault)) {
	case READING_QUIC_PASS:
		report_packet(&i->reading.report, NULL, a, EVENT_PASS);
		return NULL;
	case READING_QUIC_DISCARD:
		report_packet(&i->reading.report, NULL, a, EVENT_DISCARD);
		return NULL;
	case READING_QUIC_REFUSE:
		refuse_unknown(i, a, fault, now_ms);
		return NULL;
	case READING_QUIC_BEGINS:
		break;
	}
	flow = inspector_begin(i, a, FLOWS_UNDECIDED, now_ms);
	if (flow != NULL)
		flow->app = APP_QUIC;
	return flow;
}

static void take_udp(struct inspector *i, const struct arrival *a, uint64_t now_ms)
{
	struct flow_key back = reversed(&a->packet.key);
	struct flow *flow = flows_find(i->reading.flows, &a->packet.key);
	struct quic_datagram d = { .count = 0 };
	enum reason fault;
	bool named;

	if (flow == NULL && (flow = flows_find(i->reading.flows, &back)) != NULL) {
		report_packet(&i->reading.report, flow, a,
			      flow->state == FLOW_UNDECIDED ? EVENT_DISCARD : EVENT_FOLLOW);
		return;
	}
	fault = quic_read(a->packet.payload, a->packet.payload_len, &d);
	if (flow == NULL)
		flow = begin_quic(i, a, fault, &d, now_ms);
	if (flow == NULL)
		return;
	named = flow->state != FLOW_UNDECIDED;
	reading_quic(&i->reading, flow, a, fault, &d, now_ms);
	if (named)
		return;
	flow = flows_find(i->reading.flows, &a->packet.key);
	if (flow != NULL && flow->state == FLOW_WATCHED)
		room_named(&i->room, flow, now_ms);
}

void inspector_packet(struct inspector *inspector, const struct inspector_packet *packet,
		      uint64_t now_ms)
{
	struct arrival a = { .raw = packet };
	int fault = packet_parse(packet->data, packet->len, &a.packet);

	inspector->packets++;
	if (fault < 0 || packet->truncated)
		take_bad(inspector, &a, now_ms);
	else if ((packet->mark & MARK_ADMIT) != 0)
		take_admitted(inspector, &a, now_ms);
	else if (a.packet.key.l4proto == IPPROTO_TCP)
		take_tcp(inspector, &a, now_ms);
	else if (a.packet.key.l4proto == IPPROTO_UDP)
		take_udp(inspector, &a, now_ms);
	else
		report_stray(&inspector->reading.report, &a, REASON_BAD_PACKET);
}

void inspector_expire(struct inspector *inspector, uint64_t now_ms)
{
	const struct inspector_limits *limits = &inspector->limits;
	struct reading *reading = &inspector->reading;
	struct flows *flows = reading->flows;
	struct flow *flow;

	while ((flow = room_older_than(flows, FLOWS_DECIDED, limits->forget_ms, now_ms)) != NULL)
		flows_remove(flows, flow);
	while ((flow = room_older_than(flows, FLOWS_GUARDED, GUARDED_MS, now_ms)) != NULL)
		room_end(&inspector->room, flow, EVENT_END_IDLE);
	while ((flow = room_older_than(flows, FLOWS_IDLE, WATCHED_IDLE_MS, now_ms)) != NULL)
		room_end(&inspector->room, flow, EVENT_END_IDLE);
	while ((flow = room_older_than(flows, FLOWS_OPENING, limits->timeout_ms, now_ms)) != NULL)
		reading_refuse(reading, flow, REASON_TIMEOUT, NULL, now_ms);
	while ((flow = room_older_than(flows, FLOWS_UNDECIDED, limits->timeout_ms, now_ms)) != NULL)
		reading_refuse(reading, flow, REASON_TIMEOUT, NULL, now_ms);
	while ((flow = room_older_than(flows, FLOWS_HOLDING, limits->timeout_ms, now_ms)) != NULL)
		reading_refuse(reading, flow, REASON_TIMEOUT, NULL, now_ms);
}

void inspector_counts(const struct inspector *inspector, struct inspector_counts *ret)
{
	const struct reading *reading = &inspector->reading;

	memset(ret, 0, sizeof(*ret));
	ret->packets = inspector->packets;
	ret->events = reading->report.events;
	ret->flows_seen = inspector->flows_seen;
	ret->flows_now = flows_count(reading->flows);
	ret->flows_peak = flows_peak(reading->flows);
	ret->buffers_now = hold_taken(reading->holds);
	memcpy(ret->refused, reading->report.refused, sizeof(ret->refused));
}

void inspector_tell(const struct inspector *inspector, struct event_counts *ret)
{
	const struct reading *reading = &inspector->reading;

	ret->undecided = room_undecided(&inspector->room);
	ret->undecided_peak = inspector->room.undecided_peak;
	ret->put_off = inspector->room.put_off;
	ret->sources = flows_sources(reading->flows);
	ret->buffers = hold_taken(reading->holds);
	ret->held = hold_packets(reading->holds);
	memcpy(ret->ended, inspector->room.ended, sizeof(ret->ended));
}
