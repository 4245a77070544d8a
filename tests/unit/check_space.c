/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/space.h: words of the policy and sets of rules as sets of packets. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "prove/space.h"
#include "ruleset/build.h"

static struct space space;
static struct ruleset *ruleset;

/* A set of each kind that matters here. */
static void set_up(void)
{
	struct addr_range range;
	struct build b;

	build_start(&b);
	build_set(&b, "names", BUILD_EXACT, BUILD_FIELDS(FIELD_IIFNAME));
	build_element(&b);
	build_put_interface(&b, "lan0");
	build_set(&b, "ranges", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_SADDR6, FIELD_L4PROTO, FIELD_DPORT));
	build_element(&b);
	ck_assert_int_eq(addr_range_parse("2001:db8::5-2001:db8:1::7", &range), 0);
	build_put_range(&b, &range);
	build_put_protocol(&b, IPPROTO_TCP);
	build_put_number(&b, 80, 90);
	build_may_expire(&b);
	build_put_expiry(&b, 1000);
	build_set(&b, "marks", BUILD_EXACT, BUILD_FIELDS(FIELD_CT_MARK));
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(space_learn_ruleset(&space, ruleset), 0);
	ck_assert_int_eq(space_learn_ruleset(&space, ruleset), 0);
	ck_assert_int_eq(space_start(&space), 0);
	ck_assert_uint_eq(space.interface_count, 1);
	ck_assert_uint_eq(space.time_count, 1);
}

static void tear_down(void)
{
	ck_assert_int_eq(diagram_error(space.diagram), 0);
	space_clear(&space);
	ruleset_freep(&ruleset);
}

static bool has(uint32_t set, const struct walk_packet *packet)
{
	uint32_t values[SPACE_VARIABLES];

	space_point(&space, packet, values);
	return diagram_has(space.diagram, set, values);
}

static struct walk_packet packet_from(const char *src)
{
	struct walk_packet packet = { .l4proto = IPPROTO_TCP, .dport = 85, .ct_state = STATE_NEW };

	ck_assert_int_eq(addr_parse(src, &packet.src), 0);
	packet.family = packet.dst.family = packet.src.family;
	return packet;
}

START_TEST(address_lists_hold_their_addresses)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };
	static const struct {
		const char *address;
		bool inside;
	} cases[] = {
		{ "10.0.0.0", true },         { "10.0.0.255", true },   { "10.0.1.0", false },
		{ "9.255.255.255", false },   { "2001:db8::ff", true }, { "2001:db8:0:1::", false },
		{ "2001:db7:ffff::", false }, { "::10.0.0.1", false },
	};
	struct addr_range range;
	uint32_t set;

	ck_assert_int_eq(addr_range_parse("10.0.0.0/24", &range), 0);
	ck_assert_int_eq(addr_list_add(&list, &range), 0);
	ck_assert_int_eq(addr_range_parse("2001:db8::/64", &range), 0);
	ck_assert_int_eq(addr_list_add(&list, &range), 0);
	set = space_addresses(&space, SPACE_SRC, &list);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct walk_packet packet = packet_from(cases[i].address);

		ck_assert_msg(has(set, &packet) == cases[i].inside, "%s", cases[i].address);
	}
}
END_TEST

START_TEST(sets_hold_their_elements_until_they_expire)
{
	static const enum ruleset_field fields[] = { FIELD_SADDR6, FIELD_L4PROTO, FIELD_DPORT };
	struct walk_packet packet = packet_from("2001:db8:0:ffff::");
	uint32_t set;

	ck_assert_int_eq(space_set(&space, ruleset_set(ruleset, "ranges"), fields, NULL, &set), 0);
	ck_assert(has(set, &packet));
	packet.now_s = 999;
	ck_assert(has(set, &packet));
	packet.now_s = 1000;
	ck_assert(!has(set, &packet));
	packet.now_s = 0;
	packet.dport = 91;
	ck_assert(!has(set, &packet));
	packet.dport = 90;
	packet.is_short = true;
	ck_assert(!has(set, &packet));
	packet = packet_from("2001:db8::4");
	ck_assert(!has(set, &packet));
	packet = packet_from("2001:db8:1::8");
	ck_assert(!has(set, &packet));
	ck_assert(has(space_before(&space, 1000), &packet));
	packet.now_s = 1000;
	ck_assert(!has(space_before(&space, 1000), &packet));
	ck_assert(has(space_before(&space, 0), &packet));
}
END_TEST

