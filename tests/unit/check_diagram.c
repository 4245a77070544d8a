/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/diagram.h: in a space small enough to be counted out, every operation is what it
 * says, point by point. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "prove/diagram.h"

#define VARIABLES 4
static const uint32_t lasts[VARIABLES] = { 3, 1, 6, 4 };
#define POINTS (4 * 2 * 7 * 5)

/* A set both ways: as a diagram, and point by point. */
struct both {
	uint32_t set;
	bool has[POINTS];
};

static void point_of(size_t n, uint32_t values[VARIABLES])
{
	for (size_t v = 0; v < VARIABLES; v++) {
		values[v] = (uint32_t)(n % (lasts[v] + 1));
		n /= lasts[v] + 1;
	}
}

static void compare(struct diagram *d, const struct both *both)
{
	uint32_t values[VARIABLES];

	for (size_t n = 0; n < POINTS; n++) {
		point_of(n, values);
		ck_assert_int_eq(diagram_has(d, both->set, values), both->has[n]);
	}
}

static struct both random_set(struct diagram *d)
{
	struct diagram_boxes boxes = { .variables = { 0, 1, 2, 3 }, .variable_count = VARIABLES };
	struct both both = { 0 };
	uint32_t values[VARIABLES];

	for (int i = rand() % 12; i > 0; i--) {
		uint32_t(*row)[2] = diagram_boxes_add(&boxes);

		for (size_t v = 0; v < VARIABLES; v++) {
			row[v][0] = (uint32_t)rand() % (lasts[v] + 1);
			row[v][1] = row[v][0] + (uint32_t)rand() % (lasts[v] + 1 - row[v][0]);
		}
	}
	for (size_t n = 0; n < POINTS; n++) {
		point_of(n, values);
		for (size_t i = 0; i < boxes.count; i++) {
			bool inside = true;

			for (size_t v = 0; v < VARIABLES; v++)
				inside &= boxes.ranges[i * VARIABLES + v][0] <= values[v] &&
					  values[v] <= boxes.ranges[i * VARIABLES + v][1];
			both.has[n] |= inside;
		}
	}
	both.set = diagram_union(d, &boxes);
	diagram_boxes_clear(&boxes);
	compare(d, &both);
	return both;
}

START_TEST(random_sets_agree_with_their_points)
{
	auto_(diagram_freep) struct diagram *d = diagram_new(lasts, VARIABLES, 1U << 24);
	unsigned int seed = (unsigned int)time(NULL);

	printf("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 500; i++) {
		struct both a = random_set(d), b = random_set(d), c = { 0 };

		c.set = diagram_and(d, a.set, b.set);
		for (size_t n = 0; n < POINTS; n++)
			c.has[n] = a.has[n] && b.has[n];
		compare(d, &c);
		c.set = diagram_or(d, a.set, b.set);
		for (size_t n = 0; n < POINTS; n++)
			c.has[n] = a.has[n] || b.has[n];
		compare(d, &c);
		c.set = diagram_minus(d, a.set, b.set);
		for (size_t n = 0; n < POINTS; n++)
			c.has[n] = a.has[n] && !b.has[n];
		compare(d, &c);
		/* one form only */
		ck_assert_uint_eq(diagram_or(d, c.set, diagram_and(d, a.set, b.set)), a.set);
	}
	ck_assert_int_eq(diagram_error(d), 0);
}
END_TEST

START_TEST(what_is_forgotten_may_be_anything)
{
	auto_(diagram_freep) struct diagram *d = diagram_new(lasts, VARIABLES, 1U << 24);
	unsigned int seed = (unsigned int)time(NULL);

	printf("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 500; i++) {
		bool flags[VARIABLES] = { rand() % 2, rand() % 2, rand() % 2, rand() % 2 };
		struct both a = random_set(d), b = { 0 };
		uint32_t x[VARIABLES], y[VARIABLES];

		b.set = diagram_forget(d, a.set, flags);
		for (size_t n = 0; n < POINTS; n++) {
			point_of(n, x);
			for (size_t m = 0; m < POINTS && !b.has[n]; m++) {
				bool same = true;

				point_of(m, y);
				for (size_t v = 0; v < VARIABLES; v++)
					same &= flags[v] || x[v] == y[v];
				b.has[n] = same && a.has[m];
			}
		}
		compare(d, &b);
	}
}
END_TEST

