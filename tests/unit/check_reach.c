/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/reach.h: what is said of whole sets of packets is what the walk says of each of
 * them, in random rulesets of every statement there is. */
#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "prove/reach.h"
#include "ruleset/build.h"
#include "ruleset/walk.h"

#define ROUNDS  300
#define PACKETS 400

static const char *const interfaces[] = { "lan0", "wan0", "dmz0" };
static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6, 47 };
static const uint32_t marks[] = { 0, 1, 3, 5, 0x20, 0x80000003 };
static const uint32_t masks[] = { 7, UINT32_MAX, 0x20, 0x80000001 };
static const uint32_t states[] = { STATE_NEW,     STATE_NEW,     STATE_ESTABLISHED,
				   STATE_RELATED, STATE_INVALID, STATE_UNTRACKED };

static size_t below(size_t n)
{
	return (size_t)rand() % n;
}

static bool one_in(size_t n)
{
	return below(n) == 0;
}

#define pick(array) (array)[below(ARRAY_SIZE(array))]

static uint8_t random_byte(void)
{
	static const uint8_t edges[] = { 0, 1, 7, 8, 0xff };

	return pick(edges);
}

/* Few addresses, so that they meet. */
static void random_address(struct addr *ret, uint8_t family)
{
	static const uint8_t v4[] = { 10, 0, 0, 0 };
	static const uint8_t v6[] = { 0x20, 1, 0xd, 0xb8 };

	*ret = (struct addr){ .family = family };
	memcpy(ret->b, family == 4 ? v4 : v6, 4);
	ret->b[addr_len(family) - 1] = random_byte();
	ret->b[addr_len(family) / 2] = random_byte();
}

static void random_range(struct addr_range *ret, uint8_t family)
{
	struct addr a, b, *low = &a, *high = &b;

	random_address(&a, family);
	random_address(&b, family);
	if (addr_compare(&a, &b) > 0) {
		low = &b;
		high = &a;
	}
	*ret = (struct addr_range){ .family = family };
	memcpy(ret->first, low->b, sizeof(ret->first));
	memcpy(ret->last, high->b, sizeof(ret->last));
}

/* Sets of every kind: each has its key, and elements that do not overlap (they begin with different
 * ports or interfaces), so that the kernel would load it. */
struct kind {
	enum ruleset_field fields[4];
	size_t count;
};
static const struct kind kinds[] = {
	{ { FIELD_IIFNAME, FIELD_SADDR4 }, 2 },
	{ { FIELD_OIFNAME, FIELD_DADDR6 }, 2 },
	{ { FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT }, 3 },
	{ { FIELD_SADDR6, FIELD_DADDR6, FIELD_L4PROTO, FIELD_DPORT }, 4 },
	{ { FIELD_L4PROTO, FIELD_DPORT }, 2 },
	{ { FIELD_LENGTH4, FIELD_TCP_DOFF }, 2 },
	{ { FIELD_LENGTH6, FIELD_TCP_DOFF }, 2 },
	{ { FIELD_ETHER_SADDR, FIELD_SADDR4 }, 2 },
	{ { FIELD_DADDR4, FIELD_SADDR4, FIELD_L4PROTO, FIELD_SPORT }, 4 },
};

static void put_field(struct build *b, enum ruleset_field field, uint32_t n)
{
	struct addr_range range;

	switch ((int)field) {
	case FIELD_IIFNAME:
	case FIELD_OIFNAME:
		build_put_interface(b, interfaces[n % ARRAY_SIZE(interfaces)]);
		return;
	case FIELD_SADDR4:
	case FIELD_DADDR4:
		random_range(&range, 4);
		build_put_range(b, &range);
		return;
	case FIELD_SADDR6:
	case FIELD_DADDR6:
		random_range(&range, 6);
		build_put_range(b, &range);
		return;
	case FIELD_L4PROTO:
		build_put_protocol(b, protocols[n % 2]);
		return;
	case FIELD_SPORT:
	case FIELD_DPORT:
		build_put_number(b, 440 + 2 * n, 440 + 2 * n + (uint32_t)below(2));
		return;
	case FIELD_LENGTH4:
	case FIELD_LENGTH6:
		build_put_number(b, 20 + 4 * n, 20 + 4 * n);
		return;
	case FIELD_TCP_DOFF:
		build_put_number(b, 5 + n, 5 + n);
		return;
	case FIELD_ETHER_SADDR: {
		struct ruleset_set *set = &b->ruleset->sets[b->ruleset->set_count - 1];
		struct ruleset_element *e = &set->elements[set->element_count - 1];

		e->first[0] = e->last[0] = 2;
		e->first[5] = e->last[5] = (uint8_t)n;
		b->filled++;
		return;
	}
	default:
		ck_abort_msg("field %d", (int)field);
	}
}

