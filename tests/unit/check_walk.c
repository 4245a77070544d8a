/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/walk.h: policies, jumps and returns, base chains, what is remembered on the way.
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "walk_probe.h"

START_TEST(a_base_chain_without_rules_does_what_its_policy_says)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
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

static void verdict_rule(struct build *b, enum ruleset_verdict_kind kind, const char *chain)
{
	struct ruleset_statement s = { .kind = ACT_VERDICT, .verdict = { .kind = kind } };

	(void)snprintf(s.verdict.chain, sizeof(s.verdict.chain), "%s", chain);
	build_rule(b, chain);
	build_statement(b, &s);
}

static void mark_rule(struct build *b, uint32_t mark)
{
	build_rule(b, NULL);
	build_value(b, ACT_SET_META_MARK, mark);
}

START_TEST(jumps_come_back_and_gotos_come_back_for_their_caller)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r;
	struct build b;

	build_start(&b);
	build_chain(&b, "d");
	verdict_rule(&b, VERDICT_RETURN, "");
	mark_rule(&b, 1); /* never */
	build_chain(&b, "c");
	mark_rule(&b, 2);
	build_chain(&b, "b");
	verdict_rule(&b, VERDICT_GOTO, "c");
	mark_rule(&b, 3); /* never: c returns to a's caller of b */
	build_chain(&b, "a");
	verdict_rule(&b, VERDICT_JUMP, "b");
	verdict_rule(&b, VERDICT_JUMP, "d");
	probe_begin_forward(&b);
	verdict_rule(&b, VERDICT_JUMP, "a");
	build_rule(&b, "end");
	build_accept(&b);
	ruleset = probe_finish(&b);
	r = probe_walk(ruleset, &p);
	ck_assert_int_eq(r.outcome, WALK_ACCEPT);
	ck_assert_uint_eq(r.meta_mark, 2);
	static const struct {
		const char *chain;
		size_t rule;
	} steps[] = { { "forward", 0 }, { "a", 0 }, { "b", 0 },      { "c", 0 },
		      { "a", 1 },       { "d", 0 }, { "forward", 1 } };
	ck_assert_uint_eq(r.step_count, ARRAY_SIZE(steps));
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		ck_assert_str_eq(r.steps[i].chain->name, steps[i].chain);
		ck_assert_uint_eq(r.steps[i].rule, steps[i].rule);
	}
	ck_assert_str_eq(r.comment, "end");
}
END_TEST

/* Chains c0 jumps to c1 ... the last one accepts. */
static int walk_depth(int depth)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r = { .outcome = WALK_REJECT_PORT };
	struct build b;
	int err;

	build_start(&b);
	for (int i = depth; i > 0; i--) {
		char name[16], next[16];

		(void)snprintf(name, sizeof(name), "c%d", i);
		(void)snprintf(next, sizeof(next), "c%d", i + 1);
		build_chain(&b, name);
		verdict_rule(&b, i == depth ? VERDICT_ACCEPT : VERDICT_JUMP, next);
	}
	probe_begin_forward(&b);
	verdict_rule(&b, VERDICT_JUMP, "c1");
	ruleset = probe_finish(&b);
	err = walk_ruleset(ruleset, HOOK_FORWARD, &p, &r);
	ck_assert_int_eq(r.outcome, err ? WALK_REJECT_PORT : WALK_ACCEPT);
	return err;
}

START_TEST(jumps_go_as_deep_as_the_kernel_lets_them)
{
	ck_assert_int_eq(walk_depth(1), 0);
	ck_assert_int_eq(walk_depth(16), 0);
	ck_assert_int_eq(walk_depth(17), -ELOOP);
}
END_TEST

/* The error of a ruleset whose only rule has that statement; the result stays as it was. */
static int error_of(const struct ruleset_statement *s, const char *chain)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r = { .outcome = WALK_REJECT_PORT, .meta_mark = 99 };
	struct build b;
	int err;

	build_start(&b);
	build_set(&b, "s", BUILD_EXACT, BUILD_FIELDS(FIELD_SADDR4, FIELD_DPORT));
	if (chain) {
		build_chain(&b, chain);
		build_rule(&b, NULL);
		build_statement(&b, s);
	}
	probe_begin_forward(&b);
	mark_rule(&b, 1);
	build_rule(&b, NULL);
	build_statement(&b, s);
	ruleset = probe_finish(&b);
	err = walk_ruleset(ruleset, HOOK_FORWARD, &p, &r);
	ck_assert_int_eq(r.outcome, WALK_REJECT_PORT);
	ck_assert_uint_eq(r.meta_mark, 99);
	return err;
}

