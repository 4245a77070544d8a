/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the ways that exceptions make in several steps. */
#include "policy/ways.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

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

START_TEST(a_network_that_is_called_a_mail_server_may_not_feed_a_sanitiser)
{
	use(CONFIGURATION_ALPHA_PRIME_U);
	endpoint(ROLE_INTERNET_MAIL_SERVER, "192.168.30.0/25");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	except("192.168.30.0-192.168.30.15", "192.168.10.245");
	ck_assert_uint_eq(found(), 0);
	except("192.168.30.0-192.168.30.16", "192.168.10.245");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "il");
}
END_TEST

START_TEST(what_was_made_harmless_goes_on_to_no_terminal_that_sees_my_number)
{
	use(CONFIGURATION_ALPHA_PRIME_U);
	use(CONFIGURATION_ROUTE_1);
	endpoint(ROLE_INTERNET_MAIL_SERVER, "192.168.30.25");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	endpoint(ROLE_MYNUMBER_DAAS, "198.51.100.0/27");
	except("192.168.30.25", "192.168.10.245");
	except("192.168.10.245", "192.168.10.220"); /* a server without a role takes it */
	ck_assert_uint_eq(found(), 0);
	except("192.168.10.245", "192.168.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "illm");
	/* it is told by the one that goes too far, not by the one that feeds the sanitiser */
	ck_assert_int_eq(ways_maker(&ways.at[0])->line, 3);
}
END_TEST

START_TEST(behind_a_sanitiser_exceptions_reach_no_other_role_and_no_other_zone)
{
	static const char *const beyond[] = { "192.168.10.130", "203.0.113.9", "192.168.99.9",
					      "192.168.10.200-192.168.10.250" };

	use(CONFIGURATION_ROUTE_3);
	endpoint(ROLE_INTERNET_RELAY_SERVER, "192.168.30.244");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	endpoint(ROLE_LGWAN_BUSINESS_SERVER, "192.168.10.130");
	endpoint(ROLE_LGWAN_RELAY_SERVER, "192.168.10.244");
	for (size_t i = 0; i < ARRAY_SIZE(beyond); i++)
		except("192.168.10.245", beyond[i]);
	ck_assert_uint_eq(found(), 4);
	for (size_t i = 0; i < ways.count; i++) {
		ck_assert_uint_eq(ways.at[i].count, 2);
		ck_assert(ways.at[i].steps[0].sanitises);
		ck_assert_ptr_eq(ways_maker(&ways.at[i]), ways.at[i].steps[1].exception);
	}
}
END_TEST

START_TEST(nor_do_they_by_a_machine_without_a_role)
{
	use(CONFIGURATION_ROUTE_3);
	endpoint(ROLE_INTERNET_RELAY_SERVER, "192.168.30.244");
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	endpoint(ROLE_LGWAN_BUSINESS_SERVER, "192.168.10.130");
	except("192.168.10.245", "192.168.10.220");
	except("192.168.10.221", "192.168.10.130");
	ck_assert_uint_eq(found(), 0);
	except("192.168.10.220", "192.168.10.130");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "illl");
	ck_assert_int_eq(ways_maker(&ways.at[0])->line, 3);
}
END_TEST

START_TEST(a_sanitiser_that_nobody_feeds_is_a_machine_like_others)
{
	use(CONFIGURATION_ALPHA_PRIME_U);
	endpoint(ROLE_MAIL_SANITIZER, "192.168.10.245");
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	except("192.168.10.245", "192.168.10.7");
	except("192.168.10.245", "192.168.99.9");
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(nothing_leads_out_of_my_number_by_a_detour)
{
	except("172.16.10.7", "203.0.113.9");
	except("203.0.113.8", "192.0.2.9");
	except("192.168.10.7", "192.0.2.9");
	ck_assert_uint_eq(found(), 0);
	except("203.0.113.9", "192.168.10.7");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "mlle");
	ck_assert_int_eq(ways_maker(&ways.at[0])->line, 1);
}
END_TEST

START_TEST(nor_into_the_internet_zone)
{
	except("172.16.10.7", "192.168.10.214");
	ck_assert_uint_eq(found(), 0);
	except("192.168.10.214", "192.168.30.25");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "mli");
}
END_TEST

START_TEST(nor_by_a_flow_of_the_guideline_behind_an_exception)
{
	struct policy_service *service = calloc(1, sizeof(*service));

	ck_assert_ptr_nonnull(service);
	service->role = ROLE_PERMITTED_CLOUD;
	add_range(&service->addresses, "198.51.100.128/26");
	policy->services = service;
	policy->service_count = 1;
	use(CONFIGURATION_ALPHA_PRIME_U);
	endpoint(ROLE_LGWAN_BUSINESS_SERVER, "192.168.10.128/26");
	except("172.16.10.7", "192.168.10.220");
	ck_assert_uint_eq(found(), 0);
	except("172.16.10.8", "192.168.10.130");
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "mle");
	ck_assert_str_eq(ways.at[0].steps[1].flow->id,
			 "alpha-prime-u:lgwan-business-server>permitted-cloud");
}
END_TEST

