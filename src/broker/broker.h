/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker: the process that owns policy, verdicts, log and control socket. Its state, and its
 * life. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "broker/engines.h"
#include "broker/notify.h"
#include "broker/recorder.h"
#include "kernel/features.h"

struct checkpoints;
struct control;
struct loop;
struct nlsock;
struct policy;
struct repeats;
struct reset;

#define BROKER_ENGINES_MAX 16

struct broker_options {
	const char *policy_path;
	int log_level; /* enum log_level; engines inherit it */
};

/* What the modules of this folder share. Everything is owned here unless it says otherwise. */
struct broker {
	struct broker_options options;
	struct loop *loop;
	struct policy *policy;
	struct features features;
	struct nlsock *table, *conntrack; /* for rules; for open flows */
	struct apply_state *loaded;       /* what is in the kernel, so that less has to be sent */
	struct reset *reset;
	struct recorder recorder;        /* with the writer */
	struct checkpoints *checkpoints; /* NULL where the log is not chained */
	struct control *control;
	struct notify notify;
	int program; /* this program's own file, for starting engines */
	uid_t uid;   /* after privileges were dropped */

	struct engine_slot engines[BROKER_ENGINES_MAX];
	uint32_t engine_count;
	struct engine_slot log_reader;
	struct repeats *repeats; /* kernel refusals that come again and again */

	uint64_t started_ms;           /* monotonic */
	struct timespec policy_loaded; /* real time */
	char *reload_error; /* why the last reload changed nothing; NULL if it did not fail */
	int retry_timer;    /* -1, or runs while the log cannot be written */
	uint64_t kernel_log_missing, kernel_log_unreadable;
	uint64_t resets_sent, resets_failed;
};

/* Reads the policy, binds, loads the table, drops privileges, starts engines, and serves until
 * SIGTERM or SIGINT. Returns the exit status of the process: 0; 1 where something failed (errors
 * were logged). */
int broker_run(const struct broker_options *options);

/* Writes the batch of records. 0, or -errno: none of it is recorded; from then on new flows are
 * refused until writing works again, which is tried each second. */
int broker_flush(struct broker *broker);

/* True while new flows are refused because no record can be written. */
bool broker_is_refusing(const struct broker *broker);
