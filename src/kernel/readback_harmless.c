/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges expressions of other tables by a list of those that are known to be harmless. */
#include "kernel/readback_harmless.h"

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <stdbool.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "kernel/attr.h"

#define TCP_OPTION_MSS 2

/* Room for the attributes of any expression that is looked into. */
#define ATTRS_MAX 16

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; name && i < count; i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static const char *unreadable(void)
{
	return _("does what cannot be read");
}

const char *readback_harmless_verdict_fault(const struct nlattr *verdict)
{
	const struct nlattr *attrs[NFTA_VERDICT_MAX + 1];

	if (!verdict || !attr_index_nested(verdict, attrs, NFTA_VERDICT_MAX) ||
	    !attrs[NFTA_VERDICT_CODE])
		return unreadable();
	switch ((int)attr_u32(attrs[NFTA_VERDICT_CODE], NF_STOLEN)) {
	case NF_ACCEPT:
	case NF_DROP:
	case NFT_CONTINUE:
	case NFT_BREAK:
	case NFT_JUMP:
	case NFT_GOTO:
	case NFT_RETURN:
		return NULL;
	default: /* the kernel's numbers */
		return _("hands packets to a program (queue), which may change them and their "
			 "marks");
	}
}

/* A verdict, or bytes into a register. */
static const char *immediate_fault(const struct nlattr *data)
{
	const struct nlattr *attrs[ATTRS_MAX + 1], *parts[NFTA_DATA_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_IMMEDIATE_MAX) || !attrs[NFTA_IMMEDIATE_DATA] ||
	    !attr_index_nested(attrs[NFTA_IMMEDIATE_DATA], parts, NFTA_DATA_MAX))
		return unreadable();
	return parts[NFTA_DATA_VERDICT] ? readback_harmless_verdict_fault(parts[NFTA_DATA_VERDICT])
					: NULL;
}

static const char *ct_fault(const struct nlattr *data)
{
	const struct nlattr *attrs[ATTRS_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_CT_MAX))
		return unreadable();
	if (!attrs[NFTA_CT_SREG])
		return NULL;
	switch (attr_u32(attrs[NFTA_CT_KEY], UINT32_MAX)) {
	case NFT_CT_LABELS: /* ours do not look at them */
		return NULL;
	case NFT_CT_MARK:
		return _("writes connection marks");
	case NFT_CT_ZONE:
		return _("puts connections into zones of their own");
	default: /* the kernel's numbers */
		return _("changes what conntrack keeps of connections");
	}
}

static const char *meta_fault(const struct nlattr *data)
{
	const struct nlattr *attrs[ATTRS_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_META_MAX))
		return unreadable();
	if (!attrs[NFTA_META_SREG])
		return NULL;
	switch (attr_u32(attrs[NFTA_META_KEY], UINT32_MAX)) {
	case NFT_META_PRIORITY: /* of queues towards the wire */
	case NFT_META_NFTRACE:
		return NULL;
	case NFT_META_MARK:
		return _("writes packet marks");
	default: /* the kernel's numbers */
		return _("changes what the kernel takes packets for (meta)");
	}
}

static const char *payload_fault(const struct nlattr *data)
{
	const struct nlattr *attrs[ATTRS_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_PAYLOAD_MAX))
		return unreadable();
	return attrs[NFTA_PAYLOAD_SREG] ? _("rewrites packets") : NULL;
}

/* Lowering the greatest segment is how lines with small packets are served; nothing else may be
 * written, nor an option be taken out. */
static const char *exthdr_fault(const struct nlattr *data)
{
	const struct nlattr *attrs[ATTRS_MAX + 1];
	bool is_mss;

	if (!attr_index_nested(data, attrs, NFTA_EXTHDR_MAX))
		return unreadable();
	if (attrs[NFTA_EXTHDR_DREG])
		return NULL;
	is_mss = attrs[NFTA_EXTHDR_SREG] &&
		 attr_u32(attrs[NFTA_EXTHDR_OP], NFT_EXTHDR_OP_IPV6) == NFT_EXTHDR_OP_TCPOPT &&
		 attr_u8(attrs[NFTA_EXTHDR_TYPE], 0) == TCP_OPTION_MSS &&
		 attr_u32(attrs[NFTA_EXTHDR_OFFSET], 0) == 2 &&
		 attr_u32(attrs[NFTA_EXTHDR_LEN], 0) == 2;
	return is_mss ? NULL : _("rewrites packets");
}

/* Objects of a table: those that only count, and others. Which ones a map holds is not told here.
 */
