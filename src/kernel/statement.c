/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule's statements as nf_tables expressions, the same ones that nft(8) makes of the printed
 * text. */
#include "kernel/statement.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/rule.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/batch.h"
#include "kernel/expression.h"
#include "kernel/lowered.h"
#include "kernel/set.h"

#define TCP_FLAGS_OFFSET  13U
#define UDP_LENGTH_OFFSET 4U
#define UDP_FIRST_OFFSET  8U
#define CT_REPLY          1U
#define CT_ORIGINAL       0U

/* One rule in the making. */
struct builder {
	struct expression_list list;
	struct statement_context *context;
	struct batch_object object;
	/* Known by the matches so far: nothing is matched twice. 0 is unknown. */
	uint8_t nfproto, l4proto;
};

static void need_nfproto(struct builder *b, uint8_t nfproto)
{
	if (b->nfproto == nfproto)
		return;
	expression_meta(&b->list, NFT_META_NFPROTO, NFT_REG_1);
	expression_compare(&b->list, false, &nfproto, sizeof(nfproto));
	b->nfproto = nfproto;
}

static void need_l4proto(struct builder *b, uint8_t l4proto)
{
	if (b->l4proto == l4proto)
		return;
	expression_meta(&b->list, NFT_META_L4PROTO, NFT_REG_1);
	expression_compare(&b->list, false, &l4proto, sizeof(l4proto));
	b->l4proto = l4proto;
}

static void need_ether(struct builder *b)
{
	const uint16_t ether = ARPHRD_ETHER;

	expression_meta(&b->list, NFT_META_IIFTYPE, NFT_REG_1);
	expression_compare(&b->list, false, &ether, sizeof(ether));
}

/* What must be matched before a field can be read at all. */
static void need_for_field(struct builder *b, enum ruleset_field field)
{
	switch (field) {
	case FIELD_SADDR4:
	case FIELD_DADDR4:
	case FIELD_LENGTH4:
		need_nfproto(b, NFPROTO_IPV4);
		return;
	case FIELD_SADDR6:
	case FIELD_DADDR6:
	case FIELD_LENGTH6:
		need_nfproto(b, NFPROTO_IPV6);
		return;
	case FIELD_TCP_DOFF:
		need_l4proto(b, IPPROTO_TCP);
		return;
	case FIELD_ETHER_SADDR:
		need_ether(b);
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

static void load_field(struct builder *b, enum ruleset_field field, uint32_t reg)
{
	static const uint8_t doff_mask = 0xf0;

	switch (field) {
	case FIELD_IIFNAME:
		expression_meta(&b->list, NFT_META_IIFNAME, reg);
		return;
	case FIELD_OIFNAME:
		expression_meta(&b->list, NFT_META_OIFNAME, reg);
		return;
	case FIELD_SADDR4:
		expression_payload(&b->list, NFT_PAYLOAD_NETWORK_HEADER, 12, 4, reg);
		return;
	case FIELD_DADDR4:
		expression_payload(&b->list, NFT_PAYLOAD_NETWORK_HEADER, 16, 4, reg);
		return;
	case FIELD_SADDR6:
		expression_payload(&b->list, NFT_PAYLOAD_NETWORK_HEADER, 8, 16, reg);
		return;
	case FIELD_DADDR6:
		expression_payload(&b->list, NFT_PAYLOAD_NETWORK_HEADER, 24, 16, reg);
		return;
	case FIELD_L4PROTO:
		expression_meta(&b->list, NFT_META_L4PROTO, reg);
		return;
	case FIELD_SPORT:
		expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, reg);
		return;
	case FIELD_DPORT:
		expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, reg);
		return;
	case FIELD_CT_MARK:
		expression_ct(&b->list, NFT_CT_MARK, reg);
		return;
	case FIELD_LENGTH4:
		expression_payload(&b->list, NFT_PAYLOAD_NETWORK_HEADER, 2, 2, reg);
		return;
	case FIELD_LENGTH6:
		expression_payload(&b->list, NFT_PAYLOAD_NETWORK_HEADER, 4, 2, reg);
		return;
	case FIELD_TCP_DOFF:
		expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, 12, 1, reg);
		expression_mask(&b->list, reg, &doff_mask, sizeof(doff_mask));
		expression_shift_right(&b->list, reg, 4, sizeof(doff_mask));
		return;
	case FIELD_ETHER_SADDR:
		expression_payload(&b->list, NFT_PAYLOAD_LL_HEADER, 6, 6, reg);
		return;
	case FIELD_COUNT:
		b->list.error = -EINVAL;
		return;
	}
}

