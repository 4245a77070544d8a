/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A buffer over a log file, and a watch on its folder. */

#include "audit/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mono.h"

#define LOOK_AGAIN_MS 1000

struct reader {
	char *path;
	int fd;
	int inotify; /* -1 before the first wait, or where there is none */
	bool is_file;
	bool skipping; /* the rest of an overlong line */
	uint64_t overlong;
	off_t offset; /* of the next byte to be read from the file */
	size_t begin, end;
	char buffer[READER_LINE_MAX + 1];
};

static int open_input(const char *path)
{
	int fd;

	if (strcmp(path, "-") == 0)
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	else
		fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static struct reader *new_reader(const char *path, int fd)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (!reader)
		return NULL;
	reader->fd = fd;
	reader->inotify = -1;
	reader->path = strdup(path);
	if (!reader->path) {
		free(reader);
		return NULL;
	}
	return reader;
}

int reader_open(const char *path, struct reader **ret_reader)
{
	struct stat st;
	int r = 0;

	int fd = open_input(path);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	struct reader *reader = r == 0 ? new_reader(path, fd) : NULL;
	if (!reader) {
		(void)close(fd);
		return r < 0 ? r : -ENOMEM;
	}
	reader->is_file = S_ISREG(st.st_mode) && strcmp(path, "-") != 0;
	*ret_reader = reader;
	return 0;
}

void reader_free(struct reader *reader)
{
	if (!reader)
		return;
	if (reader->fd >= 0)
		(void)close(reader->fd);
	if (reader->inotify >= 0)
		(void)close(reader->inotify);
	free(reader->path);
	free(reader);
}

void reader_freep(struct reader **reader)
{
	reader_free(*reader);
	*reader = NULL;
}

static void start_at(struct reader *reader, off_t offset)
{
	reader->offset = offset;
	reader->begin = reader->end = 0;
	reader->skipping = false;
}

/* Counts newlines backwards, block by block, until lines of them are passed. */
int reader_seek_last(struct reader *reader, size_t lines)
{
	struct stat st;
	size_t newlines = 0;

	if (!reader->is_file)
		return -ESPIPE;
	if (fstat(reader->fd, &st) < 0)
		return -errno;
	off_t block = st.st_size;
	while (block > 0) {
		size_t len = block < READER_LINE_MAX ? (size_t)block : READER_LINE_MAX;

		block -= (off_t)len;
		ssize_t n = pread(reader->fd, reader->buffer, len, block);
		if (n < 0)
			return -errno;
		for (size_t i = (size_t)n; i > 0; i--) {
			/* The newline before the first of the wanted lines. */
			if (reader->buffer[i - 1] != '\n' || newlines++ < lines)
				continue;
			start_at(reader, block + (off_t)i);
			return 0;
		}
	}
	start_at(reader, 0);
	return 0;
}

