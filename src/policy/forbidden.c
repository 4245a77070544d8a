/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forbidden flows as rectangles of addresses: sources times destinations, less what is left open.
 */
#include "policy/forbidden.h"

#include "common/defs.h"
#include <errno.h>
#include <string.h>

/* The restrictions of where LGWAN may go have nine rows between them, none with both ends; the
 * others one or two with both, each of which cuts a rectangle in two. */
#define RECTANGLES_MAX 16

struct rectangle {
	struct addr_list from, to; /* normal */
};

struct rectangles {
	struct rectangle at[RECTANGLES_MAX];
	size_t count;
};

static void rectangle_clear(struct rectangle *r)
{
	addr_list_clear(&r->from);
	addr_list_clear(&r->to);
}

static void rectangles_clear(struct rectangles *rs)
{
	for (size_t i = 0; i < rs->count; i++)
		rectangle_clear(&rs->at[i]);
	rs->count = 0;
}

bool forbidden_holds(const struct policy *policy, const struct guideline_forbidden *forbidden)
{
	if (forbidden->configurations & policy->configurations)
		return true;
	for (size_t from = 0; from < ZONE_COUNT; from++)
		for (size_t to = 0; to < ZONE_COUNT; to++)
			if (guideline_forbidden_between((enum zone)from, (enum zone)to) ==
			    forbidden)
				return true;
	return false;
}

bool forbidden_is_destination_restriction(const struct guideline_forbidden *forbidden)
{
	return forbidden->from_zone == ZONE_LGWAN && forbidden->to_zone == ZONE_EXTERNAL;
}

/* Where the addresses that do not end before range begin, in a normal list. */
static size_t first_reaching(const struct addr_list *list, const struct addr_range *range)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct addr_range *at = &list->at[middle];

		if (at->family < range->family ||
		    (at->family == range->family &&
		     memcmp(at->last, range->first, sizeof(at->last)) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Appends those of from that share an address with the normal list within; NULL: all of them. from
 * is normal, and may be long: services have a hundred thousand addresses, an exception a few. */
static int add_all(struct addr_list *to, const struct addr_list *from,
		   const struct addr_list *within)
{
	static const struct addr_range everything[] = {
		{ .family = 4, .last = { 0xff, 0xff, 0xff, 0xff } },
		{ .family = 6, .last = { [0 ... 15] = 0xff } },
	};
	const struct addr_range *limits = within ? within->at : everything;
	size_t count = within ? within->count : ARRAY_SIZE(everything), done = 0;
	int err = 0;

	for (size_t i = 0; !err && i < count; i++) {
		size_t j = first_reaching(from, &limits[i]);

		/* what reaches into two of the limits is taken once */
		for (j = j > done ? j : done;
		     !err && j < from->count && from->at[j].family == limits[i].family &&
		     memcmp(from->at[j].first, limits[i].last, sizeof(limits[i].last)) <= 0;
		     j++) {
			err = addr_list_add(to, &from->at[j]);
			done = j + 1;
		}
	}
	return err;
}

/* Everybody who plays one of the roles. Nobody's addresses tell an external tenant. */
static int add_roles(const struct policy *policy, uint32_t roles, const struct addr_list *within,
		     struct addr_list *to)
{
	int err = 0;

	for (size_t i = 0; !err && i < ROLE_COUNT; i++) {
		if (!(roles & ROLE_BIT(i)))
			continue;
		err = add_all(to,
			      i == ROLE_INTERNET ? &policy->zone_addresses[ZONE_EXTERNAL]
						 : &policy->endpoints[i].addresses,
			      within);
	}
	for (size_t i = 0; !err && i < policy->service_count; i++)
		if (policy->services[i].role < ROLE_COUNT &&
		    (roles & ROLE_BIT(policy->services[i].role)))
			err = add_all(to, &policy->services[i].addresses, within);
	return err;
}

/* The addresses of a selector, of interest where they share some with within (NULL: all). */
static int selected(const struct policy *policy, enum zone zone, uint32_t roles,
		    const struct addr_list *within, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };
	int err;

	if (roles == ~0U)
		err = addr_list_all(&list);
	else if (zone != ZONE_NONE)
		err = add_all(&list, &policy->zone_addresses[zone], within);
	else
		err = add_roles(policy, roles, within, &list);
	if (err)
		return err;
	addr_list_normalise(&list);
	*ret = list;
	list = (struct addr_list){ 0 };
	return 0;
}

/* forbidden_ends(), as far as they concern the exception, if there is one. */
static int ends_within(const struct policy *policy, const struct guideline_forbidden *forbidden,
		       const struct policy_exception *exception, struct addr_list *ret_from,
		       struct addr_list *ret_to)
{
	const struct addr_list *within_from = exception ? &exception->from : NULL;
	const struct addr_list *within_to = exception ? &exception->to : NULL;
	auto_(addr_list_clear) struct addr_list from = { 0 };
	auto_(addr_list_clear) struct addr_list to = { 0 };
	int err = selected(policy, forbidden->from_zone, forbidden->from_roles, within_from, &from);

	if (!err && forbidden->from_zone == ZONE_INTERNET)
		err = add_all(&from, &policy->zone_addresses[ZONE_EXTERNAL], within_from);
	if (!err)
		err = selected(policy, forbidden->to_zone, forbidden->to_roles, within_to, &to);
	if (err)
		return err;
	addr_list_normalise(&from);
	*ret_from = from;
	*ret_to = to;
	from = (struct addr_list){ 0 };
	to = (struct addr_list){ 0 };
	return 0;
}

int forbidden_ends(const struct policy *policy, const struct guideline_forbidden *forbidden,
		   struct addr_list *ret_from, struct addr_list *ret_to)
{
	return ends_within(policy, forbidden, NULL, ret_from, ret_to);
}

/* a without b (inside false), or what both have (inside true). */
static int cut(const struct addr_list *a, const struct addr_list *b, bool inside,
	       struct addr_list *ret)
{
	return inside ? addr_list_intersect(a, b, ret) : addr_list_subtract(a, b, ret);
}

/* Appends (from cut by by_from) x (to cut by by_to), unless it is empty. A NULL cuts nothing. */
static int add_cut(struct rectangles *rs, const struct rectangle *of,
		   const struct addr_list *by_from, bool inside, const struct addr_list *by_to)
{
	static const struct addr_list nothing = { 0 };
	struct rectangle *r = &rs->at[rs->count];
	int err;

	if (rs->count == RECTANGLES_MAX)
		return -ENOMEM;
	*r = (struct rectangle){ 0 };
	err = cut(&of->from, by_from ? by_from : &nothing, by_from && inside, &r->from);
	if (!err)
		err = cut(&of->to, by_to ? by_to : &nothing, false, &r->to);
	if (err || !r->from.count || !r->to.count)
		rectangle_clear(r);
	else
		rs->count++;
	return err;
}

/* Takes from every rectangle what a row of exceptions leaves open. */
static int leave_open(const struct policy *policy, const struct guideline_except *except,
		      const struct policy_exception *exception, struct rectangles *rs)
{
	bool any_from = except->from_roles == ~0U, any_to = except->to_roles == ~0U;
	auto_(addr_list_clear) struct addr_list from = { 0 };
	auto_(addr_list_clear) struct addr_list to = { 0 };
	auto_(rectangles_clear) struct rectangles left = { .count = 0 };
	int err = selected(policy, ZONE_NONE, except->from_roles, &exception->from, &from);

	if (!err)
		err = selected(policy, ZONE_NONE, except->to_roles, &exception->to, &to);
	for (size_t i = 0; !err && i < rs->count; i++) {
		if (!any_from)
			err = add_cut(&left, &rs->at[i], &from, false, NULL);
		if (!err && !any_to)
			err = add_cut(&left, &rs->at[i], any_from ? NULL : &from, true, &to);
	}
	if (err)
		return err;
	rectangles_clear(rs);
	*rs = left;
	left.count = 0;
	return 0;
}

static bool within(const struct policy_port *port, const struct policy_ports *ports)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->at[i].l4proto == port->l4proto && ports->at[i].first <= port->first &&
		    ports->at[i].last >= port->last)
			return true;
	return false;
}

