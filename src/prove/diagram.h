/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of points of a space of many dimensions, exactly: decision diagrams over intervals.
 *
 * A point has a number for each variable, 0..last. A set is a number itself: equal sets have equal
 * numbers, whatever way they were made. Sets live as long as the diagram that holds them.
 *
 * Errors stick: once memory has run out, or the bound is reached, every operation gives the empty
 * set, and diagram_error() says so. Ask it before believing a result. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct diagram;

#define DIAGRAM_NONE 0U /* the empty set */
#define DIAGRAM_ALL  1U /* every point */

#define DIAGRAM_VARIABLES_MAX 192

/* last: the greatest value of each variable, in the order in which they are asked. edges_max bounds
 * the memory (8 bytes an edge, and some for nodes). NULL if memory ran out. */
struct diagram *diagram_new(const uint32_t *last, size_t variables, size_t edges_max);
void diagram_freep(struct diagram **diagram);

/* 0, -ENOMEM, or -E2BIG where edges_max was reached. */
int diagram_error(const struct diagram *diagram);

/* Makes an error stick that a caller met. */
void diagram_fail(struct diagram *diagram, int error);

/* Points whose variable lies in first..last. */
uint32_t diagram_range(struct diagram *diagram, size_t variable, uint32_t first, uint32_t last);

uint32_t diagram_and(struct diagram *diagram, uint32_t a, uint32_t b);
uint32_t diagram_or(struct diagram *diagram, uint32_t a, uint32_t b);
uint32_t diagram_minus(struct diagram *diagram, uint32_t a, uint32_t b);

/* Points that are in the set for some value of the variables whose flag is set (an array of as many
 * flags as there are variables). */
uint32_t diagram_forget(struct diagram *diagram, uint32_t set, const bool *variables);

/* Boxes, each a range first..last for each of the same variables; any value of the others. */
struct diagram_boxes {
	size_t variables[16]; /* ascending */
	size_t variable_count;
	uint32_t (*ranges)[2]; /* box i has ranges[i * variable_count ...] */
	size_t count, room;
};

/* Room for one more box: its ranges, to be filled in. NULL if memory ran out. */
uint32_t (*diagram_boxes_add(struct diagram_boxes *boxes))[2];
void diagram_boxes_clear(struct diagram_boxes *boxes);

/* The union of the boxes. Fast where they are disjoint. */
uint32_t diagram_union(struct diagram *diagram, const struct diagram_boxes *boxes);

/* A point of the set, which must not be empty: values holds wishes on entry, kept where they can
 * be. */
void diagram_pick(const struct diagram *diagram, uint32_t set, uint32_t *values);

/* True if the point is in the set. */
bool diagram_has(const struct diagram *diagram, uint32_t set, const uint32_t *values);

/* The boxes that the set is made of, as the diagram divides it; UINT64_MAX for more. */
uint64_t diagram_count(struct diagram *diagram, uint32_t set);

/* To walk a set: the variable that it asks first (the number of variables for the two constants),
 * and its edges: edge i covers the values from after the one before (or 0) to *ret_last. */
size_t diagram_variable(const struct diagram *diagram, uint32_t set);
size_t diagram_edges(const struct diagram *diagram, uint32_t set);
uint32_t diagram_edge(const struct diagram *diagram, uint32_t set, size_t i, uint32_t *ret_last);

/* Edges in use: how much memory it takes. */
size_t diagram_size(const struct diagram *diagram);
