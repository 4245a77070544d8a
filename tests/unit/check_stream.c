/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reassembly. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspect/stream.h"

static struct stream s;
static uint8_t bytes[2 * STREAM_MAX];
static bool fresh;

static void fill(void)
{
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 31 + i / 251);
}

/* Adds bytes[from..from+len-1] where they belong. */
static enum reason add(size_t from, size_t len)
{
	return stream_add(&s, s.first_seq + (uint32_t)from, bytes + from, len, &fresh);
}

START_TEST(segments_in_order_are_joined)
{
	fill();
	stream_start(&s, 1000);
	ck_assert_uint_eq(stream_run(&s, 0), 0);
	ck_assert_int_eq(add(0, 10), REASON_NONE);
	ck_assert_int_eq(add(10, 5), REASON_NONE);
	ck_assert_uint_eq(stream_run(&s, 0), 15);
	ck_assert_uint_eq(stream_run(&s, 7), 8);
	ck_assert_uint_eq(s.range_count, 1);
	ck_assert_mem_eq(s.data, bytes, 15);
}
END_TEST

START_TEST(every_order_of_five_segments_gives_the_same_bytes)
{
	fill();
	for (int n = 0; n < 120; n++) {
		int order[5] = { 0, 1, 2, 3, 4 };
		int rest = n;

		for (int i = 5; i > 1; i--) {
			int j = rest % i, k = order[i - 1];

			rest /= i;
			order[i - 1] = order[j];
			order[j] = k;
		}
		stream_start(&s, 0xfffffff0U);
		for (int i = 0; i < 5; i++)
			ck_assert_int_eq(add((size_t)order[i] * 100, 100), REASON_NONE);
		ck_assert_uint_eq(stream_run(&s, 0), 500);
		ck_assert_uint_eq(s.range_count, 1);
		ck_assert_mem_eq(s.data, bytes, 500);
	}
}
END_TEST

START_TEST(bytes_behind_a_hole_wait_for_it)
{
	fill();
	stream_start(&s, 7);
	ck_assert_int_eq(add(10, 10), REASON_NONE);
	ck_assert_uint_eq(stream_run(&s, 0), 0);
	ck_assert_uint_eq(stream_next(&s, 0), 10);
	ck_assert_uint_eq(stream_next(&s, 15), 15);
	ck_assert_uint_eq(stream_next(&s, 20), STREAM_MAX);
	ck_assert_int_eq(add(0, 10), REASON_NONE);
	ck_assert_uint_eq(stream_run(&s, 0), 20);
}
END_TEST

START_TEST(a_copy_is_not_fresh)
{
	fill();
	stream_start(&s, 7);
	ck_assert_int_eq(add(0, 100), REASON_NONE);
	ck_assert(fresh);
	ck_assert_int_eq(add(20, 30), REASON_NONE);
	ck_assert(!fresh);
	ck_assert_int_eq(add(90, 20), REASON_NONE);
	ck_assert(fresh);
	ck_assert_uint_eq(stream_run(&s, 0), 110);
}
END_TEST

START_TEST(a_contradiction_in_any_one_byte_is_refused_and_changes_nothing)
{
	fill();
	for (size_t at = 10; at < 30; at++) {
		uint8_t other[40];

		stream_start(&s, 7);
		ck_assert_int_eq(add(10, 20), REASON_NONE);
		memcpy(other, bytes, sizeof(other));
		other[at] ^= 1;
		ck_assert_int_eq(stream_add(&s, 7, other, sizeof(other), &fresh),
				 REASON_OVERLAP_CONFLICT);
		ck_assert_uint_eq(stream_run(&s, 0), 0);
		ck_assert_uint_eq(stream_run(&s, 10), 20);
		ck_assert_mem_eq(s.data + 10, bytes + 10, 20);
	}
}
END_TEST

START_TEST(one_segment_may_close_several_holes)
{
	fill();
	stream_start(&s, 7);
	for (size_t i = 0; i < 10; i++)
		ck_assert_int_eq(add(i * 10 + 5, 2), REASON_NONE);
	ck_assert_uint_eq(s.range_count, 10);
	ck_assert_int_eq(add(0, 100), REASON_NONE);
	ck_assert_uint_eq(s.range_count, 1);
	ck_assert_uint_eq(stream_run(&s, 0), 100);
}
END_TEST

