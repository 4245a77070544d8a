/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/record_filter.c: each condition lets its own through and keeps others back. */

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/record_filter.h"

static json_t *flow, *event;
static struct record_filter filter;

static void set_up(void)
{
	flow = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "@timestamp",
			 "2026-11-22T03:35:00.500000Z", "event.type", "denied", "event.reason",
			 "forbidden", "source.ip", "192.168.30.11", "destination.ip",
			 "2001:db8:172::10", "destination.domain", "a.Example.jp",
			 "observer.ingress.zone", "internet", "observer.egress.zone", "mynumber",
			 "rule.id", "internet-to-mynumber");
	event = json_pack("{s:s, s:s}", "@timestamp", "2026-11-22T03:35:00.500000Z", "event.type",
			  "start");
	ck_assert_ptr_nonnull(flow);
	ck_assert_ptr_nonnull(event);
	filter = (struct record_filter){ 0 };
}

static void tear_down(void)
{
	json_decref(flow);
	json_decref(event);
}

/* A condition that is asked for never lets the event through, which has no such member. */
static void lets_through(bool want)
{
	ck_assert(!record_filter_is_empty(&filter));
	ck_assert_int_eq(record_filter_match(&filter, flow), want);
	ck_assert(!record_filter_match(&filter, event));
}

START_TEST(empty_filter_lets_everything_through)
{
	ck_assert(record_filter_is_empty(&filter));
	ck_assert(record_filter_match(&filter, flow));
	ck_assert(record_filter_match(&filter, event));
}
END_TEST

START_TEST(source_and_destination_are_ranges)
{
	filter.has_source = true;
	ck_assert_int_eq(addr_range_parse("192.168.30.0/24", &filter.source), 0);
	lets_through(true);
	filter.has_destination = true;
	ck_assert_int_eq(addr_range_parse("2001:db8:172::10", &filter.destination), 0);
	lets_through(true);
	ck_assert_int_eq(addr_range_parse("2001:db8:172::11", &filter.destination), 0);
	lets_through(false);
	filter.has_destination = false;
	ck_assert_int_eq(addr_range_parse("192.168.31.0-192.168.31.9", &filter.source), 0);
	lets_through(false);
}
END_TEST

START_TEST(name_is_a_glob_without_regard_to_case)
{
	filter.name = "*.example.JP";
	lets_through(true);
	filter.name = "a.example.jp";
	lets_through(true);
	filter.name = "*.example.com";
	lets_through(false);
}
END_TEST

START_TEST(zone_is_that_of_either_side)
{
	filter.zone = "internet";
	lets_through(true);
	filter.zone = "mynumber";
	lets_through(true);
	filter.zone = "lgwan";
	lets_through(false);
}
END_TEST

START_TEST(outcome_reason_and_rule_are_compared)
{
	filter.outcome = OUTCOME_DENY;
	lets_through(true);
	filter.outcome = OUTCOME_ALLOW;
	lets_through(false);
	filter.outcome = OUTCOME_ANY;
	filter.reason = "forbidden";
	lets_through(true);
	filter.reason = "forbid";
	lets_through(false);
	filter.reason = NULL;
	filter.rule = "internet-to-*";
	lets_through(true);
	filter.rule = "lgwan*";
	lets_through(false);
}
END_TEST

START_TEST(rule_is_also_the_kernels)
{
	(void)json_object_set_new(flow, "sekisho.kernel_rule", json_string("not-permitted"));
	filter.rule = "not-permitted";
	lets_through(true);
}
END_TEST

static bool match_times(const char *since, const char *until)
{
	(void)strcpy(filter.since, since);
	(void)strcpy(filter.until, until);
	ck_assert_int_eq(record_filter_match(&filter, flow), record_filter_match(&filter, event));
	return record_filter_match(&filter, flow);
}

START_TEST(since_is_included_and_until_is_not)
{
	ck_assert(match_times("2026-11-22T03:35:00.500000Z", ""));
	ck_assert(!match_times("2026-11-22T03:35:01.000000Z", ""));
	ck_assert(!match_times("", "2026-11-22T03:35:00.500000Z"));
	ck_assert(match_times("", "2026-11-22T03:35:01.000000Z"));
	ck_assert(match_times("2026-11-22T03:35:00.000000Z", "2026-11-22T03:35:01.000000Z"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record_filter");
	TCase *tcase = tcase_create("record_filter");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, empty_filter_lets_everything_through);
	tcase_add_test(tcase, source_and_destination_are_ranges);
	tcase_add_test(tcase, name_is_a_glob_without_regard_to_case);
	tcase_add_test(tcase, zone_is_that_of_either_side);
	tcase_add_test(tcase, outcome_reason_and_rule_are_compared);
	tcase_add_test(tcase, rule_is_also_the_kernels);
	tcase_add_test(tcase, since_is_included_and_until_is_not);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
