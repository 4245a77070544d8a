/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_prove.c: exit codes, and where its words go. */
#include <check.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl_probe.h"

static char policy[PATH_MAX];

static void find_policy(void)
{
	const char *top = getenv("SRCDIR");

	(void)snprintf(policy, sizeof(policy), "%s/conf/examples/route-1.conf", top ? top : ".");
}

START_TEST(a_policy_is_proven_claim_by_claim)
{
	const struct probe_result *r = probe_run(cmd_prove, "prove", policy, NULL);

	ck_assert_msg(r->code == CMD_OK, "%s%s", r->out, r->err);
	probe_has(r->out, "holds: internet-to-mynumber\n");
	probe_has(r->out, "インターネット接続系からマイナンバー利用事務系への通信を遮断する。");
	probe_has(r->out, "holds: default-deny\n");
	probe_has(r->out, "not applicable: internet-to-lgwan\n");
	probe_has(r->out, "Proven: ");
	ck_assert_str_eq(r->err, "");
}
END_TEST

START_TEST(json_is_one_object)
{
	const struct probe_result *r = probe_run(cmd_prove, "prove", "--json", policy, NULL);
	json_t *object = json_loads(r->out, 0, NULL);

	ck_assert_int_eq(r->code, CMD_OK);
	ck_assert_ptr_nonnull(object);
	ck_assert(json_is_true(json_object_get(object, "proven")));
	ck_assert_uint_eq(json_array_size(json_object_get(object, "claims")), 21);
	json_decref(object);
}
END_TEST

START_TEST(mistakes_are_not_proven)
{
	const struct probe_result *r = probe_run(cmd_prove, "prove", "/nonexistent", NULL);

	ck_assert_int_eq(r->code, CMD_TROUBLE);
	probe_has(r->err, "/nonexistent");
	r = probe_run(cmd_prove, "prove", NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	r = probe_run(cmd_prove, "prove", "--nonsense", policy, NULL);
	ck_assert_int_eq(r->code, CMD_USAGE);
	r = probe_run(cmd_prove, "prove", "--help", NULL);
	ck_assert_int_eq(r->code, CMD_OK);
	probe_has(r->out, "--running");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_prove");
	TCase *tcase = tcase_create("cmd_prove");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, find_policy, NULL);
	tcase_add_test(tcase, a_policy_is_proven_claim_by_claim);
	tcase_add_test(tcase, json_is_one_object);
	tcase_add_test(tcase, mistakes_are_not_proven);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
