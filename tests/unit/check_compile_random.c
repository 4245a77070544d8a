/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/compile.h and policy/decide.h against each other: random packets through every
 * policy of the tree. What the rules let through is what the decision permits, no more and no less.
 */
#include <check.h>
#include <glob.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "policy/decide.h"
#include "ruleset/compile.h"
#include "ruleset/walk.h"

struct site {
	struct policy *policy;
	struct ruleset *ruleset;
	struct walk *walk;
	struct policy_places places;
};

static void site_clear(struct site *site)
{
	policy_free(site->policy);
	walk_free(site->walk);
	ruleset_free(site->ruleset);
	policy_places_clear(&site->places);
}

static struct site site_of(const char *path)
{
	auto_(errors_clear) struct errors errors = { 0 };
	struct site site = { 0 };

	if (policy_read(path, &site.policy, &errors))
		errors_print(&errors, stderr);
	ck_assert_ptr_nonnull(site.policy);
	ck_assert_int_eq(compile_policy(site.policy, &site.ruleset), 0);
	ck_assert_int_eq(walk_new(site.ruleset, &site.walk), 0);
	ck_assert_int_eq(policy_places(site.policy, &site.places), 0);
	return site;
}

static size_t below(size_t n)
{
	return (size_t)rand() % n;
}

static const struct addr_list *random_list(const struct policy *policy)
{
	if (rand() % 4 == 0)
		return &policy->zone_addresses[below(ZONE_COUNT)];
	if (rand() % 8 == 0 && policy->exception_count) {
		const struct policy_exception *e =
			&policy->exceptions[below(policy->exception_count)];

		return rand() % 2 ? &e->from : &e->to;
	}
	if (rand() % 3 == 0 && policy->service_count)
		return &policy->services[below(policy->service_count)].addresses;
	return &policy->endpoints[below(ROLE_COUNT)].addresses;
}

/* An address at or beside the end of some range of the list; false if it has none of the family. */
static bool address_of(const struct addr_list *list, uint8_t family, struct addr *ret)
{
	size_t len = addr_len(family);

	for (int tries = 0; tries < 4 && list->count; tries++) {
		const struct addr_range *r = &list->at[below(list->count)];

		if (r->family != family)
			continue;
		*ret = (struct addr){ .family = family };
		memcpy(ret->b, rand() % 2 ? r->first : r->last, len);
		if (rand() % 8 == 0)
			ret->b[len - 1] = (uint8_t)(ret->b[len - 1] + rand() % 3 - 1);
		return true;
	}
	return false;
}

/* An address of some list of the policy, or any. */
static struct addr random_address(const struct policy *policy, uint8_t family)
{
	struct addr a = { .family = family };

	for (int tries = 0; tries < 50; tries++)
		if (address_of(random_list(policy), family, &a))
			return a;
	for (size_t i = 0; i < addr_len(family); i++)
		a.b[i] = (uint8_t)rand();
	return a;
}

/* The two ends of a flow of the guideline that is in use, or nearly so. */
static void aim(const struct policy *policy, struct flow_key *key)
{
	size_t count;
	const struct guideline_flow *flow, *flows = guideline_flows(&count);

	for (int tries = 0; tries < 500; tries++) {
		flow = &flows[below(count)];
		if (!policy_uses_flow(policy, flow))
			continue;
		(void)address_of(&policy->endpoints[flow->from].addresses, key->src.family,
				 &key->src);
		(void)address_of(&policy->endpoints[flow->to].addresses, key->src.family,
				 &key->dst);
		return;
	}
}

static const struct policy_ports *random_ports(const struct policy *policy)
{
	if (rand() % 3 == 0 && policy->service_count)
		return &policy->services[below(policy->service_count)].ports;
	if (rand() % 6 == 0 && policy->exception_count)
		return &policy->exceptions[below(policy->exception_count)].ports;
	return &policy->ports[below(PORT_GROUP_COUNT)];
}

