/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells systemd how the daemon is, where it asks and libsystemd is built in; else does nothing. */
#pragma once

#include <stdint.h>

struct loop;

struct notify {
	struct loop *loop; /* borrowed */
	int timer;         /* of the watchdog; -1: none */
};

/* Reads what the service manager wants (before any fork) and begins to feed its watchdog. */
void notify_start(struct notify *notify, struct loop *loop);

void notify_ready(const char *status);
void notify_reloading(void);
void notify_stopping(void);
void notify_status(const char *status);
