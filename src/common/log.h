/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diagnostics: one line an event on standard error, a sentence then key=value. (Decisions go to the
 * audit log.) */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* Lines above level are dropped; each begins with "<N>" (syslog priority) where journald reads
 * standard error (JOURNAL_STREAM is set). name stands in front ("sekishod", "sekishod[engine 0]").
 * Default: INFO, "sekisho". */
void log_setup(const char *name, enum log_level level);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* For events that packets drive: true at most burst times in each interval_ms; when it turns true
 * again, *ret_suppressed is how many were held back. state is zeroed by the owner once. now_ms is a
 * monotonic clock. */
struct log_limit {
	unsigned long long since_ms;
	unsigned int seen, suppressed;
};
bool log_limit_allow(struct log_limit *state, unsigned int burst, unsigned int interval_ms,
		     unsigned long long now_ms, unsigned int *ret_suppressed);

/* Copies text into out (cap bytes, always NUL-terminated) with everything but printable ASCII as
 * \xNN; for untrusted text. Returns out. */
char *log_escape(const char *text, size_t len, char *out, size_t cap);
