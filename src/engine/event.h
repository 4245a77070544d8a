/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What an engine tells the broker: fixed-size events, several to a message. Numbers, and one
 * bounded name.
 *
 * One event bears one packet id, and each packet has exactly one event. The broker answers each
 * with one verdict, and remembers per (engine, flow slot, flow generation) what it decided, so that
 * the other packets of the flow can FOLLOW. A generation once refused stays refused, whatever NAME
 * comes after.
 *
 * When held packets are decided, the NAME or REFUSE bears the one that arrived first, and a FOLLOW
 * for each other comes right after it, in the order of arrival. One HTTP packet may hold several
 * requests: then the NAME of each comes before the event that bears the packet, with has_packet 0
 * (record it, no verdict yet); the packet's verdict is that of the last one, unless any of them was
 * refused. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/flow_key.h"
#include "common/reason.h"

enum event_type {
	EVENT_PASS = 1, /* let this packet go; nothing is decided by it (SYN, empty segment) */
	EVENT_ADMIT,  /* first packet of a flow that the kernel permits by address: record, then let
			 go */
	EVENT_NAME,   /* the flow said a name (for HTTP: this request did); decide */
	EVENT_REFUSE, /* the bytes cannot be judged or the flow is out of time; refuse, because
			 reason */
	EVENT_FOLLOW, /* another packet of a flow already reported: same verdict as its last
			 decision */
	EVENT_ASK,  /* of a flow permitted by its name: let go, and from now on the server's packets
		     * are wanted too; it tells whether more of the client's bytes matter */
	EVENT_OPEN, /* none does: let go, the flow leaves the queue */
	EVENT_AGAIN,   /* the server of a flow that was let through has begun another connection on
			* its ports: let go, and from now on the flow is undecided again */
	EVENT_FORGET,  /* undecided, and nothing came of it but a SYN: it gave way to another. No
			* packet goes with it; its server and the kernel may forget it as well */
	EVENT_DISCARD, /* drop this one packet without deciding the flow (a stray duplicate, say) */
	EVENT_TYPE_COUNT
};

#define EVENT_NAME_MAX  253
#define EVENT_ALPN_MAX  31
#define EVENT_HELD_MAX  64
#define EVENT_BATCH_MAX 32 /* events in a message */
#define EVENT_FLOW_NONE 0  /* the slot that never holds a flow */

struct event {
	uint8_t type;   /* enum event_type */
	uint8_t reason; /* enum reason; EVENT_REFUSE only, else 0 */
	uint8_t app; /* enum app, as read from the bytes; EVENT_NAME; may be set with EVENT_REFUSE
		      */
	uint8_t has_packet; /* 0: no packet goes with it (NAME: see above; ASK: it still waits;
			     * REFUSE: nothing was held; FORGET: always) */
	uint32_t packet_id;
	uint32_t flow; /* slot in the engine's table, below flows_max; broker keeps an array of that
			* size. EVENT_FLOW_NONE: of no remembered flow; its generation never comes
			* twice */
	uint32_t generation;      /* of the slot: a new flow in it has another */
	uint32_t iif, oif;        /* interface indexes of the client's packet */
	uint32_t client_next_seq; /* EVENT_REFUSE and EVENT_NAME: sequence number with which a reset
				     is */
	uint32_t server_next_seq; /* acceptable at the server (what it expects from the client), and
				   * at the client; TCP only, 0 if unknown */
	uint8_t family, l4proto;  /* 4 or 6; IPPROTO_* */
	uint16_t sport, dport;    /* client's and server's, host order */
	uint8_t src[16], dst[16]; /* client's and server's address */
	uint8_t has_alpn, has_ech; /* the ClientHello had these extensions; EVENT_NAME of APP_TLS
				    * and APP_QUIC */
	uint8_t reserved;          /* 0 */
	uint8_t name_len;          /* 0 if none */
	char name[EVENT_NAME_MAX + 3]; /* normalised by names_normalise(); NUL padded */
	char alpn[EVENT_ALPN_MAX + 1]; /* tls_hello_alpn(), empty where has_alpn is not set; NUL
					* padded */
};

/* How a flow may end without a refusal. */
enum event_end {
	EVENT_END_OPENED,    /* the server acknowledged what was read: it left the queue */
	EVENT_END_OWN_SHARE, /* its source had more than its share: it gave way to a newer one */
	EVENT_END_FULL,      /* the table was full: it gave way to a newer one of anybody's */
	EVENT_END_PORTS,     /* its ports were used again */
	EVENT_END_IDLE,      /* it was named, and then silent for too long */
	EVENT_END_COUNT
};

/* What an engine tells of itself. */
struct event_counts {
	uint64_t queue_overruns; /* ENOBUFS seen so far */
	uint64_t put_off; /* beginnings dropped, since their source began too many in a second */
	uint32_t undecided, undecided_peak;
	uint32_t sources;       /* that have flows in its table */
	uint32_t buffers, held; /* flows of which bytes are kept, and packets of theirs that wait */
	uint32_t reserved;      /* 0 */
	uint64_t ended[EVENT_END_COUNT]; /* so far */
};

struct event_message {
	uint32_t magic; /* EVENT_MAGIC */
	uint32_t count; /* 0..EVENT_BATCH_MAX; 0 where only the counts have moved */
	struct event_counts counts;
	struct event events[EVENT_BATCH_MAX];
};
#define EVENT_MAGIC 0x53454b31U /* "SEK1" */

/* Bytes of a message with count events. */
size_t event_message_size(uint32_t count);

/* Checks a received message of len bytes: magic, count and size agree, every event has a type,
 * reason, app, family and l4proto in range, flow below flows_max, name NUL-terminated, of name_len,
 * printable ASCII, and present just where its type wants it. State is the broker's to check. 0 or
 * -EBADMSG. */
int event_message_check(const void *message, size_t len, uint32_t flows_max);

/* The flow of an event. */
void event_flow_key(const struct event *event, struct flow_key *ret);
