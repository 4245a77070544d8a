/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes records of what the broker decides and of its life, hands them to the writer, and counts.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "audit/record.h"
#include "broker/interfaces.h"

struct policy;
struct writer;

struct recorder_counts {
	uint64_t permitted[REASON_COUNT],
		refused[REASON_COUNT]; /* decisions; as recorded, or lost with the log */
};

struct recorder {
	struct writer *writer;       /* owned by the broker */
	const struct policy *policy; /* the running one; the broker keeps it current */
	struct interfaces interfaces;
	struct recorder_counts counts;
};

struct recorder_decision {
	enum record_kind kind; /* DECISION, REQUEST, CUT or REPEATED */
	const struct flow_key *key;
	const struct decide_result *result;
	enum app app;
	const char *name; /* NULL if none */
	const char *alpn; /* NULL if none */
	bool has_ech;
	const char *rule;  /* NULL if no kernel rule spoke */
	uint32_t iif, oif; /* interface indexes, 0 if unknown */
	uint64_t now_ms;   /* monotonic, for the names of interfaces */
	uint64_t count;    /* REPEATED: how many times more */
};

/* Puts the record in the writer's batch. 0, or the writer's -errno: it is not recorded and what it
 * permits must be refused. */
int recorder_decision(struct recorder *recorder, const struct recorder_decision *decision);

/* LIFE, POLICY and GAP records; text is a sentence. */
int recorder_note(struct recorder *recorder, enum record_kind kind, const char *action,
		  uint64_t count, const char *text);

/* Writes the batch. 0, or the writer's -errno: none of it is recorded. */
int recorder_flush(struct recorder *recorder);

/* Counts a decision. */
void recorder_count(struct recorder *recorder, bool permitted, enum reason reason);
