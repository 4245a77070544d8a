/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy text before libconfig sees it: files as bytes, lines of strings, and traps in the syntax.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

static void close_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int read_all(int fd, char *text, size_t room, size_t *ret_length)
{
	size_t length = 0;

	while (length < room) {
		ssize_t n = read(fd, text + length, room - length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		length += (size_t)n;
	}
	*ret_length = length;
	return 0;
}

int read_load(const char *path, size_t max, char **ret_text, size_t *ret_length)
{
	/* O_NONBLOCK: a FIFO must not hold us up before we can see that it is one */
	auto_(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	auto_(free_charp) char *text = NULL;
	size_t room, length = 0;
	struct stat st;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -ENOTSUP;
	if (st.st_size < 0 || (unsigned long long)st.st_size > max)
		return -EFBIG;
	/* one byte more than it had, to see it grow under our hands */
	room = (size_t)st.st_size + 1;
	text = malloc(room + 1);
	if (!text)
		return -ENOMEM;
	err = read_all(fd, text, room, &length);
	if (err)
		return err;
	if (length == room)
		return -EAGAIN;
	text[length] = '\0';
	*ret_text = steal(text);
	*ret_length = length;
	return 0;
}

/* Bytes of the UTF-8 character at p (shortest form, no surrogates), or 0 if there is none. */
static size_t utf8_length(const unsigned char *p)
{
	size_t length;
	unsigned long c;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	length = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	c = p[0] & (0xffU >> (length + 1));
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if ((length == 3 && (c < 0x800 || (c >= 0xd800 && c < 0xe000))) ||
	    (length == 4 && (c < 0x10000 || c > 0x10ffff)))
		return 0;
	/* C1 controls */
	return length == 2 && c < 0xa0 ? 0 : length;
}

/* Where they lie in order: C1 controls, the soft hyphen, fillers, letters that turn the direction,
 * those of no width, separators of lines, fillers of Hangul, annotations, tags. Not the variation
 * selectors, which choose the form of a Chinese character. Source: UAX #9 section 2, UTR #36. */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x01, 0x08 },     { 0x0b, 0x0b },       { 0x0e, 0x1f },     { 0x7f, 0x9f },
	{ 0xad, 0xad },     { 0x34f, 0x34f },     { 0x61c, 0x61c },   { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180e, 0x180e },   { 0x200b, 0x200f }, { 0x2028, 0x202e },
	{ 0x2060, 0x206f }, { 0x3164, 0x3164 },   { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff9, 0xfffb }, { 0xe0000, 0xe007f },
};

uint32_t read_hidden_letter(const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t length = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
	uint32_t c = length == 1 ? *p : *p & (0xffU >> (length + 1));

	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0; /* not UTF-8, and told as that */
		c = c << 6 | (p[i] & 0x3f);
	}
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return c;
	return 0;
}

/* Bytes of the character at p if it can be shown, or 0. */
static size_t shown_length(const unsigned char *p)
{
	return *p < 0x20 || read_hidden_letter((const char *)p) ? 0 : utf8_length(p);
}

bool read_is_text(const char *text)
{
	for (const unsigned char *p = (const unsigned char *)text; *p;) {
		size_t length = shown_length(p);

		if (!length)
			return false;
		p += length;
	}
	return true;
}

bool read_is_utf8(struct reader *r, const char *path, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;
	int line = 1;

	while (*p) {
		/* C1 controls are for those who read the one text in which they are */
		size_t length = *p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0 ? 2 : utf8_length(p);

		if (!length) {
			errors_add(
				r->errors, path, line,
				_("the file is not UTF-8: here stands the byte 0x%02x. Save it as "
				  "UTF-8 (editors often call it \"encoding\" or \"character "
				  "set\")"),
				*p);
			return false;
		}
		line += *p == '\n';
		p += length;
	}
	return true;
}

char *read_quote(const char *text, char *out)
{
	static const char hex[] = "0123456789abcdef";
	const size_t shown_max = READ_QUOTE_MAX / 4 - 4;
	const unsigned char *p = (const unsigned char *)text, *end = p + shown_max;
	char *o = out;

	*o++ = '"';
	while (*p && p < end) {
		/* a no-break space looks like another one */
		size_t length = p[0] == 0xc2 && p[1] == 0xa0 ? 0 : shown_length(p);

		if (length) {
			memcpy(o, p, length);
			o += length;
			p += length;
		} else {
			*o++ = '\\';
			*o++ = 'x';
			*o++ = hex[*p >> 4];
			*o++ = hex[*p & 15];
			p++;
		}
	}
	memcpy(o, *p ? "...\"" : "\"", *p ? 5 : 2);
	return out;
}
