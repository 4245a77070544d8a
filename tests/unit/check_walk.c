/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/walk.h: each statement, sets of every kind, jumps and returns, base chains; and
 * the shipped example. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/build.h"
#include "ruleset/walk.h"

static struct walk_packet tcp_packet(const char *from, const char *to, uint16_t port)
{
	struct walk_packet p = { .iif = "in0",
				 .oif = "out0",
				 .l4proto = IPPROTO_TCP,
				 .sport = 40000,
				 .dport = port,
				 .tcp_flags = 2,
				 .length = 40,
				 .tcp_doff = 5,
				 .ct_state = STATE_NEW };

	ck_assert_int_eq(addr_parse(from, &p.src), 0);
	ck_assert_int_eq(addr_parse(to, &p.dst), 0);
	p.family = p.src.family;
	return p;
}

START_TEST(a_base_chain_without_rules_does_what_its_policy_says)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = tcp_packet("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r;
	struct build b;

	build_start(&b);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_base_chain(&b, "input", HOOK_INPUT, 0, false);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_FORWARD, &p, &r), 0);
	ck_assert_int_eq(r.outcome, WALK_DROP);
	ck_assert_uint_eq(r.step_count, 1);
	ck_assert_str_eq(r.steps[0].chain->name, "forward");
	ck_assert_uint_eq(r.steps[0].rule, SIZE_MAX);
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_INPUT, &p, &r), 0);
	ck_assert_int_eq(r.outcome, WALK_ACCEPT);
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_OUTPUT, &p, &r), 0);
	ck_assert_int_eq(r.outcome, WALK_ACCEPT);
	ck_assert_uint_eq(r.step_count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walk");
	TCase *tcase = tcase_create("walk");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_base_chain_without_rules_does_what_its_policy_says);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
