/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a TLS stream: the answer is the same however many are shown at a time; and the same
 * handshake bytes in other records, or in none, have the same name or are refused. */
#include <stdlib.h>
#include <string.h>

#include "inspect/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define RECORD_HEADER 5

static uint8_t scratch[TLS_HELLO_MAX], scratch_part[TLS_HELLO_MAX];

/* The handshake bytes of the records in data, without their headers; how many. */
static size_t join(const uint8_t *data, size_t size, uint8_t *out)
{
	size_t at = 0, written = 0;

	while (at + RECORD_HEADER <= size) {
		size_t len = (size_t)data[at + 3] << 8 | data[at + 4];

		at += RECORD_HEADER;
		if (len > size - at)
			len = size - at;
		memcpy(out + written, data + at, len);
		written += len;
		at += len;
	}
	return written;
}

static void check_name(const struct tls_hello *hello, const struct tls_hello *want)
{
	if (hello->name_len != want->name_len ||
	    memcmp(hello->name, want->name, want->name_len) != 0)
		abort();
}

/* want: what data says, all of it. */
static void check_recut(const uint8_t *data, size_t size, const struct tls_hello *want)
{
	uint8_t *message = malloc(size), *cut = malloc(size * (1 + RECORD_HEADER));
	size_t len = join(data, want->used, message), at = 0;
	struct tls_hello hello;
	enum reason reason;
	uint32_t seed = data[size / 2] * 7919U + data[size - 1];

	if (tls_hello_read(message, len, &hello, &reason) != TLS_HELLO || hello.used != len)
		abort();
	check_name(&hello, want);
	for (size_t from = 0, part; from < len; from += part) {
		seed = seed * 1664525 + 1013904223;
		part = 1 + (seed >> 24) % 100;
		if (part > len - from)
			part = len - from;
		memcpy(cut + at, data, 3);
		cut[at + 3] = 0;
		cut[at + 4] = (uint8_t)part;
		memcpy(cut + at + RECORD_HEADER, message + from, part);
		at += RECORD_HEADER + part;
	}
	if (tls_read(cut, at, scratch_part, &hello, &reason) != TLS_HELLO)
		abort();
	check_name(&hello, want);
	free(message);
	free(cut);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_hello whole = { .name = NULL }, part = { .name = NULL };
	enum reason whole_reason = REASON_NONE, part_reason = REASON_NONE;
	enum tls_result got = tls_read(data, size, scratch, &whole, &whole_reason);
	enum tls_result step = TLS_MORE;
	/* all places where a short hello may be cut, and some of a long one */
	size_t stride = size > 600 ? size / 128 : 1;

	for (size_t n = 0; n < size && step == TLS_MORE; n += stride) {
		/* a copy of its own, so that a read beyond it is noticed */
		uint8_t *copy = malloc(n == 0 ? 1 : n);

		if (n != 0)
			memcpy(copy, data, n);
		step = tls_read(copy, n, scratch_part, &part, &part_reason);
		if (step == TLS_HELLO)
			check_name(&part, &whole);
		free(copy);
	}
	if (step != TLS_MORE && (step != got || part_reason != whole_reason))
		abort();
	if (got == TLS_HELLO && (whole.name == NULL || whole.name_len == 0))
		abort();
	if (got == TLS_HELLO)
		check_recut(data, size, &whole);
	return 0;
}
