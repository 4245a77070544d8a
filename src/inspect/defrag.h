/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From IP as it stands in captures to whole packets, as the kernel's queue would hand them over.
 *
 * On the appliance conntrack does this before any packet is seen; only captures need it. Pure; no
 * allocation after defrag_new(). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct defrag;

#define DEFRAG_PACKET_MAX 65575 /* bytes of an IPv6 packet with its header; IPv4's are fewer */

enum defrag_result {
	DEFRAG_WHOLE,   /* *ret is written */
	DEFRAG_WAITS,   /* a fragment; others are missing */
	DEFRAG_REFUSED, /* a fragment that overlaps another, ends beyond the longest packet, or was
			 * cut by the capture: its packet is given up */
	DEFRAG_BROKEN,  /* no IP header */
};

struct defrag_packet {
	const uint8_t *data; /* from the IP header on; borrowed until the next call */
	size_t len;          /* what the IP header says too */
	uint32_t frames;     /* of the capture, that it came in */
	bool cut;            /* the capture holds less of the packet than there was. The header's
			      * length then says what is left. */
};

/* NULL if memory ran out. */
struct defrag *defrag_new(void);
void defrag_free(struct defrag *defrag);

/* Takes what a frame carries from the IP header on. Padding behind the packet is cut off. A length
 * of 0 in the header (segmentation left to hardware) stands for all that is there. Fragments are
 * kept for 30 seconds of now_ms (60 for IPv6), the oldest being given up for new ones; one that
 * came already, the same, is left aside. Source: RFC 791 section 3.2, RFC 8200 section 4.5, RFC
 * 5722. */
enum defrag_result defrag_take(struct defrag *defrag, const uint8_t *data, size_t len,
			       uint64_t now_ms, struct defrag_packet *ret);

/* Fragments that wait or were given up: those whose packet never became whole. */
uint64_t defrag_incomplete(const struct defrag *defrag);
