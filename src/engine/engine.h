/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The process that reads packets: sekishod, started anew by the broker with "--engine".
 *
 * It inherits two descriptors and nothing else, is told its settings by the first message, shuts
 * itself in, and then turns what it receives into messages: a queue's packets into struct
 * event_message, or the kernel's log into struct kernel_event_message. It ends when the broker's
 * end of the socket is closed. */
#pragma once

#include <stdint.h>

#include "inspect/inspector.h"

#define ENGINE_SOURCE_FD 3 /* netlink socket: a bound queue, or the log group */
#define ENGINE_BROKER_FD 4 /* SOCK_SEQPACKET to the broker */
#define ENGINE_OPTION    "--engine"

#define ENGINE_SETTINGS_MAGIC 0x53454b30U /* "SEK0" */

enum engine_kind { ENGINE_QUEUE = 1, ENGINE_LOG };

/* The first message on the socket, from the broker. */
struct engine_settings {
	uint32_t magic;
	uint32_t kind;                  /* enum engine_kind */
	uint32_t index;                 /* for its name in diagnostics */
	uint32_t log_level;             /* enum log_level */
	struct inspector_limits limits; /* but the seed, which each engine draws for itself */
};

/* Runs until the broker goes. Returns the exit status of the process. */
int engine_main(void);
