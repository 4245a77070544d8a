/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Permitted flows of the guideline: the sets that hold where they may go, and one chain for each
 * pair of zones. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/compile_parts.h"

static const char *const kind_chains[COMPILE_KIND_COUNT] = {
	[COMPILE_INSPECT] = "inspect",
	[COMPILE_QUIC] = "quic",
	[COMPILE_ADMIT] = "admit",
};

const char *compile_kind_chain(enum compile_kind kind)
{
	return kind_chains[kind];
}

enum compile_kind compile_kind_of(enum app app)
{
	switch (app) {
	case APP_NONE:
		return COMPILE_ADMIT;
	case APP_TLS:
	case APP_HTTP:
	case APP_QUIC:
		return COMPILE_INSPECT;
	case APP_QUIC_REFUSED:
		return COMPILE_QUIC;
	case APP_COUNT:
		break;
	}
	return COMPILE_KIND_COUNT;
}

/* Adds every address of the list with that port. */
static void add_boxes(struct compile *c, struct boxes *boxes, const struct addr_list *addresses,
		      const struct policy_port *port)
{
	for (size_t i = 0; i < addresses->count; i++) {
		struct box box = { .addresses = addresses->at[i],
				   .l4proto = port->l4proto,
				   .first = port->first,
				   .last = port->last };

		build_fail(&c->build, boxes_add(boxes, &box));
	}
}

/* What the flow opens of a service: its own ports for "to the cloud service", else those of them
 * that are in the flow's group too. */
static void add_service(struct compile *c, struct boxes *boxes,
			const struct policy_service *service, const struct guideline_flow *flow,
			enum compile_kind kind)
{
	const struct policy_ports *group = &c->policy->ports[flow->ports];

	for (size_t i = 0; i < service->ports.count; i++) {
		const struct policy_port *own = &service->ports.at[i];

		if (compile_kind_of(own->app) != kind)
			continue;
		if (flow->ports == PORT_GROUP_CLOUD)
			add_boxes(c, boxes, &service->addresses, own);
		for (size_t j = 0; flow->ports != PORT_GROUP_CLOUD && j < group->count; j++) {
			const struct policy_port *p = &group->at[j];
			const struct policy_port both = {
				.l4proto = own->l4proto,
				.first = own->first > p->first ? own->first : p->first,
				.last = own->last < p->last ? own->last : p->last,
			};

			if (p->l4proto == own->l4proto && both.first <= both.last)
				add_boxes(c, boxes, &service->addresses, &both);
		}
	}
}

/* The name of the sets for what a flow opens of services. */
static void service_base(struct compile *c, const struct guideline_flow *flow,
			 enum compile_kind kind, const char *suffix, char *out)
{
	bool own_ports = flow->ports == PORT_GROUP_CLOUD;

	build_name(&c->build, out, "%s_%s%s%s%s", compile_kind_chain(kind),
		   guideline_role(flow->to)->slug, own_ports ? "" : "_",
		   own_ports ? "" : guideline_port_group_slug(flow->ports), suffix);
}

/* True if the rules for that source and those sets would match something: they share a family. */
static bool is_live(struct compile *c, const struct compile_grant *grant)
{
	struct compile_variant found[COMPILE_VARIANTS_MAX];
	size_t count = compile_variants(c, grant->base, found);
	const char *role = guideline_role(grant->flow->from)->slug;
	bool live = false;

	for (size_t i = 0; i < count; i++) {
		for (uint8_t family = 4; family <= 6; family += 2) {
			char name[RULESET_NAME_MAX];

			build_name(&c->build, name, "role_%s%d", role, family);
			if (!found[i].family || found[i].family == family)
				live |= ruleset_set(c->build.ruleset, name) != NULL;
		}
	}
	return live;
}

static void add_grant(struct compile *c, const struct compile_grant *grant)
{
	struct compile_grant *grown;

	if (c->build.error)
		return;
	grown = reallocarray(c->grants, c->grant_count + 1, sizeof(*grown));
	if (!grown) {
		build_fail(&c->build, -ENOMEM);
		return;
	}
	c->grants = grown;
	grown[c->grant_count++] = *grant;
}

/* True if addresses of the role that the site has lie in zone. */
static bool role_in_zone(const struct compile *c, enum role role, enum zone zone)
{
	const struct addr_list *zone_addresses = &c->policy->zone_addresses[zone];

	if (role == ROLE_INTERNET)
		return zone == ZONE_EXTERNAL;
	if (!guideline_role(role)->is_service)
		return addr_list_overlap(&c->policy->endpoints[role].addresses, zone_addresses,
					 NULL);
	for (size_t i = 0; i < c->policy->service_count; i++) {
		const struct policy_service *s = &c->policy->services[i];

		if (s->role == role && addr_list_overlap(&s->addresses, zone_addresses, NULL))
			return true;
	}
	return false;
}

