/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rules read back: expression by expression, the way that kernel/statement.c wrote them. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"

int readback_refuse_rule(struct readback_rule *r, const char *format, ...)
{
	char why[160];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return readback_refuse(r->rb, r->chain, _("rule %zu: %s"), r->number, why);
}

static int append(struct readback_rule *r, const struct ruleset_statement *statement)
{
	if (r->rule->count == RULESET_STATEMENTS_MAX)
		return readback_refuse_rule(r, _("it has more than %d statements"),
					    RULESET_STATEMENTS_MAX);
	r->rule->statements[r->rule->count++] = *statement;
	return 0;
}

/* The match stands for itself, as a statement of its own. */
static int append_need(struct readback_rule *r, struct readback_need need)
{
	struct ruleset_statement s = { .value = need.value };

	switch (need.kind) {
	case NEED_NFPROTO:
		s.kind = MATCH_NFPROTO;
		r->nfproto = need.value;
		return append(r, &s);
	case NEED_L4PROTO:
		s.kind = MATCH_L4PROTO;
		r->l4proto = need.value;
		return append(r, &s);
	case NEED_ETHER:
		break;
	}
	return readback_refuse_rule(r, _("it asks for Ethernet frames, and for nothing of them"));
}

static int append_pending(struct readback_rule *r, size_t count)
{
	size_t i;
	int result = 0;

	for (i = 0; result == 0 && i < count; i++)
		result = append_need(r, r->pending[i]);
	r->pending_count = 0;
	return result;
}

int readback_add_need(struct readback_rule *r, struct readback_need need)
{
	int result = 0;

	if (r->pending_count == READBACK_NEEDS_MAX)
		result = append_pending(r, r->pending_count);
	r->pending[r->pending_count++] = need;
	return result;
}

uint8_t readback_l4proto(const struct readback_rule *r)
{
	size_t i = r->pending_count;

	while (i-- > 0)
		if (r->pending[i].kind == NEED_L4PROTO)
			return r->pending[i].value;
	return r->l4proto;
}

static bool is_known(const struct readback_rule *r, struct readback_need need)
{
	switch (need.kind) {
	case NEED_NFPROTO:
		return r->nfproto == need.value;
	case NEED_L4PROTO:
		return r->l4proto == need.value;
	case NEED_ETHER: /* asked for each time */
		return false;
	}
	return false;
}

/* How many of the needs are not known, and whether just these were matched last. */
static bool ends_with_unknown(const struct readback_rule *r, const struct readback_need *needs,
			      size_t count, size_t *ret_unknown)
{
	struct readback_need unknown[READBACK_NEEDS_MAX];
	const struct readback_need *last;
	size_t missing = 0, i;

	for (i = 0; i < count; i++)
		if (!is_known(r, needs[i]))
			unknown[missing++] = needs[i];
	*ret_unknown = missing;
	if (missing > r->pending_count)
		return false;
	last = r->pending + r->pending_count - missing;
	for (i = 0; i < missing; i++)
		if (last[i].kind != unknown[i].kind || last[i].value != unknown[i].value)
			return false;
	return true;
}

static void learn(struct readback_rule *r, struct readback_need need)
{
	if (need.kind == NEED_NFPROTO)
		r->nfproto = need.value;
	else if (need.kind == NEED_L4PROTO)
		r->l4proto = need.value;
}

int readback_add_statement(struct readback_rule *r, const struct ruleset_statement *statement,
			   const struct readback_need *needs, size_t need_count)
{
	size_t unknown = 0, i;
	int result;

	if (ends_with_unknown(r, needs, need_count, &unknown)) {
		result = append_pending(r, r->pending_count - unknown);
		for (i = 0; i < need_count; i++)
			learn(r, needs[i]);
	} else {
		result = append_pending(r, r->pending_count);
		for (i = 0; result == 0 && i < need_count; i++)
			if (!is_known(r, needs[i]))
				return readback_refuse_rule(
					r, _("it reads a header that may not be there"));
	}
	return result < 0 ? result : append(r, statement);
}

