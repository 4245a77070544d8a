/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Opens Initial packets with the keys of the connections that they may belong to, and joins what
 * they carry in the flow's hold. */
#include "inspect/reading_quic.h"

#include <string.h>

#include "common/mark.h"
#include "inspect/quic_table.h"
#include "inspect/reading_parts.h"
#include "inspect/tls_hello.h"
#include "policy/names.h"

/* Connections of a flow that an Initial with an unknown id may belong to. */
#define TRIED_MAX 4

#define RESERVED_BITS 0x0cU

_Static_assert(QUIC_DATAGRAM_END <= TLS_HELLO_MAX, "an opened packet fits the scratch buffer");

/* One datagram with Initial packets, on its way. */
struct step {
	struct reading *r;
	struct flow *flow;
	const struct arrival *arrival;
	const struct quic_datagram *d;
	uint64_t now_ms;
	struct quic_conn *conn; /* that its packets belong to; NULL: none was opened yet */
	bool fresh;             /* it brought bytes that were not there */
	bool undecided;         /* it has bytes that were not let through, new ones or not */
	bool gone;              /* it repeats bytes that can no longer be compared */
};

static bool is_watched(const struct arrival *a)
{
	return (a->raw->mark & MARK_STATE_MASK) == MARK_WATCHED;
}

enum reading_quic_stray reading_quic_stray(const struct arrival *arrival, enum reason fault,
					   const struct quic_datagram *d, enum reason *ret_reason)
{
	const size_t len = arrival->packet.payload_len;

	if (fault == REASON_NONE && len >= QUIC_DATAGRAM_END)
		return READING_QUIC_DISCARD;
	if (is_watched(arrival) && (fault == REASON_QUIC_MALFORMED || len == 0))
		return READING_QUIC_DISCARD;
	*ret_reason = fault;
	if (fault != REASON_NONE)
		return READING_QUIC_REFUSE;
	if (is_watched(arrival) && !d->has_initial)
		return READING_QUIC_PASS;
	if (d->has_initial && len < QUIC_DATAGRAM_MIN) {
		*ret_reason = REASON_QUIC_MALFORMED;
		return is_watched(arrival) ? READING_QUIC_DISCARD : READING_QUIC_REFUSE;
	}
	*ret_reason = REASON_MIDSTREAM;
	return d->has_initial || d->has_zero_rtt ? READING_QUIC_BEGINS : READING_QUIC_REFUSE;
}

/* The connection whose hello is being joined in the flow's hold. */
static struct quic_conn *joined(const struct reading *r, const struct flow *flow)
{
	return quic_table_at(r->quic, flow->quic, flow->quic_serial);
}

void reading_quic_leave(struct reading *r, struct flow *flow)
{
	struct quic_conn *conn = joined(r, flow);

	if (conn != NULL && conn->let_through == 0)
		quic_table_remove(r->quic, conn);
	flow->quic = 0;
}

/* ---- opening */

static bool open_with(const struct step *step, struct quic_conn *conn,
		      const struct quic_packet *packet, struct quic_opened *ret)
{
	const struct quic_sealed sealed = {
		.at = packet->at,
		.len = packet->len,
		.number_offset = packet->number_offset,
		.has_expected = conn->has_expected,
		.expected = conn->expected,
	};
	struct reading *r = step->r;

	if (conn->version != step->d->version) {
		/* the versions' keys differ, and a client may go on in the other one. Source: RFC
		 * 9369 section 4.1 */
		if (!quic_keys_derive(step->d->version, conn->id, conn->id_len, &conn->keys))
			return false;
		conn->version = step->d->version;
	}
	if (!quic_keys_open(r->ring, &conn->keys, &sealed, r->scratch, ret))
		return false;
	if (!conn->has_expected || ret->number >= conn->expected)
		conn->expected = ret->number + 1;
	conn->has_expected = true;
	return true;
}

/* A hold whose stream begins at what was not yet let through of the connection; what it held of
 * another connection is discarded: the client has given that up. Packets of none (0-RTT) stay. */
static enum reason join(const struct step *step, struct quic_conn *conn)
{
	struct flow *flow = step->flow;

	if (flow->hold != NULL && flow->quic != 0 && joined(step->r, flow) != conn)
		reading_discard_held(step->r, flow);
	if (!reading_take_hold(step->r, flow, conn->let_through))
		return REASON_RESOURCE_LIMIT;
	flow->quic = conn->place;
	flow->quic_serial = conn->serial;
	if (flow->state == FLOW_WATCHED && flow->list != FLOWS_HOLDING)
		flows_move(step->r->flows, flow, FLOWS_HOLDING, step->now_ms);
	return REASON_NONE;
}

