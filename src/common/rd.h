/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded reader over borrowed bytes in network order. A bad reader stays bad: it gives zeros and
 * NULL, so that one look at .bad after a header is enough. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rd {
	const uint8_t *at; /* next byte; borrowed */
	size_t left;       /* bytes from at on; 0 once bad */
	bool bad;          /* something was asked for that is not there */
};

static inline struct rd rd_of(const uint8_t *data, size_t len)
{
	return (struct rd){ .at = data, .left = len, .bad = false };
}

/* The next len bytes, or NULL and the reader is bad. NULL may also stand for 0 bytes of an empty
 * reader over NULL: look at .bad, not at the pointer, where len can be 0. */
static inline const uint8_t *rd_bytes(struct rd *r, size_t len)
{
	const uint8_t *bytes = r->at;

	if (r->bad || len > r->left) {
		r->bad = true;
		r->left = 0;
		return NULL;
	}
	if (len != 0)
		r->at += len;
	r->left -= len;
	return bytes;
}

static inline void rd_skip(struct rd *r, size_t len)
{
	(void)rd_bytes(r, len);
}

static inline uint8_t rd_u8(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 1);

	return b == NULL ? 0 : b[0];
}

static inline uint16_t rd_u16(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 2);

	if (b == NULL)
		return 0;
	return (uint16_t)(b[0] << 8 | b[1]);
}

static inline uint32_t rd_u24(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 3);

	return b == NULL ? 0 : (uint32_t)b[0] << 16 | (uint32_t)b[1] << 8 | b[2];
}

static inline uint32_t rd_u32(struct rd *r)
{
	const uint8_t *b = rd_bytes(r, 4);

	return b == NULL ? 0
			 : (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

/* A reader over the next len bytes alone; bad if they are not there (and then r is too). */
static inline struct rd rd_sub(struct rd *r, size_t len)
{
	struct rd sub = { .at = rd_bytes(r, len), .left = len, .bad = r->bad };

	if (sub.bad)
		sub.left = 0;
	return sub;
}
