/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFQUEUE: binding a queue, reading packets out of it, and giving verdicts on them. */
#include "kernel/queue.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnetfilter_queue/libnetfilter_queue.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/attr.h"
#include "kernel/nlsock.h"

#define COPY_RANGE         0xffffU
#define CONFIG_BYTES_MAX   256U
#define MESSAGE_TYPE(type) ((NFNL_SUBSYS_QUEUE << 8) | (type))
/* The kernel compares ids as differences of signed 32-bit numbers: this far ahead is "later" for
 * all. */
#define FAR_AHEAD 0x3fffffffU

static int send_config(struct nlsock *sock, uint16_t number, uint8_t command, uint32_t length)
{
	char buffer[CONFIG_BYTES_MAX] __attribute__((aligned(4))) = { 0 };
	struct nlmsghdr *message = nfq_nlmsg_put(buffer, NFQNL_MSG_CONFIG, number);

	nfq_nlmsg_cfg_put_cmd(message, AF_UNSPEC, command);
	if (command == NFQNL_CFG_CMD_BIND) {
		nfq_nlmsg_cfg_put_params(message, NFQNL_COPY_PACKET, COPY_RANGE);
		mnl_attr_put_u32(message, NFQA_CFG_FLAGS, htonl(NFQA_CFG_F_GSO));
		mnl_attr_put_u32(message, NFQA_CFG_MASK,
				 htonl(NFQA_CFG_F_GSO | NFQA_CFG_F_FAIL_OPEN));
		if (length > 0)
			nfq_nlmsg_cfg_put_qmaxlen(message, length);
	}
	return nlsock_request(sock, message, NULL, NULL);
}

int queue_bind(struct nlsock *sock, uint16_t number, uint32_t length)
{
	return send_config(sock, number, NFQNL_CFG_CMD_BIND, length);
}

int queue_unbind(struct nlsock *sock, uint16_t number)
{
	return send_config(sock, number, NFQNL_CFG_CMD_UNBIND, 0);
}

/* Fills packet from the attributes; false if they do not hold together. */
static bool take_attributes(const struct nlmsghdr *message, struct queue_packet *packet)
{
	const struct nlattr *attrs[NFQA_MAX + 1];
	const struct nfqnl_msg_packet_hdr *header;

	if (!attr_index(message, sizeof(struct nfgenmsg), attrs, NFQA_MAX))
		return false;
	header = attr_bytes(attrs[NFQA_PACKET_HDR], sizeof(*header));
	if (!header)
		return false;
	packet->id = ntohl(header->packet_id);
	packet->hook = header->hook;
	packet->ethertype = ntohs(header->hw_protocol);
	packet->iif = attr_u32(attrs[NFQA_IFINDEX_INDEV], 0);
	packet->oif = attr_u32(attrs[NFQA_IFINDEX_OUTDEV], 0);
	packet->mark = attr_u32(attrs[NFQA_MARK], 0);
	if (attrs[NFQA_PAYLOAD]) {
		packet->payload = mnl_attr_get_payload(attrs[NFQA_PAYLOAD]);
		packet->len = mnl_attr_get_payload_len(attrs[NFQA_PAYLOAD]);
	}
	packet->full_len = attr_u32(attrs[NFQA_CAP_LEN], packet->len);
	packet->truncated = packet->full_len > packet->len;
	return true;
}

/* What one message is: 1 a packet, 0 something else, which is counted. */
static int take_message(struct queue_reader *reader, const struct nlmsghdr *message,
			struct queue_packet *ret)
{
	struct queue_packet packet = { 0 };
	const struct nfgenmsg *family;

	if (message->nlmsg_type == NLMSG_ERROR) {
		int error = attr_message_error(message);
		if (error < 0) {
			reader->errors++;
			reader->last_error = error;
		}
		return 0;
	}
	if (message->nlmsg_type != MESSAGE_TYPE(NFQNL_MSG_PACKET))
		return 0;
	if (!take_attributes(message, &packet)) {
		reader->malformed++;
		return 0;
	}
	family = mnl_nlmsg_get_payload(message);
	packet.queue = ntohs(family->res_id);
	*ret = packet;
	return 1;
}

int queue_next(struct queue_reader *reader, struct queue_packet *ret)
{
	const struct nlmsghdr *message;

	while ((message = attr_next_message(&reader->data, &reader->len)) != NULL) {
		if (take_message(reader, message, ret))
			return 1;
	}
	if (reader->len > 0) {
		reader->malformed++;
		reader->len = 0;
	}
	return 0;
}

/* A verdict message is of one fixed layout: written as a struct, which costs a fifth of building
 * it. */
struct verdict_message {
	struct nlmsghdr header;
	struct nfgenmsg family;
	struct nlattr verdict_attr;
	struct nfqnl_msg_verdict_hdr verdict;
	struct nlattr mark_attr;
	uint32_t mark_be;
};
_Static_assert(sizeof(struct verdict_message) == 40, "no padding, as netlink wants it");

struct queue_sender {
	struct nlsock *sock;
	uint16_t number;
	struct verdict_message batch[QUEUE_BATCH_MAX];
};

int queue_sender_new(struct nlsock *sock, uint16_t number, struct queue_sender **ret)
{
	struct queue_sender *sender = calloc(1, sizeof(*sender));
	size_t i;

	if (!sender)
		return -ENOMEM;
	sender->sock = sock;
	sender->number = number;
	for (i = 0; i < QUEUE_BATCH_MAX; i++) {
		struct verdict_message *m = &sender->batch[i];

		m->header.nlmsg_len = sizeof(*m);
		m->header.nlmsg_type = MESSAGE_TYPE(NFQNL_MSG_VERDICT);
		m->header.nlmsg_flags = NLM_F_REQUEST;
		m->family.nfgen_family = AF_UNSPEC;
		m->family.version = NFNETLINK_V0;
		m->family.res_id = htons(number);
		m->verdict_attr.nla_len = sizeof(m->verdict_attr) + sizeof(m->verdict);
		m->verdict_attr.nla_type = NFQA_VERDICT_HDR;
		m->mark_attr.nla_len = sizeof(m->mark_attr) + sizeof(m->mark_be);
		m->mark_attr.nla_type = NFQA_MARK;
	}
	*ret = sender;
	return 0;
}

void queue_sender_free(struct queue_sender *sender)
{
	free(sender);
}

void queue_sender_freep(struct queue_sender **sender)
{
	queue_sender_free(*sender);
}

int queue_send_verdicts(struct queue_sender *sender, const struct queue_verdict *verdicts,
			size_t count)
{
	size_t done = 0;

	while (done < count) {
		size_t n = 0;
		int r;

		while (n < QUEUE_BATCH_MAX && done < count) {
			struct verdict_message *m = &sender->batch[n++];

			m->verdict.verdict = htonl(verdicts[done].kind);
			m->verdict.id = htonl(verdicts[done].id);
			m->mark_be = htonl(verdicts[done++].mark);
		}
		r = nlsock_send(sender->sock, sender->batch, n * sizeof(sender->batch[0]));
		if (r < 0)
			return r;
	}
	return 0;
}

int queue_send_verdict_to_all(struct queue_sender *sender, uint32_t newest_id, uint32_t kind,
			      uint32_t mark)
{
	struct verdict_message all = sender->batch[0];

	all.header.nlmsg_type = MESSAGE_TYPE(NFQNL_MSG_VERDICT_BATCH);
	all.verdict.verdict = htonl(kind);
	all.verdict.id = htonl(newest_id + FAR_AHEAD);
	all.mark_be = htonl(mark);
	return nlsock_send(sender->sock, &all, sizeof(all));
}
