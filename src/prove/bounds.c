/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy and catalogue as sets of packets. */
#include "prove/bounds.h"

#include <errno.h>

#include "common/defs.h"
#include "policy/forbidden.h"

#define APP_BIT(app) (1U << (app))
/* QUIC that is answered with a refusal is declared, not permitted. */
#define APPS_NAMED   (APP_BIT(APP_TLS) | APP_BIT(APP_HTTP) | APP_BIT(APP_QUIC))
#define APPS_PASSING (APP_BIT(APP_NONE) | APPS_NAMED)

/* Sets that many flows ask for. */
struct bounds {
	struct space *space;
	const struct policy *policy;
	uint32_t from_zones[ZONE_COUNT], to_zones[ZONE_COUNT];
	uint32_t came_in, leaves; /* by interfaces behind which the addresses live */
	uint32_t shut;            /* pairs of zones that nothing passes */
	uint32_t shut_to_screens; /* and not even screen transfer */
};

static bool excepts_screens(const struct guideline_forbidden *forbidden)
{
	for (size_t i = 0; i < forbidden->except_count; i++)
		if (forbidden->excepts[i].screen_transfer)
			return true;
	return false;
}

static void fill_pairs(struct bounds *b)
{
	struct diagram *d = b->space->diagram;

	for (size_t z = 0; z < ZONE_COUNT; z++) {
		const struct addr_list *list = &b->policy->zone_addresses[z];

		b->from_zones[z] = space_addresses(b->space, SPACE_SRC, list);
		b->to_zones[z] = space_addresses(b->space, SPACE_DST, list);
	}
	for (size_t i = 0; i < (size_t)ZONE_COUNT * ZONE_COUNT; i++) {
		size_t from = i / ZONE_COUNT, to = i % ZONE_COUNT;
		const struct guideline_forbidden *row =
			guideline_forbidden_between((enum zone)from, (enum zone)to);
		uint32_t pair;

		if (!row)
			continue;
		pair = diagram_and(d, b->from_zones[from], b->to_zones[to]);
		b->shut = diagram_or(d, b->shut, pair);
		if (!excepts_screens(row))
			b->shut_to_screens = diagram_or(d, b->shut_to_screens, pair);
	}
}

static int fill_places(struct bounds *b)
{
	struct diagram *d = b->space->diagram;
	auto_(policy_places_clear) struct policy_places places = { 0 };
	int err = policy_places(b->policy, &places);

	for (size_t i = 0; !err && i < places.count; i++) {
		const struct policy_place *place = &places.at[i];
		uint32_t in = space_interface(b->space, SPACE_IIF, place->interface);
		uint32_t out = space_interface(b->space, SPACE_OIF, place->interface);

		in = diagram_and(d, in, space_addresses(b->space, SPACE_SRC, &place->addresses));
		out = diagram_and(d, out, space_addresses(b->space, SPACE_DST, &place->addresses));
		b->came_in = diagram_or(d, b->came_in, in);
		b->leaves = diagram_or(d, b->leaves, out);
	}
	return err;
}

/* Destinations and ports of the services of a role. apps: as APP_BIT()s; proxied: those with a
 * proxy, or those without. */
static int services(struct bounds *b, enum role role, unsigned int apps, uint32_t *ret)
{
	struct space_boxes boxes;
	int err = 0;

	space_boxes_start(&boxes);
	for (size_t i = 0; !err && i < b->policy->service_count; i++) {
		const struct policy_service *s = &b->policy->services[i];

		for (size_t j = 0; !err && j < s->ports.count; j++)
			if (s->role == role && !s->has_proxy &&
			    (apps & APP_BIT(s->ports.at[j].app)))
				err = space_boxes_add(&boxes, &s->addresses, &s->ports.at[j]);
	}
	*ret = space_boxes_union(b->space, &boxes);
	return err;
}

static int single(const struct addr *a, struct addr_list *ret)
{
	struct addr_range range = { .family = a->family };

	for (size_t i = 0; i < sizeof(a->b); i++)
		range.first[i] = range.last[i] = a->b[i];
	return addr_list_add(ret, &range);
}

