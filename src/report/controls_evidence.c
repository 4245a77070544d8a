/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks in the compiled ruleset and in the policy for what the appliance does for one row. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_parts.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

/* What was found of the flows that bear on a row. */
struct found {
	size_t decided;   /* decided by a firewall that this appliance plays */
	size_t elsewhere; /* by another one, though it may pass through here */
	size_t rules, inspecting;
	uint32_t from;       /* bit set of the roles they come from */
	enum firewall other; /* the last of those elsewhere */
};

/* The work on one row. */
struct gather {
	const struct controls_input *input;
	const struct controls_duty *duty;
	struct controls_item *item;
	struct found found;
};

static bool plays(const struct gather *g, enum firewall firewall)
{
	return g->input->policy->firewalls & FIREWALL_BIT(firewall);
}

/* Flows that the site leaves out. */
static bool left_out(const struct policy *policy, const struct guideline_flow *flow, size_t index)
{
	if (flow->implied)
		return !policy->implied_flows[index];
	return flow->optional &&
	       !(policy_plays_role(policy, flow->from) && policy_plays_role(policy, flow->to));
}

static int add_flow(struct gather *g, const struct guideline_flow *flow)
{
	/* what leads to managed targets is decided at any firewall: policy_covers_flow() */
	if (plays(g, flow->firewall) || flow->to == ROLE_MANAGED_TARGET) {
		g->found.decided++;
	} else {
		g->found.elsewhere++;
		g->found.other = flow->firewall;
	}
	if (!policy_uses_flow(g->input->policy, flow))
		return 0;
	int rules = controls_add_rules(g->input->ruleset, flow->id, g->item);
	if (rules < 0)
		return rules;
	g->found.rules += (size_t)rules;
	g->found.inspecting += controls_count_inspecting(g->input->ruleset, flow->id);
	g->found.from |= 1U << flow->from;
	return 0;
}

static bool is_of_row(const struct controls_item *item, const struct guideline_flow *flow)
{
	const char *key = guideline_control_of_flow(flow);

	return key && strcmp(key, item->control->key) == 0;
}

static bool leaves_lgwan(const struct controls_item *item, const struct guideline_flow *flow)
{
	const struct guideline_role *to = guideline_role(flow->to);

	(void)item;
	return guideline_role(flow->from)->zone == ZONE_LGWAN &&
	       (to->zone == ZONE_EXTERNAL || to->zone == ZONE_LGWAN_WAN || to->in_cloud);
}

static bool is_screen(const struct controls_item *item, const struct guideline_flow *flow)
{
	(void)item;
	return flow->screen_transfer || flow->ports == PORT_GROUP_VPN;
}

static bool is_lgwan_screen(const struct controls_item *item, const struct guideline_flow *flow)
{
	return is_of_row(item, flow) ||
	       (flow->screen_transfer && guideline_role(flow->to)->zone == ZONE_LGWAN);
}

static bool is_sanitizer(const struct controls_item *item, const struct guideline_flow *flow)
{
	(void)item;
	return flow->from == ROLE_MAIL_SANITIZER || flow->to == ROLE_MAIL_SANITIZER;
}

static bool is_update(const struct controls_item *item, const struct guideline_flow *flow)
{
	(void)item;
	return flow->to == ROLE_SECURITY_UPDATE_SERVICE;
}

static int set_text(char **text, const char *to)
{
	free(*text);
	*text = strdup(to);
	return *text ? 0 : -ENOMEM;
}

/* What the appliance does is at most a part. */
static int only_part(struct gather *g, const char *rest)
{
	if (g->item->share == CONTROLS_WHOLE)
		g->item->share = CONTROLS_PART;
	return g->item->rest ? 0 : set_text(&g->item->rest, rest);
}

/* Exceptions in force that go out from these addresses make what is permitted more than the
 * guideline lists. 0 or -ENOMEM. */
