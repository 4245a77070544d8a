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
/* Elements. */
#define FETCH_AHEAD 12

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
		if (to.verdicts && packed->verdicts)
			to.verdicts[i] = packed->verdicts[order[i]];
		if (to.expiries && packed->expiries)
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

void packed_changes_clear(struct packed_changes *changes)
{
	free(changes->gone);
	free(changes->new);
	*changes = (struct packed_changes){ 0 };
}

static int add_change(struct packed_change **array, size_t *count, size_t *room, size_t at,
		      size_t before)
{
	if (*count == *room) {
		size_t wanted = *room ? *room * 2 : FIRST_ROOM;
		struct packed_change *grown = reallocarray(*array, wanted, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		*array = grown;
		*room = wanted;
	}
	(*array)[(*count)++] = (struct packed_change){ (uint32_t)at, (uint32_t)before };
	return 0;
}

/* The order of an entry and an element. */
static int compare_keys(const struct packed *packed, size_t i, const struct ruleset_element *e)
{
	const uint8_t *key = entry(packed, i);
	int order = memcmp(key, e->first, packed->key_len);

	if (order == 0 && packed->ranges)
		order = memcmp(key + packed->key_len, e->last, packed->key_len);
	return order;
}

/* What entry and element of the same key have beside it. */
static bool same_rest(const struct packed *packed, size_t i, const struct ruleset_element *e)
{
	if (packed->verdicts && !same_verdict(&packed->kinds[packed->verdicts[i]], &e->verdict))
		return false;
	return !packed->expiries || packed->expiries[i] == e->expires_s;
}

static int add_new(const struct packed *before, const struct ruleset_set *after, size_t i, size_t j,
		   struct packed_changes *ret)
{
	/* Those that are in before are in order by that. */
	if (j > 0 &&
	    memcmp(after->elements[j - 1].first, after->elements[j].first, before->key_len) > 0)
		return -EDOM;
	return add_change(&ret->new, &ret->new_count, &ret->new_room, j, i);
}

/* Elements lie so far apart that waiting for memory is most of the time. */
static void fetch_ahead(const struct packed *before, const struct ruleset_set *after, size_t j)
{
	if (j + FETCH_AHEAD >= after->element_count)
		return;
	__builtin_prefetch(after->elements[j + FETCH_AHEAD].first);
	if (before->ranges)
		__builtin_prefetch(after->elements[j + FETCH_AHEAD].last);
}

int packed_compare(const struct packed *before, const struct ruleset_set *after,
		   struct packed_changes *ret)
{
	size_t i = 0, j = 0;
	int r = 0;

	*ret = (struct packed_changes){ 0 };
	while (r == 0 && (i < before->count || j < after->element_count)) {
		int order = i == before->count ? 1 : -1;

		fetch_ahead(before, after, j);
		if (i < before->count && j < after->element_count)
			order = compare_keys(before, i, &after->elements[j]);
		if (order == 0 && same_rest(before, i, &after->elements[j])) {
			i++;
			j++;
			continue;
		}
		if (order >= 0)
			r = add_new(before, after, i, j++, ret);
		if (r == 0 && order <= 0)
			r = add_change(&ret->gone, &ret->gone_count, &ret->gone_room, i++, 0);
	}
	return r;
}

/* Appends the entries from first to before end. */
static void append_entries(struct packed *to, const struct packed *from, size_t first, size_t end)
{
	size_t count = end - first;

	if (count == 0 || !to->keys)
		return;
	memcpy(to->keys + to->count * stride(to), entry(from, first), count * stride(from));
	if (to->verdicts)
		memcpy(to->verdicts + to->count, from->verdicts + first,
		       count * sizeof(*to->verdicts));
	if (to->expiries)
		memcpy(to->expiries + to->count, from->expiries + first,
		       count * sizeof(*to->expiries));
	to->count += count;
}

static int update(const struct packed *from, const struct ruleset_set *after,
		  const struct packed_changes *changes, struct packed *to)
{
	size_t i = 0, gone = 0, new = 0;
	int r = 0;

	while (r == 0 && (gone < changes->gone_count || new < changes->new_count)) {
		size_t next_gone = gone < changes->gone_count ? changes->gone[gone].at : SIZE_MAX;
		size_t next_new = new < changes->new_count ? changes->new[new].before : SIZE_MAX;

		if (next_new <= next_gone) {
			append_entries(to, from, i, next_new);
			i = next_new;
			r = packed_add(to, &after->elements[changes->new[new ++].at], after);
		} else {
			append_entries(to, from, i, next_gone);
			i = next_gone + 1;
			gone++;
		}
	}
	append_entries(to, from, i, from->count);
	return r;
}

int packed_update(struct packed *packed, const struct ruleset_set *after,
		  const struct packed_changes *changes)
{
	struct packed to = { .key_len = packed->key_len, .ranges = packed->ranges, .sorted = true };
	size_t i;
	int r = make_room(&to, packed->count + changes->new_count, after->is_map, after->timeouts);

	/* The same numbers stand for the same verdicts in both. */
	for (i = 0; r == 0 && i < packed->kind_count; i++) {
		uint16_t kind;

		r = find_kind(&to, &packed->kinds[i], &kind);
	}
	if (r == 0)
		r = update(packed, after, changes, &to);
	if (r < 0) {
		packed_clear(&to);
		return r;
	}
	packed_clear(packed);
	*packed = to;
	return 0;
}

void packed_clear(struct packed *packed)
{
	free(packed->keys);
	free(packed->verdicts);
	free(packed->expiries);
	free(packed->kinds);
	*packed = (struct packed){ 0 };
}
