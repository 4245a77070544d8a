/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what was let through, and holds against it what comes again. */
#include "inspect/reading_parts.h"

/* What is kept in one piece: more than any window of the first flight. */
#define KEEP_MAX 32768U

/* What follows at once is kept in the same piece up to that length: what must be moved to be joined
 * is no more than that, and the ring cannot be emptied by many small packets. */
#define JOIN_MAX 4096U

static void begin_piece(struct flow *flow)
{
	size_t used = 0;

	/* most flows have one: the others stay out of the cache */
	while (used < FLOW_KEPT_MAX - 1 && flow->kept[used].len != 0)
		used++;
	for (size_t i = used; i > 0; i--)
		flow->kept[i] = flow->kept[i - 1];
	flow->kept[0] = (struct flow_kept){ .seq = flow->base };
}

void reading_pass_by(struct reading *r, struct flow *flow, const uint8_t *bytes, size_t len)
{
	struct flow_kept *piece = &flow->kept[0];

	if (len == 0)
		return;
	if (piece->len == 0 || piece->seq + piece->len != flow->base || piece->len > JOIN_MAX)
		begin_piece(flow);
	piece->where = piece->len == 0 ? kept_put(r->kept, bytes, len)
				       : kept_extend(r->kept, piece->where, piece->len, bytes, len);
	piece->len += (uint32_t)len;
	flow->base += (uint32_t)len;
	if (piece->len > KEEP_MAX) {
		const uint32_t excess = piece->len - KEEP_MAX;

		if (piece->where != KEPT_NOWHERE)
			piece->where += excess;
		piece->seq += excess;
		piece->len -= excess;
		/* nothing is between two pieces but what does not matter */
		flow->kept[1].len = 0;
	}
}

/* The part of the segment's first len bytes that lies in the piece. */
static enum kept_result compare_piece(const struct reading *r, const struct flow_kept *piece,
				      const struct segment *s, size_t len)
{
	const int64_t start = (int32_t)(s->seq - piece->seq);
	const int64_t from = start > 0 ? start : 0;
	const int64_t end = start + (int64_t)len < piece->len ? start + (int64_t)len : piece->len;

	if (from >= end)
		return KEPT_SAME;
	return kept_compare(r->kept, piece->where, (size_t)from, s->bytes + (from - start),
			    (size_t)(end - from));
}

/* Compares the first len bytes of the segment, all before the base, with what was let through. */
static enum kept_result compare_kept(const struct reading *r, const struct flow *flow,
				     const struct segment *s, size_t len)
{
	enum kept_result worst = KEPT_SAME;
	size_t i;

	for (i = 0; i < FLOW_KEPT_MAX && flow->kept[i].len != 0; i++) {
		const enum kept_result got = compare_piece(r, &flow->kept[i], s, len);

		if (got == KEPT_OTHER)
			return KEPT_OTHER;
		if (got == KEPT_GONE)
			worst = KEPT_GONE;
	}
	/* before all that is kept it may be in order, but nobody can tell */
	if (i == 0 || (int32_t)(s->seq - flow->kept[i - 1].seq) < 0)
		return KEPT_GONE;
	return worst;
}

/* What was let through may come again, but only as it was: a first copy that never reached the
 * server would only have been shown to us. Cuts it off; false if the packet is reported. */
bool reading_pass_again(struct reading *r, struct flow *flow, struct segment *s)
{
	const uint32_t before = flow->base - s->seq;
	const size_t len = before < s->len ? before : s->len;

	switch (compare_kept(r, flow, s, len)) {
	case KEPT_SAME:
		break;
	case KEPT_OTHER:
		/* a probe whether the connection lives may bear any one byte */
		if (s->len > 1) {
			reading_refuse_segment(r, flow, REASON_OVERLAP_CONFLICT, s);
			return false;
		}
		/* fall through */
	case KEPT_GONE:
		report_packet(&r->report, flow, s->arrival, EVENT_DISCARD);
		return false;
	}
	if (len == s->len) {
		report_packet(&r->report, flow, s->arrival, EVENT_FOLLOW);
		return false;
	}
	s->bytes += before;
	s->len -= before;
	s->seq = flow->base;
	return true;
}
