/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which sets are split, into what, and what of them is in the kernel already. */
#include "kernel/lowered_sets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/renamed.h"
#include "kernel/shapes.h"

struct maker {
	const struct ruleset *from;
	const struct lowered *former; /* NULL: none */
	struct lowered *to;
	size_t elements_min, room;
};

/* --- which are split --- */

/* A rule can be told apart by one set; by two it would be by every pair of their parts. */
static bool rule_allows(const struct maker *m, const struct ruleset_rule *rule, size_t set)
{
	size_t uses = 0, others = 0, i;

	for (i = 0; i < rule->count; i++) {
		const struct ruleset_statement *s = &rule->statements[i];
		size_t named = SIZE_MAX;

		if (lowered_names_a_set(s->kind))
			named = lowered_index_of(m->from, s->text);
		if (named == set) {
			uses++;
			if (s->negate || s->kind == ACT_CT_MARK_MAP)
				return false;
		} else if (named != SIZE_MAX && m->to->wholes[named].split) {
			others++;
		}
	}
	return uses == 0 || (uses == 1 && others == 0);
}

static bool may_split(const struct maker *m, size_t set)
{
	const struct ruleset_set *s = &m->from->sets[set];
	size_t name_len = strlen(s->name) + strlen(LOWERED_PART_MARK) + 2 * s->key_fields +
			  strlen(RENAMED_SUFFIX);
	size_t i, j;

	if (!s->interval || s->timeouts || s->element_count < m->elements_min ||
	    name_len >= RULESET_NAME_MAX)
		return false;
	for (i = 0; i < m->from->chain_count; i++)
		for (j = 0; j < m->from->chains[i].rule_count; j++)
			if (!rule_allows(m, &m->from->chains[i].rules[j], set))
				return false;
	return true;
}

/* --- parts --- */

static bool has_set(const struct lowered *lowered, const char *name)
{
	return lowered && lowered_index_of(lowered->ruleset, name) != SIZE_MAX;
}

/* A name in the kernel for a set that is to be made: the one of the two that is free. */
static int name_made(const struct maker *m, const char *plain, char *ret)
{
	char other[RULESET_NAME_MAX];
	int r = 0;

	(void)snprintf(ret, RULESET_NAME_MAX, "%s", plain);
	if (!has_set(m->former, plain))
		return 0;
	r = renamed_other(plain, other, sizeof(other));
	if (r == 0)
		memcpy(ret, other, sizeof(other));
	return r;
}

/* Room for one more part; NULL: out of memory. Its definition is like, its name is to be given. */
static struct lowered_part *add_part(struct maker *m, const struct ruleset_set *like,
				     enum lowered_fate fate, struct ruleset_set **ret_set)
{
	struct ruleset *ruleset = m->to->ruleset;
	struct lowered_part *part;

	if (ruleset->set_count == m->room) {
		size_t room = m->room ? m->room * 2 : 32;
		struct ruleset_set *sets = reallocarray(ruleset->sets, room, sizeof(*sets));
		struct lowered_part *parts;

		if (!sets)
			return NULL;
		ruleset->sets = sets;
		parts = reallocarray(m->to->parts, room, sizeof(*parts));
		if (!parts)
			return NULL;
		m->to->parts = parts;
		m->room = room;
	}
	part = &m->to->parts[ruleset->set_count];
	*part = (struct lowered_part){ .fate = fate };
	*ret_set = &ruleset->sets[ruleset->set_count++];
	**ret_set = *like;
	(*ret_set)->elements = NULL;
	(*ret_set)->element_count = (*ret_set)->element_room = 0;
	return part;
}

static void part_name(const struct ruleset_set *set, const uint8_t *ignored, char *out)
{
	size_t at = (size_t)snprintf(out, RULESET_NAME_MAX, "%s" LOWERED_PART_MARK, set->name), i;

	for (i = 0; i < set->key_fields && at < RULESET_NAME_MAX; i++)
		at += (size_t)snprintf(out + at, RULESET_NAME_MAX - at, "%02x", ignored[i]);
}

/* Adds a part that is to be made of entries, which it takes over. plain: its name but for turns. */
static int add_made(struct maker *m, const struct ruleset_set *like, const char *plain,
		    struct packed *entries, const uint8_t *ignored)
{
	struct ruleset_set *set;
	struct lowered_part *part = add_part(m, like, LOWERED_MAKE, &set);
	int r;

	if (!part)
		return -ENOMEM;
	if (ignored) {
		set->interval = false;
		memcpy(part->ignored, ignored, sizeof(part->ignored));
	}
	r = name_made(m, plain, set->name);
	if (r < 0)
		return r;
	part->made = *entries;
	*entries = (struct packed){ 0 };
	return packed_sort(&part->made);
}

