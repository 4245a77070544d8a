/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/compile.h: where the first packets of chosen flows end, and how the ruleset is
 * made. check_compile_random.c sends random ones. */
#include <check.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "policy/decide.h"
#include "ruleset/compile.h"
#include "ruleset/text.h"
#include "ruleset/walk.h"

/* A policy of tests/golden/ruleset and what it compiles to. */
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

static struct site site_in(const char *folder, const char *name)
{
	const char *top = getenv("SRCDIR");
	struct errors errors = { 0 };
	struct site site = { 0 };
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s/%s.conf", top ? top : ".", folder, name);
	if (policy_read(path, &site.policy, &errors))
		errors_print(&errors, stderr);
	errors_clear(&errors);
	ck_assert_ptr_nonnull(site.policy);
	ck_assert_int_eq(compile_policy(site.policy, &site.ruleset), 0);
	ck_assert_int_eq(walk_new(site.ruleset, &site.walk), 0);
	ck_assert_int_eq(policy_places(site.policy, &site.places), 0);
	return site;
}

static struct site site_of(const char *name)
{
	return site_in("tests/golden/ruleset", name);
}

/* The first packet of a flow, as it comes in by one interface and would leave by another. */
static struct walk_packet first_packet(const struct flow_key *key, const char *in, const char *out)
{
	struct walk_packet packet = { .family = key->src.family,
				      .src = key->src,
				      .dst = key->dst,
				      .l4proto = key->l4proto,
				      .sport = key->sport,
				      .dport = key->dport,
				      .tcp_flags = 0x02, /* SYN */
				      .tcp_doff = 5,
				      .length = key->src.family == 4 ? 40 : 20,
				      .ct_state = STATE_NEW };

	memcpy(packet.iif, in, strlen(in));
	memcpy(packet.oif, out, strlen(out));
	return packet;
}

/* The name of the chain in which the packet's fate lies, or "drop". */
static const char *fate_of(struct walk *walk, const struct walk_packet *packet)
{
	struct walk_result result;
	const char *chain;

	ck_assert_int_eq(walk_packet(walk, HOOK_FORWARD, packet, &result), 0);
	ck_assert_int_ne(result.outcome, WALK_ACCEPT); /* nobody passes without a record */
	chain = result.steps[result.step_count - 1].chain->name;
	return strcmp(chain, "forward") == 0 ? "drop" : chain;
}

