/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes taken apart: what was in is in just once, and nothing else. */
#include "kernel/shapes.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "kernel/lowered.h"
#include "lab/sample_ruleset.h"
#include "ruleset/build.h"

#define BOXES  300
#define POINTS 3000

static bool within(const struct ruleset_set *set, const uint8_t *key, const uint8_t *first,
		   const uint8_t *last)
{
	size_t at = 0, i;

	for (i = 0; i < set->key_fields; i++) {
		size_t size = ruleset_field_size(set->key[i]);

		if (memcmp(key + at, first + at, size) < 0 || memcmp(key + at, last + at, size) > 0)
			return false;
		at += ruleset_field_room(set->key[i]);
	}
	return true;
}

static size_t count_in_set(const struct ruleset_set *set, const uint8_t *key)
{
	size_t count = 0, i;

	for (i = 0; i < set->element_count; i++)
		count += within(set, key, set->elements[i].first, set->elements[i].last);
	return count;
}

/* As the kernel does: masked keys compared with the entries of each shape, ranges with the rest. */
static size_t count_in_shapes(const struct shapes *shapes, const struct ruleset_set *set,
			      const uint8_t *key)
{
	struct ruleset_element e;
	size_t count = 0, i, j, f;

	for (i = 0; i < shapes->count; i++) {
		uint8_t bits[RULESET_KEY_BYTES_MAX] = { 0 }, masked[RULESET_KEY_BYTES_MAX];
		size_t at = 0;

		for (f = 0; f < set->key_fields; f++) {
			lowered_fill(bits + at, ruleset_field_size(set->key[f]),
				     shapes->at[i].ignored[f]);
			at += ruleset_field_room(set->key[f]);
		}
		for (j = 0; j < sizeof(masked); j++)
			masked[j] = key[j] & (uint8_t)~bits[j];
		for (j = 0; j < shapes->at[i].entries.count; j++) {
			packed_get(&shapes->at[i].entries, j, &e);
			count += memcmp(e.first, masked, sizeof(masked)) == 0;
		}
	}
	for (j = 0; j < shapes->rest.count; j++) {
		packed_get(&shapes->rest, j, &e);
		count += within(set, key, e.first, e.last);
	}
	return count;
}

/* Disjoint boxes of random addresses and ports. */
static struct ruleset *random_boxes(unsigned int *seed)
{
	struct ruleset *ruleset = NULL;
	uint32_t address = 0;
	struct build b;
	int i;

	build_start(&b);
	build_set(&b, "boxes4", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (i = 0; i < BOXES; i++) {
		uint32_t first = address + (uint32_t)rand_r(seed) % 50;
		uint32_t last = first + (uint32_t)rand_r(seed) % 60;
		uint16_t port = (uint16_t)(rand_r(seed) % 100);
		struct addr_range range = { .family = 4 };
		uint32_t first_be = htonl(first), last_be = htonl(last);

		memcpy(range.first, &first_be, sizeof(first_be));
		memcpy(range.last, &last_be, sizeof(last_be));
		build_element(&b);
		build_put_range(&b, &range);
		build_put_protocol(&b, rand_r(seed) % 2 ? 6 : 17);
		build_put_number(&b, port, port + (uint32_t)rand_r(seed) % 20);
		address = last + 1;
	}
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	return ruleset;
}

static void random_key(unsigned int *seed, uint8_t *key)
{
	uint32_t address = htonl((uint32_t)rand_r(seed) % (BOXES * 55));

	memset(key, 0, RULESET_KEY_BYTES_MAX);
	memcpy(key, &address, sizeof(address));
	key[4] = rand_r(seed) % 2 ? 6 : 17;
	key[9] = (uint8_t)(rand_r(seed) % 120);
}

static void expect_equal(size_t shapes_max, unsigned int *seed)
{
	auto_(ruleset_freep) struct ruleset *ruleset = random_boxes(seed);
	auto_(shapes_clear) struct shapes shapes = { 0 };
	const struct ruleset_set *set = &ruleset->sets[0];
	size_t i, inside = 0;

	ck_assert_int_eq(shapes_make(set, shapes_max, &shapes), 0);
	ck_assert_uint_le(shapes.count, shapes_max);
	for (i = 0; i < POINTS; i++) {
		uint8_t key[RULESET_KEY_BYTES_MAX];
		size_t wanted;

		random_key(seed, key);
		wanted = count_in_set(set, key);
		inside += wanted;
		ck_assert_uint_le(wanted, 1);
		ck_assert_uint_eq(count_in_shapes(&shapes, set, key), wanted);
	}
	ck_assert_uint_gt(inside, 0);
}

START_TEST(random_boxes_hold_the_same_keys_whatever_is_left_over)
{
	unsigned int seed = (unsigned int)time(NULL);
	const char *given = getenv("SEED");

	if (given)
		seed = (unsigned int)strtoul(given, NULL, 10);
	printf("seed %u\n", seed);
	expect_equal(SHAPES_ROOM, &seed);
	expect_equal(LOWERED_SHAPES_MAX, &seed);
	expect_equal(3, &seed);
	expect_equal(0, &seed);
}
END_TEST

static void expect_pieces(const char *range, size_t pieces, size_t rest)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(shapes_clear) struct shapes shapes = { 0 };
	struct addr_range parsed;
	size_t count = 0, i;
	struct build b;

	ck_assert_int_eq(addr_range_parse(range, &parsed), 0);
	build_start(&b);
	build_set(&b, "one", BUILD_INTERVAL,
		  BUILD_FIELDS(parsed.family == 4 ? FIELD_SADDR4 : FIELD_SADDR6));
	build_element(&b);
	build_put_range(&b, &parsed);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(shapes_make(&ruleset->sets[0], SHAPES_ROOM, &shapes), 0);
	for (i = 0; i < shapes.count; i++)
		count += shapes.at[i].entries.count;
	ck_assert_uint_eq(count, pieces);
	ck_assert_uint_eq(shapes.rest.count, rest);
}

START_TEST(ranges_become_the_fewest_prefixes)
{
	expect_pieces("10.0.0.0/8", 1, 0);
	expect_pieces("0.0.0.0/0", 1, 0);
	expect_pieces("::/0", 1, 0);
	expect_pieces("10.0.0.1", 1, 0);
	expect_pieces("10.0.0.1-10.0.0.2", 2, 0);
	expect_pieces("0.0.0.1-255.255.255.254", 62, 0);
	expect_pieces("0.0.0.0-255.255.255.254", 32, 0);
	expect_pieces("2001:db8::-2001:db8:0:2:ffff:ffff:ffff:ffff", 2, 0);
	expect_pieces("::1-ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", 0, 1);
}
END_TEST

START_TEST(interface_names_are_never_taken_apart)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(shapes_clear) struct shapes shapes = { 0 };
	struct build b;

	build_start(&b);
	build_set(&b, "places4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR4));
	build_element(&b);
	build_put_interface(&b, "lan0");
	sample_put_range(&b, "10.0.0.0/24");
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(shapes_make(&ruleset->sets[0], SHAPES_ROOM, &shapes), 0);
	ck_assert_uint_eq(shapes.count, 1);
	ck_assert_uint_eq(shapes.at[0].ignored[0], 0);
	ck_assert_uint_eq(shapes.at[0].ignored[1], 8);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shapes");
	TCase *tc = tcase_create("shapes");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, random_boxes_hold_the_same_keys_whatever_is_left_over);
	tcase_add_test(tc, ranges_become_the_fewest_prefixes);
	tcase_add_test(tc, interface_names_are_never_taken_apart);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
