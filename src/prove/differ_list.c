/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a set of flows to as few boxes as its diagram gives. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "prove/differ_parts.h"

/* What a product of words may be taken apart to: more would help nobody. */
#define RANGES_MAX 1000000

/* Values of one variable that lead to the same. */
struct group {
	uint32_t to;
	struct addr_list ranges; /* numbers are kept as IPv4 addresses */
};

struct groups {
	struct group *at;
	size_t count, ranges;
};

static void groups_clear(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++)
		addr_list_clear(&groups->at[i].ranges);
	free(groups->at);
	*groups = (struct groups){ 0 };
}

static int add_to_group(struct groups *groups, uint32_t to, const struct addr_range *range)
{
	struct group *grown;
	size_t i = groups->count;

	if (to == DIAGRAM_NONE)
		return 0;
	if (++groups->ranges > RANGES_MAX)
		return -E2BIG;
	while (i-- > 0)
		if (groups->at[i].to == to)
			return addr_list_add(&groups->at[i].ranges, range);
	grown = reallocarray(groups->at, groups->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	groups->at = grown;
	grown[groups->count] = (struct group){ .to = to };
	return addr_list_add(&grown[groups->count++].ranges, range);
}

static void put_word(uint8_t *bytes, uint32_t value)
{
	for (size_t i = 0; i < 4; i++)
		bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

static uint32_t get_word(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

/* A number of words words from variable on, being put together from the first word. */
struct number {
	const struct space *space;
	struct groups *groups;
	size_t variable, words;
	struct addr_range range;
};

static int gather(struct number *n, size_t w, uint32_t set);

/* Word w of the number takes the values of a range, and then the set is to. Recursion goes from
 * word to word. */
static int gather_edge(struct number *n, size_t w, const uint32_t values[2], uint32_t to)
{
	bool ends = diagram_variable(n->space->diagram, to) >= n->variable + n->words;
	int err = 0;

	if (to == DIAGRAM_NONE)
		return 0;
	if (ends) {
		memset(&n->range.first[4 * w], 0, 4 * (n->words - w));
		memset(&n->range.last[4 * w], 0xff, 4 * (n->words - w));
		put_word(&n->range.first[4 * w], values[0]);
		put_word(&n->range.last[4 * w], values[1]);
		return add_to_group(n->groups, to, &n->range);
	}
	for (uint32_t value = values[0]; !err; value++) {
		put_word(&n->range.first[4 * w], value);
		put_word(&n->range.last[4 * w], value);
		err = gather(n, w + 1, to);
		if (value == values[1])
			break;
	}
	return err;
}

static int gather(struct number *n, size_t w, uint32_t set)
{
	const struct diagram *d = n->space->diagram;
	uint32_t values[2] = { 0, UINT32_MAX };
	int err = 0;

	if (diagram_variable(d, set) != n->variable + w)
		return gather_edge(n, w, values, set);
	for (size_t i = 0; !err && i < diagram_edges(d, set); i++) {
		uint32_t to = diagram_edge(d, set, i, &values[1]);

		err = gather_edge(n, w, values, to);
		values[0] = values[1] + 1;
	}
	return err;
}

/* Groups the values of a number of that many words by what they lead to. */
static int group(const struct space *space, uint32_t set, size_t variable, size_t words,
		 struct groups *ret)
{
	struct number number = { .space = space,
				 .groups = ret,
				 .variable = variable,
				 .words = words,
				 .range = { .family = words == 4 ? 6 : 4 } };
	int err = gather(&number, 0, set);

	for (size_t i = 0; !err && i < ret->count; i++)
		addr_list_normalise(&ret->at[i].ranges);
	return err;
}

/* A box under way. */
struct listing {
	const struct space *space;
	struct differ_result *result;
	struct differ_box box;
	bool is_v6;
};

static int copy_list(const struct addr_list *from, struct addr_list *ret)
{
	*ret = (struct addr_list){ 0 };
	for (size_t i = 0; i < from->count; i++) {
		int err = addr_list_add(ret, &from->at[i]);

		if (err)
			return err;
	}
	return 0;
}

static bool same_list(const struct addr_list *a, const struct addr_list *b)
{
	return a->count == b->count &&
	       (!a->count || !memcmp(a->at, b->at, a->count * sizeof(*a->at)));
}

static bool same_names(char (*a)[16], size_t a_count, char (*b)[16], size_t b_count)
{
	return a_count == b_count && (!a_count || !memcmp(a, b, a_count * sizeof(*a)));
}

/* Whether two boxes differ in their services alone. */
static bool alike(const struct differ_box *a, const struct differ_box *b)
{
	return a->change == b->change && a->before == b->before && a->after == b->after &&
	       !strcmp(a->id, b->id) && a->since_s == b->since_s && a->until_s == b->until_s &&
	       same_names(a->in, a->in_count, b->in, b->in_count) &&
	       same_names(a->out, a->out_count, b->out, b->out_count) &&
	       same_list(&a->from, &b->from) && same_list(&a->to, &b->to);
}

static int add_services(struct differ_box *box, const struct differ_box *of)
{
	struct differ_service *grown =
		reallocarray(box->services, box->service_count + of->service_count, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	memcpy(&grown[box->service_count], of->services, of->service_count * sizeof(*grown));
	box->services = grown;
	box->service_count += of->service_count;
	return 0;
}

static int copy_names(char (*from)[16], size_t count, char (**ret)[16])
{
	*ret = reallocarray(NULL, count, sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	memcpy(*ret, from, count * sizeof(**ret));
	return 0;
}

/* Appends a copy of the box under way. */
static int add_box(struct listing *l)
{
	struct differ_result *r = l->result;
	struct differ_box *box;
	int err;

	for (size_t i = 0; i < r->count; i++)
		if (alike(&r->at[i], &l->box))
			return add_services(&r->at[i], &l->box);
	if (r->count == r->room) {
		size_t room = r->room ? r->room * 2 : 16;
		struct differ_box *grown = reallocarray(r->at, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->at = grown;
		r->room = room;
	}
	box = &r->at[r->count++];
	*box = l->box;
	/* nothing of it is shared: differ_clear() frees whatever is there by then */
	box->in = box->out = NULL;
	box->from = box->to = (struct addr_list){ 0 };
	box->services = NULL;
	box->service_count = 0;
	err = copy_names(l->box.in, l->box.in_count, &box->in);
	if (!err)
		err = copy_names(l->box.out, l->box.out_count, &box->out);
	if (!err)
		err = copy_list(&l->box.from, &box->from);
	if (!err)
		err = copy_list(&l->box.to, &box->to);
	return err ? err : add_services(box, &l->box);
}

static int list_addresses(struct listing *l, uint32_t set)
{
	size_t words = l->is_v6 ? 4 : 1;
	auto_(groups_clear) struct groups sources = { 0 };
	int err = group(l->space, set, SPACE_SRC, words, &sources);

	for (size_t i = 0; !err && i < sources.count; i++) {
		auto_(groups_clear) struct groups targets = { 0 };

		err = group(l->space, sources.at[i].to, SPACE_DST, words, &targets);
		for (size_t j = 0; !err && j < targets.count; j++) {
			l->box.from = sources.at[i].ranges;
			l->box.to = targets.at[j].ranges;
			err = add_box(l);
		}
	}
	l->box.from = l->box.to = (struct addr_list){ 0 };
	return err;
}

/* Every protocol of the one list on every port of the other. */
static int name_services(struct listing *l, const struct addr_list *protocols,
			 const struct addr_list *ports)
{
	size_t count = protocols->count * ports->count;
	struct differ_service *services = calloc(count, sizeof(*services));

	if (!services)
		return -ENOMEM;
	for (size_t n = 0; n < count; n++) {
		const struct addr_range *protocol = &protocols->at[n / ports->count];
		const struct addr_range *port = &ports->at[n % ports->count];
		uint32_t protocol_last = get_word(protocol->last), last = get_word(port->last);

		services[n] = (struct differ_service){
			.l4proto_first = (uint8_t)get_word(protocol->first),
			.l4proto_last =
				(uint8_t)(protocol_last > UINT8_MAX ? UINT8_MAX : protocol_last),
			.port_first = get_word(port->first),
			.port_last = last > SPACE_NO_PORTS ? SPACE_NO_PORTS : last,
		};
	}
	l->box.services = services;
	l->box.service_count = count;
	return 0;
}

static int list_services(struct listing *l, uint32_t set)
{
	auto_(groups_clear) struct groups protocols = { 0 };
	int err = group(l->space, set, SPACE_L4PROTO, 1, &protocols);

	for (size_t i = 0; !err && i < protocols.count; i++) {
		auto_(groups_clear) struct groups ports = { 0 };

		err = group(l->space, protocols.at[i].to, SPACE_DPORT, 1, &ports);
		for (size_t j = 0; !err && j < ports.count; j++) {
			err = name_services(l, &protocols.at[i].ranges, &ports.at[j].ranges);
			if (!err)
				err = list_addresses(l, ports.at[j].to);
			free(steal(l->box.services));
		}
	}
	return err;
}

/* The names of the indices in the list. */
static int names_of(const struct space *space, const struct addr_list *list, char (**ret)[16],
		    size_t *ret_count)
{
	size_t count = 0;
	char(*names)[16] = calloc(space->interface_count + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		for (uint32_t n = get_word(list->at[i].first);
		     n <= space->interface_count && n <= get_word(list->at[i].last); n++) {
			if (n < space->interface_count)
				memcpy(names[count], space->interfaces[n], sizeof(names[count]));
			else
				names[count][0] = '*';
			count++;
		}
	*ret = names;
	*ret_count = count;
	return 0;
}

static int list_out(struct listing *l, uint32_t set)
{
	auto_(groups_clear) struct groups out = { 0 };
	int err = group(l->space, set, SPACE_OIF, 1, &out);

	for (size_t i = 0; !err && i < out.count; i++) {
		err = names_of(l->space, &out.at[i].ranges, &l->box.out, &l->box.out_count);
		if (!err)
			err = list_services(l, out.at[i].to);
		free(steal(l->box.out));
	}
	return err;
}

static int list_in(struct listing *l, uint32_t set)
{
	auto_(groups_clear) struct groups in = { 0 };
	int err = group(l->space, set, SPACE_IIF, 1, &in);

	for (size_t i = 0; !err && i < in.count; i++) {
		err = names_of(l->space, &in.at[i].ranges, &l->box.in, &l->box.in_count);
		if (!err)
			err = list_out(l, in.at[i].to);
		free(steal(l->box.in));
	}
	return err;
}

static int list_families(struct listing *l, uint32_t set)
{
	for (uint32_t family = 0; family <= 1; family++) {
		auto_(groups_clear) struct groups families = { 0 };
		int err = group(l->space, set, SPACE_FAMILY, 1, &families);

		l->is_v6 = family;
		for (size_t i = 0; !err && i < families.count; i++) {
			const struct addr_range *f = &families.at[i].ranges.at[0];

			if (get_word(f->first) <= family && family <= get_word(f->last))
				err = list_in(l, families.at[i].to);
		}
		if (err)
			return err;
	}
	return 0;
}

/* The variables in their order: time, family, in, out, protocol, port, source, destination. */
int differ_list(const struct space *space, uint32_t set, const struct differ_box *like,
		struct differ_result *result)
{
	struct listing l = { .space = space, .result = result, .box = *like };
	auto_(groups_clear) struct groups times = { 0 };
	int err = group(space, set, SPACE_TIME, 1, &times);

	for (size_t i = 0; !err && i < times.count; i++) {
		const struct addr_list *t = &times.at[i].ranges;

		for (size_t j = 0; !err && j < t->count; j++) {
			uint32_t first = get_word(t->at[j].first), last = get_word(t->at[j].last);

			l.box.since_s = first > 0 ? space->times[first - 1] : 0;
			l.box.until_s = last < space->time_count ? space->times[last] : 0;
			err = list_families(&l, times.at[i].to);
		}
	}
	return err;
}