static void random_sets(struct build *b)
{
	char name[RULESET_NAME_MAX];

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++) {
		for (int map = 0; map < 2; map++) {
			struct ruleset_set *set;
			uint32_t count = 1 + (uint32_t)below(3);

			build_name(b, name, "%s%zu", map ? "map" : "set", k);
			build_set(b, name, map ? BUILD_INTERVAL_MAP : BUILD_INTERVAL,
				  kinds[k].fields, kinds[k].count);
			set = &b->ruleset->sets[b->ruleset->set_count - 1];
			set->timeouts = !map && one_in(2);
			for (uint32_t n = 0; n < count; n++) {
				build_element(b);
				for (size_t f = 0; f < kinds[k].count; f++)
					put_field(b, kinds[k].fields[f], n);
				set = &b->ruleset->sets[b->ruleset->set_count - 1];
				if (set->timeouts)
					set->elements[set->element_count - 1].expires_s =
						(int64_t)below(4) * 100;
				if (map)
					build_put_verdict(b, n % 2 ? VERDICT_JUMP : VERDICT_DROP,
							  n % 2 ? "low" : NULL);
			}
		}
	}
	build_set(b, "states", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	for (uint32_t n = 1; n < 4; n++) {
		build_element(b);
		build_put_number(b, n, n);
		build_put_verdict(b, n == 3 ? VERDICT_ACCEPT : VERDICT_GOTO, n == 3 ? NULL : "low");
	}
}

static void random_match(struct build *b)
{
	static const uint8_t types[] = { 3, 11, 128 };
	struct ruleset_statement s = { .negate = one_in(3) };
	size_t k = below(ARRAY_SIZE(kinds));

	s.kind = (enum ruleset_statement_kind)below(MATCH_ICMPV6_TYPES + 1);
	switch ((int)s.kind) {
	case MATCH_SET:
		memcpy(s.fields, kinds[k].fields, sizeof(kinds[k].fields));
		s.field_count = kinds[k].count;
		(void)snprintf(s.text, sizeof(s.text), "set%zu", k);
		break;
	case MATCH_CT_STATE:
		s.value = pick(states) | pick(states);
		break;
	case MATCH_CT_REPLY:
		s.value = one_in(2);
		break;
	case MATCH_CT_MARK:
	case MATCH_META_MARK:
		s.mask = pick(masks);
		s.value = pick(marks) & s.mask;
		break;
	case MATCH_NFPROTO:
		s.value = one_in(2) ? NFPROTO_IPV4 : NFPROTO_IPV6;
		break;
	case MATCH_L4PROTO:
		s.value = pick(protocols);
		break;
	case MATCH_IIFNAME:
	case MATCH_OIFNAME:
		(void)snprintf(s.text, sizeof(s.text), "%s", pick(interfaces));
		break;
	case MATCH_TCP_FLAGS:
		s.mask = 0x12;
		s.value = one_in(2) ? 0x02 : 0x10;
		break;
	case MATCH_UDP_FIRST:
		s.mask = one_in(2) ? 0x80 : 0xc1;
		s.value = one_in(2) ? 0x80 : 0;
		break;
	case MATCH_UDP_LENGTH:
		s.mask = one_in(2) ? 0xf800 : 0xff;
		s.value = one_in(2) ? 0x800 : 8;
		s.value &= s.mask;
		break;
	default:
		s.types[0] = pick(types);
		s.types[1] = pick(types);
		s.type_count = 2;
	}
	build_statement(b, &s);
}

