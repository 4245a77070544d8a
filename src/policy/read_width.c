/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy may not open however it is written: half the internet as a zone or
 * service, a role behind somebody else's interface. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"
#include "policy/width.h"

/* ---- addresses */

/* Desktops in a cloud belong to their zone by address alone: whoever declares half the internet to
 * be one has brought it into that zone. */
static void check_cloud_role(struct reader *r, enum role role)
{
	const struct guideline_role *of = guideline_role(role);
	auto_(addr_list_clear) struct addr_list outside = { 0 };

	if (width_outside_zone(r->policy, role, &outside))
		read_no_memory(r);
	else if (width_exceeds(width_of(&outside), width_limit(WIDTH_CLOUD).accepted))
		errors_add(r->errors, r->path, r->policy->endpoints[role].line,
			   _("endpoints.%s: all these addresses would count as the zone %s (%s), "
			     "and they are more than the organisation can have in a cloud; "
			     "expected at most 65536 of IPv4, and a /48 of IPv6"),
			   of->slug, guideline_zone(of->zone)->slug,
			   guideline_zone(of->zone)->name_ja);
}

static void check_addresses(struct reader *r)
{
	const struct policy *policy = r->policy;

	for (size_t i = 0; i < ROLE_COUNT; i++)
		if (policy->endpoints[i].declared && guideline_role((enum role)i)->in_cloud)
			check_cloud_role(r, (enum role)i);
	for (size_t i = 0; i < policy->service_count; i++)
		if (width_exceeds(width_of(&policy->services[i].addresses),
				  width_limit(WIDTH_SERVICE).accepted))
			errors_add(r->errors, r->path, policy->services[i].line,
				   _("services.%s: its addresses are a great part of the internet; "
				     "expected those that the provider publishes for the service"),
				   policy->services[i].name ? policy->services[i].name : "?");
	for (size_t i = 0; i < ZONE_COUNT; i++)
		if (width_exceeds(width_of(&policy->zones[i].networks),
				  width_limit(WIDTH_ZONE).accepted))
			errors_add(r->errors, r->path, policy->zones[i].line,
				   _("zones.%s: its networks are a great part of the internet; "
				     "expected those behind its interfaces"),
				   guideline_zone((enum zone)i)->slug);
}

/* ---- interfaces */

static enum zone zone_of_interface(const struct reader *r, const char *interface)
{
	for (size_t i = 0; i < r->interface_count; i++)
		if (!strcmp(r->interfaces[i].name, interface))
			return r->interfaces[i].zone;
	return ZONE_NONE;
}

/* Machines of the office are behind their own zone's interfaces or a tunnel of their own. Not so
 * those in a cloud, which come by the breakout line; nor LGWAN-ASP, which may come by the LGWAN
 * interface. */
static bool may_live_behind(enum role role, enum zone zone)
{
	const struct guideline_role *of = guideline_role(role);

	if (zone == ZONE_NONE || of->zone == ZONE_NONE || zone == of->zone)
		return true;
	if (of->in_cloud)
		return zone == ZONE_EXTERNAL || zone == ZONE_INTERNET || zone == ZONE_LGWAN;
	return of->zone == ZONE_LGWAN_WAN && zone == ZONE_LGWAN;
}

static void check_interfaces(struct reader *r)
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		const struct policy_endpoint *e = &r->policy->endpoints[i];
		const struct guideline_role *of = guideline_role((enum role)i);

		for (size_t j = 0; j < e->interfaces.count; j++) {
			enum zone zone = zone_of_interface(r, e->interfaces.at[j]);

			if (may_live_behind((enum role)i, zone))
				continue;
			errors_add(r->errors, r->path, e->line,
				   _("endpoints.%s: \"%s\" leads to the zone %s (%s), but the role "
				     "(%s) belongs to %s (%s); expected an interface of that zone, "
				     "or a tunnel of its own"),
				   of->slug, e->interfaces.at[j], guideline_zone(zone)->slug,
				   guideline_zone(zone)->name_ja, of->name_ja,
				   guideline_zone(of->zone)->slug,
				   guideline_zone(of->zone)->name_ja);
		}
	}
}

void read_width_check(struct reader *r)
{
	check_addresses(r);
	check_interfaces(r);
}
