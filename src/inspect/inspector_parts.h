/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of the inspector and what they share. Private to inspector*.c.
 *
 * inspector.c          the life of a flow
 * inspector_capture.c  what is otherwise where packets come from a capture */
#pragma once

#include "inspect/inspector.h"
#include "inspect/reading.h"
#include "inspect/room.h"
#include "inspect/tls.h"

struct inspector {
	struct inspector_limits limits;
	struct reading reading;
	struct room room;
	uint64_t packets, flows_seen;
	uint8_t scratch[TLS_HELLO_MAX];
};

/* inspector.c */

/* An undecided flow, if its source may have one more; or NULL: then the packet is reported. */
struct flow *inspector_begin(struct inspector *i, const struct arrival *a, enum flows_list list,
			     uint64_t now_ms);

/* A client's payload of a flow that is still read. */
void inspector_read(struct inspector *i, struct flow *flow, const struct arrival *a,
		    uint64_t now_ms);

/* inspector_capture.c: only with limits.capture */

/* Payload of a flow whose beginning is not there. False if it does not look like a beginning: the
 * packet is still to be reported. */
bool inspector_capture_begin(struct inspector *i, const struct arrival *a, uint64_t now_ms);

/* The first data of a flow may lie in its SYN, behind its own sequence number. */
void inspector_capture_early(struct inspector *i, struct flow *flow, const struct arrival *a,
			     uint64_t now_ms);

/* A server's packet. True if it acknowledges bytes that never came: then flow is forgotten, and the
 * packet reported. */
bool inspector_capture_lost(struct inspector *i, struct flow *flow, const struct arrival *a);
