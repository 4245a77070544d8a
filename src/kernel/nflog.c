/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFLOG: what kernel rules tell of the packets they refuse. */
#include "kernel/nflog.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <sys/socket.h>

#include "kernel/attr.h"
#include "kernel/nlsock.h"

#define CONFIG_BYTES_MAX 256U
/* The kernel gathers messages in a buffer of this size before it sends them. */
#define GATHER_BYTES 65536U
#define MS_PER_TICK  10U
#define TICKS_MAX    255U

#define MESSAGE_TYPE(type) ((NFNL_SUBSYS_ULOG << 8) | (type))

int nflog_bind(struct nlsock *sock, uint16_t group, uint32_t threshold, uint32_t flush_ms)
{
	const struct nfulnl_msg_config_cmd bind = { .command = NFULNL_CFG_CMD_BIND };
	const struct nfulnl_msg_config_mode mode = { .copy_range = htonl(NFLOG_COPY_BYTES),
						     .copy_mode = NFULNL_COPY_PACKET };
	char buffer[CONFIG_BYTES_MAX] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	uint32_t ticks = flush_ms / MS_PER_TICK;

	if (ticks < 1 || ticks > TICKS_MAX)
		return -EINVAL;
	message->nlmsg_type = MESSAGE_TYPE(NFULNL_MSG_CONFIG);
	family->nfgen_family = AF_UNSPEC;
	family->version = NFNETLINK_V0;
	family->res_id = htons(group);
	mnl_attr_put(message, NFULA_CFG_CMD, sizeof(bind), &bind);
	mnl_attr_put(message, NFULA_CFG_MODE, sizeof(mode), &mode);
	mnl_attr_put_u32(message, NFULA_CFG_NLBUFSIZ, htonl(GATHER_BYTES));
	mnl_attr_put_u32(message, NFULA_CFG_TIMEOUT, htonl(ticks));
	mnl_attr_put_u32(message, NFULA_CFG_QTHRESH, htonl(threshold));
	mnl_attr_put_u16(message, NFULA_CFG_FLAGS, htons(NFULNL_CFG_F_SEQ));
	return nlsock_request(sock, message, NULL, NULL);
}

static bool take_attributes(const struct nlmsghdr *message, struct nflog_packet *packet)
{
	const struct nlattr *attrs[NFULA_MAX + 1];
	const struct nfulnl_msg_packet_hdr *header;
	const struct nfgenmsg *family;
	const char *prefix;

	if (!attr_index(message, sizeof(*family), attrs, NFULA_MAX))
		return false;
	family = mnl_nlmsg_get_payload(message);
	packet->group = ntohs(family->res_id);
	header = attr_bytes(attrs[NFULA_PACKET_HDR], sizeof(*header));
	if (header)
		packet->hook = header->hook;
	prefix = attr_text(attrs[NFULA_PREFIX]);
	packet->prefix = prefix ? prefix : "";
	packet->iif = attr_u32(attrs[NFULA_IFINDEX_INDEV], 0);
	packet->oif = attr_u32(attrs[NFULA_IFINDEX_OUTDEV], 0);
	packet->mark = attr_u32(attrs[NFULA_MARK], 0);
	packet->has_seq = attr_bytes(attrs[NFULA_SEQ], sizeof(uint32_t)) != NULL;
	packet->seq = attr_u32(attrs[NFULA_SEQ], 0);
	if (attrs[NFULA_PAYLOAD]) {
		packet->payload = mnl_attr_get_payload(attrs[NFULA_PAYLOAD]);
		packet->len = mnl_attr_get_payload_len(attrs[NFULA_PAYLOAD]);
	}
	return true;
}

int nflog_next(struct nflog_reader *reader, struct nflog_packet *ret)
{
	const struct nlmsghdr *message;

	while ((message = attr_next_message(&reader->data, &reader->len)) != NULL) {
		struct nflog_packet packet = { 0 };

		if (message->nlmsg_type == NLMSG_ERROR && attr_message_error(message) < 0)
			reader->errors++;
		if (message->nlmsg_type != MESSAGE_TYPE(NFULNL_MSG_PACKET))
			continue;
		if (take_attributes(message, &packet)) {
			*ret = packet;
			return 1;
		}
		reader->malformed++;
	}
	if (reader->len > 0) {
		reader->malformed++;
		reader->len = 0;
	}
	return 0;
}

uint32_t nflog_count_missing(struct nflog_sequence *state, const struct nflog_packet *packet)
{
	uint32_t missing = 0;

	if (!packet->has_seq)
		return 0;
	/* The kernel counts from 0 when the group is bound: what is lost before the first shows
	 * too. */
	missing = packet->seq - (state->started ? state->next : 0);
	state->started = true;
	state->next = packet->seq + 1;
	return missing;
}
