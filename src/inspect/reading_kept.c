/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what was let through, and holds against it what comes again. */
#include "inspect/reading_parts.h"

/* What is kept of one flow: more than any window of the first flight. */
#define KEEP_MAX 32768U

/* What lies at the flow's base is read: it stays to be compared, and the base moves on. */
void reading_pass_by(struct reading *r, struct flow *flow, const uint8_t *bytes, size_t len)
{
	if (len == 0)
		return;
	if (flow->kept_len == 0)
		flow->kept_seq = flow->base;
	flow->kept = flow->kept_len == 0
			     ? kept_put(r->kept, bytes, len)
			     : kept_extend(r->kept, flow->kept, flow->kept_len, bytes, len);
	flow->kept_len += (uint32_t)len;
	flow->base += (uint32_t)len;
	if (flow->kept_len > KEEP_MAX) {
		const uint32_t excess = flow->kept_len - KEEP_MAX;

		flow->kept += excess;
		flow->kept_seq += excess;
		flow->kept_len -= excess;
	}
}

/* Compares the first len bytes of the segment, all before the base, with what was let through. */
static enum kept_result compare_kept(const struct reading *r, const struct flow *flow,
				     const struct segment *s, size_t len)
{
	const int32_t offset = (int32_t)(s->seq - flow->kept_seq);

	/* before what is kept: it may be in order, but nobody can tell */
	if (flow->kept_len == 0 || offset < 0)
		return KEPT_GONE;
	if ((uint32_t)offset >= flow->kept_len)
		return KEPT_SAME; /* of a body: indifferent */
	if (len > flow->kept_len - (uint32_t)offset)
		len = flow->kept_len - (uint32_t)offset;
	return kept_compare(r->kept, flow->kept, (size_t)offset, s->bytes, len);
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
