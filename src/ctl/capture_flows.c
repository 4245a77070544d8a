/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorts the packets of a capture into flows, and joins to them what the inspector reports. */
#include "ctl/capture_flows.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/defs.h"
#include "common/siphash.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"
#include "inspect/peek.h"
#include "inspect/peek_quic.h"

#define SLOTS_PER_BUFFER 32
#define BUFFERS_MIN      16
#define FORGET_MS        2000
#define EXPIRE_EVERY     250 /* ms of the capture's time */
#define NONE             0   /* slot 0 holds no flow */

struct slot {
	struct capture_flow flow;
	uint32_t next;         /* in the bucket, or free */
	uint32_t older, newer; /* by their last packet */
	uint64_t number;       /* in the order in which they began */
	uint32_t isn;          /* of the client's SYN */
	bool has_isn;
	bool dead;       /* refused: so is all that follows */
	enum reason why; /* dead */
	uint8_t ends;    /* FIN of the client 1, of the server 2; 4: RST */
	bool restarted;  /* what is read of it now did not begin with the connection */
	bool to_forget;  /* the inspector shall forget it after this packet */
};

/* The packet at hand. */
struct current {
	struct packet packet;
	uint32_t slot;
	bool is_syn;
	bool is_new; /* the inspector took the SYN for that of a connection that begins */
	struct peek peek;
};

struct capture_flows {
	struct inspector *inspector;
	struct peek_quic *quic;
	capture_flows_over *over;
	void *data;
	uint64_t seed[2];
	uint64_t now_ms, expired_ms, numbers, broken;
	uint32_t packet_id;
	struct current current;
	uint32_t slots_max, bucket_mask;
	uint32_t fresh; /* slots from here on were never used */
	uint32_t first_free, oldest, newest;
	uint32_t *buckets;
	struct slot *slots;
};

/* Both directions of a flow have the same words: the lower end goes first. */
static void words_of(const struct flow_key *key, uint64_t words[5])
{
	int order = memcmp(key->src.b, key->dst.b, sizeof(key->src.b));
	bool turn = order > 0 || (order == 0 && key->sport > key->dport);
	const struct addr *first = turn ? &key->dst : &key->src;
	const struct addr *second = turn ? &key->src : &key->dst;
	uint16_t port1 = turn ? key->dport : key->sport;
	uint16_t port2 = turn ? key->sport : key->dport;

	memcpy(words, first->b, 16);
	memcpy(words + 2, second->b, 16);
	words[4] = (uint64_t)port1 << 48 | (uint64_t)port2 << 32 | (uint64_t)key->l4proto << 8 |
		   key->src.family;
}

static uint32_t bucket_of(const struct capture_flows *flows, const struct flow_key *key)
{
	uint64_t words[5];

	words_of(key, words);
	return (uint32_t)siphash_words(flows->seed, words, 5) & flows->bucket_mask;
}

static bool same_flow(const struct flow_key *a, const struct flow_key *b)
{
	uint64_t of_a[5], of_b[5];

	words_of(a, of_a);
	words_of(b, of_b);
	return memcmp(of_a, of_b, sizeof(of_a)) == 0;
}

static bool same_sender(const struct flow_key *a, const struct flow_key *b)
{
	return a->sport == b->sport && memcmp(a->src.b, b->src.b, sizeof(a->src.b)) == 0;
}

static uint32_t find(const struct capture_flows *flows, const struct flow_key *key)
{
	uint32_t i = flows->buckets[bucket_of(flows, key)];

	while (i != NONE && !same_flow(&flows->slots[i].flow.key, key))
		i = flows->slots[i].next;
	return i;
}

static void list_cut(struct capture_flows *flows, const struct slot *slot)
{
	if (slot->older != NONE)
		flows->slots[slot->older].newer = slot->newer;
	else
		flows->oldest = slot->newer;
	if (slot->newer != NONE)
		flows->slots[slot->newer].older = slot->older;
	else
		flows->newest = slot->older;
}

