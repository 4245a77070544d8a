/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The daemon's state as JSON, for sekishoctl status. */
#pragma once

struct broker;

/* A newly allocated string (the caller frees it), or NULL if memory ran out. Asks the kernel
 * through broker->table whether the table is in place. Source: ctl/control_protocol.h. */
char *status_text(const struct broker *broker);
