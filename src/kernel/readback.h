/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table as it is in the kernel, as a ruleset: for the proof of what is in force, and for drift.
 */
#pragma once

#include "kernel/nlsock.h"
#include "ruleset/ruleset.h"

/* What could not be understood, for people. */
struct readback_trouble {
	char chain[RULESET_NAME_MAX];
	char what[192];
};

/* Dumps table inet sekisho: sets, elements, chains, rules (as expressions, turned back into
 * statements). Sets whose names took their turn (suffix ".b", kernel/renamed.h) get their plain
 * names. 0 and *ret (the caller frees with ruleset_free); -ENOENT: no such table; -EBADMSG with
 * *trouble: a rule, set or chain that Sekisho does not write (somebody else's change), or other
 * tables that hook where ours does and could accept; -errno of netlink. */
int readback_ruleset(struct nlsock *sock, struct ruleset **ret, struct readback_trouble *trouble);