START_TEST(what_the_kernel_would_not_load_is_an_error)
{
	ck_assert_int_eq(error_of(S(.kind = ACT_VERDICT, .verdict = { VERDICT_JUMP, "no" }), NULL),
			 -ENOENT);
	ck_assert_int_eq(error_of(S(.kind = ACT_VERDICT, .verdict = { VERDICT_GOTO, "me" }), "me"),
			 -E2BIG);
	ck_assert_int_eq(error_of(S(.kind = ACT_VERDICT, .verdict = { VERDICT_JUMP, "me" }), "me"),
			 -ELOOP);
	ck_assert_int_eq(error_of(S(.kind = MATCH_SET, .text = "no", .fields = { FIELD_SADDR4 },
				    .field_count = 1),
				  NULL),
			 -ENOENT);
	ck_assert_int_eq(error_of(S(.kind = MATCH_SET, .text = "s", .fields = { FIELD_SADDR4 },
				    .field_count = 1),
				  NULL),
			 -EINVAL);
	ck_assert_int_eq(error_of(S(.kind = MATCH_SET, .text = "s",
				    .fields = { FIELD_SADDR6, FIELD_DPORT }, .field_count = 2),
				  NULL),
			 -EINVAL);
	ck_assert_int_eq(error_of(S(.kind = ACT_VERDICT_MAP, .text = "s",
				    .fields = { FIELD_SADDR4, FIELD_DPORT }, .field_count = 2),
				  NULL),
			 -EINVAL);
	ck_assert_int_eq(error_of(S(.kind = ACT_CT_MARK_MAP, .text = "s"), NULL), -EINVAL);
	ck_assert_int_eq(error_of(S(.kind = (enum ruleset_statement_kind)(ACT_SNAT6 + 1)), NULL),
			 -EINVAL);
}
END_TEST

/* Base chains first..: name, priority, mark it sets if the mark fits. */
START_TEST(base_chains_go_by_priority_and_the_later_of_equals_first)
{
	static const struct {
		const char *name;
		int priority;
	} chains[] = { { "b", 0 }, { "d", 10 }, { "a", 0 }, { "early", -5 } };
	static const char *const order[] = { "early", "a", "b", "d" };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r;
	struct build b;

	build_start(&b);
	for (size_t i = 0; i < ARRAY_SIZE(chains); i++) {
		build_base_chain(&b, chains[i].name, HOOK_FORWARD, chains[i].priority, true);
		build_rule(&b, NULL);
		build_accept(&b);
	}
	ruleset = probe_finish(&b);
	r = probe_walk(ruleset, &p);
	ck_assert_int_eq(r.outcome, WALK_ACCEPT);
	ck_assert_uint_eq(r.step_count, ARRAY_SIZE(order));
	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		ck_assert_str_eq(r.steps[i].chain->name, order[i]);
}
END_TEST

/* Two base chains: the first with that statement, the second drops. */
static struct walk_result two_chains(const struct ruleset_statement *s, uint8_t l4proto)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r;
	struct build b;

	build_start(&b);
	build_base_chain(&b, "second", HOOK_FORWARD, 10, true);
	build_base_chain(&b, "first", HOOK_FORWARD, 0, false);
	build_rule(&b, NULL);
	build_statement(&b, s);
	ruleset = probe_finish(&b);
	p.l4proto = l4proto;
	r = probe_walk(ruleset, &p);
	r.log_prefix = r.comment = NULL; /* of the ruleset, which is gone */
	return r;
}

START_TEST(accept_ends_its_chain_and_all_else_ends_all)
{
	struct walk_result r = two_chains(S(.kind = ACT_QUEUE, .value = 4, .mask = 7), IPPROTO_TCP);

	ck_assert_int_eq(r.outcome, WALK_QUEUE);
	ck_assert_uint_eq(r.queue_first, 4);
	ck_assert_uint_eq(r.queue_last, 7);
	ck_assert_uint_eq(r.step_count, 1);
	r = two_chains(S(.kind = ACT_VERDICT, .verdict = { .kind = VERDICT_ACCEPT }), IPPROTO_TCP);
	ck_assert_int_eq(r.outcome, WALK_DROP);
	ck_assert_uint_eq(r.step_count, 2);
	r = two_chains(S(.kind = ACT_VERDICT, .verdict = { .kind = VERDICT_DROP }), IPPROTO_TCP);
	ck_assert_uint_eq(r.step_count, 1);
	ck_assert_int_eq(two_chains(S(.kind = ACT_REJECT_RESET), IPPROTO_TCP).outcome,
			 WALK_REJECT_RESET);
	/* for what is not TCP, the rule does not match */
	ck_assert_uint_eq(two_chains(S(.kind = ACT_REJECT_RESET), IPPROTO_UDP).step_count, 2);
	ck_assert_int_eq(two_chains(S(.kind = ACT_REJECT_ADMIN), IPPROTO_UDP).outcome,
			 WALK_REJECT_ADMIN);
	ck_assert_int_eq(two_chains(S(.kind = ACT_REJECT_PORT), IPPROTO_UDP).outcome,
			 WALK_REJECT_PORT);
}
END_TEST

