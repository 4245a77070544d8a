/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loads a ruleset into the kernel of the current network namespace: all of it in one transaction,
 * or nothing. */
#include "kernel/apply.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "kernel/batch.h"
#include "kernel/element.h"
#include "kernel/nlsock.h"
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

static int put_ruleset(struct batch *batch, const struct ruleset *ruleset, enum apply_queue queue,
		       struct errors *errors)
{
	struct statement_context context = { .batch = batch, .queue = queue };
	size_t i;
	int r = put_empty_table(batch);

	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		r = table_put_chain(batch, &ruleset->chains[i]);
	if (r == 0)
		r = put_sets(batch, ruleset, errors);
	context.next_set_id = (uint32_t)ruleset->set_count + 1;
	for (i = 0; r == 0 && i < ruleset->chain_count; i++)
		r = put_rules(&context, &ruleset->chains[i], errors);
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

int apply_ruleset(const struct ruleset *ruleset, const struct apply_options *options,
		  struct errors *errors)
{
	auto_(nlsock_freep) struct nlsock *owned = NULL;
	auto_(batch_freep) struct batch *batch = NULL;
	struct batch_failure failure;
	struct nlsock *sock = NULL;
	size_t known = errors->count;
	int r = socket_for(options->sock, &owned, &sock);

	if (r == 0)
		r = batch_new(RULESET_TABLE, &batch);
	if (r == 0)
		r = put_ruleset(batch, ruleset, options->queue, errors);
	if (r < 0) {
		if (errors->count == known)
			errors_add(errors, NULL, 0, _("the ruleset cannot be sent: %s"),
				   strerror(-r));
		return r;
	}
	r = batch_send(batch, sock, true, &failure);
	if (r < 0)
		explain(errors, &failure);
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
