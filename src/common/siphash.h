/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SipHash-1-3 over whole words: a hash for tables whose keys peers may choose. */
#pragma once

#include <stddef.h>
#include <stdint.h>

static inline uint64_t siphash_rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static inline void siphash_mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = siphash_rotate(v[1], 13) ^ v[0];
	v[3] = siphash_rotate(v[3], 16) ^ v[2];
	v[0] = siphash_rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = siphash_rotate(v[1], 17) ^ v[2];
	v[3] = siphash_rotate(v[3], 21) ^ v[0];
	v[2] = siphash_rotate(v[2], 32);
}

/* Who does not know seed (random) cannot aim at one bucket. The number of words must be the same
 * for all keys of a table. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
static inline uint64_t siphash_words(const uint64_t seed[2], const uint64_t *words, size_t count)
{
	uint64_t v[4] = {
		seed[0] ^ 0x736f6d6570736575ULL,
		seed[1] ^ 0x646f72616e646f6dULL,
		seed[0] ^ 0x6c7967656e657261ULL,
		seed[1] ^ 0x7465646279746573ULL,
	};

	for (size_t i = 0; i < count; i++) {
		v[3] ^= words[i];
		siphash_mix(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (size_t i = 0; i < 3; i++)
		siphash_mix(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
