/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What one statement does with a set of packets. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "prove/reach_parts.h"

/* Runs of numbers that a mask may leave: those of its first bits leave few. */
#define RUNS_MAX 256

/* One look-up of a ruleset, done once. */
struct reach_lookup {
	const struct ruleset_set *set;
	enum ruleset_field fields[RULESET_KEY_FIELDS_MAX];
	bool has_verdict;
	struct ruleset_verdict verdict;
	uint32_t found;
};

int reach_refuse(struct reach *reach, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reach->why, sizeof(reach->why), format, args);
	va_end(args);
	return -EBADMSG;
}

static uint32_t with_connection(struct reach *reach)
{
	return diagram_range(reach->space->diagram, SPACE_STATE, SPACE_NEW, SPACE_RELATED);
}

/* The packets that a match is true for; *can: those that it can be asked for at all. Negation is
 * among the latter. */
static uint32_t ct_states(struct reach *reach, const struct ruleset_statement *s)
{
	static const struct {
		enum ruleset_ct_state bit;
		enum space_state state;
	} states[] = {
		{ STATE_NEW, SPACE_NEW },
		{ STATE_ESTABLISHED, SPACE_ESTABLISHED },
		{ STATE_RELATED, SPACE_RELATED },
		{ STATE_INVALID, SPACE_INVALID },
		{ STATE_UNTRACKED, SPACE_UNTRACKED },
	};
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < ARRAY_SIZE(states); i++)
		if (s->value & states[i].bit)
			set = diagram_or(reach->space->diagram, set,
					 space_is(reach->space, SPACE_STATE, states[i].state));
	return set;
}

static uint32_t numbered(struct reach *reach, enum space_variable variable, uint32_t value,
			 uint32_t last)
{
	return value > last ? DIAGRAM_NONE : space_is(reach->space, variable, value);
}

static uint32_t tcp_flags(struct reach *reach, const struct ruleset_statement *s)
{
	uint32_t set = DIAGRAM_NONE;

	for (uint32_t flags = 0; flags <= UINT8_MAX; flags++)
		if ((flags & s->mask) == s->value)
			set = diagram_or(reach->space->diagram, set,
					 space_is(reach->space, SPACE_TCP_FLAGS, flags));
	return set;
}

/* The values whose masked bits are so, as runs of numbers. False where there are too many of them.
 */
static bool masked_runs(struct reach *reach, enum space_variable variable, uint32_t last,
			const struct ruleset_statement *s, uint32_t *ret)
{
	uint32_t set = DIAGRAM_NONE, first = 0, runs = 0;

	for (uint32_t n = 0; n <= last + 1; n++) {
		const bool in = n <= last && (n & s->mask) == s->value;
		const bool was_in = n > 0 && ((n - 1) & s->mask) == s->value;

		if (in && !was_in)
			first = n;
		if (in || !was_in)
			continue;
		if (++runs > RUNS_MAX)
			return false;
		set = diagram_or(reach->space->diagram, set,
				 diagram_range(reach->space->diagram, variable, first, n - 1));
	}
	*ret = set;
	return true;
}

static int udp_part(struct reach *reach, const struct ruleset_statement *s, uint32_t *ret,
		    uint32_t *ret_can)
{
	const bool is_first = s->kind == MATCH_UDP_FIRST;
	struct diagram *d = reach->space->diagram;

	*ret_can = space_is(reach->space, SPACE_L4PROTO, IPPROTO_UDP);
	if (is_first)
		*ret_can = diagram_and(d, *ret_can,
				       diagram_range(d, SPACE_UDP_FIRST, 0, WALK_NO_BYTE - 1));
	if (masked_runs(reach, is_first ? SPACE_UDP_FIRST : SPACE_UDP_LENGTH,
			is_first ? WALK_NO_BYTE - 1 : UINT16_MAX, s, ret))
		return 0;
	return reach_refuse(reach, _("a mask of UDP headers (0x%x) is not understood"), s->mask);
}

static uint32_t icmp_types(struct reach *reach, const struct ruleset_statement *s)
{
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < s->type_count && i < RULESET_ICMP_TYPES_MAX; i++)
		set = diagram_or(reach->space->diagram, set,
				 space_is(reach->space, SPACE_ICMP_TYPE, s->types[i]));
	return set;
}

static uint32_t is_icmp(struct reach *reach, uint8_t family)
{
	return diagram_and(
		reach->space->diagram, space_family(reach->space, family),
		space_is(reach->space, SPACE_L4PROTO, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6));
}

