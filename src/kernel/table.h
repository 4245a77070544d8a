/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables and chains as netlink messages. */
#pragma once

#include <stdint.h>

#include "ruleset/ruleset.h"

struct batch;

/* Adds the message that makes (NFT_MSG_NEWTABLE) or deletes (NFT_MSG_DELTABLE) the batch's table. 0
 * or -ENOMEM. */
int table_put(struct batch *batch, uint16_t type);

/* Adds the message that makes the chain, without rules. 0 or -ENOMEM. */
int table_put_chain(struct batch *batch, const struct ruleset_chain *chain);
