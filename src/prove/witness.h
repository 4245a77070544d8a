/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a set of packets to one of them, which the walk through the rules confirms. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "prove/space.h"
#include "ruleset/walk.h"

enum witness_kind {
	WITNESS_PASSES,        /* it is accepted, or queued, and may be accepted then */
	WITNESS_PASSES_UNREAD, /* it is accepted without having been queued to the daemon, or its
				* connection has been made to count as decided */
};

struct witness {
	struct space *space;
	struct walk *walk;
	/* set by the caller */
	uint16_t queue_first, queue_last; /* that the daemon reads */
	uint32_t likely[2];               /* packets that are likely to occur: one of them is
					   * shown if there is one; the first before the second */
};

/* Borrows both. 0 or -ENOMEM. */
int witness_start(struct witness *witness, struct space *space, const struct ruleset *ruleset);
void witness_clear(struct witness *witness);

/* A packet of the set (not empty) that passes. 0 and *ret, -ENOENT if the walk says that it does
 * not, or another error. */
int witness_find(struct witness *witness, uint32_t set, enum witness_kind kind,
		 struct walk_packet *ret);

/* The packet in a sentence, into out. */
void witness_say(const struct walk_packet *packet, enum witness_kind kind, char *out, size_t size);
