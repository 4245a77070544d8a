/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads an HTTP client, request after request. */
#include <string.h>

#include "inspect/reading_parts.h"

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

/* Of a chunk's data, at most that much is kept beside the framing: fewer, longer pieces. */
#define DATA_KEPT_MAX 512

/* What frames a chunked body says where the next head begins: it is kept as a head is, and data
 * between is stepped over. False if there is none of it. *ret_got is HTTP_REFUSE if it is broken.
 */
static bool pass_chunked(struct reading *r, struct flow *flow, struct view view,
			 enum http_result *ret_got, enum reason *ret_reason)
{
	const uint64_t any = http_indifferent(&flow->http);
	const size_t run = any < view.len ? (size_t)any : view.len;
	struct http_head head;
	size_t used;

	*ret_got = HTTP_MORE;
	if (flow->http.phase == HTTP_HEAD || flow->http.phase == HTTP_BODY)
		return false;
	if (run == 0) {
		*ret_got = http_read(&flow->http, view.at, 1, &used, &head, ret_reason);
		if (*ret_got == HTTP_MORE)
			reading_pass_by(r, flow, view.at, 1);
		return true;
	}
	http_skip(&flow->http, run);
	if (run <= DATA_KEPT_MAX)
		reading_pass_by(r, flow, view.at, run);
	else
		flow->base += (uint32_t)run;
	return true;
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
		struct view view = reading_view(flow, s);
		enum http_result got;
		size_t used = 0;

		if (view.len == 0) {
			if (!step_over_hole(flow))
				return REASON_NONE;
			continue;
		}
		if (pass_chunked(r, flow, view, &got, &reason)) {
			if (got == HTTP_REFUSE)
				return reason;
			continue;
		}
		got = http_read(&flow->http, view.at, view.len, &used, &head, &reason);
		if (got == HTTP_REFUSE)
			return reason;
		if (got == HTTP_REQUEST) {
			/* what went before the head is the rest of a body */
			flow->base += (uint32_t)(used - head.len);
			reading_pass_by(r, flow, view.at + (used - head.len), head.len);
			name_request(r, flow, head.name, e, s);
			continue;
		}
		flow->base += (uint32_t)used;
		if (used < view.len)
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

void reading_http(struct reading *r, struct flow *flow, struct segment *s)
{
	uint32_t base = flow->base;
	enum reason reason, fault;
	struct event e;

	report_fill(flow, EVENT_FOLLOW, s->expected_seq, &e);
	reason = read_requests(r, flow, &e, s);
	/* What came before the fault is decided, as it would have been had it come alone. */
	reading_release(r, flow, &e, s);
	if (!s->placed || flow->hold != NULL) {
		fault = reading_keep_rest(r, flow, s);
		if (reason == REASON_NONE)
			reason = fault;
	}
	s->expected_seq = report_expected_seq(flow);
	if (reason != REASON_NONE)
		reading_refuse_segment(r, flow, reason, s);
	else
		move_watched(r, flow, flow->base != base, s->now_ms);
}
