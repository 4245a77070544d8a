/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names of sets, with and without the ending. */
#include "kernel/renamed.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool renamed_is(const char *name)
{
	const size_t len = strlen(name), suffix = strlen(RENAMED_SUFFIX);

	return len > suffix && strcmp(name + len - suffix, RENAMED_SUFFIX) == 0;
}

void renamed_plain(const char *name, char *ret, size_t cap)
{
	size_t len = strlen(name);

	if (renamed_is(name))
		len -= strlen(RENAMED_SUFFIX);
	(void)snprintf(ret, cap, "%.*s", (int)len, name);
}

int renamed_other(const char *name, char *ret, size_t cap)
{
	if (renamed_is(name)) {
		renamed_plain(name, ret, cap);
		return 0;
	}
	if (strlen(name) + sizeof(RENAMED_SUFFIX) > cap)
		return -ENAMETOOLONG;
	(void)snprintf(ret, cap, "%s" RENAMED_SUFFIX, name);
	return 0;
}
