/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/differ.h: the boxes are the flows that fare otherwise, no more and no less. */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/mark.h"
#include "prove/differ.h"
#include "ruleset/build.h"
#include "ruleset/compile.h"
#include "ruleset/walk.h"

#define TCP_SYN 2

/* ---- rules put together by hand */

/* TCP on ports first..last of 192.0.2.0/24 . 203.0.113.9 from lan0, by the rule of that id. */
static struct ruleset *one_rule(const char *id, uint16_t first, uint16_t last, bool queue)
{
	struct ruleset *ruleset;
	struct addr_range from, to;
	struct build b;

	ck_assert_int_eq(addr_range_parse("192.0.2.0/24", &from), 0);
	ck_assert_int_eq(addr_range_parse("203.0.113.9", &to), 0);
	build_start(&b);
	build_set(&b, "pairs", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_element(&b);
	build_put_range(&b, &from);
	build_put_range(&b, &to);
	build_put_protocol(&b, IPPROTO_TCP);
	build_put_number(&b, first, last);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, id);
	build_text(&b, MATCH_IIFNAME, "lan0");
	build_in_set(&b, "pairs",
		     BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_value(&b, ACT_SET_META_MARK, queue ? 0 : MARK_ADMIT);
	build_masked(&b, ACT_QUEUE, 0, 0);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	return ruleset;
}

static void differ(const struct ruleset *before, const struct ruleset *after,
		   struct differ_result *ret)
{
	char why[192] = "";

