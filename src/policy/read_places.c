/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Behind which interfaces the roles live: a line that leads to two zones tells them apart by
 * addresses alone, which can be forged. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* The security cloud is the one way in for the desktops of routes 3 and 4: the internet zone's line
 * to it. */
static bool comes_by_security_cloud(const struct reader *r, enum role role, enum zone zone)
{
	const uint32_t routes =
		CONFIGURATION_BIT(CONFIGURATION_ROUTE_3) | CONFIGURATION_BIT(CONFIGURATION_ROUTE_4);

	return role == ROLE_MYNUMBER_DAAS && zone == ZONE_INTERNET &&
	       r->policy->zones[zone].reaches_internet &&
	       ((r->policy->configurations & routes) || (r->unsure & READ_UNSURE_CONFIGURATIONS));
}

/* Frames for a VLAN on a line can be tagged by whoever is behind the line. */
static bool share_line(const char *a, const char *b)
{
	return !strcmp(a, b) || policy_is_vlan_of(a, b) || policy_is_vlan_of(b, a);
}

/* Somebody of another zone who lives behind that interface as well, a VLAN on it or the line that
 * it is a VLAN of; ROLE_COUNT if nobody. */
static enum role other_behind(const struct policy *policy, const char *interface, enum zone zone)
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		const struct policy_strings *interfaces = &policy->endpoints[i].interfaces;

		if (guideline_role((enum role)i)->zone == zone)
			continue;
		for (size_t j = 0; j < interfaces->count; j++)
			if (share_line(interfaces->at[j], interface))
				return (enum role)i;
	}
	return ROLE_COUNT;
}

/* Another zone whose interface is a VLAN on that one; ZONE_NONE if none. */
static enum zone zone_carried(const struct policy *policy, const char *line, enum zone own)
{
	for (size_t i = 0; i < ZONE_COUNT; i++)
		for (size_t j = 0; i != (size_t)own && j < policy->zones[i].interfaces.count; j++)
			if (policy_is_vlan_of(policy->zones[i].interfaces.at[j], line))
				return (enum zone)i;
	return ZONE_NONE;
}

/* Those of the list that lie in no zone's networks. 0 or -ENOMEM. */
static int outside_networks(const struct policy *policy, const struct addr_list *list,
			    struct addr_list *ret)
{
	static const struct addr_list nothing = { 0 };
	auto_(addr_list_clear) struct addr_list left = { 0 };
	int err = addr_list_subtract(list, &nothing, &left);

	for (size_t i = 0; !err && i < ZONE_COUNT; i++) {
		struct addr_list next = { 0 };

		err = addr_list_subtract(&left, &policy->zones[i].networks, &next);
		addr_list_clear(&left);
		left = next;
	}
	if (err)
		return err;
	*ret = left;
	left = nothing;
	return 0;
}

/* Private addresses are nobody's on the internet and its zone, so that anybody behind these lines
 * could have them: those of the provider are public. interface: NULL for the breakout line. */
static void check_private(struct reader *r, enum role role, const char *interface, enum zone zone)
{
	const struct guideline_role *of = guideline_role(role);
	const struct addr_list *all = &r->policy->endpoints[role].addresses;
	auto_(addr_list_clear) struct addr_list outside = { 0 };
	const bool named = interface != NULL;
	char text[ADDR_RANGE_TEXT_MAX];
	struct addr_range private;

	/* without a line of its own, what is in a zone's networks lives behind that zone's lines */
	if (outside_networks(r->policy, all, &outside)) {
		read_no_memory(r);
		return;
	}
	if (!interface && r->policy->zones[zone].interfaces.count)
		interface = r->policy->zones[zone].interfaces.at[0];
	if (interface && read_has_private(named ? all : &outside, &private))
		errors_add(r->errors, r->role_place[role].file, r->role_place[role].line,
			   _("endpoints.%s: %s is private, and \"%s\" leads to the zone %s (%s): "
			     "who is behind it could have it and pass for %s in the zone %s (%s). "
			     "Expected public addresses of the provider, or an interface of its "
			     "own, as that of a tunnel"),
			   of->slug, addr_range_text(&private, text), interface,
			   guideline_zone(zone)->slug, guideline_zone(zone)->name_ja, of->name_ja,
			   guideline_zone(of->zone)->slug, guideline_zone(of->zone)->name_ja);
}

/* Addresses alone tell who comes in by a line, so that others behind it could take those of My
 * Number. */
