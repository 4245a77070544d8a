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
#include "common/defs.h"
#include "common/errors.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "ruleset/compile.h"
#include "unit/netns.h"

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

static void load(const struct ruleset *ruleset)
{
	auto_(errors_clear) struct errors errors = { 0 };
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP };

	ck_assert_msg(apply_ruleset(ruleset, &options, &errors) == 0, "%s",
		      errors.count ? errors.at[0].text : "?");
}

static void is_told(struct broker *broker, const char *state, const char *table)
{
	char *text = status_text(broker);
	json_t *root = json_loads(text, 0, NULL);

	ck_assert_str_eq(json_string_value(json_object_get(root, "state")), state);
	ck_assert_str_eq(json_string_value(member(root, "kernel", "table")), table);
	json_decref(root);
	free(text);
}

START_TEST(table_is_looked_for_in_the_kernel)
{
	struct broker *broker = calloc(1, sizeof(*broker));
	struct ruleset *refuse = NULL, *compiled = NULL;
	struct site site;

	netns_enter();
	site_make(&site);
	broker->policy = site_read(&site);
	broker->recorder.policy = broker->policy;
	broker->recorder.writer = writer_new(site.log);
	is_told(broker, "running", "unknown");
	ck_assert_int_eq(nlsock_open(&broker->table), 0);
	is_told(broker, "open", "missing");
	ck_assert_int_eq(compile_refuse_all(&refuse), 0);
	load(refuse);
	is_told(broker, "changed", "changed");
	ck_assert_int_eq(compile_policy(broker->policy, &compiled), 0);
	load(compiled);
	is_told(broker, "running", "in place");
	ruleset_free(refuse);
	ruleset_free(compiled);
	nlsock_free(broker->table);
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	free(broker);
	site_remove(&site);
}
END_TEST

int main(void)
{
	const bool available = netns_available();
	Suite *suite = suite_create("status");
	TCase *tcase = tcase_create("status");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, status_tells_counts_engines_and_log);
	if (available)
		tcase_add_test(tcase, table_is_looked_for_in_the_kernel);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
