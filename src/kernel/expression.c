/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nf_tables expressions that rules are made of, added one by one. */
#include "kernel/expression.h"

#include <stdio.h> /* libnftnl/expr.h wants FILE */

#include <errno.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/element.h"

#define NFQUEUE_REVISION 3U
/* xtables wants the length of its data rounded up to 8. */
#define XT_ALIGN_BYTES 8U

static struct nftnl_expr *start(struct expression_list *list, const char *name)
{
	struct nftnl_expr *e;

	if (list->error < 0)
		return NULL;
	e = nftnl_expr_alloc(name);
	if (!e)
		list->error = -ENOMEM;
	return e;
}

static void set_data(struct expression_list *list, struct nftnl_expr *e, uint16_t attr,
		     const void *data, uint32_t len)
{
	if (nftnl_expr_set(e, attr, data, len) < 0)
		list->error = -ENOMEM;
}

static void finish(struct expression_list *list, struct nftnl_expr *e)
{
	nftnl_rule_add_expr(list->rule, e);
}

void expression_meta(struct expression_list *list, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *e = start(list, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, reg);
	finish(list, e);
}

void expression_ct(struct expression_list *list, uint32_t key, uint32_t reg)
{
	struct nftnl_expr *e = start(list, "ct");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_DREG, reg);
	finish(list, e);
}

void expression_payload(struct expression_list *list, uint32_t base, uint32_t offset, uint32_t len,
			uint32_t reg)
{
	struct nftnl_expr *e = start(list, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
	finish(list, e);
}

void expression_mask(struct expression_list *list, uint32_t reg, const void *mask, uint32_t len)
{
	static const uint8_t none[16];
	struct nftnl_expr *e = start(list, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	set_data(list, e, NFTNL_EXPR_BITWISE_MASK, mask, len);
	set_data(list, e, NFTNL_EXPR_BITWISE_XOR, none, len);
	finish(list, e);
}

void expression_shift_right(struct expression_list *list, uint32_t reg, uint32_t bits, uint32_t len)
{
	struct nftnl_expr *e = start(list, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_RSHIFT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	set_data(list, e, NFTNL_EXPR_BITWISE_DATA, &bits, sizeof(bits));
	finish(list, e);
}

void expression_compare(struct expression_list *list, bool negate, const void *data, uint32_t len)
{
	struct nftnl_expr *e = start(list, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, negate ? NFT_CMP_NEQ : NFT_CMP_EQ);
	set_data(list, e, NFTNL_EXPR_CMP_DATA, data, len);
	finish(list, e);
}

static struct nftnl_expr *start_lookup(struct expression_list *list, const char *set)
{
	struct nftnl_expr *e = start(list, "lookup");

	if (!e)
		return NULL;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	if (nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, set) < 0)
		list->error = -ENOMEM;
	return e;
}

void expression_lookup(struct expression_list *list, const char *set, bool negate)
{
	struct nftnl_expr *e = start_lookup(list, set);

	if (!e)
		return;
	if (negate)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	finish(list, e);
}

void expression_lookup_nameless(struct expression_list *list, const char *set, uint32_t id,
				bool negate)
{
	struct nftnl_expr *e = start_lookup(list, set);

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SET_ID, id);
	if (negate)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	finish(list, e);
}

void expression_map(struct expression_list *list, const char *map)
{
	struct nftnl_expr *e = start_lookup(list, map);

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
	finish(list, e);
}

void expression_immediate(struct expression_list *list, const void *data, uint32_t len)
{
	struct nftnl_expr *e = start(list, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_1);
	set_data(list, e, NFTNL_EXPR_IMM_DATA, data, len);
	finish(list, e);
}

void expression_set_ct_mark(struct expression_list *list)
{
	struct nftnl_expr *e = start(list, "ct");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_KEY, NFT_CT_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CT_SREG, NFT_REG_1);
	finish(list, e);
}

void expression_set_meta_mark(struct expression_list *list)
{
	struct nftnl_expr *e = start(list, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_SREG, NFT_REG_1);
	finish(list, e);
}

void expression_counter(struct expression_list *list)
{
	struct nftnl_expr *e = start(list, "counter");

	if (e)
		finish(list, e);
}

void expression_log(struct expression_list *list, const char *prefix, uint16_t group,
		    uint32_t copy_bytes)
{
	struct nftnl_expr *e = start(list, "log");

	if (!e)
		return;
	if (prefix[0] && nftnl_expr_set_str(e, NFTNL_EXPR_LOG_PREFIX, prefix) < 0)
		list->error = -ENOMEM;
	nftnl_expr_set_u16(e, NFTNL_EXPR_LOG_GROUP, group);
	if (copy_bytes > 0)
		nftnl_expr_set_u32(e, NFTNL_EXPR_LOG_SNAPLEN, copy_bytes);
	finish(list, e);
}

void expression_verdict(struct expression_list *list, const struct ruleset_verdict *verdict)
{
	struct nftnl_expr *e = start(list, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, element_verdict_code(verdict->kind));
	if ((verdict->kind == VERDICT_JUMP || verdict->kind == VERDICT_GOTO) &&
	    nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, verdict->chain) < 0)
		list->error = -ENOMEM;
	finish(list, e);
}

void expression_reject(struct expression_list *list, uint32_t type, uint8_t code)
{
	struct nftnl_expr *e = start(list, "reject");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_REJECT_TYPE, type);
	nftnl_expr_set_u8(e, NFTNL_EXPR_REJECT_CODE, code);
	finish(list, e);
}

void expression_snat(struct expression_list *list, uint32_t family)
{
	struct nftnl_expr *e = start(list, "nat");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_TYPE, NFT_NAT_SNAT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_FAMILY, family);
	nftnl_expr_set_u32(e, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG_1);
	finish(list, e);
}

void expression_queue(struct expression_list *list, uint16_t first, uint16_t total)
{
	struct nftnl_expr *e = start(list, "queue");

	if (!e)
		return;
	nftnl_expr_set_u16(e, NFTNL_EXPR_QUEUE_NUM, first);
	nftnl_expr_set_u16(e, NFTNL_EXPR_QUEUE_TOTAL, total);
	finish(list, e);
}

void expression_queue_compat(struct expression_list *list, uint16_t first, uint16_t total)
{
	const struct xt_NFQ_info_v3 info = { .queuenum = first, .queues_total = total };
	struct nftnl_expr *e = start(list, "target");
	void *owned;

	if (!e)
		return;
	owned = calloc(1, XT_ALIGN_BYTES);
	if (owned)
		memcpy(owned, &info, sizeof(info));
	else
		list->error = -ENOMEM;
	if (nftnl_expr_set_str(e, NFTNL_EXPR_TG_NAME, "NFQUEUE") < 0)
		list->error = -ENOMEM;
	nftnl_expr_set_u32(e, NFTNL_EXPR_TG_REV, NFQUEUE_REVISION);
	/* The expression takes the data over. */
	if (owned)
		set_data(list, e, NFTNL_EXPR_TG_INFO, owned, XT_ALIGN_BYTES);
	finish(list, e); /* NOLINT(clang-analyzer-unix.Malloc): owned is e's */
}
