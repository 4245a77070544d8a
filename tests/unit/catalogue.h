/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The messages of the build tree. */
#pragma once

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CATALOGUE_PATH_MAX 640

/* BUILD/locale, from BUILD/tests/bin/check_X; "" where that cannot be told. */
static inline const char *catalogue_path(char path[CATALOGUE_PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", path, CATALOGUE_PATH_MAX - 16);

	path[len > 0 ? len : 0] = '\0';
	for (int i = 0; i < 3 && strrchr(path, '/'); i++)
		*strrchr(path, '/') = '\0';
	(void)strcat(path, "/locale");
	return path;
}