static const char *place_of(const struct site *site, const struct addr *a)
{
	const struct policy_zone *external = &site->policy->zones[ZONE_EXTERNAL];
	const char *found = "nowhere";

	for (size_t i = 0; i < site->places.count; i++) {
		const struct policy_place *place = &site->places.at[i];

		if (!addr_list_has(&place->addresses, a))
			continue;
		found = place->interface;
		/* the breakout line, where both lines lead to the address */
		if (external->interfaces.count && !strcmp(found, external->interfaces.at[0]))
			break;
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

/* The frame comes from a hardware address that the source's role has, if it has any. */
static void give_ether(const struct site *site, struct walk_packet *packet)
{
	enum role role = policy_role_of(site->policy, &packet->src);

	packet->has_ether = true;
	if (role < ROLE_COUNT && site->policy->endpoints[role].macs.count)
		memcpy(packet->ether_saddr, site->policy->endpoints[role].macs.at[0],
		       sizeof(packet->ether_saddr));
}

static const char *fate(const struct site *site, const char *in, const char *out,
			const struct flow_key *key)
{
	struct walk_packet packet = first_packet(key, in ? in : place_of(site, &key->src),
						 out ? out : way_of(site, key));

	give_ether(site, &packet);
	return fate_of(site->walk, &packet);
}

static struct flow_key flow(const char *from, const char *to, uint8_t l4proto, uint16_t dport)
{
	struct flow_key key = { .sport = 50000, .dport = dport, .l4proto = l4proto };

	ck_assert_int_eq(addr_parse(from, &key.src), 0);
	ck_assert_int_eq(addr_parse(to, &key.dst), 0);
	return key;
}

static const char *tcp(const struct site *site, const char *from, const char *to, uint16_t dport)
{
	struct flow_key key = flow(from, to, IPPROTO_TCP, dport);

	return fate(site, NULL, NULL, &key);
}

START_TEST(flows_of_the_guideline_go_where_they_should)
{
	auto_(site_clear) struct site city = site_of("city");
	struct flow_key quic = flow("192.168.10.11", "198.51.100.130", IPPROTO_UDP, 443);

	ck_assert_str_eq(tcp(&city, "192.168.10.11", "198.51.100.130", 443), "inspect");
	ck_assert_str_eq(tcp(&city, "192.168.10.11", "198.51.100.130", 80), "inspect");
	ck_assert_str_eq(tcp(&city, "192.168.10.11", "198.51.100.130", 22), "refuse");
	ck_assert_str_eq(tcp(&city, "192.168.10.11", "198.51.100.100", 443), "refuse");
	ck_assert_str_eq(tcp(&city, "2001:db8:10::11", "2001:db8:c10d::130", 443), "inspect");
	ck_assert_str_eq(tcp(&city, "192.168.10.11", "198.51.100.10", 4172), "admit");
	ck_assert_str_eq(tcp(&city, "198.51.100.10", "172.16.10.10", 1521), "admit");
	ck_assert_str_eq(tcp(&city, "198.51.100.40", "192.168.30.25", 25), "admit");
	ck_assert_str_eq(tcp(&city, "198.51.100.40", "93.184.216.34", 443), "admit");
	ck_assert_str_eq(tcp(&city, "192.168.10.11", "172.16.10.10", 443), "refuse");
	ck_assert_str_eq(fate(&city, NULL, NULL, &quic), "quic");
}
END_TEST

START_TEST(forbidden_pairs_are_refused_under_their_own_name)
{
	auto_(site_clear) struct site city = site_of("city");

	ck_assert_str_eq(tcp(&city, "192.168.30.11", "172.16.10.10", 443),
			 "forbid_internet-to-mynumber");
	ck_assert_str_eq(tcp(&city, "198.51.100.40", "198.51.100.10", 443),
			 "forbid_internet-to-mynumber");
	ck_assert_str_eq(tcp(&city, "93.184.216.34", "172.16.10.10", 443),
			 "forbid_internet-to-mynumber");
	ck_assert_str_eq(tcp(&city, "93.184.216.34", "192.168.10.11", 443),
			 "forbid_external-inbound-at-lbo");
	ck_assert_str_eq(tcp(&city, "2001:db8:c10d::130", "2001:db8:10::11", 443),
			 "forbid_external-inbound-at-lbo");
	ck_assert_str_eq(tcp(&city, "172.16.10.10", "198.51.100.130", 443),
			 "forbid_mynumber-to-external");
	ck_assert_str_eq(tcp(&city, "198.51.100.10", "93.184.216.34", 443),
			 "forbid_mynumber-to-external");
}
END_TEST

START_TEST(a_source_counts_only_behind_its_interface)
{
	auto_(site_clear) struct site city = site_of("city");
	struct flow_key key = flow("198.51.100.10", "172.16.10.10", IPPROTO_TCP, 443);

	ck_assert_str_eq(fate(&city, "wan0", NULL, &key), "admit");
	ck_assert_str_eq(fate(&city, "lgwan0", NULL, &key), "drop");
	ck_assert_str_eq(fate(&city, "inet0", NULL, &key), "drop");
	ck_assert_str_eq(fate(&city, "wan0", "wan0", &key), "drop");
	ck_assert_str_eq(tcp(&city, "127.0.0.1", "172.16.10.10", 443), "drop");
}
END_TEST

START_TEST(flows_to_the_internet_and_no_others_leave_by_the_line_of_the_internet_zone)
{
	auto_(site_clear) struct site city = site_of("city");
	struct flow_key cloud = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 443);
	struct flow_key web = flow("198.51.100.40", "93.184.216.34", IPPROTO_TCP, 443);

	ck_assert_str_eq(fate(&city, NULL, "inet0", &cloud), "refuse");
	ck_assert_str_eq(fate(&city, NULL, "wan0", &cloud), "inspect");
	ck_assert_str_eq(fate(&city, NULL, "inet0", &web), "admit");
	ck_assert_str_eq(fate(&city, NULL, "wan0", &web), "refuse"); /* around the security cloud */
}
END_TEST

START_TEST(a_proxied_service_is_for_its_proxy_alone)
{
	auto_(site_clear) struct site site = site_of("overlaps");

	ck_assert_str_eq(tcp(&site, "192.168.20.10", "198.51.100.17", 443), "inspect");
	ck_assert_str_eq(tcp(&site, "192.168.20.10", "198.51.100.40", 443), "inspect");
	ck_assert_str_eq(tcp(&site, "192.168.20.11", "198.51.100.17", 443), "refuse");
	ck_assert_str_eq(tcp(&site, "192.168.10.11", "198.51.100.40", 443), "refuse");
	ck_assert_str_eq(tcp(&site, "192.168.20.10", "198.51.100.41", 443), "refuse");
}
END_TEST

START_TEST(packets_of_a_family_without_places_are_dropped)
{
	auto_(site_clear) struct site city = site_of("city");
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	const struct flow_key key = flow("2001:db8:10::11", "2001:db8:203::1", IPPROTO_TCP, 443);
	const struct walk_packet packet = first_packet(&key, "lgwan0", "asp0");
	auto_(walk_freep) struct walk *walk = NULL;

	for (size_t i = 0; i < ZONE_COUNT; i++) {
		struct addr_list *networks = &city.policy->zones[i].networks;

		/* normal lists have IPv4 first */
		while (networks->count && networks->at[networks->count - 1].family == 6)
			networks->count--;
	}
	city.policy->zones[ZONE_EXTERNAL].declared = false;
	city.policy->zones[ZONE_INTERNET].reaches_internet = false;
	ck_assert_int_eq(policy_derive(city.policy), 0);
	ck_assert_int_eq(compile_policy(city.policy, &ruleset), 0);
	ck_assert_ptr_null(ruleset_set(ruleset, "places6"));
	ck_assert_int_eq(walk_new(ruleset, &walk), 0);
	ck_assert_str_eq(fate_of(walk, &packet), "drop");
}
END_TEST

static const char *wanted_fate(enum app treatment)
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

/* Compares what rules and decision say; returns whether it is permitted. */
static bool compare_flow(const struct site *site, const struct flow_key *key)
{
	const char *wanted = wanted_fate(decide_treatment(site->policy, key));
	const char *found = fate(site, NULL, NULL, key);
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX];

	addr_text(&key->src, from);
	addr_text(&key->dst, to);
	if (wanted)
		ck_assert_msg(!strcmp(found, wanted), "%s > %s %d/%d: rules say %s, decision %s",
			      from, to, key->l4proto, key->dport, found, wanted);
	else
		ck_assert_msg(!strcmp(found, "refuse") || !strcmp(found, "drop") ||
				      !strncmp(found, "forbid_", 7),
			      "%s > %s %d/%d: rules say %s, decision no", from, to, key->l4proto,
			      key->dport, found);
	return wanted != NULL;
}