static void list_append(struct capture_flows *flows, uint32_t i)
{
	struct slot *slot = &flows->slots[i];

	slot->older = flows->newest;
	slot->newer = NONE;
	if (flows->newest != NONE)
		flows->slots[flows->newest].newer = i;
	else
		flows->oldest = i;
	flows->newest = i;
}

static void touch(struct capture_flows *flows, uint32_t i)
{
	if (flows->newest == i)
		return;
	list_cut(flows, &flows->slots[i]);
	list_append(flows, i);
}

/* Hands out what is known, and begins the next flow or request of the same ends. */
static void hand_out(struct capture_flows *flows, struct slot *slot)
{
	const struct capture_flow *old = &slot->flow;
	struct capture_flow next = {
		.key = old->key,
		.evidence = old->evidence,
		.looked_at = old->looked_at,
		.midstream = old->midstream || slot->restarted,
		.refused = slot->dead,
		.reason = slot->why,
	};

	flows->over(old, flows->data);
	slot->flow = next;
	slot->number = ++flows->numbers;
}

static void remove_slot(struct capture_flows *flows, uint32_t i)
{
	struct slot *slot = &flows->slots[i];
	uint32_t *link = &flows->buckets[bucket_of(flows, &slot->flow.key)];

	while (*link != i)
		link = &flows->slots[*link].next;
	*link = slot->next;
	list_cut(flows, slot);
	slot->next = flows->first_free;
	flows->first_free = i;
}

/* Takes the slot of the flow that has been silent for longest. */
static void make_room(struct capture_flows *flows)
{
	uint32_t i = flows->oldest;

	inspector_forget(flows->inspector, &flows->slots[i].flow.key);
	flows->over(&flows->slots[i].flow, flows->data);
	remove_slot(flows, i);
}

static struct flow_key reversed(const struct flow_key *key)
{
	return (struct flow_key){ .src = key->dst,
				  .dst = key->src,
				  .sport = key->dport,
				  .dport = key->sport,
				  .l4proto = key->l4proto };
}

/* Whoever is the client by weaker evidence is overruled. */
static void orient(struct slot *slot, const struct flow_key *client, enum capture_evidence evidence)
{
	if (evidence <= slot->flow.evidence && slot->number != 0)
		return;
	slot->flow.key = *client;
	slot->flow.evidence = evidence;
}

static void orient_by_packet(struct slot *slot, const struct packet *p)
{
	uint8_t handshake = p->flags & (PACKET_SYN | PACKET_ACK);
	struct flow_key back = reversed(&p->key);

	if (slot->number == 0)
		orient(slot, p->key.sport >= p->key.dport ? &p->key : &back, CAPTURE_BY_PORT);
	if (p->key.l4proto != IPPROTO_TCP)
		return;
	if (handshake == PACKET_SYN)
		orient(slot, &p->key, CAPTURE_BY_SYN);
	else if (handshake == (PACKET_SYN | PACKET_ACK))
		orient(slot, &back, CAPTURE_BY_SYN);
}

static uint32_t add(struct capture_flows *flows, const struct packet *p)
{
	uint32_t *bucket = &flows->buckets[bucket_of(flows, &p->key)];
	uint32_t i;

	if (flows->first_free == NONE && flows->fresh == flows->slots_max)
		make_room(flows);
	if (flows->first_free != NONE) {
		i = flows->first_free;
		flows->first_free = flows->slots[i].next;
	} else {
		i = flows->fresh++;
	}
	flows->slots[i] = (struct slot){ .next = *bucket };
	*bucket = i;
	list_append(flows, i);
	orient_by_packet(&flows->slots[i], p);
	flows->slots[i].number = ++flows->numbers;
	return i;
}

/* Another connection begins on the same ports. */
static void begin_anew(struct capture_flows *flows, struct slot *slot)
{
	hand_out(flows, slot);
	slot->flow.evidence = CAPTURE_BY_PORT;
	slot->flow.midstream = slot->flow.refused = false;
	slot->has_isn = slot->dead = slot->restarted = slot->to_forget = false;
	slot->ends = 0;
}

