/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is loaded is read back as the same value; what somebody changed by hand is understood, or
 * named. */
#include "kernel/readback.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <glob.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/apply.h"
#include "kernel/features.h"
#include "kernel/readback_harmless.h"
#include "lab/sample_ruleset.h"
#include "policy/policy.h"
#include "ruleset/build.h"
#include "ruleset/compile.h"
#include "unit/netns.h"

static enum apply_queue queue_of_this_kernel(void)
{
	struct features features;

	ck_assert_int_eq(features_probe(&features), 0);
	ck_assert_int_ne(features.queue, FEATURES_QUEUE_NONE);
	return features.queue == FEATURES_QUEUE_NATIVE ? APPLY_QUEUE_NATIVE : APPLY_QUEUE_COMPAT;
}

static void load(const struct ruleset *ruleset)
{
	const struct apply_options options = { .queue = queue_of_this_kernel() };
	auto_(errors_clear) struct errors errors = { 0 };

	ck_assert_msg(apply_ruleset(ruleset, &options, &errors) == 0, "%s",
		      errors.count ? errors.at[0].text : "?");
}

static int read_now(struct ruleset **ret, struct readback_trouble *trouble)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;

	ck_assert_int_eq(nlsock_open(&sock), 0);
	return readback_ruleset(sock, ret, trouble);
}

static struct ruleset *found(void)
{
	struct readback_trouble trouble = { 0 };
	struct ruleset *ruleset = NULL;
	int r = read_now(&ruleset, &trouble);

	ck_assert_msg(r == 0, "%s: %s (%d)", trouble.chain, trouble.what, r);
	return ruleset;
}

/* Loaded and read back, it is the same. */
static void expect_same(const struct ruleset *wanted, const char *name)
{
	auto_(ruleset_freep) struct ruleset *now = found();
	char difference[READBACK_DIFFERENCE_MAX] = "";

	ck_assert_uint_eq(now->chain_count, wanted->chain_count);
	ck_assert_uint_eq(now->set_count, wanted->set_count);
	ck_assert_msg(readback_compare(wanted, now, difference, sizeof(difference)) == 0, "%s: %s",
		      name, difference);
}

static struct ruleset *sample(void)
{
	struct ruleset *ruleset = NULL;

	ck_assert_int_eq(sample_ruleset_make(&ruleset), 0);
	return ruleset;
}

static void nft(const char *command)
{
	char program[] = "nft";
	auto_(free_charp) char *copy = strdup(command);
	char *const argv[] = { program, copy, NULL };
	int status;
	pid_t pid;

	ck_assert_int_eq(posix_spawnp(&pid, "nft", NULL, NULL, argv, environ), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", command);
}

/* A small ruleset: forward (drops) and one named set. */
static struct ruleset *small(void)
{
	struct ruleset *ruleset = NULL;
	struct build b;

	build_start(&b);
	build_set(&b, "some4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR4));
	build_element(&b);
	sample_put_range(&b, "192.168.10.0/24");
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, "the only one");
	build_in_set(&b, "some4", BUILD_FIELDS(FIELD_SADDR4));
	build_accept(&b);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	return ruleset;
}

/* The small ruleset with a rule in front of it, as it is read back; differs in a rule. */
static struct ruleset *with_rule(const char *rule)
{
	auto_(ruleset_freep) struct ruleset *wanted = small();
	char command[512], difference[READBACK_DIFFERENCE_MAX] = "";
	struct ruleset *now;

	load(wanted);
	snprintf(command, sizeof(command), "insert rule inet sekisho forward %s", rule);
	nft(command);
	now = found();
	ck_assert_int_eq(readback_compare(wanted, now, difference, sizeof(difference)), 1);
	ck_assert_msg(strstr(difference, "chain forward, rule 1 is not of the policy"), "%s",
		      difference);
	ck_assert_uint_eq(ruleset_chain(now, "forward")->rule_count, 2);
	return now;
}

static const struct ruleset_statement *statement(const struct ruleset *ruleset, size_t i)
{
	const struct ruleset_rule *rule = &ruleset_chain(ruleset, "forward")->rules[0];

	ck_assert_uint_gt(rule->count, i);
	return &rule->statements[i];
}

/* Statement i looks field up in a set of this one range. */
static void expect_compared(const struct ruleset *ruleset, size_t i, enum ruleset_field field,
			    const char *range)
{
	const struct ruleset_statement *s = statement(ruleset, i);
	const struct ruleset_set *set = ruleset_set(ruleset, s->text);
	struct addr_range wanted;

	ck_assert_int_eq(addr_range_parse(range, &wanted), 0);
	ck_assert_int_eq(s->kind, MATCH_SET);
	ck_assert_uint_eq(s->field_count, 1);
	ck_assert_int_eq(s->fields[0], field);
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->element_count, 1);
	ck_assert_int_eq(set->key[0], field);
	ck_assert_int_eq(set->interval, !addr_range_is_single(&wanted));
	ck_assert_mem_eq(set->elements[0].first, wanted.first, addr_len(wanted.family));
	ck_assert_mem_eq(set->elements[0].last, wanted.last, addr_len(wanted.family));
}

