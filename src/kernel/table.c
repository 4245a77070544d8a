/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and chains as netlink messages. */
#include "kernel/table.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/chain.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>

#include "common/defs.h"
#include "kernel/batch.h"

static void free_table(struct nftnl_table **table)
{
	if (*table)
		nftnl_table_free(*table);
}

static void free_chain(struct nftnl_chain **chain)
{
	if (*chain)
		nftnl_chain_free(*chain);
}

int table_put(struct batch *batch, uint16_t type)
{
	const struct batch_object object = { .kind = BATCH_TABLE, .name = batch_table(batch) };
	auto_(free_table) struct nftnl_table *table = nftnl_table_alloc();
	struct nlmsghdr *message;

	if (!table || nftnl_table_set_str(table, NFTNL_TABLE_NAME, batch_table(batch)) < 0)
		return -ENOMEM;
	message = batch_start(batch, type, 0, &object);
	if (!message)
		return -ENOMEM;
	nftnl_table_nlmsg_build_payload(message, table);
	batch_finish(batch);
	return 0;
}

/* Where a base chain hooks in; false for a regular chain. */
static bool hook_of(enum ruleset_hook hook, uint32_t *ret_number, const char **ret_type)
{
	*ret_type = "filter";
	switch (hook) {
	case HOOK_NONE:
		return false;
	case HOOK_INPUT:
		*ret_number = NF_INET_LOCAL_IN;
		return true;
	case HOOK_FORWARD:
		*ret_number = NF_INET_FORWARD;
		return true;
	case HOOK_OUTPUT:
		*ret_number = NF_INET_LOCAL_OUT;
		return true;
	case HOOK_POSTROUTING_NAT:
		*ret_number = NF_INET_POST_ROUTING;
		*ret_type = "nat";
		return true;
	}
	return false;
}

int table_put_chain(struct batch *batch, const struct ruleset_chain *chain)
{
	const struct batch_object object = { .kind = BATCH_CHAIN, .name = chain->name };
	auto_(free_chain) struct nftnl_chain *out = nftnl_chain_alloc();
	struct nlmsghdr *message;
	const char *type;
	uint32_t hook;

	if (!out || nftnl_chain_set_str(out, NFTNL_CHAIN_TABLE, batch_table(batch)) < 0 ||
	    nftnl_chain_set_str(out, NFTNL_CHAIN_NAME, chain->name) < 0)
		return -ENOMEM;
	if (hook_of(chain->hook, &hook, &type)) {
		nftnl_chain_set_u32(out, NFTNL_CHAIN_HOOKNUM, hook);
		nftnl_chain_set_s32(out, NFTNL_CHAIN_PRIO, chain->priority);
		nftnl_chain_set_u32(out, NFTNL_CHAIN_POLICY,
				    chain->policy_drop ? NF_DROP : NF_ACCEPT);
		if (nftnl_chain_set_str(out, NFTNL_CHAIN_TYPE, type) < 0)
			return -ENOMEM;
	}
	message = batch_start(batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE, &object);
	if (!message)
		return -ENOMEM;
	nftnl_chain_nlmsg_build_payload(message, out);
	batch_finish(batch);
	return 0;
}

int table_put_flush(struct batch *batch)
{
	const struct batch_object object = { .kind = BATCH_TABLE, .name = batch_table(batch) };
	struct nlmsghdr *message = batch_start(batch, NFT_MSG_DELRULE, 0, &object);

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, batch_table(batch));
	batch_finish(batch);
	return 0;
}

int table_put_flush_chain(struct batch *batch, const char *chain)
{
	const struct batch_object object = { .kind = BATCH_CHAIN, .name = chain };
	struct nlmsghdr *message = batch_start(batch, NFT_MSG_DELRULE, 0, &object);

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, batch_table(batch));
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	batch_finish(batch);
	return 0;
}

int table_put_delete(struct batch *batch, enum batch_kind kind, const char *name)
{
	const struct batch_object object = { .kind = kind, .name = name };
	const bool is_set = kind == BATCH_SET;
	struct nlmsghdr *message =
		batch_start(batch, is_set ? NFT_MSG_DELSET : NFT_MSG_DELCHAIN, 0, &object);

	if (!message)
		return -ENOMEM;
	mnl_attr_put_strz(message, is_set ? NFTA_SET_TABLE : NFTA_CHAIN_TABLE, batch_table(batch));
	mnl_attr_put_strz(message, is_set ? NFTA_SET_NAME : NFTA_CHAIN_NAME, name);
	batch_finish(batch);
	return 0;
}
