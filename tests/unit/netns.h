/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests that need a network namespace of their own: functions, so that each test stays one
 * program. */
#pragma once

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NETNS_EXIT_SKIPPED 77

/* True if the tests can make network namespaces; else says why not on standard output. Changes
 * nothing. */
static inline bool netns_available(void)
{
	pid_t child = fork();
	int status = -1;

	if (child == 0)
		_exit(unshare(CLONE_NEWNET) == 0 ? 0 : errno);
	if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
	    WEXITSTATUS(status) == 0)
		return true;
	printf("SKIP: the tests that load rules, because no network namespace can be made (%s)\n",
	       WIFEXITED(status) ? strerror(WEXITSTATUS(status)) : "no answer");
	(void)fflush(stdout);
	return false;
}

/* Moves this process into a new network namespace with its loopback interface up; ends the test if
 * it cannot. */
static inline void netns_enter(void)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	ck_assert_msg(unshare(CLONE_NEWNET) == 0, "unshare: %s", strerror(errno));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	close(fd);
}

static inline struct sockaddr_in netns_loopback(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) } };
}

/* A UDP socket on 127.0.0.1, port. */
static inline int netns_listen_udp(uint16_t port)
{
	struct sockaddr_in address = netns_loopback(port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* Sends len bytes by UDP over loopback (IPv4) to port, from port source (0: any). The socket stays
 * open until the end of the process and is given back. */
static inline int netns_send_udp(uint16_t source, uint16_t port, const void *data, size_t len)
{
	struct sockaddr_in to = netns_loopback(port);
	int fd = netns_listen_udp(source);
	ssize_t sent = sendto(fd, data, len, 0, (struct sockaddr *)&to, sizeof(to));

	/* What a rule drops on its way out is an error to some senders. */
	ck_assert(sent == (ssize_t)len || errno == EPERM);
	return fd;
}

/* Bytes received within timeout_ms, or -1. */
static inline int netns_receive(int fd, void *data, size_t cap, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	if (poll(&p, 1, timeout_ms) != 1)
		return -1;
	return (int)recv(fd, data, cap, MSG_DONTWAIT);
}

/* The exit status for main(): 1 if tests failed, 77 if some were skipped for want of rights, else
 * 0. */
static inline int netns_exit_status(int failed, bool available)
{
	if (failed > 0)
		return EXIT_FAILURE;
	return available ? EXIT_SUCCESS : NETNS_EXIT_SKIPPED;
}
