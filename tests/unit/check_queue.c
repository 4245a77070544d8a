/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFQUEUE: reading what may be broken, and real packets with real verdicts. */
#include "kernel/queue.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/mark.h"
#include "common/mono.h"
#include "kernel/apply.h"
#include "kernel/features.h"
#include "kernel/nlsock.h"
#include "ruleset/build.h"
#include "unit/netns.h"

#define BUFFER_BYTES 1024
#define QUEUE_NUMBER 5
#define PORT         4444
#define DEADLINE_MS  5000
#define PACKET_TYPE  (NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET)
#define PAYLOAD      "payload!"

/* Appends a packet message at data; gives its length. */
static size_t put_packet(char *data, uint32_t id, uint32_t full_len)
{
	const struct nfqnl_msg_packet_hdr header = { .packet_id = htonl(id),
						     .hw_protocol = htons(0x0800),
						     .hook = NF_INET_FORWARD };
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));

	message->nlmsg_type = PACKET_TYPE;
	family->version = NFNETLINK_V0;
	family->res_id = htons(QUEUE_NUMBER);
	mnl_attr_put(message, NFQA_PACKET_HDR, sizeof(header), &header);
	mnl_attr_put_u32(message, NFQA_IFINDEX_INDEV, htonl(3));
	mnl_attr_put_u32(message, NFQA_IFINDEX_OUTDEV, htonl(4));
	mnl_attr_put_u32(message, NFQA_MARK, htonl(0x10));
	mnl_attr_put(message, NFQA_PAYLOAD, sizeof(PAYLOAD), PAYLOAD);
	if (full_len > 0)
		mnl_attr_put_u32(message, NFQA_CAP_LEN, htonl(full_len));
	return message->nlmsg_len;
}

static size_t put_error(char *data, int error)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);
	struct nlmsgerr *e = mnl_nlmsg_put_extra_header(message, sizeof(*e));

	message->nlmsg_type = NLMSG_ERROR;
	e->error = error;
	return message->nlmsg_len;
}

START_TEST(a_packet_is_read_with_all_that_is_told_of_it)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct queue_reader reader = { .data = data };
	struct queue_packet p;

	reader.len = put_packet(data, 77, 0);
	ck_assert_int_eq(queue_next(&reader, &p), 1);
	ck_assert_uint_eq(p.id, 77);
	ck_assert_uint_eq(p.queue, QUEUE_NUMBER);
	ck_assert_uint_eq(p.hook, NF_INET_FORWARD);
	ck_assert_uint_eq(p.ethertype, 0x0800);
	ck_assert_uint_eq(p.iif, 3);
	ck_assert_uint_eq(p.oif, 4);
	ck_assert_uint_eq(p.mark, MARK_ADMIT);
	ck_assert_uint_eq(p.len, sizeof(PAYLOAD));
	ck_assert_uint_eq(p.full_len, sizeof(PAYLOAD));
	ck_assert(!p.truncated);
	ck_assert_mem_eq(p.payload, PAYLOAD, sizeof(PAYLOAD));
	ck_assert_int_eq(queue_next(&reader, &p), 0);
	ck_assert_uint_eq(reader.malformed, 0);
}
END_TEST

START_TEST(a_packet_that_was_cut_says_so)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct queue_reader reader = { .data = data };
	struct queue_packet p;

	reader.len = put_packet(data, 1, 70000);
	ck_assert_int_eq(queue_next(&reader, &p), 1);
	ck_assert(p.truncated);
	ck_assert_uint_eq(p.full_len, 70000);
}
END_TEST

START_TEST(errors_among_packets_are_counted_and_passed_over)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct queue_reader reader = { .data = data };
	struct queue_packet p;

	reader.len = put_packet(data, 1, 0);
	reader.len += put_error(data + reader.len, -ENOENT);
	reader.len += put_error(data + reader.len, 0);
	reader.len += put_packet(data + reader.len, 2, 0);
	ck_assert_int_eq(queue_next(&reader, &p), 1);
	ck_assert_int_eq(queue_next(&reader, &p), 1);
	ck_assert_uint_eq(p.id, 2);
	ck_assert_int_eq(queue_next(&reader, &p), 0);
	ck_assert_uint_eq(reader.errors, 1);
	ck_assert_int_eq(reader.last_error, -ENOENT);
	ck_assert_uint_eq(reader.malformed, 0);
}
END_TEST

