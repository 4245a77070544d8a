/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two parts of rulesets say the same, member by member. */
#include "ruleset/same.h"

#include <string.h>

bool same_verdict(const struct ruleset_verdict *a, const struct ruleset_verdict *b)
{
	if (a->kind != b->kind)
		return false;
	return (a->kind != VERDICT_JUMP && a->kind != VERDICT_GOTO) ||
	       strcmp(a->chain, b->chain) == 0;
}

static bool same_types(const struct ruleset_statement *a, const struct ruleset_statement *b)
{
	if (a->type_count != b->type_count)
		return false;
	for (size_t i = 0; i < a->type_count; i++)
		if (!memchr(b->types, a->types[i], b->type_count))
			return false;
	return true;
}

bool same_statement(const struct ruleset_statement *a, const struct ruleset_statement *b)
{
	if (a->kind != b->kind || a->negate != b->negate || a->value != b->value ||
	    a->mask != b->mask || a->field_count != b->field_count ||
	    strcmp(a->text, b->text) != 0 || !same_types(a, b))
		return false;
	for (size_t i = 0; i < a->field_count; i++)
		if (a->fields[i] != b->fields[i] || a->ignored[i] != b->ignored[i])
			return false;
	if (a->kind == ACT_VERDICT && !same_verdict(&a->verdict, &b->verdict))
		return false;
	return (a->kind != ACT_SNAT4 && a->kind != ACT_SNAT6) ||
	       addr_compare(&a->address, &b->address) == 0;
}

bool same_rule(const struct ruleset_rule *a, const struct ruleset_rule *b)
{
	if (a->count != b->count || strcmp(a->comment, b->comment) != 0)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!same_statement(&a->statements[i], &b->statements[i]))
			return false;
	return true;
}
