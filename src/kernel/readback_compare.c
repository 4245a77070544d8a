/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Holds a ruleset that was read back against the one that is wanted. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netfilter.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mono.h"
#include "kernel/lowered.h"
#include "kernel/readback.h"
#include "kernel/readback_parts.h"
#include "kernel/shapes.h"
#include "ruleset/same.h"
#include "ruleset/text.h"

/* The clock that ends elements is not the one that dates are written by. */
#define EXPIRY_TOLERANCE_S 60

struct difference {
	char *out;
	size_t cap;
};

/* Notes the difference and gives 1. */
static int differ(const struct difference *d, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int differ(const struct difference *d, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(d->out, d->cap, format, args);
	va_end(args);
	return 1;
}

/* --- rules --- */

/* What the statement is preceded by when it is loaded, in that order. */
static void statement_needs(const struct ruleset_statement *s, struct readback_need *needs,
			    size_t *count)
{
	size_t i;

	*count = 0;
	switch (s->kind) {
	case MATCH_SET:
	case ACT_VERDICT_MAP:
		for (i = 0; i < s->field_count; i++)
			readback_field_needs(s->fields[i], needs, count);
		return;
	case MATCH_ICMP_TYPES:
		needs[(*count)++] = (struct readback_need){ NEED_NFPROTO, NFPROTO_IPV4 };
		needs[(*count)++] = (struct readback_need){ NEED_L4PROTO, IPPROTO_ICMP };
		return;
	case MATCH_ICMPV6_TYPES:
		needs[(*count)++] = (struct readback_need){ NEED_NFPROTO, NFPROTO_IPV6 };
		needs[(*count)++] = (struct readback_need){ NEED_L4PROTO, IPPROTO_ICMPV6 };
		return;
	case MATCH_TCP_FLAGS:
	case ACT_REJECT_RESET:
		needs[(*count)++] = (struct readback_need){ NEED_L4PROTO, IPPROTO_TCP };
		return;
	case MATCH_UDP_FIRST:
	case MATCH_UDP_LENGTH:
		needs[(*count)++] = (struct readback_need){ NEED_L4PROTO, IPPROTO_UDP };
		return;
	case MATCH_CT_STATE:
	case MATCH_CT_REPLY:
	case MATCH_CT_MARK:
	case MATCH_META_MARK:
	case MATCH_NFPROTO:
	case MATCH_L4PROTO:
	case MATCH_IIFNAME:
	case MATCH_OIFNAME:
	case ACT_COUNTER:
	case ACT_LOG:
	case ACT_SET_CT_MARK:
	case ACT_SET_META_MARK:
	case ACT_CT_MARK_FROM_META:
	case ACT_META_MARK_FROM_CT:
	case ACT_VERDICT:
	case ACT_CT_MARK_MAP:
	case ACT_QUEUE:
	case ACT_REJECT_ADMIN:
	case ACT_REJECT_PORT:
	case ACT_SNAT4:
	case ACT_SNAT6:
		return;
	}
}

/* The protocol that the writer of rules takes as known after a match. */
struct known {
	uint8_t nfproto, l4proto;
};

static bool learn(struct known *known, struct readback_need need)
{
	uint8_t *which = need.kind == NEED_NFPROTO ? &known->nfproto : &known->l4proto;

	if (need.kind == NEED_ETHER)
		return true;
	if (*which == need.value)
		return false;
	*which = need.value;
	return true;
}

static int replay_statement(struct readback_rule *r, const struct ruleset_statement *s,
			    struct known *known)
{
	struct readback_need needs[READBACK_NEEDS_MAX];
	size_t count = 0, i;
	int result = 0;

	if (!s->negate && (s->kind == MATCH_NFPROTO || s->kind == MATCH_L4PROTO)) {
		needs[0].kind = s->kind == MATCH_NFPROTO ? NEED_NFPROTO : NEED_L4PROTO;
		needs[0].value = (uint8_t)s->value;
		(void)learn(known, needs[0]);
		return readback_add_need(r, needs[0]);
	}
	statement_needs(s, needs, &count);
	for (i = 0; result == 0 && i < count; i++)
		if (learn(known, needs[i]))
			result = readback_add_need(r, needs[i]);
	return result < 0 ? result : readback_add_statement(r, s, needs, count);
}

/* The rule as it would be read back: a match of a protocol that a statement brings with it is part
 * of that statement. */
static void replay(const struct ruleset_rule *rule, struct ruleset_rule *ret)
{
	struct readback_trouble unheard;
	struct readback rb = { .trouble = &unheard };
	struct readback_rule r = { .rb = &rb, .chain = "", .rule = ret };
	struct known known = { 0, 0 };
	int result = 0;
	size_t i;

	*ret = (struct ruleset_rule){ 0 };
	for (i = 0; result == 0 && i < rule->count; i++)
		result = replay_statement(&r, &rule->statements[i], &known);
	if (result == 0)
		result = readback_finish_rule(&r);
	if (result < 0)
		*ret = *rule;
	memcpy(ret->comment, rule->comment, sizeof(ret->comment));
}

static bool same_as_read(const struct ruleset_rule *a, const struct ruleset_rule *b)
{
	struct ruleset_rule x, y;

	replay(a, &x);
	replay(b, &y);
	return same_rule(&x, &y);
}

#define TEXT_MAX 200

/* The rule in nft's words; what it was found to compare is told beside it. */
static char *rule_text(const struct ruleset *ruleset, const struct ruleset_rule *rule, char *out)
{
	FILE *to = fmemopen(out, TEXT_MAX, "w");
	size_t i;

	out[0] = '\0';
	if (!to)
		return out;
	text_print_rule(rule, to);
	for (i = 0; i < rule->count; i++) {
		const struct ruleset_statement *s = &rule->statements[i];
		const struct ruleset_set *set = ruleset_set(ruleset, s->text);

		if (s->kind != MATCH_SET || s->text[0] != '(' || !set || set->element_count != 1)
			continue;
		(void)fprintf(to, ", %s = ", s->text);
		text_print_element(set, &set->elements[0], to);
	}
	(void)fclose(to);
	out[TEXT_MAX - 1] = '\0';
	return out;
}

static int differ_in_rule(const struct difference *d, const struct ruleset *wanted,
			  const struct ruleset *found, const struct ruleset_chain *a,
			  const struct ruleset_chain *b, size_t i)
{
	char is[TEXT_MAX], should[TEXT_MAX];

	if (i < b->rule_count &&
	    (i == a->rule_count ||
	     (i + 1 < b->rule_count && same_as_read(&a->rules[i], &b->rules[i + 1]))))
		return differ(d, _("chain %s, rule %zu is not of the policy: %s"), a->name, i + 1,
			      rule_text(found, &b->rules[i], is));
	if (i < a->rule_count &&
	    (i == b->rule_count ||
	     (i + 1 < a->rule_count && same_as_read(&a->rules[i + 1], &b->rules[i]))))
		return differ(d, _("chain %s lacks rule %zu of the policy: %s"), a->name, i + 1,
			      rule_text(wanted, &a->rules[i], should));
	return differ(d, _("chain %s, rule %zu is: %s; in the policy it is: %s"), a->name, i + 1,
		      rule_text(found, &b->rules[i], is), rule_text(wanted, &a->rules[i], should));
}

static int compare_chain(const struct difference *d, const struct ruleset *wanted,
			 const struct ruleset *found, const struct ruleset_chain *a)
{
	const struct ruleset_chain *b = ruleset_chain(found, a->name);
	size_t i;

	if (!b)
		return differ(d, _("chain %s is not there"), a->name);
	if (a->hook != b->hook)
		return differ(d, _("chain %s hangs at another hook"), a->name);
	if (a->hook != HOOK_NONE && a->priority != b->priority)
		return differ(d, _("chain %s has priority %d, not %d"), a->name, b->priority,
			      a->priority);
	if (a->hook != HOOK_NONE && a->policy_drop && !b->policy_drop)
		return differ(d, _("chain %s accepts what no rule decides"), a->name);
	if (a->hook != HOOK_NONE && !a->policy_drop && b->policy_drop)
		return differ(d, _("chain %s drops what no rule decides"), a->name);
	for (i = 0; i < a->rule_count || i < b->rule_count; i++)
		if (i == a->rule_count || i == b->rule_count ||
		    !same_as_read(&a->rules[i], &b->rules[i]))
			return differ_in_rule(d, wanted, found, a, b, i);
	return 0;
}

/* --- sets --- */

/* Elements in one order, with ranges of a single field joined where they touch. */
struct sorted {
	struct ruleset_element **at;
	struct ruleset_element *joined; /* owned, where elements had to be copied */
	size_t count;
};

static void free_sorted(struct sorted *sorted)
{
	free(sorted->at);
	free(sorted->joined);
}

static int order_keys(const struct ruleset_element *x, const struct ruleset_element *y)
{
	int order = memcmp(x->first, y->first, sizeof(x->first));

	return order ? order : memcmp(x->last, y->last, sizeof(x->last));
}

static int order(const void *a, const void *b)
{
	const struct ruleset_element *const *x = a, *const *y = b;

	return order_keys(*x, *y);
}

/* True if y begins just after x ends. */
static bool touch(const struct ruleset_element *x, const struct ruleset_element *y, size_t len)
{
	uint8_t next[RULESET_KEY_BYTES_MAX];
	size_t i = len;

	memcpy(next, x->last, len);
	while (i-- > 0)
		if (++next[i] != 0)
			return memcmp(next, y->first, len) == 0;
	return false;
}

static int join(const struct ruleset_set *set, struct sorted *sorted)
{
	size_t len = ruleset_field_size(set->key[0]), count = 0, i;

	sorted->joined = calloc(sorted->count ? sorted->count : 1, sizeof(*sorted->joined));
	if (!sorted->joined)
		return -ENOMEM;
	for (i = 0; i < sorted->count; i++) {
		struct ruleset_element *e = sorted->at[i];
		struct ruleset_element *last = count ? &sorted->joined[count - 1] : NULL;

		if (last && last->expires_s == e->expires_s && touch(last, e, len) &&
		    same_verdict(&last->verdict, &e->verdict))
			memcpy(last->last, e->last, sizeof(last->last));
		else
			sorted->joined[count++] = *e;
	}
	sorted->count = count;
	for (i = 0; i < count; i++)
		sorted->at[i] = &sorted->joined[i];
	return 0;
}

static void add_box(struct sorted *sorted, const struct ruleset_set *set, const struct packed *from,
		    const uint8_t *ignored)
{
	size_t i, j;

	for (i = 0; i < from->count; i++) {
		struct ruleset_element *e = &sorted->joined[sorted->count++];
		size_t at = 0;

		packed_get(from, i, e);
		for (j = 0; ignored && j < set->key_fields; j++) {
			lowered_fill(e->last + at, ruleset_field_size(set->key[j]), ignored[j]);
			at += ruleset_field_room(set->key[j]);
		}
	}
}

/* As a big set is loaded: boxes in pieces, of which each is a product of prefixes. */
static int take_apart(const struct ruleset_set *set, struct sorted *ret)
{
	auto_(shapes_clear) struct shapes shapes = { 0 };
	size_t total, i;
	int r = shapes_make(set, SHAPES_ROOM, &shapes);

	if (r < 0)
		return r;
	total = shapes.rest.count;
	for (i = 0; i < shapes.count; i++)
		total += shapes.at[i].entries.count;
	ret->joined = calloc(total ? total : 1, sizeof(*ret->joined));
	ret->at = calloc(total ? total : 1, sizeof(struct ruleset_element *));
	if (!ret->joined || !ret->at)
		return -ENOMEM;
	for (i = 0; i < shapes.count; i++)
		add_box(ret, set, &shapes.at[i].entries, shapes.at[i].ignored);
	add_box(ret, set, &shapes.rest, NULL);
	for (i = 0; i < ret->count; i++)
		ret->at[i] = &ret->joined[i];
	return 0;
}

/* in_pieces: where the set was split for the kernel, or would be. */
static int sort(const struct ruleset_set *set, bool in_pieces, struct sorted *ret)
{
	size_t i;
	int r = 0;

	if (in_pieces && set->key_fields > 1) {
		r = take_apart(set, ret);
	} else {
		ret->at = calloc(set->element_count ? set->element_count : 1,
				 sizeof(struct ruleset_element *));
		if (!ret->at)
			return -ENOMEM;
		ret->count = set->element_count;
		for (i = 0; i < ret->count; i++)
			ret->at[i] = &set->elements[i];
	}
	if (r < 0)
		return r;
	qsort(ret->at, ret->count, sizeof(struct ruleset_element *), order);
	return set->interval && set->key_fields == 1 ? join(set, ret) : 0;
}

static char *element_text(const struct ruleset_set *set, const struct ruleset_element *e, char *out)
{
	FILE *to = fmemopen(out, TEXT_MAX, "w");

	out[0] = '\0';
	if (to) {
		text_print_element(set, e, to);
		(void)fclose(to);
	}
	out[TEXT_MAX - 1] = '\0';
	return out;
}

static bool same_expiry(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a == b;
	return a - b <= EXPIRY_TOLERANCE_S && b - a <= EXPIRY_TOLERANCE_S;
}

/* What expires is gone by the kernel's clock, somewhat sooner or later than by ours. */
static bool may_be_gone(const struct ruleset_set *set, const struct ruleset_element *e)
{
	return set->timeouts && e->expires_s != 0 &&
	       e->expires_s <= (int64_t)mono_real().tv_sec + EXPIRY_TOLERANCE_S;
}

/* One element of each list, by key; NULL beyond the end. */
static int compare_pair(const struct difference *d, const struct ruleset_set *set,
			const struct ruleset_element *wanted, const struct ruleset_element *found,
			int which)
{
	char text[TEXT_MAX];

	if (which > 0)
		return differ(d, _("set %s has an element that is not of the policy: %s"),
			      set->name, element_text(set, found, text));
	if (which < 0 && may_be_gone(set, wanted))
		return 0;
	if (which < 0)
		return differ(d, _("set %s lacks an element of the policy: %s"), set->name,
			      element_text(set, wanted, text));
	if (set->is_map && !same_verdict(&wanted->verdict, &found->verdict))
		return differ(d, _("map %s gives another verdict than the policy: %s"), set->name,
			      element_text(set, found, text));
	if (!same_expiry(wanted->expires_s, found->expires_s))
		return differ(d, _("an element of set %s expires at another time: %s"), set->name,
			      element_text(set, wanted, text));
	return 0;
}

static int compare_elements(const struct difference *d, const struct ruleset_set *a,
			    const struct ruleset_set *b)
{
	auto_(free_sorted) struct sorted x = { 0 };
	auto_(free_sorted) struct sorted y = { 0 };
	bool in_pieces = a->interval && a->element_count >= LOWERED_ELEMENTS_MIN;
	size_t i = 0, j = 0;
	int r = 0;

	if (sort(a, in_pieces, &x) < 0 || sort(b, in_pieces, &y) < 0)
		return -ENOMEM;
	while (r == 0 && (i < x.count || j < y.count)) {
		int which = i == x.count ? 1 : -1;

		if (i < x.count && j < y.count)
			which = order_keys(x.at[i], y.at[j]);
		r = compare_pair(d, a, i < x.count ? x.at[i] : NULL, j < y.count ? y.at[j] : NULL,
				 which);
		i += which <= 0;
		j += which >= 0;
	}
	return r;
}

static int compare_set(const struct difference *d, const struct ruleset *found,
		       const struct ruleset_set *a)
{
	const struct ruleset_set *b = ruleset_set(found, a->name);
	bool same;
	size_t i;

	if (!b)
		return differ(d, _("set %s is not there"), a->name);
	same = a->key_fields == b->key_fields && a->is_map == b->is_map &&
	       a->interval == b->interval && a->timeouts == b->timeouts;
	for (i = 0; same && i < a->key_fields; i++)
		same = readback_neutral(a->key[i]) == readback_neutral(b->key[i]);
	if (!same)
		return differ(d, _("set %s is of another type than in the policy"), a->name);
	return compare_elements(d, a, b);
}

int readback_compare(const struct ruleset *wanted, const struct ruleset *found, char *out,
		     size_t cap)
{
	const struct difference d = { out, cap };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < wanted->chain_count; i++)
		r = compare_chain(&d, wanted, found, &wanted->chains[i]);
	for (i = 0; r == 0 && i < found->chain_count; i++)
		if (!ruleset_chain(wanted, found->chains[i].name))
			r = differ(&d, _("chain %s is not of the policy"), found->chains[i].name);
	for (i = 0; r == 0 && i < wanted->set_count; i++)
		r = compare_set(&d, found, &wanted->sets[i]);
	for (i = 0; r == 0 && i < found->set_count; i++)
		if (!ruleset_set(wanted, found->sets[i].name))
			r = differ(&d, _("set %s is not of the policy"), found->sets[i].name);
	return r;
}
