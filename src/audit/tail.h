/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the end of a log file tells: the number of its last record, and whether its last line is
 * whole. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct tail {
	uint64_t sequence; /* highest found near the end; 0 if none */
	bool empty;        /* the file holds no byte */
	bool cut;          /* the file does not end in a newline */
};

/* Reads the end of the open file. 0 or -errno, *ret untouched. */
int tail_read(int fd, struct tail *ret);

/* The highest sequence at the ends of the regular files in directory whose names begin with prefix
 * (a log and its rotated, uncompressed forerunners); 0 if there is none or the directory cannot be
 * read. */
uint64_t tail_directory_sequence(const char *directory, const char *prefix);
