/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table of open flows: walking it by mark, changing a flow's mark, and deleting one.
 */
#include "kernel/conntrack.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/attr.h"
#include "kernel/nlsock.h"

#define REQUEST_BYTES_MAX  512U
#define MESSAGE_TYPE(type) ((NFNL_SUBSYS_CTNETLINK << 8) | (type))

static struct nlmsghdr *start_message(void *buffer, uint16_t type, uint8_t family)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));

	message->nlmsg_type = MESSAGE_TYPE(type);
	generic->nfgen_family = family;
	generic->version = NFNETLINK_V0;
	return message;
}

static bool take_address(const struct nlattr *attr, uint8_t family, struct addr *ret)
{
	size_t len = addr_len(family);
	const void *bytes = attr_bytes(attr, len);

	if (!bytes)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->family = family;
	memcpy(ret->b, bytes, len);
	return true;
}

static bool take_addresses(const struct nlattr *attr, struct flow_key *key)
{
	const struct nlattr *ip[CTA_IP_MAX + 1];

	if (!attr_index_nested(attr, ip, CTA_IP_MAX))
		return false;
	if (ip[CTA_IP_V4_SRC])
		return take_address(ip[CTA_IP_V4_SRC], 4, &key->src) &&
		       take_address(ip[CTA_IP_V4_DST], 4, &key->dst);
	return take_address(ip[CTA_IP_V6_SRC], 6, &key->src) &&
	       take_address(ip[CTA_IP_V6_DST], 6, &key->dst);
}

static bool take_protocol(const struct nlattr *attr, struct conntrack_entry *entry)
{
	const struct nlattr *proto[CTA_PROTO_MAX + 1];

	if (!attr_index_nested(attr, proto, CTA_PROTO_MAX) ||
	    !attr_bytes(proto[CTA_PROTO_NUM], sizeof(uint8_t)))
		return false;
	entry->key.l4proto = attr_u8(proto[CTA_PROTO_NUM], 0);
	entry->key.sport = attr_u16(proto[CTA_PROTO_SRC_PORT], 0);
	entry->key.dport = attr_u16(proto[CTA_PROTO_DST_PORT], 0);
	if (entry->key.l4proto == IPPROTO_ICMP) {
		entry->is_icmp = true;
		entry->icmp_id = attr_u16(proto[CTA_PROTO_ICMP_ID], 0);
		entry->icmp_type = attr_u8(proto[CTA_PROTO_ICMP_TYPE], 0);
		entry->icmp_code = attr_u8(proto[CTA_PROTO_ICMP_CODE], 0);
	} else if (entry->key.l4proto == IPPROTO_ICMPV6) {
		entry->is_icmp = true;
		entry->icmp_id = attr_u16(proto[CTA_PROTO_ICMPV6_ID], 0);
		entry->icmp_type = attr_u8(proto[CTA_PROTO_ICMPV6_TYPE], 0);
		entry->icmp_code = attr_u8(proto[CTA_PROTO_ICMPV6_CODE], 0);
	}
	return true;
}

/* Both sides have closed, or one has reset. */
static bool is_over(const struct nlattr *protocol_info)
{
	const struct nlattr *info[CTA_PROTOINFO_MAX + 1];
	const struct nlattr *tcp[CTA_PROTOINFO_TCP_MAX + 1];
	uint8_t state;

	if (!protocol_info || !attr_index_nested(protocol_info, info, CTA_PROTOINFO_MAX) ||
	    !info[CTA_PROTOINFO_TCP] ||
	    !attr_index_nested(info[CTA_PROTOINFO_TCP], tcp, CTA_PROTOINFO_TCP_MAX))
		return false;
	state = attr_u8(tcp[CTA_PROTOINFO_TCP_STATE], TCP_CONNTRACK_NONE);
	return state == TCP_CONNTRACK_LAST_ACK || state == TCP_CONNTRACK_TIME_WAIT ||
	       state == TCP_CONNTRACK_CLOSE;
}

static bool take_entry(const struct nlmsghdr *message, struct conntrack_entry *entry)
{
	const struct nlattr *attrs[CTA_MAX + 1];
	const struct nlattr *tuple[CTA_TUPLE_MAX + 1];

	if (!attr_index(message, sizeof(struct nfgenmsg), attrs, CTA_MAX) ||
	    !attr_index_nested(attrs[CTA_TUPLE_ORIG], tuple, CTA_TUPLE_MAX) ||
	    !take_addresses(tuple[CTA_TUPLE_IP], &entry->key) ||
	    !take_protocol(tuple[CTA_TUPLE_PROTO], entry))
		return false;
	entry->mark = attr_u32(attrs[CTA_MARK], 0);
	entry->id = attr_u32(attrs[CTA_ID], 0);
	entry->zone = attr_u16(attrs[CTA_ZONE], 0);
	entry->replied = (attr_u32(attrs[CTA_STATUS], 0) & IPS_SEEN_REPLY) != 0;
	entry->is_over = is_over(attrs[CTA_PROTOINFO]);
	return true;
}

