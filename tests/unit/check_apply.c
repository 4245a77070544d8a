/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading rulesets: all or nothing, and the kernel's refusals in words. */
#include "kernel/apply.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/attr.h"
#include "kernel/nlsock.h"
#include "kernel/renamed.h"
#include "lab/sample_ruleset.h"
#include "ruleset/build.h"
#include "unit/netns.h"

#define MANY 10000

static const struct apply_options with_drop = { .queue = APPLY_QUEUE_DROP };

/* Asks the kernel for one thing of the table by its name. 0 or -ENOENT. */
static int ask(uint8_t type, uint16_t name_attr, const char *name)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[256] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	family->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, RULESET_TABLE);
	if (name)
		mnl_attr_put_strz(message, name_attr, name);
	ck_assert_int_eq(nlsock_open(&sock), 0);
	return nlsock_request(sock, message, NULL, NULL);
}

static bool has_table(void)
{
	return ask(NFT_MSG_GETTABLE, 0, NULL) == 0;
}

static bool has_chain(const char *name)
{
	return ask(NFT_MSG_GETCHAIN, NFTA_CHAIN_NAME, name) == 0;
}

static int count_elements_of(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1];
	const void *at;
	size_t left;

	ck_assert(attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_MAX));
	if (!attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	at = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	left = mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while (attr_next(&at, &left))
		++*(size_t *)data;
	return 0;
}

/* Elements of the set of that very name; -ENOENT if there is none. */
static int count_elements_in(const char *set, size_t *ret)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[256] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	int r;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETSETELEM;
	message->nlmsg_flags = NLM_F_DUMP;
	family->nfgen_family = NFPROTO_INET;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, RULESET_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, set);
	ck_assert_int_eq(nlsock_open(&sock), 0);
	*ret = 0;
	r = nlsock_request(sock, message, count_elements_of, ret);
	return r;
}

/* Elements of a set, as the kernel counts them, whichever of its two names it has now. */
static size_t count_elements(const char *set)
{
	char other[RULESET_NAME_MAX + 8];
	size_t count = 0;

	if (count_elements_in(set, &count) == 0)
		return count;
	snprintf(other, sizeof(other), "%s" RENAMED_SUFFIX, set);
	ck_assert_int_eq(count_elements_in(other, &count), 0);
	return count;
}

static void finish(struct build *b, struct ruleset **ret)
{
	ck_assert_int_eq(build_finish(b, ret), 0);
}

/* Applies, expects result, and that the first error speaks of words (NULL: no error at all). */
static void expect(const struct ruleset *ruleset, int result, const char *words)
{
	auto_(errors_clear) struct errors errors = { 0 };
	int r = apply_ruleset(ruleset, &with_drop, &errors);

	ck_assert_msg(r == result, "%s (%d)", errors.count ? errors.at[0].text : strerror(-r), r);
	ck_assert_uint_eq(errors.count, words ? 1 : 0);
	if (words)
		ck_assert_msg(strstr(errors.at[0].text, words), "%s", errors.at[0].text);
}

static void put_chain_with_goto(struct build *b, const char *chain, const char *target)
{
	build_chain(b, chain);
	build_rule(b, NULL);
	build_act(b, ACT_COUNTER);
	build_rule(b, "the second");
	build_goto(b, target);
}

START_TEST(a_ruleset_with_everything_is_loaded_again_and_again)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;

	netns_enter();
	ck_assert_int_eq(sample_ruleset_make(&ruleset), 0);
	expect(ruleset, 0, NULL);
	expect(ruleset, 0, NULL);
	ck_assert(has_chain("lgwan_to_external"));
	ck_assert_uint_eq(count_elements("bare4"), 11);
	ck_assert_uint_eq(count_elements("pairs6"), 1);
	ck_assert_uint_eq(count_elements("nobody4"), 0);
}
END_TEST

