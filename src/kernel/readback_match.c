/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules match, read back: comparisons of what was loaded. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"
#include "kernel/set.h"

#define BIT(n)            (1U << (n))
#define TCP_FLAGS_OFFSET  13U
#define UDP_LENGTH_OFFSET 4U
#define UDP_FIRST_OFFSET  8U
#define STATES_ALL                                                                                 \
	((uint32_t)(STATE_INVALID | STATE_ESTABLISHED | STATE_RELATED | STATE_NEW |                \
		    STATE_UNTRACKED))

/* One comparison. */
struct comparison {
	struct readback_load *load;
	uint32_t op;               /* NFT_CMP_* */
	const uint8_t *value, *to; /* to: the end of a range; else NULL */
	uint32_t len;
};

static bool is_equality(const struct comparison *c)
{
	return !c->to && (c->op == NFT_CMP_EQ || c->op == NFT_CMP_NEQ);
}

uint32_t readback_number(const uint8_t *bytes)
{
	uint32_t number;

	memcpy(&number, bytes, sizeof(number));
	return number;
}

int readback_refuse_comparison(struct readback_rule *r)
{
	return readback_refuse_rule(r, _("it compares something in a way that Sekisho does not"));
}

/* --- comparisons with fields, as sets of one element --- */

/* Of one field: the limits that value and mask give. False if the mask is not a prefix. */
static bool field_limits(const uint8_t *value, const uint8_t *mask, size_t size, uint8_t *first,
			 uint8_t *last)
{
	bool ended = false;
	size_t i;
	int bit;

	for (i = 0; i < size; i++) {
		if (value[i] & ~mask[i])
			return false;
		for (bit = 7; bit >= 0; bit--) {
			bool set = mask[i] >> bit & 1;

			if (set && ended)
				return false;
			ended = !set;
		}
		first[i] = value[i];
		last[i] = value[i] | (uint8_t)~mask[i];
	}
	return true;
}

/* The limits of all fields that the load spans. */
static bool equality_limits(const struct comparison *c, struct readback_compare_set *set)
{
	uint8_t value[READBACK_REGISTER_BYTES] = { 0 }, mask[READBACK_REGISTER_BYTES] = { 0 };
	size_t i, from = 0, to = 0;

	memcpy(value, c->value, c->len);
	memset(mask, 0xff, c->len);
	/* That of a header length is part of the field. */
	if (c->load->masked && c->load->shift == 0)
		memcpy(mask, c->load->bytes, c->len);
	for (i = 0; i < set->count; i++) {
		size_t size = ruleset_field_size(set->fields[i]);

		if (!field_limits(value + from, mask + from, size, set->first + to, set->last + to))
			return false;
		from += size;
		to += ruleset_field_room(set->fields[i]);
	}
	return true;
}

/* One up or down; false beyond the end. */
static bool step(uint8_t *key, size_t len, bool up)
{
	size_t i = len;

	while (i-- > 0) {
		uint8_t before = key[i];

		key[i] = (uint8_t)(up ? before + 1 : before - 1);
		if (before != (up ? 0xff : 0))
			return true;
	}
	return false;
}

static bool order_limits(const struct comparison *c, struct readback_compare_set *set)
{
	size_t size = ruleset_field_size(set->fields[0]);

	if (set->count != 1 || c->load->masked || size != c->len ||
	    set->fields[0] == FIELD_IIFNAME || set->fields[0] == FIELD_OIFNAME ||
	    set->fields[0] == FIELD_CT_MARK)
		return false;
	memcpy(set->first, c->value, size);
	memcpy(set->last, c->value, size);
	if (c->to) {
		memcpy(set->last, c->to, size);
		return memcmp(set->first, set->last, size) <= 0;
	}
	switch (c->op) {
	case NFT_CMP_GTE:
	case NFT_CMP_GT:
		memset(set->last, 0xff, size);
		return c->op == NFT_CMP_GTE || step(set->first, size, true);
	case NFT_CMP_LTE:
	case NFT_CMP_LT:
		memset(set->first, 0, size);
		return c->op == NFT_CMP_LTE || step(set->last, size, false);
	default:
		return false;
	}
}