/* A grant for each pair of zones that the two roles lie in. */
static void add_grants(struct compile *c, struct compile_grant *grant)
{
	const struct addr_list *sources = &c->policy->endpoints[grant->flow->from].addresses;
	char name[RULESET_NAME_MAX], role[RULESET_NAME_MAX];

	build_name(&c->build, role, "role_%s", guideline_role(grant->flow->from)->slug);
	compile_address_set(c, role, 4, FIELD_SADDR4, sources, name);
	compile_address_set(c, role, 6, FIELD_SADDR6, sources, name);
	if (!is_live(c, grant))
		return;
	for (size_t from = 0; from < ZONE_COUNT; from++) {
		if (!role_in_zone(c, grant->flow->from, (enum zone)from))
			continue;
		for (size_t to = 0; to < ZONE_COUNT; to++) {
			grant->from = (enum zone)from;
			grant->to = (enum zone)to;
			if (role_in_zone(c, grant->flow->to, grant->to))
				add_grant(c, grant);
		}
	}
}

static bool has_sets(struct compile *c, const char *base)
{
	struct compile_variant found[COMPILE_VARIANTS_MAX];

	return compile_variants(c, base, found) > 0;
}

/* To endpoints: address and port decide. */
static void grant_endpoints(struct compile *c, const struct guideline_flow *flow)
{
	const struct policy_ports *ports = &c->policy->ports[flow->ports];
	struct compile_grant grant = { .flow = flow,
				       .kind = COMPILE_ADMIT,
				       .form = COMPILE_DESTINATION };
	auto_(boxes_clear) struct boxes boxes = { 0 };

	build_name(&c->build, grant.base, "admit_%s_%s", guideline_role(flow->to)->slug,
		   guideline_port_group_slug(flow->ports));
	if (!has_sets(c, grant.base)) {
		for (size_t i = 0; i < ports->count; i++)
			add_boxes(c, &boxes, &c->policy->endpoints[flow->to].addresses,
				  &ports->at[i]);
		compile_box_sets(c, grant.base, FIELD_DADDR4, FIELD_DADDR6, &boxes);
	}
	add_grants(c, &grant);
}

/* To the internet at large: that the destination is external is already known in the chain of the
 * pair. */
static void grant_internet(struct compile *c, const struct guideline_flow *flow)
{
	struct compile_grant grant = { .flow = flow, .kind = COMPILE_ADMIT, .form = COMPILE_PORTS };

	build_name(&c->build, grant.base, "admit_internet_%s",
		   guideline_port_group_slug(flow->ports));
	if (!has_sets(c, grant.base))
		compile_port_sets(c, grant.base, &c->policy->ports[flow->ports]);
	add_grants(c, &grant);
}

static void grant_services(struct compile *c, const struct guideline_flow *flow,
			   enum compile_kind kind)
{
	struct compile_grant grant = { .flow = flow, .kind = kind, .form = COMPILE_DESTINATION };
	auto_(boxes_clear) struct boxes boxes = { 0 };

	service_base(c, flow, kind, "", grant.base);
	if (!has_sets(c, grant.base)) {
		for (size_t i = 0; i < c->policy->service_count; i++) {
			const struct policy_service *s = &c->policy->services[i];

			if (s->role == flow->to && !s->has_proxy)
				add_service(c, &boxes, s, flow, kind);
		}
		compile_box_sets(c, grant.base, FIELD_DADDR4, FIELD_DADDR6, &boxes);
	}
	add_grants(c, &grant);
}

struct proxies {
	struct compile_proxy *at;
	size_t count;
};

static void proxies_clear(struct proxies *proxies)
{
	for (size_t i = 0; i < proxies->count; i++)
		boxes_clear(&proxies->at[i].boxes);
	free(proxies->at);
	*proxies = (struct proxies){ 0 };
}

/* The boxes of that proxy: those there are, or new ones. NULL if memory ran out. */
static struct boxes *proxy_boxes(struct proxies *proxies, const struct addr *proxy)
{
	struct compile_proxy *grown;

	for (size_t i = 0; i < proxies->count; i++)
		if (!addr_compare(&proxies->at[i].address, proxy))
			return &proxies->at[i].boxes;
	grown = reallocarray(proxies->at, proxies->count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	proxies->at = grown;
	grown[proxies->count] = (struct compile_proxy){ .address = *proxy };
	return &grown[proxies->count++].boxes;
}

static void proxied_sets(struct compile *c, const char *base, const struct guideline_flow *flow,
			 enum compile_kind kind)
{
	auto_(proxies_clear) struct proxies proxies = { 0 };

	for (size_t i = 0; i < c->policy->service_count; i++) {
		const struct policy_service *s = &c->policy->services[i];
		struct boxes *boxes;

		if (s->role != flow->to || !s->has_proxy)
			continue;
		boxes = proxy_boxes(&proxies, &s->proxy);
		if (!boxes) {
			build_fail(&c->build, -ENOMEM);
			return;
		}
		add_service(c, boxes, s, flow, kind);
	}
	compile_via_sets(c, base, proxies.at, proxies.count);
}

/* The sets name the proxies; that the proxy plays the role which the flow comes from is for the
 * rule. */
static void grant_proxied(struct compile *c, const struct guideline_flow *flow,
			  enum compile_kind kind)
{
	struct compile_grant grant = { .flow = flow, .kind = kind, .form = COMPILE_VIA };
	const struct addr_list *sources = &c->policy->endpoints[flow->from].addresses;
	bool concerned = false;

