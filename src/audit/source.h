/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lines of a log file from its beginning to its end, plain or packed by gzip or zstd. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOURCE_LINE_MAX 65536 /* bytes; what is longer is given cut, and is no record */

struct source;

/* Opens the file; how it is packed is seen from its first bytes. 0, -ENOMEM, or -errno. */
int source_open(const char *path, struct source **ret);
void source_free(struct source *source);
void source_freep(struct source **source);

/* The next line without its newline, not terminated, borrowed until the next call; *ret_whole is
 * false for what stands behind the file's last newline. 1, 0 at the end, -EBADMSG where what is
 * packed is damaged, or -errno. */
int source_next(struct source *source, const char **ret_line, size_t *ret_len, bool *ret_whole);

/* Unpacked bytes given so far. */
uint64_t source_bytes(const struct source *source);
