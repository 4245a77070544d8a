/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts the engines, takes their messages, answers with verdicts, and replaces those that end. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/engine.h"
#include "engine/event.h"

struct broker;
struct nlsock;
struct queue_sender;
struct verdicts;

/* One engine, or the reader of the kernel's log. */
struct engine_slot {
	struct broker *broker; /* borrowed */
	enum engine_kind kind;
	uint32_t index;
	struct nlsock *sock;         /* the bound queue, or log group */
	struct queue_sender *sender; /* queues only, as are verdicts */
	struct verdicts *verdicts;
	pid_t pid; /* 0: none runs */
	int fd;    /* our end of its socket; -1: none */
	int timer; /* starts it again; -1: none yet */
	uint32_t delay_ms;
	uint32_t newest_id; /* of the packets it told of */
	uint64_t started_ms;
	uint64_t packets, restarts;
	uint64_t overruns; /* as the running engine counted: receives that failed; of the log:
			      packets missing */
	uint64_t unreadable;
	struct event_counts counts; /* as the running engine last told */
};

/* Binds the queues and the log group of the policy. 0, or -errno with the reason logged. */
int engines_bind(struct broker *broker);

/* Starts all. 0 or -errno (logged). */
int engines_start(struct broker *broker);

/* SIGCHLD: takes note of engines that ended, refuses what they held, and has them started again. */
void engines_reap(struct broker *broker);

/* Ends all and waits for them. Packets in the queues are dropped by the kernel. */
void engines_stop(struct broker *broker);

/* Flows that an engine keeps for this policy's bound on undecided ones. */
uint32_t engines_flows_max(uint32_t undecided_max);
