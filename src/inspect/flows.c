/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chained hash over an array of slots, and lists by age through the same slots. */
#include "inspect/flows.h"

#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/pages.h"
#include "common/siphash.h"

#define NONE 0 /* slot 0 holds no flow, so its number can stand for none */

struct flows {
	uint64_t seed[2];
	uint32_t slots, bucket_mask, first_free, count, peak;
	struct source_list lists[FLOWS_LIST_COUNT];
	uint32_t *buckets;
	struct flow *at;
	struct sources *sources;
};

/* Peers choose addresses and ports, but cannot aim at one bucket without the seed. */
static uint32_t hash(const struct flows *flows, const struct flow_key *key)
{
	uint64_t words[5];

	memcpy(words, key->src.b, 16);
	memcpy(words + 2, key->dst.b, 16);
	words[4] = (uint64_t)key->sport << 48 | (uint64_t)key->dport << 32 |
		   (uint64_t)key->l4proto << 8 | key->src.family;
	return (uint32_t)siphash_words(flows->seed, words, ARRAY_SIZE(words)) & flows->bucket_mask;
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
	/* as many as flows, so that no flow wants for one */
	flows->sources = sources_new(slots - 1, seed);
	if (flows->buckets == NULL || flows->at == NULL || flows->sources == NULL) {
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
	sources_free(flows->sources);
	free(flows);
}

struct flow *flows_find(const struct flows *flows, const struct flow_key *key)
{
	uint32_t i = flows->buckets[hash(flows, key)];

	while (i != NONE && !same(&flows->at[i].key, key))
		i = flows->at[i].next;
	return i == NONE ? NULL : &flows->at[i];
}

/* Which of a flow's links are meant. */
typedef struct flow_link *link_of(struct flow *flow);

static struct flow_link *link_all(struct flow *flow)
{
	return &flow->all;
}

static struct flow_link *link_same(struct flow *flow)
{
	return &flow->same;
}

static void append(struct flows *flows, struct source_list *list, struct flow *flow, link_of *of)
{
	*of(flow) = (struct flow_link){ .older = list->newest, .newer = NONE };
	if (list->newest != NONE)
		of(&flows->at[list->newest])->newer = flow->slot;
	else
		list->oldest = flow->slot;
	list->newest = flow->slot;
	list->count++;
}

static void cut(struct flows *flows, struct source_list *list, struct flow *flow, link_of *of)
{
	const struct flow_link *link = of(flow);

	if (link->older != NONE)
		of(&flows->at[link->older])->newer = link->newer;
	else
		list->oldest = link->newer;
	if (link->newer != NONE)
		of(&flows->at[link->newer])->older = link->older;
	else
		list->newest = link->older;
	list->count--;
}

static void lists_append(struct flows *flows, struct flow *flow, enum flows_list list,
			 uint64_t now_ms)
{
	flow->list = list;
	flow->since_ms = now_ms;
	append(flows, &flows->lists[list], flow, link_all);
	append(flows, &sources_at(flows->sources, flow->source)->lists[list], flow, link_same);
}

static void lists_cut(struct flows *flows, struct flow *flow)
{
	cut(flows, &flows->lists[flow->list], flow, link_all);
	cut(flows, &sources_at(flows->sources, flow->source)->lists[flow->list], flow, link_same);
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
	flow->source = sources_enter(flows->sources, &key->src)->slot;
	bucket = &flows->buckets[hash(flows, key)];
	flow->next = *bucket;
	*bucket = slot;
	lists_append(flows, flow, list, now_ms);
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
	lists_cut(flows, flow);
	sources_leave(flows->sources, sources_at(flows->sources, flow->source));
	flow->next = flows->first_free;
	flows->first_free = flow->slot;
	flows->count--;
}

void flows_move(struct flows *flows, struct flow *flow, enum flows_list list, uint64_t now_ms)
{
	lists_cut(flows, flow);
	lists_append(flows, flow, list, now_ms);
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

uint32_t flows_on(const struct flows *flows, enum flows_list list)
{
	return flows->lists[list].count;
}

uint32_t flows_room(const struct flows *flows)
{
	return flows->slots - 1 - flows->count;
}

struct source *flows_source(const struct flows *flows, const struct flow *flow)
{
	return sources_at(flows->sources, flow->source);
}

struct source *flows_source_of(const struct flows *flows, const struct addr *address)
{
	return sources_find(flows->sources, address);
}

struct flow *flows_oldest_of(const struct flows *flows, const struct source *source,
			     enum flows_list list)
{
	const uint32_t slot = source->lists[list].oldest;

	return slot == NONE ? NULL : &flows->at[slot];
}

uint32_t flows_sources(const struct flows *flows)
{
	return sources_count(flows->sources);
}
