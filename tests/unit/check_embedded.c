/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of IPv6 addresses that carry an IPv4 address. */
#include "policy/embedded.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static struct addr_range range_of(const char *text)
{
	struct addr_range range;

	ck_assert_msg(addr_range_parse(text, &range) == 0, "%s", text);
	return range;
}

/* The form, and in text what is carried, or "". */
static enum embedded_form look(const char *ipv6, char *text)
{
	struct addr_range range = range_of(ipv6), carried = { 0 };
	enum embedded_form form = embedded_find(&range, &carried);

	*text = '\0';
	if (form != EMBEDDED_NONE)
		addr_range_text(&carried, text);
	return form;
}

START_TEST(the_address_is_found_in_each_form)
{
	static const struct {
		const char *ipv6;
		enum embedded_form form;
		const char *ipv4;
	} cases[] = {
		{ "::172.16.10.7", EMBEDDED_COMPATIBLE, "172.16.10.7" },
		{ "::ffff:0:172.16.10.7", EMBEDDED_TRANSLATED, "172.16.10.7" },
		{ "64:ff9b::172.16.10.7", EMBEDDED_NAT64, "172.16.10.7" },
		{ "64:ff9b::172.16.10.0/120", EMBEDDED_NAT64, "172.16.10.0/24" },
		{ "64:ff9b:1:0:ac:100a:700::", EMBEDDED_NAT64_LOCAL, "0.0.0.0/0" },
		{ "2002:ac10:a07::/48", EMBEDDED_6TO4, "172.16.10.7" },
		{ "2002:ac10:a07:1::5", EMBEDDED_6TO4, "172.16.10.7" },
		{ "2002:ac10:a00::/40", EMBEDDED_6TO4, "172.16.10.0/24" },
		/* the client's address is written inverted */
		{ "2001:0:c000:201:0:0:53ef:f5f8", EMBEDDED_TEREDO, "172.16.10.7" },
		{ "2001:db8::5efe:172.16.10.7", EMBEDDED_ISATAP, "172.16.10.7" },
		{ "2001:db8::200:5efe:172.16.10.7", EMBEDDED_ISATAP, "172.16.10.7" },
		{ "2001:db8::5efe:172.16.10.0/120", EMBEDDED_ISATAP, "172.16.10.0/24" },
	};
	char text[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ck_assert_msg(look(cases[i].ipv6, text) == cases[i].form, "%s", cases[i].ipv6);
		ck_assert_str_eq(text, cases[i].ipv4);
	}
}
END_TEST

START_TEST(a_prefix_that_holds_a_form_carries_what_the_form_does)
{
	char text[ADDR_RANGE_TEXT_MAX];

	ck_assert_int_eq(look("64:ff9b::/32", text), EMBEDDED_NAT64);
	ck_assert_str_eq(text, "0.0.0.0/0");
	ck_assert_int_eq(look("2000::/6", text), EMBEDDED_TEREDO);
	ck_assert_str_eq(text, "0.0.0.0/0");
	ck_assert_int_eq(look("2001:ffff::-2002::1", text), EMBEDDED_6TO4);
	ck_assert_str_eq(text, "0.0.0.0");
	ck_assert_int_eq(look("64:ff9b::ffff:fff0-64:ff9b::1:0:0", text), EMBEDDED_NAT64);
	ck_assert_str_eq(text, "255.255.255.240/28");
	ck_assert_int_eq(look("2001::/32", text), EMBEDDED_TEREDO);
	ck_assert_str_eq(text, "0.0.0.0/0");
}
END_TEST

START_TEST(other_addresses_carry_none)
{
	static const char *const cases[] = { "2001:db8::1", "2001:db8::/32", "fd00::/8",
					     "64:ff9c::1",  "2003::/16",     "192.0.2.1",
					     "10.0.0.0/8",  "2001:db8::/64", "2001:db8::5eff:0:1",
					     "2001:1::1",   "::1:0:0:1",     "64:ff9b:2::1",
					     "::1",         "::/127" };
	char text[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(look(cases[i], text) == EMBEDDED_NONE, "%s", cases[i]);
}
END_TEST

START_TEST(what_is_mapped_is_seen_though_no_policy_can_say_it)
{
	struct addr_range range = { .family = 6,
				    .first = { [10] = 0xff, 0xff, 192, 0, 2, 1 },
				    .last = { [10] = 0xff, 0xff, 192, 0, 2, 1 } };
	struct addr_range carried;
	char text[ADDR_RANGE_TEXT_MAX];

	ck_assert_int_eq(embedded_find(&range, &carried), EMBEDDED_MAPPED);
	ck_assert_str_eq(addr_range_text(&carried, text), "192.0.2.1");
}
END_TEST

START_TEST(a_range_is_of_a_form_if_all_of_it_is)
{
	struct addr_range range = range_of("64:ff9b::/96");

	ck_assert(embedded_is(&range, EMBEDDED_NAT64));
	ck_assert(!embedded_is(&range, EMBEDDED_NAT64_LOCAL));
	ck_assert(!embedded_is(&range, EMBEDDED_ISATAP));
	range = range_of("64:ff9b::/95");
	ck_assert(!embedded_is(&range, EMBEDDED_NAT64));
	range = range_of("2001:db8::5efe:0:0/96");
	ck_assert(embedded_is(&range, EMBEDDED_ISATAP));
	range = range_of("2001:db8::/64");
	ck_assert(!embedded_is(&range, EMBEDDED_ISATAP));
	ck_assert(!embedded_is(&range, EMBEDDED_NONE));
	range = range_of("10.0.0.0/8");
	ck_assert(!embedded_is(&range, EMBEDDED_COMPATIBLE));
}
END_TEST

START_TEST(nat64_is_there_and_back)
{
	struct addr_range ipv4 = range_of("192.0.2.64/26"), ipv6, back;
	char text[ADDR_RANGE_TEXT_MAX];

	embedded_nat64(&ipv4, &ipv6);
	ck_assert_str_eq(addr_range_text(&ipv6, text), "64:ff9b::c000:240/122");
	ck_assert_int_eq(embedded_find(&ipv6, &back), EMBEDDED_NAT64);
	ck_assert_mem_eq(&ipv4, &back, sizeof(ipv4));
}
END_TEST

START_TEST(each_form_has_a_name)
{
	for (enum embedded_form form = EMBEDDED_NONE; form <= EMBEDDED_COUNT; form++)
		ck_assert_uint_gt(strlen(embedded_name(form)), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("embedded");
	TCase *tc = tcase_create("embedded");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_test(tc, the_address_is_found_in_each_form);
	tcase_add_test(tc, a_prefix_that_holds_a_form_carries_what_the_form_does);
	tcase_add_test(tc, other_addresses_carry_none);
	tcase_add_test(tc, what_is_mapped_is_seen_though_no_policy_can_say_it);
	tcase_add_test(tc, a_range_is_of_a_form_if_all_of_it_is);
	tcase_add_test(tc, nat64_is_there_and_back);
	tcase_add_test(tc, each_form_has_a_name);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
