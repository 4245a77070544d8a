/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netlink socket towards netfilter: big buffers, requests with their answers, errors as -errno.
 */
#include "kernel/nlsock.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "common/mono.h"
#include "kernel/attr.h"

#define ANSWER_TIMEOUT_MS 5000

struct nlsock {
	struct mnl_socket *mnl;
	uint32_t last_seq;
};

static int set_up(struct nlsock *sock)
{
	int on = 1;

	sock->mnl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!sock->mnl)
		return -errno;
	if (mnl_socket_bind(sock->mnl, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	/* Old kernels lack these: then answers are longer and say less, no more than that. */
	(void)mnl_socket_setsockopt(sock->mnl, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)mnl_socket_setsockopt(sock->mnl, NETLINK_EXT_ACK, &on, sizeof(on));
	sock->last_seq = (uint32_t)time(NULL);
	return 0;
}

int nlsock_open(struct nlsock **ret)
{
	struct nlsock *sock = calloc(1, sizeof(*sock));
	int r = sock ? set_up(sock) : -ENOMEM;

	if (r < 0)
		nlsock_free(sock);
	else
		*ret = sock;
	return r;
}

void nlsock_free(struct nlsock *sock)
{
	if (!sock)
		return;
	if (sock->mnl)
		(void)mnl_socket_close(sock->mnl);
	free(sock);
}

void nlsock_freep(struct nlsock **sock)
{
	nlsock_free(*sock);
}

int nlsock_fd(const struct nlsock *sock)
{
	return mnl_socket_get_fd(sock->mnl);
}

uint32_t nlsock_portid(const struct nlsock *sock)
{
	return mnl_socket_get_portid(sock->mnl);
}

uint32_t nlsock_next_seq(struct nlsock *sock)
{
	if (++sock->last_seq == 0)
		sock->last_seq = 1;
	return sock->last_seq;
}

static int set_buffer(int fd, int forced, int limited, size_t bytes)
{
	int value = bytes > INT_MAX / 2 ? INT_MAX / 2 : (int)bytes;

	if (bytes == 0 || setsockopt(fd, SOL_SOCKET, forced, &value, sizeof(value)) == 0)
		return 0;
	return setsockopt(fd, SOL_SOCKET, limited, &value, sizeof(value)) == 0 ? 0 : -errno;
}

int nlsock_set_buffers(struct nlsock *sock, size_t send_bytes, size_t receive_bytes)
{
	int fd = nlsock_fd(sock);
	int r = set_buffer(fd, SO_SNDBUFFORCE, SO_SNDBUF, send_bytes);

	return r < 0 ? r : set_buffer(fd, SO_RCVBUFFORCE, SO_RCVBUF, receive_bytes);
}

int nlsock_send(struct nlsock *sock, const void *data, size_t len)
{
	ssize_t sent;

	do
		sent = mnl_socket_sendto(sock->mnl, data, len);
	while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return -errno;
	return (size_t)sent == len ? 0 : -EIO;
}

/* 0 once fd is readable, -EAGAIN at the deadline (UINT64_MAX: none). */
static int wait_readable(int fd, uint64_t deadline_ms)
{
	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		uint64_t now = mono_ms();
		int wait = -1;
		int n;

		if (deadline_ms != UINT64_MAX)
			wait = now >= deadline_ms ? 0 : (int)(deadline_ms - now);
		n = poll(&p, 1, wait);
		if (n > 0)
			return 0;
		if (n == 0)
			return -EAGAIN;
		if (errno != EINTR)
			return -errno;
	}
}

ssize_t nlsock_receive(struct nlsock *sock, void *data, size_t cap, int timeout_ms)
{
	uint64_t deadline = timeout_ms < 0 ? UINT64_MAX : mono_ms() + (uint64_t)timeout_ms;
	int fd = nlsock_fd(sock);

	for (;;) {
		struct sockaddr_nl from = { 0 };
		struct iovec iov = { .iov_base = data, .iov_len = cap };
		struct msghdr header = { .msg_name = &from,
					 .msg_namelen = sizeof(from),
					 .msg_iov = &iov,
					 .msg_iovlen = 1 };
		ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			int r = timeout_ms == 0 ? -EAGAIN : wait_readable(fd, deadline);

			if (r < 0)
				return r;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* Other processes can send to our port; only the kernel has port 0. */
		if (header.msg_namelen != sizeof(from) || from.nl_pid != 0)
			continue;
		return (header.msg_flags & MSG_TRUNC) != 0 ? -EMSGSIZE : n;
	}
}

struct request {
	nlsock_callback *callback;
	void *data;
	uint32_t seq;
	bool dump, interrupted;
	int result; /* valid once done */
	bool done;
};

static void take_message(struct request *request, const struct nlmsghdr *message)
{
	if (message->nlmsg_seq != request->seq)
		return;
	if (message->nlmsg_flags & NLM_F_DUMP_INTR)
		request->interrupted = true;
	if (message->nlmsg_type == NLMSG_ERROR) {
		request->result = attr_message_error(message);
		request->done = true;
	} else if (message->nlmsg_type == NLMSG_DONE) {
		request->result = request->interrupted ? -EINTR : 0;
		if (message->nlmsg_len >= mnl_nlmsg_size(sizeof(int)) &&
		    *(const int *)mnl_nlmsg_get_payload(message) < 0)
			request->result = *(const int *)mnl_nlmsg_get_payload(message);
		request->done = true;
	} else if (message->nlmsg_type >= NLMSG_MIN_TYPE && request->callback) {
		int r = request->callback(message, request->data);

		if (r < 0) {
			request->result = r;
			request->done = true;
		}
	}
}

/* Reads until the request is done. */
static int take_answers(struct nlsock *sock, struct request *request, void *buffer)
{
	while (!request->done) {
		ssize_t n = nlsock_receive(sock, buffer, NLSOCK_BUFFER_BYTES, ANSWER_TIMEOUT_MS);
		const struct nlmsghdr *message = buffer;
		int left;

		if (n < 0)
			return n == -EAGAIN ? -ETIMEDOUT : (int)n;
		left = (int)n;
		for (; !request->done && mnl_nlmsg_ok(message, left);
		     message = mnl_nlmsg_next(message, &left))
			take_message(request, message);
	}
	return request->result;
}

int nlsock_request(struct nlsock *sock, struct nlmsghdr *message, nlsock_callback *callback,
		   void *data)
{
	char *buffer = malloc(NLSOCK_BUFFER_BYTES);
	struct request request = { .callback = callback, .data = data };
	int r;

	if (!buffer)
		return -ENOMEM;
	request.dump = (message->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
	request.seq = nlsock_next_seq(sock);
	message->nlmsg_seq = request.seq;
	message->nlmsg_flags |= NLM_F_REQUEST;
	if (!request.dump)
		message->nlmsg_flags |= NLM_F_ACK;
	r = nlsock_send(sock, message, message->nlmsg_len);
	if (r == 0)
		r = take_answers(sock, &request, buffer);
	free(buffer);
	return r;
}
