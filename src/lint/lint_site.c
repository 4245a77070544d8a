/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The site as a whole: maintenance terminals, where terminals are unified, and the CSP firewall. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"
#include "lint/width.h"

#define BIT(c) (1U << (c))

/* DaaS and Government Cloud on different CSPs, and on the same. Source: P15. */
#define CSP_DIFFERENT                                                                              \
	(BIT(CONFIGURATION_ROUTE_1) | BIT(CONFIGURATION_ROUTE_1P) | BIT(CONFIGURATION_ROUTE_3) |   \
	 BIT(CONFIGURATION_ROUTE_3P))
#define CSP_SAME                                                                                   \
	(BIT(CONFIGURATION_ROUTE_2) | BIT(CONFIGURATION_ROUTE_2P) | BIT(CONFIGURATION_ROUTE_4) |   \
	 BIT(CONFIGURATION_ROUTE_4P))

/* Terminals are unified in the internet zone. Source: P4, P15. */
#define INTERNET_TERMINALS                                                                         \
	(BIT(CONFIGURATION_ROUTE_3) | BIT(CONFIGURATION_ROUTE_3P) | BIT(CONFIGURATION_ROUTE_4) |   \
	 BIT(CONFIGURATION_ROUTE_4P) | BIT(CONFIGURATION_ROUTE_6) | BIT(CONFIGURATION_ROUTE_8))

/* ---- maintenance */

/* Who manages the appliance sits at a maintenance terminal. */
static void check_access(struct lint *l, const struct addr_list *dedicated)
{
	char text[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < l->policy->management_in.count; i++) {
		const struct policy_management *m = &l->policy->management_in.at[i];
		struct addr_list others;

		if (addr_list_subtract(&m->peers, dedicated, &others)) {
			l->no_memory = true;
			return;
		}
		if (others.count)
			lint_find(l, LINT_ERROR, m->line,
				  _("let maintenance terminals only manage the appliance, and "
				    "give them a zone of their own (maintenance)"),
				  _("management.access, %s: %s is no maintenance terminal"),
				  m->name, addr_range_text(&others.at[0], text));
		addr_list_clear(&others);
	}
}

/* At a contractor's, they come by a tunnel with addresses of their own. */
static void check_maintenance_addresses(struct lint *l)
{
	const struct policy_zone *zone = &l->policy->zones[ZONE_MAINTENANCE];
	auto_(addr_list_clear) struct addr_list public = { 0 };
	char text[ADDR_RANGE_TEXT_MAX];

	if (width_public(&l->policy->zone_addresses[ZONE_MAINTENANCE], &public))
		l->no_memory = true;
	else if (public.count)
		lint_find(
			l, LINT_WARNING, zone->line,
			_("bring maintenance from outside in by a tunnel, with private addresses"),
			_("zones.maintenance: %s is public; whoever has it on the internet would "
			  "count as a maintenance terminal"),
			addr_range_text(&public.at[0], text));
}

void lint_maintenance_terminal_dedicated(struct lint *l)
{
	check_maintenance_addresses(l);
	/* of the zone, the declared terminals included */
	check_access(l, &l->policy->zone_addresses[ZONE_MAINTENANCE]);
	/* the α' cases have a condition of their own about the appliance's settings, which tells it
	 */
	if (!(l->policy->configurations &
	      (BIT(CONFIGURATION_ALPHA_PRIME_A) | BIT(CONFIGURATION_ALPHA_PRIME_I) |
	       BIT(CONFIGURATION_ALPHA_PRIME_U))))
		lint_access_from_outside(l);
}

/* ---- roles of no use */

static bool has_flow(const struct policy *policy, enum role role)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++)
		if ((flows[i].from == role || flows[i].to == role) &&
		    (policy->configurations & BIT(flows[i].configuration)))
			return true;
	return false;
}

/* Exceptions and the management of the appliance speak of addresses; a role may say whose they are.
 */
static bool is_spoken_of(const struct policy *policy, const struct addr_list *addresses)
{
	for (size_t i = 0; i < policy->exception_count; i++)
		if (addr_list_overlap(&policy->exceptions[i].from, addresses, NULL) ||
		    addr_list_overlap(&policy->exceptions[i].to, addresses, NULL))
			return true;
	for (size_t i = 0; i < policy->management_in.count; i++)
		if (addr_list_overlap(&policy->management_in.at[i].peers, addresses, NULL))
			return true;
	return false;
}

