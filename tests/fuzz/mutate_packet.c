/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The mutator of fuzz_packet: afterwards the lengths in the headers are those of the bytes. */
#include "mutate.h"

#define IPV4_MIN 20
#define IPV6_MIN 40

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The transport header at that place. */
static void mend_transport(uint8_t *at, size_t left, uint8_t protocol, uint32_t *state)
{
	if (protocol == 17 && left >= 8)
		put16(at + 4, left);
	if (protocol == 6 && left >= 20 && (size_t)(at[12] >> 4) * 4 > left)
		at[12] = 0x50;
	if (protocol == 6 && left >= 20 && at[12] >> 4 < 5)
		at[12] = (uint8_t)((5 + mutate_pick(state, 3)) << 4);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	uint32_t state = seed;

	size = LLVMFuzzerMutate(data, size, max_size);
	if (mutate_pick(&state, 4) == 0)
		return size;
	if (size >= IPV4_MIN && data[0] >> 4 != 6) {
		size_t header = (size_t)(data[0] & 15) * 4;

		if (header < IPV4_MIN || header > size)
			header = IPV4_MIN;
		data[0] = (uint8_t)(0x40 | header / 4);
		put16(data + 2, size);
		data[6] &= 0x40; /* no fragment */
		data[7] = 0;
		mend_transport(data + header, size - header, data[9], &state);
	} else if (size >= IPV6_MIN && data[0] >> 4 == 6) {
		put16(data + 4, size - IPV6_MIN);
		mend_transport(data + IPV6_MIN, size - IPV6_MIN, data[6], &state);
	}
	return size;
}
