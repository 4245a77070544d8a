/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far packets get in a ruleset: whole sets of them at once, as walk.h leads one. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "prove/space.h"
#include "ruleset/ruleset.h"

enum reach_end {
	REACH_ACCEPT, /* every base chain of the hook let them pass */
	REACH_QUEUE,  /* the daemon (or whoever reads that queue) has the last word */
};

/* Packets that get to the same end by the word of the same rule. Marks are as they are there. */
struct reach_way {
	enum reach_end end;
	const char *comment; /* of the last rule on the way that has one and ended it or led on to
				another chain; "" if none. Of the ruleset */
	uint16_t queue_first, queue_last;
	uint32_t set;
};

struct reach_ways {
	struct reach_way *at;
	size_t count, room;
};
void reach_ways_clear(struct reach_ways *ways);

/* All ways together. */
uint32_t reach_all(struct space *space, const struct reach_ways *ways);

/* A ruleset, with what of its sets has been turned into sets of packets. */
struct reach {
	struct space *space;           /* started, and knows the ruleset */
	const struct ruleset *ruleset; /* borrowed */
	struct reach_lookup *lookups;
	size_t lookup_count;
	char why[192]; /* with -EBADMSG: what is not understood */
};
void reach_clear(struct reach *reach);

/* Sends the packets of start through every base chain of the hook. 0 and *ret (the caller clears
 * it); -EBADMSG with why for a rule or set that is not understood, -ENOMEM, -E2BIG. */
int reach_run(struct reach *reach, enum ruleset_hook hook, uint32_t start, struct reach_ways *ret);
