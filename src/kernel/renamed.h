/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset under other names of its sets, so that it can be laid beside the one in force. */
#pragma once

#include "ruleset/ruleset.h"

/* Ends the names of one of two rulesets that take turns in the kernel. */
#define RENAMED_SUFFIX ".b"

/* A copy in which the name of every set, and every mention of it, ends in RENAMED_SUFFIX. Elements
 * are borrowed from the original. 0 and *ret (freed with renamed_free(), before the original),
 * -ENOMEM, or -ENAMETOOLONG. */
int renamed_copy(const struct ruleset *original, struct ruleset **ret);
void renamed_freep(struct ruleset **copy);
