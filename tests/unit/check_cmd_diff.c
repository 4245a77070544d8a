/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_diff.c: exit codes, and where its words go. */
#include <check.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static char before[PATH_MAX], after[PATH_MAX];

static void find_policies(void)
{
	const char *top = getenv("SRCDIR");

	(void)snprintf(before, sizeof(before), "%s/conf/examples/route-1.conf", top ? top : ".");
	(void)snprintf(after, sizeof(after), "%s/conf/examples/reiji-city.conf", top ? top : ".");
}

START_TEST(differences_are_boxes_and_exit_one)
{
	const struct probe_result *r = probe_run(cmd_diff, "diff", before, after, NULL);

	ck_assert_msg(r->code == CMD_FINDING, "%s%s", r->out, r->err);
	probe_has(r->out, "becomes permitted: alpha-prime-u:lgwan-terminal>permitted-cloud");
	probe_has(r->out, "becomes refused: route-1:mynumber-daas>mynumber-printer");
	probe_has(r->out, "becomes permitted: reiji-city.sharepoint.com (m365-files)");
	probe_has(r->out, "In all: become permitted ");
	ck_assert_str_eq(r->err, "");
	/* the other way round */
	r = probe_run(cmd_diff, "diff", after, before, NULL);
	ck_assert_int_eq(r->code, CMD_FINDING);
	probe_has(r->out, "becomes refused: alpha-prime-u:lgwan-terminal>permitted-cloud");
}
END_TEST

START_TEST(a_policy_is_the_same_as_itself)
{
	const struct probe_result *r = probe_run(cmd_diff, "diff", after, after, NULL);

	ck_assert_int_eq(r->code, CMD_OK);
	probe_has(r->out, "The same flows are permitted.\n");
}
END_TEST

START_TEST(json_is_one_object)
{
	const struct probe_result *r = probe_run(cmd_diff, "diff", "--json", before, after, NULL);
	json_t *object = json_loads(r->out, 0, NULL);

	ck_assert_int_eq(r->code, CMD_FINDING);
	ck_assert_ptr_nonnull(object);
	ck_assert(json_is_false(json_object_get(object, "same")));
	ck_assert_uint_gt(json_array_size(json_object_get(object, "boxes")), 5);
	json_decref(object);
}
END_TEST

START_TEST(two_policies_are_needed_and_must_be_read)
{
	const struct probe_result *r = probe_run(cmd_diff, "diff", before, NULL);

	ck_assert_int_eq(r->code, CMD_USAGE);
	r = probe_run(cmd_diff, "diff", before, "/nonexistent", NULL);
	ck_assert_int_eq(r->code, CMD_TROUBLE);
	probe_has(r->err, "/nonexistent");
	r = probe_run(cmd_diff, "diff", "--nonsense", before, after, NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	r = probe_run(cmd_diff, "diff", "--help", NULL);
	ck_assert_int_eq(r->code, CMD_OK);
	probe_has(r->out, "OLD NEW");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_diff");
	TCase *tcase = tcase_create("cmd_diff");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, find_policies, NULL);
	tcase_add_test(tcase, differences_are_boxes_and_exit_one);
	tcase_add_test(tcase, a_policy_is_the_same_as_itself);
	tcase_add_test(tcase, json_is_one_object);
	tcase_add_test(tcase, two_policies_are_needed_and_must_be_read);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
