/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Joins what kernel/lowered.c split for the kernel: one interval set, and one rule for it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "kernel/lowered.h"
#include "kernel/readback_parts.h"
#include "ruleset/same.h"

static bool same_key(const struct ruleset_set *a, const struct ruleset_set *b)
{
	size_t i;

	if (a->key_fields != b->key_fields || a->is_map != b->is_map || a->timeouts || b->timeouts)
		return false;
	for (i = 0; i < a->key_fields; i++)
		if (readback_neutral(a->key[i]) != readback_neutral(b->key[i]))
			return false;
	return true;
}

/* Of sets of one plain name (a failed load leaves some behind) the one that is looked into. */
static struct readback_set *find_plain(struct readback *rb, const char *name, size_t len, bool used)
{
	size_t i;

	for (i = 0; i < rb->set_count; i++) {
		struct readback_set *set = &rb->sets[i];

		if (set->used == used && !set->nameless && strncmp(set->set.name, name, len) == 0 &&
		    set->set.name[len] == '\0')
			return set;
	}
	return NULL;
}

/* The set that this one is a part of, and what of its keys does not matter; NULL: of none. */
static struct readback_set *whole_of(struct readback *rb, const struct readback_set *part,
				     uint8_t *ret_ignored)
{
	struct readback_set *whole;
	size_t len;

	if (part->nameless || part->set.interval ||
	    !lowered_read_name(part->set.name, part->set.key_fields, &len, ret_ignored))
		return NULL;
	whole = find_plain(rb, part->set.name, len, part->used);
	return whole && whole->set.interval && same_key(&whole->set, &part->set) ? whole : NULL;
}

/* The statement of a rule that looks into a part or into a set that has parts. */
struct use {
	size_t statement; /* SIZE_MAX: none */
	struct readback_set *set, *whole;
};

static size_t count_parts(struct readback *rb, const struct readback_set *whole)
{
	uint8_t ignored[RULESET_KEY_FIELDS_MAX];
	size_t count = 0, i;

	for (i = 0; i < rb->set_count; i++)
		count += whole_of(rb, &rb->sets[i], ignored) == whole;
	return count;
}

static struct use find_use(struct readback *rb, const struct ruleset_rule *rule)
{
	struct use use = { .statement = SIZE_MAX };
	uint8_t ignored[RULESET_KEY_FIELDS_MAX];
	size_t i;

	for (i = 0; i < rule->count; i++) {
		const struct ruleset_statement *s = &rule->statements[i];

		if (s->kind != MATCH_SET && s->kind != ACT_VERDICT_MAP)
			continue;
		use.set = find_plain(rb, s->text, strlen(s->text), true);
		if (!use.set)
			continue;
		use.whole = whole_of(rb, use.set, ignored);
		if (!use.whole && use.set->set.interval && count_parts(rb, use.set) > 0)
			use.whole = use.set;
		if (!use.whole)
			continue;
		use.statement = i;
		return use;
	}
	return use;
}

/* True if the rules differ in nothing but which part they look into. */
static bool same_but_for_part(const struct ruleset_rule *a, const struct ruleset_rule *b, size_t at)
{
	struct ruleset_rule x = *a, y = *b;

	if (a->count != b->count || at >= a->count)
		return false;
	memset(x.statements[at].text, 0, sizeof(x.statements[at].text));
	memset(y.statements[at].text, 0, sizeof(y.statements[at].text));
	memset(x.statements[at].ignored, 0, sizeof(x.statements[at].ignored));
	memset(y.statements[at].ignored, 0, sizeof(y.statements[at].ignored));
	return same_rule(&x, &y);
}

static int refuse(struct readback *rb, const struct ruleset_chain *chain, size_t number,
		  const struct readback_set *set)
{
	return readback_refuse(
		rb, chain->name,
		_("rule %zu: it looks into a part of set %s, but not into all of it"), number,
		set->set.name);
}

