/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mutator of fuzz_http. */
#include "mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint32_t state = seed;
	size_t len = 0;

	if (mutate_pick(&state, 4) != 0)
		len = mutate_request(data, size, max_size, &state);
	return len != 0 ? len : LLVMFuzzerMutate(data, size, max_size);
}
