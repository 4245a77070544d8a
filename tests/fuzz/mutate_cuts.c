/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mutator of fuzz_cuts: the cuts are changed, or else the stream that is cut. */
#include "mutate.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint32_t state = seed;
	const size_t cuts = size != 0 ? data[0] : 0, front = 1 + 4 * cuts;
	size_t len = 0;

	if (size <= front || max_size <= front || mutate_pick(&state, 4) == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	if (mutate_pick(&state, 3) == 0) {
		if (cuts != 0)
			(void)LLVMFuzzerMutate(data + 1, 4 * cuts, 4 * cuts);
		return size;
	}
	if (data[front] == 22)
		len = mutate_hello(data + front, size - front, max_size - front, &state);
	else
		len = mutate_request(data + front, size - front, max_size - front, &state);
	return len != 0 ? front + len : LLVMFuzzerMutate(data, size, max_size);
}