static void check_mynumber_line(struct reader *r, enum role role, const char *interface)
{
	const struct guideline_role *of = guideline_role(role);
	enum zone zone = policy_zone_of_line(r->policy, interface);
	enum role other = other_behind(r->policy, interface, ZONE_MYNUMBER);
	struct read_place at = r->role_place[role];

	if (comes_by_security_cloud(r, role, zone))
		return;
	if (zone == ZONE_NONE && other != ROLE_COUNT)
		errors_add(r->errors, at.file, at.line,
			   _("endpoints.%s.interfaces: \"%s\" leads to %s (line %d) as well: "
			     "whoever is behind it could pass for My Number (%s). Expected an "
			     "interface of its own, as that of a tunnel"),
			   of->slug, interface, guideline_role(other)->slug,
			   r->role_place[other].line, of->name_ja);
	else if (zone != ZONE_NONE && zone != ZONE_MYNUMBER && zone != ZONE_EXTERNAL)
		errors_add(r->errors, at.file, at.line,
			   _("endpoints.%s.interfaces: \"%s\" leads to the zone %s (%s): whoever "
			     "is behind it could pass for My Number (%s). Expected an interface of "
			     "the zone mynumber, of the zone external (the breakout line), or one "
			     "of its own, as that of a tunnel%s"),
			   of->slug, interface, guideline_zone(zone)->slug,
			   guideline_zone(zone)->name_ja, of->name_ja,
			   role == ROLE_MYNUMBER_DAAS && zone == ZONE_INTERNET
				   ? _("; only with route-3 or route-4 may the DaaS come in by the "
				       "internet zone's line to the security cloud "
				       "(reaches_internet = true)")
				   : "");
}

/* A line of no zone, as that of a tunnel, leads to one zone: addresses alone would tell its roles
 * apart. */
static void check_own_line(struct reader *r, enum role role, const char *interface)
{
	const struct guideline_role *of = guideline_role(role);
	enum role other = other_behind(r->policy, interface, of->zone);
	enum zone carried = zone_carried(r->policy, interface, of->zone);
	struct read_place at = r->role_place[role];

	if (carried != ZONE_NONE)
		errors_add(r->errors, at.file, at.line,
			   _("endpoints.%s.interfaces: a VLAN on \"%s\" leads to the zone %s (%s): "
			     "whoever is behind \"%s\" can send frames with its tag, and pass for "
			     "that zone. Expected an interface of its own"),
			   of->slug, interface, guideline_zone(carried)->slug,
			   guideline_zone(carried)->name_ja, interface);
	/* My Number tells of it itself, and of two others the second */
	if (of->zone == ZONE_MYNUMBER || of->zone == ZONE_NONE || other >= role ||
	    guideline_role(other)->zone == ZONE_MYNUMBER ||
	    guideline_role(other)->zone == ZONE_NONE)
		return;
	errors_add(r->errors, at.file, at.line,
		   _("endpoints.%s.interfaces: \"%s\" leads to %s (line %d) of the zone %s (%s) as "
		     "well, itself or by a VLAN: one could pass for the other. Expected an "
		     "interface for each zone"),
		   of->slug, interface, guideline_role(other)->slug, r->role_place[other].line,
		   guideline_zone(guideline_role(other)->zone)->slug,
		   guideline_zone(guideline_role(other)->zone)->name_ja);
}

/* What is in a cloud comes in from outside: never by a line of another zone's offices. */
static void check_cloud_line(struct reader *r, enum role role, const char *interface,
			     enum zone zone)
{
	const struct guideline_role *of = guideline_role(role);

	if (zone == of->zone || zone == ZONE_INTERNET || zone == ZONE_EXTERNAL)
		return;
	errors_add(
		r->errors, r->role_place[role].file, r->role_place[role].line,
		_("endpoints.%s.interfaces: \"%s\" leads to the zone %s (%s): whoever is behind "
		  "it could pass for %s. Expected an interface of its zone, of the zone internet "
		  "or external, or one that leads nowhere else, as that of a tunnel"),
		of->slug, interface, guideline_zone(zone)->slug, guideline_zone(zone)->name_ja,
		of->name_ja);
}

/* Desktops and systems in a cloud come in where the line to it is; whoever stands in the office
 * stands behind an interface of his own zone. */
void read_places_check(struct reader *r, enum role role)
{
	const struct guideline_role *of = guideline_role(role);
	const struct policy_strings *interfaces = &r->policy->endpoints[role].interfaces;
	bool inside = of->in_cloud && (of->zone == ZONE_MYNUMBER || of->zone == ZONE_LGWAN);

	if (inside && !interfaces->count)
		check_private(r, role, NULL, ZONE_EXTERNAL);
	for (size_t i = 0; i < interfaces->count; i++) {
		enum zone zone = policy_zone_of_line(r->policy, interfaces->at[i]);

		if (inside && (zone == ZONE_INTERNET || zone == ZONE_EXTERNAL))
			check_private(r, role, interfaces->at[i], zone);
		if (zone == ZONE_NONE)
			check_own_line(r, role, interfaces->at[i]);
		if (of->zone == ZONE_MYNUMBER &&
		    (of->in_cloud || zone == ZONE_NONE || zone == ZONE_MYNUMBER)) {
			check_mynumber_line(r, role, interfaces->at[i]);
			continue;
		}
		if (zone == ZONE_NONE || zone == of->zone)
			continue;
		if (of->in_cloud) {
			check_cloud_line(r, role, interfaces->at[i], zone);
			continue;
		}
		errors_add(r->errors, r->role_place[role].file, r->role_place[role].line,
			   _("endpoints.%s.interfaces: \"%s\" leads to the zone %s, but the role "
			     "(%s) belongs to %s (%s)"),
			   of->slug, interfaces->at[i], guideline_zone(zone)->slug, of->name_ja,
			   guideline_zone(of->zone)->slug, guideline_zone(of->zone)->name_ja);
	}
}