/* From rule i on: one for each part, then the one for what is left. *ret_last is the latter. */
static int check_run(struct readback *rb, const struct ruleset_chain *chain, size_t i,
		     size_t *ret_last)
{
	const struct use first = find_use(rb, &chain->rules[i]);
	size_t left = count_parts(rb, first.whole), seen, j;
	uint8_t ignored[RULESET_KEY_FIELDS_MAX];

	for (j = i; j < chain->rule_count; j++) {
		const struct use use = find_use(rb, &chain->rules[j]);
		const struct ruleset_statement *s;

		if (use.statement != first.statement || use.whole != first.whole ||
		    !same_but_for_part(&chain->rules[i], &chain->rules[j], first.statement))
			break;
		s = &chain->rules[j].statements[use.statement];
		memset(ignored, 0, sizeof(ignored));
		if (use.set != use.whole)
			(void)whole_of(rb, use.set, ignored);
		if (s->negate || memcmp(s->ignored, ignored, sizeof(ignored)) != 0)
			break;
		/* Each part once. */
		for (seen = i; seen < j; seen++)
			if (strcmp(chain->rules[seen].statements[use.statement].text, s->text) == 0)
				return refuse(rb, chain, j + 1, first.whole);
		if (use.set == use.whole && left == 0) {
			*ret_last = j;
			return 0;
		}
		if (use.set == use.whole)
			break;
		left--;
	}
	return refuse(rb, chain, i + 1, first.whole);
}

static bool ignores_bits(const struct ruleset_rule *rule)
{
	static const uint8_t none[RULESET_KEY_FIELDS_MAX];
	size_t i;

	for (i = 0; i < rule->count; i++)
		if (memcmp(rule->statements[i].ignored, none, sizeof(none)) != 0)
			return true;
	return false;
}

static int join_rules(struct readback *rb, struct ruleset_chain *chain)
{
	size_t i, count = 0;
	int r = 0;

	for (i = 0; r == 0 && i < chain->rule_count; i++) {
		size_t last = i;

		if (find_use(rb, &chain->rules[i]).statement != SIZE_MAX)
			r = check_run(rb, chain, i, &last);
		if (r == 0 && ignores_bits(&chain->rules[last]))
			r = readback_refuse(rb, chain->name,
					    _("rule %zu: it looks for a part of a key only"),
					    last + 1);
		chain->rules[count++] = chain->rules[last];
		i = last;
	}
	if (r == 0)
		chain->rule_count = count;
	return r;
}

/* Appends the part's elements as the boxes that they stand for. */
static int join_elements(struct readback *rb, struct readback_set *whole, struct readback_set *part,
			 const uint8_t *ignored)
{
	struct ruleset_set *to = &whole->set;
	size_t total = to->element_count + part->set.element_count, i, j;
	struct ruleset_element *grown =
		reallocarray(to->elements, total ? total : 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	to->elements = grown;
	to->element_room = total;
	for (i = 0; i < part->set.element_count; i++) {
		struct ruleset_element e = part->set.elements[i], bits = { 0 };
		size_t at = 0;

		for (j = 0; j < to->key_fields; j++) {
			size_t size = ruleset_field_size(to->key[j]);

			if (ignored[j] > size * 8)
				return -EBADMSG;
			lowered_fill(bits.first + at, size, ignored[j]);
			at += ruleset_field_room(to->key[j]);
		}
		for (j = 0; j < at; j++) {
			if (e.first[j] & bits.first[j])
				return readback_refuse(
					rb, NULL, _("set %s has an element that nothing matches"),
					part->name);
			e.last[j] = e.first[j] | bits.first[j];
		}
		grown[to->element_count++] = e;
	}
	part->joined = true;
	return 0;
}

static int by_first(const void *a, const void *b)
{
	const struct ruleset_element *x = a, *y = b;

	return memcmp(x->first, y->first, sizeof(x->first));
}

static int join_sets(struct readback *rb)
{
	uint8_t ignored[RULESET_KEY_FIELDS_MAX] = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < rb->set_count; i++) {
		struct readback_set *whole = whole_of(rb, &rb->sets[i], ignored);

		if (whole)
			r = join_elements(rb, whole, &rb->sets[i], ignored);
	}
	for (i = 0; r == 0 && i < rb->set_count; i++)
		if (rb->sets[i].set.interval && rb->sets[i].set.element_count > 1)
			qsort(rb->sets[i].set.elements, rb->sets[i].set.element_count,
			      sizeof(struct ruleset_element), by_first);
	return r;
}

int readback_join_parts(struct readback *rb)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < rb->chain_count; i++)
		r = join_rules(rb, &rb->chains[i]);
	return r < 0 ? r : join_sets(rb);
}