static void expect_port(const struct ruleset *ruleset, size_t i, uint16_t first, uint16_t last)
{
	const struct ruleset_statement *s = statement(ruleset, i);
	const struct ruleset_set *set = ruleset_set(ruleset, s->text);
	const uint16_t first_be = htons(first), last_be = htons(last);

	ck_assert_int_eq(s->kind, MATCH_SET);
	ck_assert_int_eq(s->fields[0], FIELD_DPORT);
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->element_count, 1);
	ck_assert_mem_eq(set->elements[0].first, &first_be, sizeof(first_be));
	ck_assert_mem_eq(set->elements[0].last, &last_be, sizeof(last_be));
}

static void expect_accept(const struct ruleset *ruleset, size_t i)
{
	const struct ruleset_rule *rule = &ruleset_chain(ruleset, "forward")->rules[0];

	ck_assert_int_eq(statement(ruleset, i)->kind, ACT_VERDICT);
	ck_assert_int_eq(statement(ruleset, i)->verdict.kind, VERDICT_ACCEPT);
	ck_assert_uint_eq(rule->count, i + 1);
}

/* After the command it cannot be read back, and what it says has these words. */
static void expect_refusal(const char *command, const char *chain, const char *words)
{
	auto_(ruleset_freep) struct ruleset *wanted = sample();
	struct readback_trouble trouble = { 0 };
	struct ruleset *now = NULL;

	load(wanted);
	nft(command);
	ck_assert_msg(read_now(&now, &trouble) == -EBADMSG, "%s", command);
	ck_assert_ptr_null(now);
	ck_assert_str_eq(trouble.chain, chain);
	ck_assert_msg(strstr(trouble.what, words), "%s", trouble.what);
}

/* After the command it is read back, and the comparison names it in these words. */
static void expect_difference(const char *command, const char *words)
{
	auto_(ruleset_freep) struct ruleset *wanted = sample();
	auto_(ruleset_freep) struct ruleset *now = NULL;
	char difference[READBACK_DIFFERENCE_MAX] = "";

	load(wanted);
	nft(command);
	now = found();
	ck_assert_int_eq(readback_compare(wanted, now, difference, sizeof(difference)), 1);
	ck_assert_msg(strstr(difference, words), "%s", difference);
}

START_TEST(no_table_is_told)
{
	struct readback_trouble trouble = { 0 };
	struct ruleset *ruleset = NULL;

	netns_enter();
	ck_assert_int_eq(read_now(&ruleset, &trouble), -ENOENT);
	ck_assert_ptr_null(ruleset);
}
END_TEST

