/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts sets and rules into a batch, sends it, and says what the kernel refused. */
#include "kernel/transaction.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/errors.h"
#include "common/i18n.h"
#include "kernel/batch.h"
#include "kernel/element.h"
#include "kernel/set.h"
#include "kernel/statement.h"

#define OBJECT_TEXT_MAX 320

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

int transaction_put_set(struct batch *batch, const struct lowered *lowered, size_t i,
			struct errors *errors)
{
	const struct ruleset_set *set = &lowered->ruleset->sets[i];
	const struct batch_object object = { .kind = BATCH_SET, .name = set->name };
	int r = set_put_definition(batch, set, (uint32_t)i + 1);

	if (r == 0)
		r = element_put_packed(batch, set, &lowered->parts[i].made, NFT_MSG_NEWSETELEM);
	if (r == -EINVAL)
		explain_unsayable(errors, &object);
	return r;
}

int transaction_put_rules(struct statement_context *context, const struct ruleset_chain *chain,
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

/* Packets are handled without a pause: every processor has left what it was in. Where the kernel
 * cannot tell, the way of the messages is a wait, too. Source: membarrier(2). */
void transaction_wait_for_packets(void)
{
	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

int transaction_send(int r, struct batch *batch, struct nlsock *sock, struct errors *errors)
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
