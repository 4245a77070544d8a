/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decision diagrams over intervals: nodes are shared, so that a set has one form only.
 *
 * A node asks one variable; its edges cover 0..last, each with the greatest value that it is for.
 * Neighbouring edges lead to different nodes, and no node has one edge only. Recursion goes from
 * variable to variable: it is never deeper than there are variables. */
#include "prove/diagram.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "prove/diagram_parts.h"

#define MEMOS (1U << 17)

enum operation { AND, OR, MINUS, FORGET };

static uint32_t fail(struct diagram *d, int error)
{
	if (!d->error)
		d->error = error;
	return DIAGRAM_NONE;
}

struct diagram *diagram_new(const uint32_t *last, size_t variables, size_t edges_max)
{
	struct diagram *d = calloc(1, sizeof(*d));

	assert(variables <= DIAGRAM_VARIABLES_MAX);
	if (!d)
		return NULL;
	memcpy(d->last, last, variables * sizeof(*last));
	d->variables = variables;
	d->edges_max = edges_max < UINT32_MAX ? edges_max : UINT32_MAX;
	d->bucket_count = 1024;
	d->buckets = calloc(d->bucket_count, sizeof(*d->buckets));
	d->memos = calloc(MEMOS, sizeof(*d->memos));
	d->node_room = 1024;
	d->nodes = calloc(d->node_room, sizeof(*d->nodes));
	if (!d->buckets || !d->memos || !d->nodes) {
		diagram_freep(&d);
		return NULL;
	}
	/* the constants come after every variable */
	d->nodes[DIAGRAM_NONE].variable = (uint32_t)variables;
	d->nodes[DIAGRAM_ALL].variable = (uint32_t)variables;
	d->node_count = 2;
	return d;
}

void diagram_freep(struct diagram **diagram)
{
	struct diagram *d = steal(*diagram);

	if (!d)
		return;
	free(d->nodes);
	free(d->edges);
	free(d->buckets);
	free(d->scratch);
	free(d->memos);
	free(d);
}

int diagram_error(const struct diagram *diagram)
{
	return diagram->error;
}

void diagram_fail(struct diagram *diagram, int error)
{
	(void)fail(diagram, error);
}

size_t diagram_variable(const struct diagram *diagram, uint32_t set)
{
	return diagram->nodes[set].variable;
}

size_t diagram_edges(const struct diagram *diagram, uint32_t set)
{
	return diagram->nodes[set].edge_count;
}

uint32_t diagram_edge(const struct diagram *diagram, uint32_t set, size_t i, uint32_t *ret_last)
{
	const struct edge *edge = &diagram->edges[diagram->nodes[set].first_edge + i];

	*ret_last = edge->last;
	return edge->to;
}

size_t diagram_size(const struct diagram *diagram)
{
	return diagram->edge_count;
}

/* Makes sure that *at has room for count of size bytes. */
static bool make_room(struct diagram *d, void **at, size_t *room, size_t count, size_t size)
{
	size_t wanted = *room ? *room : 1024;
	void *grown;

	if (count <= *room)
		return true;
	while (wanted < count)
		wanted += wanted / 2;
	grown = reallocarray(*at, wanted, size);
	if (!grown) {
		fail(d, -ENOMEM);
		return false;
	}
	*at = grown;
	*room = wanted;
	return true;
}

static uint32_t mix(uint32_t hash, uint32_t value)
{
	uint64_t product = (hash ^ (uint64_t)value) * 0x9e3779b97f4a7c15U;

	return (uint32_t)(product ^ product >> 32);
}

static uint32_t hash_node(uint32_t variable, const struct edge *edges, size_t count)
{
	uint32_t hash = mix(1, variable);

	for (size_t i = 0; i < count; i++)
		hash = mix(mix(hash, edges[i].last), edges[i].to + 1);
	return hash;
}

static void more_buckets(struct diagram *d)
{
	size_t count = d->bucket_count * 2;
	uint32_t *grown = calloc(count, sizeof(*grown));

	if (!grown)
		return; /* slower, not wrong */
	for (uint32_t i = 2; i < d->node_count; i++) {
		struct node *node = &d->nodes[i];
		uint32_t *bucket = &grown[hash_node(node->variable, &d->edges[node->first_edge],
						    node->edge_count) &
					  (count - 1)];

		node->next = *bucket;
		*bucket = i;
	}
	free(d->buckets);
	d->buckets = grown;
	d->bucket_count = count;
}

static uint32_t new_node(struct diagram *d, uint32_t variable, const struct edge *edges,
			 size_t count, uint32_t hash)
{
	uint32_t *bucket;

	if (d->edge_count + count > d->edges_max)
		return fail(d, -E2BIG);
	if (!make_room(d, (void **)&d->nodes, &d->node_room, d->node_count + 1,
		       sizeof(*d->nodes)) ||
	    !make_room(d, (void **)&d->edges, &d->edge_room, d->edge_count + count,
		       sizeof(*d->edges)))
		return DIAGRAM_NONE;
	if (d->node_count > d->bucket_count)
		more_buckets(d);
	bucket = &d->buckets[hash & (d->bucket_count - 1)];
	memcpy(&d->edges[d->edge_count], edges, count * sizeof(*edges));
	d->nodes[d->node_count] = (struct node){ .variable = variable,
						 .first_edge = (uint32_t)d->edge_count,
						 .edge_count = (uint32_t)count,
						 .next = *bucket };
	*bucket = (uint32_t)d->node_count;
	d->edge_count += count;
	return (uint32_t)d->node_count++;
}