START_TEST(a_packet_without_a_number_is_malformed_and_leaves_the_result_alone)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);
	struct queue_reader reader = { .data = data };
	struct queue_packet p = { .id = 99 };

	mnl_nlmsg_put_extra_header(message, sizeof(struct nfgenmsg));
	message->nlmsg_type = PACKET_TYPE;
	mnl_attr_put(message, NFQA_PAYLOAD, sizeof(PAYLOAD), PAYLOAD);
	reader.len = message->nlmsg_len;
	ck_assert_int_eq(queue_next(&reader, &p), 0);
	ck_assert_uint_eq(reader.malformed, 1);
	ck_assert_uint_eq(p.id, 99);
}
END_TEST

START_TEST(every_cut_of_a_message_is_malformed)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	size_t whole = put_packet(data, 1, 70000);
	size_t len;

	for (len = 1; len < whole; len++) {
		auto_(free_charp) char *copy = malloc(len);
		struct queue_reader reader = { .data = copy, .len = len };
		struct queue_packet p = { .id = 99 };

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, data, len);
		ck_assert_int_eq(queue_next(&reader, &p), 0);
		ck_assert_uint_eq(reader.malformed, 1);
		ck_assert_uint_eq(p.id, 99);
	}
}
END_TEST

/* Every byte of a message, changed in turn to telling values: nothing outside the buffer may be
 * read (a sanitizer watches), and the walk must end. */
