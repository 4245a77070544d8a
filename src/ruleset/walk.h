/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet's way through a ruleset: what the kernel would do, computed from the very value that
 * the kernel gets. Pure.
 *
 * As in the kernel, a match of what a packet does not have ends its rule, negated or not: an IPv4
 * address in an IPv6 packet, TCP flags of a UDP packet, the connection mark of a packet without a
 * connection (state invalid or untracked). Fragments are left out: conntrack puts them together
 * before the first chain. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "ruleset/ruleset.h"

/* What the rules can see of a packet. Interface names are NUL padded. */
struct walk_packet {
	char iif[16], oif[16]; /* oif empty at input, iif empty at output */
	uint8_t family;        /* 4 or 6 */
	struct addr src, dst;  /* single addresses */
	uint8_t l4proto;       /* IPPROTO_* */
	uint16_t sport, dport; /* "th sport", "th dport": the first four bytes behind the IP
				* header, whatever the protocol; of ICMP, type with code and
				* checksum (seen on Linux 6.18) */
	bool is_short;         /* fewer bytes than those are there: neither matches anything */
	uint8_t tcp_flags;     /* as in the header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	uint8_t icmp_type;     /* ICMP and ICMPv6 */
	uint16_t length;       /* ip length, or ip6 length (payload) */
	uint8_t tcp_doff;      /* in 32-bit words */
	uint16_t udp_length;   /* as in the header: with its 8 bytes */
	uint16_t udp_first;    /* first byte behind the UDP header; WALK_NO_BYTE: there is none */
	bool has_ether;        /* came in by an Ethernet interface */
	uint8_t ether_saddr[6];
	uint32_t ct_state; /* one enum ruleset_ct_state bit */
	bool ct_reply;     /* ct direction reply */
	uint32_t ct_mark, meta_mark;
	int64_t now_s; /* elements with timeouts that have expired are not there; 0: none has
			  expired */
};

enum walk_outcome {
	WALK_ACCEPT,
	WALK_DROP,
	WALK_REJECT_RESET,
	WALK_REJECT_ADMIN,
	WALK_REJECT_PORT,
	WALK_QUEUE, /* ends the walk: what follows depends on the daemon's verdict */
};

#define WALK_NO_BYTE   256
#define WALK_STEPS_MAX 64

/* A rule whose statements were all run, or that ended the chain. */
struct walk_step {
	const struct ruleset_chain *chain;
	size_t rule; /* index in chain->rules; SIZE_MAX: the chain's policy */
};

struct walk_result {
	enum walk_outcome outcome;
	uint32_t ct_mark, meta_mark; /* as they are at the end */
	uint16_t queue_first, queue_last;
	struct walk_step steps[WALK_STEPS_MAX];
	size_t step_count;
	const char *
		log_prefix; /* of the last log statement on the way; NULL if none. Of the ruleset */
	const char *comment; /* of the last rule on the way that has one; NULL if none. Of the
				ruleset */
	const struct addr *source_nat; /* the new source address; NULL if none. Of the ruleset */
};

/* Prepared for many packets: its sets are indexed when a packet first needs them. */
struct walk;

/* 0 and *ret, which borrows the ruleset until walk_free(), or -ENOMEM. */
int walk_new(const struct ruleset *ruleset, struct walk **ret);

/* NULL is allowed. Usable with auto_() through walk_freep(). */
void walk_free(struct walk *walk);
void walk_freep(struct walk **walk);

/* Walks every base chain of that hook in the order of priorities, as the kernel does (of two with
 * the same, the one made later comes first): an accept ends its chain, and the next base chain goes
 * on; anything else ends all. Chains for NAT see only the first packet of a connection; others they
 * accept.
 *
 * 0; -ELOOP if it jumps deeper than the kernel allows (16), -ENOENT if a name leads nowhere,
 * -EINVAL for what the kernel would not load (a key of other fields than the set's, an unknown
 * statement), -E2BIG for more than WALK_STEPS_MAX steps, -ENOMEM. */
int walk_packet(struct walk *walk, enum ruleset_hook hook, const struct walk_packet *packet,
		struct walk_result *ret);

/* The same for one packet alone. */
int walk_ruleset(const struct ruleset *ruleset, enum ruleset_hook hook,
		 const struct walk_packet *packet, struct walk_result *ret);

/* "accept", "drop", "reject-reset" ... */
const char *walk_outcome_slug(enum walk_outcome outcome);
