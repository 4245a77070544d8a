/* SPDX-License-Identifier: GPL-2.0-or-later */
/* QUIC connections that were seen to begin: by the connection id that their keys come from, and by
 * the flow that they came in. A fixed number of places.
 *
 * A server knows a connection by its id, whatever address it comes from, and keeps what it got of a
 * hello for a while; behind a load balancer, several addresses may be one server. So a connection
 * is remembered apart from its flow, and at least QUIC_TABLE_SPARED_MS long after its last Initial
 * packet: longer than servers wait for the rest of a hello. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/flow_key.h"
#include "inspect/quic.h"
#include "inspect/quic_keys.h"

#define QUIC_TABLE_SPARED_MS 60000

struct quic_conn {
	/* The table's own, to be read only. */
	uint32_t place, serial; /* serial: another one for each connection in a place */
	uint32_t next_id, next_flow, older, newer;
	uint64_t since_ms;   /* of its last packet */
	struct flow_key key; /* of its flow; src is the client */
	uint8_t id_len, id[QUIC_ID_MAX];

	uint32_t version; /* that keys are of; 0: not derived yet */
	struct quic_keys keys;
	bool has_expected;
	uint64_t expected;    /* see struct quic_sealed */
	uint32_t let_through; /* bytes of its CRYPTO stream; 0: nothing is decided yet */
	uint64_t kept;        /* where they are, kept.h */
	uint64_t name_kept;   /* the hello's name, for comparing that of a second hello */
	uint8_t name_len;
	bool had_second; /* hello */
};

struct quic_table;

/* NULL if memory ran out. seed: two words that peers cannot know. */
struct quic_table *quic_table_new(uint32_t places, const uint64_t seed[2]);
void quic_table_free(struct quic_table *table);

/* The connection with that id, of whatever client and to whatever server; or NULL. */
struct quic_conn *quic_table_find(const struct quic_table *table, const uint8_t *id,
				  uint8_t id_len);

/* Whether it began in that flow. */
bool quic_table_is_of(const struct quic_conn *conn, const struct flow_key *key);

/* The connection in that place, if it is still the one of that serial; or NULL. */
struct quic_conn *quic_table_at(const struct quic_table *table, uint32_t place, uint32_t serial);

/* The connections of one flow, from the newest on: the first one, and the one after conn. */
struct quic_conn *quic_table_of_flow(const struct quic_table *table, const struct flow_key *key);
struct quic_conn *quic_table_next(const struct quic_table *table, const struct quic_conn *conn);

/* A new one, zeroed but for its key and id, which must not be there yet. Takes the place of the one
 * that has been quiet longest where all are taken; NULL if that is none of QUIC_TABLE_SPARED_MS. */
struct quic_conn *quic_table_add(struct quic_table *table, const struct flow_key *key,
				 const uint8_t *id, uint8_t id_len, uint64_t now_ms);

/* A packet of it came. */
void quic_table_touch(struct quic_table *table, struct quic_conn *conn, uint64_t now_ms);

/* Forgets it: nothing of it was let through. */
void quic_table_remove(struct quic_table *table, struct quic_conn *conn);
