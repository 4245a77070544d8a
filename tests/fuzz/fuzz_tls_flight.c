/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as what follows a ClientHello: shown in pieces they give what they give at once.
 *
 * The first byte: bit 0 for early data, the others a seed for the sizes of the pieces. */
#include <stdlib.h>
#include <string.h>

#include "inspect/tls_flight.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct told {
	enum tls_flight_result result;
	size_t used;
	struct tls_flight flight;
};

/* Reads a copy of its own, so that a read beyond it is noticed. */
static enum tls_flight_result read_copy(struct tls_flight *flight, const uint8_t *data, size_t len,
					size_t *ret_used)
{
	uint8_t *copy = malloc(len == 0 ? 1 : len);
	enum tls_flight_result result;

	if (copy == NULL)
		abort();
	if (len != 0)
		memcpy(copy, data, len);
	result = tls_flight_read(flight, copy, len, ret_used);
	free(copy);
	if (*ret_used > len)
		abort();
	return result;
}

/* As a stream is read: what is used is gone, and what is not is shown again with more. */
static struct told read_in_pieces(const struct tls_flight *start, const uint8_t *data, size_t size,
				  uint32_t seed)
{
	struct told told = { .result = TLS_FLIGHT_MORE, .flight = *start };
	size_t shown = 0;

	while (told.result == TLS_FLIGHT_MORE && shown < size) {
		size_t used = 0;

		seed = seed * 1664525 + 1013904223;
		shown += 1 + (seed >> 24) % (size > 2000 ? 200 : 7);
		if (shown > size)
			shown = size;
		told.result = read_copy(&told.flight, data + told.used, shown - told.used, &used);
		told.used += used;
	}
	if (told.result == TLS_FLIGHT_OTHER && shown - told.used == 0)
		abort();
	return told;
}

static struct told read_at_once(const struct tls_flight *start, const uint8_t *data, size_t size)
{
	struct told told = { .result = TLS_FLIGHT_MORE, .flight = *start };

	if (size != 0)
		told.result = read_copy(&told.flight, data, size, &told.used);
	return told;
}

/* What tells that no hello follows is as much as the caller keeps: with these bytes alone, whatever
 * comes behind them, the answer is the same. */
static void check_telling(const struct told *told, const uint8_t *data, size_t size)
{
	uint8_t telling[TLS_FLIGHT_TELLING + 40];
	size_t len = size - told->used, used;
	struct tls_flight flight = told->flight;

	if (len > TLS_FLIGHT_TELLING)
		len = TLS_FLIGHT_TELLING;
	memset(telling, 0x16, sizeof(telling));
	memcpy(telling, data + told->used, len);
	if (tls_flight_read(&flight, telling, len, &used) != TLS_FLIGHT_OTHER)
		abort();
	flight = told->flight;
	if (tls_flight_read(&flight, telling, sizeof(telling), &used) != TLS_FLIGHT_OTHER)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tls_flight start = { 0 };
	struct told whole, pieces;

	if (size == 0)
		return 0;
	start.early = (data[0] & 1) != 0;
	start.early_left = TLS_FLIGHT_EARLY_MAX;
	whole = read_at_once(&start, data + 1, size - 1);
	for (uint32_t i = 0; i < 3; i++) {
		pieces = read_in_pieces(&start, data + 1, size - 1, data[0] + i * 256);
		if (pieces.result != whole.result || pieces.used != whole.used ||
		    pieces.flight.skip != whole.flight.skip ||
		    pieces.flight.early_left != whole.flight.early_left)
			abort();
	}
	if (whole.result == TLS_FLIGHT_OTHER)
		check_telling(&whole, data + 1, size - 1);
	return 0;
}
