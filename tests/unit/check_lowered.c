/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sets are split for the kernel, and what becomes of their rules. */
#include "kernel/lowered.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/build.h"

#define FEW 8

/* Networks of 16 and of 4 addresses by turns. */
static void put_networks(struct build *b, const char *name, enum ruleset_field field,
			 uint32_t count)
{
	uint32_t i;

	build_set(b, name, BUILD_INTERVAL, BUILD_FIELDS(field, FIELD_DPORT));
	for (i = 0; i < count; i++) {
		uint32_t first = htonl(0x0a000000 + i * 16);
		uint32_t last = htonl(0x0a000000 + i * 16 + (i % 2 ? 15 : 3));
		struct addr_range range = { .family = 4 };

		memcpy(range.first, &first, sizeof(first));
		memcpy(range.last, &last, sizeof(last));
		build_element(b);
		build_put_range(b, &range);
		build_put_number(b, 443, 443);
	}
}

static void put_rule(struct build *b, const char *set, bool negate)
{
	build_rule(b, "why");
	if (negate)
		build_not_in_set(b, set, BUILD_FIELDS(FIELD_DADDR4, FIELD_DPORT));
	else
		build_in_set(b, set, BUILD_FIELDS(FIELD_DADDR4, FIELD_DPORT));
	build_accept(b);
}

static struct lowered *lower(struct build *b, size_t elements_min)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct lowered *lowered = NULL;

	ck_assert_int_eq(build_finish(b, &ruleset), 0);
	ck_assert_int_eq(lowered_make(ruleset, elements_min, NULL, &lowered), 0);
	return lowered;
}

START_TEST(a_big_set_becomes_one_for_each_shape_and_one_for_what_is_left)
{
	auto_(lowered_freep) struct lowered *lowered = NULL;
	const struct ruleset_rule *rules;
	struct build b;

	build_start(&b);
	put_networks(&b, "nets", FIELD_DADDR4, FEW);
	build_chain(&b, "c");
	put_rule(&b, "nets", false);
	lowered = lower(&b, FEW);
	ck_assert_uint_eq(lowered->ruleset->set_count, 3);
	ck_assert_str_eq(lowered->ruleset->sets[0].name, "nets.h0200");
	ck_assert_str_eq(lowered->ruleset->sets[1].name, "nets.h0400");
	ck_assert_str_eq(lowered->ruleset->sets[2].name, "nets");
	ck_assert(!lowered->ruleset->sets[0].interval);
	ck_assert(lowered->ruleset->sets[2].interval);
	ck_assert_uint_eq(lowered->parts[0].made.count, FEW / 2);
	ck_assert_uint_eq(lowered->parts[2].made.count, 0);
	ck_assert_uint_eq(lowered->ruleset->chains[0].rule_count, 3);
	rules = lowered->ruleset->chains[0].rules;
	ck_assert_str_eq(rules[0].statements[0].text, "nets.h0200");
	ck_assert_uint_eq(rules[0].statements[0].ignored[0], 2);
	ck_assert_uint_eq(rules[1].statements[0].ignored[0], 4);
	ck_assert_uint_eq(rules[2].statements[0].ignored[0], 0);
	ck_assert_str_eq(rules[2].comment, "why");
	ck_assert_uint_eq(rules[0].count, 2);
}
END_TEST

START_TEST(small_sets_and_sets_that_are_asked_for_their_absence_stay_whole)
{
	auto_(lowered_freep) struct lowered *small = NULL;
	auto_(lowered_freep) struct lowered *absent = NULL;
	struct build b;

	build_start(&b);
	put_networks(&b, "nets", FIELD_DADDR4, FEW);
	build_chain(&b, "c");
	put_rule(&b, "nets", false);
	small = lower(&b, FEW + 1);
	ck_assert_uint_eq(small->ruleset->set_count, 1);
	ck_assert_uint_eq(small->parts[0].made.count, FEW);
	build_start(&b);
	put_networks(&b, "nets", FIELD_DADDR4, FEW);
	build_chain(&b, "c");
	put_rule(&b, "nets", false);
	put_rule(&b, "nets", true);
	absent = lower(&b, FEW);
	ck_assert_uint_eq(absent->ruleset->set_count, 1);
	ck_assert_uint_eq(absent->ruleset->chains[0].rule_count, 2);
}
END_TEST

