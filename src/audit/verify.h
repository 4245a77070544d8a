/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks a log record by record: numbers, seals between files, signatures, and with the auditor's
 * secret key each byte. Pure: lines come in, findings go out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/checkpoint.h"
#include "audit/log_key.h"

enum verify_kind {
	/* findings */
	VERIFY_ALTERED,    /* the tag does not fit: changed, or made with another key */
	VERIFY_MISSING,    /* numbers that are not there */
	VERIFY_REORDERED,  /* stands behind a later one */
	VERIFY_DUPLICATED, /* stands there again */
	VERIFY_DAMAGED,    /* a line that is no record */
	VERIFY_TRUNCATED,  /* a checkpoint says that the log went further */
	VERIFY_UNCHAINED,  /* without a tag where the chain had begun */
	VERIFY_SEAL,       /* what a file goes on from is not what stands before it */
	VERIFY_CHECKPOINT, /* not the record that was sealed, or a signature that is not the key's
			    */
	VERIFY_OTHER_KEY,  /* chained with a key that was not given */
	/* notes */
	VERIFY_UNPROVEN, /* follows on something that is not there: cannot be proven itself */
	VERIFY_GAP,      /* missing, and the log itself says so in a proven record */
	VERIFY_BEFORE,   /* before the chain began: nothing proves it */
	VERIFY_BEGIN,    /* the first record given is not the log's first */
	VERIFY_KIND_COUNT
};

struct verify_finding {
	enum verify_kind kind;
	uint64_t first, last; /* numbers; 0 where a line has none */
	size_t file;          /* as given to verify_file() */
	uint64_t line;        /* from 1; 0: no line */
	uint64_t found;       /* MISSING: how many of them stand elsewhere */
	char detail[64];      /* SEAL, GAP: a file's name or an action; CHECKPOINT, TRUNCATED: a
				 time; OTHER_KEY: an id */
};

/* Findings and proven ranges that are kept; more are counted. */
#define VERIFY_FINDINGS_MAX 1000
#define VERIFY_RANGES_MAX   1000

struct verify_range {
	uint64_t first, last;
};

struct verify_result {
	const struct verify_finding *findings;
	size_t finding_count;         /* kept */
	uint64_t findings_all, notes; /* all */
	const struct verify_range *proven;
	size_t proven_count;
	uint64_t proven_records, records, checkpoints; /* checkpoints: whose signature holds */
	uint64_t first, last;                          /* numbers seen */
	bool with_secret;
};

struct verify;

/* keys: count of them, at least one, of the same log one after the other; without any secret only
 * numbers, seals and signatures are checked. NULL if memory ran out. */
struct verify *verify_new(const struct log_key_auditor *keys, size_t count);
void verify_free(struct verify *verify);
void verify_freep(struct verify **verify);

/* A checkpoint that was kept elsewhere; all of them before the first line. 0 or -ENOMEM. */
int verify_checkpoint(struct verify *verify, const struct checkpoint *checkpoint);

/* The lines that follow are of that file. */
void verify_file(struct verify *verify, size_t file);

/* The next line, without its newline. whole: it had one. 0 or -EIO where libcrypto fails. */
int verify_line(struct verify *verify, const char *text, size_t len, bool whole);

/* After the last line; the result is borrowed from verify. */
void verify_end(struct verify *verify, struct verify_result *ret);

/* True for kinds that mean that something is wrong. */
bool verify_is_finding(enum verify_kind kind);
