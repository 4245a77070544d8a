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

#include "audit/keeper.h"
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
	struct keeper *keeper;        /* NULL where the log is not chained */
	uint64_t sequence;
	uint64_t unfit;       /* the record that does not fit the key */
	uint64_t sealed;      /* number of the last checkpoint's own record */
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
	if (writer->keeper)
		keeper_lost(writer->keeper);
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
	/* a new key's first record is what begins the chain */
	const bool sealed = writer->keeper &&
			    (record->kind == RECORD_OPENED || !keeper_is_fresh(writer->keeper));
	char line[RECORD_MAX + 1] = { '\n' };
	size_t len = end_line ? 1 : 0;

	record->time = mono_real();
	record->sequence = writer->sequence + 1;
	size_t bytes = record_format(record, line + len);
	int r = sealed ? keeper_seal(writer->keeper, record->sequence, line + len, &bytes) : 0;
	len += bytes;
	if (r == 0)
		r = write_whole(fd, line, len);
	if (r == 0 && sealed) {
		r = keeper_written(writer->keeper);
		if (r < 0)
			cut_back(fd, len);
	}
	if (r < 0) {
		if (sealed)
			keeper_lost(writer->keeper);
		return r;
	}
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

/* The name that the old file has by now, if the system tells. */
static const char *name_of(int fd, char *room, size_t size)
{
	char link[64];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = fd >= 0 ? readlink(link, room, size - 1) : -1;
	if (len <= 0)
		return NULL;
	room[len] = '\0';
	const char *slash = strrchr(room, '/');
	return slash ? slash + 1 : room;
}

/* A new file begins with what it goes on from. */
static int write_opened(struct writer *writer, int fd)
{
	char hex[2 * CHAIN_TAG_BYTES + 1], name[4096];
	uint8_t tag[CHAIN_TAG_BYTES];
	struct record record = {
		.kind = RECORD_OPENED,
		.action = "log-opened",
		.text = "The log goes on in this file.",
		.previous = writer->sequence,
		.previous_file = name_of(writer->fd, name, sizeof(name)),
	};

	if (!writer->keeper)
		return write_own(writer, fd, false, &record);
	record.key_id = keeper_id(writer->keeper);
	record.previous_tag = hex;
	record.previous = keeper_last(writer->keeper, tag);
	*chain_put_hex(hex, tag, sizeof(tag)) = '\0';
	if (keeper_is_fresh(writer->keeper)) {
		record.text = "The chain of records begins here.";
		record.previous = writer->sequence;
	}
	record.count = writer->sequence - record.previous;
	/* that nothing older than this file's seal comes back after a power failure */
	(void)keeper_sync(writer->keeper);
	int r = write_own(writer, fd, false, &record);
	if (r == 0)
		writer->missing_now = 0; /* told herewith */
	return r;
}

/* The file ends before the last number that was given: tells how many are not there. */
static int mark_lost(struct writer *writer, int fd, bool cut, uint64_t last)
{
	const uint64_t missing = writer->sequence > last ? writer->sequence - last : 0;
	struct record record = {
		.kind = RECORD_GAP,
		.action = cut ? "log-cut" : "log-lost",
		.text = cut ? "The line before this one was cut short, by a crash or a full disk."
			    : "The log ends before the last record that was written: a power "
			      "failure "
			      "took the rest, or somebody did.",
		.count = missing,
	};
	int r = write_own(writer, fd, cut, &record);

	if (r == 0)
		writer->missing_now = 0; /* told herewith */
	return r;
}

/* The same for a chained log: brings the key into step with the file first. */
static int make_fit_chained(struct writer *writer, int fd, const struct tail *tail)
{
	uint64_t last = 0, known;
	uint8_t tag[CHAIN_TAG_BYTES];
	int r = keeper_resume(writer->keeper, fd, &last);

	if (r < 0) {
		writer->unfit = r == -EKEYREJECTED ? last : 0;
		return r;
	}
	known = keeper_last(writer->keeper, tag);
	if (known > writer->sequence)
		writer->sequence = known;
	if (keeper_is_fresh(writer->keeper)) {
		r = tail->cut ? mark_cut_line(writer, fd) : 0;
		return r < 0 ? r : write_opened(writer, fd);
	}
	if (tail->empty)
		return write_opened(writer, fd);
	if (tail->cut ||
	    (writer->sequence > last && writer->sequence - last != writer->missing_now))
		return mark_lost(writer, fd, tail->cut, last);
	return 0;
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
	if (writer->keeper)
		r = make_fit_chained(writer, fd, &tail);
	else if (tail.cut)
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
	return writer_new_chained(directory, NULL);
}

