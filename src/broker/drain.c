/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the fixed beginning of queued packets' messages and lets the rest be cut off. */
#include "broker/drain.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

/* The kernel puts the packet's number first. Source: linux net/netfilter/nfnetlink_queue.c,
 * nfqnl_build_packet_message(). */
struct beginning {
	struct nlmsghdr netlink;
	struct nfgenmsg netfilter;
	struct nlattr attribute;
	struct nfqnl_msg_packet_hdr packet;
};

static bool is_packet(const struct beginning *b, size_t len)
{
	return len >= sizeof(*b) &&
	       b->netlink.nlmsg_type == ((NFNL_SUBSYS_QUEUE << 8) | NFQNL_MSG_PACKET) &&
	       b->attribute.nla_type == NFQA_PACKET_HDR;
}

void drain_queue(int fd, void (*found)(uint32_t packet_id, void *data), void *data)
{
	struct beginning b;
	ssize_t len;

	do {
		memset(&b, 0, sizeof(b));
		len = recv(fd, &b, sizeof(b), MSG_DONTWAIT | MSG_TRUNC);
		if (len >= 0 && is_packet(&b, (size_t)len))
			found(ntohl(b.packet.packet_id), data);
	} while (len >= 0 || errno == ENOBUFS || errno == EINTR);
}
