/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the ways that exceptions make in several steps. */
#include "policy/ways.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static struct policy *policy;
static struct ways ways;

static void add_range(struct addr_list *list, const char *text)
{
	struct addr_range range;

	ck_assert_int_eq(addr_range_parse(text, &range), 0);
	ck_assert_int_eq(addr_list_add(list, &range), 0);
}

static void endpoint(enum role role, const char *text)
{
	policy->endpoints[role].declared = true;
	add_range(&policy->endpoints[role].addresses, text);
}

static void use(enum configuration c)
{
	policy->configurations |= CONFIGURATION_BIT(c);
}

static void set_up(void)
{
	policy = calloc(1, sizeof(*policy));
	ck_assert_ptr_nonnull(policy);
	add_range(&policy->zones[ZONE_LGWAN].networks, "192.168.10.0/24");
	add_range(&policy->zones[ZONE_INTERNET].networks, "192.168.30.0/24");
	add_range(&policy->zones[ZONE_MYNUMBER].networks, "172.16.10.0/24");
	add_range(&policy->zones[ZONE_LGWAN_WAN].networks, "203.0.113.0/24");
	add_range(&policy->zones[ZONE_MAINTENANCE].networks, "192.168.99.0/28");
	policy->exceptions = calloc(8, sizeof(*policy->exceptions));
	ck_assert_ptr_nonnull(policy->exceptions);
}

static void tear_down(void)
{
	ways_clear(&ways);
	policy_freep(&policy);
}

static void except(const char *from, const char *to)
{
	struct policy_exception *e = &policy->exceptions[policy->exception_count++];

	e->name = strdup("e");
	e->line = (int)policy->exception_count;
	add_range(&e->from, from);
	add_range(&e->to, to);
}

/* How many ways there are; exceptions that are forbidden by themselves are none. */
static size_t found(void)
{
	ck_assert_int_eq(policy_derive(policy), 0);
	ways_clear(&ways);
	ck_assert_int_eq(ways_find(policy, &ways), 0);
	return ways.count;
}

/* The zones that the only way leads through, as the first letters of their slugs. */
static const char *zones_of_way(void)
{
	static char text[32];
	const struct ways_way *way = &ways.at[0];

	ck_assert_uint_eq(ways.count, 1);
	ck_assert_uint_lt(way->count, sizeof(text) - 1);
	text[0] = *guideline_zone(way->steps[0].from_zone)->slug;
	for (size_t i = 0; i < way->count; i++)
		text[i + 1] = *guideline_zone(way->steps[i].to_zone)->slug;
	text[way->count + 1] = '\0';
	return text;
}

