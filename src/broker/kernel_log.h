/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records what kernel rules decided, as the log reader tells it. */
#pragma once

#include <stdbool.h>

#include "common/reason.h"

struct broker;
struct engine_slot;

/* Takes one waiting message of the log reader. Returns as answer_take() does. */
int kernel_log_take(struct engine_slot *slot);

/* Begins to remember refusals, so that those which repeat are recorded once and then counted. The
 * loop must be there. 0 or -ENOMEM. */
int kernel_log_open(struct broker *broker);

/* Records what was counted so far, and forgets it. */
void kernel_log_tell_repeats(struct broker *broker);

/* What a rule's prefix says: the reason, whether the packet passed, and the rule's name (within
 * prefix) for the record. */
struct kernel_log_rule {
	enum reason reason;
	bool permitted;
	const char *name;
};

/* 0, or -EBADMSG where prefix is not one of compile.h. *ret borrows prefix. */
int kernel_log_rule(const char *prefix, struct kernel_log_rule *ret);