START_TEST(every_statement_and_set_is_read_back_whichever_name_has_its_turn)
{
	auto_(ruleset_freep) struct ruleset *wanted = sample();
	int i;

	netns_enter();
	for (i = 0; i < 3; i++) {
		load(wanted);
		expect_same(wanted, "sample");
	}
}
END_TEST

START_TEST(refuse_all_is_read_back)
{
	auto_(ruleset_freep) struct ruleset *wanted = NULL;

	netns_enter();
	ck_assert_int_eq(compile_refuse_all(&wanted), 0);
	load(wanted);
	expect_same(wanted, "refuse-all");
}
END_TEST

static void compile(const char *path, struct ruleset **ret)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(errors_clear) struct errors errors = { 0 };

	ck_assert_msg(policy_read(path, &policy, &errors) == 0, "%s: %s", path,
		      errors.count ? errors.at[0].text : "?");
	ck_assert_int_eq(compile_policy(policy, ret), 0);
}

static void expect_all_same(const char *pattern)
{
	const char *top = getenv("SRCDIR");
	char path[512];
	glob_t found_paths;
	size_t i;

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", pattern);
	ck_assert_int_eq(glob(path, 0, NULL, &found_paths), 0);
	for (i = 0; i < found_paths.gl_pathc; i++) {
		auto_(ruleset_freep) struct ruleset *wanted = NULL;

		compile(found_paths.gl_pathv[i], &wanted);
		load(wanted);
		expect_same(wanted, found_paths.gl_pathv[i]);
	}
	globfree(&found_paths);
}

START_TEST(every_golden_and_example_policy_is_read_back)
{
	netns_enter();
	expect_all_same("tests/golden/ruleset/*.conf");
	expect_all_same("conf/examples/*.conf");
}
END_TEST

START_TEST(addresses_compared_by_hand_are_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("ip saddr 192.168.30.5 ip daddr 172.16.10.10 accept");
	expect_compared(now, 0, FIELD_SADDR4, "192.168.30.5");
	expect_compared(now, 1, FIELD_DADDR4, "172.16.10.10");
	expect_accept(now, 2);
}
END_TEST

START_TEST(prefixes_compared_by_hand_are_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("ip saddr 192.168.30.0/24 ip daddr 172.16.0.0/12 tcp dport 443 accept");
	expect_compared(now, 0, FIELD_SADDR4, "192.168.30.0/24");
	expect_compared(now, 1, FIELD_DADDR4, "172.16.0.0/12");
	ck_assert_int_eq(statement(now, 2)->kind, MATCH_L4PROTO);
	ck_assert_uint_eq(statement(now, 2)->value, IPPROTO_TCP);
	expect_port(now, 3, 443, 443);
	expect_accept(now, 4);
}
END_TEST

START_TEST(ipv6_compared_by_hand_is_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("ip6 saddr 2001:db8::/33 ip6 daddr 2001:db8:1::5 udp dport 1-1023 accept");
	expect_compared(now, 0, FIELD_SADDR6, "2001:db8::/33");
	expect_compared(now, 1, FIELD_DADDR6, "2001:db8:1::5");
	ck_assert_uint_eq(statement(now, 2)->value, IPPROTO_UDP);
	expect_port(now, 3, 1, UINT16_MAX);
	expect_port(now, 4, 0, 1023);
	expect_accept(now, 5);
}
END_TEST

START_TEST(ranges_and_their_negation_are_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("ip saddr 10.0.0.1-10.0.0.7 ip daddr != 10.2.0.0-10.2.3.5 "
			"ip daddr != 10.9.0.0/16 accept");
	expect_compared(now, 0, FIELD_SADDR4, "10.0.0.1-255.255.255.255");
	expect_compared(now, 1, FIELD_SADDR4, "0.0.0.0-10.0.0.7");
	expect_compared(now, 2, FIELD_DADDR4, "10.2.0.0-10.2.3.5");
	ck_assert(statement(now, 2)->negate);
	expect_compared(now, 3, FIELD_DADDR4, "10.9.0.0/16");
	ck_assert(statement(now, 3)->negate);
	expect_accept(now, 4);
}
END_TEST

