/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that were let through, kept for a while so that what comes again can be compared. One ring
 * for all flows: what is newest takes the place of what is oldest. */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct kept;

enum kept_result {
	KEPT_SAME,
	KEPT_OTHER,
	KEPT_GONE, /* the ring has moved on */
};

/* A ring of that many bytes (at least 1). NULL if memory ran out. */
struct kept *kept_new(size_t bytes);
void kept_free(struct kept *kept);

/* Puts bytes in. Returns where they are: valid for kept_compare() until the ring has moved on. */
uint64_t kept_put(struct kept *kept, const uint8_t *bytes, size_t len);

/* Where nothing is. */
#define KEPT_NOWHERE 0U

/* Adds bytes to the end of the had bytes at where (in place, where nothing was put since; else all
 * of them anew). Returns where they are now: KEPT_NOWHERE if an old one is gone. */
uint64_t kept_extend(struct kept *kept, uint64_t where, size_t had, const uint8_t *bytes,
		     size_t len);

/* Compares bytes with those at where + offset (below 4 GiB), which must have been put there. */
enum kept_result kept_compare(const struct kept *kept, uint64_t where, size_t offset,
			      const uint8_t *bytes, size_t len);
