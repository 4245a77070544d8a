/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many boxes at once: sorted by one variable after the other, so that each node is made once. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "prove/diagram_parts.h"

uint32_t (*diagram_boxes_add(struct diagram_boxes *boxes))[2]
{
	if (boxes->count == boxes->room) {
		size_t room = boxes->room ? boxes->room * 2 : 16;
		uint32_t(*grown)[2] =
			reallocarray(boxes->ranges, room * boxes->variable_count, sizeof(*grown));

		if (!grown)
			return NULL;
		boxes->ranges = grown;
		boxes->room = room;
	}
	return &boxes->ranges[boxes->count++ * boxes->variable_count];
}

void diagram_boxes_clear(struct diagram_boxes *boxes)
{
	free(boxes->ranges);
	boxes->ranges = NULL;
	boxes->count = boxes->room = 0;
}

/* Boxes from one column on. */
struct column {
	const struct diagram_boxes *boxes;
	size_t at;
};

static const uint32_t *range_of(const struct column *column, uint32_t box)
{
	return column->boxes->ranges[box * column->boxes->variable_count + column->at];
}

static int compare_ranges(const void *a, const void *b, void *data)
{
	const uint32_t *x = range_of(data, *(const uint32_t *)a);
	const uint32_t *y = range_of(data, *(const uint32_t *)b);

	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	return (x[1] > y[1]) - (x[1] < y[1]);
}

/* The last column: ranges that overlap or touch become one. */
static uint32_t union_last(struct diagram *d, const struct column *column, const uint32_t *boxes,
			   size_t count)
{
	size_t variable = column->boxes->variables[column->at], base = d->scratch_count, i = 0;
	uint32_t end = d->last[variable];

	while (i < count) {
		const uint32_t *range = range_of(column, boxes[i]);
		uint32_t first = range[0], last = range[1];

		for (i++; i < count && range_of(column, boxes[i])[0] <= last; i++)
			if (range_of(column, boxes[i])[1] > last)
				last = range_of(column, boxes[i])[1];
		if (first)
			(void)diagram_push(d, first - 1, DIAGRAM_NONE);
		(void)diagram_push(d, last, DIAGRAM_ALL);
	}
	if (d->scratch_count == base || d->scratch[d->scratch_count - 1].last < end)
		(void)diagram_push(d, end, DIAGRAM_NONE);
	/* a gap of no values, where one range ends right before the next */
	for (size_t k = base + 1; k < d->scratch_count; k++)
		if (d->scratch[k].last == d->scratch[k - 1].last)
			d->scratch[k].to = d->scratch[k - 1].to;
	return diagram_finish(d, (uint32_t)variable, base);
}

/* Boxes (sorted by this column) whose ranges are the same or disjoint. */
static bool are_apart(const struct column *column, const uint32_t *boxes, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const uint32_t *x = range_of(column, boxes[i - 1]), *y = range_of(column, boxes[i]);

		if (y[0] <= x[1] && (x[0] != y[0] || x[1] != y[1]))
			return false;
	}
	return true;
}

static uint32_t union_from(struct diagram *d, struct column column, uint32_t *boxes, size_t count);

/* One edge for each different range. */
static uint32_t union_groups(struct diagram *d, const struct column *column, uint32_t *boxes,
			     size_t count)
{
	size_t variable = column->boxes->variables[column->at], base = d->scratch_count, next;
	struct column deeper = { .boxes = column->boxes, .at = column->at + 1 };
	uint32_t range[2] = { 0, 0 };

	for (size_t i = 0; i < count; i = next) {
		uint32_t from = i ? range[1] + 1 : 0, to;

		memcpy(range, range_of(column, boxes[i]), sizeof(range));
		for (next = i + 1; next < count; next++)
			if (range_of(column, boxes[next])[0] != range[0])
				break;
		if (range[0] > from)
			(void)diagram_push(d, range[0] - 1, DIAGRAM_NONE);
		to = union_from(d, deeper, &boxes[i], next - i);
		(void)diagram_push(d, range[1], to);
	}
	if (range[1] < d->last[variable])
		(void)diagram_push(d, d->last[variable], DIAGRAM_NONE);
	return diagram_finish(d, (uint32_t)variable, base);
}

/* count is 1 at least. */
static uint32_t union_from(struct diagram *d, struct column column, uint32_t *boxes, size_t count)
{
	if (d->error)
		return DIAGRAM_NONE;
	if (column.at == column.boxes->variable_count)
		return DIAGRAM_ALL;
	qsort_r(boxes, count, sizeof(*boxes), compare_ranges, &column);
	if (column.at + 1 == column.boxes->variable_count)
		return union_last(d, &column, boxes, count);
	if (are_apart(&column, boxes, count))
		return union_groups(d, &column, boxes, count);
	return diagram_or(d, union_from(d, column, boxes, count / 2),
			  union_from(d, column, boxes + count / 2, count - count / 2));
}

uint32_t diagram_union(struct diagram *diagram, const struct diagram_boxes *boxes)
{
	struct column column = { .boxes = boxes };
	uint32_t *order, set;

	if (!boxes->count || diagram->error)
		return DIAGRAM_NONE;
	order = reallocarray(NULL, boxes->count, sizeof(*order));
	if (!order) {
		diagram_fail(diagram, -ENOMEM);
		return DIAGRAM_NONE;
	}
	for (uint32_t i = 0; i < boxes->count; i++)
		order[i] = i;
	set = union_from(diagram, column, order, boxes->count);
	free(order);
	return set;
}