START_TEST(interfaces_and_states_are_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("iifname \"inet0\" oifname != \"mynum0\" ct state != established "
			"ct state new,related ct direction original ct mark and 0x7 == 0x3 accept");
	ck_assert_int_eq(statement(now, 0)->kind, MATCH_IIFNAME);
	ck_assert_str_eq(statement(now, 0)->text, "inet0");
	ck_assert_int_eq(statement(now, 1)->kind, MATCH_SET);
	ck_assert(statement(now, 1)->negate);
	ck_assert_int_eq(statement(now, 1)->fields[0], FIELD_OIFNAME);
	ck_assert_uint_eq(statement(now, 2)->value,
			  STATE_INVALID | STATE_RELATED | STATE_NEW | STATE_UNTRACKED);
	ck_assert_uint_eq(statement(now, 3)->value, STATE_NEW | STATE_RELATED);
	ck_assert_int_eq(statement(now, 4)->kind, MATCH_CT_REPLY);
	ck_assert_uint_eq(statement(now, 4)->value, 0);
	ck_assert_int_eq(statement(now, 5)->kind, MATCH_CT_MARK);
	ck_assert_uint_eq(statement(now, 5)->mask, 7);
	ck_assert_uint_eq(statement(now, 5)->value, 3);
	expect_accept(now, 6);
}
END_TEST

START_TEST(nameless_sets_are_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;
	const struct ruleset_set *set;

	netns_enter();
	now = with_rule("ip saddr { 10.1.2.3, 10.2.0.0/16 } tcp dport { 80, 443 } "
			"tcp flags & (syn|ack) == syn accept");
	set = ruleset_set(now, statement(now, 0)->text);
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->element_count, 2);
	ck_assert(set->interval);
	ck_assert_int_eq(statement(now, 1)->kind, MATCH_L4PROTO);
	set = ruleset_set(now, statement(now, 2)->text);
	ck_assert_ptr_nonnull(set);
	ck_assert_uint_eq(set->element_count, 2);
	ck_assert_int_eq(set->key[0], FIELD_DPORT);
	ck_assert_int_eq(statement(now, 3)->kind, MATCH_TCP_FLAGS);
	ck_assert_uint_eq(statement(now, 3)->mask, 0x12);
	ck_assert_uint_eq(statement(now, 3)->value, 0x02);
	expect_accept(now, 4);
}
END_TEST

START_TEST(icmp_types_are_understood)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("icmp type echo-request accept");
	ck_assert_int_eq(statement(now, 0)->kind, MATCH_ICMP_TYPES);
	ck_assert_uint_eq(statement(now, 0)->type_count, 1);
	ck_assert_uint_eq(statement(now, 0)->types[0], 8);
	expect_accept(now, 1);
}
END_TEST

START_TEST(a_chain_made_later_stands_before_the_one_that_jumps_there)
{
	auto_(ruleset_freep) struct ruleset *wanted = small();
	auto_(ruleset_freep) struct ruleset *now = NULL;
	char difference[READBACK_DIFFERENCE_MAX] = "";

	netns_enter();
	load(wanted);
	nft("add chain inet sekisho hand { accept; }");
	nft("insert rule inet sekisho forward ip saddr 192.168.30.5 jump hand");
	now = found();
	ck_assert_uint_eq(now->chain_count, 2);
	ck_assert_str_eq(now->chains[0].name, "hand");
	ck_assert_int_eq(readback_compare(wanted, now, difference, sizeof(difference)), 1);
	nft("flush chain inet sekisho forward");
	nft("add rule inet sekisho forward ip saddr @some4 accept comment \"the only one\"");
	ruleset_freep(&now);
	now = found();
	ck_assert_int_eq(readback_compare(wanted, now, difference, sizeof(difference)), 1);
	ck_assert_str_eq(difference, "chain hand is not of the policy");
}
END_TEST

