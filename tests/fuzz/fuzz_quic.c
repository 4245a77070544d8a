/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A QUIC client that does what the input says: frames of two hellos (one of a permitted name) cut,
 * repeated, damaged, sealed for several connections, in two flows. Whatever is let through agrees
 * in every byte with hellos of the permitted name. Input that begins with 0xff is read as the bytes
 * of one datagram, and as those of an opened packet. */
#include <stdlib.h>
#include <string.h>

#include "../unit/packets.h"
#include "../unit/quic_packets.h"
#include "common/mark.h"
#include "inspect/inspector.h"
#include "inspect/tls_hello.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FLOWS      2
#define IDS        4
#define HELLO_LEN  600
#define STREAM_LEN 2000
#define PACKETS    512
#define PERMITTED  "files.example"
#define FORBIDDEN  "other.example"

/* CRYPTO bytes of one connection that were let through to its server. */
struct server {
	uint8_t bytes[STREAM_LEN];
	bool there[STREAM_LEN];
};

/* What one datagram holds, as its server would read it. */
struct sent {
	uint8_t id; /* number of the id that the keys come from; IDS: nothing that can be opened */
	uint16_t from[8], len[8];
	uint8_t bytes[8][STREAM_LEN];
	size_t frames;
	uint8_t flow;
	bool sealed, damaged, small, reported;
};

/* What broker and kernel know of a flow. */
struct flow_view {
	uint32_t slot, generation;
	enum { OPEN_QUESTION, IS_PERMITTED, IS_REFUSED } verdict;
	uint32_t mark;
};

static struct {
	struct quic_packets q;
	struct inspector *inspector;
	struct server servers[IDS];
	struct sent sent[PACKETS];
	uint32_t count; /* datagrams shown */
	struct flow_view flows[FLOWS];
	uint64_t now_ms;
	uint8_t hello[2][PACKETS_MAX];
	uint8_t frame[PACKETS_MAX];
} w;

static const char *const ids[IDS] = { "aaaaaaaa", "bbbbbbbb", "cccccccc", "serverid" };

/* A hello that a server has got. */
static void expect_permitted(const uint8_t *bytes)
{
	struct tls_hello hello;
	enum reason reason;

	if (tls_hello_read(bytes, HELLO_LEN, &hello, &reason) == TLS_HELLO &&
	    (hello.name_len != strlen(PERMITTED) ||
	     memcmp(hello.name, PERMITTED, hello.name_len) != 0))
		abort();
}

/* The datagram arrives. A server takes nothing of it if it is small. */
static void arrive(const struct sent *sent)
{
	struct server *server;
	size_t run = 0;

	if (sent->id == IDS || sent->damaged || sent->small)
		return;
	server = &w.servers[sent->id];
	for (size_t f = 0; f < sent->frames; f++) {
		for (size_t i = 0; i < sent->len[f]; i++) {
			const size_t at = sent->from[f] + i;

			if (server->there[at] && server->bytes[at] != sent->bytes[f][i])
				abort(); /* two versions of one byte */
			server->there[at] = true;
			server->bytes[at] = sent->bytes[f][i];
		}
	}
	while (run < STREAM_LEN && server->there[run])
		run++;
	if (run >= HELLO_LEN)
		expect_permitted(server->bytes);
	if (run >= (size_t)2 * HELLO_LEN)
		expect_permitted(server->bytes + HELLO_LEN);
}

static void decide(struct flow_view *flow, const struct event *e)
{
	if (e->flow != EVENT_FLOW_NONE &&
	    (flow->slot != e->flow || flow->generation != e->generation)) {
		flow->slot = e->flow;
		flow->generation = e->generation;
		flow->verdict = OPEN_QUESTION;
	}
	if (e->type == EVENT_REFUSE)
		flow->verdict = IS_REFUSED;
	else if (e->type == EVENT_NAME && flow->verdict != IS_REFUSED)
		flow->verdict = strcmp(e->name, PERMITTED) == 0 ? IS_PERMITTED : IS_REFUSED;
	if (flow->verdict == IS_PERMITTED)
		flow->mark = MARK_WATCHED;
	else if (flow->verdict == IS_REFUSED)
		flow->mark = MARK_NONE; /* it was never confirmed */
}

static void take_event(const struct event *e, void *data)
{
	struct flow_view *flow = &w.flows[e->sport % FLOWS];
	struct sent *sent;

	(void)data;
	if (e->type == EVENT_FORGET)
		return;
	decide(flow, e);
	if (!e->has_packet)
		return;
	if (e->packet_id == 0 || e->packet_id > w.count)
		abort();
	sent = &w.sent[e->packet_id - 1];
	if (sent->reported)
		abort();
	sent->reported = true;
	if (e->type == EVENT_PASS ||
	    ((e->type == EVENT_NAME || e->type == EVENT_FOLLOW) && flow->verdict == IS_PERMITTED))
		arrive(sent);
}

static void begin_datagram(void)
{
	struct sent *sent = &w.sent[w.count];

	memset(sent, 0, sizeof(*sent));
	sent->id = IDS;
	w.q.len = 0;
	w.q.frames_len = 0;
}