static void random_action(struct build *b)
{
	struct ruleset_statement s = { .kind = (enum ruleset_statement_kind)(
					       ACT_COUNTER + (int)below(ACT_META_MARK_FROM_CT -
									ACT_COUNTER + 1)) };

	s.value = pick(marks);
	build_statement(b, &s);
}

/* last: of a chain that nothing may be jumped to from. */
static void random_end(struct build *b, bool can_jump)
{
	struct ruleset_statement s = { .kind = (enum ruleset_statement_kind)(
					       ACT_VERDICT +
					       (int)below(ACT_REJECT_PORT - ACT_VERDICT + 1)) };
	size_t k = below(ARRAY_SIZE(kinds));

	switch ((int)s.kind) {
	case ACT_VERDICT:
		s.verdict.kind = can_jump
					 ? (enum ruleset_verdict_kind)below(VERDICT_RETURN + 1)
					 : pick(((enum ruleset_verdict_kind[]){
						   VERDICT_ACCEPT, VERDICT_DROP, VERDICT_RETURN }));
		if (s.verdict.kind == VERDICT_JUMP || s.verdict.kind == VERDICT_GOTO)
			(void)snprintf(s.verdict.chain, sizeof(s.verdict.chain), "%s",
				       one_in(2) ? "low" : "mid");
		break;
	case ACT_VERDICT_MAP:
		if (!can_jump)
			return;
		memcpy(s.fields, kinds[k].fields, sizeof(kinds[k].fields));
		s.field_count = kinds[k].count;
		(void)snprintf(s.text, sizeof(s.text), "map%zu", k);
		break;
	case ACT_CT_MARK_MAP:
		if (!can_jump)
			return;
		s.mask = 7;
		(void)snprintf(s.text, sizeof(s.text), "states");
		break;
	case ACT_QUEUE:
		s.value = s.mask = (uint32_t)below(3);
		break;
	default:
		break;
	}
	build_statement(b, &s);
}

static void random_rules(struct build *b, bool can_jump)
{
	for (size_t n = 2 + below(5); n > 0; n--) {
		build_rule(b, one_in(3) ? "a-flow" : NULL);
		for (size_t i = below(3); i > 0; i--)
			random_match(b);
		if (one_in(3))
			random_action(b);
		if (one_in(3))
			random_match(b);
		if (!one_in(4))
			random_end(b, can_jump);
	}
}

static struct ruleset *random_ruleset(void)
{
	struct ruleset *ruleset = NULL;
	struct build b;

	build_start(&b);
	random_sets(&b);
	build_chain(&b, "low");
	random_rules(&b, false);
	build_chain(&b, "mid");
	/* what is in it may jump to low, and to mid's copy of nothing */
	random_rules(&b, false);
	build_base_chain(&b, "late", HOOK_FORWARD, 10, one_in(3));
	random_rules(&b, true);
	build_base_chain(&b, "early", HOOK_FORWARD, one_in(4) ? 10 : 0, one_in(2));
	random_rules(&b, true);
	build_base_chain(&b, "elsewhere", HOOK_INPUT, 0, true);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	return ruleset;
}

static void random_packet(struct walk_packet *p)
{
	static const int64_t times[] = { 0, 50, 100, 150, 200, 250, 300, 1000 };

	*p = (struct walk_packet){
		.family = one_in(2) ? 4 : 6,
		.l4proto = pick(protocols),
		.sport = (uint16_t)(439 + below(8)),
		.dport = (uint16_t)(439 + below(8)),
		.is_short = one_in(8),
		.tcp_flags = one_in(2) ? 0x02 : (uint8_t)below(256),
		.icmp_type = one_in(2) ? 3 : 128,
		.length = (uint16_t)(20 + 4 * below(4)),
		.tcp_doff = (uint8_t)(5 + below(4)),
		.udp_length = (uint16_t)(one_in(2) ? below(4096) : 8),
		.udp_first = (uint16_t)below(WALK_NO_BYTE + 1),
		.has_ether = one_in(2),
		.ct_state = pick(states),
		.ct_reply = one_in(3),
		.ct_mark = pick(marks),
		.meta_mark = pick(marks),
		.now_s = pick(times),
	};
	(void)snprintf(p->iif, sizeof(p->iif), "%s", one_in(5) ? "none0" : pick(interfaces));
	(void)snprintf(p->oif, sizeof(p->oif), "%s", one_in(5) ? "none0" : pick(interfaces));
	random_address(&p->src, p->family);
	random_address(&p->dst, p->family);
	if (p->has_ether) {
		p->ether_saddr[0] = 2;
		p->ether_saddr[5] = (uint8_t)below(4);
	}
}

