/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of what a table in the kernel holds, and of loads that take each other's place. */
#include "kernel/present.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "kernel/renamed.h"
#include "lab/sample_ruleset.h"
#include "ruleset/compile.h"
#include "unit/netns.h"

static struct present now(void)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct present present = { 0 };

	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(present_read(sock, RULESET_TABLE, &present), 0);
	return present;
}

static void load(const struct ruleset *ruleset)
{
	auto_(errors_clear) struct errors errors = { 0 };
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP };

	ck_assert_msg(apply_ruleset(ruleset, &options, &errors) == 0, "%s",
		      errors.count ? errors.at[0].text : "?");
}

START_TEST(no_table_is_empty)
{
	netns_enter();
	auto_(present_clear) struct present present = now();

	ck_assert_uint_eq(present.sets.count, 0);
	ck_assert_uint_eq(present.chains.count, 0);
}
END_TEST

START_TEST(names_take_turns_and_nothing_is_left_behind)
{
	struct ruleset *sample = NULL, *refuse = NULL;

	netns_enter();
	ck_assert_int_eq(sample_ruleset_make(&sample), 0);
	ck_assert_int_eq(compile_refuse_all(&refuse), 0);
	load(refuse);
	for (int i = 0; i < 4; i++) {
		char name[RULESET_NAME_MAX + 8];
		auto_(present_clear) struct present present = { 0 };

		load(sample);
		present = now();
		/* refuse-all has no sets of its own, so the first load is under the plain names */
		snprintf(name, sizeof(name), "%s%s", sample->sets[0].name,
			 i % 2 == 0 ? "" : RENAMED_SUFFIX);
		ck_assert_uint_eq(present.sets.count, sample->set_count);
		ck_assert_msg(present_has(&present.sets, name), "%s", name);
		ck_assert_uint_eq(present.chains.count, sample->chain_count);
	}
	load(refuse);
	{
		auto_(present_clear) struct present present = now();

		ck_assert_uint_eq(present.chains.count, refuse->chain_count);
		ck_assert_uint_eq(present.sets.count, refuse->set_count);
	}
	ruleset_freep(&sample);
	ruleset_freep(&refuse);
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("present");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (available)
		suite_add_tcase(suite, root);
	tcase_add_test(root, no_table_is_empty);
	tcase_add_test(root, names_take_turns_and_nothing_is_left_behind);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
