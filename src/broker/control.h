/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control socket: who may ask, and the answers. The protocol is in ctl/control_protocol.h. */
#pragma once

#include <sys/types.h>

struct broker;
struct control;

struct control_settings {
	const char *path;
	const char *group; /* operators; NULL: only root and the daemon's own user */
	uid_t uid;         /* of the daemon after it dropped privileges */
};

/* Makes the socket, of mode 0660 and that group. A stale one is replaced; one that a living daemon
 * answers on is not. 0 and *ret (the caller frees with control_free), or -errno with the reason
 * logged. */
int control_open(const struct control_settings *settings, struct control **ret);

/* Begins to serve in the broker's loop. 0 or -errno. */
int control_start(struct control *control, struct broker *broker);

/* Hangs up on everybody and removes the socket where it may. NULL is allowed. */
void control_free(struct control *control);
