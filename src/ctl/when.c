/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses times by strptime(3). */

#include "ctl/when.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static int seconds_of_unit(char unit)
{
	switch (unit) {
	case 's':
		return 1;
	case 'm':
		return 60;
	case 'h':
		return 3600;
	case 'd':
		return 86400;
	default:
		return 0;
	}
}

/* "-15m" */
static int parse_before(const char *text, time_t now, time_t *ret)
{
	char *end = NULL;

	if (text[1] < '0' || text[1] > '9')
		return -EINVAL;
	errno = 0;
	long count = strtol(text + 1, &end, 10);
	int unit = seconds_of_unit(*end);
	if (errno || unit == 0 || end[1] != '\0' || count > INT_MAX / unit)
		return -EINVAL;
	*ret = now - count * unit;
	return 0;
}

static int local_midnight(time_t now, int days_before, time_t *ret)
{
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return -EINVAL;
	tm.tm_mday -= days_before;
	tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
	tm.tm_isdst = -1;
	*ret = mktime(&tm);
	return 0;
}

/* Two digits below limit, or -1. */
static int two_digits(const char *text, int limit)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	int number = (text[0] - '0') * 10 + (text[1] - '0');
	return number < limit ? number : -1;
}

/* "Z", "+09:00" */
static int parse_offset(const char *text, long *ret_seconds)
{
	if (strcmp(text, "Z") == 0) {
		*ret_seconds = 0;
		return 0;
	}
	if ((text[0] != '+' && text[0] != '-') || strlen(text) != strlen("+09:00") ||
	    text[3] != ':')
		return -EINVAL;
	long hours = two_digits(text + 1, 24), minutes = two_digits(text + 4, 60);
	if (hours < 0 || minutes < 0)
		return -EINVAL;
	*ret_seconds = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
	return 0;
}

/* mktime and timegm mend what is out of range ("30 February"); a person should hear of it. */
static bool is_same_day(const struct tm *asked, const struct tm *mended)
{
	return asked->tm_mday == mended->tm_mday && asked->tm_mon == mended->tm_mon;
}

static int from_parts(const struct tm *parts, const char *rest, time_t *ret)
{
	struct tm tm = *parts;
	long offset;
	time_t t;

	if (*rest == '\0') {
		tm.tm_isdst = -1;
		t = mktime(&tm);
	} else {
		int r = parse_offset(rest, &offset);
		if (r < 0)
			return r;
		t = timegm(&tm) - offset;
	}
	if (!is_same_day(parts, &tm))
		return -EINVAL;
	*ret = t;
	return 0;
}

int when_parse(const char *text, time_t now, time_t *ret)
{
	static const char *const dated[] = { "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
					     "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d" };
	static const char *const timed[] = { "%H:%M:%S", "%H:%M" };

	if (strcmp(text, "today") == 0)
		return local_midnight(now, 0, ret);
	if (strcmp(text, "yesterday") == 0)
		return local_midnight(now, 1, ret);
	if (text[0] == '-')
		return parse_before(text, now, ret);
	for (size_t i = 0; i < ARRAY_SIZE(dated); i++) {
		struct tm tm = { 0 };
		const char *rest = strptime(text, dated[i], &tm);

		if (rest && from_parts(&tm, rest, ret) == 0)
			return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(timed); i++) {
		struct tm tm;

		if (!localtime_r(&now, &tm))
			return -EINVAL;
		tm.tm_sec = 0;
		const char *rest = strptime(text, timed[i], &tm);
		if (rest && *rest == '\0')
			return from_parts(&tm, rest, ret);
	}
	return -EINVAL;
}

int when_of_record(const char *text, time_t *ret)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

	if (!rest || *rest != '.')
		return -EINVAL;
	rest += 1 + strspn(rest + 1, "0123456789");
	if (strcmp(rest, "Z") != 0)
		return -EINVAL;
	*ret = timegm(&tm);
	return 0;
}

char *when_to_record(time_t when, char out[WHEN_RECORD_MAX])
{
	struct tm tm;

	if (!gmtime_r(&when, &tm) ||
	    strftime(out, WHEN_RECORD_MAX, "%Y-%m-%dT%H:%M:%S.000000Z", &tm) == 0)
		out[0] = '\0';
	return out;
}
