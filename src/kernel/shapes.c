/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes ranges apart into prefixes, and boxes into products of them. */
#include "kernel/shapes.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/lowered.h"

#define PIECES_MAX 64U

/* Prefixes of one field. */
struct pieces {
	uint8_t first[PIECES_MAX][16];
	uint8_t ignored[PIECES_MAX];
	size_t count;
};

/* Numbers as wide as an address of IPv6. */
__extension__ struct wide {
	unsigned __int128 n;
};

static struct wide read_wide(const uint8_t *bytes, size_t size)
{
	struct wide w = { 0 };
	size_t i;

	for (i = 0; i < size; i++)
		w.n = w.n << 8 | bytes[i];
	return w;
}

static void write_wide(struct wide w, uint8_t *bytes, size_t size)
{
	size_t i = size;

	for (; i > 0; w.n >>= 8)
		bytes[--i] = (uint8_t)w.n;
}

/* Others are compared as they lie in memory, or are names. */
static bool has_prefixes(enum ruleset_field field)
{
	switch (field) {
	case FIELD_SADDR4:
	case FIELD_DADDR4:
	case FIELD_SADDR6:
	case FIELD_DADDR6:
	case FIELD_L4PROTO:
	case FIELD_SPORT:
	case FIELD_DPORT:
		return true;
	case FIELD_IIFNAME:
	case FIELD_OIFNAME:
	case FIELD_CT_MARK:
	case FIELD_LENGTH4:
	case FIELD_LENGTH6:
	case FIELD_TCP_DOFF:
	case FIELD_ETHER_SADDR:
	case FIELD_COUNT:
		return false;
	}
	return false;
}

/* True, and how many last bits it leaves free, if first..last is one prefix. */
static bool is_prefix(const uint8_t *first, const uint8_t *last, size_t size, uint8_t *ret_ignored)
{
	size_t i = size;
	unsigned int ignored = 0, differ;

	for (; i > 0 && first[i - 1] == 0 && last[i - 1] == 0xff; i--)
		ignored += 8;
	if (i > 0) {
		differ = (unsigned int)(first[i - 1] ^ last[i - 1]);
		if ((differ & (differ + 1)) || (first[i - 1] & differ))
			return false;
		ignored += (unsigned int)__builtin_popcount(differ);
		if (i > 1 && memcmp(first, last, i - 1) != 0)
			return false;
	}
	*ret_ignored = (uint8_t)ignored;
	return true;
}

/* The prefixes that a range is made of; false if they are too many. */
static bool take_apart(const uint8_t *first, const uint8_t *last, size_t size, struct pieces *ret)
{
	struct wide at = read_wide(first, size), end = read_wide(last, size);
	const unsigned int bits_max = (unsigned int)size * 8;

	ret->count = 0;
	for (;;) {
		struct wide width = { 1 };
		unsigned int bits = 0;

		/* As wide as it is aligned, and as still fits. */
		while (bits < bits_max && !(at.n & width.n) && end.n - at.n >= width.n * 2 - 1) {
			width.n *= 2;
			bits++;
		}
		if (ret->count == PIECES_MAX)
			return false;
		write_wide(at, ret->first[ret->count], size);
		ret->ignored[ret->count++] = (uint8_t)bits;
		if (end.n - at.n == width.n - 1)
			return true;
		at.n += width.n;
	}
}

static struct shape *find_shape(struct shapes *shapes, const struct ruleset_set *set,
				const uint8_t *ignored)
{
	size_t i;

	for (i = 0; i < shapes->count; i++)
		if (memcmp(shapes->at[i].ignored, ignored, RULESET_KEY_FIELDS_MAX) == 0)
			return &shapes->at[i];
	if (shapes->count == SHAPES_ROOM)
		return NULL;
	packed_start(&shapes->at[shapes->count].entries, set, false);
	memcpy(shapes->at[shapes->count].ignored, ignored, RULESET_KEY_FIELDS_MAX);
	return &shapes->at[shapes->count++];
}

/* The whole box that an entry stands for. */
static void fill_entry(const struct ruleset_set *set, const uint8_t *ignored,
		       struct ruleset_element *e)
{
	size_t i, at = 0;

	memcpy(e->last, e->first, sizeof(e->last));
	for (i = 0; i < set->key_fields; i++) {
		lowered_fill(e->last + at, ruleset_field_size(set->key[i]), ignored[i]);
		at += ruleset_field_room(set->key[i]);
	}
}