/* A connection that begins with this packet, if it opens with the keys of its own id. */
static enum reason begin(struct step *step, const struct quic_packet *packet,
			 struct quic_opened *ret)
{
	const struct quic_datagram *d = step->d;
	struct quic_conn probe = { .id_len = d->id_len }, *conn;
	enum reason fault;

	memcpy(probe.id, d->id, d->id_len);
	if (!open_with(step, &probe, packet, ret))
		return REASON_NONE;
	conn = quic_table_add(step->r->quic, &step->flow->key, d->id, d->id_len, step->now_ms);
	if (conn == NULL)
		return REASON_RESOURCE_LIMIT;
	conn->version = probe.version;
	conn->keys = probe.keys;
	conn->has_expected = true;
	conn->expected = probe.expected;
	fault = join(step, conn);
	if (fault == REASON_NONE)
		step->conn = conn;
	else
		quic_table_remove(step->r->quic, conn);
	return fault;
}

/* Finds the connection that the packet belongs to, into step->conn: stays NULL where it cannot be
 * opened. */
static enum reason open_first(struct step *step, const struct quic_packet *packet,
			      struct quic_opened *ret)
{
	const struct flow_key *key = &step->flow->key;
	struct quic_table *table = step->r->quic;
	struct quic_conn *own = quic_table_find(table, step->d->id, step->d->id_len);
	struct quic_conn *conn = quic_table_of_flow(table, key);

	if (own != NULL && quic_table_is_of(own, key) && open_with(step, own, packet, ret)) {
		step->conn = own;
		return REASON_NONE;
	}
	for (int i = 0; i < TRIED_MAX && conn != NULL; i++) {
		if (conn != own && conn->let_through != 0 && open_with(step, conn, packet, ret)) {
			step->conn = conn;
			return REASON_NONE;
		}
		conn = quic_table_next(table, conn);
	}
	return own == NULL ? begin(step, packet, ret) : REASON_NONE;
}

/* ---- what they carry */

/* Bytes that were let through before. */
static enum reason compare(struct step *step, const struct quic_crypto *crypto, size_t len)
{
	const struct quic_conn *conn = step->conn;

	switch (kept_compare(step->r->kept, conn->kept, (size_t)crypto->offset, crypto->at, len)) {
	case KEPT_SAME:
		break;
	case KEPT_OTHER:
		return REASON_OVERLAP_CONFLICT;
	case KEPT_GONE:
		step->gone = true;
		break;
	}
	return REASON_NONE;
}

static enum reason take_crypto(struct step *step, struct quic_crypto crypto)
{
	struct quic_conn *conn = step->conn;
	enum reason fault = REASON_NONE;
	bool fresh = false;

	if (crypto.offset > 2ULL * STREAM_MAX)
		return REASON_HELLO_TOO_LONG;
	if (crypto.len != 0 && crypto.offset < conn->let_through) {
		size_t known = conn->let_through - (size_t)crypto.offset;

		if (known > crypto.len)
			known = crypto.len;
		fault = compare(step, &crypto, known);
		crypto.offset += known;
		crypto.at += known;
		crypto.len -= known;
	}
	if (fault != REASON_NONE || crypto.len == 0)
		return fault;
	if (conn->had_second)
		return REASON_TLS_MALFORMED;
	if (crypto.offset + crypto.len > conn->let_through + (uint64_t)STREAM_MAX)
		return REASON_HELLO_TOO_LONG;
	step->undecided = true;
	fault = join(step, conn);
	if (fault == REASON_NONE)
		fault = stream_add(&step->flow->hold->stream, (uint32_t)crypto.offset, crypto.at,
				   crypto.len, &fresh);
	step->fresh |= fresh;
	return fault;
}

static enum reason take_frames(struct step *step, const struct quic_opened *opened)
{
	struct rd frames = rd_of(step->r->scratch, opened->len);
	struct quic_crypto crypto = { .len = 0 };

	if ((opened->first & RESERVED_BITS) != 0 || opened->len == 0)
		return REASON_QUIC_MALFORMED;
	for (;;) {
		enum reason fault;

		switch (quic_next_crypto(&frames, &crypto)) {
		case QUIC_FRAME_END:
			return REASON_NONE;
		case QUIC_FRAME_BAD:
			return REASON_QUIC_MALFORMED;
		case QUIC_FRAME_CRYPTO:
			fault = take_crypto(step, crypto);
			if (fault != REASON_NONE)
				return fault;
			break;
		}
	}
}

