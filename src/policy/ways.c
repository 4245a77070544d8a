/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways in several steps: a search through exceptions and permitted flows, breadth first, so that
 * the shortest is found. */
#include "policy/ways.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "policy/forbidden.h"

#define NOWHERE SIZE_MAX
#define FEW     16 /* machines of one role that feed a sanitiser */

/* Anybody of from may reach anybody of to. Both lists are normal, and lie in one zone each. */
struct edge {
	const struct policy_exception *exception;
	const struct guideline_flow *flow;
	enum zone from_zone, to_zone;
	struct addr_list from, to;
	bool makes;         /* what it is on is a way that exceptions make */
	bool for_sanitiser; /* it comes in to be made harmless */
	bool enters;        /* an exception by which what was made harmless goes too far */
};

/* Where the ways begin that are looked for. */
enum journey {
	JOURNEY_INWARD,        /* outside: into the inside and My Number */
	JOURNEY_FROM_MYNUMBER, /* outside again */
	JOURNEY_FROM_LGWAN,    /* outside, round the restriction of destinations */
	JOURNEY_COUNT
};

struct graph {
	enum journey journey;
	const struct policy *policy;
	struct edge *edges;
	size_t count, room;
};

static void graph_clear(struct graph *g)
{
	for (size_t i = 0; i < g->count; i++) {
		addr_list_clear(&g->edges[i].from);
		addr_list_clear(&g->edges[i].to);
	}
	free(g->edges);
	*g = (struct graph){ 0 };
}

static bool is_outside(enum zone zone)
{
	return zone == ZONE_INTERNET || zone == ZONE_EXTERNAL;
}

static bool is_inside(enum zone zone)
{
	return zone == ZONE_LGWAN || zone == ZONE_LGWAN_WAN || zone == ZONE_MAINTENANCE;
}

static bool is_beside_lgwan(enum zone zone)
{
	return zone == ZONE_LGWAN_WAN || zone == ZONE_MAINTENANCE;
}

/* Whether a way may lead over this pair of zones. One that begins outside gains nothing by going
 * out again but where the internet gets into the internet zone, and ends in My Number. One out of
 * My Number does not come back. One out of LGWAN that comes back goes out under the restriction. */
static bool matters(enum journey journey, enum zone from, enum zone to)
{
	switch (journey) {
	case JOURNEY_INWARD:
		return from != ZONE_MYNUMBER && to != ZONE_EXTERNAL &&
		       (to != ZONE_INTERNET || is_outside(from));
	case JOURNEY_FROM_MYNUMBER:
		return !is_outside(from) && (to != ZONE_MYNUMBER || from == ZONE_MYNUMBER);
	case JOURNEY_FROM_LGWAN:
		return (from == ZONE_LGWAN && is_beside_lgwan(to)) ||
		       (is_beside_lgwan(from) && (is_beside_lgwan(to) || to == ZONE_EXTERNAL));
	case JOURNEY_COUNT:
		break;
	}
	return false;
}

/* ---- the steps there are */

