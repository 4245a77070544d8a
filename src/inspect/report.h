/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Builds events out of packets and flows, and hands them out. */
#pragma once

#include <stdint.h>

#include "common/reason.h"
#include "engine/event.h"
#include "inspect/flows.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"

/* A packet that has just come, with its headers read. */
struct arrival {
	const struct inspector_packet *raw;
	struct packet packet;
};

struct report {
	inspector_emit *emit;
	void *data;
	uint32_t strays; /* generations given to EVENT_FLOW_NONE */
	uint64_t events;
	uint64_t refused[64]; /* by enum reason */
};

/* The sequence number that the server expects from the client: nothing from there on was let
 * through. */
uint32_t report_expected_seq(const struct flow *flow);

/* An event of that type about flow, with no packet yet. client_next_seq: report_expected_seq() as
 * of before the packets at hand were read. */
void report_fill(const struct flow *flow, enum event_type type, uint32_t client_next_seq,
		 struct event *ret);

/* Hands out the event with packet id, and makes it the FOLLOW for the next packet. */
void report_bear(struct report *r, struct event *event, uint32_t id);

/* Hands out the event without a packet, if it is not yet a FOLLOW, and makes it one. */
void report_alone(struct report *r, struct event *event);

/* Hands out a PASS, ADMIT, FOLLOW or DISCARD for one packet; flow NULL: of no flow. */
void report_packet(struct report *r, const struct flow *flow, const struct arrival *arrival,
		   enum event_type type);

/* Hands out a REFUSE for one packet of no flow. */
void report_stray(struct report *r, const struct arrival *arrival, enum reason reason);
