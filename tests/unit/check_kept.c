/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of inspect/kept.c: what is put in is there until the ring has moved on, and never
 * another's. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/kept.h"

#define RING 64

START_TEST(bytes_are_there_and_others_differ)
{
	struct kept *kept = kept_new(RING);
	const uint8_t bytes[] = "abcdefgh";
	uint64_t where = kept_put(kept, bytes, 8);

	ck_assert_int_eq(kept_compare(kept, where, 0, bytes, 8), KEPT_SAME);
	ck_assert_int_eq(kept_compare(kept, where, 3, bytes + 3, 4), KEPT_SAME);
	ck_assert_int_eq(kept_compare(kept, where, 3, bytes, 4), KEPT_OTHER);
	ck_assert_int_eq(kept_compare(kept, where, 0, bytes, 0), KEPT_SAME);
	kept_free(kept);
}
END_TEST

START_TEST(nothing_is_there_before_anything_was_put)
{
	struct kept *kept = kept_new(RING);

	ck_assert_int_eq(kept_compare(kept, KEPT_NOWHERE, 0, (const uint8_t *)"", 1), KEPT_GONE);
	ck_assert_int_eq(kept_compare(kept, KEPT_NOWHERE, 70000, (const uint8_t *)"", 1),
			 KEPT_GONE);
	kept_free(kept);
}
END_TEST

START_TEST(oldest_goes_when_the_ring_is_full)
{
	struct kept *kept = kept_new(RING);
	uint8_t first[40], second[40];

	memset(first, 'a', sizeof(first));
	memset(second, 'b', sizeof(second));
	const uint64_t a = kept_put(kept, first, sizeof(first));
	const uint64_t b = kept_put(kept, second, sizeof(second));

	ck_assert_int_eq(kept_compare(kept, a, 0, first, 1), KEPT_GONE);
	ck_assert_int_eq(kept_compare(kept, a, 16, first, 24), KEPT_SAME);
	ck_assert_int_eq(kept_compare(kept, b, 0, second, 40), KEPT_SAME);
	kept_free(kept);
}
END_TEST

/* Whatever is put in or extended in turn, a comparison gives what was put, or that it is gone. */
START_TEST(random_use_agrees_with_a_model)
{
	enum { FLOWS = 8, MOST = 96 };
	struct kept *kept = kept_new(256);
	static uint8_t model[FLOWS][MOST];
	uint64_t where[FLOWS] = { 0 };
	size_t had[FLOWS] = { 0 }, same = 0, gone = 0;
	const unsigned int seed = getenv("SEED") ? (unsigned int)atoi(getenv("SEED")) : 20261122;

	srand(seed);
	for (int step = 0; step < 200000; step++) {
		const size_t f = (size_t)rand() % FLOWS;
		uint8_t bytes[16];
		const size_t len = 1 + (size_t)rand() % sizeof(bytes);

		for (size_t i = 0; i < len; i++)
			bytes[i] = (uint8_t)rand();
		if (had[f] == 0 || had[f] + len > MOST) {
			where[f] = kept_put(kept, bytes, len);
			memcpy(model[f], bytes, len);
			had[f] = len;
		} else {
			where[f] = kept_extend(kept, where[f], had[f], bytes, len);
			memcpy(model[f] + had[f], bytes, len);
			had[f] += len;
		}
		const size_t g = (size_t)rand() % FLOWS;
		if (had[g] == 0)
			continue;
		const size_t at = (size_t)rand() % had[g];
		const enum kept_result got =
			kept_compare(kept, where[g], at, model[g] + at, had[g] - at);

		ck_assert_msg(got != KEPT_OTHER, "seed %u, step %d", seed, step);
		same += got == KEPT_SAME;
		gone += got == KEPT_GONE;
	}
	ck_assert_uint_gt(same, 1000);
	ck_assert_uint_gt(gone, 1000);
	kept_free(kept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kept");
	TCase *tcase = tcase_create("kept");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, bytes_are_there_and_others_differ);
	tcase_add_test(tcase, nothing_is_there_before_anything_was_put);
	tcase_add_test(tcase, oldest_goes_when_the_ring_is_full);
	tcase_add_test(tcase, random_use_agrees_with_a_model);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
