/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finding out what the kernel can do. */
#include "kernel/features.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/nlsock.h"
#include "unit/netns.h"

static const struct features everything = { .queue = FEATURES_QUEUE_COMPAT,
					    .tables = true,
					    .intervals = true,
					    .connmark = true,
					    .log = true,
					    .reject = true,
					    .nat = true,
					    .queue_link = true,
					    .log_link = true,
					    .conntrack_link = true };

START_TEST(a_kernel_with_everything_suffices)
{
	auto_(errors_clear) struct errors errors = { 0 };

	ck_assert(features_suffice(&everything, true, &errors));
	ck_assert_uint_eq(errors.count, 0);
}
END_TEST

START_TEST(a_kernel_without_queues_is_refused_by_the_names_of_its_options)
{
	auto_(errors_clear) struct errors errors = { 0 };
	struct features features = everything;

	features.queue = FEATURES_QUEUE_NONE;
	ck_assert(!features_suffice(&features, true, &errors));
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_ptr_nonnull(strstr(errors.at[0].text, "CONFIG_NFT_QUEUE"));
	ck_assert_ptr_nonnull(strstr(errors.at[0].text, "CONFIG_NETFILTER_XT_TARGET_NFQUEUE"));
}
END_TEST

START_TEST(translation_is_only_missed_where_it_is_wanted)
{
	auto_(errors_clear) struct errors errors = { 0 };
	struct features features = everything;

	features.nat = false;
	ck_assert(features_suffice(&features, false, &errors));
	ck_assert(!features_suffice(&features, true, &errors));
	ck_assert_ptr_nonnull(strstr(errors.at[0].text, "CONFIG_NFT_NAT"));
}
END_TEST

START_TEST(a_kernel_with_nothing_is_told_each_thing_once)
{
	auto_(errors_clear) struct errors errors = { 0 };
	const struct features nothing = { .queue = FEATURES_QUEUE_NONE };
	size_t i;

	ck_assert(!features_suffice(&nothing, true, &errors));
	ck_assert_uint_eq(errors.count, 10);
	for (i = 0; i < errors.count; i++)
		ck_assert_ptr_nonnull(strstr(errors.at[i].text, i == 1 ? "Linux" : "CONFIG_"));
}
END_TEST

START_TEST(the_summary_fits_and_names_the_kind_of_queue)
{
	char text[FEATURES_TEXT_MAX];

	ck_assert_str_eq(features_text(&everything, text),
			 "queue=compat tables=yes intervals=yes connmark=yes log=yes reject=yes "
			 "nat=yes queue_link=yes log_link=yes conntrack_link=yes");
}
END_TEST

static int count_message(const struct nlmsghdr *message, void *data)
{
	(void)message;
	++*(int *)data;
	return 0;
}

/* How many tables this network namespace has. */
static int count_tables(void)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[64] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	int tables = 0;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	message->nlmsg_flags = NLM_F_DUMP;
	family->nfgen_family = NFPROTO_UNSPEC;
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nlsock_request(sock, message, count_message, &tables), 0);
	return tables;
}

START_TEST(the_probe_finds_a_queue_and_leaves_nothing_behind)
{
	struct features found = { .queue = FEATURES_QUEUE_NONE };
	auto_(errors_clear) struct errors errors = { 0 };
	char text[FEATURES_TEXT_MAX];

	netns_enter();
	ck_assert_int_eq(features_probe(&found), 0);
	printf("this kernel: %s\n", features_text(&found, text));
	errors_print(&errors, stdout);
	ck_assert(features_suffice(&found, true, &errors));
	ck_assert_int_eq(count_tables(), 0);
}
END_TEST

START_TEST(without_the_capability_nothing_is_claimed)
{
	char before[FEATURES_TEXT_MAX], after[FEATURES_TEXT_MAX];
	struct features found = everything;

	netns_enter();
	/* Another user loses the capability; the namespace stays. */
	ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(features_probe(&found), -EPERM);
	ck_assert_str_eq(features_text(&found, after), features_text(&everything, before));
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("features");
	TCase *plain = tcase_create("plain");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, plain);
	tcase_add_test(plain, a_kernel_with_everything_suffices);
	tcase_add_test(plain, a_kernel_without_queues_is_refused_by_the_names_of_its_options);
	tcase_add_test(plain, translation_is_only_missed_where_it_is_wanted);
	tcase_add_test(plain, a_kernel_with_nothing_is_told_each_thing_once);
	tcase_add_test(plain, the_summary_fits_and_names_the_kind_of_queue);
	if (available)
		suite_add_tcase(suite, root);
	tcase_add_test(root, the_probe_finds_a_queue_and_leaves_nothing_behind);
	tcase_add_test(root, without_the_capability_nothing_is_claimed);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
