/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a TLS stream: the answer is the same however many are shown at a time. */
#include <stdlib.h>
#include <string.h>

#include "inspect/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t scratch[TLS_HELLO_MAX], scratch_part[TLS_HELLO_MAX];

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
		if (step == TLS_HELLO && (part.name_len != whole.name_len ||
					  memcmp(part.name, whole.name, part.name_len) != 0))
			abort();
		free(copy);
	}
	if (step != TLS_MORE && (step != got || part_reason != whole_reason))
		abort();
	if (got == TLS_HELLO && (whole.name == NULL || whole.name_len == 0))
		abort();
	return 0;
}
