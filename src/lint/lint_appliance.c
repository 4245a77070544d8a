/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions that this appliance sees to by itself, and what is left of them to people. */
#include <netinet/in.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"
#include "policy/width.h"

#define ACCESS_PEERS_MAX 256 /* addresses from which the appliance is managed: more are no team */

void lint_log_and_monitor(struct lint *l)
{
	const struct policy *policy = l->policy;

	if (!policy->daemon.log_directory)
		lint_find(l, LINT_ERROR, 0, _("set log.directory"),
			  _("no directory for the decision log"));
	else
		lint_find(l, LINT_NOTE, 0, "",
			  _("every decision, permitted or refused, is recorded in %s; without a "
			    "record nothing passes"),
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

	for (size_t i = 0; i < policy->management_in.count; i++) {
		const struct policy_management *m = &policy->management_in.at[i];
		struct width size = width_of(&m->peers);

		if (size.ipv4 > ACCESS_PEERS_MAX || size.ipv6_networks > 1)
			lint_find(l, LINT_WARNING, m->line,
				  _("name the terminals of those who manage the appliance, and no "
				    "more"),
				  _("management.access, %s: lets whole networks reach the "
				    "appliance"),
				  m->name);
	}
	lint_find(l, LINT_NOTE, 0, "",
		  _("the daemon runs as %s, in a sandbox, with the one capability that it needs; "
		    "nothing on the appliance answers but what management.access names"),
		  l->policy->daemon.user ? l->policy->daemon.user : "sekisho");
}
