/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chained hash over an array of slots, and lists by age through the same slots. */
#include "inspect/flows.h"

#include <stdlib.h>
#include <string.h>

#include "common/pages.h"

#define NONE 0 /* slot 0 holds no flow, so its number can stand for none */

struct age_list {
	uint32_t oldest, newest;
};

struct flows {
	uint64_t seed[2];
	uint32_t slots, bucket_mask, first_free, count, peak;
	struct age_list lists[FLOWS_LIST_COUNT];
	uint32_t *buckets;
	struct flow *at;
};

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static void mix(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotate(v[1], 13) ^ v[0];
	v[3] = rotate(v[3], 16) ^ v[2];
	v[0] = rotate(v[0], 32) + v[3];
	v[2] += v[1];
	v[1] = rotate(v[1], 17) ^ v[2];
	v[3] = rotate(v[3], 21) ^ v[0];
	v[2] = rotate(v[2], 32);
}

/* SipHash-1-3 over the five words of a key: peers choose addresses and ports, but cannot aim at one
 * bucket without the seed. Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF". */
static uint32_t hash(const struct flows *flows, const struct flow_key *key)
{
	uint64_t v[4] = {
		flows->seed[0] ^ 0x736f6d6570736575ULL,
		flows->seed[1] ^ 0x646f72616e646f6dULL,
		flows->seed[0] ^ 0x6c7967656e657261ULL,
		flows->seed[1] ^ 0x7465646279746573ULL,
	};
	uint64_t words[5];

	memcpy(words, key->src.b, 16);
	memcpy(words + 2, key->dst.b, 16);
	words[4] = (uint64_t)key->sport << 48 | (uint64_t)key->dport << 32 |
		   (uint64_t)key->l4proto << 8 | key->src.family;
	for (size_t i = 0; i < 5; i++) {
		v[3] ^= words[i];
		mix(v);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	for (size_t i = 0; i < 3; i++)
		mix(v);
	return (uint32_t)(v[0] ^ v[1] ^ v[2] ^ v[3]) & flows->bucket_mask;
}

static bool same(const struct flow_key *a, const struct flow_key *b)
{
	return a->sport == b->sport && a->dport == b->dport && a->l4proto == b->l4proto &&
	       a->src.family == b->src.family && memcmp(a->src.b, b->src.b, 16) == 0 &&
	       memcmp(a->dst.b, b->dst.b, 16) == 0;
}

struct flows *flows_new(uint32_t slots, const uint64_t seed[2])
{
	struct flows *flows;
	uint64_t buckets = 2;

	if (slots < 2)
		return NULL;
	while (buckets < slots)
		buckets *= 2;
	flows = calloc(1, sizeof(*flows));
	if (flows == NULL)
		return NULL;
	flows->seed[0] = seed[0];
	flows->seed[1] = seed[1];
	flows->slots = slots;
	flows->bucket_mask = (uint32_t)(buckets - 1);
	flows->buckets = pages_new(buckets, sizeof(flows->buckets[0]));
	flows->at = pages_new(slots, sizeof(flows->at[0]));
	if (flows->buckets == NULL || flows->at == NULL) {
		flows_free(flows);
		return NULL;
	}
	flows->first_free = 1;
	for (uint32_t i = 1; i < slots; i++) {
		flows->at[i].slot = i;
		flows->at[i].next = i + 1 == slots ? NONE : i + 1;
	}
	return flows;
}

void flows_free(struct flows *flows)
{
	if (flows == NULL)
		return;
	pages_free(flows->buckets, (size_t)flows->bucket_mask + 1, sizeof(flows->buckets[0]));
	pages_free(flows->at, flows->slots, sizeof(flows->at[0]));
	free(flows);
}

struct flow *flows_find(const struct flows *flows, const struct flow_key *key)
{
	uint32_t i = flows->buckets[hash(flows, key)];

	while (i != NONE && !same(&flows->at[i].key, key))
		i = flows->at[i].next;
	return i == NONE ? NULL : &flows->at[i];
}

static void list_append(struct flows *flows, struct flow *flow, enum flows_list list,
			uint64_t now_ms)
{
	struct age_list *l = &flows->lists[list];

	flow->list = list;
	flow->since_ms = now_ms;
	flow->older = l->newest;
	flow->newer = NONE;
	if (l->newest != NONE)
		flows->at[l->newest].newer = flow->slot;
	else
		l->oldest = flow->slot;
	l->newest = flow->slot;
}

static void list_cut(struct flows *flows, const struct flow *flow)
{
	struct age_list *l = &flows->lists[flow->list];

	if (flow->older != NONE)
		flows->at[flow->older].newer = flow->newer;
	else
		l->oldest = flow->newer;
	if (flow->newer != NONE)
		flows->at[flow->newer].older = flow->older;
	else
		l->newest = flow->older;
}

struct flow *flows_add(struct flows *flows, const struct flow_key *key, enum flows_list list,
		       uint64_t now_ms)
{
	uint32_t slot = flows->first_free;
	struct flow *flow;
	uint32_t *bucket;

	if (slot == NONE)
		return NULL;
	flow = &flows->at[slot];
	flows->first_free = flow->next;
	*flow = (struct flow){ .key = *key, .slot = slot, .generation = flow->generation + 1 };
	bucket = &flows->buckets[hash(flows, key)];
	flow->next = *bucket;
	*bucket = slot;
	list_append(flows, flow, list, now_ms);
	flows->count++;
	if (flows->count > flows->peak)
		flows->peak = flows->count;
	return flow;
}

void flows_remove(struct flows *flows, struct flow *flow)
{
	uint32_t *link = &flows->buckets[hash(flows, &flow->key)];

	while (*link != flow->slot)
		link = &flows->at[*link].next;
	*link = flow->next;
	list_cut(flows, flow);
	flow->next = flows->first_free;
	flows->first_free = flow->slot;
	flows->count--;
}

void flows_move(struct flows *flows, struct flow *flow, enum flows_list list, uint64_t now_ms)
{
	list_cut(flows, flow);
	list_append(flows, flow, list, now_ms);
}

struct flow *flows_oldest(const struct flows *flows, enum flows_list list)
{
	uint32_t slot = flows->lists[list].oldest;

	return slot == NONE ? NULL : &flows->at[slot];
}

uint32_t flows_count(const struct flows *flows)
{
	return flows->count;
}

uint32_t flows_peak(const struct flows *flows)
{
	return flows->peak;
}
