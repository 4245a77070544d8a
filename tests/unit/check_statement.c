/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules as expressions: what is implied is added once, keys lie where the kernel looks for them. */
#include "kernel/statement.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/batch.h"

static struct batch *batch;
static struct statement_context context;

static void begin(void)
{
	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	context = (struct statement_context){ .batch = batch,
					      .queue = APPLY_QUEUE_NATIVE,
					      .next_set_id = 5 };
}

static void end(void)
{
	batch_freep(&batch);
}

static void free_rule(struct nftnl_rule **rule)
{
	if (*rule)
		nftnl_rule_free(*rule);
}

/* The rule in message i, printed by libnftnl. */
static void expect(size_t i, const char *expressions)
{
	auto_(free_rule) struct nftnl_rule *rule = nftnl_rule_alloc();
	const struct nlmsghdr *message = batch_message(batch, i);
	char printed[2048];

	ck_assert_ptr_nonnull(message);
	ck_assert_ptr_nonnull(rule);
	ck_assert_int_eq(nftnl_rule_nlmsg_parse(message, rule), 0);
	ck_assert_str_eq(nftnl_rule_get_str(rule, NFTNL_RULE_TABLE), "some_table");
	ck_assert_int_gt(
		nftnl_rule_snprintf(printed, sizeof(printed), rule, NFTNL_OUTPUT_DEFAULT, 0), 0);
	ck_assert_msg(strstr(printed, expressions), "%s", printed);
}

static int put(const struct ruleset_statement *statements, size_t count)
{
	struct ruleset_rule rule = { .count = count, .comment = "why" };

	memcpy(rule.statements, statements, count * sizeof(*statements));
	return statement_put_rule(&context, "chain", 1, &rule);
}

START_TEST(what_a_key_implies_is_matched_before_it_and_only_once)
{
	const struct ruleset_statement s[] = {
		{ .kind = MATCH_SET,
		  .fields = { FIELD_SADDR4 },
		  .field_count = 1,
		  .text = "role4" },
		{ .kind = MATCH_SET,
		  .fields = { FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT },
		  .field_count = 3,
		  .text = "inspect4" },
	};

	ck_assert_int_eq(put(s, ARRAY_SIZE(s)), 0);
	expect(0, "[ meta load nfproto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x00000002 ]\n"
		  "  [ payload load 4b @ network header + 12 => reg 1 ]\n"
		  "  [ lookup reg 1 set role4 ]\n"
		  "  [ payload load 4b @ network header + 16 => reg 1 ]\n"
		  "  [ meta load l4proto => reg 9 ]\n"
		  "  [ payload load 2b @ transport header + 2 => reg 10 ]\n"
		  "  [ lookup reg 1 set inspect4 ]\n");
}
END_TEST

START_TEST(long_fields_begin_on_whole_registers)
{
	const struct ruleset_statement s = { .kind = ACT_VERDICT_MAP,
					     .fields = { FIELD_SADDR6, FIELD_OIFNAME,
							 FIELD_DADDR6 },
					     .field_count = 3,
					     .text = "pairs6" };

	ck_assert_int_eq(put(&s, 1), 0);
	expect(0, "[ payload load 16b @ network header + 8 => reg 1 ]\n"
		  "  [ meta load oifname => reg 2 ]\n"
		  "  [ payload load 16b @ network header + 24 => reg 3 ]\n"
		  "  [ lookup reg 1 set pairs6 dreg 0 ]\n");
}
END_TEST

START_TEST(several_icmp_types_become_a_set_before_the_rule)
{
	const struct ruleset_statement s = { .kind = MATCH_ICMP_TYPES,
					     .types = { 3, 11 },
					     .type_count = 2 };

	ck_assert_int_eq(put(&s, 1), 0);
	ck_assert_int_eq(batch_message(batch, 0)->nlmsg_type & 0xff, NFT_MSG_NEWSET);
	ck_assert_int_eq(batch_message(batch, 1)->nlmsg_type & 0xff, NFT_MSG_NEWSETELEM);
	expect(2, "[ lookup reg 1 set __set%d ]");
	ck_assert_uint_eq(context.next_set_id, 6);
}
END_TEST

START_TEST(one_icmp_type_is_compared)
{
	const struct ruleset_statement s = { .kind = MATCH_ICMPV6_TYPES,
					     .types = { 135 },
					     .type_count = 1 };

	ck_assert_int_eq(put(&s, 1), 0);
	expect(0, "[ meta load nfproto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x0000000a ]\n"
		  "  [ meta load l4proto => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x0000003a ]\n"
		  "  [ payload load 1b @ transport header + 0 => reg 1 ]\n"
		  "  [ cmp eq reg 1 0x00000087 ]\n");
}
END_TEST

START_TEST(a_state_is_matched_by_any_of_its_bits)
{
	const struct ruleset_statement s = { .kind = MATCH_CT_STATE,
					     .value = STATE_INVALID | STATE_UNTRACKED };

	ck_assert_int_eq(put(&s, 1), 0);
	expect(0, "[ bitwise reg 1 = ( reg 1 & 0x00000041 ) ^ 0x00000000 ]\n"
		  "  [ cmp neq reg 1 0x00000000 ]\n");
}
END_TEST

START_TEST(a_queue_statement_follows_the_kernels_ways)
{
	const struct ruleset_statement s = { .kind = ACT_QUEUE, .value = 4, .mask = 7 };

	ck_assert_int_eq(put(&s, 1), 0);
	expect(0, "[ queue num 4-7 ]");
	context.queue = APPLY_QUEUE_COMPAT;
	ck_assert_int_eq(put(&s, 1), 0);
	expect(1, "[ target name NFQUEUE rev 3 ]");
	context.queue = APPLY_QUEUE_DROP;
	ck_assert_int_eq(put(&s, 1), 0);
	expect(2, "[ immediate reg 0 drop ]");
}
END_TEST

START_TEST(what_cannot_be_expressed_leaves_the_batch_alone)
{
	static const struct ruleset_statement bad[] = {
		{ .kind = MATCH_SET, .field_count = 0, .text = "set" },
		{ .kind = MATCH_SET, .field_count = 5, .text = "set" },
		{ .kind = MATCH_ICMP_TYPES, .type_count = 0 },
		{ .kind = MATCH_ICMP_TYPES, .type_count = 9 },
		{ .kind = MATCH_L4PROTO, .value = 256 },
		{ .kind = MATCH_IIFNAME, .text = "" },
		{ .kind = MATCH_OIFNAME, .text = "sixteen-letters-" },
		{ .kind = ACT_QUEUE, .value = 2, .mask = 1 },
		{ .kind = ACT_QUEUE, .value = 0, .mask = 65536 },
		{ .kind = ACT_LOG, .value = 65536 },
		{ .kind = ACT_SNAT4, .address = { .family = 6 } },
		{ .kind = ACT_SNAT6 + 1 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++)
		ck_assert_msg(put(&bad[i], 1) == -EINVAL, "number %zu", i);
	ck_assert_ptr_null(batch_message(batch, 0));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("statement");
	TCase *tests = tcase_create("statement");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, what_a_key_implies_is_matched_before_it_and_only_once);
	tcase_add_test(tests, long_fields_begin_on_whole_registers);
	tcase_add_test(tests, several_icmp_types_become_a_set_before_the_rule);
	tcase_add_test(tests, one_icmp_type_is_compared);
	tcase_add_test(tests, a_state_is_matched_by_any_of_its_bits);
	tcase_add_test(tests, a_queue_statement_follows_the_kernels_ways);
	tcase_add_test(tests, what_cannot_be_expressed_leaves_the_batch_alone);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
