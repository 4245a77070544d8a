/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks through the rules of all other tables for what could undo ours. */
#include "kernel/readback_others.h"

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
#include "kernel/readback_harmless.h"
#include "kernel/readback_parts.h"

#define NAME_MAX_BYTES NFT_TABLE_MAXNAMELEN /* of tables and sets, with NUL */

/* A verdict map of another table, whose elements are looked at when all rules are. */
struct map {
	uint8_t family;
	char table[NAME_MAX_BYTES], set[NAME_MAX_BYTES];
};

struct search {
	struct readback_trouble *trouble;
	struct map *maps;
	size_t map_count;
};

static void search_clear(struct search *search)
{
	free(search->maps);
}

static int tell(const struct search *search, const char *table, const char *chain, const char *what)
{
	(void)snprintf(search->trouble->chain, sizeof(search->trouble->chain), "%s", chain);
	(void)snprintf(search->trouble->what, sizeof(search->trouble->what),
		       _("a rule of another table, %s, %s"), table, what);
	return -EBADMSG;
}

/* Notes the map if a lookup is for its verdicts. */
static int take_lookup(struct search *search, const struct map *from, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_LOOKUP_MAX + 1];
	struct map map = *from;
	const char *set;
	struct map *grown;

	if (!data || !attr_index_nested(data, attrs, NFTA_LOOKUP_MAX))
		return -EBADMSG;
	set = attr_text(attrs[NFTA_LOOKUP_SET]);
	if (!attrs[NFTA_LOOKUP_DREG] || attr_u32(attrs[NFTA_LOOKUP_DREG], 1) != NFT_REG_VERDICT)
		return 0;
	if (!set || strlen(set) >= sizeof(map.set))
		return -EBADMSG;
	memcpy(map.set, set, strlen(set) + 1);
	grown = reallocarray(search->maps, search->map_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	search->maps = grown;
	grown[search->map_count++] = map;
	return 0;
}

static int take_expression(struct search *search, const struct map *from, const char *chain,
			   const struct nlattr *attr)
{
	const struct nlattr *parts[NFTA_EXPR_MAX + 1];
	const char *name, *fault;

	if (!attr_index_nested(attr, parts, NFTA_EXPR_MAX))
		return -EBADMSG;
	name = attr_text(parts[NFTA_EXPR_NAME]);
	if (!name)
		return -EBADMSG;
	fault = readback_harmless_fault(name, parts[NFTA_EXPR_DATA]);
	if (fault)
		return tell(search, from->table, chain, fault);
	return strcmp(name, "lookup") == 0 ? take_lookup(search, from, parts[NFTA_EXPR_DATA]) : 0;
}

static int take_expressions(struct search *search, const struct map *from, const char *chain,
			    const struct nlattr *list)
{
	const struct nlattr *attr;
	const void *at;
	size_t left;
	int r = 0;

	if (!list)
		return 0;
	at = mnl_attr_get_payload(list);
	left = mnl_attr_get_payload_len(list);
	while (r == 0 && (attr = attr_next(&at, &left)) != NULL)
		r = take_expression(search, from, chain, attr);
	return r;
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NFTA_RULE_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	struct map from = { .family = family->nfgen_family };
	const char *table, *chain;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_RULE_MAX))
		return -EBADMSG;
	table = attr_text(attrs[NFTA_RULE_TABLE]);
	chain = attr_text(attrs[NFTA_RULE_CHAIN]);
	if (!table || !chain || strlen(table) >= sizeof(from.table))
		return -EBADMSG;
	if (family->nfgen_family == NFPROTO_INET && strcmp(table, RULESET_TABLE) == 0)
		return 0;
	memcpy(from.table, table, strlen(table) + 1);
	return take_expressions(data, &from, chain, attrs[NFTA_RULE_EXPRESSIONS]);
}

static const char *element_fault(const struct nlattr *element)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_MAX + 1], *parts[NFTA_DATA_MAX + 1];

	if (!attr_index_nested(element, attrs, NFTA_SET_ELEM_MAX))
		return _("does what cannot be read");
	if (!attrs[NFTA_SET_ELEM_DATA]) /* the end of a range */
		return NULL;
	if (!attr_index_nested(attrs[NFTA_SET_ELEM_DATA], parts, NFTA_DATA_MAX))
		return _("does what cannot be read");
	return readback_harmless_verdict_fault(parts[NFTA_DATA_VERDICT]);
}

/* One message with elements of a verdict map. */
static int take_elements(const struct nlmsghdr *message, void *data)
{
	const struct search *search = data;
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1], *element;
	const char *table;
	const void *at;
	size_t left;

	if (!attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_MAX))
		return -EBADMSG;
	table = attr_text(attrs[NFTA_SET_ELEM_LIST_TABLE]);
	if (!attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	at = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	left = mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while ((element = attr_next(&at, &left)) != NULL) {
		const char *fault = element_fault(element);

		if (fault)
			return tell(search, table ? table : "?", "", fault);
	}
	return 0;
}

/* A dump of type from tables of that family. */
static struct nlmsghdr *request(char *buffer, uint16_t type, uint8_t of)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *family;

	message->nlmsg_type = (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type);
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = of;
	family->version = NFNETLINK_V0;
	return message;
}

static int look_into_maps(struct nlsock *sock, struct search *search)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < search->map_count; i++) {
		_Alignas(struct nlmsghdr) char buffer[2 * NAME_MAX_BYTES + 128] = { 0 };
		const struct map *map = &search->maps[i];
		struct nlmsghdr *message = request(buffer, NFT_MSG_GETSETELEM, map->family);

		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, map->table);
		mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, map->set);
		r = nlsock_request(sock, message, take_elements, search);
	}
	return r;
}

/* Tables of the old xtables kind, which no dump of nf_tables shows. */
static int legacy_tables(struct readback_trouble *trouble)
{
	static const char *const lists[] = { "/proc/net/ip_tables_names",
					     "/proc/net/ip6_tables_names",
					     "/proc/net/arp_tables_names" };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		char name[64] = "";
		FILE *from = fopen(lists[i], "re");

		if (!from)
			continue; /* the kernel has none of that kind */
		if (fgets(name, sizeof(name), from)) {
			name[strcspn(name, "\n")] = '\0';
			(void)snprintf(
				trouble->what, sizeof(trouble->what),
				_("iptables-legacy has a table \"%s\" (%s), whose rules cannot be "
				  "read here and could change marks and packets"),
				name, lists[i]);
			(void)fclose(from);
			return -EBADMSG;
		}
		(void)fclose(from);
	}
	return 0;
}

int readback_others(struct nlsock *sock, struct readback_trouble *trouble)
{
	_Alignas(struct nlmsghdr) char buffer[64] = { 0 };
	auto_(search_clear) struct search search = { .trouble = trouble };
	int r;

	r = nlsock_request(sock, request(buffer, NFT_MSG_GETRULE, NFPROTO_UNSPEC), take_rule,
			   &search);
	if (r >= 0)
		r = look_into_maps(sock, &search);
	return r < 0 ? r : legacy_tables(trouble);
}
