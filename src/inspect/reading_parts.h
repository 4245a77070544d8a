/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the reading and what they share. Private to reading*.c.
 *
 * reading.c        where a packet belongs: before the base, at it, or behind a hole; what is held
 * reading_tls.c    hellos, and what follows them until the server has acknowledged it
 * reading_http.c   requests, one after the other
 * reading_kept.c   what was let through and comes again
 * reading_quic.c   QUIC: datagrams instead of segments (reading_quic.h) */
#pragma once

#include "inspect/reading.h"
#include "inspect/tls.h"

_Static_assert(TLS_HELLO_ALPN_MAX == EVENT_ALPN_MAX + 1, "an event holds what a hello offers");

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

/* Makes sure that the flow has a hold (a new one begins at first_seq). False if there is none, or
 * its source may have no more. */
bool reading_take_hold(struct reading *r, struct flow *flow, uint32_t first_seq);

/* Puts a packet into the flow's hold. False if there is no room, or its source may have no more. */
bool reading_keep_packet(struct reading *r, struct flow *flow, const struct hold_packet *packet);

/* Hands the event out with the packet that came first; then a FOLLOW for each other, and for those
 * it becomes one. The hold is given back. */
void reading_bear_all(struct reading *r, struct flow *flow, struct event *e);

/* Discards what is held, and gives the hold back. */
void reading_discard_held(struct reading *r, struct flow *flow);

/* Refuses the flow, what is held of it, and the segment's packet. */
void reading_refuse_segment(struct reading *r, struct flow *flow, enum reason reason,
			    const struct segment *s);

/* The longest run at the flow's base: the segment itself, or what the hold has joined. */
struct view reading_view(const struct flow *flow, const struct segment *s);

/* Makes sure that what is not yet decided of the segment is in the hold's stream, from the flow's
 * base on. */
enum reason reading_keep_rest(struct reading *r, struct flow *flow, struct segment *s);

/* Lets go every packet that is decided to its end; e is what was found, or a FOLLOW. */
void reading_release(struct reading *r, struct flow *flow, struct event *e, struct segment *s);

/* reading_tls.c, reading_http.c: reads from the base on, and reports. */
void reading_tls(struct reading *r, struct flow *flow, struct segment *s);
void reading_http(struct reading *r, struct flow *flow, struct segment *s);

/* reading_kept.c */

/* The len bytes at the flow's base are read: they stay to be compared, and the base moves on. */
void reading_pass_by(struct reading *r, struct flow *flow, const uint8_t *bytes, size_t len);

/* What was let through may come again, but only as it was: a first copy that never reached the
 * server would only have been shown to us. Cuts it off the segment, which begins before the base;
 * false if the packet is reported. */
bool reading_pass_again(struct reading *r, struct flow *flow, struct segment *s);

/* reading_quic.c: the hold is given back; forgets what was being joined in it, where nothing of
 * that connection was let through. */
void reading_quic_leave(struct reading *r, struct flow *flow);