/* A ruleset with the ways of every packet there is. */
struct world {
	struct ruleset *ruleset;
	struct space space;
	struct reach reach;
	struct reach_ways ways;
	struct walk *walk;
	uint32_t passing; /* whatever the marks have become */
};

static void world_clear(struct world *w)
{
	reach_ways_clear(&w->ways);
	reach_clear(&w->reach);
	walk_free(w->walk);
	space_clear(&w->space);
	ruleset_free(w->ruleset);
}

static void world_open(struct world *w, struct ruleset *ruleset)
{
	bool now[SPACE_VARIABLES] = { false };
	uint32_t start;

	*w = (struct world){ .ruleset = ruleset };
	ck_assert_int_eq(space_learn_ruleset(&w->space, ruleset), 0);
	ck_assert_int_eq(space_start(&w->space), 0);
	ck_assert_int_eq(walk_new(ruleset, &w->walk), 0);
	w->reach = (struct reach){ .space = &w->space, .ruleset = ruleset };
	start = diagram_and(w->space.diagram, space_same_marks(&w->space, SPACE_CT_CAME, SPACE_CT),
			    space_same_marks(&w->space, SPACE_META_CAME, SPACE_META));
	ck_assert_int_eq(reach_run(&w->reach, HOOK_FORWARD, start, &w->ways), 0);
	for (size_t bit = 0; bit < 32; bit++)
		now[SPACE_MARKS + 4 * bit + SPACE_CT] = now[SPACE_MARKS + 4 * bit + SPACE_META] =
			true;
	w->passing = diagram_forget(w->space.diagram, reach_all(&w->space, &w->ways), now);
}

static bool passes(const struct walk_result *result)
{
	return result->outcome == WALK_ACCEPT || result->outcome == WALK_QUEUE;
}

/* The marks that a packet has in the end are those that the walk found, and no others. */
static void check_marks(struct world *w, uint32_t *values, const struct walk_result *result)
{
	uint32_t all = reach_all(&w->space, &w->ways);

	for (size_t bit = 0; bit < 32; bit++) {
		values[SPACE_MARKS + 4 * bit + SPACE_CT] = result->ct_mark >> bit & 1;
		values[SPACE_MARKS + 4 * bit + SPACE_META] = result->meta_mark >> bit & 1;
	}
	ck_assert(diagram_has(w->space.diagram, all, values));
	values[SPACE_MARKS + SPACE_CT] ^= 1;
	ck_assert(!diagram_has(w->space.diagram, all, values));
}

START_TEST(random_packets_pass_where_the_walk_lets_them)
{
	unsigned int seed = (unsigned int)time(NULL), passed = 0, total = 0;

	printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		auto_(world_clear) struct world w;

		world_open(&w, random_ruleset());
		for (int i = 0; i < PACKETS; i++) {
			uint32_t values[SPACE_VARIABLES];
			struct walk_packet packet;
			struct walk_result result;

			random_packet(&packet);
			ck_assert_int_eq(walk_packet(w.walk, HOOK_FORWARD, &packet, &result), 0);
			space_point(&w.space, &packet, values);
			ck_assert_msg(diagram_has(w.space.diagram, w.passing, values) ==
					      passes(&result),
				      "round %d packet %d: walk says %s", round, i,
				      walk_outcome_slug(result.outcome));
			if (passes(&result))
				check_marks(&w, values, &result);
			passed += passes(&result);
			total++;
		}
	}
	printf("%u of %u packets passed\n", passed, total);
	ck_assert_uint_gt(passed, total / 20);
	ck_assert_uint_lt(passed, total - total / 20);
}
END_TEST

