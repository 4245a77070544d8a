/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has how many flows: one entry for each source that has any, found by a keyed hash.
 *
 * A source is an IPv4 address or an IPv6 network of 64 bits: whoever has one address of such a
 * network may take any other of it. */
#pragma once

#include <stdint.h>

#include "common/addr.h"

/* Lists that the flow table keeps for each source (flows.h). */
#define SOURCES_LISTS 6

struct source_list {
	uint32_t oldest, newest, count; /* slots of flows; 0: none */
};

struct source {
	/* The table's own, to be read only. */
	uint64_t words[2]; /* which source it is */
	uint32_t slot, next;
	uint32_t flows;

	struct source_list lists[SOURCES_LISTS];
	uint32_t holds;   /* of its flows */
	uint32_t packets; /* held in them */
};

struct sources;

/* count: sources that may be there at once. seed: two words that peers cannot know. NULL if memory
 * ran out. */
struct sources *sources_new(uint32_t count, const uint64_t seed[2]);
void sources_free(struct sources *sources);

/* NULL if it has no flow. */
struct source *sources_find(const struct sources *sources, const struct addr *address);

/* The source of a new flow, which counts from now on. NULL if all entries are taken. */
struct source *sources_enter(struct sources *sources, const struct addr *address);

/* The one in a slot that sources_enter() gave. */
struct source *sources_at(const struct sources *sources, uint32_t slot);

/* One flow of it has ended; with the last one the source is forgotten. */
void sources_leave(struct sources *sources, struct source *source);

/* How many there are. */
uint32_t sources_count(const struct sources *sources);