static int add_entry(struct shapes *shapes, const struct ruleset_set *set, const uint8_t *ignored,
		     const struct ruleset_element *e)
{
	struct shape *shape = find_shape(shapes, set, ignored);
	struct ruleset_element whole;

	if (shape)
		return packed_add(&shape->entries, e, set);
	whole = *e;
	fill_entry(set, ignored, &whole);
	return packed_add(&shapes->rest, &whole, set);
}

/* Every combination of one prefix of each field. */
static int add_product(struct shapes *shapes, const struct ruleset_set *set,
		       const struct pieces *pieces, const struct ruleset_element *e)
{
	size_t turn[RULESET_KEY_FIELDS_MAX] = { 0 }, i;
	struct ruleset_element entry = *e;

	for (;;) {
		uint8_t ignored[RULESET_KEY_FIELDS_MAX] = { 0 };
		size_t at = 0;
		int r;

		for (i = 0; i < set->key_fields; i++) {
			memcpy(entry.first + at, pieces[i].first[turn[i]],
			       ruleset_field_size(set->key[i]));
			ignored[i] = pieces[i].ignored[turn[i]];
			at += ruleset_field_room(set->key[i]);
		}
		r = add_entry(shapes, set, ignored, &entry);
		if (r < 0)
			return r;
		for (i = set->key_fields; i > 0 && ++turn[i - 1] == pieces[i - 1].count; i--)
			turn[i - 1] = 0;
		if (i == 0)
			return 0;
	}
}

/* An element with a range that is no prefix. */
static int add_ranges(struct shapes *shapes, const struct ruleset_set *set,
		      const struct ruleset_element *e)
{
	struct pieces pieces[RULESET_KEY_FIELDS_MAX];
	size_t product = 1, at = 0, i;

	for (i = 0; i < set->key_fields; i++) {
		size_t size = ruleset_field_size(set->key[i]);

		if (memcmp(e->first + at, e->last + at, size) == 0) {
			memcpy(pieces[i].first[0], e->first + at, size);
			pieces[i].ignored[0] = 0;
			pieces[i].count = 1;
		} else if (!has_prefixes(set->key[i]) ||
			   !take_apart(e->first + at, e->last + at, size, &pieces[i])) {
			return packed_add(&shapes->rest, e, set);
		}
		product *= pieces[i].count;
		at += ruleset_field_room(set->key[i]);
	}
	if (product > PIECES_MAX)
		return packed_add(&shapes->rest, e, set);
	return add_product(shapes, set, pieces, e);
}

static int add_element(struct shapes *shapes, const struct ruleset_set *set,
		       const struct ruleset_element *e)
{
	uint8_t ignored[RULESET_KEY_FIELDS_MAX] = { 0 };
	size_t at = 0, i;

	for (i = 0; i < set->key_fields; i++) {
		if (!is_prefix(e->first + at, e->last + at, ruleset_field_size(set->key[i]),
			       &ignored[i]) ||
		    (ignored[i] > 0 && !has_prefixes(set->key[i])))
			return add_ranges(shapes, set, e);
		at += ruleset_field_room(set->key[i]);
	}
	return add_entry(shapes, set, ignored, e);
}

/* The shape with the fewest entries goes over to the rest. */
static int drop_smallest(struct shapes *shapes, const struct ruleset_set *set)
{
	struct shape *smallest = &shapes->at[0];
	struct ruleset_element e;
	size_t i;
	int r = 0;

	for (i = 1; i < shapes->count; i++)
		if (shapes->at[i].entries.count < smallest->entries.count)
			smallest = &shapes->at[i];
	for (i = 0; r == 0 && i < smallest->entries.count; i++) {
		packed_get(&smallest->entries, i, &e);
		fill_entry(set, smallest->ignored, &e);
		r = packed_add(&shapes->rest, &e, set);
	}
	packed_clear(&smallest->entries);
	*smallest = shapes->at[--shapes->count];
	return r;
}

int shapes_make(const struct ruleset_set *set, size_t shapes_max, struct shapes *ret)
{
	size_t i;
	int r = 0;

	*ret = (struct shapes){ 0 };
	packed_start(&ret->rest, set, true);
	for (i = 0; r == 0 && i < set->element_count; i++)
		r = add_element(ret, set, &set->elements[i]);
	while (r == 0 && ret->count > shapes_max)
		r = drop_smallest(ret, set);
	return r;
}

void shapes_clear(struct shapes *shapes)
{
	size_t i;

	for (i = 0; i < shapes->count; i++)
		packed_clear(&shapes->at[i].entries);
	packed_clear(&shapes->rest);
	shapes->count = 0;
}
