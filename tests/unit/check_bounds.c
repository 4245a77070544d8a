/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/bounds.h: what it holds to be permitted is what decide.h, which knows nothing of
 * it, permits; and forbidden flows are about the addresses that they name. */
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
#include "prove/bounds.h"

struct site {
	struct policy *policy;
	struct policy_places places;
	struct space space;
	struct addr_list ends; /* ranges that the policy speaks of */
};

static void site_clear(struct site *site)
{
	space_clear(&site->space);
	policy_places_clear(&site->places);
	addr_list_clear(&site->ends);
	policy_free(site->policy);
}

static void add_all(struct addr_list *to, const struct addr_list *from)
{
	for (size_t i = 0; i < from->count; i++)
		ck_assert_int_eq(addr_list_add(to, &from->at[i]), 0);
}

static void site_read(struct site *site, const char *path)
{
	struct errors errors = { 0 };

	*site = (struct site){ 0 };
	if (policy_read(path, &site->policy, &errors))
		errors_print(&errors, stderr);
	errors_clear(&errors);
	ck_assert_ptr_nonnull(site->policy);
	ck_assert_int_eq(policy_places(site->policy, &site->places), 0);
	ck_assert_int_eq(space_learn_policy(&site->space, site->policy), 0);
	ck_assert_int_eq(space_start(&site->space), 0);
	for (size_t z = 0; z < ZONE_COUNT; z++)
		add_all(&site->ends, &site->policy->zone_addresses[z]);
	for (size_t r = 0; r < ROLE_COUNT; r++)
		add_all(&site->ends, &site->policy->endpoints[r].addresses);
	for (size_t i = 0; i < site->policy->service_count; i++)
		add_all(&site->ends, &site->policy->services[i].addresses);
	for (size_t i = 0; i < site->policy->exception_count; i++) {
		add_all(&site->ends, &site->policy->exceptions[i].from);
		add_all(&site->ends, &site->policy->exceptions[i].to);
	}
}

static void site_open(struct site *site, const char *name)
{
	const char *top = getenv("SRCDIR");
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/conf/examples/%s.conf", top ? top : ".", name);
	site_read(site, path);
}

/* An end of a range, or one beyond it. */
static void random_address(const struct site *site, struct addr *ret)
{
	const struct addr_range *range = &site->ends.at[(size_t)rand() % site->ends.count];
	uint8_t *last = &ret->b[addr_len(range->family) - 1];

	*ret = (struct addr){ .family = range->family };
	memcpy(ret->b, rand() % 2 ? range->first : range->last, sizeof(ret->b));
	if (rand() % 4 == 0)
		*last = (uint8_t)(*last + (rand() % 2 ? 1 : 255));
}

static uint16_t random_port(const struct site *site, uint8_t l4proto)
{
	const struct policy_ports *ports = &site->policy->ports[rand() % PORT_GROUP_COUNT];
	static const uint16_t usual[] = { 443, 80, 22, 8443, 3478 };

	if (!ports->count || rand() % 3 == 0)
		return usual[(size_t)rand() % ARRAY_SIZE(usual)];
	(void)l4proto;
	return (uint16_t)(ports->at[(size_t)rand() % ports->count].first + rand() % 2);
}

/* The interface behind which the address lives; external ones at the breakout line. */
static const char *place_of(const struct site *site, const struct addr *a)
{
	const struct policy_strings *line = &site->policy->zones[ZONE_EXTERNAL].interfaces;

	if (policy_zone_of(site->policy, a) == ZONE_EXTERNAL && line->count)
		return line->at[0];
	for (size_t i = 0; i < site->places.count; i++)
		if (addr_list_has(&site->places.at[i].addresses, a))
			return site->places.at[i].interface;
	return NULL;
}

/* A packet as the sender of that address would send it. */
static bool packet_of(const struct site *site, const struct flow_key *key, struct walk_packet *ret)
{
	enum role role = policy_role_of(site->policy, &key->src);
	const char *in = place_of(site, &key->src), *out = place_of(site, &key->dst);

	*ret = (struct walk_packet){ .family = key->src.family,
				     .src = key->src,
				     .dst = key->dst,
				     .l4proto = key->l4proto,
				     .dport = key->dport,
				     .ct_state = STATE_NEW };
	if (!in || !out)
		return false;
	(void)snprintf(ret->iif, sizeof(ret->iif), "%s", in);
	(void)snprintf(ret->oif, sizeof(ret->oif), "%s", out);
	if (role != ROLE_COUNT && site->policy->endpoints[role].macs.count) {
		ret->has_ether = true;
		memcpy(ret->ether_saddr, site->policy->endpoints[role].macs.at[0], 6);
	}
	return true;
}

static unsigned int permitted_flows;

static void compare_with_decide(struct site *site)
{
	uint32_t permitted;

	ck_assert_int_eq(bounds_permitted(&site->space, site->policy, &permitted), 0);
	for (int i = 0; i < 4000; i++) {
		struct flow_key key = { .l4proto = rand() % 3 ? IPPROTO_TCP : IPPROTO_UDP };
		uint32_t values[SPACE_VARIABLES];
		struct walk_packet packet;
		enum app app;

		random_address(site, &key.src);
		random_address(site, &key.dst);
		key.dport = random_port(site, key.l4proto);
		if (key.src.family != key.dst.family || !packet_of(site, &key, &packet))
			continue;
		app = decide_treatment(site->policy, &key);
		space_point(&site->space, &packet, values);
		ck_assert_msg(diagram_has(site->space.diagram, permitted, values) ==
				      (app == APP_NONE || app == APP_TLS || app == APP_HTTP),
			      "%s to %s port %u: app %d", packet.iif, packet.oif, key.dport,
			      (int)app);
		permitted_flows += app == APP_NONE || app == APP_TLS || app == APP_HTTP;
	}
}