/* True for what says something of the bytes beyond their first one. */
static bool tells_app(enum reason reason)
{
	if (reason == REASON_QUIC_VERSION || reason == REASON_QUIC_MALFORMED)
		return true;
	return reason >= REASON_TLS_MALFORMED && reason <= REASON_HTTP_TUNNEL &&
	       reason != REASON_NOT_HTTP;
}

static bool is_done_request(const struct capture_flow *flow)
{
	return flow->app == APP_HTTP && (flow->named || flow->refused);
}

static void take_name(struct capture_flows *flows, struct slot *slot, const struct event *event,
		      const struct flow_key *key)
{
	if (is_done_request(&slot->flow))
		hand_out(flows, slot);
	if (slot->flow.named)
		return; /* it said another before; that one counts */
	if (key->l4proto == IPPROTO_TCP && slot->flow.evidence != CAPTURE_BY_SYN)
		slot->flow.midstream = true;
	orient(slot, key, CAPTURE_BY_BYTES);
	slot->flow.named = true;
	slot->flow.app = (enum app)event->app;
	memcpy(slot->flow.alpn, event->alpn, sizeof(event->alpn));
	slot->flow.has_ech = event->has_ech != 0;
	slot->flow.name_len = event->name_len;
	memcpy(slot->flow.name, event->name, sizeof(event->name));
	slot->flow.refused = slot->dead;
	slot->flow.reason = slot->why;
}

static void take_refusal(struct capture_flows *flows, struct slot *slot, const struct event *event,
			 const struct flow_key *key)
{
	enum reason reason = (enum reason)event->reason;

	if (reason == REASON_MIDSTREAM) {
		slot->flow.unplaced = true;
		return;
	}
	/* One packet that belongs to nothing. */
	if (reason == REASON_BAD_PACKET && event->flow == EVENT_FLOW_NONE) {
		slot->flow.bad = true;
		return;
	}
	slot->to_forget = true;
	if (slot->dead && !tells_app(reason))
		return;
	if (is_done_request(&slot->flow)) {
		hand_out(flows, slot);
		slot->flow.app = APP_HTTP;
	}
	if (tells_app(reason)) {
		orient(slot, key, CAPTURE_BY_BYTES);
		if (!slot->flow.named)
			slot->flow.app = (enum app)event->app;
	}
	if (slot->dead)
		return;
	slot->flow.refused = slot->dead = true;
	slot->flow.reason = slot->why = reason;
}

static void take_event(const struct event *event, void *data)
{
	struct capture_flows *flows = data;
	struct flow_key key;
	struct slot *slot;
	uint32_t i;

	event_flow_key(event, &key);
	i = find(flows, &key);
	if (i == NONE)
		return;
	slot = &flows->slots[i];
	switch ((enum event_type)event->type) {
	case EVENT_NAME:
		take_name(flows, slot, event, &key);
		break;
	case EVENT_REFUSE:
		take_refusal(flows, slot, event, &key);
		break;
	case EVENT_PASS:
		if (i == flows->current.slot)
			flows->current.is_new = flows->current.is_syn;
		break;
	case EVENT_ADMIT:
	case EVENT_FOLLOW:
	case EVENT_ASK:
	case EVENT_OPEN:
	case EVENT_FORGET:
	case EVENT_AGAIN:
	case EVENT_DISCARD:
	case EVENT_TYPE_COUNT:
		break;
	}
}

static struct inspector *new_inspector(struct capture_flows *flows, uint32_t timeout_ms)
{
	const struct inspector_limits limits = {
		.flows_max = flows->slots_max,
		.buffers_max = flows->slots_max / SLOTS_PER_BUFFER + BUFFERS_MIN,
		.held_max = EVENT_HELD_MAX,
		.timeout_ms = timeout_ms,
		.forget_ms = FORGET_MS,
		.hash_seed = { flows->seed[0], flows->seed[1] },
		.capture = true,
	};

