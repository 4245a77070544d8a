/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parts of a lowered ruleset as messages of a transaction, and its end: what went wrong, for
 * people. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kernel/apply.h"
#include "kernel/lowered.h"

struct batch;
struct errors;
struct nlsock;
struct statement_context;

/* Adds set number i with all its elements. 0, -ENOMEM, or -EINVAL (told in errors). */
int transaction_put_set(struct batch *batch, const struct lowered *lowered, size_t i,
			struct errors *errors);

/* Adds all rules of the chain. 0, or as above. */
int transaction_put_rules(struct statement_context *context, const struct ruleset_chain *chain,
			  struct errors *errors);

/* Waits until no processor is in rules any more that were replaced before. */
void transaction_wait_for_packets(void);

/* Where r is 0: sends what was put, and waits; else r is what putting it gave. 0, or -errno, told
 * in errors. */
int transaction_send(int r, struct batch *batch, struct nlsock *sock, struct errors *errors);