static int look_up(struct reach *reach, const struct ruleset_statement *s,
		   const struct ruleset_verdict *verdict, uint32_t *ret)
{
	const struct ruleset_set *set = ruleset_set(reach->ruleset, s->text);
	struct reach_lookup *grown, entry = { .set = set, .has_verdict = verdict != NULL };
	int err;

	assert(ret);
	if (!set)
		return reach_refuse(reach, _("there is no set \"%s\""), s->text);
	if (s->field_count != set->key_fields || set->key_fields > RULESET_KEY_FIELDS_MAX)
		return reach_refuse(reach, _("set \"%s\" has another key than its rule"), s->text);
	memcpy(entry.fields, s->fields, s->field_count * sizeof(s->fields[0]));
	if (verdict)
		entry.verdict = *verdict;
	for (size_t i = 0; i < reach->lookup_count; i++) {
		const struct reach_lookup *known = &reach->lookups[i];

		if (known->set == set && known->has_verdict == entry.has_verdict &&
		    !memcmp(known->fields, entry.fields, sizeof(entry.fields)) &&
		    known->verdict.kind == entry.verdict.kind &&
		    !strcmp(known->verdict.chain, entry.verdict.chain)) {
			*ret = known->found;
			return 0;
		}
	}
	err = space_set(reach->space, set, s->fields, verdict, &entry.found);
	if (err)
		return reach_refuse(reach, _("set \"%s\" is not understood"), s->text);
	grown = reallocarray(reach->lookups, reach->lookup_count + 1, sizeof(*grown));
	if (!grown) {
		diagram_fail(reach->space->diagram, -ENOMEM);
		return 0;
	}
	reach->lookups = grown;
	grown[reach->lookup_count++] = entry;
	*ret = entry.found;
	return 0;
}

/* What the fields of a look-up need. */
static uint32_t has_fields(struct reach *reach, const struct ruleset_statement *s)
{
	uint32_t can = DIAGRAM_ALL;

	for (size_t i = 0; i < s->field_count && i < RULESET_KEY_FIELDS_MAX; i++)
		can = diagram_and(reach->space->diagram, can,
				  space_has_field(reach->space, s->fields[i]));
	return can;
}

/* The packets that a match is true for, into *ret; those that it can be asked of, into *ret_can.
 * False where the statement is no match. */
static bool match(struct reach *reach, const struct ruleset_statement *s, uint32_t *ret,
		  uint32_t *ret_can, int *ret_err)
{
	struct space *space = reach->space;

	*ret_can = DIAGRAM_ALL;
	switch ((int)s->kind) {
	case MATCH_SET:
		*ret_err = look_up(reach, s, NULL, ret);
		*ret_can = has_fields(reach, s);
		return true;
	case MATCH_CT_STATE:
		*ret = ct_states(reach, s);
		return true;
	case MATCH_CT_REPLY:
		*ret = space_is(space, SPACE_REPLY, s->value != 0);
		*ret_can = with_connection(reach);
		return true;
	case MATCH_CT_MARK:
		*ret = space_mark(space, SPACE_CT, s->mask, s->value);
		*ret_can = with_connection(reach);
		return true;
	case MATCH_META_MARK:
		*ret = space_mark(space, SPACE_META, s->mask, s->value);
		return true;
	case MATCH_NFPROTO:
		*ret = s->value == NFPROTO_IPV4   ? space_family(space, 4)
		       : s->value == NFPROTO_IPV6 ? space_family(space, 6)
						  : DIAGRAM_NONE;
		return true;
	case MATCH_L4PROTO:
		*ret = numbered(reach, SPACE_L4PROTO, s->value, UINT8_MAX);
		return true;
	case MATCH_IIFNAME:
		*ret = space_interface(space, SPACE_IIF, s->text);
		return true;
	case MATCH_OIFNAME:
		*ret = space_interface(space, SPACE_OIF, s->text);
		return true;
	case MATCH_TCP_FLAGS:
		*ret = tcp_flags(reach, s);
		*ret_can = space_is(space, SPACE_L4PROTO, IPPROTO_TCP);
		return true;
	case MATCH_UDP_FIRST:
	case MATCH_UDP_LENGTH:
		*ret_err = udp_part(reach, s, ret, ret_can);
		return true;
	case MATCH_ICMP_TYPES:
	case MATCH_ICMPV6_TYPES:
		*ret = icmp_types(reach, s);
		*ret_can = is_icmp(reach, s->kind == MATCH_ICMP_TYPES ? 4 : 6);
		return true;
	default:
		return false;
	}
}

/* One mark becomes what another is, or a value (other is the same). */
static uint32_t assign(struct reach *reach, uint32_t in, enum space_mark which,
		       enum space_mark other, uint32_t value)
{
	struct diagram *d = reach->space->diagram;
	bool old[SPACE_VARIABLES] = { false };
	uint32_t now = which == other ? space_mark(reach->space, which, UINT32_MAX, value)
				      : space_same_marks(reach->space, which, other);

	for (size_t bit = 0; bit < 32; bit++)
		old[SPACE_MARKS + 4 * bit + which] = true;
	return diagram_and(d, diagram_forget(d, in, old), now);
}

/* The connection's mark is only written where there is a connection. */
static uint32_t assign_ct(struct reach *reach, uint32_t in, enum space_mark other, uint32_t value)
{
	struct diagram *d = reach->space->diagram;
	uint32_t has = with_connection(reach);

	return diagram_or(d, assign(reach, diagram_and(d, in, has), SPACE_CT, other, value),
			  diagram_minus(d, in, has));
}

