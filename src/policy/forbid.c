/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guideline forbids at a site: its rows, with the site's addresses. */
#include "policy/forbid.h"

#include "common/defs.h"

#define CONFIGURATIONS_ALPHA_PRIME                                                                 \
	(1U << CONFIGURATION_ALPHA_PRIME_A | 1U << CONFIGURATION_ALPHA_PRIME_I |                   \
	 1U << CONFIGURATION_ALPHA_PRIME_U)

/* 接続先制限 names only the DaaS in use where it is written for the routes, and LGWAN-ASP and the
 * permitted cloud services where it is written for the α' cases. A site with both declares the
 * union: there, the row of the routes leaves out what that of the cases leaves out as well. */
#define ROW_OF_THE_ROUTES "lgwan-to-external-but-daas"
#define ROW_OF_THE_CASES  "lgwan-to-unpermitted-external"

static bool is_row(const struct guideline_forbidden *row, const char *id)
{
	return row == guideline_forbidden_of(id);
}

/* The rows whose exceptions hold for row at this site: itself, and one more or NULL. */
static void rows_of_excepts(const struct policy *policy, const struct guideline_forbidden *row,
			    const struct guideline_forbidden *ret[2])
{
	ret[0] = row;
	ret[1] = NULL;
	if (is_row(row, ROW_OF_THE_ROUTES) && (policy->configurations & CONFIGURATIONS_ALPHA_PRIME))
		ret[1] = guideline_forbidden_of(ROW_OF_THE_CASES);
}

static bool role_has(const struct policy *policy, enum role role, const struct addr *a)
{
	if (role == ROLE_INTERNET)
		return addr_list_has(&policy->zone_addresses[ZONE_EXTERNAL], a);
	if (!guideline_role(role)->is_service)
		return addr_list_has(&policy->endpoints[role].addresses, a);
	for (size_t i = 0; i < policy->service_count; i++)
		if (policy->services[i].role == role &&
		    addr_list_has(&policy->services[i].addresses, a))
			return true;
	return false;
}

static bool selector_has(const struct policy *policy, const struct guideline_selector *selector,
			 const struct addr *a)
{
	if (selector->any)
		return true;
	if (selector->zone != ZONE_NONE)
		return addr_list_has(&policy->zone_addresses[selector->zone], a);
	for (unsigned int role = 0; role < ROLE_COUNT; role++)
		if ((selector->roles & ROLE_BIT(role)) && role_has(policy, (enum role)role, a))
			return true;
	return false;
}

/* True if the groups of ports (any, if none) hold all of the port's range. */
static bool ports_hold(const struct policy *policy, uint32_t groups, const struct policy_port *port)
{
	uint32_t next = port->first;
	bool grown = true;

	if (!groups)
		return true;
	/* every round goes on from where some range has reached */
	while (grown && next <= port->last) {
		grown = false;
		for (size_t g = 0; g < PORT_GROUP_COUNT; g++) {
			const struct policy_ports *ports = &policy->ports[g];

			for (size_t i = 0; (groups >> g & 1) != 0 && i < ports->count; i++) {
				const struct policy_port *p = &ports->at[i];

				if (p->l4proto != port->l4proto || p->first > next ||
				    p->last < next)
					continue;
				next = (uint32_t)p->last + 1;
				grown = true;
			}
		}
	}
	return next > port->last;
}

static bool row_excepts(const struct policy *policy, const struct guideline_forbidden *row,
			const struct flow_key *key)
{
	const struct policy_port port = { .l4proto = key->l4proto,
					  .first = key->dport,
					  .last = key->dport };
	const struct guideline_forbidden *rows[2];

	rows_of_excepts(policy, row, rows);
	for (size_t r = 0; r < ARRAY_SIZE(rows) && rows[r]; r++) {
		for (size_t i = 0; i < rows[r]->except_count; i++) {
			const struct guideline_except *e = &rows[r]->excepts[i];

			if (!e->screen_transfer && selector_has(policy, &e->from, &key->src) &&
			    selector_has(policy, &e->to, &key->dst) &&
			    ports_hold(policy, e->ports, &port))
				return true;
		}
	}
	return false;
}

static bool is_in_use(const struct policy *policy, const struct guideline_forbidden *row)
{
	return (policy->configurations & row->configurations) != 0;
}

const struct guideline_forbidden *forbid_flow(const struct policy *policy,
					      const struct flow_key *key)
{
	const enum zone from = policy_zone_of(policy, &key->src);
	const enum zone to = policy_zone_of(policy, &key->dst);
	const struct guideline_forbidden *rows = guideline_forbidden_between(from, to);
	size_t count;

	if (rows)
		return rows;
	rows = guideline_forbiddens(&count);
	for (size_t i = 0; i < count; i++) {
		if (is_in_use(policy, &rows[i]) &&
		    selector_has(policy, &rows[i].sources, &key->src) &&
		    selector_has(policy, &rows[i].targets, &key->dst) &&
		    !row_excepts(policy, &rows[i], key))
			return &rows[i];
	}
	return NULL;
}

static int add_all(struct addr_list *to, const struct addr_list *from)
{
	int err = 0;

	for (size_t i = 0; !err && i < from->count; i++)
		err = addr_list_add(to, &from->at[i]);
	return err;
}

static int add_role(const struct policy *policy, enum role role, struct addr_list *to)
{
	int err = 0;

	if (role == ROLE_INTERNET)
		return add_all(to, &policy->zone_addresses[ZONE_EXTERNAL]);
	if (!guideline_role(role)->is_service)
		return add_all(to, &policy->endpoints[role].addresses);
	for (size_t i = 0; !err && i < policy->service_count; i++)
		if (policy->services[i].role == role)
			err = add_all(to, &policy->services[i].addresses);
	return err;
}

