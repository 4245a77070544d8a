/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds what differs between two lowered rulesets, and sends it. */
#include "kernel/delta.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/batch.h"
#include "kernel/element.h"
#include "kernel/statement.h"
#include "kernel/table.h"
#include "kernel/transaction.h"
#include "ruleset/same.h"

enum fate { FATE_KEEP, FATE_CHANGE, FATE_MAKE };

struct plan {
	const struct lowered *former, *next;
	const struct delta_options *options;
	enum fate *chains;
	bool *kept;                           /* of former's sets: they stay */
	size_t to_make, to_change, to_delete; /* sets and chains */
};

static void clear(struct plan *p)
{
	free(p->chains);
	free(p->kept);
}

static void plan_sets(struct plan *p)
{
	const struct ruleset *former = p->former->ruleset, *next = p->next->ruleset;
	size_t i, j;

	for (i = 0; i < next->set_count; i++) {
		if (p->next->parts[i].fate == LOWERED_MAKE) {
			p->to_make++;
			continue;
		}
		for (j = 0; j < former->set_count; j++)
			if (strcmp(former->sets[j].name, next->sets[i].name) == 0)
				p->kept[j] = true;
		p->to_change += p->next->parts[i].fate == LOWERED_CHANGE;
	}
	for (i = 0; i < former->set_count; i++)
		p->to_delete += !p->kept[i];
}

static bool same_rules(const struct ruleset_chain *a, const struct ruleset_chain *b)
{
	size_t i;

	if (a->rule_count != b->rule_count)
		return false;
	for (i = 0; i < a->rule_count; i++)
		if (!same_rule(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

/* After the sets: rules are the same only where the names in them are. */
static int plan_chains(struct plan *p)
{
	const struct ruleset *former = p->former->ruleset, *next = p->next->ruleset;
	size_t i;

	for (i = 0; i < next->chain_count; i++) {
		const struct ruleset_chain *chain = &next->chains[i];
		const struct ruleset_chain *old = ruleset_chain(former, chain->name);

		p->chains[i] = FATE_MAKE;
		if (!old) {
			p->to_make++;
			p->to_change++;
			continue;
		}
		if (old->hook != chain->hook || old->priority != chain->priority ||
		    old->policy_drop != chain->policy_drop)
			return -ENOTSUP;
		p->chains[i] = same_rules(old, chain) ? FATE_KEEP : FATE_CHANGE;
		p->to_change += p->chains[i] == FATE_CHANGE;
	}
	for (i = 0; i < former->chain_count; i++)
		p->to_delete += ruleset_chain(next, former->chains[i].name) == NULL;
	return 0;
}

static int commit(const struct plan *p, int r, struct batch *batch)
{
	auto_(errors_clear) struct errors unheard = { 0 };

	r = transaction_send(r, batch, p->options->sock, &unheard);
	if (r == 0)
		++*p->options->ret_commits;
	return r;
}

/* What does nothing until a rule mentions it. */
static int lay_out(const struct plan *p)
{
	auto_(errors_clear) struct errors unheard = { 0 };
	auto_(batch_freep) struct batch *batch = NULL;
	size_t i;
	int r;

	if (p->to_make == 0)
		return 0;
	r = batch_new(RULESET_TABLE, &batch);
	for (i = 0; r == 0 && i < p->next->ruleset->chain_count; i++)
		if (p->chains[i] == FATE_MAKE)
			r = table_put_chain(batch, &p->next->ruleset->chains[i]);
	for (i = 0; r == 0 && i < p->next->ruleset->set_count; i++)
		if (p->next->parts[i].fate == LOWERED_MAKE)
			r = transaction_put_set(batch, p->next, i, &unheard);
	return commit(p, r, batch);
}

/* Takes back what was laid out. */
static void clear_away(const struct plan *p)
{
	auto_(batch_freep) struct batch *batch = NULL;
	size_t i;
	int r;

	if (p->to_make == 0)
		return;
	r = batch_new(RULESET_TABLE, &batch);
	for (i = 0; r == 0 && i < p->next->ruleset->set_count; i++)
		if (p->next->parts[i].fate == LOWERED_MAKE)
			r = table_put_delete(batch, BATCH_SET, p->next->ruleset->sets[i].name);
	for (i = 0; r == 0 && i < p->next->ruleset->chain_count; i++)
		if (p->chains[i] == FATE_MAKE)
			r = table_put_delete(batch, BATCH_CHAIN, p->next->ruleset->chains[i].name);
	(void)commit(p, r, batch);
}

/* Rules that go, so that what they mention can go as well. */
static int put_flushes(const struct plan *p, struct batch *batch)
{
	const struct ruleset *former = p->former->ruleset, *next = p->next->ruleset;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < next->chain_count; i++)
		if (p->chains[i] == FATE_CHANGE)
			r = table_put_flush_chain(batch, next->chains[i].name);
	for (i = 0; r == 0 && i < former->chain_count; i++)
		if (!ruleset_chain(next, former->chains[i].name))
			r = table_put_flush_chain(batch, former->chains[i].name);
	return r;
}

static int put_elements(const struct plan *p, struct batch *batch)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < p->next->ruleset->set_count; i++) {
		const struct lowered_part *part = &p->next->parts[i];
		const struct ruleset_set *set = &p->next->ruleset->sets[i];

		if (part->fate != LOWERED_CHANGE)
			continue;
		r = element_put_packed(batch, set, &part->gone, NFT_MSG_DELSETELEM);
		if (r == 0)
			r = element_put_packed(batch, set, &part->new, NFT_MSG_NEWSETELEM);
	}
	return r;
}