START_TEST(what_is_permitted_is_what_is_decided)
{
	const char *top = getenv("SRCDIR");
	unsigned int seed = (unsigned int)time(NULL);
	char pattern[PATH_MAX];
	glob_t found;

	printf("seed %u\n", seed);
	srand(seed);
	permitted_flows = 0;
	(void)snprintf(pattern, sizeof(pattern), "%s/conf/examples/*.conf", top ? top : ".");
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		auto_(site_clear) struct site site;

		site_read(&site, found.gl_pathv[i]);
		compare_with_decide(&site);
	}
	globfree(&found);
	printf("%u flows were permitted\n", permitted_flows);
	ck_assert_uint_gt(permitted_flows, 100);
}
END_TEST

/* A flow of the example city. */
static bool holds(struct site *site, uint32_t set, const char *from, const char *to, uint16_t port)
{
	struct walk_packet packet = { .l4proto = IPPROTO_TCP,
				      .dport = port,
				      .ct_state = STATE_NEW };
	uint32_t values[SPACE_VARIABLES];

	ck_assert_int_eq(addr_parse(from, &packet.src), 0);
	ck_assert_int_eq(addr_parse(to, &packet.dst), 0);
	packet.family = packet.src.family;
	space_point(&site->space, &packet, values);
	return diagram_has(site->space.diagram, set, values);
}

START_TEST(a_forbidden_flow_is_about_its_ends_less_what_it_leaves_open)
{
	const struct guideline_forbidden *row = guideline_forbidden_of("desktop-from-other-source");
	auto_(site_clear) struct site site;
	struct bounds_forbidden f;

	site_open(&site, "reiji-city");
	ck_assert_int_eq(bounds_forbidden(&site.space, site.policy, row, &f), 0);
	ck_assert(holds(&site, f.ends, "203.0.113.10", "198.51.100.1", 443));
	ck_assert(!holds(&site, f.ends, "198.51.100.1", "203.0.113.10", 443));
	ck_assert(!holds(&site, f.open, "203.0.113.10", "198.51.100.1", 443));
	/* screen transfer, by its ports and its terminals alone */
	ck_assert(holds(&site, f.open, "192.168.10.5", "198.51.100.1", 443));
	ck_assert(!holds(&site, f.open, "192.168.10.5", "198.51.100.1", 445));
	ck_assert(holds(&site, f.pairs, "192.168.10.5", "198.51.100.1", 445));
	ck_assert(!holds(&site, f.pairs, "192.168.10.200", "198.51.100.1", 445));
}
END_TEST

START_TEST(the_declared_union_opens_what_either_text_opens)
{
	const struct guideline_forbidden *row =
		guideline_forbidden_of("lgwan-to-external-but-daas");
	auto_(site_clear) struct site site;
	struct bounds_forbidden f;

	site_open(&site, "reiji-city");
	ck_assert(site.policy->destination_union);
	ck_assert_int_eq(bounds_forbidden(&site.space, site.policy, row, &f), 0);
	ck_assert(holds(&site, f.ends, "192.168.10.5", "198.51.100.240", 443));
	ck_assert(holds(&site, f.open, "192.168.10.5", "198.51.100.240", 443));
	ck_assert(!holds(&site, f.open, "192.168.10.5", "8.8.8.8", 443));
	site.policy->destination_union = false;
	ck_assert_int_eq(bounds_forbidden(&site.space, site.policy, row, &f), 0);
	ck_assert(!holds(&site, f.open, "192.168.10.5", "198.51.100.240", 443));
}
END_TEST

START_TEST(services_with_names_are_to_be_inspected)
{
	const struct guideline_forbidden *row = guideline_forbidden_of("other-tenant");
	auto_(site_clear) struct site site;
	uint32_t inspected;

	site_open(&site, "reiji-city");
	ck_assert_int_eq(bounds_inspected(&site.space, site.policy, row, &inspected), 0);
	ck_assert(holds(&site, inspected, "192.168.10.5", "198.51.100.240", 443));
	ck_assert(!holds(&site, inspected, "192.168.10.5", "198.51.100.240", 80));
	ck_assert(!holds(&site, inspected, "192.168.30.5", "198.51.100.240", 443));
	/* by the proxy alone */
	ck_assert(holds(&site, inspected, "192.168.10.200", "198.51.100.193", 443));
	ck_assert(!holds(&site, inspected, "192.168.10.201", "198.51.100.230", 443));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bounds");
	TCase *tcase = tcase_create("bounds");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, what_is_permitted_is_what_is_decided);
	tcase_add_test(tcase, a_forbidden_flow_is_about_its_ends_less_what_it_leaves_open);
	tcase_add_test(tcase, the_declared_union_opens_what_either_text_opens);
	tcase_add_test(tcase, services_with_names_are_to_be_inspected);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