START_TEST(an_added_element_is_named)
{
	netns_enter();
	expect_difference(
		"add element inet sekisho inspect_some_exact4 { 203.0.113.9 . tcp . 443 }",
		"set inspect_some_exact4 has an element that is not of the policy: "
		"203.0.113.9 . tcp . 443");
}
END_TEST

START_TEST(a_deleted_element_is_named)
{
	netns_enter();
	expect_difference("delete element inet sekisho bare4 { 40 . 5 }",
			  "set bare4 lacks an element of the policy: 40 . 5");
}
END_TEST

START_TEST(a_range_added_by_hand_is_named)
{
	netns_enter();
	expect_difference("add element inet sekisho role_some4 { 192.168.30.0/24 }",
			  "set role_some4 has an element that is not of the policy: "
			  "192.168.30.0/24");
}
END_TEST

START_TEST(a_deleted_rule_is_named)
{
	netns_enter();
	expect_difference("flush chain inet sekisho quic", "chain quic lacks rule 1 of the policy");
}
END_TEST

START_TEST(an_opened_policy_is_named)
{
	netns_enter();
	expect_difference("chain inet sekisho forward { policy accept; }",
			  "chain forward accepts what no rule decides");
}
END_TEST

START_TEST(another_verdict_in_a_map_is_named)
{
	netns_enter();
	expect_difference("add element inet sekisho states { 0x5 : accept }",
			  "set states has an element that is not of the policy: 0x5 : accept");
}
END_TEST

START_TEST(a_dormant_table_is_refused)
{
	netns_enter();
	expect_refusal("add table inet sekisho { flags dormant; }", "", "dormant");
}
END_TEST

START_TEST(parts_of_udp_headers_are_read_back)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;

	netns_enter();
	now = with_rule("meta l4proto udp @th,64,8 & 0xc0 == 0x40 udp length & 0xf800 != 0x800 "
			"udp length 30 accept");
	ck_assert_int_eq(statement(now, 0)->kind, MATCH_UDP_FIRST);
	ck_assert_uint_eq(statement(now, 0)->mask, 0xc0);
	ck_assert_uint_eq(statement(now, 0)->value, 0x40);
	ck_assert_int_eq(statement(now, 1)->kind, MATCH_UDP_LENGTH);
	ck_assert(statement(now, 1)->negate);
	ck_assert_uint_eq(statement(now, 1)->mask, 0xf800);
	ck_assert_uint_eq(statement(now, 1)->value, 0x800);
	ck_assert_int_eq(statement(now, 2)->kind, MATCH_UDP_LENGTH);
	ck_assert_uint_eq(statement(now, 2)->mask, 0xffff);
	ck_assert_uint_eq(statement(now, 2)->value, 30);
	expect_accept(now, 3);
}
END_TEST

START_TEST(what_is_not_understood_is_refused_by_name)
{
	static const struct {
		const char *rule, *words;
	} cases[] = {
		{ "udp checksum 30 accept", "does not look at" },
		{ "udp length >= 30 accept", "does not look at" },
		{ "iifname \"inet*\" accept", "beginning of their names" },
		{ "iif lo accept", "property of packets" },
		{ "ct status dnat accept", "property of connections" },
		{ "meta mark set meta mark or 0x3 accept", "reckons" },
		{ "limit rate 5/second accept", "\"limit\"" },
		{ "ip saddr & 255.0.0.255 == 10.0.0.1 accept", "compares something" },
		{ "log prefix \"hand\"", "logs otherwise" },
	};
	char command[256];
	size_t i;

	netns_enter();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		snprintf(command, sizeof(command), "insert rule inet sekisho forward %s",
			 cases[i].rule);
		expect_refusal(command, "forward", cases[i].words);
		ck_assert_int_eq(apply_delete(NULL), 0);
	}
}
END_TEST

