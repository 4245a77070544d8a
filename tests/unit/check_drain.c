/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/drain.c. */
#include <arpa/inet.h>
#include <check.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/drain.h"

static void put_message(int fd, uint16_t type, uint32_t id, size_t payload)
{
	struct {
		struct nlmsghdr netlink;
		struct nfgenmsg netfilter;
		struct nlattr attribute;
		struct nfqnl_msg_packet_hdr packet;
		char rest[2000];
	} m = { .netlink.nlmsg_type = type };

	m.attribute.nla_type = NFQA_PACKET_HDR;
	m.packet.packet_id = htonl(id);
	ck_assert_int_gt(send(fd, &m, sizeof(m) - sizeof(m.rest) + payload, 0), 0);
}

static void add_id(uint32_t id, void *data)
{
	uint32_t *sum = data;

	*sum = *sum * 10 + id;
}

START_TEST(packets_are_told_and_everything_is_thrown_away)
{
	uint32_t ids = 0;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	drain_queue(pair[0], add_id, &ids);
	ck_assert_uint_eq(ids, 0);
	put_message(pair[1], (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET, 4, 2000);
	put_message(pair[1], NLMSG_ERROR, 5, 20);
	ck_assert_int_eq(send(pair[1], "short", 5, 0), 5);
	put_message(pair[1], (NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET, 7, 0);
	drain_queue(pair[0], add_id, &ids);
	ck_assert_uint_eq(ids, 47);
	ck_assert_int_eq(recv(pair[0], &ids, sizeof(ids), MSG_DONTWAIT), -1);
	close(pair[0]);
	close(pair[1]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("drain");
	TCase *tcase = tcase_create("drain");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, packets_are_told_and_everything_is_thrown_away);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
