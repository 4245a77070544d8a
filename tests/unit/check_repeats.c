/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/repeats.c: what is recorded at once, what is counted, and that no count is lost.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "broker/repeats.h"

struct told {
	size_t summaries;
	uint64_t count;
	struct kernel_event last;
};

static void take_summary(const struct kernel_event *event, uint64_t count, void *data)
{
	struct told *told = data;

	ck_assert_uint_gt(count, 0);
	told->summaries++;
	told->count += count;
	told->last = *event;
}

static struct kernel_event event_of(uint16_t sport)
{
	struct kernel_event event = { .family = 4, .l4proto = 6, .sport = sport, .dport = 443 };

	strcpy(event.prefix, "sekisho:not-permitted");
	return event;
}

START_TEST(first_is_new_and_the_same_is_counted)
{
	struct told told = { 0 };
	struct repeats *repeats = repeats_new(64, take_summary, &told);
	struct kernel_event event = event_of(40000), other = event_of(40001);

	ck_assert(!repeats_take(repeats, &event, 1000));
	ck_assert(repeats_take(repeats, &event, 2000));
	ck_assert(repeats_take(repeats, &event, 4000));
	ck_assert(!repeats_take(repeats, &other, 4000));
	event.iif = 7;
	ck_assert(!repeats_take(repeats, &event, 4000));
	ck_assert_uint_eq(told.summaries, 0);
	repeats_expire(repeats, 4000 + REPEATS_IDLE_MS - 1);
	ck_assert_uint_eq(told.summaries, 0);
	repeats_expire(repeats, 4000 + REPEATS_IDLE_MS);
	ck_assert_uint_eq(told.summaries, 1);
	ck_assert_uint_eq(told.count, 2);
	ck_assert_uint_eq(told.last.iif, 0);
	event.iif = 0;
	ck_assert(!repeats_take(repeats, &event, 200000));
	repeats_free(repeats);
}
END_TEST

START_TEST(old_one_is_told_and_recorded_anew)
{
	struct told told = { 0 };
	struct repeats *repeats = repeats_new(64, take_summary, &told);
	const struct kernel_event event = event_of(1);
	uint64_t now_ms = 5;
	size_t fresh = 0, all = 0;

	for (; now_ms < 3 * REPEATS_AGE_MS; now_ms += 30000, all++)
		fresh += !repeats_take(repeats, &event, now_ms);
	ck_assert_uint_eq(fresh, 3);
	repeats_expire(repeats, UINT64_MAX);
	ck_assert_uint_eq(told.count + fresh, all);
	repeats_free(repeats);
}
END_TEST

START_TEST(full_table_loses_no_count)
{
	struct told told = { 0 };
	struct repeats *repeats = repeats_new(16, take_summary, &told);
	uint64_t fresh = 0, all = 0;

	for (unsigned int round = 0; round < 20; round++)
		for (uint16_t port = 1; port <= 500; port++) {
			const struct kernel_event event = event_of((uint16_t)(port / 3));

			fresh += !repeats_take(repeats, &event, 1000 + all);
			all++;
		}
	repeats_expire(repeats, UINT64_MAX);
	ck_assert_uint_gt(fresh, 20U * 100);
	ck_assert_uint_lt(fresh, all);
	ck_assert_uint_eq(fresh + told.count, all);
	told = (struct told){ 0 };
	repeats_expire(repeats, UINT64_MAX);
	ck_assert_uint_eq(told.summaries, 0);
	repeats_free(repeats);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("repeats");
	TCase *tcase = tcase_create("repeats");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, first_is_new_and_the_same_is_counted);
	tcase_add_test(tcase, old_one_is_told_and_recorded_anew);
	tcase_add_test(tcase, full_table_loses_no_count);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
