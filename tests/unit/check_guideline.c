/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the guideline's tables. */
#include "policy/guideline.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

START_TEST(every_slug_leads_back_to_its_number)
{
	for (int i = 0; i < ROLE_COUNT; i++)
		ck_assert_int_eq(guideline_role_of(guideline_role((enum role)i)->slug), i);
	for (int i = 0; i < ZONE_COUNT; i++)
		ck_assert_int_eq(guideline_zone_of(guideline_zone((enum zone)i)->slug), i);
	for (int i = 0; i < FIREWALL_COUNT; i++)
		ck_assert_int_eq(guideline_firewall_of(guideline_firewall_slug((enum firewall)i)),
				 i);
	for (int i = 0; i < PORT_GROUP_COUNT; i++)
		ck_assert_int_eq(
			guideline_port_group_of(guideline_port_group_slug((enum port_group)i)), i);
	for (int i = 0; i < CONFIGURATION_COUNT; i++)
		ck_assert_int_eq(guideline_configuration_of(
					 guideline_configuration_slug((enum configuration)i)),
				 i);
}
END_TEST

START_TEST(unknown_slugs_are_told)
{
	ck_assert_int_eq(guideline_role_of("lgwan-terminals"), -ENOENT);
	ck_assert_int_eq(guideline_zone_of(""), -ENOENT);
	ck_assert_int_eq(guideline_firewall_of("LBO"), -ENOENT);
	ck_assert_int_eq(guideline_port_group_of("@web"), -ENOENT);
	ck_assert_int_eq(guideline_configuration_of("route-9"), -ENOENT);
	ck_assert_ptr_null(guideline_forbidden_of("nothing"));
}
END_TEST

START_TEST(the_names_that_code_counts_on_mean_what_they_say)
{
	ck_assert_int_eq(guideline_zone_of("external"), ZONE_EXTERNAL);
	ck_assert_int_eq(guideline_zone_of("lgwan-wan"), ZONE_LGWAN_WAN);
	ck_assert_int_eq(guideline_firewall_of("security-cloud"), FIREWALL_SECURITY_CLOUD);
	ck_assert_int_eq(guideline_role_of("mynumber-daas"), ROLE_MYNUMBER_DAAS);
	ck_assert_int_eq(guideline_port_group_of("screen-transfer"), PORT_GROUP_SCREEN_TRANSFER);
	ck_assert_int_eq(guideline_configuration_of("route-3p"), CONFIGURATION_ROUTE_3P);
	ck_assert_str_eq(guideline_configuration_label_ja(CONFIGURATION_ROUTE_1), "通信経路(1)");
	ck_assert_str_eq(guideline_zone(ZONE_LGWAN)->name_ja, "LGWAN接続系");
}
END_TEST

START_TEST(roles_know_their_zone_and_whether_services_play_them)
{
	unsigned int services = 0;

	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct guideline_role *role = guideline_role((enum role)i);

		services += role->is_service;
		ck_assert(!role->is_service || role->zone == ZONE_EXTERNAL);
		ck_assert(role->zone != ZONE_NONE || i == ROLE_MANAGED_TARGET);
	}
	ck_assert_uint_eq(services, 3);
	ck_assert(guideline_role(ROLE_MYNUMBER_DAAS)->in_cloud);
	ck_assert_int_eq(guideline_role(ROLE_MYNUMBER_DAAS)->zone, ZONE_MYNUMBER);
	ck_assert(guideline_role(ROLE_MYNUMBER_SYSTEM_GOVCLOUD)->in_cloud);
	ck_assert(!guideline_role(ROLE_LGWAN_TERMINAL)->in_cloud);
}
END_TEST

START_TEST(every_flow_is_whole_and_its_id_says_its_ends)
{
	const struct guideline_flow *flows;
	size_t count;

	flows = guideline_flows(&count);
	ck_assert_uint_eq(count, 138);
	for (size_t i = 0; i < count; i++) {
		const struct guideline_flow *f = &flows[i];
		auto_(free_charp) char *id = NULL;

		ck_assert_int_gt(
			asprintf(&id, "%s:%s>%s", guideline_configuration_slug(f->configuration),
				 guideline_role(f->from)->slug, guideline_role(f->to)->slug),
			0);
		ck_assert_str_eq(f->id, id);
		ck_assert(f->ports < PORT_GROUP_COUNT && f->firewall < FIREWALL_COUNT);
		ck_assert_uint_eq(f->traverses & FIREWALL_BIT(f->firewall), 0);
		ck_assert_uint_lt(f->traverses, FIREWALL_BIT(FIREWALL_COUNT));
		ck_assert(f->text_ja || f->implied);
		ck_assert_ptr_nonnull(f->source);
	}
}
END_TEST

