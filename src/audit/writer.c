/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log file and its batch; what could not be written is counted, and told when writing works
 * again. */

#include "audit/writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/put.h"
#include "audit/tail.h"
#include "common/mono.h"

#define BATCH_BYTES (768 * 1024) /* more than 128 records of RECORD_MAX: a round of the broker */
#define FILE_MODE   0640

struct writer {
	char *directory, *path;
	int fd;                       /* -1 where none is open */
	int failure;                  /* 0 or the -errno of the last failure */
	struct timespec failed_since; /* of the first in a row */
	uint64_t sequence;
	uint64_t missing_now; /* records missing and not yet told of by a gap record */
	uint64_t batch_records;
	size_t batch_bytes;
	struct writer_counts counts;
	char batch[BATCH_BYTES];
};

static void fail(struct writer *writer, int failure)
{
	if (writer->failure == 0)
		writer->failed_since = mono_real();
	writer->failure = failure;
}

static void empty_batch(struct writer *writer)
{
	writer->batch_records = 0;
	writer->batch_bytes = 0;
}

static void lose_batch(struct writer *writer)
{
	writer->missing_now += writer->batch_records;
	writer->counts.missing += writer->batch_records;
	empty_batch(writer);
}

/* Opens path and checks that it is a file of its own: never a link or a device that somebody put
 * there. */
static int open_file(const char *path, struct tail *ret_tail)
{
	struct stat st;
	int r = 0;

	/* O_NONBLOCK: a FIFO in its place must not stop the daemon. Reading is for the tail. */
	int fd = open(path,
		      O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		      FILE_MODE);
	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		r = -errno;
	else if (!S_ISREG(st.st_mode))
		r = -EINVAL;
	else
		r = tail_read(fd, ret_tail);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	return fd;
}

/* Takes back what a failed write left of a line, so that the file ends with a whole one. If that
 * fails as well, the next opening finds the file without a newline at its end, and says so in the
 * log. */
static void cut_back(int fd, size_t written)
{
	struct stat st;

	if (written == 0 || fstat(fd, &st) < 0 || st.st_size < (off_t)written)
		return;
	if (ftruncate(fd, st.st_size - (off_t)written) < 0)
		return;
}

static int write_whole(int fd, const char *data, size_t len)
{
	size_t written = 0;

	while (written < len) {
		ssize_t n = write(fd, data + written, len - written);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			int r = n < 0 ? -errno : -EIO;

			cut_back(fd, written);
			return r;
		}
		written += (size_t)n;
	}
	return 0;
}

/* Writes one record of the writer's own, past the batch; end_line ends a line that was cut short
 * before it. */
static int write_own(struct writer *writer, int fd, bool end_line, struct record *record)
{
	char line[RECORD_MAX + 1] = { '\n' };
	size_t len = end_line ? 1 : 0;

	record->time = mono_real();
	record->sequence = writer->sequence + 1;
	len += record_format(record, line + len);
	int r = write_whole(fd, line, len);
	if (r < 0)
		return r;
	writer->sequence++;
	writer->counts.written++;
	writer->counts.bytes += len;
	return 0;
}

/* Ends a line that was cut short, so that the next record stands in a line of its own. */
static int mark_cut_line(struct writer *writer, int fd)
{
	struct record record = {
		.kind = RECORD_GAP,
		.action = "log-cut",
		.text = "The line before this one was cut short, by a crash or a full disk.",
		/* After a failure of our own, the records of that batch are counted as missing
		   already. */
		.count = writer->failure ? 0 : 1,
	};

	return write_own(writer, fd, true, &record);
}

/* Tells what is missing up to now. */
static int write_gap(struct writer *writer, int fd)
{
	char text[256], since[PUT_TIME_MAX + 1];
	struct record record = {
		.kind = RECORD_GAP,
		.action = "log-gap",
		.text = text,
		.count = writer->missing_now,
	};

	*put_time(since, &writer->failed_since) = '\0';
	(void)snprintf(text, sizeof(text), "The log could not be written since %s: %s.", since,
		       strerror(-writer->failure));
	int r = write_own(writer, fd, false, &record);
	if (r == 0)
		writer->missing_now = 0;
	return r;
}