START_TEST(a_picked_point_is_in_the_set_and_keeps_to_wishes)
{
	auto_(diagram_freep) struct diagram *d = diagram_new(lasts, VARIABLES, 1U << 24);

	for (int i = 0; i < 500; i++) {
		struct both a = random_set(d);
		uint32_t wish[VARIABLES], values[VARIABLES];

		if (a.set == DIAGRAM_NONE)
			continue;
		point_of((size_t)rand() % POINTS, wish);
		memcpy(values, wish, sizeof(values));
		diagram_pick(d, a.set, values);
		ck_assert(diagram_has(d, a.set, values));
		if (diagram_has(d, a.set, wish))
			ck_assert_mem_eq(values, wish, sizeof(wish));
	}
}
END_TEST

START_TEST(boxes_are_counted_as_the_diagram_divides_them)
{
	auto_(diagram_freep) struct diagram *d = diagram_new(lasts, VARIABLES, 1U << 24);
	uint32_t a = diagram_range(d, 0, 1, 2), b = diagram_range(d, 2, 0, 0);

	ck_assert_uint_eq(diagram_count(d, DIAGRAM_NONE), 0);
	ck_assert_uint_eq(diagram_count(d, DIAGRAM_ALL), 1);
	ck_assert_uint_eq(diagram_count(d, a), 1);
	/* 0: with b, 1 and 2: whole, 3: with b */
	ck_assert_uint_eq(diagram_count(d, diagram_or(d, a, b)), 3);
}
END_TEST

START_TEST(a_full_diagram_says_so_and_claims_nothing)
{
	auto_(diagram_freep) struct diagram *d = diagram_new(lasts, VARIABLES, 6);
	uint32_t a = diagram_range(d, 0, 1, 1), b = diagram_range(d, 2, 2, 2);

	ck_assert_int_eq(diagram_error(d), 0);
	ck_assert_uint_eq(diagram_and(d, a, b), DIAGRAM_NONE);
	ck_assert_int_eq(diagram_error(d), -E2BIG);
	ck_assert_uint_eq(diagram_or(d, DIAGRAM_ALL, DIAGRAM_ALL), DIAGRAM_NONE);
}
END_TEST

START_TEST(edges_can_be_walked)
{
	auto_(diagram_freep) struct diagram *d = diagram_new(lasts, VARIABLES, 1U << 24);
	uint32_t a = diagram_range(d, 2, 1, 3), last;

	ck_assert_uint_eq(diagram_variable(d, a), 2);
	ck_assert_uint_eq(diagram_edges(d, a), 3);
	ck_assert_uint_eq(diagram_edge(d, a, 0, &last), DIAGRAM_NONE);
	ck_assert_uint_eq(last, 0);
	ck_assert_uint_eq(diagram_edge(d, a, 1, &last), DIAGRAM_ALL);
	ck_assert_uint_eq(last, 3);
	ck_assert_uint_eq(diagram_variable(d, DIAGRAM_ALL), VARIABLES);
	ck_assert_uint_ge(diagram_size(d), 3);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("diagram");
	TCase *tcase = tcase_create("diagram");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, random_sets_agree_with_their_points);
	tcase_add_test(tcase, what_is_forgotten_may_be_anything);
	tcase_add_test(tcase, a_picked_point_is_in_the_set_and_keeps_to_wishes);
	tcase_add_test(tcase, boxes_are_counted_as_the_diagram_divides_them);
	tcase_add_test(tcase, a_full_diagram_says_so_and_claims_nothing);
	tcase_add_test(tcase, edges_can_be_walked);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
