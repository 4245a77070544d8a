/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins segments in any order; refuses two versions of one byte. */
#include "inspect/stream.h"

#include <string.h>

void stream_start(struct stream *s, uint32_t first_seq)
{
	s->first_seq = first_seq;
	s->range_count = 0;
}

static size_t at_most(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t at_least(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* True if every byte of start..end-1 that is there equals bytes. *ret_known counts them. */
static bool agrees(const struct stream *s, size_t start, size_t end, const uint8_t *bytes,
		   size_t *ret_known)
{
	size_t known = 0;

	for (size_t i = 0; i < s->range_count; i++) {
		size_t from = at_least(start, s->ranges[i].start);
		size_t to = at_most(end, s->ranges[i].end);

		if (from >= to)
			continue;
		if (memcmp(s->data + from, bytes + (from - start), to - from) != 0)
			return false;
		known += to - from;
	}
	*ret_known = known;
	return true;
}

/* Enters start..end-1, joined with every range that it touches. False if there is no room. */
static bool enter_range(struct stream *s, size_t start, size_t end)
{
	size_t first = 0, past;

	while (first < s->range_count && s->ranges[first].end < start)
		first++;
	past = first;
	while (past < s->range_count && s->ranges[past].start <= end)
		past++;
	if (past > first) {
		start = at_most(start, s->ranges[first].start);
		end = at_least(end, s->ranges[past - 1].end);
	} else if (s->range_count == STREAM_RANGES_MAX) {
		return false;
	}
	memmove(&s->ranges[first + 1], &s->ranges[past],
		(s->range_count - past) * sizeof(s->ranges[0]));
	s->range_count = (uint16_t)(s->range_count + 1 - (past - first));
	s->ranges[first] = (struct stream_range){ (uint16_t)start, (uint16_t)end };
	return true;
}

enum reason stream_add(struct stream *s, uint32_t seq, const uint8_t *bytes, size_t len,
		       bool *ret_new)
{
	size_t start = seq - s->first_seq; /* wraps as sequence numbers do */
	size_t end, known = 0;

	if (start >= STREAM_MAX)
		return REASON_OUT_OF_WINDOW;
	end = start + at_most(len, STREAM_MAX - start);
	if (start == end) {
		*ret_new = false;
		return REASON_NONE;
	}
	if (!agrees(s, start, end, bytes, &known))
		return REASON_OVERLAP_CONFLICT;
	*ret_new = known < end - start;
	if (!*ret_new)
		return REASON_NONE;
	if (!enter_range(s, start, end))
		return REASON_RESOURCE_LIMIT;
	memcpy(s->data + start, bytes, end - start);
	return REASON_NONE;
}

size_t stream_run(const struct stream *s, size_t offset)
{
	for (size_t i = 0; i < s->range_count; i++)
		if (offset >= s->ranges[i].start && offset < s->ranges[i].end)
			return s->ranges[i].end - offset;
	return 0;
}

size_t stream_next(const struct stream *s, size_t offset)
{
	for (size_t i = 0; i < s->range_count; i++)
		if (offset < s->ranges[i].end)
			return at_least(offset, s->ranges[i].start);
	return STREAM_MAX;
}

void stream_consume(struct stream *s, uint32_t count)
{
	size_t kept = 0;
	size_t end = s->range_count == 0 ? 0 : s->ranges[s->range_count - 1].end;

	s->first_seq += count;
	if (count == 0)
		return;
	if (count < end)
		memmove(s->data, s->data + count, end - count);
	for (size_t i = 0; i < s->range_count; i++) {
		struct stream_range range = s->ranges[i];

		if (range.end <= count)
			continue;
		range.start = (uint16_t)(range.start > count ? range.start - count : 0);
		range.end = (uint16_t)(range.end - count);
		s->ranges[kept++] = range;
	}
	s->range_count = (uint16_t)kept;
}
