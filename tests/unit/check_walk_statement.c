/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/walk_statement.c: what each statement says to packets that have what it asks
 * for, and to those that lack it. */
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "walk_probe.h"

/* Whether the statement lets its rule go on for that packet. */
static bool holds(const struct ruleset_statement *s, const struct walk_packet *p)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build b;

	build_start(&b);
	probe_begin_forward(&b);
	build_rule(&b, NULL);
	build_statement(&b, s);
	build_accept(&b);
	ruleset = probe_finish(&b);
	return probe_walk(ruleset, p).outcome == WALK_ACCEPT;
}

/* A match of something that the packet has: it holds, and negated it does not; with another value
 * the other way round. */
static void check_match(struct ruleset_statement fits, struct ruleset_statement differs,
			const struct walk_packet *p)
{
	ck_assert(holds(&fits, p));
	ck_assert(!holds(&differs, p));
	fits.negate = differs.negate = true;
	ck_assert(!holds(&fits, p));
	ck_assert(holds(&differs, p));
}

/* A match of something that the packet has not: it never holds. */
static void check_lacks(struct ruleset_statement s, const struct walk_packet *p)
{
	ck_assert(!holds(&s, p));
	s.negate = true;
	ck_assert(!holds(&s, p));
}

START_TEST(simple_matches_hold_where_the_packet_fits)
{
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_packet p6 = probe_tcp("2001:db8::1", "2001:db8::2", 443);

	p.ct_mark = 0x103;
	p.meta_mark = 0x10;
	check_match(*S(.kind = MATCH_NFPROTO, .value = 2), *S(.kind = MATCH_NFPROTO, .value = 10),
		    &p);
	check_match(*S(.kind = MATCH_NFPROTO, .value = 10), *S(.kind = MATCH_NFPROTO, .value = 2),
		    &p6);
	check_match(*S(.kind = MATCH_L4PROTO, .value = 6), *S(.kind = MATCH_L4PROTO, .value = 17),
		    &p);
	check_match(*S(.kind = MATCH_IIFNAME, .text = "in0"),
		    *S(.kind = MATCH_IIFNAME, .text = "in"), &p);
	check_match(*S(.kind = MATCH_OIFNAME, .text = "out0"),
		    *S(.kind = MATCH_OIFNAME, .text = "out00"), &p);
	check_match(*S(.kind = MATCH_CT_STATE, .value = STATE_NEW | STATE_RELATED),
		    *S(.kind = MATCH_CT_STATE, .value = STATE_ESTABLISHED), &p);
	check_match(*S(.kind = MATCH_CT_REPLY, .value = 0), *S(.kind = MATCH_CT_REPLY, .value = 1),
		    &p);
	check_match(*S(.kind = MATCH_CT_MARK, .mask = 7, .value = 3),
		    *S(.kind = MATCH_CT_MARK, .mask = 7, .value = 0x103), &p);
	check_match(*S(.kind = MATCH_META_MARK, .mask = 0x10, .value = 0x10),
		    *S(.kind = MATCH_META_MARK, .mask = 0x10, .value = 0), &p);
	check_match(*S(.kind = MATCH_TCP_FLAGS, .mask = 0x12, .value = 2),
		    *S(.kind = MATCH_TCP_FLAGS, .mask = 0x12, .value = 0x12), &p);
	p.ct_reply = true;
	check_match(*S(.kind = MATCH_CT_REPLY, .value = 1), *S(.kind = MATCH_CT_REPLY, .value = 0),
		    &p);
}
END_TEST

START_TEST(parts_of_udp_headers_are_matched_where_they_are)
{
	const struct ruleset_statement first = { .kind = MATCH_UDP_FIRST,
						 .mask = 0xc0,
						 .value = 0x40 };
	const struct ruleset_statement length = { .kind = MATCH_UDP_LENGTH, .mask = 0xf800 };
	struct ruleset_statement other = first;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);

	check_lacks(first, &p);
	check_lacks(length, &p);
	p.l4proto = IPPROTO_UDP;
	p.udp_first = 0x7f;
	p.udp_length = 0x7ff;
	other.value = 0x80;
	check_match(first, other, &p);
	p.udp_first = 0x3f;
	other.value = 0;
	check_match(other, first, &p);
	other = length;
	other.value = 0x800;
	check_match(length, other, &p);
	p.udp_first = WALK_NO_BYTE;
	check_lacks(first, &p);
}
END_TEST

