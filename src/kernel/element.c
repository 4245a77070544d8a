/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of sets and maps as netlink messages, written straight as attributes: there may be
 * many. */
#include "kernel/element.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <string.h>

#include "common/mono.h"
#include "kernel/batch.h"
#include "kernel/packed.h"
#include "kernel/set.h"

/* A nested attribute is shorter than 64 KiB; an element takes less than 512 bytes. */
#define ELEMENTS_BYTES_MAX (65535U - 512U)

#define MS_PER_S INT64_C(1000)

static int64_t real_ms(void)
{
	const struct timespec now = mono_real();

	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / 1000000;
}

uint32_t element_verdict_code(enum ruleset_verdict_kind kind)
{
	switch (kind) {
	case VERDICT_ACCEPT:
		return NF_ACCEPT;
	case VERDICT_DROP:
		return NF_DROP;
	case VERDICT_JUMP:
		return (uint32_t)NFT_JUMP;
	case VERDICT_GOTO:
		return (uint32_t)NFT_GOTO;
	case VERDICT_RETURN:
		return (uint32_t)NFT_RETURN;
	}
	return NF_DROP;
}

/* Writes the elements of one set into as many messages as they need. */
struct element_writer {
	struct batch *batch;
	const struct ruleset_set *set;
	uint16_t type;               /* NFT_MSG_NEWSETELEM or NFT_MSG_DELSETELEM */
	const struct packed *packed; /* where elements come from; NULL: the set itself */
	size_t number;               /* of the element being written, from 1 */
	int64_t now_ms;              /* since 1970; where elements may expire */
	struct nlmsghdr *message;
	struct nlattr *list;
};

static void finish_message(struct element_writer *w)
{
	if (!w->message)
		return;
	mnl_attr_nest_end(w->message, w->list);
	batch_finish(w->batch);
	w->message = NULL;
}

static int start_message(struct element_writer *w)
{
	const struct batch_object object = { .kind = BATCH_ELEMENTS,
					     .name = w->set->name,
					     .number = w->number };

	w->message = batch_start(w->batch, w->type,
				 w->type == NFT_MSG_NEWSETELEM ? NLM_F_CREATE : 0, &object);
	if (!w->message)
		return -ENOMEM;
	mnl_attr_put_strz(w->message, NFTA_SET_ELEM_LIST_TABLE, batch_table(w->batch));
	mnl_attr_put_strz(w->message, NFTA_SET_ELEM_LIST_SET, w->set->name);
	w->list = mnl_attr_nest_start(w->message, NFTA_SET_ELEM_LIST_ELEMENTS);
	return 0;
}

/* The next element in the list, with a new message where this one is full. NULL: out of memory. */
static struct nlattr *start_element(struct element_writer *w)
{
	if (w->message && (size_t)((char *)mnl_nlmsg_get_payload_tail(w->message) -
				   (char *)w->list) > ELEMENTS_BYTES_MAX)
		finish_message(w);
	if (!w->message && start_message(w) < 0)
		return NULL;
	return mnl_attr_nest_start(w->message, NFTA_LIST_ELEM);
}

static void put_value(struct nlmsghdr *message, uint16_t type, const void *bytes, size_t len)
{
	struct nlattr *nest = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, len, bytes);
	mnl_attr_nest_end(message, nest);
}

static void put_verdict(struct nlmsghdr *message, const struct ruleset_verdict *verdict)
{
	struct nlattr *data = mnl_attr_nest_start(message, NFTA_SET_ELEM_DATA);
	struct nlattr *nest = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);

	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl(element_verdict_code(verdict->kind)));
	if (verdict->kind == VERDICT_JUMP || verdict->kind == VERDICT_GOTO)
		mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, verdict->chain);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, data);
}

static bool has_expired(const struct element_writer *w, const struct ruleset_element *e)
{
	return w->set->timeouts && e->expires_s && e->expires_s * MS_PER_S <= w->now_ms;
}

/* The kernel counts from now on, and drops the element without anybody's help. */
static void put_timeout(struct element_writer *w, const struct ruleset_element *e)
{
	if (w->set->timeouts && e->expires_s)
		mnl_attr_put_u64(w->message, NFTA_SET_ELEM_TIMEOUT,
				 htobe64((uint64_t)(e->expires_s * MS_PER_S - w->now_ms)));
}

