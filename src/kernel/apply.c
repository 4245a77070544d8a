/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads a ruleset into the kernel of the current network namespace: the whole of it, or nothing. */
#include "kernel/apply.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "kernel/batch.h"
#include "kernel/element.h"
#include "kernel/nlsock.h"
#include "kernel/present.h"
#include "kernel/renamed.h"
#include "kernel/set.h"
#include "kernel/statement.h"
#include "kernel/table.h"

#define OBJECT_TEXT_MAX 320

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

/* Which object, in words; "" if the kernel has not said. */
static const char *object_text(const struct batch_failure *failure, char *out, size_t cap)
{
	const struct batch_object *o = &failure->object;

	out[0] = '\0';
	if (!failure->has_object)
		return out;
	switch (o->kind) {
	case BATCH_TABLE:
		(void)snprintf(out, cap, _("table %s"), o->name);
		break;
	case BATCH_CHAIN:
		(void)snprintf(out, cap, _("chain %s"), o->name);
		break;
	case BATCH_SET:
		(void)snprintf(out, cap, _("set %s"), o->name);
		break;
	case BATCH_ELEMENTS:
		if (failure->element > 0)
			(void)snprintf(out, cap, _("element %zu of set %s"), failure->element,
				       o->name);
		else
			(void)snprintf(out, cap, _("elements of set %s (from %zu on)"), o->name,
				       o->number);
		break;
	case BATCH_RULE:
		(void)snprintf(out, cap, _("rule %zu of chain %s%s%s%s"), o->number, o->name,
			       o->detail && o->detail[0] ? " (" : "", o->detail ? o->detail : "",
			       o->detail && o->detail[0] ? ")" : "");
		break;
	}
	return out;
}

static void explain_unsayable(struct errors *errors, const struct batch_object *object)
{
	const struct batch_failure failure = { .has_object = true, .object = *object };
	char text[OBJECT_TEXT_MAX];

	errors_add(errors, NULL, 0, _("%s cannot be expressed in the kernel's terms"),
		   object_text(&failure, text, sizeof(text)));
}

static int put_sets(struct batch *batch, const struct ruleset *ruleset, struct errors *errors)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ruleset->set_count; i++) {
		const struct ruleset_set *set = &ruleset->sets[i];
		const struct batch_object object = { .kind = BATCH_SET, .name = set->name };

		r = set_put_definition(batch, set, (uint32_t)i + 1);
		if (r == 0)
			r = element_put_all(batch, set);
		if (r == -EINVAL)
			explain_unsayable(errors, &object);
	}
	return r;
}

static int put_rules(struct statement_context *context, const struct ruleset_chain *chain,
		     struct errors *errors)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < chain->rule_count; i++) {
		const struct batch_object object = { .kind = BATCH_RULE,
						     .name = chain->name,
						     .number = i + 1,
						     .detail = chain->rules[i].comment };

		r = statement_put_rule(context, chain->name, i + 1, &chain->rules[i]);
		if (r == -EINVAL)
			explain_unsayable(errors, &object);
	}
	return r;
}

/* What does nothing until a rule mentions it. */
static int put_chains_and_sets(struct batch *batch, const struct ruleset *ruleset,
			       struct errors *errors)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		r = table_put_chain(batch, &ruleset->chains[i]);
	return r < 0 ? r : put_sets(batch, ruleset, errors);
}

static int put_all_rules(struct batch *batch, const struct ruleset *ruleset, enum apply_queue queue,
			 struct errors *errors)
{
	struct statement_context context = { .batch = batch,
					     .queue = queue,
					     .next_set_id = (uint32_t)ruleset->set_count + 1 };
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		r = put_rules(&context, &ruleset->chains[i], errors);
	return r;
}

static int put_ruleset(struct batch *batch, const struct ruleset *ruleset, enum apply_queue queue,
		       struct errors *errors)
{
	int r = put_empty_table(batch);

	if (r == 0)
		r = put_chains_and_sets(batch, ruleset, errors);
	return r < 0 ? r : put_all_rules(batch, ruleset, queue, errors);
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

/* What an error of the kernel means here. */
static const char *error_text(const struct batch_failure *failure)
{
	switch (failure->error) {
	case -EPERM:
		return _("CAP_NET_ADMIN is missing");
	case -ENOENT:
		return failure->has_object && failure->object.kind == BATCH_RULE
			       ? _("it names a chain or set that is not there, or the kernel lacks "
				   "an expression that it needs")
			       : _("it names something that is not there");
	case -EEXIST:
		return _("it is there already, or overlaps another");
	case -EOPNOTSUPP:
		return _("the kernel does not support it");
	case -ELOOP:
		return _("its jumps form a circle");
	case -EMLINK:
		return _("its jumps go too deep");
	case -ENOMSG:
		return _("the kernel gave no answer");
	default:
		return strerror(-failure->error);
	}
}

static void explain(struct errors *errors, const struct batch_failure *failure)
{
	char object[OBJECT_TEXT_MAX];

	object_text(failure, object, sizeof(object));
	if (!object[0])
		errors_add(errors, NULL, 0, _("the kernel refused the ruleset as a whole: %s"),
			   error_text(failure));
	else if (failure->reason[0])
		errors_add(errors, NULL, 0, _("the kernel refused %s: %s (%s)"), object,
			   error_text(failure), failure->reason);
	else
		errors_add(errors, NULL, 0, _("the kernel refused %s: %s"), object,
			   error_text(failure));
}

/* The given socket, or one of our own, which then belongs to *owned. */
static int socket_for(struct nlsock *given, struct nlsock **owned, struct nlsock **ret)
{
	int r = given ? 0 : nlsock_open(owned);

	if (r == 0)
		*ret = given ? given : *owned;
	return r;
}

/* One transaction, of messages that put has added. */
static int send_if(int r, struct batch *batch, struct nlsock *sock, struct errors *errors)
{
	struct batch_failure failure;

	if (r == 0) {
		r = batch_send(batch, sock, true, &failure);
		if (r < 0)
			explain(errors, &failure);
	} else if (r != -EINVAL) { /* of which the object was told already */
		errors_add(errors, NULL, 0, _("the ruleset cannot be sent: %s"), strerror(-r));
	}
	return r;
}

/* Table and all at once. The kernel fills some kinds of sets only after the rules that look into
 * them are in force: for an instant they seem empty, and packets are refused. So this is for where
 * nothing is open yet. */
static int apply_at_once(const struct ruleset *ruleset, enum apply_queue queue, struct nlsock *sock,
			 struct errors *errors)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	if (r == 0)
		r = put_ruleset(batch, ruleset, queue, errors);
	return send_if(r, batch, sock, errors);
}

