/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is wider than most sites need, and so may open what was not adopted: addresses, ports,
 * names. What is wider still, policy_read() does not accept. */
#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/hosts.h"
#include "lint/lint_parts.h"
#include "lint/width.h"

/* ---- ports */

static void check_ports(struct lint *l, int line, const char *key, const char *name,
			const struct policy_ports *ports)
{
	unsigned int count =
		width_of_ports(ports, IPPROTO_TCP) + width_of_ports(ports, IPPROTO_UDP);

	if (count > WIDTH_PORTS_ORDINARY)
		lint_find(l, LINT_WARNING, line, _("list the ports that are needed, one by one"),
			  _("%s.%s: opens %u ports"), key, name, count);
}

static void check_all_ports(struct lint *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < PORT_GROUP_COUNT; i++)
		check_ports(l, policy->ports_line[i], "ports",
			    guideline_port_group_slug((enum port_group)i), &policy->ports[i]);
	for (size_t i = 0; i < policy->service_count; i++)
		check_ports(l, policy->services[i].line, "services", policy->services[i].name,
			    &policy->services[i].ports);
	for (size_t i = 0; i < policy->exception_count; i++)
		check_ports(l, policy->exceptions[i].line, "exceptions", policy->exceptions[i].name,
			    &policy->exceptions[i].ports);
}

/* ---- addresses of services */

static void check_private(struct lint *l, const struct policy_service *s)
{
	auto_(addr_list_clear) struct addr_list private = { 0 };
	char text[ADDR_RANGE_TEXT_MAX];
	struct addr_range common;

	if (width_private(&private)) {
		l->no_memory = true;
		return;
	}
	if (addr_list_overlap(&s->addresses, &private, &common))
		lint_find(
			l, LINT_ERROR, s->line,
			_("give the public addresses of the service; what is on private addresses "
			  "belongs to a zone"),
			_("services.%s: %s is no address of the internet; a cloud service behind "
			  "the breakout line has none such"),
			s->name, addr_range_text(&common, text));
}

static void check_service_width(struct lint *l, const struct policy_service *s)
{
	if (width_is_odd(WIDTH_SERVICE, &s->addresses))
		lint_find(l, LINT_WARNING, s->line,
			  _("list the addresses that the provider publishes for the service"),
			  _("services.%s: its addresses are more than large clouds publish"),
			  s->name);
}

/* ---- addresses of endpoints and zones */

static void check_cloud_role(struct lint *l, enum role role)
{
	const struct guideline_role *of = guideline_role(role);
	auto_(addr_list_clear) struct addr_list outside = { 0 };

	if (width_outside_zone(l->policy, role, &outside)) {
		l->no_memory = true;
		return;
	}
	if (width_is_odd(WIDTH_CLOUD, &outside))
		lint_find(l, LINT_WARNING, l->policy->endpoints[role].line,
			  _("list the addresses that the provider has assigned to the "
			    "organisation"),
			  _("endpoints.%s: many addresses for one organisation; all of them count "
			    "as the zone %s (%s)"),
			  of->slug, guideline_zone(of->zone)->slug,
			  guideline_zone(of->zone)->name_ja);
}

static void check_endpoints(struct lint *l)
{
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		if (l->policy->endpoints[i].declared && guideline_role((enum role)i)->in_cloud)
			check_cloud_role(l, (enum role)i);
	}
}

static void check_zone(struct lint *l, enum zone zone)
{
	const struct policy_zone *z = &l->policy->zones[zone];
	auto_(addr_list_clear) struct addr_list public = { 0 };

	if (width_public(&z->networks, &public))
		l->no_memory = true;
	else if (width_is_odd(WIDTH_ZONE, &public))
		lint_find(l, LINT_WARNING, z->line,
			  _("list the networks that are behind the zone's interfaces"),
			  _("zones.%s: many public addresses; whoever has one of them would count "
			    "as %s"),
			  guideline_zone(zone)->slug, guideline_zone(zone)->name_ja);
}

