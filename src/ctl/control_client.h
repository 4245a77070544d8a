/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Asks the daemon over the control socket. See ctl/control_protocol.h. */
#pragma once

#include <jansson.h>

/* Sends command and gives the whole answer, one JSON object (the caller drops it with
 * json_decref()). timeout_ms bounds the wait for each datagram. 0 and *ret_answer, or -errno,
 * *ret_answer untouched: that of connect(2) or send(2); -ETIMEDOUT; -EMSGSIZE for an answer beyond
 * CONTROL_ANSWER_MAX; -EPROTO for one that is no JSON object or was cut short; -ENAMETOOLONG for a
 * socket path that fits no address. */
int control_client_ask(const char *socket_path, const char *command, int timeout_ms,
		       json_t **ret_answer);

/* The sentence of an answer to a command, in the reader's language; NULL if it has none. Borrowed
 * from answer. */
const char *control_client_sentence(const json_t *answer);

/* The same for commands, which are asked for in the language of messages: says on standard error
 * why it failed, and gives the exit code (enum cmd_exit); CMD_OK with *ret_answer. */
int control_client_command(const char *socket_path, const char *command, json_t **ret_answer);
