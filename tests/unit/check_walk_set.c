/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/walk_set.h, by walks: what is in a set is found, whatever its size. */
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "walk_probe.h"

/* A set of interface . source address . protocol . port with two boxes. */
static struct ruleset *boxes_ruleset(bool in)
{
	struct addr_range r = probe_range("192.0.2.0/24");
	struct build b;

	build_start(&b);
	build_set(&b, "s", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (int i = 0; i < 2; i++) {
		build_element(&b);
		build_put_interface(&b, "in0");
		build_put_range(&b, &r);
		build_put_protocol(&b, IPPROTO_TCP);
		build_put_number(&b, i ? 8000 : 443, i ? 8010 : 443);
	}
	probe_begin_forward(&b);
	build_rule(&b, NULL);
	if (in)
		build_in_set(&b, "s",
			     BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR4, FIELD_L4PROTO, FIELD_DPORT));
	else
		build_not_in_set(
			&b, "s",
			BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	return probe_finish(&b);
}

START_TEST(a_concatenation_needs_every_field)
{
	auto_(ruleset_freep) struct ruleset *ruleset = boxes_ruleset(true);
	auto_(ruleset_freep) struct ruleset *negated = boxes_ruleset(false);
	struct walk_packet good = probe_tcp("192.0.2.255", "198.51.100.1", 8005);
	struct walk_packet bad[5];

	ck_assert_int_eq(probe_walk(ruleset, &good).outcome, WALK_ACCEPT);
	ck_assert_int_eq(probe_walk(negated, &good).outcome, WALK_DROP);
	good.dport = 443;
	ck_assert_int_eq(probe_walk(ruleset, &good).outcome, WALK_ACCEPT);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		bad[i] = good;
	bad[0].iif[2] = '1';
	bad[1].src.b[2] = 3;
	bad[2].l4proto = IPPROTO_UDP;
	bad[3].dport = 444;
	bad[4].dport = 8011;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ck_assert_int_eq(probe_walk(ruleset, &bad[i]).outcome, WALK_DROP);
		ck_assert_int_eq(probe_walk(negated, &bad[i]).outcome, WALK_ACCEPT);
	}
	/* one field that cannot be read ends the rule either way */
	bad[0] = probe_tcp("2001:db8::1", "2001:db8::2", 443);
	ck_assert_int_eq(probe_walk(ruleset, &bad[0]).outcome, WALK_DROP);
	ck_assert_int_eq(probe_walk(negated, &bad[0]).outcome, WALK_DROP);
}
END_TEST

START_TEST(elements_that_have_expired_are_not_there)
{
	auto_(ruleset_freep) struct ruleset *ruleset = boxes_ruleset(true);
	struct walk_packet p = probe_tcp("192.0.2.1", "198.51.100.1", 443);
	struct ruleset_set *set = &ruleset->sets[0];

	set->timeouts = true;
	for (size_t i = 0; i < set->element_count; i++)
		set->elements[i].expires_s = 1000;
	p.now_s = 999;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_ACCEPT);
	p.now_s = 1000;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_DROP);
	p.now_s = 0;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_ACCEPT);
	p.now_s = 5000;
	set->elements[0].expires_s = set->elements[1].expires_s = 0;
	ck_assert_int_eq(probe_walk(ruleset, &p).outcome, WALK_ACCEPT);
}
END_TEST

/* A set of random boxes "daddr . l4proto . dport" that may overlap, and a rule for it. */
static struct ruleset *random_ruleset(size_t count)
{
	struct build b;