static void check_zones(struct lint *l)
{
	for (size_t i = 0; i < ZONE_COUNT; i++)
		check_zone(l, (enum zone)i);
}

/* ---- exceptions */

static bool is_wide(const struct addr_list *list)
{
	return width_is_odd(WIDTH_MACHINES, list);
}

/* What is managed has no zone by its role, but by its addresses. */
static bool plays_in_mynumber(const struct policy *policy, enum role role)
{
	if (role == ROLE_MANAGED_TARGET)
		return addr_list_overlap(&policy->endpoints[role].addresses,
					 &policy->zone_addresses[ZONE_MYNUMBER], NULL);
	return guideline_role(role)->zone == ZONE_MYNUMBER;
}

/* Where an exception leads into My Number from, by another exception or by a flow that its
 * destination may open. NULL if nowhere; else whom to name. */
static const char *way_on(const struct policy *policy, const struct policy_exception *first)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];

		if (addr_list_overlap(&first->to, &e->from, NULL) &&
		    addr_list_overlap(&e->to, &policy->zone_addresses[ZONE_MYNUMBER], NULL))
			return e->name;
	}
	for (size_t i = 0; i < count; i++)
		if (plays_in_mynumber(policy, flows[i].to) && policy_uses_flow(policy, &flows[i]) &&
		    addr_list_overlap(&first->to, &policy->endpoints[flows[i].from].addresses,
				      NULL))
			return flows[i].id;
	return NULL;
}

static const enum zone outside[] = { ZONE_INTERNET, ZONE_EXTERNAL };

/* Nothing forbidden in a single step, but from the internet to My Number in two. */
static void check_chains(struct lint *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < policy->exception_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(outside); j++) {
			const struct policy_exception *e = &policy->exceptions[i];
			const char *on = way_on(policy, e);

			if (on &&
			    addr_list_overlap(&e->from, &policy->zone_addresses[outside[j]], NULL))
				lint_find(l, LINT_ERROR, e->line,
					  _("leave the exception out, or lead it to a machine from "
					    "which nothing goes on into the My Number zone"),
					  _("exceptions, %s: with %s it makes a way from the zone "
					    "%s (%s) to the My Number zone in two steps"),
					  e->name, on, guideline_zone(outside[j])->slug,
					  guideline_zone(outside[j])->name_ja);
		}
}

static void check_inward(struct lint *l, const struct policy_exception *e, enum zone from)
{
	static const enum zone inside[] = { ZONE_LGWAN, ZONE_LGWAN_WAN, ZONE_MAINTENANCE };
	const struct addr_list *zones = l->policy->zone_addresses;

	if (!addr_list_overlap(&e->from, &zones[from], NULL))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		if (addr_list_overlap(&e->to, &zones[inside[i]], NULL))
			lint_find(l, LINT_ERROR, e->line,
				  _("leave the exception out; let the inside fetch what it needs, "
				    "by a flow of the guideline"),
				  _("exceptions, %s: opens the inside to the internet, from the "
				    "zone %s (%s) to the zone %s (%s)"),
				  e->name, guideline_zone(from)->slug,
				  guideline_zone(from)->name_ja, guideline_zone(inside[i])->slug,
				  guideline_zone(inside[i])->name_ja);
}

/* Where one is enough: a machine inside that the internet may speak to. */
static void check_inwards(struct lint *l)
{
	for (size_t i = 0; i < l->policy->exception_count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(outside); j++)
			check_inward(l, &l->policy->exceptions[i], outside[j]);
}

/* True if one end is in the My Number zone, and something of the other is not. */
static bool crosses_mynumber(const struct policy *policy, const struct addr_list *inside,
			     const struct addr_list *other)
{
	const struct addr_list *zone = &policy->zone_addresses[ZONE_MYNUMBER];
	auto_(addr_list_clear) struct addr_list rest = { 0 };

	return addr_list_overlap(inside, zone, NULL) &&
	       addr_list_subtract(other, zone, &rest) == 0 && rest.count > 0;
}

