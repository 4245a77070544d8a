/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guideline asks of a policy as a whole: who must be there, where they lie, what is of no
 * use. */
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

/* ---- where endpoints and proxies lie */

/* The first range of the normal list that does not end before range begins; NULL if none. */
static const struct addr_range *first_reaching(const struct addr_list *list,
					       const struct addr_range *range)
{
	size_t low = 0, high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct addr_range *at = &list->at[middle];

		if (at->family < range->family ||
		    (at->family == range->family &&
		     memcmp(at->last, range->first, sizeof(at->last)) < 0))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == list->count || list->at[low].family != range->family)
		return NULL;
	return &list->at[low];
}

static bool list_contains(const struct addr_list *list, const struct addr_range *range)
{
	const struct addr_range *at = first_reaching(list, range);

	return at && memcmp(at->first, range->first, sizeof(at->first)) <= 0 &&
	       memcmp(at->last, range->last, sizeof(at->last)) >= 0;
}

static bool list_touches(const struct addr_list *list, const struct addr_range *range)
{
	const struct addr_range *at = first_reaching(list, range);

	return at && memcmp(at->first, range->last, sizeof(at->first)) <= 0;
}

/* The zone other than own in whose networks some of range lies; ZONE_NONE if in none. */
static enum zone foreign_zone(const struct policy *policy, const struct addr_range *range,
			      enum zone own)
{
	for (size_t i = 0; i < ZONE_COUNT; i++)
		if (i != (size_t)own && list_touches(&policy->zones[i].networks, range))
			return (enum zone)i;
	return ZONE_NONE;
}

/* What is managed from the maintenance terminals lies in any zone; only outside of all of them must
 * there be a way to it. */
static void check_target(struct reader *r, const struct read_range *e)
{
	char range[ADDR_RANGE_TEXT_MAX];

	if (r->policy->zones[ZONE_EXTERNAL].declared)
		return;
	for (size_t i = 0; i < ZONE_COUNT; i++)
		if (list_contains(&r->policy->zone_addresses[i], &e->range) && i != ZONE_EXTERNAL)
			return;
	errors_add(r->errors, e->place.file, e->place.line,
		   _("endpoints.%s: %s lies in no zone, and there is no zone external behind which "
		     "it could live"),
		   guideline_role(ROLE_MANAGED_TARGET)->slug, addr_range_text(&e->range, range));
}

static void check_endpoint(struct reader *r, const struct read_range *e)
{
	const struct guideline_role *role = guideline_role((enum role)e->index);
	const struct policy_zone *own = &r->policy->zones[role->zone];
	const char *zone = guideline_zone(role->zone)->slug, *slug = role->slug;
	bool placed = r->policy->endpoints[e->index].interfaces.count;
	struct read_place at = e->place;
	char range[ADDR_RANGE_TEXT_MAX];
	enum zone foreign;

	if (list_contains(&own->networks, &e->range))
		return;
	addr_range_text(&e->range, range);
	foreign = foreign_zone(r->policy, &e->range, role->zone);
	if (foreign != ZONE_NONE)
		errors_add(
			r->errors, at.file, at.line,
			_("endpoints.%s: %s lies in the networks of the zone %s (line %d), but the "
			  "role (%s) belongs to %s (%s)"),
			slug, range, guideline_zone(foreign)->slug, r->zone_place[foreign].line,
			role->name_ja, zone, guideline_zone(role->zone)->name_ja);
	else if (!role->in_cloud && !placed)
		errors_add(
			r->errors, at.file, at.line,
			_("endpoints.%s: %s lies outside the networks of the zone %s, to which the "
			  "role (%s) belongs; add it to the zone's networks, or say behind which "
			  "\"interfaces\" it lives"),
			slug, range, zone, role->name_ja);
	else if (!placed && !r->policy->zones[ZONE_EXTERNAL].declared)
		errors_add(
			r->errors, at.file, at.line,
			_("endpoints.%s: %s lies in no zone, and there is no zone external behind "
			  "which it could live; declare that, or say behind which \"interfaces\" "
			  "it lives"),
			slug, range);
}

