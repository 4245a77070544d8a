/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares the members of a record with what was asked for. */

#include "ctl/record_filter.h"

#include <fnmatch.h>
#include <string.h>

bool record_filter_is_empty(const struct record_filter *filter)
{
	return !filter->has_source && !filter->has_destination && !filter->name && !filter->zone &&
	       !filter->reason && !filter->rule && filter->outcome == OUTCOME_ANY &&
	       filter->since[0] == '\0' && filter->until[0] == '\0';
}

/* "" where there is none, which equals nothing that can be asked for. */
static const char *member(const json_t *record, const char *name)
{
	const char *text = json_string_value(json_object_get(record, name));

	return text ? text : "";
}

static bool is_in(const struct addr_range *range, const char *text)
{
	struct addr address;

	return addr_parse(text, &address) == 0 && addr_range_has(range, &address);
}

static bool is_equal(const char *wanted, const char *text)
{
	return *text && strcmp(wanted, text) == 0;
}

static bool is_like(const char *glob, const char *text)
{
	return *text && fnmatch(glob, text, FNM_CASEFOLD) == 0;
}

static bool match_outcome(enum record_filter_outcome outcome, const char *type)
{
	switch (outcome) {
	case OUTCOME_ANY:
		return true;
	case OUTCOME_ALLOW:
		return strcmp(type, "allowed") == 0;
	case OUTCOME_DENY:
		return strcmp(type, "denied") == 0;
	}
	return false;
}

/* Records write all times alike, so that they compare as text. */
static bool match_time(const struct record_filter *filter, const char *time)
{
	if (filter->since[0] && strcmp(time, filter->since) < 0)
		return false;
	return !filter->until[0] || (*time && strcmp(time, filter->until) < 0);
}

static bool match_ends(const struct record_filter *filter, const json_t *record)
{
	if (filter->has_source && !is_in(&filter->source, member(record, "source.ip")))
		return false;
	if (filter->has_destination &&
	    !is_in(&filter->destination, member(record, "destination.ip")))
		return false;
	if (filter->name && !is_like(filter->name, member(record, "destination.domain")))
		return false;
	return !filter->zone || is_equal(filter->zone, member(record, "observer.ingress.zone")) ||
	       is_equal(filter->zone, member(record, "observer.egress.zone"));
}

bool record_filter_match(const struct record_filter *filter, const json_t *record)
{
	if (!match_time(filter, member(record, "@timestamp")) ||
	    !match_outcome(filter->outcome, member(record, "event.type")) ||
	    !match_ends(filter, record))
		return false;
	if (filter->reason && !is_equal(filter->reason, member(record, "event.reason")))
		return false;
	return !filter->rule || is_like(filter->rule, member(record, "rule.id")) ||
	       is_like(filter->rule, member(record, "sekisho.kernel_rule"));
}
