/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table of flows: walked by mark, and marks changed. */
#include "kernel/conntrack.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/mark.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "ruleset/build.h"
#include "unit/netns.h"

#define PORT 4444

struct found {
	struct conntrack_entry entries[16];
	size_t count;
};

static int collect(const struct conntrack_entry *entry, void *data)
{
	struct found *found = data;

	if (found->count == ARRAY_SIZE(found->entries))
		return -E2BIG;
	found->entries[found->count++] = *entry;
	return 0;
}

/* Every flow that leaves gets this mark. */
static void mark_what_leaves(uint32_t mark)
{
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct build b;

	build_start(&b);
	build_base_chain(&b, "output", HOOK_OUTPUT, 0, false);
	build_rule(&b, NULL);
	build_value(&b, MATCH_CT_STATE, STATE_NEW);
	build_value(&b, ACT_SET_CT_MARK, mark);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(apply_ruleset(ruleset, &options, &errors), 0);
}

static void send_udp6(uint16_t port)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6,
				   .sin6_port = htons(port),
				   .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)sendto(fd, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	close(fd);
}

static void send_echo_request(void)
{
	static const uint8_t echo[] = { 8, 0, 0x72, 0x15, 0x85, 0xea, 0, 0 };
	struct sockaddr_in to = netns_loopback(0);
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq((int)sendto(fd, echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)),
			 (int)sizeof(echo));
	close(fd);
}

static struct nlsock *sock;

static void enter_world(void)
{
	netns_enter();
	mark_what_leaves(MARK_OPEN | MARK_INSPECTED | 0xabcd00);
	close(netns_send_udp(1111, PORT, "x", 1));
	mark_what_leaves(MARK_REFUSED);
	close(netns_send_udp(2222, PORT, "x", 1));
	send_udp6(PORT);
	send_echo_request();
	ck_assert_int_eq(nlsock_open(&sock), 0);
}

static void leave_world(void)
{
	nlsock_freep(&sock);
}

START_TEST(flows_are_found_by_the_bits_of_their_mark)
{
	struct found found = { .count = 0 };
	uint32_t skipped = 9;
	const struct conntrack_entry *e = &found.entries[0];

	ck_assert_int_eq(
		conntrack_walk(sock, MARK_OPEN, MARK_STATE_MASK, collect, &found, &skipped), 0);
	ck_assert_uint_eq(skipped, 0);
	ck_assert_uint_eq(found.count, 1);
	ck_assert_uint_eq(e->key.src.family, 4);
	ck_assert_uint_eq(e->key.src.b[0], 127);
	ck_assert_uint_eq(e->key.dst.b[3], 1);
	ck_assert_uint_eq(e->key.l4proto, IPPROTO_UDP);
	ck_assert_uint_eq(e->key.sport, 1111);
	ck_assert_uint_eq(e->key.dport, PORT);
	ck_assert_uint_eq(e->mark, MARK_OPEN | MARK_INSPECTED | 0xabcd00);
	ck_assert_uint_ne(e->id, 0);
	ck_assert(!e->is_icmp);
}
END_TEST

START_TEST(both_families_are_walked)
{
	struct found found = { .count = 0 };
	size_t i, v6 = 0;

	ck_assert_int_eq(conntrack_walk(sock, MARK_REFUSED, MARK_STATE_MASK, collect, &found, NULL),
			 0);
	for (i = 0; i < found.count; i++) {
		if (found.entries[i].key.l4proto != IPPROTO_UDP ||
		    found.entries[i].key.src.family != 6)
			continue;
		v6++;
		ck_assert_uint_eq(found.entries[i].key.dport, PORT);
		ck_assert_uint_eq(found.entries[i].key.dst.b[15], 1);
	}
	ck_assert_uint_eq(v6, 1);
}
END_TEST

START_TEST(a_mark_is_changed_only_in_the_bits_of_the_mask)
{
	struct found before = { .count = 0 }, after = { .count = 0 };

	ck_assert_int_eq(conntrack_walk(sock, MARK_OPEN, MARK_STATE_MASK, collect, &before, NULL),
			 0);
	ck_assert_uint_eq(before.count, 1);
	ck_assert_int_eq(
		conntrack_set_mark(sock, &before.entries[0], MARK_REFUSED, MARK_STATE_MASK), 0);
	ck_assert_int_eq(conntrack_walk(sock, 0xabcd00 | MARK_REFUSED,
					MARK_NAME_MASK | MARK_STATE_MASK, collect, &after, NULL),
			 0);
	ck_assert_uint_eq(after.count, 1);
	ck_assert_uint_eq(after.entries[0].id, before.entries[0].id);
	ck_assert_uint_eq(after.entries[0].mark, MARK_REFUSED | MARK_INSPECTED | 0xabcd00);
}
END_TEST