/* The register that begins at byte offset of the key: the 16-byte ones where they begin there. */
static uint32_t register_at(size_t offset)
{
	return (uint32_t)(offset % 16 == 0 ? NFT_REG_1 + offset / 16 : NFT_REG32_00 + offset / 4);
}

/* Leaves the last ignored bits of the field in register reg out. */
static void mask_field(struct builder *b, enum ruleset_field field, uint8_t ignored, uint32_t reg)
{
	uint8_t mask[16] = { 0 };
	size_t size = ruleset_field_size(field), i;

	if (ignored == 0)
		return;
	if (ignored > size * 8) {
		b->list.error = -EINVAL;
		return;
	}
	lowered_fill(mask, size, ignored);
	for (i = 0; i < size; i++)
		mask[i] = (uint8_t)~mask[i];
	expression_mask(&b->list, reg, mask, (uint32_t)size);
}

/* All fields of a key, side by side from register 1 on. */
static void load_key(struct builder *b, const struct ruleset_statement *s)
{
	size_t i, offset = 0;

	if (s->field_count < 1 || s->field_count > RULESET_KEY_FIELDS_MAX) {
		b->list.error = -EINVAL;
		return;
	}
	for (i = 0; i < s->field_count; i++)
		need_for_field(b, s->fields[i]);
	for (i = 0; i < s->field_count; i++) {
		if (offset + ruleset_field_room(s->fields[i]) > RULESET_KEY_BYTES_MAX) {
			b->list.error = -EINVAL;
			return;
		}
		load_field(b, s->fields[i], register_at(offset));
		mask_field(b, s->fields[i], s->ignored[i], register_at(offset));
		offset += ruleset_field_room(s->fields[i]);
	}
}

static void compare_masked(struct builder *b, const struct ruleset_statement *s)
{
	expression_mask(&b->list, NFT_REG_1, &s->mask, sizeof(s->mask));
	expression_compare(&b->list, s->negate, &s->value, sizeof(s->value));
}

static void match_set(struct builder *b, const struct ruleset_statement *s)
{
	load_key(b, s);
	expression_lookup(&b->list, s->text, s->negate);
}

static void match_ct_state(struct builder *b, const struct ruleset_statement *s)
{
	static const uint32_t none;

	expression_ct(&b->list, NFT_CT_STATE, NFT_REG_1);
	expression_mask(&b->list, NFT_REG_1, &s->value, sizeof(s->value));
	/* "Has one of the bits" is "is not without them". */
	expression_compare(&b->list, !s->negate, &none, sizeof(none));
}

static void match_ct_reply(struct builder *b, const struct ruleset_statement *s)
{
	uint8_t direction = s->value ? CT_REPLY : CT_ORIGINAL;

	expression_ct(&b->list, NFT_CT_DIRECTION, NFT_REG_1);
	expression_compare(&b->list, s->negate, &direction, sizeof(direction));
}

static void match_ct_mark(struct builder *b, const struct ruleset_statement *s)
{
	expression_ct(&b->list, NFT_CT_MARK, NFT_REG_1);
	compare_masked(b, s);
}

static void match_meta_mark(struct builder *b, const struct ruleset_statement *s)
{
	expression_meta(&b->list, NFT_META_MARK, NFT_REG_1);
	compare_masked(b, s);
}

