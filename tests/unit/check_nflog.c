/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFLOG: reading what may be broken, and real packets from real rules. */
#include "kernel/nflog.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "ruleset/build.h"
#include "unit/netns.h"

#define BUFFER_BYTES 1024
#define GROUP        7
#define PORT         4444
#define DEADLINE_MS  5000
#define PREFIX       "sekisho:output-refused"
#define PAYLOAD      "payload!"

static size_t put_packet(char *data, const char *prefix)
{
	const struct nfulnl_msg_packet_hdr header = { .hook = NF_INET_FORWARD };
	struct nlmsghdr *message = mnl_nlmsg_put_header(data);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));

	message->nlmsg_type = NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET;
	family->res_id = htons(GROUP);
	mnl_attr_put(message, NFULA_PACKET_HDR, sizeof(header), &header);
	if (prefix)
		mnl_attr_put_strz(message, NFULA_PREFIX, prefix);
	mnl_attr_put_u32(message, NFULA_IFINDEX_INDEV, htonl(3));
	mnl_attr_put_u32(message, NFULA_MARK, htonl(9));
	mnl_attr_put(message, NFULA_PAYLOAD, sizeof(PAYLOAD), PAYLOAD);
	return message->nlmsg_len;
}

START_TEST(a_packet_is_read_with_all_that_is_told_of_it)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct nflog_reader reader = { .data = data };
	struct nflog_packet p;

	reader.len = put_packet(data, PREFIX);
	ck_assert_int_eq(nflog_next(&reader, &p), 1);
	ck_assert_str_eq(p.prefix, PREFIX);
	ck_assert_uint_eq(p.group, GROUP);
	ck_assert_uint_eq(p.hook, NF_INET_FORWARD);
	ck_assert_uint_eq(p.iif, 3);
	ck_assert_uint_eq(p.oif, 0);
	ck_assert_uint_eq(p.mark, 9);
	ck_assert(!p.has_seq);
	ck_assert_uint_eq(p.len, sizeof(PAYLOAD));
	ck_assert_mem_eq(p.payload, PAYLOAD, sizeof(PAYLOAD));
	ck_assert_int_eq(nflog_next(&reader, &p), 0);
	ck_assert_uint_eq(reader.malformed, 0);
}
END_TEST

START_TEST(a_packet_without_prefix_has_an_empty_one)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct nflog_reader reader = { .data = data };
	struct nflog_packet p;

	reader.len = put_packet(data, NULL);
	ck_assert_int_eq(nflog_next(&reader, &p), 1);
	ck_assert_str_eq(p.prefix, "");
}
END_TEST

START_TEST(the_end_of_a_gathering_is_passed_over)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	struct nflog_reader reader = { .data = data };
	struct nlmsghdr *done;
	struct nflog_packet p;

	reader.len = put_packet(data, PREFIX);
	done = mnl_nlmsg_put_header(data + reader.len);
	done->nlmsg_type = NLMSG_DONE;
	reader.len += done->nlmsg_len;
	ck_assert_int_eq(nflog_next(&reader, &p), 1);
	ck_assert_int_eq(nflog_next(&reader, &p), 0);
	ck_assert_uint_eq(reader.malformed, 0);
}
END_TEST

START_TEST(every_cut_of_a_message_is_malformed)
{
	char data[BUFFER_BYTES] __attribute__((aligned(4)));
	size_t whole = put_packet(data, PREFIX);
	size_t len;

	for (len = 1; len < whole; len++) {
		auto_(free_charp) char *copy = malloc(len);
		struct nflog_reader reader = { .data = copy, .len = len };
		struct nflog_packet p;

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, data, len);
		ck_assert_int_eq(nflog_next(&reader, &p), 0);
		ck_assert_uint_eq(reader.malformed, 1);
	}
}
END_TEST

START_TEST(missing_packets_are_counted_over_the_wrap_and_from_the_first)
{
	struct nflog_sequence state = { .started = false };
	struct nflog_packet p = { .has_seq = true, .seq = 2 };

	ck_assert_uint_eq(nflog_count_missing(&state, &p), 2);
	p.seq = 3;
	ck_assert_uint_eq(nflog_count_missing(&state, &p), 0);
	p.seq = 5;
	ck_assert_uint_eq(nflog_count_missing(&state, &p), 1);
	p.has_seq = false;
	ck_assert_uint_eq(nflog_count_missing(&state, &p), 0);
	state.next = UINT32_MAX;
	p = (struct nflog_packet){ .has_seq = true, .seq = 1 };
	ck_assert_uint_eq(nflog_count_missing(&state, &p), 2);
}
END_TEST

static void load_log_rule(void)
{
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct build b;

	build_start(&b);
	build_base_chain(&b, "output", HOOK_OUTPUT, 0, false);
	build_rule(&b, NULL);
	build_value(&b, MATCH_L4PROTO, IPPROTO_UDP);
	build_value(&b, ACT_SET_META_MARK, 9);
	build_log(&b, GROUP, PREFIX);
	build_drop(&b);
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	ck_assert_int_eq(apply_ruleset(ruleset, &options, &errors), 0);
}