	build_start(&b);
	build_set(&b, "s", BUILD_INTERVAL, BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (size_t i = 0; i < count; i++) {
		struct addr_range r = { .family = 4, .first = { 10 }, .last = { 10 } };
		uint32_t first = (uint32_t)rand() % 8, port = (uint32_t)rand() % 8;

		r.first[3] = (uint8_t)(rand() % 64);
		r.last[3] = (uint8_t)(r.first[3] + (rand() % 4 ? 0 : rand() % 64));
		build_element(&b);
		build_put_range(&b, &r);
		build_put_protocol(&b, (uint8_t)(rand() % 3));
		build_put_number(&b, first, first + port);
	}
	probe_begin_forward(&b);
	build_rule(&b, NULL);
	build_in_set(&b, "s", BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	return probe_finish(&b);
}

/* One element after the other. */
static bool is_in_any(const struct ruleset_set *set, const struct walk_packet *p)
{
	for (size_t i = 0; i < set->element_count; i++) {
		const struct ruleset_element *e = &set->elements[i];
		unsigned int first = e->first[8] * 256U + e->first[9];
		unsigned int last = e->last[8] * 256U + e->last[9];

		if (memcmp(e->first, p->dst.b, 4) <= 0 && memcmp(e->last, p->dst.b, 4) >= 0 &&
		    e->first[4] <= p->l4proto && p->l4proto <= e->last[4] && first <= p->dport &&
		    p->dport <= last)
			return true;
	}
	return false;
}

START_TEST(random_sets_of_every_size_find_what_is_in_them)
{
	unsigned int seed = (unsigned int)time(NULL);
	size_t in = 0, out = 0;

	printf("walk: seed %u\n", seed);
	srand(seed);
	for (size_t count = 0; count < 200; count++) {
		auto_(ruleset_freep) struct ruleset *ruleset = random_ruleset(count % 50);
		auto_(walk_freep) struct walk *walk = NULL;

		ck_assert_int_eq(walk_new(ruleset, &walk), 0);
		for (int i = 0; i < 200; i++) {
			struct walk_packet p =
				probe_tcp("192.0.2.1", "10.0.0.0", (uint16_t)(rand() % 16));
			struct walk_result r;
			bool wanted;

			p.dst.b[3] = (uint8_t)(rand() % 128);
			p.l4proto = (uint8_t)(rand() % 3);
			wanted = is_in_any(&ruleset->sets[0], &p);
			ck_assert_int_eq(walk_packet(walk, HOOK_FORWARD, &p, &r), 0);
			ck_assert_int_eq(r.outcome, wanted ? WALK_ACCEPT : WALK_DROP);
			in += wanted;
			out += !wanted;
		}
	}
	ck_assert_uint_gt(in, 1000);
	ck_assert_uint_gt(out, 1000);
}
END_TEST

/* Boxes of one size each: interface . address / 31 . protocol . port. */
static struct ruleset *large_ruleset(uint32_t count)
{
	struct build b;

	build_start(&b);
	build_set(&b, "s", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_IIFNAME, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (uint32_t i = 0; i < count; i++) {
		struct addr_range r = { .family = 4 };

		r.first[0] = 64;
		r.first[1] = (uint8_t)(i >> 14);
		r.first[2] = (uint8_t)(i >> 6);
		r.first[3] = (uint8_t)(i << 2);
		memcpy(r.last, r.first, 4);
		r.last[3] |= 1;
		build_element(&b);
		build_put_interface(&b, "in0");
		build_put_range(&b, &r);
		build_put_protocol(&b, IPPROTO_TCP);
		build_put_number(&b, 443, 450);
	}
	probe_begin_forward(&b);
	build_rule(&b, NULL);
	build_in_set(&b, "s",
		     BUILD_FIELDS(FIELD_IIFNAME, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	return probe_finish(&b);
}

/* One after the other, it would be 2,000 million comparisons, and the test out of time. */
START_TEST(many_packets_meet_many_elements_at_once)
{
	const uint32_t count = 100000;
	auto_(ruleset_freep) struct ruleset *ruleset = large_ruleset(count);
	auto_(walk_freep) struct walk *walk = NULL;
	size_t accepted = 0;

	ck_assert_int_eq(walk_new(ruleset, &walk), 0);
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t address = (64U << 24) + i * 8;
		struct walk_packet p = probe_tcp("192.0.2.1", "192.0.2.2", 445);
		struct walk_result r;

		for (int j = 0; j < 4; j++)
			p.dst.b[j] = (uint8_t)(address >> (24 - 8 * j));
		p.dst.b[3] = (uint8_t)(p.dst.b[3] + i % 3); /* 0 and 1 are in, 2 is not */
		ck_assert_int_eq(walk_packet(walk, HOOK_FORWARD, &p, &r), 0);
		accepted += r.outcome == WALK_ACCEPT;
	}
	ck_assert_uint_eq(accepted, 13334);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("walk_set");
	TCase *tcase = tcase_create("walk_set");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_concatenation_needs_every_field);
	tcase_add_test(tcase, elements_that_have_expired_are_not_there);
	tcase_add_test(tcase, random_sets_of_every_size_find_what_is_in_them);
	tcase_add_test(tcase, many_packets_meet_many_elements_at_once);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
