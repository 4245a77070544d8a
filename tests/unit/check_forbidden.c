/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of forbidden flows, put to the addresses of a site. */
#include "policy/forbidden.h"

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static struct policy *policy;
static struct policy_exception exception;
static struct forbidden_opening opening;

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

static void one_port(struct policy_ports *ports, uint16_t port)
{
	ports->at = calloc(1, sizeof(*ports->at));
	ck_assert_ptr_nonnull(ports->at);
	ports->at[0] = (struct policy_port){ .l4proto = IPPROTO_TCP, .first = port, .last = port };
	ports->count = 1;
}

static void set_up(void)
{
	policy = calloc(1, sizeof(*policy));
	ck_assert_ptr_nonnull(policy);
	add_range(&policy->zones[ZONE_LGWAN].networks, "192.168.10.0/24");
	add_range(&policy->zones[ZONE_INTERNET].networks, "192.168.30.0/24");
	add_range(&policy->zones[ZONE_MYNUMBER].networks, "172.16.10.0/24");
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	endpoint(ROLE_MYNUMBER_DAAS, "198.51.100.0/27");
	endpoint(ROLE_MYNUMBER_SYSTEM_ONPREM, "172.16.10.0/25");
	policy->services = calloc(1, sizeof(*policy->services));
	ck_assert_ptr_nonnull(policy->services);
	policy->service_count = 1;
	policy->services[0].role = ROLE_PERMITTED_CLOUD;
	add_range(&policy->services[0].addresses, "198.51.100.128/26");
	one_port(&policy->ports[PORT_GROUP_SCREEN_TRANSFER], 4172);
	ck_assert_int_eq(policy_derive(policy), 0);
}

static void tear_down(void)
{
	addr_list_clear(&exception.from);
	addr_list_clear(&exception.to);
	free(exception.ports.at);
	memset(&exception, 0, sizeof(exception));
	policy_freep(&policy);
}

/* Whether that exception would open that forbidden flow. */
static int opens(const char *id, const char *from, const char *to, uint16_t port)
{
	const struct guideline_forbidden *forbidden = guideline_forbidden_of(id);

	ck_assert_ptr_nonnull(forbidden);
	addr_list_clear(&exception.from);
	addr_list_clear(&exception.to);
	free(exception.ports.at);
	one_port(&exception.ports, port);
	add_range(&exception.from, from);
	add_range(&exception.to, to);
	return forbidden_would_open(policy, forbidden, &exception, &opening);
}

static void use(enum configuration c)
{
	policy->configurations |= CONFIGURATION_BIT(c);
}

START_TEST(pairs_of_zones_that_stay_shut_hold_whatever_is_in_use)
{
	ck_assert(forbidden_holds(policy, guideline_forbidden_of("internet-to-mynumber")));
	ck_assert(!forbidden_holds(policy, guideline_forbidden_of("internet-to-lgwan")));
	use(CONFIGURATION_ROUTE_6);
	ck_assert(forbidden_holds(policy, guideline_forbidden_of("internet-to-lgwan")));
	ck_assert(!forbidden_holds(policy, guideline_forbidden_of("other-tenant")));
}
END_TEST

START_TEST(no_exception_leads_from_the_internet_to_my_number)
{
	const char *id = "internet-to-mynumber";

	ck_assert_int_eq(opens(id, "192.168.30.7", "172.16.10.7", 443), 1);
	/* what is in no zone counts as the internet; a prefix over several zones as each of them */
	ck_assert_int_eq(opens(id, "192.0.2.7", "172.16.10.7", 443), 1);
	ck_assert_int_eq(opens(id, "192.168.0.0/16", "172.16.0.0/12", 443), 1);
	ck_assert_uint_eq(opening.from.family, 4);
	ck_assert_int_eq(opens(id, "0.0.0.0/0", "198.51.100.1", 443), 1);
	/* its own desktops are no internet, wherever they live */
	ck_assert_int_eq(opens(id, "198.51.100.0/27", "172.16.10.7", 443), 0);
	ck_assert_int_eq(opens(id, "192.168.10.7", "172.16.10.7", 443), 0);
	ck_assert_int_eq(opens(id, "192.168.30.7", "192.168.10.7", 443), 0);
	/* what is left open to screen transfer is not left open to exceptions */
	use(CONFIGURATION_ROUTE_3);
	ck_assert_int_eq(opens(id, "192.168.30.7", "198.51.100.1", 4172), 1);
}
END_TEST

