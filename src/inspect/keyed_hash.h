/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash whose values nobody can aim at without its key. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3 over whole words, without the length that it adds to bytes: all that are hashed by
 * one seed must be of the same count. Source: Aumasson and Bernstein, "SipHash: a fast short-input
 * PRF". */
uint64_t keyed_hash(const uint64_t seed[2], const uint64_t *words, size_t count);
