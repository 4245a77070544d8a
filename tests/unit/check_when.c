/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/when.c, in Japan's time zone. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "common/defs.h"
#include "ctl/when.h"

#define NOW 1795318500 /* 2026-11-22T03:35:00Z, 12:35 in Japan */

static void set_up(void)
{
	ck_assert_int_eq(setenv("TZ", "JST-9", 1), 0);
	tzset();
}

START_TEST(times_as_people_write_them_are_understood)
{
	static const struct {
		const char *text;
		time_t want;
	} cases[] = {
		{ "2026-11-22T03:35:00Z", NOW },
		{ "2026-11-22T12:35:00+09:00", NOW },
		{ "2026-11-21 22:05:00-05:30", NOW },
		{ "2026-11-22 12:35:00", NOW },
		{ "2026-11-22T12:35", NOW },
		{ "2026-11-22 12:35", NOW },
		{ "2026-11-22 03:35Z", NOW },
		{ "2026-11-22", NOW - 12 * 3600 - 35 * 60 },
		{ "today", NOW - 12 * 3600 - 35 * 60 },
		{ "yesterday", NOW - 36 * 3600 - 35 * 60 },
		{ "12:35", NOW },
		{ "12:34:59", NOW - 1 },
		{ "-90s", NOW - 90 },
		{ "-15m", NOW - 900 },
		{ "-2h", NOW - 7200 },
		{ "-3d", NOW - 259200 },
		{ "-0s", NOW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		time_t got = 0;

		ck_assert_msg(when_parse(cases[i].text, NOW, &got) == 0, "%s", cases[i].text);
		ck_assert_msg(got == cases[i].want, "%s: off by %lld", cases[i].text,
			      (long long)(got - cases[i].want));
	}
}
END_TEST

START_TEST(anything_else_is_refused_and_leaves_result_alone)
{
	static const char *const texts[] = { "",
					     "now",
					     "-",
					     "-h",
					     "-5",
					     "-5w",
					     "--5m",
					     "- 5m",
					     "-5mm",
					     "2026-02-30",
					     "2026-13-01",
					     "2026-11-22x",
					     "25:00",
					     "12:35:00Z",
					     "2026-11-22 12:35+9",
					     "12:",
					     "-99999999999999999d",
					     "2026-11-22T03:35:00+24:00",
					     "2026-11-22T03:35:00+09:61" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		time_t got = 77;

		ck_assert_msg(when_parse(texts[i], NOW, &got) == -EINVAL, "%s", texts[i]);
		ck_assert_int_eq(got, 77);
	}
}
END_TEST

START_TEST(time_of_a_record_is_read_and_written_alike)
{
	char out[WHEN_RECORD_MAX];
	time_t got = 77;

	ck_assert_int_eq(when_of_record("2026-11-22T03:35:00.123456Z", &got), 0);
	ck_assert_int_eq(got, NOW);
	ck_assert_str_eq(when_to_record(NOW, out), "2026-11-22T03:35:00.000000Z");
	got = 77;
	ck_assert_int_eq(when_of_record("2026-11-22T03:35:00", &got), -EINVAL);
	ck_assert_int_eq(when_of_record("2026-11-22T03:35:00.1+09:00", &got), -EINVAL);
	ck_assert_int_eq(when_of_record("", &got), -EINVAL);
	ck_assert_int_eq(got, 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("when");
	TCase *tcase = tcase_create("when");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, times_as_people_write_them_are_understood);
	tcase_add_test(tcase, anything_else_is_refused_and_leaves_result_alone);
	tcase_add_test(tcase, time_of_a_record_is_read_and_written_alike);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
