/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From an engine's events to verdicts, with the record of each decision in the writer's batch
 * before.
 *
 * The hot path: no allocation, no I/O but the writer's. The caller flushes the batch and only then
 * sends the verdicts; if the flush fails it withdraws them first. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/flow_key.h"
#include "engine/event.h"

struct policy;
struct recorder;
struct verdicts;

/* One to send. */
struct verdict {
	bool has_packet; /* a packet of that id waits in the queue */
	bool drop;       /* NF_DROP; else NF_ACCEPT with mark */
	bool fresh;      /* permits something that is recorded in this batch only */
	bool end_flow;   /* the flow is refused just now: reset what can be reset */
	bool forget;     /* it gave way, undecided: reset its server, delete the kernel's entry */
	bool announced;  /* earlier events told of this very flow, undecided or watched until now */
	uint8_t reason;  /* enum reason of a decision taken just now, else REASON_NONE */
	uint32_t packet_id;
	uint32_t mark; /* packet mark: 0, or what the connection mark becomes */
};

struct verdict_list {
	uint32_t count;
	struct verdict at[EVENT_BATCH_MAX];
};

/* What is remembered of the flows of one engine, flows_max slots. NULL if memory ran out. */
struct verdicts *verdict_new(uint32_t flows_max);
void verdict_free(struct verdicts *verdicts);

/* Decides every event of a checked message. Records go to the recorder's batch; where a record
 * finds no place, what it would have permitted is refused. The list gets one entry an event, in
 * order. 0; or -EPROTO where an event does not fit what is known of its flow: it is refused, and
 * after its verdicts the engine must be ended. */
int verdict_decide(struct verdicts *verdicts, struct recorder *recorder,
		   const struct event_message *message, uint64_t now_ms, struct verdict_list *ret);

/* What was decided until now is written, or was withdrawn: the next message begins a batch. */
void verdict_batch_is_over(struct verdicts *verdicts);

/* The batch could not be written: turns what it freshly permitted into refusals, in the list and in
 * what is remembered. */
void verdict_withdraw(struct verdicts *verdicts, struct recorder *recorder,
		      const struct event_message *message, struct verdict_list *list);

/* A new policy: flows that it no longer permits are remembered as refused, so that packets still in
 * the queue do not open them again. */
void verdict_judge_again(struct verdicts *verdicts, const struct policy *policy);

/* The engine ended: calls lost for every flow that was undecided (client_next_seq as its last event
 * said), and forgets all flows. */
typedef void verdict_lost(const struct flow_key *key, uint32_t client_next_seq, void *data);
void verdict_forget(struct verdicts *verdicts, verdict_lost *lost, void *data);

struct verdict_counts {
	uint32_t known, undecided; /* flows remembered; of them without a decision */
};
void verdict_counts(const struct verdicts *verdicts, struct verdict_counts *ret);
