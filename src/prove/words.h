/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranges of long numbers (IPv6 and hardware addresses) as boxes of 32-bit words. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

#define WORDS_MAX        4
#define WORDS_PIECES_MAX (2 * WORDS_MAX - 1)

/* Boxes whose union is the range; each has for each word the first and the last value. */
struct words_pieces {
	uint32_t at[WORDS_PIECES_MAX][WORDS_MAX][2];
	size_t count;
};

/* Bytes (network order, at most 16) as words; of the last word only as many bytes as are left. */
void words_of(const uint8_t *bytes, size_t length, uint32_t *words);

/* The range from first to last, each length bytes (4, 6 or 16). */
void words_split(const uint8_t *first, const uint8_t *last, size_t length,
		 struct words_pieces *ret);
void words_split_range(const struct addr_range *range, struct words_pieces *ret);
