/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of bytes with positions that only grow. */
#include "inspect/kept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct kept {
	uint64_t end; /* position behind the newest byte */
	size_t size;
	uint8_t data[];
};

struct kept *kept_new(size_t bytes)
{
	struct kept *kept = calloc(1, sizeof(*kept) + bytes);

	if (kept != NULL) {
		kept->size = bytes;
		/* KEPT_NOWHERE, and what is a little behind it, is of a time that nobody
		 * remembers */
		kept->end = (uint64_t)bytes + UINT32_MAX + 1;
	}
	return kept;
}

void kept_free(struct kept *kept)
{
	free(kept);
}

static uint64_t append(struct kept *kept, const uint8_t *bytes, size_t len)
{
	const uint64_t where = kept->end;

	while (len > 0) {
		const size_t at = (size_t)(kept->end % kept->size);
		const size_t run = len < kept->size - at ? len : kept->size - at;

		memcpy(kept->data + at, bytes, run);
		kept->end += run;
		bytes += run;
		len -= run;
	}
	return where;
}

uint64_t kept_put(struct kept *kept, const uint8_t *bytes, size_t len)
{
	return append(kept, bytes, len);
}

static bool is_gone(const struct kept *kept, uint64_t where)
{
	return kept->end - where > kept->size;
}

uint64_t kept_extend(struct kept *kept, uint64_t where, size_t had, const uint8_t *bytes,
		     size_t len)
{
	uint8_t part[1024];
	uint64_t from = where, moved = kept->end;

	if (is_gone(kept, where))
		return KEPT_NOWHERE;
	if (where + had == kept->end) {
		(void)append(kept, bytes, len);
		return where;
	}
	while (had > 0) {
		const size_t at = (size_t)(from % kept->size);
		size_t run = had < sizeof(part) ? had : sizeof(part);

		if (run > kept->size - at)
			run = kept->size - at;
		/* what is moved may overtake what it is moved from: then it is gone */
		if (is_gone(kept, from))
			return KEPT_NOWHERE;
		memcpy(part, kept->data + at, run);
		(void)append(kept, part, run);
		from += run;
		had -= run;
	}
	(void)append(kept, bytes, len);
	return moved;
}

enum kept_result kept_compare(const struct kept *kept, uint64_t where, size_t offset,
			      const uint8_t *bytes, size_t len)
{
	uint64_t from = where + offset;

	if (is_gone(kept, from))
		return KEPT_GONE;
	while (len > 0) {
		const size_t at = (size_t)(from % kept->size);
		const size_t run = len < kept->size - at ? len : kept->size - at;

		if (memcmp(kept->data + at, bytes, run) != 0)
			return KEPT_OTHER;
		from += run;
		bytes += run;
		len -= run;
	}
	return KEPT_SAME;
}
