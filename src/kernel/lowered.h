/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset as the kernel gets it: elements packed, and big interval sets as hash sets.
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

struct lowered {
	struct ruleset *ruleset; /* its sets have no elements; those are in packed, in order */
	struct packed *packed;
};

/* Sets with fewer elements stay as they are. */
#define LOWERED_ELEMENTS_MIN 1024

/* How many hash sets one set becomes at most. */
#define LOWERED_SHAPES_MAX 24

/* Sets with elements_min elements or more are split. 0 and *ret (freed with lowered_free(); nothing
 * of the original is borrowed), or -ENOMEM. */
int lowered_make(const struct ruleset *ruleset, size_t elements_min, struct lowered **ret);
void lowered_free(struct lowered *lowered);
void lowered_freep(struct lowered **lowered);

/* Gives each set its new name, names[i], where it is mentioned as well. */
void lowered_rename(struct lowered *lowered, const char (*names)[RULESET_NAME_MAX]);

/* Of a name as lowered_make() makes them for the part of a set with fields fields: true, the length
 * of the set's own name, and the bits of each field that are not looked at. */
bool lowered_read_name(const char *name, size_t fields, size_t *ret_len, uint8_t *ret_ignored);

/* Sets the last ignored bits of size bytes. */
void lowered_fill(uint8_t *bytes, size_t size, unsigned int ignored);