START_TEST(without_exceptions_there_are_no_ways)
{
	use(CONFIGURATION_ROUTE_6);
	endpoint(ROLE_INTERNET_TERMINAL, "192.168.30.128/25");
	endpoint(ROLE_MYNUMBER_VDI, "172.16.10.64/27");
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(nothing_leads_from_outside_into_the_inside_in_one_step)
{
	static const char *const inside[] = { "192.168.10.7", "203.0.113.9", "192.168.99.9" };

	for (size_t i = 0; i < ARRAY_SIZE(inside); i++)
		except("192.168.30.7", inside[i]);
	ck_assert_uint_eq(found(), 3);
	for (size_t i = 0; i < ways.count; i++) {
		ck_assert_uint_eq(ways.at[i].count, 1);
		ck_assert_ptr_eq(ways_maker(&ways.at[i]), ways.at[i].steps[0].exception);
	}
}
END_TEST

START_TEST(what_the_catalogue_forbids_by_itself_is_not_told_again)
{
	/* external to LGWAN, internet and external to My Number */
	except("192.0.2.7", "192.168.10.7");
	except("192.168.30.7", "172.16.10.7");
	except("192.0.2.7", "172.16.10.7");
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(honest_exceptions_make_no_way)
{
	use(CONFIGURATION_ROUTE_1);
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	endpoint(ROLE_MYNUMBER_DAAS, "198.51.100.0/27");
	endpoint(ROLE_MYNUMBER_SYSTEM_ONPREM, "172.16.10.0/25");
	except("192.168.10.7", "192.0.2.9");     /* LGWAN to a cloud service */
	except("192.168.10.200", "172.16.10.7"); /* to My Number: not from the internet */
	except("172.16.10.7", "172.16.10.200");  /* within My Number */
	except("172.16.10.7", "192.168.10.201"); /* out of it */
	except("192.168.99.9", "192.168.10.7");  /* maintenance */
	except("203.0.113.9", "192.168.10.7");   /* LGWAN-ASP calls back */
	except("192.0.2.9", "192.168.30.25");    /* mail, from the security cloud */
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(two_exceptions_that_meet_at_one_address_make_a_way)
{
	except("192.168.30.7", "192.168.10.250");
	except("192.168.10.250", "172.16.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "ilm");
	ck_assert_int_eq(ways_maker(&ways.at[0])->line, 1);
	ck_assert_int_eq(ways.at[0].steps[1].exception->line, 2);
}
END_TEST

START_TEST(those_that_do_not_meet_make_none_into_my_number)
{
	except("192.168.30.7", "192.168.10.250");
	except("192.168.10.251", "172.16.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "il");
}
END_TEST

START_TEST(longer_ways_are_found_whatever_zones_they_lead_through)
{
	char text[ADDR_RANGE_TEXT_MAX];

	except("192.168.10.8", "172.16.10.7");
	except("203.0.113.9", "192.168.10.7-192.168.10.9");
	except("192.168.99.9", "203.0.113.9");
	except("192.168.30.0/24", "192.168.99.8/29");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "imllm");
	ck_assert_int_eq(ways_maker(&ways.at[0])->line, 4);
	/* it goes on from the machine where the next step begins */
	ck_assert_str_eq(addr_range_text(&ways.at[0].steps[0].to, text), "192.168.99.9");
	ck_assert_str_eq(addr_range_text(&ways.at[0].steps[2].to, text), "192.168.10.8");
}
END_TEST

START_TEST(flows_of_the_guideline_are_steps)
{
	use(CONFIGURATION_ROUTE_5);
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	endpoint(ROLE_MYNUMBER_VDI, "172.16.10.64/27");
	except("192.168.30.7", "192.168.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "ilm");
	ck_assert_str_eq(ways.at[0].steps[1].flow->id, "route-5:lgwan-terminal>mynumber-vdi");
}
END_TEST

START_TEST(flows_before_the_exception_are_steps_too)
{
	use(CONFIGURATION_ROUTE_3);
	endpoint(ROLE_INTERNET_RELAY_SERVER, "192.168.30.244");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	/* what was made harmless within LGWAN stays there */
	except("192.168.10.245", "192.168.10.7");
	ck_assert_uint_eq(found(), 0);
	except("192.168.10.7", "172.16.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "illm");
	ck_assert_int_eq(ways_maker(&ways.at[0])->line, 2);
}
END_TEST

START_TEST(what_others_firewalls_permit_is_a_step)
{
	/* the screen transfer of route 3 passes the security cloud, which is never ours */
	use(CONFIGURATION_ROUTE_3);
	endpoint(ROLE_INTERNET_TERMINAL, "192.168.30.128/25");
	endpoint(ROLE_LGWAN_DAAS, "198.51.100.64/27");
	endpoint(ROLE_LGWAN_BUSINESS_SERVER, "192.168.10.128/25");
	except("192.168.10.7", "172.16.10.7");
	ck_assert_uint_eq(found(), 0);
	except("192.168.10.130", "172.16.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "illm");
}
END_TEST

START_TEST(the_internet_gets_no_terminal_that_may_go_on)
{
	use(CONFIGURATION_ROUTE_6);
	endpoint(ROLE_INTERNET_TERMINAL, "192.168.30.128/25");
	endpoint(ROLE_MYNUMBER_VDI, "172.16.10.64/27");
	except("192.168.30.7", "192.168.30.130"); /* within the zone: as before */
	except("192.0.2.9", "192.168.30.25");
	ck_assert_uint_eq(found(), 0);
	except("192.0.2.9", "192.168.30.130");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "eim");
}
END_TEST

START_TEST(a_sanitiser_may_be_fed_from_the_internet_zone)
{
	use(CONFIGURATION_ALPHA_PRIME_U);
	endpoint(ROLE_INTERNET_MAIL_SERVER, "192.168.30.25");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	except("192.168.30.25", "192.168.10.245");
	except("192.0.2.9", "192.168.30.25");
	ck_assert_uint_eq(found(), 0);
	/* but not by anybody, and nothing goes on from it into My Number */
	except("192.168.30.26", "192.168.10.245");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "il");
	except("192.168.10.245", "172.16.10.7");
	ck_assert_uint_eq(found(), 2);
}
END_TEST

START_TEST(what_was_made_harmless_may_reach_a_terminal_that_sees_my_number)
{
	use(CONFIGURATION_ALPHA_PRIME_U);
	use(CONFIGURATION_ROUTE_1);
	endpoint(ROLE_INTERNET_MAIL_SERVER, "192.168.30.25");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	endpoint(ROLE_MYNUMBER_DAAS, "198.51.100.0/27");
	except("192.168.30.25", "192.168.10.245");
	except("192.168.10.245", "192.168.10.7");
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(an_implied_flow_is_a_step_only_if_it_is_taken_up)
{
	int index = guideline_flow_of("route-8:lgwan-vpn-gateway>lgwan-business-server");

	ck_assert_int_ge(index, 0);
	use(CONFIGURATION_ROUTE_8);
	endpoint(ROLE_INTERNET_TERMINAL, "192.168.30.128/25");
	endpoint(ROLE_LGWAN_VPN_GATEWAY, "192.168.10.10");
	endpoint(ROLE_LGWAN_BUSINESS_SERVER, "192.168.10.128/25");
	except("192.168.10.130", "203.0.113.9");
	except("203.0.113.9", "172.16.10.7");
	ck_assert_uint_eq(found(), 0);
	policy->implied_flows[index] = true;
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "illlm");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ways");
	TCase *tc = tcase_create("ways");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, without_exceptions_there_are_no_ways);
	tcase_add_test(tc, nothing_leads_from_outside_into_the_inside_in_one_step);
	tcase_add_test(tc, what_the_catalogue_forbids_by_itself_is_not_told_again);
	tcase_add_test(tc, honest_exceptions_make_no_way);
	tcase_add_test(tc, two_exceptions_that_meet_at_one_address_make_a_way);
	tcase_add_test(tc, those_that_do_not_meet_make_none_into_my_number);
	tcase_add_test(tc, longer_ways_are_found_whatever_zones_they_lead_through);
	tcase_add_test(tc, flows_of_the_guideline_are_steps);
	tcase_add_test(tc, flows_before_the_exception_are_steps_too);
	tcase_add_test(tc, what_others_firewalls_permit_is_a_step);
	tcase_add_test(tc, the_internet_gets_no_terminal_that_may_go_on);
	tcase_add_test(tc, a_sanitiser_may_be_fed_from_the_internet_zone);
	tcase_add_test(tc, what_was_made_harmless_may_reach_a_terminal_that_sees_my_number);
	tcase_add_test(tc, an_implied_flow_is_a_step_only_if_it_is_taken_up);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
