/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the compiler and what they share. Private to compile*.c.
 *
 * compile.c        fixed sets and chains, the forward chain, the order of everything
 * compile_sets.c   sets of addresses and ports, exact and by prefix, for each family
 * compile_flows.c  permitted flows: their sets and one chain for each pair of zones
 * compile_exceptions.c  exceptions of the policy, which expire
 * compile_zones.c  places, forbidden pairs, the dispatch to pairs of zones
 * compile_host.c   traffic of the appliance itself, source NAT, the refuse-all ruleset */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "ruleset/boxes.h"
#include "ruleset/build.h"

/* What becomes of the first packet of a permitted flow: the chain of that name. In the order of the
 * rules of a pair: where services share an address and port, the stricter treatment wins. */
enum compile_kind { COMPILE_INSPECT, COMPILE_QUIC, COMPILE_ADMIT, COMPILE_KIND_COUNT };

/* How a rule says where to. */
enum compile_form {
	COMPILE_DESTINATION, /* address, protocol and port are in the set */
	COMPILE_VIA,         /* so are the source address and these: only through a proxy */
	COMPILE_PORTS,       /* protocol and port are in the set; any address of the zone */
};

/* The treatment of an app, and the chain that does it. */
enum compile_kind compile_kind_of(enum app app);
const char *compile_kind_chain(enum compile_kind kind);

/* Leave to pass from a role to what a group of sets holds, in one pair of zones. */
struct compile_grant {
	const struct guideline_flow *flow;
	enum zone from, to;
	enum compile_kind kind;
	enum compile_form form;
	char base[RULESET_NAME_MAX]; /* what the names of the sets begin with */
};

struct compile {
	struct build build;
	const struct policy *policy;
	struct policy_places places;
	struct compile_grant *grants;
	size_t grant_count;
};

/* NFLOG group. */
static inline uint16_t compile_log_group(const struct compile *c)
{
	return c->policy->daemon.log_group_first;
}

static inline enum ruleset_field compile_saddr(uint8_t family)
{
	return family == 4 ? FIELD_SADDR4 : FIELD_SADDR6;
}

static inline enum ruleset_field compile_daddr(uint8_t family)
{
	return family == 4 ? FIELD_DADDR4 : FIELD_DADDR6;
}

/* compile_sets.c */

/* One of the sets that begin with a base name. */
struct compile_variant {
	char name[RULESET_NAME_MAX];
	uint8_t family; /* 4 or 6; 0 in sets without addresses */
};
#define COMPILE_VARIANTS_MAX 6

/* The sets of that base that exist, in a fixed order; returns how many. */
size_t compile_variants(struct compile *c, const char *base,
			struct compile_variant out[COMPILE_VARIANTS_MAX]);

/* Sets BASE_exact4, BASE_prefix4, ..6 with keys "address (field4 or field6) . l4proto . dport";
 * makes boxes normal. Empty ones are left out. */
void compile_box_sets(struct compile *c, const char *base, enum ruleset_field field4,
		      enum ruleset_field field6, struct boxes *boxes);

/* What a proxy alone may use. */
struct compile_proxy {
	struct addr address;
	struct boxes boxes;
};

/* Sets BASE_exact4 ... with keys "saddr . daddr . l4proto . dport" for different proxies; makes
 * their boxes normal. */
void compile_via_sets(struct compile *c, const char *base, struct compile_proxy *proxies,
		      size_t count);

/* Sets BASE_exact and BASE_range with keys "l4proto . dport". */
void compile_port_sets(struct compile *c, const char *base, const struct policy_ports *ports);

/* An interval set NAME4 or NAME6 of list's addresses (normal) of that family, unless it exists or
 * would be empty. Returns whether it exists now; its name is in out (RULESET_NAME_MAX). */
bool compile_address_set(struct compile *c, const char *name, uint8_t family,
			 enum ruleset_field field, const struct addr_list *list, char *out);

/* compile_flows.c */

/* Fills c->grants and makes their sets. */
void compile_grants(struct compile *c);

/* A rule for each set of the grant and each family that the source role has too: it leads to the
 * chain, or returns where that is NULL. */
void compile_grant_rules(struct compile *c, const struct compile_grant *grant, const char *chain);

/* A chain for each pair of zones that has grants. */
void compile_pair_chains(struct compile *c);

/* The name of the chain for a pair, into out (RULESET_NAME_MAX). */
void compile_pair_name(struct compile *c, enum zone from, enum zone to, char *out);

/* True if the pair has grants; *ret_internet: one of them is to the internet at large. */
bool compile_pair_used(const struct compile *c, enum zone from, enum zone to, bool *ret_internet);

/* compile_zones.c */

/* Sets places4/6, outside (interfaces of the breakout line) and offices (of all zones but that and
 * My Number). */
void compile_places(struct compile *c);

/* Maps mac_sources4/6 from the addresses of roles with hardware addresses to chains "mac_ROLE",
 * which return for frames from those and refuse others as spoofed. */
void compile_macs(struct compile *c);

/* Maps forbidden4/6 from source addresses to chains "forbidden_from_ZONE", and sets zone_ZONE4/6 of
 * destinations. */
void compile_forbidden_sets(struct compile *c);

/* Those chains, and "forbid_ID". What the guideline leaves open of them returns. After
 * compile_grants(). */
void compile_forbidden(struct compile *c);

/* Maps sources4/6 from source addresses to chains "from_ZONE", whose maps targets_ZONE4/6 lead by
 * outgoing interface and destination to the chain of the pair. Two steps, so that their size is the
 * sum, not the product, of the ranges of both ends. After compile_pair_chains(). */
void compile_dispatch(struct compile *c);

/* compile_exceptions.c */

/* Sets exception_N_KIND4/6 with keys "saddr . daddr . l4proto . dport", whose elements expire. */
void compile_exception_sets(struct compile *c);

/* True if some exception asks for that treatment. After compile_exception_sets(). */
bool compile_exceptions_use(struct compile *c, enum compile_kind kind);

/* Chains "excepted" and "in_time", for packets of flows that are open by an exception: on as long
 * as it holds, cut and recorded from then on. Always there: such flows may be older than the
 * policy. */
void compile_excepted_chain(struct compile *c);

/* Chain "exceptions" for new flows that the guideline does not permit; ends in "refuse". Returns
 * whether there is one. */
bool compile_exceptions_chain(struct compile *c);

/* compile_host.c */
void compile_input(struct compile *c);
void compile_output(struct compile *c);
void compile_source_nat(struct compile *c);

/* Rules that refuse packets whose address does not live behind the interface they come in by
 * (incoming) or would leave by. but6 names a set of IPv6 sources that are left to later rules, or
 * is NULL. */
void compile_place_rules(struct compile *c, bool incoming, const char *but6);
