/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of lint/width.c. */

#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>

#include "common/defs.h"
#include "lint/width.h"

static void add(struct addr_list *list, const char *text)
{
	struct addr_range range;

	ck_assert_msg(!addr_range_parse(text, &range), "%s", text);
	ck_assert_int_eq(addr_list_add(list, &range), 0);
	addr_list_normalise(list);
}

static struct width width_of_text(const char *text)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };

	add(&list, text);
	return width_of(&list);
}

START_TEST(addresses_are_counted_in_both_families)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };

	ck_assert_uint_eq(width_of(&list).ipv4, 0);
	add(&list, "192.0.2.1");
	add(&list, "198.51.100.0/24");
	add(&list, "192.0.2.255-192.0.3.0");
	add(&list, "2001:db8::1");
	add(&list, "2001:db8:1::/56");
	ck_assert_uint_eq(width_of(&list).ipv4, 1 + 256 + 2);
	ck_assert_uint_eq(width_of(&list).ipv6_networks, 1 + 256);
}
END_TEST

START_TEST(everything_is_counted_without_overflow)
{
	auto_(addr_list_clear) struct addr_list all = { 0 };

	ck_assert_int_eq(addr_list_all(&all), 0);
	ck_assert_uint_eq(width_of(&all).ipv4, 1ULL << 32);
	ck_assert_uint_eq(width_of(&all).ipv6_networks, UINT64_MAX);
	ck_assert_uint_eq(width_of_text("::/1").ipv6_networks, 1ULL << 63);
}
END_TEST

START_TEST(odd_begins_behind_what_is_ordinary)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };

	add(&list, "198.51.0.0/22");
	ck_assert(!width_is_odd(WIDTH_CLOUD, &list));
	ck_assert(width_is_odd(WIDTH_MACHINES, &list));
	add(&list, "198.51.4.0");
	ck_assert(width_is_odd(WIDTH_CLOUD, &list));
	ck_assert(!width_is_odd(WIDTH_SERVICE, &list));
	ck_assert(!width_is_odd(WIDTH_ZONE, &list));
	add(&list, "2001::/16");
	ck_assert(width_is_odd(WIDTH_SERVICE, &list));
	ck_assert(width_is_odd(WIDTH_ZONE, &list));
}
END_TEST

START_TEST(ports_are_counted_for_each_protocol)
{
	struct policy_port at[] = {
		{ .l4proto = IPPROTO_TCP, .first = 443, .last = 443 },
		{ .l4proto = IPPROTO_TCP, .first = 0, .last = 65535 },
		{ .l4proto = IPPROTO_UDP, .first = 3478, .last = 3481 },
	};
	const struct policy_ports ports = { at, ARRAY_SIZE(at) };

	ck_assert_uint_eq(width_of_ports(&ports, IPPROTO_TCP), 65537);
	ck_assert_uint_eq(width_of_ports(&ports, IPPROTO_UDP), 4);
}
END_TEST

START_TEST(own_networks_and_private_addresses_do_not_count_as_outside)
{
	auto_(policy_freep) struct policy *policy = calloc(1, sizeof(*policy));
	auto_(addr_list_clear) struct addr_list outside = { 0 };

	ck_assert_ptr_nonnull(policy);
	add(&policy->zones[ZONE_MYNUMBER].networks, "203.0.113.0/25");
	add(&policy->endpoints[ROLE_MYNUMBER_DAAS].addresses, "203.0.113.0/24");
	add(&policy->endpoints[ROLE_MYNUMBER_DAAS].addresses, "10.0.0.0/8");
	add(&policy->endpoints[ROLE_MYNUMBER_DAAS].addresses, "fd00::/8");
	ck_assert_int_eq(width_outside_zone(policy, ROLE_MYNUMBER_DAAS, &outside), 0);
	ck_assert_uint_eq(width_of(&outside).ipv4, 128);
	ck_assert_uint_eq(width_of(&outside).ipv6_networks, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("width");
	TCase *tcase = tcase_create("width");

	tcase_add_test(tcase, addresses_are_counted_in_both_families);
	tcase_add_test(tcase, everything_is_counted_without_overflow);
	tcase_add_test(tcase, odd_begins_behind_what_is_ordinary);
	tcase_add_test(tcase, ports_are_counted_for_each_protocol);
	tcase_add_test(tcase, own_networks_and_private_addresses_do_not_count_as_outside);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