START_TEST(of_two_big_sets_in_one_rule_one_is_split)
{
	auto_(lowered_freep) struct lowered *lowered = NULL;
	struct build b;

	build_start(&b);
	put_networks(&b, "from", FIELD_SADDR4, FEW);
	put_networks(&b, "to", FIELD_DADDR4, FEW);
	build_chain(&b, "c");
	build_rule(&b, NULL);
	build_in_set(&b, "from", BUILD_FIELDS(FIELD_SADDR4, FIELD_DPORT));
	build_in_set(&b, "to", BUILD_FIELDS(FIELD_DADDR4, FIELD_DPORT));
	build_accept(&b);
	lowered = lower(&b, FEW);
	ck_assert_uint_eq(lowered->ruleset->set_count, 4);
	ck_assert_uint_eq(lowered->ruleset->chains[0].rule_count, 3);
}
END_TEST

START_TEST(names_of_parts_are_read_back)
{
	uint8_t ignored[RULESET_KEY_FIELDS_MAX] = { 0 };
	size_t len = 0;

	ck_assert(lowered_read_name("some_set4.h1f0002", 3, &len, ignored));
	ck_assert_uint_eq(len, strlen("some_set4"));
	ck_assert_uint_eq(ignored[0], 31);
	ck_assert_uint_eq(ignored[1], 0);
	ck_assert_uint_eq(ignored[2], 2);
	ck_assert(!lowered_read_name("some_set4.h1f00", 3, &len, ignored));
	ck_assert(!lowered_read_name("some_set4.h1f000g", 3, &len, ignored));
	ck_assert(!lowered_read_name(".h1f0002", 3, &len, ignored));
	ck_assert(!lowered_read_name("", 1, &len, ignored));
}
END_TEST

START_TEST(a_new_name_is_mentioned_everywhere)
{
	const char names[3][RULESET_NAME_MAX] = { "x", "y", "z" };
	auto_(lowered_freep) struct lowered *lowered = NULL;
	struct build b;

	build_start(&b);
	put_networks(&b, "nets", FIELD_DADDR4, FEW);
	build_chain(&b, "c");
	put_rule(&b, "nets", false);
	lowered = lower(&b, FEW);
	lowered_rename(lowered, names);
	ck_assert_str_eq(lowered->ruleset->sets[1].name, "y");
	ck_assert_str_eq(lowered->ruleset->chains[0].rules[2].statements[0].text, "z");
}
END_TEST

START_TEST(last_bits_are_set)
{
	uint8_t bytes[4] = { 10, 0, 0, 0 };

	lowered_fill(bytes, sizeof(bytes), 0);
	ck_assert_uint_eq(bytes[3], 0);
	lowered_fill(bytes, sizeof(bytes), 12);
	ck_assert_mem_eq(bytes, "\x0a\x00\x0f\xff", 4);
	lowered_fill(bytes, sizeof(bytes), 32);
	ck_assert_mem_eq(bytes, "\xff\xff\xff\xff", 4);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lowered");
	TCase *tc = tcase_create("lowered");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, a_big_set_becomes_one_for_each_shape_and_one_for_what_is_left);
	tcase_add_test(tc, small_sets_and_sets_that_are_asked_for_their_absence_stay_whole);
	tcase_add_test(tc, of_two_big_sets_in_one_rule_one_is_split);
	tcase_add_test(tc, names_of_parts_are_read_back);
	tcase_add_test(tc, a_new_name_is_mentioned_everywhere);
	tcase_add_test(tc, last_bits_are_set);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
