/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Expressions one by one, as libnftnl prints them. */
#include "kernel/expression.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libnftnl/rule.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

static struct expression_list list;

static void begin(void)
{
	list = (struct expression_list){ .rule = nftnl_rule_alloc() };
	ck_assert_ptr_nonnull(list.rule);
}

static void end(void)
{
	nftnl_rule_free(list.rule);
}

/* The list so far is what libnftnl prints as text. */
static void expect(const char *text)
{
	char printed[1024];

	ck_assert_int_eq(list.error, 0);
	ck_assert_int_gt(
		nftnl_rule_snprintf(printed, sizeof(printed), list.rule, NFTNL_OUTPUT_DEFAULT, 0),
		0);
	ck_assert_msg(strstr(printed, text), "%s", printed);
}

START_TEST(loads_say_what_and_where)
{
	expression_meta(&list, NFT_META_OIFNAME, NFT_REG_1);
	expect("[ meta load oifname => reg 1 ]");
	expression_ct(&list, NFT_CT_MARK, NFT_REG_2);
	expect("[ ct load mark => reg 2 ]");
	expression_payload(&list, NFT_PAYLOAD_NETWORK_HEADER, 12, 4, NFT_REG32_01);
	expect("[ payload load 4b @ network header + 12 => reg 9 ]");
}
END_TEST

START_TEST(changes_and_comparisons_say_their_numbers)
{
	const uint32_t seven = 7;

	expression_mask(&list, NFT_REG_1, &seven, sizeof(seven));
	expect("[ bitwise reg 1 = ( reg 1 & 0x00000007 ) ^ 0x00000000 ]");
	expression_shift_right(&list, NFT_REG_1, 4, 1);
	expect("[ bitwise reg 1 = ( reg 1 >> 0x00000004 ) ]");
	expression_compare(&list, false, &seven, sizeof(seven));
	expect("[ cmp eq reg 1 0x00000007 ]");
	expression_compare(&list, true, &seven, sizeof(seven));
	expect("[ cmp neq reg 1 0x00000007 ]");
	expression_immediate(&list, &seven, sizeof(seven));
	expect("[ immediate reg 1 0x00000007 ]");
}
END_TEST

START_TEST(lookups_name_their_set)
{
	expression_lookup(&list, "places4", true);
	expect("[ lookup reg 1 set places4 0x1 ]");
	expression_lookup(&list, "bare4", false);
	expect("[ lookup reg 1 set bare4 ]");
	expression_map(&list, "states");
	expect("[ lookup reg 1 set states dreg 0 ]");
	expression_lookup_nameless(&list, "__set%d", 9, false);
	expect("[ lookup reg 1 set __set%d ]");
}
END_TEST

START_TEST(actions_say_what_they_do)
{
	const struct ruleset_verdict jump = { .kind = VERDICT_JUMP, .chain = "there" };

	expression_set_ct_mark(&list);
	expect("[ ct set mark with reg 1 ]");
	expression_set_meta_mark(&list);
	expect("[ meta set mark with reg 1 ]");
	expression_counter(&list);
	expect("[ counter pkts 0 bytes 0 ]");
	expression_log(&list, "sekisho:x", 7, 128);
	expect("[ log prefix sekisho:x group 7 snaplen 128 qthreshold 0 ]");
	expression_verdict(&list, &jump);
	expect("[ immediate reg 0 jump -> there ]");
	expression_reject(&list, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
	expect("[ reject type 2 code 3 ]");
	expression_snat(&list, NFPROTO_IPV6);
	expect("[ nat snat ip6 addr_min reg 1 ]");
}
END_TEST

START_TEST(queues_are_an_expression_or_a_target)
{
	expression_queue(&list, 2, 3);
	expect("[ queue num 2-4 ]");
	expression_queue_compat(&list, 2, 3);
	expect("[ target name NFQUEUE rev 3 ]");
}
END_TEST

START_TEST(after_an_error_nothing_is_added)
{
	list.error = -EINVAL;
	expression_counter(&list);
	list.error = 0;
	ck_assert_int_eq(nftnl_rule_is_set(list.rule, NFTNL_RULE_TABLE), 0);
	expression_queue(&list, 1, 1);
	expect("[ queue num 1 ]");
	{
		char printed[1024];

		nftnl_rule_snprintf(printed, sizeof(printed), list.rule, NFTNL_OUTPUT_DEFAULT, 0);
		ck_assert_ptr_null(strstr(printed, "counter"));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("expression");
	TCase *tests = tcase_create("expression");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_checked_fixture(tests, begin, end);
	tcase_add_test(tests, loads_say_what_and_where);
	tcase_add_test(tests, changes_and_comparisons_say_their_numbers);
	tcase_add_test(tests, lookups_name_their_set);
	tcase_add_test(tests, actions_say_what_they_do);
	tcase_add_test(tests, queues_are_an_expression_or_a_target);
	tcase_add_test(tests, after_an_error_nothing_is_added);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
