/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bounded reader. */
#include <check.h>
#include <stdlib.h>

#include "common/rd.h"

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 };

START_TEST(numbers_come_in_network_order)
{
	struct rd r = rd_of(bytes, sizeof(bytes));

	ck_assert_uint_eq(rd_u8(&r), 0x01);
	ck_assert_uint_eq(rd_u16(&r), 0x0203);
	ck_assert_uint_eq(rd_u24(&r), 0x040506);
	ck_assert_uint_eq(rd_u32(&r), 0x0708090a);
	ck_assert_uint_eq(r.left, 2);
	ck_assert(!r.bad);
}
END_TEST

START_TEST(high_bytes_keep_their_sign)
{
	static const uint8_t high[] = { 0xff, 0xfe, 0xfd, 0xfc, 0xff, 0xff };
	struct rd r = rd_of(high, sizeof(high));

	ck_assert_uint_eq(rd_u32(&r), 0xfffefdfcU);
	ck_assert_uint_eq(rd_u16(&r), 0xffff);
}
END_TEST

START_TEST(a_read_past_the_end_is_bad_and_gives_zero)
{
	struct rd r = rd_of(bytes, 3);

	ck_assert_uint_eq(rd_u32(&r), 0);
	ck_assert(r.bad);
	ck_assert_uint_eq(r.left, 0);
}
END_TEST

START_TEST(a_bad_reader_stays_bad)
{
	struct rd r = rd_of(bytes, 3);

	rd_skip(&r, 4);
	ck_assert_uint_eq(rd_u8(&r), 0);
	ck_assert_ptr_null(rd_bytes(&r, 0));
	ck_assert(rd_sub(&r, 0).bad);
	ck_assert(r.bad);
}
END_TEST

START_TEST(every_length_up_to_the_end_can_be_read_and_none_beyond)
{
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		struct rd r = rd_of(bytes, len);

		rd_skip(&r, len);
		ck_assert(!r.bad);
		rd_skip(&r, 1);
		ck_assert(r.bad);
	}
}
END_TEST

START_TEST(a_part_ends_where_it_was_cut_and_the_whole_goes_on_behind)
{
	struct rd r = rd_of(bytes, sizeof(bytes));
	struct rd sub = rd_sub(&r, 2);

	ck_assert_uint_eq(rd_u16(&sub), 0x0102);
	ck_assert_uint_eq(rd_u8(&sub), 0);
	ck_assert(sub.bad);
	ck_assert(!r.bad);
	ck_assert_uint_eq(rd_u8(&r), 3);
}
END_TEST

START_TEST(a_part_longer_than_the_whole_is_bad)
{
	struct rd r = rd_of(bytes, 3);
	struct rd sub = rd_sub(&r, 4);

	ck_assert(sub.bad);
	ck_assert_uint_eq(sub.left, 0);
	ck_assert(r.bad);
}
END_TEST

START_TEST(huge_lengths_do_not_wrap)
{
	struct rd r = rd_of(bytes, sizeof(bytes));

	rd_skip(&r, 1);
	rd_skip(&r, SIZE_MAX);
	ck_assert(r.bad);
}
END_TEST

START_TEST(nothing_is_read_from_nowhere)
{
	struct rd r = rd_of(NULL, 0);

	rd_skip(&r, 0);
	ck_assert(!r.bad);
	ck_assert_uint_eq(rd_u8(&r), 0);
	ck_assert(r.bad);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("rd");
	TCase *tcase = tcase_create("rd");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, numbers_come_in_network_order);
	tcase_add_test(tcase, high_bytes_keep_their_sign);
	tcase_add_test(tcase, a_read_past_the_end_is_bad_and_gives_zero);
	tcase_add_test(tcase, a_bad_reader_stays_bad);
	tcase_add_test(tcase, every_length_up_to_the_end_can_be_read_and_none_beyond);
	tcase_add_test(tcase, a_part_ends_where_it_was_cut_and_the_whole_goes_on_behind);
	tcase_add_test(tcase, a_part_longer_than_the_whole_is_bad);
	tcase_add_test(tcase, huge_lengths_do_not_wrap);
	tcase_add_test(tcase, nothing_is_read_from_nowhere);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
