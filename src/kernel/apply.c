/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads a ruleset into the kernel of the current network namespace: the whole of it, or nothing. */
#include "kernel/apply.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "kernel/batch.h"
#include "kernel/delta.h"
#include "kernel/generation.h"
#include "kernel/lowered.h"
#include "kernel/nlsock.h"
#include "kernel/present.h"
#include "kernel/renamed.h"
#include "kernel/statement.h"
#include "kernel/table.h"
#include "kernel/transaction.h"

struct apply_state {
	struct lowered *lowered; /* what is in the kernel; NULL: not known */
	enum apply_queue queue;
	uint32_t generation; /* of the kernel's rules since then */
};

int apply_state_new(struct apply_state **ret)
{
	struct apply_state *state = calloc(1, sizeof(*state));

	if (!state)
		return -ENOMEM;
	*ret = state;
	return 0;
}

bool apply_state_is_current(const struct apply_state *state, struct nlsock *sock)
{
	uint32_t now;

	return generation_read(sock, &now) == 0 && now == state->generation;
}

void apply_state_free(struct apply_state *state)
{
	if (!state)
		return;
	lowered_free(state->lowered);
	free(state);
}

void apply_state_freep(struct apply_state **state)
{
	apply_state_free(*state);
	*state = NULL;
}

/* One load. */
struct load {
	const struct apply_options *options;
	struct nlsock *sock;
	struct lowered *next;
	struct errors *errors;
	uint32_t commits; /* transactions that took effect so far */
	bool unclean;     /* something is left in the kernel that should have gone */
};

/* Sends the batch; counts. */
static int commit(struct load *load, int r, struct batch *batch, struct errors *errors)
{
	r = transaction_send(r, batch, load->sock, errors);
	if (r == 0)
		load->commits++;
	return r;
}

/* A table that may be there is made, deleted and made again: then it is surely empty. */
static int put_empty_table(struct batch *batch)
{
	int r = table_put(batch, NFT_MSG_NEWTABLE);

	if (r == 0)
		r = table_put(batch, NFT_MSG_DELTABLE);
	if (r == 0)
		r = table_put(batch, NFT_MSG_NEWTABLE);
	return r;
}

/* What does nothing until a rule mentions it. */
static int put_chains_and_sets(struct batch *batch, const struct lowered *next,
			       struct errors *errors)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < next->ruleset->chain_count; i++)
		r = table_put_chain(batch, &next->ruleset->chains[i]);
	for (i = 0; r == 0 && i < next->ruleset->set_count; i++)
		r = transaction_put_set(batch, next, i, errors);
	return r;
}

static int put_all_rules(struct batch *batch, const struct load *load)
{
	const struct ruleset *ruleset = load->next->ruleset;
	struct statement_context context = { .batch = batch,
					     .queue = load->options->queue,
					     .next_set_id = (uint32_t)ruleset->set_count + 1 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		r = transaction_put_rules(&context, &ruleset->chains[i], load->errors);
	return r;
}

/* The sets and chains of present that the ruleset does not have. */
static int put_deletions(struct batch *batch, const struct present *present,
			 const struct ruleset *ruleset)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < present->sets.count; i++)
		if (!ruleset_set(ruleset, present->sets.at[i].text))
			r = table_put_delete(batch, BATCH_SET, present->sets.at[i].text);
	for (i = 0; r == 0 && i < present->chains.count; i++)
		if (!ruleset_chain(ruleset, present->chains.at[i].text))
			r = table_put_delete(batch, BATCH_CHAIN, present->chains.at[i].text);
	return r;
}

/* Table and all at once. The kernel fills some kinds of sets only after the rules that look into
 * them are in force: for an instant they seem empty, and packets are refused. So this is for where
 * nothing is open yet. */
static int apply_at_once(struct load *load)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	if (r == 0)
		r = put_empty_table(batch);
	if (r == 0)
		r = put_chains_and_sets(batch, load->next, load->errors);
	if (r == 0)
		r = put_all_rules(batch, load);
	return commit(load, r, batch, load->errors);
}

