/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Traffic of the appliance itself, source NAT, and the ruleset that refuses everything. */
#include <errno.h>
#include <linux/netfilter.h>
#include <stdlib.h>

#include "common/defs.h"
#include "common/mark.h"
#include "ruleset/compile.h"
#include "ruleset/compile_parts.h"

#define LOOPBACK "lo"

/* Neighbour discovery, without which no neighbour has a link address. That its hop limit is 255 (it
 * comes from the link itself) is checked by the kernel, ndisc_rcv(). The listener messages keep
 * switches that snoop on multicast from cutting it off. Source: RFC 4861, RFC 3810. */
enum {
	NEIGHBOUR_SOLICIT = 135,
	NEIGHBOUR_ADVERT = 136,
	LISTENER_QUERY = 130,
	LISTENER_REPORT = 143,
	LISTENER_REPORT_V1 = 131,
	LISTENER_DONE_V1 = 132,
	ROUTER_SOLICIT = 133,
};
static const uint8_t neighbours_in[] = { LISTENER_QUERY, NEIGHBOUR_SOLICIT, NEIGHBOUR_ADVERT };
static const uint8_t neighbours_out[] = { NEIGHBOUR_SOLICIT, NEIGHBOUR_ADVERT, LISTENER_REPORT };

/* What every IPv6 host says to its link from time to time: asks nothing of the appliance, and would
 * fill the log. */
static const uint8_t chatter[] = { LISTENER_REPORT_V1, LISTENER_DONE_V1, ROUTER_SOLICIT,
				   LISTENER_REPORT };

static void loopback_rule(struct build *build, enum ruleset_statement_kind side)
{
	build_rule(build, NULL);
	build_text(build, side, LOOPBACK);
	build_accept(build);
}

static void neighbour_rule(struct build *build, const uint8_t *types, size_t count)
{
	build_rule(build, NULL);
	build_types(build, MATCH_ICMPV6_TYPES, types, count);
	build_accept(build);
}

static void known_rule(struct build *build)
{
	build_rule(build, NULL);
	build_value(build, MATCH_CT_STATE, STATE_ESTABLISHED | STATE_RELATED);
	build_accept(build);
}

static void refuse_rule(struct compile *c, const char *slug)
{
	build_rule(&c->build, NULL);
	build_act(&c->build, ACT_COUNTER);
	build_log(&c->build, compile_log_group(c), COMPILE_LOG_PREFIX "%s", slug);
	build_drop(&c->build);
}

/* Some roles live behind certain hardware addresses too. */
static void mac_rule(struct compile *c, uint8_t family)
{
	char map[RULESET_NAME_MAX];

	build_name(&c->build, map, "mac_sources%d", family);
	if (c->build.error || !ruleset_set(c->build.ruleset, map))
		return;
	build_rule(&c->build, NULL);
	build_lookup(&c->build, map, BUILD_FIELDS(compile_saddr(family)));
}