static int compare_fields(struct readback_rule *r, const struct comparison *c)
{
	struct ruleset_statement s = { .kind = MATCH_SET, .negate = c->op == NFT_CMP_NEQ };
	struct readback_need needs[READBACK_NEEDS_MAX];
	struct readback_compare_set set = { 0 };
	size_t need_count = 0, i;
	uint32_t cut;
	int result;

	readback_load_fields(c->load, set.fields, &set.count, &cut);
	if (set.count == 0 && c->load->source == SOURCE_PAYLOAD)
		return readback_refuse_rule(
			r,
			_("it compares a part of packets that Sekisho does not look at (header "
			  "%u, %u bytes from %u)"),
			c->load->key, c->load->len, c->load->offset);
	if (set.count == 0 || c->len != c->load->len)
		return readback_refuse_comparison(r);
	if (c->load->source == SOURCE_META &&
	    (c->load->key == NFT_META_IIFNAME || c->load->key == NFT_META_OIFNAME) &&
	    !readback_is_name(c->value, c->len))
		return readback_refuse_comparison(r);
	if (is_equality(c) ? !equality_limits(c, &set) : !order_limits(c, &set))
		return readback_refuse_comparison(r);
	for (i = 0; i < set.count; i++)
		readback_field_needs(set.fields[i], needs, &need_count);
	s.field_count = set.count;
	memcpy(s.fields, set.fields, sizeof(s.fields));
	result = readback_add_compare_set(r->rb, &set, s.text, sizeof(s.text));
	return result < 0 ? result : readback_add_statement(r, &s, needs, need_count);
}

/* --- comparisons that have statements of their own --- */

static int compare_protocol(struct readback_rule *r, const struct comparison *c)
{
	struct readback_need need = { NEED_NFPROTO, c->value[0] };

	if (c->load->key == NFT_META_L4PROTO) {
		const struct ruleset_statement other = { .kind = MATCH_L4PROTO,
							 .negate = true,
							 .value = c->value[0] };

		need.kind = NEED_L4PROTO;
		if (c->op == NFT_CMP_NEQ)
			return readback_add_statement(r, &other, NULL, 0);
		return readback_add_need(r, need);
	}
	if (need.value != NFPROTO_IPV4 && need.value != NFPROTO_IPV6)
		return readback_refuse_comparison(r);
	/* There are only two. */
	if (c->op == NFT_CMP_NEQ)
		need.value = need.value == NFPROTO_IPV4 ? NFPROTO_IPV6 : NFPROTO_IPV4;
	return readback_add_need(r, need);
}

static int compare_frame_type(struct readback_rule *r, const struct comparison *c)
{
	const struct readback_need need = { NEED_ETHER, 0 };
	const uint16_t ether = ARPHRD_ETHER;

	if (c->op != NFT_CMP_EQ || memcmp(c->value, &ether, sizeof(ether)) != 0)
		return readback_refuse_comparison(r);
	return readback_add_need(r, need);
}

static int compare_interface(struct readback_rule *r, const struct comparison *c)
{
	struct ruleset_statement s = { .kind = MATCH_IIFNAME };

	if (c->len < c->load->len)
		return readback_refuse_rule(
			r, _("it matches interfaces by the beginning of their names"));
	if (c->op != NFT_CMP_EQ)
		return compare_fields(r, c);
	if (c->load->key == NFT_META_OIFNAME)
		s.kind = MATCH_OIFNAME;
	if (!readback_is_name(c->value, c->len))
		return readback_refuse_comparison(r);
	memcpy(s.text, c->value, c->len);
	return readback_add_statement(r, &s, NULL, 0);
}

static int compare_mark(struct readback_rule *r, const struct comparison *c,
			enum ruleset_statement_kind kind)
{
	const struct ruleset_statement s = { .kind = kind,
					     .negate = c->op == NFT_CMP_NEQ,
					     .value = readback_number(c->value),
					     .mask = c->load->masked
							     ? readback_number(c->load->bytes)
							     : UINT32_MAX };

	return readback_add_statement(r, &s, NULL, 0);
}

/* A packet has just one state: not to have these is to have another. */
static int compare_state(struct readback_rule *r, const struct comparison *c)
{
	struct ruleset_statement s = { .kind = MATCH_CT_STATE };
	uint32_t value = readback_number(c->value);
	bool has;

	if (c->load->masked) {
		if (value != 0)
			return readback_refuse_comparison(r);
		s.value = readback_number(c->load->bytes);
		has = c->op == NFT_CMP_NEQ;
	} else {
		if (value == 0 || (value & (value - 1)) != 0)
			return readback_refuse_comparison(r);
		s.value = value;
		has = c->op == NFT_CMP_EQ;
	}
	if (s.value == 0 || (s.value & ~STATES_ALL))
		return readback_refuse_comparison(r);
	if (!has)
		s.value = STATES_ALL & ~s.value;
	return readback_add_statement(r, &s, NULL, 0);
}