START_TEST(a_set_may_be_asked_for_the_other_end)
{
	static const enum ruleset_field fields[] = { FIELD_DADDR6, FIELD_L4PROTO, FIELD_SPORT };
	struct walk_packet packet = packet_from("2001:db8:ffff::");
	uint32_t set;

	ck_assert_int_eq(space_set(&space, ruleset_set(ruleset, "ranges"), fields, NULL, &set), 0);
	ck_assert_int_eq(addr_parse("2001:db8::6", &packet.dst), 0);
	ck_assert(!has(set, &packet));
	packet.sport = 80;
	ck_assert(has(set, &packet));
}
END_TEST

START_TEST(what_is_not_understood_of_a_set_is_an_error)
{
	static const enum ruleset_field twice[] = { FIELD_SADDR6, FIELD_L4PROTO, FIELD_L4PROTO };
	static const enum ruleset_field mark[] = { FIELD_CT_MARK };
	static const enum ruleset_field name[] = { FIELD_IIFNAME };
	struct ruleset_set *names = NULL;
	uint32_t set = 77;

	ck_assert_int_eq(space_set(&space, ruleset_set(ruleset, "ranges"), twice, NULL, &set),
			 -EBADMSG);
	ck_assert_int_eq(space_set(&space, ruleset_set(ruleset, "marks"), mark, NULL, &set),
			 -EBADMSG);
	for (size_t i = 0; i < ruleset->set_count; i++)
		if (!strcmp(ruleset->sets[i].name, "names"))
			names = &ruleset->sets[i];
	ck_assert_ptr_nonnull(names);
	ck_assert_int_eq(space_set(&space, names, name, NULL, &set), 0);
	set = 77;
	/* a range of names */
	names->elements[0].last[3] = '9';
	ck_assert_int_eq(space_set(&space, names, name, NULL, &set), -EBADMSG);
	ck_assert_uint_eq(set, 77);
}
END_TEST

START_TEST(interfaces_that_are_not_named_are_one_and_the_same)
{
	struct walk_packet packet = packet_from("10.0.0.1"), back;
	uint32_t values[SPACE_VARIABLES];

	ck_assert_uint_eq(space_interface(&space, SPACE_IIF, "wan0"), DIAGRAM_NONE);
	(void)snprintf(packet.iif, sizeof(packet.iif), "lan0");
	(void)snprintf(packet.oif, sizeof(packet.oif), "wan0");
	ck_assert(has(space_interface(&space, SPACE_IIF, "lan0"), &packet));
	ck_assert(!has(space_interface(&space, SPACE_OIF, "lan0"), &packet));
	space_point(&space, &packet, values);
	space_packet(&space, values, &back);
	ck_assert_str_eq(back.iif, "lan0");
	ck_assert_str_ne(back.oif, "lan0");
	ck_assert_str_ne(back.oif, "");
}
END_TEST

START_TEST(a_packet_survives_its_point)
{
	struct walk_packet packet = {
		.iif = "lan0",
		.oif = "othera",
		.family = 6,
		.l4proto = IPPROTO_UDP,
		.sport = 5,
		.dport = 6,
		.tcp_flags = 7,
		.icmp_type = 8,
		.length = 9,
		.tcp_doff = 10,
		.has_ether = true,
		.ether_saddr = { 2, 1, 3, 4, 5, 0xfe },
		.ct_state = STATE_RELATED,
		.ct_reply = true,
		.ct_mark = 0x80000001,
		.meta_mark = 0x7fffffff,
		.now_s = 1000,
	};
	uint32_t values[SPACE_VARIABLES];
	struct walk_packet back;

	ck_assert_int_eq(addr_parse("2001:db8::1:2", &packet.src), 0);
	ck_assert_int_eq(addr_parse("ffff::fffe", &packet.dst), 0);
	space_point(&space, &packet, values);
	space_packet(&space, values, &back);
	ck_assert_str_eq(back.iif, packet.iif);
	ck_assert_str_eq(back.oif, packet.oif);
	ck_assert_int_eq(addr_compare(&back.src, &packet.src), 0);
	ck_assert_int_eq(addr_compare(&back.dst, &packet.dst), 0);
	ck_assert_mem_eq(back.ether_saddr, packet.ether_saddr, 6);
	ck_assert_uint_eq(back.family, 6);
	ck_assert_uint_eq(back.l4proto, IPPROTO_UDP);
	ck_assert_uint_eq(back.sport, 5);
	ck_assert_uint_eq(back.dport, 6);
	ck_assert_uint_eq(back.tcp_flags, 7);
	ck_assert_uint_eq(back.icmp_type, 8);
	ck_assert_uint_eq(back.length, 9);
	ck_assert_uint_eq(back.tcp_doff, 10);
	ck_assert(back.has_ether && back.ct_reply && !back.is_short);
	ck_assert_uint_eq(back.ct_state, STATE_RELATED);
	ck_assert_uint_eq(back.ct_mark, 0x80000001);
	ck_assert_uint_eq(back.meta_mark, 0x7fffffff);
	ck_assert_int_eq(back.now_s, 1000);
}
END_TEST