/* Opens the file of that name and makes it fit to be written on. Gives its descriptor; nothing is
 * changed for the worse on failure. */
static int open_whole(struct writer *writer, bool *ret_empty)
{
	struct tail tail = { 0 };
	int r = 0;

	int fd = open_file(writer->path, &tail);
	if (fd < 0)
		return fd;
	if (tail.sequence > writer->sequence)
		writer->sequence = tail.sequence;
	if (tail.cut)
		r = mark_cut_line(writer, fd);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	*ret_empty = tail.empty;
	return fd;
}

static void use_file(struct writer *writer, int fd)
{
	if (writer->fd >= 0)
		(void)close(writer->fd);
	writer->fd = fd;
}

struct writer *writer_new(const char *directory)
{
	bool empty;
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer)
		return NULL;
	writer->fd = -1;
	writer->directory = strdup(directory);
	if (!writer->directory ||
	    asprintf(&writer->path, "%s/%s", directory, WRITER_FILE_NAME) < 0) {
		free(writer->directory);
		free(writer);
		return NULL;
	}
	writer->sequence = tail_directory_sequence(directory, WRITER_FILE_NAME);
	int fd = open_whole(writer, &empty);
	if (fd < 0)
		fail(writer, fd);
	else
		use_file(writer, fd);
	return writer;
}

void writer_free(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->fd >= 0)
		(void)close(writer->fd);
	free(writer->directory);
	free(writer->path);
	free(writer);
}

int writer_add(struct writer *writer, struct record *record)
{
	if (writer->batch_bytes + RECORD_MAX > sizeof(writer->batch))
		return -ENOBUFS;
	record->sequence = ++writer->sequence;
	writer->batch_bytes += record_format(record, writer->batch + writer->batch_bytes);
	writer->batch_records++;
	return 0;
}

/* A file that was removed takes records that nobody will read: begin another of the same name. */
static int replace_if_removed(struct writer *writer)
{
	struct stat st;
	bool empty;

	if (fstat(writer->fd, &st) < 0)
		return -errno;
	if (st.st_nlink > 0)
		return 0;
	int fd = open_whole(writer, &empty);
	if (fd < 0)
		return fd;
	use_file(writer, fd);
	return 0;
}

int writer_flush(struct writer *writer)
{
	int r = writer->failure;

	if (writer->batch_records == 0)
		return r;
	if (r == 0)
		r = replace_if_removed(writer);
	if (r == 0)
		r = write_whole(writer->fd, writer->batch, writer->batch_bytes);
	if (r < 0) {
		lose_batch(writer);
		fail(writer, r);
		return r;
	}
	writer->counts.written += writer->batch_records;
	writer->counts.bytes += writer->batch_bytes;
	writer->counts.flushes++;
	empty_batch(writer);
	return 0;
}

int writer_failure(const struct writer *writer)
{
	return writer->failure;
}

int writer_retry(struct writer *writer)
{
	bool empty;

	if (writer->failure == 0)
		return 0;
	/* What was put in the batch meanwhile has numbers before that of the gap record. */
	lose_batch(writer);

	int fd = open_whole(writer, &empty);
	int r = fd < 0 ? fd : write_gap(writer, fd);
	if (r < 0) {
		if (fd >= 0)
			(void)close(fd);
		fail(writer, r);
		return r;
	}
	use_file(writer, fd);
	writer->failure = 0;
	return 0;
}

int writer_reopen(struct writer *writer)
{
	struct record record = {
		.kind = RECORD_LIFE,
		.action = "log-reopened",
		.text = "The log goes on in this file.",
	};
	bool empty;

	if (writer->failure)
		return writer_retry(writer);
	int r = writer_flush(writer);
	if (r < 0)
		return r;
	int fd = open_whole(writer, &empty);
	if (fd < 0)
		return fd;
	r = empty ? write_own(writer, fd, false, &record) : 0;
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	use_file(writer, fd);
	return 0;
}

void writer_counts(const struct writer *writer, struct writer_counts *ret)
{
	*ret = writer->counts;
	ret->sequence = writer->sequence;
}