START_TEST(a_picture_of_a_screen_takes_nothing_out_of_my_number)
{
	use(CONFIGURATION_ROUTE_5);
	endpoint(ROLE_LGWAN_TERMINAL, "192.168.10.0/25");
	endpoint(ROLE_INTERNET_VDI, "192.168.30.64/27");
	except("172.16.10.7", "192.168.10.7");
	ck_assert_uint_eq(found(), 0);
}
END_TEST

START_TEST(lgwan_gets_round_no_restriction_of_destinations)
{
	except("192.168.10.7", "203.0.113.9");
	except("203.0.113.9", "192.0.2.9");
	except("192.168.10.8", "192.168.99.9");
	except("192.168.99.8", "192.0.2.9");
	/* without a restriction, there is none to get round */
	ck_assert_uint_eq(found(), 0);
	ck_assert_ptr_null(ways_restriction(policy));
	use(CONFIGURATION_ALPHA_PRIME_U);
	ck_assert_uint_eq(found(), 1);
	ck_assert_str_eq(zones_of_way(), "lle");
	ck_assert_ptr_nonnull(ways_restriction(policy));
	except("192.168.10.9", "192.168.99.8");
	ck_assert_uint_eq(found(), 2);
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

/* ---- against a search from machine to machine */

#define HOSTS  12
#define ROUNDS 4000

/* Two of each zone but external, which has two that are in none; roles where route 6 has them. */
static const struct host {
	const char *address;
	enum zone zone;
} hosts[HOSTS] = {
	{ "192.168.30.130", ZONE_INTERNET }, /* internet-terminal */
	{ "192.168.30.244", ZONE_INTERNET }, /* internet-relay-server */
	{ "192.168.30.7", ZONE_INTERNET },    { "192.0.2.8", ZONE_EXTERNAL },
	{ "192.168.10.64", ZONE_LGWAN },  /* lgwan-vdi */
	{ "192.168.10.192", ZONE_LGWAN }, /* lgwan-system */
	{ "192.168.10.245", ZONE_LGWAN }, /* mail-sanitizer */
	{ "192.168.10.7", ZONE_LGWAN },       { "203.0.113.9", ZONE_LGWAN_WAN },
	{ "192.168.99.9", ZONE_MAINTENANCE }, /* maintenance-terminal */
	{ "172.16.10.64", ZONE_MYNUMBER },    /* mynumber-vdi */
	{ "172.16.10.7", ZONE_MYNUMBER },     /* managed-target */
};
static const size_t route_6[][2] = { { 0, 10 }, { 0, 4 }, { 4, 5 }, { 1, 6 }, { 9, 11 } };

enum end { END_MYNUMBER, END_ENTRY, END_OUT, END_COUNT };

static bool is_out(enum zone zone)
{
	return zone == ZONE_INTERNET || zone == ZONE_EXTERNAL;
}

static bool is_in(enum zone zone)
{
	return zone == ZONE_LGWAN || zone == ZONE_LGWAN_WAN || zone == ZONE_MAINTENANCE;
}

/* reached: by whether exceptions make the way, and whether it passed the sanitiser. */
static bool take(const size_t *pair, bool flow, bool inward, bool (*reached)[2][2], bool *ret)
{
	enum zone from = hosts[pair[0]].zone, to = hosts[pair[1]].zone;
	bool feeds = pair[0] == 1 && pair[1] == 6, again = false;
	/* machines of LGWAN with a role that is not the sanitiser's */
	bool role = pair[1] == 4 || pair[1] == 5;

	for (size_t state = 0; state < 4; state++) {
		bool made = state & 1, behind = state & 2;
		bool enters = inward && behind && !flow && is_in(to) && (from != to || role);
		bool next = made || (!flow && from != to && !feeds) || enters;

		if (!reached[pair[0]][made][behind])
			continue;
		ret[END_MYNUMBER] |= inward && next && to == ZONE_MYNUMBER;
		ret[END_ENTRY] |= enters || (inward && next && is_out(from) && !feeds && is_in(to));
		ret[END_OUT] |= !inward && next && is_out(to) && from != ZONE_MYNUMBER;
		again |= !reached[pair[1]][next][behind || feeds];
		reached[pair[1]][next][behind || feeds] = true;
	}
	return again;
}

/* What is to be found, by the words of ways.h. */
static void expect(size_t (*pairs)[2], size_t count, bool inward, bool *ret)
{
	bool reached[HOSTS][2][2] = { 0 }, again = true;

	for (size_t i = 0; i < HOSTS; i++)
		reached[i][0][0] = inward ? is_out(hosts[i].zone) : hosts[i].zone == ZONE_MYNUMBER;
	while (again) {
		again = false;
		for (size_t i = 0; i < count + ARRAY_SIZE(route_6); i++) {
			bool flow = i >= count;
			const size_t *pair = flow ? route_6[i - count] : pairs[i];
			enum zone from = hosts[pair[0]].zone, to = hosts[pair[1]].zone;

			/* ends of ways, and what is forbidden by itself in route 6 */
			if (inward && (from == ZONE_MYNUMBER || to == ZONE_EXTERNAL ||
				       (!is_out(from) && to == ZONE_INTERNET)))
				continue;
			if (!inward && (is_out(from) || (to == ZONE_MYNUMBER && from != to)))
				continue;
			again |= take(pair, flow, inward, reached, ret);
		}
	}
}

static void put_roles(void)
{
	use(CONFIGURATION_ROUTE_6);
	use(CONFIGURATION_COMMON);
	endpoint(ROLE_INTERNET_TERMINAL, hosts[0].address);
	endpoint(ROLE_INTERNET_RELAY_SERVER, hosts[1].address);
	endpoint(ROLE_LGWAN_VDI, hosts[4].address);
	endpoint(ROLE_LGWAN_SYSTEM, hosts[5].address);
	endpoint(ROLE_MAIL_SANITIZER, hosts[6].address);
	endpoint(ROLE_MAINTENANCE_TERMINAL, hosts[9].address);
	endpoint(ROLE_MYNUMBER_VDI, hosts[10].address);
	endpoint(ROLE_MANAGED_TARGET, hosts[11].address);
}

/* Exceptions that are forbidden by themselves are none, and are not expected. */
static void compare_one(unsigned int *counts)
{
	size_t pairs[8][2], open = 0, count = 1 + (size_t)(random() % 6);
	bool expected[END_COUNT] = { false }, got[END_COUNT] = { false };

	set_up();
	put_roles();
	for (size_t i = 0; i < count; i++) {
		size_t from = (size_t)random() % HOSTS, to = (size_t)random() % HOSTS;

		except(hosts[from].address, hosts[to].address);
		pairs[i][0] = from;
		pairs[i][1] = to;
	}
	(void)found();
	for (size_t i = 0; i < count; i++)
		if (!policy->exceptions[i].forbidden_by) {
			memmove(pairs[open], pairs[i], sizeof(pairs[i]));
			open++;
		}
	expect(pairs, open, true, expected);
	expect(pairs, open, false, expected);
	for (size_t i = 0; i < ways.count; i++) {
		const struct ways_way *way = &ways.at[i];
		enum zone end = way->steps[way->count - 1].to_zone;

		got[END_MYNUMBER] |= end == ZONE_MYNUMBER;
		got[END_ENTRY] |= is_in(end);
		got[END_OUT] |= is_out(end);
	}
	ck_assert_int_eq(got[END_MYNUMBER], expected[END_MYNUMBER]);
	/* of one exception that makes several kinds, the first is told */
	ck_assert(!got[END_ENTRY] || expected[END_ENTRY]);
	ck_assert(!expected[END_ENTRY] || got[END_ENTRY] || got[END_MYNUMBER]);
	ck_assert(!got[END_OUT] || expected[END_OUT]);
	ck_assert(!expected[END_OUT] || ways.count);
	for (size_t i = 0; i < END_COUNT; i++)
		counts[i] += expected[i];
	tear_down();
}

START_TEST(what_is_found_is_what_a_search_from_machine_to_machine_finds)
{
	const char *given = getenv("CHECK_SEED");
	unsigned int seed =
		given ? (unsigned int)strtoul(given, NULL, 10) : (unsigned int)time(NULL);
	unsigned int counts[END_COUNT] = { 0 };

	printf("seed %u\n", seed);
	srandom(seed);
	for (int i = 0; i < ROUNDS; i++)
		compare_one(counts);
	/* else nothing was tried */
	ck_assert_uint_gt(counts[END_MYNUMBER], 3);
	ck_assert_uint_gt(counts[END_ENTRY], 10);
	ck_assert_uint_gt(counts[END_OUT], 3);
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
	tcase_add_test(tc, a_network_that_is_called_a_mail_server_may_not_feed_a_sanitiser);
	tcase_add_test(tc, what_was_made_harmless_goes_on_to_no_terminal_that_sees_my_number);
	tcase_add_test(tc, behind_a_sanitiser_exceptions_reach_no_other_role_and_no_other_zone);
	tcase_add_test(tc, nor_do_they_by_a_machine_without_a_role);
	tcase_add_test(tc, a_sanitiser_that_nobody_feeds_is_a_machine_like_others);
	tcase_add_test(tc, nothing_leads_out_of_my_number_by_a_detour);
	tcase_add_test(tc, nor_into_the_internet_zone);
	tcase_add_test(tc, nor_by_a_flow_of_the_guideline_behind_an_exception);
	tcase_add_test(tc, a_picture_of_a_screen_takes_nothing_out_of_my_number);
	tcase_add_test(tc, lgwan_gets_round_no_restriction_of_destinations);
	tcase_add_test(tc, an_implied_flow_is_a_step_only_if_it_is_taken_up);
	suite_add_tcase(s, tc);
	tc = tcase_create("random");
	tcase_add_test(tc, what_is_found_is_what_a_search_from_machine_to_machine_finds);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
