/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets as the kernel gets them, and the rules with them. */
#include "kernel/lowered.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "kernel/lowered_sets.h"

bool lowered_names_a_set(enum ruleset_statement_kind kind)
{
	return kind == MATCH_SET || kind == ACT_VERDICT_MAP || kind == ACT_CT_MARK_MAP;
}

size_t lowered_index_of(const struct ruleset *ruleset, const char *name)
{
	size_t i;

	for (i = 0; i < ruleset->set_count; i++)
		if (strcmp(ruleset->sets[i].name, name) == 0)
			return i;
	return SIZE_MAX;
}

bool lowered_read_name(const char *name, size_t fields, size_t *ret_len, uint8_t *ret_ignored)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = strlen(name), tail = strlen(LOWERED_PART_MARK) + 2 * fields, i;

	if (len <= tail ||
	    strncmp(name + len - tail, LOWERED_PART_MARK, strlen(LOWERED_PART_MARK)) != 0)
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

void lowered_fill(uint8_t *bytes, size_t size, unsigned int ignored)
{
	size_t i = size;

	for (; i > 0 && ignored >= 8; ignored -= 8)
		bytes[--i] = 0xff;
	if (i > 0)
		bytes[i - 1] |= (uint8_t)((1U << ignored) - 1);
}

/* --- rules --- */

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

/* Has the statement look into the part, under its name in the kernel. */
static void look_into(const struct lowered *lowered, struct ruleset_statement *s, size_t part)
{
	memcpy(s->ignored, lowered->parts[part].ignored, sizeof(s->ignored));
	(void)snprintf(s->text, sizeof(s->text), "%s", lowered->ruleset->sets[part].name);
}

/* Names for those of the kernel; the statement whose set was split, with its whole, or SIZE_MAX. */
static size_t name_sets(const struct ruleset *from, const struct lowered *to,
			struct ruleset_rule *rule, const struct lowered_whole **ret_whole)
{
	size_t split = SIZE_MAX, i;

	for (i = 0; i < rule->count; i++) {
		struct ruleset_statement *s = &rule->statements[i];
		size_t set =
			lowered_names_a_set(s->kind) ? lowered_index_of(from, s->text) : SIZE_MAX;

		if (set == SIZE_MAX)
			continue; /* the kernel will say that it is not there */
		if (to->wholes[set].split) {
			split = i;
			*ret_whole = &to->wholes[set];
		} else {
			look_into(to, s, to->wholes[set].first);
		}
	}
	return split;
}

static int lower_rule(const struct ruleset *from, const struct lowered *to,
		      const struct ruleset_rule *rule, struct ruleset_chain *chain)
{
	const struct lowered_whole *whole = NULL;
	struct ruleset_rule copy = *rule;
	size_t at = name_sets(from, to, &copy, &whole), i;
	int r = 0;

	if (at == SIZE_MAX)
		return add_rule(chain, &copy);
	for (i = 0; r == 0 && i < whole->count; i++) {
		look_into(to, &copy.statements[at], whole->first + i);
		r = add_rule(chain, &copy);
	}
	return r;
}

static int lower_chains(const struct ruleset *from, struct lowered *to)
{
	size_t i, j;
	int r = 0;

	to->ruleset->chains = calloc(from->chain_count + 1, sizeof(*to->ruleset->chains));
	if (!to->ruleset->chains)
		return -ENOMEM;
	for (i = 0; r == 0 && i < from->chain_count; i++) {
		struct ruleset_chain *chain = &to->ruleset->chains[i];

		*chain = from->chains[i];
		chain->rules = NULL;
		chain->rule_count = chain->rule_room = 0;
		to->ruleset->chain_count++;
		for (j = 0; r == 0 && j < from->chains[i].rule_count; j++)
			r = lower_rule(from, to, &from->chains[i].rules[j], chain);
	}
	return r;
}

int lowered_make(const struct ruleset *ruleset, size_t elements_min, const struct lowered *former,
		 struct lowered **ret)
{
	auto_(lowered_freep) struct lowered *lowered = calloc(1, sizeof(*lowered));
	int r;

	if (!lowered)
		return -ENOMEM;
	lowered->ruleset = calloc(1, sizeof(*lowered->ruleset));
	if (!lowered->ruleset)
		return -ENOMEM; /* cppcheck-suppress memleak ; lowered_freep() frees it */
	r = lowered_make_sets(ruleset, elements_min, former, lowered);
	if (r == 0)
		r = lower_chains(ruleset, lowered);
	if (r < 0)
		return r;
	*ret = steal(lowered);
	return 0;
}

static void forget_part(struct lowered_part *part)
{
	packed_clear(&part->made);
	packed_clear(&part->gone);
	packed_clear(&part->new);
	part->fate = LOWERED_KEEP;
}

void lowered_free(struct lowered *lowered)
{
	size_t i;

	if (!lowered)
		return;
	for (i = 0; lowered->ruleset && i < lowered->ruleset->set_count; i++)
		forget_part(&lowered->parts[i]);
	for (i = 0; i < lowered->whole_count; i++) {
		packed_changes_clear(&lowered->wholes[i].changes);
		packed_clear(&lowered->wholes[i].elements);
	}
	free(lowered->parts);
	free(lowered->wholes);
	ruleset_free(lowered->ruleset);
	free(lowered);
}

void lowered_freep(struct lowered **lowered)
{
	lowered_free(*lowered);
	*lowered = NULL;
}

static int settle(struct lowered_whole *whole, struct lowered *former,
		  const struct ruleset_set *set)
{
	int r;

	if (whole->fate == LOWERED_MAKE || !former) {
		packed_start(&whole->elements, set, set->interval);
		r = packed_add_all(&whole->elements, set);
		return r < 0 ? r : packed_sort(&whole->elements);
	}
	whole->elements = former->wholes[whole->former].elements;
	former->wholes[whole->former].elements = (struct packed){ 0 };
	if (whole->fate == LOWERED_KEEP)
		return 0;
	return packed_update(&whole->elements, set, &whole->changes);
}

int lowered_settle(struct lowered *lowered, struct lowered *former, const struct ruleset *ruleset)
{
	size_t i;
	int r = 0;

	for (i = 0; i < lowered->ruleset->set_count; i++)
		forget_part(&lowered->parts[i]);
	for (i = 0; r == 0 && i < lowered->whole_count; i++) {
		r = settle(&lowered->wholes[i], former, &ruleset->sets[i]);
		packed_changes_clear(&lowered->wholes[i].changes);
		lowered->wholes[i].fate = LOWERED_KEEP;
	}
	return r;
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
				size_t set = lowered_names_a_set(s->kind)
						     ? lowered_index_of(ruleset, s->text)
						     : SIZE_MAX;

				if (set != SIZE_MAX)
					memcpy(s->text, names[set], RULESET_NAME_MAX);
			}
		}
	}
	for (i = 0; i < ruleset->set_count; i++)
		memcpy(ruleset->sets[i].name, names[i], RULESET_NAME_MAX);
}
