/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/status.c: the object that sekishoctl reads. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>

#include "audit/writer.h"
#include "broker/broker.h"
#include "broker/status.h"
#include "broker/verdict.h"
#include "broker_site.h"

static json_t *member(json_t *root, const char *a, const char *b)
{
	return json_object_get(json_object_get(root, a), b);
}

START_TEST(status_tells_counts_engines_and_log)
{
	struct broker *broker = calloc(1, sizeof(*broker));
	struct site site;
	char *text;
	json_t *root;

	site_make(&site);
	broker->policy = site_read(&site);
	broker->recorder.policy = broker->policy;
	broker->recorder.writer = writer_new("/nonexistent/folder");
	broker->engine_count = 1;
	broker->engines[0].verdicts = verdict_new(8);
	broker->engines[0].restarts = 3;
	recorder_count(&broker->recorder, true, REASON_PERMITTED_NAME);
	recorder_count(&broker->recorder, false, REASON_NO_SNI);
	text = status_text(broker);
	ck_assert_ptr_nonnull(text);
	root = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(root);
	ck_assert_str_eq(json_string_value(json_object_get(root, "state")), "refusing");
	ck_assert_str_eq(json_string_value(member(root, "policy", "hash")),
			 broker->policy->source.hash);
	ck_assert_uint_eq(json_array_size(member(root, "policy", "configurations")), 2);
	ck_assert(json_is_null(member(root, "policy", "last_reload_error")));
	ck_assert_int_eq(json_integer_value(json_object_get(member(root, "counts", "permitted"),
							    "permitted-name")),
			 1);
	ck_assert_int_eq(
		json_integer_value(json_object_get(member(root, "counts", "refused"), "no-sni")),
		1);
	ck_assert_int_eq(json_integer_value(json_object_get(
				 json_array_get(json_object_get(root, "engines"), 0), "restarts")),
			 3);
	ck_assert_str_eq(json_string_value(member(root, "log", "failure")),
			 "No such file or directory");
	json_decref(root);
	free(text);
	verdict_free(broker->engines[0].verdicts);
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	free(broker);
	site_remove(&site);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tcase = tcase_create("status");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, status_tells_counts_engines_and_log);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
