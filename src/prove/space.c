/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The space of packet headers: its variables, and sets of packets from the policy's words. */
#include "prove/space.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "prove/words.h"

/* 512 MB of edges: far above what a site needs, and far below what would hurt its appliance. */
#define EDGES_MAX (64U << 20)

static int compare_names(const void *a, const void *b)
{
	return strncmp(a, b, 16);
}

static int learn_interface(struct space *space, const char *name)
{
	char(*grown)[16];

	if (!name[0] || strnlen(name, 16) == 16)
		return 0; /* no interface has such a name */
	if (space->interface_count &&
	    bsearch(name, space->interfaces, space->interface_count, 16, compare_names))
		return 0;
	grown = reallocarray(space->interfaces, space->interface_count + 1, 16);
	if (!grown)
		return -ENOMEM;
	space->interfaces = grown;
	memset(grown[space->interface_count], 0, 16);
	memcpy(grown[space->interface_count++], name, strlen(name));
	qsort(grown, space->interface_count, 16, compare_names);
	return 0;
}

static int learn_time(struct space *space, int64_t expires_s)
{
	size_t at = 0;
	int64_t *grown;

	while (at < space->time_count && space->times[at] < expires_s)
		at++;
	if (expires_s <= 0 || (at < space->time_count && space->times[at] == expires_s))
		return 0;
	grown = reallocarray(space->times, space->time_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	space->times = grown;
	memmove(&grown[at + 1], &grown[at], (space->time_count - at) * sizeof(*grown));
	grown[at] = expires_s;
	space->time_count++;
	return 0;
}

static int learn_set(struct space *space, const struct ruleset_set *set)
{
	size_t at = 0;
	int err = 0;

	for (size_t i = 0; !err && set->timeouts && i < set->element_count; i++)
		err = learn_time(space, set->elements[i].expires_s);
	for (size_t f = 0; !err && f < set->key_fields; f++) {
		bool is_name = set->key[f] == FIELD_IIFNAME || set->key[f] == FIELD_OIFNAME;

		for (size_t i = 0; !err && is_name && i < set->element_count; i++)
			err = learn_interface(space, (const char *)&set->elements[i].first[at]);
		at += ruleset_field_room(set->key[f]);
	}
	return err;
}

int space_learn_ruleset(struct space *space, const struct ruleset *ruleset)
{
	int err = 0;

	for (size_t i = 0; !err && i < ruleset->set_count; i++)
		err = learn_set(space, &ruleset->sets[i]);
	for (size_t i = 0; !err && i < ruleset->chain_count; i++) {
		const struct ruleset_chain *chain = &ruleset->chains[i];

		for (size_t j = 0; !err && j < chain->rule_count; j++) {
			const struct ruleset_rule *rule = &chain->rules[j];

			for (size_t k = 0; !err && k < rule->count; k++)
				if (rule->statements[k].kind == MATCH_IIFNAME ||
				    rule->statements[k].kind == MATCH_OIFNAME)
					err = learn_interface(space, rule->statements[k].text);
		}
	}
	return err;
}

int space_learn_policy(struct space *space, const struct policy *policy)
{
	int err = 0;

	for (size_t i = 0; i < ZONE_COUNT; i++) {
		const struct policy_strings *names = &policy->zones[i].interfaces;

		for (size_t j = 0; !err && j < names->count; j++)
			err = learn_interface(space, names->at[j]);
	}
	for (size_t i = 0; i < ROLE_COUNT; i++) {
		const struct policy_strings *names = &policy->endpoints[i].interfaces;

		for (size_t j = 0; !err && j < names->count; j++)
			err = learn_interface(space, names->at[j]);
	}
	for (size_t i = 0; !err && i < policy->exception_count; i++)
		err = learn_time(space, policy->exceptions[i].expires_s);
	return err;
}

int space_start(struct space *space)
{
	uint32_t last[SPACE_VARIABLES];

	for (size_t i = 0; i < SPACE_VARIABLES; i++)
		last[i] = i >= SPACE_ETHER ? UINT32_MAX : 1;
	last[SPACE_TIME] = (uint32_t)space->time_count;
	last[SPACE_STATE] = SPACE_STATES - 1;
	last[SPACE_IIF] = (uint32_t)space->interface_count;
	last[SPACE_OIF] = (uint32_t)space->interface_count;
	last[SPACE_L4PROTO] = UINT8_MAX;
	last[SPACE_SPORT] = UINT16_MAX;
	last[SPACE_DPORT] = SPACE_NO_PORTS;
	last[SPACE_TCP_FLAGS] = UINT8_MAX;
	last[SPACE_ICMP_TYPE] = UINT8_MAX;
	last[SPACE_TCP_DOFF] = 15;
	last[SPACE_UDP_LENGTH] = UINT16_MAX;
	last[SPACE_UDP_FIRST] = WALK_NO_BYTE;
	last[SPACE_LENGTH] = UINT16_MAX;
	last[SPACE_ETHER + 1] = UINT16_MAX;
	space->diagram = diagram_new(last, SPACE_VARIABLES, EDGES_MAX);
	return space->diagram ? 0 : -ENOMEM;
}

void space_clear(struct space *space)
{
	diagram_freep(&space->diagram);
	free(space->interfaces);
	free(space->times);
	*space = (struct space){ 0 };
}

uint32_t space_is(struct space *space, enum space_variable variable, uint32_t value)
{
	return diagram_range(space->diagram, variable, value, value);
}

uint32_t space_family(struct space *space, uint8_t family)
{
	return space_is(space, SPACE_FAMILY, family == 6);
}

/* Index of an interface that was learned; that of "any other" for the rest. */
static uint32_t interface_index(const struct space *space, const char *name)
{
	const char(*found)[16] = space->interface_count
					 ? bsearch(name, space->interfaces, space->interface_count,
						   16, compare_names)
					 : NULL;

	return (uint32_t)(found ? found - (const char(*)[16])space->interfaces
				: (ptrdiff_t)space->interface_count);
}

uint32_t space_interface(struct space *space, enum space_variable side, const char *name)
{
	uint32_t index = interface_index(space, name);

	return index == space->interface_count ? DIAGRAM_NONE : space_is(space, side, index);
}

uint32_t space_interfaces(struct space *space, enum space_variable side,
			  const struct policy_strings *names)
{
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < names->count; i++)
		set = diagram_or(space->diagram, set, space_interface(space, side, names->at[i]));
	return set;
}