/* The same of services that only a proxy may use. Those of one proxy stand together. */
static int proxied(struct bounds *b, enum role role, unsigned int apps, uint32_t *ret)
{
	struct diagram *d = b->space->diagram;
	uint32_t all = DIAGRAM_NONE;
	int err = 0;

	for (size_t i = 0; !err && i < b->policy->service_count; i++) {
		const struct policy_service *s = &b->policy->services[i];
		auto_(addr_list_clear) struct addr_list proxy = { 0 };
		struct space_boxes boxes;

		if (s->role != role || !s->has_proxy)
			continue;
		space_boxes_start(&boxes);
		err = single(&s->proxy, &proxy);
		for (size_t j = 0; !err && j < s->ports.count; j++)
			if (apps & APP_BIT(s->ports.at[j].app))
				err = space_boxes_add(&boxes, &s->addresses, &s->ports.at[j]);
		all = diagram_or(d, all,
				 diagram_and(d, space_boxes_union(b->space, &boxes),
					     space_addresses(b->space, SPACE_SRC, &proxy)));
	}
	*ret = all;
	return err;
}

/* Addresses that play a role and lie in its zone. */
static uint32_t role_addresses(struct bounds *b, enum role role, enum space_variable side)
{
	struct diagram *d = b->space->diagram;
	const uint32_t *zones = side == SPACE_SRC ? b->from_zones : b->to_zones;
	enum zone zone = guideline_role(role)->zone;
	uint32_t inside = DIAGRAM_NONE;

	for (size_t z = 0; z < ZONE_COUNT; z++)
		if (zone == ZONE_NONE || zone == (enum zone)z)
			inside = diagram_or(d, inside, zones[z]);
	if (role == ROLE_INTERNET)
		return inside;
	return diagram_and(d, inside,
			   space_addresses(b->space, side, &b->policy->endpoints[role].addresses));
}

/* The breakout line; for the internet at large, every other line to it: where the site has one to
 * the security cloud, what is to pass that may not go around it. */
static uint32_t lines(struct bounds *b, const struct guideline_flow *flow)
{
	uint32_t breakout =
		space_interfaces(b->space, SPACE_OIF, &b->policy->zones[ZONE_EXTERNAL].interfaces);
	uint32_t others = DIAGRAM_NONE;

	for (size_t z = 0; flow->to == ROLE_INTERNET && z < ZONE_COUNT; z++)
		if (b->policy->zones[z].reaches_internet)
			others = diagram_or(b->space->diagram, others,
					    space_interfaces(b->space, SPACE_OIF,
							     &b->policy->zones[z].interfaces));
	if (others != DIAGRAM_NONE && (flow->traverses & FIREWALL_BIT(FIREWALL_SECURITY_CLOUD)))
		return others;
	return diagram_or(b->space->diagram, breakout, others);
}

/* Where a flow may go, and on which ports. */
static int flow_targets(struct bounds *b, const struct guideline_flow *flow, uint32_t *ret)
{
	struct diagram *d = b->space->diagram;
	bool external = guideline_role(flow->to)->zone == ZONE_EXTERNAL;
	uint32_t to, via = DIAGRAM_NONE;
	int err = 0;

	if (guideline_role(flow->to)->is_service) {
		err = services(b, flow->to, APPS_PASSING, &to);
		if (!err)
			err = proxied(b, flow->to, APPS_PASSING, &via);
		if (err)
			return err;
		to = diagram_and(d, diagram_or(d, to, via), b->to_zones[ZONE_EXTERNAL]);
		/* "to the cloud service" means what the service declares; else both must */
		if (flow->ports != PORT_GROUP_CLOUD)
			to = diagram_and(
				d, to, space_ports(b->space, &b->policy->ports[flow->ports], ~0U));
	} else {
		to = diagram_and(d, role_addresses(b, flow->to, SPACE_DST),
				 space_ports(b->space, &b->policy->ports[flow->ports], ~0U));
	}
	if (external)
		to = diagram_and(d, to, lines(b, flow));
	*ret = to;
	return 0;
}

static uint32_t flow_sources(struct bounds *b, const struct guideline_flow *flow)
{
	const struct policy_endpoint *from = &b->policy->endpoints[flow->from];
	uint32_t set = role_addresses(b, flow->from, SPACE_SRC);

	if (from->macs.count)
		set = diagram_and(b->space->diagram, set, space_macs(b->space, &from->macs));
	return set;
}

