/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes as products of prefixes, sorted by how long the prefixes are. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/packed.h"
#include "ruleset/ruleset.h"

/* While shapes are counted there may be more of them than are kept. */
#define SHAPES_ROOM 64

/* Entries in which these many last bits of each field do not matter (they are zero in the keys). */
struct shape {
	uint8_t ignored[RULESET_KEY_FIELDS_MAX];
	struct packed entries;
};

/* Owned; freed with shapes_clear(). */
struct shapes {
	struct shape at[SHAPES_ROOM];
	size_t count;
	struct packed rest; /* entries with first and last */
};

/* Takes the elements of an interval set apart: every key that is in the set is in just one entry of
 * one shape, or in just one of the rest. At most shapes_max shapes (SHAPES_ROOM or fewer), those
 * with the most entries; elements that would be more than 64 entries are left whole. 0 or -ENOMEM,
 * -E2BIG (of packed_add()); *ret is to be cleared in any case. */
int shapes_make(const struct ruleset_set *set, size_t shapes_max, struct shapes *ret);

void shapes_clear(struct shapes *shapes);
