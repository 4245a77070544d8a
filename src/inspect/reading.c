/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what a client sends, from the packet itself where it came in order, else from the flow's
 * hold. */
#include "inspect/reading.h"

#include <string.h>

#include "inspect/reading_parts.h"

/* No window of TCP is larger; further off is not ahead but behind. Source: RFC 7323 section 2.3. */
#define AHEAD_MAX (1 << 30)

bool reading_take_hold(struct reading *r, struct flow *flow, uint32_t first_seq)
{
	struct source *source = flows_source(r->flows, flow);

	if (flow->hold != NULL)
		return true;
	if (r->shared && source->holds >= hold_left(r->holds))
		return false;
	flow->hold = hold_take(r->holds, first_seq);
	if (flow->hold == NULL)
		return false;
	source->holds++;
	return true;
}

/* With it goes the beginning of a QUIC connection of which nothing was let through. */
static void give_hold(struct reading *r, struct flow *flow)
{
	struct source *source = flows_source(r->flows, flow);

	if (flow->hold == NULL)
		return;
	source->holds--;
	source->packets -= flow->hold->count;
	hold_give(r->holds, flow->hold);
	flow->hold = NULL;
	if (flow->quic != 0)
		reading_quic_leave(r, flow);
}

bool reading_keep_packet(struct reading *r, struct flow *flow, const struct hold_packet *packet)
{
	struct source *source = flows_source(r->flows, flow);

	if (r->shared && source->packets >= hold_packets_left(r->holds))
		return false;
	if (!hold_keep(r->holds, flow->hold, r->held_max, packet))
		return false;
	source->packets++;
	return true;
}

static bool release_packet(struct reading *r, struct flow *flow, struct hold_packet *ret)
{
	if (flow->hold == NULL || !hold_release(r->holds, flow->hold, flow->base, ret))
		return false;
	flows_source(r->flows, flow)->packets--;
	return true;
}

/* The event goes out with the packet that came first; then a FOLLOW for each other. */
void reading_bear_all(struct reading *r, struct flow *flow, struct event *e)
{
	if (flow->hold == NULL)
		return;
	for (uint32_t i = 0; i < flow->hold->count; i++)
		report_bear(&r->report, e, flow->hold->packets[i].id);
	give_hold(r, flow);
}

static void settle(struct reading *r, struct flow *flow, uint64_t now_ms)
{
	flow->state = FLOW_DECIDED;
	flows_move(r->flows, flow, FLOWS_DECIDED, now_ms);
}

static void refuse(struct reading *r, struct flow *flow, enum reason reason, uint32_t expected_seq,
		   const uint32_t *id, uint64_t now_ms)
{
	struct event e;

	report_fill(flow, EVENT_REFUSE, expected_seq, &e);
	e.reason = (uint8_t)reason;
	e.app = (uint8_t)flow->app;
	reading_bear_all(r, flow, &e);
	if (id != NULL)
		report_bear(&r->report, &e, *id);
	else
		report_alone(&r->report, &e);
	settle(r, flow, now_ms);
}

void reading_refuse(struct reading *r, struct flow *flow, enum reason reason,
		    const struct arrival *arrival, uint64_t now_ms)
{
	refuse(r, flow, reason, report_expected_seq(flow),
	       arrival == NULL ? NULL : &arrival->raw->id, now_ms);
}

void reading_discard_held(struct reading *r, struct flow *flow)
{
	struct event e;

	if (flow->hold == NULL)
		return;
	for (uint32_t i = 0; i < flow->hold->count; i++) {
		report_fill(flow, EVENT_DISCARD, report_expected_seq(flow), &e);
		report_bear(&r->report, &e, flow->hold->packets[i].id);
	}
	give_hold(r, flow);
}

void reading_drop(struct reading *r, struct flow *flow)
{
	reading_discard_held(r, flow);
	flows_remove(r->flows, flow);
}

void reading_refuse_segment(struct reading *r, struct flow *flow, enum reason reason,
			    const struct segment *s)
{
	/* A first line that is no request line only means that this is not HTTP; once there was a
	 * request, it is one that is broken. */
	if (reason == REASON_NOT_HTTP)
		reason = flow->state == FLOW_WATCHED ? REASON_HTTP_MALFORMED : REASON_NOT_TLS;
	refuse(r, flow, reason, s->expected_seq, s->placed ? NULL : &s->arrival->raw->id,
	       s->now_ms);
}

/* How much of the segment lies at and behind the flow's base. */
static size_t rest_of(const struct flow *flow, const struct segment *s)
{
	int32_t at = (int32_t)(flow->base - s->seq);

	return at >= 0 && (size_t)at < s->len ? s->len - (size_t)at : 0;
}

/* The longest run at the flow's base: the segment itself, or what the hold has joined. */
struct view reading_view(const struct flow *flow, const struct segment *s)
{
	struct view view = { .at = s->bytes, .len = rest_of(flow, s) };
	size_t offset, run;

	if (view.len != 0)
		view.at = s->bytes + (s->len - view.len);
	if (flow->hold == NULL)
		return view;
	offset = flow->base - flow->hold->stream.first_seq;
	run = stream_run(&flow->hold->stream, offset);
	if (run > view.len)
		view = (struct view){ flow->hold->stream.data + offset, run };
	return view;
}

/* Puts the segment into the flow's hold, which may have to be taken. REASON_NONE, or why not. */
static enum reason hold_segment(struct reading *r, struct flow *flow, struct segment *s)
{
	const struct arrival *a = s->arrival;
	struct hold_packet packet = {
		.id = a->raw->id,
		.seq = a->packet.seq,
		.end = a->packet.seq + (uint32_t)a->packet.payload_len,
	};