/* Lays sets and chains beside those in force. 0, or -errno and nothing has changed. */
static int lay_out(const struct ruleset *ruleset, struct nlsock *sock)
{
	auto_(errors_clear) struct errors unheard = { 0 };
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	if (r == 0)
		r = put_chains_and_sets(batch, ruleset, &unheard);
	return send_if(r, batch, sock, &unheard);
}

/* Puts the rules over what was laid out: the one moment in which the policy changes. What the
 * former rules looked into stays: a packet may be half through them. */
static int switch_over(const struct ruleset *ruleset, enum apply_queue queue, struct nlsock *sock,
		       struct errors *errors)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	if (r == 0)
		r = table_put_flush(batch);
	if (r == 0)
		r = put_all_rules(batch, ruleset, queue, errors);
	return send_if(r, batch, sock, errors);
}

/* After the switch, when no packet is in the former rules any more. The kernel hides the elements
 * of a map from the moment in which its end is decided, not from when the last packet has left.
 * What cannot be taken away does nothing; the next load meets it and makes room. */
static void take_away(const struct ruleset *ruleset, const struct present *former,
		      struct nlsock *sock)
{
	auto_(batch_freep) struct batch *batch = NULL;
	int r = batch_new(RULESET_TABLE, &batch);

	/* Waits until every processor has left what it was in (packets are handled without a
	 * pause). Where the kernel cannot, the way of the messages is a wait, too. Source:
	 * membarrier(2). */
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	if (r == 0)
		r = put_deletions(batch, former, ruleset);
	if (r == 0)
		(void)batch_send(batch, sock, true, NULL);
}

/* After a switch that did not happen. What stays does nothing; the next load finds it and starts
 * over. */
static void clear_away(const struct ruleset *ruleset, const struct present *former,
		       struct nlsock *sock)
{
	auto_(batch_freep) struct batch *batch = NULL;
	size_t i;
	int r = batch_new(RULESET_TABLE, &batch);

	for (i = 0; r == 0 && i < ruleset->set_count; i++)
		r = table_put_delete(batch, BATCH_SET, ruleset->sets[i].name);
	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		if (!present_has(&former->chains, ruleset->chains[i].name))
			r = table_put_delete(batch, BATCH_CHAIN, ruleset->chains[i].name);
	if (r == 0)
		(void)batch_send(batch, sock, true, NULL);
}

static bool is_renamed(const struct present *present)
{
	for (size_t i = 0; i < present->sets.count; i++) {
		const char *name = present->sets.at[i].text;
		const size_t len = strlen(name), suffix = strlen(RENAMED_SUFFIX);

		if (len > suffix && strcmp(name + len - suffix, RENAMED_SUFFIX) == 0)
			return true;
	}
	return false;
}

/* Lays it out, even where a load that was broken off has left something of these names. */
static int lay_out_anew(const struct ruleset *ruleset, const struct present *former,
			struct nlsock *sock)
{
	if (lay_out(ruleset, sock) == 0)
		return 0;
	clear_away(ruleset, former, sock); /* takes nothing that is in use */
	return lay_out(ruleset, sock);
}

static int apply_in_place(const struct ruleset *ruleset, const struct present *former,
			  const struct apply_options *options, struct nlsock *sock,
			  struct errors *errors)
{
	auto_(renamed_freep) struct ruleset *copy = NULL;
	const bool turn = is_renamed(former);
	const struct ruleset *next;
	int r = renamed_copy(ruleset, &copy);

	if (r < 0)
		return apply_at_once(ruleset, options->queue, sock, errors);
	next = turn ? ruleset : copy;
	if (lay_out_anew(next, former, sock) < 0) {
		next = turn ? copy : ruleset;
		/* of another make: then the table is made anew */
		if (lay_out_anew(next, former, sock) < 0)
			return apply_at_once(ruleset, options->queue, sock, errors);
	}
	r = switch_over(next, options->queue, sock, errors);
	if (r < 0)
		clear_away(next, former, sock);
	else
		take_away(next, former, sock);
	return r;
}

int apply_ruleset(const struct ruleset *ruleset, const struct apply_options *options,
		  struct errors *errors)
{
	auto_(nlsock_freep) struct nlsock *owned = NULL;
	auto_(present_clear) struct present former = { 0 };
	struct nlsock *sock = NULL;
	int r = socket_for(options->sock, &owned, &sock);

	if (r < 0) {
		errors_add(errors, NULL, 0, _("the ruleset cannot be sent: %s"), strerror(-r));
		return r;
	}
	if (present_read(sock, RULESET_TABLE, &former) < 0 || former.chains.count == 0)
		return apply_at_once(ruleset, options->queue, sock, errors);
	return apply_in_place(ruleset, &former, options, sock, errors);
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
