/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a log file ends, and whether that fits the key: after a crash the file may be ahead of the
 * key, never against it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "audit/chain.h"

struct resume {
	bool any;                     /* the file has a whole record */
	uint64_t last;                /* number of its last */
	uint8_t tag[CHAIN_TAG_BYTES]; /* of that; zeros where it has none */
	uint64_t bad; /* where -EKEYREJECTED is given: the record that does not fit, 0 if it
			 cannot be named */
};

/* Reads the end of the file of records and proves those behind the point with its key, which moves
 * on over them. What a crash left of a line is passed over. A point whose tag is zeros is that of a
 * new key: what stands before the chain's first record need not be chained.
 *
 * 0; -EKEYREJECTED (see bad): a record was altered, is of another key, or has none; -ENOMEM, -EIO
 * or -errno. The point is only changed where 0 is given. */
int resume_scan(int fd, struct chain *chain, struct chain_point *point, struct resume *ret);
