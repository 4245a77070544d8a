/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the ends of log files, so that numbers go on over restarts and rotations. */

#include "audit/tail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/record.h"

/* Two lines: the last may be cut short before its number. */
#define TAIL_BYTES (2L * RECORD_MAX)

/* Quotes inside of texts are escaped, so that no text can look like this. */
static const char sequence_member[] = "\"sekisho.sequence\":";

static uint64_t highest_sequence(const char *text, size_t len)
{
	const char *end = text + len;
	uint64_t highest = 0;

	for (;;) {
		const char *at = memmem(text, (size_t)(end - text), sequence_member,
					sizeof(sequence_member) - 1);
		uint64_t number = 0;

		if (!at)
			return highest;
		at += sizeof(sequence_member) - 1;
		while (at < end && *at >= '0' && *at <= '9' && number < UINT64_MAX / 10 - 1)
			number = number * 10 + (uint64_t)(*at++ - '0');
		/* A number that the end of the file cut short is not one. */
		if (at < end && number > highest)
			highest = number;
		text = at;
	}
}

int tail_read(int fd, struct tail *ret)
{
	char text[TAIL_BYTES];
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	off_t from = st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0;
	ssize_t len = pread(fd, text, sizeof(text), from);
	if (len < 0)
		return -errno;
	*ret = (struct tail){
		.sequence = highest_sequence(text, (size_t)len),
		.empty = len == 0,
		.cut = len > 0 && text[len - 1] != '\n',
	};
	return 0;
}

static uint64_t file_sequence(int directory, const char *name)
{
	struct tail tail = { 0 };
	struct stat st;

	int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || tail_read(fd, &tail) < 0)
		tail.sequence = 0;
	(void)close(fd);
	return tail.sequence;
}

uint64_t tail_directory_sequence(const char *directory, const char *prefix)
{
	uint64_t highest = 0;
	const struct dirent *entry;

	DIR *dir = opendir(directory);
	if (!dir)
		return 0;
	while ((entry = readdir(dir)) != NULL) {
		if (strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
			continue;
		uint64_t sequence = file_sequence(dirfd(dir), entry->d_name);
		if (sequence > highest)
			highest = sequence;
	}
	(void)closedir(dir);
	return highest;
}