int readback_finish_rule(struct readback_rule *r)
{
	size_t i;

	/* A header that is read but not looked at still has to be there. */
	for (i = 0; i < r->registers.count; i++)
		if (r->registers.loads[i].source == SOURCE_PAYLOAD && !r->registers.loads[i].used)
			return readback_refuse_rule(r, _("it reads a header for nothing"));
	return append_pending(r, r->pending_count);
}

static int take_expression(struct readback_rule *r, const struct nlattr *attr)
{
	const struct nlattr *parts[NFTA_EXPR_MAX + 1];
	const char *name;
	int result;

	if (!attr_index_nested(attr, parts, NFTA_EXPR_MAX))
		return -EBADMSG;
	name = attr_text(parts[NFTA_EXPR_NAME]);
	if (!name)
		return -EBADMSG;
	if (strcmp(name, "cmp") == 0)
		return readback_cmp(r, parts[NFTA_EXPR_DATA]);
	if (strcmp(name, "range") == 0)
		return readback_range(r, parts[NFTA_EXPR_DATA]);
	if (strcmp(name, "lookup") == 0)
		return readback_lookup(r, parts[NFTA_EXPR_DATA]);
	result = readback_load(r, name, parts[NFTA_EXPR_DATA]);
	if (result == -ENOENT)
		result = readback_act(r, name, parts[NFTA_EXPR_DATA]);
	if (result == -ENOENT)
		result = readback_refuse_rule(
			r, _("it has a \"%s\" expression that Sekisho does not write"), name);
	return result;
}

static int take_expressions(struct readback_rule *r, const struct nlattr *list)
{
	const struct nlattr *attr;
	const void *at;
	size_t left;
	int result = 0;

	if (!list)
		return 0;
	at = mnl_attr_get_payload(list);
	left = mnl_attr_get_payload_len(list);
	while (result == 0 && (attr = attr_next(&at, &left)) != NULL)
		result = take_expression(r, attr);
	return result < 0 ? result : readback_finish_rule(r);
}

/* User data is type, length, value. */
static void take_comment(const struct nlattr *attr, char *out, size_t cap)
{
	const uint8_t *at;
	size_t left;

	if (!attr)
		return;
	at = mnl_attr_get_payload(attr);
	left = mnl_attr_get_payload_len(attr);
	while (left >= 2 && left - 2 >= at[1]) {
		size_t len = at[1];

		if (at[0] == NFTNL_UDATA_RULE_COMMENT) {
			(void)snprintf(out, cap, "%.*s", (int)len, (const char *)at + 2);
			return;
		}
		at += 2 + len;
		left -= 2 + len;
	}
}

static struct ruleset_chain *find_chain(struct readback *rb, const char *name)
{
	size_t i;

	for (i = 0; name && i < rb->chain_count; i++)
		if (strcmp(rb->chains[i].name, name) == 0)
			return &rb->chains[i];
	return NULL;
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
	struct readback *rb = data;
	const struct nlattr *attrs[NFTA_RULE_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	struct readback_rule r = { .rb = rb };
	struct ruleset_chain *chain;
	struct ruleset_rule *grown;
	const char *table;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_RULE_MAX))
		return -EBADMSG;
	table = attr_text(attrs[NFTA_RULE_TABLE]);
	if (family->nfgen_family != NFPROTO_INET || !table || strcmp(table, RULESET_TABLE) != 0)
		return 0;
	chain = find_chain(rb, attr_text(attrs[NFTA_RULE_CHAIN]));
	if (!chain)
		return -EINTR; /* made since the chains were read */
	grown = readback_grow(chain->rules, chain->rule_count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	chain->rules = grown;
	r.rule = &grown[chain->rule_count++];
	*r.rule = (struct ruleset_rule){ 0 };
	r.chain = chain->name;
	r.number = chain->rule_count;
	take_comment(attrs[NFTA_RULE_USERDATA], r.rule->comment, sizeof(r.rule->comment));
	return take_expressions(&r, attrs[NFTA_RULE_EXPRESSIONS]);
}

int readback_read_rules(struct readback *rb)
{
	size_t i;
	int r = readback_dump(rb, NFT_MSG_GETRULE, NULL, take_rule);

	for (i = 0; i < rb->chain_count; i++)
		rb->chains[i].rule_room = rb->chains[i].rule_count;
	return r;
}
