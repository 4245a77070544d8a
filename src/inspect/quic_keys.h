/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The keys of QUIC Initial packets, which anybody can derive, and the packets opened with them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUIC_VERSION_1 0x00000001U
#define QUIC_VERSION_2 0x6b3343cfU

#define QUIC_KEY_LEN 16
#define QUIC_IV_LEN  12

struct quic_keys {
	uint8_t key[QUIC_KEY_LEN], iv[QUIC_IV_LEN];
	uint8_t mask[QUIC_KEY_LEN]; /* of the header protection */
};

/* What libcrypto needs, made once: nothing is allocated for a key or a packet. */
struct quic_keyring;

/* NULL if memory ran out or libcrypto has no AES-128 or SHA-256. */
struct quic_keyring *quic_keyring_new(void);
void quic_keyring_free(struct quic_keyring *ring);

/* The client's keys for the destination connection id of its first Initial (or of the first one
 * after a Retry). False for another version than QUIC_VERSION_1 and _2, or if libcrypto fails.
 * Source: RFC 9001 section 5.2, RFC 9369 section 3.3. */
bool quic_keys_derive(uint32_t version, const uint8_t *id, size_t id_len, struct quic_keys *ret);

/* A protected packet, as it lies in its datagram. */
struct quic_sealed {
	const uint8_t *at;
	size_t len;           /* up to its own end */
	size_t number_offset; /* where its packet number begins */
	bool has_expected;    /* an earlier packet of the connection was opened */
	uint64_t expected;    /* and the highest number so far, plus 1 */
};

struct quic_opened {
	uint64_t number;
	uint8_t first; /* the first byte without protection */
	size_t len;    /* of the frames */
};

/* Takes the protection off and decrypts the frames into out (as many bytes as the packet has).
 * False where the packet was not made with these keys. Source: RFC 9001 sections 5.3 and 5.4, RFC
 * 9000 appendix A.3. */
bool quic_keys_open(struct quic_keyring *ring, const struct quic_keys *keys,
		    const struct quic_sealed *packet, uint8_t *out, struct quic_opened *ret);
