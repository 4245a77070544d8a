/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who may have a slot of the flow table, and who must give way.
 *
 * A source may always have as many undecided flows as are left for all others, and never more than
 * its fixed bound: so one that floods leaves half of the table, and any number of them together
 * leave as much as each of them has. Over that, each new flow of the source takes the place of its
 * oldest one of which nothing but a SYN was seen for a second; if that is younger, the new one is
 * put off: a SYN that is dropped costs nobody anything, and an honest client sends it again. Where
 * there is none such, the new one is refused. The same holds for named flows that are still watched
 * or guarded. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/event.h"
#include "inspect/flows.h"
#include "inspect/report.h"

struct room {
	struct flows *flows;
	struct report *report; /* told of undecided flows that give way */
	uint32_t undecided_max;
	uint32_t per_source_max; /* 0: sources are not told apart */
	uint32_t undecided_peak;
	uint64_t put_off; /* beginnings dropped since their source's share turns over too fast */
	uint64_t ended[EVENT_END_COUNT]; /* flows that ended otherwise than by a refusal */
};

/* The oldest flow of a list, if it has been there for age_ms; else NULL. */
struct flow *room_older_than(const struct flows *flows, enum flows_list list, uint32_t age_ms,
			     uint64_t now_ms);

/* How many flows are undecided. */
uint32_t room_undecided(const struct room *room);

enum room_answer {
	ROOM_FREE,
	ROOM_LATER, /* drop what would begin the flow */
	ROOM_NONE,  /* refuse it: REASON_RESOURCE_LIMIT */
};

/* Makes room for one more undecided flow of the source that has this address. */
enum room_answer room_for_opening(struct room *room, const struct addr *address, uint64_t now_ms);

/* Takes a slot, where all are taken, from a flow decided a while ago, else from an idle one. */
void room_make(struct room *room, uint64_t now_ms);

/* A flow was named: where its source has more than is left for others, its oldest gives way. */
void room_named(struct room *room, const struct flow *flow, uint64_t now_ms);

/* Forgets a flow that holds nothing; EVENT_FORGET if it was undecided. */
void room_end(struct room *room, struct flow *flow, enum event_end how);