struct writer *writer_new_chained(const char *directory, struct keeper *keeper)
{
	bool empty;
	struct writer *writer = calloc(1, sizeof(*writer));

	if (!writer) {
		keeper_free(keeper);
		return NULL;
	}
	writer->fd = -1;
	writer->keeper = keeper;
	writer->directory = strdup(directory);
	if (!writer->directory ||
	    asprintf(&writer->path, "%s/%s", directory, WRITER_FILE_NAME) < 0) {
		writer->path = NULL;
		writer_free(writer);
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
	keeper_free(writer->keeper);
	free(writer);
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

int writer_add(struct writer *writer, struct record *record)
{
	char *line = writer->batch + writer->batch_bytes;
	int r = 0;

	if (writer->batch_bytes + RECORD_MAX > sizeof(writer->batch))
		return -ENOBUFS;
	/* A chained record belongs behind the file's first: see to the file before, not after. */
	if (writer->keeper && writer->batch_records == 0 && writer->failure == 0)
		r = replace_if_removed(writer);
	record->sequence = ++writer->sequence;
	size_t len = record_format(record, line);
	if (r == 0 && writer->keeper && writer->failure == 0)
		r = keeper_seal(writer->keeper, record->sequence, line, &len);
	if (r < 0)
		fail(writer, r);
	writer->batch_bytes += len;
	writer->batch_records++;
	return 0;
}

static int write_batch(struct writer *writer)
{
	int r = writer->keeper ? 0 : replace_if_removed(writer);

	if (r == 0)
		r = write_whole(writer->fd, writer->batch, writer->batch_bytes);
	if (r < 0 || !writer->keeper)
		return r;
	r = keeper_written(writer->keeper);
	if (r < 0)
		cut_back(writer->fd, writer->batch_bytes);
	return r;
}

int writer_flush(struct writer *writer)
{
	int r = writer->failure;

	if (writer->batch_records == 0)
		return r;
	if (r == 0)
		r = write_batch(writer);
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
	bool empty;

	if (writer->failure)
		return writer_retry(writer);
	int r = writer_flush(writer);
	if (r < 0)
		return r;
	int fd = open_whole(writer, &empty);
	if (fd < 0)
		return fd;
	r = empty && !writer->keeper ? write_opened(writer, fd) : 0;
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	use_file(writer, fd);
	return 0;
}

int writer_checkpoint(struct writer *writer, struct checkpoint *ret)
{
	char text[CHECKPOINT_TEXT_MAX];
	struct record record = {
		.kind = RECORD_CHECKPOINT,
		.action = "log-checkpoint",
		.text = "The record before this one was sealed.",
		.checkpoint = text,
	};
	struct checkpoint checkpoint;

	if (!writer->keeper)
		return -ENOTSUP;
	int r = writer_flush(writer);
	if (r < 0)
		return r;
	if (writer->sequence == writer->sealed)
		return -EALREADY;
	r = keeper_checkpoint(writer->keeper, &checkpoint);
	if (r < 0)
		return r;
	(void)checkpoint_text(&checkpoint, text);
	record.key_id = keeper_id(writer->keeper);
	r = write_own(writer, writer->fd, false, &record);
	if (r < 0) {
		fail(writer, r);
		return r;
	}
	writer->sealed = writer->sequence;
	*ret = checkpoint;
	return 0;
}

const char *writer_key_id(const struct writer *writer)
{
	return writer->keeper ? keeper_id(writer->keeper) : NULL;
}

uint64_t writer_unfit(const struct writer *writer)
{
	return writer->unfit;
}

void writer_counts(const struct writer *writer, struct writer_counts *ret)
{
	*ret = writer->counts;
	ret->sequence = writer->sequence;
}
