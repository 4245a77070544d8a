/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions that this appliance sees to by itself, and what is left of them to people. */
#include <netinet/in.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"
#include "lint/width.h"

void lint_log_and_monitor(struct lint *l)
{
	const struct policy *policy = l->policy;

	if (!policy->daemon.log_directory)
		lint_find(l, LINT_ERROR, 0, _("set log.directory"),
			  _("no directory for the decision log"));
	else if (policy->daemon.log_key)
		lint_find(l, LINT_NOTE, 0, "",
			  _("every decision, permitted or refused, is recorded in %s; without a "
			    "record nothing passes. Records are chained: \"sekishoctl log verify\" "
			    "with the auditor's key shows any that was altered, removed or added"),
			  policy->daemon.log_directory);
	else
		lint_find(l, LINT_NOTE, 0, "",
			  _("every decision, permitted or refused, is recorded in %s; without a "
			    "record nothing passes. The log is NOT tamper-evident: whoever is root "
			    "can change it unseen (log.key)"),
			  policy->daemon.log_directory);
	(void)lint_need_attestation(l, LINT_ERROR, NULL,
				    _("that the logs are watched, and that a procedure for "
				      "incidents is at hand"));
}

void lint_monitor_illegal_communication(struct lint *l)
{
	lint_find(l, LINT_NOTE, 0, "",
		  _("every refusal is recorded with its reason (sekishoctl log), and counted in "
		    "sekishoctl status"));
}

void lint_device_config_backup(struct lint *l)
{
	const char *hash = l->policy->source.hash;

	lint_find(l, LINT_NOTE, 0, "",
		  _("this policy and its list files are all that the appliance needs to be set up "
		    "again; keep them in version control. Every record names the policy by its "
		    "hash (%.16s...)"),
		  *hash ? hash : "-");
}

void lint_device_software_procedure(struct lint *l)
{
	lint_find(l, LINT_NOTE, 0, "",
		  _("\"sekishod --version\" and \"sekishoctl status\" tell the version in use, for "
		    "the inventory; updates come as packages of the operating system"));
}

void lint_own_responsibility(struct lint *l)
{
	lint_find(l, LINT_NOTE, 0, "", _("a reminder; nothing in a policy can show it"));
}

void lint_lbo_route_by_prefecture(struct lint *l)
{
	lint_find(l, LINT_NOTE, 0, "",
		  _("applies to breakouts in the prefecture's security cloud, which this appliance "
		    "never plays"));
}

/* ---- least privilege */

void lint_least_privilege_reviewed(struct lint *l)
{
	const struct policy *policy = l->policy;

	for (size_t i = 0; i < policy->management_in.count; i++)
		if (width_is_odd(WIDTH_MACHINES, &policy->management_in.at[i].peers))
			lint_find(l, LINT_WARNING, policy->management_in.at[i].line,
				  _("name the terminals of those who manage the appliance, and no "
				    "more"),
				  _("management.access, %s: lets whole networks reach the "
				    "appliance"),
				  policy->management_in.at[i].name);
	for (size_t i = 0; i < policy->management_out.count; i++)
		if (width_is_odd(WIDTH_MACHINES, &policy->management_out.at[i].peers))
			lint_find(l, LINT_WARNING, policy->management_out.at[i].line,
				  _("name the servers that the appliance needs"),
				  _("management.services, %s: lets the appliance reach whole "
				    "networks"),
				  policy->management_out.at[i].name);
	for (size_t i = 0; i < policy->exception_count; i++)
		if (policy->exceptions[i].expires_s <= l->now_s)
			lint_find(l, LINT_WARNING, policy->exceptions[i].line,
				  _("take it out of the policy, or have it approved anew"),
				  _("exceptions, %s: has expired and permits nothing any more"),
				  policy->exceptions[i].name);
	lint_find(l, LINT_NOTE, 0, "",
		  _("nothing beyond the guideline's flows is permitted without an exception that "
		    "ends by itself; \"nft list table inet sekisho\" counts what each rule "
		    "matched"));
}

/* ---- settings of the appliance */

