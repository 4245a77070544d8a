/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads a ruleset into the kernel of the current network namespace: the whole of it, or nothing.
 *
 * Where the table is there already, sets and empty chains are laid beside those in force first,
 * under other names (see kernel/renamed.h); then one transaction puts the new rules in the place of
 * the old ones. In a single transaction for both, packets were seen to be refused, since the kernel
 * makes the elements of concatenated interval sets visible only after the rules that look into them
 * (6.1 and 6.18: nf_tables_commit() bumps the generation before the sets' commit).
 *
 * Who loads again and again keeps a struct apply_state: then only what differs is sent, and a
 * hundred changes cost the same whether the sets are large or small. */
#pragma once

#include <stdbool.h>

#include "ruleset/ruleset.h"

struct apply_state;
struct errors;
struct nlsock;

/* What stands for the ruleset's queue statements. */
enum apply_queue {
	APPLY_QUEUE_NATIVE, /* the nf_tables expression */
	APPLY_QUEUE_COMPAT, /* the xtables target through nft_compat */
	APPLY_QUEUE_DROP,   /* drop; for comparisons and for refusing all that would be queued */
};

struct apply_options {
	enum apply_queue queue;
	struct nlsock *sock;       /* NULL: one is opened for this load */
	struct apply_state *state; /* borrowed and changed; NULL: everything is sent */
};

/* Replaces the table (or makes it) by ruleset. 0; or -errno, nothing has changed, and errors says
 * which object the kernel refused and why. -EINVAL also where the ruleset has what cannot be
 * expressed. */
int apply_ruleset(const struct ruleset *ruleset, const struct apply_options *options,
		  struct errors *errors);

/* What this process knows of the table in the kernel; it begins with nothing. It is about one
 * network namespace. As soon as anybody else has changed any nf_tables rules there, it counts for
 * nothing, and the next load sends everything. 0 or -ENOMEM. */
int apply_state_new(struct apply_state **ret);
void apply_state_free(struct apply_state *state);

/* True if nobody has changed any nf_tables rules of the network namespace since the last load;
 * false also where that is not known. */
bool apply_state_is_current(const struct apply_state *state, struct nlsock *sock);
void apply_state_freep(struct apply_state **state);

/* Removes the table if it is there. 0 or -errno. */
int apply_delete(struct nlsock *sock);
