/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers an engine's message: decide, record, write, and only then send the verdicts. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct broker;
struct engine_slot;
struct flow_key;

/* Takes the waiting messages of the slot's engine, some at once, and answers them. 0; -EAGAIN: none
 * waits; -EPIPE: the engine has closed its end; -EBADMSG or -EPROTO: it sent what cannot be; -EIO:
 * the verdicts could not be sent. After the last three the engine must be ended. */
int answer_take(struct engine_slot *slot);

/* Sends a reset of a TCP flow to one end and counts it. sequence: what that end expects next; 0 if
 * unknown: none is sent. */
void answer_reset(struct broker *broker, const struct flow_key *key, bool to_server,
		  uint32_t sequence);
