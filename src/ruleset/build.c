/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a ruleset together piece by piece. */
#include "ruleset/build.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

/* Bytes of a packet that a log message carries: the headers that a record is made of. */
#define LOG_SNAPLEN 128

void build_start(struct build *build)
{
	*build = (struct build){ .ruleset = calloc(1, sizeof(struct ruleset)) };
	if (!build->ruleset)
		build->error = -ENOMEM;
}

void build_fail(struct build *build, int error)
{
	if (!build->error)
		build->error = error;
}

static int compare_elements(const void *a, const void *b)
{
	const struct ruleset_element *x = a, *y = b;

	return memcmp(x->first, y->first, sizeof(x->first));
}

/* Most sets are filled in order: looking is cheaper than sorting large elements. */
static void sort_elements(struct ruleset_set *set)
{
	for (size_t i = 1; i < set->element_count; i++) {
		if (compare_elements(&set->elements[i - 1], &set->elements[i]) <= 0)
			continue;
		qsort(set->elements, set->element_count, sizeof(*set->elements), compare_elements);
		return;
	}
}

int build_finish(struct build *build, struct ruleset **ret)
{
	auto_(ruleset_freep) struct ruleset *ruleset = steal(build->ruleset);

	if (build->error)
		return build->error;
	for (size_t i = 0; i < ruleset->set_count; i++)
		sort_elements(&ruleset->sets[i]);
	*ret = steal(ruleset);
	return 0;
}

/* Copies text into out (cap) without what nft's quoted strings cannot hold or would expand. False
 * if it does not fit. */
static bool copy_text(char *out, size_t cap, const char *text)
{
	size_t len = strlen(text);

	if (len >= cap)
		return false;
	for (size_t i = 0; i <= len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool bad = c && (c < 0x20 || c == 0x7f || c == '"' || c == '\\' || c == '$');

		out[i] = text[i];
		if (bad)
			out[i] = '_';
	}
	return true;
}

void build_name(struct build *build, char *out, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(out, RULESET_NAME_MAX, format, args);
	va_end(args);
	if (len < 0 || len >= RULESET_NAME_MAX)
		build_fail(build, -E2BIG);
}

static void set_name(struct build *build, char *out, const char *name)
{
	if (!copy_text(out, RULESET_NAME_MAX, name))
		build_fail(build, -E2BIG);
}

/* Room for one more in an array of count; NULL where memory ran out (and the error sticks). The
 * array holds *room, which may be NULL where it grows by one. */
static void *grow(struct build *build, void *array, size_t count, size_t *room, size_t size)
{
	size_t wanted = count + 1;
	void *grown;

	if (room) {
		if (count < *room)
			return array;
		wanted = *room ? *room * 2 : 4;
	}
	grown = reallocarray(array, wanted, size);
	if (!grown) {
		build_fail(build, -ENOMEM);
		return NULL;
	}
	if (room)
		*room = wanted;
	return grown;
}

static struct ruleset_set *newest_set(struct build *build)
{
	struct ruleset *r = build->ruleset;

	return build->error || !r->set_count ? NULL : &r->sets[r->set_count - 1];
}

static struct ruleset_element *newest_element(struct build *build)
{
	struct ruleset_set *set = newest_set(build);

	return set && set->element_count ? &set->elements[set->element_count - 1] : NULL;
}

static struct ruleset_chain *newest_chain(struct build *build)
{
	struct ruleset *r = build->ruleset;

	return build->error || !r->chain_count ? NULL : &r->chains[r->chain_count - 1];
}

void build_set(struct build *build, const char *name, enum build_set_kind kind,
	       const enum ruleset_field *fields, size_t count)
{
	struct ruleset *r = build->ruleset;
	struct ruleset_set *grown, *set;

	if (build->error)
		return;
	grown = grow(build, r->sets, r->set_count, NULL, sizeof(*grown));
	if (!grown)
		return;
	r->sets = grown;
	set = &grown[r->set_count++];
	*set = (struct ruleset_set){ 0 };
	set_name(build, set->name, name);
	set->interval = kind == BUILD_INTERVAL || kind == BUILD_INTERVAL_MAP;
	set->is_map = kind == BUILD_EXACT_MAP || kind == BUILD_INTERVAL_MAP;
	set->key_fields = count;
	for (size_t i = 0; i < count; i++)
		set->key[i] = fields[i];
}

