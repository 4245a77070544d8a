/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boxes of addresses and ports, made disjoint.
 *
 * The port ranges that occur cut the line of all ports into pieces; for each piece the addresses of
 * the boxes that cover it are merged; last, pieces that touch and have the very same addresses
 * become one again. There are few different port ranges, so this costs little more than sorting the
 * addresses. */
#include "ruleset/boxes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

/* A place on the line of all ports of all protocols. */
static uint32_t place(uint8_t l4proto, uint32_t port)
{
	return ((uint32_t)l4proto << 16) + port;
}

int boxes_add(struct boxes *boxes, const struct box *box)
{
	if (boxes->count == boxes->room) {
		size_t room = boxes->room ? boxes->room * 2 : 16;
		struct box *grown = reallocarray(boxes->at, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		boxes->at = grown;
		boxes->room = room;
	}
	boxes->at[boxes->count++] = *box;
	return 0;
}

static int compare_addresses(const struct addr_range *x, const struct addr_range *y)
{
	int order = (int)x->family - (int)y->family;

	if (!order)
		order = memcmp(x->first, y->first, sizeof(x->first));
	return order ? order : memcmp(x->last, y->last, sizeof(x->last));
}

static int compare_boxes(const void *a, const void *b)
{
	const struct box *x = a, *y = b;
	uint32_t p = place(x->l4proto, x->first), q = place(y->l4proto, y->first);
	int order = compare_addresses(&x->addresses, &y->addresses);

	return order ? order : (p > q) - (p < q);
}

static int compare_places(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The places where a port range begins or has just ended, sorted, each once. At most 2 * count. */
static size_t find_cuts(const struct boxes *boxes, uint32_t *cuts)
{
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < boxes->count; i++) {
		const struct box *box = &boxes->at[i];

		cuts[count++] = place(box->l4proto, box->first);
		cuts[count++] = place(box->l4proto, box->last) + 1;
	}
	qsort(cuts, count, sizeof(*cuts), compare_places);
	for (size_t i = 0; i < count; i++)
		if (!kept || cuts[kept - 1] != cuts[i])
			cuts[kept++] = cuts[i];
	return kept;
}

/* Whether next, which does not start before r, overlaps or touches it. */
static bool reaches(const struct addr_range *r, const struct addr_range *next)
{
	size_t i = addr_len(r->family);
	uint8_t after[16];

	if (r->family != next->family)
		return false;
	memcpy(after, r->last, sizeof(after));
	while (i > 0 && ++after[i - 1] == 0)
		i--;
	/* i is 0 where the last address of all was reached: nothing starts after it */
	return i == 0 || memcmp(next->first, after, addr_len(r->family)) <= 0;
}

/* Adds to out the merged addresses of the boxes (sorted) that cover the ports from..to. */
static int merge_piece(const struct boxes *boxes, uint32_t from, uint32_t to, struct boxes *out)
{
	struct box *open = NULL;

	for (size_t i = 0; i < boxes->count; i++) {
		struct box box = boxes->at[i];
		int err;

		if (place(box.l4proto, box.first) > from || place(box.l4proto, box.last) < to)
			continue;
		if (open && reaches(&open->addresses, &box.addresses)) {
			if (memcmp(box.addresses.last, open->addresses.last, 16) > 0)
				memcpy(open->addresses.last, box.addresses.last, 16);
			continue;
		}
		box.first = (uint16_t)from;
		box.last = (uint16_t)to;
		err = boxes_add(out, &box);
		if (err)
			return err;
		open = &out->at[out->count - 1];
	}
	return 0;
}

/* Joins neighbours in the sorted list that differ only in ports that touch. */
static void join_ports(struct boxes *boxes)
{
	size_t kept = 0;

	for (size_t i = 0; i < boxes->count; i++) {
		struct box *box = &boxes->at[i], *into = kept ? &boxes->at[kept - 1] : NULL;

		if (into && into->l4proto == box->l4proto &&
		    (uint32_t)into->last + 1 == box->first &&
		    !compare_addresses(&into->addresses, &box->addresses))
			into->last = box->last;
		else
			boxes->at[kept++] = *box;
	}
	boxes->count = kept;
}

static void places_free(uint32_t **places)
{
	free(*places);
}

int boxes_normalise(struct boxes *boxes)
{
	auto_(boxes_clear) struct boxes out = { 0 };
	auto_(places_free) uint32_t *cuts = NULL;
	size_t count;

	if (!boxes->count)
		return 0;
	cuts = reallocarray(NULL, boxes->count, 2 * sizeof(*cuts));
	if (!cuts)
		return -ENOMEM;
	qsort(boxes->at, boxes->count, sizeof(*boxes->at), compare_boxes);
	count = find_cuts(boxes, cuts);
	for (size_t i = 0; i + 1 < count; i++) {
		int err = merge_piece(boxes, cuts[i], cuts[i + 1] - 1, &out);

		if (err)
			return err;
	}
	if (out.count)
		qsort(out.at, out.count, sizeof(*out.at), compare_boxes);
	join_ports(&out);
	boxes_clear(boxes);
	*boxes = out;
	out = (struct boxes){ 0 };
	return 0;
}

bool box_is_single(const struct box *box)
{
	return box->first == box->last && addr_range_is_single(&box->addresses);
}

void boxes_clear(struct boxes *boxes)
{
	free(boxes->at);
	*boxes = (struct boxes){ 0 };
}
