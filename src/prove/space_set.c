/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of a ruleset as sets of packets. */
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "common/defs.h"
#include "prove/space.h"
#include "prove/words.h"

/* Where a field's value stands in a point, and in how many words. */
static const struct {
	enum space_variable variable;
	size_t words;
} places[FIELD_COUNT] = {
	[FIELD_IIFNAME] = { SPACE_IIF, 1 },
	[FIELD_OIFNAME] = { SPACE_OIF, 1 },
	[FIELD_SADDR4] = { SPACE_SRC, 1 },
	[FIELD_DADDR4] = { SPACE_DST, 1 },
	[FIELD_SADDR6] = { SPACE_SRC, 4 },
	[FIELD_DADDR6] = { SPACE_DST, 4 },
	[FIELD_L4PROTO] = { SPACE_L4PROTO, 1 },
	[FIELD_SPORT] = { SPACE_SPORT, 1 },
	[FIELD_DPORT] = { SPACE_DPORT, 1 },
	[FIELD_CT_MARK] = { SPACE_MARKS, 0 }, /* bits, not words: see set_of_marks() */
	[FIELD_LENGTH4] = { SPACE_LENGTH, 1 },
	[FIELD_LENGTH6] = { SPACE_LENGTH, 1 },
	[FIELD_TCP_DOFF] = { SPACE_TCP_DOFF, 1 },
	[FIELD_ETHER_SADDR] = { SPACE_ETHER, 2 },
};

uint32_t space_has_field(struct space *space, enum ruleset_field field)
{
	switch (field) {
	case FIELD_SADDR4:
	case FIELD_DADDR4:
	case FIELD_LENGTH4:
		return space_family(space, 4);
	case FIELD_SADDR6:
	case FIELD_DADDR6:
	case FIELD_LENGTH6:
		return space_family(space, 6);
	case FIELD_TCP_DOFF:
		return space_is(space, SPACE_L4PROTO, IPPROTO_TCP);
	case FIELD_ETHER_SADDR:
		return space_is(space, SPACE_HAS_ETHER, 1);
	case FIELD_SPORT: /* a header too short for one is taken as too short for both */
	case FIELD_DPORT:
		return diagram_range(space->diagram, SPACE_DPORT, 0, UINT16_MAX);
	case FIELD_CT_MARK:
		return diagram_range(space->diagram, SPACE_STATE, SPACE_NEW, SPACE_RELATED);
	case FIELD_IIFNAME:
	case FIELD_OIFNAME:
	case FIELD_L4PROTO:
	case FIELD_COUNT:
		break;
	}
	return DIAGRAM_ALL;
}

static bool same_verdict(const struct ruleset_verdict *a, const struct ruleset_verdict *b)
{
	bool has_chain = a->kind == VERDICT_JUMP || a->kind == VERDICT_GOTO;

	return a->kind == b->kind && (!has_chain || !strcmp(a->chain, b->chain));
}

/* Ranges of one field of an element. */
static int field_pieces(struct space *space, enum ruleset_field field, const uint8_t *first,
			const uint8_t *last, struct words_pieces *ret)
{
	size_t size = ruleset_field_size(field);

	if (memcmp(first, last, size) > 0)
		return -EBADMSG;
	if (field == FIELD_IIFNAME || field == FIELD_OIFNAME) {
		uint32_t point[SPACE_VARIABLES];
		struct walk_packet packet = { .family = 4 };

		/* names have no order that means anything */
		if (memcmp(first, last, size) != 0 || !first[0] || first[size - 1])
			return -EBADMSG;
		memcpy(packet.iif, first, sizeof(packet.iif));
		space_point(space, &packet, point);
		ret->count = 1;
		ret->at[0][0][0] = ret->at[0][0][1] = point[SPACE_IIF];
		return 0;
	}
	words_split(first, last, size, ret);
	return 0;
}

/* Elements being turned into boxes: the columns that each field has. */
struct filling {
	struct space *space;
	const struct ruleset_set *set;
	const enum ruleset_field *fields;
	size_t columns[RULESET_KEY_FIELDS_MAX]; /* the first of each field */
	struct diagram_boxes boxes;
};