START_TEST(lgwan_goes_outside_to_declared_services_alone)
{
	const char *id = "lgwan-to-unpermitted-external";

	ck_assert_int_eq(opens(id, "192.168.10.7", "192.0.2.1", 443), 0);
	use(CONFIGURATION_ALPHA_PRIME_I);
	ck_assert_int_eq(opens(id, "192.168.10.7", "192.0.2.1", 443), 1);
	ck_assert_int_eq(opens(id, "192.168.10.7", "198.51.100.130", 8443), 0);
	/* half within */
	ck_assert_int_eq(opens(id, "192.168.10.7", "198.51.100.128/25", 443), 1);
	ck_assert_int_eq(opening.to.first[3], 192);
	ck_assert_int_eq(opening.to.last[3], 255);
}
END_TEST

START_TEST(a_declared_union_leaves_open_what_either_text_does)
{
	const char *id = "lgwan-to-external-but-daas";

	use(CONFIGURATION_ALPHA_PRIME_I);
	use(CONFIGURATION_ROUTE_1);
	ck_assert_int_eq(opens(id, "192.168.10.7", "198.51.100.130", 8443), 1);
	policy->destination_union = true;
	ck_assert_int_eq(opens(id, "192.168.10.7", "198.51.100.130", 8443), 0);
	ck_assert_int_eq(opens(id, "192.168.10.7", "192.0.2.1", 443), 1);
}
END_TEST

START_TEST(exceptions_with_both_ends_leave_open_that_pair_alone)
{
	const char *id = "lgwan-to-internet-data";

	endpoint(ROLE_LGWAN_RELAY_SERVER, "192.168.10.200");
	endpoint(ROLE_INTERNET_RELAY_SERVER, "192.168.30.200");
	ck_assert_int_eq(policy_derive(policy), 0);
	use(CONFIGURATION_ROUTE_6);
	ck_assert_int_eq(opens(id, "192.168.10.200", "192.168.30.200", 22), 0);
	ck_assert_int_eq(opens(id, "192.168.10.200", "192.168.30.201", 22), 1);
	ck_assert_int_eq(opens(id, "192.168.10.201", "192.168.30.200", 22), 1);
	ck_assert_int_eq(opens(id, "192.168.10.200-192.168.10.201", "192.168.30.200", 22), 1);
	ck_assert_int_eq(opening.from.first[3], 201);
	ck_assert_int_eq(opens(id, "192.168.10.200", "192.168.30.200-192.168.30.201", 22), 1);
	ck_assert_int_eq(opening.to.first[3], 201);
}
END_TEST

START_TEST(desktops_are_reached_by_screen_transfer_ports_from_terminals)
{
	const char *id = "terminal-to-desktop-other-ports";

	use(CONFIGURATION_ROUTE_1);
	ck_assert_int_eq(opens(id, "192.168.10.7", "198.51.100.1", 445), 1);
	ck_assert_int_eq(opens(id, "192.168.10.7", "198.51.100.1", 4172), 0);
	/* nobody declared as a terminal */
	ck_assert_int_eq(opens(id, "192.168.10.200", "198.51.100.1", 445), 0);
	/* but no other source at all, by any port */
	ck_assert_int_eq(opens("desktop-from-other-source", "192.168.10.200", "198.51.100.1", 4172),
			 1);
}
END_TEST

START_TEST(desktops_go_to_their_systems_alone)
{
	const char *id = "mynumber-desktop-elsewhere";

	use(CONFIGURATION_ROUTE_1);
	ck_assert_int_eq(opens(id, "198.51.100.1", "172.16.10.7", 22), 0);
	ck_assert_int_eq(opens(id, "198.51.100.1", "172.16.10.200", 22), 1);
	ck_assert_int_eq(opens(id, "198.51.100.1", "2001:db8::1", 22), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forbidden");
	TCase *tc = tcase_create("forbidden");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, pairs_of_zones_that_stay_shut_hold_whatever_is_in_use);
	tcase_add_test(tc, no_exception_leads_from_the_internet_to_my_number);
	tcase_add_test(tc, lgwan_goes_outside_to_declared_services_alone);
	tcase_add_test(tc, a_declared_union_leaves_open_what_either_text_does);
	tcase_add_test(tc, exceptions_with_both_ends_leave_open_that_pair_alone);
	tcase_add_test(tc, desktops_are_reached_by_screen_transfer_ports_from_terminals);
	tcase_add_test(tc, desktops_go_to_their_systems_alone);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
