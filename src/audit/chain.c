/* SPDX-License-Identifier: GPL-2.0-or-later */
/* HMAC over one digest context, since EVP_MAC costs twice as much for a new key with each record.
 */
#include "audit/chain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#define BLOCK_BYTES 64

static const char step_label[] = "sekisho-log-next\n";

struct chain {
	EVP_MD *digest;
	EVP_MD_CTX *context;
};

struct chain *chain_new(void)
{
	struct chain *chain = calloc(1, sizeof(*chain));

	if (!chain)
		return NULL;
	chain->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	chain->context = EVP_MD_CTX_new();
	if (!chain->digest || !chain->context ||
	    EVP_DigestInit_ex2(chain->context, chain->digest, NULL) != 1) {
		chain_free(chain);
		return NULL;
	}
	return chain;
}

void chain_free(struct chain *chain)
{
	if (!chain)
		return;
	EVP_MD_CTX_free(chain->context);
	EVP_MD_free(chain->digest);
	free(chain);
}

void chain_freep(struct chain **chain)
{
	chain_free(*chain);
	*chain = NULL;
}

/* One half of the HMAC: the key with each byte changed by pad, then what else is given. */
static bool begin_half(struct chain *chain, const uint8_t key[CHAIN_KEY_BYTES], uint8_t pad)
{
	uint8_t block[BLOCK_BYTES];
	bool ok;

	memset(block, pad, sizeof(block));
	for (size_t i = 0; i < CHAIN_KEY_BYTES; i++)
		block[i] ^= key[i];
	ok = EVP_DigestInit_ex2(chain->context, NULL, NULL) == 1 &&
	     EVP_DigestUpdate(chain->context, block, sizeof(block)) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	return ok;
}

int chain_tag(struct chain *chain, const uint8_t key[CHAIN_KEY_BYTES],
	      const uint8_t previous[CHAIN_TAG_BYTES], const void *body, size_t len,
	      uint8_t ret_tag[CHAIN_TAG_BYTES])
{
	uint8_t inner[CHAIN_TAG_BYTES];
	EVP_MD_CTX *context = chain->context;

	if (!begin_half(chain, key, 0x36) ||
	    EVP_DigestUpdate(context, previous, CHAIN_TAG_BYTES) != 1 ||
	    EVP_DigestUpdate(context, body, len) != 1 ||
	    EVP_DigestFinal_ex(context, inner, NULL) != 1 || !begin_half(chain, key, 0x5c) ||
	    EVP_DigestUpdate(context, inner, sizeof(inner)) != 1 ||
	    EVP_DigestFinal_ex(context, ret_tag, NULL) != 1)
		return -EIO;
	return 0;
}

int chain_pass(struct chain *chain, struct chain_point *point, uint64_t number)
{
	uint8_t block[sizeof(step_label) - 1 + CHAIN_KEY_BYTES];
	int r = 0;

	if (point->number > number)
		return -EINVAL;
	memcpy(block, step_label, sizeof(step_label) - 1);
	while (r == 0 && point->number < number) {
		memcpy(block + sizeof(step_label) - 1, point->key, CHAIN_KEY_BYTES);
		if (EVP_DigestInit_ex2(chain->context, NULL, NULL) != 1 ||
		    EVP_DigestUpdate(chain->context, block, sizeof(block)) != 1 ||
		    EVP_DigestFinal_ex(chain->context, point->key, NULL) != 1)
			r = -EIO;
		else
			point->number++;
	}
	OPENSSL_cleanse(block, sizeof(block));
	return r;
}

char *chain_put_hex(char *at, const uint8_t *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < count; i++) {
		*at++ = digits[bytes[i] >> 4];
		*at++ = digits[bytes[i] & 15];
	}
	return at;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int chain_read_hex(const char *text, uint8_t *ret, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int high = digit_of(text[2 * i]);
		/* not read beyond what is there: a NUL ends it above */
		int low = high < 0 ? -1 : digit_of(text[2 * i + 1]);

		if (low < 0)
			return -EINVAL;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}
