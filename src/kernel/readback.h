/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as it is in the kernel, as a ruleset: for the proof of what is in force, and for drift.
 */
#pragma once

#include "kernel/nlsock.h"
#include "ruleset/ruleset.h"

/* What could not be understood, for people. */
struct readback_trouble {
	char chain[RULESET_NAME_MAX]; /* "" where it is not about a chain */
	char what[384];
};

/* Dumps table inet sekisho: sets, elements, chains, rules (as expressions, turned back into
 * statements). Sets whose names took their turn (suffix ".b", kernel/renamed.h) get their plain
 * names. Comparisons that somebody made by hand become sets of one element; a set's key speaks of
 * source or destination as its first user does. Matches of protocols that a statement implies are
 * part of it.
 *
 * 0 and *ret (the caller frees with ruleset_free); -ENOENT: no such table; -EBADMSG with *trouble:
 * a rule, set or chain that Sekisho does not write (somebody else's change), or another table's
 * rule that could open what ours refuses; -EAGAIN: the rules changed each time while they were
 * read; -errno of netlink. */
int readback_ruleset(struct nlsock *sock, struct ruleset **ret, struct readback_trouble *trouble);

/* Room for what readback_compare() says. */
#define READBACK_DIFFERENCE_MAX 512

/* Holds what was found against what is wanted. 0: packets fare the same (what the kernel may order
 * as it likes, and who implies what, aside); 1 and the first difference in plain words in out
 * (cap); -ENOMEM. */
int readback_compare(const struct ruleset *wanted, const struct ruleset *found, char *out,
		     size_t cap);
