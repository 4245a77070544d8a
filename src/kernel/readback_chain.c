/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table's flags and its chains read back, and their order. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"

struct table_found {
	bool found;
	uint32_t flags;
};

static int take_table(const struct nlmsghdr *message, void *data)
{
	struct table_found *table = data;
	const struct nlattr *attrs[NFTA_TABLE_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const char *name;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_TABLE_MAX))
		return -EBADMSG;
	name = attr_text(attrs[NFTA_TABLE_NAME]);
	if (family->nfgen_family != NFPROTO_INET || !name || strcmp(name, RULESET_TABLE) != 0)
		return 0;
	table->found = true;
	table->flags = attr_u32(attrs[NFTA_TABLE_FLAGS], 0);
	return 0;
}

static int check_table(struct readback *rb)
{
	_Alignas(struct nlmsghdr) char buffer[256] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct table_found table = { 0 };
	struct nfgenmsg *family;
	int r;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETTABLE;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = NFPROTO_INET;
	family->version = NFNETLINK_V0;
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, RULESET_TABLE);
	r = nlsock_request(rb->sock, message, take_table, &table);
	if (r < 0)
		return r;
	if (!table.found)
		return -ENOENT;
	if (table.flags & NFT_TABLE_F_DORMANT)
		return readback_refuse(rb, NULL,
				       _("the table is dormant: nothing of it is in force"));
	if (table.flags)
		return readback_refuse(rb, NULL, _("the table has flags of somebody else (%#x)"),
				       table.flags);
	return 0;
}

/* The hook of a base chain; HOOK_NONE where none of ours hooks there. */
static enum ruleset_hook hook_of(uint32_t number, const char *type)
{
	if (strcmp(type, "nat") == 0)
		return number == NF_INET_POST_ROUTING ? HOOK_POSTROUTING_NAT : HOOK_NONE;
	if (strcmp(type, "filter") != 0)
		return HOOK_NONE;
	if (number == NF_INET_LOCAL_IN)
		return HOOK_INPUT;
	if (number == NF_INET_FORWARD)
		return HOOK_FORWARD;
	return number == NF_INET_LOCAL_OUT ? HOOK_OUTPUT : HOOK_NONE;
}

static int take_hook(struct readback *rb, struct ruleset_chain *chain, const struct nlattr **attrs)
{
	const struct nlattr *hook[NFTA_HOOK_MAX + 1];
	const char *type = attr_text(attrs[NFTA_CHAIN_TYPE]);
	uint32_t number, policy = attr_u32(attrs[NFTA_CHAIN_POLICY], NF_ACCEPT);

	if (!attr_index_nested(attrs[NFTA_CHAIN_HOOK], hook, NFTA_HOOK_MAX) || !type)
		return -EBADMSG;
	number = attr_u32(hook[NFTA_HOOK_HOOKNUM], UINT32_MAX);
	chain->hook = hook_of(number, type);
	if (chain->hook == HOOK_NONE || hook[NFTA_HOOK_DEV] || hook[NFTA_HOOK_DEVS])
		return readback_refuse(rb, chain->name,
				       _("a chain of type %s at hook %u, where Sekisho has none"),
				       type, number);
	if (policy != NF_DROP && policy != NF_ACCEPT)
		return readback_refuse(rb, chain->name, _("its policy is neither accept nor drop"));
	chain->priority = (int)attr_u32(hook[NFTA_HOOK_PRIORITY], 0);
	chain->policy_drop = policy == NF_DROP;
	return 0;
}

static int take_one(struct readback *rb, const char *name, const struct nlattr **attrs)
{
	uint32_t flags = attr_u32(attrs[NFTA_CHAIN_FLAGS], 0) & ~(uint32_t)NFT_CHAIN_BASE;
	struct ruleset_chain *grown, *chain;

	if (strlen(name) >= RULESET_NAME_MAX)
		return readback_refuse(
			rb, NULL, _("chain %.64s...: no chain of Sekisho has such a name"), name);
	grown = readback_grow(rb->chains, rb->chain_count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rb->chains = grown;
	chain = &grown[rb->chain_count++];
	*chain = (struct ruleset_chain){ .hook = HOOK_NONE };
	(void)snprintf(chain->name, sizeof(chain->name), "%s", name);
	if (flags)
		return readback_refuse(rb, name, _("a chain with flags of somebody else (%#x)"),
				       flags);
	return attrs[NFTA_CHAIN_HOOK] ? take_hook(rb, chain, attrs) : 0;
}

static int take_chain(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NFTA_CHAIN_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const char *table, *name;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_CHAIN_MAX))
		return -EBADMSG;
	table = attr_text(attrs[NFTA_CHAIN_TABLE]);
	name = attr_text(attrs[NFTA_CHAIN_NAME]);
	if (family->nfgen_family != NFPROTO_INET || !table || strcmp(table, RULESET_TABLE) != 0)
		return 0;
	return name ? take_one(data, name, attrs) : -EBADMSG;
}

