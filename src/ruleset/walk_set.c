/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An index over the elements of a set. */
#include "ruleset/walk_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Where a field stands in the key. */
struct place {
	size_t at, size;
};

static int compare_begin(const void *a, const void *b, void *data)
{
	const struct walk_slot *x = a, *y = b;
	const struct place *place = data;

	return memcmp(x->element->first + place->at, y->element->first + place->at, place->size);
}

static void sort_by(struct walk_slot *sorted, size_t count, struct place place)
{
	qsort_r(sorted, count, sizeof(*sorted), compare_begin, &place);
}

/* How many different begins there are in the field, once sorted by it. */
static size_t different(const struct walk_slot *sorted, size_t count, struct place place)
{
	size_t n = count ? 1 : 0;

	for (size_t i = 1; i < count; i++)
		n += compare_begin(&sorted[i - 1], &sorted[i], &place) != 0;
	return n;
}

/* Sorts by the field that tells most elements apart. */
static void sort_elements(struct walk_set *index)
{
	const struct ruleset_set *set = index->set;
	struct place place = { 0 }, best = { 0 }, last = { 0 };
	size_t most = 0;

	for (size_t i = 0; i < set->key_fields; i++) {
		place.size = ruleset_field_size(set->key[i]);
		sort_by(index->sorted, set->element_count, place);
		last = place;
		size_t n = different(index->sorted, set->element_count, place);
		if (n > most) {
			most = n;
			best = place;
		}
		place.at += ruleset_field_room(set->key[i]);
	}
	if (best.at != last.at)
		sort_by(index->sorted, set->element_count, best);
	index->at = best.at;
	index->size = best.size;
}

static int compare_end(const struct walk_set *index, const struct ruleset_element *element,
		       const uint8_t *value)
{
	return memcmp(element->last + index->at, value, index->size);
}

/* Fills the tree from its leaves up. */
static void plant(struct walk_set *index)
{
	struct walk_slot *tree = index->greatest;

	for (size_t i = 0; i < index->set->element_count; i++)
		tree[index->leaves + i] = index->sorted[i];
	for (size_t i = index->leaves - 1; i > 0; i--) {
		const struct walk_slot left = tree[2 * i], right = tree[2 * i + 1];

		tree[i] = left;
		if (right.element &&
		    compare_end(index, left.element, right.element->last + index->at) < 0)
			tree[i] = right;
	}
}

int walk_set_index(struct walk_set *ret, const struct ruleset_set *set)
{
	struct walk_set index = { .set = set, .leaves = 1 };

	while (index.leaves < set->element_count)
		index.leaves *= 2;
	/* one more, since there may be none */
	index.sorted = calloc(set->element_count + 1, sizeof(*index.sorted));
	index.greatest = calloc(2 * index.leaves, sizeof(*index.greatest));
	if (!index.sorted || !index.greatest) {
		walk_set_clear(&index);
		return -ENOMEM;
	}
	for (size_t i = 0; i < set->element_count; i++)
		index.sorted[i].element = &set->elements[i];
	sort_elements(&index);
	plant(&index);
	*ret = index;
	return 0;
}

/* How many elements begin at or before the key's value. */
static size_t begun(const struct walk_set *index, const uint8_t *value)
{
	size_t low = 0, high = index->set->element_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (memcmp(index->sorted[middle].element->first + index->at, value, index->size) <=
		    0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool holds(const struct ruleset_set *set, const struct ruleset_element *element,
		  const uint8_t *key)
{
	size_t at = 0;

	for (size_t i = 0; i < set->key_fields; i++) {
		size_t size = ruleset_field_size(set->key[i]);

		if (memcmp(element->first + at, key + at, size) > 0 ||
		    memcmp(element->last + at, key + at, size) < 0)
			return false;
		at += ruleset_field_room(set->key[i]);
	}
	return true;
}

static bool has_expired(const struct ruleset_element *element, int64_t now_s)
{
	return now_s && element->expires_s && element->expires_s <= now_s;
}

/* Below a node of the tree: the leaves begin..begin + count. */
struct branch {
	size_t node, begin, count;
};

const struct ruleset_element *walk_set_find(const struct walk_set *index, const uint8_t *key,
					    int64_t now_s)
{
	const uint8_t *value = key + index->at;
	const size_t end = begun(index, value);
	struct branch todo[8 * sizeof(size_t) + 1]; /* one for each level, at most */
	size_t n = 0;

	todo[n++] = (struct branch){ 1, 0, index->leaves };
	while (n) {
		struct branch b = todo[--n];
		const struct ruleset_element *top = index->greatest[b.node].element;
		size_t half = b.count / 2;

		if (b.begin >= end || !top || compare_end(index, top, value) < 0)
			continue;
		if (b.count > 1) {
			todo[n++] = (struct branch){ 2 * b.node + 1, b.begin + half, half };
			todo[n++] = (struct branch){ 2 * b.node, b.begin, half };
		} else if (!has_expired(top, now_s) && holds(index->set, top, key)) {
			return top;
		}
	}
	return NULL;
}

void walk_set_clear(struct walk_set *index)
{
	free(index->sorted);
	free(index->greatest);
	*index = (struct walk_set){ 0 };
}
