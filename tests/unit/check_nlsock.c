/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The netlink socket: sending, waiting, and the kernel's answers. */
#include "kernel/nlsock.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/defs.h"
#include "common/mono.h"
#include "unit/netns.h"

static struct nlmsghdr *make_request(void *buffer, uint8_t subsystem, uint8_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));

	message->nlmsg_type = (uint16_t)(subsystem << 8 | type);
	family->version = NFNETLINK_V0;
	return message;
}

START_TEST(a_new_socket_has_a_port_and_closes_on_exec)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;

	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_uint_ne(nlsock_portid(sock), 0);
	ck_assert_int_ne(fcntl(nlsock_fd(sock), F_GETFD) & FD_CLOEXEC, 0);
	ck_assert_uint_ne(nlsock_next_seq(sock), nlsock_next_seq(sock));
}
END_TEST

START_TEST(nothing_is_received_where_nothing_was_sent)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[64];
	uint64_t before = mono_ms();

	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nlsock_receive(sock, buffer, sizeof(buffer), 0), -EAGAIN);
	ck_assert_int_eq(nlsock_receive(sock, buffer, sizeof(buffer), 20), -EAGAIN);
	ck_assert_uint_ge(mono_ms() - before, 20);
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
	nlsock_free(NULL);
}
END_TEST

static int refuse(const struct nlmsghdr *message, void *data)
{
	(void)message;
	++*(int *)data;
	return -ECANCELED;
}

static int count(const struct nlmsghdr *message, void *data)
{
	(void)message;
	++*(int *)data;
	return 0;
}

START_TEST(the_kernels_refusal_is_given_back)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[128] __attribute__((aligned(4)));

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	/* A subsystem that there is not. */
	ck_assert_int_eq(nlsock_request(sock, make_request(buffer, 0x7f, 0), NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(a_dump_calls_back_for_each_message_and_ends)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[128] __attribute__((aligned(4)));
	struct nlmsghdr *message;
	int calls = 0;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	message = make_request(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU);
	message->nlmsg_flags = NLM_F_DUMP;
	ck_assert_int_eq(nlsock_request(sock, message, count, &calls), 0);
	ck_assert_int_gt(calls, 0);
}
END_TEST

START_TEST(a_callback_can_end_a_request_and_the_next_one_is_not_disturbed)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[128] __attribute__((aligned(4)));
	struct nlmsghdr *message;
	int calls = 0;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	message = make_request(buffer, NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET_STATS_CPU);
	message->nlmsg_flags = NLM_F_DUMP;
	ck_assert_int_eq(nlsock_request(sock, message, refuse, &calls), -ECANCELED);
	ck_assert_int_eq(calls, 1);
	message = make_request(buffer, 0x7f, 0);
	ck_assert_int_eq(nlsock_request(sock, message, NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(a_send_beyond_the_buffer_is_refused_until_there_is_room)
{
	const size_t len = 4U << 20;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	auto_(free_charp) char *data = calloc(1, len);

	netns_enter();
	ck_assert_ptr_nonnull(data);
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nlsock_set_buffers(sock, 8192, 0), 0);
	ck_assert_int_eq(nlsock_send(sock, data, len), -EMSGSIZE);
	ck_assert_int_eq(nlsock_set_buffers(sock, len, 0), 0);
	ck_assert_int_eq(nlsock_send(sock, data, len), 0);
}
END_TEST

START_TEST(what_does_not_come_from_the_kernel_is_passed_over)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	auto_(nlsock_freep) struct nlsock *stranger = NULL;
	struct sockaddr_nl to = { .nl_family = AF_NETLINK };
	char buffer[64] __attribute__((aligned(4)));
	const struct nlmsghdr *message = make_request(buffer, 0, 0);

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(nlsock_open(&stranger), 0);
	to.nl_pid = nlsock_portid(sock);
	ck_assert_int_eq((int)sendto(nlsock_fd(stranger), message, message->nlmsg_len, 0,
				     (struct sockaddr *)&to, sizeof(to)),
			 (int)message->nlmsg_len);
	ck_assert_int_eq(nlsock_receive(sock, buffer, sizeof(buffer), 10), -EAGAIN);
}
END_TEST

START_TEST(a_datagram_that_does_not_fit_is_an_error)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	char buffer[128] __attribute__((aligned(4)));
	struct nlmsghdr *message;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	message = make_request(buffer, 0x7f, 0);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	ck_assert_int_eq(nlsock_send(sock, message, message->nlmsg_len), 0);
	ck_assert_int_eq(nlsock_receive(sock, buffer, 8, 1000), -EMSGSIZE);
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("nlsock");
	TCase *plain = tcase_create("plain");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, plain);
	tcase_add_test(plain, a_new_socket_has_a_port_and_closes_on_exec);
	tcase_add_test(plain, nothing_is_received_where_nothing_was_sent);
	tcase_add_test(plain, freeing_nothing_is_allowed);
	if (available)
		suite_add_tcase(suite, root);
	tcase_add_test(root, the_kernels_refusal_is_given_back);
	tcase_add_test(root, a_dump_calls_back_for_each_message_and_ends);
	tcase_add_test(root, a_callback_can_end_a_request_and_the_next_one_is_not_disturbed);
	tcase_add_test(root, a_send_beyond_the_buffer_is_refused_until_there_is_room);
	tcase_add_test(root, what_does_not_come_from_the_kernel_is_passed_over);
	tcase_add_test(root, a_datagram_that_does_not_fit_is_an_error);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
