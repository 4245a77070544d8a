/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clock readings: monotonic for durations and deadlines, real time for what people read. */
#pragma once

#include <stdint.h>
#include <time.h>

/* CLOCK_MONOTONIC in milliseconds. For deadlines; means nothing outside this boot. */
uint64_t mono_ms(void);

/* The same as of the kernel's last tick, at most about 10 ms old and several times cheaper: for
 * packet paths. It may lie a few milliseconds before an earlier mono_ms(), so do not mix the two
 * for one deadline. Source: clock_gettime(2), CLOCK_MONOTONIC_COARSE. */
uint64_t mono_ms_coarse(void);

/* CLOCK_MONOTONIC in full. */
struct timespec mono_now(void);

/* CLOCK_REALTIME, for records. */
struct timespec mono_real(void);

/* Nanoseconds from a to b; negative if b is earlier. Exact within 292 years. */
int64_t mono_between_ns(const struct timespec *a, const struct timespec *b);