static void match_protocol(struct builder *b, uint32_t key, const struct ruleset_statement *s,
			   uint8_t *known)
{
	uint8_t value = (uint8_t)s->value;

	if (s->value > UINT8_MAX)
		b->list.error = -EINVAL;
	expression_meta(&b->list, key, NFT_REG_1);
	expression_compare(&b->list, s->negate, &value, sizeof(value));
	if (!s->negate)
		*known = value;
}

static void match_nfproto(struct builder *b, const struct ruleset_statement *s)
{
	match_protocol(b, NFT_META_NFPROTO, s, &b->nfproto);
}

static void match_l4proto(struct builder *b, const struct ruleset_statement *s)
{
	match_protocol(b, NFT_META_L4PROTO, s, &b->l4proto);
}

static void match_interface(struct builder *b, uint32_t key, const struct ruleset_statement *s)
{
	char name[IFNAMSIZ] = { 0 };
	size_t len = strnlen(s->text, sizeof(s->text));

	if (len == 0 || len >= sizeof(name))
		b->list.error = -EINVAL;
	else
		memcpy(name, s->text, len);
	expression_meta(&b->list, key, NFT_REG_1);
	expression_compare(&b->list, s->negate, name, sizeof(name));
}

static void match_iifname(struct builder *b, const struct ruleset_statement *s)
{
	match_interface(b, NFT_META_IIFNAME, s);
}

static void match_oifname(struct builder *b, const struct ruleset_statement *s)
{
	match_interface(b, NFT_META_OIFNAME, s);
}

static void match_tcp_flags(struct builder *b, const struct ruleset_statement *s)
{
	uint8_t mask = (uint8_t)s->mask, value = (uint8_t)s->value;

	need_l4proto(b, IPPROTO_TCP);
	expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, TCP_FLAGS_OFFSET, 1, NFT_REG_1);
	expression_mask(&b->list, NFT_REG_1, &mask, sizeof(mask));
	expression_compare(&b->list, s->negate, &value, sizeof(value));
}

static void match_udp_first(struct builder *b, const struct ruleset_statement *s)
{
	uint8_t mask = (uint8_t)s->mask, value = (uint8_t)s->value;

	need_l4proto(b, IPPROTO_UDP);
	expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, UDP_FIRST_OFFSET, 1, NFT_REG_1);
	expression_mask(&b->list, NFT_REG_1, &mask, sizeof(mask));
	expression_compare(&b->list, s->negate, &value, sizeof(value));
}

static void match_udp_length(struct builder *b, const struct ruleset_statement *s)
{
	uint16_t mask = htons((uint16_t)s->mask), value = htons((uint16_t)s->value);

	need_l4proto(b, IPPROTO_UDP);
	expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, UDP_LENGTH_OFFSET, sizeof(mask),
			   NFT_REG_1);
	expression_mask(&b->list, NFT_REG_1, &mask, sizeof(mask));
	expression_compare(&b->list, s->negate, &value, sizeof(value));
}