/* True if each of the ports is one of a group that the row names. */
static bool ports_fit(const struct policy *policy, const struct guideline_except *except,
		      const struct policy_ports *ports)
{
	if (except->ports == ~0U)
		return true;
	for (size_t i = 0; i < ports->count; i++) {
		bool found = false;

		for (size_t group = 0; group < PORT_GROUP_COUNT; group++)
			found |= (except->ports & PORT_GROUP_BIT(group)) &&
				 within(&ports->at[i], &policy->ports[group]);
		if (!found)
			return false;
	}
	return true;
}

static int leave_rows_open(const struct policy *policy, const struct guideline_forbidden *forbidden,
			   const struct policy_exception *exception, struct rectangles *rs)
{
	int err = 0;

	for (size_t i = 0; !err && i < forbidden->except_count; i++) {
		const struct guideline_except *except = &forbidden->excepts[i];

		if (!except->screen_transfer && ports_fit(policy, except, &exception->ports))
			err = leave_open(policy, except, exception, rs);
	}
	return err;
}

/* The rows of the other restrictions whose union with this one is declared. */
static int leave_union_open(const struct policy *policy,
			    const struct guideline_forbidden *forbidden,
			    const struct policy_exception *exception, struct rectangles *rs)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);
	int err = 0;

	if (!policy->destination_union || !forbidden_is_destination_restriction(forbidden))
		return 0;
	for (size_t i = 0; !err && i < count; i++)
		if (&all[i] != forbidden && forbidden_is_destination_restriction(&all[i]) &&
		    forbidden_holds(policy, &all[i]))
			err = leave_rows_open(policy, &all[i], exception, rs);
	return err;
}

int forbidden_would_open(const struct policy *policy, const struct guideline_forbidden *forbidden,
			 const struct policy_exception *exception,
			 struct forbidden_opening *ret_opening)
{
	auto_(rectangles_clear) struct rectangles rs = { .count = 1 };
	struct rectangle *first = &rs.at[0];
	auto_(rectangle_clear) struct rectangle ends = { 0 };
	int err;

	if (!forbidden_holds(policy, forbidden))
		return 0;
	err = ends_within(policy, forbidden, exception, &ends.from, &ends.to);
	if (!err)
		err = cut(&exception->from, &ends.from, true, &first->from);
	if (!err)
		err = cut(&exception->to, &ends.to, true, &first->to);
	if (err || !first->from.count || !first->to.count)
		return err;
	err = leave_rows_open(policy, forbidden, exception, &rs);
	if (!err)
		err = leave_union_open(policy, forbidden, exception, &rs);
	if (err || !rs.count)
		return err;
	ret_opening->from = rs.at[0].from.at[0];
	ret_opening->to = rs.at[0].to.at[0];
	return 1;
}
