/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes of addresses and ports, made disjoint: the kernel's concatenated interval sets refuse
 * elements that overlap (Source: net/netfilter/nft_set_pipapo.c, nft_pipapo_insert). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

/* Every address of the range with every port first..last of one protocol. */
struct box {
	struct addr_range addresses;
	uint8_t l4proto; /* IPPROTO_* */
	uint16_t first, last;
};

/* Owned array. "Normal" means: sorted (by address, then protocol and port), disjoint, and the same
 * for the same addresses and ports however they were given. */
struct boxes {
	struct box *at;
	size_t count, room;
};

/* 0 or -ENOMEM. The boxes are no longer normal. */
int boxes_add(struct boxes *boxes, const struct box *box);

/* Makes them normal. 0, or -ENOMEM and nothing has changed. Time grows with the boxes times the
 * different port ranges among them. */
int boxes_normalise(struct boxes *boxes);

/* True for one address and one port: an element for a hash set. */
bool box_is_single(const struct box *box);

/* Frees what it holds and empties it. Usable with auto_(). */
void boxes_clear(struct boxes *boxes);