/* Every Initial of the datagram. *ret_opened: all could be opened, with one connection's keys. */
static enum reason take_initials(struct step *step, bool *ret_opened)
{
	*ret_opened = false;
	for (size_t i = 0; i < step->d->count; i++) {
		const struct quic_packet *packet = &step->d->packets[i];
		struct quic_opened opened = { .len = 0 };
		enum reason fault = REASON_NONE;

		if (packet->kind != QUIC_INITIAL)
			continue;
		if (step->conn == NULL) {
			fault = open_first(step, packet, &opened);
			if (fault == REASON_NONE && step->conn == NULL)
				return REASON_NONE;
		} else if (!open_with(step, step->conn, packet, &opened)) {
			return REASON_NONE;
		}
		if (fault == REASON_NONE)
			fault = take_frames(step, &opened);
		if (fault != REASON_NONE)
			return fault;
	}
	*ret_opened = true;
	return REASON_NONE;
}

/* ---- the hello */

static enum reason read_name(const struct tls_hello *hello, char name[NAMES_MAX + 1])
{
	const enum names_fault fault =
		names_normalise((const char *)hello->name, hello->name_len, false, name);

	if (fault == NAMES_OK)
		return REASON_NONE;
	return fault == NAMES_ADDRESS ? REASON_NAME_IS_ADDRESS : REASON_NAME_INVALID;
}

/* The first hello of a connection. */
static void name_conn(struct reading *r, struct quic_conn *conn, const struct tls_hello *hello,
		      const uint8_t *bytes, const char *name)
{
	conn->name_len = (uint8_t)strlen(name);
	conn->name_kept = kept_put(r->kept, (const uint8_t *)name, conn->name_len);
	conn->kept = kept_put(r->kept, bytes, hello->used);
	conn->let_through = (uint32_t)hello->used;
}

static void fill_name(struct event *e, const struct tls_hello *hello, const char *name)
{
	e->type = EVENT_NAME;
	e->app = APP_QUIC;
	e->has_alpn = hello->has_alpn;
	e->has_ech = hello->has_ech;
	tls_hello_alpn(hello, e->alpn);
	e->name_len = (uint8_t)strlen(name);
	memcpy(e->name, name, e->name_len);
}

/* The hello after a HelloRetryRequest. The server goes by this one. */
static enum reason second_hello(struct reading *r, struct quic_conn *conn,
				const struct tls_hello *hello, const uint8_t *bytes,
				const char *name)
{
	if (strlen(name) != conn->name_len ||
	    kept_compare(r->kept, conn->name_kept, 0, (const uint8_t *)name, conn->name_len) !=
		    KEPT_SAME)
		return REASON_NAME_CHANGED;
	conn->had_second = true;
	conn->kept = kept_extend(r->kept, conn->kept, conn->let_through, bytes, hello->used);
	conn->let_through += (uint32_t)hello->used;
	return REASON_NONE;
}

/* Reads the hello that the hold has joined. REASON_NONE and *ret_more: it is not whole. */
static enum reason read_hello(struct step *step, struct event *e, bool *ret_more)
{
	const struct stream *stream = &step->flow->hold->stream;
	struct quic_conn *conn = step->conn;
	enum reason reason = REASON_NONE;
	char name[NAMES_MAX + 1];
	struct tls_hello hello;

	*ret_more = false;
	switch (tls_hello_read(stream->data, stream_run(stream, 0), &hello, &reason)) {
	case TLS_MORE:
		*ret_more = true;
		return REASON_NONE;
	case TLS_REFUSE:
		return reason;
	case TLS_HELLO:
		break;
	}
	if (stream->ranges[stream->range_count - 1].end > hello.used)
		return REASON_TLS_MALFORMED;
	reason = read_name(&hello, name);
	if (reason != REASON_NONE)
		return reason;
	if (conn->let_through != 0)
		return second_hello(step->r, conn, &hello, stream->data, name);
	name_conn(step->r, conn, &hello, stream->data, name);
	fill_name(e, &hello, name);
	return REASON_NONE;
}

/* The datagram brought bytes of a hello: it is held, and decided with the others once that is
 * whole. */
static enum reason hold_datagram(struct step *step)
{
	const struct hold_packet packet = { .id = step->arrival->raw->id };
	struct flow *flow = step->flow;
	struct event e;
	enum reason fault;
	bool more;

	if (!reading_keep_packet(step->r, flow, &packet))
		return REASON_RESOURCE_LIMIT;
	report_fill(flow, EVENT_FOLLOW, 0, &e);
	fault = read_hello(step, &e, &more);
	if (fault != REASON_NONE) {
		reading_refuse(step->r, flow, fault, NULL, step->now_ms);
		return REASON_NONE;
	}
	if (more)
		return REASON_NONE;
	flow->state = FLOW_WATCHED;
	reading_bear_all(step->r, flow, &e);
	flows_move(step->r->flows, flow, FLOWS_IDLE, step->now_ms);
	return REASON_NONE;
}

/* ---- datagrams */

/* All that it carries was let through before. In a flow that is named only in the kernel it passes
 * by the kernel's word. */
