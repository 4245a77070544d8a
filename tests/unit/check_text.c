/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/text.h: every kind of statement, set and chain has its nft syntax. */
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/build.h"
#include "ruleset/text.h"

/* The text of what was built, which the caller frees. */
static char *text_of(struct build *build, const char *queue_stands_for)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(build_finish(build, &ruleset), 0);
	text_print(ruleset, queue_stands_for, to);
	ck_assert_int_eq(fclose(to), 0);
	return text;
}

/* Builds a chain with the one statement and compares the rule's text. */
static void expect(const struct ruleset_statement *statement, const char *expected)
{
	auto_(free_charp) char *text = NULL;
	struct build build;
	char *rule, *end;

	build_start(&build);
	build_chain(&build, "a");
	build_rule(&build, NULL);
	build_statement(&build, statement);
	text = text_of(&build, NULL);
	rule = strstr(text, "chain a {\n\t\t");
	ck_assert_ptr_nonnull(rule);
	rule += strlen("chain a {\n\t\t");
	end = strchr(rule, '\n');
	ck_assert_ptr_nonnull(end);
	*end = '\0';
	ck_assert_str_eq(rule, expected);
}

#define STATEMENT(...) (&(const struct ruleset_statement){ __VA_ARGS__ })

START_TEST(every_match_has_its_syntax)
{
	expect(STATEMENT(.kind = MATCH_SET, .text = "s",
			 .fields = { FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT }, .field_count = 3),
	       "ip daddr . meta l4proto . th dport @s");
	expect(STATEMENT(.kind = MATCH_SET, .negate = true, .text = "s",
			 .fields = { FIELD_IIFNAME, FIELD_SADDR6 }, .field_count = 2),
	       "iifname . ip6 saddr != @s");
	expect(STATEMENT(.kind = MATCH_CT_STATE, .value = STATE_INVALID | STATE_UNTRACKED),
	       "ct state invalid,untracked");
	expect(STATEMENT(.kind = MATCH_CT_REPLY, .value = 1), "ct direction reply");
	expect(STATEMENT(.kind = MATCH_CT_REPLY), "ct direction original");
	expect(STATEMENT(.kind = MATCH_CT_MARK, .mask = 7, .value = 5), "ct mark & 0x7 == 0x5");
	expect(STATEMENT(.kind = MATCH_META_MARK, .mask = 7, .negate = true),
	       "meta mark & 0x7 != 0x0");
	expect(STATEMENT(.kind = MATCH_NFPROTO, .value = 2), "meta nfproto ipv4");
	expect(STATEMENT(.kind = MATCH_NFPROTO, .value = 10), "meta nfproto ipv6");
	expect(STATEMENT(.kind = MATCH_L4PROTO, .value = IPPROTO_TCP), "meta l4proto tcp");
	expect(STATEMENT(.kind = MATCH_L4PROTO, .value = 132, .negate = true),
	       "meta l4proto != 132");
	expect(STATEMENT(.kind = MATCH_IIFNAME, .text = "lan.10"), "iifname \"lan.10\"");
	expect(STATEMENT(.kind = MATCH_OIFNAME, .text = "lo", .negate = true), "oifname != \"lo\"");
	expect(STATEMENT(.kind = MATCH_TCP_FLAGS, .mask = 2), "tcp flags & (syn) == 0x0");
	expect(STATEMENT(.kind = MATCH_TCP_FLAGS, .mask = 0x12, .value = 2),
	       "tcp flags & (syn | ack) == syn");
	expect(STATEMENT(.kind = MATCH_TCP_FLAGS, .mask = 0x12, .value = 2, .negate = true),
	       "tcp flags & (syn | ack) != syn");
	expect(STATEMENT(.kind = MATCH_UDP_FIRST, .mask = 0xc0, .value = 0x40),
	       "meta l4proto udp @th,64,8 & 0xc0 == 0x40");
	expect(STATEMENT(.kind = MATCH_UDP_LENGTH, .mask = 0xf800, .value = 0x800, .negate = true),
	       "udp length & 0xf800 != 0x800");
	expect(STATEMENT(.kind = MATCH_ICMP_TYPES, .types = { 3, 11 }, .type_count = 2),
	       "icmp type { destination-unreachable, time-exceeded }");
	expect(STATEMENT(.kind = MATCH_ICMPV6_TYPES, .types = { 135, 200 }, .type_count = 2),
	       "icmpv6 type { nd-neighbor-solicit, 200 }");
}
END_TEST