START_TEST(another_ruleset_takes_the_place_of_the_first)
{
	auto_(ruleset_freep) struct ruleset *first = NULL;
	auto_(ruleset_freep) struct ruleset *second = NULL;
	struct build b;

	netns_enter();
	ck_assert_int_eq(sample_ruleset_make(&first), 0);
	build_start(&b);
	build_chain(&b, "lonely");
	finish(&b, &second);
	expect(first, 0, NULL);
	expect(second, 0, NULL);
	ck_assert(has_chain("lonely"));
	ck_assert(!has_chain("forward"));
}
END_TEST

START_TEST(deleting_is_thorough_and_needs_nothing_to_delete)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;

	netns_enter();
	ck_assert_int_eq(sample_ruleset_make(&ruleset), 0);
	expect(ruleset, 0, NULL);
	ck_assert(has_table());
	ck_assert_int_eq(apply_delete(NULL), 0);
	ck_assert(!has_table());
	ck_assert_int_eq(apply_delete(NULL), 0);
	ck_assert(!has_table());
}
END_TEST

START_TEST(a_refused_rule_is_named_and_the_old_ruleset_stays)
{
	auto_(ruleset_freep) struct ruleset *good = NULL;
	auto_(ruleset_freep) struct ruleset *bad = NULL;
	struct build b;

	netns_enter();
	build_start(&b);
	build_chain(&b, "old");
	finish(&b, &good);
	build_start(&b);
	put_chain_with_goto(&b, "new", "nowhere");
	finish(&b, &bad);
	expect(good, 0, NULL);
	expect(bad, -ENOENT, "rule 2 of chain new (the second)");
	ck_assert(has_chain("old"));
	ck_assert(!has_chain("new"));
}
END_TEST

START_TEST(a_circle_of_jumps_is_refused)
{
	auto_(ruleset_freep) struct ruleset *bad = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct build b;

	netns_enter();
	build_start(&b);
	put_chain_with_goto(&b, "one", "two");
	put_chain_with_goto(&b, "two", "one");
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, NULL);
	build_goto(&b, "one");
	finish(&b, &bad);
	ck_assert_int_lt(apply_ruleset(bad, &with_drop, &errors), 0);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert(!has_table());
}
END_TEST

/* count exact addresses with a port, in a hash set. */
static void put_many(struct build *b, uint32_t count)
{
	uint32_t i;

	build_set(b, "many", BUILD_EXACT, BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (i = 0; i < count; i++) {
		struct addr_range range = { .family = 4 };
		uint32_t address_be = htonl(0x0a000000 + i);

		memcpy(range.first, &address_be, sizeof(address_be));
		memcpy(range.last, &address_be, sizeof(address_be));
		build_element(b);
		build_put_range(b, &range);
		build_put_protocol(b, IPPROTO_TCP);
		build_put_number(b, 443, 443);
	}
}

START_TEST(more_elements_than_one_message_holds_are_all_loaded)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build b;

	netns_enter();
	build_start(&b);
	put_many(&b, MANY);
	finish(&b, &ruleset);
	expect(ruleset, 0, NULL);
	ck_assert_uint_eq(count_elements("many"), MANY);
}
END_TEST

START_TEST(a_refused_element_is_named_by_its_number)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build b;

	netns_enter();
	build_start(&b);
	build_chain(&b, "there");
	build_set(&b, "verdicts", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	build_element(&b);
	build_put_number(&b, 1, 1);
	build_put_verdict(&b, VERDICT_GOTO, "there");
	build_element(&b);
	build_put_number(&b, 2, 2);
	build_put_verdict(&b, VERDICT_GOTO, "nowhere");
	finish(&b, &ruleset);
	expect(ruleset, -ENOENT, "element 2 of set verdicts");
	ck_assert(!has_table());
}
END_TEST

