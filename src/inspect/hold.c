/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hands out holds from one array made at the start. */
#include "inspect/hold.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct hold_pool {
	uint32_t first_free; /* of those given back */
	uint32_t untouched;  /* from here on none was ever taken, and its memory not yet used */
	uint32_t count, taken;
	uint32_t packets_max, packets;
	struct hold holds[];
};

struct hold_pool *hold_pool_new(uint32_t count, uint32_t packets_max)
{
	struct hold_pool *pool;
	size_t size;

	if (__builtin_mul_overflow(sizeof(pool->holds[0]), (size_t)count, &size) ||
	    __builtin_add_overflow(size, sizeof(*pool), &size))
		return NULL;
	pool = calloc(1, size);
	if (pool == NULL)
		return NULL;
	pool->first_free = NONE;
	pool->count = count;
	pool->packets_max = packets_max;
	return pool;
}

void hold_pool_free(struct hold_pool *pool)
{
	free(pool);
}

struct hold *hold_take(struct hold_pool *pool, uint32_t first_seq)
{
	struct hold *hold;

	if (pool->first_free != NONE) {
		hold = &pool->holds[pool->first_free];
		pool->first_free = hold->next_free;
	} else if (pool->untouched < pool->count) {
		hold = &pool->holds[pool->untouched++];
	} else {
		return NULL;
	}
	pool->taken++;
	hold->count = 0;
	stream_start(&hold->stream, first_seq);
	return hold;
}

void hold_give(struct hold_pool *pool, struct hold *hold)
{
	hold->next_free = pool->first_free;
	pool->first_free = (uint32_t)(hold - pool->holds);
	pool->taken--;
	pool->packets -= hold->count;
}

uint32_t hold_taken(const struct hold_pool *pool)
{
	return pool->taken;
}

uint32_t hold_packets(const struct hold_pool *pool)
{
	return pool->packets;
}

uint32_t hold_left(const struct hold_pool *pool)
{
	return pool->count - pool->taken;
}

uint32_t hold_packets_left(const struct hold_pool *pool)
{
	return pool->packets_max - pool->packets;
}

bool hold_keep(struct hold_pool *pool, struct hold *hold, uint32_t max,
	       const struct hold_packet *packet)
{
	if (hold->count >= max || hold->count >= EVENT_HELD_MAX ||
	    pool->packets >= pool->packets_max)
		return false;
	pool->packets++;
	hold->packets[hold->count++] = *packet;
	return true;
}

bool hold_release(struct hold_pool *pool, struct hold *hold, uint32_t end, struct hold_packet *ret)
{
	for (uint32_t i = 0; i < hold->count; i++) {
		if ((int32_t)(hold->packets[i].end - end) > 0)
			continue;
		*ret = hold->packets[i];
		hold->count--;
		pool->packets--;
		memmove(&hold->packets[i], &hold->packets[i + 1],
			(hold->count - i) * sizeof(hold->packets[0]));
		return true;
	}
	return false;
}
