/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Leads sets of packets through the chains of a ruleset. */
#include "prove/reach.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "prove/reach_parts.h"

/* Source: NFT_JUMP_STACK_SIZE, include/net/netfilter/nf_tables.h. The same bound for gotos: they do
 * not nest in the kernel, and no ruleset of ours has so many in a row. */
#define DEPTH_MAX 16

/* A chain under way. */
struct course {
	struct reach *reach;
	struct reach_ways *accepted, *queued;
	unsigned int depth;
};

/* Packets in one chain. */
struct here {
	const struct ruleset_chain *chain;
	const struct ruleset_rule *rule;
	const char *comment;
	uint32_t next;     /* on to the next rule */
	uint32_t returned; /* to the chain that jumped here */
};

void reach_ways_clear(struct reach_ways *ways)
{
	free(ways->at);
	*ways = (struct reach_ways){ 0 };
}

uint32_t reach_all(struct space *space, const struct reach_ways *ways)
{
	uint32_t all = DIAGRAM_NONE;

	for (size_t i = 0; i < ways->count; i++)
		all = diagram_or(space->diagram, all, ways->at[i].set);
	return all;
}

static void add_way(struct reach *reach, struct reach_ways *ways, const struct reach_way *way)
{
	if (way->set == DIAGRAM_NONE)
		return;
	for (size_t i = 0; i < ways->count; i++) {
		struct reach_way *known = &ways->at[i];

		if (known->end == way->end && !strcmp(known->comment, way->comment) &&
		    known->queue_first == way->queue_first &&
		    known->queue_last == way->queue_last) {
			known->set = diagram_or(reach->space->diagram, known->set, way->set);
			return;
		}
	}
	if (ways->count == ways->room) {
		size_t room = ways->room ? ways->room * 2 : 16;
		struct reach_way *grown = reallocarray(ways->at, room, sizeof(*grown));

		if (!grown) {
			diagram_fail(reach->space->diagram, -ENOMEM);
			return;
		}
		ways->at = grown;
		ways->room = room;
	}
	ways->at[ways->count++] = *way;
}

static int run_chain(struct course *course, const struct ruleset_chain *chain, const char *comment,
		     uint32_t in, uint32_t *ret_returned);

static int run_named(struct course *course, const char *name, const char *comment, uint32_t in,
		     uint32_t *ret_returned)
{
	const struct ruleset_chain *chain = ruleset_chain(course->reach->ruleset, name);
	int err;

	if (in == DIAGRAM_NONE) {
		*ret_returned = DIAGRAM_NONE;
		return 0;
	}
	if (!chain)
		return reach_refuse(course->reach, _("there is no chain \"%s\""), name);
	if (course->depth == DEPTH_MAX)
		return reach_refuse(course->reach, _("chain \"%s\" is reached by too many jumps"),
				    name);
	course->depth++;
	err = run_chain(course, chain, comment, in, ret_returned);
	course->depth--;
	return err;
}

static int take_verdict(struct course *course, const struct ruleset_verdict *verdict, uint32_t in,
			struct here *here)
{
	struct diagram *d = course->reach->space->diagram;
	struct reach_way way = { .end = REACH_ACCEPT, .comment = here->comment, .set = in };
	uint32_t returned = DIAGRAM_NONE;
	int err = 0;

	switch (verdict->kind) {
	case VERDICT_ACCEPT:
		add_way(course->reach, course->accepted, &way);
		return 0;
	case VERDICT_DROP:
		return 0;
	case VERDICT_JUMP:
		err = run_named(course, verdict->chain, here->comment, in, &returned);
		here->next = diagram_or(d, here->next, returned);
		return err;
	case VERDICT_GOTO:
		err = run_named(course, verdict->chain, here->comment, in, &returned);
		here->returned = diagram_or(d, here->returned, returned);
		return err;
	case VERDICT_RETURN:
		here->returned = diagram_or(d, here->returned, in);
		return 0;
	}
	return reach_refuse(course->reach, _("a verdict (number %d) is not understood"),
			    (int)verdict->kind);
}

static int take_map(struct course *course, const struct ruleset_statement *s, uint32_t in,
		    struct here *here)
{
	struct diagram *d = course->reach->space->diagram;
	struct reach_target targets[REACH_TARGETS_MAX];
	size_t count = 0;
	int err = reach_targets(course->reach, s, targets, &count);

	for (size_t i = 0; !err && i < count; i++) {
		uint32_t part = diagram_and(d, in, targets[i].set);

		in = diagram_minus(d, in, targets[i].set);
		err = take_verdict(course, &targets[i].verdict, part, here);
	}
	here->next = diagram_or(d, here->next, in);
	return err;
}

/* Statements that end a rule. -ENOENT for the others. */
static int run_end(struct course *course, const struct ruleset_statement *s, uint32_t in,
		   struct here *here)
{
	struct diagram *d = course->reach->space->diagram;
	struct reach_way queue = { .end = REACH_QUEUE, .comment = here->comment, .set = in };
	uint32_t tcp;

