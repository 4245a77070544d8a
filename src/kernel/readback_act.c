/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules do, read back: verdicts, marks, log, queue, reject, translation. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"

#define BIT(n) (1U << (n))

static int plain(struct readback_rule *r, const struct ruleset_statement *s)
{
	return readback_add_statement(r, s, NULL, 0);
}

static int act_counter(struct readback_rule *r, const struct nlattr *data)
{
	const struct ruleset_statement s = { .kind = ACT_COUNTER };

	(void)data;
	return plain(r, &s);
}

static int act_verdict(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_IMMEDIATE_MAX + 1], *parts[NFTA_DATA_MAX + 1];
	struct ruleset_statement s = { .kind = ACT_VERDICT };

	if (!attr_index_nested(data, attrs, NFTA_IMMEDIATE_MAX) ||
	    !attr_index_nested(attrs[NFTA_IMMEDIATE_DATA], parts, NFTA_DATA_MAX) ||
	    !parts[NFTA_DATA_VERDICT] || !readback_verdict(parts[NFTA_DATA_VERDICT], &s.verdict))
		return readback_refuse_rule(r, _("its verdict is none of ours"));
	return plain(r, &s);
}

/* A log of the kernel's own writing says nothing to us, but opens nothing either; still it is not
 * ours. */
static int act_log(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_LOG_MAX + 1];
	struct ruleset_statement s = { .kind = ACT_LOG };
	const char *prefix;

	if (!readback_attrs(data, attrs, NFTA_LOG_MAX,
			    BIT(NFTA_LOG_GROUP) | BIT(NFTA_LOG_PREFIX) | BIT(NFTA_LOG_SNAPLEN) |
				    BIT(NFTA_LOG_QTHRESHOLD)) ||
	    !attrs[NFTA_LOG_GROUP] || attr_u16(attrs[NFTA_LOG_QTHRESHOLD], 0) != 0)
		return readback_refuse_rule(r, _("it logs otherwise than to a group"));
	prefix = attr_text(attrs[NFTA_LOG_PREFIX]);
	(void)snprintf(s.text, sizeof(s.text), "%s", prefix ? prefix : "");
	s.value = attr_u16(attrs[NFTA_LOG_GROUP], 0);
	s.mask = attr_u32(attrs[NFTA_LOG_SNAPLEN], 0);
	return plain(r, &s);
}

/* What is put into a mark, from the register of number. */
static int set_mark(struct readback_rule *r, bool ct, uint32_t number)
{
	struct readback_load *load = readback_load_at(&r->registers, readback_register_at(number));
	struct ruleset_statement s = { .kind = ct ? ACT_SET_CT_MARK : ACT_SET_META_MARK };

	if (load)
		load->used = true;
	if (load && load->source == SOURCE_DATA && load->len == sizeof(s.value)) {
		memcpy(&s.value, load->bytes, sizeof(s.value));
		return plain(r, &s);
	}
	if (load && !load->masked && !load->shift && ct && load->source == SOURCE_META &&
	    load->key == NFT_META_MARK) {
		s.kind = ACT_CT_MARK_FROM_META;
		return plain(r, &s);
	}
	if (load && !load->masked && !load->shift && !ct && load->source == SOURCE_CT &&
	    load->key == NFT_CT_MARK) {
		s.kind = ACT_META_MARK_FROM_CT;
		return plain(r, &s);
	}
	return readback_refuse_rule(r, _("it sets a mark in a way that Sekisho does not"));
}

static int act_meta(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_META_MAX + 1];

	if (!readback_attrs(data, attrs, NFTA_META_MAX, BIT(NFTA_META_SREG) | BIT(NFTA_META_KEY)) ||
	    attr_u32(attrs[NFTA_META_KEY], UINT32_MAX) != NFT_META_MARK)
		return readback_refuse_rule(r,
					    _("it changes something of packets beside their mark"));
	return set_mark(r, false, attr_u32(attrs[NFTA_META_SREG], 0));
}

static int act_ct(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_CT_MAX + 1];

	if (!readback_attrs(data, attrs, NFTA_CT_MAX, BIT(NFTA_CT_SREG) | BIT(NFTA_CT_KEY)) ||
	    attr_u32(attrs[NFTA_CT_KEY], UINT32_MAX) != NFT_CT_MARK)
		return readback_refuse_rule(
			r, _("it looks at or changes something of connections that Sekisho does "
			     "not"));
	return set_mark(r, true, attr_u32(attrs[NFTA_CT_SREG], 0));
}

static int act_reject(struct readback_rule *r, const struct nlattr *data)
{
	static const struct readback_need tcp = { NEED_L4PROTO, IPPROTO_TCP };
	const struct nlattr *attrs[NFTA_REJECT_MAX + 1];
	struct ruleset_statement s = { .kind = ACT_REJECT_PORT };
	uint32_t type;
	uint8_t code;

	if (!readback_attrs(data, attrs, NFTA_REJECT_MAX,
			    BIT(NFTA_REJECT_TYPE) | BIT(NFTA_REJECT_ICMP_CODE)))
		return -EBADMSG;
	type = attr_u32(attrs[NFTA_REJECT_TYPE], UINT32_MAX);
	code = attr_u8(attrs[NFTA_REJECT_ICMP_CODE], 0);
	if (type == NFT_REJECT_TCP_RST) {
		s.kind = ACT_REJECT_RESET;
		return readback_add_statement(r, &s, &tcp, 1);
	}
	if (type != NFT_REJECT_ICMPX_UNREACH ||
	    (code != NFT_REJECT_ICMPX_ADMIN_PROHIBITED && code != NFT_REJECT_ICMPX_PORT_UNREACH))
		return readback_refuse_rule(r, _("it rejects in a way that Sekisho does not"));
	if (code == NFT_REJECT_ICMPX_ADMIN_PROHIBITED)
		s.kind = ACT_REJECT_ADMIN;
	return plain(r, &s);
}