int readback_read_chains(struct readback *rb)
{
	int r = check_table(rb);

	return r < 0 ? r : readback_dump(rb, NFT_MSG_GETCHAIN, NULL, take_chain);
}

/* --- order: a chain that is jumped to stands before the one that jumps --- */

static size_t index_of(const struct readback *rb, const char *name)
{
	size_t i;

	for (i = 0; i < rb->chain_count; i++)
		if (strcmp(rb->chains[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

static void note_verdict(const struct readback *rb, bool *row,
			 const struct ruleset_verdict *verdict)
{
	size_t target;

	if (verdict->kind != VERDICT_JUMP && verdict->kind != VERDICT_GOTO)
		return;
	target = index_of(rb, verdict->chain);
	if (target != SIZE_MAX)
		row[target] = true;
}

static void note_map(const struct readback *rb, bool *row, const char *name)
{
	const struct ruleset_set *set = NULL;
	const char *last = "";
	size_t i;

	for (i = 0; i < rb->set_count; i++)
		if (rb->sets[i].used && strcmp(rb->sets[i].set.name, name) == 0)
			set = &rb->sets[i].set;
	for (i = 0; set && i < set->element_count; i++) {
		/* Neighbours mostly agree: that spares most look-ups. */
		if (strcmp(set->elements[i].verdict.chain, last) == 0)
			continue;
		last = set->elements[i].verdict.chain;
		note_verdict(rb, row, &set->elements[i].verdict);
	}
}

static void note_chain(const struct readback *rb, bool *row, const struct ruleset_chain *chain)
{
	size_t i, j;

	for (i = 0; i < chain->rule_count; i++) {
		for (j = 0; j < chain->rules[i].count; j++) {
			const struct ruleset_statement *s = &chain->rules[i].statements[j];

			if (s->kind == ACT_VERDICT)
				note_verdict(rb, row, &s->verdict);
			else if (s->kind == ACT_VERDICT_MAP || s->kind == ACT_CT_MARK_MAP)
				note_map(rb, row, s->text);
		}
	}
}

/* True if every chain that is jumped to from this row is placed. */
static bool is_ready(const bool *row, const bool *placed, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (row[i] && !placed[i])
			return false;
	return true;
}

/* The first chain that can come next, in the order in which they were; SIZE_MAX: a circle. */
static size_t next_chain(const bool *jumps, const bool *placed, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!placed[i] && is_ready(jumps + i * count, placed, count))
			return i;
	return SIZE_MAX;
}

static void free_bools(bool **p)
{
	free(*p);
}

static void free_chains(struct ruleset_chain **p)
{
	free(*p);
}

int readback_order_chains(struct readback *rb)
{
	size_t count = rb->chain_count, i;
	auto_(free_bools) bool *jumps = calloc(count * count + 1, sizeof(*jumps));
	auto_(free_bools) bool *placed = calloc(count + 1, sizeof(*placed));
	auto_(free_chains) struct ruleset_chain *ordered = calloc(count + 1, sizeof(*ordered));

	if (!jumps || !placed || !ordered)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		note_chain(rb, jumps + i * count, &rb->chains[i]);
	for (i = 0; i < count; i++) {
		size_t next = next_chain(jumps, placed, count);

		if (next == SIZE_MAX)
			return readback_refuse(rb, NULL, _("jumps between chains form a circle"));
		ordered[i] = rb->chains[next];
		placed[next] = true;
	}
	/* The rules go over with their chains. */
	free(rb->chains);
	rb->chains = steal(ordered);
	return 0;
}