	ck_assert_int_eq(differ_rulesets(before, after, ret, why), 0);
	ck_assert_str_eq(why, "");
}

START_TEST(the_same_rules_do_not_differ)
{
	auto_(ruleset_freep) struct ruleset *a = one_rule("x", 80, 81, true);
	auto_(ruleset_freep) struct ruleset *b = one_rule("y", 80, 81, true);
	auto_(differ_clear) struct differ_result result = { 0 };

	differ(a, b, &result);
	ck_assert_uint_eq(result.count, 0);
	ck_assert(!result.macs_differ);
}
END_TEST

START_TEST(ports_more_are_opened_and_ports_less_are_shut)
{
	auto_(ruleset_freep) struct ruleset *a = one_rule("old-id", 80, 81, true);
	auto_(ruleset_freep) struct ruleset *b = one_rule("new-id", 81, 90, true);
	auto_(differ_clear) struct differ_result result = { 0 };
	const struct differ_box *box;
	char text[ADDR_RANGE_TEXT_MAX];

	differ(a, b, &result);
	ck_assert_uint_eq(result.count, 2);
	box = &result.at[0];
	ck_assert_int_eq(box->change, DIFFER_OPENED);
	ck_assert_int_eq(box->before, DIFFER_NONE);
	ck_assert_int_eq(box->after, DIFFER_INSPECTED);
	ck_assert_str_eq(box->id, "new-id");
	ck_assert_uint_eq(box->in_count, 1);
	ck_assert_str_eq(box->in[0], "lan0");
	ck_assert_uint_eq(box->out_count, 2);
	ck_assert_str_eq(box->out[1], "*");
	ck_assert_uint_eq(box->from.count, 1);
	ck_assert_str_eq(addr_range_text(&box->from.at[0], text), "192.0.2.0/24");
	ck_assert_uint_eq(box->to.count, 1);
	ck_assert_str_eq(addr_range_text(&box->to.at[0], text), "203.0.113.9");
	ck_assert_uint_eq(box->service_count, 1);
	ck_assert_uint_eq(box->services[0].l4proto_first, IPPROTO_TCP);
	ck_assert_uint_eq(box->services[0].l4proto_last, IPPROTO_TCP);
	ck_assert_uint_eq(box->services[0].port_first, 82);
	ck_assert_uint_eq(box->services[0].port_last, 90);
	box = &result.at[1];
	ck_assert_int_eq(box->change, DIFFER_SHUT);
	ck_assert_str_eq(box->id, "old-id");
	ck_assert_uint_eq(box->services[0].port_first, 80);
	ck_assert_uint_eq(box->services[0].port_last, 80);
}
END_TEST

START_TEST(another_treatment_of_the_same_flows_is_told)
{
	auto_(ruleset_freep) struct ruleset *a = one_rule("x", 80, 81, true);
	auto_(ruleset_freep) struct ruleset *b = one_rule("x", 80, 81, false);
	auto_(differ_clear) struct differ_result result = { 0 };

	differ(a, b, &result);
	ck_assert_uint_eq(result.count, 1);
	ck_assert_int_eq(result.at[0].change, DIFFER_TREATED);
	ck_assert_int_eq(result.at[0].before, DIFFER_INSPECTED);
	ck_assert_int_eq(result.at[0].after, DIFFER_ADMITTED);
}
END_TEST

START_TEST(what_lasts_for_a_time_says_until_when)
{
	auto_(ruleset_freep) struct ruleset *a = one_rule("x", 80, 81, true);
	auto_(ruleset_freep) struct ruleset *b = one_rule("x", 80, 82, true);
	auto_(differ_clear) struct differ_result result = { 0 };

	b->sets[0].timeouts = true;
	b->sets[0].elements[0].expires_s = 5000;
	differ(a, b, &result);
	ck_assert_uint_eq(result.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct differ_box *box = &result.at[i];

		if (box->change == DIFFER_OPENED) {
			ck_assert_int_eq(box->until_s, 5000);
			ck_assert_int_eq(box->since_s, 0);
		} else {
			ck_assert_int_eq(box->change, DIFFER_SHUT);
			ck_assert_int_eq(box->since_s, 5000);
			ck_assert_int_eq(box->until_s, 0);
		}
	}
}
END_TEST

START_TEST(other_senders_of_the_same_flows_are_told)
{
	struct ruleset *rulesets[2];
	auto_(differ_clear) struct differ_result result = { 0 };

	for (uint8_t i = 0; i < 2; i++) {
		const uint8_t mac[6] = { 2, 0, 0, 0, 0, i };
		struct build b;

		build_start(&b);
		build_set(&b, "macs", BUILD_EXACT, BUILD_FIELDS(FIELD_ETHER_SADDR));
		build_element(&b);
		build_put_mac(&b, mac);
		build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
		build_rule(&b, NULL);
		build_in_set(&b, "macs", BUILD_FIELDS(FIELD_ETHER_SADDR));
		build_accept(&b);
		ck_assert_int_eq(build_finish(&b, &rulesets[i]), 0);
	}
	differ(rulesets[0], rulesets[1], &result);
	ck_assert_uint_eq(result.count, 0);
	ck_assert(result.macs_differ);
	ruleset_free(rulesets[0]);
	ruleset_free(rulesets[1]);
}
END_TEST

START_TEST(what_is_not_understood_is_not_compared)
{
	auto_(ruleset_freep) struct ruleset *a = one_rule("x", 80, 81, true);
	auto_(ruleset_freep) struct ruleset *b = one_rule("x", 80, 81, true);
	struct differ_result result = { .count = 77 };
	char why[192] = "";

	b->chains[0].rules[0].statements[0].kind = (enum ruleset_statement_kind)99;
	ck_assert_int_eq(differ_rulesets(a, b, &result, why), -EBADMSG);
	ck_assert_str_ne(why, "");
	ck_assert_uint_eq(result.count, 77);
}
END_TEST

/* ---- example policies against each other */

struct site {
	struct policy *policy;
	struct ruleset *ruleset;
	struct walk *walk;
};

static void site_clear(struct site *site)
{
	walk_free(site->walk);
	ruleset_free(site->ruleset);
	policy_free(site->policy);
}

static void site_open(struct site *site, const char *name)
{
	const char *top = getenv("SRCDIR");
	struct errors errors = { 0 };
	char path[PATH_MAX];

	*site = (struct site){ 0 };
	(void)snprintf(path, sizeof(path), "%s/conf/examples/%s.conf", top ? top : ".", name);
	ck_assert_int_eq(policy_read(path, &site->policy, &errors), 0);
	errors_clear(&errors);
	ck_assert_int_eq(compile_policy(site->policy, &site->ruleset), 0);
	ck_assert_int_eq(walk_new(site->ruleset, &site->walk), 0);
}

/* Sent by the hardware that the policy has at that address. */
static bool passes(const struct site *site, const struct walk_packet *sent)
{
	enum role role = policy_role_of(site->policy, &sent->src);
	struct walk_packet packet = *sent;
	struct walk_result result;

	if (role != ROLE_COUNT && site->policy->endpoints[role].macs.count) {
		packet.has_ether = true;
		memcpy(packet.ether_saddr, site->policy->endpoints[role].macs.at[0], 6);
	}
	ck_assert_int_eq(walk_packet(site->walk, HOOK_FORWARD, &packet, &result), 0);
	return result.outcome == WALK_ACCEPT || result.outcome == WALK_QUEUE;
}

static const struct addr_range *any_range(const struct addr_list *list)
{
	return &list->at[(size_t)rand() % list->count];
}

static void any_end(const struct addr_range *range, struct addr *ret)
{
	*ret = (struct addr){ .family = range->family };
	memcpy(ret->b, rand() % 2 ? range->first : range->last, sizeof(ret->b));
}

/* A packet out of a box. */
static void packet_of(const struct differ_box *box, struct walk_packet *ret)
{
	const struct differ_service *s = &box->services[(size_t)rand() % box->service_count];

	*ret = (struct walk_packet){ .l4proto = s->l4proto_first,
				     .dport = (uint16_t)(rand() % 2 ? s->port_first : s->port_last),
				     .tcp_flags = TCP_SYN,
				     .tcp_doff = 5,
				     .length = 40,
				     .ct_state = STATE_NEW,
				     .now_s = box->since_s };
	memcpy(ret->iif, box->in[(size_t)rand() % box->in_count], sizeof(ret->iif));
	memcpy(ret->oif, box->out[(size_t)rand() % box->out_count], sizeof(ret->oif));
	any_end(any_range(&box->from), &ret->src);
	any_end(any_range(&box->to), &ret->dst);
	ret->family = ret->src.family;
}

static bool has_name(char (*names)[16], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static bool has_packet(const struct differ_box *box, const struct walk_packet *p)
{
	bool found = false;

	for (size_t i = 0; i < box->service_count; i++) {
		const struct differ_service *s = &box->services[i];

		found |= s->l4proto_first <= p->l4proto && p->l4proto <= s->l4proto_last &&
			 s->port_first <= p->dport && p->dport <= s->port_last;
	}
	return found && !box->since_s && has_name(box->in, box->in_count, p->iif) &&
	       has_name(box->out, box->out_count, p->oif) && addr_list_has(&box->from, &p->src) &&
	       addr_list_has(&box->to, &p->dst);
}

/* Every packet of a box fares otherwise; a packet put together from two boxes is in some box if and
 * only if it does. */
static void compare_sites(struct site *before, struct site *after)
{
	auto_(differ_clear) struct differ_result result = { 0 };

	differ(before->ruleset, after->ruleset, &result);
	ck_assert_uint_gt(result.count, 1);
	for (int i = 0; i < 20000; i++) {
		const struct differ_box *box = &result.at[(size_t)rand() % result.count];
		struct walk_packet packet, other;
		bool opened = false, shut = false;

		packet_of(box, &packet);
		if (box->change == DIFFER_OPENED)
			ck_assert(!passes(before, &packet) && passes(after, &packet));
		if (box->change == DIFFER_SHUT)
			ck_assert(passes(before, &packet) && !passes(after, &packet));
		packet_of(&result.at[(size_t)rand() % result.count], &other);
		if (other.family != packet.family)
			continue;
		packet.now_s = 0;
		packet.dst = other.dst;
		packet.l4proto = other.l4proto;
		packet.dport = other.dport;
		memcpy(packet.oif, other.oif, sizeof(packet.oif));
		for (size_t k = 0; k < result.count; k++) {
			bool inside = has_packet(&result.at[k], &packet);

			opened |= inside && result.at[k].change == DIFFER_OPENED;
			shut |= inside && result.at[k].change == DIFFER_SHUT;
		}
		ck_assert_int_eq(opened, !passes(before, &packet) && passes(after, &packet));
		ck_assert_int_eq(shut, passes(before, &packet) && !passes(after, &packet));
	}
}

START_TEST(boxes_of_examples_are_what_the_walk_sees)
{
	static const char *const names[][2] = { { "route-1", "reiji-city" },
						{ "route-5", "route-6" },
						{ "alpha-prime-i", "route-2" } };
	unsigned int seed = (unsigned int)time(NULL);

	printf("seed %u\n", seed);
	srand(seed);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		auto_(site_clear) struct site before;
		auto_(site_clear) struct site after;

		site_open(&before, names[i][0]);
		site_open(&after, names[i][1]);
		compare_sites(&before, &after);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("differ");
	TCase *tcase = tcase_create("differ");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, the_same_rules_do_not_differ);
	tcase_add_test(tcase, ports_more_are_opened_and_ports_less_are_shut);
	tcase_add_test(tcase, another_treatment_of_the_same_flows_is_told);
	tcase_add_test(tcase, what_lasts_for_a_time_says_until_when);
	tcase_add_test(tcase, other_senders_of_the_same_flows_are_told);
	tcase_add_test(tcase, what_is_not_understood_is_not_compared);
	tcase_add_test(tcase, boxes_of_examples_are_what_the_walk_sees);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
