/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what a client sends, from the packet itself where it came in order, else from the flow's
 * hold. */
#include "inspect/reading.h"

#include <string.h>

#include "inspect/tls.h"
#include "policy/names.h"

/* No window of TCP is larger; further off is not ahead but behind. Source: RFC 7323 section 2.3. */
#define AHEAD_MAX (1 << 30)

/* The part of a packet that is not yet decided. */
struct segment {
	const struct arrival *arrival;
	uint32_t seq; /* of its first byte; at or behind the flow's base */
	const uint8_t *bytes;
	size_t len;
	uint32_t expected_seq; /* report_expected_seq() before it came */
	bool placed;           /* the flow's hold has it, or it is reported */
	uint64_t now_ms;
};

/* A run of the client's bytes that begins at the flow's base. */
struct view {
	const uint8_t *at;
	size_t len;
};

static void give_hold(struct reading *r, struct flow *flow)
{
	if (flow->hold != NULL)
		hold_give(r->holds, flow->hold);
	flow->hold = NULL;
}

/* The event goes out with the packet that came first; then a FOLLOW for each other. */
static void bear_all(struct reading *r, struct flow *flow, struct event *e)
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
	bear_all(r, flow, &e);
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

void reading_drop(struct reading *r, struct flow *flow)
{
	struct event e;

	if (flow->hold != NULL) {
		for (uint32_t i = 0; i < flow->hold->count; i++) {
			report_fill(flow, EVENT_DISCARD, report_expected_seq(flow), &e);
			report_bear(&r->report, &e, flow->hold->packets[i].id);
		}
		give_hold(r, flow);
	}
	flows_remove(r->flows, flow);
}

static void refuse_segment(struct reading *r, struct flow *flow, enum reason reason,
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
static struct view view_of(const struct flow *flow, const struct segment *s)
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

	if (flow->hold == NULL)
		flow->hold = hold_take(r->holds, flow->base);
	if (flow->hold == NULL || !hold_keep(flow->hold, r->held_max, &packet))
		return REASON_RESOURCE_LIMIT;
	s->placed = true;
	return REASON_NONE;
}

/* Makes sure that what is not yet decided of the segment is in the hold's stream, from the flow's
 * base on. */
static enum reason keep_rest(struct reading *r, struct flow *flow, struct segment *s)
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

/* Reports a name that ends the reading: all that is held goes with it. */
static void name_flow(struct reading *r, struct flow *flow, const struct tls_hello *hello,
		      const char *name, const struct segment *s)
{
	struct event e;

	report_fill(flow, EVENT_NAME, s->expected_seq, &e);
	e.app = APP_TLS;
	e.has_alpn = hello->has_alpn;
	e.has_ech = hello->has_ech;
	e.name_len = (uint8_t)strlen(name);
	memcpy(e.name, name, e.name_len);
	bear_all(r, flow, &e);
	if (!s->placed)
		report_bear(&r->report, &e, s->arrival->raw->id);
	settle(r, flow, s->now_ms);
}

static void read_tls(struct reading *r, struct flow *flow, struct segment *s)
{
	struct view view = view_of(flow, s);
	struct tls_hello hello;
	char name[NAMES_MAX + 1];
	enum reason reason = REASON_HELLO_TOO_LONG;
	enum names_fault fault;

	if (view.len > STREAM_MAX)
		view.len = STREAM_MAX;
	switch (tls_read(view.at, view.len, r->scratch, &hello, &reason)) {
	case TLS_MORE:
		if (view.len < STREAM_MAX)
			reason = keep_rest(r, flow, s);
		if (reason != REASON_NONE)
			refuse_segment(r, flow, reason, s);
		return;
	case TLS_REFUSE:
		refuse_segment(r, flow, reason, s);
		return;
	case TLS_HELLO:
		break;
	}
	fault = names_normalise((const char *)hello.name, hello.name_len, false, name);
	if (fault == NAMES_OK)
		name_flow(r, flow, &hello, name, s);
	else
		refuse_segment(
			r, flow,
			fault == NAMES_ADDRESS ? REASON_NAME_IS_ADDRESS : REASON_NAME_INVALID, s);
}

/* Steps over a hole ahead of what has come, as far as it lies in a body. False if there is nothing
 * to step to. */
static bool step_over_hole(struct flow *flow)
{
	uint64_t any = http_indifferent(&flow->http);
	size_t offset, next;

	if (flow->hold == NULL || any == 0)
		return false;
	offset = flow->base - flow->hold->stream.first_seq;
	next = stream_next(&flow->hold->stream, offset);
	if (next == STREAM_MAX)
		return false;
	if (any > next - offset)
		any = next - offset;
	http_skip(&flow->http, any);
	flow->base += (uint32_t)any;
	return true;
}

/* Lets go every packet that is decided to its end; e is the last request's NAME, or a FOLLOW. */
static void release_decided(struct reading *r, struct flow *flow, struct event *e,
			    struct segment *s)
{
	struct hold_packet packet;

	while (flow->hold != NULL && hold_release(flow->hold, flow->base, &packet))
		report_bear(&r->report, e, packet.id);
	if (flow->hold != NULL && flow->hold->count == 0)
		give_hold(r, flow);
	if (!s->placed && (int32_t)(s->seq + (uint32_t)s->len - flow->base) <= 0) {
		report_bear(&r->report, e, s->arrival->raw->id);
		s->placed = true;
	}
	report_alone(&r->report, e);
}