/* Ways in that carry passwords in the clear. */
static const struct {
	uint8_t l4proto;
	uint16_t port;
	const char *name;
} plain[] = {
	{ IPPROTO_TCP, 21, "FTP" },  { IPPROTO_TCP, 23, "telnet" }, { IPPROTO_TCP, 80, "HTTP" },
	{ IPPROTO_UDP, 69, "TFTP" }, { IPPROTO_UDP, 161, "SNMP" },
};

static void check_access_ports(struct lint *l, const struct policy_management *m)
{
	for (size_t i = 0; i < m->ports.count; i++)
		for (size_t j = 0; j < ARRAY_SIZE(plain); j++) {
			const struct policy_port *port = &m->ports.at[i];

			if (port->l4proto == plain[j].l4proto && port->first <= plain[j].port &&
			    port->last >= plain[j].port)
				lint_find(l, LINT_WARNING, m->line, _("manage it by SSH or TLS"),
					  _("management.access, %s: opens %s, which is not "
					    "encrypted"),
					  m->name, plain[j].name);
		}
}

/* Where nobody manages a firewall from: whoever is there passes for one of the addresses. */
static bool is_outside(enum zone zone)
{
	return zone == ZONE_INTERNET || zone == ZONE_EXTERNAL || zone == ZONE_LGWAN_WAN;
}

/* By the zone that they count as. True if told. */
static bool check_access_zone(struct lint *l, const struct policy_management *m)
{
	char text[ADDR_RANGE_TEXT_MAX];
	struct addr_range common;
	bool told = false;

	for (size_t i = 0; i < ZONE_COUNT; i++) {
		if (!is_outside((enum zone)i) ||
		    !addr_list_overlap(&m->peers, &l->policy->zone_addresses[i], &common))
			continue;
		told = true;
		lint_opens(l, m->line, _("manage it from the maintenance terminals only"),
			   _("management.access, %s: %s is in the zone %s (%s); the "
			     "appliance would be managed from there"),
			   m->name, addr_range_text(&common, text),
			   guideline_zone((enum zone)i)->slug,
			   guideline_zone((enum zone)i)->name_ja);
	}
	return told;
}

/* By the line that they come in by: a desktop in a cloud counts as My Number, and yet comes from
 * the internet. */
static void check_access_line(struct lint *l, const struct policy_management *m,
			      const struct policy_places *places)
{
	char text[ADDR_RANGE_TEXT_MAX];
	struct addr_range common;

	for (size_t i = 0; i < places->count; i++) {
		const struct policy_place *place = &places->at[i];
		enum zone zone = policy_zone_of_line(l->policy, place->interface);

		if (zone == ZONE_NONE || !is_outside(zone) ||
		    !addr_list_overlap(&m->peers, &place->addresses, &common))
			continue;
		lint_opens(
			l, m->line, _("manage it from the maintenance terminals only"),
			_("management.access, %s: %s comes in by \"%s\" of the zone %s (%s); the "
			  "appliance would be managed from there"),
			m->name, addr_range_text(&common, text), place->interface,
			guideline_zone(zone)->slug, guideline_zone(zone)->name_ja);
		return;
	}
}

void lint_access_from_outside(struct lint *l)
{
	auto_(policy_places_clear) struct policy_places places = { 0 };

	if (policy_places(l->policy, &places)) {
		l->no_memory = true;
		return;
	}
	for (size_t i = 0; i < l->policy->management_in.count; i++)
		if (!check_access_zone(l, &l->policy->management_in.at[i]))
			check_access_line(l, &l->policy->management_in.at[i], &places);
}

void lint_vendor_hardening(struct lint *l)
{
	for (size_t i = 0; i < l->policy->management_in.count; i++)
		check_access_ports(l, &l->policy->management_in.at[i]);
	lint_access_from_outside(l);
	lint_find(l, LINT_NOTE, 0, "",
		  _("the daemon runs as %s, in a sandbox, with the one capability that it needs; "
		    "nothing on the appliance answers but what management.access names"),
		  l->policy->daemon.user ? l->policy->daemon.user : "sekisho");
}
