/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's payload of one flow: joined, read as TLS or HTTP, decided. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "inspect/flows.h"
#include "inspect/hold.h"
#include "inspect/kept.h"
#include "inspect/report.h"

struct quic_keyring; /* inspect/quic_keys.h */
struct quic_table;   /* inspect/quic_table.h */

struct reading {
	struct flows *flows;
	struct hold_pool *holds;
	struct kept *kept;
	struct quic_keyring *ring;
	struct quic_table *quic;
	uint8_t *scratch; /* TLS_HELLO_MAX bytes */
	uint32_t held_max;
	bool shared; /* a source may hold no more than is left for others */
	struct report report;
};

/* Takes a client's packet with payload of a flow that is undecided, guarded, proving or watched: it
 * is reported at once, or held. Undecided bytes may come in any order; those before the beginning
 * (but a single one in the SYN's place, which probes whether the connection lives) or beyond
 * STREAM_MAX end the flow. A packet that brings nothing new while its first copy is held,
 * and one too far ahead to be kept whole, is discarded: its sender will send it again. */
void reading_payload(struct reading *r, struct flow *flow, const struct arrival *arrival,
		     uint64_t now_ms);

/* Looks at a server's packet of a guarded flow. True if it is the answer to a client that offered
 * early data, and wants no second hello: then the flow is open, and the packet and all that was
 * held are reported. */
bool reading_answer(struct reading *r, struct flow *flow, const struct arrival *arrival,
		    uint64_t now_ms);

/* Refuses the flow and whatever is held of it, and then arrival's packet if it is not NULL. The
 * flow is decided after it. */
void reading_refuse(struct reading *r, struct flow *flow, enum reason reason,
		    const struct arrival *arrival, uint64_t now_ms);

/* Discards whatever is held, and ends the flow. */
void reading_drop(struct reading *r, struct flow *flow);