/* A port at or beside the end of some range of the policy, mostly of its protocol. */
static void random_port(const struct policy *policy, struct flow_key *key)
{
	static const uint8_t protocols[] = { IPPROTO_TCP,  IPPROTO_UDP, IPPROTO_ICMP,  IPPROTO_SCTP,
					     IPPROTO_DCCP, IPPROTO_GRE, IPPROTO_ICMPV6 };
	const struct policy_ports *ports = random_ports(policy);

	key->l4proto = rand() % 2 ? IPPROTO_TCP : IPPROTO_UDP;
	key->dport = 443;
	if (ports->count) {
		const struct policy_port *port = &ports->at[below(ports->count)];

		key->l4proto = port->l4proto;
		key->dport = rand() % 2 ? port->first : port->last;
	}
	if (rand() % 6 == 0)
		key->dport = (uint16_t)(key->dport + rand() % 3 - 1);
	if (rand() % 8 == 0)
		key->l4proto = protocols[below(ARRAY_SIZE(protocols))];
}

/* The interface behind which the address lives; of several, the breakout line. NULL if there is
 * none. */
static const char *place_of(const struct site *site, const struct addr *a)
{
	const struct policy_zone *external = &site->policy->zones[ZONE_EXTERNAL];
	const char *found = NULL;

	for (size_t i = 0; i < site->places.count; i++) {
		const struct policy_place *place = &site->places.at[i];

		if (!addr_list_has(&place->addresses, a))
			continue;
		found = place->interface;
		for (size_t j = 0; j < external->interfaces.count; j++)
			if (!strcmp(found, external->interfaces.at[j]))
				return found;
	}
	return found;
}

/* By which interface a flow leaves: from the internet zone to the internet by the security cloud,
 * where there is a line to it. */
static const char *way_of(const struct site *site, const struct flow_key *key)
{
	const struct policy_zone *internet = &site->policy->zones[ZONE_INTERNET];

	if (internet->reaches_internet &&
	    policy_zone_of(site->policy, &key->src) == ZONE_INTERNET &&
	    policy_zone_of(site->policy, &key->dst) == ZONE_EXTERNAL)
		return internet->interfaces.at[0];
	return place_of(site, &key->dst);
}

/* The hardware address that a role must come from, or one of nobody. *ret_bound: it is one of the
 * role's. */
static void set_mac(const struct policy *policy, struct walk_packet *packet, bool *ret_bound,
		    bool *ret_right)
{
	enum role role = policy_role_of(policy, &packet->src);
	const struct policy_macs *macs = role < ROLE_COUNT ? &policy->endpoints[role].macs : NULL;

	packet->has_ether = rand() % 16 != 0;
	*ret_bound = macs && macs->count;
	*ret_right = *ret_bound && packet->has_ether && rand() % 8 != 0;
	if (*ret_right)
		memcpy(packet->ether_saddr, macs->at[below(macs->count)], 6);
}

static struct walk_packet first_packet(const struct flow_key *key)
{
	return (struct walk_packet){ .family = key->src.family,
				     .src = key->src,
				     .dst = key->dst,
				     .l4proto = key->l4proto,
				     .sport = key->sport,
				     .dport = key->dport,
				     .tcp_flags = 0x02, /* SYN */
				     .tcp_doff = 5,
				     .length = key->src.family == 4 ? 40 : 20,
				     .icmp_type = key->src.family == 4 ? 8 : 128,
				     .ct_state = STATE_NEW,
				     .now_s = 0 };
}

/* Where the packet must end, by what the decision wants; NULL: nowhere but in a refusal. */
static const char *wanted_chain(enum app treatment)
{
	switch (treatment) {
	case APP_NONE:
		return "admit";
	case APP_TLS:
	case APP_HTTP:
	case APP_QUIC:
		return "inspect";
	case APP_QUIC_REFUSED:
		return "quic";
	case APP_COUNT:
		break;
	}
	return NULL;
}