START_TEST(icmp_types_are_matched_in_their_own_family)
{
	struct ruleset_statement echo = { .kind = MATCH_ICMP_TYPES,
					  .types = { 3, 8 },
					  .type_count = 2 };
	struct ruleset_statement other = { .kind = MATCH_ICMP_TYPES,
					   .types = { 3 },
					   .type_count = 1 };
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 0);

	check_lacks(echo, &p);
	p.l4proto = IPPROTO_ICMP;
	p.icmp_type = 8;
	check_match(echo, other, &p);
	echo.kind = other.kind = MATCH_ICMPV6_TYPES;
	check_lacks(echo, &p);
	p = probe_tcp("2001:db8::1", "2001:db8::2", 0);
	p.l4proto = IPPROTO_ICMPV6;
	p.icmp_type = 8;
	check_match(echo, other, &p);
	/* ICMP proper between IPv6 addresses is neither */
	p.l4proto = IPPROTO_ICMP;
	check_lacks(echo, &p);
}
END_TEST

START_TEST(what_a_packet_lacks_is_matched_by_nothing_negated_or_not)
{
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 53);

	p.l4proto = IPPROTO_UDP;
	check_lacks(*S(.kind = MATCH_TCP_FLAGS, .mask = 2, .value = 2), &p);
	for (int i = 0; i < 2; i++) {
		p.ct_state = i ? STATE_INVALID : STATE_UNTRACKED;
		check_lacks(*S(.kind = MATCH_CT_MARK, .mask = 7, .value = 0), &p);
		check_lacks(*S(.kind = MATCH_CT_REPLY, .value = 0), &p);
		ck_assert(holds(S(.kind = MATCH_CT_STATE, .value = p.ct_state), &p));
		/* nothing is marked, but the rule goes on; nothing is read, and it does not */
		ck_assert(holds(S(.kind = ACT_SET_CT_MARK, .value = 1), &p));
		ck_assert(holds(S(.kind = ACT_CT_MARK_FROM_META), &p));
		ck_assert(!holds(S(.kind = ACT_META_MARK_FROM_CT), &p));
	}
}
END_TEST

/* A set of that key with one element, filled by build_put_ calls behind this. */
static void begin_set(struct build *b, enum build_set_kind kind, const enum ruleset_field *fields,
		      size_t count)
{
	build_start(b);
	build_set(b, "s", kind, fields, count);
	build_element(b);
}

/* Finishes with a rule that accepts what is in (or not in) the set "s". */
static bool is_in(struct build *b, bool in, const enum ruleset_field *fields, size_t count,
		  const struct walk_packet *p)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;

	probe_begin_forward(b);
	build_rule(b, NULL);
	if (in)
		build_in_set(b, "s", fields, count);
	else
		build_not_in_set(b, "s", fields, count);
	build_accept(b);
	ruleset = probe_finish(b);
	return probe_walk(ruleset, p).outcome == WALK_ACCEPT;
}

/* Whether the packet's value is in a set of one range of that address field. */
static bool address_in(enum ruleset_field field, const char *text, bool in,
		       const struct walk_packet *p)
{
	struct addr_range r = probe_range(text);
	struct build b;

	begin_set(&b, BUILD_INTERVAL, &field, 1);
	build_put_range(&b, &r);
	return is_in(&b, in, &field, 1, p);
}

static bool number_in(enum ruleset_field field, uint32_t first, uint32_t last, bool in,
		      const struct walk_packet *p)
{
	struct build b;

	begin_set(&b, BUILD_INTERVAL, &field, 1);
	build_put_number(&b, first, last);
	return is_in(&b, in, &field, 1, p);
}