START_TEST(what_rules_log_arrives_with_their_prefix_and_in_sequence)
{
	static char buffer[NLSOCK_BUFFER_BYTES] __attribute__((aligned(4)));
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct nflog_sequence sequence = { .started = false };
	char payload[400] = "x";
	uint32_t got = 0;
	int i;

	netns_enter();
	load_log_rule();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nflog_bind(sock, GROUP, 8, 20), 0);
	for (i = 0; i < 20; i++)
		close(netns_send_udp(0, PORT, payload, sizeof(payload)));
	while (got < 20) {
		ssize_t n = nlsock_receive(sock, buffer, sizeof(buffer), DEADLINE_MS);
		struct nflog_reader reader = { .data = buffer };
		struct nflog_packet p;

		ck_assert_int_gt(n, 0);
		reader.len = (size_t)n;
		while (nflog_next(&reader, &p)) {
			ck_assert_str_eq(p.prefix, PREFIX);
			ck_assert_uint_eq(p.len, NFLOG_COPY_BYTES);
			ck_assert_uint_eq(p.mark, 9);
			ck_assert_uint_eq(p.hook, NF_INET_LOCAL_OUT);
			ck_assert_uint_ne(p.oif, 0);
			ck_assert_uint_eq(nflog_count_missing(&sequence, &p), 0);
			got++;
		}
		ck_assert_uint_eq(reader.malformed, 0);
	}
	ck_assert_uint_eq(got, 20);
}
END_TEST

START_TEST(an_overrun_is_told_and_the_sequence_shows_how_much_is_missing)
{
	static char buffer[NLSOCK_BUFFER_BYTES] __attribute__((aligned(4)));
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct nflog_sequence sequence = { .started = false };
	char payload[400] = "x";
	uint32_t got = 0, missing = 0, overruns = 0;
	int i, last = 1000;

	netns_enter();
	load_log_rule();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nlsock_set_buffers(sock, 0, 4096), 0);
	ck_assert_int_eq(nflog_bind(sock, GROUP, 1, 10), 0);
	for (i = 0; i < last; i++)
		close(netns_send_udp(0, PORT, payload, sizeof(payload)));
	for (;;) {
		ssize_t n = nlsock_receive(sock, buffer, sizeof(buffer), 200);
		struct nflog_reader reader = { .data = buffer };
		struct nflog_packet p;

		if (n == -EAGAIN)
			break;
		overruns += n == -ENOBUFS;
		reader.len = n > 0 ? (size_t)n : 0;
		while (nflog_next(&reader, &p)) {
			missing += nflog_count_missing(&sequence, &p);
			got++;
		}
	}
	ck_assert_uint_gt(overruns, 0);
	ck_assert_uint_lt(got, (uint32_t)last);
	/* One more after the gap shows all that came before it. */
	close(netns_send_udp(0, PORT, payload, sizeof(payload)));
	for (;;) {
		ssize_t n = nlsock_receive(sock, buffer, sizeof(buffer), DEADLINE_MS);
		struct nflog_reader reader = { .data = buffer, .len = n > 0 ? (size_t)n : 0 };
		struct nflog_packet p;

		ck_assert(n > 0 || n == -ENOBUFS);
		if (nflog_next(&reader, &p)) {
			missing += nflog_count_missing(&sequence, &p);
			break;
		}
	}
	ck_assert_uint_eq(got + missing, (uint32_t)last);
}
END_TEST

START_TEST(a_group_has_one_reader_and_sensible_times)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	auto_(nlsock_freep) struct nlsock *other = NULL;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nlsock_open(&other), 0);
	ck_assert_int_eq(nflog_bind(sock, GROUP, 1, 9), -EINVAL);
	ck_assert_int_eq(nflog_bind(sock, GROUP, 1, 2560), -EINVAL);
	ck_assert_int_eq(nflog_bind(sock, GROUP, 1, 10), 0);
	ck_assert_int_lt(nflog_bind(other, GROUP, 1, 10), 0);
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("nflog");
	TCase *plain = tcase_create("reading");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, plain);
	tcase_add_test(plain, a_packet_is_read_with_all_that_is_told_of_it);
	tcase_add_test(plain, a_packet_without_prefix_has_an_empty_one);
	tcase_add_test(plain, the_end_of_a_gathering_is_passed_over);
	tcase_add_test(plain, every_cut_of_a_message_is_malformed);
	tcase_add_test(plain, missing_packets_are_counted_over_the_wrap_and_from_the_first);
	if (available)
		suite_add_tcase(suite, root);
	tcase_set_timeout(root, 30);
	tcase_add_test(root, what_rules_log_arrives_with_their_prefix_and_in_sequence);
	tcase_add_test(root, an_overrun_is_told_and_the_sequence_shows_how_much_is_missing);
	tcase_add_test(root, a_group_has_one_reader_and_sensible_times);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
