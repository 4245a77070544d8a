/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why nothing permits a flow: which of sender, receiver, pair and port the policy does not have. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/simulate.h"

/* Ports that people are shown. */
#define PORTS_SHOWN 8

#define PORTS_TEXT_MAX (PORTS_SHOWN * sizeof("udp/65535-65535, ") + 8)

static void ports_text(const struct policy_ports *ports, char out[PORTS_TEXT_MAX])
{
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ports->count && i < PORTS_SHOWN; i++) {
		const struct policy_port *p = &ports->at[i];

		at += (size_t)snprintf(out + at, PORTS_TEXT_MAX - at, "%s%s/%u", i ? ", " : "",
				       p->l4proto == IPPROTO_TCP ? "tcp" : "udp", p->first);
		if (p->last > p->first)
			at += (size_t)snprintf(out + at, PORTS_TEXT_MAX - at, "-%u", p->last);
	}
	if (ports->count > PORTS_SHOWN)
		(void)snprintf(out + at, PORTS_TEXT_MAX - at, ", ...");
}

/* A flow joins the two; what is lacking is the port. */
static void hint_port(const struct policy *policy, const struct decide_result *who, char *out)
{
	const struct policy_service *service = who->service;
	char ports[PORTS_TEXT_MAX];

	ports_text(service ? &service->ports : &policy->ports[who->flow->ports], ports);
	if (service)
		(void)snprintf(out, SIMULATE_HINT_MAX,
			       _("The flow %s leads there, but not by this protocol and port: the "
				 "service \"%s\" has %s."),
			       who->flow->id, service->name, ports);
	else
		(void)snprintf(
			out, SIMULATE_HINT_MAX,
			_("The flow %s leads there, but not by this protocol and port: ports.%s "
			  "has %s."),
			who->flow->id, guideline_port_group_slug(who->flow->ports), ports);
}

/* Configurations that are not in use and have a flow between the two roles, each once. */
static void configurations_with(const struct policy *policy, enum role from, enum role to,
				char *out, size_t room)
{
	size_t count, at = 0;
	const struct guideline_flow *flows = guideline_flows(&count);
	uint32_t told = policy->configurations;

	out[0] = '\0';
	for (size_t i = 0; i < count; i++) {
		const char *slug = guideline_configuration_slug(flows[i].configuration);

		if (flows[i].from != from || flows[i].to != to ||
		    (told & CONFIGURATION_BIT(flows[i].configuration)) ||
		    at + strlen(slug) + 3 > room)
			continue;
		told |= CONFIGURATION_BIT(flows[i].configuration);
		at += (size_t)snprintf(out + at, room - at, "%s%s", at ? ", " : "", slug);
	}
}

static void hint_pair(const struct policy *policy, const struct decide_result *who, char *out)
{
	const char *from = guideline_role(who->from_role)->name_ja;
	const char *to = guideline_role(who->to_role)->name_ja;
	char others[192];

	configurations_with(policy, who->from_role, who->to_role, others, sizeof(others));
	if (others[0])
		(void)snprintf(out, SIMULATE_HINT_MAX,
			       _("No flow of the configurations in use leads from %s to %s; these "
				 "have one: %s."),
			       from, to, others);
	else
		(void)snprintf(out, SIMULATE_HINT_MAX,
			       _("No flow of the guideline's configurations leads from %s to %s."),
			       from, to);
}

/* By its addresses and its port a flow permits it: the line is the wrong one. */
static void hint_line(const struct simulate_question *question, const struct decide_result *who,
		      char *out)
{
	(void)snprintf(
		out, SIMULATE_HINT_MAX,
		_("The flow %s leads there by this protocol and port, but not out by %.16s."),
		who->flow->id, question->packet.oif);
}

static bool has_treatment(const struct policy *policy, const struct walk_packet *packet)
{
	const struct flow_key key = { .src = packet->src,
				      .dst = packet->dst,
				      .sport = packet->sport,
				      .dport = packet->dport,
				      .l4proto = packet->l4proto };

	return decide_treatment(policy, &key) != APP_COUNT;
}

static bool is_nobody(enum role role, enum zone zone)
{
	return role == ROLE_COUNT && zone != ZONE_NONE;
}

void simulate_hint(const struct policy *policy, const struct simulate_question *question,
		   const struct decide_result *who, char out[SIMULATE_HINT_MAX])
{
	const bool forbidden = who->reason == REASON_FORBIDDEN;

	out[0] = '\0';
	if (question->packet.ct_reply || who->permitted ||
	    (who->reason != REASON_NOT_PERMITTED && !forbidden))
		return;
	if (who->exception)
		(void)snprintf(out, SIMULATE_HINT_MAX,
			       _("The exception \"%s\" covers it, but not at that time or not by "
				 "that line."),
			       who->exception->name);
	else if (who->flow && has_treatment(policy, &question->packet))
		hint_line(question, who, out);
	else if (who->flow)
		hint_port(policy, who, out);
	else if (is_nobody(who->from_role, who->from_zone))
		(void)snprintf(out, SIMULATE_HINT_MAX, "%s",
			       _("The sender plays no role of the policy (endpoints)."));
	else if (is_nobody(who->to_role, who->to_zone))
		(void)snprintf(out, SIMULATE_HINT_MAX, "%s",
			       _("The receiver plays no role of the policy (endpoints)."));
	else if (who->to_role == ROLE_INTERNET)
		(void)snprintf(out, SIMULATE_HINT_MAX, "%s",
			       _("The receiver belongs to no service of the policy (services), nor "
				 "may the sender go to the internet at large."));
	else if (who->from_role < ROLE_COUNT && who->to_role < ROLE_COUNT)
		hint_pair(policy, who, out);
}