void build_may_expire(struct build *build)
{
	struct ruleset_set *set = newest_set(build);

	if (set)
		set->timeouts = true;
}

void build_element(struct build *build)
{
	struct ruleset_set *set = newest_set(build);
	struct ruleset_element *grown;

	if (!set)
		return;
	grown = grow(build, set->elements, set->element_count, &set->element_room, sizeof(*grown));
	if (!grown)
		return;
	set->elements = grown;
	grown[set->element_count++] = (struct ruleset_element){ 0 };
	build->filled = 0;
}

/* Places the next field of the newest element's key. */
static void put_field(struct build *build, const void *first, const void *last, size_t len)
{
	struct ruleset_set *set = newest_set(build);
	struct ruleset_element *element = newest_element(build);
	size_t at = 0;

	if (!element)
		return;
	for (size_t i = 0; i < build->filled; i++)
		at += ruleset_field_room(set->key[i]);
	memcpy(element->first + at, first, len);
	memcpy(element->last + at, last, len);
	build->filled++;
}

void build_put_interface(struct build *build, const char *name)
{
	char padded[16] = { 0 };
	size_t len = strlen(name);

	if (len >= sizeof(padded)) {
		build_fail(build, -E2BIG);
		return;
	}
	for (size_t i = 0; i < len; i++)
		padded[i] = name[i];
	put_field(build, padded, padded, sizeof(padded));
}

void build_put_range(struct build *build, const struct addr_range *range)
{
	put_field(build, range->first, range->last, addr_len(range->family));
}

void build_put_mac(struct build *build, const uint8_t mac[6])
{
	put_field(build, mac, mac, 6);
}

void build_put_protocol(struct build *build, uint8_t l4proto)
{
	put_field(build, &l4proto, &l4proto, sizeof(l4proto));
}

void build_put_number(struct build *build, uint32_t first, uint32_t last)
{
	const struct ruleset_set *set = newest_set(build);
	uint8_t from[2] = { (uint8_t)(first >> 8), (uint8_t)first };
	uint8_t to[2] = { (uint8_t)(last >> 8), (uint8_t)last };

	if (!set || build->filled >= set->key_fields)
		return;
	switch (ruleset_field_size(set->key[build->filled])) {
	case 1:
		put_field(build, from + 1, to + 1, 1);
		break;
	case 2:
		put_field(build, from, to, 2);
		break;
	case 4: /* marks are in host order */
		put_field(build, &first, &last, 4);
		break;
	}
}

void build_put_expiry(struct build *build, int64_t expires_s)
{
	struct ruleset_element *element = newest_element(build);

	if (element)
		element->expires_s = expires_s;
}

static struct ruleset_verdict verdict_of(struct build *build, enum ruleset_verdict_kind kind,
					 const char *chain)
{
	struct ruleset_verdict verdict = { .kind = kind };

	if (chain)
		set_name(build, verdict.chain, chain);
	return verdict;
}

void build_put_verdict(struct build *build, enum ruleset_verdict_kind kind, const char *chain)
{
	struct ruleset_element *element = newest_element(build);

	if (element)
		element->verdict = verdict_of(build, kind, chain);
}

void build_base_chain(struct build *build, const char *name, enum ruleset_hook hook, int priority,
		      bool policy_drop)
{
	struct ruleset *r = build->ruleset;
	struct ruleset_chain *grown, *chain;

	if (build->error)
		return;
	grown = grow(build, r->chains, r->chain_count, NULL, sizeof(*grown));
	if (!grown)
		return;
	r->chains = grown;
	chain = &grown[r->chain_count++];
	*chain = (struct ruleset_chain){ .hook = hook,
					 .priority = priority,
					 .policy_drop = policy_drop };
	set_name(build, chain->name, name);
}

void build_chain(struct build *build, const char *name)
{
	build_base_chain(build, name, HOOK_NONE, 0, false);
}

void build_rule(struct build *build, const char *comment)
{
	struct ruleset_chain *chain = newest_chain(build);
	struct ruleset_rule *grown, *rule;

	if (!chain)
		return;
	grown = grow(build, chain->rules, chain->rule_count, &chain->rule_room, sizeof(*grown));
	if (!grown)
		return;
	chain->rules = grown;
	rule = &grown[chain->rule_count++];
	*rule = (struct ruleset_rule){ 0 };
	if (comment && !copy_text(rule->comment, sizeof(rule->comment), comment))
		build_fail(build, -E2BIG);
}

