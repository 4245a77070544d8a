/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of what a policy answers about addresses, places and flows. */
#include "policy/policy.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "policy/embedded.h"

static struct policy *policy; /* the site below, made anew for each test */

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert_msg(!addr_parse(text, &a), "%s", text);
	return a;
}

static void add_range(struct addr_list *list, const char *text)
{
	struct addr_range r;

	ck_assert_msg(!addr_range_parse(text, &r), "%s", text);
	ck_assert_int_eq(addr_list_add(list, &r), 0);
}

static void add_string(struct policy_strings *strings, const char *text)
{
	strings->at = realloc(strings->at, (strings->count + 1) * sizeof(*strings->at));
	ck_assert_ptr_nonnull(strings->at);
	strings->at[strings->count] = strdup(text);
	ck_assert_ptr_nonnull(strings->at[strings->count++]);
}

static void add_zone(enum zone zone, const char *interface, const char *network)
{
	struct policy_zone *z = &policy->zones[zone];

	z->declared = true;
	add_string(&z->interfaces, interface);
	if (network)
		add_range(&z->networks, network);
}

static void add_endpoint(enum role role, const char *range)
{
	policy->endpoints[role].declared = true;
	add_range(&policy->endpoints[role].addresses, range);
}

static void make_site(void)
{
	policy = calloc(1, sizeof(*policy));
	ck_assert_ptr_nonnull(policy);
	policy->firewalls = FIREWALL_BIT(FIREWALL_LBO) | FIREWALL_BIT(FIREWALL_SPLIT);
	policy->configurations = 1U << CONFIGURATION_ROUTE_1 | 1U << CONFIGURATION_ALPHA_PRIME_U;
	add_zone(ZONE_LGWAN, "lgwan0", "192.168.10.0/24");
	add_zone(ZONE_INTERNET, "inet0", "192.168.30.0/24");
	add_zone(ZONE_MYNUMBER, "mynum0", "172.16.10.0/24");
	add_zone(ZONE_EXTERNAL, "wan0", NULL);
	add_endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	add_endpoint(ROLE_MYNUMBER_DAAS, "198.51.100.0/27");
	add_endpoint(ROLE_INTERNET_DAAS, "198.51.100.32/27");
	ck_assert_int_eq(policy_derive(policy), 0);
}

static void drop_site(void)
{
	policy_freep(&policy);
	ck_assert_ptr_null(policy);
}

