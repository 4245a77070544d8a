/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dumps of sets and chains, of which only the names are kept. */
#include "kernel/present.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/attr.h"
#include "kernel/nlsock.h"

#define NAMELESS "__" /* nft(8) and we name nameless sets and maps so */

struct dump {
	const char *table;
	uint16_t table_attr, name_attr, attr_max;
	struct present_names *names;
};

static int add_name(struct present_names *names, const char *text, size_t len)
{
	struct present_name *grown;

	if (len >= sizeof(grown->text))
		return -ENAMETOOLONG;
	grown = realloc(names->at, (names->count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	names->at = grown;
	memset(&grown[names->count], 0, sizeof(*grown));
	memcpy(grown[names->count++].text, text, len);
	return 0;
}

static int take(const struct nlmsghdr *message, void *data)
{
	const struct dump *dump = data;
	const struct nlattr *attrs[NFTA_SET_MAX + NFTA_CHAIN_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const char *table, *name;

	if (!attr_index(message, sizeof(*family), attrs, dump->attr_max) ||
	    family->nfgen_family != NFPROTO_INET)
		return 0;
	table = attr_text(attrs[dump->table_attr]);
	name = attr_text(attrs[dump->name_attr]);
	if (!table || !name || strcmp(table, dump->table) != 0)
		return 0;
	if (strncmp(name, NAMELESS, strlen(NAMELESS)) == 0)
		return 0;
	return add_name(dump->names, name, strlen(name));
}

/* The set that an expression looks into, or NULL. */
static const char *looked_into(const struct nlattr *expression)
{
	const struct nlattr *parts[NFTA_EXPR_MAX + 1], *lookup[NFTA_LOOKUP_MAX + 1];
	const char *name;

	if (!attr_index_nested(expression, parts, NFTA_EXPR_MAX))
		return NULL;
	name = attr_text(parts[NFTA_EXPR_NAME]);
	if (!name || strcmp(name, "lookup") != 0 ||
	    !attr_index_nested(parts[NFTA_EXPR_DATA], lookup, NFTA_LOOKUP_MAX))
		return NULL;
	return attr_text(lookup[NFTA_LOOKUP_SET]);
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
	const struct dump *dump = data;
	const struct nlattr *attrs[NFTA_RULE_MAX + 1], *expression;
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const char *table, *name;
	const void *at;
	size_t left;
	int r = 0;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_RULE_MAX) ||
	    family->nfgen_family != NFPROTO_INET || !attrs[NFTA_RULE_EXPRESSIONS])
		return 0;
	table = attr_text(attrs[NFTA_RULE_TABLE]);
	if (!table || strcmp(table, dump->table) != 0)
		return 0;
	at = mnl_attr_get_payload(attrs[NFTA_RULE_EXPRESSIONS]);
	left = mnl_attr_get_payload_len(attrs[NFTA_RULE_EXPRESSIONS]);
	while (r == 0 && (expression = attr_next(&at, &left)) != NULL) {
		name = looked_into(expression);
		if (name && !present_has(dump->names, name))
			r = add_name(dump->names, name, strlen(name));
	}
	return r;
}

static int ask(struct nlsock *sock, uint8_t type, struct dump *dump)
{
	_Alignas(struct nlmsghdr) char buffer[512] = { 0 };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family;
	int r;

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = NFPROTO_INET;
	family->version = NFNETLINK_V0;
	mnl_attr_put_strz(message, dump->table_attr, dump->table);
	r = nlsock_request(sock, message, type == NFT_MSG_GETRULE ? take_rule : take, dump);
	return r == -ENOENT ? 0 : r; /* no such table */
}

int present_read(struct nlsock *sock, const char *table, struct present *ret)
{
	auto_(present_clear) struct present present = { 0 };
	struct dump sets = { .table = table,
			     .table_attr = NFTA_SET_TABLE,
			     .name_attr = NFTA_SET_NAME,
			     .attr_max = NFTA_SET_MAX,
			     .names = &present.sets };
	struct dump chains = { .table = table,
			       .table_attr = NFTA_CHAIN_TABLE,
			       .name_attr = NFTA_CHAIN_NAME,
			       .attr_max = NFTA_CHAIN_MAX,
			       .names = &present.chains };
	struct dump rules = { .table = table,
			      .table_attr = NFTA_RULE_TABLE,
			      .names = &present.used };
	int r = ask(sock, NFT_MSG_GETSET, &sets);

	if (r == 0)
		r = ask(sock, NFT_MSG_GETCHAIN, &chains);
	if (r == 0)
		r = ask(sock, NFT_MSG_GETRULE, &rules);
	if (r < 0)
		return r;
	*ret = present;
	memset(&present, 0, sizeof(present));
	return 0;
}

void present_clear(struct present *present)
{
	free(present->sets.at);
	free(present->chains.at);
	free(present->used.at);
	memset(present, 0, sizeof(*present));
}

bool present_has(const struct present_names *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i].text, name) == 0)
			return true;
	return false;
}