START_TEST(overlapping_ranges_are_refused_with_the_number_of_the_later)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct ruleset_set *set;
	struct build b;
	size_t i;

	netns_enter();
	build_start(&b);
	build_set(&b, "ranges", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR4));
	for (i = 0; i < 3; i++) {
		static const char *const texts[] = { "10.0.0.0/24", "10.0.2.0/24", "10.0.4.0/24" };
		struct addr_range range;

		ck_assert_int_eq(addr_range_parse(texts[i], &range), 0);
		build_element(&b);
		build_put_range(&b, &range);
	}
	finish(&b, &ruleset);
	set = &ruleset->sets[0];
	/* The third now begins in the second, and ends beyond it. */
	set->elements[2].first[2] = 2;
	set->elements[2].first[3] = 9;
	expect(ruleset, -EEXIST, "element 3 of set ranges");
}
END_TEST

START_TEST(what_cannot_be_expressed_is_refused_before_the_kernel_is_asked)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build b;

	netns_enter();
	build_start(&b);
	build_set(&b, "mixed", BUILD_EXACT, BUILD_FIELDS(FIELD_LENGTH4, FIELD_SADDR4));
	finish(&b, &ruleset);
	expect(ruleset, -EINVAL, "set mixed");
	ruleset_freep(&ruleset);
	build_start(&b);
	build_chain(&b, "queues");
	build_rule(&b, "the wrong way round");
	build_masked(&b, ACT_QUEUE, 1, 2);
	finish(&b, &ruleset);
	expect(ruleset, -EINVAL, "rule 1 of chain queues (the wrong way round)");
	ruleset_freep(&ruleset);
	build_start(&b);
	build_chain(&b, "interfaces");
	build_rule(&b, NULL);
	build_text(&b, MATCH_IIFNAME, "sixteen-letters-");
	finish(&b, &ruleset);
	expect(ruleset, -EINVAL, "rule 1 of chain interfaces");
	ck_assert(!has_table());
}
END_TEST

START_TEST(without_the_capability_the_reason_is_said)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;

	netns_enter();
	ck_assert_int_eq(sample_ruleset_make(&ruleset), 0);
	ck_assert_int_eq(setuid(65534), 0);
	expect(ruleset, -EPERM, "CAP_NET_ADMIN");
}
END_TEST

START_TEST(a_socket_that_is_kept_can_be_used_many_times)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct apply_options options = { .queue = APPLY_QUEUE_DROP };
	auto_(errors_clear) struct errors errors = { 0 };
	int i;

	netns_enter();
	ck_assert_int_eq(sample_ruleset_make(&ruleset), 0);
	ck_assert_int_eq(nlsock_open(&sock), 0);
	options.sock = sock;
	for (i = 0; i < 10; i++)
		ck_assert_int_eq(apply_ruleset(ruleset, &options, &errors), 0);
	ck_assert_int_eq(apply_delete(sock), 0);
	ck_assert(!has_table());
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("apply");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (available)
		suite_add_tcase(suite, root);
	tcase_set_timeout(root, 30);
	tcase_add_test(root, a_ruleset_with_everything_is_loaded_again_and_again);
	tcase_add_test(root, another_ruleset_takes_the_place_of_the_first);
	tcase_add_test(root, deleting_is_thorough_and_needs_nothing_to_delete);
	tcase_add_test(root, a_refused_rule_is_named_and_the_old_ruleset_stays);
	tcase_add_test(root, a_circle_of_jumps_is_refused);
	tcase_add_test(root, more_elements_than_one_message_holds_are_all_loaded);
	tcase_add_test(root, a_refused_element_is_named_by_its_number);
	tcase_add_test(root, overlapping_ranges_are_refused_with_the_number_of_the_later);
	tcase_add_test(root, what_cannot_be_expressed_is_refused_before_the_kernel_is_asked);
	tcase_add_test(root, without_the_capability_the_reason_is_said);
	tcase_add_test(root, a_socket_that_is_kept_can_be_used_many_times);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