START_TEST(every_address_has_the_zone_of_its_network_or_its_role)
{
	static const struct {
		const char *address;
		enum zone zone;
	} cases[] = {
		{ "192.168.10.0", ZONE_LGWAN },
		{ "192.168.10.255", ZONE_LGWAN },
		{ "192.168.9.255", ZONE_EXTERNAL },
		{ "192.168.11.0", ZONE_EXTERNAL },
		{ "192.168.30.9", ZONE_INTERNET },
		{ "172.16.10.10", ZONE_MYNUMBER },
		/* in a cloud, but the My Number zone's */
		{ "198.51.100.0", ZONE_MYNUMBER },
		{ "198.51.100.31", ZONE_MYNUMBER },
		{ "198.51.100.32", ZONE_INTERNET },
		{ "198.51.100.64", ZONE_EXTERNAL },
		{ "2001:db8::1", ZONE_EXTERNAL },
		{ "8.8.8.8", ZONE_EXTERNAL },
		{ "127.0.0.1", ZONE_NONE },
		{ "0.0.0.0", ZONE_NONE },
		{ "169.254.169.254", ZONE_NONE },
		{ "224.0.0.1", ZONE_NONE },
		{ "255.255.255.255", ZONE_NONE },
		{ "223.255.255.255", ZONE_EXTERNAL },
		{ "::", ZONE_NONE },
		{ "::1", ZONE_NONE },
		/* IPv4 carried in IPv6 */
		{ "::2", ZONE_NONE },
		{ "::172.16.10.10", ZONE_NONE },
		{ "::ffff:0:8.8.8.8", ZONE_NONE },
		{ "64:ff9b::8.8.8.8", ZONE_EXTERNAL },
		{ "64:ff9b::172.16.10.10", ZONE_NONE },
		{ "64:ff9b::10.9.9.9", ZONE_NONE },
		{ "64:ff9b::198.51.100.1", ZONE_NONE }, /* of the My Number zone */
		{ "64:ff9b::198.51.100.64", ZONE_EXTERNAL },
		{ "64:ff9b:1::8.8.8.8", ZONE_NONE },
		{ "2001:0:c000:201::1", ZONE_NONE },
		{ "2002:808:808::1", ZONE_NONE },
		{ "2003::1", ZONE_EXTERNAL },
		{ "fe80::1", ZONE_NONE },
		{ "febf:ffff::1", ZONE_NONE },
		{ "fec0::1", ZONE_EXTERNAL },
		{ "ff02::1", ZONE_NONE },
		{ "fe7f::1", ZONE_EXTERNAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = address(cases[i].address);

		ck_assert_msg(policy_zone_of(policy, &a) == cases[i].zone, "%s", cases[i].address);
	}
}
END_TEST

START_TEST(mapped_addresses_belong_to_no_zone)
{
	/* addr_parse() refuses them, packets may hold them all the same */
	struct addr a = { .family = 6, .b = { [10] = 0xff, [11] = 0xff, [12] = 8, [15] = 8 } };

	ck_assert_int_eq(policy_zone_of(policy, &a), ZONE_NONE);
}
END_TEST

START_TEST(zones_are_disjoint_and_with_martians_they_are_everything)
{
	struct addr_list all = { 0 }, sum = { 0 };

	ck_assert_int_eq(policy_martians(&sum), 0);
	for (size_t i = 0; i < ZONE_COUNT; i++) {
		ck_assert(!addr_list_overlap(&sum, &policy->zone_addresses[i], NULL));
		for (size_t j = 0; j < policy->zone_addresses[i].count; j++) {
			const struct addr_range *range = &policy->zone_addresses[i].at[j];
			struct addr_range carrier;

			ck_assert_int_eq(addr_list_add(&sum, range), 0);
			/* NAT64 of the site's own addresses is in no zone */
			embedded_nat64(range, &carrier);
			if (range->family == 4 && i != ZONE_EXTERNAL)
				ck_assert_int_eq(addr_list_add(&sum, &carrier), 0);
		}
		addr_list_normalise(&sum);
	}
	ck_assert_int_eq(addr_list_all(&all), 0);
	ck_assert_uint_eq(sum.count, all.count);
	ck_assert_mem_eq(&sum.at[0], &all.at[0], sizeof(all.at[0]));
	ck_assert_mem_eq(&sum.at[1], &all.at[1], sizeof(all.at[1]));
	addr_list_clear(&all);
	addr_list_clear(&sum);
}
END_TEST

START_TEST(an_endpoint_in_a_foreign_network_leaves_that_zone)
{
	struct addr inside = address("192.168.30.200"), beside = address("192.168.30.201");

	add_endpoint(ROLE_MYNUMBER_DAAS, "192.168.30.200");
	ck_assert_int_eq(policy_derive(policy), 0);
	ck_assert_int_eq(policy_zone_of(policy, &inside), ZONE_MYNUMBER);
	ck_assert_int_eq(policy_zone_of(policy, &beside), ZONE_INTERNET);
}
END_TEST

START_TEST(roles_are_found_by_address)
{
	struct addr terminal = address("192.168.10.127"), nobody = address("192.168.10.128"),
		    daas = address("198.51.100.5"), v6 = address("2001:db8::5");

	ck_assert_int_eq(policy_role_of(policy, &terminal), ROLE_LGWAN_TERMINAL);
	ck_assert_int_eq(policy_role_of(policy, &nobody), ROLE_COUNT);
	ck_assert_int_eq(policy_role_of(policy, &daas), ROLE_MYNUMBER_DAAS);
	ck_assert_int_eq(policy_role_of(policy, &v6), ROLE_COUNT);
}
END_TEST

/* Asserts that address may or may not be behind interface. */
static void assert_place(const struct policy_places *places, const char *interface,
			 const char *text, bool expected)
{
	struct addr a = address(text);

	for (size_t i = 0; i < places->count; i++)
		if (!strcmp(places->at[i].interface, interface)) {
			ck_assert_msg(addr_list_has(&places->at[i].addresses, &a) == expected,
				      "%s behind %s", text, interface);
			return;
		}
	ck_abort_msg("no place %s", interface);
}

START_TEST(a_vlan_is_known_by_its_name_whatever_its_depth)
{
	ck_assert(policy_is_vlan_of("inet0.20", "inet0"));
	ck_assert(policy_is_vlan_of("inet0.20.30", "inet0"));
	ck_assert(policy_is_vlan_of("inet0.20.30", "inet0.20"));
	ck_assert(!policy_is_vlan_of("inet0", "inet0"));
	/* a VLAN may have any name that begins so */
	ck_assert(policy_is_vlan_of("inet0.", "inet0"));
	ck_assert(policy_is_vlan_of("inet0.x20", "inet0"));
	ck_assert(policy_is_vlan_of("inet0..20", "inet0"));
	ck_assert(!policy_is_vlan_of("inet01.20", "inet0"));
	ck_assert(!policy_is_vlan_of("inet0", "inet0.20"));
}
END_TEST

START_TEST(a_vlan_leads_where_the_longest_line_leads)
{
	add_zone(ZONE_MAINTENANCE, "inet0.5", "192.168.99.0/28");
	ck_assert_int_eq(policy_zone_of_line(policy, "inet0"), ZONE_INTERNET);
	ck_assert_int_eq(policy_zone_of_line(policy, "inet0.6.7"), ZONE_INTERNET);
	ck_assert_int_eq(policy_zone_of_line(policy, "inet0.5"), ZONE_MAINTENANCE);
	ck_assert_int_eq(policy_zone_of_line(policy, "inet0.5.7"), ZONE_MAINTENANCE);
	ck_assert_int_eq(policy_zone_of_line(policy, "tun0"), ZONE_NONE);
}
END_TEST

START_TEST(addresses_live_behind_the_interfaces_of_their_networks)
{
	struct policy_places places;

	ck_assert_int_eq(policy_places(policy, &places), 0);
	ck_assert_uint_eq(places.count, 4);
	assert_place(&places, "lgwan0", "192.168.10.1", true);
	assert_place(&places, "lgwan0", "192.168.30.1", false);
	assert_place(&places, "lgwan0", "203.0.113.1", false);
	assert_place(&places, "inet0", "192.168.30.1", true);
	assert_place(&places, "inet0", "8.8.8.8", false);
	assert_place(&places, "wan0", "8.8.8.8", true);
	assert_place(&places, "wan0", "2001:db8::1", true);
	/* of the My Number zone by logic, behind the breakout line by place */
	assert_place(&places, "wan0", "198.51.100.1", true);
	assert_place(&places, "mynum0", "198.51.100.1", false);
	assert_place(&places, "wan0", "192.168.10.1", false);
	assert_place(&places, "wan0", "127.0.0.1", false);
	policy_places_clear(&places);
	ck_assert_uint_eq(places.count, 0);
}
END_TEST

START_TEST(a_zone_that_reaches_the_internet_holds_external_addresses_but_no_endpoints)
{
	struct policy_places places;

	policy->zones[ZONE_INTERNET].reaches_internet = true;
	ck_assert_int_eq(policy_places(policy, &places), 0);
	assert_place(&places, "inet0", "8.8.8.8", true);
	assert_place(&places, "wan0", "8.8.8.8", true);
	assert_place(&places, "inet0", "198.51.100.1", false);
	assert_place(&places, "inet0", "192.168.10.1", false);
	policy_places_clear(&places);
}
END_TEST

START_TEST(endpoints_with_interfaces_of_their_own_live_nowhere_else)
{
	struct policy_places places;

	add_string(&policy->endpoints[ROLE_MYNUMBER_DAAS].interfaces, "ipsec0");
	ck_assert_int_eq(policy_places(policy, &places), 0);
	ck_assert_uint_eq(places.count, 5);
	assert_place(&places, "ipsec0", "198.51.100.1", true);
	assert_place(&places, "ipsec0", "198.51.100.40", false);
	assert_place(&places, "wan0", "198.51.100.1", false);
	assert_place(&places, "wan0", "198.51.100.40", true);
	policy_places_clear(&places);
}
END_TEST

START_TEST(an_interface_name_beyond_the_kernels_is_refused_and_leaves_result_alone)
{
	struct policy_places places = { .at = NULL, .count = 99 };

	add_string(&policy->zones[ZONE_LGWAN].interfaces, "sixteen-bytes-00");
	ck_assert_int_eq(policy_places(policy, &places), -EINVAL);
	ck_assert_uint_eq(places.count, 99);
}
END_TEST

static const struct guideline_flow *flow_of(enum configuration c, enum role from, enum role to)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++)
		if (flows[i].configuration == c && flows[i].from == from && flows[i].to == to)
			return &flows[i];
	ck_abort_msg("the catalogue lacks a flow");
	return NULL;
}

