/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keyed hash chain of the log: a tag for each record, and a key that moves one way.
 *
 * Record n has the tag HMAC-SHA256(K_n, tag of the record before it || its line without the tag),
 * and K_(n+1) = SHA-256("sekisho-log-next\n" || K_n). Nobody can come from a key to the one before
 * it, so that whoever takes the key of today cannot make the tags of yesterday. Sources: RFC 2104
 * (HMAC), FIPS 180-4 (SHA-256). Pure: no input or output. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CHAIN_KEY_BYTES 32
#define CHAIN_TAG_BYTES 32

/* Where a chain stands: after the record of that number. */
struct chain_point {
	uint64_t number;
	uint8_t key[CHAIN_KEY_BYTES]; /* of record number + 1 */
	uint8_t tag[CHAIN_TAG_BYTES]; /* that the next record's tag builds on; zeros at the start */
};

/* The hash's context, made once. */
struct chain;

/* NULL if memory ran out. */
struct chain *chain_new(void);
void chain_free(struct chain *chain);
void chain_freep(struct chain **chain);

/* The tag of the len bytes at body, under that key, behind the record tagged previous. No
 * allocation. 0, or -EIO where libcrypto fails. */
int chain_tag(struct chain *chain, const uint8_t key[CHAIN_KEY_BYTES],
	      const uint8_t previous[CHAIN_TAG_BYTES], const void *body, size_t len,
	      uint8_t ret_tag[CHAIN_TAG_BYTES]);

/* Moves the key on to number; each key passed is overwritten. The tag stays. 0, -EINVAL where the
 * point is past it already, or -EIO. */
int chain_pass(struct chain *chain, struct chain_point *point, uint64_t number);

/* Writes bytes as small hexadecimal digits, no NUL; gives the end of what it wrote. */
char *chain_put_hex(char *at, const uint8_t *bytes, size_t count);

/* Reads exactly count bytes from 2 * count small hexadecimal digits. 0, or -EINVAL with *ret
 * partly written. */
int chain_read_hex(const char *text, uint8_t *ret, size_t count);
