/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the mutators share. They are of libFuzzer alone: tests/fuzz/run links mutate_TARGET.c where
 * there is one; the replay of corpora does without. One time in four the bytes are changed without
 * regard to what they mean, so that broken lengths are tried as well. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* libFuzzer's own. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

/* A number below count (at least 1), and the next state. */
static inline uint32_t mutate_pick(uint32_t *state, uint32_t count)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % count;
}

/* Bytes that are put together; what does not fit is left out, and cut is set. */
struct mutate_out {
	uint8_t *at;
	size_t len, max;
	bool cut;
};

static inline void mutate_put(struct mutate_out *o, const void *bytes, size_t len)
{
	if (len > o->max - o->len) {
		o->cut = true;
		return;
	}
	if (len != 0)
		memcpy(o->at + o->len, bytes, len);
	o->len += len;
}

static inline void mutate_put16(struct mutate_out *o, size_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	mutate_put(o, bytes, 2);
}

/* mutate_hello.c: a ClientHello in records, with what follows them; all lengths are right
 * afterwards. 0 if data does not begin with a hello. */
size_t mutate_hello(uint8_t *data, size_t size, size_t max_size, uint32_t *state);

/* mutate_request.c: requests, line by line; Content-Length or chunks fit the body afterwards. */
size_t mutate_request(uint8_t *data, size_t size, size_t max_size, uint32_t *state);
