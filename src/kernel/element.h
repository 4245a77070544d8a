/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The elements of sets and maps as netlink messages, written straight as attributes: there may be
 * many. */
#pragma once

#include <stdint.h>

#include "ruleset/ruleset.h"

struct batch;
struct packed;

/* Adds the messages for all elements of set, as many as they need; none for an empty set. The set's
 * definition comes before them. An element that may expire gets the time that it has left by the
 * system's clock; one whose time is over is left out. 0 or -ENOMEM. */
int element_put_all(struct batch *batch, const struct ruleset_set *set);

/* The same for packed elements of a set like set; type is NFT_MSG_NEWSETELEM or (not for ranges
 * over a single field) NFT_MSG_DELSETELEM. 0 or -ENOMEM. */
int element_put_packed(struct batch *batch, const struct ruleset_set *set,
		       const struct packed *packed, uint16_t type);

/* The number by which nf_tables knows a verdict. */
uint32_t element_verdict_code(enum ruleset_verdict_kind kind);
