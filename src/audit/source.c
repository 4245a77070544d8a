/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unpacks a file piece by piece into a buffer and cuts that into lines. */
#include "audit/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#define PACKED_BYTES (256 * 1024)
#define PLAIN_BYTES  (1024 * 1024)

enum packing { PACKING_NONE, PACKING_GZIP, PACKING_ZSTD };

struct source {
	int fd;
	enum packing packing;
	bool inflating; /* inflateInit2() was called */
	bool packed_over;
	bool in_frame; /* something packed was begun and has not ended */
	bool passing;  /* the rest of an overlong line is passed over */
	size_t in_at, in_end;
	size_t begin, end;
	uint64_t bytes;
	z_stream gzip;
	ZSTD_DCtx *zstd;
	unsigned char in[PACKED_BYTES];
	char out[PLAIN_BYTES];
};

/* More of the file behind what is there. Bytes, 0 at its end, or -errno. */
static ssize_t read_some(struct source *source, void *to, size_t room)
{
	ssize_t n;

	do {
		n = read(source->fd, to, room);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static int fill_packed(struct source *source)
{
	ssize_t n;

	if (source->in_at < source->in_end || source->packed_over)
		return 0;
	n = read_some(source, source->in, sizeof(source->in));
	if (n < 0)
		return (int)n;
	source->in_at = 0;
	source->in_end = (size_t)n;
	source->packed_over = n == 0;
	return 0;
}

static int begin_unpacking(struct source *source)
{
	static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	int r = fill_packed(source);

	if (r < 0)
		return r;
	if (source->in_end >= sizeof(gzip) && memcmp(source->in, gzip, sizeof(gzip)) == 0) {
		source->packing = PACKING_GZIP;
		if (inflateInit2(&source->gzip, 15 + 16) != Z_OK)
			return -ENOMEM;
		source->inflating = true;
	} else if (source->in_end >= sizeof(zstd) && memcmp(source->in, zstd, sizeof(zstd)) == 0) {
		source->packing = PACKING_ZSTD;
		source->zstd = ZSTD_createDCtx();
		if (!source->zstd)
			return -ENOMEM;
	}
	return 0;
}

int source_open(const char *path, struct source **ret)
{
	struct source *source = malloc(sizeof(*source));
	struct stat st;
	int r = 0;

	if (!source)
		return -ENOMEM;
	memset(source, 0, offsetof(struct source, in));
	source->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (source->fd < 0 || fstat(source->fd, &st) < 0)
		r = -errno;
	else if (S_ISDIR(st.st_mode))
		r = -EISDIR;
	if (r == 0)
		r = begin_unpacking(source);
	if (r < 0) {
		source_free(source);
		return r;
	}
	*ret = source;
	return 0;
}

void source_free(struct source *source)
{
	if (!source)
		return;
	if (source->inflating)
		(void)inflateEnd(&source->gzip);
	(void)ZSTD_freeDCtx(source->zstd);
	if (source->fd >= 0)
		(void)close(source->fd);
	free(source);
}

void source_freep(struct source **source)
{
	source_free(*source);
	*source = NULL;
}

/* Unpacks some of the input into to. Bytes, or -EBADMSG. */
static ssize_t unpack_gzip(struct source *source, char *to, size_t room)
{
	z_stream *gzip = &source->gzip;
	int r;

	gzip->next_in = source->in + source->in_at;
	gzip->avail_in = (uInt)(source->in_end - source->in_at);
	gzip->next_out = (unsigned char *)to;
	gzip->avail_out = (uInt)room;
	r = inflate(gzip, Z_NO_FLUSH);
	source->in_at = source->in_end - gzip->avail_in;
	source->in_frame = r != Z_STREAM_END;
	/* several, one behind the other, are one file */
	if (r == Z_STREAM_END && inflateReset(gzip) != Z_OK)
		return -EBADMSG;
	return r == Z_OK || r == Z_STREAM_END || r == Z_BUF_ERROR
		       ? (ssize_t)(room - gzip->avail_out)
		       : -EBADMSG;
}

static ssize_t unpack_zstd(struct source *source, char *to, size_t room)
{
	ZSTD_inBuffer in = { source->in, source->in_end, source->in_at };
	ZSTD_outBuffer out = { to, room, 0 };
	const size_t left = ZSTD_decompressStream(source->zstd, &out, &in);

	if (ZSTD_isError(left))
		return -EBADMSG;
	source->in_at = in.pos;
	source->in_frame = left != 0;
	return (ssize_t)out.pos;
}

static ssize_t unpack(struct source *source, char *to, size_t room)
{
	ssize_t n = (ssize_t)(source->in_end - source->in_at);

	switch (source->packing) {
	case PACKING_NONE:
		break;
	case PACKING_GZIP:
		return unpack_gzip(source, to, room);
	case PACKING_ZSTD:
		return unpack_zstd(source, to, room);
	}
	/* what was read to see that it is not packed */
	memcpy(to, source->in + source->in_at, (size_t)n);
	source->in_at = source->in_end;
	return n;
}

/* More plain bytes behind what is there. Bytes, 0 at the end, or an error. */
static ssize_t fill(struct source *source)
{
	char *to = source->out + source->end;
	const size_t room = sizeof(source->out) - source->end;
	ssize_t n = 0;
	int r;

	if (source->packing == PACKING_NONE && source->in_at == source->in_end)
		return read_some(source, to, room);
	while (n == 0) {
		r = fill_packed(source);
		if (r < 0)
			return r;
		/* at the end something unpacked may still wait for room */
		const bool over = source->in_at == source->in_end && source->packed_over;
		if (over && !source->in_frame)
			break;
		n = unpack(source, to, room);
		if (over && n == 0)
			break;
	}
	/* What was packed and breaks off is damaged, whatever came out of it. */
	return n == 0 && source->in_frame ? -EBADMSG : n;
}

static int give(struct source *source, size_t len, size_t taken, const char **ret_line,
		size_t *ret_len)
{
	*ret_line = source->out + source->begin;
	*ret_len = len;
	source->begin += taken;
	source->bytes += taken;
	return 1;
}

int source_next(struct source *source, const char **ret_line, size_t *ret_len, bool *ret_whole)
{
	for (;;) {
		const char *at = source->out + source->begin;
		const size_t there = source->end - source->begin;
		const char *newline = memchr(at, '\n', there);

		*ret_whole = true;
		if (newline && !source->passing)
			return give(source, (size_t)(newline - at), (size_t)(newline - at) + 1,
				    ret_line, ret_len);
		if (newline || there >= SOURCE_LINE_MAX) {
			const bool first = !source->passing;
			const size_t len = newline ? (size_t)(newline - at) + 1 : there;

			source->passing = !newline;
			(void)give(source, len, len, ret_line, ret_len);
			if (first)
				return 1;
			continue;
		}
		memmove(source->out, at, there);
		source->begin = 0;
		source->end = there;
		ssize_t n = fill(source);
		if (n < 0)
			return (int)n;
		source->end += (size_t)n;
		if (n > 0)
			continue;
		*ret_whole = false;
		return there > 0 && !source->passing ? give(source, there, there, ret_line, ret_len)
						     : 0;
	}
}

uint64_t source_bytes(const struct source *source)
{
	return source->bytes;
}