START_TEST(flows_are_used_where_configuration_firewall_and_both_ends_are_there)
{
	const struct guideline_flow *desktop =
		flow_of(CONFIGURATION_ROUTE_1, ROLE_LGWAN_TERMINAL, ROLE_MYNUMBER_DAAS);

	ck_assert(policy_uses_flow(policy, desktop));
	/* the internet is always there */
	ck_assert(policy_uses_flow(
		policy, flow_of(CONFIGURATION_ROUTE_1, ROLE_INTERNET_DAAS, ROLE_INTERNET)));
	/* decided elsewhere, but it passes the LBO firewall; nobody plays the other end */
	ck_assert(policy_covers_flow(policy, flow_of(CONFIGURATION_ROUTE_1, ROLE_MYNUMBER_DAAS,
						     ROLE_MYNUMBER_SYSTEM_ONPREM)));
	ck_assert(!policy_uses_flow(policy, flow_of(CONFIGURATION_ROUTE_1, ROLE_MYNUMBER_DAAS,
						    ROLE_MYNUMBER_SYSTEM_ONPREM)));
	/* not one of our firewalls */
	ck_assert(!policy_covers_flow(
		policy, flow_of(CONFIGURATION_ROUTE_1, ROLE_MYNUMBER_DAAS, ROLE_MYNUMBER_PRINTER)));
	/* not one of our configurations */
	ck_assert(!policy_covers_flow(
		policy, flow_of(CONFIGURATION_ROUTE_2, ROLE_LGWAN_TERMINAL, ROLE_MYNUMBER_DAAS)));
	policy->firewalls = FIREWALL_BIT(FIREWALL_CSP);
	ck_assert(!policy_uses_flow(policy, desktop));
}
END_TEST

