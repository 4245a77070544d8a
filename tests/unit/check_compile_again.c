/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports used again while conntrack has the old connection: what the rules let a SYN do. */
#include <check.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/mark.h"
#include "policy/policy.h"
#include "ruleset/compile.h"
#include "ruleset/ruleset.h"
#include "ruleset/walk.h"

#define SYN 0x02U
#define ACK 0x10U

static struct ruleset *ruleset;
static struct walk_result result;

static void set_up(void)
{
	const char *top = getenv("SRCDIR");
	auto_(errors_clear) struct errors errors = { 0 };
	auto_(policy_freep) struct policy *policy = NULL;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/ruleset/city.conf", top ? top : ".");
	ck_assert_int_eq(policy_read(path, &policy, &errors), 0);
	ck_assert_int_eq(compile_policy(policy, &ruleset), 0);
}

static void tear_down(void)
{
	ruleset_free(ruleset);
}

/* A segment from the client, or from the server to it, in a connection with that mark; payload:
 * bytes. */
static enum walk_outcome walk(uint32_t mark, bool reply, uint8_t flags, uint16_t payload)
{
	const struct addr client = { .family = 4, .b = { 192, 168, 10, 11 } };
	const struct addr server = { .family = 4, .b = { 198, 51, 100, 130 } };
	struct walk_packet packet = {
		.family = 4,
		.src = reply ? server : client,
		.dst = reply ? client : server,
		.l4proto = IPPROTO_TCP,
		.sport = reply ? 443 : 40000,
		.dport = reply ? 40000 : 443,
		.tcp_flags = flags,
		.tcp_doff = 5,
		.length = (uint16_t)(40 + payload),
		.ct_state = STATE_ESTABLISHED,
		.ct_reply = reply,
		.ct_mark = mark,
	};

	(void)snprintf(packet.iif, sizeof(packet.iif), "%s", reply ? "wan0" : "lgwan0");
	(void)snprintf(packet.oif, sizeof(packet.oif), "%s", reply ? "lgwan0" : "wan0");
	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_FORWARD, &packet, &result), 0);
	return result.outcome;
}

static const uint32_t inspected[] = {
	MARK_INSPECTED | MARK_GUARDED,
	MARK_INSPECTED | MARK_PROVING,
	MARK_INSPECTED | MARK_OPEN | 0x12345600,
	MARK_INSPECTED | MARK_WATCHED,
};

/* What is watched is queued as all else of its client, and the engine drops it. */
static enum walk_outcome shut_out(uint32_t mark)
{
	return (mark & MARK_STATE_MASK) == MARK_WATCHED ? WALK_QUEUE : WALK_DROP;
}

START_TEST(a_syn_does_not_pass_by_the_mark_of_an_open_flow)
{
	const uint32_t mark = inspected[_i];

	ck_assert_int_eq(walk(mark, false, SYN, 0), shut_out(mark));
	ck_assert_int_eq(walk(mark, false, SYN, 5), shut_out(mark));
}
END_TEST

START_TEST(a_servers_answer_to_another_syn_is_queued)
{
	ck_assert_int_eq(walk(inspected[_i], true, SYN | ACK, 0), WALK_QUEUE);
	ck_assert_int_eq(walk(inspected[_i], true, SYN | ACK, 5), WALK_QUEUE);
}
END_TEST

START_TEST(a_flow_that_is_open_by_an_exception_begins_nothing_else)
{
	ck_assert_int_eq(walk(MARK_INSPECTED | MARK_OPEN | MARK_EXCEPTION, false, SYN, 0),
			 WALK_DROP);
	ck_assert_int_eq(walk(MARK_OPEN | MARK_EXCEPTION, false, SYN, 0), WALK_DROP);
}
END_TEST

START_TEST(a_flow_permitted_by_address_is_recorded_once_more)
{
	ck_assert_int_eq(walk(MARK_OPEN, false, SYN, 0), WALK_QUEUE);
	ck_assert_int_eq(walk(MARK_OPEN, true, SYN | ACK, 0), WALK_ACCEPT);
}
END_TEST

START_TEST(other_segments_go_by_the_state_of_their_flow)
{
	ck_assert_int_eq(walk(MARK_INSPECTED | MARK_OPEN, false, ACK, 100), WALK_ACCEPT);
	ck_assert_int_eq(walk(MARK_INSPECTED | MARK_GUARDED, true, ACK, 100), WALK_ACCEPT);
	ck_assert_int_eq(walk(MARK_UNDECIDED, true, SYN | ACK, 0), WALK_ACCEPT);
	ck_assert_int_eq(walk(MARK_UNDECIDED, false, SYN, 0), WALK_QUEUE);
	ck_assert_int_eq(walk(MARK_REFUSED, false, SYN, 0), WALK_REJECT_RESET);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("compile_again");
	TCase *tcase = tcase_create("compile_again");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_syn_does_not_pass_by_the_mark_of_an_open_flow, 0, 4);
	tcase_add_loop_test(tcase, a_servers_answer_to_another_syn_is_queued, 0, 4);
	tcase_add_test(tcase, a_flow_that_is_open_by_an_exception_begins_nothing_else);
	tcase_add_test(tcase, a_flow_permitted_by_address_is_recorded_once_more);
	tcase_add_test(tcase, other_segments_go_by_the_state_of_their_flow);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
