/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions of sets and maps as netlink messages, as nft(8) writes its own so that it can list
 * them. */
#include "kernel/set.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/batch.h"

/* Numbers that nft(8) gives to its data types; a concatenation is 6 bits for each. Source:
 * nftables, datatype.h. */
enum datatype {
	DATATYPE_INTEGER = 4,
	DATATYPE_IPV4_ADDR = 7,
	DATATYPE_IPV6_ADDR = 8,
	DATATYPE_ETHER_ADDR = 9,
	DATATYPE_INET_PROTO = 12,
	DATATYPE_INET_SERVICE = 13,
	DATATYPE_ICMP_TYPE = 14,
	DATATYPE_MARK = 19,
	DATATYPE_ICMPV6_TYPE = 29,
	DATATYPE_IFNAME = 41,
};
#define DATATYPE_BITS    6
#define DATATYPE_VERDICT 0xffffff00U

/* What it keeps in a set's user data. Source: nftables, include/expression.h, include/datatype.h.
 */
enum byteorder { BYTEORDER_NONE, BYTEORDER_HOST, BYTEORDER_BIG };
#define EXPR_PAYLOAD        7U
#define EXPR_CONCAT         13U
#define HEADER_ICMP         4U
#define HEADER_TCP          8U
#define HEADER_IP           12U
#define HEADER_IP6          13U
#define HEADER_ICMPV6       14U
#define ICMP_MEMBER_TYPE    1U
#define PAYLOAD_UDATA_DESC  0
#define PAYLOAD_UDATA_FIELD 1
#define PAYLOAD_UDATA_BITS  4

#define USERDATA_MAX 256U

struct field {
	uint8_t datatype;
	uint8_t byteorder;
	/* for `typeof`: header and field as nft(8) numbers them, and its size; 0 where the type
	 * says all */
	uint8_t header, member, bits;
};

static const struct field fields[FIELD_COUNT] = {
	[FIELD_IIFNAME] = { DATATYPE_IFNAME, BYTEORDER_HOST, 0, 0, 0 },
	[FIELD_OIFNAME] = { DATATYPE_IFNAME, BYTEORDER_HOST, 0, 0, 0 },
	[FIELD_SADDR4] = { DATATYPE_IPV4_ADDR, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_DADDR4] = { DATATYPE_IPV4_ADDR, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_SADDR6] = { DATATYPE_IPV6_ADDR, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_DADDR6] = { DATATYPE_IPV6_ADDR, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_L4PROTO] = { DATATYPE_INET_PROTO, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_SPORT] = { DATATYPE_INET_SERVICE, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_DPORT] = { DATATYPE_INET_SERVICE, BYTEORDER_BIG, 0, 0, 0 },
	[FIELD_CT_MARK] = { DATATYPE_MARK, BYTEORDER_HOST, 0, 0, 0 },
	[FIELD_LENGTH4] = { DATATYPE_INTEGER, BYTEORDER_BIG, HEADER_IP, 5, 16 },
	[FIELD_LENGTH6] = { DATATYPE_INTEGER, BYTEORDER_BIG, HEADER_IP6, 5, 16 },
	[FIELD_TCP_DOFF] = { DATATYPE_INTEGER, BYTEORDER_BIG, HEADER_TCP, 5, 4 },
	[FIELD_ETHER_SADDR] = { DATATYPE_ETHER_ADDR, BYTEORDER_BIG, 0, 0, 0 },
};

static void free_set(struct nftnl_set **set)
{
	if (*set)
		nftnl_set_free(*set);
}

static void free_udata(struct nftnl_udata_buf **udata)
{
	if (*udata)
		nftnl_udata_buf_free(*udata);
}

static uint32_t key_datatype(const struct ruleset_set *set)
{
	uint32_t type = 0;
	size_t i;

	for (i = 0; i < set->key_fields; i++)
		type = type << DATATYPE_BITS | fields[set->key[i]].datatype;
	return type;
}

uint32_t set_key_len(const struct ruleset_set *set)
{
	return (uint32_t)(set->key_fields == 1 ? ruleset_field_size(set->key[0])
					       : ruleset_key_room(set));
}