/* Adds every combination of the fields' pieces. */
static int add_rows(struct filling *f, const struct ruleset_element *element)
{
	struct words_pieces pieces[RULESET_KEY_FIELDS_MAX] = { 0 };
	size_t at = 0, combinations = 1;

	for (size_t i = 0; i < f->set->key_fields; i++) {
		int err = field_pieces(f->space, f->fields[i], &element->first[at],
				       &element->last[at], &pieces[i]);

		if (err)
			return err;
		combinations *= pieces[i].count;
		at += ruleset_field_room(f->set->key[i]);
	}
	for (size_t n = 0; n < combinations; n++) {
		uint32_t(*row)[2] = diagram_boxes_add(&f->boxes);
		size_t rest = n;

		if (!row)
			return -ENOMEM;
		for (size_t i = 0; i < f->set->key_fields; i++) {
			memcpy(row[f->columns[i]], pieces[i].at[rest % pieces[i].count],
			       places[f->fields[i]].words * sizeof(*row));
			rest /= pieces[i].count;
		}
		if (f->set->timeouts) {
			/* the first column is the time */
			row[0][0] = 0;
			row[0][1] = (uint32_t)f->space->time_count;
			for (size_t t = f->space->time_count;
			     element->expires_s > 0 && t-- > 0 &&
			     f->space->times[t] >= element->expires_s;)
				row[0][1] = (uint32_t)t;
		}
	}
	return 0;
}

/* Gives each field its columns, in the order of the variables. */
static int place_columns(struct filling *f)
{
	struct diagram_boxes *boxes = &f->boxes;

	if (f->set->timeouts)
		boxes->variables[boxes->variable_count++] = SPACE_TIME;
	for (size_t v = SPACE_FAMILY; v < SPACE_VARIABLES; v++) {
		for (size_t i = 0; i < f->set->key_fields; i++) {
			enum ruleset_field field = f->fields[i];

			if (places[field].variable != v)
				continue;
			/* a variable asked twice: nothing that Sekisho writes */
			if (boxes->variable_count &&
			    boxes->variables[boxes->variable_count - 1] >= v)
				return -EBADMSG;
			f->columns[i] = boxes->variable_count;
			for (size_t w = 0; w < places[field].words; w++)
				boxes->variables[boxes->variable_count++] = v + w;
		}
	}
	return 0;
}

/* Whether the fields can be looked up in the set. */
static bool fields_fit(const struct ruleset_set *set, const enum ruleset_field *fields)
{
	if (set->key_fields < 1 || set->key_fields > RULESET_KEY_FIELDS_MAX)
		return false;
	for (size_t i = 0; i < set->key_fields; i++) {
		if ((unsigned int)fields[i] >= FIELD_COUNT || fields[i] == FIELD_CT_MARK ||
		    (unsigned int)set->key[i] >= FIELD_COUNT ||
		    ruleset_field_size(fields[i]) != ruleset_field_size(set->key[i]))
			return false;
	}
	return true;
}

int space_set(struct space *space, const struct ruleset_set *set, const enum ruleset_field *fields,
	      const struct ruleset_verdict *verdict, uint32_t *ret)
{
	struct filling f = { .space = space, .set = set, .fields = fields };
	uint32_t found = DIAGRAM_NONE;
	int err = fields_fit(set, fields) ? place_columns(&f) : -EBADMSG;

	for (size_t i = 0; !err && i < set->element_count; i++) {
		const struct ruleset_element *element = &set->elements[i];

		if (!verdict || same_verdict(&element->verdict, verdict))
			err = add_rows(&f, element);
	}
	if (!err)
		found = diagram_union(space->diagram, &f.boxes);
	diagram_boxes_clear(&f.boxes);
	if (err == -ENOMEM)
		diagram_fail(space->diagram, err);
	else if (err)
		return err;
	for (size_t i = 0; i < set->key_fields; i++)
		found = diagram_and(space->diagram, found, space_has_field(space, fields[i]));
	*ret = found;
	return 0;
}
