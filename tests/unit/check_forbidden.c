/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of forbidden flows, put to the addresses of a site. */
#include "policy/forbidden.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

/* ---- the same, address by address */

#define WORLD 80 /* addresses 192.0.2.0 and on: LGWAN, internet, My Number, and outside */

static struct addr nth(unsigned int n)
{
	return (struct addr){ .family = 4, .b = { 192, 0, 2, (uint8_t)n } };
}

static void add_span(struct addr_list *list, unsigned int first, unsigned int last)
{
	struct addr_range range = { .family = 4,
				    .first = { 192, 0, 2, (uint8_t)first },
				    .last = { 192, 0, 2, (uint8_t)last } };

	ck_assert_int_eq(addr_list_add(list, &range), 0);
}

static void role_span(enum role role, unsigned int first, unsigned int last)
{
	policy->endpoints[role].declared = true;
	add_span(&policy->endpoints[role].addresses, first, last);
}

static void make_small_world(void)
{
	tear_down();
	policy = calloc(1, sizeof(*policy));
	ck_assert_ptr_nonnull(policy);
	add_span(&policy->zones[ZONE_LGWAN].networks, 0, 15);
	add_span(&policy->zones[ZONE_INTERNET].networks, 16, 31);
	add_span(&policy->zones[ZONE_MYNUMBER].networks, 32, 47);
	role_span(ROLE_LGWAN_TERMINAL, 0, 5);
	role_span(ROLE_LGWAN_RELAY_SERVER, 8, 9);
	role_span(ROLE_MAIL_SANITIZER, 10, 10);
	role_span(ROLE_LGWAN_BUSINESS_SERVER, 11, 13);
	role_span(ROLE_INTERNET_TERMINAL, 16, 19);
	role_span(ROLE_INTERNET_RELAY_SERVER, 24, 25);
	role_span(ROLE_INTERNET_MAIL_SERVER, 26, 26);
	role_span(ROLE_MYNUMBER_SYSTEM_ONPREM, 32, 36);
	role_span(ROLE_MYNUMBER_VPN_GATEWAY, 40, 40);
	role_span(ROLE_MYNUMBER_PRINTER, 44, 44);
	role_span(ROLE_MYNUMBER_DAAS, 48, 50);
	role_span(ROLE_LGWAN_DAAS, 52, 53);
	role_span(ROLE_INTERNET_DAAS, 54, 57);
	policy->services = calloc(2, sizeof(*policy->services));
	ck_assert_ptr_nonnull(policy->services);
	policy->service_count = 2;
	policy->services[0].role = ROLE_PERMITTED_CLOUD;
	add_span(&policy->services[0].addresses, 60, 63);
	add_span(&policy->services[0].addresses, 70, 71);
	policy->services[1].role = ROLE_SECURITY_UPDATE_SERVICE;
	add_span(&policy->services[1].addresses, 64, 66);
	one_port(&policy->ports[PORT_GROUP_SCREEN_TRANSFER], 4172);
	one_port(&policy->ports[PORT_GROUP_VPN], 4433);
	ck_assert_int_eq(policy_derive(policy), 0);
}

static bool plays_one_of(uint32_t roles, const struct addr *a)
{
	if (roles == ~0U)
		return true;
	for (size_t i = 0; i < policy->service_count; i++)
		if ((roles & ROLE_BIT(policy->services[i].role)) &&
		    addr_list_has(&policy->services[i].addresses, a))
			return true;
	if ((roles & ROLE_BIT(ROLE_INTERNET)) && policy_zone_of(policy, a) == ZONE_EXTERNAL)
		return true;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		if ((roles & ROLE_BIT(i)) && addr_list_has(&policy->endpoints[i].addresses, a))
			return true;
	return false;
}

static bool is_source(const struct guideline_forbidden *f, const struct addr *a)
{
	enum zone zone = policy_zone_of(policy, a);

	if (f->from_zone == ZONE_NONE)
		return plays_one_of(f->from_roles, a);
	return zone == f->from_zone || (f->from_zone == ZONE_INTERNET && zone == ZONE_EXTERNAL);
}

static bool is_destination(const struct guideline_forbidden *f, const struct addr *a)
{
	return f->to_zone == ZONE_NONE ? plays_one_of(f->to_roles, a)
				       : policy_zone_of(policy, a) == f->to_zone;
}