uint32_t space_addresses(struct space *space, enum space_variable side,
			 const struct addr_list *list)
{
	struct diagram_boxes v4 = { .variables = { side }, .variable_count = 1 };
	struct diagram_boxes v6 = { .variable_count = 4 };
	uint32_t set = DIAGRAM_NONE;
	int err = 0;

	for (size_t i = 0; i < 4; i++)
		v6.variables[i] = side + i;
	for (size_t i = 0; !err && i < list->count; i++) {
		struct words_pieces pieces;
		bool is_v6 = list->at[i].family == 6;

		words_split_range(&list->at[i], &pieces);
		for (size_t j = 0; !err && j < pieces.count; j++) {
			uint32_t(*row)[2] = diagram_boxes_add(is_v6 ? &v6 : &v4);

			if (row)
				memcpy(row, pieces.at[j], (is_v6 ? 4 : 1) * sizeof(*row));
			else
				err = -ENOMEM;
		}
	}
	if (!err)
		set = diagram_or(space->diagram,
				 diagram_and(space->diagram, space_family(space, 4),
					     diagram_union(space->diagram, &v4)),
				 diagram_and(space->diagram, space_family(space, 6),
					     diagram_union(space->diagram, &v6)));
	else
		diagram_fail(space->diagram, err);
	diagram_boxes_clear(&v4);
	diagram_boxes_clear(&v6);
	return set;
}

uint32_t space_macs(struct space *space, const struct policy_macs *macs)
{
	struct diagram *d = space->diagram;
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < macs->count; i++) {
		const uint8_t *mac = macs->at[i];
		uint32_t high = (uint32_t)mac[0] << 24 | (uint32_t)mac[1] << 16 |
				(uint32_t)mac[2] << 8 | mac[3];
		uint32_t low = (uint32_t)mac[4] << 8 | mac[5];

		set = diagram_or(d, set,
				 diagram_and(d, diagram_range(d, SPACE_ETHER, high, high),
					     diagram_range(d, SPACE_ETHER + 1, low, low)));
	}
	return diagram_and(d, space_is(space, SPACE_HAS_ETHER, 1), set);
}

uint32_t space_port(struct space *space, uint8_t l4proto, uint16_t first, uint16_t last)
{
	return diagram_and(space->diagram, space_is(space, SPACE_L4PROTO, l4proto),
			   diagram_range(space->diagram, SPACE_DPORT, first, last));
}

uint32_t space_ports(struct space *space, const struct policy_ports *ports, unsigned int apps)
{
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < ports->count; i++) {
		const struct policy_port *port = &ports->at[i];

		if (apps >> port->app & 1)
			set = diagram_or(space->diagram, set,
					 space_port(space, port->l4proto, port->first, port->last));
	}
	return set;
}

/* How many of the times have come when this one has not yet. */
static uint32_t time_index(const struct space *space, int64_t expires_s)
{
	uint32_t at = 0;

	while (at < space->time_count && space->times[at] < expires_s)
		at++;
	return at;
}

