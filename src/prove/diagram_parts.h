/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of diagram*.c share. */
#pragma once

#include "prove/diagram.h"

struct edge {
	uint32_t last, to;
};

struct node {
	uint32_t variable, first_edge, edge_count;
	uint32_t next; /* in its bucket */
};

/* Results of operations; a newer one takes the place of an older one. */
struct memo {
	uint32_t a, b, operation, result;
};

struct diagram {
	uint32_t last[DIAGRAM_VARIABLES_MAX];
	size_t variables, edges_max;
	struct node *nodes;
	size_t node_count, node_room;
	struct edge *edges;
	size_t edge_count, edge_room;
	uint32_t *buckets;
	size_t bucket_count; /* a power of two */
	struct edge *scratch;
	size_t scratch_count, scratch_room;
	struct memo *memos;
	uint32_t epoch; /* of the flags that forget goes by */
	const bool *forgotten;
	size_t forgotten_last;
	int error;
};

/* Nodes under way lie one above the other in scratch, each from where scratch_count stood when it
 * was begun (base). Appends an edge to the newest; false if memory ran out. */
bool diagram_push(struct diagram *d, uint32_t last, uint32_t to);

/* The node that asks variable and has the edges pushed since base. */
uint32_t diagram_finish(struct diagram *d, uint32_t variable, size_t base);