static int make_parts(struct maker *m, const struct ruleset_set *set, struct shapes *shapes)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < shapes->count; i++) {
		char name[RULESET_NAME_MAX];

		part_name(set, shapes->at[i].ignored, name);
		r = add_made(m, set, name, &shapes->at[i].entries, shapes->at[i].ignored);
	}
	return r < 0 ? r : add_made(m, set, set->name, &shapes->rest, NULL);
}

static int make_whole(struct maker *m, const struct ruleset_set *set)
{
	struct packed packed;
	int r;

	packed_start(&packed, set, set->interval);
	r = packed_add_all(&packed, set);
	if (r == 0)
		r = add_made(m, set, set->name, &packed, NULL);
	packed_clear(&packed);
	return r;
}

static int make_set(struct maker *m, const struct ruleset_set *set, struct lowered_whole *whole)
{
	auto_(shapes_clear) struct shapes shapes = { 0 };
	int r = 0;

	whole->fate = LOWERED_MAKE;
	if (whole->split) {
		r = shapes_make(set, LOWERED_SHAPES_MAX, &shapes);
		/* Where most would be left over nothing is gained. */
		if (r == 0 && shapes.rest.count * 2 > set->element_count)
			whole->split = false;
	}
	if (r < 0)
		return r;
	return whole->split ? make_parts(m, set, &shapes) : make_whole(m, set);
}

/* --- what is in the kernel already --- */

static bool same_kind(const struct ruleset_set *a, const struct ruleset_set *b)
{
	size_t i;

	if (a->key_fields != b->key_fields || a->interval != b->interval ||
	    a->is_map != b->is_map || a->timeouts != b->timeouts)
		return false;
	for (i = 0; i < a->key_fields; i++)
		if (a->key[i] != b->key[i])
			return false;
	return true;
}

static const struct lowered_whole *find_former(const struct maker *m, const struct ruleset_set *set,
					       size_t *ret)
{
	size_t i;

	for (i = 0; m->former && i < m->former->whole_count; i++) {
		const struct lowered_whole *whole = &m->former->wholes[i];

		if (strcmp(whole->set.name, set->name) == 0) {
			*ret = i;
			return same_kind(&whole->set, set) ? whole : NULL;
		}
	}
	return NULL;
}

/* Part number i of former's, as it is. NULL: out of memory. */
static struct lowered_part *keep_part(struct maker *m, size_t i)
{
	struct ruleset_set *set;
	struct lowered_part *part = add_part(m, &m->former->ruleset->sets[i], LOWERED_KEEP, &set);

	if (part)
		memcpy(part->ignored, m->former->parts[i].ignored, sizeof(part->ignored));
	return part;
}

static int keep_parts(struct maker *m, const struct lowered_whole *former, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!keep_part(m, former->first + i))
			return -ENOMEM;
	return 0;
}

/* The elements that changes speak of, as sets: what goes (of packed) and what comes (of set). */
static int gather(const struct packed *packed, const struct ruleset_set *set,
		  const struct packed_changes *changes, struct ruleset_set *gone,
		  struct ruleset_set *new)
{
	size_t i;

	*gone = *new = *set;
	gone->element_count = changes->gone_count;
	new->element_count = changes->new_count;
	gone->elements = calloc(changes->gone_count + 1, sizeof(*gone->elements));
	new->elements = calloc(changes->new_count + 1, sizeof(*new->elements));
	if (!gone->elements || !new->elements)
		return -ENOMEM;
	for (i = 0; i < changes->gone_count; i++)
		packed_get(packed, changes->gone[i].at, &gone->elements[i]);
	for (i = 0; i < changes->new_count; i++)
		new->elements[i] = set->elements[changes->new[i].at];
	return 0;
}

/* The part of that shape, from part number first on; NULL: there is none. */
static struct lowered_part *find_part(struct maker *m, size_t first, const uint8_t *ignored)
{
	size_t i;

	for (i = first; i < m->to->ruleset->set_count; i++)
		if (memcmp(m->to->parts[i].ignored, ignored, RULESET_KEY_FIELDS_MAX) == 0)
			return &m->to->parts[i];
	return NULL;
}

/* Sorts the changes into parts. -EDOM: it needs more than that. */
static int change_parts(struct maker *m, const struct ruleset_set *set,
			const struct lowered_whole *former, struct shapes *gone, struct shapes *new)
{
	size_t first = m->to->ruleset->set_count, parts = former->count - 1, i;
	int r = keep_parts(m, former, parts);

	if (r == 0 && (gone->rest.count > 0 || new->rest.count > 0))
		r = -EDOM;
	for (i = 0; r == 0 && i < gone->count; i++) {
		struct lowered_part *part = find_part(m, first, gone->at[i].ignored);

		if (!part)
			return -EDOM;
		part->fate = LOWERED_CHANGE;
		part->gone = gone->at[i].entries;
		gone->at[i].entries = (struct packed){ 0 };
	}
	for (i = 0; r == 0 && i < new->count; i++) {
		struct lowered_part *part = find_part(m, first, new->at[i].ignored);
		char name[RULESET_NAME_MAX];

		if (part && part->fate != LOWERED_MAKE) {
			part->fate = LOWERED_CHANGE;
			part->new = new->at[i].entries;
			new->at[i].entries = (struct packed){ 0 };
			continue;
		}
		if (++parts > LOWERED_SHAPES_MAX)
			return -EDOM;
		part_name(set, new->at[i].ignored, name);
		r = add_made(m, set, name, &new->at[i].entries, new->at[i].ignored);
	}
	if (r == 0 && !keep_part(m, former->first + former->count - 1))
		r = -ENOMEM;
	return r;
}