	switch ((int)s->kind) {
	case ACT_VERDICT:
		return take_verdict(course, &s->verdict, in, here);
	case ACT_VERDICT_MAP:
	case ACT_CT_MARK_MAP:
		return take_map(course, s, in, here);
	case ACT_QUEUE:
		queue.queue_first = (uint16_t)s->value;
		queue.queue_last = (uint16_t)s->mask;
		add_way(course->reach, course->queued, &queue);
		return 0;
	case ACT_REJECT_RESET:
		tcp = space_is(course->reach->space, SPACE_L4PROTO, IPPROTO_TCP);
		here->next = diagram_or(d, here->next, diagram_minus(d, in, tcp));
		return 0;
	case ACT_REJECT_ADMIN:
	case ACT_REJECT_PORT:
		return 0;
	default:
		return -ENOENT;
	}
}

/* Sends the packets of in through one rule: here->next becomes what goes on after it. */
static int run_rule(struct course *course, uint32_t in, struct here *here)
{
	struct diagram *d = course->reach->space->diagram;
	const struct ruleset_rule *rule = here->rule;

	here->next = DIAGRAM_NONE;
	if (rule->count > RULESET_STATEMENTS_MAX)
		return reach_refuse(course->reach, _("a rule of chain \"%s\" is too long"),
				    here->chain->name);
	for (size_t i = 0; i < rule->count && in != DIAGRAM_NONE; i++) {
		struct reach_step step = { 0 };
		int err = run_end(course, &rule->statements[i], in, here);

		if (err != -ENOENT)
			return err;
		err = reach_statement(course->reach, &rule->statements[i], in, &step);
		if (err)
			return err;
		here->next = diagram_or(d, here->next, step.next);
		in = step.on;
	}
	here->next = diagram_or(d, here->next, in);
	return 0;
}

static int run_chain(struct course *course, const struct ruleset_chain *chain, const char *comment,
		     uint32_t in, uint32_t *ret_returned)
{
	struct here here = { .chain = chain };

	for (size_t i = 0; i < chain->rule_count && in != DIAGRAM_NONE; i++) {
		int err;

		here.rule = &chain->rules[i];
		here.comment = here.rule->comment[0] ? here.rule->comment : comment;
		err = run_rule(course, in, &here);
		if (err)
			return err;
		in = here.next;
	}
	*ret_returned = diagram_or(course->reach->space->diagram, here.returned, in);
	return 0;
}

/* One base chain, for what the base chains before it accepted. */
static int run_base(struct reach *reach, const struct ruleset_chain *chain,
		    const struct reach_ways *in, struct reach_ways *accepted,
		    struct reach_ways *queued)
{
	struct course course = { .reach = reach, .accepted = accepted, .queued = queued };

	for (size_t i = 0; i < in->count; i++) {
		struct reach_way rest = in->at[i];
		int err = run_chain(&course, chain, rest.comment, in->at[i].set, &rest.set);

		if (err)
			return err;
		if (!chain->policy_drop)
			add_way(reach, accepted, &rest);
	}
	return 0;
}

/* The base chain of the hook whose turn comes after that of the one before (NULL: the first); NULL
 * after the last. Of two with the same priority, the one made later comes first. */
static const struct ruleset_chain *next_base(const struct ruleset *ruleset, enum ruleset_hook hook,
					     const struct ruleset_chain *before)
{
	const struct ruleset_chain *best = NULL;

	for (size_t i = 0; i < ruleset->chain_count; i++) {
		const struct ruleset_chain *c = &ruleset->chains[i];

		if (c->hook != hook)
			continue;
		if (before && (c->priority < before->priority ||
			       (c->priority == before->priority && c >= before)))
			continue;
		if (!best || c->priority <= best->priority)
			best = c;
	}
	return best;
}

int reach_run(struct reach *reach, enum ruleset_hook hook, uint32_t start, struct reach_ways *ret)
{
	auto_(reach_ways_clear) struct reach_ways passing = { 0 };
	auto_(reach_ways_clear) struct reach_ways queued = { 0 };
	const struct ruleset_chain *base = NULL;
	int err = 0;

	add_way(reach, &passing, &(struct reach_way){ .comment = "", .set = start });
	while (!err && (base = next_base(reach->ruleset, hook, base))) {
		struct reach_ways accepted = { 0 };

		err = run_base(reach, base, &passing, &accepted, &queued);
		reach_ways_clear(&passing);
		passing = accepted;
	}
	for (size_t i = 0; !err && i < queued.count; i++)
		add_way(reach, &passing, &queued.at[i]);
	if (!err)
		err = diagram_error(reach->space->diagram);
	if (err)
		return err;
	*ret = passing;
	passing = (struct reach_ways){ 0 };
	return 0;
}
