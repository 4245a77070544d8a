/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An array of connections, chained by two hashes, and a list by age. */
#include "inspect/quic_table.h"

#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/siphash.h"

#define NONE 0 /* place 0 holds no connection */

struct quic_table {
	uint64_t seed[2];
	uint32_t places, bucket_mask, first_free, oldest, newest;
	uint32_t *by_id, *by_flow;
	struct quic_conn *at;
};

struct quic_table *quic_table_new(uint32_t places, const uint64_t seed[2])
{
	struct quic_table *table = calloc(1, sizeof(*table));
	uint64_t buckets = 2;

	if (table == NULL)
		return NULL;
	table->places = places < 1 ? 2 : places + 1;
	while (buckets < table->places)
		buckets *= 2;
	table->seed[0] = seed[0];
	table->seed[1] = seed[1];
	table->bucket_mask = (uint32_t)(buckets - 1);
	table->by_id = calloc(buckets, sizeof(table->by_id[0]));
	table->by_flow = calloc(buckets, sizeof(table->by_flow[0]));
	table->at = calloc(table->places, sizeof(table->at[0]));
	if (table->by_id == NULL || table->by_flow == NULL || table->at == NULL) {
		quic_table_free(table);
		return NULL;
	}
	table->first_free = 1;
	for (uint32_t i = 1; i < table->places; i++) {
		table->at[i].place = i;
		table->at[i].next_id = i + 1 == table->places ? NONE : i + 1;
	}
	return table;
}

void quic_table_free(struct quic_table *table)
{
	if (table == NULL)
		return;
	free(table->by_id);
	free(table->by_flow);
	free(table->at);
	free(table);
}

static uint32_t *id_bucket(const struct quic_table *table, const uint8_t *id, uint8_t id_len)
{
	uint64_t words[4] = { 0 };

	memcpy(words, id, id_len);
	words[3] = id_len;
	return &table->by_id[siphash_words(table->seed, words, ARRAY_SIZE(words)) &
			     table->bucket_mask];
}

static uint32_t *flow_bucket(const struct quic_table *table, const struct flow_key *key)
{
	uint64_t words[5];

	memcpy(words, key->src.b, 16);
	memcpy(words + 2, key->dst.b, 16);
	words[4] = (uint64_t)key->sport << 48 | (uint64_t)key->dport << 32 | key->src.family;
	return &table->by_flow[siphash_words(table->seed, words, ARRAY_SIZE(words)) &
			       table->bucket_mask];
}

static bool same_address(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

static bool same_flow(const struct flow_key *a, const struct flow_key *b)
{
	return a->dport == b->dport && a->sport == b->sport && same_address(&a->dst, &b->dst) &&
	       same_address(&a->src, &b->src);
}

static struct quic_conn *at(const struct quic_table *table, uint32_t place)
{
	return place == NONE ? NULL : &table->at[place];
}

bool quic_table_is_of(const struct quic_conn *conn, const struct flow_key *key)
{
	return same_flow(&conn->key, key);
}

struct quic_conn *quic_table_find(const struct quic_table *table, const uint8_t *id, uint8_t id_len)
{
	struct quic_conn *conn = at(table, *id_bucket(table, id, id_len));

	while (conn != NULL && (conn->id_len != id_len || memcmp(conn->id, id, id_len) != 0))
		conn = at(table, conn->next_id);
	return conn;
}

struct quic_conn *quic_table_at(const struct quic_table *table, uint32_t place, uint32_t serial)
{
	struct quic_conn *conn = at(table, place);

	return conn != NULL && conn->serial == serial ? conn : NULL;
}

static struct quic_conn *skip_others(const struct quic_table *table, struct quic_conn *conn,
				     const struct flow_key *key)
{
	while (conn != NULL && !same_flow(&conn->key, key))
		conn = at(table, conn->next_flow);
	return conn;
}

struct quic_conn *quic_table_of_flow(const struct quic_table *table, const struct flow_key *key)
{
	return skip_others(table, at(table, *flow_bucket(table, key)), key);
}

struct quic_conn *quic_table_next(const struct quic_table *table, const struct quic_conn *conn)
{
	return skip_others(table, at(table, conn->next_flow), &conn->key);
}

static void append(struct quic_table *table, struct quic_conn *conn, uint64_t now_ms)
{
	conn->since_ms = now_ms;
	conn->older = table->newest;
	conn->newer = NONE;
	if (table->newest != NONE)
		table->at[table->newest].newer = conn->place;
	else
		table->oldest = conn->place;
	table->newest = conn->place;
}

static void cut(struct quic_table *table, const struct quic_conn *conn)
{
	if (conn->older != NONE)
		table->at[conn->older].newer = conn->newer;
	else
		table->oldest = conn->newer;
	if (conn->newer != NONE)
		table->at[conn->newer].older = conn->older;
	else
		table->newest = conn->older;
}

void quic_table_touch(struct quic_table *table, struct quic_conn *conn, uint64_t now_ms)
{
	cut(table, conn);
	append(table, conn, now_ms);
}

void quic_table_remove(struct quic_table *table, struct quic_conn *conn)
{
	uint32_t *link = id_bucket(table, conn->id, conn->id_len);

	while (*link != conn->place)
		link = &table->at[*link].next_id;
	*link = conn->next_id;
	link = flow_bucket(table, &conn->key);
	while (*link != conn->place)
		link = &table->at[*link].next_flow;
	*link = conn->next_flow;
	cut(table, conn);
	conn->serial++;
	conn->next_id = table->first_free;
	table->first_free = conn->place;
}

struct quic_conn *quic_table_add(struct quic_table *table, const struct flow_key *key,
				 const uint8_t *id, uint8_t id_len, uint64_t now_ms)
{
	struct quic_conn *conn = at(table, table->oldest);
	uint32_t *by_id, *by_flow;

	if (table->first_free == NONE) {
		if (conn == NULL || (int64_t)(now_ms - conn->since_ms) < QUIC_TABLE_SPARED_MS)
			return NULL;
		quic_table_remove(table, conn);
	}
	conn = at(table, table->first_free);
	if (conn == NULL)
		return NULL;
	table->first_free = conn->next_id;
	*conn = (struct quic_conn){
		.place = conn->place, .serial = conn->serial, .key = *key, .id_len = id_len
	};
	memcpy(conn->id, id, id_len);
	by_id = id_bucket(table, id, id_len);
	conn->next_id = *by_id;
	*by_id = conn->place;
	by_flow = flow_bucket(table, key);
	conn->next_flow = *by_flow;
	*by_flow = conn->place;
	append(table, conn, now_ms);
	return conn;
}