/* Takes what the edge's lists hold. */
static int add_edge(struct graph *g, struct edge *edge)
{
	if (g->count == g->room) {
		size_t room = g->room ? 2 * g->room : 32;
		struct edge *grown = realloc(g->edges, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		g->edges = grown;
		g->room = room;
	}
	g->edges[g->count++] = *edge;
	edge->from = edge->to = (struct addr_list){ 0 };
	return 0;
}

static void edge_clear(struct edge *edge)
{
	addr_list_clear(&edge->from);
	addr_list_clear(&edge->to);
}

/* True if nobody of list plays another role than these. */
static bool plays_only(const struct policy *policy, const struct addr_list *list, uint32_t roles)
{
	auto_(addr_list_clear) struct addr_list all = { 0 };
	auto_(addr_list_clear) struct addr_list rest = { 0 };

	for (size_t i = 0; i < ROLE_COUNT; i++)
		for (size_t j = 0;
		     (roles & ROLE_BIT(i)) && j < policy->endpoints[i].addresses.count; j++)
			if (addr_list_add(&all, &policy->endpoints[i].addresses.at[j]))
				return false;
	addr_list_normalise(&all);
	return addr_list_subtract(list, &all, &rest) == 0 && !rest.count;
}

/* True if the list is a few machines, not a network that was given their role. */
static bool is_few(const struct addr_list *list)
{
	unsigned int sum = 0;

	for (size_t i = 0; i < list->count; i++) {
		const struct addr_range *range = &list->at[i];
		size_t last = addr_len(range->family) - 1;

		if (memcmp(range->first, range->last, last) != 0)
			return false;
		sum += range->last[last] - range->first[last] + 1U;
	}
	return sum <= FEW;
}

/* What comes from the internet zone to be made harmless goes to the sanitiser.
 * Source: screen transfer document P40, 48 (無害化); interim report (メール無害化). */
static bool is_for_sanitiser(const struct policy *policy, const struct edge *edge)
{
	return edge->from_zone == ZONE_INTERNET && edge->to_zone == ZONE_LGWAN &&
	       is_few(&edge->from) &&
	       plays_only(policy, &edge->from,
			  ROLE_BIT(ROLE_INTERNET_RELAY_SERVER) |
				  ROLE_BIT(ROLE_INTERNET_MAIL_SERVER)) &&
	       plays_only(policy, &edge->to, ROLE_BIT(ROLE_MAIL_SANITIZER));
}

/* True if anybody of list has another role than that of the sanitiser. */
static bool has_role(const struct policy *policy, const struct addr_list *list)
{
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (i != ROLE_MAIL_SANITIZER &&
		    addr_list_overlap(list, &policy->endpoints[i].addresses, NULL))
			return true;
	return false;
}

/* The part of a step that leads from one zone to another, if there is one. */
static int add_part(struct graph *g, const struct edge *whole, enum zone from, enum zone to)
{
	auto_(edge_clear) struct edge part = {
		.exception = whole->exception, .flow = whole->flow, .from_zone = from, .to_zone = to
	};
	const struct addr_list *zones = g->policy->zone_addresses;
	int err = addr_list_intersect(&whole->from, &zones[from], &part.from);

	if (err || !part.from.count)
		return err;
	err = addr_list_intersect(&whole->to, &zones[to], &part.to);
	if (err || !part.to.count)
		return err;
	part.for_sanitiser = is_for_sanitiser(g->policy, &part);
	part.makes = part.exception && from != to && !part.for_sanitiser;
	part.enters =
		part.exception && is_inside(to) && (from != to || has_role(g->policy, &part.to));
	return add_edge(g, &part);
}

/* whole: with lists that are borrowed. */
static int add_parts(struct graph *g, const struct edge *whole)
{
	int err = 0;

	for (size_t from = 0; !err && from < ZONE_COUNT; from++)
		for (size_t to = 0; !err && to < ZONE_COUNT; to++)
			if (matters(g->journey, (enum zone)from, (enum zone)to))
				err = add_part(g, whole, (enum zone)from, (enum zone)to);
	return err;
}

/* Wherever the flow is decided: also at firewalls that others run. A picture of a screen takes
 * nothing out: its desktops take over no files. */
static bool is_flow_there(const struct graph *g, const struct guideline_flow *flow)
{
	const struct policy *policy = g->policy;
	int index = flow->implied ? guideline_flow_index(flow) : -1;

	if (flow->implied && (index < 0 || !policy->implied_flows[index]))
		return false;
	if (!(policy->configurations & CONFIGURATION_BIT(flow->configuration)))
		return false;
	if (g->journey != JOURNEY_INWARD)
		return !flow->screen_transfer;
	return guideline_role(flow->to)->zone != ZONE_EXTERNAL &&
	       guideline_role(flow->to)->zone != ZONE_LGWAN_WAN;
}

static int append(struct addr_list *to, const struct addr_list *from)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->count; i++)
		err = addr_list_add(to, &from->at[i]);
	return err;
}

/* Where a flow leads: to the endpoints of its role, or the services, or the internet itself. */
static int add_flow(struct graph *g, const struct guideline_flow *flow)
{
	const struct policy *policy = g->policy;
	auto_(addr_list_clear) struct addr_list to = { 0 };
	int err = append(&to, &policy->endpoints[flow->to].addresses);

	if (!err && flow->to == ROLE_INTERNET)
		err = append(&to, &policy->zone_addresses[ZONE_EXTERNAL]);
	for (size_t i = 0; !err && i < policy->service_count; i++)
		if (policy->services[i].role == flow->to)
			err = append(&to, &policy->services[i].addresses);
	if (err)
		return err;
	addr_list_normalise(&to);
	const struct edge whole = { .flow = flow,
				    .from = policy->endpoints[flow->from].addresses,
				    .to = to };

	return add_parts(g, &whole);
}

