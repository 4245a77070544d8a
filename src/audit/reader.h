/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a decision log line by line, and follows it over rotation. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define READER_LINE_MAX 65536 /* longer lines are passed over and counted */

struct reader;

/* Opens the log at path; "-" is standard input (no tail, no following). 0 and *ret_reader (the
 * caller frees it), or -errno. */
int reader_open(const char *path, struct reader **ret_reader);
void reader_free(struct reader *reader);
void reader_freep(struct reader **reader);

/* Goes to where the last lines whole lines of the file begin. 0 or -errno (-ESPIPE: not a regular
 * file). */
int reader_seek_last(struct reader *reader, size_t lines);

/* Gives the next whole line without its newline, NUL-terminated, borrowed until the next call. 1,
 * or 0 at the end of what is there (a line without newline is still being written), or -errno.
 *
 * At the end of a file that was rotated away it goes on in the file that has taken its name, once
 * that has a byte in it: the writer begins each new file with a record, and by then has written its
 * last to the old one. A file that was made shorter is read from its beginning. */
int reader_next(struct reader *reader, const char **ret_line, size_t *ret_length);

/* Waits until reader_next() may have more. 1, or 0 after timeout_ms (-1: none) or a signal, or
 * -errno. Where the file system tells no changes (network mounts) it looks again each second. */
int reader_wait(struct reader *reader, int timeout_ms);

/* Lines passed over because they were too long. */
uint64_t reader_overlong(const struct reader *reader);
