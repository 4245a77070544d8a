/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What expressions load into the registers, remembered as what it is, not as a value. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"

#define BIT(n) (1U << (n))

uint32_t readback_register_at(uint32_t number)
{
	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		return (number - NFT_REG_1) * 16;
	if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		return (number - NFT_REG32_00) * 4;
	return UINT32_MAX;
}

struct readback_load *readback_load_at(struct readback_registers *registers, uint32_t at)
{
	size_t i;

	for (i = 0; i < registers->count; i++)
		if (registers->loads[i].at == at)
			return &registers->loads[i];
	return NULL;
}

/* Bytes of the registers that it takes: whole words. */
static uint32_t room(const struct readback_load *load)
{
	return (load->len + 3) & ~3U;
}

bool readback_load_put(struct readback_registers *registers, const struct readback_load *load)
{
	size_t i, count = 0;

	if (load->at >= READBACK_REGISTER_BYTES || load->len == 0 ||
	    load->len > READBACK_REGISTER_BYTES - load->at)
		return false;
	for (i = 0; i < registers->count; i++) {
		const struct readback_load *old = &registers->loads[i];

		if (old->at >= load->at + room(load) || load->at >= old->at + room(old))
			registers->loads[count++] = *old;
		else if (old->source == SOURCE_PAYLOAD && !old->used)
			return false; /* read for nothing */
	}
	registers->count = count;
	if (count == READBACK_LOADS_MAX)
		return false;
	registers->loads[registers->count++] = *load;
	return true;
}

static int put(struct readback_rule *r, const struct readback_load *load)
{
	if (readback_load_put(&r->registers, load))
		return 0;
	return readback_refuse_rule(r, _("it uses the registers in a way that Sekisho does not"));
}

/* Bytes of a meta key that we know; 0: we do not. */
static uint32_t meta_len(uint32_t key)
{
	switch (key) {
	case NFT_META_NFPROTO:
	case NFT_META_L4PROTO:
		return 1;
	case NFT_META_IIFTYPE:
		return 2;
	case NFT_META_MARK:
		return 4;
	case NFT_META_IIFNAME:
	case NFT_META_OIFNAME:
		return 16;
	default:
		return 0;
	}
}

static int load_meta(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_META_MAX + 1];
	struct readback_load load = { .source = SOURCE_META };

	if (!readback_attrs(data, attrs, NFTA_META_MAX, BIT(NFTA_META_DREG) | BIT(NFTA_META_KEY)))
		return -ENOENT;
	load.key = attr_u32(attrs[NFTA_META_KEY], UINT32_MAX);
	load.at = readback_register_at(attr_u32(attrs[NFTA_META_DREG], 0));
	load.len = meta_len(load.key);
	if (load.len == 0)
		return readback_refuse_rule(
			r,
			_("it looks at a property of packets that Sekisho does not (meta key "
			  "%u)"),
			load.key);
	return put(r, &load);
}

static uint32_t ct_len(uint32_t key)
{
	switch (key) {
	case NFT_CT_DIRECTION:
		return 1;
	case NFT_CT_STATE:
	case NFT_CT_MARK:
		return 4;
	default:
		return 0;
	}
}

static int load_ct(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_CT_MAX + 1];
	struct readback_load load = { .source = SOURCE_CT };

	if (!readback_attrs(data, attrs, NFTA_CT_MAX, BIT(NFTA_CT_DREG) | BIT(NFTA_CT_KEY)))
		return -ENOENT;
	load.key = attr_u32(attrs[NFTA_CT_KEY], UINT32_MAX);
	load.at = readback_register_at(attr_u32(attrs[NFTA_CT_DREG], 0));
	load.len = ct_len(load.key);
	if (load.len == 0)
		return readback_refuse_rule(r,
					    _("it looks at a property of connections that Sekisho "
					      "does not (ct key %u)"),
					    load.key);
	return put(r, &load);
}

static int load_payload(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_PAYLOAD_MAX + 1];
	struct readback_load load = { .source = SOURCE_PAYLOAD };

	if (!readback_attrs(data, attrs, NFTA_PAYLOAD_MAX,
			    BIT(NFTA_PAYLOAD_DREG) | BIT(NFTA_PAYLOAD_BASE) |
				    BIT(NFTA_PAYLOAD_OFFSET) | BIT(NFTA_PAYLOAD_LEN)))
		return readback_refuse_rule(r, _("it changes packets"));
	load.key = attr_u32(attrs[NFTA_PAYLOAD_BASE], UINT32_MAX);
	load.offset = attr_u32(attrs[NFTA_PAYLOAD_OFFSET], UINT32_MAX);
	load.len = attr_u32(attrs[NFTA_PAYLOAD_LEN], 0);
	load.at = readback_register_at(attr_u32(attrs[NFTA_PAYLOAD_DREG], 0));
	return put(r, &load);
}

