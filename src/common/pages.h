/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for big tables that are looked into here and there: in large pages, so that the processor
 * finds where they are. */
#pragma once

#include <stddef.h>

/* Zeroed memory for count items of size bytes; NULL if memory ran out. Large pages are asked for
 * from 1 MiB on, and need not come. Freed by pages_free() with the same numbers. Source:
 * madvise(2), MADV_HUGEPAGE. */
void *pages_new(size_t count, size_t size);

/* NULL is allowed. */
void pages_free(void *memory, size_t count, size_t size);