START_TEST(service_roles_are_played_by_services)
{
	const struct guideline_flow *flow =
		flow_of(CONFIGURATION_ALPHA_PRIME_U, ROLE_LGWAN_TERMINAL, ROLE_PERMITTED_CLOUD);

	ck_assert(!policy_uses_flow(policy, flow));
	policy->services = calloc(1, sizeof(*policy->services));
	ck_assert_ptr_nonnull(policy->services);
	policy->service_count = 1;
	policy->services[0].role = ROLE_PERMITTED_CLOUD;
	ck_assert(policy_uses_flow(policy, flow));
	ck_assert(!policy_plays_role(policy, ROLE_SECURITY_UPDATE_SERVICE));
}
END_TEST

START_TEST(implied_flows_are_used_where_the_policy_takes_them_up)
{
	const struct guideline_flow *flow =
		flow_of(CONFIGURATION_ROUTE_7, ROLE_INTERNET_VPN_GATEWAY, ROLE_INTERNET);
	struct guideline_flow copy = *flow;

	policy->configurations = CONFIGURATION_BIT(CONFIGURATION_ROUTE_7);
	add_endpoint(ROLE_INTERNET_VPN_GATEWAY, "192.168.30.9");
	ck_assert(flow->implied);
	ck_assert(!policy_uses_flow(policy, flow));
	policy->implied_flows[guideline_flow_index(flow)] = true;
	ck_assert(policy_uses_flow(policy, flow));
	/* what is not of the catalogue was not taken up */
	ck_assert(!policy_uses_flow(policy, &copy));
}
END_TEST

