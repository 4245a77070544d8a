/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Transactions: growing, committed or only tried, and which message was refused. */
#include "kernel/batch.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "common/defs.h"
#include "kernel/nlsock.h"
#include "kernel/table.h"
#include "unit/netns.h"

static const struct batch_object chain_object = { .kind = BATCH_CHAIN, .name = "some_chain" };

/* A message that makes a chain, in the table (its own, or one that is not there). */
static void put_chain(struct batch *batch, const char *table)
{
	struct nlmsghdr *message =
		batch_start(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, &chain_object);

	ck_assert_ptr_nonnull(message);
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, "some_chain");
	batch_finish(batch);
}

START_TEST(messages_stay_whole_while_the_batch_grows)
{
	const size_t payload = 60000;
	auto_(free_charp) char *bytes = calloc(1, payload);
	auto_(batch_freep) struct batch *batch = NULL;
	size_t i;

	ck_assert_ptr_nonnull(bytes);
	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_str_eq(batch_table(batch), "some_table");
	for (i = 0; i < 100; i++) {
		struct nlmsghdr *message = batch_start(batch, NFT_MSG_NEWSET, 0, &chain_object);

		ck_assert_ptr_nonnull(message);
		ck_assert_ptr_null(batch_message(batch, i));
		bytes[0] = (char)i;
		mnl_attr_put(message, 1, payload, bytes);
		batch_finish(batch);
	}
	for (i = 0; i < 100; i++) {
		const struct nlmsghdr *message = batch_message(batch, i);

		ck_assert_uint_eq(message->nlmsg_len, 20 + 4 + payload);
		ck_assert_uint_eq(((const uint8_t *)message)[24], i);
	}
	ck_assert_ptr_null(batch_message(batch, 100));
	ck_assert_uint_gt(batch_len(batch), 100 * payload);
}
END_TEST

START_TEST(an_empty_or_unfinished_batch_is_not_sent)
{
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(batch_send(batch, sock, true, NULL), -EINVAL);
	ck_assert_ptr_nonnull(batch_start(batch, NFT_MSG_NEWTABLE, 0, &chain_object));
	ck_assert_int_eq(batch_send(batch, sock, true, NULL), -EINVAL);
}
END_TEST

/* Is the table there? Asked by trying to make a chain in it. */
static bool table_is_there(struct nlsock *sock)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r;

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	put_chain(batch, "some_table");
	r = batch_send(batch, sock, false, NULL);
	ck_assert(r == 0 || r == -ENOENT);
	return r == 0;
}

START_TEST(what_is_only_tried_leaves_nothing_and_what_is_committed_stays)
{
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(table_put(batch, NFT_MSG_NEWTABLE), 0);
	ck_assert_int_eq(batch_send(batch, sock, false, NULL), 0);
	ck_assert(!table_is_there(sock));
	ck_assert_int_eq(batch_send(batch, sock, true, NULL), 0);
	ck_assert(table_is_there(sock));
}
END_TEST

START_TEST(the_first_refused_message_is_named_and_all_is_undone)
{
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct batch_failure failure;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(table_put(batch, NFT_MSG_NEWTABLE), 0);
	put_chain(batch, "another_table");
	put_chain(batch, "yet_another_table");
	ck_assert_int_eq(batch_send(batch, sock, true, &failure), -ENOENT);
	ck_assert_int_eq(failure.error, -ENOENT);
	ck_assert(failure.has_object);
	ck_assert_int_eq(failure.object.kind, BATCH_CHAIN);
	ck_assert_ptr_eq(failure.object.name, chain_object.name);
	ck_assert(!table_is_there(sock));
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("batch");
	TCase *plain = tcase_create("plain");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, plain);
	tcase_add_test(plain, messages_stay_whole_while_the_batch_grows);
	tcase_add_test(plain, an_empty_or_unfinished_batch_is_not_sent);
	if (available)
		suite_add_tcase(suite, root);
	tcase_add_test(root, what_is_only_tried_leaves_nothing_and_what_is_committed_stays);
	tcase_add_test(root, the_first_refused_message_is_named_and_all_is_undone);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