START_TEST(marks_logs_and_comments_are_kept_on_the_way)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_result r;
	struct build b;

	build_start(&b);
	probe_begin_forward(&b);
	build_rule(&b, "one");
	build_value(&b, ACT_SET_CT_MARK, 0x21);
	build_act(&b, ACT_META_MARK_FROM_CT);
	build_rule(&b, NULL);
	build_masked(&b, MATCH_META_MARK, 0x1, 0x1); /* as it has become */
	build_act(&b, ACT_COUNTER);
	build_log(&b, 7, "sekisho:first");
	build_rule(&b, "two");
	build_log(&b, 7, "sekisho:second");
	build_value(&b, ACT_SET_META_MARK, 0x42);
	build_act(&b, ACT_CT_MARK_FROM_META);
	build_rule(&b, "not on the way");
	build_value(&b, MATCH_L4PROTO, IPPROTO_UDP);
	build_log(&b, 7, "sekisho:third");
	ruleset = probe_finish(&b);
	r = probe_walk(ruleset, &p);
	ck_assert_int_eq(r.outcome, WALK_DROP);
	ck_assert_uint_eq(r.ct_mark, 0x42);
	ck_assert_uint_eq(r.meta_mark, 0x42);
	ck_assert_str_eq(r.log_prefix, "sekisho:second");
	ck_assert_str_eq(r.comment, "two");
	ck_assert_uint_eq(r.step_count, 4);
	/* without a connection, the first rule stops half way */
	p.ct_state = STATE_UNTRACKED;
	r = probe_walk(ruleset, &p);
	ck_assert_uint_eq(r.ct_mark, 0);
	ck_assert_uint_eq(r.step_count, 2);
}
END_TEST

START_TEST(nat_gives_new_flows_of_its_family_their_address)
{
	struct ruleset_statement snat = { .kind = ACT_SNAT4 };
	struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 443);
	struct walk_packet p6 = probe_tcp("2001:db8::1", "2001:db8::2", 443);
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct walk_result r;
	struct build b;

	ck_assert_int_eq(addr_parse("198.51.100.1", &snat.address), 0);
	build_start(&b);
	build_base_chain(&b, "srcnat", HOOK_POSTROUTING_NAT, 100, true);
	build_rule(&b, NULL);
	build_statement(&b, &snat);
	ruleset = probe_finish(&b);
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_POSTROUTING_NAT, &p, &r), 0);
	ck_assert_int_eq(r.outcome, WALK_ACCEPT);
	ck_assert_int_eq(addr_compare(r.source_nat, &snat.address), 0);
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_POSTROUTING_NAT, &p6, &r), 0);
	ck_assert_ptr_null(r.source_nat);
	ck_assert_int_eq(r.outcome, WALK_DROP);
	p.ct_state = STATE_ESTABLISHED;
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_POSTROUTING_NAT, &p, &r), 0);
	ck_assert_ptr_null(r.source_nat);
	ck_assert_int_eq(r.outcome, WALK_ACCEPT);
}
END_TEST

START_TEST(every_outcome_has_its_word)
{
	static const char *const words[] = { "accept",       "drop",        "reject-reset",
					     "reject-admin", "reject-port", "queue" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		ck_assert_str_eq(walk_outcome_slug((enum walk_outcome)i), words[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walk");
	TCase *tcase = tcase_create("walk");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_base_chain_without_rules_does_what_its_policy_says);
	tcase_add_test(tcase, jumps_come_back_and_gotos_come_back_for_their_caller);
	tcase_add_test(tcase, jumps_go_as_deep_as_the_kernel_lets_them);
	tcase_add_test(tcase, what_the_kernel_would_not_load_is_an_error);
	tcase_add_test(tcase, base_chains_go_by_priority_and_the_later_of_equals_first);
	tcase_add_test(tcase, accept_ends_its_chain_and_all_else_ends_all);
	tcase_add_test(tcase, marks_logs_and_comments_are_kept_on_the_way);
	tcase_add_test(tcase, nat_gives_new_flows_of_its_family_their_address);
	tcase_add_test(tcase, every_outcome_has_its_word);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