	if (!reading_take_hold(r, flow, flow->base))
		return REASON_RESOURCE_LIMIT;
	if (!reading_keep_packet(r, flow, &packet)) {
		if (flow->hold->count == 0)
			give_hold(r, flow);
		return REASON_RESOURCE_LIMIT;
	}
	s->placed = true;
	return REASON_NONE;
}

/* Makes sure that what is not yet decided of the segment is in the hold's stream, from the flow's
 * base on. */
enum reason reading_keep_rest(struct reading *r, struct flow *flow, struct segment *s)
{
	size_t rest = rest_of(flow, s);
	enum reason fault;
	bool fresh;

	if (!s->placed && rest != 0) {
		fault = hold_segment(r, flow, s);
		if (fault != REASON_NONE)
			return fault;
	}
	if (flow->hold == NULL)
		return REASON_NONE;
	stream_consume(&flow->hold->stream, flow->base - flow->hold->stream.first_seq);
	if (rest == 0)
		return REASON_NONE;
	return stream_add(&flow->hold->stream, flow->base, s->bytes + (s->len - rest), rest,
			  &fresh);
}

/* Lets go every packet that is decided to its end; e is the last request's NAME, or a FOLLOW. */
void reading_release(struct reading *r, struct flow *flow, struct event *e, struct segment *s)
{
	struct hold_packet packet;

	while (release_packet(r, flow, &packet))
		report_bear(&r->report, e, packet.id);
	if (flow->hold != NULL && flow->hold->count == 0)
		give_hold(r, flow);
	if (!s->placed && (int32_t)(s->seq + (uint32_t)s->len - flow->base) <= 0) {
		report_bear(&r->report, e, s->arrival->raw->id);
		s->placed = true;
	}
	report_alone(&r->report, e);
}

static void read_payload(struct reading *r, struct flow *flow, struct segment *s)
{
	struct view view = reading_view(flow, s);

	if (flow->app == APP_NONE && view.len != 0)
		flow->app = http_head_may_begin(view.at[0]) ? APP_HTTP : APP_TLS;
	if (flow->app == APP_HTTP)
		reading_http(r, flow, s);
	else if (flow->app == APP_TLS)
		reading_tls(r, flow, s); /* behind a hole too: what waits has its time */
}

/* A segment that cannot be read from the packet alone. */
static void join_payload(struct reading *r, struct flow *flow, struct segment *s)
{
	size_t start = s->seq - flow->base;
	bool hole = start > reading_view(flow, s).len;
	bool fresh = false;
	enum reason fault;

	if (start + s->len > STREAM_MAX && hole) {
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return;
	}
	if (!reading_take_hold(r, flow, flow->base)) {
		reading_refuse_segment(r, flow, REASON_RESOURCE_LIMIT, s);
		return;
	}
	fault = stream_add(&flow->hold->stream, s->seq, s->bytes, s->len, &fresh);
	if (fault == REASON_NONE && !fresh && start + s->len <= STREAM_MAX) {
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return;
	}
	if (fault == REASON_NONE)
		fault = hold_segment(r, flow, s);
	/* Too many packets behind a hole: they can come again once it is filled. */
	if (fault == REASON_RESOURCE_LIMIT && hole && flow->state != FLOW_UNDECIDED)
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
	else if (fault != REASON_NONE)
		reading_refuse_segment(r, flow, fault, s);
	else
		read_payload(r, flow, s);
}

/* Compares what comes again, and steps over a hole that lies in a body. False if the packet is
 * reported. */
static bool place_known(struct reading *r, struct flow *flow, struct segment *s)
{
	int32_t start = (int32_t)(s->seq - flow->base);
	uint64_t any;

	if (start < 0 && !reading_pass_again(r, flow, s))
		return false;
	if (flow->state == FLOW_PROVING) {
		report_packet(&r->report, flow, s->arrival, EVENT_FOLLOW);
		return false;
	}
	if (start < 0)
		return true;
	if (start > AHEAD_MAX) {
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return false;
	}
	any = flow->state == FLOW_WATCHED ? http_indifferent(&flow->http) : 0;
	if (flow->hold == NULL && any != 0 && start > 0) {
		if (any > (uint64_t)start)
			any = (uint64_t)start;
		http_skip(&flow->http, any);
		flow->base += (uint32_t)any;
	}
	if (s->seq - flow->base >= STREAM_MAX) {
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return false;
	}
	return true;
}

void reading_payload(struct reading *r, struct flow *flow, const struct arrival *arrival,
		     uint64_t now_ms)
{
	struct segment s = {
		.arrival = arrival,
		.seq = arrival->packet.seq,
		.bytes = arrival->packet.payload,
		.len = arrival->packet.payload_len,
		.expected_seq = report_expected_seq(flow),
		.now_ms = now_ms,
	};

	if (flow->state != FLOW_UNDECIDED) {
		if (!place_known(r, flow, &s))
			return;
	} else if (s.len == 1 && flow->has_isn && s.seq == flow->isn) {
		/* a probe whether the connection lives: at the SYN's place stands no byte */
		report_packet(&r->report, flow, arrival, EVENT_PASS);
		return;
	} else if (s.seq - flow->base >= STREAM_MAX) {
		reading_refuse_segment(r, flow, REASON_OUT_OF_WINDOW, &s);
		return;
	}
	if (flow->hold == NULL && s.seq == flow->base)
		read_payload(r, flow, &s);
	else
		join_payload(r, flow, &s);
}