static int add_exceptions(struct gather *g, const struct addr_list *from)
{
	const struct policy *policy = g->input->policy;

	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];

		if (e->expires_s <= g->input->now_s || e->forbidden_by ||
		    !addr_list_overlap(&e->from, from, NULL))
			continue;
		int r = controls_add_setting(g->item, _("exception in force: %s"), e->name);
		if (r == 0)
			r = only_part(g, _("The exceptions that the policy grants beyond the "
					   "guideline's list."));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Adds all flows of the row's configuration that belong. */
static int add_flows(struct gather *g, bool (*belongs)(const struct controls_item *item,
						       const struct guideline_flow *flow))
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++) {
		if (flows[i].configuration != g->item->control->configuration ||
		    left_out(g->input->policy, &flows[i], i) || !belongs(g->item, &flows[i]))
			continue;
		int r = add_flow(g, &flows[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The appliance does nothing for it. */
static int nothing(struct gather *g, const char *rest)
{
	struct controls_item *item = g->item;

	item->share = CONTROLS_NOTHING;
	free(steal(item->does));
	return rest ? set_text(&item->rest, rest) : 0;
}

static int decided_elsewhere(struct gather *g, bool wholly)
{
	auto_(free_charp) char *rest = NULL;

	if (asprintf(&rest,
		     _("It is decided by a firewall that this appliance does not play (%s)."),
		     controls_firewall_text(g->found.other)) < 0)
		return -ENOMEM;
	return wholly ? nothing(g, rest) : only_part(g, rest);
}

/* The share that the flows found amount to. */
static int judge_flows(struct gather *g)
{
	const struct found *found = &g->found;

	g->item->means = found->inspecting ? CONTROLS_INSPECTED : CONTROLS_ENFORCED;
	if (!controls_refuses_the_rest(g->input->ruleset))
		return nothing(g, _("The rules do not refuse what they do not permit."));
	if (!found->rules && g->duty->share == CONTROLS_AID)
		return nothing(g, NULL);
	if (found->elsewhere && !found->rules && !found->decided)
		return decided_elsewhere(g, true);
	if (!found->rules) {
		return set_text(&g->item->does,
				_("Permits nothing of this kind: the site has nobody in these "
				  "roles, and everything is refused."));
	}
	return found->elsewhere ? decided_elsewhere(g, false) : 0;
}

static int by_flows(struct gather *g, bool (*belongs)(const struct controls_item *item,
						      const struct guideline_flow *flow))
{
	int r = add_flows(g, belongs);

	return r < 0 ? r : judge_flows(g);
}

/* Flows that are the only ones permitted from their sources: but for exceptions. */
static int by_restriction(struct gather *g)
{
	const struct policy *policy = g->input->policy;
	int r = by_flows(g, is_of_row);

	for (int i = 0; r == 0 && i < ROLE_COUNT; i++) {
		if (g->found.from & 1U << i)
			r = add_exceptions(g, &policy->endpoints[i].addresses);
	}
	return r;
}

/* What goes out of the LGWAN zone crosses the LBO firewall. */
static int by_destinations(struct gather *g)
{
	const struct policy *policy = g->input->policy;

	if (policy->destination_union &&
	    controls_add_setting(g->item,
				 _("the policy declares openly that the services of the α' "
				   "case and the DaaS may both be reached")) < 0)
		return -ENOMEM;
	if (!plays(g, FIREWALL_LBO)) {
		g->found.other = FIREWALL_LBO;
		return decided_elsewhere(g, true);
	}
	int r = by_flows(g, leaves_lgwan);
	return r < 0 ? r : add_exceptions(g, &policy->zone_addresses[ZONE_LGWAN]);
}

static int by_mynumber(struct gather *g)
{
	int rules = controls_add_rules(g->input->ruleset, "internet-to-mynumber", g->item);

	if (rules < 0)
		return rules;
	g->item->means = CONTROLS_ENFORCED;
	if (rules == 0)
		return nothing(g, _("The rules have nothing of this kind."));
	if (plays(g, FIREWALL_SEPARATION) || plays(g, FIREWALL_CSP))
		return 0;
	return only_part(g, _("The firewall before the My Number zone, which this appliance does "
			      "not play."));
}

static int by_lgwan_screens(struct gather *g)
{
	static const char *const forbidden[] = { "internet-to-lgwan", "lgwan-to-internet-data" };

	if (!plays(g, FIREWALL_SPLIT)) {
		g->found.other = FIREWALL_SPLIT;
		return decided_elsewhere(g, true);
	}
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		int rules = controls_add_rules(g->input->ruleset, forbidden[i], g->item);

		if (rules < 0)
			return rules;
	}
	g->item->means = CONTROLS_ENFORCED;
	return add_flows(g, is_lgwan_screen);
}

/* One line for a service, and what it leaves open. */
static int tell_tenants(struct gather *g, const struct policy_service *service)
{
	char proxy[ADDR_TEXT_MAX];
	int r = 0;

	if (service->tenant_names.count)
		r = controls_add_setting(g->item, _("%s: %zu names of the own tenant"),
					 service->name, service->tenant_names.count);
	if (r == 0 && service->tenant_measure)
		r = controls_add_setting(g->item, "%s: %s", service->name, service->tenant_measure);
	if (r == 0 && service->shared_names.count && service->has_proxy) {
		r = controls_add_setting(
			g->item,
			_("%s: %zu shared names, only through the proxy %s, which puts in %s"),
			service->name, service->shared_names.count,
			addr_text(&service->proxy, proxy),
			service->proxy_inserts ? service->proxy_inserts : "?");
		return r < 0 ? r : only_part(g, _("That the proxy restricts the tenant."));
	}
	if (r == 0 && service->shared_names.count + service->names.count)
		r = controls_add_setting(g->item, _("%s: %zu names that tell no tenant"),
					 service->name,
					 service->shared_names.count + service->names.count);
	if (r == 0 &&
	    (!service->tenant_names.count || service->shared_names.count || service->names.count))
		r = only_part(g, _("What keeps other tenants out where the host name does not "
				   "tell the tenant."));
	return r;
}

static int by_tenants(struct gather *g)
{
	const struct policy *policy = g->input->policy;
	const bool route = g->item->control->configuration < CONFIGURATION_COMMON;
	int r = by_destinations(g);

	if (r < 0 || g->item->share == CONTROLS_NOTHING)
		return r;
	if (route) {
		r = set_text(&g->item->does, _("Permits only the addresses of the DaaS in use."));
		return r < 0 ? r
			     : only_part(g,
					 _("That the DaaS lets nobody but the own tenant in: its "
					   "addresses do not tell the tenant."));
	}
	for (size_t i = 0; r == 0 && i < policy->service_count; i++) {
		if (policy->services[i].role != ROLE_SECURITY_UPDATE_SERVICE)
			r = tell_tenants(g, &policy->services[i]);
	}
	return r;
}

static int tell_encryption(struct gather *g, const struct policy_service *service)
{
	for (size_t i = 0; i < service->ports.count; i++) {
		const struct policy_port *port = &service->ports.at[i];
		const char *what = NULL;

		switch (port->app) {
		case APP_TLS:
			what = _("TLS only");
			break;
		case APP_HTTP:
			what = _("plain HTTP is permitted");
			break;
		case APP_QUIC:
			what = _("QUIC, its name inspected");
			break;
		case APP_QUIC_REFUSED:
			what = _("QUIC, refused");
			break;
		case APP_NONE:
		case APP_COUNT:
			what = _("not looked into");
			break;
		}
		int r = controls_add_setting(g->item, _("%s, port %u: %s"), service->name,
					     (unsigned int)port->first, what);
		if (r < 0)
			return r;
	}
	return 0;
}

static int by_encryption(struct gather *g)
{
	const struct policy *policy = g->input->policy;
	int r;

	if (g->item->control->configuration < CONFIGURATION_COMMON)
		return nothing(g, _("The encryption of the screen transfer: this appliance permits "
				    "it by address and port and does not look into it."));
	r = by_destinations(g);
	if (r == 0 && g->item->share != CONTROLS_NOTHING && !g->found.inspecting)
		return nothing(g, _("Nothing is permitted by name, so that nothing is looked "
				    "into."));
	for (size_t i = 0; r == 0 && i < policy->service_count; i++)
		r = tell_encryption(g, &policy->services[i]);
	return r;
}

static int by_maintenance(struct gather *g, enum controls_status means)
{
	const struct policy *policy = g->input->policy;

	if (!policy->zones[ZONE_MAINTENANCE].declared &&
	    !policy->endpoints[ROLE_MAINTENANCE_TERMINAL].declared)
		return nothing(g, _("The policy declares no maintenance terminals: this appliance "
				    "does not see them."));
	int r = by_flows(g, is_of_row);
	if (r == 0)
		r = add_exceptions(g, &policy->zone_addresses[ZONE_MAINTENANCE]);
	if (means == CONTROLS_FUNCTION)
		g->item->means = means;
	return r;
}

static int by_maintenance_log(struct gather *g)
{
	int r = by_maintenance(g, CONTROLS_FUNCTION);

	if (r < 0 || g->item->share == CONTROLS_NOTHING)
		return r;
	r = set_text(&g->item->does, _(g->duty->does));
	return r < 0 ? r
		     : controls_add_setting(g->item, _("records: %s"),
					    g->input->policy->daemon.log_directory);
}

static int by_management(struct gather *g)
{
	const struct policy *policy = g->input->policy;
	int r = controls_add_setting(g->item, _("operators' group: %s"),
				     policy->daemon.control_group ? policy->daemon.control_group
								  : _("none"));

	for (size_t i = 0; r == 0 && i < policy->management_in.count; i++) {
		r = controls_add_setting(g->item, _("access to the appliance: %s"),
					 policy->management_in.at[i].name);
		if (r == 0)
			r = controls_add_rules(g->input->ruleset, policy->management_in.at[i].name,
					       g->item);
		r = r < 0 ? r : 0;
	}
	return r;
}

static int by_packets(struct gather *g)
{
	static const char *const reasons[] = { "invalid-state", "spoofed-source", "misrouted",
					       "bad-packet",    "midstream",      "not-permitted" };

	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
		int r = controls_add_rules(g->input->ruleset, reasons[i], g->item);

		if (r < 0)
			return r;
	}
	return 0;
}

static int by_evidence(struct gather *g)
{
	g->item->means = CONTROLS_FUNCTION;
	switch (g->duty->evidence) {
	case EVIDENCE_NONE:
		return 0;
	case EVIDENCE_FLOWS:
		return by_restriction(g);
	case EVIDENCE_MYNUMBER:
		return by_mynumber(g);
	case EVIDENCE_DESTINATIONS:
		return by_destinations(g);
	case EVIDENCE_TENANTS:
		return by_tenants(g);
	case EVIDENCE_ENCRYPTION:
		return by_encryption(g);
	case EVIDENCE_SCREENS:
		return by_flows(g, is_screen);
	case EVIDENCE_LGWAN_SCREENS:
		return by_lgwan_screens(g);
	case EVIDENCE_SANITIZER:
		return by_flows(g, is_sanitizer);
	case EVIDENCE_UPDATES:
		return by_flows(g, is_update);
	case EVIDENCE_MAINTENANCE:
		return by_maintenance(g, CONTROLS_ENFORCED);
	case EVIDENCE_MAINTENANCE_LOG:
		return by_maintenance_log(g);
	case EVIDENCE_MANAGEMENT:
		return by_management(g);
	case EVIDENCE_CSP_MANAGEMENT:
		return plays(g, FIREWALL_CSP) ? by_management(g)
					      : nothing(g, _("This appliance does not play the CSP "
							     "firewall."));
	case EVIDENCE_PACKETS:
		return by_packets(g);
	case EVIDENCE_VERSION:
		return controls_add_setting(g->item, "Sekisho %s", PACKAGE_VERSION);
	}
	return 0;
}

int controls_gather(const struct controls_input *input, const struct controls_duty *duty,
		    struct controls_item *item)
{
	struct gather g = { .input = input, .duty = duty, .item = item };
	int r = set_text(&item->does, _(duty->does));

	if (r == 0 && duty->rest)
		r = set_text(&item->rest, _(duty->rest));
	if (r < 0)
		return r;
	item->share = duty->share;
	return by_evidence(&g);
}