/* Where the role lives, and on which ports the flow finds it. */
struct far_end {
	const struct addr_list *addresses;
	const struct policy_ports *ports;
};

static size_t far_ends(const struct policy *policy, const struct guideline_flow *flow,
		       struct far_end *ends, size_t cap)
{
	size_t count = 0;

	ends[count++] = (struct far_end){ .addresses = &policy->endpoints[flow->to].addresses,
					  .ports = &policy->ports[flow->ports] };
	if (flow->to == ROLE_INTERNET)
		ends[0].addresses = &policy->zone_addresses[ZONE_EXTERNAL];
	if (!guideline_role(flow->to)->is_service)
		return count;
	for (count = 0; policy->service_count > count && count < cap; count++)
		ends[count] = (struct far_end){ .addresses = &policy->services[count].addresses,
						.ports = &policy->services[count].ports };
	return count;
}

/* One packet of the flow at each edge of each range of addresses and ports, and beside the ports.
 */
static size_t try_flow(const struct site *site, const struct addr_list *from,
		       const struct far_end *end)
{
	size_t permitted = 0;

	for (size_t i = 0; i < from->count * end->addresses->count * end->ports->count * 16; i++) {
		const struct addr_range *src = &from->at[i / 16 % from->count];
		const struct addr_range *dst =
			&end->addresses->at[i / 16 / from->count % end->addresses->count];
		const struct policy_port *port =
			&end->ports->at[i / 16 / from->count / end->addresses->count];
		const uint16_t dports[] = { port->first, port->last, (uint16_t)(port->first - 1),
					    (uint16_t)(port->last + 1) };
		struct flow_key key = { .src.family = src->family,
					.dst.family = dst->family,
					.sport = 50000,
					.dport = dports[i / 4 % 4],
					.l4proto = port->l4proto };

		if (src->family != dst->family)
			continue;
		memcpy(key.src.b, i % 2 ? src->first : src->last, sizeof(key.src.b));
		memcpy(key.dst.b, i / 2 % 2 ? dst->first : dst->last, sizeof(key.dst.b));
		permitted += compare_flow(site, &key);
	}
	return permitted;
}

