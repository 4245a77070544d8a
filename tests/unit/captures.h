/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes capture files for tests. */
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "packets.h"

#define CAPTURES_ETHERNET 1
#define CAPTURES_RAW      101

/* The head of a pcap file with frames of that link type. */
static inline void captures_begin(FILE *f, uint32_t type)
{
	const uint32_t head[] = { 0xa1b2c3d4, 0x00040002, 0, 0, 262144, type };

	(void)fwrite(head, sizeof(head), 1, f);
}

/* One frame, len bytes of which there are. */
static inline void captures_frame(FILE *f, uint64_t time_us, const void *bytes, size_t len)
{
	const uint32_t head[] = { (uint32_t)(time_us / 1000000), (uint32_t)(time_us % 1000000),
				  (uint32_t)len, (uint32_t)len };

	(void)fwrite(head, sizeof(head), 1, f);
	(void)fwrite(bytes, len, 1, f);
}

/* A connection of one request and its answer, each direction's bytes in one segment; with SYN and
 * SYN-ACK if opening. Gives the time after it. */
static inline uint64_t captures_flow(FILE *f, const struct flow_key *key, uint64_t time_us,
				     int opening, const void *request, size_t len)
{
	static uint8_t packet[PACKETS_MAX];
	const struct flow_key back = packets_back(key);
	size_t n;

	if (opening) {
		n = packets_tcp(packet, key, 999, 0, 0x02, NULL, 0);
		captures_frame(f, time_us++, packet, n);
		n = packets_tcp(packet, &back, 4999, 1000, 0x12, NULL, 0);
		captures_frame(f, time_us++, packet, n);
	}
	n = packets_tcp(packet, key, 1000, 5000, 0x18, request, len);
	captures_frame(f, time_us++, packet, n);
	n = packets_tcp(packet, &back, 5000, 1000 + (uint32_t)len, 0x18, "answer", 6);
	captures_frame(f, time_us++, packet, n);
	return time_us;
}
