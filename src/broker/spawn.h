/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts this very program anew as an engine: a fresh address space without policy, log or sockets.
 */
#pragma once

#include <sys/types.h>

#include "engine/engine.h"

/* Opens the running program's file, so that engines are of the same version even where the file was
 * replaced since. The descriptor (close-on-exec), or -errno. */
int spawn_open_program(void);

/* Starts an engine that inherits source (a netlink socket) and hands it its settings. 0, its pid,
 * and the broker's end of the socket (the caller closes it); or -errno. */
int spawn_engine(int program, int source, const struct engine_settings *settings, pid_t *ret_pid,
		 int *ret_fd);
