/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/boxes.h: normal boxes are disjoint and hold the same addresses and ports as
 * before. */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "ruleset/boxes.h"

static void add(struct boxes *boxes, const char *addresses, uint8_t l4proto, int first, int last)
{
	struct box box = { .l4proto = l4proto, .first = (uint16_t)first, .last = (uint16_t)last };

	ck_assert_int_eq(addr_range_parse(addresses, &box.addresses), 0);
	ck_assert_int_eq(boxes_add(boxes, &box), 0);
}

static void expect(const struct boxes *boxes, size_t i, const char *expected)
{
	char addresses[ADDR_RANGE_TEXT_MAX], text[ADDR_RANGE_TEXT_MAX + 40];

	ck_assert_uint_lt(i, boxes->count);
	(void)snprintf(text, sizeof(text), "%s %d %d-%d",
		       addr_range_text(&boxes->at[i].addresses, addresses), boxes->at[i].l4proto,
		       boxes->at[i].first, boxes->at[i].last);
	ck_assert_str_eq(text, expected);
}

START_TEST(a_host_inside_a_prefix_with_the_same_port_disappears_in_it)
{
	auto_(boxes_clear) struct boxes boxes = { 0 };

	add(&boxes, "198.51.100.140", IPPROTO_TCP, 443, 443);
	add(&boxes, "198.51.100.128/26", IPPROTO_TCP, 443, 443);
	add(&boxes, "198.51.100.140", IPPROTO_TCP, 8443, 8443);
	ck_assert_int_eq(boxes_normalise(&boxes), 0);
	ck_assert_uint_eq(boxes.count, 2);
	expect(&boxes, 0, "198.51.100.128/26 6 443-443");
	expect(&boxes, 1, "198.51.100.140 6 8443-8443");
	ck_assert(!box_is_single(&boxes.at[0]));
	ck_assert(box_is_single(&boxes.at[1]));
}
END_TEST

START_TEST(neighbours_are_merged_and_touching_ports_joined)
{
	auto_(boxes_clear) struct boxes boxes = { 0 };

	add(&boxes, "10.0.0.1", IPPROTO_UDP, 3478, 3479);
	add(&boxes, "10.0.0.0", IPPROTO_UDP, 3480, 3481);
	add(&boxes, "10.0.0.1", IPPROTO_UDP, 3480, 3481);
	add(&boxes, "10.0.0.0", IPPROTO_UDP, 3478, 3479);
	ck_assert_int_eq(boxes_normalise(&boxes), 0);
	ck_assert_uint_eq(boxes.count, 1);
	expect(&boxes, 0, "10.0.0.0/31 17 3478-3481");
}
END_TEST

START_TEST(protocols_and_families_stay_apart)
{
	auto_(boxes_clear) struct boxes boxes = { 0 };

	add(&boxes, "255.255.255.255", IPPROTO_TCP, 0, 65535);
	add(&boxes, "255.255.255.255", IPPROTO_UDP, 0, 65535);
	add(&boxes, "::", IPPROTO_TCP, 0, 65535);
	add(&boxes, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", IPPROTO_TCP, 0, 65535);
	ck_assert_int_eq(boxes_normalise(&boxes), 0);
	ck_assert_uint_eq(boxes.count, 4);
	expect(&boxes, 0, "255.255.255.255 6 0-65535");
	expect(&boxes, 1, "255.255.255.255 17 0-65535");
	expect(&boxes, 2, ":: 6 0-65535");
	expect(&boxes, 3, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 6 0-65535");
}
END_TEST

START_TEST(nothing_stays_nothing)
{
	auto_(boxes_clear) struct boxes boxes = { 0 };

	ck_assert_int_eq(boxes_normalise(&boxes), 0);
	ck_assert_uint_eq(boxes.count, 0);
}
END_TEST

/* A world of few addresses and ports, all of which can be looked at:
 * [family][protocol][address][port]. */
#define ADDRESSES 12
#define PORTS     12
struct world {
	unsigned char at[2][2][ADDRESSES][PORTS];
};

static void paint(const struct boxes *boxes, struct world *world)
{
	memset(world, 0, sizeof(*world));
	for (size_t i = 0; i < boxes->count; i++) {
		const struct box *box = &boxes->at[i];
		size_t end = addr_len(box->addresses.family) - 1;

		for (int a = box->addresses.first[end]; a <= box->addresses.last[end]; a++)
			for (int p = box->first; p <= box->last; p++)
				world->at[box->addresses.family == 6][box->l4proto == IPPROTO_UDP]
					 [a][p]++;
	}
}

static struct box random_box(void)
{
	struct box box = { .addresses = { .family = rand() % 2 ? 4 : 6 },
			   .l4proto = rand() % 2 ? IPPROTO_TCP : IPPROTO_UDP };
	size_t end = addr_len(box.addresses.family) - 1;
	int a = rand() % ADDRESSES, p = rand() % PORTS;

	box.addresses.first[end] = (uint8_t)a;
	box.addresses.last[end] = (uint8_t)(a + rand() % (ADDRESSES - a));
	box.first = (uint16_t)p;
	box.last = (uint16_t)(p + rand() % (PORTS - p));
	return box;
}

START_TEST(random_boxes_become_disjoint_and_cover_the_same_in_any_order)
{
	unsigned int seed = (unsigned int)time(NULL);

	printf("boxes: seed %u\n", seed);
	srand(seed);
	const int rounds = getenv("SEKISHO_VALGRIND") ? 100 : 2000; /* it is slow there */

	for (int round = 0; round < rounds; round++) {
		auto_(boxes_clear) struct boxes boxes = { 0 };
		auto_(boxes_clear) struct boxes other = { 0 };
		size_t count = 1 + (size_t)rand() % 12;
		struct box list[12];
		static struct world before, after;

		for (size_t i = 0; i < count; i++) {
			list[i] = random_box();
			ck_assert_int_eq(boxes_add(&boxes, &list[i]), 0);
		}
		for (size_t i = count; i-- > 0;)
			ck_assert_int_eq(boxes_add(&other, &list[i]), 0);
		paint(&boxes, &before);
		ck_assert_int_eq(boxes_normalise(&boxes), 0);
		ck_assert_int_eq(boxes_normalise(&other), 0);
		paint(&boxes, &after);
		for (size_t i = 0; i < sizeof(after); i++)
			ck_assert_int_eq(((unsigned char *)&after)[i],
					 ((unsigned char *)&before)[i] ? 1 : 0);
		ck_assert_uint_eq(boxes.count, other.count);
		ck_assert_mem_eq(boxes.at, other.at, boxes.count * sizeof(*boxes.at));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("boxes");
	TCase *tcase = tcase_create("boxes");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_host_inside_a_prefix_with_the_same_port_disappears_in_it);
	tcase_add_test(tcase, neighbours_are_merged_and_touching_ports_joined);
	tcase_add_test(tcase, protocols_and_families_stay_apart);
	tcase_add_test(tcase, nothing_stays_nothing);
	tcase_add_test(tcase, random_boxes_become_disjoint_and_cover_the_same_in_any_order);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
