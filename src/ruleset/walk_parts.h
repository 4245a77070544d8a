/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the walk share. Private to walk*.c.
 *
 * walk.c            chains: priorities, jumps and returns, verdicts, policies
 * walk_statement.c  what one statement says to one packet
 * walk_set.c        finds the element of a set */
#pragma once

#include <stddef.h>

#include "ruleset/walk.h"
#include "ruleset/walk_set.h"

/* A chain, and its place in the ruleset. */
struct walk_chain {
	const struct ruleset_chain *chain;
	size_t place;
};

struct walk {
	struct walk_chain *bases;  /* in the order of their turns */
	struct walk_chain *chains; /* by name */
	struct walk_set *sets;     /* by name; until the first use, set alone is filled */
	size_t base_count, chain_count, set_count;
};

/* One packet on its way. */
struct walk_journey {
	struct walk *walk;
	const struct walk_packet *packet;
	struct walk_result so_far;
	const struct ruleset_verdict *verdict; /* of the statement that gave one */
};

/* What a statement does to its rule. */
enum walk_effect {
	WALK_GO_ON,
	WALK_NEXT_RULE, /* it does not match, or cannot be evaluated */
	WALK_VERDICT,   /* journey->verdict */
	WALK_END,       /* journey->so_far.outcome */
};

/* An enum walk_effect, or an error as of walk_packet(). */
int walk_statement(struct walk_journey *journey, const struct ruleset_statement *s);