/* A key as it is: hash sets, and (with its end beside it) ranges over several fields. */
static int put_whole_element(struct element_writer *w, const struct ruleset_element *e, size_t len)
{
	struct nlattr *nest;

	if (has_expired(w, e))
		return 0;
	nest = start_element(w);
	if (!nest)
		return -ENOMEM;
	put_value(w->message, NFTA_SET_ELEM_KEY, e->first, len);
	put_timeout(w, e);
	if (w->set->interval)
		put_value(w->message, NFTA_SET_ELEM_KEY_END, e->last, len);
	if (w->set->is_map)
		put_verdict(w->message, &e->verdict);
	mnl_attr_nest_end(w->message, nest);
	return 0;
}

/* The end of a range over one field: the first key that is no longer in it. */
static int put_range_end(struct element_writer *w, const uint8_t *key, size_t len)
{
	struct nlattr *nest = start_element(w);

	if (!nest)
		return -ENOMEM;
	mnl_attr_put_u32(w->message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	put_value(w->message, NFTA_SET_ELEM_KEY, key, len);
	mnl_attr_nest_end(w->message, nest);
	return 0;
}

static int put_range_start(struct element_writer *w, const struct ruleset_element *e, size_t len,
			   bool open_ended)
{
	/* How nft(8) is told that nothing ends the range. */
	static const uint8_t open_mark[] = {
		NFTNL_UDATA_SET_ELEM_FLAGS, 4, NFTNL_SET_ELEM_F_INTERVAL_OPEN, 0, 0, 0
	};
	struct nlattr *nest = start_element(w);

	if (!nest)
		return -ENOMEM;
	put_value(w->message, NFTA_SET_ELEM_KEY, e->first, len);
	if (w->set->is_map)
		put_verdict(w->message, &e->verdict);
	if (open_ended)
		mnl_attr_put(w->message, NFTA_SET_ELEM_USERDATA, sizeof(open_mark), open_mark);
	mnl_attr_nest_end(w->message, nest);
	return 0;
}

/* next = key + 1; false if key is the last one. */
static bool successor(const uint8_t *key, size_t len, uint8_t *next)
{
	size_t i = len;

	memcpy(next, key, len);
	while (i-- > 0) {
		if (++next[i] != 0)
			return true;
	}
	return false;
}

static int put_range(struct element_writer *w, const struct ruleset_element *e, size_t len)
{
	uint8_t end[RULESET_KEY_BYTES_MAX];
	bool ends = successor(e->last, len, end);
	int r = put_range_start(w, e, len, !ends);

	if (r < 0 || !ends)
		return r;
	/* Also where the next range begins just there: the kernel takes a start without the end
	 * before it for an overlap. */
	return put_range_end(w, end, len);
}

/* Element i, in *unpacked where it has to be put together. */
static const struct ruleset_element *element_number(const struct element_writer *w, size_t i,
						    struct ruleset_element *unpacked)
{
	if (!w->packed)
		return &w->set->elements[i];
	packed_get(w->packed, i, unpacked);
	return unpacked;
}

static int put_elements(struct element_writer *w)
{
	static const uint8_t zero[RULESET_KEY_BYTES_MAX];
	bool ranges = w->set->interval && w->set->key_fields == 1;
	size_t count = w->packed ? w->packed->count : w->set->element_count;
	size_t len = set_key_len(w->set), i;
	struct ruleset_element unpacked;
	int r = 0;

	if (w->set->timeouts)
		w->now_ms = real_ms();
	for (i = 0; r == 0 && i < count; i++) {
		const struct ruleset_element *e = element_number(w, i, &unpacked);

		w->number = i + 1;
		/* As nft(8) does: the part below the first range is marked as not in the set. */
		if (ranges && i == 0 && memcmp(e->first, zero, len) != 0)
			r = put_range_end(w, zero, len);
		if (r == 0)
			r = ranges ? put_range(w, e, len) : put_whole_element(w, e, len);
	}
	finish_message(w);
	return r;
}

int element_put_all(struct batch *batch, const struct ruleset_set *set)
{
	struct element_writer w = {
		.batch = batch, .set = set, .type = NFT_MSG_NEWSETELEM, .number = 1
	};

	return put_elements(&w);
}

int element_put_packed(struct batch *batch, const struct ruleset_set *set,
		       const struct packed *packed, uint16_t type)
{
	struct element_writer w = {
		.batch = batch, .set = set, .type = type, .packed = packed, .number = 1
	};

	return put_elements(&w);
}