static bool act(struct reach *reach, const struct ruleset_statement *s, uint32_t in,
		struct reach_step *ret)
{
	struct diagram *d = reach->space->diagram;
	uint32_t has;

	ret->next = DIAGRAM_NONE;
	switch ((int)s->kind) {
	case ACT_COUNTER:
	case ACT_LOG:
		ret->on = in;
		return true;
	case ACT_SET_CT_MARK:
		ret->on = assign_ct(reach, in, SPACE_CT, s->value);
		return true;
	case ACT_SET_META_MARK:
		ret->on = assign(reach, in, SPACE_META, SPACE_META, s->value);
		return true;
	case ACT_CT_MARK_FROM_META:
		ret->on = assign_ct(reach, in, SPACE_META, 0);
		return true;
	case ACT_META_MARK_FROM_CT:
		has = with_connection(reach);
		ret->on = assign(reach, diagram_and(d, in, has), SPACE_META, SPACE_CT, 0);
		ret->next = diagram_minus(d, in, has);
		return true;
	default:
		return false;
	}
}

int reach_statement(struct reach *reach, const struct ruleset_statement *s, uint32_t in,
		    struct reach_step *ret)
{
	struct diagram *d = reach->space->diagram;
	uint32_t found = DIAGRAM_NONE, can;
	int err = 0;

	if (match(reach, s, &found, &can, &err)) {
		if (err)
			return err;
		found = s->negate ? diagram_minus(d, can, found) : diagram_and(d, can, found);
		ret->on = diagram_and(d, in, found);
		ret->next = diagram_minus(d, in, found);
		return 0;
	}
	if (act(reach, s, in, ret))
		return 0;
	return reach_refuse(reach, _("a statement (number %d) is not understood"), (int)s->kind);
}

/* For a map by connection mark. */
static int mark_target(struct reach *reach, const struct ruleset_statement *s,
		       const struct ruleset_set *map, struct reach_target *target)
{
	struct diagram *d = reach->space->diagram;

	target->set = DIAGRAM_NONE;
	for (size_t i = 0; i < map->element_count; i++) {
		const struct ruleset_element *element = &map->elements[i];
		uint32_t value, last;

		memcpy(&value, element->first, sizeof(value));
		memcpy(&last, element->last, sizeof(last));
		if (value != last || map->timeouts)
			return reach_refuse(reach, _("map \"%s\" is not understood"), s->text);
		if (element->verdict.kind == target->verdict.kind &&
		    !strcmp(element->verdict.chain, target->verdict.chain))
			target->set = diagram_or(
				d, target->set, space_mark(reach->space, SPACE_CT, s->mask, value));
	}
	target->set = diagram_and(d, target->set, with_connection(reach));
	return 0;
}

/* The different verdicts of a map. */
static int verdicts_of(struct reach *reach, const struct ruleset_set *map,
		       struct reach_target out[REACH_TARGETS_MAX], size_t *ret_count)
{
	size_t count = 0;

	for (size_t i = 0; i < map->element_count; i++) {
		const struct ruleset_verdict *verdict = &map->elements[i].verdict;
		size_t k = 0;

		while (k < count && (out[k].verdict.kind != verdict->kind ||
				     strcmp(out[k].verdict.chain, verdict->chain) != 0))
			k++;
		if (k < count)
			continue;
		if (count == REACH_TARGETS_MAX)
			return reach_refuse(reach, _("map \"%s\" has too many verdicts"),
					    map->name);
		out[count++].verdict = *verdict;
	}
	*ret_count = count;
	return 0;
}

int reach_targets(struct reach *reach, const struct ruleset_statement *s,
		  struct reach_target out[REACH_TARGETS_MAX], size_t *ret_count)
{
	const struct ruleset_set *map = ruleset_set(reach->ruleset, s->text);
	uint32_t seen = DIAGRAM_NONE;
	bool by_mark = s->kind == ACT_CT_MARK_MAP;
	int err;

	if (!map || !map->is_map)
		return reach_refuse(reach, _("there is no map \"%s\""), s->text);
	if (by_mark && (map->key_fields != 1 || map->key[0] != FIELD_CT_MARK))
		return reach_refuse(reach, _("map \"%s\" is not understood"), s->text);
	err = verdicts_of(reach, map, out, ret_count);
	for (size_t i = 0; !err && i < *ret_count; i++) {
		err = by_mark ? mark_target(reach, s, map, &out[i])
			      : look_up(reach, s, &out[i].verdict, &out[i].set);
		if (err)
			return err;
		if (diagram_and(reach->space->diagram, seen, out[i].set) != DIAGRAM_NONE)
			return reach_refuse(
				reach, _("elements of map \"%s\" contradict each other"), s->text);
		seen = diagram_or(reach->space->diagram, seen, out[i].set);
	}
	return err;
}

void reach_clear(struct reach *reach)
{
	free(reach->lookups);
	*reach = (struct reach){ 0 };
}