static int compare_direction(struct readback_rule *r, const struct comparison *c)
{
	struct ruleset_statement s = { .kind = MATCH_CT_REPLY };

	if (c->value[0] > 1 || c->load->masked)
		return readback_refuse_comparison(r);
	s.value = (c->value[0] == 1) == (c->op == NFT_CMP_EQ);
	return readback_add_statement(r, &s, NULL, 0);
}

static int compare_tcp_flags(struct readback_rule *r, const struct comparison *c)
{
	static const struct readback_need tcp = { NEED_L4PROTO, IPPROTO_TCP };
	const struct ruleset_statement s = { .kind = MATCH_TCP_FLAGS,
					     .negate = c->op == NFT_CMP_NEQ,
					     .value = c->value[0],
					     .mask = c->load->masked ? c->load->bytes[0] : 0xff };

	return readback_add_statement(r, &s, &tcp, 1);
}

static bool is_udp_part(const struct readback_rule *r, const struct comparison *c, uint32_t offset,
			uint32_t len)
{
	const struct readback_load *load = c->load;

	return load->key == NFT_PAYLOAD_TRANSPORT_HEADER && load->offset == offset &&
	       load->len == len && is_equality(c) && !load->shift &&
	       readback_l4proto(r) == IPPROTO_UDP;
}

static int compare_udp_part(struct readback_rule *r, const struct comparison *c,
			    enum ruleset_statement_kind kind)
{
	static const struct readback_need udp = { NEED_L4PROTO, IPPROTO_UDP };
	static const uint8_t all[2] = { 0xff, 0xff };
	const uint8_t *mask = c->load->masked ? c->load->bytes : all;
	struct ruleset_statement s = { .kind = kind, .negate = c->op == NFT_CMP_NEQ };
	uint32_t i;

	for (i = 0; i < c->len; i++) {
		s.value = s.value << 8 | c->value[i];
		s.mask = s.mask << 8 | mask[i];
	}
	return readback_add_statement(r, &s, &udp, 1);
}

static bool is_icmp(uint8_t l4proto)
{
	return l4proto == IPPROTO_ICMP || l4proto == IPPROTO_ICMPV6;
}

bool readback_is_icmp_type(const struct readback_rule *r, const struct readback_load *load)
{
	return load->source == SOURCE_PAYLOAD && load->key == NFT_PAYLOAD_TRANSPORT_HEADER &&
	       load->offset == 0 && load->len == 1 && !load->masked && !load->shift &&
	       is_icmp(readback_l4proto(r));
}

int readback_add_types(struct readback_rule *r, const uint8_t *types, size_t count)
{
	bool v6 = readback_l4proto(r) == IPPROTO_ICMPV6;
	const struct readback_need needs[] = {
		{ NEED_NFPROTO, v6 ? NFPROTO_IPV6 : NFPROTO_IPV4 },
		{ NEED_L4PROTO, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP },
	};
	struct ruleset_statement s = { .kind = v6 ? MATCH_ICMPV6_TYPES : MATCH_ICMP_TYPES,
				       .type_count = count };

	if (count < 1 || count > RULESET_ICMP_TYPES_MAX)
		return readback_refuse_rule(r, _("it lists more ICMP types than Sekisho does"));
	memcpy(s.types, types, count);
	return readback_add_statement(r, &s, needs, 2);
}

static int compare_payload(struct readback_rule *r, const struct comparison *c)
{
	const struct readback_load *load = c->load;

	if (load->key == NFT_PAYLOAD_TRANSPORT_HEADER && load->offset == TCP_FLAGS_OFFSET &&
	    load->len == 1 && is_equality(c) && !load->shift && readback_l4proto(r) == IPPROTO_TCP)
		return compare_tcp_flags(r, c);
	if (is_udp_part(r, c, UDP_FIRST_OFFSET, 1))
		return compare_udp_part(r, c, MATCH_UDP_FIRST);
	if (is_udp_part(r, c, UDP_LENGTH_OFFSET, 2))
		return compare_udp_part(r, c, MATCH_UDP_LENGTH);
	if (readback_is_icmp_type(r, load) && c->op == NFT_CMP_EQ && !c->to)
		return readback_add_types(r, c->value, 1);
	return compare_fields(r, c);
}

