/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keys one after the other, and beside them what else elements may have. */
#include "kernel/packed.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/set.h"
#include "ruleset/same.h"

#define FIRST_ROOM 64

/* Bytes of an entry. */
static size_t stride(const struct packed *packed)
{
	return packed->ranges ? 2 * packed->key_len : packed->key_len;
}

static const uint8_t *entry(const struct packed *packed, size_t i)
{
	return packed->keys + i * stride(packed);
}

void packed_start(struct packed *packed, const struct ruleset_set *set, bool ranges)
{
	*packed = (struct packed){ .key_len = set_key_len(set), .ranges = ranges, .sorted = true };
}

static int grow(void **array, size_t room, size_t size)
{
	void *grown = reallocarray(*array, room, size);

	if (!grown)
		return -ENOMEM;
	*array = grown;
	return 0;
}

static int make_room(struct packed *packed, size_t wanted, bool verdicts, bool expiries)
{
	size_t room = packed->room ? packed->room : FIRST_ROOM;
	void *keys = packed->keys, *of_verdicts = packed->verdicts, *of_expiries = packed->expiries;
	int r = 0;

	if (wanted <= packed->room)
		return 0;
	while (room < wanted)
		room *= 2;
	if (grow(&keys, room, stride(packed)) < 0)
		return -ENOMEM;
	packed->keys = keys;
	if (verdicts) {
		r = grow(&of_verdicts, room, sizeof(*packed->verdicts));
		packed->verdicts = of_verdicts;
	}
	if (r == 0 && expiries) {
		r = grow(&of_expiries, room, sizeof(*packed->expiries));
		packed->expiries = of_expiries;
	}
	if (r == 0)
		packed->room = room;
	return r;
}