void lint_idle_roles(struct lint *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < ROLE_COUNT; i++) {
		const struct policy_endpoint *endpoint = &policy->endpoints[i];
		const struct guideline_role *role = guideline_role((enum role)i);

		if (endpoint->declared && !has_flow(policy, (enum role)i) &&
		    !is_spoken_of(policy, &endpoint->addresses))
			lint_find(l, LINT_WARNING, endpoint->line,
				  _("take it out; or add the configuration that it belongs to"),
				  _("endpoints.%s: no flow of the configurations in use begins or "
				    "ends at the role (%s); it opens nothing"),
				  role->slug, role->name_ja);
	}
}

/* ---- where terminals are unified */

void lint_prefer_lgwan_single_terminal(struct lint *l)
{
	const struct policy_attestation *a = lint_attestation(l, l->condition->id, NULL);
	uint32_t used = l->policy->configurations & INTERNET_TERMINALS;

	for (unsigned int c = 0; c < CONFIGURATION_COUNT; c++)
		if (used & BIT(c))
			lint_find(l, a ? LINT_NOTE : LINT_WARNING, l->policy->configurations_line,
				  _("prefer a route with terminals in the LGWAN zone; if it stays, "
				    "attest \"prefer-lgwan-single-terminal\" with the reason"),
				  _("configurations: %s (%s) unifies terminals in the internet "
				    "zone"),
				  guideline_configuration_slug((enum configuration)c),
				  guideline_configuration_label_ja((enum configuration)c));
}

static bool opens_ports_of(const struct policy_exception *e, const struct policy_ports *group)
{
	for (size_t i = 0; i < e->ports.count; i++)
		for (size_t j = 0; j < group->count; j++)
			if (e->ports.at[i].l4proto == group->at[j].l4proto &&
			    e->ports.at[i].first <= group->at[j].last &&
			    e->ports.at[i].last >= group->at[j].first)
				return true;
	return false;
}

/* From the My Number zone to the screens of another. */
static void check_unification_exception(struct lint *l, const struct policy_exception *e)
{
	static const enum zone others[] = { ZONE_LGWAN, ZONE_INTERNET };
	const struct policy *policy = l->policy;

	if (!addr_list_overlap(&e->from, &policy->zone_addresses[ZONE_MYNUMBER], NULL) ||
	    !opens_ports_of(e, &policy->ports[PORT_GROUP_SCREEN_TRANSFER]))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (addr_list_overlap(&e->to, &policy->zone_addresses[others[i]], NULL))
			lint_find(l, LINT_ERROR, e->line,
				  _("leave the exception out; no route of the guideline has "
				    "terminals in the My Number zone"),
				  _("exceptions, %s: transfers a screen of the zone %s (%s) into "
				    "the My Number zone"),
				  e->name, guideline_zone(others[i])->slug,
				  guideline_zone(others[i])->name_ja);
}

void lint_mynumber_terminal_unification_not_covered(struct lint *l)
{
	for (size_t i = 0; i < l->policy->exception_count; i++)
		check_unification_exception(l, &l->policy->exceptions[i]);
}

/* ---- the CSP firewall */

void lint_csp_relation(struct lint *l)
{
	const struct policy *policy = l->policy;
	uint32_t different = policy->configurations & CSP_DIFFERENT;
	uint32_t same = policy->configurations & CSP_SAME;
	bool plays_csp = policy->firewalls & FIREWALL_BIT(FIREWALL_CSP);
	bool plays_separation = policy->firewalls & FIREWALL_BIT(FIREWALL_SEPARATION);
	bool attested = lint_attestation(l, l->condition->id, NULL);

	if (same && !plays_csp && !attested)
		lint_find(l, LINT_WARNING, policy->appliance_line,
			  _("add \"csp\" to appliance.firewalls; or attest \"csp-relation\", "
			    "naming the machine that plays it"),
			  _("appliance: the DaaS is on the CSP of the Government Cloud "
			    "(ガバメントクラウド), but the CSP firewall is not played here"));
	if (different && plays_csp)
		lint_find(l, LINT_ERROR, policy->appliance_line,
			  _("leave \"csp\" out of appliance.firewalls, or use the routes of the "
			    "same CSP (route-2, route-4)"),
			  _("appliance: the CSP firewall is played, but by the routes in use the "
			    "DaaS is on another CSP than the Government Cloud "
			    "(ガバメントクラウド)"));
	if (different && !plays_separation && !attested)
		lint_find(l, LINT_WARNING, policy->appliance_line,
			  _("add \"separation\" to appliance.firewalls; or attest "
			    "\"csp-relation\", naming the machine that plays it"),
			  _("appliance: flows of the DaaS reach My Number systems through the "
			    "separation firewall (分離), which is not played here"));
}
