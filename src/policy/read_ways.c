/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways that exceptions make in several steps, and those out of My Number that no row of the
 * catalogue names. */
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/forbidden.h"
#include "policy/read.h"
#include "policy/ways.h"

/* What the guideline says of that pair of zones; NULL if nothing. */
static const struct guideline_forbidden *sentence_of(const struct policy *policy, enum zone from,
						     enum zone to)
{
	const struct guideline_forbidden *forbidden = guideline_forbidden_between(from, to);

	if (!forbidden && from == ZONE_INTERNET && to == ZONE_LGWAN)
		forbidden = guideline_forbidden_of("internet-to-lgwan");
	if (!forbidden && from == ZONE_MYNUMBER)
		forbidden = guideline_forbidden_of("mynumber-to-external");
	if (!forbidden && from == ZONE_LGWAN)
		forbidden = ways_restriction(policy);
	return forbidden && forbidden->text_ja && forbidden_holds(policy, forbidden) ? forbidden
										     : NULL;
}

static int add_step(FILE *to, size_t number, const struct ways_step *step)
{
	char from[ADDR_RANGE_TEXT_MAX], end[ADDR_RANGE_TEXT_MAX];

	if (step->exception)
		return fprintf(
			to, _(" %zu. %s (%s) to %s (%s), by exceptions.%s (line %d);"), number,
			addr_range_text(&step->from, from), guideline_zone(step->from_zone)->slug,
			addr_range_text(&step->to, end), guideline_zone(step->to_zone)->slug,
			step->exception->name ? step->exception->name : "?", step->exception->line);
	return fprintf(to, _(" %zu. %s (%s) to %s (%s), by the guideline's flow %s;"), number,
		       addr_range_text(&step->from, from), guideline_zone(step->from_zone)->slug,
		       addr_range_text(&step->to, end), guideline_zone(step->to_zone)->slug,
		       step->flow->id);
}

static const char *advice(const struct ways_way *way)
{
	enum zone end = way->steps[way->count - 1].to_zone;

	if (end == ZONE_MYNUMBER)
		return _(" nothing can except that, in however many steps. Leave it out, or "
			 "lead it to a machine from which nothing goes on into My Number");
	if (end == ZONE_INTERNET || end == ZONE_EXTERNAL)
		return _(" a detour is no other way out. Leave it out, or lead it to a machine "
			 "from which nothing goes on outside");
	for (size_t i = 0; i + 1 < way->count; i++)
		if (way->steps[i].sanitises)
			return _(" the sanitiser is where a way from outside ends. Leave it out, "
				 "and let the inside fetch from the sanitiser what it made "
				 "harmless");
	return _(" nothing inside may be reached from there. Leave it out, and let "
		 "the inside fetch what it needs by a flow of the guideline");
}

/* The sentence for people, from the zones at both ends to the steps between them. */
static int add_way(FILE *to, const struct ways_way *way)
{
	const struct guideline_zone *from = guideline_zone(way->steps[0].from_zone);
	enum zone end = way->steps[way->count - 1].to_zone;
	int n = fprintf(to, _("it makes a way from the zone %s (%s) into the zone %s (%s):"),
			from->slug, from->name_ja, guideline_zone(end)->slug,
			guideline_zone(end)->name_ja);

	for (size_t i = 0; n >= 0 && i < way->count; i++)
		n = add_step(to, i + 1, &way->steps[i]);
	if (n < 0)
		return n;
	return fputs(advice(way), to);
}

static char *way_text(const struct ways_way *way)
{
	char *text = NULL;
	size_t length = 0;
	FILE *to = open_memstream(&text, &length);
	bool whole;

	if (!to)
		return NULL;
	whole = add_way(to, way) >= 0;
	if (fclose(to) || !whole) {
		free(text);
		return NULL;
	}
	return text;
}

static void tell(struct reader *r, const struct ways_way *way)
{
	const struct policy_exception *maker = ways_maker(way);
	const struct guideline_forbidden *forbidden =
		sentence_of(r->policy, way->steps[0].from_zone, way->steps[way->count - 1].to_zone);
	auto_(free_charp) char *text = way_text(way);

	if (!text)
		read_no_memory(r);
	else if (forbidden)
		errors_add(r->errors, r->path, maker->line,
			   _("exceptions.%s: %s. The guideline: %s (%s)"),
			   maker->name ? maker->name : "?", text, forbidden->text_ja,
			   forbidden->source);
	else
		errors_add(r->errors, r->path, maker->line, _("exceptions.%s: %s"),
			   maker->name ? maker->name : "?", text);
}

/* The row of the catalogue ends in the zone external; the internet zone's line leads there. */
static void check_outward(struct reader *r, const struct policy_exception *e)
{
	const struct addr_list *zones = r->policy->zone_addresses;
	const struct guideline_forbidden *outward = guideline_forbidden_of("mynumber-to-external");
	char from_text[ADDR_RANGE_TEXT_MAX], to_text[ADDR_RANGE_TEXT_MAX];
	struct addr_range from, to;

	if (e->forbidden_by || !addr_list_overlap(&e->from, &zones[ZONE_MYNUMBER], &from) ||
	    !addr_list_overlap(&e->to, &zones[ZONE_INTERNET], &to))
		return;
	errors_add(
		r->errors, r->path, e->line,
		_("exceptions.%s: it would open the way from %s (zone mynumber, %s) to %s (zone "
		  "internet, %s), which is connected to the internet: the forbidden flow %s by a "
		  "detour, and nothing can except a forbidden flow (%s)"),
		e->name ? e->name : "?", addr_range_text(&from, from_text),
		guideline_zone(ZONE_MYNUMBER)->name_ja, addr_range_text(&to, to_text),
		guideline_zone(ZONE_INTERNET)->name_ja, outward->id, outward->source);
}

void read_ways_check(struct reader *r)
{
	auto_(ways_clear) struct ways ways = { 0 };

	for (size_t i = 0; i < r->policy->exception_count; i++)
		check_outward(r, &r->policy->exceptions[i]);
	if (ways_find(r->policy, &ways)) {
		read_no_memory(r);
		return;
	}
	for (size_t i = 0; i < ways.count; i++)
		tell(r, &ways.at[i]);
}