/* A request's NAME takes the place of the one before, which goes out without a packet. */
static void name_request(struct reading *r, struct flow *flow, const char *name, struct event *e,
			 const struct segment *s)
{
	report_alone(&r->report, e);
	report_fill(flow, EVENT_NAME, s->expected_seq, e);
	e->app = APP_HTTP;
	e->name_len = (uint8_t)strlen(name);
	memcpy(e->name, name, e->name_len);
	flow->state = FLOW_WATCHED;
}

/* Reads all that is there. REASON_NONE, or why the rest must be refused. */
static enum reason read_requests(struct reading *r, struct flow *flow, struct event *e,
				 const struct segment *s)
{
	struct http_head head;
	enum reason reason = REASON_NONE;

	for (;;) {
		struct view view = view_of(flow, s);
		enum http_result got;
		size_t used = 0;

		if (view.len == 0) {
			if (!step_over_hole(flow))
				return REASON_NONE;
			continue;
		}
		got = http_read(&flow->http, view.at, view.len, &used, &head, &reason);
		if (got == HTTP_REFUSE)
			return reason;
		flow->base += (uint32_t)used;
		if (got == HTTP_REQUEST)
			name_request(r, flow, head.name, e, s);
		else if (used < view.len)
			return REASON_NONE;
	}
}

/* Waiting packets have timeout_ms from the last request that was read on; a flow without any just
 * idles. */
static void move_watched(struct reading *r, struct flow *flow, bool advanced, uint64_t now_ms)
{
	if (flow->state != FLOW_WATCHED)
		return;
	if (flow->hold == NULL)
		flows_move(r->flows, flow, FLOWS_IDLE, now_ms);
	else if (advanced || flow->list != FLOWS_HOLDING)
		flows_move(r->flows, flow, FLOWS_HOLDING, now_ms);
}

static void read_http(struct reading *r, struct flow *flow, struct segment *s)
{
	uint32_t base = flow->base;
	enum reason reason, fault;
	struct event e;

	report_fill(flow, EVENT_FOLLOW, s->expected_seq, &e);
	reason = read_requests(r, flow, &e, s);
	/* What came before the fault is decided, as it would have been had it come alone. */
	release_decided(r, flow, &e, s);
	if (!s->placed || flow->hold != NULL) {
		fault = keep_rest(r, flow, s);
		if (reason == REASON_NONE)
			reason = fault;
	}
	s->expected_seq = report_expected_seq(flow);
	if (reason != REASON_NONE)
		refuse_segment(r, flow, reason, s);
	else
		move_watched(r, flow, flow->base != base, s->now_ms);
}

static void read_payload(struct reading *r, struct flow *flow, struct segment *s)
{
	struct view view = view_of(flow, s);

	if (flow->app == APP_NONE && view.len != 0)
		flow->app = http_head_is_token(view.at[0]) ? APP_HTTP : APP_TLS;
	if (flow->app == APP_HTTP)
		read_http(r, flow, s);
	else if (view.len != 0)
		read_tls(r, flow, s);
}

/* A segment that cannot be read from the packet alone. */
static void join_payload(struct reading *r, struct flow *flow, struct segment *s)
{
	size_t start = s->seq - flow->base;
	bool hole = start > view_of(flow, s).len;
	bool fresh = false;
	enum reason fault;

	if (start + s->len > STREAM_MAX && hole) {
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return;
	}
	if (flow->hold == NULL)
		flow->hold = hold_take(r->holds, flow->base);
	if (flow->hold == NULL) {
		refuse_segment(r, flow, REASON_RESOURCE_LIMIT, s);
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
	if (fault == REASON_RESOURCE_LIMIT && hole && flow->state == FLOW_WATCHED)
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
	else if (fault != REASON_NONE)
		refuse_segment(r, flow, fault, s);
	else
		read_payload(r, flow, s);
}

/* Cuts off what was decided before, and steps over a hole that lies in a body. False if the packet
 * is reported. */
static bool place_watched(struct reading *r, struct flow *flow, struct segment *s)
{
	int32_t start = (int32_t)(s->seq - flow->base);
	uint64_t any;

	if ((int64_t)start + (int64_t)s->len <= 0) {
		report_packet(&r->report, flow, s->arrival, EVENT_FOLLOW);
		return false;
	}
	if (start < 0) {
		uint32_t before = flow->base - s->seq;

		s->bytes += before;
		s->len -= before;
		s->seq = flow->base;
		return true;
	}
	if (start > AHEAD_MAX) {
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return false;
	}
	any = http_indifferent(&flow->http);
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

	if (flow->state == FLOW_WATCHED) {
		if (!place_watched(r, flow, &s))
			return;
	} else if (s.seq - flow->base >= STREAM_MAX) {
		refuse_segment(r, flow, REASON_OUT_OF_WINDOW, &s);
		return;
	}
	if (flow->hold == NULL && s.seq == flow->base)
		read_payload(r, flow, &s);
	else
		join_payload(r, flow, &s);
}
