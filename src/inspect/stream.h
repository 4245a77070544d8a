/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reassembly of a client's first bytes (or of an HTTP request's head) within a fixed bound. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"

#define STREAM_MAX        (16384 + 5) /* the longest ClientHello that is read, in one TLS record */
#define STREAM_RANGES_MAX 64

/* Bytes start..end-1 of the data are there. */
struct stream_range {
	uint16_t start, end;
};

struct stream {
	uint32_t first_seq;   /* TCP sequence number of data[0] */
	uint16_t range_count; /* sorted, disjoint, not touching */
	struct stream_range ranges[STREAM_RANGES_MAX];
	uint8_t data[STREAM_MAX];
};

/* Empties it; the next byte to come has first_seq. */
void stream_start(struct stream *s, uint32_t first_seq);

/* Adds a segment's len bytes at seq. What lies beyond the bound is left out. *ret_new: whether a
 * byte was not there before. REASON_NONE; REASON_OUT_OF_WINDOW if it begins before first_seq or
 * behind the bound; REASON_OVERLAP_CONFLICT if a byte that is there has another value;
 * REASON_RESOURCE_LIMIT if there are too many gaps. On refusal nothing is changed. */
enum reason stream_add(struct stream *s, uint32_t seq, const uint8_t *bytes, size_t len,
		       bool *ret_new);

/* How many bytes are there without a gap from data[offset] on. */
size_t stream_run(const struct stream *s, size_t offset);

/* Offset of the first byte at or behind data[offset] that is there; STREAM_MAX if none is. */
size_t stream_next(const struct stream *s, size_t offset);

/* Cuts count positions off the beginning, whether they are there or not; first_seq moves on. */
void stream_consume(struct stream *s, uint32_t count);
