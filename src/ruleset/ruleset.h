/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ruleset as plain data, between the compiler and its readers: kernel/apply.c (loads it through
 * libnftnl), ruleset/text.c (prints it as nft syntax), ruleset/walk.c (what becomes of one packet),
 * prove (what becomes of all).
 *
 * It has exactly the statements that the compiler emits, no more: a reader handles every enum value
 * (no default: in its switch). All strings and arrays belong to the ruleset. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define RULESET_TABLE    "sekisho" /* family inet */
#define RULESET_NAME_MAX 64        /* names of chains and sets, with NUL */
#define RULESET_LOG_PREFIX_MAX                                                                     \
	128 /* with NUL. Source: NF_LOG_PREFIXLEN, include/net/netfilter/nf_log.h */

/* One field of a set key, a match or a concatenation. Values are in network byte order; see the
 * sizes. */
enum ruleset_field {
	FIELD_IIFNAME,     /* 16 bytes, NUL padded */
	FIELD_OIFNAME,     /* 16 bytes */
	FIELD_SADDR4,      /* 4 bytes; implies nfproto ipv4 */
	FIELD_DADDR4,      /* 4 */
	FIELD_SADDR6,      /* 16; implies nfproto ipv6 */
	FIELD_DADDR6,      /* 16 */
	FIELD_L4PROTO,     /* 1, meta l4proto */
	FIELD_SPORT,       /* 2, th sport: replies of exceptions alone */
	FIELD_DPORT,       /* 2, th dport */
	FIELD_CT_MARK,     /* 4, host order */
	FIELD_LENGTH4,     /* 2, ip length; implies ipv4 */
	FIELD_LENGTH6,     /* 2, ip6 length; implies ipv6 */
	FIELD_TCP_DOFF,    /* 1, in 32-bit words; implies tcp */
	FIELD_ETHER_SADDR, /* 6; implies a frame of an Ethernet interface */
	FIELD_COUNT
};

#define RULESET_KEY_FIELDS_MAX 4
#define RULESET_KEY_BYTES_MAX  64

enum ruleset_verdict_kind {
	VERDICT_ACCEPT,
	VERDICT_DROP,
	VERDICT_JUMP,
	VERDICT_GOTO,
	VERDICT_RETURN
};

struct ruleset_verdict {
	enum ruleset_verdict_kind kind;
	char chain[RULESET_NAME_MAX]; /* JUMP and GOTO */
};

/* Set or verdict-map element. Each field takes 4-byte-aligned room in first/last, as in the
 * kernel's concatenations, in the order of the set's key. */
struct ruleset_element {
	uint8_t first[RULESET_KEY_BYTES_MAX];
	uint8_t last[RULESET_KEY_BYTES_MAX]; /* equal to first in exact sets */
	struct ruleset_verdict verdict;      /* maps only */
	int64_t expires_s; /* sets with timeouts: seconds since 1970 (UTC); from then on it is no
			    * longer there, and the kernel sees to that by itself. 0: never */
};

struct ruleset_set {
	char name[RULESET_NAME_MAX];
	enum ruleset_field key[RULESET_KEY_FIELDS_MAX];
	size_t key_fields;
	bool interval; /* ranges; elements sorted, disjoint (as boxes) */
	bool is_map;   /* data are verdicts */
	bool timeouts; /* elements may expire; not in intervals over a single field */
	struct ruleset_element *elements;
	size_t element_count, element_room;
};

enum ruleset_ct_state { /* the kernel's bits, NF_CT_STATE_BIT() and untracked */
			STATE_INVALID = 1,
			STATE_ESTABLISHED = 2,
			STATE_RELATED = 4,
			STATE_NEW = 8,
			STATE_UNTRACKED = 64,
};

