/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fixed pool of holds: each keeps one flow's undecided bytes, and which packets wait for the
 * decision. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"
#include "inspect/stream.h"

struct hold_packet {
	uint32_t id;       /* of the queue */
	uint32_t seq, end; /* TCP sequence numbers: first byte, and behind the last */
};

struct hold {
	uint32_t next_free; /* the pool's own */
	uint32_t count;
	struct hold_packet packets[EVENT_HELD_MAX]; /* in the order of arrival */
	struct stream stream;
};

struct hold_pool;

/* That many holds, which keep at most packets_max packets together. NULL if memory ran out. */
struct hold_pool *hold_pool_new(uint32_t count, uint32_t packets_max);
void hold_pool_free(struct hold_pool *pool);

/* An empty hold, its stream beginning at first_seq; NULL if none is free. Given back by
 * hold_give(). */
struct hold *hold_take(struct hold_pool *pool, uint32_t first_seq);
void hold_give(struct hold_pool *pool, struct hold *hold);

/* How many holds are taken, and how many packets are in them; and how many more may be. */
uint32_t hold_taken(const struct hold_pool *pool);
uint32_t hold_packets(const struct hold_pool *pool);
uint32_t hold_left(const struct hold_pool *pool);
uint32_t hold_packets_left(const struct hold_pool *pool);

/* Adds a packet; false if the hold has max (at most EVENT_HELD_MAX) already, or the pool all that
 * it may. */
bool hold_keep(struct hold_pool *pool, struct hold *hold, uint32_t max,
	       const struct hold_packet *packet);

/* Takes out the first packet in the order of arrival that ends at or before end; false if there is
 * none. */
bool hold_release(struct hold_pool *pool, struct hold *hold, uint32_t end, struct hold_packet *ret);
