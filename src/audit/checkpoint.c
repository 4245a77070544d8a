/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Signs checkpoints, writes and reads their text. */
#include "audit/checkpoint.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <openssl/evp.h>

#include "common/defs.h"

static const char word[] = "sekisho-checkpoint-1 key=";

static void free_key(EVP_PKEY **key)
{
	EVP_PKEY_free(*key);
}

static void free_context(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

int checkpoint_public(const uint8_t seed[CHECKPOINT_SEED_BYTES],
		      uint8_t ret_public[CHECKPOINT_PUBLIC_BYTES])
{
	auto_(free_key) EVP_PKEY *key =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CHECKPOINT_SEED_BYTES);
	size_t len = CHECKPOINT_PUBLIC_BYTES;

	if (!key || EVP_PKEY_get_raw_public_key(key, ret_public, &len) != 1)
		return -EIO;
	return 0;
}

int checkpoint_id(const uint8_t public_key[CHECKPOINT_PUBLIC_BYTES],
		  char ret_id[CHECKPOINT_ID_BYTES + 1])
{
	uint8_t digest[32];

	if (EVP_Digest(public_key, CHECKPOINT_PUBLIC_BYTES, digest, NULL, EVP_sha256(), NULL) != 1)
		return -EIO;
	*chain_put_hex(ret_id, digest, CHECKPOINT_ID_BYTES / 2) = '\0';
	return 0;
}

/* The part that is signed; gives its end. */
static char *put_signed(char *at, const struct checkpoint *checkpoint)
{
	at = PUT_LITERAL(at, "sekisho-checkpoint-1 key=");
	at = put_plain(at, checkpoint->id, CHECKPOINT_ID_BYTES);
	at = PUT_LITERAL(at, " number=");
	at = put_number(at, checkpoint->number);
	at = PUT_LITERAL(at, " time=");
	at = put_plain(at, checkpoint->time, PUT_TIME_MAX);
	at = PUT_LITERAL(at, " chain=");
	return chain_put_hex(at, checkpoint->tag, CHAIN_TAG_BYTES);
}

int checkpoint_sign(const uint8_t seed[CHECKPOINT_SEED_BYTES], struct checkpoint *checkpoint)
{
	char text[CHECKPOINT_TEXT_MAX];
	const size_t len = (size_t)(put_signed(text, checkpoint) - text);
	size_t signature_len = CHECKPOINT_SIGNATURE_BYTES;
	auto_(free_key) EVP_PKEY *key =
		EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, CHECKPOINT_SEED_BYTES);
	auto_(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!key || !context || EVP_DigestSignInit(context, NULL, NULL, NULL, key) != 1 ||
	    EVP_DigestSign(context, checkpoint->signature, &signature_len,
			   (const unsigned char *)text, len) != 1)
		return -EIO;
	return 0;
}

int checkpoint_check(const uint8_t public_key[CHECKPOINT_PUBLIC_BYTES],
		     const struct checkpoint *checkpoint)
{
	char text[CHECKPOINT_TEXT_MAX];
	const size_t len = (size_t)(put_signed(text, checkpoint) - text);
	auto_(free_key) EVP_PKEY *key = EVP_PKEY_new_raw_public_key(
		EVP_PKEY_ED25519, NULL, public_key, CHECKPOINT_PUBLIC_BYTES);
	auto_(free_context) EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (!key || !context || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1)
		return -EIO;
	return EVP_DigestVerify(context, checkpoint->signature, CHECKPOINT_SIGNATURE_BYTES,
				(const unsigned char *)text, len) == 1
		       ? 0
		       : -EBADMSG;
}

size_t checkpoint_text(const struct checkpoint *checkpoint, char out[CHECKPOINT_TEXT_MAX])
{
	char *at = put_signed(out, checkpoint);

	at = PUT_LITERAL(at, " signature=");
	at = chain_put_hex(at, checkpoint->signature, CHECKPOINT_SIGNATURE_BYTES);
	*at = '\0';
	return (size_t)(at - out);
}

/* Moves *at past text if that stands there. */
static bool skip(const char **at, const char *end, const char *text)
{
	const size_t len = strlen(text);

	if ((size_t)(end - *at) < len || memcmp(*at, text, len) != 0)
		return false;
	*at += len;
	return true;
}

/* Takes exactly len bytes of those allowed. */
static bool take(const char **at, const char *end, char *to, size_t len, const char *allowed)
{
	if ((size_t)(end - *at) < len)
		return false;
	memcpy(to, *at, len);
	to[len] = '\0';
	*at += len;
	return strspn(to, allowed) == len;
}

static bool take_hex(const char **at, const char *end, uint8_t *to, size_t count)
{
	if ((size_t)(end - *at) < 2 * count || chain_read_hex(*at, to, count) < 0)
		return false;
	*at += 2 * count;
	return true;
}

static bool take_number(const char **at, const char *end, uint64_t *ret)
{
	const char *begin = *at;
	uint64_t number = 0;

	while (*at < end && **at >= '0' && **at <= '9') {
		if (number > (UINT64_MAX - 9) / 10)
			return false;
		number = number * 10 + (uint64_t)(*(*at)++ - '0');
	}
	*ret = number;
	return *at > begin && (*begin != '0' || *at - begin == 1);
}

int checkpoint_find(const char *text, size_t len, struct checkpoint *ret)
{
	const char *end = text + len;
	const char *at = memmem(text, len, word, sizeof(word) - 1);
	struct checkpoint found = { 0 };

	if (!at)
		return -ENOENT;
	at += sizeof(word) - 1;
	if (!take(&at, end, found.id, CHECKPOINT_ID_BYTES, "0123456789abcdef") ||
	    !skip(&at, end, " number=") || !take_number(&at, end, &found.number) ||
	    !skip(&at, end, " time=") ||
	    !take(&at, end, found.time, PUT_TIME_MAX, "0123456789-:.TZ") ||
	    !skip(&at, end, " chain=") || !take_hex(&at, end, found.tag, CHAIN_TAG_BYTES) ||
	    !skip(&at, end, " signature=") ||
	    !take_hex(&at, end, found.signature, CHECKPOINT_SIGNATURE_BYTES))
		return -EBADMSG;
	*ret = found;
	return 0;
}