START_TEST(marks_are_their_bits)
{
	struct walk_packet packet = packet_from("10.0.0.1");

	packet.ct_mark = packet.meta_mark = 0x1234567b;
	ck_assert(has(space_mark(&space, SPACE_CT, 7, 3), &packet));
	ck_assert(!has(space_mark(&space, SPACE_CT, 7, 2), &packet));
	ck_assert(has(space_mark(&space, SPACE_CT, UINT32_MAX, 0x1234567b), &packet));
	ck_assert_uint_eq(space_mark(&space, SPACE_CT, 7, 8), DIAGRAM_NONE);
	ck_assert(has(space_same_marks(&space, SPACE_CT, SPACE_META), &packet));
	packet.meta_mark ^= 0x40000000;
	ck_assert(!has(space_same_marks(&space, SPACE_CT, SPACE_META), &packet));
}
END_TEST

START_TEST(ports_and_hardware_addresses_are_told)
{
	struct policy_port ports[] = { { IPPROTO_TCP, 10, 20, APP_NONE },
				       { IPPROTO_UDP, 30, 30, APP_QUIC } };
	struct policy_ports list = { ports, 2 };
	uint8_t mac[1][6] = { { 2, 0, 0, 0, 0, 9 } };
	struct policy_macs macs = { mac, 1 };
	struct walk_packet packet = packet_from("10.0.0.1");

	packet.dport = 20;
	ck_assert(has(space_ports(&space, &list, ~0U), &packet));
	packet.dport = 21;
	ck_assert(!has(space_ports(&space, &list, ~0U), &packet));
	packet.l4proto = IPPROTO_UDP;
	packet.dport = 30;
	ck_assert(has(space_ports(&space, &list, ~0U), &packet));
	ck_assert(!has(space_ports(&space, &list, 1U << APP_NONE), &packet));
	ck_assert(!has(space_macs(&space, &macs), &packet));
	packet.has_ether = true;
	memcpy(packet.ether_saddr, mac[0], 6);
	ck_assert(has(space_macs(&space, &macs), &packet));
	packet.ether_saddr[5]++;
	ck_assert(!has(space_macs(&space, &macs), &packet));
}
END_TEST

START_TEST(flows_forget_what_their_packets_differ_in)
{
	struct walk_packet packet = packet_from("10.0.0.1"), other = packet;
	uint32_t set = diagram_and(space.diagram, space_is(&space, SPACE_TCP_FLAGS, 2),
				   space_is(&space, SPACE_DPORT, 85));

	packet.tcp_flags = 2;
	other.tcp_flags = 16;
	other.ct_mark = 3;
	ck_assert(!has(set, &other));
	ck_assert(has(space_flows(&space, set), &other));
	other.dport = 86;
	ck_assert(!has(space_flows(&space, set), &other));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("space");
	TCase *tcase = tcase_create("space");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, address_lists_hold_their_addresses);
	tcase_add_test(tcase, sets_hold_their_elements_until_they_expire);
	tcase_add_test(tcase, a_set_may_be_asked_for_the_other_end);
	tcase_add_test(tcase, what_is_not_understood_of_a_set_is_an_error);
	tcase_add_test(tcase, interfaces_that_are_not_named_are_one_and_the_same);
	tcase_add_test(tcase, a_packet_survives_its_point);
	tcase_add_test(tcase, marks_are_their_bits);
	tcase_add_test(tcase, ports_and_hardware_addresses_are_told);
	tcase_add_test(tcase, flows_forget_what_their_packets_differ_in);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