START_TEST(too_many_holes_are_refused_and_change_nothing)
{
	fill();
	stream_start(&s, 7);
	for (size_t i = 0; i < STREAM_RANGES_MAX; i++)
		ck_assert_int_eq(add(i * 10 + 5, 2), REASON_NONE);
	ck_assert_int_eq(add(STREAM_RANGES_MAX * 10 + 5, 2), REASON_RESOURCE_LIMIT);
	ck_assert_uint_eq(s.range_count, STREAM_RANGES_MAX);
	ck_assert_int_eq(add(0, 5), REASON_NONE);
	ck_assert_uint_eq(stream_run(&s, 0), 7);
}
END_TEST

START_TEST(bytes_before_the_beginning_or_behind_the_bound_are_out_of_window)
{
	fill();
	stream_start(&s, 1000);
	ck_assert_int_eq(stream_add(&s, 999, bytes, 10, &fresh), REASON_OUT_OF_WINDOW);
	ck_assert_int_eq(stream_add(&s, 1000 + STREAM_MAX, bytes, 1, &fresh), REASON_OUT_OF_WINDOW);
	ck_assert_int_eq(stream_add(&s, 1000 + STREAM_MAX - 1, bytes, 1, &fresh), REASON_NONE);
}
END_TEST

START_TEST(a_segment_across_the_bound_is_cut_there)
{
	fill();
	stream_start(&s, 1000);
	ck_assert_int_eq(add(0, STREAM_MAX + 500), REASON_NONE);
	ck_assert_uint_eq(stream_run(&s, 0), STREAM_MAX);
	ck_assert_mem_eq(s.data, bytes, STREAM_MAX);
}
END_TEST

START_TEST(consumed_bytes_are_gone_and_the_rest_moves_up)
{
	fill();
	stream_start(&s, 0xffffff00U);
	ck_assert_int_eq(add(0, 300), REASON_NONE);
	ck_assert_int_eq(add(400, 50), REASON_NONE);
	stream_consume(&s, 280);
	ck_assert_uint_eq(s.first_seq, 24);
	ck_assert_uint_eq(stream_run(&s, 0), 20);
	ck_assert_uint_eq(stream_next(&s, 20), 120);
	ck_assert_mem_eq(s.data, bytes + 280, 20);
	ck_assert_mem_eq(s.data + 120, bytes + 400, 50);
	stream_consume(&s, 1000000);
	ck_assert_uint_eq(s.range_count, 0);
}
END_TEST

/* Random segments, against a map of which byte is there. */
START_TEST(random_segments_agree_with_a_plain_map)
{
	static bool there[STREAM_MAX];
	unsigned int seed = (unsigned int)time(NULL);

	printf("stream: seed %u\n", seed);
	srand(seed);
	fill();
	for (int run = 0; run < 200; run++) {
		memset(there, 0, sizeof(there));
		stream_start(&s, (uint32_t)rand());
		for (int i = 0; i < 60; i++) {
			size_t from = (size_t)rand() % 600, len = 1 + (size_t)rand() % 40;
			bool wanted = false;
			size_t have = 0;

			for (size_t k = from; k < from + len; k++) {
				wanted |= !there[k];
				there[k] = true;
			}
			ck_assert_int_eq(add(from, len), REASON_NONE);
			ck_assert(fresh == wanted);
			while (there[have])
				have++;
			ck_assert_uint_eq(stream_run(&s, 0), have);
			ck_assert_mem_eq(s.data, bytes, have);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stream");
	TCase *tcase = tcase_create("stream");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, segments_in_order_are_joined);
	tcase_add_test(tcase, every_order_of_five_segments_gives_the_same_bytes);
	tcase_add_test(tcase, bytes_behind_a_hole_wait_for_it);
	tcase_add_test(tcase, a_copy_is_not_fresh);
	tcase_add_test(tcase, a_contradiction_in_any_one_byte_is_refused_and_changes_nothing);
	tcase_add_test(tcase, one_segment_may_close_several_holes);
	tcase_add_test(tcase, too_many_holes_are_refused_and_change_nothing);
	tcase_add_test(tcase, bytes_before_the_beginning_or_behind_the_bound_are_out_of_window);
	tcase_add_test(tcase, a_segment_across_the_bound_is_cut_there);
	tcase_add_test(tcase, consumed_bytes_are_gone_and_the_rest_moves_up);
	tcase_add_test(tcase, random_segments_agree_with_a_plain_map);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
