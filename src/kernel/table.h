/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and chains as netlink messages. */
#pragma once

#include <stdint.h>

#include "kernel/batch.h"
#include "ruleset/ruleset.h"

/* Adds the message that makes (NFT_MSG_NEWTABLE) or deletes (NFT_MSG_DELTABLE) the batch's table. 0
 * or -ENOMEM. */
int table_put(struct batch *batch, uint16_t type);

/* Adds the message that makes the chain, without rules. 0 or -ENOMEM. */
int table_put_chain(struct batch *batch, const struct ruleset_chain *chain);

/* Adds the message that deletes all rules of all chains of the batch's table. 0 or -ENOMEM. */
int table_put_flush(struct batch *batch);

/* The same for one chain; the name is borrowed. */
int table_put_flush_chain(struct batch *batch, const char *chain);

/* Adds the message that deletes the set or chain (kind says which) of that name; the name is
 * borrowed. 0 or -ENOMEM. */
int table_put_delete(struct batch *batch, enum batch_kind kind, const char *name);