struct walk {
	uint32_t value, mask, skipped;
	conntrack_callback *callback;
	void *data;
};

static int take_message(const struct nlmsghdr *message, void *data)
{
	struct walk *walk = data;
	struct conntrack_entry entry = { 0 };

	if (message->nlmsg_type != MESSAGE_TYPE(IPCTNL_MSG_CT_NEW))
		return 0;
	if (!take_entry(message, &entry)) {
		walk->skipped++;
		return 0;
	}
	/* Old kernels do not filter. */
	if ((entry.mark & walk->mask) != walk->value)
		return 0;
	return walk->callback(&entry, walk->data);
}

int conntrack_walk(struct nlsock *sock, uint32_t value, uint32_t mask, conntrack_callback *callback,
		   void *data, uint32_t *ret_skipped)
{
	char buffer[REQUEST_BYTES_MAX] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = start_message(buffer, IPCTNL_MSG_CT_GET, AF_UNSPEC);
	struct walk walk = {
		.value = value & mask, .mask = mask, .callback = callback, .data = data
	};
	int r;

	message->nlmsg_flags = NLM_F_DUMP;
	if (mask != 0) {
		mnl_attr_put_u32(message, CTA_MARK, htonl(walk.value));
		mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(mask));
	}
	r = nlsock_request(sock, message, take_message, &walk);
	if (r == 0 && ret_skipped)
		*ret_skipped = walk.skipped;
	return r;
}

static void put_addresses(struct nlmsghdr *message, const struct flow_key *key)
{
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_IP);
	bool v4 = key->src.family == 4;
	size_t len = addr_len(key->src.family);

	mnl_attr_put(message, v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, len, key->src.b);
	mnl_attr_put(message, v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, len, key->dst.b);
	mnl_attr_nest_end(message, nest);
}

static void put_protocol(struct nlmsghdr *message, const struct conntrack_entry *entry)
{
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_PROTO);
	bool v4 = entry->key.l4proto == IPPROTO_ICMP;

	mnl_attr_put_u8(message, CTA_PROTO_NUM, entry->key.l4proto);
	if (entry->is_icmp) {
		mnl_attr_put_u16(message, v4 ? CTA_PROTO_ICMP_ID : CTA_PROTO_ICMPV6_ID,
				 htons(entry->icmp_id));
		mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_TYPE : CTA_PROTO_ICMPV6_TYPE,
				entry->icmp_type);
		mnl_attr_put_u8(message, v4 ? CTA_PROTO_ICMP_CODE : CTA_PROTO_ICMPV6_CODE,
				entry->icmp_code);
	} else {
		mnl_attr_put_u16(message, CTA_PROTO_SRC_PORT, htons(entry->key.sport));
		mnl_attr_put_u16(message, CTA_PROTO_DST_PORT, htons(entry->key.dport));
	}
	mnl_attr_nest_end(message, nest);
}

/* Begins a request about the flow of an entry. */
static struct nlmsghdr *about_flow(char *buffer, uint8_t type, const struct conntrack_entry *entry)
{
	struct nlmsghdr *message =
		start_message(buffer, type, entry->key.src.family == 4 ? AF_INET : AF_INET6);
	struct nlattr *nest = mnl_attr_nest_start(message, CTA_TUPLE_ORIG);

	put_addresses(message, &entry->key);
	put_protocol(message, entry);
	mnl_attr_nest_end(message, nest);
	if (entry->zone != 0)
		mnl_attr_put_u16(message, CTA_ZONE, htons(entry->zone));
	return message;
}

int conntrack_set_mark(struct nlsock *sock, const struct conntrack_entry *entry, uint32_t value,
		       uint32_t mask)
{
	char buffer[REQUEST_BYTES_MAX] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = about_flow(buffer, IPCTNL_MSG_CT_NEW, entry);

	mnl_attr_put_u32(message, CTA_MARK, htonl(value & mask));
	mnl_attr_put_u32(message, CTA_MARK_MASK, htonl(mask));
	return nlsock_request(sock, message, NULL, NULL);
}

int conntrack_delete(struct nlsock *sock, const struct conntrack_entry *entry)
{
	char buffer[REQUEST_BYTES_MAX] __attribute__((aligned(4))) = { 0 };

	return nlsock_request(sock, about_flow(buffer, IPCTNL_MSG_CT_DELETE, entry), NULL, NULL);
}
