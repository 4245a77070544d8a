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

/* A name pattern that a service or an exception has under one policy only. */
struct diff_name {
	const char *pattern, *owner; /* borrowed from the policies */
	bool opened;                 /* under the new one */
};
struct diff_names {
	struct diff_name *at;
	size_t count;
};

/* What differs. */
struct diff_view {
	const struct differ_result *flows;
	const struct diff_names *names;
	const struct diff_cuts *cuts;
	int64_t now_s; /* seconds since 1970, UTC: what is over by then is left out */
};

/* True if nothing differs that is to be told. */
bool diff_view_is_same(const struct diff_view *view);

void diff_view_print(const struct diff_view *view, FILE *to);

/* NULL if memory ran out. */
json_t *diff_view_json(const struct diff_view *view);