/* All fields need `typeof`, or none: nft(8) cannot say a mixture. */
static bool key_is_sound(const struct ruleset_set *set)
{
	size_t i, typeof_fields = 0;

	if (set->key_fields < 1 || set->key_fields > RULESET_KEY_FIELDS_MAX)
		return false;
	for (i = 0; i < set->key_fields; i++)
		typeof_fields += fields[set->key[i]].header != 0;
	/* Both ends of a range over one field would have to expire at one instant. */
	if (set->timeouts && set->interval && set->key_fields == 1)
		return false;
	if (typeof_fields != 0 && typeof_fields != set->key_fields)
		return false;
	return !set->interval || set->key_fields > 1 ||
	       fields[set->key[0]].byteorder == BYTEORDER_BIG;
}

static void put_payload_udata(struct nftnl_udata_buf *udata, uint8_t header, uint8_t member,
			      uint8_t bits)
{
	struct nftnl_udata *data;

	nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_TYPEOF_EXPR, EXPR_PAYLOAD);
	data = nftnl_udata_nest_start(udata, NFTNL_UDATA_SET_TYPEOF_DATA);
	nftnl_udata_put_u32(udata, PAYLOAD_UDATA_DESC, header);
	nftnl_udata_put_u32(udata, PAYLOAD_UDATA_FIELD, member);
	if (bits > 0)
		nftnl_udata_put_u32(udata, PAYLOAD_UDATA_BITS, bits);
	nftnl_udata_nest_end(udata, data);
}

/* `typeof`: which header fields the key is made of. */
static void put_typeof(struct nftnl_udata_buf *udata, const struct ruleset_set *set)
{
	struct nftnl_udata *typeof_ = nftnl_udata_nest_start(udata, NFTNL_UDATA_SET_KEY_TYPEOF);
	struct nftnl_udata *data;
	size_t i;

	if (set->key_fields == 1) {
		const struct field *f = &fields[set->key[0]];

		put_payload_udata(udata, f->header, f->member, f->bits);
		nftnl_udata_nest_end(udata, typeof_);
		return;
	}
	nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_TYPEOF_EXPR, EXPR_CONCAT);
	data = nftnl_udata_nest_start(udata, NFTNL_UDATA_SET_TYPEOF_DATA);
	for (i = 0; i < set->key_fields; i++) {
		const struct field *f = &fields[set->key[i]];
		struct nftnl_udata *part = nftnl_udata_nest_start(udata, (uint8_t)i);

		put_payload_udata(udata, f->header, f->member, f->bits);
		nftnl_udata_nest_end(udata, part);
	}
	nftnl_udata_nest_end(udata, data);
	nftnl_udata_nest_end(udata, typeof_);
}

static int set_userdata(struct nftnl_set *out, const struct nftnl_udata_buf *udata)
{
	int r = nftnl_set_set_data(out, NFTNL_SET_USERDATA, nftnl_udata_buf_data(udata),
				   nftnl_udata_buf_len(udata));

	return r == 0 ? 0 : -ENOMEM;
}

static int put_userdata(struct nftnl_set *out, const struct ruleset_set *set)
{
	auto_(free_udata) struct nftnl_udata_buf *udata = nftnl_udata_buf_alloc(USERDATA_MAX);
	uint32_t byteorder =
		set->key_fields == 1 ? fields[set->key[0]].byteorder : (uint32_t)BYTEORDER_NONE;

	if (!udata)
		return -ENOMEM;
	nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_KEYBYTEORDER, byteorder);
	if (set->is_map)
		nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_DATABYTEORDER, BYTEORDER_NONE);
	if (fields[set->key[0]].header != 0)
		put_typeof(udata, set);
	if (set->is_map)
		nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_DATA_INTERVAL, 0);
	return set_userdata(out, udata);
}

static int put_set_message(struct batch *batch, struct nftnl_set *out,
			   const struct batch_object *object)
{
	struct nlmsghdr *message = batch_start(batch, NFT_MSG_NEWSET, NLM_F_CREATE, object);

	if (!message)
		return -ENOMEM;
	nftnl_set_nlmsg_build_payload(message, out);
	batch_finish(batch);
	return 0;
}