/* True if a flow in use leads from role to the role of services. */
static bool role_reaches(const struct policy *policy, enum role role, enum role service)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++)
		if (flows[i].to == service && (role == ROLE_COUNT || flows[i].from == role) &&
		    policy_covers_flow(policy, &flows[i]))
			return true;
	return false;
}

static void check_proxy(struct reader *r, const struct read_range *p)
{
	const struct policy_service *service = &r->policy->services[p->index];
	enum zone zone = policy_zone_of(r->policy, &service->proxy);
	enum role role = policy_role_of(r->policy, &service->proxy);
	const char *name = service->name ? service->name : "?";
	char address[ADDR_TEXT_MAX];

	addr_text(&service->proxy, address);
	if (zone != ZONE_LGWAN)
		errors_add(r->errors, p->place.file, p->place.line,
			   _("services.%s.via.proxy: %s is not in the zone lgwan (%s); the proxy "
			     "stands "
			     "between the terminals there and the cloud"),
			   name, address, guideline_zone(ZONE_LGWAN)->name_ja);
	else if (r->unsure || service->role == ROLE_COUNT ||
		 !role_reaches(r->policy, ROLE_COUNT, service->role))
		return; /* told elsewhere */
	else if (role == ROLE_COUNT || !role_reaches(r->policy, role, service->role))
		errors_add(r->errors, p->place.file, p->place.line,
			   _("services.%s.via.proxy: %s plays no role that may reach the service; "
			     "expected an address of a role like lgwan-business-server (%s)"),
			   name, address, guideline_role(ROLE_LGWAN_BUSINESS_SERVER)->name_ja);
}

static void check_places(struct reader *r)
{
	if (r->unsure & READ_UNSURE_ZONES)
		return;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		read_places_check(r, (enum role)i);
	for (size_t i = 0; i < r->range_count && !r->errors->truncated; i++) {
		if (r->ranges[i].owner == READ_ENDPOINT &&
		    r->ranges[i].index == ROLE_MANAGED_TARGET)
			check_target(r, &r->ranges[i]);
		else if (r->ranges[i].owner == READ_ENDPOINT)
			check_endpoint(r, &r->ranges[i]);
		else if (r->ranges[i].owner == READ_PROXY)
			check_proxy(r, &r->ranges[i]);
	}
}

/* ---- who must be there */

/* Declared, if only as "none"; services are judged together, the internet is always there. */
static bool role_is_told(const struct reader *r, enum role role)
{
	return role == ROLE_INTERNET || guideline_role(role)->is_service ||
	       r->policy->endpoints[role].declared || r->declared_none[role];
}

static bool role_has_somebody(const struct reader *r, enum role role)
{
	if (guideline_role(role)->is_service || role == ROLE_INTERNET)
		return policy_plays_role(r->policy, role);
	return r->policy->endpoints[role].declared;
}

/* The place of a group that may be missing altogether. */
static struct read_place place_or(struct read_place place, struct read_place other)
{
	return place.file ? place : other;
}

/* Some implied flows are in no words of the guideline's. */
static const char *wording(const struct guideline_flow *flow)
{
	return flow->text_ja ? flow->text_ja : flow->id;
}

static bool is_taken_up(const struct reader *r, const struct guideline_flow *flow)
{
	return !flow->implied || r->policy->implied_flows[guideline_flow_index(flow)];
}