static int compare_meta(struct readback_rule *r, const struct comparison *c)
{
	if (c->load->shift)
		return readback_refuse_comparison(r);
	switch (c->load->key) {
	case NFT_META_NFPROTO:
	case NFT_META_L4PROTO:
		if (!is_equality(c) || c->load->masked)
			break;
		return compare_protocol(r, c);
	case NFT_META_IIFTYPE:
		if (c->load->masked)
			break;
		return compare_frame_type(r, c);
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
		if (!is_equality(c) || c->load->masked)
			break;
		return compare_interface(r, c);
	case NFT_META_MARK:
		if (!is_equality(c))
			break;
		return compare_mark(r, c, MATCH_META_MARK);
	default:
		break;
	}
	return compare_fields(r, c);
}

static int compare_ct(struct readback_rule *r, const struct comparison *c)
{
	if (!is_equality(c) || c->load->shift)
		return readback_refuse_comparison(r);
	switch (c->load->key) {
	case NFT_CT_STATE:
		return compare_state(r, c);
	case NFT_CT_DIRECTION:
		return compare_direction(r, c);
	case NFT_CT_MARK:
		return compare_mark(r, c, MATCH_CT_MARK);
	default:
		return readback_refuse_comparison(r);
	}
}

static int compare(struct readback_rule *r, const struct comparison *c)
{
	c->load->used = true;
	if (c->len == 0 || c->len > c->load->len)
		return readback_refuse_comparison(r);
	/* Of interface names alone a beginning may be compared, and that is refused in words. */
	if (c->len < c->load->len &&
	    (c->load->source != SOURCE_META ||
	     (c->load->key != NFT_META_IIFNAME && c->load->key != NFT_META_OIFNAME)))
		return readback_refuse_comparison(r);
	switch (c->load->source) {
	case SOURCE_META:
		return compare_meta(r, c);
	case SOURCE_CT:
		return compare_ct(r, c);
	case SOURCE_PAYLOAD:
		return compare_payload(r, c);
	case SOURCE_DATA:
		break;
	}
	return readback_refuse_comparison(r);
}

static bool take_value(const struct nlattr *attr, const uint8_t **ret, uint32_t *ret_len)
{
	const struct nlattr *parts[NFTA_DATA_MAX + 1];

	if (!attr_index_nested(attr, parts, NFTA_DATA_MAX) || !parts[NFTA_DATA_VALUE])
		return false;
	*ret = mnl_attr_get_payload(parts[NFTA_DATA_VALUE]);
	*ret_len = mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]);
	return true;
}

static struct readback_load *load_of(struct readback_rule *r, const struct nlattr *attr)
{
	return readback_load_at(&r->registers, readback_register_at(attr_u32(attr, 0)));
}

int readback_cmp(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_CMP_MAX + 1];
	struct comparison c = { 0 };

	if (!readback_attrs(data, attrs, NFTA_CMP_MAX, UINT32_MAX) ||
	    !take_value(attrs[NFTA_CMP_DATA], &c.value, &c.len))
		return -EBADMSG;
	c.op = attr_u32(attrs[NFTA_CMP_OP], UINT32_MAX);
	c.load = load_of(r, attrs[NFTA_CMP_SREG]);
	return c.load ? compare(r, &c) : readback_refuse_comparison(r);
}

int readback_range(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_RANGE_MAX + 1];
	struct comparison c = { 0 };
	uint32_t len = 0;

	if (!readback_attrs(data, attrs, NFTA_RANGE_MAX, UINT32_MAX) ||
	    !take_value(attrs[NFTA_RANGE_FROM_DATA], &c.value, &c.len) ||
	    !take_value(attrs[NFTA_RANGE_TO_DATA], &c.to, &len) || len != c.len)
		return -EBADMSG;
	c.op = attr_u32(attrs[NFTA_RANGE_OP], NFT_RANGE_EQ) == NFT_RANGE_EQ ? NFT_CMP_EQ
									    : NFT_CMP_NEQ;
	c.load = load_of(r, attrs[NFTA_RANGE_SREG]);
	return c.load ? compare(r, &c) : readback_refuse_comparison(r);
}
