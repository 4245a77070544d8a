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

/* The places of entries, in order; owned, freed with packed_places_clear(). */
struct packed_places {
	uint32_t *at;
	size_t count, room;
};
void packed_places_clear(struct packed_places *places);

/* What of before is not in after, and what of after is not in before (a changed verdict or expiry
 * counts as both). Both are sorted. 0 or -ENOMEM. */
int packed_diff(const struct packed *before, const struct packed *after,
		struct packed_places *ret_gone, struct packed_places *ret_new);

/* The same entries in the same order. */
bool packed_same(const struct packed *a, const struct packed *b);

void packed_clear(struct packed *packed);
