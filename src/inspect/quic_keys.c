/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HKDF with SHA-256, AES-128 for header protection, AES-128-GCM: as libcrypto has them. */
/* SHA-256 by libcrypto's own context: those of EVP are allocated anew for each hash. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "inspect/quic_keys.h"

#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

#define HASH_LEN   SHA256_DIGEST_LENGTH
#define BLOCK_LEN  SHA256_CBLOCK
#define SAMPLE_LEN 16
#define TAG_LEN    16
#define NUMBER_MAX 4 /* bytes of a packet number */
#define LABEL_MAX  32

struct quic_keyring {
	EVP_CIPHER *ecb, *gcm;
	EVP_CIPHER_CTX *mask, *aead;
};

/* What a version derives its keys with. */
struct recipe {
	uint32_t version;
	uint8_t salt[20];
	const char *key, *iv, *mask;
};

static const struct recipe recipes[] = {
	{ QUIC_VERSION_1,
	  { 0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
	    0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a },
	  "tls13 quic key",
	  "tls13 quic iv",
	  "tls13 quic hp" },
	{ QUIC_VERSION_2,
	  { 0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
	    0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9 },
	  "tls13 quicv2 key",
	  "tls13 quicv2 iv",
	  "tls13 quicv2 hp" },
};

/* One message of several parts. */
struct part {
	const void *at;
	size_t len;
};

static bool hash(const struct part *parts, size_t count, uint8_t out[HASH_LEN])
{
	SHA256_CTX sha;

	if (SHA256_Init(&sha) != 1)
		return false;
	for (size_t i = 0; i < count; i++)
		if (SHA256_Update(&sha, parts[i].at, parts[i].len) != 1)
			return false;
	return SHA256_Final(out, &sha) == 1;
}

/* HMAC with a key of at most BLOCK_LEN bytes. Source: RFC 2104. */
static bool hmac(const struct part *key, const struct part *message, uint8_t out[HASH_LEN])
{
	uint8_t inner[BLOCK_LEN], outer[BLOCK_LEN], digest[HASH_LEN];
	const struct part first[] = { { inner, sizeof(inner) }, *message };
	const struct part second[] = { { outer, sizeof(outer) }, { digest, sizeof(digest) } };

	memset(inner, 0x36, sizeof(inner));
	memset(outer, 0x5c, sizeof(outer));
	for (size_t i = 0; i < key->len && i < BLOCK_LEN; i++) {
		inner[i] ^= ((const uint8_t *)key->at)[i];
		outer[i] ^= ((const uint8_t *)key->at)[i];
	}
	return hash(first, ARRAY_SIZE(first), digest) && hash(second, ARRAY_SIZE(second), out);
}

/* HKDF-Expand-Label without context, for at most HASH_LEN bytes: one block. Source: RFC 8446
 * section 7.1, RFC 5869 section 2.3. */
static bool expand(const uint8_t secret[HASH_LEN], const char *label, uint8_t *out, size_t len)
{
	uint8_t info[2 + 1 + LABEL_MAX + 1 + 1], block[HASH_LEN];
	const size_t label_len = strlen(label);
	const struct part key = { secret, HASH_LEN };
	struct part message = { info, 0 };

	info[message.len++] = 0;
	info[message.len++] = (uint8_t)len;
	info[message.len++] = (uint8_t)label_len;
	memcpy(info + message.len, label, label_len);
	message.len += label_len;
	info[message.len++] = 0; /* no context */
	info[message.len++] = 1; /* the first block */
	if (!hmac(&key, &message, block))
		return false;
	memcpy(out, block, len);
	return true;
}

static const struct recipe *find_recipe(uint32_t version)
{
	for (size_t i = 0; i < ARRAY_SIZE(recipes); i++)
		if (recipes[i].version == version)
			return &recipes[i];
	return NULL;
}

bool quic_keys_derive(uint32_t version, const uint8_t *id, size_t id_len, struct quic_keys *ret)
{
	const struct recipe *recipe = find_recipe(version);
	const struct part message = { id, id_len };
	uint8_t initial[HASH_LEN], client[HASH_LEN];
	struct part salt;

	if (recipe == NULL)
		return false;
	salt = (struct part){ recipe->salt, sizeof(recipe->salt) };
	return hmac(&salt, &message, initial) &&
	       expand(initial, "tls13 client in", client, sizeof(client)) &&
	       expand(client, recipe->key, ret->key, sizeof(ret->key)) &&
	       expand(client, recipe->iv, ret->iv, sizeof(ret->iv)) &&
	       expand(client, recipe->mask, ret->mask, sizeof(ret->mask));
}

static bool make_mask(struct quic_keyring *ring, const uint8_t *key,
		      const uint8_t sample[SAMPLE_LEN], uint8_t out[SAMPLE_LEN])
{
	int len = 0;

	return EVP_EncryptInit_ex(ring->mask, NULL, NULL, key, NULL) == 1 &&
	       EVP_EncryptUpdate(ring->mask, out, &len, sample, SAMPLE_LEN) == 1 &&
	       len == SAMPLE_LEN;
}

/* The number whose last bytes were sent that is nearest to the one expected. Source: RFC 9000
 * appendix A.3. */