/* A value of len bytes; NULL if it has another length. */
static const uint8_t *value_of(const struct nlattr *attr, uint32_t len)
{
	const struct nlattr *parts[NFTA_DATA_MAX + 1];

	if (!readback_attrs(attr, parts, NFTA_DATA_MAX, BIT(NFTA_DATA_VALUE)) ||
	    !parts[NFTA_DATA_VALUE] || mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]) != len)
		return NULL;
	return mnl_attr_get_payload(parts[NFTA_DATA_VALUE]);
}

static bool mask_load(struct readback_load *load, const struct nlattr **attrs)
{
	static const uint8_t none[READBACK_REGISTER_BYTES];
	const uint8_t *mask = value_of(attrs[NFTA_BITWISE_MASK], load->len);
	const uint8_t *flips = value_of(attrs[NFTA_BITWISE_XOR], load->len);

	if (!mask || !flips || memcmp(flips, none, load->len) != 0 || load->masked || load->shift)
		return false;
	memcpy(load->bytes, mask, load->len);
	load->masked = true;
	return true;
}

static bool shift_load(struct readback_load *load, const struct nlattr **attrs)
{
	const uint8_t *bits = value_of(attrs[NFTA_BITWISE_DATA], sizeof(load->shift));

	if (!bits || load->shift)
		return false;
	memcpy(&load->shift, bits, sizeof(load->shift));
	return true;
}

static int load_bitwise(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_BITWISE_MAX + 1];
	struct readback_load *load;
	uint32_t op;
	bool understood = false;

	if (!readback_attrs(data, attrs, NFTA_BITWISE_MAX, UINT32_MAX))
		return readback_refuse_rule(r, _("it reckons in a way that Sekisho does not"));
	op = attr_u32(attrs[NFTA_BITWISE_OP], NFT_BITWISE_BOOL);
	load = readback_load_at(&r->registers,
				readback_register_at(attr_u32(attrs[NFTA_BITWISE_SREG], 0)));
	if (load && load->source != SOURCE_DATA &&
	    attr_u32(attrs[NFTA_BITWISE_SREG], 0) == attr_u32(attrs[NFTA_BITWISE_DREG], 0) &&
	    attr_u32(attrs[NFTA_BITWISE_LEN], 0) == load->len) {
		if (op == NFT_BITWISE_BOOL)
			understood = mask_load(load, attrs);
		else if (op == NFT_BITWISE_RSHIFT)
			understood = shift_load(load, attrs);
	}
	return understood ? 0
			  : readback_refuse_rule(r, _("it reckons in a way that Sekisho does not"));
}

static int load_immediate(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_IMMEDIATE_MAX + 1], *parts[NFTA_DATA_MAX + 1];
	struct readback_load load = { .source = SOURCE_DATA };

	if (!readback_attrs(data, attrs, NFTA_IMMEDIATE_MAX,
			    BIT(NFTA_IMMEDIATE_DREG) | BIT(NFTA_IMMEDIATE_DATA)) ||
	    attr_u32(attrs[NFTA_IMMEDIATE_DREG], 0) == NFT_REG_VERDICT)
		return -ENOENT;
	if (!attr_index_nested(attrs[NFTA_IMMEDIATE_DATA], parts, NFTA_DATA_MAX) ||
	    !parts[NFTA_DATA_VALUE] ||
	    mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]) > sizeof(load.bytes))
		return -EBADMSG;
	load.at = readback_register_at(attr_u32(attrs[NFTA_IMMEDIATE_DREG], 0));
	load.len = mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]);
	memcpy(load.bytes, mnl_attr_get_payload(parts[NFTA_DATA_VALUE]), load.len);
	return put(r, &load);
}

int readback_load(struct readback_rule *r, const char *name, const struct nlattr *data)
{
	static const struct {
		const char *name;
		int (*read)(struct readback_rule *r, const struct nlattr *data);
	} readers[] = {
		{ "meta", load_meta },           { "ct", load_ct },
		{ "payload", load_payload },     { "bitwise", load_bitwise },
		{ "immediate", load_immediate },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].name, name) == 0)
			return readers[i].read(r, data);
	return -ENOENT;
}

/* --- which fields a load is --- */

struct place {
	uint32_t base, offset, len;
	enum ruleset_field field;
};

