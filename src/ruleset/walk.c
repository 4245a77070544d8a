/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leads a packet through the chains of a ruleset as nf_tables does. */
#include "ruleset/walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/walk_parts.h"

/* Source: NFT_JUMP_STACK_SIZE, include/net/netfilter/nf_tables.h */
#define JUMPS_MAX 16

/* Where a chain goes on. */
struct spot {
	const struct ruleset_chain *chain;
	size_t rule;
};

static int add_step(struct walk_journey *journey, const struct ruleset_chain *chain, size_t rule)
{
	struct walk_result *r = &journey->so_far;

	if (r->step_count == WALK_STEPS_MAX)
		return -E2BIG;
	r->steps[r->step_count++] = (struct walk_step){ .chain = chain, .rule = rule };
	if (rule < chain->rule_count && chain->rules[rule].comment[0])
		r->comment = chain->rules[rule].comment;
	return 0;
}

/* WALK_GO_ON: the next rule's turn. */
static int run_rule(struct walk_journey *journey, const struct spot *spot)
{
	const struct ruleset_rule *rule = &spot->chain->rules[spot->rule];
	int effect = WALK_GO_ON, err;

	for (size_t i = 0; i < rule->count && effect == WALK_GO_ON; i++)
		effect = walk_statement(journey, &rule->statements[i]);
	if (effect == WALK_NEXT_RULE)
		return WALK_GO_ON;
	if (effect < 0)
		return effect;
	err = add_step(journey, spot->chain, spot->rule);
	return err ? err : effect;
}

static int compare_chain(const void *name, const void *chain)
{
	return strcmp(name, ((const struct walk_chain *)chain)->chain->name);
}

static int enter(const struct walk *walk, const char *name, struct spot *ret)
{
	const struct walk_chain *found =
		bsearch(name, walk->chains, walk->chain_count, sizeof(*found), compare_chain);

	if (!found)
		return -ENOENT;
	*ret = (struct spot){ .chain = found->chain };
	return 0;
}

/* A base chain under way: where it is, and where its jumps return to. */
struct trail {
	struct spot at;
	struct spot back[JUMPS_MAX];
	size_t depth;
};

/* Applies the verdict. WALK_GO_ON with *trail changed, or WALK_END. */
static int follow(struct walk_journey *journey, struct trail *trail)
{
	const struct ruleset_verdict *verdict = journey->verdict;

	switch (verdict->kind) {
	case VERDICT_ACCEPT:
		journey->so_far.outcome = WALK_ACCEPT;
		return WALK_END;
	case VERDICT_DROP:
		journey->so_far.outcome = WALK_DROP;
		return WALK_END;
	case VERDICT_JUMP:
		if (trail->depth == JUMPS_MAX)
			return -ELOOP;
		trail->back[trail->depth++] = trail->at;
		return enter(journey->walk, verdict->chain, &trail->at);
	case VERDICT_GOTO:
		return enter(journey->walk, verdict->chain, &trail->at);
	case VERDICT_RETURN:
		trail->at.rule = trail->at.chain->rule_count;
		return WALK_GO_ON;
	}
	return -EINVAL;
}

/* Runs one base chain to its end: 0 with the outcome so far, or an error. Every jump is a step, so
 * that it ends even where chains go round in circles. */
static int run_base(struct walk_journey *journey, const struct ruleset_chain *base)
{
	struct trail trail = { .at = { .chain = base } };

	for (;;) {
		int effect;

		if (trail.at.rule == trail.at.chain->rule_count) {
			if (trail.depth == 0)
				break;
			trail.at = trail.back[--trail.depth];
			continue;
		}
		effect = run_rule(journey, &trail.at);
		trail.at.rule++;
		if (effect == WALK_VERDICT)
			effect = follow(journey, &trail);
		if (effect < 0)
			return effect;
		if (effect == WALK_END)
			return 0;
	}
	journey->so_far.outcome = base->policy_drop ? WALK_DROP : WALK_ACCEPT;
	return add_step(journey, base, SIZE_MAX);
}