	return inspector_new(&limits, take_event, flows);
}

struct capture_flows *capture_flows_new(uint32_t count, uint32_t timeout_ms,
					capture_flows_over *over, void *data)
{
	struct capture_flows *flows = calloc(1, sizeof(*flows));
	uint32_t buckets = 2;

	if (flows == NULL)
		return NULL;
	flows->over = over;
	flows->data = data;
	flows->slots_max = count < 1 ? 2 : count + 1;
	while (buckets < flows->slots_max && buckets < UINT32_MAX / 2)
		buckets *= 2;
	flows->bucket_mask = buckets - 1;
	flows->fresh = 1;
	flows->buckets = calloc(buckets, sizeof(flows->buckets[0]));
	flows->slots = calloc(flows->slots_max, sizeof(flows->slots[0]));
	if (getrandom(flows->seed, sizeof(flows->seed), 0) == (ssize_t)sizeof(flows->seed) &&
	    flows->buckets != NULL && flows->slots != NULL)
		flows->inspector = new_inspector(flows, timeout_ms);
	flows->quic = peek_quic_new();
	if (flows->inspector == NULL || flows->quic == NULL) {
		capture_flows_free(flows);
		return NULL;
	}
	return flows;
}

void capture_flows_free(struct capture_flows *flows)
{
	if (flows == NULL)
		return;
	inspector_free(flows->inspector);
	peek_quic_free(flows->quic);
	free(flows->buckets);
	free(flows->slots);
	free(flows);
}

/* A SYN that cannot belong to what is known of its ports. */
static bool is_another(const struct slot *slot, const struct packet *p)
{
	bool client = same_sender(&slot->flow.key, &p->key);

	if (slot->has_isn && client && slot->isn == p->seq)
		return false;
	return slot->ends != 0 || slot->flow.unplaced || slot->flow.midstream || slot->restarted ||
	       (slot->flow.evidence == CAPTURE_BY_SYN && !client);
}

static void note_syn(struct slot *slot, const struct packet *p)
{
	if (slot->has_isn)
		return;
	slot->has_isn = true;
	slot->isn = p->seq;
}

static void note_tcp(struct capture_flows *flows, struct slot *slot)
{
	const struct packet *p = &flows->current.packet;
	bool client;

	if (flows->current.is_syn && slot->flow.packets != 0 && is_another(slot, p)) {
		inspector_forget(flows->inspector, &p->key);
		begin_anew(flows, slot);
	}
	orient_by_packet(slot, p);
	client = same_sender(&slot->flow.key, &p->key);
	if (flows->current.is_syn && client)
		note_syn(slot, p);
	if ((p->flags & PACKET_FIN) != 0)
		slot->ends |= client ? 1 : 2;
	if ((p->flags & PACKET_RST) != 0)
		slot->ends |= 4;
	peek_read(p->payload, p->payload_len, &flows->current.peek);
}

/* What stands in the bytes, where the inspector found no name. */
static void use_peek(struct slot *slot, const struct flow_key *sender, const struct peek *peek)
{
	struct capture_flow *flow = &slot->flow;

	if (peek->app == APP_NONE || flow->named)
		return;
	orient(slot, sender, CAPTURE_BY_BYTES);
	flow->app = peek->app;
	if (peek->name_len == 0 || flow->name_len != 0)
		return;
	flow->name_len = peek->name_len > EVENT_NAME_MAX ? EVENT_NAME_MAX : (uint8_t)peek->name_len;
	memcpy(flow->name, peek->name, flow->name_len);
}

static void look_at_quic(struct capture_flows *flows, struct slot *slot)
{
	const struct packet *p = &flows->current.packet;

	slot->flow.app = APP_QUIC;
	if (!slot->flow.named && slot->flow.name_len == 0)
		peek_quic_read(flows->quic, p->payload, p->payload_len, &flows->current.peek);
}