/* A frame of a hello; the last bytes of the stream are a second hello's. */
static void add_frame(unsigned int which, unsigned int from, unsigned int len, uint8_t damage)
{
	struct sent *sent = &w.sent[w.count];
	const size_t f = sent->frames;

	from = from * 5 % (2 * HELLO_LEN);
	len = len * 3;
	if (sent->sealed || f == 8 || w.q.frames_len + len + 10 > 1000 || from + len > STREAM_LEN)
		return;
	for (size_t i = 0; i < len; i++)
		sent->bytes[f][i] = w.hello[which % 2][(from + i) % HELLO_LEN];
	if (len != 0 && damage != 0)
		sent->bytes[f][damage % len] ^= damage;
	sent->from[f] = (uint16_t)from;
	sent->len[f] = (uint16_t)len;
	sent->frames++;
	quic_packets_crypto(&w.q, from, sent->bytes[f], len);
}

static void seal(uint8_t how)
{
	struct sent *sent = &w.sent[w.count];

	if (sent->sealed || w.q.frames_len == 0 || w.q.len > 100)
		return;
	sent->sealed = true;
	w.q.version = (how & 0x80) != 0 ? QUIC_VERSION_2 : QUIC_VERSION_1;
	quic_packets_id(&w.q, ids[how % IDS]);
	if ((how & 0x40) != 0) /* after the server's answer */
		memcpy(w.q.id, ids[3], 8);
	sent->id = how % IDS;
	w.q.number = (how & 0x20) != 0 ? w.count : 0;
	quic_packets_initial(&w.q, (how & 0x10) != 0 ? 1100 : 1200);
}

static void show(uint8_t how)
{
	static uint8_t packet[PACKETS_MAX];
	struct sent *sent = &w.sent[w.count];
	struct flow_key key = packets_key(4, IPPROTO_UDP, (uint16_t)(50000 + how % FLOWS));
	struct inspector_packet raw = { .data = packet, .id = w.count + 1 };

	if (w.count + 1 == PACKETS)
		return;
	sent->flow = how % FLOWS;
	sent->small = w.q.len < QUIC_DATAGRAM_MIN;
	raw.mark = w.flows[how % FLOWS].mark;
	raw.len = packets_udp(packet, &key, w.q.out, w.q.len);
	w.count++;
	begin_datagram();
	inspector_packet(w.inspector, &raw, w.now_ms);
}

static void run(const uint8_t *data, size_t size)
{
	size_t at = 0;

	while (at + 4 <= size) {
		const uint8_t *c = data + at;

		at += 4;
		switch (c[0] % 8) {
		case 0:
		case 1:
		case 2:
			add_frame(c[0] >> 3, c[1], c[2], c[3]);
			break;
		case 3:
			seal(c[1]);
			break;
		case 4:
			show(c[1]);
			break;
		case 5:
			w.q.version = QUIC_VERSION_1;
			quic_packets_id(&w.q, ids[c[1] % IDS]);
			if (w.q.len + 600 < sizeof(w.q.out))
				quic_packets_other(&w.q, 1 + c[2] % 2, c[3]);
			break;
		case 6:
			w.now_ms += (uint64_t)c[1] << (c[2] % 12);
			inspector_expire(w.inspector, w.now_ms);
			break;
		default: /* damage on the way: then no server opens it */
			if (w.q.len != 0) {
				w.q.out[((size_t)c[1] << 8 | c[2]) % w.q.len] ^= c[3];
				w.sent[w.count].damaged |= c[3] != 0;
			}
		}
	}
}

static void read_raw(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size == 0 ? 1 : size);
	struct quic_datagram d;
	struct quic_crypto crypto;
	struct rd frames;

	if (size != 0)
		memcpy(copy, data, size);
	if (quic_read(copy, size, &d) == REASON_NONE)
		for (size_t i = 0; i < d.count; i++)
			if (d.packets[i].at < copy ||
			    d.packets[i].at + d.packets[i].len > copy + size ||
			    d.packets[i].number_offset > d.packets[i].len)
				abort();
	frames = rd_of(copy, size);
	while (quic_next_crypto(&frames, &crypto) == QUIC_FRAME_CRYPTO)
		if (crypto.len != 0 && (crypto.at < copy || crypto.at + crypto.len > copy + size))
			abort();
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct inspector_limits limits = { .flows_max = 16,
						 .buffers_max = 4,
						 .held_max = 16,
						 .timeout_ms = 10000,
						 .forget_ms = 1000,
						 .hash_seed = { 1, 2 } };

	if (size != 0 && data[0] == 0xff) {
		read_raw(data + 1, size - 1);
		return 0;
	}
	if (w.q.ring == NULL)
		quic_packets_begin(&w.q, QUIC_VERSION_1, ids[0]);
	memset(w.servers, 0, sizeof(w.servers));
	memset(w.flows, 0, sizeof(w.flows));
	w.count = 0;
	w.now_ms = 1000000;
	(void)packets_hello(w.frame, PERMITTED, HELLO_LEN + 5);
	memcpy(w.hello[0], w.frame + 5, HELLO_LEN);
	(void)packets_hello(w.frame, FORBIDDEN, HELLO_LEN + 5);
	memcpy(w.hello[1], w.frame + 5, HELLO_LEN);
	w.inspector = inspector_new(&limits, take_event, NULL);
	if (w.inspector == NULL)
		abort();
	begin_datagram();
	run(data, size);
	w.now_ms += 400000;
	inspector_expire(w.inspector, w.now_ms);
	for (uint32_t i = 0; i < w.count; i++)
		if (!w.sent[i].reported)
			abort(); /* a packet that nobody answers for */
	inspector_free(w.inspector);
	return 0;
}
