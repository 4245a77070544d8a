/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset as the kernel gets it: elements packed, and big interval sets as hash sets; and how it
 * differs from the one before.
 *
 * The kernel takes seconds to delete a hundred of a hundred thousand ranges, and shows new ranges
 * only after the rules that look for them. Hash sets know neither trouble. So a big interval set
 * becomes one hash set for each combination of prefix lengths in it ("shape"), looked into with
 * masked keys, and a small interval set of what is left. A rule that looks into it becomes one rule
 * for each. That is the same: the elements are disjoint, so at most one of these rules matches. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/packed.h"
#include "ruleset/ruleset.h"

enum lowered_fate {
	LOWERED_MAKE,   /* to be made: not there, or another takes its place */
	LOWERED_CHANGE, /* there; elements come and go where they are (hash sets) */
	LOWERED_KEEP,   /* there, and the same */
};

/* A set in the kernel, beside its definition in ruleset. */
struct lowered_part {
	enum lowered_fate fate;
	uint8_t ignored[RULESET_KEY_FIELDS_MAX]; /* last bits of each field that do not matter */
	struct packed made;                      /* LOWERED_MAKE: its elements */
	struct packed gone, new;                 /* LOWERED_CHANGE */
};

/* A set of the original ruleset. */
struct lowered_whole {
	struct ruleset_set set; /* its definition, without elements */
	size_t first, count;    /* its parts: sets of the lowered ruleset. The last is the interval
				 * set of what is left, where it is split */
	bool split;
	enum lowered_fate fate; /* against former's whole of that number */
	size_t former;
	struct packed_changes changes;
	struct packed elements; /* once settled */
};

struct lowered {
	struct ruleset *ruleset; /* sets without elements, under their names in the kernel */
	struct lowered_part *parts;
	struct lowered_whole *wholes;
	size_t whole_count;
};

/* Sets with fewer elements stay as they are. */
#define LOWERED_ELEMENTS_MIN 1024

/* How many hash sets one set becomes at most. */
#define LOWERED_SHAPES_MAX 24

/* Interval sets with elements_min elements or more are split. former is what is in the kernel, and
 * settled; NULL: nothing is known of that, and everything is to be made under its plain name. 0 and
 * *ret (freed with lowered_free(); nothing is borrowed), or -ENOMEM. */
int lowered_make(const struct ruleset *ruleset, size_t elements_min, const struct lowered *former,
		 struct lowered **ret);
void lowered_free(struct lowered *lowered);
void lowered_freep(struct lowered **lowered);

/* Once it is in the kernel: keeps what the next one will be held against, part of it taken from
 * former (or NULL), which is then of no more use; ruleset is the one that it was made of. 0, or
 * -ENOMEM: neither is of use. */
int lowered_settle(struct lowered *lowered, struct lowered *former, const struct ruleset *ruleset);

/* Gives each set its new name, names[i], where it is mentioned as well. */
void lowered_rename(struct lowered *lowered, const char (*names)[RULESET_NAME_MAX]);

/* Of a name as lowered_make() makes them for the part of a set with fields fields: true, the length
 * of the set's own name, and the bits of each field that are not looked at. */
bool lowered_read_name(const char *name, size_t fields, size_t *ret_len, uint8_t *ret_ignored);

/* Sets the last ignored bits of size bytes. */
void lowered_fill(uint8_t *bytes, size_t size, unsigned int ignored);