START_TEST(every_flow_in_use_of_every_example_passes_and_as_decided)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (int c = 0; c < CONFIGURATION_COUNT; c++) {
		auto_(site_clear) struct site site =
			site_in("conf/examples", guideline_configuration_slug(c));
		size_t used = 0;

		for (size_t i = 0; i < count; i++) {
			struct far_end ends[8];
			size_t end_count = far_ends(site.policy, &flows[i], ends, 8);
			size_t permitted = 0;

			if (!policy_uses_flow(site.policy, &flows[i]))
				continue;
			used++;
			for (size_t e = 0; e < end_count; e++)
				permitted += try_flow(
					&site, &site.policy->endpoints[flows[i].from].addresses,
					&ends[e]);
			ck_assert_msg(permitted, "nothing of %s passes", flows[i].id);
		}
		ck_assert_uint_gt(used, 0);
	}
}
END_TEST

static bool boxes_touch(const struct ruleset_set *set, const struct ruleset_element *a,
			const struct ruleset_element *b)
{
	size_t at = 0;

	for (size_t i = 0; i < set->key_fields; i++) {
		size_t size = ruleset_field_size(set->key[i]);

		if (memcmp(a->last + at, b->first + at, size) < 0 ||
		    memcmp(b->last + at, a->first + at, size) < 0)
			return false;
		at += ruleset_field_room(set->key[i]);
	}
	return true;
}

static void check_set(const struct ruleset_set *set)
{
	ck_assert_uint_gt(set->element_count, 0);
	for (size_t i = 0; i < set->element_count; i++) {
		const struct ruleset_element *element = &set->elements[i];

		if (!set->interval)
			ck_assert_mem_eq(element->first, element->last, RULESET_KEY_BYTES_MAX);
		for (size_t j = 0; j < i; j++) {
			ck_assert_int_le(memcmp(set->elements[j].first, element->first,
						RULESET_KEY_BYTES_MAX),
					 0);
			ck_assert_msg(!boxes_touch(set, &set->elements[j], element),
				      "%s: elements %zu and %zu overlap", set->name, j, i);
		}
	}
}

START_TEST(elements_are_sorted_and_disjoint_and_no_set_is_empty)
{
	static const char *const names[] = { "city", "overlaps", "separation" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_(site_clear) struct site site = site_of(names[i]);

		for (size_t j = 0; j < site.ruleset->set_count; j++)
			check_set(&site.ruleset->sets[j]);
	}
}
END_TEST

/* A chain that is gone to stands before the one that goes there, at place i. */
static void check_verdict(const struct ruleset *ruleset, const struct ruleset_verdict *verdict,
			  size_t i)
{
	const struct ruleset_chain *chain;

	if (verdict->kind != VERDICT_JUMP && verdict->kind != VERDICT_GOTO)
		return;
	chain = ruleset_chain(ruleset, verdict->chain);
	ck_assert_msg(chain != NULL, "no chain %s", verdict->chain);
	ck_assert_msg((size_t)(chain - ruleset->chains) < i, "%s stands too late", verdict->chain);
}

static void check_references(const struct ruleset *ruleset, const struct ruleset_statement *s,
			     size_t i)
{
	const struct ruleset_set *set;

	if (s->kind == ACT_VERDICT)
		check_verdict(ruleset, &s->verdict, i);
	if (s->kind != MATCH_SET && s->kind != ACT_VERDICT_MAP && s->kind != ACT_CT_MARK_MAP)
		return;
	set = ruleset_set(ruleset, s->text);
	ck_assert_msg(set != NULL, "no set %s", s->text);
	ck_assert_int_eq(set->is_map, s->kind != MATCH_SET);
	for (size_t j = 0; set->is_map && j < set->element_count; j++)
		check_verdict(ruleset, &set->elements[j].verdict, i);
}

START_TEST(rules_name_only_sets_and_chains_that_stand_before_them)
{
	static const char *const names[] = { "city", "overlaps", "separation" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_(site_clear) struct site site = site_of(names[i]);
		const struct ruleset *ruleset = site.ruleset;

		for (size_t j = 0; j < ruleset->chain_count; j++) {
			const struct ruleset_chain *chain = &ruleset->chains[j];

			ck_assert_uint_gt(chain->rule_count, 0);
			for (size_t k = 0; k < chain->rule_count; k++)
				for (size_t s = 0; s < chain->rules[k].count; s++)
					check_references(ruleset, &chain->rules[k].statements[s],
							 j);
		}
	}
}
END_TEST