/* Reads more behind what is there. Bytes read, 0 at the end, or -errno. */
static ssize_t fill(struct reader *reader)
{
	size_t room;
	ssize_t n;

	if (reader->begin > 0) {
		memmove(reader->buffer, reader->buffer + reader->begin,
			reader->end - reader->begin);
		reader->end -= reader->begin;
		reader->begin = 0;
	}
	if (reader->end == READER_LINE_MAX) {
		reader->overlong += reader->skipping ? 0 : 1;
		reader->skipping = true;
		reader->end = 0;
	}
	room = READER_LINE_MAX - reader->end;
	do {
		if (reader->is_file)
			n = pread(reader->fd, reader->buffer + reader->end, room, reader->offset);
		else
			n = read(reader->fd, reader->buffer + reader->end, room);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	reader->end += (size_t)n;
	reader->offset += n;
	return n;
}

/* A whole line out of the buffer, or NULL. */
static char *take_line(struct reader *reader, size_t *ret_length)
{
	for (;;) {
		char *line = reader->buffer + reader->begin;
		char *newline = memchr(line, '\n', reader->end - reader->begin);

		if (!newline)
			return NULL;
		reader->begin = (size_t)(newline - reader->buffer) + 1;
		if (reader->skipping) {
			reader->skipping = false;
			continue;
		}
		*newline = '\0';
		*ret_length = (size_t)(newline - line);
		return line;
	}
}

/* At the end of the file: is there another to go on with? 1 if there may be more to read now, 0 if
 * not. */
static int go_on(struct reader *reader)
{
	struct stat open_now, named;

	if (!reader->is_file)
		return 0;
	if (fstat(reader->fd, &open_now) < 0)
		return -errno;
	if (open_now.st_size < reader->offset) {
		start_at(reader, 0);
		return open_now.st_size > 0;
	}
	if (stat(reader->path, &named) < 0 || !S_ISREG(named.st_mode) || named.st_size == 0)
		return 0; /* between the renaming and the new file's first record */
	if (named.st_dev == open_now.st_dev && named.st_ino == open_now.st_ino)
		return 0;
	/* Something may have been written to the old file after its end was seen, before the new
	 * one began. */
	ssize_t more = fill(reader);
	if (more != 0)
		return more > 0 ? 1 : (int)more;
	int fd = open(reader->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	(void)close(reader->fd);
	reader->fd = fd;
	start_at(reader, 0);
	return 1;
}

int reader_next(struct reader *reader, const char **ret_line, size_t *ret_length)
{
	for (;;) {
		char *line = take_line(reader, ret_length);

		if (line) {
			*ret_line = line;
			return 1;
		}
		ssize_t n = fill(reader);
		if (n > 0)
			continue;
		int r = n < 0 ? (int)n : go_on(reader);
		if (r <= 0)
			return r;
	}
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Watches the folder: its files' changes are told as well as their coming and going. */
static void begin_watching(struct reader *reader)
{
	if (reader->inotify >= 0)
		return;
	char *folder = folder_of(reader->path);
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (folder && fd >= 0 &&
	    inotify_add_watch(fd, folder, IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE) >= 0)
		reader->inotify = fd;
	else if (fd >= 0)
		(void)close(fd);
	free(folder);
}

/* True if reader_next() would find something, without reading it. */
static bool has_more(const struct reader *reader)
{
	struct stat open_now, named;

	if (fstat(reader->fd, &open_now) < 0)
		return true; /* let reader_next() tell the error */
	if (open_now.st_size != reader->offset)
		return true;
	return stat(reader->path, &named) == 0 && named.st_size > 0 &&
	       (named.st_dev != open_now.st_dev || named.st_ino != open_now.st_ino);
}

static void drop_notices(int inotify)
{
	char notices[4096];

	while (read(inotify, notices, sizeof(notices)) > 0)
		continue;
}

int reader_wait(struct reader *reader, int timeout_ms)
{
	const uint64_t begun = mono_ms();

	if (!reader->is_file)
		return -ESPIPE;
	begin_watching(reader);
	for (;;) {
		int wait_ms = LOOK_AGAIN_MS;

		/* Looked at after the watch began, so that no change falls between. */
		if (has_more(reader))
			return 1;
		if (timeout_ms >= 0) {
			uint64_t passed = mono_ms() - begun;
			if (passed >= (uint64_t)timeout_ms)
				return 0;
			if ((uint64_t)timeout_ms - passed < LOOK_AGAIN_MS)
				wait_ms = (int)((uint64_t)timeout_ms - passed);
		}
		struct pollfd watched = { .fd = reader->inotify, .events = POLLIN };
		int r = poll(&watched, 1, wait_ms);
		if (r < 0)
			return errno == EINTR ? 0 : -errno;
		if (r > 0)
			drop_notices(reader->inotify);
	}
}

uint64_t reader_overlong(const struct reader *reader)
{
	return reader->overlong;
}