static int add_edges(struct graph *g)
{
	const struct policy *policy = g->policy;
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);
	int err = 0;

	for (size_t i = 0; !err && i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];
		const struct edge whole = { .exception = e, .from = e->from, .to = e->to };

		if (!e->forbidden_by)
			err = add_parts(g, &whole);
	}
	for (size_t i = 0; !err && i < count; i++)
		if (is_flow_there(g, &flows[i]))
			err = add_flow(g, &flows[i]);
	return err;
}

/* ---- the search */

/* A step taken: with an exception that makes the way before it or by it, or without; and behind a
 * sanitiser, or not. Behind one, an exception also makes the way if it goes
 * too far without leaving the zone. */
struct visit {
	size_t edge;
	size_t before; /* index of the visit that led here, or NOWHERE */
	bool made, sanitised;
};

struct search {
	struct visit *visits; /* in order of their distance from where the way begins */
	size_t count;
	bool *seen; /* by 4 * edge + 2 * sanitised + made */
};

static void search_clear(struct search *s)
{
	free(s->visits);
	free(s->seen);
}

static bool is_sanitised(const struct search *s, size_t visit)
{
	return visit != NOWHERE && s->visits[visit].sanitised;
}

/* before: the index of the visit that led here, or NOWHERE. */
static void visit(struct search *s, const struct graph *g, size_t index, size_t before)
{
	const struct edge *edge = &g->edges[index];
	bool behind = is_sanitised(s, before);
	struct visit v = { .edge = index, .before = before };
	size_t state;

	v.made = edge->makes || (behind && edge->enters) ||
		 (before != NOWHERE && s->visits[before].made);
	v.sanitised = behind || edge->for_sanitiser;
	state = 4 * index + (v.sanitised ? 2 : 0) + v.made;
	if (s->seen[state])
		return;
	s->seen[state] = true;
	s->visits[s->count++] = v;
}

static bool is_start(const struct graph *g, const struct edge *edge)
{
	switch (g->journey) {
	case JOURNEY_INWARD:
		return is_outside(edge->from_zone);
	case JOURNEY_FROM_MYNUMBER:
		return edge->from_zone == ZONE_MYNUMBER;
	case JOURNEY_FROM_LGWAN:
		return edge->from_zone == ZONE_LGWAN && edge->exception;
	case JOURNEY_COUNT:
		break;
	}
	return false;
}

static int search(const struct graph *g, struct search *s)
{
	s->visits = calloc(4 * g->count + 1, sizeof(*s->visits));
	s->seen = calloc(4 * g->count + 1, sizeof(*s->seen));
	if (!s->visits || !s->seen)
		return -ENOMEM;
	for (size_t i = 0; i < g->count; i++)
		if (is_start(g, &g->edges[i]))
			visit(s, g, i, NOWHERE);
	/* each of the others is entered at most four times, so that this ends */
	for (size_t i = 0; i < s->count; i++) {
		const struct edge *edge = &g->edges[s->visits[i].edge];

		for (size_t next = 0; next < g->count; next++)
			if (g->edges[next].from_zone == edge->to_zone &&
			    addr_list_overlap(&edge->to, &g->edges[next].from, NULL))
				visit(s, g, next, i);
	}
	return 0;
}

/* ---- what was found */

void ways_clear(struct ways *ways)
{
	for (size_t i = 0; i < ways->count; i++)
		free(ways->at[i].steps);
	free(ways->at);
	*ways = (struct ways){ 0 };
}

const struct policy_exception *ways_maker(const struct ways_way *way)
{
	const struct policy_exception *maker = NULL, *before = NULL;

	for (size_t i = 0; i < way->count; i++) {
		if (way->steps[i].makes && !maker)
			maker = way->steps[i].exception;
		if (way->steps[i].sanitises) {
			before = maker ? maker : before;
			maker = NULL;
		}
	}
	return maker ? maker : before;
}

/* Where a step ends, as far as the next one goes on from there. */
static struct addr_range meeting(const struct edge *edge, const struct edge *next)
{
	struct addr_range common = edge->to.at[0];

	if (next)
		(void)addr_list_overlap(&edge->to, &next->from, &common);
	return common;
}