/* A flow that the policy names must be one that can be realised. */
static void need_implied(struct reader *r, const struct guideline_flow *flow)
{
	struct read_place at = r->implied_places[guideline_flow_index(flow)];
	const char *slug = guideline_configuration_slug(flow->configuration);

	if (!flow->implied || !is_taken_up(r, flow) ||
	    (r->unsure &
	     (READ_UNSURE_CONFIGURATIONS | READ_UNSURE_APPLIANCE | READ_UNSURE_ENDPOINTS)))
		return;
	if (!(r->policy->configurations & CONFIGURATION_BIT(flow->configuration)))
		errors_add(r->errors, at.file, at.line,
			   _("implied_flows: \"%s\": its configuration %s (%s) is not in use"),
			   flow->id, slug, guideline_configuration_label_ja(flow->configuration));
	else if (!policy_covers_flow(r->policy, flow))
		errors_add(r->errors, at.file, at.line,
			   _("implied_flows: \"%s\": it is decided at the firewall %s, which this "
			     "appliance does not play"),
			   flow->id, guideline_firewall_slug(flow->firewall));
	else if (r->declared_none[flow->from] || r->declared_none[flow->to])
		errors_add(
			r->errors, at.file, at.line,
			_("implied_flows: \"%s\": nobody plays the role %s here"), flow->id,
			guideline_role(r->declared_none[flow->from] ? flow->from : flow->to)->slug);
}

/* The one flow of which the guideline says that the MAC address limits it as well. */
static void need_mac(struct reader *r, const struct guideline_flow *flow, bool *told)
{
	struct read_place at = r->role_place[flow->from];

	if (flow->from != ROLE_LGWAN_RELAY_SERVER || flow->to != ROLE_INTERNET_RELAY_SERVER ||
	    *told || !policy_uses_flow(r->policy, flow) ||
	    r->policy->endpoints[flow->from].macs.count)
		return;
	*told = true;
	errors_add(r->errors, at.file, at.line,
		   _("endpoints.%s: \"mac\" is missing; %s (%s) lets it send by port, IP and MAC "
		     "address alone, by the guideline: %s (%s). Expected { addresses = [ ... ]; "
		     "mac = [ \"02:00:00:00:00:01\" ]; }"),
		   guideline_role(flow->from)->slug,
		   guideline_configuration_slug(flow->configuration),
		   guideline_configuration_label_ja(flow->configuration), wording(flow),
		   guideline_source_text(flow->source));
}

static void need_role(struct reader *r, const struct guideline_flow *flow, enum role role,
		      bool told[ROLE_COUNT])
{
	struct read_place at = place_or(r->endpoints_place, r->configurations_place);

	if (role_is_told(r, role) || told[role])
		return;
	told[role] = true;
	errors_add(
		r->errors, at.file, at.line,
		_("endpoints: \"%s\" (%s) is missing; %s (%s) needs it, by the guideline: %s (%s). "
		  "Give its addresses, or \"none\" if nobody plays this role here"),
		guideline_role(role)->slug, guideline_role(role)->name_ja,
		guideline_configuration_slug(flow->configuration),
		guideline_configuration_label_ja(flow->configuration), wording(flow),
		guideline_source_text(flow->source));
}

static void need_ports(struct reader *r, const struct guideline_flow *flow,
		       bool told[PORT_GROUP_COUNT])
{
	struct read_place at = place_or(r->ports_place, r->configurations_place);

	/* services have ports of their own; what is no "to the cloud service" narrows them */
	if ((guideline_role(flow->to)->is_service && flow->ports == PORT_GROUP_CLOUD) ||
	    r->declared_ports[flow->ports] || told[flow->ports] ||
	    !role_has_somebody(r, flow->from) || !role_has_somebody(r, flow->to))
		return;
	told[flow->ports] = true;
	errors_add(r->errors, at.file, at.line,
		   _("ports: \"%s\" is missing; %s (%s) needs it for flows from %s (%s) to %s "
		     "(%s), by "
		     "the guideline: %s (%s)"),
		   guideline_port_group_slug(flow->ports),
		   guideline_configuration_slug(flow->configuration),
		   guideline_configuration_label_ja(flow->configuration),
		   guideline_role(flow->from)->slug, guideline_role(flow->from)->name_ja,
		   guideline_role(flow->to)->slug, guideline_role(flow->to)->name_ja, wording(flow),
		   guideline_source_text(flow->source));
}

