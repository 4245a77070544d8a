/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From queued packets to events: keeps undecided and watched flows, reassembles, reads names.
 *
 * Pure: bytes and a clock reading in, events out; no I/O, no global state, no allocation after
 * inspector_new(). The engine, the capture tool, fuzzers and benchmarks all call the same one.
 *
 * The life of a flow. A SYN makes it known and passes. The client's payload is held until a whole
 * ClientHello or request head is there: then NAME or REFUSE, and the held packets with it. A TLS
 * flow is then decided, and remembered for forget_ms so that packets already queued FOLLOW. An HTTP
 * flow stays watched: bodies FOLLOW, each request is a NAME. It is forgotten after five minutes
 * without a packet. Where slots run out, a decided flow may be forgotten after a quarter of a
 * second and a watched one after ten seconds without a packet; and a source that has more than its
 * share of what is undecided, watched or guarded loses its own oldest first (room.h). What comes
 * later is REASON_MIDSTREAM, as is all payload of a flow whose SYN was not seen.
 *
 * - A SYN with data (TCP Fast Open) is discarded: nothing may leave before the server has answered,
 * and clients fall back to a SYN without data.
 * - A SYN with another sequence number on the same ports begins a new flow, unless the server has
 * already acknowledged the first: then it is discarded, since that server would not take it either.
 * Where one flow took the place of another like this, no payload is read before the server's
 * SYN-ACK has told which it means.
 * - A SYN-ACK of the server in a connection that the kernel knows as let through, with another
 * number than its first, begins another connection: AGAIN, and its client is read from the
 * beginning. (The kernel's rules let no SYN of the client through that could call for it.)
 * - A packet that the kernel marks MARK_ADMIT is not read: ADMIT, and FOLLOW within forget_ms.
 * - UDP without that mark is QUIC towards a service that has it inspected: see reading_quic.h.
 *
 * - What was let through of a named flow may come again only as it was (reading_kept.c). A TLS flow
 * is then read on until it says what can be no second hello: ASK; and with the server's
 * acknowledgement of all that: OPEN. A client that offered early data may say anything before a
 * second hello: then ASK at once, and OPEN with the server's ServerHello. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/event.h"

struct inspector;

struct inspector_limits {
	uint32_t flows_max;      /* slots, at least 2 (slot 0 holds no flow); over it:
				    REASON_RESOURCE_LIMIT */
	uint32_t undecided_max;  /* flows without a name; 0: as many as there are slots */
	uint32_t per_source_max; /* undecided flows of one source (sources.h), which besides has no
				  * more of anything than is left for others; 0: sources are not
				  * told apart */
	uint32_t buffers_max;    /* flows that may hold bytes of a hello or request head at once */
	uint32_t held_max;       /* packets held for one flow, at most EVENT_HELD_MAX */
	uint32_t held_all_max;   /* packets held for all flows; 0: held_max for each buffer */
	uint32_t timeout_ms; /* from a flow's SYN to its first byte, and from there to its name */
	uint32_t forget_ms;  /* how long a decided flow is remembered for packets still in the queue
			      */
	uint64_t hash_seed[2]; /* random bits that peers cannot know: keys the flow table's hash */
	bool capture; /* the packets are of a capture, see below. Never set by the engine */
};

/* A capture shows what happened, whoever was asked, and may lack what happened before or between.
 * With limits.capture:
 * - Data in a SYN is read. A flow is known by its SYN-ACK as well.
 * - Payload of an unknown flow that looks like a ClientHello or a request (peek.h) begins one
 * there, its sender being the client. Other payload of it is REASON_MIDSTREAM, and not remembered.
 * - A client's bytes that its server acknowledges, but that never came, are missing in the capture:
 * what is known of the flow is forgotten, so that it can begin again like that. */

/* A packet as the queue hands it over: from the IP header on. */
struct inspector_packet {
	const uint8_t *data;
	size_t len;
	uint32_t id;       /* the queue's packet id, network order not wanted: host order */
	uint32_t mark;     /* packet mark: MARK_ADMIT; else the flow's connection mark (state bits),
			    * which     a new connection's first packet does not have */
	uint32_t iif, oif; /* interface indexes, 0 if unknown */
	bool truncated;    /* the queue copied less than the packet */
};

/* What the destination port is declared for is not the inspector's knowledge: it tells TLS from
 * HTTP by the first bytes; the broker refuses what does not fit the port (see event.h). */

/* Called for each event, in order; the event is borrowed until it returns. */
typedef void inspector_emit(const struct event *event, void *data);

/* Limits below what works are raised to it. NULL if memory ran out. */
struct inspector *inspector_new(const struct inspector_limits *limits, inspector_emit *emit,
				void *data);
void inspector_free(struct inspector *inspector);

/* now_ms: a monotonic clock. Every packet given yields, at once or later, exactly one event that
 * bears its id: that is what the tests count. */
void inspector_packet(struct inspector *inspector, const struct inspector_packet *packet,
		      uint64_t now_ms);

/* Ends flows that are over their time. Call at least once a second. */
void inspector_expire(struct inspector *inspector, uint64_t now_ms);

/* Forgets the flow between both ends of key, whoever is its client; what is held of it is
 * discarded. For captures. */
void inspector_forget(struct inspector *inspector, const struct flow_key *key);

struct inspector_counts {
	uint64_t packets, events, flows_seen, flows_now, flows_peak, buffers_now;
	uint64_t refused[64]; /* by enum reason */
};
void inspector_counts(const struct inspector *inspector, struct inspector_counts *ret);

/* What the broker is told; queue_overruns is left as it is. */
void inspector_tell(const struct inspector *inspector, struct event_counts *ret);
