/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What begins to flow under one ruleset and not under another. */
#include "prove/differ.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"
#include "prove/differ_parts.h"
#include "prove/reach.h"

/* Flows that one rule permits, treated alike. Flows of different rows do not overlap. */
struct row {
	const char *id;
	enum differ_treatment treatment;
	uint32_t flows;
};

/* One side. */
struct side {
	const struct ruleset *ruleset;
	struct row *rows;
	size_t count;
	uint32_t flows, flows_by_mac; /* all; the latter with hardware addresses */
};

static uint32_t plain(struct space *space, uint32_t set)
{
	static const bool forgotten[SPACE_VARIABLES] = {
		[SPACE_HAS_ETHER] = true, [SPACE_ETHER] = true, [SPACE_ETHER + 1] = true
	};

	return diagram_forget(space->diagram, set, forgotten);
}

static int add_row(struct side *side, const char *id, enum differ_treatment treatment,
		   uint32_t flows)
{
	struct row *grown;

	if (flows == DIAGRAM_NONE)
		return 0;
	grown = reallocarray(side->rows, side->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	side->rows = grown;
	grown[side->count++] = (struct row){ .id = id, .treatment = treatment, .flows = flows };
	return 0;
}

/* The packets of a way that are treated so. A flow has packets of several kinds: bare ones pass at
 * once, whatever becomes of the rest. */
static uint32_t treated(struct space *space, const struct reach_way *way,
			enum differ_treatment treatment)
{
	uint32_t admit = space_mark(space, SPACE_META, MARK_ADMIT, MARK_ADMIT);

	switch (treatment) {
	case DIFFER_NONE:
		break;
	case DIFFER_INSPECTED:
		return way->end == REACH_QUEUE ? diagram_minus(space->diagram, way->set, admit)
					       : DIAGRAM_NONE;
	case DIFFER_ADMITTED:
		return way->end == REACH_QUEUE ? diagram_and(space->diagram, way->set, admit)
					       : DIAGRAM_NONE;
	case DIFFER_ACCEPTED:
		return way->end == REACH_ACCEPT ? way->set : DIAGRAM_NONE;
	}
	return DIAGRAM_NONE;
}

/* Rows of one treatment: what is in *taken has a stricter one. */
static int add_rows(struct space *space, struct side *side, const struct reach_ways *ways,
		    enum differ_treatment treatment, uint32_t *taken)
{
	int err = 0;

	for (size_t i = 0; !err && i < ways->count; i++) {
		uint32_t flows = space_flows(space, treated(space, &ways->at[i], treatment));

		side->flows_by_mac = diagram_or(space->diagram, side->flows_by_mac, flows);
		flows = diagram_minus(space->diagram, plain(space, flows), *taken);
		*taken = diagram_or(space->diagram, *taken, flows);
		err = add_row(side, ways->at[i].comment, treatment, flows);
	}
	return err;
}

/* Sends every first packet of a new flow through the rules. */
static int look(struct space *space, struct side *side, char why[192])
{
	struct reach reach = { .space = space, .ruleset = side->ruleset };
	auto_(reach_ways_clear) struct reach_ways ways = { 0 };
	struct diagram *d = space->diagram;
	uint32_t start = diagram_and(d, space_is(space, SPACE_STATE, SPACE_NEW),
				     space_is(space, SPACE_REPLY, 0));
	int err;

	start = diagram_and(d, start, space_mark(space, SPACE_CT, UINT32_MAX, 0));
	err = reach_run(&reach, HOOK_FORWARD, start, &ways);
	for (enum differ_treatment t = DIFFER_INSPECTED; !err && t <= DIFFER_ACCEPTED; t++)
		err = add_rows(space, side, &ways, t, &side->flows);
	if (err == -EBADMSG)
		memcpy(why, reach.why, sizeof(reach.why));
	reach_clear(&reach);
	return err ? err : diagram_error(d);
}

/* Flows of one side that the other does not permit. */
static int list_missing(struct space *space, const struct side *side, const struct side *other,
			enum differ_change change, struct differ_result *result)
{
	int err = 0;

	for (size_t i = 0; !err && i < side->count; i++) {
		const struct row *row = &side->rows[i];
		struct differ_box like = { .change = change, .id = row->id };

		if (change == DIFFER_OPENED)
			like.after = row->treatment;
		else
			like.before = row->treatment;
		err = differ_list(space, diagram_minus(space->diagram, row->flows, other->flows),
				  &like, result);
	}
	return err;
}

static int list_treated(struct space *space, const struct side *before, const struct side *after,
			struct differ_result *result)
{
	int err = 0;

	for (size_t i = 0; !err && i < before->count * after->count; i++) {
		const struct row *x = &before->rows[i / after->count];
		const struct row *y = &after->rows[i % after->count];
		struct differ_box like = { .change = DIFFER_TREATED,
					   .before = x->treatment,
					   .after = y->treatment,
					   .id = y->id };

		if (x->treatment != y->treatment)
			err = differ_list(space, diagram_and(space->diagram, x->flows, y->flows),
					  &like, result);
	}
	return err;
}

/* Of the flows that both permit, some for other senders. */
static bool macs_differ(struct space *space, const struct side *before, const struct side *after)
{
	struct diagram *d = space->diagram;
	uint32_t common = diagram_and(d, before->flows, after->flows);

	return diagram_and(d, before->flows_by_mac, common) !=
	       diagram_and(d, after->flows_by_mac, common);
}

static int compare(struct space *space, struct side *before, struct side *after,
		   struct differ_result *result, char why[192])
{
	int err = space_learn_ruleset(space, before->ruleset);

	if (!err)
		err = space_learn_ruleset(space, after->ruleset);
	if (!err)
		err = space_start(space);
	if (!err)
		err = look(space, before, why);
	if (!err)
		err = look(space, after, why);
	if (!err)
		err = list_missing(space, after, before, DIFFER_OPENED, result);
	if (!err)
		err = list_missing(space, before, after, DIFFER_SHUT, result);
	if (!err)
		err = list_treated(space, before, after, result);
	if (!err)
		result->macs_differ = macs_differ(space, before, after);
	return err ? err : diagram_error(space->diagram);
}

int differ_rulesets(const struct ruleset *before, const struct ruleset *after,
		    struct differ_result *ret, char why[192])
{
	auto_(differ_clear) struct differ_result result = { 0 };
	auto_(space_clear) struct space space = { 0 };
	struct side x = { .ruleset = before }, y = { .ruleset = after };
	int err = compare(&space, &x, &y, &result, why);

	free(x.rows);
	free(y.rows);
	if (err)
		return err;
	*ret = result;
	result = (struct differ_result){ 0 };
	return 0;
}

void differ_clear(struct differ_result *result)
{
	for (size_t i = 0; i < result->count; i++) {
		struct differ_box *box = &result->at[i];

		free(box->in);
		free(box->out);
		free(box->services);
		addr_list_clear(&box->from);
		addr_list_clear(&box->to);
	}
	free(result->at);
	*result = (struct differ_result){ 0 };
}