uint32_t space_before(struct space *space, int64_t expires_s)
{
	if (expires_s <= 0)
		return DIAGRAM_ALL;
	return diagram_range(space->diagram, SPACE_TIME, 0, time_index(space, expires_s));
}

static size_t mark_variable(enum space_mark which, unsigned int bit)
{
	return SPACE_MARKS + 4 * (size_t)bit + which;
}

uint32_t space_mark(struct space *space, enum space_mark which, uint32_t mask, uint32_t value)
{
	uint32_t set = value & ~mask ? DIAGRAM_NONE : DIAGRAM_ALL;

	for (unsigned int bit = 32; bit-- > 0;)
		if (mask >> bit & 1)
			set = diagram_and(space->diagram, set,
					  diagram_range(space->diagram, mark_variable(which, bit),
							value >> bit & 1, value >> bit & 1));
	return set;
}

uint32_t space_same_marks(struct space *space, enum space_mark a, enum space_mark b)
{
	struct diagram *d = space->diagram;
	uint32_t set = DIAGRAM_ALL;

	for (unsigned int bit = 32; bit-- > 0;) {
		uint32_t same = DIAGRAM_NONE;

		for (uint32_t v = 0; v <= 1; v++)
			same = diagram_or(
				d, same,
				diagram_and(d, diagram_range(d, mark_variable(a, bit), v, v),
					    diagram_range(d, mark_variable(b, bit), v, v)));
		set = diagram_and(d, set, same);
	}
	return set;
}

uint32_t space_flows(struct space *space, uint32_t set)
{
	bool forgotten[SPACE_VARIABLES] = { [SPACE_STATE... SPACE_FAMILY - 1] = true,
					    [SPACE_SPORT] = true,
					    [SPACE_TCP_FLAGS... SPACE_LENGTH] = true };

	return diagram_forget(space->diagram, set, forgotten);
}

void space_boxes_start(struct space_boxes *boxes)
{
	*boxes = (struct space_boxes){
		.v4 = { .variables = { SPACE_L4PROTO, SPACE_DPORT, SPACE_DST },
			.variable_count = 3 },
		.v6 = { .variables = { SPACE_L4PROTO, SPACE_DPORT, SPACE_DST, SPACE_DST + 1,
				       SPACE_DST + 2, SPACE_DST + 3 },
			.variable_count = 6 },
	};
}

int space_boxes_add(struct space_boxes *boxes, const struct addr_list *to,
		    const struct policy_port *port)
{
	for (size_t i = 0; i < to->count; i++) {
		bool is_v6 = to->at[i].family == 6;
		struct words_pieces pieces;

		words_split_range(&to->at[i], &pieces);
		for (size_t j = 0; j < pieces.count; j++) {
			uint32_t(*row)[2] = diagram_boxes_add(is_v6 ? &boxes->v6 : &boxes->v4);

			if (!row)
				return -ENOMEM;
			row[0][0] = row[0][1] = port->l4proto;
			row[1][0] = port->first;
			row[1][1] = port->last;
			memcpy(&row[2], pieces.at[j], (is_v6 ? 4 : 1) * sizeof(*row));
		}
	}
	return 0;
}

uint32_t space_boxes_union(struct space *space, struct space_boxes *boxes)
{
	struct diagram *d = space->diagram;
	uint32_t set =
		diagram_or(d, diagram_and(d, space_family(space, 4), diagram_union(d, &boxes->v4)),
			   diagram_and(d, space_family(space, 6), diagram_union(d, &boxes->v6)));

	diagram_boxes_clear(&boxes->v4);
	diagram_boxes_clear(&boxes->v6);
	return set;
}

static const uint32_t state_bits[SPACE_STATES] = {
	[SPACE_NEW] = STATE_NEW,
	[SPACE_ESTABLISHED] = STATE_ESTABLISHED,
	[SPACE_RELATED] = STATE_RELATED,
	[SPACE_INVALID] = STATE_INVALID,
	[SPACE_UNTRACKED] = STATE_UNTRACKED,
};

static uint32_t get_mark(const uint32_t *values, enum space_mark which)
{
	uint32_t mark = 0;

	for (unsigned int bit = 0; bit < 32; bit++)
		mark |= (values[mark_variable(which, bit)] & 1) << bit;
	return mark;
}

static void get_address(const uint32_t *words, uint8_t family, struct addr *ret)
{
	*ret = (struct addr){ .family = family };
	for (size_t i = 0; i < addr_len(family); i++)
		ret->b[i] = (uint8_t)(words[i / 4] >> (24 - 8 * (i % 4)));
}

