/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks through the rules of all other tables for what could undo ours. */
#include "kernel/readback_others.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"

/* What an expression with a source register writes. */
static bool writes(const struct nlattr *data, uint16_t sreg, uint16_t key, uint32_t mark)
{
	const struct nlattr *attrs[NFTA_PAYLOAD_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_PAYLOAD_MAX) || !attrs[sreg])
		return false;
	return key == 0 || attr_u32(attrs[key], UINT32_MAX) == mark;
}

/* xtables targets that change nothing that ours goes by. */
static bool is_harmless_target(const struct nlattr *data)
{
	static const char *const names[] = { "REJECT",     "LOG",      "NFLOG",    "NFQUEUE",
					     "DNAT",       "SNAT",     "REDIRECT", "TCPMSS",
					     "MASQUERADE", "CHECKSUM", "TRACE",    "NOTRACK",
					     "AUDIT" };
	const struct nlattr *attrs[NFTA_TARGET_MAX + 1];
	const char *name = NULL;
	size_t i;

	if (attr_index_nested(data, attrs, NFTA_TARGET_MAX))
		name = attr_text(attrs[NFTA_TARGET_NAME]);
	for (i = 0; name && i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

/* In words what the expression does that ours must fear; NULL: nothing. */
static const char *danger(const char *name, const struct nlattr *data)
{
	if (strcmp(name, "ct") == 0 && writes(data, NFTA_CT_SREG, NFTA_CT_KEY, NFT_CT_MARK))
		return _("writes connection marks");
	if (strcmp(name, "meta") == 0 && writes(data, NFTA_META_SREG, NFTA_META_KEY, NFT_META_MARK))
		return _("writes packet marks");
	if (strcmp(name, "payload") == 0 && writes(data, NFTA_PAYLOAD_SREG, 0, 0))
		return _("rewrites packets");
	if (strcmp(name, "flow_offload") == 0)
		return _("takes flows off the way past Sekisho's rules (flow offload)");
	if (strcmp(name, "fwd") == 0 || strcmp(name, "dup") == 0)
		return _("sends packets on past Sekisho's rules");
	if (strcmp(name, "target") == 0 && !is_harmless_target(data))
		return _("uses an xtables target that may change marks or packets");
	return NULL;
}

struct search {
	struct readback_trouble *trouble;
};

static int take_expressions(const struct search *search, const char *table, const char *chain,
			    const struct nlattr *list)
{
	const struct nlattr *attr, *parts[NFTA_EXPR_MAX + 1];
	const char *name, *what;
	const void *at;
	size_t left;

	if (!list)
		return 0;
	at = mnl_attr_get_payload(list);
	left = mnl_attr_get_payload_len(list);
	while ((attr = attr_next(&at, &left)) != NULL) {
		if (!attr_index_nested(attr, parts, NFTA_EXPR_MAX))
			return -EBADMSG;
		name = attr_text(parts[NFTA_EXPR_NAME]);
		what = name ? danger(name, parts[NFTA_EXPR_DATA]) : NULL;
		if (!what)
			continue;
		(void)snprintf(search->trouble->chain, sizeof(search->trouble->chain), "%s", chain);
		(void)snprintf(search->trouble->what, sizeof(search->trouble->what),
			       _("a rule of another table, %s, %s"), table, what);
		return -EBADMSG;
	}
	return 0;
}

static int take_rule(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NFTA_RULE_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const char *table, *chain;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_RULE_MAX))
		return -EBADMSG;
	table = attr_text(attrs[NFTA_RULE_TABLE]);
	chain = attr_text(attrs[NFTA_RULE_CHAIN]);
	if (!table || !chain)
		return -EBADMSG;
	if (family->nfgen_family == NFPROTO_INET && strcmp(table, RULESET_TABLE) == 0)
		return 0;
	return take_expressions(data, table, chain, attrs[NFTA_RULE_EXPRESSIONS]);
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
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct search search = { .trouble = trouble };
	struct nfgenmsg *family;

	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETRULE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	family = mnl_nlmsg_put_extra_header(message, sizeof(*family));
	family->nfgen_family = NFPROTO_UNSPEC;
	family->version = NFNETLINK_V0;
	int r = nlsock_request(sock, message, take_rule, &search);
	return r < 0 ? r : legacy_tables(trouble);
}
