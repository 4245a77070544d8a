/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP and transport headers of one packet, as the kernel's queue hands it over. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/flow_key.h"

#define PACKET_FIN 0x01U
#define PACKET_SYN 0x02U
#define PACKET_RST 0x04U
#define PACKET_ACK 0x10U
#define PACKET_URG 0x20U

struct packet {
	struct flow_key
		key;       /* as the packet goes: src is its sender; no ports but for TCP and UDP */
	uint32_t seq, ack; /* TCP only */
	uint8_t flags;     /* TCP only: bits of PACKET_* and others */
	const uint8_t *payload; /* of TCP or UDP, within the data given; NULL for others */
	size_t payload_len;
};

/* Reads data, which begins at the IP header and is the whole packet: a length field that disagrees
 * with len (as that of jumbograms and of segments joined beyond 64 KiB does), a header cut off, a
 * routing header that leads further or a fragment (conntrack joins them before the queue) is
 * -EBADMSG. What stands behind an authentication header (RFC 4302) is of that protocol, and not
 * read.
 * *ret then holds what was read of the key, and zeros, so that the refusal can still say who it
 * was. Checksums are not looked at: conntrack has done so, and offloaded packets have none. TCP
 * flags that no honest stack sends together, or payload that its receiver would not take as the
 * stream's next bytes (without ACK, with RST, urgent), are -EBADMSG too. 0 otherwise. Source: RFC
 * 791, RFC 8200 section 4, RFC 9293 section 3.1, RFC 768. */
int packet_parse(const uint8_t *data, size_t len, struct packet *ret);