START_TEST(addresses_are_looked_up_in_packets_of_their_family_alone)
{
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.9", 443);
	struct walk_packet p6 = probe_tcp("2001:db8::1", "2001:db8::9", 443);

	ck_assert(address_in(FIELD_SADDR4, "192.0.2.0-192.0.2.1", true, &p));
	ck_assert(!address_in(FIELD_SADDR4, "192.0.2.0-192.0.2.1", false, &p));
	ck_assert(!address_in(FIELD_SADDR4, "192.0.2.2-192.0.2.9", true, &p));
	ck_assert(address_in(FIELD_SADDR4, "192.0.2.2-192.0.2.9", false, &p));
	ck_assert(address_in(FIELD_DADDR4, "192.0.2.9", true, &p));
	ck_assert(address_in(FIELD_SADDR6, "2001:db8::/64", true, &p6));
	ck_assert(address_in(FIELD_DADDR6, "2001:db8::9", true, &p6));
	for (int in = 0; in < 2; in++) {
		ck_assert(!address_in(FIELD_SADDR4, "0.0.0.0/0", in, &p6));
		ck_assert(!address_in(FIELD_DADDR4, "0.0.0.0/0", in, &p6));
		ck_assert(!address_in(FIELD_SADDR6, "::/0", in, &p));
		ck_assert(!address_in(FIELD_DADDR6, "::/0", in, &p));
	}
}
END_TEST

START_TEST(lengths_ports_and_header_sizes_are_looked_up_where_they_are)
{
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.9", 443);
	struct walk_packet p6 = probe_tcp("2001:db8::1", "2001:db8::9", 443);
	struct walk_packet udp = p, icmp = p, empty = p;

	udp.l4proto = IPPROTO_UDP;
	icmp.l4proto = IPPROTO_ICMP; /* its checksum stands where ports would */
	empty.l4proto = 59;
	empty.is_short = true;
	ck_assert(number_in(FIELD_LENGTH4, 40, 40, true, &p));
	ck_assert(!number_in(FIELD_LENGTH4, 41, 65535, true, &p));
	ck_assert(!number_in(FIELD_LENGTH4, 0, 65535, true, &p6));
	ck_assert(!number_in(FIELD_LENGTH6, 0, 65535, true, &p));
	ck_assert(number_in(FIELD_LENGTH6, 40, 40, true, &p6));
	ck_assert(number_in(FIELD_TCP_DOFF, 5, 5, true, &p));
	ck_assert(!number_in(FIELD_TCP_DOFF, 6, 15, true, &p));
	ck_assert(!number_in(FIELD_TCP_DOFF, 0, 15, true, &udp));
	ck_assert(!number_in(FIELD_TCP_DOFF, 0, 15, false, &udp));
	ck_assert(number_in(FIELD_DPORT, 443, 444, true, &p));
	ck_assert(number_in(FIELD_DPORT, 1, 442, false, &p));
	ck_assert(number_in(FIELD_DPORT, 443, 443, true, &udp));
	ck_assert(number_in(FIELD_DPORT, 443, 443, true, &icmp));
	ck_assert(!number_in(FIELD_DPORT, 0, 65535, true, &empty));
	ck_assert(!number_in(FIELD_DPORT, 0, 65535, false, &empty));
}
END_TEST

START_TEST(marks_and_hardware_addresses_are_looked_up_where_there_are_any)
{
	static const enum ruleset_field mark = FIELD_CT_MARK, mac = FIELD_ETHER_SADDR;
	static const uint8_t address[6] = { 2, 0, 0, 0, 0, 1 };
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.9", 443);

	p.ct_mark = 0x12345678;
	for (int in = 0; in < 2; in++) {
		for (int same = 0; same < 2; same++) {
			struct build b;

			begin_set(&b, BUILD_EXACT, &mark, 1);
			build_put_number(&b, same ? 0x12345678 : 5, same ? 0x12345678 : 5);
			ck_assert_int_eq(is_in(&b, in, &mark, 1, &p), in == same);
			begin_set(&b, BUILD_EXACT, &mark, 1);
			build_put_number(&b, 0x12345678, 0x12345678);
			p.ct_state = STATE_INVALID;
			ck_assert(!is_in(&b, in, &mark, 1, &p));
			p.ct_state = STATE_NEW;
			begin_set(&b, BUILD_EXACT, &mac, 1);
			memcpy(b.ruleset->sets[0].elements[0].first, address, 6);
			memcpy(b.ruleset->sets[0].elements[0].last, address, 6);
			memcpy(p.ether_saddr, address, 6);
			p.ether_saddr[5] = same ? 1 : 2;
			p.has_ether = true;
			ck_assert_int_eq(is_in(&b, in, &mac, 1, &p), in == same);
			begin_set(&b, BUILD_EXACT, &mac, 1);
			p.has_ether = false;
			ck_assert(!is_in(&b, in, &mac, 1, &p));
		}
	}
}
END_TEST

