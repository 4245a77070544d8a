/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of addresses and ports: single ones in hash sets, ranges in interval sets, one of each for a
 * family. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/compile_parts.h"

static const struct {
	const char *suffix;
	uint8_t family;
} variants[] = {
	{ "exact4", 4 },  { "prefix4", 4 }, { "exact6", 6 },
	{ "prefix6", 6 }, { "exact", 0 },   { "range", 0 },
};

size_t compile_variants(struct compile *c, const char *base,
			struct compile_variant out[COMPILE_VARIANTS_MAX])
{
	size_t count = 0;

	if (c->build.error)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(variants); i++) {
		struct compile_variant *v = &out[count];

		build_name(&c->build, v->name, "%s_%s", base, variants[i].suffix);
		v->family = variants[i].family;
		if (ruleset_set(c->build.ruleset, v->name))
			count++;
	}
	return count;
}

/* One set of one family: the boxes that are single (or not), seen from each of the sources. Without
 * sources the key has none. */
struct box_set {
	const char *base;
	uint8_t family;
	bool single;
	const enum ruleset_field *fields;
	size_t field_count;
};

static bool belongs(const struct box_set *set, const struct box *box)
{
	return box->addresses.family == set->family && box_is_single(box) == set->single;
}

static void put_boxes(struct compile *c, const struct box_set *set, const struct addr *source,
		      const struct boxes *boxes, bool *begun)
{
	struct addr_range from = { 0 };

	if (source) {
		from.family = source->family;
		memcpy(from.first, source->b, sizeof(from.first));
		memcpy(from.last, source->b, sizeof(from.last));
	}
	for (size_t i = 0; i < boxes->count; i++) {
		const struct box *box = &boxes->at[i];

		if (!belongs(set, box))
			continue;
		if (!*begun) {
			char name[RULESET_NAME_MAX];

			build_name(&c->build, name, "%s_%s%d", set->base,
				   set->single ? "exact" : "prefix", set->family);
			build_set(&c->build, name, set->single ? BUILD_EXACT : BUILD_INTERVAL,
				  set->fields, set->field_count);
			*begun = true;
		}
		build_element(&c->build);
		if (source)
			build_put_range(&c->build, &from);
		build_put_range(&c->build, &box->addresses);
		build_put_protocol(&c->build, box->l4proto);
		build_put_number(&c->build, box->first, box->last);
	}
}

void compile_box_sets(struct compile *c, const char *base, enum ruleset_field field4,
		      enum ruleset_field field6, struct boxes *boxes)
{
	build_fail(&c->build, boxes_normalise(boxes));
	for (int i = 0; i < 4; i++) {
		uint8_t family = i < 2 ? 4 : 6;
		const enum ruleset_field fields[] = { family == 4 ? field4 : field6, FIELD_L4PROTO,
						      FIELD_DPORT };
		struct box_set set = { .base = base,
				       .family = family,
				       .single = i % 2 == 0,
				       .fields = fields,
				       .field_count = ARRAY_SIZE(fields) };
		bool begun = false;

		put_boxes(c, &set, NULL, boxes, &begun);
	}
}

void compile_via_sets(struct compile *c, const char *base, struct compile_proxy *proxies,
		      size_t count)
{
	for (size_t i = 0; i < count; i++)
		build_fail(&c->build, boxes_normalise(&proxies[i].boxes));
	for (int i = 0; i < 4; i++) {
		uint8_t family = i < 2 ? 4 : 6;
		const enum ruleset_field fields[] = { compile_saddr(family), compile_daddr(family),
						      FIELD_L4PROTO, FIELD_DPORT };
		struct box_set set = { .base = base,
				       .family = family,
				       .single = i % 2 == 0,
				       .fields = fields,
				       .field_count = ARRAY_SIZE(fields) };
		bool begun = false;

		for (size_t j = 0; j < count; j++)
			if (proxies[j].address.family == family)
				put_boxes(c, &set, &proxies[j].address, &proxies[j].boxes, &begun);
	}
}

static void put_ports(struct compile *c, const char *base, const struct boxes *boxes, bool single)
{
	bool begun = false;

	for (size_t i = 0; i < boxes->count; i++) {
		const struct box *box = &boxes->at[i];

		if ((box->first == box->last) != single)
			continue;
		if (!begun) {
			char name[RULESET_NAME_MAX];

			build_name(&c->build, name, "%s_%s", base, single ? "exact" : "range");
			build_set(&c->build, name, single ? BUILD_EXACT : BUILD_INTERVAL,
				  BUILD_FIELDS(FIELD_L4PROTO, FIELD_DPORT));
			begun = true;
		}
		build_element(&c->build);
		build_put_protocol(&c->build, box->l4proto);
		build_put_number(&c->build, box->first, box->last);
	}
}

void compile_port_sets(struct compile *c, const char *base, const struct policy_ports *ports)
{
	auto_(boxes_clear) struct boxes boxes = { 0 };

	/* all at one address: what is left to be made disjoint are the ports */
	for (size_t i = 0; i < ports->count; i++) {
		struct box box = { .addresses = { .family = 4 },
				   .l4proto = ports->at[i].l4proto,
				   .first = ports->at[i].first,
				   .last = ports->at[i].last };

		build_fail(&c->build, boxes_add(&boxes, &box));
	}
	build_fail(&c->build, boxes_normalise(&boxes));
	put_ports(c, base, &boxes, true);
	put_ports(c, base, &boxes, false);
}

bool compile_address_set(struct compile *c, const char *name, uint8_t family,
			 enum ruleset_field field, const struct addr_list *list, char *out)
{
	bool begun = false;

	build_name(&c->build, out, "%s%d", name, family);
	if (c->build.error)
		return false;
	if (ruleset_set(c->build.ruleset, out))
		return true;
	for (size_t i = 0; i < list->count; i++) {
		if (list->at[i].family != family)
			continue;
		if (!begun)
			build_set(&c->build, out, BUILD_INTERVAL, &field, 1);
		begun = true;
		build_element(&c->build);
		build_put_range(&c->build, &list->at[i]);
	}
	return begun;
}