/* Every exception, while it holds. */
static int exceptions(struct bounds *b, uint32_t *ret)
{
	struct diagram *d = b->space->diagram;
	uint32_t all = DIAGRAM_NONE;

	for (size_t i = 0; i < b->policy->exception_count; i++) {
		const struct policy_exception *e = &b->policy->exceptions[i];
		uint32_t set;

		if (e->forbidden_by)
			continue;
		set = diagram_and(d, space_addresses(b->space, SPACE_SRC, &e->from),
				  space_addresses(b->space, SPACE_DST, &e->to));
		set = diagram_and(d, set, space_ports(b->space, &e->ports, APPS_PASSING));
		set = diagram_and(d, set, space_before(b->space, e->expires_s));
		all = diagram_or(d, all, set);
	}
	*ret = diagram_minus(d, all, b->shut);
	return 0;
}

static int start(struct bounds *b)
{
	fill_pairs(b);
	return fill_places(b);
}

int bounds_permitted(struct space *space, const struct policy *policy, uint32_t *ret)
{
	struct bounds b = { .space = space, .policy = policy };
	struct diagram *d = space->diagram;
	uint32_t all = DIAGRAM_NONE;
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);
	int err = start(&b);

	for (size_t i = 0; !err && i < count; i++) {
		uint32_t set;

		if (!policy_uses_flow(policy, &flows[i]))
			continue;
		err = flow_targets(&b, &flows[i], &set);
		if (err)
			return err;
		set = diagram_and(d, set, flow_sources(&b, &flows[i]));
		set = diagram_minus(d, set, flows[i].screen_transfer ? b.shut_to_screens : b.shut);
		all = diagram_or(d, all, set);
	}
	if (!err) {
		uint32_t excepted;

		err = exceptions(&b, &excepted);
		all = diagram_or(d, all, err ? DIAGRAM_NONE : excepted);
	}
	if (err)
		return err;
	all = diagram_and(d, all, diagram_and(d, b.came_in, b.leaves));
	*ret = all;
	return 0;
}

int bounds_likely(struct space *space, const struct policy *policy, uint32_t ret[BOUNDS_LIKELY])
{
	struct bounds b = { .space = space, .policy = policy };
	struct diagram *d = space->diagram;
	uint32_t from = DIAGRAM_NONE, to = DIAGRAM_NONE;
	int err = start(&b);

	if (err)
		return err;
	for (size_t z = 0; z < ZONE_COUNT; z++) {
		from = diagram_or(d, from, b.from_zones[z]);
		to = diagram_or(d, to, b.to_zones[z]);
	}
	ret[0] = diagram_and(d, b.came_in, b.leaves);
	ret[1] = diagram_and(d, from, to);
	return 0;
}

/* Everybody who plays one of the roles: endpoints, services, or the internet. */
static uint32_t players(struct bounds *b, uint32_t roles, enum space_variable side)
{
	struct diagram *d = b->space->diagram;
	auto_(addr_list_clear) struct addr_list list = { 0 };
	uint32_t set = DIAGRAM_NONE;
	int err = 0;

	if (roles == ~0U)
		return DIAGRAM_ALL;
	for (size_t i = 0; i < b->policy->service_count; i++) {
		const struct policy_service *s = &b->policy->services[i];

		for (size_t j = 0; (roles & ROLE_BIT(s->role)) && !err && j < s->addresses.count;
		     j++)
			err = addr_list_add(&list, &s->addresses.at[j]);
	}
	if (err)
		diagram_fail(d, err);
	addr_list_normalise(&list);
	set = space_addresses(b->space, side, &list);
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (roles & ROLE_BIT(i))
			set = diagram_or(d, set, role_addresses(b, (enum role)i, side));
	return set;
}

/* What one row leaves open. */
static uint32_t row_open(struct bounds *b, const struct guideline_except *row)
{
	struct diagram *d = b->space->diagram;
	uint32_t ports = row->ports == ~0U ? DIAGRAM_ALL : DIAGRAM_NONE;

	for (size_t g = 0; row->ports != ~0U && g < PORT_GROUP_COUNT; g++)
		if (row->ports & PORT_GROUP_BIT(g))
			ports = diagram_or(d, ports,
					   space_ports(b->space, &b->policy->ports[g], ~0U));
	return diagram_and(d, ports,
			   diagram_and(d, players(b, row->from_roles, SPACE_SRC),
				       players(b, row->to_roles, SPACE_DST)));
}

