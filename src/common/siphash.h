/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash of whole words whose collisions nobody can aim at without its seed. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 over the words, without the block for a length: every table hashes keys of one
 * length. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
uint64_t siphash_words(const uint64_t seed[2], const uint64_t *words, size_t count);
