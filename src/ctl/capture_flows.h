/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The flows of a capture: what the inspector says of each, and which packets were its own.
 *
 * It stands where on the appliance conntrack and the broker stand: it tells the inspector of
 * connections that begin anew, and keeps what was read. A fixed number of flows is known at once;
 * in a capture with more of them, the one that has been without a packet for longest is handed out
 * as it is, and what comes of it later counts as another. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/flow_key.h"
#include "common/reason.h"
#include "engine/event.h"
#include "inspect/defrag.h"

/* What tells who the client is; the stronger overrules the weaker. */
enum capture_evidence {
	CAPTURE_BY_PORT,  /* the higher port, or who sent first */
	CAPTURE_BY_BYTES, /* who sent a ClientHello or a request */
	CAPTURE_BY_SYN,
};

/* A flow; of HTTP, one request of it. */
struct capture_flow {
	struct flow_key key; /* src is the client */
	enum capture_evidence evidence;
	uint64_t begin_us; /* of its first packet */
	uint64_t packets;  /* of both ends; of HTTP, up to the next request */
	enum app app;      /* APP_NONE: unknown */
	bool named;        /* name was read by the inspector, normalised */
	bool refused;      /* and reason is why */
	bool midstream;    /* what was read did not begin with the connection */
	bool unplaced;     /* there was payload that could not be read for want of a beginning */
	bool bad;          /* a packet of it had headers that do not hold together */
	bool looked_at;    /* its bytes are for the inspector */
	bool has_ech;      /* the ClientHello has encrypted_client_hello, real or GREASE */
	char alpn[EVENT_ALPN_MAX + 1]; /* the protocols that it offers, with commas */
	enum reason reason;
	uint8_t name_len; /* 0: none was seen. If not named, it only stands in the bytes, and may
			   * be anything */
	char name[EVENT_NAME_MAX + 3];
};

struct capture_flows;

/* Called for each flow or request when it is over; borrowed until it returns. */
typedef void capture_flows_over(const struct capture_flow *flow, void *data);

/* count: flows that are known at once, below 2^31; enough for most captures is
 * CAPTURE_FLOWS_USUAL, for which memory of about 150 MB is reserved, and used as far as it is
 * needed. timeout_ms: from a flow's first packet to its name, in the capture's time. NULL if memory
 * ran out. */
#define CAPTURE_FLOWS_USUAL 65535
struct capture_flows *capture_flows_new(uint32_t count, uint32_t timeout_ms,
					capture_flows_over *over, void *data);
void capture_flows_free(struct capture_flows *flows);

/* Takes the next packet. */
void capture_flows_take(struct capture_flows *flows, const struct defrag_packet *packet,
			uint64_t time_us);

/* The capture has ended: hands out all that is left, in the order in which it began. */
void capture_flows_end(struct capture_flows *flows);

/* Packets without as much as addresses. */
uint64_t capture_flows_broken(const struct capture_flows *flows);
