/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of a set, packed as closely as the kernel wants them: a tenth of the room that they
 * take in a ruleset, so that the set which is in force can be kept beside the next one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/ruleset.h"

/* Owned; freed with packed_clear(). All zero is an empty one that packed_start() can begin. */
struct packed {
	size_t key_len; /* bytes of a key */
	bool ranges;    /* each entry is a first and a last key; else one key */
	bool sorted;    /* by those bytes, so far */
	uint8_t *keys;
	uint16_t *verdicts; /* maps: of each entry, its place in kinds */
	int64_t *expiries;  /* sets with timeouts: expires_s */
	size_t count, room;
	struct ruleset_verdict *kinds; /* different verdicts */
	size_t kind_count;
};

/* Begins an empty one for elements of a set like this; ranges: entries with first and last. */
void packed_start(struct packed *packed, const struct ruleset_set *set, bool ranges);

/* Adds one element, of a set like this. 0, -ENOMEM, or -E2BIG (more than 65535 different
 * verdicts). */
int packed_add(struct packed *packed, const struct ruleset_element *e,
	       const struct ruleset_set *set);

/* Adds all elements of set. 0 or as above. */
int packed_add_all(struct packed *packed, const struct ruleset_set *set);

/* Puts the entries in order. 0 or -ENOMEM. */
int packed_sort(struct packed *packed);

/* Entry i as an element; what lies beyond the key is zero. */
void packed_get(const struct packed *packed, size_t i, struct ruleset_element *ret);

/* How a set differs from what is packed; owned, freed with packed_changes_clear(). */
struct packed_change {
	uint32_t at;     /* gone: place of the entry; new: place of the element in the set */
	uint32_t before; /* new: the entry before which it belongs */
};
struct packed_changes {
	struct packed_change *gone, *new;
	size_t gone_count, gone_room, new_count, new_room;
};
void packed_changes_clear(struct packed_changes *changes);

/* What of before (sorted) is not in after, and what of after is not in before; a changed verdict or
 * expiry counts as both. Reads after where it lies: this is what each load does first, and with a
 * hundred thousand elements copying them would take longer than all the rest. 0, -ENOMEM, or -EDOM
 * (after's elements are not in order). *ret is to be cleared in any case. */
int packed_compare(const struct packed *before, const struct ruleset_set *after,
		   struct packed_changes *ret);

/* Makes packed what after is, by those changes. 0, or -ENOMEM and nothing has changed. */
int packed_update(struct packed *packed, const struct ruleset_set *after,
		  const struct packed_changes *changes);

void packed_clear(struct packed *packed);
