/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One nf_tables transaction: messages one after the other, sent at once, and which of them the
 * kernel refused. */
#include "kernel/batch.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/attr.h"
#include "kernel/nlsock.h"

#define FIRST_ROOM         (4 * (size_t)BATCH_MESSAGE_MAX)
#define RECEIVE_BUFFER     (4U << 20)
#define SEND_BUFFER_MARGIN 65536U
#define EDGE_MESSAGE_BYTES (sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg))

struct entry {
	struct batch_object object;
	size_t offset; /* of its message in data */
};

struct batch {
	const char *table;
	char *data;
	size_t len, room;
	struct entry *entries;
	size_t count, entry_room;
	bool started, out_of_memory;
};

static void put_edge(struct batch *batch, uint16_t type)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(batch->data + batch->len);
	struct nfgenmsg *family = mnl_nlmsg_put_extra_header(message, sizeof(*family));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST;
	family->nfgen_family = AF_UNSPEC;
	family->version = NFNETLINK_V0;
	family->res_id = htons(NFNL_SUBSYS_NFTABLES);
	batch->len += message->nlmsg_len;
}

int batch_new(const char *table, struct batch **ret)
{
	struct batch *batch = calloc(1, sizeof(*batch));

	if (batch)
		batch->data = calloc(1, FIRST_ROOM); /* padding goes to the kernel as well */
	if (!batch || !batch->data) {
		batch_free(batch);
		return -ENOMEM;
	}
	batch->table = table;
	batch->room = FIRST_ROOM;
	put_edge(batch, NFNL_MSG_BATCH_BEGIN);
	*ret = batch;
	return 0;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	free(batch->data);
	free(batch->entries);
	free(batch);
}

void batch_freep(struct batch **batch)
{
	batch_free(*batch);
}

const char *batch_table(const struct batch *batch)
{
	return batch->table;
}

size_t batch_len(const struct batch *batch)
{
	return batch->len;
}

/* Room for one more message and the closing one, and for one more entry. */
static bool make_room(struct batch *batch)
{
	if (batch->room - batch->len < BATCH_MESSAGE_MAX + EDGE_MESSAGE_BYTES) {
		char *data = realloc(batch->data, batch->room * 2);

		if (!data)
			return false;
		memset(data + batch->room, 0, batch->room);
		batch->data = data;
		batch->room *= 2;
	}
	if (batch->count == batch->entry_room) {
		size_t room = batch->entry_room ? batch->entry_room * 2 : 256;
		struct entry *entries = reallocarray(batch->entries, room, sizeof(*entries));

		if (!entries)
			return false;
		batch->entries = entries;
		batch->entry_room = room;
	}
	return true;
}

struct nlmsghdr *batch_start(struct batch *batch, uint16_t type, uint16_t flags,
			     const struct batch_object *object)
{
	struct nlmsghdr *message;
	struct nfgenmsg *family;

	if (!make_room(batch)) {
		batch->out_of_memory = true;
		return NULL;
	}
	batch->entries[batch->count++] = (struct entry){ .object = *object, .offset = batch->len };
	message = mnl_nlmsg_put_header(batch->data + batch->len);
	message->nlmsg_type = (uint16_t)((NFNL_SUBSYS_NFTABLES << 8) | type);
	message->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = NFPROTO_INET;
	family->version = NFNETLINK_V0;
	family->res_id = 0;
	batch->started = true;
	return message;
}

const struct nlmsghdr *batch_message(const struct batch *batch, size_t i)
{
	if (i >= batch->count || (batch->started && i + 1 == batch->count))
		return NULL;
	return (const struct nlmsghdr *)(const void *)(batch->data + batch->entries[i].offset);
}

static struct nlmsghdr *message_at(struct batch *batch, size_t i)
{
	return (struct nlmsghdr *)(void *)(batch->data + batch->entries[i].offset);
}

void batch_finish(struct batch *batch)
{
	if (!batch->started)
		return;
	batch->len += ((size_t)message_at(batch, batch->count - 1)->nlmsg_len + 3) & ~(size_t)3;
	batch->started = false;
}

/* Of the elements message at, the number of the element at byte offset: ends of ranges are not
 * counted. */
static size_t element_at(struct nlmsghdr *message, uint32_t offset, size_t first)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1];
	const struct nlattr *list, *element;
	const char *bad = (const char *)message + offset;
	size_t number = first - 1;
	const void *at;
	size_t left;

	if (offset >= message->nlmsg_len ||
	    !attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_MAX) ||
	    !attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	list = attrs[NFTA_SET_ELEM_LIST_ELEMENTS];
	at = mnl_attr_get_payload(list);
	left = mnl_attr_get_payload_len(list);
	while ((element = attr_next(&at, &left)) != NULL) {
		const struct nlattr *parts[NFTA_SET_ELEM_MAX + 1];

		if ((const char *)element > bad)
			break;
		if (!attr_index_nested(element, parts, NFTA_SET_ELEM_MAX))
			return 0;
		if (!(attr_u32(parts[NFTA_SET_ELEM_FLAGS], 0) & NFT_SET_ELEM_INTERVAL_END))
			number++;
	}
	return number < first ? first : number;
}