static const struct place places[] = {
	{ NFT_PAYLOAD_NETWORK_HEADER, 12, 4, FIELD_SADDR4 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 16, 4, FIELD_DADDR4 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 8, 16, FIELD_SADDR6 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 24, 16, FIELD_DADDR6 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 2, 2, FIELD_LENGTH4 },
	{ NFT_PAYLOAD_NETWORK_HEADER, 4, 2, FIELD_LENGTH6 },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, FIELD_SPORT },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, FIELD_DPORT },
	{ NFT_PAYLOAD_LL_HEADER, 6, 6, FIELD_ETHER_SADDR },
};

static const struct place *find_place(uint32_t base, uint32_t offset)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		if (places[i].base == base && places[i].offset == offset)
			return &places[i];
	return NULL;
}

/* Header bytes may span fields that lie side by side. */
static void payload_fields(const struct readback_load *load, enum ruleset_field *fields,
			   size_t *ret_count, uint32_t *ret_cut)
{
	uint32_t offset = load->offset, left = load->len;

	while (left > 0) {
		const struct place *place = find_place(load->key, offset);

		if (!place || *ret_count == RULESET_KEY_FIELDS_MAX) {
			*ret_count = 0;
			return;
		}
		fields[(*ret_count)++] = place->field;
		*ret_cut = left < place->len ? left : 0;
		offset += place->len;
		left -= left < place->len ? left : place->len;
	}
}

static bool is_doff(const struct readback_load *load)
{
	return load->key == NFT_PAYLOAD_TRANSPORT_HEADER && load->offset == 12 && load->len == 1 &&
	       load->masked && load->bytes[0] == 0xf0 && load->shift == 4;
}

static enum ruleset_field meta_field(uint32_t key)
{
	if (key == NFT_META_IIFNAME)
		return FIELD_IIFNAME;
	if (key == NFT_META_OIFNAME)
		return FIELD_OIFNAME;
	return key == NFT_META_L4PROTO ? FIELD_L4PROTO : FIELD_COUNT;
}

void readback_load_fields(const struct readback_load *load, enum ruleset_field *fields,
			  size_t *ret_count, uint32_t *ret_cut)
{
	enum ruleset_field field = FIELD_COUNT;

	*ret_count = 0;
	*ret_cut = 0;
	if (load->source == SOURCE_PAYLOAD && is_doff(load))
		field = FIELD_TCP_DOFF;
	else if (load->shift != 0)
		return;
	else if (load->source == SOURCE_PAYLOAD)
		payload_fields(load, fields, ret_count, ret_cut);
	else if (load->source == SOURCE_META)
		field = meta_field(load->key);
	else if (load->source == SOURCE_CT && load->key == NFT_CT_MARK)
		field = FIELD_CT_MARK;
	if (field == FIELD_COUNT)
		return;
	fields[0] = field;
	*ret_count = 1;
}

enum ruleset_field readback_neutral(enum ruleset_field field)
{
	if (field == FIELD_DADDR4)
		return FIELD_SADDR4;
	if (field == FIELD_DADDR6)
		return FIELD_SADDR6;
	if (field == FIELD_DPORT)
		return FIELD_SPORT;
	return field == FIELD_OIFNAME ? FIELD_IIFNAME : field;
}

static void add(struct readback_need need, struct readback_need *needs, size_t *count)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (needs[i].kind == need.kind && needs[i].value == need.value)
			return;
	needs[(*count)++] = need;
}

void readback_field_needs(enum ruleset_field field, struct readback_need *needs, size_t *count)
{
	switch (field) {
	case FIELD_SADDR4:
	case FIELD_DADDR4:
	case FIELD_LENGTH4:
		add((struct readback_need){ NEED_NFPROTO, NFPROTO_IPV4 }, needs, count);
		return;
	case FIELD_SADDR6:
	case FIELD_DADDR6:
	case FIELD_LENGTH6:
		add((struct readback_need){ NEED_NFPROTO, NFPROTO_IPV6 }, needs, count);
		return;
	case FIELD_TCP_DOFF:
		add((struct readback_need){ NEED_L4PROTO, IPPROTO_TCP }, needs, count);
		return;
	case FIELD_ETHER_SADDR:
		add((struct readback_need){ NEED_ETHER, 0 }, needs, count);
		return;
	case FIELD_IIFNAME:
	case FIELD_OIFNAME:
	case FIELD_L4PROTO:
	case FIELD_SPORT:
	case FIELD_DPORT:
	case FIELD_CT_MARK:
	case FIELD_COUNT:
		return;
	}
}
