/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places, forbidden pairs of zones, and the dispatch of permitted pairs to their chains. */
#include <string.h>

#include "common/defs.h"
#include "ruleset/compile.h"
#include "ruleset/compile_parts.h"

/* What is refused before any allowance, whatever the configuration, sorted by the zone it comes
 * from. The guideline's other forbidden flows are told apart by role, or differ between its texts:
 * nothing permits them, the default refusal covers them, and their records say so
 * (policy/blame.h). */
static const struct {
	const char *id;
	enum zone from, to;
} forbidden[] = {
	{ "internet-to-mynumber", ZONE_INTERNET, ZONE_MYNUMBER },
	{ "mynumber-to-external", ZONE_MYNUMBER, ZONE_EXTERNAL },
	/* what is no zone's reaches My Number no more than what is the internet zone's */
	{ "internet-to-mynumber", ZONE_EXTERNAL, ZONE_MYNUMBER },
	{ "external-inbound-at-lbo", ZONE_EXTERNAL, ZONE_LGWAN },
};

static bool has_family(const struct addr_list *list, uint8_t family)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->at[i].family == family)
			return true;
	return false;
}

static void places_set(struct compile *c, uint8_t family)
{
	char name[RULESET_NAME_MAX];
	bool begun = false;

	build_name(&c->build, name, "places%d", family);
	for (size_t i = 0; i < c->places.count; i++) {
		const struct policy_place *place = &c->places.at[i];

		for (size_t j = 0; j < place->addresses.count; j++) {
			if (place->addresses.at[j].family != family)
				continue;
			if (!begun)
				build_set(&c->build, name, BUILD_INTERVAL,
					  BUILD_FIELDS(FIELD_IIFNAME, compile_saddr(family)));
			begun = true;
			build_element(&c->build);
			build_put_interface(&c->build, place->interface);
			build_put_range(&c->build, &place->addresses.at[j]);
		}
	}
}

/* A set of the interfaces of the zones in the bit set, unless there are none. */
static void interfaces_set(struct compile *c, const char *name, uint32_t zones)
{
	bool begun = false;

	for (enum zone zone = 0; zone < ZONE_COUNT; zone++) {
		const struct policy_strings *interfaces = &c->policy->zones[zone].interfaces;

		for (size_t i = 0; (zones >> zone & 1) != 0 && i < interfaces->count; i++) {
			if (!begun)
				build_set(&c->build, name, BUILD_EXACT,
					  BUILD_FIELDS(FIELD_IIFNAME));
			begun = true;
			build_element(&c->build);
			build_put_interface(&c->build, interfaces->at[i]);
		}
	}
}

void compile_places(struct compile *c)
{
	places_set(c, 4);
	places_set(c, 6);
	interfaces_set(c, "outside", 1U << ZONE_EXTERNAL);
	interfaces_set(c, "offices",
		       1U << ZONE_LGWAN | 1U << ZONE_INTERNET | 1U << ZONE_LGWAN_WAN |
			       1U << ZONE_MAINTENANCE);
}

/* Maps addresses of the list to a jump, in the newest map; the map is begun where it was not. */
static void map_sources(struct compile *c, const char *map, const char *chain,
			const struct addr_list *list, uint8_t family, bool *begun)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->at[i].family != family)
			continue;
		if (!*begun)
			build_set(&c->build, map, BUILD_INTERVAL_MAP,
				  BUILD_FIELDS(compile_saddr(family)));
		*begun = true;
		build_element(&c->build);
		build_put_range(&c->build, &list->at[i]);
		build_put_verdict(&c->build, VERDICT_JUMP, chain);
	}
}

/* The chain that lets frames from the role's hardware addresses go on, and no others: what is
 * matched is that one is known, so that a packet without such an address is refused as well. */
static void mac_chain(struct compile *c, enum role role)
{
	const struct policy_macs *macs = &c->policy->endpoints[role].macs;
	char set[RULESET_NAME_MAX], chain[RULESET_NAME_MAX];

	build_name(&c->build, set, "macs_%s", guideline_role(role)->slug);
	build_name(&c->build, chain, "mac_%s", guideline_role(role)->slug);
	build_set(&c->build, set, BUILD_EXACT, BUILD_FIELDS(FIELD_ETHER_SADDR));
	for (size_t i = 0; i < macs->count; i++) {
		build_element(&c->build);
		build_put_mac(&c->build, macs->at[i]);
	}
	build_chain(&c->build, chain);
	build_rule(&c->build, NULL);
	build_in_set(&c->build, set, BUILD_FIELDS(FIELD_ETHER_SADDR));
	build_return(&c->build);
	build_rule(&c->build, NULL);
	build_act(&c->build, ACT_COUNTER);
	build_log(&c->build, compile_log_group(c), COMPILE_LOG_PREFIX "spoofed-source");
	build_drop(&c->build);
}