/* Ranges over several fields: the kernel has to know where each field ends. */
static int put_field_lengths(struct nftnl_set *out, const struct ruleset_set *set)
{
	uint8_t lengths[RULESET_KEY_FIELDS_MAX];
	size_t i;

	for (i = 0; i < set->key_fields; i++)
		lengths[i] = (uint8_t)ruleset_field_size(set->key[i]);
	return nftnl_set_set_data(out, NFTNL_SET_DESC_CONCAT, lengths, (uint32_t)set->key_fields) <
			       0
		       ? -ENOMEM
		       : 0;
}

int set_put_definition(struct batch *batch, const struct ruleset_set *set, uint32_t id)
{
	const struct batch_object object = { .kind = BATCH_SET, .name = set->name };
	auto_(free_set) struct nftnl_set *out = NULL;
	uint32_t flags = 0;
	int r = 0;

	if (!key_is_sound(set))
		return -EINVAL;
	out = nftnl_set_alloc();
	if (!out)
		return -ENOMEM;
	if (set->interval)
		flags |= NFT_SET_INTERVAL;
	if (set->interval && set->key_fields > 1)
		flags |= NFT_SET_CONCAT;
	if (set->is_map)
		flags |= NFT_SET_MAP;
	if (set->timeouts)
		flags |= NFT_SET_TIMEOUT;
	if (nftnl_set_set_str(out, NFTNL_SET_TABLE, batch_table(batch)) < 0 ||
	    nftnl_set_set_str(out, NFTNL_SET_NAME, set->name) < 0)
		return -ENOMEM;
	nftnl_set_set_u32(out, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(out, NFTNL_SET_ID, id);
	nftnl_set_set_u32(out, NFTNL_SET_KEY_TYPE, key_datatype(set));
	nftnl_set_set_u32(out, NFTNL_SET_KEY_LEN, set_key_len(set));
	if (set->is_map) {
		nftnl_set_set_u32(out, NFTNL_SET_DATA_TYPE, DATATYPE_VERDICT);
		nftnl_set_set_u32(out, NFTNL_SET_DATA_LEN, 0);
	}
	if (flags & NFT_SET_CONCAT)
		r = put_field_lengths(out, set);
	if (r == 0)
		r = put_userdata(out, set);
	return r < 0 ? r : put_set_message(batch, out, &object);
}

static int put_icmp_userdata(struct nftnl_set *out, uint8_t header)
{
	auto_(free_udata) struct nftnl_udata_buf *udata = nftnl_udata_buf_alloc(USERDATA_MAX);
	struct nftnl_udata *nest;

	if (!udata)
		return -ENOMEM;
	nftnl_udata_put_u32(udata, NFTNL_UDATA_SET_KEYBYTEORDER, BYTEORDER_BIG);
	nest = nftnl_udata_nest_start(udata, NFTNL_UDATA_SET_KEY_TYPEOF);
	put_payload_udata(udata, header, ICMP_MEMBER_TYPE, 0);
	nftnl_udata_nest_end(udata, nest);
	return set_userdata(out, udata);
}

static int put_icmp_elements(struct batch *batch, const struct batch_object *object,
			     const uint8_t *types, size_t count, uint32_t id)
{
	struct nlmsghdr *message = batch_start(batch, NFT_MSG_NEWSETELEM, NLM_F_CREATE, object);
	struct nlattr *list;
	size_t i;

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, batch_table(batch));
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, SET_NAMELESS);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(id));
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	for (i = 0; i < count; i++) {
		struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM);
		struct nlattr *key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);

		mnl_attr_put(message, NFTA_DATA_VALUE, sizeof(types[i]), &types[i]);
		mnl_attr_nest_end(message, key);
		mnl_attr_nest_end(message, element);
	}
	mnl_attr_nest_end(message, list);
	batch_finish(batch);
	return 0;
}

