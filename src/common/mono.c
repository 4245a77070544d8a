/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clock readings. */

#include "common/mono.h"

#define MS_PER_S  1000
#define NS_PER_MS 1000000
#define NS_PER_S  1000000000LL

/* clock_gettime cannot fail for these clocks with a valid pointer. */
static struct timespec read_clock(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)clock_gettime(clock, &now);
	return now;
}

static uint64_t to_ms(struct timespec t)
{
	return (uint64_t)t.tv_sec * MS_PER_S + (uint64_t)t.tv_nsec / NS_PER_MS;
}

uint64_t mono_ms(void)
{
	return to_ms(read_clock(CLOCK_MONOTONIC));
}

uint64_t mono_ms_coarse(void)
{
	return to_ms(read_clock(CLOCK_MONOTONIC_COARSE));
}

struct timespec mono_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

struct timespec mono_real(void)
{
	return read_clock(CLOCK_REALTIME);
}

int64_t mono_between_ns(const struct timespec *a, const struct timespec *b)
{
	return (int64_t)(b->tv_sec - a->tv_sec) * NS_PER_S + (b->tv_nsec - a->tv_nsec);
}
