/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QUIC datagrams of a client: which packets they carry, and the frames of Initial packets.
 *
 * Pure: no keys, no state. A datagram is read as a server reads it: one long-header packet after
 * the other by their Length fields; what begins with another byte is a short-header packet, or
 * padding, and takes the rest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/rd.h"
#include "common/reason.h"

#define QUIC_ID_MAX      20
#define QUIC_PACKETS_MAX 8 /* long-header packets in a datagram */

/* A server discards Initial packets in smaller datagrams. Source: RFC 9000 section 14.1. */
#define QUIC_DATAGRAM_MIN 1200

/* From this size on, one datagram may be two that the kernel has joined (UDP GRO, or GSO of a
 * virtual machine), and only the first one's beginning can be seen: not even two of
 * QUIC_DATAGRAM_MIN bytes fit below it. The rule of the kernel in ruleset/compile.c knows the same
 * bound, with the 8 bytes of the UDP header. */
#define QUIC_DATAGRAM_END 2040

enum quic_kind { QUIC_INITIAL, QUIC_ZERO_RTT, QUIC_HANDSHAKE };

struct quic_packet {
	enum quic_kind kind;
	const uint8_t *at; /* of its first byte */
	size_t len;
	size_t number_offset; /* of the protected packet number, from at */
};

struct quic_datagram {
	uint32_t version;  /* of all its long-header packets; 0 if it has none */
	const uint8_t *id; /* the destination connection id of all of them */
	uint8_t id_len;
	struct quic_packet packets[QUIC_PACKETS_MAX];
	size_t count;
	bool has_initial, has_zero_rtt;
};

/* Reads the payload of a UDP packet. REASON_NONE; REASON_NOT_QUIC if it does not begin as any
 * packet of QUIC; REASON_QUIC_VERSION for a version whose Initial packets cannot be opened;
 * REASON_QUIC_MALFORMED for what no client sends: a Retry, packets of several connections, lengths
 * that do not fit. A short-header packet alone gives count 0. Source: RFC 9000 sections 12.2 and
 * 17.2, RFC 9369 section 3.2, RFC 8999 section 5.1. */
enum reason quic_read(const uint8_t *data, size_t len, struct quic_datagram *ret);

/* Bytes of the CRYPTO stream. */
struct quic_crypto {
	uint64_t offset;
	const uint8_t *at; /* within the frames */
	size_t len;
};

enum quic_frame {
	QUIC_FRAME_CRYPTO,
	QUIC_FRAME_END, /* all frames are read */
	QUIC_FRAME_BAD, /* broken, or none that an Initial packet may hold */
};

/* The next CRYPTO frame; PADDING, PING, ACK and CONNECTION_CLOSE are stepped over. frames begins at
 * the first byte of an opened packet. Source: RFC 9000 sections 17.2.2 and 19. */
enum quic_frame quic_next_crypto(struct rd *frames, struct quic_crypto *ret);
