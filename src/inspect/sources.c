/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A chained hash over an array of entries. */
#include "inspect/sources.h"

#include <stdlib.h>
#include <string.h>

#include "common/siphash.h"

#define NONE 0 /* entry 0 is never given out */

struct sources {
	uint64_t seed[2];
	uint32_t bucket_mask, first_free, untouched, entries, count;
	uint32_t *buckets;
	struct source *at;
};

struct sources *sources_new(uint32_t count, const uint64_t seed[2])
{
	struct sources *sources = calloc(1, sizeof(*sources));
	uint64_t buckets = 2;

	if (sources == NULL)
		return NULL;
	while (buckets < count)
		buckets *= 2;
	sources->seed[0] = seed[0];
	sources->seed[1] = seed[1];
	sources->bucket_mask = (uint32_t)(buckets - 1);
	sources->untouched = 1;
	sources->entries = count;
	sources->buckets = calloc(buckets, sizeof(sources->buckets[0]));
	sources->at = calloc((size_t)count + 1, sizeof(sources->at[0]));
	if (sources->buckets == NULL || sources->at == NULL) {
		sources_free(sources);
		return NULL;
	}
	return sources;
}

void sources_free(struct sources *sources)
{
	if (sources == NULL)
		return;
	free(sources->buckets);
	free(sources->at);
	free(sources);
}

/* The address as far as it tells sources apart. */
static void words_of(const struct addr *address, uint64_t ret[2])
{
	ret[0] = ret[1] = 0;
	memcpy(&ret[0], address->b, address->family == 4 ? 4 : 8);
	ret[1] = address->family;
}

static uint32_t *bucket_of(const struct sources *sources, const uint64_t words[2])
{
	return &sources->buckets[(uint32_t)siphash_words(sources->seed, words, 2) &
				 sources->bucket_mask];
}

static struct source *find(const struct sources *sources, const uint64_t words[2])
{
	uint32_t i = *bucket_of(sources, words);

	while (i != NONE &&
	       (sources->at[i].words[0] != words[0] || sources->at[i].words[1] != words[1]))
		i = sources->at[i].next;
	return i == NONE ? NULL : &sources->at[i];
}

struct source *sources_find(const struct sources *sources, const struct addr *address)
{
	uint64_t words[2];

	words_of(address, words);
	return find(sources, words);
}

struct source *sources_at(const struct sources *sources, uint32_t slot)
{
	return &sources->at[slot];
}

struct source *sources_enter(struct sources *sources, const struct addr *address)
{
	struct source *source;
	uint64_t words[2];
	uint32_t *bucket;
	uint32_t slot;

	words_of(address, words);
	source = find(sources, words);
	if (source != NULL) {
		source->flows++;
		return source;
	}
	if (sources->count == sources->entries)
		return NULL;
	slot = sources->first_free;
	if (slot != NONE)
		sources->first_free = sources->at[slot].next;
	else
		slot = sources->untouched++;
	source = &sources->at[slot];
	bucket = bucket_of(sources, words);
	*source = (struct source){
		.words = { words[0], words[1] }, .slot = slot, .next = *bucket, .flows = 1
	};
	*bucket = slot;
	sources->count++;
	return source;
}

void sources_leave(struct sources *sources, struct source *source)
{
	uint32_t *link;

	if (--source->flows > 0)
		return;
	link = bucket_of(sources, source->words);
	while (*link != source->slot)
		link = &sources->at[*link].next;
	*link = source->next;
	source->next = sources->first_free;
	sources->first_free = source->slot;
	sources->count--;
}

uint32_t sources_count(const struct sources *sources)
{
	return sources->count;
}
