/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of a ruleset in a transaction, and what the kernel says of them; the number of its rules.
 */
#include "kernel/transaction.h"

#include <check.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/batch.h"
#include "kernel/generation.h"
#include "kernel/nlsock.h"
#include "kernel/statement.h"
#include "kernel/table.h"
#include "ruleset/build.h"
#include "unit/netns.h"

static struct lowered *make(const char *mentioned)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct lowered *lowered = NULL;
	struct build b;

	build_start(&b);
	build_set(&b, "marks", BUILD_EXACT, BUILD_FIELDS(FIELD_CT_MARK));
	build_element(&b);
	build_put_number(&b, 7, 7);
	build_chain(&b, "c");
	build_rule(&b, "why");
	build_in_set(&b, mentioned, BUILD_FIELDS(FIELD_CT_MARK));
	build_accept(&b);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(lowered_make(ruleset, LOWERED_ELEMENTS_MIN, NULL, &lowered), 0);
	return lowered;
}

static int send_all(const struct lowered *lowered, struct nlsock *sock, struct errors *errors)
{
	auto_(batch_freep) struct batch *batch = NULL;
	struct statement_context context = { .queue = APPLY_QUEUE_DROP, .next_set_id = 9 };
	int r = batch_new(RULESET_TABLE, &batch);

	context.batch = batch;
	if (r == 0)
		r = table_put(batch, NFT_MSG_NEWTABLE);
	if (r == 0)
		r = table_put_chain(batch, &lowered->ruleset->chains[0]);
	if (r == 0)
		r = transaction_put_set(batch, lowered, 0, errors);
	if (r == 0)
		r = transaction_put_rules(&context, &lowered->ruleset->chains[0], errors);
	return transaction_send(r, batch, sock, errors);
}

START_TEST(a_transaction_that_takes_effect_is_counted_by_the_kernel)
{
	auto_(lowered_freep) struct lowered *lowered = make("marks");
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	uint32_t before = 0, after = 0;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(generation_read(sock, &before), 0);
	ck_assert_int_eq(send_all(lowered, sock, &errors), 0);
	ck_assert_int_eq(generation_read(sock, &after), 0);
	ck_assert_uint_eq(after, before + 1);
	ck_assert_uint_eq(errors.count, 0);
}
END_TEST

START_TEST(a_refused_one_is_not_counted_and_its_object_is_named)
{
	auto_(lowered_freep) struct lowered *lowered = make("nowhere");
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	uint32_t before = 0, after = 0;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(generation_read(sock, &before), 0);
	ck_assert_int_eq(send_all(lowered, sock, &errors), -ENOENT);
	ck_assert_int_eq(generation_read(sock, &after), 0);
	ck_assert_uint_eq(after, before);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_msg(strstr(errors.at[0].text, "rule 1 of chain c (why)"), "%s",
		      errors.at[0].text);
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("transaction");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (available)
		suite_add_tcase(suite, root);
	tcase_add_test(root, a_transaction_that_takes_effect_is_counted_by_the_kernel);
	tcase_add_test(root, a_refused_one_is_not_counted_and_its_object_is_named);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