	service_base(c, flow, kind, "_via", grant.base);
	for (size_t i = 0; i < c->policy->service_count; i++) {
		const struct policy_service *s = &c->policy->services[i];

		concerned |=
			s->role == flow->to && s->has_proxy && addr_list_has(sources, &s->proxy);
	}
	if (!concerned)
		return;
	if (!has_sets(c, grant.base))
		proxied_sets(c, grant.base, flow, kind);
	add_grants(c, &grant);
}

/* True if an earlier flow in use (of another configuration) permits the same. */
static bool is_repeated(const struct compile *c, const struct guideline_flow *flows, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (flows[j].from != flows[i].from || flows[j].to != flows[i].to ||
		    flows[j].ports != flows[i].ports)
			continue;
		if (policy_uses_flow(c->policy, &flows[j]))
			return true;
	}
	return false;
}

static int compare_grants(const void *a, const void *b)
{
	const struct compile_grant *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	/* the catalogue's order: flows are elements of one array */
	if (x->flow != y->flow)
		return x->flow < y->flow ? -1 : 1;
	return (x->form > y->form) - (x->form < y->form);
}

void compile_grants(struct compile *c)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_flow *flow = &flows[i];

		if (!policy_uses_flow(c->policy, flow) || is_repeated(c, flows, i))
			continue;
		if (flow->to == ROLE_INTERNET)
			grant_internet(c, flow);
		else if (!guideline_role(flow->to)->is_service)
			grant_endpoints(c, flow);
		for (size_t k = 0; guideline_role(flow->to)->is_service && k < COMPILE_KIND_COUNT;
		     k++) {
			grant_services(c, flow, (enum compile_kind)k);
			grant_proxied(c, flow, (enum compile_kind)k);
		}
	}
	if (c->grant_count)
		qsort(c->grants, c->grant_count, sizeof(*c->grants), compare_grants);
}

bool compile_pair_used(const struct compile *c, enum zone from, enum zone to, bool *ret_internet)
{
	bool used = false;

	*ret_internet = false;
	for (size_t i = 0; i < c->grant_count; i++) {
		const struct compile_grant *grant = &c->grants[i];

		if (grant->from != from || grant->to != to)
			continue;
		used = true;
		*ret_internet |= grant->flow->to == ROLE_INTERNET;
	}
	return used;
}

void compile_pair_name(struct compile *c, enum zone from, enum zone to, char *out)
{
	build_name(&c->build, out, "%s_to_%s", guideline_zone(from)->slug,
		   guideline_zone(to)->slug);
}

static void match_target(struct compile *c, const struct compile_grant *grant,
			 const struct compile_variant *variant, uint8_t family)
{
	enum ruleset_field source = compile_saddr(family), target = compile_daddr(family);

	switch (grant->form) {
	case COMPILE_DESTINATION:
		build_in_set(&c->build, variant->name,
			     BUILD_FIELDS(target, FIELD_L4PROTO, FIELD_DPORT));
		break;
	case COMPILE_VIA:
		build_in_set(&c->build, variant->name,
			     BUILD_FIELDS(source, target, FIELD_L4PROTO, FIELD_DPORT));
		break;
	case COMPILE_PORTS:
		build_in_set(&c->build, variant->name, BUILD_FIELDS(FIELD_L4PROTO, FIELD_DPORT));
		break;
	}
}

void compile_grant_rules(struct compile *c, const struct compile_grant *grant, const char *chain)
{
	struct compile_variant found[COMPILE_VARIANTS_MAX];
	size_t count = compile_variants(c, grant->base, found);
	char role[RULESET_NAME_MAX];

	for (size_t i = 0; i < 2 * count; i++) {
		const struct compile_variant *variant = &found[i / 2];
		uint8_t family = i % 2 ? 6 : 4;

		build_name(&c->build, role, "role_%s%d", guideline_role(grant->flow->from)->slug,
			   family);
		if ((variant->family && variant->family != family) ||
		    !ruleset_set(c->build.ruleset, role))
			continue;
		build_rule(&c->build, grant->flow->id);
		build_in_set(&c->build, role, BUILD_FIELDS(compile_saddr(family)));
		match_target(c, grant, variant, family);
		if (chain)
			build_goto(&c->build, chain);
		else
			build_return(&c->build);
	}
}

void compile_pair_chains(struct compile *c)
{
	for (size_t i = 0; i < c->grant_count; i++) {
		const struct compile_grant *grant = &c->grants[i];

		if (i == 0 || grant[-1].from != grant->from || grant[-1].to != grant->to) {
			char name[RULESET_NAME_MAX];

			compile_pair_name(c, grant->from, grant->to, name);
			build_chain(&c->build, name);
		}
		compile_grant_rules(c, grant, kind_chains[grant->kind]);
	}
}