START_TEST(route_1_is_as_the_guideline_has_it)
{
	const struct guideline_flow *flows, *found = NULL;
	size_t count;

	flows = guideline_flows(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(flows[i].id, "route-1:internet-daas>internet") == 0)
			found = &flows[i];
	}
	ck_assert_ptr_nonnull(found);
	ck_assert_int_eq(found->firewall, FIREWALL_SPLIT);
	ck_assert_uint_eq(found->traverses,
			  FIREWALL_BIT(FIREWALL_LBO) | FIREWALL_BIT(FIREWALL_SECURITY_CLOUD));
	ck_assert_int_eq(found->ports, PORT_GROUP_WEB);
	ck_assert(!found->screen_transfer && !found->optional && !found->implied);
	ck_assert_ptr_nonnull(strstr(found->source, "P21"));
}
END_TEST

START_TEST(only_screen_transfer_enters_the_my_number_zone_from_another)
{
	const struct guideline_flow *flows;
	size_t count, entering = 0;

	flows = guideline_flows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct guideline_flow *f = &flows[i];

		if (guideline_role(f->to)->zone != ZONE_MYNUMBER ||
		    guideline_role(f->from)->zone == ZONE_MYNUMBER)
			continue;
		entering++;
		ck_assert_msg(f->screen_transfer, "%s", f->id);
	}
	/* one for each route */
	ck_assert_uint_eq(entering, 14);
}
END_TEST

START_TEST(flows_are_found_by_id_and_know_their_place)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);
	struct guideline_flow copy = flows[0];

	ck_assert_uint_le(count, GUIDELINE_FLOWS_MAX);
	for (size_t i = 0; i < count; i++) {
		ck_assert_int_eq(guideline_flow_of(flows[i].id), (int)i);
		ck_assert_int_eq(guideline_flow_index(&flows[i]), (int)i);
	}
	ck_assert_int_eq(guideline_flow_of("route-9:lgwan-terminal>mynumber-daas"), -ENOENT);
	ck_assert_int_eq(guideline_flow_index(&copy), -ENOENT);
	ck_assert_int_eq(guideline_flow_index(flows + count), -ENOENT);
}
END_TEST

/* What its own text forbids, a configuration does not permit; if it did, nothing could be proved of
 * a policy that uses it. Implied flows count as well. */
START_TEST(no_configuration_permits_what_it_forbids)
{
	size_t flow_count, forbidden_count;
	const struct guideline_flow *flows = guideline_flows(&flow_count);
	const struct guideline_forbidden *forbiddens = guideline_forbiddens(&forbidden_count);

	for (size_t i = 0; i < flow_count; i++)
		for (size_t j = 0; j < forbidden_count; j++)
			if (forbiddens[j].configurations &
			    CONFIGURATION_BIT(flows[i].configuration))
				ck_assert_msg(!guideline_forbids(&forbiddens[j], &flows[i]),
					      "%s: %s", forbiddens[j].id, flows[i].id);
}
END_TEST

START_TEST(texts_of_different_configurations_contradict_each_other)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);
	const struct guideline_forbidden *f = guideline_forbidden_of("terminal-to-vpn-elsewhere");

	ck_assert_ptr_nonnull(f);
	/* to the My Number zone by route 7 means to the gateway and to nobody else */
	ck_assert(guideline_forbids(
		f, &flows[guideline_flow_of("route-5:lgwan-terminal>mynumber-vdi")]));
	ck_assert(!guideline_forbids(
		f, &flows[guideline_flow_of("route-7:lgwan-terminal>mynumber-vpn-gateway")]));
	ck_assert(!guideline_forbids(
		f, &flows[guideline_flow_of("route-5:lgwan-terminal>internet-vdi")]));
	f = guideline_forbidden_of("internet-to-mynumber");
	ck_assert(!guideline_forbids(
		f, &flows[guideline_flow_of("route-6:internet-terminal>mynumber-vdi")]));
}
END_TEST