/* Lays sets and chains beside those in force. 0, or -errno and nothing has changed. */
static int lay_out(struct load *load)
{
	auto_(errors_clear) struct errors unheard = { 0 };
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	if (r == 0)
		r = put_chains_and_sets(batch, load->next, &unheard);
	return commit(load, r, batch, &unheard);
}

/* Puts the rules over what was laid out: the one moment in which the policy changes. What the
 * former rules looked into stays: a packet may be half through them. */
static int switch_over(struct load *load)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	if (r == 0)
		r = table_put_flush(batch);
	if (r == 0)
		r = put_all_rules(batch, load);
	return commit(load, r, batch, load->errors);
}

/* After the switch, when no packet is in the former rules any more. The kernel hides the elements
 * of a map from the moment in which its end is decided, not from when the last packet has left.
 * What cannot be taken away does nothing; the next load takes it away. */
static void take_away(struct load *load, const struct present *former)
{
	auto_(errors_clear) struct errors unheard = { 0 };
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	transaction_wait_for_packets();
	if (r == 0)
		r = put_deletions(batch, former, load->next->ruleset);
	if (r == 0 && batch_message(batch, 0))
		r = commit(load, r, batch, &unheard);
	load->unclean = r < 0;
}

/* After a switch that did not happen. What stays does nothing; the next load finds it and starts
 * over. */
static void clear_away(const struct load *load, const struct present *former)
{
	const struct ruleset *ruleset = load->next->ruleset;
	auto_(batch_freep) struct batch *batch = NULL;
	size_t i;
	int r = batch_new(RULESET_TABLE, &batch);

	for (i = 0; r == 0 && i < ruleset->set_count; i++)
		r = table_put_delete(batch, BATCH_SET, ruleset->sets[i].name);
	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		if (!present_has(&former->chains, ruleset->chains[i].name))
			r = table_put_delete(batch, BATCH_CHAIN, ruleset->chains[i].name);
	if (r == 0)
		(void)batch_send(batch, load->sock, true, NULL);
}

static void free_names(char (**names)[RULESET_NAME_MAX])
{
	free(*names);
}

/* Gives every set of next the one of its two names that is free. -EEXIST: neither is. */
static int take_turns(struct lowered *next, const struct present *former)
{
	size_t count = next->ruleset->set_count, i;
	auto_(free_names) char(*names)[RULESET_NAME_MAX] = calloc(count + 1, sizeof(*names));
	int r = names ? 0 : -ENOMEM;

	for (i = 0; r == 0 && i < count; i++) {
		memcpy(names[i], next->ruleset->sets[i].name, sizeof(names[i]));
		if (!present_has(&former->sets, names[i]))
			continue;
		r = renamed_other(next->ruleset->sets[i].name, names[i], sizeof(names[i]));
		if (r == 0 && present_has(&former->sets, names[i]))
			r = -EEXIST;
	}
	if (r == 0)
		lowered_rename(next, names);
	return r;
}

/* Sets that no rule looks into are of a load that was broken off, or of somebody else: they go, so
 * that their names are free. */
static int clear_leftovers(struct load *load, struct present *former)
{
	auto_(errors_clear) struct errors unheard = { 0 };
	auto_(batch_freep) struct batch *batch = NULL;
	size_t count = 0, i;
	int r = batch_new(RULESET_TABLE, &batch);

	for (i = 0; r == 0 && i < former->sets.count; i++)
		if (!present_has(&former->used, former->sets.at[i].text))
			r = table_put_delete(batch, BATCH_SET, former->sets.at[i].text);
	if (r < 0 || !batch_message(batch, 0))
		return r;
	r = commit(load, r, batch, &unheard);
	for (i = 0; r == 0 && i < former->sets.count; i++)
		if (present_has(&former->used, former->sets.at[i].text))
			former->sets.at[count++] = former->sets.at[i];
	if (r == 0)
		former->sets.count = count;
	return r;
}

static int apply_in_place(struct load *load, struct present *former)
{
	int r;

	/* Something of another make is in the way, perhaps: then the table is made anew. */
	if (clear_leftovers(load, former) < 0 || take_turns(load->next, former) < 0 ||
	    lay_out(load) < 0)
		return apply_at_once(load);
	r = switch_over(load);
	if (r < 0)
		clear_away(load, former);
	else
		take_away(load, former);
	return r;
}