static int put_deletions(const struct plan *p, struct batch *batch)
{
	const struct ruleset *former = p->former->ruleset;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < former->set_count; i++)
		if (!p->kept[i])
			r = table_put_delete(batch, BATCH_SET, former->sets[i].name);
	for (i = 0; r == 0 && i < former->chain_count; i++)
		if (!ruleset_chain(p->next->ruleset, former->chains[i].name))
			r = table_put_delete(batch, BATCH_CHAIN, former->chains[i].name);
	return r;
}

static int put_rules(const struct plan *p, struct batch *batch)
{
	auto_(errors_clear) struct errors unheard = { 0 };
	const struct ruleset *next = p->next->ruleset;
	struct statement_context context = { .batch = batch,
					     .queue = p->options->queue,
					     .next_set_id = (uint32_t)next->set_count + 1 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < next->chain_count; i++)
		if (p->chains[i] != FATE_KEEP)
			r = transaction_put_rules(&context, &next->chains[i], &unheard);
	return r;
}

/* The one moment in which the policy changes. */
static int switch_over(const struct plan *p)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r;

	if (p->to_change == 0 && p->to_make == 0 && p->to_delete == 0)
		return 0;
	r = batch_new(RULESET_TABLE, &batch);
	if (r == 0)
		r = put_flushes(p, batch);
	if (r == 0)
		r = put_elements(p, batch);
	if (r == 0)
		r = put_rules(p, batch);
	if (r == 0 && !batch_message(batch, 0))
		return 0; /* what was laid out is all that differs: sets that no rule looks into */
	return commit(p, r, batch);
}

/* What no packet looks into any more (see apply.c). It has taken effect in any case: what cannot be
 * taken away is unknown to the next load, unless that makes everything new. */
static int take_away(const struct plan *p)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r;

	if (p->to_delete == 0)
		return 0;
	transaction_wait_for_packets();
	r = batch_new(RULESET_TABLE, &batch);
	if (r == 0)
		r = put_deletions(p, batch);
	return commit(p, r, batch);
}

int delta_apply(const struct lowered *former, const struct lowered *next,
		const struct delta_options *options)
{
	auto_(clear) struct plan p = { .former = former, .next = next, .options = options };
	int r;

	p.chains = calloc(next->ruleset->chain_count + 1, sizeof(*p.chains));
	p.kept = calloc(former->ruleset->set_count + 1, sizeof(*p.kept));
	if (!p.chains || !p.kept)
		return -ENOMEM; /* cppcheck-suppress memleak ; clear() frees it */
	plan_sets(&p);
	r = plan_chains(&p);
	if (r == 0)
		r = lay_out(&p);
	if (r < 0)
		return r;
	r = switch_over(&p);
	if (r < 0) {
		clear_away(&p);
		return r;
	}
	*options->ret_unclean = take_away(&p) < 0;
	return 0;
}
