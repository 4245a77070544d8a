/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks at the end of the log, further back as needed, and steps the key over what is there. */
#include "audit/resume.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "audit/line.h"
#include "common/defs.h"

#define WINDOW_BYTES (1L << 20)
#define AHEAD_MAX                                                                                  \
	(UINT64_C(1) << 28) /* no crash leaves more; stepping over more takes too long             \
			     */

static const uint8_t no_tag[CHAIN_TAG_BYTES];

/* The next line from *at on, and *at behind it; false at the end. The last may be without its
 * newline: if that is all that a crash took, the record is whole. */
static bool next_line(const char **at, const char *end, const char **ret, size_t *ret_len)
{
	const char *newline;

	if (*at == end)
		return false;
	newline = memchr(*at, '\n', (size_t)(end - *at));
	*ret = *at;
	*ret_len = (size_t)((newline ? newline : end) - *at);
	*at = newline ? newline + 1 : end;
	return true;
}

/* The number of the first record in the text, or UINT64_MAX. */
static uint64_t first_number(const char *text, size_t len)
{
	const char *at = text, *line_text;
	struct line line;
	size_t line_len;

	while (next_line(&at, text + len, &line_text, &line_len))
		if (line_parse(line_text, line_len, &line) == 0)
			return line.number;
	return UINT64_MAX;
}

static int read_at(int fd, char *to, size_t len, off_t from)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, to + done, len - done, from + (off_t)done);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return -EIO;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* As much of the file's end as begins at or before record number, or all of it. */
static int read_window(int fd, uint64_t number, char **ret_text, const char **ret_begin,
		       size_t *ret_len)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	for (off_t window = WINDOW_BYTES;; window *= 4) {
		const off_t from = st.st_size > window ? st.st_size - window : 0;
		const size_t len = (size_t)(st.st_size - from);
		auto_(free_charp) char *text = malloc(len + 1);
		const char *begin = text;

		if (!text)
			return -ENOMEM;
		int r = read_at(fd, text, len, from);
		if (r < 0)
			return r;
		if (from > 0) {
			begin = memchr(text, '\n', len);
			begin = begin ? begin + 1 : text + len;
		}
		*ret_len = len - (size_t)(begin - text);
		if (from == 0 || first_number(begin, *ret_len) <= number) {
			*ret_begin = begin;
			*ret_text = steal(text);
			return 0;
		}
	}
}

/* What the tag of this record builds on: the record before it in the file, or what a file's first
 * record says. */
static int previous_of(const struct resume *found, const struct chain_point *point,
		       const char *text, const struct line *line, uint8_t previous[CHAIN_TAG_BYTES])
{
	const char *hex;
	size_t len;

	if (line_is(line, "log-opened")) {
		if (line_text_member(text, line->body, "\"sekisho.previous.chain\":", &hex, &len) <
			    0 ||
		    len != (size_t)2 * CHAIN_TAG_BYTES)
			return -EKEYREJECTED;
		return chain_read_hex(hex, previous, CHAIN_TAG_BYTES) < 0 ? -EKEYREJECTED : 0;
	}
	memcpy(previous, found->any ? found->tag : point->tag, CHAIN_TAG_BYTES);
	return 0;
}

/* A record behind the point: proves it and moves the point on. */
static int prove(struct chain *chain, struct chain_point *point, const struct resume *found,
		 const char *text, const struct line *line)
{
	uint8_t previous[CHAIN_TAG_BYTES], tag[CHAIN_TAG_BYTES];
	int r;

	if (!line->chained)
		return memcmp(point->tag, no_tag, sizeof(no_tag)) == 0 ? 0 : -EKEYREJECTED;
	if (line->number - point->number > AHEAD_MAX)
		return -EKEYREJECTED;
	r = previous_of(found, point, text, line, previous);
	if (r == 0)
		r = chain_pass(chain, point, line->number - 1);
	if (r == 0)
		r = chain_tag(chain, point->key, previous, text, line->body, tag);
	if (r == 0 && CRYPTO_memcmp(tag, line->tag, sizeof(tag)) != 0)
		r = -EKEYREJECTED;
	if (r == 0)
		r = chain_pass(chain, point, line->number);
	if (r == 0)
		memcpy(point->tag, line->tag, sizeof(point->tag));
	return r;
}

static int take_line(struct chain *chain, struct chain_point *point, struct resume *found,
		     const char *text, const struct line *line)
{
	int r = 0;

	if (line->number > point->number)
		r = prove(chain, point, found, text, line);
	else if (line->number == point->number && memcmp(point->tag, no_tag, sizeof(no_tag)) != 0 &&
		 (!line->chained || memcmp(line->tag, point->tag, sizeof(line->tag)) != 0))
		r = -EKEYREJECTED;
	found->any = true;
	found->last = line->number;
	memset(found->tag, 0, sizeof(found->tag));
	if (line->chained)
		memcpy(found->tag, line->tag, sizeof(found->tag));
	return r;
}

int resume_scan(int fd, struct chain *chain, struct chain_point *point, struct resume *ret)
{
	auto_(free_charp) char *text = NULL;
	struct chain_point moved = *point;
	struct resume found = { 0 };
	const char *at = NULL, *line_text;
	size_t len = 0, line_len;
	struct line line;
	int r = read_window(fd, point->number, &text, &at, &len);
	const char *end = at + len;

	while (r == 0 && next_line(&at, end, &line_text, &line_len)) {
		if (line_parse(line_text, line_len, &line) < 0)
			continue;
		r = take_line(chain, &moved, &found, line_text, &line);
		if (r == -EKEYREJECTED)
			found.bad = line.number;
	}
	if (r == 0)
		*point = moved;
	*ret = found;
	OPENSSL_cleanse(&moved, sizeof(moved));
	return r;
}
