/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits big interval sets into hash sets by shape, and rules with them. */
#include "kernel/lowered.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/shapes.h"

/* Ends the name of a part: this, then two hexadecimal digits for each field. */
#define PART_MARK     ".h"
#define PART_MARK_LEN 2

/* Where the parts of an original set are: parts of them from first on, in lowered's sets; the last
 * is the interval set of what is left. 1: it is as it was. */
struct place {
	size_t first, parts;
};

struct maker {
	const struct ruleset *from;
	struct lowered *to;
	size_t elements_min;
	bool *split; /* of each original set: it is to be split */
	struct place *places;
	size_t set_room;
};

static void free_maker(struct maker *m)
{
	free(m->split);
	free(m->places);
}

/* --- which sets --- */

static bool names_a_set(enum ruleset_statement_kind kind)
{
	return kind == MATCH_SET || kind == ACT_VERDICT_MAP || kind == ACT_CT_MARK_MAP;
}

static size_t index_of(const struct ruleset *ruleset, const char *name)
{
	size_t i;

	for (i = 0; i < ruleset->set_count; i++)
		if (strcmp(ruleset->sets[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

/* A rule can be told apart by one set; by two it would be by every pair of their parts. */
static bool rule_allows(const struct maker *m, const struct ruleset_rule *rule, size_t set)
{
	size_t uses = 0, others = 0, i;

	for (i = 0; i < rule->count; i++) {
		const struct ruleset_statement *s = &rule->statements[i];
		size_t named = names_a_set(s->kind) ? index_of(m->from, s->text) : SIZE_MAX;

		if (named == set) {
			uses++;
			if (s->negate || s->kind == ACT_CT_MARK_MAP)
				return false;
		} else if (named != SIZE_MAX && m->split[named]) {
			others++;
		}
	}
	return uses == 0 || (uses == 1 && others == 0);
}

static bool may_split(const struct maker *m, size_t set)
{
	const struct ruleset_set *s = &m->from->sets[set];
	size_t i, j;

	if (!s->interval || s->timeouts || s->element_count < m->elements_min ||
	    strlen(s->name) + PART_MARK_LEN + 2 * s->key_fields + 1 > RULESET_NAME_MAX - 2)
		return false;
	for (i = 0; i < m->from->chain_count; i++)
		for (j = 0; j < m->from->chains[i].rule_count; j++)
			if (!rule_allows(m, &m->from->chains[i].rules[j], set))
				return false;
	return true;
}

/* --- sets --- */

/* Takes packed over, also on failure. */
static int add_set(struct maker *m, const struct ruleset_set *like, struct packed *packed)
{
	struct lowered *to = m->to;
	size_t count = to->ruleset->set_count;

	if (count == m->set_room) {
		size_t room = m->set_room ? m->set_room * 2 : 32;
		struct ruleset_set *sets = reallocarray(to->ruleset->sets, room, sizeof(*sets));
		struct packed *all;

		if (sets)
			to->ruleset->sets = sets;
		all = sets ? reallocarray(to->packed, room, sizeof(*all)) : NULL;
		if (!all) {
			packed_clear(packed);
			return -ENOMEM;
		}
		to->packed = all;
		m->set_room = room;
	}
	to->ruleset->sets[count] = *like;
	to->ruleset->sets[count].elements = NULL;
	to->ruleset->sets[count].element_count = to->ruleset->sets[count].element_room = 0;
	to->packed[count] = *packed;
	*packed = (struct packed){ 0 };
	to->ruleset->set_count++;
	return 0;
}

static void part_name(const struct ruleset_set *set, const uint8_t *ignored, char *out)
{
	size_t at = (size_t)snprintf(out, RULESET_NAME_MAX, "%s" PART_MARK, set->name), i;

	for (i = 0; i < set->key_fields && at < RULESET_NAME_MAX; i++)
		at += (size_t)snprintf(out + at, RULESET_NAME_MAX - at, "%02x", ignored[i]);
}

bool lowered_read_name(const char *name, size_t fields, size_t *ret_len, uint8_t *ret_ignored)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = strlen(name), tail = PART_MARK_LEN + 2 * fields, i;

	if (len <= tail || strncmp(name + len - tail, PART_MARK, PART_MARK_LEN) != 0)
		return false;
	for (i = 0; i < fields; i++) {
		const char *at = name + len - 2 * (fields - i);
		const char *high = strchr(digits, at[0]), *low = strchr(digits, at[1]);

		if (!high || !low)
			return false;
		ret_ignored[i] = (uint8_t)((high - digits) * 16 + (low - digits));
	}
	*ret_len = len - tail;
	return true;
}

static int add_parts(struct maker *m, const struct ruleset_set *set, struct shapes *shapes)
{
	struct ruleset_set part = *set;
	size_t i;
	int r = 0;

	part.interval = false;
	for (i = 0; r == 0 && i < shapes->count; i++) {
		part_name(set, shapes->at[i].ignored, part.name);
		r = packed_sort(&shapes->at[i].entries);
		if (r == 0)
			r = add_set(m, &part, &shapes->at[i].entries);
	}
	if (r == 0)
		r = packed_sort(&shapes->rest);
	return r < 0 ? r : add_set(m, set, &shapes->rest);
}

static int add_whole(struct maker *m, const struct ruleset_set *set)
{
	struct packed packed;
	int r;

	packed_start(&packed, set, set->interval);
	r = packed_add_all(&packed, set);
	if (r == 0)
		r = packed_sort(&packed);
	if (r == 0)
		return add_set(m, set, &packed);
	packed_clear(&packed);
	return r;
}

static int lower_set(struct maker *m, size_t i)
{
	const struct ruleset_set *set = &m->from->sets[i];
	auto_(shapes_clear) struct shapes shapes = { 0 };
	size_t first = m->to->ruleset->set_count;
	int r = 0;

	if (m->split[i]) {
		r = shapes_make(set, LOWERED_SHAPES_MAX, &shapes);
		/* Where most would be left over nothing is gained. */
		if (r == 0 && shapes.rest.count * 2 > set->element_count)
			m->split[i] = false;
	}
	if (r == 0)
		r = m->split[i] ? add_parts(m, set, &shapes) : add_whole(m, set);
	m->places[i] = (struct place){ first, m->to->ruleset->set_count - first };
	return r;
}

/* --- rules --- */

/* The statement of rule whose set was split; SIZE_MAX: none. */
static size_t split_statement(const struct maker *m, const struct ruleset_rule *rule,
			      size_t *ret_set)
{
	size_t i;

	for (i = 0; i < rule->count; i++) {
		if (!names_a_set(rule->statements[i].kind))
			continue;
		*ret_set = index_of(m->from, rule->statements[i].text);
		if (*ret_set != SIZE_MAX && m->split[*ret_set])
			return i;
	}
	return SIZE_MAX;
}

static int add_rule(struct ruleset_chain *chain, const struct ruleset_rule *rule)
{
	if (chain->rule_count == chain->rule_room) {
		size_t room = chain->rule_room ? chain->rule_room * 2 : 8;
		struct ruleset_rule *grown = reallocarray(chain->rules, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		chain->rules = grown;
		chain->rule_room = room;
	}
	chain->rules[chain->rule_count++] = *rule;
	return 0;
}

/* The rule once for each part of the set that statement at looks into. */
static int add_rules(const struct maker *m, struct ruleset_chain *chain,
		     const struct ruleset_rule *rule, size_t at, const struct place *place)
{
	struct ruleset_rule copy = *rule;
	struct ruleset_statement *s = &copy.statements[at];
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < place->parts; i++) {
		const struct ruleset_set *set = &m->to->ruleset->sets[place->first + i];

		memset(s->ignored, 0, sizeof(s->ignored));
		if (i + 1 < place->parts)
			(void)lowered_read_name(set->name, set->key_fields, &len, s->ignored);
		(void)snprintf(s->text, sizeof(s->text), "%s", set->name);
		r = add_rule(chain, &copy);
	}
	return r;
}

static int lower_chain(const struct maker *m, size_t i)
{
	const struct ruleset_chain *from = &m->from->chains[i];
	struct ruleset_chain *to = &m->to->ruleset->chains[i];
	size_t j, set = 0;
	int r = 0;

	*to = *from;
	to->rules = NULL;
	to->rule_count = to->rule_room = 0;
	m->to->ruleset->chain_count++;
	for (j = 0; r == 0 && j < from->rule_count; j++) {
		size_t at = split_statement(m, &from->rules[j], &set);

		if (at == SIZE_MAX)
			r = add_rule(to, &from->rules[j]);
		else
			r = add_rules(m, to, &from->rules[j], at, &m->places[set]);
	}
	return r;
}

static int make(struct maker *m)
{
	const struct ruleset *from = m->from;
	struct ruleset *to = m->to->ruleset;
	size_t i;
	int r = 0;

	m->split = calloc(from->set_count + 1, sizeof(*m->split));
	m->places = calloc(from->set_count + 1, sizeof(*m->places));
	to->chains = calloc(from->chain_count + 1, sizeof(*to->chains));
	if (!m->split || !m->places || !to->chains)
		return -ENOMEM;
	for (i = 0; i < from->set_count; i++)
		m->split[i] = may_split(m, i);
	for (i = 0; r == 0 && i < from->set_count; i++)
		r = lower_set(m, i);
	for (i = 0; r == 0 && i < from->chain_count; i++)
		r = lower_chain(m, i);
	return r;
}

int lowered_make(const struct ruleset *ruleset, size_t elements_min, struct lowered **ret)
{
	auto_(lowered_freep) struct lowered *lowered = calloc(1, sizeof(*lowered));
	auto_(free_maker) struct maker m = { .from = ruleset,
					     .to = lowered,
					     .elements_min = elements_min };
	int r;

	if (!lowered)
		return -ENOMEM;
	lowered->ruleset = calloc(1, sizeof(*lowered->ruleset));
	if (!lowered->ruleset)
		return -ENOMEM;
	r = make(&m);
	if (r < 0)
		return r;
	*ret = steal(lowered);
	return 0;
}

void lowered_free(struct lowered *lowered)
{
	size_t i;

	if (!lowered)
		return;
	for (i = 0; lowered->ruleset && i < lowered->ruleset->set_count; i++)
		packed_clear(&lowered->packed[i]);
	free(lowered->packed);
	ruleset_free(lowered->ruleset);
	free(lowered);
}

void lowered_freep(struct lowered **lowered)
{
	lowered_free(*lowered);
	*lowered = NULL;
}

void lowered_rename(struct lowered *lowered, const char (*names)[RULESET_NAME_MAX])
{
	struct ruleset *ruleset = lowered->ruleset;
	size_t i, j, k;

	for (i = 0; i < ruleset->chain_count; i++) {
		for (j = 0; j < ruleset->chains[i].rule_count; j++) {
			struct ruleset_rule *rule = &ruleset->chains[i].rules[j];

			for (k = 0; k < rule->count; k++) {
				struct ruleset_statement *s = &rule->statements[k];
				size_t set = names_a_set(s->kind) ? index_of(ruleset, s->text)
								  : SIZE_MAX;

				if (set != SIZE_MAX)
					memcpy(s->text, names[set], RULESET_NAME_MAX);
			}
		}
	}
	for (i = 0; i < ruleset->set_count; i++)
		memcpy(ruleset->sets[i].name, names[i], RULESET_NAME_MAX);
}

void lowered_fill(uint8_t *bytes, size_t size, unsigned int ignored)
{
	size_t i = size;

	for (; i > 0 && ignored >= 8; ignored -= 8)
		bytes[--i] = 0xff;
	if (i > 0)
		bytes[i - 1] |= (uint8_t)((1U << ignored) - 1);
}