/* *ret: the selector's addresses, normal; the caller clears it. */
static int selector_addresses(const struct policy *policy,
			      const struct guideline_selector *selector, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };
	int err = 0;

	if (selector->any)
		return addr_list_all(ret);
	if (selector->zone != ZONE_NONE)
		err = add_all(&list, &policy->zone_addresses[selector->zone]);
	for (unsigned int role = 0; !err && role < ROLE_COUNT; role++)
		if (selector->roles & ROLE_BIT(role))
			err = add_role(policy, (enum role)role, &list);
	if (err)
		return err;
	addr_list_normalise(&list);
	*ret = list;
	list = (struct addr_list){ 0 };
	return 0;
}

/* Replaces *list by what of it the selector has (keep), or has not. */
static int narrow(const struct policy *policy, struct addr_list *list,
		  const struct guideline_selector *selector, bool keep)
{
	auto_(addr_list_clear) struct addr_list other = { 0 };
	auto_(addr_list_clear) struct addr_list left = { 0 };
	int err;

	if (selector->any && keep)
		return 0;
	err = selector_addresses(policy, selector, &other);
	if (!err)
		err = addr_list_subtract(list, &other, &left);
	if (err)
		return err;
	if (keep) {
		struct addr_list both;

		err = addr_list_subtract(list, &left, &both);
		if (err)
			return err;
		addr_list_clear(&left);
		left = both;
	}
	addr_list_clear(list);
	*list = left;
	left = (struct addr_list){ 0 };
	return 0;
}

/* What is left of a box of sources, targets and one range of ports. */
struct rest {
	struct addr_list from, to;
	const struct policy_port *port;
};

static void rest_clear(struct rest *rest)
{
	addr_list_clear(&rest->from);
	addr_list_clear(&rest->to);
}

/* Takes from the rest what one exception of a row leaves out. */
static int leave_out(const struct policy *policy, const struct guideline_except *e,
		     struct rest *rest)
{
	auto_(addr_list_clear) struct addr_list outside = { 0 };
	int err;

	if (e->screen_transfer || !ports_hold(policy, e->ports, rest->port))
		return 0;
	err = add_all(&outside, &rest->from);
	if (!err && e->from.any)
		addr_list_clear(&outside);
	else if (!err)
		err = narrow(policy, &outside, &e->from, false);
	if (err)
		return err;
	/* Sources that the exception does not name stay forbidden everywhere: then all of the
	 * targets are kept for them. Whether anything is left is all that is asked for. */
	return outside.count ? 0 : narrow(policy, &rest->to, &e->to, false);
}

static int covers(const struct policy *policy, const struct guideline_forbidden *row,
		  const struct policy_exception *exception, const struct policy_port *port,
		  bool *ret)
{
	auto_(rest_clear) struct rest rest = { .port = port };
	const struct guideline_forbidden *rows[2];
	int err = add_all(&rest.from, &exception->from);

	if (!err)
		err = add_all(&rest.to, &exception->to);
	if (!err)
		err = narrow(policy, &rest.from, &row->sources, true);
	if (!err)
		err = narrow(policy, &rest.to, &row->targets, true);
	rows_of_excepts(policy, row, rows);
	for (size_t r = 0; r < ARRAY_SIZE(rows) && rows[r]; r++)
		for (size_t i = 0; !err && i < rows[r]->except_count; i++)
			err = leave_out(policy, &rows[r]->excepts[i], &rest);
	*ret = rest.from.count && rest.to.count;
	return err;
}

static bool shuts_pair(const struct guideline_forbidden *row)
{
	for (unsigned int from = 0; from < ZONE_COUNT; from++)
		for (unsigned int to = 0; to < ZONE_COUNT; to++)
			if (guideline_forbidden_between((enum zone)from, (enum zone)to) == row)
				return true;
	return false;
}

/* The pairs of zones that are shut whatever the configuration. */
static bool joins_shut_zones(const struct policy *policy, const struct policy_exception *exception,
			     const struct guideline_forbidden *row)
{
	for (unsigned int from = 0; from < ZONE_COUNT; from++) {
		if (!addr_list_overlap(&exception->from, &policy->zone_addresses[from], NULL))
			continue;
		for (unsigned int to = 0; to < ZONE_COUNT; to++)
			if (guideline_forbidden_between((enum zone)from, (enum zone)to) == row &&
			    addr_list_overlap(&exception->to, &policy->zone_addresses[to], NULL))
				return true;
	}
	return false;
}

int forbid_exception(const struct policy *policy, const struct policy_exception *exception,
		     const struct guideline_forbidden **ret)
{
	size_t count;
	const struct guideline_forbidden *rows = guideline_forbiddens(&count);

	for (size_t i = 0; i < count; i++) {
		bool forbidden =
			shuts_pair(&rows[i]) && joins_shut_zones(policy, exception, &rows[i]);

		for (size_t p = 0; is_in_use(policy, &rows[i]) && p < exception->ports.count; p++) {
			bool covered = false;
			int err = covers(policy, &rows[i], exception, &exception->ports.at[p],
					 &covered);

			if (err)
				return err;
			forbidden |= covered;
		}
		if (forbidden) {
			*ret = &rows[i];
			return 0;
		}
	}
	*ret = NULL;
	return 0;
}