void build_statement(struct build *build, const struct ruleset_statement *statement)
{
	struct ruleset_chain *chain = newest_chain(build);
	struct ruleset_rule *rule;

	if (!chain || !chain->rule_count)
		return;
	rule = &chain->rules[chain->rule_count - 1];
	if (rule->count == RULESET_STATEMENTS_MAX)
		build_fail(build, -E2BIG);
	else
		rule->statements[rule->count++] = *statement;
}

/* A statement about fields and a named set or map. */
static void set_statement(struct build *build, struct ruleset_statement *s, const char *set,
			  const enum ruleset_field *fields, size_t count)
{
	set_name(build, s->text, set);
	s->field_count = count;
	for (size_t i = 0; i < count; i++)
		s->fields[i] = fields[i];
	build_statement(build, s);
}

void build_in_set(struct build *build, const char *set, const enum ruleset_field *fields,
		  size_t count)
{
	struct ruleset_statement s = { .kind = MATCH_SET };

	set_statement(build, &s, set, fields, count);
}

void build_not_in_set(struct build *build, const char *set, const enum ruleset_field *fields,
		      size_t count)
{
	struct ruleset_statement s = { .kind = MATCH_SET, .negate = true };

	set_statement(build, &s, set, fields, count);
}

void build_lookup(struct build *build, const char *map, const enum ruleset_field *fields,
		  size_t count)
{
	struct ruleset_statement s = { .kind = ACT_VERDICT_MAP };

	set_statement(build, &s, map, fields, count);
}

void build_value(struct build *build, enum ruleset_statement_kind kind, uint32_t value)
{
	struct ruleset_statement s = { .kind = kind, .value = value };

	build_statement(build, &s);
}

void build_masked(struct build *build, enum ruleset_statement_kind kind, uint32_t mask,
		  uint32_t value)
{
	struct ruleset_statement s = { .kind = kind, .value = value, .mask = mask };

	build_statement(build, &s);
}

void build_masked_not(struct build *build, enum ruleset_statement_kind kind, uint32_t mask,
		      uint32_t value)
{
	struct ruleset_statement s = { .kind = kind, .negate = true, .value = value, .mask = mask };

	build_statement(build, &s);
}

void build_text(struct build *build, enum ruleset_statement_kind kind, const char *text)
{
	struct ruleset_statement s = { .kind = kind };

	if (!copy_text(s.text, sizeof(s.text), text))
		build_fail(build, -E2BIG);
	build_statement(build, &s);
}

void build_types(struct build *build, enum ruleset_statement_kind kind, const uint8_t *types,
		 size_t count)
{
	struct ruleset_statement s = { .kind = kind, .type_count = count };

	memcpy(s.types, types, count);
	build_statement(build, &s);
}

void build_act(struct build *build, enum ruleset_statement_kind kind)
{
	build_value(build, kind, 0);
}

void build_log(struct build *build, uint16_t group, const char *format, ...)
{
	struct ruleset_statement s = { .kind = ACT_LOG, .value = group, .mask = LOG_SNAPLEN };
	char prefix[2 * RULESET_LOG_PREFIX_MAX];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(prefix, sizeof(prefix), format, args);
	va_end(args);
	if (len < 0 || !copy_text(s.text, sizeof(s.text), prefix))
		build_fail(build, -E2BIG);
	build_statement(build, &s);
}

static void act_verdict(struct build *build, enum ruleset_verdict_kind kind, const char *chain)
{
	struct ruleset_statement s = { .kind = ACT_VERDICT };

	s.verdict = verdict_of(build, kind, chain);
	build_statement(build, &s);
}

void build_accept(struct build *build)
{
	act_verdict(build, VERDICT_ACCEPT, NULL);
}

void build_drop(struct build *build)
{
	act_verdict(build, VERDICT_DROP, NULL);
}

void build_return(struct build *build)
{
	act_verdict(build, VERDICT_RETURN, NULL);
}

void build_goto(struct build *build, const char *chain)
{
	act_verdict(build, VERDICT_GOTO, chain);
}