START_TEST(changed_bytes_never_lead_outside_of_the_buffer)
{
	static const uint8_t values[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	size_t whole = put_packet(data, 1, 70000);
	size_t i, v;

	whole += put_packet(data + whole, 2, 0);
	for (i = 0; i < whole; i++) {
		for (v = 0; v < ARRAY_SIZE(values); v++) {
			auto_(free_charp) char *copy = malloc(whole);
			struct queue_reader reader = { .data = copy, .len = whole };
			struct queue_packet p;
			unsigned int packets = 0;

			ck_assert_ptr_nonnull(copy);
			memcpy(copy, data, whole);
			copy[i] = (char)values[v];
			while (queue_next(&reader, &p)) {
				ck_assert(!p.payload ||
					  (const char *)p.payload + p.len <= copy + whole);
				ck_assert_uint_le(++packets, 2);
			}
		}
	}
}
END_TEST

/* In a namespace: what is sent over loopback to PORT goes to the queue on its way out. */
struct world {
	struct nlsock *sock;
	struct queue_sender *sender;
	int receiver;
};

static struct world world;

static void load_queue_rule(void)
{
	struct apply_options options = { .queue = APPLY_QUEUE_NATIVE };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct features features;
	struct build b;

	ck_assert_int_eq(features_probe(&features), 0);
	ck_assert_int_ne(features.queue, FEATURES_QUEUE_NONE);
	if (features.queue == FEATURES_QUEUE_COMPAT)
		options.queue = APPLY_QUEUE_COMPAT;
	build_start(&b);
	build_base_chain(&b, "output", HOOK_OUTPUT, 0, false);
	build_rule(&b, NULL);
	build_value(&b, MATCH_L4PROTO, IPPROTO_UDP);
	build_value(&b, ACT_SET_META_MARK, MARK_ADMIT);
	build_masked(&b, ACT_QUEUE, QUEUE_NUMBER, QUEUE_NUMBER); /* mask, value */
	/* After the verdict: only what it marked OPEN goes on. */
	build_base_chain(&b, "settle", HOOK_OUTPUT, 10, false);
	build_rule(&b, NULL);
	build_masked_not(&b, MATCH_META_MARK, MARK_STATE_MASK, MARK_OPEN);
	build_drop(&b);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_msg(apply_ruleset(ruleset, &options, &errors) == 0, "%s",
		      errors.count ? errors.at[0].text : "no word");
}

static void enter_world(void)
{
	netns_enter();
	load_queue_rule();
	ck_assert_int_eq(nlsock_open(&world.sock), 0);
	ck_assert_int_eq(nlsock_set_buffers(world.sock, 0, 1U << 20), 0);
	ck_assert_int_eq(queue_bind(world.sock, QUEUE_NUMBER, 16), 0);
	ck_assert_int_eq(queue_sender_new(world.sock, QUEUE_NUMBER, &world.sender), 0);
	world.receiver = netns_listen_udp(PORT);
}

static void leave_world(void)
{
	queue_sender_freep(&world.sender);
	nlsock_freep(&world.sock);
	close(world.receiver);
}

/* Sends count packets, whose payload is their number, and reads them from the queue into ids. */
static void queue_packets(uint32_t *ids, uint32_t count)
{
	static char buffer[NLSOCK_BUFFER_BYTES] __attribute__((aligned(4)));
	uint32_t got = 0, i;

	for (i = 0; i < count; i++)
		close(netns_send_udp(0, PORT, &i, sizeof(i)));
	while (got < count) {
		ssize_t n = nlsock_receive(world.sock, buffer, sizeof(buffer), DEADLINE_MS);
		struct queue_reader reader = { .data = buffer };
		struct queue_packet p;

		ck_assert_int_gt(n, 0);
		reader.len = (size_t)n;
		while (queue_next(&reader, &p)) {
			ck_assert_uint_eq(p.queue, QUEUE_NUMBER);
			ck_assert_uint_eq(p.hook, NF_INET_LOCAL_OUT);
			ck_assert_uint_eq(p.mark, MARK_ADMIT);
			ck_assert_uint_ge(p.len, 28 + sizeof(i));
			memcpy(&i, p.payload + 28, sizeof(i));
			ck_assert_uint_eq(i, got);
			ck_assert_uint_lt(got, count);
			ids[got++] = p.id;
		}
		ck_assert_uint_eq(reader.malformed, 0);
	}
}

/* The next number that comes through, or -1 within a short time. */
static int receive_number(int timeout_ms)
{
	uint32_t number;
	int n = netns_receive(world.receiver, &number, sizeof(number), timeout_ms);

	return n == (int)sizeof(number) ? (int)number : -1;
}

START_TEST(packets_wait_for_their_verdicts_and_take_their_marks)
{
	struct queue_verdict verdicts[3];
	uint32_t ids[3];

	queue_packets(ids, 3);
	ck_assert_int_eq(receive_number(20), -1);
	verdicts[0] = (struct queue_verdict){ .id = ids[0], .kind = NF_ACCEPT, .mark = MARK_OPEN };
	verdicts[1] =
		(struct queue_verdict){ .id = ids[1], .kind = NF_ACCEPT, .mark = MARK_REFUSED };
	verdicts[2] = (struct queue_verdict){ .id = ids[2], .kind = NF_DROP, .mark = MARK_OPEN };
	ck_assert_int_eq(queue_send_verdicts(world.sender, verdicts, 3), 0);
	ck_assert_int_eq(receive_number(DEADLINE_MS), 0);
	ck_assert_int_eq(receive_number(20), -1);
}
END_TEST

START_TEST(more_verdicts_than_a_batch_are_all_given)
{
	struct queue_verdict verdicts[QUEUE_BATCH_MAX + 16];
	uint32_t ids[16];
	size_t i;

	queue_packets(ids, 16);
	/* Most are for packets that are not there; the real ones come last. */
	for (i = 0; i < ARRAY_SIZE(verdicts); i++) {
		verdicts[i] = (struct queue_verdict){ .id = i < QUEUE_BATCH_MAX
								    ? 0x10000000U + (uint32_t)i
								    : ids[i - QUEUE_BATCH_MAX],
						      .kind = NF_ACCEPT,
						      .mark = MARK_OPEN };
	}
	ck_assert_int_eq(queue_send_verdicts(world.sender, verdicts, ARRAY_SIZE(verdicts)), 0);
	for (i = 0; i < 16; i++)
		ck_assert_int_eq(receive_number(DEADLINE_MS), (int)i);
}
END_TEST

START_TEST(a_verdict_for_nothing_shows_in_the_read_stream)
{
	const struct queue_verdict verdict = { .id = 12345, .kind = NF_ACCEPT };
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	struct queue_reader reader = { .data = buffer };
	struct queue_packet p;
	ssize_t n;

	ck_assert_int_eq(queue_send_verdicts(world.sender, &verdict, 1), 0);
	n = nlsock_receive(world.sock, buffer, sizeof(buffer), DEADLINE_MS);
	ck_assert_int_gt(n, 0);
	reader.len = (size_t)n;
	ck_assert_int_eq(queue_next(&reader, &p), 0);
	ck_assert_uint_eq(reader.errors, 1);
	ck_assert_int_eq(reader.last_error, -ENOENT);
}
END_TEST

START_TEST(all_packets_of_a_dead_reader_get_one_verdict_even_unread_ones)
{
	struct queue_verdict late;
	uint32_t ids[4];
	uint32_t unread = 4;
	size_t i;

	queue_packets(ids, 4);
	close(netns_send_udp(0, PORT, &unread, sizeof(unread)));
	ck_assert_int_eq(queue_send_verdict_to_all(world.sender, ids[1], NF_ACCEPT, MARK_OPEN), 0);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(receive_number(DEADLINE_MS), (int)i);
	/* None is left to decide. */
	late = (struct queue_verdict){ .id = ids[3], .kind = NF_ACCEPT, .mark = MARK_OPEN };
	ck_assert_int_eq(queue_send_verdicts(world.sender, &late, 1), 0);
	ck_assert_int_eq(receive_number(20), -1);
}
END_TEST

START_TEST(beyond_its_length_the_queue_drops)
{
	uint32_t ids[16];
	uint32_t i, extra = 16;

	queue_packets(ids, 16);
	close(netns_send_udp(0, PORT, &extra, sizeof(extra)));
	ck_assert_int_eq(queue_send_verdict_to_all(world.sender, ids[15], NF_ACCEPT, MARK_OPEN), 0);
	for (i = 0; i < 16; i++)
		ck_assert_int_eq(receive_number(DEADLINE_MS), (int)i);
	ck_assert_int_eq(receive_number(20), -1);
}
END_TEST

START_TEST(a_bound_queue_is_nobody_elses)
{
	auto_(nlsock_freep) struct nlsock *other = NULL;

	ck_assert_int_eq(nlsock_open(&other), 0);
	ck_assert_int_lt(queue_bind(other, QUEUE_NUMBER, 16), 0);
	ck_assert_int_eq(queue_bind(other, QUEUE_NUMBER + 1, 16), 0);
}
END_TEST

START_TEST(without_a_reader_packets_are_dropped)
{
	uint32_t number = 0;

	ck_assert_int_eq(queue_unbind(world.sock, QUEUE_NUMBER), 0);
	close(netns_send_udp(0, PORT, &number, sizeof(number)));
	ck_assert_int_eq(receive_number(20), -1);
}
END_TEST

static void add_root_tests(TCase *root)
{
	tcase_add_checked_fixture(root, enter_world, leave_world);
	tcase_add_test(root, packets_wait_for_their_verdicts_and_take_their_marks);
	tcase_add_test(root, more_verdicts_than_a_batch_are_all_given);
	tcase_add_test(root, a_verdict_for_nothing_shows_in_the_read_stream);
	tcase_add_test(root, all_packets_of_a_dead_reader_get_one_verdict_even_unread_ones);
	tcase_add_test(root, beyond_its_length_the_queue_drops);
	tcase_add_test(root, a_bound_queue_is_nobody_elses);
	tcase_add_test(root, without_a_reader_packets_are_dropped);
}

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("queue");
	TCase *plain = tcase_create("reading");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, plain);
	tcase_add_test(plain, a_packet_is_read_with_all_that_is_told_of_it);
	tcase_add_test(plain, a_packet_that_was_cut_says_so);
	tcase_add_test(plain, errors_among_packets_are_counted_and_passed_over);
	tcase_add_test(plain, a_packet_without_a_number_is_malformed_and_leaves_the_result_alone);
	tcase_add_test(plain, every_cut_of_a_message_is_malformed);
	tcase_add_test(plain, changed_bytes_never_lead_outside_of_the_buffer);
	if (available)
		suite_add_tcase(suite, root);
	add_root_tests(root);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
