/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Diagnostics on standard error, one write for each line. */

#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048
#define NAME_MAX_BYTES 48

static char log_name[NAME_MAX_BYTES] = "sekisho";
static enum log_level log_highest = LOG_LEVEL_INFO;
static bool log_to_journal;

/* JOURNAL_STREAM names the stream by device and inode: a child whose standard error was redirected
 * still has the variable, so the name is compared with what standard error really is. Source:
 * systemd.exec(5). */
static bool stderr_is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	char *end = NULL;

	if (!stream || fstat(STDERR_FILENO, &st) < 0)
		return false;
	uintmax_t device = strtoumax(stream, &end, 10);
	if (*end != ':')
		return false;
	uintmax_t inode = strtoumax(end + 1, &end, 10);
	return *end == '\0' && device == st.st_dev && inode == st.st_ino;
}

void log_setup(const char *name, enum log_level level)
{
	(void)snprintf(log_name, sizeof(log_name), "%s", name);
	log_highest = level;
	log_to_journal = stderr_is_journal();
}

/* Syslog priorities. Source: RFC 5424 section 6.2.1. */
static int priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return 3;
	case LOG_LEVEL_WARNING:
		return 4;
	case LOG_LEVEL_INFO:
		return 6;
	case LOG_LEVEL_DEBUG:
		return 7;
	}
	return 3;
}

/* snprintf's answer as the number of bytes that are really there. */
static size_t used(int printed, size_t room)
{
	if (printed < 0)
		return 0;
	return (size_t)printed < room ? (size_t)printed : room - 1;
}

static __attribute__((format(printf, 2, 0))) void log_line(enum log_level level, const char *format,
							   va_list args)
{
	char line[LINE_MAX_BYTES];
	size_t len = 0;
	int saved_errno = errno;

	if (level > log_highest)
		return;
	if (log_to_journal)
		len = used(snprintf(line, sizeof(line), "<%d>", priority(level)), sizeof(line));
	len += used(snprintf(line + len, sizeof(line) - len, "%s: ", log_name), sizeof(line) - len);
	size_t text = len;
	errno = saved_errno; /* for %m */
	/* One byte is kept for the newline. */
	len += used(vsnprintf(line + len, sizeof(line) - 1 - len, format, args),
		    sizeof(line) - 1 - len);

	/* One event is one line, whatever was in it. */
	for (size_t i = text; i < len; i++) {
		if (line[i] == '\n' || line[i] == '\r')
			line[i] = ' ';
	}
	line[len++] = '\n';

	/* There is nowhere to tell that diagnostics cannot be written. */
	if (write(STDERR_FILENO, line, len) < 0)
		errno = saved_errno;
	errno = saved_errno;
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_LEVEL_DEBUG, format, args);
	va_end(args);
}

bool log_limit_allow(struct log_limit *state, unsigned int burst, unsigned int interval_ms,
		     unsigned long long now_ms, unsigned int *ret_suppressed)
{
	if (state->seen == 0 || now_ms - state->since_ms >= interval_ms) {
		state->since_ms = now_ms;
		state->seen = 0;
	}
	if (state->seen >= burst) {
		state->suppressed++;
		return false;
	}
	state->seen++;
	*ret_suppressed = state->suppressed;
	state->suppressed = 0;
	return true;
}

char *log_escape(const char *text, size_t len, char *out, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	size_t at = 0;

	if (cap == 0)
		return out;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		/* A backslash too, else escaped text could not be told from text that says "\x41".
		 */
		bool plain = c >= 0x20 && c < 0x7f && c != '\\';

		if (cap - at <= (plain ? 1U : 4U))
			break;
		if (plain) {
			out[at++] = (char)c;
			continue;
		}
		out[at++] = '\\';
		out[at++] = 'x';
		out[at++] = digits[c >> 4];
		out[at++] = digits[c & 15];
	}
	out[at] = '\0';
	return out;
}