int set_put_icmp_types(struct batch *batch, const struct batch_object *object, uint8_t family,
		       const uint8_t *types, size_t count, uint32_t id)
{
	auto_(free_set) struct nftnl_set *out = nftnl_set_alloc();
	int r;

	if (!out || nftnl_set_set_str(out, NFTNL_SET_TABLE, batch_table(batch)) < 0 ||
	    nftnl_set_set_str(out, NFTNL_SET_NAME, SET_NAMELESS) < 0)
		return -ENOMEM;
	nftnl_set_set_u32(out, NFTNL_SET_FLAGS, NFT_SET_ANONYMOUS | NFT_SET_CONSTANT);
	nftnl_set_set_u32(out, NFTNL_SET_ID, id);
	nftnl_set_set_u32(out, NFTNL_SET_KEY_TYPE,
			  family == 4 ? DATATYPE_ICMP_TYPE : DATATYPE_ICMPV6_TYPE);
	nftnl_set_set_u32(out, NFTNL_SET_KEY_LEN, sizeof(types[0]));
	nftnl_set_set_u32(out, NFTNL_SET_DESC_SIZE, (uint32_t)count);
	r = put_icmp_userdata(out, family == 4 ? HEADER_ICMP : HEADER_ICMPV6);
	if (r == 0)
		r = put_set_message(batch, out, object);
	return r < 0 ? r : put_icmp_elements(batch, object, types, count, id);
}

/* A stretch of user data: type, length and value, one after the other. */
struct udata {
	const uint8_t *at;
	size_t len;
};

/* What is under type; nothing where it is not there or does not fit. */
static struct udata find_udata(struct udata in, uint8_t type)
{
	while (in.len >= 2 && in.len - 2 >= in.at[1]) {
		size_t step = 2 + (size_t)in.at[1];

		if (in.at[0] == type)
			return (struct udata){ in.at + 2, step - 2 };
		in.at += step;
		in.len -= step;
	}
	return (struct udata){ NULL, 0 };
}

/* A number under type, in host order as nft(8) keeps it; 0 where there is none. */
static uint32_t udata_number(struct udata in, uint8_t type)
{
	struct udata found = find_udata(in, type);
	uint32_t number = 0;

	if (found.len == sizeof(number))
		memcpy(&number, found.at, sizeof(number));
	return number;
}

static enum ruleset_field find_field(uint8_t datatype, uint32_t header, uint32_t bits)
{
	unsigned int i;

	if (datatype == DATATYPE_ICMP_TYPE || datatype == DATATYPE_ICMPV6_TYPE)
		return FIELD_L4PROTO;
	for (i = 0; i < FIELD_COUNT; i++)
		if (fields[i].datatype == datatype &&
		    (datatype != DATATYPE_INTEGER ||
		     (fields[i].header == header && fields[i].bits == bits)))
			return (enum ruleset_field)i;
	return FIELD_COUNT;
}

size_t set_read_key(uint32_t type, const void *userdata, size_t len, enum ruleset_field *ret)
{
	struct udata typeof_ =
		find_udata((struct udata){ userdata, len }, NFTNL_UDATA_SET_KEY_TYPEOF);
	bool concat = udata_number(typeof_, NFTNL_UDATA_SET_TYPEOF_EXPR) == EXPR_CONCAT;
	enum ruleset_field key[RULESET_KEY_FIELDS_MAX];
	size_t count = 0, i;
	uint32_t rest;

	for (rest = type; rest != 0; rest >>= DATATYPE_BITS)
		count++;
	if (count > RULESET_KEY_FIELDS_MAX)
		return 0;
	for (i = 0; i < count; i++) {
		struct udata data = find_udata(typeof_, NFTNL_UDATA_SET_TYPEOF_DATA);
		uint32_t shift = (uint32_t)(count - 1 - i) * DATATYPE_BITS;

		if (concat)
			data = find_udata(find_udata(data, (uint8_t)i),
					  NFTNL_UDATA_SET_TYPEOF_DATA);
		key[i] = find_field((uint8_t)(type >> shift & ((1U << DATATYPE_BITS) - 1)),
				    udata_number(data, PAYLOAD_UDATA_DESC),
				    udata_number(data, PAYLOAD_UDATA_BITS));
		if (key[i] == FIELD_COUNT)
			return 0;
	}
	memcpy(ret, key, sizeof(key));
	return count;
}