/* An interface that is none of those that occur. */
static void get_interface(const struct space *space, uint32_t index, char out[16])
{
	memset(out, 0, 16);
	if (index < space->interface_count)
		memcpy(out, space->interfaces[index], 16);
	for (char c = 'a'; index >= space->interface_count && c <= 'z'; c++) {
		(void)snprintf(out, 16, "other%c", c);
		if (interface_index(space, out) == space->interface_count)
			return;
	}
}

void space_packet(const struct space *space, const uint32_t *values, struct walk_packet *ret)
{
	uint8_t family = values[SPACE_FAMILY] ? 6 : 4;
	uint32_t ether[2] = { values[SPACE_ETHER], values[SPACE_ETHER + 1] };

	*ret = (struct walk_packet){
		.family = family,
		.l4proto = (uint8_t)values[SPACE_L4PROTO],
		.sport = (uint16_t)values[SPACE_SPORT],
		.dport =
			(uint16_t)(values[SPACE_DPORT] == SPACE_NO_PORTS ? 0 : values[SPACE_DPORT]),
		.is_short = values[SPACE_DPORT] == SPACE_NO_PORTS,
		.tcp_flags = (uint8_t)values[SPACE_TCP_FLAGS],
		.icmp_type = (uint8_t)values[SPACE_ICMP_TYPE],
		.length = (uint16_t)values[SPACE_LENGTH],
		.tcp_doff = (uint8_t)values[SPACE_TCP_DOFF],
		.udp_length = (uint16_t)values[SPACE_UDP_LENGTH],
		.udp_first = (uint16_t)values[SPACE_UDP_FIRST],
		.has_ether = values[SPACE_HAS_ETHER],
		.ct_state = state_bits[values[SPACE_STATE]],
		.ct_reply = values[SPACE_REPLY],
		.ct_mark = get_mark(values, SPACE_CT_CAME),
		.meta_mark = get_mark(values, SPACE_META_CAME),
		.now_s = values[SPACE_TIME] ? space->times[values[SPACE_TIME] - 1] : 0,
	};
	get_interface(space, values[SPACE_IIF], ret->iif);
	get_interface(space, values[SPACE_OIF], ret->oif);
	get_address(&values[SPACE_SRC], family, &ret->src);
	get_address(&values[SPACE_DST], family, &ret->dst);
	for (size_t i = 0; ret->has_ether && i < 6; i++)
		ret->ether_saddr[i] =
			(uint8_t)(i < 4 ? ether[0] >> (24 - 8 * i) : ether[1] >> (40 - 8 * i));
}

static void put_mark(uint32_t *values, enum space_mark which, uint32_t mark)
{
	for (unsigned int bit = 0; bit < 32; bit++)
		values[mark_variable(which, bit)] = mark >> bit & 1;
}

void space_point(const struct space *space, const struct walk_packet *packet, uint32_t *values)
{
	memset(values, 0, SPACE_VARIABLES * sizeof(*values));
	for (uint32_t i = 0; i < SPACE_STATES; i++)
		if (packet->ct_state == state_bits[i])
			values[SPACE_STATE] = i;
	values[SPACE_TIME] = time_index(space, packet->now_s + 1);
	values[SPACE_REPLY] = packet->ct_reply;
	put_mark(values, SPACE_CT_CAME, packet->ct_mark);
	put_mark(values, SPACE_CT, packet->ct_mark);
	put_mark(values, SPACE_META_CAME, packet->meta_mark);
	put_mark(values, SPACE_META, packet->meta_mark);
	values[SPACE_FAMILY] = packet->family == 6;
	values[SPACE_IIF] = interface_index(space, packet->iif);
	values[SPACE_OIF] = interface_index(space, packet->oif);
	values[SPACE_L4PROTO] = packet->l4proto;
	values[SPACE_SPORT] = packet->sport;
	values[SPACE_DPORT] = packet->is_short ? SPACE_NO_PORTS : packet->dport;
	values[SPACE_TCP_FLAGS] = packet->tcp_flags;
	values[SPACE_ICMP_TYPE] = packet->icmp_type;
	values[SPACE_TCP_DOFF] = packet->tcp_doff;
	values[SPACE_UDP_LENGTH] = packet->udp_length;
	values[SPACE_UDP_FIRST] = packet->udp_first;
	values[SPACE_LENGTH] = packet->length;
	values[SPACE_HAS_ETHER] = packet->has_ether;
	words_of(packet->ether_saddr, 6, &values[SPACE_ETHER]);
	words_of(packet->src.b, addr_len(packet->family), &values[SPACE_SRC]);
	words_of(packet->dst.b, addr_len(packet->family), &values[SPACE_DST]);
}
