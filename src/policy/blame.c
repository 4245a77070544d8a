/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the guideline's forbidden flows a refused flow is. */
#include "policy/blame.h"

#include "policy/forbidden.h"

#define ANY (~0U)

/* One end of a flow as the catalogue's selectors see it. */
struct end {
	enum zone zone;
	uint32_t roles; /* ROLE_BIT()s; an address may have several: services, targets of
			 * maintenance */
};

static struct end end_of(const struct policy *policy, const struct addr *a)
{
	struct end end = { .zone = policy_zone_of(policy, a) };

	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (addr_list_has(&policy->endpoints[i].addresses, a))
			end.roles |= ROLE_BIT(i);
	if (end.zone == ZONE_EXTERNAL)
		end.roles |= ROLE_BIT(ROLE_INTERNET);
	for (size_t i = 0; i < policy->service_count; i++)
		if (addr_list_has(&policy->services[i].addresses, a))
			end.roles |= ROLE_BIT(policy->services[i].role);
	return end;
}

static bool is_selected(const struct end *end, enum zone zone, uint32_t roles)
{
	if (roles == ANY)
		return true;
	return zone != ZONE_NONE ? end->zone == zone : (end->roles & roles) != 0;
}

static bool ports_have(const struct policy_ports *ports, const struct flow_key *key)
{
	for (size_t i = 0; i < ports->count; i++)
		if (ports->at[i].l4proto == key->l4proto && ports->at[i].first <= key->dport &&
		    ports->at[i].last >= key->dport)
			return true;
	return false;
}

static bool groups_have(const struct policy *policy, uint32_t groups, const struct flow_key *key)
{
	for (size_t i = 0; i < PORT_GROUP_COUNT; i++)
		if ((groups & PORT_GROUP_BIT(i)) && ports_have(&policy->ports[i], key))
			return true;
	return groups == ANY;
}

/* Screen transfer that is permitted is not asked about. */
static bool is_left_open(const struct policy *policy, const struct guideline_forbidden *forbidden,
			 const struct end ends[2], const struct flow_key *key)
{
	for (size_t i = 0; i < forbidden->except_count; i++) {
		const struct guideline_except *e = &forbidden->excepts[i];

		if (!e->screen_transfer && is_selected(&ends[0], ZONE_NONE, e->from_roles) &&
		    is_selected(&ends[1], ZONE_NONE, e->to_roles) &&
		    groups_have(policy, e->ports, key))
			return true;
	}
	return false;
}

/* The same by another restriction of destinations, where the policy declares their union. */
static bool is_left_open_by_union(const struct policy *policy,
				  const struct guideline_forbidden *forbidden,
				  const struct end ends[2], const struct flow_key *key)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	if (!policy->destination_union || !forbidden_is_destination_restriction(forbidden))
		return false;
	for (size_t i = 0; i < count; i++)
		if (forbidden_is_destination_restriction(&all[i]) &&
		    forbidden_holds(policy, &all[i]) && is_left_open(policy, &all[i], ends, key))
			return true;
	return false;
}

const struct guideline_forbidden *blame_flow(const struct policy *policy,
					     const struct flow_key *key)
{
	const struct end ends[2] = { end_of(policy, &key->src), end_of(policy, &key->dst) };
	const struct guideline_forbidden *all =
		guideline_forbidden_between(ends[0].zone, ends[1].zone);
	size_t count;

	if (all)
		return all;
	all = guideline_forbiddens(&count);
	for (size_t i = 0; i < count; i++) {
		const struct guideline_forbidden *f = &all[i];

		if (!(f->configurations & policy->configurations) ||
		    !is_selected(&ends[0], f->from_zone, f->from_roles) ||
		    !is_selected(&ends[1], f->to_zone, f->to_roles))
			continue;
		if (!is_left_open(policy, f, ends, key) &&
		    !is_left_open_by_union(policy, f, ends, key))
			return f;
	}
	return NULL;
}