START_TEST(chains_and_sets_that_are_not_ours_are_refused)
{
	netns_enter();
	expect_refusal("add chain inet sekisho pre { type filter hook prerouting priority -300; }",
		       "pre", "where Sekisho has none");
	ck_assert_int_eq(apply_delete(NULL), 0);
	expect_refusal("add set inet sekisho dyn { type ipv4_addr; flags dynamic; }", "",
		       "can change by itself");
	ck_assert_int_eq(apply_delete(NULL), 0);
	expect_refusal("add map inet sekisho m { type ipv4_addr : mark; }", "",
		       "something else than verdicts");
	ck_assert_int_eq(apply_delete(NULL), 0);
	expect_refusal("add set inet sekisho c { type ipv4_addr; counter; }", "", "expressions");
}
END_TEST

START_TEST(tables_beside_ours_are_looked_through)
{
	auto_(ruleset_freep) struct ruleset *wanted = sample();

	netns_enter();
	load(wanted);
	nft("add table ip other");
	nft("add chain ip other c { type filter hook forward priority -10; policy accept; }");
	nft("add rule ip other c ip saddr 10.0.0.0/8 counter accept");
	expect_same(wanted, "beside a harmless table");
	ck_assert_int_eq(apply_delete(NULL), 0);
	expect_refusal("add rule ip other c ct mark set 0x3", "c",
		       "another table, other, writes connection marks");
}
END_TEST

START_TEST(an_element_of_another_tables_verdict_map_is_looked_at)
{
	auto_(ruleset_freep) struct ruleset *wanted = sample();

	netns_enter();
	load(wanted);
	nft("add table ip other");
	nft("add chain ip other c { type filter hook forward priority -10; policy accept; }");
	nft("add chain ip other d");
	nft("add map ip other m { type inet_service : verdict; flags interval; }");
	nft("add element ip other m { 80 : accept, 100-200 : drop, 443 : jump d }");
	nft("add rule ip other c tcp dport vmap @m");
	nft("add rule ip other c tcp dport vmap { 22 : drop }");
	expect_same(wanted, "beside maps of harmless verdicts");
}
END_TEST

/* An attribute of a netlink message, as the kernel tells an expression's data. */
static struct nlattr *begin_data(struct nlmsghdr *message)
{
	mnl_nlmsg_put_header(message);
	return mnl_attr_nest_start(message, NFTA_EXPR_DATA);
}

START_TEST(what_is_not_known_to_be_harmless_is_told)
{
	static const char *const feared[] = { "queue",    "notrack",      "tproxy",
					      "synproxy", "flow_offload", "fwd",
					      "dup",      "tomorrow",     "" };
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = (struct nlmsghdr *)(void *)buffer;
	struct nlattr *data, *verdict;

	for (size_t i = 0; i < ARRAY_SIZE(feared); i++)
		ck_assert_msg(readback_harmless_fault(feared[i], NULL) != NULL, "%s", feared[i]);
	ck_assert_ptr_null(readback_harmless_fault("cmp", NULL));
	/* what may be harmless must show that it is */
	ck_assert_ptr_nonnull(readback_harmless_fault("ct", NULL));
	ck_assert_ptr_nonnull(readback_harmless_fault("immediate", NULL));
	data = begin_data(message);
	ck_assert_ptr_nonnull(readback_harmless_fault("immediate", data));
	ck_assert_ptr_nonnull(readback_harmless_fault("objref", data));
	ck_assert_ptr_nonnull(readback_harmless_fault("match", data));
	ck_assert_ptr_nonnull(readback_harmless_fault("target", data));
	/* a verdict of a queue, which nft(8) cannot write */
	verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(NF_QUEUE));
	mnl_attr_nest_end(message, verdict);
	ck_assert_ptr_nonnull(readback_harmless_verdict_fault(verdict));
	ck_assert_ptr_nonnull(readback_harmless_verdict_fault(NULL));
	*(uint32_t *)mnl_attr_get_payload(mnl_attr_get_payload(verdict)) = htonl(NF_ACCEPT);
	ck_assert_ptr_null(readback_harmless_verdict_fault(verdict));
}
END_TEST