void compile_place_rules(struct compile *c, bool incoming, const char *but6)
{
	const char *slug = incoming ? "spoofed-source" : "misrouted";

	for (uint8_t family = 4; family <= 6; family += 2) {
		char name[RULESET_NAME_MAX];

		build_name(&c->build, name, "places%d", family);
		if (c->build.error)
			return;
		build_rule(&c->build, NULL);
		/* without places of that family, every one of its packets is out of place */
		if (!ruleset_set(c->build.ruleset, name))
			build_value(&c->build, MATCH_NFPROTO,
				    family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
		else if (incoming)
			build_not_in_set(&c->build, name,
					 BUILD_FIELDS(FIELD_IIFNAME, compile_saddr(family)));
		else
			build_not_in_set(&c->build, name,
					 BUILD_FIELDS(FIELD_OIFNAME, compile_daddr(family)));
		if (family == 6 && but6)
			build_not_in_set(&c->build, but6, BUILD_FIELDS(FIELD_SADDR6));
		build_act(&c->build, ACT_COUNTER);
		build_log(&c->build, compile_log_group(c), COMPILE_LOG_PREFIX "%s", slug);
		build_drop(&c->build);
		if (incoming)
			mac_rule(c, family);
	}
}

/* Sets with the peers of an entry and its ports, named by its number: its own name may be any text.
 */
static void management_sets(struct compile *c, const struct policy_management *m, bool incoming,
			    const char *base)
{
	auto_(boxes_clear) struct boxes boxes = { 0 };

	for (size_t i = 0; i < m->ports.count; i++) {
		for (size_t j = 0; j < m->peers.count; j++) {
			struct box box = { .addresses = m->peers.at[j],
					   .l4proto = m->ports.at[i].l4proto,
					   .first = m->ports.at[i].first,
					   .last = m->ports.at[i].last };

			build_fail(&c->build, boxes_add(&boxes, &box));
		}
	}
	if (incoming)
		compile_box_sets(c, base, FIELD_SADDR4, FIELD_SADDR6, &boxes);
	else
		compile_box_sets(c, base, FIELD_DADDR4, FIELD_DADDR6, &boxes);
}

static void management_rules(struct compile *c, const struct policy_managements *entries,
			     bool incoming)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct policy_management *m = &entries->at[i];
		struct compile_variant found[COMPILE_VARIANTS_MAX];
		char base[RULESET_NAME_MAX];
		size_t count;

		build_name(&c->build, base, "%s_%zu", incoming ? "access" : "service", i + 1);
		management_sets(c, m, incoming, base);
		count = compile_variants(c, base, found);
		for (size_t j = 0; j < count; j++) {
			enum ruleset_field address = incoming ? compile_saddr(found[j].family)
							      : compile_daddr(found[j].family);

			build_rule(&c->build, m->name);
			build_in_set(&c->build, found[j].name,
				     BUILD_FIELDS(address, FIELD_L4PROTO, FIELD_DPORT));
			build_act(&c->build, ACT_COUNTER);
			build_log(&c->build, compile_log_group(c),
				  COMPILE_LOG_PREFIX "management:%s", m->name);
			build_accept(&c->build);
		}
	}
}

/* Hosts of a link speak to its router from link-local addresses, which are no places: that is no
 * forgery, but is not let in either. */
static void link_local_set(struct compile *c)
{
	static const struct addr_range link_local = { .family = 6,
						      .first = { 0xfe, 0x80 },
						      .last = { 0xfe, 0xbf, [2 ... 15] = 0xff } };

	build_set(&c->build, "link_local6", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR6));
	build_element(&c->build);
	build_put_range(&c->build, &link_local);
}

void compile_input(struct compile *c)
{
	link_local_set(c);
	build_base_chain(&c->build, "input", HOOK_INPUT, 0, true);
	loopback_rule(&c->build, MATCH_IIFNAME);
	neighbour_rule(&c->build, neighbours_in, ARRAY_SIZE(neighbours_in));
	known_rule(&c->build);
	build_rule(&c->build, NULL);
	build_in_set(&c->build, "link_local6", BUILD_FIELDS(FIELD_SADDR6));
	build_types(&c->build, MATCH_ICMPV6_TYPES, chatter, ARRAY_SIZE(chatter));
	build_act(&c->build, ACT_COUNTER);
	build_drop(&c->build);
	compile_place_rules(c, true, "link_local6");
	management_rules(c, &c->policy->management_in, true);
	refuse_rule(c, "input-refused");
}

/* The kernel's own answers (resets of "reject with tcp reset", ICMP errors of "reject", of an
 * expired hop limit and of a packet too big) need no rule of their own: it attaches the connection
 * of the packet that they answer to them, as related, even if that connection was never confirmed.
 * Source: nf_ct_attach() in nf_reject_ipv4.c, nf_reject_ipv6.c, icmp.c; seen in the output hook on
 * Linux 6.18. Packets without a connection (state invalid, untracked) are dropped without an
 * answer. */