static char *text_of(const struct ruleset *ruleset)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	text_print(ruleset, NULL, to);
	ck_assert_int_eq(fclose(to), 0);
	return text;
}

START_TEST(the_same_policy_compiles_to_the_same)
{
	auto_(site_clear) struct site a = site_of("overlaps");
	auto_(site_clear) struct site b = site_of("overlaps");
	auto_(free_charp) char *text_a = text_of(a.ruleset);
	auto_(free_charp) char *text_b = text_of(b.ruleset);

	ck_assert_str_eq(text_a, text_b);
}
END_TEST

/* Time must not grow with the square of the entries: that would be minutes here. */
START_TEST(a_hundred_thousand_addresses_compile_at_once)
{
	auto_(site_clear) struct site city = site_of("city");
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct addr_list *service = &city.policy->services[0].addresses;
	struct addr_list *desktops = &city.policy->endpoints[ROLE_MYNUMBER_DAAS].addresses;
	const struct ruleset_set *set;
	struct timespec begin, end;

	for (unsigned int i = 0; i < 100000; i++) {
		struct addr_range range = { .family = 4 };

		/* every other address, so that nothing merges */
		range.first[0] = range.last[0] = 64;
		range.first[1] = range.last[1] = (uint8_t)(i >> 15);
		range.first[2] = range.last[2] = (uint8_t)(i >> 7);
		range.first[3] = range.last[3] = (uint8_t)(i << 1);
		ck_assert_int_eq(addr_list_add(service, &range), 0);
		range.first[0] = range.last[0] = 65;
		if (i < 10000)
			ck_assert_int_eq(addr_list_add(desktops, &range), 0);
	}
	ck_assert_int_eq(policy_derive(city.policy), 0);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	ck_assert_int_eq(compile_policy(city.policy, &ruleset), 0);
	clock_gettime(CLOCK_MONOTONIC, &end);
	ck_assert_int_lt(end.tv_sec - begin.tv_sec, 10);
	set = ruleset_set(ruleset, "inspect_permitted-cloud_exact4");
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->element_count, 200000); /* ports 443 and 80 */
}
END_TEST

START_TEST(refuse_all_accepts_loopback_and_neighbours_only)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	size_t accepting = 0;

	ck_assert_int_eq(compile_refuse_all(&ruleset), 0);
	ck_assert_uint_eq(ruleset->chain_count, 3);
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct ruleset_chain *chain = &ruleset->chains[i];

		ck_assert(chain->policy_drop);
		ck_assert_int_ne(chain->hook, HOOK_NONE);
		for (size_t j = 0; j < chain->rule_count; j++) {
			const struct ruleset_rule *rule = &chain->rules[j];
			const struct ruleset_statement *last = &rule->statements[rule->count - 1];

			ck_assert_int_eq(last->kind, ACT_VERDICT);
			if (last->verdict.kind == VERDICT_DROP)
				continue;
			accepting++;
			ck_assert_int_ne(chain->hook, HOOK_FORWARD);
			ck_assert(rule->statements[0].kind == MATCH_ICMPV6_TYPES ||
				  !strcmp(rule->statements[0].text, "lo"));
		}
	}
	ck_assert_uint_eq(accepting, 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compile");
	TCase *tcase = tcase_create("compile");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, flows_of_the_guideline_go_where_they_should);
	tcase_add_test(tcase, forbidden_pairs_are_refused_under_their_own_name);
	tcase_add_test(tcase, a_source_counts_only_behind_its_interface);
	tcase_add_test(tcase,
		       flows_to_the_internet_and_no_others_leave_by_the_line_of_the_internet_zone);
	tcase_add_test(tcase, a_proxied_service_is_for_its_proxy_alone);
	tcase_add_test(tcase, packets_of_a_family_without_places_are_dropped);
	tcase_add_test(tcase, every_flow_in_use_of_every_example_passes_and_as_decided);
	tcase_add_test(tcase, elements_are_sorted_and_disjoint_and_no_set_is_empty);
	tcase_add_test(tcase, rules_name_only_sets_and_chains_that_stand_before_them);
	tcase_add_test(tcase, the_same_policy_compiles_to_the_same);
	tcase_add_test(tcase, a_hundred_thousand_addresses_compile_at_once);
	tcase_add_test(tcase, refuse_all_accepts_loopback_and_neighbours_only);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