static void check_exceptions(struct lint *l)
{
	for (size_t i = 0; i < l->policy->exception_count; i++) {
		const struct policy_exception *e = &l->policy->exceptions[i];

		if (is_wide(&e->from) || is_wide(&e->to))
			lint_find(l, LINT_ERROR, e->line, _("name the machines at both ends"),
				  _("exceptions, %s: %s is more than a few machines"), e->name,
				  is_wide(&e->from) ? "from" : "to");
		if (crosses_mynumber(l->policy, &e->from, &e->to) ||
		    crosses_mynumber(l->policy, &e->to, &e->from))
			lint_find(l, LINT_WARNING, e->line,
				  _("leave it out, unless the guideline allows this communication "
				    "outside of the configurations in use; keep the evidence with "
				    "its approval"),
				  _("exceptions, %s: crosses the boundary of the My Number zone "
				    "(マイナンバー利用事務系)"),
				  e->name);
	}
}

/* ---- names */

static void check_name(struct lint *l, const struct policy_service *s, enum names_kind kind,
		       const char *name)
{
	unsigned int traits = lint_is_wildcard(name) ? hosts_traits(name) : 0;
	const char *mend = _("list the host names of the service that are needed");

	(void)kind;
	if (traits & HOSTS_RENTED)
		lint_find(l, LINT_ERROR, s->line, mend,
			  _("services.%s: anybody can rent a name that matches \"%s\""), s->name,
			  name);
	else if (traits & HOSTS_PROVIDER)
		lint_find(l, LINT_WARNING, s->line, mend,
			  _("services.%s: \"%s\" is all that the provider has, not one service"),
			  s->name, name);
}

static void check_exception_names(struct lint *l, const struct policy_exception *e)
{
	for (size_t i = 0; i < e->names.count; i++)
		if (lint_is_wildcard(e->names.at[i]))
			lint_find(l, LINT_WARNING, e->line, _("name the hosts one by one"),
				  _("exceptions, %s: \"%s\" is more than one host"), e->name,
				  e->names.at[i]);
}

/* ---- the conditions */

void lint_default_deny(struct lint *l)
{
	const struct policy *policy = l->policy;

	check_zones(l);
	check_endpoints(l);
	check_all_ports(l);
	lint_idle_roles(l);
	for (size_t i = 0; i < policy->service_count; i++) {
		check_private(l, &policy->services[i]);
		check_service_width(l, &policy->services[i]);
		lint_each_name(l, &policy->services[i], check_name);
	}
	check_exceptions(l);
	check_chains(l);
	check_inwards(l);
	for (size_t i = 0; i < policy->exception_count; i++)
		check_exception_names(l, &policy->exceptions[i]);
	lint_find(l, LINT_NOTE, 0, "",
		  _("what no flow permits is refused, when the daemon is dead or overrun as well; "
		    "\"sekishoctl prove\" proves it of the compiled rules"));
}

/* The line is the internet: what crosses it in the clear can be read and changed. */
static void check_plain_http(struct lint *l, const struct policy_service *s)
{
	size_t others = s->tenant_names.count + s->shared_names.count;
	bool http = false;

	for (size_t i = 0; i < s->ports.count; i++)
		http |= s->ports.at[i].app == APP_HTTP;
	for (size_t i = 0; i < s->names.count; i++)
		others += !(hosts_traits(s->names.at[i]) & HOSTS_REVOCATION);
	if (http && others)
		lint_find(l, LINT_WARNING, s->line,
			  _("use \"tls\"; keep plain HTTP for hosts of CRLs and OCSP, in a service "
			    "of their own"),
			  _("services.%s: plain HTTP crosses the internet line unencrypted"),
			  s->name);
}

void lint_internet_line_assumed(struct lint *l)
{
	for (size_t i = 0; i < l->policy->service_count; i++)
		check_plain_http(l, &l->policy->services[i]);
	lint_find(l, LINT_NOTE, 0, "",
		  _("inspected ports open only with a name that the policy lists, in TLS but for "
		    "those marked \"http\""));
}