static bool is_refusal(const struct walk_result *r)
{
	return r->outcome == WALK_DROP || r->outcome == WALK_REJECT_RESET ||
	       r->outcome == WALK_REJECT_ADMIN || r->outcome == WALK_REJECT_PORT;
}

/* Sends one random first packet; returns whether it was permitted. */
static bool try_random_packet(const struct site *site)
{
	const struct policy *policy = site->policy;
	uint8_t family = rand() % 3 ? 4 : 6;
	struct flow_key key = { .src = random_address(policy, family),
				.dst = random_address(policy, family),
				.sport = 40000 };
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];
	const char *in, *out, *wanted, *end;
	bool bound, right, anywhere = rand() % 8 == 0;
	struct walk_packet packet;
	struct walk_result r;

	if (rand() % 2)
		aim(policy, &key);
	random_port(policy, &key);
	packet = first_packet(&key);
	in = place_of(site, &key.src);
	out = way_of(site, &key);
	if (anywhere) {
		in = site->places.at[below(site->places.count)].interface;
		out = site->places.at[below(site->places.count)].interface;
	}
	(void)strcpy(packet.iif, in ? in : "nowhere");
	(void)strcpy(packet.oif, out ? out : "nowhere");
	set_mac(policy, &packet, &bound, &right);
	wanted = wanted_chain(decide_treatment(policy, &key));
	ck_assert_int_eq(walk_packet(site->walk, HOOK_FORWARD, &packet, &r), 0);
	end = r.steps[r.step_count - 1].chain->name;
	addr_text(&key.src, from);
	addr_text(&key.dst, to);
	/* nothing passes unseen, and nothing that the decision would not permit */
	ck_assert_msg(is_refusal(&r) || (r.outcome == WALK_QUEUE && wanted && !strcmp(end, wanted)),
		      "%s: %s [%s] > %s [%s] %d/%d: rules say %s in %s, decision %s",
		      policy->source.path, from, packet.iif, to, packet.oif, key.l4proto, key.dport,
		      walk_outcome_slug(r.outcome), end, wanted ? wanted : "no");
	/* and from where it lives, what the decision permits does */
	if (!anywhere && wanted && (!bound || right))
		ck_assert_msg(!strcmp(end, wanted),
			      "%s: %s [%s] > %s [%s] %d/%d: rules say %s in %s, decision %s",
			      policy->source.path, from, packet.iif, to, packet.oif, key.l4proto,
			      key.dport, walk_outcome_slug(r.outcome), end, wanted);
	ck_assert(!bound || right || is_refusal(&r));
	return wanted && !strcmp(end, wanted);
}

static void try_policy(const char *path, int rounds)
{
	auto_(site_clear) struct site site = site_of(path);
	size_t permitted = 0;

	for (int i = 0; i < rounds; i++)
		permitted += try_random_packet(&site);
	/* else the test would have looked at refusals only */
	ck_assert_msg(permitted > (size_t)rounds / 200, "%s: only %zu of %d permitted", path,
		      permitted, rounds);
}

START_TEST(rules_and_decision_agree_about_random_packets)
{
	static const char *const patterns[] = { "tests/golden/ruleset/*.conf",
						"conf/examples/*.conf" };
	const char *top = getenv("SRCDIR"), *wanted = getenv("SEED");
	unsigned int seed = wanted ? (unsigned int)atoll(wanted) : (unsigned int)time(NULL);
	size_t policies = 0;

	printf("compile_random: seed %u\n", seed);
	srand(seed);
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		char pattern[PATH_MAX];
		glob_t found;

		(void)snprintf(pattern, sizeof(pattern), "%s/%s", top ? top : ".", patterns[i]);
		ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
		for (size_t j = 0; j < found.gl_pathc; j++)
			try_policy(found.gl_pathv[j], getenv("SEKISHO_VALGRIND") ? 1000 : 10000);
		policies += found.gl_pathc;
		globfree(&found);
	}
	ck_assert_uint_gt(policies, 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compile_random");
	TCase *tcase = tcase_create("compile_random");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, rules_and_decision_agree_about_random_packets);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
