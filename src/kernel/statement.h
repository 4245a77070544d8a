/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A rule's statements as nf_tables expressions, the same ones that nft(8) makes of the printed
 * text. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/apply.h"
#include "ruleset/ruleset.h"

struct batch;

/* What all rules of a transaction share. */
struct statement_context {
	struct batch *batch;
	enum apply_queue queue;
	uint32_t next_set_id; /* for nameless sets */
};

/* Adds the messages for one rule of chain; number counts from 1. 0, -ENOMEM, or -EINVAL (a
 * statement that cannot be expressed: too many fields, an empty list, a queue range the wrong way
 * round). */
int statement_put_rule(struct statement_context *context, const char *chain, size_t number,
		       const struct ruleset_rule *rule);
