/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a table in the kernel holds now: the names of its sets and chains. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "ruleset/ruleset.h"

struct nlsock;

struct present_name {
	char text[RULESET_NAME_MAX];
};

struct present_names {
	struct present_name *at;
	size_t count;
};

/* Owned; freed with present_clear(). */
struct present {
	struct present_names sets; /* without nameless ones, which go with their rules */
	struct present_names chains;
	struct present_names used; /* sets that rules look into */
};

/* Asks the kernel for the table of the inet family. 0 and *ret (empty where there is no such
 * table), or -errno and *ret untouched; -ENAMETOOLONG where a name is not one of ours. */
int present_read(struct nlsock *sock, const char *table, struct present *ret);

void present_clear(struct present *present);

bool present_has(const struct present_names *names, const char *name);