static void repeat(const struct step *step)
{
	enum event_type type = EVENT_FOLLOW;

	if (step->flow->state == FLOW_UNDECIDED)
		type = is_watched(step->arrival) ? EVENT_PASS : EVENT_DISCARD;
	report_packet(&step->r->report, step->flow, step->arrival, type);
}

static void take_with_initial(struct step *step)
{
	struct reading *r = step->r;
	const bool begins = step->flow->hold == NULL && step->flow->state == FLOW_UNDECIDED &&
			    !is_watched(step->arrival);
	enum reason fault;
	bool opened;

	fault = take_initials(step, &opened);
	if (step->conn != NULL)
		quic_table_touch(r->quic, step->conn, step->now_ms);
	if (fault == REASON_NONE && !opened && begins)
		fault = REASON_QUIC_MALFORMED;
	if (fault == REASON_NONE && opened && !step->gone && step->conn != NULL) {
		if (step->fresh)
			fault = hold_datagram(step);
		else if (step->conn->let_through != 0 && !step->undecided)
			repeat(step);
		else
			opened = false; /* its first copy is held */
	}
	if (fault != REASON_NONE)
		reading_refuse(r, step->flow, fault, step->arrival, step->now_ms);
	else if (!opened || step->gone)
		report_packet(&r->report, step->flow, step->arrival, EVENT_DISCARD);
}

/* 0-RTT waits for its hello. */
static void hold_early(struct reading *r, struct flow *flow, const struct arrival *a,
		       uint64_t now_ms)
{
	const struct hold_packet packet = { .id = a->raw->id };

	if (!reading_take_hold(r, flow, 0) || !reading_keep_packet(r, flow, &packet))
		reading_refuse(r, flow, REASON_RESOURCE_LIMIT, a, now_ms);
}

static bool is_joined_id(const struct reading *r, const struct flow *flow,
			 const struct quic_datagram *d)
{
	const struct quic_conn *conn = joined(r, flow);

	return conn != NULL && conn->let_through == 0 && conn->id_len == d->id_len &&
	       memcmp(conn->id, d->id, d->id_len) == 0;
}

static void take_without_initial(struct reading *r, struct flow *flow, const struct arrival *a,
				 const struct quic_datagram *d, uint64_t now_ms)
{
	const bool waits = flow->state == FLOW_UNDECIDED && flow->quic == 0;

	if (d->has_zero_rtt && (waits || is_joined_id(r, flow, d)))
		hold_early(r, flow, a, now_ms);
	else
		report_packet(&r->report, flow, a,
			      flow->state == FLOW_WATCHED ? EVENT_FOLLOW : EVENT_DISCARD);
}

/* What cannot be read, and what the server would not read as we do. True if it is reported. */
static bool take_unread(struct reading *r, struct flow *flow, const struct arrival *a,
			enum reason fault, const struct quic_datagram *d, uint64_t now_ms)
{
	const size_t len = a->packet.payload_len;
	const bool watched = flow->state == FLOW_WATCHED;

	if (len >= QUIC_DATAGRAM_END) {
		report_packet(&r->report, flow, a, EVENT_DISCARD);
		return true;
	}
	/* a named flow may go on in another protocol that its server speaks; an empty datagram says
	 * nothing */
	if (fault == REASON_QUIC_VERSION || (fault == REASON_NOT_QUIC && watched && len != 0) ||
	    (fault != REASON_NONE && flow->hold == NULL && !watched)) {
		reading_refuse(r, flow, fault, a, now_ms);
		return true;
	}
	if (fault != REASON_NONE || (d->has_initial && len < QUIC_DATAGRAM_MIN)) {
		report_packet(&r->report, flow, a, EVENT_DISCARD);
		return true;
	}
	return false;
}

void reading_quic(struct reading *r, struct flow *flow, const struct arrival *arrival,
		  enum reason fault, const struct quic_datagram *d, uint64_t now_ms)
{
	struct step step = { .r = r, .flow = flow, .arrival = arrival, .d = d, .now_ms = now_ms };

	if (flow->state != FLOW_UNDECIDED && flow->state != FLOW_WATCHED) {
		report_packet(&r->report, flow, arrival, EVENT_FOLLOW);
		return;
	}
	if (!take_unread(r, flow, arrival, fault, d, now_ms)) {
		if (d->has_initial)
			take_with_initial(&step);
		else
			take_without_initial(r, flow, arrival, d, now_ms);
	}
	if (flow->state == FLOW_WATCHED && flow->list == FLOWS_IDLE)
		flows_move(r->flows, flow, FLOWS_IDLE, now_ms);
	/* nothing waits for a name */
	if (flow->state == FLOW_UNDECIDED && flow->hold == NULL)
		flows_remove(r->flows, flow);
}