int walk_packet(struct walk *walk, enum ruleset_hook hook, const struct walk_packet *packet,
		struct walk_result *ret)
{
	struct walk_journey journey = {
		.walk = walk,
		.packet = packet,
		.so_far = { .outcome = WALK_ACCEPT,
			    .ct_mark = packet->ct_mark,
			    .meta_mark = packet->meta_mark },
	};
	/* NAT is settled by a connection's first packet. */
	bool passes_by = hook == HOOK_POSTROUTING_NAT && packet->ct_state != STATE_NEW;

	for (size_t i = 0; i < walk->base_count && !passes_by; i++) {
		int err;

		if (walk->bases[i].chain->hook != hook)
			continue;
		err = run_base(&journey, walk->bases[i].chain);
		if (err)
			return err;
		if (journey.so_far.outcome != WALK_ACCEPT)
			break;
	}
	*ret = journey.so_far;
	return 0;
}

static int order_bases(const void *a, const void *b)
{
	const struct walk_chain *x = a, *y = b;

	if (x->chain->priority != y->chain->priority)
		return x->chain->priority < y->chain->priority ? -1 : 1;
	/* Source: nf_hook_entries_grow() in net/netfilter/core.c; seen on Linux 6.18 */
	return x->place > y->place ? -1 : x->place < y->place;
}

static int order_chains(const void *a, const void *b)
{
	const struct walk_chain *x = a, *y = b;

	return strcmp(x->chain->name, y->chain->name);
}

static int order_sets(const void *a, const void *b)
{
	const struct walk_set *x = a, *y = b;

	return strcmp(x->set->name, y->set->name);
}

static bool make_room(struct walk *walk, const struct ruleset *ruleset)
{
	/* one more each, since there may be none */
	walk->bases = calloc(ruleset->chain_count + 1, sizeof(*walk->bases));
	walk->chains = calloc(ruleset->chain_count + 1, sizeof(*walk->chains));
	walk->sets = calloc(ruleset->set_count + 1, sizeof(*walk->sets));
	return walk->bases && walk->chains && walk->sets;
}

int walk_new(const struct ruleset *ruleset, struct walk **ret)
{
	auto_(walk_freep) struct walk *walk = calloc(1, sizeof(*walk));

	if (!walk || !make_room(walk, ruleset))
		return -ENOMEM; /* cppcheck-suppress memleak ; walk_freep() frees it */
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct walk_chain chain = { .chain = &ruleset->chains[i], .place = i };

		walk->chains[walk->chain_count++] = chain;
		if (chain.chain->hook != HOOK_NONE)
			walk->bases[walk->base_count++] = chain;
	}
	for (size_t i = 0; i < ruleset->set_count; i++)
		walk->sets[walk->set_count++].set = &ruleset->sets[i];
	qsort(walk->bases, walk->base_count, sizeof(*walk->bases), order_bases);
	qsort(walk->chains, walk->chain_count, sizeof(*walk->chains), order_chains);
	qsort(walk->sets, walk->set_count, sizeof(*walk->sets), order_sets);
	*ret = steal(walk);
	return 0;
}

void walk_free(struct walk *walk)
{
	if (!walk)
		return;
	for (size_t i = 0; i < walk->set_count; i++)
		walk_set_clear(&walk->sets[i]);
	free(walk->sets);
	free(walk->chains);
	free(walk->bases);
	free(walk);
}

void walk_freep(struct walk **walk)
{
	walk_free(*walk);
	*walk = NULL;
}

int walk_ruleset(const struct ruleset *ruleset, enum ruleset_hook hook,
		 const struct walk_packet *packet, struct walk_result *ret)
{
	auto_(walk_freep) struct walk *walk = NULL;
	int err = walk_new(ruleset, &walk);

	return err ? err : walk_packet(walk, hook, packet, ret);
}

const char *walk_outcome_slug(enum walk_outcome outcome)
{
	static const char *const slugs[] = {
		[WALK_ACCEPT] = "accept",
		[WALK_DROP] = "drop",
		[WALK_REJECT_RESET] = "reject-reset",
		[WALK_REJECT_ADMIN] = "reject-admin",
		[WALK_REJECT_PORT] = "reject-port",
		[WALK_QUEUE] = "queue",
	};

	return slugs[outcome];
}
