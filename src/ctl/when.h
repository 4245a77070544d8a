/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points in time as people write them, and as records bear them. */
#pragma once

#include <time.h>

#define WHEN_RECORD_MAX 32 /* bytes of a record's time, with NUL */

/* Understands, against now: "2026-11-22", "2026-11-22 12:35" and "…:35:07" (local time; T for the
 * blank is fine), the same with "Z" or "+09:00" behind, "12:35" and "12:35:07" (today), "today",
 * "yesterday", "-90s", "-15m", "-2h", "-3d" (before now). 0 and *ret, or -EINVAL and *ret
 * untouched. */
int when_parse(const char *text, time_t now, time_t *ret);

/* The time of a record ("@timestamp") in seconds. 0, or -EINVAL and *ret untouched. */
int when_of_record(const char *text, time_t *ret);

/* As records write it, so that both compare as text. Gives out. */
char *when_to_record(time_t when, char out[WHEN_RECORD_MAX]);
