/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/recorder.c. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/writer.h"
#include "broker/recorder.h"
#include "broker_site.h"

START_TEST(note_says_whose_and_under_which_policy)
{
	struct recorder recorder = { 0 };
	struct policy *policy;
	struct site site;
	char *log;

	site_make(&site);
	policy = site_read(&site);
	recorder.policy = policy;
	recorder.writer = writer_new(site.log);
	ck_assert_int_eq(recorder_note(&recorder, RECORD_LIFE, "daemon-started", 0, "It began."),
			 0);
	log = site_log(&site);
	ck_assert_str_eq(log, "");
	free(log);
	ck_assert_int_eq(recorder_flush(&recorder), 0);
	log = site_log(&site);
	ck_assert_ptr_nonnull(strstr(log, policy->source.hash));
	ck_assert_ptr_nonnull(strstr(log, "\"observer.name\":\"test-fw\""));
	ck_assert_ptr_nonnull(strstr(log, "It began."));
	free(log);
	writer_free(recorder.writer);
	policy_free(policy);
	site_remove(&site);
}
END_TEST

START_TEST(more_records_than_a_batch_holds_are_all_written)
{
	struct recorder recorder = { 0 };
	struct writer_counts counts;
	struct site site;

	site_make(&site);
	recorder.writer = writer_new(site.log);
	for (int i = 0; i < 3000; i++)
		ck_assert_int_eq(recorder_note(&recorder, RECORD_LIFE, "test", 0, "one of many"),
				 0);
	ck_assert_int_eq(recorder_flush(&recorder), 0);
	writer_counts(recorder.writer, &counts);
	ck_assert_uint_eq(counts.written, 3000);
	writer_free(recorder.writer);
	site_remove(&site);
}
END_TEST

START_TEST(log_that_cannot_be_written_is_told_at_the_flush)
{
	struct recorder recorder = { .writer = writer_new("/nonexistent/folder") };

	ck_assert_int_eq(recorder_note(&recorder, RECORD_LIFE, "test", 0, "lost"), 0);
	ck_assert_int_eq(recorder_flush(&recorder), -ENOENT);
	writer_free(recorder.writer);
}
END_TEST

START_TEST(decisions_are_counted_by_outcome_and_reason)
{
	struct recorder recorder = { 0 };

	recorder_count(&recorder, true, REASON_PERMITTED_NAME);
	recorder_count(&recorder, false, REASON_NO_SNI);
	recorder_count(&recorder, false, REASON_NO_SNI);
	recorder_count(&recorder, false, REASON_COUNT); /* out of range: nowhere */
	ck_assert_uint_eq(recorder.counts.permitted[REASON_PERMITTED_NAME], 1);
	ck_assert_uint_eq(recorder.counts.refused[REASON_NO_SNI], 2);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("recorder");
	TCase *tcase = tcase_create("recorder");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, note_says_whose_and_under_which_policy);
	tcase_add_test(tcase, more_records_than_a_batch_holds_are_all_written);
	tcase_add_test(tcase, log_that_cannot_be_written_is_told_at_the_flush);
	tcase_add_test(tcase, decisions_are_counted_by_outcome_and_reason);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
