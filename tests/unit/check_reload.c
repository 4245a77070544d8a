/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/reload.c: policies that must change nothing. (Those that do are loaded by
 * check_broker.c.) */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/writer.h"
#include "broker/broker.h"
#include "broker/reload.h"
#include "broker_site.h"
#include "common/loop.h"

static struct site site;
static struct broker *broker;
static const struct policy *running;

static void set_up(void)
{
	site_make(&site);
	broker = calloc(1, sizeof(*broker));
	broker->options.policy_path = site.policy;
	broker->loop = loop_new();
	broker->policy = site_read(&site);
	broker->recorder.policy = broker->policy;
	broker->recorder.writer = writer_new(site.log);
	broker->retry_timer = -1;
	running = broker->policy;
}

static void tear_down(void)
{
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	loop_free(broker->loop);
	free(broker->reload_error);
	free(broker);
	site_remove(&site);
}

static void expect_refusal(const char *why)
{
	struct errors errors = { 0 };
	char *log;

	ck_assert_int_eq(reload_policy(broker, &errors), -EINVAL);
	ck_assert_uint_ge(errors.count, 1);
	errors_clear(&errors);
	ck_assert_ptr_eq(broker->policy, running);
	ck_assert_ptr_eq(broker->recorder.policy, running);
	ck_assert_ptr_nonnull(broker->reload_error);
	ck_assert_msg(strstr(broker->reload_error, why) != NULL, "%s lacks %s",
		      broker->reload_error, why);
	log = site_log(&site);
	ck_assert_ptr_nonnull(strstr(log, "policy-refused"));
	free(log);
}

START_TEST(mistake_in_the_policy_changes_nothing)
{
	site_write(&site, "nonsense = 1;\n");
	expect_refusal("nonsense");
}
END_TEST

START_TEST(what_only_a_start_can_change_is_named)
{
	site_write(&site, "queues = { first = 7; count = 3; };\n");
	expect_refusal("queues.first");
	ck_assert_ptr_nonnull(strstr(broker->reload_error, "queues.count"));
	ck_assert_ptr_null(strstr(broker->reload_error, "queues.length"));
	site_write(&site, "daemon = { user = \"somebody\"; undecided_max = 99; };\n");
	expect_refusal("daemon.user");
	ck_assert_ptr_nonnull(strstr(broker->reload_error, "daemon.undecided_max"));
}
END_TEST

START_TEST(missing_file_changes_nothing)
{
	struct errors errors = { 0 };

	(void)unlink(site.policy);
	ck_assert_int_lt(reload_policy(broker, &errors), 0);
	ck_assert_uint_ge(errors.count, 1);
	ck_assert_ptr_eq(broker->policy, running);
	errors_clear(&errors);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reload");
	TCase *tcase = tcase_create("reload");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, mistake_in_the_policy_changes_nothing);
	tcase_add_test(tcase, what_only_a_start_can_change_is_named);
	tcase_add_test(tcase, missing_file_changes_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