static void match_types(struct builder *b, uint8_t family, const struct ruleset_statement *s)
{
	uint32_t id = b->context->next_set_id;
	int r;

	if (s->type_count < 1 || s->type_count > RULESET_ICMP_TYPES_MAX) {
		b->list.error = -EINVAL;
		return;
	}
	need_nfproto(b, family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	need_l4proto(b, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	expression_payload(&b->list, NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, NFT_REG_1);
	if (s->type_count == 1) {
		expression_compare(&b->list, s->negate, &s->types[0], sizeof(s->types[0]));
		return;
	}
	b->context->next_set_id++;
	r = set_put_icmp_types(b->context->batch, &b->object, family, s->types, s->type_count, id);
	if (r < 0)
		b->list.error = r;
	expression_lookup_nameless(&b->list, SET_NAMELESS, id, s->negate);
}

static void match_icmp_types(struct builder *b, const struct ruleset_statement *s)
{
	match_types(b, 4, s);
}

static void match_icmpv6_types(struct builder *b, const struct ruleset_statement *s)
{
	match_types(b, 6, s);
}

static void act_counter(struct builder *b, const struct ruleset_statement *s)
{
	(void)s;
	expression_counter(&b->list);
}

static void act_log(struct builder *b, const struct ruleset_statement *s)
{
	if (s->value > UINT16_MAX)
		b->list.error = -EINVAL;
	expression_log(&b->list, s->text, (uint16_t)s->value, s->mask);
}

static void act_set_ct_mark(struct builder *b, const struct ruleset_statement *s)
{
	expression_immediate(&b->list, &s->value, sizeof(s->value));
	expression_set_ct_mark(&b->list);
}

static void act_set_meta_mark(struct builder *b, const struct ruleset_statement *s)
{
	expression_immediate(&b->list, &s->value, sizeof(s->value));
	expression_set_meta_mark(&b->list);
}

static void act_ct_mark_from_meta(struct builder *b, const struct ruleset_statement *s)
{
	(void)s;
	expression_meta(&b->list, NFT_META_MARK, NFT_REG_1);
	expression_set_ct_mark(&b->list);
}

static void act_meta_mark_from_ct(struct builder *b, const struct ruleset_statement *s)
{
	(void)s;
	expression_ct(&b->list, NFT_CT_MARK, NFT_REG_1);
	expression_set_meta_mark(&b->list);
}

static void act_verdict(struct builder *b, const struct ruleset_statement *s)
{
	expression_verdict(&b->list, &s->verdict);
}

static void act_verdict_map(struct builder *b, const struct ruleset_statement *s)
{
	load_key(b, s);
	expression_map(&b->list, s->text);
}

static void act_ct_mark_map(struct builder *b, const struct ruleset_statement *s)
{
	expression_ct(&b->list, NFT_CT_MARK, NFT_REG_1);
	expression_mask(&b->list, NFT_REG_1, &s->mask, sizeof(s->mask));
	expression_map(&b->list, s->text);
}

static void act_queue(struct builder *b, const struct ruleset_statement *s)
{
	static const struct ruleset_verdict drop = { .kind = VERDICT_DROP };
	uint32_t total = s->mask - s->value + 1;

	if (s->mask > UINT16_MAX || s->mask < s->value || total > UINT16_MAX) {
		b->list.error = -EINVAL;
		return;
	}
	switch (b->context->queue) {
	case APPLY_QUEUE_NATIVE:
		expression_queue(&b->list, (uint16_t)s->value, (uint16_t)total);
		return;
	case APPLY_QUEUE_COMPAT:
		expression_queue_compat(&b->list, (uint16_t)s->value, (uint16_t)total);
		return;
	case APPLY_QUEUE_DROP:
		expression_verdict(&b->list, &drop);
		return;
	}
}

static void act_reject_reset(struct builder *b, const struct ruleset_statement *s)
{
	(void)s;
	need_l4proto(b, IPPROTO_TCP);
	expression_reject(&b->list, NFT_REJECT_TCP_RST, 0);
}

static void act_reject_admin(struct builder *b, const struct ruleset_statement *s)
{
	(void)s;
	expression_reject(&b->list, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_ADMIN_PROHIBITED);
}

static void act_reject_port(struct builder *b, const struct ruleset_statement *s)
{
	(void)s;
	expression_reject(&b->list, NFT_REJECT_ICMPX_UNREACH, NFT_REJECT_ICMPX_PORT_UNREACH);
}

static void act_snat(struct builder *b, const struct ruleset_statement *s)
{
	bool v4 = s->kind == ACT_SNAT4;

	if (s->address.family != (v4 ? 4 : 6))
		b->list.error = -EINVAL;
	expression_immediate(&b->list, s->address.b, (uint32_t)addr_len(v4 ? 4 : 6));
	expression_snat(&b->list, v4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
}

typedef void statement_writer(struct builder *b, const struct ruleset_statement *s);

static statement_writer *const writers[] = {
	[MATCH_SET] = match_set,
	[MATCH_CT_STATE] = match_ct_state,
	[MATCH_CT_REPLY] = match_ct_reply,
	[MATCH_CT_MARK] = match_ct_mark,
	[MATCH_META_MARK] = match_meta_mark,
	[MATCH_NFPROTO] = match_nfproto,
	[MATCH_L4PROTO] = match_l4proto,
	[MATCH_IIFNAME] = match_iifname,
	[MATCH_OIFNAME] = match_oifname,
	[MATCH_TCP_FLAGS] = match_tcp_flags,
	[MATCH_UDP_FIRST] = match_udp_first,
	[MATCH_UDP_LENGTH] = match_udp_length,
	[MATCH_ICMP_TYPES] = match_icmp_types,
	[MATCH_ICMPV6_TYPES] = match_icmpv6_types,
	[ACT_COUNTER] = act_counter,
	[ACT_LOG] = act_log,
	[ACT_SET_CT_MARK] = act_set_ct_mark,
	[ACT_SET_META_MARK] = act_set_meta_mark,
	[ACT_CT_MARK_FROM_META] = act_ct_mark_from_meta,
	[ACT_META_MARK_FROM_CT] = act_meta_mark_from_ct,
	[ACT_VERDICT] = act_verdict,
	[ACT_VERDICT_MAP] = act_verdict_map,
	[ACT_CT_MARK_MAP] = act_ct_mark_map,
	[ACT_QUEUE] = act_queue,
	[ACT_REJECT_RESET] = act_reject_reset,
	[ACT_REJECT_ADMIN] = act_reject_admin,
	[ACT_REJECT_PORT] = act_reject_port,
	[ACT_SNAT4] = act_snat,
	[ACT_SNAT6] = act_snat,
};

static void free_rule(struct nftnl_rule **rule)
{
	if (*rule)
		nftnl_rule_free(*rule);
}

static void free_udata(struct nftnl_udata_buf **udata)
{
	if (*udata)
		nftnl_udata_buf_free(*udata);
}

static int put_comment(struct nftnl_rule *rule, const char *comment)
{
	auto_(free_udata) struct nftnl_udata_buf *udata = NULL;

	if (!comment[0])
		return 0;
	udata = nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN);
	if (!udata || !nftnl_udata_put_strz(udata, NFTNL_UDATA_RULE_COMMENT, comment))
		return -ENOMEM;
	return nftnl_rule_set_data(rule, NFTNL_RULE_USERDATA, nftnl_udata_buf_data(udata),
				   nftnl_udata_buf_len(udata)) < 0
		       ? -ENOMEM
		       : 0;
}

static int put_rule_message(struct builder *b, struct nftnl_rule *rule)
{
	struct nlmsghdr *message = batch_start(b->context->batch, NFT_MSG_NEWRULE,
					       NLM_F_CREATE | NLM_F_APPEND, &b->object);

	if (!message)
		return -ENOMEM;
	nftnl_rule_nlmsg_build_payload(message, rule);
	batch_finish(b->context->batch);
	return 0;
}

int statement_put_rule(struct statement_context *context, const char *chain, size_t number,
		       const struct ruleset_rule *rule)
{
	auto_(free_rule) struct nftnl_rule *out = nftnl_rule_alloc();
	struct builder b = { .context = context };
	size_t i;
	int r;

	if (!out)
		return -ENOMEM;
	b.list.rule = out;
	b.object = (struct batch_object){
		.kind = BATCH_RULE, .name = chain, .number = number, .detail = rule->comment
	};
	if (nftnl_rule_set_str(out, NFTNL_RULE_TABLE, batch_table(context->batch)) < 0 ||
	    nftnl_rule_set_str(out, NFTNL_RULE_CHAIN, chain) < 0)
		return -ENOMEM;
	for (i = 0; b.list.error == 0 && i < rule->count; i++) {
		unsigned int kind = (unsigned int)rule->statements[i].kind;

		if (kind >= ARRAY_SIZE(writers) || !writers[kind])
			return -EINVAL;
		writers[kind](&b, &rule->statements[i]);
	}
	r = b.list.error;
	if (r == 0)
		r = put_comment(out, rule->comment);
	return r < 0 ? r : put_rule_message(&b, out);
}
