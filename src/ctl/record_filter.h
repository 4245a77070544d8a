/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which records of a log are wanted. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "common/addr.h"
#include "ctl/when.h"

enum record_filter_outcome { OUTCOME_ANY, OUTCOME_ALLOW, OUTCOME_DENY };

/* Plain data; zeroed it lets everything through. Texts are borrowed. */
struct record_filter {
	bool has_source, has_destination;
	struct addr_range source, destination;
	const char *name;   /* glob over destination.domain, case aside */
	const char *zone;   /* either side */
	const char *reason; /* slug */
	const char *rule;   /* glob over rule.id and sekisho.kernel_rule */
	enum record_filter_outcome outcome;
	char since[WHEN_RECORD_MAX],
		until[WHEN_RECORD_MAX]; /* "" : no bound; until is not included */
};

/* True if it lets everything through. */
bool record_filter_is_empty(const struct record_filter *filter);

/* A record without the member that is asked for does not match. */
bool record_filter_match(const struct record_filter *filter, const json_t *record);