static int change_split(struct maker *m, const struct ruleset_set *set,
			const struct lowered_whole *former, const struct ruleset_set *gone,
			const struct ruleset_set *new)
{
	auto_(shapes_clear) struct shapes gone_shapes = { 0 };
	auto_(shapes_clear) struct shapes new_shapes = { 0 };
	int r = shapes_make(gone, SHAPES_ROOM, &gone_shapes);

	if (r == 0)
		r = shapes_make(new, SHAPES_ROOM, &new_shapes);
	return r < 0 ? r : change_parts(m, set, former, &gone_shapes, &new_shapes);
}

static int change_hash(struct maker *m, const struct lowered_whole *former,
		       const struct ruleset_set *gone, const struct ruleset_set *new)
{
	struct lowered_part *part = keep_part(m, former->first);
	int r;

	if (!part)
		return -ENOMEM;
	part->fate = LOWERED_CHANGE;
	packed_start(&part->gone, gone, false);
	packed_start(&part->new, new, false);
	r = packed_add_all(&part->gone, gone);
	return r < 0 ? r : packed_add_all(&part->new, new);
}

static void free_elements(struct ruleset_set *set)
{
	free(set->elements);
}

/* 0; -EDOM: it cannot be changed where it is, and nothing was added. */
static int change_set(struct maker *m, const struct ruleset_set *set, struct lowered_whole *whole,
		      const struct lowered_whole *former)
{
	const struct packed_changes *changes = &whole->changes;
	auto_(free_elements) struct ruleset_set gone = { 0 };
	auto_(free_elements) struct ruleset_set new = { 0 };
	size_t count = m->to->ruleset->set_count, i;
	int r;

	if (set->timeouts || (set->interval && !former->split))
		return -EDOM;
	/* Where most of many differ, other shapes may suit better. */
	if (former->split && changes->gone_count + changes->new_count > set->element_count)
		return -EDOM;
	r = gather(&former->elements, set, changes, &gone, &new);
	if (r == 0)
		r = former->split ? change_split(m, set, former, &gone, &new)
				  : change_hash(m, former, &gone, &new);
	whole->fate = LOWERED_CHANGE;
	for (i = count; r == -EDOM && i < m->to->ruleset->set_count; i++) {
		packed_clear(&m->to->parts[i].gone);
		packed_clear(&m->to->parts[i].new);
		packed_clear(&m->to->parts[i].made);
	}
	if (r == -EDOM)
		m->to->ruleset->set_count = count;
	return r;
}

/* -EDOM: it has to be made. */
static int take_former(struct maker *m, const struct ruleset_set *set, struct lowered_whole *whole)
{
	const struct lowered_whole *former = find_former(m, set, &whole->former);
	int r;

	if (!former || (former->split && !whole->split))
		return -EDOM;
	r = packed_compare(&former->elements, set, &whole->changes);
	if (r < 0)
		return r;
	if (whole->changes.gone_count + whole->changes.new_count == 0) {
		whole->fate = LOWERED_KEEP;
		r = keep_parts(m, former, former->count);
	} else {
		r = change_set(m, set, whole, former);
	}
	if (r == 0)
		whole->split = former->split;
	return r;
}

static int lower_set(struct maker *m, size_t i)
{
	struct lowered_whole *whole = &m->to->wholes[i];
	int r;

	whole->first = m->to->ruleset->set_count;
	r = take_former(m, &m->from->sets[i], whole);
	if (r == -EDOM)
		r = make_set(m, &m->from->sets[i], whole);
	whole->count = m->to->ruleset->set_count - whole->first;
	return r;
}

int lowered_make_sets(const struct ruleset *from, size_t elements_min, const struct lowered *former,
		      struct lowered *to)
{
	struct maker m = { .from = from, .former = former, .to = to, .elements_min = elements_min };
	size_t i;
	int r = 0;

	to->wholes = calloc(from->set_count + 1, sizeof(*to->wholes));
	if (!to->wholes)
		return -ENOMEM;
	to->whole_count = from->set_count;
	for (i = 0; i < from->set_count; i++) {
		to->wholes[i].set = from->sets[i];
		to->wholes[i].set.elements = NULL;
		to->wholes[i].split = may_split(&m, i);
	}
	for (i = 0; r == 0 && i < from->set_count; i++)
		r = lower_set(&m, i);
	return r;
}
