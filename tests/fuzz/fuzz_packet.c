/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a packet: headers stay within them. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "inspect/packet.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct packet p;
	volatile uint8_t sum = 0;

	if (packet_parse(data, size, &p) == 0) {
		if (p.payload_len != 0 &&
		    (p.payload < data || p.payload + p.payload_len > data + size))
			abort();
		for (size_t i = 0; i < p.payload_len; i++)
			sum = (uint8_t)(sum + p.payload[i]);
	}
	if (p.key.src.family != 4 && p.key.src.family != 6)
		abort();
	return 0;
}
