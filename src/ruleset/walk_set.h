/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the element of a set that holds a key, in large sets as well. Private to walk*.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/ruleset.h"

struct walk_slot {
	const struct ruleset_element *element;
};

/* An index over a set's elements. They are boxes with a range for each field: sorted by the field
 * that tells most of them apart, with a tree of the greatest ends above. Finding takes time with
 * the logarithm of the elements, and with the number of those whose range of that field holds the
 * key.
 */
struct walk_set {
	const struct ruleset_set *set; /* borrowed */
	size_t at, size;               /* of the field that sorts, in the key */
	struct walk_slot *sorted;      /* set->element_count, by the begin of the field */
	struct walk_slot *greatest;    /* a binary tree in an array, the root at 1: whose field
					* ends last below; NULL where nothing is */
	size_t leaves;                 /* a power of two; greatest has twice as many */
};

/* 0 or -ENOMEM. Borrows the set until walk_set_clear(). */
int walk_set_index(struct walk_set *ret, const struct ruleset_set *set);

/* The element that holds the key (fields side by side, as in elements), and that has not expired at
 * now_s (0: none has). NULL if there is none; if there are several (the kernel takes no such set),
 * one of them. */
const struct ruleset_element *walk_set_find(const struct walk_set *index, const uint8_t *key,
					    int64_t now_s);

/* Frees what it holds, and empties it. */
void walk_set_clear(struct walk_set *index);
