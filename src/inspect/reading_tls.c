/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a TLS client: its hello, and whether another one follows. */
#include <string.h>

#include "inspect/reading_parts.h"
#include "inspect/tls.h"
#include "inspect/tls_answer.h"
#include "policy/names.h"

static enum reason read_name(const struct tls_hello *hello, char name[NAMES_MAX + 1])
{
	const enum names_fault fault =
		names_normalise((const char *)hello->name, hello->name_len, false, name);

	if (fault == NAMES_OK)
		return REASON_NONE;
	return fault == NAMES_ADDRESS ? REASON_NAME_IS_ADDRESS : REASON_NAME_INVALID;
}

/* The first hello is whole: the flow has its name. */
static void name_flow(struct reading *r, struct flow *flow, const struct tls_hello *hello,
		      const char *name, struct event *e)
{
	e->type = EVENT_NAME;
	e->app = APP_TLS;
	e->has_alpn = hello->has_alpn;
	e->has_ech = hello->has_ech;
	tls_hello_alpn(hello, e->alpn);
	e->name_len = (uint8_t)strlen(name);
	memcpy(e->name, name, e->name_len);
	flow->name_len = e->name_len;
	flow->name_kept = kept_put(r->kept, (const uint8_t *)name, e->name_len);
	flow->state = FLOW_GUARDED;
	flow->flight.early = flow->asked = hello->has_early_data;
	flow->flight.early_left = TLS_FLIGHT_EARLY_MAX;
	flow->hello_end = flow->base + (uint32_t)hello->used;
}

/* The hello after a HelloRetryRequest. The server goes by this one. */
static enum reason check_second(struct reading *r, struct flow *flow, const char *name)
{
	if (flow->had_second)
		return REASON_TLS_MALFORMED;
	flow->had_second = true;
	flow->flight.early = false;
	if (strlen(name) == flow->name_len &&
	    kept_compare(r->kept, flow->name_kept, 0, (const uint8_t *)name, flow->name_len) ==
		    KEPT_SAME)
		return REASON_NONE;
	return REASON_NAME_CHANGED;
}

/* Reads the hello that begins at the base. *ret_more: it is not whole. */
static enum reason read_hello(struct reading *r, struct flow *flow, struct view view,
			      struct event *e, bool *ret_more)
{
	enum reason reason = REASON_NONE;
	struct tls_hello hello;
	char name[NAMES_MAX + 1];

	if (view.len > STREAM_MAX)
		view.len = STREAM_MAX;
	switch (tls_read(view.at, view.len, r->scratch, &hello, &reason)) {
	case TLS_MORE:
		*ret_more = true;
		return view.len < STREAM_MAX ? REASON_NONE : REASON_HELLO_TOO_LONG;
	case TLS_REFUSE:
		return reason;
	case TLS_HELLO:
		break;
	}
	*ret_more = false;
	reason = read_name(&hello, name);
	if (reason != REASON_NONE)
		return reason;
	if (flow->state == FLOW_UNDECIDED)
		name_flow(r, flow, &hello, name, e);
	else
		reason = check_second(r, flow, name);
	if (reason == REASON_NONE)
		reading_pass_by(r, flow, view.at, hello.used);
	return reason;
}

/* From now on the server's packets are wanted, too. */
static void ask(struct reading *r, struct event *e)
{
	report_alone(&r->report, e);
	e->type = EVENT_ASK;
}

/* What follows can be no other hello: once the server has acknowledged the bytes that tell so,
 * nothing of it can be replaced. */
static void ask_server(struct reading *r, struct flow *flow, struct view view, struct event *e)
{
	if (!flow->asked)
		ask(r, e);
	flow->state = FLOW_PROVING;
	reading_pass_by(r, flow, view.at,
			view.len < TLS_FLIGHT_TELLING ? view.len : TLS_FLIGHT_TELLING);
}

/* Reads hellos and what lies between them, as far as bytes are there. REASON_NONE, or why the rest
 * must be refused. */
