/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of flows that the inspector knows: fixed slots, found by a keyed hash, ended by age. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/flow_key.h"
#include "inspect/hold.h"
#include "inspect/http.h"
#include "inspect/sources.h"
#include "inspect/tls_flight.h"

enum flow_state {
	FLOW_UNDECIDED, /* its SYN was seen; no name yet */
	FLOW_GUARDED,   /* TLS that said a name: its client's bytes are compared with what was read,
			 * and read on for another hello; after early data until the server says
			 * that it wants none */
	FLOW_PROVING,   /* it said what is none: compared, until the server acknowledges that */
	FLOW_WATCHED,   /* HTTP or QUIC that said a name: every further request, or Initial
			 * packet, is read too */
	FLOW_DECIDED,   /* reported once and for all; remembered for packets still in the queue */
	FLOW_ADMITTED,  /* the same, permitted by address */
};

/* Each flow is on one list, in the order of the time at which it was put there. All flows of a list
 * have the same time to live, so only the oldest must be looked at. The flows of one source on a
 * list are linked in the same order as well. */
enum flows_list {
	FLOWS_OPENING,   /* undecided, and nothing but a SYN has come */
	FLOWS_UNDECIDED, /* with payload */
	FLOWS_HOLDING,   /* watched or guarded, with packets held */
	FLOWS_GUARDED,   /* guarded or proving, with none */
	FLOWS_IDLE,      /* watched, with none */
	FLOWS_DECIDED,   /* and admitted */
	FLOWS_LIST_COUNT
};
_Static_assert(FLOWS_LIST_COUNT == SOURCES_LISTS, "each list has its part of each source");

/* Bytes of the client's that were read and let through: hellos with what follows, up to base; or
 * heads of requests and what frames chunks. What lies between them, of bodies, does not matter. */
#define FLOW_KEPT_MAX 16
struct flow_kept {
	uint64_t where; /* kept.h */
	uint32_t seq, len;
};

/* Slots of the neighbours on a list; 0: none. */
struct flow_link {
	uint32_t older, newer;
};

struct flow {
	/* The table's own, to be read only. */
	struct flow_key key; /* src is the client */
	uint32_t slot, generation;
	uint32_t next;
	uint32_t source;            /* slot in the table of sources */
	struct flow_link all, same; /* among all flows of its list, and those of its source */
	enum flows_list list;
	uint64_t since_ms; /* when it was put on its list */

	enum flow_state state;
	enum app app;      /* APP_NONE until the first byte has come */
	bool has_isn;      /* isn is known (a SYN was seen) */
	bool confirmed;    /* the server acknowledged that SYN */
	bool must_confirm; /* another SYN went before on the same ports: nothing is read before the
			    * server has told which one it took */
	uint32_t isn;      /* the client's initial sequence number */
	uint32_t base;     /* the client's sequence number up to which all is read and decided */
	uint32_t server_first;    /* and from its very beginning: the server's SYN and one; 0 if
				   * unknown */
	uint32_t server_next;     /* what the client expects from the server next; 0 if unknown */
	uint32_t iif, oif;        /* of the client's packets */
	struct http http;         /* where the request stream stands at base */
	struct tls_flight flight; /* where the records behind the hello stand at base */
	struct flow_kept kept[FLOW_KEPT_MAX]; /* what must not come again as anything else; the
					       * newest first, len 0 behind the last */
	uint64_t name_kept; /* the hello's name, for comparing that of a second hello */
	uint8_t name_len;
	bool had_second;    /* hello */
	bool asked;         /* the server's packets are wanted, though the client is not read to the
			     * end: it offered early data */
	uint32_t hello_end; /* asked: the client's sequence number behind its hello */
	uint32_t quic, quic_serial; /* place of the QUIC connection whose hello the hold has
				     * begun to join (quic_table_at()); 0: none */
	struct hold *hold;          /* what came but is not decided; NULL if nothing */
};

struct flows;

/* slots: at least 2; slot 0 is never given out. seed: two words that peers cannot know. NULL if
 * memory ran out. */
struct flows *flows_new(uint32_t slots, const uint64_t seed[2]);
void flows_free(struct flows *flows);

/* NULL if it is not there. */
struct flow *flows_find(const struct flows *flows, const struct flow_key *key);

/* A zeroed flow of that key, which must not be there yet, with a new generation; NULL if every slot
 * is taken. */
struct flow *flows_add(struct flows *flows, const struct flow_key *key, enum flows_list list,
		       uint64_t now_ms);

/* Ends it; its hold must have been given back. */
void flows_remove(struct flows *flows, struct flow *flow);

/* Puts it on a list, as the newest. */
void flows_move(struct flows *flows, struct flow *flow, enum flows_list list, uint64_t now_ms);

/* The flow that has been longest on a list, or NULL. */
struct flow *flows_oldest(const struct flows *flows, enum flows_list list);

/* How many are on a list. */
uint32_t flows_on(const struct flows *flows, enum flows_list list);

/* How many there are now, and were at most; and how many more may be added. */
uint32_t flows_count(const struct flows *flows);
uint32_t flows_peak(const struct flows *flows);
uint32_t flows_room(const struct flows *flows);

/* Who sent its SYN. */
struct source *flows_source(const struct flows *flows, const struct flow *flow);

/* The source of an address; NULL if it has no flow. */
struct source *flows_source_of(const struct flows *flows, const struct addr *address);

/* The flow of a source that has been longest on a list, or NULL. */
struct flow *flows_oldest_of(const struct flows *flows, const struct source *source,
			     enum flows_list list);

/* How many sources have flows. */
uint32_t flows_sources(const struct flows *flows);
