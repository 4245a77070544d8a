/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Headers of the link layer in front of a captured packet. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* What stands first in each frame of a capture. */
enum link_kind {
	LINK_ETHERNET,
	LINK_RAW,      /* IPv4 or IPv6 at once */
	LINK_COOKED1,  /* Linux "any" device */
	LINK_COOKED2,  /* the same, with the interface's number */
	LINK_LOOPBACK, /* four bytes of address family, in either byte order */
	LINK_PPP,      /* with or without HDLC's address and control bytes */
	LINK_PPPOE,    /* a session's header, as in Ethernet */
	LINK_CHDLC,    /* Cisco's */
	LINK_KIND_COUNT
};

enum link_result {
	LINK_IP,     /* *ret is written */
	LINK_OTHER,  /* not IP: ARP, spanning tree and the like, or a protocol not known here */
	LINK_BROKEN, /* the frame ends within the headers, or has too many of them */
};

/* What the frame carries, from the IP header on, and whatever padding follows. */
struct link_payload {
	const uint8_t *data; /* borrowed from the frame */
	size_t len;
};

/* Steps over the headers of one frame: 802.1Q and 802.1ad tags, LLC/SNAP, MPLS labels and PPPoE
 * too. Whether what follows is good IP is for others to see. Source: IEEE 802.3, 802.1Q, RFC 1042,
 * RFC 1332, RFC 1661, RFC 2516, RFC 3032; the link types of tcpdump.org. */
enum link_result link_read(enum link_kind kind, const uint8_t *frame, size_t len,
			   struct link_payload *ret);
