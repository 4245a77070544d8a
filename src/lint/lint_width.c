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
		lint_opens(
			l, s->line,
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

/* Between My Number and another zone inside: what policy_read() lets pass of its boundary. */
static void check_crossing(struct lint *l, const struct policy_exception *e, enum zone from,
			   enum zone to)
{
	const struct addr_list *zones = l->policy->zone_addresses;

	if (!addr_list_overlap(&e->from, &zones[from], NULL) ||
	    !addr_list_overlap(&e->to, &zones[to], NULL))
		return;
	lint_find(l, LINT_WARNING, e->line,
		  _("leave it out, unless the guideline allows this communication outside of the "
		    "configurations in use; keep the evidence with its approval"),
		  _("exceptions, %s: crosses the boundary of the My Number zone "
		    "(マイナンバー利用事務系), from the zone %s (%s) to the zone %s (%s). The "
		    "configurations in use neither permit nor forbid this pair, and from the "
		    "internet no way leads over it; so it is open for as long as it is approved"),
		  e->name, guideline_zone(from)->slug, guideline_zone(from)->name_ja,
		  guideline_zone(to)->slug, guideline_zone(to)->name_ja);
}

static void check_exceptions(struct lint *l)
{
	static const enum zone others[] = { ZONE_LGWAN, ZONE_LGWAN_WAN, ZONE_MAINTENANCE };

	for (size_t i = 0; i < l->policy->exception_count; i++) {
		const struct policy_exception *e = &l->policy->exceptions[i];

		if (is_wide(&e->from) || is_wide(&e->to))
			lint_find(l, LINT_ERROR, e->line, _("name the machines at both ends"),
				  _("exceptions, %s: %s is more than a few machines"), e->name,
				  is_wide(&e->from) ? "from" : "to");
		for (size_t j = 0; j < ARRAY_SIZE(others); j++) {
			check_crossing(l, e, others[j], ZONE_MYNUMBER);
			check_crossing(l, e, ZONE_MYNUMBER, others[j]);
		}
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
		lint_opens(l, s->line, mend,
			   _("services.%s: anybody can rent a name that matches \"%s\""), s->name,
			   name);
	else if (traits & HOSTS_PROVIDER)
		lint_find(l, LINT_WARNING, s->line, mend,
			  _("services.%s: \"%s\" is all that the provider has, not one service"),
			  s->name, name);
}

/* From the zones that keep to the own tenant, or reach no cloud at all. */
static bool is_kept_to_tenant(const struct lint *l, const struct policy_exception *e)
{
	const struct addr_list *zones = l->policy->zone_addresses;

	return addr_list_overlap(&e->from, &zones[ZONE_LGWAN], NULL) ||
	       addr_list_overlap(&e->from, &zones[ZONE_MYNUMBER], NULL);
}

static void check_exception_name(struct lint *l, const struct policy_exception *e, const char *name)
{
	unsigned int traits = hosts_traits(name);

	if (traits & HOSTS_PERSONAL)
		lint_opens(l, e->line, _("leave the name out"),
			   _("exceptions, %s: \"%s\" is for personal accounts"), e->name, name);
	else if (traits & HOSTS_SHARED)
		lint_opens(l, e->line,
			   _("leave the name out; reach it by a service with via = { proxy; "
			     "inserts }"),
			   _("exceptions, %s: \"%s\" is used by all customers, and nothing "
			     "restricts it to the own tenant"),
			   e->name, name);
}

static void check_exception_names(struct lint *l, const struct policy_exception *e)
{
	for (size_t i = 0; i < e->names.count; i++)
		if (is_kept_to_tenant(l, e))
			check_exception_name(l, e, e->names.at[i]);
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