void compile_macs(struct compile *c)
{
	for (size_t role = 0; role < ROLE_COUNT; role++)
		if (c->policy->endpoints[role].macs.count)
			mac_chain(c, (enum role)role);
	for (uint8_t family = 4; family <= 6; family += 2) {
		char map[RULESET_NAME_MAX], chain[RULESET_NAME_MAX];
		bool begun = false;

		build_name(&c->build, map, "mac_sources%d", family);
		for (size_t role = 0; role < ROLE_COUNT; role++) {
			if (!c->policy->endpoints[role].macs.count)
				continue;
			build_name(&c->build, chain, "mac_%s",
				   guideline_role((enum role)role)->slug);
			map_sources(c, map, chain, &c->policy->endpoints[role].addresses, family,
				    &begun);
		}
	}
}

/* True if both zones have addresses of one family: else nothing passes between them, and rules for
 * it would only be read in vain. */
static bool both_have(const struct compile *c, enum zone from, enum zone to, uint8_t family)
{
	return has_family(&c->policy->zone_addresses[from], family) &&
	       has_family(&c->policy->zone_addresses[to], family);
}

static void forbidden_maps(struct compile *c, uint8_t family)
{
	char map[RULESET_NAME_MAX], name[RULESET_NAME_MAX];
	bool begun = false;

	build_name(&c->build, map, "forbidden%d", family);
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		if (!both_have(c, forbidden[i].from, forbidden[i].to, family) ||
		    (i && forbidden[i - 1].from == forbidden[i].from &&
		     both_have(c, forbidden[i - 1].from, forbidden[i - 1].to, family)))
			continue;
		build_name(&c->build, name, "forbidden_from_%s",
			   guideline_zone(forbidden[i].from)->slug);
		map_sources(c, map, name, &c->policy->zone_addresses[forbidden[i].from], family,
			    &begun);
	}
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		if (!both_have(c, forbidden[i].from, forbidden[i].to, family))
			continue;
		build_name(&c->build, name, "zone_%s", guideline_zone(forbidden[i].to)->slug);
		compile_address_set(c, name, family, compile_daddr(family),
				    &c->policy->zone_addresses[forbidden[i].to], map);
	}
}

/* The chains that say so, one for each identifier. */
static void forbid_chains(struct compile *c)
{
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++) {
		char name[RULESET_NAME_MAX];

		build_name(&c->build, name, "forbid_%s", forbidden[i].id);
		if (c->build.error || ruleset_chain(c->build.ruleset, name) ||
		    !(both_have(c, forbidden[i].from, forbidden[i].to, 4) ||
		      both_have(c, forbidden[i].from, forbidden[i].to, 6)))
			continue;
		build_chain(&c->build, name);
		build_rule(&c->build, forbidden[i].id);
		build_act(&c->build, ACT_COUNTER);
		build_log(&c->build, compile_log_group(c), COMPILE_LOG_PREFIX "forbidden:%s",
			  forbidden[i].id);
		build_drop(&c->build);
	}
}

/* What the guideline leaves open of the forbidden pair: screen transfer. Once for both families. */
static void holes(struct compile *c, size_t i, uint8_t family)
{
	const struct guideline_forbidden *shut = guideline_forbidden_of(forbidden[i].id);

	if (family == 6 && both_have(c, forbidden[i].from, forbidden[i].to, 4))
		return;
	for (size_t g = 0; g < c->grant_count; g++) {
		const struct compile_grant *grant = &c->grants[g];

		if (grant->from == forbidden[i].from && grant->to == forbidden[i].to &&
		    guideline_excepts_flow(shut, grant->flow))
			compile_grant_rules(c, grant, NULL);
	}
}

static void forbid_rule(struct compile *c, size_t i, uint8_t family)
{
	char from[RULESET_NAME_MAX], set[RULESET_NAME_MAX], to[RULESET_NAME_MAX];

	build_name(&c->build, from, "forbidden_from_%s", guideline_zone(forbidden[i].from)->slug);
	build_name(&c->build, set, "zone_%s%d", guideline_zone(forbidden[i].to)->slug, family);
	build_name(&c->build, to, "forbid_%s", forbidden[i].id);
	if (c->build.error)
		return;
	if (!ruleset_chain(c->build.ruleset, from))
		build_chain(&c->build, from);
	holes(c, i, family);
	build_rule(&c->build, forbidden[i].id);
	build_in_set(&c->build, set, BUILD_FIELDS(compile_daddr(family)));
	build_goto(&c->build, to);
}

void compile_forbidden_sets(struct compile *c)
{
	forbidden_maps(c, 4);
	forbidden_maps(c, 6);
}

void compile_forbidden(struct compile *c)
{
	forbid_chains(c);
	for (size_t i = 0; i < ARRAY_SIZE(forbidden); i++)
		for (uint8_t family = 4; family <= 6; family += 2)
			if (both_have(c, forbidden[i].from, forbidden[i].to, family))
				forbid_rule(c, i, family);
}

