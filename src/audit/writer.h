/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log file: batches of records, written before the verdicts that they stand for. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/record.h"

#define WRITER_FILE_NAME "decisions.jsonl"

struct checkpoint;
struct keeper;
struct writer;

/* Opens (append, create 0640) directory/decisions.jsonl. Numbers go on from the highest found at
 * the end of that file and of its rotated forerunners (decisions.jsonl*, uncompressed). A line that
 * a crash cut short is ended and a gap record marks it. NULL only if memory ran out; if the file
 * cannot be opened the writer is made all the same, in the failed state (writer_failure() says
 * why). */
struct writer *writer_new(const char *directory);

/* The same for a chained log; takes keeper, also where NULL is given. Each file then begins with a
 * "log-opened" record that holds its predecessor's seal. Where the log does not fit the key the
 * writer is in the failed state with -EKEYREJECTED, which nothing but a person can mend. */
struct writer *writer_new_chained(const char *directory, struct keeper *keeper);

void writer_free(struct writer *writer);

/* Numbers the record (sets sequence), formats it, chains it and puts it in the batch. The number of
 * a record that then cannot be written is not given again: the hole in the numbers is as wide as
 * the gap record says. 0, or -ENOBUFS where the batch is full: flush first. */
int writer_add(struct writer *writer, struct record *record);

/* Writes the batch, and then the key that follows on it. 0, or -errno: then none of the batch
 * counts as written (a partly written line is cut off again, or ended and marked, when writing
 * works again), the batch is emptied, its records are counted as missing, and the writer is in the
 * failed state. */
int writer_flush(struct writer *writer);

/* Failed state: new flows must be refused. writer_retry() tries to open and write again; after
 * success it has written a RECORD_GAP with the number missing and since when. 0 or -errno. */
int writer_failure(const struct writer *writer); /* 0 or the -errno of the failure */
int writer_retry(struct writer *writer);

/* Writes the batch, then opens the file of that name anew (after rotation), which begins with a
 * "log-opened" record if it is empty: a follower of the old file knows by it that nothing more
 * comes there. The old one stays in use if that fails: -errno. */
int writer_reopen(struct writer *writer);

/* Writes the batch, seals the last record and writes that into the log as well. 0 and what to tell
 * elsewhere; -ENOTSUP: the log is not chained; -EALREADY: nothing came since the checkpoint before;
 * or -errno of writing. */
int writer_checkpoint(struct writer *writer, struct checkpoint *ret);

/* The chain's key id, or NULL where the log is not chained. */
const char *writer_key_id(const struct writer *writer);

/* With -EKEYREJECTED: the record that does not fit the key, 0 if none can be named. */
uint64_t writer_unfit(const struct writer *writer);

struct writer_counts {
	uint64_t written, missing, bytes, flushes; /* since writer_new() */
	uint64_t sequence; /* of the record numbered last, 0 before the first */
};
void writer_counts(const struct writer *writer, struct writer_counts *ret);