enum ruleset_statement_kind {
	/* matches */
	MATCH_SET,          /* fields (concatenated) in set, or not in it (negate) */
	MATCH_CT_STATE,     /* ct state has one of the bits in value */
	MATCH_CT_REPLY,     /* ct direction reply (value 1) or original (value 0) */
	MATCH_CT_MARK,      /* ct mark & mask == value, or != (negate) */
	MATCH_META_MARK,    /* meta mark & mask == value, or != (negate) */
	MATCH_NFPROTO,      /* value NFPROTO_IPV4 or NFPROTO_IPV6 */
	MATCH_L4PROTO,      /* value, IPPROTO_*; == or != (negate) */
	MATCH_IIFNAME,      /* text */
	MATCH_OIFNAME,      /* text */
	MATCH_TCP_FLAGS,    /* tcp flags & mask == value, or != (negate); implies tcp */
	MATCH_UDP_FIRST,    /* first byte behind the UDP header & mask == value, or != (negate);
			     * implies udp, and that there is one */
	MATCH_UDP_LENGTH,   /* udp length & mask == value, or != (negate); implies udp */
	MATCH_ICMP_TYPES,   /* icmp type in types[] */
	MATCH_ICMPV6_TYPES, /* icmpv6 type in types[] */
	/* actions */
	ACT_COUNTER,
	ACT_LOG,           /* group value, prefix text, snaplen mask (bytes, never 0) */
	ACT_SET_CT_MARK,   /* ct mark set value */
	ACT_SET_META_MARK, /* meta mark set value */
	ACT_CT_MARK_FROM_META,
	ACT_META_MARK_FROM_CT,
	ACT_VERDICT,     /* verdict */
	ACT_VERDICT_MAP, /* fields looked up in map; no element: go on */
	ACT_CT_MARK_MAP, /* ct mark & mask looked up in map; no element: go on */
	ACT_QUEUE, /* queue num value to mask (last), no flags; native or through nft_compat */
	ACT_REJECT_RESET, /* reject with tcp reset; TCP only */
	ACT_REJECT_ADMIN, /* reject with icmpx admin-prohibited */
	ACT_REJECT_PORT,  /* reject with icmpx port-unreachable */
	ACT_SNAT4,        /* to address */
	ACT_SNAT6,
};

#define RULESET_ICMP_TYPES_MAX 8

struct ruleset_statement {
	enum ruleset_statement_kind kind;
	bool negate;
	uint32_t value, mask;
	enum ruleset_field fields[RULESET_KEY_FIELDS_MAX];
	size_t field_count;
	/* Of each field, how many of its last bits are not looked at. Never in a compiled ruleset:
	 * kernel/lowered.c splits big interval sets so, and kernel/readback.c joins them again. */
	uint8_t ignored[RULESET_KEY_FIELDS_MAX];
	char text[RULESET_LOG_PREFIX_MAX]; /* set or map name, interface, or log prefix */
	uint8_t types[RULESET_ICMP_TYPES_MAX];
	size_t type_count;
	struct ruleset_verdict verdict;
	struct addr address;
};

#define RULESET_STATEMENTS_MAX 10

struct ruleset_rule {
	struct ruleset_statement statements[RULESET_STATEMENTS_MAX];
	size_t count;
	char comment[128]; /* for people and records: the flow or forbidden id; may be empty */
};

enum ruleset_hook { HOOK_NONE, HOOK_INPUT, HOOK_FORWARD, HOOK_OUTPUT, HOOK_POSTROUTING_NAT };

struct ruleset_chain {
	char name[RULESET_NAME_MAX];
	enum ruleset_hook hook; /* HOOK_NONE: a regular chain */
	int priority;
	bool policy_drop;
	struct ruleset_rule *rules;
	size_t rule_count, rule_room;
};

struct ruleset {
	struct ruleset_set *sets;
	size_t set_count;
	struct ruleset_chain
		*chains; /* a chain that is jumped to stands before the one that jumps */
	size_t chain_count;
};

/* Bytes a field takes in a key: its own size, and rounded up to 4. */
size_t ruleset_field_size(enum ruleset_field field);
size_t ruleset_field_room(enum ruleset_field field);

/* Bytes of a set's whole key. */
size_t ruleset_key_room(const struct ruleset_set *set);

void ruleset_free(struct ruleset *ruleset);
void ruleset_freep(struct ruleset **ruleset);

/* The chain or set of that name, or NULL. */
const struct ruleset_chain *ruleset_chain(const struct ruleset *ruleset, const char *name);
const struct ruleset_set *ruleset_set(const struct ruleset *ruleset, const char *name);