static int trace(const struct graph *g, const struct search *s, size_t last, struct ways_way *ret)
{
	const struct edge *next = NULL;
	struct ways_step *steps;
	size_t count = 0;

	for (size_t i = last; i != NOWHERE; i = s->visits[i].before)
		count++;
	/* at least one: last is a visit */
	steps = calloc(count ? count : 1, sizeof(*steps));
	if (!steps)
		return -ENOMEM;
	ret->steps = steps;
	ret->count = count;
	for (size_t i = last; i != NOWHERE; i = s->visits[i].before) {
		const struct edge *edge = &g->edges[s->visits[i].edge];

		steps[--count] = (struct ways_step){ .exception = edge->exception,
						     .flow = edge->flow,
						     .from_zone = edge->from_zone,
						     .to_zone = edge->to_zone,
						     .from = edge->from.at[0],
						     .to = meeting(edge, next),
						     .makes = edge->makes,
						     .sanitises = edge->for_sanitiser };
		if (is_sanitised(s, s->visits[i].before) && edge->enters)
			steps[count].makes = true;
		next = edge;
	}
	for (size_t i = 1; i < ret->count; i++)
		steps[i].from = steps[i - 1].to;
	return 0;
}

/* Keeps the way, unless one of the same maker is there. */
static int keep(struct ways *ways, struct ways_way *way)
{
	struct ways_way *grown;

	for (size_t i = 0; i < ways->count; i++)
		if (ways_maker(&ways->at[i]) == ways_maker(way)) {
			free(way->steps);
			return 0;
		}
	grown = realloc(ways->at, (ways->count + 1) * sizeof(*grown));
	if (!grown) {
		free(way->steps);
		return -ENOMEM;
	}
	ways->at = grown;
	ways->at[ways->count++] = *way;
	return 0;
}

/* True if no way may end with that step. What is forbidden in one step is told elsewhere. */
static bool is_end(const struct graph *g, const struct search *s, const struct visit *visit,
		   bool to_mynumber)
{
	const struct edge *edge = &g->edges[visit->edge];

	switch (g->journey) {
	case JOURNEY_INWARD:
		if (to_mynumber)
			return edge->to_zone == ZONE_MYNUMBER;
		return (is_sanitised(s, visit->before) && edge->enters) ||
		       (is_outside(edge->from_zone) && is_inside(edge->to_zone) &&
			!edge->for_sanitiser);
	case JOURNEY_FROM_MYNUMBER:
		return is_outside(edge->to_zone) && edge->from_zone != ZONE_MYNUMBER;
	case JOURNEY_FROM_LGWAN:
		return edge->to_zone == ZONE_EXTERNAL && edge->exception;
	case JOURNEY_COUNT:
		break;
	}
	return false;
}

/* Those to My Number first: they say more of the same exception. */
static int gather(const struct graph *g, const struct search *s, bool to_mynumber,
		  struct ways *ways)
{
	int err = 0;

	for (size_t i = 0; !err && g->edges && i < s->count; i++) {
		struct ways_way way = { 0 };

		if (!s->visits[i].made || !is_end(g, s, &s->visits[i], to_mynumber))
			continue;
		err = trace(g, s, i, &way);
		if (!err)
			err = keep(ways, &way);
	}
	return err;
}

const struct guideline_forbidden *ways_restriction(const struct policy *policy)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	for (size_t i = 0; i < count; i++)
		if (forbidden_is_destination_restriction(&all[i]) &&
		    forbidden_holds(policy, &all[i]))
			return &all[i];
	return NULL;
}

static int find(const struct policy *policy, enum journey journey, struct ways *ways)
{
	auto_(graph_clear) struct graph g = { .journey = journey, .policy = policy };
	auto_(search_clear) struct search s = { 0 };
	int err = add_edges(&g);

	if (!err && g.edges)
		err = search(&g, &s);
	if (!err && journey == JOURNEY_INWARD)
		err = gather(&g, &s, true, ways);
	if (!err)
		err = gather(&g, &s, false, ways);
	return err;
}

int ways_find(const struct policy *policy, struct ways *ret)
{
	auto_(ways_clear) struct ways ways = { 0 };
	int err = 0;

	/* what the guideline's flows make by themselves is its own matter */
	for (size_t i = 0; !err && policy->exception_count && i < JOURNEY_COUNT; i++)
		if (i != JOURNEY_FROM_LGWAN || ways_restriction(policy))
			err = find(policy, (enum journey)i, &ways);
	if (err)
		return err;
	*ret = ways;
	ways = (struct ways){ 0 };
	return 0;
}