static void check_needs(struct reader *r)
{
	bool roles[ROLE_COUNT] = { false }, ports[PORT_GROUP_COUNT] = { false }, mac = false;
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_flow *flow = &flows[i];

		need_implied(r, flow);
		if (!policy_covers_flow(r->policy, flow) || !is_taken_up(r, flow))
			continue;
		need_mac(r, flow, &mac);
		if (!(r->unsure & READ_UNSURE_ENDPOINTS) && !flow->optional) {
			need_role(r, flow, flow->from, roles);
			need_role(r, flow, flow->to, roles);
		}
		if (!(r->unsure & READ_UNSURE_PORTS))
			need_ports(r, flow, ports);
	}
}

/* ---- configurations and services of no use */

static void check_configuration(struct reader *r, enum configuration c)
{
	struct read_place at = r->configurations_place;
	bool covered = false, services = false, played = false;
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++) {
		if (flows[i].configuration != c || !policy_covers_flow(r->policy, &flows[i]))
			continue;
		covered = true;
		if (!guideline_role(flows[i].to)->is_service)
			continue;
		services = true;
		played |= policy_plays_role(r->policy, flows[i].to);
	}
	if (!covered)
		errors_add(
			r->errors, at.file, at.line,
			_("configurations: none of the firewalls that this appliance plays decides "
			  "anything of %s (%s)"),
			guideline_configuration_slug(c), guideline_configuration_label_ja(c));
	else if (services && !played && !(r->unsure & READ_UNSURE_SERVICES))
		errors_add(
			r->errors, at.file, at.line,
			_("configurations: %s (%s) is in use, but services has none of the cloud "
			  "services that it is for"),
			guideline_configuration_slug(c), guideline_configuration_label_ja(c));
}

/* The configurations in use, joined by ", ", newly allocated; NULL if memory ran out. */
static char *configurations_text(const struct policy *policy)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < CONFIGURATION_COUNT; i++) {
		if (!(policy->configurations & (1U << i)))
			continue;
		(void)fprintf(out, "%s%s", separator,
			      guideline_configuration_slug((enum configuration)i));
		separator = ", ";
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static void check_service(struct reader *r, const struct policy_service *service)
{
	const struct guideline_role *role;
	auto_(free_charp) char *words = NULL;

	if (service->role == ROLE_COUNT || role_reaches(r->policy, ROLE_COUNT, service->role))
		return;
	role = guideline_role(service->role);
	words = configurations_text(r->policy);
	if (!words)
		read_no_memory(r);
	else
		errors_add(r->errors, r->path, service->line,
			   _("services.%s.role: the configurations in use (%s) let nobody reach a "
			     "service of the role %s (%s)%s"),
			   service->name ? service->name : "?", words, role->slug, role->name_ja,
			   service->role == ROLE_PERMITTED_CLOUD &&
					   role_reaches(r->policy, ROLE_COUNT,
							ROLE_PERMITTED_CLOUD_AUTH)
				   ? _("; case ア is for permitted-cloud-auth and "
				       "security-update-service alone")
				   : "");
}

void read_rules_check(struct reader *r)
{
	check_places(r);
	/* which of them is meant, and with it what it needs, is not known */
	if (r->unsure & READ_UNSURE_COMBINATION)
		return;
	check_needs(r);
	if (r->unsure & (READ_UNSURE_APPLIANCE | READ_UNSURE_CONFIGURATIONS))
		return;
	for (size_t i = 0; i < CONFIGURATION_COUNT; i++)
		if (r->policy->configurations & (1U << i))
			check_configuration(r, (enum configuration)i);
	for (size_t i = 0; i < r->policy->service_count; i++)
		check_service(r, &r->policy->services[i]);
}
