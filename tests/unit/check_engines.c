/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/engines.c: who may bind. (Engines that end and start again: check_broker.c.) */
#include <check.h>
#include <stdlib.h>

#include "broker/broker.h"
#include "broker_site.h"
#include "common/loop.h"
#include "netns.h"

static void begin(struct broker *broker, const struct site *site)
{
	broker->loop = loop_new();
	broker->policy = site_read(site);
}

static void end(struct broker *broker)
{
	engines_stop(broker);
	policy_free(broker->policy);
	loop_free(broker->loop);
	free(broker);
}

START_TEST(slots_have_room_for_decided_flows_too)
{
	ck_assert_uint_gt(engines_flows_max(16384), 16384);
	ck_assert_uint_ge(engines_flows_max(1), 2);
}
END_TEST

START_TEST(second_daemon_in_a_namespace_cannot_bind)
{
	struct broker *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));
	struct site site;

	netns_enter();
	site_make(&site);
	begin(first, &site);
	begin(second, &site);
	ck_assert_int_eq(engines_bind(first), 0);
	ck_assert_uint_eq(first->engine_count, first->policy->daemon.queue_count);
	ck_assert_int_lt(engines_bind(second), 0);
	end(second);
	end(first);
	site_remove(&site);
}
END_TEST

START_TEST(queue_is_free_again_after_its_daemon)
{
	struct broker *first = calloc(1, sizeof(*first)), *second = calloc(1, sizeof(*second));
	struct site site;

	netns_enter();
	site_make(&site);
	begin(first, &site);
	begin(second, &site);
	ck_assert_int_eq(engines_bind(first), 0);
	end(first);
	ck_assert_int_eq(engines_bind(second), 0);
	end(second);
	site_remove(&site);
}
END_TEST

int main(void)
{
	const bool available = netns_available();
	Suite *suite = suite_create("engines");
	TCase *plain = tcase_create("plain"), *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(root, 30);
	tcase_add_test(plain, slots_have_room_for_decided_flows_too);
	tcase_add_test(root, second_daemon_in_a_namespace_cannot_bind);
	tcase_add_test(root, queue_is_free_again_after_its_daemon);
	suite_add_tcase(suite, plain);
	if (available)
		suite_add_tcase(suite, root);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
