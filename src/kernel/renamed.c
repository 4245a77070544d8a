/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A shallow copy of a ruleset, with longer names of sets. */
#include "kernel/renamed.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static int lengthen(char *name, size_t cap)
{
	const size_t len = strnlen(name, cap);

	if (len + sizeof(RENAMED_SUFFIX) > cap)
		return -ENAMETOOLONG;
	memcpy(name + len, RENAMED_SUFFIX, sizeof(RENAMED_SUFFIX));
	return 0;
}

static bool names_a_set(enum ruleset_statement_kind kind)
{
	return kind == MATCH_SET || kind == ACT_VERDICT_MAP || kind == ACT_CT_MARK_MAP;
}

static int lengthen_in_rule(struct ruleset_rule *rule)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < rule->count; i++)
		if (names_a_set(rule->statements[i].kind))
			r = lengthen(rule->statements[i].text, RULESET_NAME_MAX);
	return r;
}

static int copy_rules(const struct ruleset_chain *from, struct ruleset_chain *to)
{
	int r = 0;

	*to = *from;
	to->rules = calloc(from->rule_count ? from->rule_count : 1, sizeof(*to->rules));
	if (!to->rules)
		return -ENOMEM;
	for (size_t i = 0; r == 0 && i < from->rule_count; i++) {
		to->rules[i] = from->rules[i];
		r = lengthen_in_rule(&to->rules[i]);
	}
	return r;
}

void renamed_freep(struct ruleset **copy)
{
	if (!*copy)
		return;
	for (size_t i = 0; (*copy)->chains && i < (*copy)->chain_count; i++)
		free((*copy)->chains[i].rules);
	free((*copy)->chains);
	free((*copy)->sets);
	free(*copy);
	*copy = NULL;
}

int renamed_copy(const struct ruleset *original, struct ruleset **ret)
{
	auto_(renamed_freep) struct ruleset *copy = calloc(1, sizeof(*copy));
	int r = 0;

	if (!copy)
		return -ENOMEM;
	copy->sets = calloc(original->set_count ? original->set_count : 1, sizeof(*copy->sets));
	copy->chains =
		calloc(original->chain_count ? original->chain_count : 1, sizeof(*copy->chains));
	if (!copy->sets || !copy->chains)
		return -ENOMEM; /* cppcheck-suppress memleak ; renamed_freep() frees it */
	copy->set_count = original->set_count;
	copy->chain_count = original->chain_count;
	for (size_t i = 0; r == 0 && i < original->set_count; i++) {
		copy->sets[i] = original->sets[i];
		r = lengthen(copy->sets[i].name, RULESET_NAME_MAX);
	}
	for (size_t i = 0; r == 0 && i < original->chain_count; i++)
		r = copy_rules(&original->chains[i], &copy->chains[i]);
	if (r < 0)
		return r;
	*ret = steal(copy);
	return 0;
}
