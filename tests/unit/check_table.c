/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and chains as messages. */
#include "kernel/table.h"

#include <arpa/inet.h>
#include <check.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "common/defs.h"
#include "kernel/batch.h"

static void free_chain(struct nftnl_chain **chain)
{
	if (*chain)
		nftnl_chain_free(*chain);
}

static struct nftnl_chain *put_and_parse(struct batch *batch, const struct ruleset_chain *chain)
{
	struct nftnl_chain *parsed = nftnl_chain_alloc();

	ck_assert_ptr_nonnull(parsed);
	ck_assert_int_eq(table_put_chain(batch, chain), 0);
	ck_assert_int_eq(nftnl_chain_nlmsg_parse(batch_message(batch, 0), parsed), 0);
	return parsed;
}

START_TEST(a_table_is_made_and_deleted_by_its_name)
{
	auto_(batch_freep) struct batch *batch = NULL;
	struct nftnl_table *parsed = nftnl_table_alloc();

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(table_put(batch, NFT_MSG_NEWTABLE), 0);
	ck_assert_int_eq(table_put(batch, NFT_MSG_DELTABLE), 0);
	ck_assert_int_eq(nftnl_table_nlmsg_parse(batch_message(batch, 0), parsed), 0);
	ck_assert_str_eq(nftnl_table_get_str(parsed, NFTNL_TABLE_NAME), "some_table");
	ck_assert_int_eq(batch_message(batch, 1)->nlmsg_type & 0xff, NFT_MSG_DELTABLE);
	ck_assert_ptr_null(batch_message(batch, 2));
	nftnl_table_free(parsed);
}
END_TEST

START_TEST(a_base_chain_has_its_hook_priority_and_policy)
{
	static const struct {
		enum ruleset_hook hook;
		uint32_t number;
		const char *type;
	} cases[] = { { HOOK_INPUT, NF_INET_LOCAL_IN, "filter" },
		      { HOOK_FORWARD, NF_INET_FORWARD, "filter" },
		      { HOOK_OUTPUT, NF_INET_LOCAL_OUT, "filter" },
		      { HOOK_POSTROUTING_NAT, NF_INET_POST_ROUTING, "nat" } };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ruleset_chain chain = { .name = "base",
						     .hook = cases[i].hook,
						     .priority = -7,
						     .policy_drop = i % 2 == 0 };
		auto_(batch_freep) struct batch *batch = NULL;
		auto_(free_chain) struct nftnl_chain *parsed = NULL;

		ck_assert_int_eq(batch_new("some_table", &batch), 0);
		parsed = put_and_parse(batch, &chain);
		ck_assert_uint_eq(nftnl_chain_get_u32(parsed, NFTNL_CHAIN_HOOKNUM),
				  cases[i].number);
		ck_assert_int_eq(nftnl_chain_get_s32(parsed, NFTNL_CHAIN_PRIO), -7);
		ck_assert_str_eq(nftnl_chain_get_str(parsed, NFTNL_CHAIN_TYPE), cases[i].type);
		ck_assert_uint_eq(nftnl_chain_get_u32(parsed, NFTNL_CHAIN_POLICY),
				  i % 2 == 0 ? NF_DROP : NF_ACCEPT);
	}
}
END_TEST

START_TEST(a_regular_chain_has_no_hook)
{
	const struct ruleset_chain chain = { .name = "regular" };
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(free_chain) struct nftnl_chain *parsed = NULL;

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	parsed = put_and_parse(batch, &chain);
	ck_assert_str_eq(nftnl_chain_get_str(parsed, NFTNL_CHAIN_NAME), "regular");
	ck_assert(!nftnl_chain_is_set(parsed, NFTNL_CHAIN_HOOKNUM));
	ck_assert(!nftnl_chain_is_set(parsed, NFTNL_CHAIN_POLICY));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tests = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_table_is_made_and_deleted_by_its_name);
	tcase_add_test(tests, a_base_chain_has_its_hook_priority_and_policy);
	tcase_add_test(tests, a_regular_chain_has_no_hook);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