static void inspect(struct capture_flows *flows, struct slot *slot,
		    const struct defrag_packet *packet)
{
	const struct inspector_packet handed = {
		.data = packet->data,
		.len = packet->len,
		.id = flows->packet_id++,
	};

	/* Behind what the capture left out, or what was refused, anything can begin. */
	if (slot->to_forget) {
		slot->to_forget = false;
		inspector_forget(flows->inspector, &slot->flow.key);
		slot->restarted = true;
		slot->flow.midstream |= !slot->flow.named && !slot->flow.refused;
	}
	slot->flow.looked_at = true;
	inspector_packet(flows->inspector, &handed, flows->now_ms);
	if (packet->cut)
		slot->to_forget = true;
}

static void expire(struct capture_flows *flows, uint64_t time_us)
{
	if (time_us / 1000 > flows->now_ms)
		flows->now_ms = time_us / 1000;
	if (flows->now_ms - flows->expired_ms < EXPIRE_EVERY)
		return;
	flows->expired_ms = flows->now_ms;
	inspector_expire(flows->inspector, flows->now_ms);
}

/* UDP that does not look like QUIC would only be refused for that. */
static bool is_for_inspector(const struct slot *slot, const struct packet *p, int fault, bool cut)
{
	if (p->key.l4proto == IPPROTO_TCP)
		return fault == 0 || !cut;
	if (p->key.l4proto != IPPROTO_UDP || fault != 0)
		return false;
	return slot->flow.looked_at || peek_is_quic(p->payload, p->payload_len);
}

void capture_flows_take(struct capture_flows *flows, const struct defrag_packet *packet,
			uint64_t time_us)
{
	struct current *current = &flows->current;
	struct packet *p = &current->packet;
	int fault = packet_parse(packet->data, packet->len, p);
	struct slot *slot;
	uint32_t i;

	expire(flows, time_us);
	if (packet->len < (p->key.src.family == 6 ? 40 : 20)) {
		flows->broken++;
		return;
	}
	current->peek = (struct peek){ .app = APP_NONE };
	current->is_new = false;
	current->is_syn = fault == 0 && p->key.l4proto == IPPROTO_TCP &&
			  (p->flags & (PACKET_SYN | PACKET_ACK)) == PACKET_SYN;
	i = find(flows, &p->key);
	if (i == NONE)
		i = add(flows, p);
	touch(flows, i);
	current->slot = i;
	slot = &flows->slots[i];
	if (fault == 0 && p->key.l4proto == IPPROTO_TCP)
		note_tcp(flows, slot);
	if (is_for_inspector(slot, p, fault, packet->cut))
		inspect(flows, slot, packet);
	if (current->is_new && slot->flow.packets != 0 && slot->isn != p->seq) {
		begin_anew(flows, slot);
		orient_by_packet(slot, p);
		note_syn(slot, p);
	}
	if (p->key.l4proto == IPPROTO_UDP && slot->flow.looked_at)
		look_at_quic(flows, slot);
	use_peek(slot, &p->key, &current->peek);
	if (slot->flow.packets == 0)
		slot->flow.begin_us = time_us;
	slot->flow.packets += packet->frames;
}

/* A place in the order in which flows began. */
struct place {
	uint64_t number;
	uint32_t slot;
};

static int by_number(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	return left->number < right->number ? -1 : 1;
}

void capture_flows_end(struct capture_flows *flows)
{
	struct place *order = calloc(flows->slots_max, sizeof(*order));
	size_t count = 0;

	for (uint32_t i = flows->oldest; i != NONE; i = flows->slots[i].newer) {
		if (order == NULL)
			flows->over(&flows->slots[i].flow, flows->data);
		else
			order[count++] = (struct place){ flows->slots[i].number, i };
	}
	if (count > 1)
		qsort(order, count, sizeof(*order), by_number);
	for (size_t i = 0; i < count; i++)
		flows->over(&flows->slots[order[i].slot].flow, flows->data);
	free(order);
	while (flows->oldest != NONE)
		remove_slot(flows, flows->oldest);
}

uint64_t capture_flows_broken(const struct capture_flows *flows)
{
	return flows->broken;
}
