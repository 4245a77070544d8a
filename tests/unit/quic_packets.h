/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes a client's QUIC packets for tests, fuzz targets and benchmarks: frames, sealed Initials,
 * datagrams. */
#pragma once

#include <openssl/evp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/quic.h"
#include "inspect/quic_keys.h"

#define QUIC_PACKETS_DATAGRAM 2000

struct quic_packets {
	uint32_t version;
	uint8_t id[QUIC_ID_MAX], id_len;         /* on the packets */
	uint8_t key_id[QUIC_ID_MAX], key_id_len; /* that the keys come from */
	uint8_t token_len;                       /* of the token: zeros */
	uint32_t number;                         /* of the next packet, in four bytes */
	struct quic_keyring *ring;
	uint8_t frames[QUIC_PACKETS_DATAGRAM];
	size_t frames_len;
	uint8_t out[2 * QUIC_PACKETS_DATAGRAM]; /* the datagram */
	size_t len;
};

static inline void quic_packets_id(struct quic_packets *q, const char *id)
{
	q->id_len = q->key_id_len = (uint8_t)strlen(id);
	memcpy(q->id, id, q->id_len);
	memcpy(q->key_id, id, q->id_len);
}

static inline void quic_packets_begin(struct quic_packets *q, uint32_t version, const char *id)
{
	memset(q, 0, sizeof(*q));
	q->version = version;
	q->ring = quic_keyring_new();
	quic_packets_id(q, id);
}

static inline void quic_packets_end(struct quic_packets *q)
{
	quic_keyring_free(q->ring);
	q->ring = NULL;
}

static inline void quic_packets_byte(struct quic_packets *q, uint8_t byte)
{
	q->frames[q->frames_len++] = byte;
}

/* In two bytes, or in four where it does not fit. */
static inline void quic_packets_number(struct quic_packets *q, uint64_t n)
{
	if (n >= 1 << 14) {
		quic_packets_byte(q, (uint8_t)(0x80 | n >> 24));
		quic_packets_byte(q, (uint8_t)(n >> 16));
		quic_packets_byte(q, (uint8_t)(n >> 8));
	} else {
		quic_packets_byte(q, (uint8_t)(0x40 | n >> 8));
	}
	quic_packets_byte(q, (uint8_t)n);
}

static inline void quic_packets_crypto(struct quic_packets *q, uint64_t offset, const void *bytes,
				       size_t len)
{
	quic_packets_byte(q, 6);
	quic_packets_number(q, offset);
	quic_packets_number(q, len);
	memcpy(q->frames + q->frames_len, bytes, len);
	q->frames_len += len;
}

static inline bool quic_packets_protect(struct quic_packets *q, const struct quic_keys *keys,
					uint8_t *at, size_t number_offset, size_t end)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const uint8_t *sample = at + number_offset + 4;
	uint8_t nonce[12], mask[16];
	int len = 0;
	bool well;

	memcpy(nonce, keys->iv, sizeof(nonce));
	for (int i = 0; i < 4; i++)
		nonce[11 - i] ^= (uint8_t)(q->number >> (8 * i));
	well = EVP_EncryptInit_ex(ctx, EVP_aes_128_gcm(), NULL, keys->key, nonce) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &len, at, (int)number_offset + 4) == 1 &&
	       EVP_EncryptUpdate(ctx, at + number_offset + 4, &len, at + number_offset + 4,
				 (int)(end - number_offset - 4)) == 1 &&
	       EVP_EncryptFinal_ex(ctx, at + end, &len) == 1 &&
	       EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, 16, at + end) == 1 &&
	       EVP_EncryptInit_ex(ctx, EVP_aes_128_ecb(), NULL, keys->mask, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, mask, &len, sample, 16) == 1;
	EVP_CIPHER_CTX_free(ctx);
	at[0] ^= mask[0] & 0x0f;
	for (size_t i = 0; i < 4; i++)
		at[number_offset + i] ^= mask[1 + i];
	q->number++;
	return well;
}

static inline size_t quic_packets_header(const struct quic_packets *q, uint8_t *at, uint8_t first)
{
	size_t len = 0;

	at[len++] = first;
	for (int i = 3; i >= 0; i--)
		at[len++] = (uint8_t)(q->version >> (8 * i));
	at[len++] = q->id_len;
	memcpy(at + len, q->id, q->id_len);
	len += q->id_len;
	at[len++] = 0;
	return len;
}

/* An Initial with the frames so far, which are forgotten, padded to pad bytes (0: none) of the
 * whole datagram. */
static inline void quic_packets_initial(struct quic_packets *q, size_t pad)
{
	uint8_t *at = q->out + q->len;
	size_t len = quic_packets_header(q, at, q->version == QUIC_VERSION_2 ? 0xd3 : 0xc3);
	size_t size = q->frames_len + 4 + 16, number_offset;
	struct quic_keys keys;

	at[len++] = q->token_len;
	memset(at + len, 0, q->token_len);
	len += q->token_len;
	if (pad > q->len + len + 2 + size)
		size = pad - q->len - len - 2;
	at[len++] = (uint8_t)(0x40 | size >> 8);
	at[len++] = (uint8_t)size;
	number_offset = len;
	for (int i = 3; i >= 0; i--)
		at[len++] = (uint8_t)(q->number >> (8 * i));
	memset(at + len, 0, size - 4);
	memcpy(at + len, q->frames, q->frames_len);
	len = number_offset + size - 16;
	if (!quic_keys_derive(q->version == QUIC_VERSION_2 ? QUIC_VERSION_2 : QUIC_VERSION_1,
			      q->key_id, q->key_id_len, &keys) ||
	    !quic_packets_protect(q, &keys, at, number_offset, len))
		abort();
	q->len += len + 16;
	q->frames_len = 0;
}

/* A long-header packet of another type (2: Handshake, 1: 0-RTT, in version 1's numbers) with size
 * bytes that nobody can read. */
static inline void quic_packets_other(struct quic_packets *q, unsigned int type, size_t size)
{
	unsigned int bits = q->version == QUIC_VERSION_2 ? (type + 1) & 3 : type;
	uint8_t *at = q->out + q->len;
	size_t len = quic_packets_header(q, at, (uint8_t)(0xc0 | bits << 4));

	at[len++] = (uint8_t)(0x40 | size >> 8);
	at[len++] = (uint8_t)size;
	memset(at + len, 0xa5, size);
	q->len += len + size;
}

static inline void quic_packets_short(struct quic_packets *q, size_t size)
{
	memset(q->out + q->len, 0x5a, size);
	q->len += size;
}
