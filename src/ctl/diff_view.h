/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Differences between two policies for people and machines. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "kernel/conntrack.h"
#include "prove/differ.h"

/* Open flows that a reload would cut. */
struct diff_cuts {
	bool looked;     /* else why says why nobody looked */
	const char *why; /* translated */
	struct conntrack_entry *at;
	size_t count, room;
};

/* Leaves out what is over by now_s (seconds since 1970, UTC). True if nothing is left to be told.
 */
bool diff_view_is_same(const struct differ_result *result, int64_t now_s);

void diff_view_print(const struct differ_result *result, const struct diff_cuts *cuts,
		     int64_t now_s, FILE *to);

/* NULL if memory ran out. */
json_t *diff_view_json(const struct differ_result *result, const struct diff_cuts *cuts,
		       int64_t now_s);
