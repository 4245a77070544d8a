/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One packet's way through a ruleset: what the kernel would do, computed from the very value that
 * the kernel gets. Pure. */
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
	uint16_t sport, dport; /* TCP and UDP; else 0 */
	uint8_t tcp_flags;     /* as in the header: FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32 */
	uint8_t icmp_type;     /* ICMP and ICMPv6 */
	uint16_t length;       /* ip length, or ip6 length (payload) */
	uint8_t tcp_doff;      /* in 32-bit words */
	bool has_ether;
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

#define WALK_STEPS_MAX 64

/* A rule whose matches all held. */
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
};

/* Walks every base chain of that hook in the order of priorities, as the kernel does: an accept
 * ends its chain, and the next base chain goes on; anything else ends all. 0; -ELOOP if it jumps
 * deeper than the kernel allows (16), -ENOENT if a name leads nowhere, -E2BIG for more than
 * WALK_STEPS_MAX steps. */
int walk_ruleset(const struct ruleset *ruleset, enum ruleset_hook hook,
		 const struct walk_packet *packet, struct walk_result *ret);

/* "accept", "drop", "reject-reset" ... */
const char *walk_outcome_slug(enum walk_outcome outcome);
