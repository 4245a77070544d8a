/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sets of a lowered ruleset: for kernel/lowered*.c alone. */
#pragma once

#include "kernel/lowered.h"

/* Ends the name of a part, before two hexadecimal digits for each field. */
#define LOWERED_PART_MARK ".h"

bool lowered_names_a_set(enum ruleset_statement_kind kind);

/* The set of that name, or SIZE_MAX. */
size_t lowered_index_of(const struct ruleset *ruleset, const char *name);

/* Fills to's wholes, parts and sets. 0 or -ENOMEM. */
int lowered_make_sets(const struct ruleset *from, size_t elements_min, const struct lowered *former,
		      struct lowered *to);
