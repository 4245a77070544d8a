/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/witness.h: a packet that the walk lets through, or none. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "prove/witness.h"
#include "ruleset/build.h"

static struct ruleset *ruleset;
static struct space space;
static struct witness witness;

/* UDP is accepted, TCP to port 443 queued, the rest dropped. */
static void set_up(void)
{
	struct build b;

	build_start(&b);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, NULL);
	build_value(&b, MATCH_L4PROTO, IPPROTO_UDP);
	build_accept(&b);
	build_rule(&b, NULL);
	build_value(&b, MATCH_L4PROTO, IPPROTO_TCP);
	build_masked(&b, ACT_QUEUE, 5, 5);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(space_learn_ruleset(&space, ruleset), 0);
	ck_assert_int_eq(space_start(&space), 0);
	ck_assert_int_eq(witness_start(&witness, &space, ruleset), 0);
}

static void tear_down(void)
{
	witness_clear(&witness);
	space_clear(&space);
	ruleset_freep(&ruleset);
}

START_TEST(a_packet_is_found_among_those_that_do_not_pass)
{
	struct walk_packet packet;

	ck_assert_int_eq(witness_find(&witness, DIAGRAM_ALL, WITNESS_PASSES, &packet), 0);
	ck_assert_uint_eq(packet.l4proto, IPPROTO_TCP);
	ck_assert_uint_eq(packet.dport, 443);
	ck_assert_uint_eq(packet.tcp_flags, 2);
}
END_TEST

START_TEST(a_likely_packet_is_shown_where_there_is_one)
{
	struct walk_packet packet;

	witness.likely[0] = diagram_and(space.diagram, space_is(&space, SPACE_L4PROTO, IPPROTO_UDP),
					space_is(&space, SPACE_DPORT, 53));
	ck_assert_int_eq(witness_find(&witness, DIAGRAM_ALL, WITNESS_PASSES, &packet), 0);
	ck_assert_uint_eq(packet.l4proto, IPPROTO_UDP);
	ck_assert_uint_eq(packet.dport, 53);
	witness.likely[1] = witness.likely[0];
	witness.likely[0] = space_is(&space, SPACE_L4PROTO, 47);
	ck_assert_int_eq(witness_find(&witness, DIAGRAM_ALL, WITNESS_PASSES, &packet), 0);
	ck_assert_uint_eq(packet.dport, 53);
	/* one that does not pass is of no use */
	witness.likely[0] = witness.likely[1] = space_is(&space, SPACE_L4PROTO, 47);
	ck_assert_int_eq(witness_find(&witness, DIAGRAM_ALL, WITNESS_PASSES, &packet), 0);
	ck_assert_uint_eq(packet.l4proto, IPPROTO_TCP);
}
END_TEST

START_TEST(where_the_walk_denies_it_nothing_is_claimed)
{
	struct walk_packet packet = { .sport = 77 };

	ck_assert_int_eq(witness_find(&witness, space_is(&space, SPACE_L4PROTO, 47), WITNESS_PASSES,
				      &packet),
			 -ENOENT);
	ck_assert_uint_eq(packet.sport, 77);
}
END_TEST

START_TEST(the_daemons_queue_reads_what_it_gets)
{
	uint32_t tcp = space_is(&space, SPACE_L4PROTO, IPPROTO_TCP);
	struct walk_packet packet;

	witness.queue_first = witness.queue_last = 5;
	ck_assert_int_eq(witness_find(&witness, tcp, WITNESS_PASSES_UNREAD, &packet), -ENOENT);
	ck_assert_int_eq(witness_find(&witness, tcp, WITNESS_PASSES, &packet), 0);
	witness.queue_first = witness.queue_last = 4;
	ck_assert_int_eq(witness_find(&witness, tcp, WITNESS_PASSES_UNREAD, &packet), 0);
}
END_TEST

START_TEST(the_packet_is_told_in_a_sentence)
{
	struct walk_packet packet = { .iif = "lan0",
				      .oif = "wan0",
				      .family = 4,
				      .l4proto = IPPROTO_TCP,
				      .dport = 445,
				      .ct_state = STATE_NEW };
	char text[256];

	ck_assert_int_eq(addr_parse("10.0.0.1", &packet.src), 0);
	ck_assert_int_eq(addr_parse("10.0.0.2", &packet.dst), 0);
	witness_say(&packet, WITNESS_PASSES, text, sizeof(text));
	ck_assert_str_eq(text, "a new flow from 10.0.0.1 (in by lan0) to 10.0.0.2, 445/tcp (out by "
			       "wan0) may pass");
	packet.l4proto = 47;
	packet.ct_state = STATE_ESTABLISHED;
	witness_say(&packet, WITNESS_PASSES_UNREAD, text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "protocol 47"));
	ck_assert_ptr_nonnull(strstr(text, "passes unread"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("witness");
	TCase *tcase = tcase_create("witness");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, a_packet_is_found_among_those_that_do_not_pass);
	tcase_add_test(tcase, a_likely_packet_is_shown_where_there_is_one);
	tcase_add_test(tcase, where_the_walk_denies_it_nothing_is_claimed);
	tcase_add_test(tcase, the_daemons_queue_reads_what_it_gets);
	tcase_add_test(tcase, the_packet_is_told_in_a_sentence);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
