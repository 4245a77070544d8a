/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table of recent kernel refusals: buckets of a few places each. */
#include "broker/repeats.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define PLACES_PER_BUCKET 8

struct place {
	struct kernel_event event;
	uint64_t first_ms, last_ms;
	uint64_t count; /* after the first */
	bool taken;
};

struct repeats {
	repeats_summary *summary;
	void *data;
	uint64_t seed;
	uint32_t bucket_mask;
	struct place places[];
};

struct repeats *repeats_new(uint32_t slots, repeats_summary *summary, void *data)
{
	uint32_t buckets = 2;
	struct repeats *repeats;

	while (buckets < slots / PLACES_PER_BUCKET)
		buckets *= 2;
	repeats = calloc(1, sizeof(*repeats) +
				    (size_t)buckets * PLACES_PER_BUCKET * sizeof(struct place));
	if (!repeats)
		return NULL;
	repeats->summary = summary;
	repeats->data = data;
	repeats->bucket_mask = buckets - 1;
	/* guessing where an event lies only makes more records, never fewer: no need to insist */
	if (getrandom(&repeats->seed, sizeof(repeats->seed), GRND_NONBLOCK) < 0)
		repeats->seed = 0;
	return repeats;
}

void repeats_free(struct repeats *repeats)
{
	free(repeats);
}

/* FNV-1a, begun at a random place. */
static struct place *bucket_of(struct repeats *repeats, const struct kernel_event *event)
{
	const unsigned char *bytes = (const unsigned char *)event;
	uint64_t hash = repeats->seed ^ 0xcbf29ce484222325U;

	for (size_t i = 0; i < sizeof(*event); i++)
		hash = (hash ^ bytes[i]) * 0x100000001b3U;
	hash ^= hash >> 32;
	return &repeats->places[(size_t)(hash & repeats->bucket_mask) * PLACES_PER_BUCKET];
}

static void leave(struct repeats *repeats, struct place *place)
{
	if (place->taken && place->count > 0)
		repeats->summary(&place->event, place->count, repeats->data);
	place->taken = false;
}

static bool is_over(const struct place *place, uint64_t now_ms)
{
	return now_ms - place->last_ms >= REPEATS_IDLE_MS ||
	       now_ms - place->first_ms >= REPEATS_AGE_MS;
}

bool repeats_take(struct repeats *repeats, const struct kernel_event *event, uint64_t now_ms)
{
	struct place *bucket = bucket_of(repeats, event), *best = bucket;

	for (size_t i = 0; i < PLACES_PER_BUCKET; i++) {
		struct place *place = &bucket[i];

		if (place->taken && memcmp(&place->event, event, sizeof(*event)) == 0) {
			if (is_over(place, now_ms)) {
				best = place;
				break;
			}
			place->last_ms = now_ms;
			place->count++;
			return true;
		}
		if (best->taken && (!place->taken || place->last_ms < best->last_ms))
			best = place;
	}
	leave(repeats, best);
	*best = (struct place){
		.event = *event, .first_ms = now_ms, .last_ms = now_ms, .taken = true
	};
	return false;
}

void repeats_expire(struct repeats *repeats, uint64_t now_ms)
{
	const size_t count = ((size_t)repeats->bucket_mask + 1) * PLACES_PER_BUCKET;

	for (size_t i = 0; i < count; i++)
		if (repeats->places[i].taken && is_over(&repeats->places[i], now_ms))
			leave(repeats, &repeats->places[i]);
}