static bool is_interface_of(const struct compile *c, enum zone zone, const char *interface)
{
	const struct policy_strings *interfaces = &c->policy->zones[zone].interfaces;

	for (size_t i = 0; i < interfaces->count; i++)
		if (!strcmp(interfaces->at[i], interface))
			return true;
	return false;
}

/* True if all that may flow between the zones passes the security cloud on its way, to which the
 * site has a line. */
static bool by_security_cloud(const struct compile *c, enum zone from, enum zone to)
{
	uint32_t cloud = FIREWALL_BIT(FIREWALL_SECURITY_CLOUD);
	bool line = false;

	for (size_t zone = 0; zone < ZONE_COUNT; zone++)
		line |= c->policy->zones[zone].reaches_internet;
	for (size_t i = 0; line && i < c->grant_count; i++) {
		const struct compile_grant *grant = &c->grants[i];

		if (grant->from == from && grant->to == to && !(grant->flow->traverses & cloud))
			return false;
	}
	return line;
}

/* Whether a flow between the zones may leave by that interface. External addresses lie behind the
 * internet zone's line to the security cloud as well, but only what is meant for the internet at
 * large may take it; and what is to pass the security cloud may not go around it by the breakout
 * line. */
static bool may_leave(const struct compile *c, const struct policy_place *place, enum zone from,
		      enum zone to)
{
	bool internet;

	(void)compile_pair_used(c, from, to, &internet);
	if (to != ZONE_EXTERNAL)
		return true;
	if (is_interface_of(c, ZONE_EXTERNAL, place->interface))
		return !internet || !by_security_cloud(c, from, to);
	for (size_t zone = 0; internet && zone < ZONE_COUNT; zone++)
		if (c->policy->zones[zone].reaches_internet &&
		    is_interface_of(c, (enum zone)zone, place->interface))
			return true;
	return false;
}

/* Those of the zone's addresses that live at the place. */
static int common_addresses(const struct addr_list *zone, const struct policy_place *place,
			    struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list elsewhere = { 0 };
	int err = addr_list_subtract(zone, &place->addresses, &elsewhere);

	return err ? err : addr_list_subtract(zone, &elsewhere, ret);
}

/* Where addresses of a zone may go: by which interface to which addresses, and the chain that knows
 * more. */
static void targets_map(struct compile *c, const char *map, enum zone from, uint8_t family)
{
	char chain[RULESET_NAME_MAX];
	bool begun = false, internet;

	for (size_t i = 0; i < ZONE_COUNT * c->places.count; i++) {
		enum zone to = (enum zone)(i / c->places.count);
		const struct policy_place *place = &c->places.at[i % c->places.count];
		auto_(addr_list_clear) struct addr_list here = { 0 };

		if (!compile_pair_used(c, from, to, &internet) || !may_leave(c, place, from, to))
			continue;
		build_fail(&c->build,
			   common_addresses(&c->policy->zone_addresses[to], place, &here));
		compile_pair_name(c, from, to, chain);
		for (size_t j = 0; j < here.count; j++) {
			if (here.at[j].family != family)
				continue;
			if (!begun)
				build_set(&c->build, map, BUILD_INTERVAL_MAP,
					  BUILD_FIELDS(FIELD_OIFNAME, compile_daddr(family)));
			begun = true;
			build_element(&c->build);
			build_put_interface(&c->build, place->interface);
			build_put_range(&c->build, &here.at[j]);
			build_put_verdict(&c->build, VERDICT_GOTO, chain);
		}
	}
}

/* The map and the chain for what comes from a zone, for one family. */
static void from_zone(struct compile *c, enum zone from, uint8_t family, bool *used)
{
	char targets[RULESET_NAME_MAX], chain[RULESET_NAME_MAX];

	build_name(&c->build, targets, "targets_%s%d", guideline_zone(from)->slug, family);
	build_name(&c->build, chain, "from_%s", guideline_zone(from)->slug);
	targets_map(c, targets, from, family);
	if (c->build.error || !ruleset_set(c->build.ruleset, targets))
		return;
	if (!ruleset_chain(c->build.ruleset, chain))
		build_chain(&c->build, chain);
	build_rule(&c->build, NULL);
	build_lookup(&c->build, targets, BUILD_FIELDS(FIELD_OIFNAME, compile_daddr(family)));
	*used = true;
}

void compile_dispatch(struct compile *c)
{
	bool used[ZONE_COUNT][2] = { { false } };

	for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
		from_zone(c, (enum zone)zone, 4, &used[zone][0]);
		from_zone(c, (enum zone)zone, 6, &used[zone][1]);
	}
	for (uint8_t family = 4; family <= 6; family += 2) {
		char map[RULESET_NAME_MAX], chain[RULESET_NAME_MAX];
		bool begun = false;

		build_name(&c->build, map, "sources%d", family);
		for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
			if (!used[zone][family == 6])
				continue;
			build_name(&c->build, chain, "from_%s",
				   guideline_zone((enum zone)zone)->slug);
			map_sources(c, map, chain, &c->policy->zone_addresses[zone], family,
				    &begun);
		}
	}
}