static int add_queue(struct readback_rule *r, uint32_t first, uint32_t total, uint32_t flags)
{
	const struct ruleset_statement s = { .kind = ACT_QUEUE,
					     .value = first,
					     .mask = first + total - 1 };

	if (flags & NFT_QUEUE_FLAG_BYPASS)
		return readback_refuse_rule(
			r, _("it lets packets pass while nobody reads the queue (bypass)"));
	if (flags || total == 0)
		return readback_refuse_rule(r, _("it queues in a way that Sekisho does not"));
	return plain(r, &s);
}

static int act_queue(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_QUEUE_MAX + 1];

	if (!readback_attrs(data, attrs, NFTA_QUEUE_MAX,
			    BIT(NFTA_QUEUE_NUM) | BIT(NFTA_QUEUE_TOTAL) | BIT(NFTA_QUEUE_FLAGS)))
		return add_queue(r, 0, 0, 0);
	return add_queue(r, attr_u16(attrs[NFTA_QUEUE_NUM], 0),
			 attr_u16(attrs[NFTA_QUEUE_TOTAL], 1),
			 attr_u16(attrs[NFTA_QUEUE_FLAGS], 0));
}

/* The xtables target NFQUEUE, where the kernel has no expression for it. */
static int act_target(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_TARGET_MAX + 1];
	struct xt_NFQ_info_v3 info;
	const char *name;

	if (!attr_index_nested(data, attrs, NFTA_TARGET_MAX))
		return -EBADMSG;
	name = attr_text(attrs[NFTA_TARGET_NAME]);
	if (!name || strcmp(name, "NFQUEUE") != 0 || attr_u32(attrs[NFTA_TARGET_REV], 0) != 3 ||
	    !attr_bytes(attrs[NFTA_TARGET_INFO], sizeof(info)))
		return readback_refuse_rule(
			r, _("it uses the xtables target %s, which Sekisho does not"),
			name ? name : "?");
	memcpy(&info, mnl_attr_get_payload(attrs[NFTA_TARGET_INFO]), sizeof(info));
	return add_queue(r, info.queuenum, info.queues_total, info.flags);
}

static int act_nat(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_NAT_MAX + 1];
	const struct readback_load *load = NULL;
	struct ruleset_statement s = { .kind = ACT_SNAT4, .address = { .family = 4 } };
	uint32_t from = 0, family = 0;

	if (readback_attrs(data, attrs, NFTA_NAT_MAX,
			   BIT(NFTA_NAT_TYPE) | BIT(NFTA_NAT_FAMILY) | BIT(NFTA_NAT_REG_ADDR_MIN) |
				   BIT(NFTA_NAT_REG_ADDR_MAX) | BIT(NFTA_NAT_FLAGS)) &&
	    attr_u32(attrs[NFTA_NAT_TYPE], UINT32_MAX) == NFT_NAT_SNAT &&
	    !(attr_u32(attrs[NFTA_NAT_FLAGS], 0) & ~(uint32_t)NF_NAT_RANGE_MAP_IPS)) {
		family = attr_u32(attrs[NFTA_NAT_FAMILY], 0);
		from = attr_u32(attrs[NFTA_NAT_REG_ADDR_MIN], 0);
		if (attr_u32(attrs[NFTA_NAT_REG_ADDR_MAX], from) == from)
			load = readback_load_at(&r->registers, readback_register_at(from));
	}
	if (family == NFPROTO_IPV6) {
		s.kind = ACT_SNAT6;
		s.address.family = 6;
	}
	if (!load || load->source != SOURCE_DATA || load->len != addr_len(s.address.family) ||
	    (family != NFPROTO_IPV4 && family != NFPROTO_IPV6))
		return readback_refuse_rule(r,
					    _("it translates addresses in a way that Sekisho does "
					      "not"));
	memcpy(s.address.b, load->bytes, load->len);
	return plain(r, &s);
}

int readback_act(struct readback_rule *r, const char *name, const struct nlattr *data)
{
	static const struct {
		const char *name;
		int (*read)(struct readback_rule *r, const struct nlattr *data);
	} readers[] = {
		{ "counter", act_counter }, { "immediate", act_verdict },
		{ "log", act_log },         { "meta", act_meta },
		{ "ct", act_ct },           { "reject", act_reject },
		{ "queue", act_queue },     { "target", act_target },
		{ "nat", act_nat },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(readers); i++)
		if (strcmp(readers[i].name, name) == 0)
			return readers[i].read(r, data);
	return -ENOENT;
}