static uint64_t whole_number(const struct quic_sealed *packet, uint64_t sent, unsigned int bytes)
{
	const uint64_t window = 1ULL << (8 * bytes), half = window / 2;
	uint64_t candidate;

	if (!packet->has_expected)
		return sent;
	candidate = (packet->expected & ~(window - 1)) | sent;
	if (candidate + half <= packet->expected && candidate < (1ULL << 62) - window)
		return candidate + window;
	if (candidate > packet->expected + half && candidate >= window)
		return candidate - window;
	return candidate;
}

/* A packet whose header protection is off. */
struct bare {
	uint8_t number[NUMBER_MAX]; /* as sent */
	unsigned int number_len;
	struct quic_opened opened;
};

static bool unmask(struct quic_keyring *ring, const struct quic_keys *keys,
		   const struct quic_sealed *packet, struct bare *ret)
{
	uint8_t mask[SAMPLE_LEN];
	uint64_t sent = 0;

	if (packet->number_offset < 1 || packet->len < packet->number_offset ||
	    packet->len - packet->number_offset < NUMBER_MAX + SAMPLE_LEN ||
	    !make_mask(ring, keys->mask, packet->at + packet->number_offset + NUMBER_MAX, mask))
		return false;
	ret->opened.first = packet->at[0] ^ (mask[0] & 0x0f);
	ret->number_len = (ret->opened.first & 3U) + 1;
	for (unsigned int i = 0; i < ret->number_len; i++) {
		ret->number[i] = packet->at[packet->number_offset + i] ^ mask[1 + i];
		sent = sent << 8 | ret->number[i];
	}
	ret->opened.number = whole_number(packet, sent, ret->number_len);
	ret->opened.len = packet->len - packet->number_offset - ret->number_len - TAG_LEN;
	return true;
}

bool quic_keys_open(struct quic_keyring *ring, const struct quic_keys *keys,
		    const struct quic_sealed *packet, uint8_t *out, struct quic_opened *ret)
{
	uint8_t nonce[QUIC_IV_LEN], tag[TAG_LEN];
	struct bare bare;
	const uint8_t *body;
	int len = 0, rest = 0;

	if (packet->len > INT32_MAX || !unmask(ring, keys, packet, &bare))
		return false;
	memcpy(nonce, keys->iv, sizeof(nonce));
	for (unsigned int i = 0; i < 8; i++)
		nonce[QUIC_IV_LEN - 1 - i] ^= (uint8_t)(bare.opened.number >> (8 * i));
	body = packet->at + packet->number_offset + bare.number_len;
	memcpy(tag, packet->at + packet->len - TAG_LEN, sizeof(tag));
	if (EVP_DecryptInit_ex(ring->aead, NULL, NULL, keys->key, nonce) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ring->aead, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1 ||
	    EVP_DecryptUpdate(ring->aead, NULL, &len, &bare.opened.first, 1) != 1 ||
	    EVP_DecryptUpdate(ring->aead, NULL, &len, packet->at + 1,
			      (int)packet->number_offset - 1) != 1 ||
	    EVP_DecryptUpdate(ring->aead, NULL, &len, bare.number, (int)bare.number_len) != 1 ||
	    EVP_DecryptUpdate(ring->aead, out, &len, body, (int)bare.opened.len) != 1 ||
	    EVP_DecryptFinal_ex(ring->aead, out + len, &rest) != 1 ||
	    (size_t)len + (size_t)rest != bare.opened.len)
		return false;
	*ret = bare.opened;
	return true;
}

/* Whatever libcrypto puts off until it is first used happens now, before the sandbox. */
static bool use_once(struct quic_keyring *ring)
{
	static const uint8_t nothing[1 + NUMBER_MAX + SAMPLE_LEN];
	const struct quic_sealed packet = { .at = nothing,
					    .len = sizeof(nothing),
					    .number_offset = 1 };
	uint8_t out[sizeof(nothing)];
	struct quic_opened opened;
	struct quic_keys keys;

	return quic_keys_derive(QUIC_VERSION_1, nothing, 8, &keys) &&
	       !quic_keys_open(ring, &keys, &packet, out, &opened);
}

struct quic_keyring *quic_keyring_new(void)
{
	struct quic_keyring *ring = calloc(1, sizeof(*ring));

	if (ring == NULL)
		return NULL;
	ring->ecb = EVP_CIPHER_fetch(NULL, "AES-128-ECB", NULL);
	ring->gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	ring->mask = EVP_CIPHER_CTX_new();
	ring->aead = EVP_CIPHER_CTX_new();
	if (ring->ecb == NULL || ring->gcm == NULL || ring->mask == NULL || ring->aead == NULL ||
	    EVP_EncryptInit_ex(ring->mask, ring->ecb, NULL, NULL, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ring->mask, 0) != 1 ||
	    EVP_DecryptInit_ex(ring->aead, ring->gcm, NULL, NULL, NULL) != 1 || !use_once(ring)) {
		quic_keyring_free(ring);
		return NULL;
	}
	return ring;
}

void quic_keyring_free(struct quic_keyring *ring)
{
	if (ring == NULL)
		return;
	EVP_CIPHER_CTX_free(ring->aead);
	EVP_CIPHER_CTX_free(ring->mask);
	EVP_CIPHER_free(ring->gcm);
	EVP_CIPHER_free(ring->ecb);
	free(ring);
}
