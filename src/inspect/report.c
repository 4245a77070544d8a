/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills events and counts them. */
#include "inspect/report.h"

#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"

uint32_t report_expected_seq(const struct flow *flow)
{
	uint32_t seq = flow->base;

	if (flow->hold == NULL)
		return seq;
	for (uint32_t i = 0; i < flow->hold->count; i++)
		if ((int32_t)(flow->hold->packets[i].seq - seq) < 0)
			seq = flow->hold->packets[i].seq;
	return seq;
}

static void fill_key(const struct flow_key *key, struct event *e)
{
	e->family = key->src.family;
	e->l4proto = key->l4proto;
	e->sport = key->sport;
	e->dport = key->dport;
	memcpy(e->src, key->src.b, sizeof(e->src));
	memcpy(e->dst, key->dst.b, sizeof(e->dst));
}

void report_fill(const struct flow *flow, enum event_type type, uint32_t client_next_seq,
		 struct event *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->type = (uint8_t)type;
	ret->flow = flow->slot;
	ret->generation = flow->generation;
	ret->iif = flow->iif;
	ret->oif = flow->oif;
	fill_key(&flow->key, ret);
	if (flow->key.l4proto == IPPROTO_TCP) {
		ret->client_next_seq = client_next_seq;
		ret->server_next_seq = flow->server_next;
	}
}

static void hand_out(struct report *r, const struct event *event)
{
	r->events++;
	if (event->type == EVENT_REFUSE && event->reason < ARRAY_SIZE(r->refused))
		r->refused[event->reason]++;
	r->emit(event, r->data);
}

static void make_follow(struct event *event)
{
	event->type = EVENT_FOLLOW;
	event->reason = 0;
	event->app = APP_NONE;
	event->has_packet = 0;
	event->packet_id = 0;
	event->has_alpn = event->has_ech = 0;
	event->name_len = 0;
	memset(event->name, 0, sizeof(event->name));
	memset(event->alpn, 0, sizeof(event->alpn));
}

void report_bear(struct report *r, struct event *event, uint32_t id)
{
	event->has_packet = 1;
	event->packet_id = id;
	hand_out(r, event);
	make_follow(event);
}

void report_alone(struct report *r, struct event *event)
{
	if (event->type == EVENT_FOLLOW)
		return;
	hand_out(r, event);
	make_follow(event);
}

static void fill_stray(struct report *r, const struct arrival *a, enum event_type type,
		       struct event *e)
{
	memset(e, 0, sizeof(*e));
	e->type = (uint8_t)type;
	e->flow = EVENT_FLOW_NONE;
	e->generation = ++r->strays;
	e->iif = a->raw->iif;
	e->oif = a->raw->oif;
	fill_key(&a->packet.key, e);
	if (a->packet.key.l4proto == IPPROTO_TCP) {
		e->client_next_seq = a->packet.seq;
		e->server_next_seq = a->packet.ack;
	}
}

void report_packet(struct report *r, const struct flow *flow, const struct arrival *arrival,
		   enum event_type type)
{
	struct event e;

	if (flow == NULL)
		fill_stray(r, arrival, type, &e);
	else
		report_fill(flow, type, report_expected_seq(flow), &e);
	report_bear(r, &e, arrival->raw->id);
}

void report_stray(struct report *r, const struct arrival *arrival, enum reason reason)
{
	struct event e;

	fill_stray(r, arrival, EVENT_REFUSE, &e);
	e.reason = (uint8_t)reason;
	report_bear(r, &e, arrival->raw->id);
}