START_TEST(every_action_has_its_syntax)
{
	struct addr v4, v6;

	ck_assert_int_eq(addr_parse("192.0.2.10", &v4), 0);
	ck_assert_int_eq(addr_parse("2001:db8::10", &v6), 0);
	expect(STATEMENT(.kind = ACT_COUNTER), "counter");
	expect(STATEMENT(.kind = ACT_LOG, .text = "sekisho:x", .value = 7, .mask = 128),
	       "log prefix \"sekisho:x\" group 7 snaplen 128");
	expect(STATEMENT(.kind = ACT_SET_CT_MARK, .value = 1), "ct mark set 0x1");
	expect(STATEMENT(.kind = ACT_SET_META_MARK, .value = 16), "meta mark set 0x10");
	expect(STATEMENT(.kind = ACT_CT_MARK_FROM_META), "ct mark set meta mark");
	expect(STATEMENT(.kind = ACT_META_MARK_FROM_CT), "meta mark set ct mark");
	expect(STATEMENT(.kind = ACT_VERDICT, .verdict = { VERDICT_ACCEPT, "" }), "accept");
	expect(STATEMENT(.kind = ACT_VERDICT, .verdict = { VERDICT_DROP, "" }), "drop");
	expect(STATEMENT(.kind = ACT_VERDICT, .verdict = { VERDICT_RETURN, "" }), "return");
	expect(STATEMENT(.kind = ACT_VERDICT, .verdict = { VERDICT_JUMP, "b" }), "jump b");
	expect(STATEMENT(.kind = ACT_VERDICT, .verdict = { VERDICT_GOTO, "b" }), "goto b");
	expect(STATEMENT(.kind = ACT_VERDICT_MAP, .text = "m",
			 .fields = { FIELD_OIFNAME, FIELD_DADDR6 }, .field_count = 2),
	       "oifname . ip6 daddr vmap @m");
	expect(STATEMENT(.kind = ACT_CT_MARK_MAP, .mask = 7, .text = "states"),
	       "ct mark & 0x7 vmap @states");
	expect(STATEMENT(.kind = ACT_QUEUE, .value = 4, .mask = 4), "queue num 4");
	expect(STATEMENT(.kind = ACT_QUEUE, .value = 4, .mask = 7), "queue num 4-7");
	expect(STATEMENT(.kind = ACT_REJECT_RESET), "reject with tcp reset");
	expect(STATEMENT(.kind = ACT_REJECT_ADMIN), "reject with icmpx admin-prohibited");
	expect(STATEMENT(.kind = ACT_REJECT_PORT), "reject with icmpx port-unreachable");
	expect(STATEMENT(.kind = ACT_SNAT4, .address = v4), "snat ip to 192.0.2.10");
	expect(STATEMENT(.kind = ACT_SNAT6, .address = v6), "snat ip6 to 2001:db8::10");
}
END_TEST

/* A set, a map, a chain of each sort: the file as a whole. */
static void build_example(struct build *build)
{
	struct addr_range range;

	ck_assert_int_eq(addr_range_parse("10.0.0.0-10.0.0.6", &range), 0);
	build_start(build);
	build_set(build, "bare4", BUILD_EXACT, BUILD_FIELDS(FIELD_LENGTH4, FIELD_TCP_DOFF));
	build_element(build);
	build_put_number(build, 40, 40);
	build_put_number(build, 5, 5);
	build_set(build, "targets", BUILD_INTERVAL_MAP,
		  BUILD_FIELDS(FIELD_OIFNAME, FIELD_DADDR4, FIELD_DPORT));
	build_element(build);
	build_put_interface(build, "wan0");
	build_put_range(build, &range);
	build_put_number(build, 80, 90);
	build_put_verdict(build, VERDICT_GOTO, "admit");
	build_set(build, "states", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	build_element(build);
	build_put_number(build, 3, 3);
	build_put_verdict(build, VERDICT_ACCEPT, NULL);
	build_chain(build, "admit");
	build_rule(build, "route-1:a>b");
	build_act(build, ACT_COUNTER);
	build_masked(build, ACT_QUEUE, 1, 0);
	build_base_chain(build, "forward", HOOK_FORWARD, 10, true);
	build_rule(build, NULL);
	build_goto(build, "admit");
	build_base_chain(build, "srcnat", HOOK_POSTROUTING_NAT, 100, false);
}

START_TEST(the_whole_file_replaces_the_table_in_one_transaction)
{
	static const char expected[] =
		"add table inet sekisho\n"
		"delete table inet sekisho\n"
		"\n"
		"table inet sekisho {\n"
		"\tset bare4 {\n"
		"\t\ttypeof ip length . tcp doff\n"
		"\t\telements = {\n"
		"\t\t\t40 . 5\n"
		"\t\t}\n"
		"\t}\n"
		"\n"
		"\tmap targets {\n"
		"\t\ttype ifname . ipv4_addr . inet_service : verdict\n"
		"\t\tflags interval\n"
		"\t\telements = {\n"
		"\t\t\t\"wan0\" . 10.0.0.0-10.0.0.6 . 80-90 : goto admit\n"
		"\t\t}\n"
		"\t}\n"
		"\n"
		"\tmap states {\n"
		"\t\ttype mark : verdict\n"
		"\t\telements = {\n"
		"\t\t\t0x3 : accept\n"
		"\t\t}\n"
		"\t}\n"
		"\n"
		"\tchain admit {\n"
		"\t\tcounter queue num 0-1 comment \"route-1:a>b\"\n"
		"\t}\n"
		"\n"
		"\tchain forward {\n"
		"\t\ttype filter hook forward priority 10; policy drop;\n"
		"\t\tgoto admit\n"
		"\t}\n"
		"\n"
		"\tchain srcnat {\n"
		"\t\ttype nat hook postrouting priority 100; policy accept;\n"
		"\t}\n"
		"}\n";
	auto_(free_charp) char *text = NULL;
	struct build build;

	build_example(&build);
	text = text_of(&build, NULL);
	ck_assert_str_eq(text, expected);
}
END_TEST

START_TEST(another_text_can_stand_for_the_queue)
{
	auto_(free_charp) char *text = NULL;
	struct build build;

	build_example(&build);
	text = text_of(&build, "drop");
	ck_assert_ptr_nonnull(strstr(text, "\t\tcounter drop comment \"route-1:a>b\"\n"));
	ck_assert_ptr_null(strstr(text, "queue"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, every_match_has_its_syntax);
	tcase_add_test(tcase, every_action_has_its_syntax);
	tcase_add_test(tcase, the_whole_file_replaces_the_table_in_one_transaction);
	tcase_add_test(tcase, another_text_can_stand_for_the_queue);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