/* A map from protocols to verdicts, and chains that they may lead to. */
static struct ruleset *map_ruleset(void)
{
	static const struct {
		uint8_t l4proto;
		enum ruleset_verdict_kind kind;
	} elements[] = {
		{ 6, VERDICT_ACCEPT }, { 17, VERDICT_DROP },   { 1, VERDICT_JUMP },
		{ 58, VERDICT_GOTO },  { 47, VERDICT_RETURN },
	};
	struct build b;

	build_start(&b);
	build_set(&b, "m", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_L4PROTO));
	for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
		bool leads = elements[i].kind == VERDICT_JUMP || elements[i].kind == VERDICT_GOTO;

		build_element(&b);
		build_put_protocol(&b, elements[i].l4proto);
		build_put_verdict(&b, elements[i].kind, leads ? "sub" : NULL);
	}
	build_chain(&b, "sub");
	build_rule(&b, "sub");
	build_value(&b, ACT_SET_META_MARK, 77);
	probe_begin_forward(&b);
	build_rule(&b, NULL);
	build_lookup(&b, "m", BUILD_FIELDS(FIELD_L4PROTO));
	build_rule(&b, "after");
	build_act(&b, ACT_REJECT_ADMIN);
	return probe_finish(&b);
}

START_TEST(a_verdict_map_does_what_its_element_says)
{
	static const struct {
		uint8_t l4proto;
		enum walk_outcome outcome;
		uint32_t mark;
		size_t steps;
	} cases[] = {
		{ 6, WALK_ACCEPT, 0, 1 },         { 17, WALK_DROP, 0, 1 },
		{ 1, WALK_REJECT_ADMIN, 77, 3 },  /* comes back, and goes on */
		{ 58, WALK_DROP, 77, 3 },         /* does not come back: the policy */
		{ 47, WALK_DROP, 0, 2 },          /* returns from the base chain: the policy */
		{ 132, WALK_REJECT_ADMIN, 0, 1 }, /* not in the map: the next rule */
	};
	auto_(ruleset_freep) struct ruleset *ruleset = map_ruleset();

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
		struct walk_result r;

		p.l4proto = cases[i].l4proto;
		r = probe_walk(ruleset, &p);
		ck_assert_int_eq(r.outcome, cases[i].outcome);
		ck_assert_uint_eq(r.meta_mark, cases[i].mark);
		ck_assert_uint_eq(r.step_count, cases[i].steps);
	}
}
END_TEST

START_TEST(the_connections_mark_is_looked_up_through_its_mask)
{
	struct ruleset_statement map = { .kind = ACT_CT_MARK_MAP, .mask = 7, .text = "m" };
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build b;

	build_start(&b);
	build_set(&b, "m", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	build_element(&b);
	build_put_number(&b, 3, 3);
	build_put_verdict(&b, VERDICT_ACCEPT, NULL);
	probe_begin_forward(&b);
	build_rule(&b, NULL);
	build_statement(&b, &map);
	ruleset = probe_finish(&b);
	p.ct_mark = 0xabcd03;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_ACCEPT);
	p.ct_mark = 0xabcd04;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_DROP);
	p.ct_mark = 0xabcd03;
	p.ct_state = STATE_UNTRACKED;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_DROP);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walk_statement");
	TCase *tcase = tcase_create("walk_statement");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, simple_matches_hold_where_the_packet_fits);
	tcase_add_test(tcase, parts_of_udp_headers_are_matched_where_they_are);
	tcase_add_test(tcase, icmp_types_are_matched_in_their_own_family);
	tcase_add_test(tcase, what_a_packet_lacks_is_matched_by_nothing_negated_or_not);
	tcase_add_test(tcase, addresses_are_looked_up_in_packets_of_their_family_alone);
	tcase_add_test(tcase, lengths_ports_and_header_sizes_are_looked_up_where_they_are);
	tcase_add_test(tcase, marks_and_hardware_addresses_are_looked_up_where_there_are_any);
	tcase_add_test(tcase, a_verdict_map_does_what_its_element_says);
	tcase_add_test(tcase, the_connections_mark_is_looked_up_through_its_mask);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