/* Only what differs from what is known to be in the kernel; anything but 0: it has to be the whole.
 */
static int apply_difference(struct load *load, const struct ruleset *ruleset, uint32_t generation)
{
	const struct apply_state *state = load->options->state;
	const struct delta_options options = { .queue = load->options->queue,
					       .sock = load->sock,
					       .ret_commits = &load->commits,
					       .ret_unclean = &load->unclean };
	int r;

	if (!state || !state->lowered || state->queue != load->options->queue ||
	    state->generation != generation)
		return -ENODATA;
	r = lowered_make(ruleset, LOWERED_ELEMENTS_MIN, state->lowered, &load->next);
	if (r == 0)
		r = delta_apply(state->lowered, load->next, &options);
	if (r < 0)
		lowered_freep(&load->next);
	return r;
}

static int apply_whole(struct load *load)
{
	auto_(present_clear) struct present former = { 0 };

	if (present_read(load->sock, RULESET_TABLE, &former) < 0 || former.chains.count == 0)
		return apply_at_once(load);
	return apply_in_place(load, &former);
}

/* Keeps what is in the kernel now, for the next load to start from; but nothing where somebody else
 * may have changed it meanwhile. */
static void remember(struct load *load, const struct ruleset *ruleset, bool whole, uint32_t before)
{
	struct apply_state *state = load->options->state;
	auto_(lowered_freep) struct lowered *former = NULL;
	uint32_t after = 0;

	if (!state)
		return;
	former = steal(state->lowered);
	if (load->unclean || generation_read(load->sock, &after) < 0 ||
	    after != before + load->commits ||
	    lowered_settle(load->next, whole ? NULL : former, ruleset) < 0)
		return;
	state->lowered = steal(load->next);
	state->queue = load->options->queue;
	state->generation = after;
}

static int apply(struct load *load, const struct ruleset *ruleset)
{
	uint32_t generation = 0;
	/* Whoever cannot ask cannot load either; loading says why in words. */
	bool counted = generation_read(load->sock, &generation) == 0;
	bool whole = !counted || apply_difference(load, ruleset, generation) < 0;
	int r = 0;

	if (whole) {
		r = lowered_make(ruleset, LOWERED_ELEMENTS_MIN, NULL, &load->next);
		if (r < 0) {
			errors_add(load->errors, NULL, 0, _("the ruleset cannot be sent: %s"),
				   strerror(-r));
			return r;
		}
		r = apply_whole(load);
	}
	if (r == 0 && counted)
		remember(load, ruleset, whole, generation);
	else if (load->options->state && load->commits > 0)
		lowered_freep(&load->options->state->lowered);
	return r;
}

/* The given socket, or one of our own, which then belongs to *owned. */
static int socket_for(struct nlsock *given, struct nlsock **owned, struct nlsock **ret)
{
	int r = given ? 0 : nlsock_open(owned);

	if (r == 0)
		*ret = given ? given : *owned;
	return r;
}

int apply_ruleset(const struct ruleset *ruleset, const struct apply_options *options,
		  struct errors *errors)
{
	auto_(nlsock_freep) struct nlsock *owned = NULL;
	struct load load = { .options = options, .errors = errors };
	int r = socket_for(options->sock, &owned, &load.sock);

	if (r < 0) {
		errors_add(errors, NULL, 0, _("the ruleset cannot be sent: %s"), strerror(-r));
		return r;
	}
	r = apply(&load, ruleset);
	lowered_free(load.next);
	return r;
}

int apply_delete(struct nlsock *sock)
{
	auto_(nlsock_freep) struct nlsock *owned = NULL;
	auto_(batch_freep) struct batch *batch = NULL;
	int r = socket_for(sock, &owned, &sock);

	if (r == 0)
		r = batch_new(RULESET_TABLE, &batch);
	/* Made first, so that deleting cannot fail for want of it. */
	if (r == 0)
		r = table_put(batch, NFT_MSG_NEWTABLE);
	if (r == 0)
		r = table_put(batch, NFT_MSG_DELTABLE);
	return r < 0 ? r : batch_send(batch, sock, true, NULL);
}