/* What the kernel adds to an error: its words, and where in our message it was. */
static void take_explanation(const struct nlmsghdr *answer, char *reason, size_t cap,
			     uint32_t *ret_offset)
{
	const struct nlattr *attrs[NLMSGERR_ATTR_MAX + 1];
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(answer);
	size_t skip = sizeof(*error);
	const char *text;

	if (!(answer->nlmsg_flags & NLM_F_ACK_TLVS) || answer->nlmsg_len < sizeof(*answer) + skip)
		return;
	if (!(answer->nlmsg_flags & NLM_F_CAPPED))
		skip += error->msg.nlmsg_len - sizeof(error->msg);
	if (!attr_index(answer, skip, attrs, NLMSGERR_ATTR_MAX))
		return;
	text = attr_text(attrs[NLMSGERR_ATTR_MSG]);
	if (text)
		(void)snprintf(reason, cap, "%s", text);
	if (attr_bytes(attrs[NLMSGERR_ATTR_OFFS], sizeof(*ret_offset)))
		memcpy(ret_offset, mnl_attr_get_payload(attrs[NLMSGERR_ATTR_OFFS]),
		       sizeof(*ret_offset));
}

static void take_failure(struct batch *batch, const struct nlmsghdr *answer, uint32_t first_seq,
			 struct batch_failure *failure)
{
	size_t i = (size_t)(answer->nlmsg_seq - first_seq) - 1;
	uint32_t offset = UINT32_MAX;

	take_explanation(answer, failure->reason, sizeof(failure->reason), &offset);
	/* The opening message stands for the transaction as a whole. */
	if (answer->nlmsg_seq == first_seq || i >= batch->count)
		return;
	failure->has_object = true;
	failure->object = batch->entries[i].object;
	if (failure->object.kind == BATCH_ELEMENTS)
		failure->element = element_at(message_at(batch, i), offset, failure->object.number);
}

/* All answers are there when the send has returned. The first error is the one that counts. */
static int take_answers(struct batch *batch, struct nlsock *sock, uint32_t first_seq,
			struct batch_failure *failure)
{
	auto_(free_charp) char *buffer = malloc(NLSOCK_BUFFER_BYTES);
	bool acknowledged = false;
	ssize_t n;

	if (!buffer)
		return -ENOMEM;
	while ((n = nlsock_receive(sock, buffer, NLSOCK_BUFFER_BYTES, 0)) >= 0) {
		const void *at = buffer;
		size_t left = (size_t)n;
		const struct nlmsghdr *answer;

		while ((answer = attr_next_message(&at, &left)) != NULL) {
			uint32_t distance = answer->nlmsg_seq - first_seq;

			if (answer->nlmsg_type != NLMSG_ERROR || distance > batch->count)
				continue;
			if (attr_message_error(answer) == 0) {
				acknowledged = true;
			} else if (failure->error == 0) {
				failure->error = attr_message_error(answer);
				take_failure(batch, answer, first_seq, failure);
			}
		}
	}
	if (failure->error < 0)
		return failure->error;
	if (n != -EAGAIN)
		return (int)n;
	return acknowledged ? 0 : -ENOMSG;
}

/* Numbers the messages, so that answers can be told apart; the last one asks for an answer in any
 * case. */
static void number_messages(struct batch *batch, uint32_t first_seq)
{
	size_t i;

	((struct nlmsghdr *)(void *)batch->data)->nlmsg_seq = first_seq;
	for (i = 0; i < batch->count; i++)
		message_at(batch, i)->nlmsg_seq = first_seq + 1 + (uint32_t)i;
	message_at(batch, batch->count - 1)->nlmsg_flags |= NLM_F_ACK;
}

int batch_send(struct batch *batch, struct nlsock *sock, bool commit,
	       struct batch_failure *ret_failure)
{
	struct batch_failure failure = { 0 };
	uint32_t first_seq = nlsock_next_seq(sock);
	size_t edge = batch->len;
	int r;

	if (batch->out_of_memory)
		r = -ENOMEM;
	else if (batch->count == 0 || batch->started)
		r = -EINVAL;
	else
		r = nlsock_set_buffers(sock, batch->len + SEND_BUFFER_MARGIN, RECEIVE_BUFFER);
	if (r == 0) {
		number_messages(batch, first_seq);
		/* Without the closing message the kernel undoes what it has prepared. */
		if (commit)
			put_edge(batch, NFNL_MSG_BATCH_END);
		r = nlsock_send(sock, batch->data, batch->len);
		batch->len = edge;
	}
	if (r == 0)
		r = take_answers(batch, sock, first_seq, &failure);
	failure.error = r;
	if (ret_failure)
		*ret_failure = failure;
	return r;
}