static int find_kind(struct packed *packed, const struct ruleset_verdict *verdict, uint16_t *ret)
{
	struct ruleset_verdict *grown;
	size_t i = packed->kind_count;

	while (i-- > 0) {
		if (same_verdict(&packed->kinds[i], verdict)) {
			*ret = (uint16_t)i;
			return 0;
		}
	}
	if (packed->kind_count > UINT16_MAX)
		return -E2BIG;
	grown = reallocarray(packed->kinds, packed->kind_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	packed->kinds = grown;
	grown[packed->kind_count] = *verdict;
	*ret = (uint16_t)packed->kind_count++;
	return 0;
}

/* Appends the key; the caller has made room. */
static void append_key(struct packed *packed, const struct ruleset_element *e)
{
	uint8_t *at = packed->keys + packed->count * stride(packed);

	memcpy(at, e->first, packed->key_len);
	if (packed->ranges)
		memcpy(at + packed->key_len, e->last, packed->key_len);
	if (packed->count > 0 && packed->sorted)
		packed->sorted = memcmp(at - stride(packed), at, stride(packed)) <= 0;
}

static int append(struct packed *packed, const struct ruleset_element *e, bool is_map,
		  bool timeouts)
{
	int r = make_room(packed, packed->count + 1, is_map, timeouts);

	if (r < 0)
		return r;
	append_key(packed, e);
	if (is_map)
		r = find_kind(packed, &e->verdict, &packed->verdicts[packed->count]);
	if (timeouts)
		packed->expiries[packed->count] = e->expires_s;
	if (r == 0)
		packed->count++;
	return r;
}

int packed_add(struct packed *packed, const struct ruleset_element *e,
	       const struct ruleset_set *set)
{
	return append(packed, e, set->is_map, set->timeouts);
}

int packed_add_all(struct packed *packed, const struct ruleset_set *set)
{
	size_t i;
	int r = make_room(packed, packed->count + set->element_count, set->is_map, set->timeouts);

	for (i = 0; r == 0 && i < set->element_count; i++)
		r = append(packed, &set->elements[i], set->is_map, set->timeouts);
	return r;
}

static int compare_entries(const void *a, const void *b, void *data)
{
	const struct packed *packed = data;

	return memcmp(entry(packed, *(const uint32_t *)a), entry(packed, *(const uint32_t *)b),
		      stride(packed));
}

static void free_order(uint32_t **p)
{
	free(*p);
}

/* Puts the entries into another one in this order. */
static int reorder(struct packed *packed, const uint32_t *order)
{
	struct packed to = { .key_len = packed->key_len, .ranges = packed->ranges, .sorted = true };
	size_t i;

	if (make_room(&to, packed->count, packed->verdicts != NULL, packed->expiries != NULL) < 0) {
		packed_clear(&to);
		return -ENOMEM;
	}
	for (i = 0; i < packed->count; i++) {
		memcpy(to.keys + i * stride(&to), entry(packed, order[i]), stride(&to));
		if (to.verdicts)
			to.verdicts[i] = packed->verdicts[order[i]];
		if (to.expiries)
			to.expiries[i] = packed->expiries[order[i]];
	}
	to.count = packed->count;
	to.kinds = steal(packed->kinds);
	to.kind_count = packed->kind_count;
	packed_clear(packed);
	*packed = to;
	return 0;
}

int packed_sort(struct packed *packed)
{
	auto_(free_order) uint32_t *order = NULL;
	size_t i;

	if (packed->sorted)
		return 0;
	order = calloc(packed->count, sizeof(*order));
	if (!order)
		return -ENOMEM;
	for (i = 0; i < packed->count; i++)
		order[i] = (uint32_t)i;
	qsort_r(order, packed->count, sizeof(*order), compare_entries, packed);
	return reorder(packed, order);
}

void packed_get(const struct packed *packed, size_t i, struct ruleset_element *ret)
{
	const uint8_t *key = entry(packed, i);

	*ret = (struct ruleset_element){ 0 };
	memcpy(ret->first, key, packed->key_len);
	memcpy(ret->last, packed->ranges ? key + packed->key_len : key, packed->key_len);
	if (packed->verdicts)
		ret->verdict = packed->kinds[packed->verdicts[i]];
	if (packed->expiries)
		ret->expires_s = packed->expiries[i];
}

void packed_places_clear(struct packed_places *places)
{
	free(places->at);
	*places = (struct packed_places){ 0 };
}

static int add_place(struct packed_places *places, size_t i)
{
	if (places->count == places->room) {
		size_t room = places->room ? places->room * 2 : FIRST_ROOM;
		uint32_t *grown = reallocarray(places->at, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		places->at = grown;
		places->room = room;
	}
	places->at[places->count++] = (uint32_t)i;
	return 0;
}

/* What entries of the same key have beside it. */
static bool same_rest(const struct packed *a, size_t i, const struct packed *b, size_t j)
{
	if ((a->verdicts != NULL) != (b->verdicts != NULL) ||
	    (a->expiries != NULL) != (b->expiries != NULL))
		return false;
	if (a->verdicts && !same_verdict(&a->kinds[a->verdicts[i]], &b->kinds[b->verdicts[j]]))
		return false;
	return !a->expiries || a->expiries[i] == b->expiries[j];
}

int packed_diff(const struct packed *before, const struct packed *after,
		struct packed_places *ret_gone, struct packed_places *ret_new)
{
	size_t i = 0, j = 0;
	int r = 0;

	while (r == 0 && (i < before->count || j < after->count)) {
		int order = i == before->count ? 1 : -1;

		if (i < before->count && j < after->count)
			order = memcmp(entry(before, i), entry(after, j), stride(after));
		if (order == 0 && same_rest(before, i, after, j)) {
			i++;
			j++;
			continue;
		}
		if (order <= 0)
			r = add_place(ret_gone, i++);
		if (r == 0 && order >= 0)
			r = add_place(ret_new, j++);
	}
	return r;
}

bool packed_same(const struct packed *a, const struct packed *b)
{
	size_t i;

	if (a->count != b->count || a->key_len != b->key_len || a->ranges != b->ranges)
		return false;
	if (a->count == 0)
		return true;
	if (memcmp(a->keys, b->keys, a->count * stride(a)) != 0)
		return false;
	for (i = 0; (a->verdicts || a->expiries || b->verdicts || b->expiries) && i < a->count; i++)
		if (!same_rest(a, i, b, i))
			return false;
	return true;
}

void packed_clear(struct packed *packed)
{
	free(packed->keys);
	free(packed->verdicts);
	free(packed->expiries);
	free(packed->kinds);
	*packed = (struct packed){ 0 };
}
