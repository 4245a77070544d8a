/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Refusals by kernel rules that repeat: a client that is dropped silently sends its segment again
 * and again. The first is recorded at once; those that are the same in everything (rule,
 * interfaces, addresses, ports) are counted, and told in one summary when they have ceased. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/kernel_event.h"

/* Waits of a TCP client that tries again double up to about a minute (RFC 6298, 5.5 and 2.5). */
#define REPEATS_IDLE_MS 120000
#define REPEATS_AGE_MS  600000 /* no summary stands for more time than this */

struct repeats;

/* Called for an event that has ceased, or whose room was needed: it came count (at least 1) more
 * times after it was recorded. */
typedef void repeats_summary(const struct kernel_event *event, uint64_t count, void *data);

/* Remembers up to about slots (at least 16) different events. NULL without memory. The caller frees
 * with repeats_free(), which tells no summaries. */
struct repeats *repeats_new(uint32_t slots, repeats_summary *summary, void *data);
void repeats_free(struct repeats *repeats);

/* True if the same event is known: it was counted, and is not to be recorded again. False: it is
 * remembered from now on, in the place of the one that was idle longest if there is no room.
 * now_ms: monotonic. */
bool repeats_take(struct repeats *repeats, const struct kernel_event *event, uint64_t now_ms);

/* Tells the summaries of those that have been idle for REPEATS_IDLE_MS, or are REPEATS_AGE_MS old,
 * and forgets them. UINT64_MAX: of all. */
void repeats_expire(struct repeats *repeats, uint64_t now_ms);