/* Screen transfer in use that a row leaves open; *pairs: its addresses alone. */
static uint32_t screens_open(struct bounds *b, const struct guideline_except *row, uint32_t *pairs)
{
	struct diagram *d = b->space->diagram;
	uint32_t open = DIAGRAM_NONE;
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_flow *flow = &flows[i];
		uint32_t pair;

		if (!flow->screen_transfer || !policy_uses_flow(b->policy, flow) ||
		    !(row->from_roles & ROLE_BIT(flow->from)) ||
		    !(row->to_roles & ROLE_BIT(flow->to)))
			continue;
		pair = diagram_and(d, role_addresses(b, flow->from, SPACE_SRC),
				   role_addresses(b, flow->to, SPACE_DST));
		*pairs = diagram_or(d, *pairs, pair);
		open = diagram_or(
			d, open,
			diagram_and(d, pair,
				    space_ports(b->space, &b->policy->ports[flow->ports], ~0U)));
	}
	return open;
}

static uint32_t rows_open(struct bounds *b, const struct guideline_forbidden *forbidden,
			  uint32_t *pairs)
{
	uint32_t open = DIAGRAM_NONE;

	for (size_t i = 0; i < forbidden->except_count; i++) {
		const struct guideline_except *row = &forbidden->excepts[i];

		open = diagram_or(b->space->diagram, open,
				  row->screen_transfer ? screens_open(b, row, pairs)
						       : row_open(b, row));
	}
	return open;
}

/* The other destination restrictions whose union with this one the policy declares. */
static uint32_t union_open(struct bounds *b, const struct guideline_forbidden *forbidden)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);
	uint32_t open = DIAGRAM_NONE, pairs = DIAGRAM_NONE;

	if (!b->policy->destination_union || !forbidden_is_destination_restriction(forbidden))
		return DIAGRAM_NONE;
	for (size_t i = 0; i < count; i++)
		if (forbidden_is_destination_restriction(&all[i]) &&
		    forbidden_holds(b->policy, &all[i]))
			open = diagram_or(b->space->diagram, open, rows_open(b, &all[i], &pairs));
	return open;
}

int bounds_forbidden(struct space *space, const struct policy *policy,
		     const struct guideline_forbidden *forbidden, struct bounds_forbidden *ret)
{
	struct bounds b = { .space = space, .policy = policy };
	auto_(addr_list_clear) struct addr_list from = { 0 };
	auto_(addr_list_clear) struct addr_list to = { 0 };
	struct diagram *d = space->diagram;
	int err = start(&b);

	if (!err)
		err = forbidden_ends(policy, forbidden, &from, &to);
	if (err)
		return err;
	ret->pairs = DIAGRAM_NONE;
	ret->ends = diagram_and(d, space_addresses(space, SPACE_SRC, &from),
				space_addresses(space, SPACE_DST, &to));
	ret->open = diagram_or(d, rows_open(&b, forbidden, &ret->pairs), union_open(&b, forbidden));
	return 0;
}

int bounds_inspected(struct space *space, const struct policy *policy,
		     const struct guideline_forbidden *forbidden, uint32_t *ret)
{
	struct bounds b = { .space = space, .policy = policy };
	auto_(addr_list_clear) struct addr_list from = { 0 };
	auto_(addr_list_clear) struct addr_list to = { 0 };
	struct diagram *d = space->diagram;
	uint32_t all = DIAGRAM_NONE;
	int err = forbidden_ends(policy, forbidden, &from, &to);

	for (size_t i = 0; !err && i < ROLE_COUNT; i++) {
		uint32_t direct = DIAGRAM_NONE, via = DIAGRAM_NONE;

		if (!guideline_role((enum role)i)->is_service)
			continue;
		err = services(&b, (enum role)i, APPS_NAMED, &direct);
		if (!err)
			err = proxied(&b, (enum role)i, APPS_NAMED, &via);
		all = diagram_or(d, all, diagram_or(d, direct, via));
	}
	if (err)
		return err;
	*ret = diagram_and(d, all, space_addresses(space, SPACE_SRC, &from));
	return 0;
}
