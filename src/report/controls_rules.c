/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions of the report of controls to the compiled ruleset. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "report/controls_parts.h"
#include "ruleset/compile.h"

int controls_add_setting(struct controls_item *item, const char *format, ...)
{
	struct policy_strings *settings = &item->settings;
	char **grown = realloc(settings->at, (settings->count + 1) * sizeof(*grown));
	va_list args;

	if (!grown)
		return -ENOMEM;
	settings->at = grown;
	va_start(args, format);
	int len = vasprintf(&grown[settings->count], format, args);
	va_end(args);
	if (len < 0)
		return -ENOMEM;
	settings->count++;
	return 0;
}

static int add_rule(struct controls_item *item, const char *id, const char *chain)
{
	for (size_t i = 0; i < item->rule_count; i++) {
		struct controls_rules *r = &item->rules[i];

		if (strcmp(r->id, id) == 0 && strcmp(r->chain, chain) == 0) {
			r->count++;
			return 0;
		}
	}
	struct controls_rules *grown =
		realloc(item->rules, (item->rule_count + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	item->rules = grown;
	grown[item->rule_count++] = (struct controls_rules){ .id = id, .chain = chain, .count = 1 };
	return 0;
}

/* What the rule logs behind the prefix that all have, or NULL. */
static const char *logged(const struct ruleset_rule *rule)
{
	const size_t prefix = strlen(COMPILE_LOG_PREFIX);

	for (size_t i = 0; i < rule->count; i++) {
		const struct ruleset_statement *s = &rule->statements[i];

		if (s->kind == ACT_LOG && strncmp(s->text, COMPILE_LOG_PREFIX, prefix) == 0)
			return s->text + prefix;
	}
	return NULL;
}

int controls_add_rules(const struct ruleset *ruleset, const char *id, struct controls_item *item)
{
	int count = 0;

	for (size_t c = 0; c < ruleset->chain_count; c++) {
		const struct ruleset_chain *chain = &ruleset->chains[c];

		for (size_t i = 0; i < chain->rule_count; i++) {
			const struct ruleset_rule *rule = &chain->rules[i];
			const char *what = rule->comment[0] ? rule->comment : logged(rule);

			if (!what || strcmp(what, id) != 0)
				continue;
			int r = add_rule(item, what, chain->name);
			if (r < 0)
				return r;
			count++;
		}
	}
	return count;
}

size_t controls_count_inspecting(const struct ruleset *ruleset, const char *id)
{
	size_t count = 0;

	for (size_t c = 0; c < ruleset->chain_count; c++) {
		const struct ruleset_chain *chain = &ruleset->chains[c];

		for (size_t i = 0; i < chain->rule_count; i++) {
			const struct ruleset_rule *rule = &chain->rules[i];
			const struct ruleset_statement *last =
				rule->count ? &rule->statements[rule->count - 1] : NULL;

			if (last && strcmp(rule->comment, id) == 0 && last->kind == ACT_VERDICT)
				count += strcmp(last->verdict.chain, "inspect") == 0;
		}
	}
	return count;
}

bool controls_refuses_the_rest(const struct ruleset *ruleset)
{
	for (size_t c = 0; c < ruleset->chain_count; c++) {
		if (ruleset->chains[c].hook == HOOK_FORWARD && ruleset->chains[c].policy_drop)
			return true;
	}
	return false;
}