/* A statement list, as two rulesets that say the same in other words. */
START_TEST(who_implies_a_protocol_does_not_matter)
{
	auto_(ruleset_freep) struct ruleset *plain = NULL;
	auto_(ruleset_freep) struct ruleset *wordy = NULL;
	char difference[READBACK_DIFFERENCE_MAX] = "";
	int i;

	for (i = 0; i < 2; i++) {
		struct build b;

		build_start(&b);
		build_set(&b, "some4", BUILD_EXACT, BUILD_FIELDS(i ? FIELD_SADDR4 : FIELD_DADDR4));
		build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
		build_rule(&b, NULL);
		if (i)
			build_value(&b, MATCH_NFPROTO, NFPROTO_IPV4);
		build_in_set(&b, "some4", BUILD_FIELDS(FIELD_DADDR4));
		build_accept(&b);
		ck_assert_int_eq(build_finish(&b, i ? &wordy : &plain), 0);
	}
	ck_assert_int_eq(readback_compare(plain, wordy, difference, sizeof(difference)), 0);
	ck_assert_int_eq(readback_compare(wordy, plain, difference, sizeof(difference)), 0);
	wordy->chains[0].rules[0].statements[0].value = NFPROTO_IPV6;
	ck_assert_int_eq(readback_compare(wordy, plain, difference, sizeof(difference)), 1);
}
END_TEST

static void add_tests_in_namespace(TCase *root)
{
	tcase_add_test(root, no_table_is_told);
	tcase_add_test(root, every_statement_and_set_is_read_back_whichever_name_has_its_turn);
	tcase_add_test(root, refuse_all_is_read_back);
	tcase_add_test(root, every_golden_and_example_policy_is_read_back);
	tcase_add_test(root, addresses_compared_by_hand_are_understood);
	tcase_add_test(root, prefixes_compared_by_hand_are_understood);
	tcase_add_test(root, ipv6_compared_by_hand_is_understood);
	tcase_add_test(root, ranges_and_their_negation_are_understood);
	tcase_add_test(root, interfaces_and_states_are_understood);
	tcase_add_test(root, nameless_sets_are_understood);
	tcase_add_test(root, icmp_types_are_understood);
	tcase_add_test(root, a_chain_made_later_stands_before_the_one_that_jumps_there);
	tcase_add_test(root, an_added_element_is_named);
	tcase_add_test(root, a_deleted_element_is_named);
	tcase_add_test(root, a_range_added_by_hand_is_named);
	tcase_add_test(root, a_deleted_rule_is_named);
	tcase_add_test(root, an_opened_policy_is_named);
	tcase_add_test(root, another_verdict_in_a_map_is_named);
	tcase_add_test(root, a_dormant_table_is_refused);
	tcase_add_test(root, parts_of_udp_headers_are_read_back);
	tcase_add_test(root, what_is_not_understood_is_refused_by_name);
	tcase_add_test(root, chains_and_sets_that_are_not_ours_are_refused);
	tcase_add_test(root, tables_beside_ours_are_looked_through);
	tcase_add_test(root, an_element_of_another_tables_verdict_map_is_looked_at);
	tcase_add_test(root, what_is_not_known_to_be_harmless_is_told);
}

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("readback");
	TCase *pure = tcase_create("pure");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, pure);
	tcase_add_test(pure, who_implies_a_protocol_does_not_matter);
	if (available)
		suite_add_tcase(suite, root);
	add_tests_in_namespace(root);
	tcase_set_timeout(root, 60);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
