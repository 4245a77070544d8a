/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two names that each set has by turns in the kernel, so that the next can be laid beside the
 * one in force. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ruleset/ruleset.h"

/* Ends one of the two. */
#define RENAMED_SUFFIX ".b"

/* True if name is the one with the ending. */
bool renamed_is(const char *name);

/* The name without the ending. */
void renamed_plain(const char *name, char *ret, size_t cap);

/* The other one of the two names. 0 or -ENAMETOOLONG. */
int renamed_other(const char *name, char *ret, size_t cap);