void compile_output(struct compile *c)
{
	build_base_chain(&c->build, "output", HOOK_OUTPUT, 0, true);
	loopback_rule(&c->build, MATCH_OIFNAME);
	/* the resets that end refused flows at the server */
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_META_MARK, MARK_OWN_RESET, MARK_OWN_RESET);
	build_accept(&c->build);
	known_rule(&c->build);
	neighbour_rule(&c->build, neighbours_out, ARRAY_SIZE(neighbours_out));
	management_rules(c, &c->policy->management_out, false);
	refuse_rule(c, "output-refused");
}

/* The networks of all zones but that one and external. What lives in a cloud has its own address
 * there. */
static int inner_networks(const struct policy *policy, enum zone but, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list all = { 0 };

	for (size_t zone = 0; zone < ZONE_COUNT; zone++) {
		const struct addr_list *list = &policy->zones[zone].networks;

		if (zone == (size_t)but || zone == ZONE_EXTERNAL)
			continue;
		for (size_t i = 0; i < list->count; i++) {
			int err = addr_list_add(&all, &list->at[i]);

			if (err)
				return err;
		}
	}
	addr_list_normalise(&all);
	*ret = all;
	all = (struct addr_list){ 0 };
	return 0;
}

static void nat_rules(struct compile *c, enum zone zone, const struct addr *to, bool *begun)
{
	const struct policy_strings *interfaces = &c->policy->zones[zone].interfaces;
	auto_(addr_list_clear) struct addr_list inner = { 0 };
	enum ruleset_field source = compile_saddr(to->family);
	char base[RULESET_NAME_MAX], name[RULESET_NAME_MAX];

	build_name(&c->build, base, "nat_%s", guideline_zone(zone)->slug);
	build_fail(&c->build, inner_networks(c->policy, zone, &inner));
	if (!compile_address_set(c, base, to->family, source, &inner, name))
		return;
	for (size_t i = 0; i < interfaces->count; i++) {
		struct ruleset_statement snat = {
			.kind = to->family == 4 ? ACT_SNAT4 : ACT_SNAT6,
			.address = *to,
		};

		if (!*begun)
			build_base_chain(&c->build, "srcnat", HOOK_POSTROUTING_NAT, 100, false);
		*begun = true;
		build_rule(&c->build, NULL);
		build_text(&c->build, MATCH_OIFNAME, interfaces->at[i]);
		build_in_set(&c->build, name, BUILD_FIELDS(source));
		build_statement(&c->build, &snat);
	}
}

void compile_source_nat(struct compile *c)
{
	bool begun = false;

	for (size_t i = 0; i < ZONE_COUNT; i++) {
		const struct policy_zone *zone = &c->policy->zones[i];

		if (zone->has_source_nat4)
			nat_rules(c, (enum zone)i, &zone->source_nat4, &begun);
		if (zone->has_source_nat6)
			nat_rules(c, (enum zone)i, &zone->source_nat6, &begun);
	}
}

static void count_and_drop(struct build *build)
{
	build_rule(build, NULL);
	build_act(build, ACT_COUNTER);
	build_drop(build);
}

int compile_refuse_all(struct ruleset **ret)
{
	struct build build;

	build_start(&build);
	build_base_chain(&build, "forward", HOOK_FORWARD, 0, true);
	count_and_drop(&build);
	build_base_chain(&build, "input", HOOK_INPUT, 0, true);
	loopback_rule(&build, MATCH_IIFNAME);
	neighbour_rule(&build, neighbours_in, ARRAY_SIZE(neighbours_in));
	count_and_drop(&build);
	build_base_chain(&build, "output", HOOK_OUTPUT, 0, true);
	loopback_rule(&build, MATCH_OIFNAME);
	neighbour_rule(&build, neighbours_out, ARRAY_SIZE(neighbours_out));
	count_and_drop(&build);
	return build_finish(&build, ret);
}