static bool is_left_open(const struct guideline_forbidden *f, const struct addr *from,
			 const struct addr *to, uint16_t port)
{
	uint32_t groups = (port == 4172 ? PORT_GROUP_BIT(PORT_GROUP_SCREEN_TRANSFER) : 0) |
			  (port == 4433 ? PORT_GROUP_BIT(PORT_GROUP_VPN) : 0);

	for (size_t i = 0; i < f->except_count; i++) {
		const struct guideline_except *e = &f->excepts[i];

		if (!e->screen_transfer && plays_one_of(e->from_roles, from) &&
		    plays_one_of(e->to_roles, to) && (e->ports == ~0U || (e->ports & groups)))
			return true;
	}
	return false;
}

static bool pair_is_shut(const struct guideline_forbidden *f, unsigned int n, unsigned int m)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);
	struct addr from = nth(n), to = nth(m);
	uint16_t port = exception.ports.at[0].first;
	bool united = policy->destination_union && forbidden_is_destination_restriction(f);

	if (!addr_list_has(&exception.from, &from) || !addr_list_has(&exception.to, &to) ||
	    !is_source(f, &from) || !is_destination(f, &to) || is_left_open(f, &from, &to, port))
		return false;
	for (size_t i = 0; united && i < count; i++)
		if (forbidden_is_destination_restriction(&all[i]) &&
		    forbidden_holds(policy, &all[i]) && is_left_open(&all[i], &from, &to, port))
			return false;
	return true;
}

static bool would_open(const struct guideline_forbidden *f)
{
	for (unsigned int n = 0; forbidden_holds(policy, f) && n < WORLD; n++) {
		struct addr from = nth(n);

		for (unsigned int m = 0; addr_list_has(&exception.from, &from) && m < WORLD; m++)
			if (pair_is_shut(f, n, m))
				return true;
	}
	return false;
}

static void random_ends(void)
{
	static const uint16_t ports[] = { 22, 4172, 4433 };
	struct addr_list *const ends[] = { &exception.from, &exception.to };

	free(exception.ports.at);
	one_port(&exception.ports, ports[random() % 3]);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		addr_list_clear(ends[i]);
		for (long ranges = random() % 3; ranges >= 0; ranges--) {
			unsigned int first = (unsigned int)(random() % WORLD);
			unsigned int last = first + (unsigned int)(random() % 4);

			add_span(ends[i], first, last < WORLD ? last : WORLD - 1);
		}
		addr_list_normalise(ends[i]);
	}
}

START_TEST(rectangles_say_what_every_pair_of_addresses_says)
{
	unsigned int seed = (unsigned int)time(NULL), opened = 0;
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	printf("seed %u\n", seed);
	srandom(seed);
	make_small_world();
	for (unsigned int round = 0; round < 150; round++) {
		policy->configurations =
			(uint32_t)random() & (CONFIGURATION_BIT(CONFIGURATION_COUNT) - 1);
		policy->destination_union = random() % 2;
		random_ends();
		for (size_t i = 0; i < count; i++) {
			int found = forbidden_would_open(policy, &all[i], &exception, &opening);
			struct addr from = { .family = 4 }, to = { .family = 4 };

			ck_assert_msg(found == (int)would_open(&all[i]), "seed %u round %u: %s",
				      seed, round, all[i].id);
			if (!found)
				continue;
			opened++;
			memcpy(from.b, opening.from.first, sizeof(from.b));
			memcpy(to.b, opening.to.last, sizeof(to.b));
			ck_assert_msg(pair_is_shut(&all[i], from.b[3], to.b[3]),
				      "seed %u round %u: %s", seed, round, all[i].id);
		}
	}
	ck_assert_uint_gt(opened, 150);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("forbidden");
	TCase *tc = tcase_create("forbidden");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, pairs_of_zones_that_stay_shut_hold_whatever_is_in_use);
	tcase_add_test(tc, no_exception_leads_from_the_internet_to_my_number);
	tcase_add_test(tc, lgwan_goes_outside_to_declared_services_alone);
	tcase_add_test(tc, a_declared_union_leaves_open_what_either_text_does);
	tcase_add_test(tc, exceptions_with_both_ends_leave_open_that_pair_alone);
	tcase_add_test(tc, desktops_are_reached_by_screen_transfer_ports_from_terminals);
	tcase_add_test(tc, desktops_go_to_their_systems_alone);
	tcase_add_test(tc, rectangles_say_what_every_pair_of_addresses_says);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
