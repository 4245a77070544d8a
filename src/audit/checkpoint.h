/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checkpoints: one signed line of text that says how far the log had come. Told elsewhere, it shows
 * when the end of the log is cut off later.
 *
 *   sekisho-checkpoint-1 key=ID number=N time=T chain=TAG signature=SIGNATURE
 *
 * What is signed (Ed25519, RFC 8032) is the line up to the blank before "signature". Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "audit/chain.h"
#include "audit/put.h"

#define CHECKPOINT_ID_BYTES        16 /* hexadecimal digits of a key's id */
#define CHECKPOINT_SEED_BYTES      32
#define CHECKPOINT_PUBLIC_BYTES    32
#define CHECKPOINT_SIGNATURE_BYTES 64
#define CHECKPOINT_TEXT_MAX        384 /* with its NUL */

struct checkpoint {
	char id[CHECKPOINT_ID_BYTES + 1];
	uint64_t number; /* of the record that it seals */
	char time[PUT_TIME_MAX + 1];
	uint8_t tag[CHAIN_TAG_BYTES]; /* of that record */
	uint8_t signature[CHECKPOINT_SIGNATURE_BYTES];
};

/* The public key that belongs to a signing key, and the id of both: the first digits of the public
 * key's SHA-256. 0 or -EIO where libcrypto fails. */
int checkpoint_public(const uint8_t seed[CHECKPOINT_SEED_BYTES],
		      uint8_t ret_public[CHECKPOINT_PUBLIC_BYTES]);
int checkpoint_id(const uint8_t public_key[CHECKPOINT_PUBLIC_BYTES],
		  char ret_id[CHECKPOINT_ID_BYTES + 1]);

/* Fills the signature from what else is there. 0 or -EIO. */
int checkpoint_sign(const uint8_t seed[CHECKPOINT_SEED_BYTES], struct checkpoint *checkpoint);

/* 0, -EBADMSG where the signature is not of that key, or -EIO. */
int checkpoint_check(const uint8_t public_key[CHECKPOINT_PUBLIC_BYTES],
		     const struct checkpoint *checkpoint);

/* The line, NUL-terminated, without newline. Gives its length. */
size_t checkpoint_text(const struct checkpoint *checkpoint, char out[CHECKPOINT_TEXT_MAX]);

/* Finds the first checkpoint in a line of whatever else (syslog, journal, a record). 0; -ENOENT
 * where there is none, -EBADMSG where it is damaged, both with *ret untouched. */
int checkpoint_find(const char *text, size_t len, struct checkpoint *ret);