START_TEST(marks_of_ipv6_and_icmp_flows_are_changed_too)
{
	struct found found = { .count = 0 };
	size_t i, changed = 0, icmp = 0;

	ck_assert_int_eq(conntrack_walk(sock, 0, 0, collect, &found, NULL), 0);
	for (i = 0; i < found.count; i++) {
		const struct conntrack_entry *e = &found.entries[i];

		if (e->is_icmp) {
			ck_assert_uint_eq(e->icmp_type, 8);
			ck_assert_uint_eq(e->icmp_id, 0x85ea);
			ck_assert_uint_eq(e->key.sport, 0);
			icmp++;
		}
		ck_assert_int_eq(conntrack_set_mark(sock, e, 6, MARK_STATE_MASK), 0);
		changed++;
	}
	ck_assert_uint_ge(changed, 4);
	ck_assert_uint_eq(icmp, 1);
	found.count = 0;
	ck_assert_int_eq(conntrack_walk(sock, 6, MARK_STATE_MASK, collect, &found, NULL), 0);
	ck_assert_uint_eq(found.count, changed);
}
END_TEST

START_TEST(a_deleted_flow_is_gone_and_others_stay)
{
	struct found before = { .count = 0 }, after = { .count = 0 };

	ck_assert_int_eq(conntrack_walk(sock, 0, 0, collect, &before, NULL), 0);
	ck_assert_uint_gt(before.count, 1);
	ck_assert_int_eq(conntrack_delete(sock, &before.entries[0]), 0);
	ck_assert_int_eq(conntrack_delete(sock, &before.entries[0]), -ENOENT);
	ck_assert_int_eq(conntrack_walk(sock, 0, 0, collect, &after, NULL), 0);
	ck_assert_uint_eq(after.count, before.count - 1);
	for (size_t i = 0; i < after.count; i++)
		ck_assert_uint_ne(after.entries[i].id, before.entries[0].id);
}
END_TEST

START_TEST(a_flow_that_is_gone_is_no_entry)
{
	struct conntrack_entry gone = { .key = { .src = { .family = 4, .b = { 10, 0, 0, 1 } },
						 .dst = { .family = 4, .b = { 10, 0, 0, 2 } },
						 .sport = 1,
						 .dport = 2,
						 .l4proto = IPPROTO_TCP } };

	ck_assert_int_eq(conntrack_set_mark(sock, &gone, MARK_REFUSED, MARK_STATE_MASK), -ENOENT);
}
END_TEST

static int stop_at_once(const struct conntrack_entry *entry, void *data)
{
	(void)entry;
	++*(int *)data;
	return -ECANCELED;
}

START_TEST(the_callback_can_end_the_walk)
{
	struct found found = { .count = 0 };
	int calls = 0;

	ck_assert_int_eq(conntrack_walk(sock, 0, 0, stop_at_once, &calls, NULL), -ECANCELED);
	ck_assert_int_eq(calls, 1);
	ck_assert_int_eq(conntrack_walk(sock, MARK_OPEN, MARK_STATE_MASK, collect, &found, NULL),
			 0);
	ck_assert_uint_eq(found.count, 1);
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("conntrack");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (available)
		suite_add_tcase(suite, root);
	tcase_add_checked_fixture(root, enter_world, leave_world);
	tcase_add_test(root, flows_are_found_by_the_bits_of_their_mark);
	tcase_add_test(root, both_families_are_walked);
	tcase_add_test(root, a_mark_is_changed_only_in_the_bits_of_the_mask);
	tcase_add_test(root, marks_of_ipv6_and_icmp_flows_are_changed_too);
	tcase_add_test(root, a_deleted_flow_is_gone_and_others_stay);
	tcase_add_test(root, a_flow_that_is_gone_is_no_entry);
	tcase_add_test(root, the_callback_can_end_the_walk);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