/* The node with those edges, which may have neighbours that lead to the same. */
static uint32_t find_node(struct diagram *d, uint32_t variable, struct edge *edges, size_t count)
{
	size_t kept = 0;
	uint32_t hash;

	for (size_t i = 0; i < count; i++) {
		if (kept && edges[kept - 1].to == edges[i].to)
			edges[kept - 1].last = edges[i].last;
		else
			edges[kept++] = edges[i];
	}
	if (kept == 1)
		return edges[0].to;
	hash = hash_node(variable, edges, kept);
	for (uint32_t i = d->buckets[hash & (d->bucket_count - 1)]; i; i = d->nodes[i].next) {
		const struct node *node = &d->nodes[i];

		if (node->variable == variable && node->edge_count == kept &&
		    !memcmp(&d->edges[node->first_edge], edges, kept * sizeof(*edges)))
			return i;
	}
	return new_node(d, variable, edges, kept, hash);
}

bool diagram_push(struct diagram *d, uint32_t last, uint32_t to)
{
	if (!make_room(d, (void **)&d->scratch, &d->scratch_room, d->scratch_count + 1,
		       sizeof(*d->scratch)))
		return false;
	d->scratch[d->scratch_count++] = (struct edge){ .last = last, .to = to };
	return true;
}

uint32_t diagram_finish(struct diagram *d, uint32_t variable, size_t base)
{
	size_t count = d->scratch_count - base;
	uint32_t set = DIAGRAM_NONE;

	if (!d->error)
		set = find_node(d, variable, &d->scratch[base], count);
	d->scratch_count = base;
	return set;
}

/* Points of then whose variable lies in first..last; then asks later variables only. */
static uint32_t range_then(struct diagram *d, size_t variable, const uint32_t range[2],
			   uint32_t then)
{
	size_t base = d->scratch_count;

	assert(range[0] <= range[1] && range[1] <= d->last[variable]);
	if (range[0])
		(void)diagram_push(d, range[0] - 1, DIAGRAM_NONE);
	(void)diagram_push(d, range[1], then);
	if (range[1] < d->last[variable])
		(void)diagram_push(d, d->last[variable], DIAGRAM_NONE);
	return diagram_finish(d, (uint32_t)variable, base);
}

uint32_t diagram_range(struct diagram *diagram, size_t variable, uint32_t first, uint32_t last)
{
	return range_then(diagram, variable, (const uint32_t[2]){ first, last }, DIAGRAM_ALL);
}

/* True where the result needs no look inside. */
static bool is_plain(enum operation operation, uint32_t a, uint32_t b, uint32_t *ret)
{
	switch (operation) {
	case AND:
		*ret = a == DIAGRAM_ALL ? b : a;
		if (a == DIAGRAM_NONE || b == DIAGRAM_NONE)
			*ret = DIAGRAM_NONE;
		return a <= DIAGRAM_ALL || b <= DIAGRAM_ALL || a == b;
	case OR:
		*ret = a == DIAGRAM_NONE ? b : a;
		if (a == DIAGRAM_ALL || b == DIAGRAM_ALL)
			*ret = DIAGRAM_ALL;
		return a <= DIAGRAM_ALL || b <= DIAGRAM_ALL || a == b;
	case MINUS:
		*ret = b == DIAGRAM_NONE ? a : DIAGRAM_NONE;
		return a == DIAGRAM_NONE || b <= DIAGRAM_ALL || a == b;
	case FORGET:
		break;
	}
	return false;
}

static struct memo *memo_of(struct diagram *d, uint32_t operation, uint32_t a, uint32_t b)
{
	return &d->memos[mix(mix(mix(operation, a), b), 7) & (MEMOS - 1)];
}

static bool remembers(const struct memo *memo, uint32_t operation, uint32_t a, uint32_t b)
{
	return memo->operation == operation && memo->a == a && memo->b == b && (a || b);
}

/* Edge i of set, seen from variable: a set that asks later has one edge for all values. */
static struct edge edge_at(const struct diagram *d, uint32_t set, uint32_t variable, size_t i)
{
	const struct node *node = &d->nodes[set];

	if (node->variable != variable)
		return (struct edge){ .last = d->last[variable], .to = set };
	return d->edges[node->first_edge + i];
}

