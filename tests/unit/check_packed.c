/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packed elements: they come out as they went in, and follow a set by its changes. */
#include "kernel/packed.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "ruleset/build.h"
#include "ruleset/same.h"

#define STEPS 200
#define KEYS  60

/* A map from connection marks, of those keys whose bit is set, with verdicts by what. */
static struct ruleset *make(uint64_t present, unsigned int what)
{
	struct ruleset *ruleset = NULL;
	struct build b;
	uint32_t i;

	build_start(&b);
	build_set(&b, "map", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_SADDR4, FIELD_DPORT));
	for (i = 0; i < KEYS; i++) {
		struct addr_range range = { .family = 4 };
		uint32_t address = htonl(i * 7);

		if (!(present >> i & 1))
			continue;
		memcpy(range.first, &address, sizeof(address));
		memcpy(range.last, &address, sizeof(address));
		build_element(&b);
		build_put_range(&b, &range);
		build_put_number(&b, i, i);
		if (i % 3 == 0)
			build_put_verdict(&b, VERDICT_GOTO, i % 2 == what ? "one" : "two");
		else
			build_put_verdict(&b, VERDICT_ACCEPT, NULL);
	}
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	return ruleset;
}

static void expect_holds(const struct packed *packed, const struct ruleset_set *set)
{
	size_t i;

	ck_assert_uint_eq(packed->count, set->element_count);
	for (i = 0; i < packed->count; i++) {
		struct ruleset_element e;

		packed_get(packed, i, &e);
		ck_assert_mem_eq(e.first, set->elements[i].first, sizeof(e.first));
		ck_assert_mem_eq(e.last, set->elements[i].last, sizeof(e.last));
		ck_assert(same_verdict(&e.verdict, &set->elements[i].verdict));
	}
}

START_TEST(random_changes_are_followed)
{
	unsigned int seed = (unsigned int)time(NULL), what = 0;
	auto_(ruleset_freep) struct ruleset *first = make(0, 0);
	auto_(packed_clear) struct packed packed = { 0 };
	uint64_t present = 0;
	int i;

	printf("seed %u\n", seed);
	packed_start(&packed, &first->sets[0], false);
	for (i = 0; i < STEPS; i++) {
		auto_(packed_changes_clear) struct packed_changes changes = { 0 };
		auto_(ruleset_freep) struct ruleset *next = NULL;

		present ^= UINT64_C(1) << rand_r(&seed) % KEYS;
		present ^= UINT64_C(1) << rand_r(&seed) % KEYS;
		if (rand_r(&seed) % 5 == 0)
			what = !what;
		next = make(present, what);
		ck_assert_int_eq(packed_compare(&packed, &next->sets[0], &changes), 0);
		ck_assert_int_eq(packed_update(&packed, &next->sets[0], &changes), 0);
		expect_holds(&packed, &next->sets[0]);
		packed_changes_clear(&changes);
		ck_assert_int_eq(packed_compare(&packed, &next->sets[0], &changes), 0);
		ck_assert_uint_eq(changes.gone_count + changes.new_count, 0);
	}
}
END_TEST

START_TEST(elements_out_of_order_are_put_in_order)
{
	auto_(ruleset_freep) struct ruleset *ruleset = make(0xff, 0);
	auto_(packed_changes_clear) struct packed_changes changes = { 0 };
	auto_(packed_clear) struct packed packed = { 0 };
	struct ruleset_set *set = &ruleset->sets[0];
	size_t i;

	packed_start(&packed, set, false);
	for (i = set->element_count; i > 0; i--)
		ck_assert_int_eq(packed_add(&packed, &set->elements[i - 1], set), 0);
	ck_assert(!packed.sorted);
	ck_assert_int_eq(packed_sort(&packed), 0);
	expect_holds(&packed, set);
	packed_clear(&packed);
	packed_start(&packed, set, false);
	set->elements[0] = set->elements[3];
	ck_assert_int_eq(packed_compare(&packed, set, &changes), -EDOM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("packed");
	TCase *tc = tcase_create("packed");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, random_changes_are_followed);
	tcase_add_test(tc, elements_out_of_order_are_put_in_order);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