START_TEST(packets_picked_from_the_passing_pass_and_from_the_rest_do_not)
{
	unsigned int seed = (unsigned int)time(NULL);

	printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < ROUNDS; round++) {
		auto_(world_clear) struct world w;
		uint32_t rest;

		world_open(&w, random_ruleset());
		rest = diagram_minus(w.space.diagram, DIAGRAM_ALL, w.passing);
		for (int i = 0; i < PACKETS; i++) {
			uint32_t values[SPACE_VARIABLES], from = i % 2 ? rest : w.passing;
			struct walk_packet packet;
			struct walk_result result;

			if (from == DIAGRAM_NONE)
				continue;
			random_packet(&packet);
			space_point(&w.space, &packet, values);
			diagram_pick(w.space.diagram, from, values);
			space_packet(&w.space, values, &packet);
			ck_assert_int_eq(walk_packet(w.walk, HOOK_FORWARD, &packet, &result), 0);
			ck_assert_int_eq(passes(&result), from == w.passing);
		}
	}
}
END_TEST

/* A ruleset of one rule. */
static int run_one(const struct ruleset_statement *s, char why[192])
{
	auto_(world_clear) struct world w = { 0 };
	struct build b;
	int err;

	build_start(&b);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, NULL);
	build_statement(&b, s);
	build_accept(&b);
	ck_assert_int_eq(build_finish(&b, &w.ruleset), 0);
	ck_assert_int_eq(space_learn_ruleset(&w.space, w.ruleset), 0);
	ck_assert_int_eq(space_start(&w.space), 0);
	w.reach = (struct reach){ .space = &w.space, .ruleset = w.ruleset };
	err = reach_run(&w.reach, HOOK_FORWARD, DIAGRAM_ALL, &w.ways);
	memcpy(why, w.reach.why, sizeof(w.reach.why));
	return err;
}

START_TEST(what_is_not_understood_is_refused)
{
	const struct ruleset_statement unknown[] = {
		{ .kind = (enum ruleset_statement_kind)99 },
		{ .kind = ACT_SNAT4 },
		{ .kind = MATCH_SET,
		  .text = "nowhere",
		  .fields = { FIELD_DPORT },
		  .field_count = 1 },
		{ .kind = ACT_VERDICT_MAP,
		  .text = "nowhere",
		  .fields = { FIELD_DPORT },
		  .field_count = 1 },
		{ .kind = ACT_VERDICT, .verdict = { .kind = VERDICT_JUMP, .chain = "nowhere" } },
		{ .kind = ACT_VERDICT, .verdict = { .kind = (enum ruleset_verdict_kind)77 } },
		/* a chain that jumps to itself */
		{ .kind = ACT_VERDICT, .verdict = { .kind = VERDICT_JUMP, .chain = "forward" } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		char why[192] = "";

		ck_assert_int_eq(run_one(&unknown[i], why), -EBADMSG);
		ck_assert_str_ne(why, "");
	}
}
END_TEST

START_TEST(ways_tell_the_rule_that_let_them_pass)
{
	auto_(world_clear) struct world w;
	struct ruleset *ruleset;
	struct build b;

	build_start(&b);
	build_chain(&b, "take");
	build_rule(&b, NULL);
	build_masked(&b, ACT_QUEUE, 5, 4);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, "tcp-flow");
	build_value(&b, MATCH_L4PROTO, IPPROTO_TCP);
	build_goto(&b, "take");
	build_rule(&b, "udp-flow");
	build_value(&b, MATCH_L4PROTO, IPPROTO_UDP);
	build_accept(&b);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	world_open(&w, ruleset);
	ck_assert_uint_eq(w.ways.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct reach_way *way = &w.ways.at[i];
		bool queued = way->end == REACH_QUEUE;

		ck_assert_str_eq(way->comment, queued ? "tcp-flow" : "udp-flow");
		ck_assert_uint_eq(way->queue_first, queued ? 4 : 0);
		ck_assert_uint_eq(way->queue_last, queued ? 5 : 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reach");
	TCase *tcase = tcase_create("reach");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, random_packets_pass_where_the_walk_lets_them);
	tcase_add_test(tcase, packets_picked_from_the_passing_pass_and_from_the_rest_do_not);
	tcase_add_test(tcase, what_is_not_understood_is_refused);
	tcase_add_test(tcase, ways_tell_the_rule_that_let_them_pass);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
