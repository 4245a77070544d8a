/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of common/mono.c. */

#include <check.h>
#include <stdlib.h>

#include "common/mono.h"

START_TEST(monotonic_clock_never_goes_back)
{
	uint64_t before = mono_ms();

	for (int i = 0; i < 1000; i++) {
		uint64_t now = mono_ms();

		ck_assert_uint_ge(now, before);
		before = now;
	}
}
END_TEST

START_TEST(coarse_clock_is_close_behind_the_exact_one)
{
	uint64_t coarse = mono_ms_coarse();
	uint64_t exact = mono_ms();

	ck_assert_uint_le(coarse, exact);
	/* A tick is 10 ms at most; the rest is room for a busy machine between the two readings. */
	ck_assert_uint_lt(exact - coarse, 2000);
}
END_TEST

START_TEST(milliseconds_agree_with_the_full_reading)
{
	struct timespec full = mono_now();
	uint64_t ms = mono_ms();

	ck_assert_uint_ge(ms, (uint64_t)full.tv_sec * 1000 + (uint64_t)full.tv_nsec / 1000000);
}
END_TEST

START_TEST(real_time_is_that_of_time)
{
	time_t before = time(NULL);
	struct timespec now = mono_real();

	/* time() may read a tick behind. */
	ck_assert_int_ge(now.tv_sec, before);
	ck_assert_int_lt(now.tv_sec - before, 60);
}
END_TEST

START_TEST(differences_borrow_from_the_second_and_may_be_negative)
{
	const struct timespec a = { .tv_sec = 10, .tv_nsec = 999999999 };
	const struct timespec b = { .tv_sec = 12, .tv_nsec = 1 };

	ck_assert_int_eq(mono_between_ns(&a, &b), 1000000002);
	ck_assert_int_eq(mono_between_ns(&b, &a), -1000000002);
	ck_assert_int_eq(mono_between_ns(&a, &a), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("mono");
	TCase *tcase = tcase_create("mono");

	tcase_add_test(tcase, monotonic_clock_never_goes_back);
	tcase_add_test(tcase, coarse_clock_is_close_behind_the_exact_one);
	tcase_add_test(tcase, milliseconds_agree_with_the_full_reading);
	tcase_add_test(tcase, real_time_is_that_of_time);
	tcase_add_test(tcase, differences_borrow_from_the_second_and_may_be_negative);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