static enum reason read_records(struct reading *r, struct flow *flow, struct event *e,
				const struct segment *s)
{
	bool more = false, hello = flow->state == FLOW_UNDECIDED;
	enum reason reason = REASON_NONE;

	while (!more && reason == REASON_NONE && flow->state != FLOW_PROVING) {
		struct view view = reading_view(flow, s);
		size_t used = 0;

		if (view.len == 0)
			return REASON_NONE;
		if (hello) {
			reason = read_hello(r, flow, view, e, &more);
			/* early data does not tell whether another hello follows; the server does
			 */
			if (flow->asked && !flow->had_second && e->type == EVENT_NAME)
				ask(r, e);
			hello = false;
			continue;
		}
		switch (tls_flight_read(&flow->flight, view.at, view.len, &used)) {
		case TLS_FLIGHT_MORE:
			more = true;
			reading_pass_by(r, flow, view.at, used);
			break;
		case TLS_FLIGHT_HELLO:
			hello = true;
			reading_pass_by(r, flow, view.at, used);
			break;
		case TLS_FLIGHT_TOO_LONG:
			return REASON_EARLY_DATA;
		case TLS_FLIGHT_REFUSE:
			return REASON_TLS_MALFORMED;
		case TLS_FLIGHT_OTHER:
			reading_pass_by(r, flow, view.at, used);
			ask_server(r, flow, reading_view(flow, s), e);
			break;
		}
	}
	return reason;
}

/* Waiting packets have timeout_ms from the last time that something was read on. */
static void move_guarded(struct reading *r, struct flow *flow, uint64_t now_ms)
{
	if (flow->state == FLOW_UNDECIDED)
		return;
	flows_move(r->flows, flow, flow->hold == NULL ? FLOWS_GUARDED : FLOWS_HOLDING, now_ms);
}

void reading_tls(struct reading *r, struct flow *flow, struct segment *s)
{
	enum reason reason, fault;
	struct event e;

	report_fill(flow, EVENT_FOLLOW, s->expected_seq, &e);
	reason = read_records(r, flow, &e, s);
	if (reason == REASON_NONE && flow->state == FLOW_PROVING) {
		/* whatever came behind what was read does not matter */
		reading_bear_all(r, flow, &e);
		if (!s->placed)
			report_bear(&r->report, &e, s->arrival->raw->id);
		flows_move(r->flows, flow, FLOWS_GUARDED, s->now_ms);
		return;
	}
	if (flow->state == FLOW_UNDECIDED && reason != REASON_NONE) {
		reading_refuse_segment(r, flow, reason, s);
		return;
	}
	if (flow->state != FLOW_UNDECIDED)
		reading_release(r, flow, &e, s);
	if (!s->placed || flow->hold != NULL) {
		fault = reading_keep_rest(r, flow, s);
		if (reason == REASON_NONE)
			reason = fault;
	}
	if (reason != REASON_NONE) {
		s->expected_seq = report_expected_seq(flow);
		reading_refuse_segment(r, flow, reason, s);
	} else {
		move_guarded(r, flow, s->now_ms);
	}
}

/* The client's ack tells where the server's first byte is: it cannot lie ahead, since what
 * acknowledges bytes that were never sent is no valid packet of its connection. */
bool reading_answer(struct reading *r, struct flow *flow, const struct arrival *arrival,
		    uint64_t now_ms)
{
	const struct packet *p = &arrival->packet;
	struct event e;

	if (!flow->asked || flow->state != FLOW_GUARDED || p->seq != flow->server_first ||
	    (p->flags & PACKET_ACK) == 0 || (int32_t)(p->ack - flow->hello_end) < 0 ||
	    tls_answer_read(p->payload, p->payload_len) != TLS_ANSWER_HELLO)
		return false;
	report_fill(flow, EVENT_FOLLOW, report_expected_seq(flow), &e);
	reading_bear_all(r, flow, &e);
	report_packet(&r->report, flow, arrival, EVENT_OPEN);
	flow->state = FLOW_DECIDED;
	flows_move(r->flows, flow, FLOWS_DECIDED, now_ms);
	return true;
}
