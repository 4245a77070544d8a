/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A netlink socket towards netfilter: big buffers, requests with their answers, errors as -errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct nlsock;
struct nlmsghdr; /* <linux/netlink.h> */

/* Room for the answer to any request that is made here, and for one datagram of packets. */
#define NLSOCK_BUFFER_BYTES 131072U

/* Opens and binds a socket of NETLINK_NETFILTER (close-on-exec, blocking). It asks for short error
 * answers with the kernel's explanation. Gives *ret (the caller frees it with nlsock_free), or
 * -errno and *ret untouched. */
int nlsock_open(struct nlsock **ret);

/* Closes the socket; queues and log groups bound on it end with it. NULL is allowed. */
void nlsock_free(struct nlsock *sock);
void nlsock_freep(struct nlsock **sock);

int nlsock_fd(const struct nlsock *sock);
uint32_t nlsock_portid(const struct nlsock *sock);

/* A number for the next request; never 0. */
uint32_t nlsock_next_seq(struct nlsock *sock);

/* Makes room in the kernel for sends of send_bytes and for receive_bytes of waiting messages (0
 * leaves one as it is), beyond the system's limits where CAP_NET_ADMIN allows, else up to them. 0
 * or -errno. */
int nlsock_set_buffers(struct nlsock *sock, size_t send_bytes, size_t receive_bytes);

/* Sends len bytes of messages to the kernel, which has worked on them when this returns. 0, or
 * -errno (-EMSGSIZE: larger than the send buffer; -ENOBUFS, -EPERM). */
int nlsock_send(struct nlsock *sock, const void *data, size_t len);

/* Receives one datagram into data (cap bytes) within timeout_ms (0: only what waits; -1: without
 * end). Gives its length, or -EAGAIN (nothing came), -ENOBUFS (messages were lost for want of
 * room), -EMSGSIZE (longer than cap), -errno. What does not come from the kernel is passed over. */
ssize_t nlsock_receive(struct nlsock *sock, void *data, size_t cap, int timeout_ms);

/* Called for each message that answers a request. A negative return ends the request with it. */
typedef int nlsock_callback(const struct nlmsghdr *message, void *data);

/* Sends one message (its flags get NLM_F_ACK unless it asks for a dump; its seq is set) and waits
 * for the end of its answers; callback may be NULL. Not for sockets with a queue or a log group
 * bound to them, once packets arrive. 0 or -errno: the kernel's, or -ETIMEDOUT after five seconds
 * without an answer. */
int nlsock_request(struct nlsock *sock, struct nlmsghdr *message, nlsock_callback *callback,
		   void *data);