static const char *objref_fault(const struct nlattr *data)
{
	const struct nlattr *attrs[ATTRS_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_OBJREF_MAX))
		return unreadable();
	switch (attr_u32(attrs[NFTA_OBJREF_IMM_TYPE], NFT_OBJECT_UNSPEC)) {
	case NFT_OBJECT_COUNTER:
	case NFT_OBJECT_QUOTA:
	case NFT_OBJECT_LIMIT:
	case NFT_OBJECT_CONNLIMIT:
		return NULL;
	case NFT_OBJECT_CT_HELPER:
		return _("sets a helper of conntrack, which lets further connections belong to one "
			 "that is open");
	case NFT_OBJECT_CT_EXPECT:
		return _("has conntrack expect connections");
	default: /* the kernel's numbers */
		return _("uses an object that may change packets or connections");
	}
}

/* xtables targets that change nothing that ours goes by. */
static const char *target_fault(const struct nlattr *data)
{
	static const char *const names[] = { "REJECT",   "LOG",      "NFLOG",      "DNAT",
					     "SNAT",     "REDIRECT", "MASQUERADE", "NETMAP",
					     "TCPMSS",   "CHECKSUM", "TRACE",      "AUDIT",
					     "CLASSIFY", "RATEEST" };
	const struct nlattr *attrs[ATTRS_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_TARGET_MAX))
		return unreadable();
	return is_one_of(attr_text(attrs[NFTA_TARGET_NAME]), names, ARRAY_SIZE(names))
		       ? NULL
		       : _("uses an xtables target that may change marks, packets or connections");
}

/* xtables matches that only look. ("socket" may write the packet's mark.) */
static const char *match_fault(const struct nlattr *data)
{
	static const char *const names[] = {
		"addrtype",  "ah",        "bpf",        "cgroup",    "cluster", "comment",
		"connbytes", "connlimit", "connmark",   "conntrack", "cpu",     "dccp",
		"devgroup",  "dscp",      "dst",        "ecn",       "esp",     "eui64",
		"frag",      "hashlimit", "hbh",        "helper",    "hl",      "icmp",
		"icmp6",     "iprange",   "ipv6header", "length",    "limit",   "mac",
		"mark",      "mh",        "multiport",  "nfacct",    "osf",     "owner",
		"physdev",   "pkttype",   "policy",     "quota",     "rateest", "realm",
		"recent",    "rpfilter",  "rt",         "sctp",      "set",     "state",
		"statistic", "string",    "tcp",        "tcpmss",    "time",    "tos",
		"ttl",       "u32",       "udp",
	};
	const struct nlattr *attrs[ATTRS_MAX + 1];

	if (!attr_index_nested(data, attrs, NFTA_MATCH_MAX))
		return unreadable();
	return is_one_of(attr_text(attrs[NFTA_MATCH_NAME]), names, ARRAY_SIZE(names))
		       ? NULL
		       : _("uses an xtables match that may change marks");
}

/* Expressions of which some forms are harmless. */
static const struct {
	const char *name;
	const char *(*fault)(const struct nlattr *data);
} judged[] = {
	{ "immediate", immediate_fault }, { "ct", ct_fault },         { "meta", meta_fault },
	{ "payload", payload_fault },     { "exthdr", exthdr_fault }, { "objref", objref_fault },
	{ "target", target_fault },       { "match", match_fault },
};

/* What others do, where there are words for it. */
static const struct {
	const char *name, *what; /* what: gettext msgid */
} feared[] = {
	{ "queue",
	  N_("hands packets to a program (queue), which may change them and their marks") },
	{ "notrack", N_("takes packets away from conntrack") },
	{ "tproxy", N_("diverts connections to the appliance itself (tproxy)") },
	{ "synproxy", N_("answers in the place of servers (synproxy)") },
	{ "flow_offload", N_("takes flows off the way past Sekisho's rules (flow offload)") },
	{ "fwd", N_("sends packets on past Sekisho's rules") },
	{ "dup", N_("sends packets on past Sekisho's rules") },
};

const char *readback_harmless_fault(const char *name, const struct nlattr *data)
{
	/* they look, count, translate addresses (which ours see after or before:
	 * doc/architecture.md), or refuse; dynset writes sets of its own table, which ours do not
	 * see */
	static const char *const harmless[] = {
		"bitwise", "byteorder", "cmp",    "connlimit", "counter", "dynset", "fib",
		"hash",    "inner",     "last",   "limit",     "log",     "lookup", "masq",
		"nat",     "numgen",    "osf",    "quota",     "range",   "redir",  "reject",
		"rt",      "socket",    "tunnel", "xfrm"
	};

	if (is_one_of(name, harmless, ARRAY_SIZE(harmless)))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(judged); i++)
		if (strcmp(name, judged[i].name) == 0)
			return data ? judged[i].fault(data) : unreadable();
	for (size_t i = 0; i < ARRAY_SIZE(feared); i++)
		if (strcmp(name, feared[i].name) == 0)
			return _(feared[i].what);
	return _("does what Sekisho does not know");
}