START_TEST(maintenance_is_covered_at_whatever_firewall_is_played)
{
	const struct guideline_flow *flow =
		flow_of(CONFIGURATION_COMMON, ROLE_MAINTENANCE_TERMINAL, ROLE_MANAGED_TARGET);

	policy->configurations = CONFIGURATION_BIT(CONFIGURATION_COMMON);
	for (unsigned int f = 0; f < FIREWALL_COUNT; f++) {
		policy->firewalls = FIREWALL_BIT(f);
		ck_assert(policy_covers_flow(policy, flow) == (f != FIREWALL_SECURITY_CLOUD));
	}
}
END_TEST

/* Managed is what somebody of another role is as well, in whatever zone. */
START_TEST(a_managed_target_stays_what_else_it_is)
{
	struct addr a = address("198.51.100.33");

	add_endpoint(ROLE_MANAGED_TARGET, "198.51.100.33");
	ck_assert_int_eq(policy_derive(policy), 0);
	ck_assert_int_eq(policy_role_of(policy, &a), ROLE_INTERNET_DAAS);
	ck_assert_int_eq(policy_zone_of(policy, &a), ZONE_INTERNET);
}
END_TEST

START_TEST(a_role_declared_without_addresses_is_played_by_nobody)
{
	policy->endpoints[ROLE_LGWAN_ASP].declared = true;
	ck_assert(!policy_plays_role(policy, ROLE_LGWAN_ASP));
}
END_TEST

START_TEST(freeing_no_policy_does_nothing)
{
	policy_free(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy");
	TCase *tc = tcase_create("policy");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, make_site, drop_site);
	tcase_add_test(tc, every_address_has_the_zone_of_its_network_or_its_role);
	tcase_add_test(tc, mapped_addresses_belong_to_no_zone);
	tcase_add_test(tc, zones_are_disjoint_and_with_martians_they_are_everything);
	tcase_add_test(tc, an_endpoint_in_a_foreign_network_leaves_that_zone);
	tcase_add_test(tc, roles_are_found_by_address);
	tcase_add_test(tc, a_vlan_is_known_by_its_name_whatever_its_depth);
	tcase_add_test(tc, a_vlan_leads_where_the_longest_line_leads);
	tcase_add_test(tc, addresses_live_behind_the_interfaces_of_their_networks);
	tcase_add_test(tc,
		       a_zone_that_reaches_the_internet_holds_external_addresses_but_no_endpoints);
	tcase_add_test(tc, endpoints_with_interfaces_of_their_own_live_nowhere_else);
	tcase_add_test(tc, an_interface_name_beyond_the_kernels_is_refused_and_leaves_result_alone);
	tcase_add_test(tc, flows_are_used_where_configuration_firewall_and_both_ends_are_there);
	tcase_add_test(tc, service_roles_are_played_by_services);
	tcase_add_test(tc, implied_flows_are_used_where_the_policy_takes_them_up);
	tcase_add_test(tc, maintenance_is_covered_at_whatever_firewall_is_played);
	tcase_add_test(tc, a_managed_target_stays_what_else_it_is);
	tcase_add_test(tc, a_role_declared_without_addresses_is_played_by_nobody);
	tcase_add_test(tc, freeing_no_policy_does_nothing);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
