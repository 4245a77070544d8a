/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of engine/intake.c. */
#include <check.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "engine/intake.h"

START_TEST(what_the_kernel_says_is_taken)
{
	struct intake *intake = intake_new();
	struct {
		struct nlmsghdr header;
		struct ifinfomsg body;
	} ask = { .header = { .nlmsg_len = sizeof(ask),
			      .nlmsg_type = RTM_GETLINK,
			      .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
	const int fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	const struct nlmsghdr *message;
	size_t len = 0;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(intake_receive(intake, fd), 0);
	ck_assert_int_eq(send(fd, &ask, sizeof(ask), 0), sizeof(ask));
	ck_assert_int_eq(poll(&ready, 1, 5000), 1);
	ck_assert_int_ge(intake_receive(intake, fd), 1);
	message = intake_datagram(intake, 0, &len);
	ck_assert_ptr_nonnull(message);
	ck_assert_uint_ge(len, sizeof(*message));
	ck_assert_uint_eq(message->nlmsg_type, RTM_NEWLINK);
	close(fd);
	intake_free(intake);
}
END_TEST

START_TEST(what_others_say_is_not_looked_at)
{
	struct intake *intake = intake_new();
	size_t len = 77;
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
	for (int i = 0; i < 8; i++)
		ck_assert_int_eq(send(pair[1], "hello", 5, 0), 5);
	ck_assert_int_eq(intake_receive(intake, pair[0]), 8);
	for (int i = 0; i < 8; i++)
		ck_assert_ptr_null(intake_datagram(intake, i, &len));
	ck_assert_uint_eq(len, 77);
	close(pair[0]);
	close(pair[1]);
	intake_free(intake);
}
END_TEST

START_TEST(broken_socket_is_an_error)
{
	struct intake *intake = intake_new();

	ck_assert_int_lt(intake_receive(intake, -1), 0);
	intake_free(intake);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("intake");
	TCase *tcase = tcase_create("intake");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, what_the_kernel_says_is_taken);
	tcase_add_test(tcase, what_others_say_is_not_looked_at);
	tcase_add_test(tcase, broken_socket_is_an_error);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