START_TEST(selectors_are_zones_or_roles)
{
	const struct guideline_forbidden *f = guideline_forbidden_of("internet-to-lgwan");

	ck_assert_int_eq(f->from_zone, ZONE_INTERNET);
	ck_assert_int_eq(f->to_zone, ZONE_LGWAN);
	ck_assert(f->from_roles & ROLE_BIT(ROLE_INTERNET_TERMINAL));
	ck_assert(!(f->from_roles & ROLE_BIT(ROLE_LGWAN_TERMINAL)));
	ck_assert_uint_eq(f->except_count, 2);
	ck_assert(f->excepts[0].screen_transfer);
	ck_assert_uint_eq(f->excepts[0].to_roles, ~0U);
	ck_assert_uint_eq(f->excepts[1].from_roles, ROLE_BIT(ROLE_INTERNET_RELAY_SERVER));
	ck_assert_uint_eq(f->excepts[1].to_roles, ROLE_BIT(ROLE_MAIL_SANITIZER));
	f = guideline_forbidden_of("terminal-to-desktop-other-ports");
	ck_assert_int_eq(f->from_zone, ZONE_NONE);
	ck_assert_uint_eq(f->from_roles,
			  ROLE_BIT(ROLE_LGWAN_TERMINAL) | ROLE_BIT(ROLE_INTERNET_TERMINAL));
	ck_assert_uint_eq(f->excepts[0].ports, PORT_GROUP_BIT(PORT_GROUP_SCREEN_TRANSFER) |
						       PORT_GROUP_BIT(PORT_GROUP_VPN));
	ck_assert_uint_eq(guideline_forbidden_of("desktop-from-other-source")->from_roles, ~0U);
}
END_TEST

START_TEST(forbidden_flows_are_found_by_id)
{
	const struct guideline_forbidden *all, *f;
	size_t count;

	all = guideline_forbiddens(&count);
	ck_assert_uint_eq(count, 20);
	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_eq(guideline_forbidden_of(all[i].id), &all[i]);
		ck_assert_ptr_nonnull(all[i].source);
		ck_assert_uint_ne(all[i].configurations, 0);
	}
	f = guideline_forbidden_of("internet-to-mynumber");
	ck_assert_str_eq(f->from, "zone:internet");
	ck_assert_str_eq(f->to, "zone:mynumber");
	ck_assert(f->has_exception);
	ck_assert(f->configurations & (1U << CONFIGURATION_ROUTE_1));
	ck_assert(!(f->configurations & (1U << CONFIGURATION_ALPHA_PRIME_U)));
	ck_assert_ptr_null(guideline_forbidden_of("mynumber-to-external")->text_ja);
}
END_TEST

START_TEST(four_pairs_of_zones_stay_shut_whatever_is_allowed)
{
	static const struct {
		enum zone from, to;
		const char *id;
	} shut[] = {
		{ ZONE_INTERNET, ZONE_MYNUMBER, "internet-to-mynumber" },
		{ ZONE_EXTERNAL, ZONE_MYNUMBER, "internet-to-mynumber" },
		{ ZONE_EXTERNAL, ZONE_LGWAN, "external-inbound-at-lbo" },
		{ ZONE_MYNUMBER, ZONE_EXTERNAL, "mynumber-to-external" },
	};
	unsigned int pairs = 0;

	for (unsigned int from = 0; from <= ZONE_NONE; from++) {
		for (unsigned int to = 0; to <= ZONE_NONE; to++)
			pairs +=
				guideline_forbidden_between((enum zone)from, (enum zone)to) != NULL;
	}
	ck_assert_uint_eq(pairs, ARRAY_SIZE(shut));
	for (size_t i = 0; i < ARRAY_SIZE(shut); i++)
		ck_assert_str_eq(guideline_forbidden_between(shut[i].from, shut[i].to)->id,
				 shut[i].id);
}
END_TEST

/* Roles lie in zones, so a flow of the guideline between shut zones could never pass. */
START_TEST(only_screen_transfer_joins_zones_that_stay_shut)
{
	const struct guideline_flow *flows;
	size_t count;

	flows = guideline_flows(&count);
	for (size_t i = 0; i < count; i++) {
		const struct guideline_flow *f = &flows[i];

		if (!f->screen_transfer)
			ck_assert_ptr_null(guideline_forbidden_between(
				guideline_role(f->from)->zone, guideline_role(f->to)->zone));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guideline");
	TCase *tc = tcase_create("guideline");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, every_slug_leads_back_to_its_number);
	tcase_add_test(tc, unknown_slugs_are_told);
	tcase_add_test(tc, the_names_that_code_counts_on_mean_what_they_say);
	tcase_add_test(tc, roles_know_their_zone_and_whether_services_play_them);
	tcase_add_test(tc, every_flow_is_whole_and_its_id_says_its_ends);
	tcase_add_test(tc, route_1_is_as_the_guideline_has_it);
	tcase_add_test(tc, only_screen_transfer_enters_the_my_number_zone_from_another);
	tcase_add_test(tc, flows_are_found_by_id_and_know_their_place);
	tcase_add_test(tc, no_configuration_permits_what_it_forbids);
	tcase_add_test(tc, texts_of_different_configurations_contradict_each_other);
	tcase_add_test(tc, selectors_are_zones_or_roles);
	tcase_add_test(tc, forbidden_flows_are_found_by_id);
	tcase_add_test(tc, four_pairs_of_zones_stay_shut_whatever_is_allowed);
	tcase_add_test(tc, only_screen_transfer_joins_zones_that_stay_shut);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
