/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool of holds. */
#include <check.h>
#include <stdlib.h>

#include "inspect/hold.h"

START_TEST(as_many_holds_as_asked_for_are_there)
{
	struct hold_pool *pool = hold_pool_new(3, 100);
	struct hold *holds[3];

	for (int i = 0; i < 3; i++) {
		holds[i] = hold_take(pool, 1);
		ck_assert_ptr_nonnull(holds[i]);
	}
	ck_assert_ptr_null(hold_take(pool, 1));
	ck_assert_uint_eq(hold_taken(pool), 3);
	hold_give(pool, holds[1]);
	ck_assert_uint_eq(hold_taken(pool), 2);
	ck_assert_ptr_eq(hold_take(pool, 1), holds[1]);
	hold_pool_free(pool);
	pool = hold_pool_new(0, 100);
	ck_assert_ptr_null(hold_take(pool, 1));
	hold_pool_free(pool);
}
END_TEST

START_TEST(a_hold_taken_again_is_empty)
{
	struct hold_pool *pool = hold_pool_new(1, 100);
	struct hold *hold = hold_take(pool, 1);
	struct hold_packet packet = { .id = 1, .seq = 1, .end = 4 };
	bool fresh;

	ck_assert(hold_keep(pool, hold, 64, &packet));
	ck_assert_int_eq(stream_add(&hold->stream, 1, (const uint8_t *)"abc", 3, &fresh),
			 REASON_NONE);
	hold_give(pool, hold);
	hold = hold_take(pool, 100);
	ck_assert_uint_eq(hold->count, 0);
	ck_assert_uint_eq(hold->stream.first_seq, 100);
	ck_assert_uint_eq(stream_run(&hold->stream, 0), 0);
	hold_pool_free(pool);
}
END_TEST

START_TEST(no_more_packets_than_allowed_are_kept)
{
	struct hold_pool *pool = hold_pool_new(1, 100);
	struct hold *hold = hold_take(pool, 1);
	struct hold_packet packet = { .id = 1 };

	for (int i = 0; i < 3; i++)
		ck_assert(hold_keep(pool, hold, 3, &packet));
	ck_assert(!hold_keep(pool, hold, 3, &packet));
	for (int i = 3; i < EVENT_HELD_MAX; i++)
		ck_assert(hold_keep(pool, hold, UINT32_MAX, &packet));
	ck_assert(!hold_keep(pool, hold, UINT32_MAX, &packet));
	hold_pool_free(pool);
}
END_TEST

START_TEST(all_holds_together_keep_no_more_packets_than_allowed)
{
	struct hold_pool *pool = hold_pool_new(2, 3);
	struct hold *holds[2] = { hold_take(pool, 1), hold_take(pool, 1) };
	struct hold_packet packet = { .id = 1, .seq = 1, .end = 2 }, got;

	ck_assert_uint_eq(hold_left(pool), 0);
	ck_assert(hold_keep(pool, holds[0], 64, &packet));
	ck_assert(hold_keep(pool, holds[0], 64, &packet));
	ck_assert(hold_keep(pool, holds[1], 64, &packet));
	ck_assert_uint_eq(hold_packets_left(pool), 0);
	ck_assert(!hold_keep(pool, holds[1], 64, &packet));
	ck_assert(hold_release(pool, holds[1], 2, &got));
	ck_assert_uint_eq(hold_packets(pool), 2);
	ck_assert(hold_keep(pool, holds[1], 64, &packet));
	hold_give(pool, holds[0]);
	ck_assert_uint_eq(hold_packets(pool), 1);
	ck_assert_uint_eq(hold_packets_left(pool), 2);
	ck_assert_uint_eq(hold_left(pool), 1);
	hold_pool_free(pool);
}
END_TEST

START_TEST(packets_are_released_in_the_order_of_arrival_over_the_wrap)
{
	static const struct hold_packet packets[] = {
		{ .id = 1, .seq = 20, .end = 30 },
		{ .id = 2, .seq = 0xfffffff0U, .end = 0xfffffffaU },
		{ .id = 3, .seq = 0xfffffffaU, .end = 10 },
	};
	struct hold_pool *pool = hold_pool_new(1, 100);
	struct hold *hold = hold_take(pool, 0xfffffff0U);
	struct hold_packet got;

	for (int i = 0; i < 3; i++)
		ck_assert(hold_keep(pool, hold, 64, &packets[i]));
	ck_assert(!hold_release(pool, hold, 0xfffffff9U, &got));
	ck_assert(hold_release(pool, hold, 10, &got));
	ck_assert_uint_eq(got.id, 2);
	ck_assert(hold_release(pool, hold, 10, &got));
	ck_assert_uint_eq(got.id, 3);
	ck_assert(!hold_release(pool, hold, 10, &got));
	ck_assert(hold_release(pool, hold, 30, &got));
	ck_assert_uint_eq(got.id, 1);
	ck_assert_uint_eq(hold->count, 0);
	hold_pool_free(pool);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hold");
	TCase *tcase = tcase_create("hold");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, as_many_holds_as_asked_for_are_there);
	tcase_add_test(tcase, a_hold_taken_again_is_empty);
	tcase_add_test(tcase, no_more_packets_than_allowed_are_kept);
	tcase_add_test(tcase, all_holds_together_keep_no_more_packets_than_allowed);
	tcase_add_test(tcase, packets_are_released_in_the_order_of_arrival_over_the_wrap);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