static uint32_t apply(struct diagram *d, enum operation operation, uint32_t a, uint32_t b)
{
	uint32_t x = d->nodes[a].variable, y = d->nodes[b].variable, result;
	size_t base = d->scratch_count, i = 0, j = 0;
	uint32_t variable = x < y ? x : y, last;
	struct memo *memo;

	if (d->error)
		return DIAGRAM_NONE;
	if (is_plain(operation, a, b, &result))
		return result;
	if (operation != MINUS && a > b)
		return apply(d, operation, b, a);
	memo = memo_of(d, operation, a, b);
	if (remembers(memo, operation, a, b))
		return memo->result;
	do {
		struct edge p = edge_at(d, a, variable, i), q = edge_at(d, b, variable, j);

		last = p.last < q.last ? p.last : q.last;
		if (!diagram_push(d, last, apply(d, operation, p.to, q.to)))
			break;
		i += p.last == last;
		j += q.last == last;
	} while (last < d->last[variable]);
	result = diagram_finish(d, variable, base);
	*memo_of(d, operation, a, b) =
		(struct memo){ .a = a, .b = b, .operation = operation, .result = result };
	return result;
}

uint32_t diagram_and(struct diagram *diagram, uint32_t a, uint32_t b)
{
	return apply(diagram, AND, a, b);
}

uint32_t diagram_or(struct diagram *diagram, uint32_t a, uint32_t b)
{
	return apply(diagram, OR, a, b);
}

uint32_t diagram_minus(struct diagram *diagram, uint32_t a, uint32_t b)
{
	return apply(diagram, MINUS, a, b);
}

static uint32_t forget(struct diagram *d, uint32_t set)
{
	uint32_t variable = d->nodes[set].variable, result = DIAGRAM_NONE;
	size_t base = d->scratch_count, count = d->nodes[set].edge_count;
	struct memo *memo;

	if (d->error)
		return DIAGRAM_NONE;
	if (variable > d->forgotten_last || variable == d->variables)
		return set;
	memo = memo_of(d, FORGET, set, d->epoch);
	if (remembers(memo, FORGET, set, d->epoch))
		return memo->result;
	for (size_t i = 0; i < count; i++) {
		struct edge edge = edge_at(d, set, variable, i);
		uint32_t to = forget(d, edge.to);

		if (d->forgotten[variable])
			result = diagram_or(d, result, to);
		else if (!diagram_push(d, edge.last, to))
			break;
	}
	if (!d->forgotten[variable])
		result = diagram_finish(d, variable, base);
	*memo_of(d, FORGET, set, d->epoch) =
		(struct memo){ .a = set, .b = d->epoch, .operation = FORGET, .result = result };
	return result;
}

uint32_t diagram_forget(struct diagram *diagram, uint32_t set, const bool *variables)
{
	uint32_t result;
	bool any = false;

	for (size_t i = 0; i < diagram->variables; i++) {
		if (!variables[i])
			continue;
		any = true;
		diagram->forgotten_last = i;
	}
	if (!any)
		return set;
	diagram->forgotten = variables;
	diagram->epoch++;
	result = forget(diagram, set);
	diagram->forgotten = NULL;
	return result;
}

/* The edge of set that value takes. */
static struct edge edge_for(const struct diagram *d, uint32_t set, uint32_t value)
{
	const struct node *node = &d->nodes[set];
	size_t low = 0, high = node->edge_count - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (d->edges[node->first_edge + middle].last < value)
			low = middle + 1;
		else
			high = middle;
	}
	return d->edges[node->first_edge + low];
}

bool diagram_has(const struct diagram *diagram, uint32_t set, const uint32_t *values)
{
	while (set > DIAGRAM_ALL)
		set = edge_for(diagram, set, values[diagram->nodes[set].variable]).to;
	return set == DIAGRAM_ALL;
}

void diagram_pick(const struct diagram *diagram, uint32_t set, uint32_t *values)
{
	assert(set != DIAGRAM_NONE);
	while (set > DIAGRAM_ALL) {
		uint32_t variable = diagram->nodes[set].variable;
		struct edge edge = edge_for(diagram, set, values[variable]);

		if (edge.to == DIAGRAM_NONE)
			values[variable] = 0;
		for (size_t i = 0; edge.to == DIAGRAM_NONE; i++) {
			edge = edge_at(diagram, set, variable, i);
			if (edge.to == DIAGRAM_NONE)
				values[variable] = edge.last + 1;
		}
		set = edge.to;
	}
}

static uint64_t count_boxes(const struct diagram *d, uint32_t set, uint64_t *counts)
{
	uint64_t sum = 0;

	if (set <= DIAGRAM_ALL)
		return set;
	if (counts[set])
		return counts[set];
	for (size_t i = 0; i < d->nodes[set].edge_count; i++) {
		uint64_t more = count_boxes(d, d->edges[d->nodes[set].first_edge + i].to, counts);

		sum = sum > UINT64_MAX - more ? UINT64_MAX : sum + more;
	}
	counts[set] = sum;
	return sum;
}

uint64_t diagram_count(struct diagram *diagram, uint32_t set)
{
	uint64_t *counts = calloc(diagram->node_count, sizeof(*counts)), count;

	if (!counts) {
		fail(diagram, -ENOMEM);
		return 0;
	}
	count = count_boxes(diagram, set, counts);
	free(counts);
	return count;
}
