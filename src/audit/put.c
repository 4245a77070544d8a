/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers, addresses, times and escaped text, without stdio. */

#include "audit/put.h"

#include <stdbool.h>

#define ELLIPSIS     "\xe2\x80\xa6" /* U+2026 */
#define REPLACEMENT  0xfffdU        /* for a byte that is no UTF-8 */
#define UNIT_MAX     6              /* bytes of the longest escape of one character */
#define IPV6_GROUPS  8
#define SECOND_BYTES 19 /* "2026-11-22T03:35:00" */

static const char hex_digits[] = "0123456789abcdef";

char *put_number(char *at, uint64_t number)
{
	char digits[PUT_NUMBER_MAX];
	size_t first = sizeof(digits);

	do {
		digits[--first] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	memcpy(at, digits + first, sizeof(digits) - first);
	return at + (sizeof(digits) - first);
}

static char *put_ipv4(char *at, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			*at++ = '.';
		if (b[i] >= 100)
			*at++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*at++ = (char)('0' + b[i] / 10 % 10);
		*at++ = (char)('0' + b[i] % 10);
	}
	return at;
}

/* The longest run of two or more zero groups, the first of equals; length 0 if none. Source: RFC
 * 5952 section 4.2. */
static void longest_zeros(const uint16_t groups[IPV6_GROUPS], int *ret_first, int *ret_length)
{
	int run = 0;

	*ret_first = 0;
	*ret_length = 0;
	for (int i = 0; i < IPV6_GROUPS; i++) {
		run = groups[i] == 0 ? run + 1 : 0;
		if (run >= 2 && run > *ret_length) {
			*ret_length = run;
			*ret_first = i + 1 - run;
		}
	}
}

static char *put_group(char *at, uint16_t group)
{
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned int digit = ((unsigned int)group >> shift) & 15U;

		if (digit == 0 && !begun && shift > 0)
			continue;
		begun = true;
		*at++ = hex_digits[digit];
	}
	return at;
}

static char *put_ipv6(char *at, const uint8_t b[16])
{
	uint16_t groups[IPV6_GROUPS];
	int first, length;

	for (size_t i = 0; i < IPV6_GROUPS; i++)
		groups[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
	longest_zeros(groups, &first, &length);
	for (int i = 0; i < IPV6_GROUPS; i++) {
		if (length > 0 && i == first) {
			at = PUT_LITERAL(at, "::");
			i += length - 1;
			continue;
		}
		if (i > 0 && at[-1] != ':')
			*at++ = ':';
		at = put_group(at, groups[i]);
	}
	return at;
}

char *put_address(char *at, const struct addr *a)
{
	if (a->family == 4)
		return put_ipv4(at, a->b);
	return a->family == 6 ? put_ipv6(at, a->b) : at;
}

static char *put_padded(char *at, unsigned int number, unsigned int width)
{
	for (unsigned int i = width; i > 0; i--) {
		at[i - 1] = (char)('0' + number % 10);
		number /= 10;
	}
	return at + width;
}

static void write_second(char *at, time_t second)
{
	struct tm tm;

	if (!gmtime_r(&second, &tm) || tm.tm_year > 9999 - 1900 || tm.tm_year < -1900) {
		(void)PUT_LITERAL(at, "9999-12-31T23:59:59");
		return;
	}
	at = put_padded(at, (unsigned int)(tm.tm_year + 1900), 4);
	*at++ = '-';
	at = put_padded(at, (unsigned int)tm.tm_mon + 1, 2);
	*at++ = '-';
	at = put_padded(at, (unsigned int)tm.tm_mday, 2);
	*at++ = 'T';
	at = put_padded(at, (unsigned int)tm.tm_hour, 2);
	*at++ = ':';
	at = put_padded(at, (unsigned int)tm.tm_min, 2);
	*at++ = ':';
	(void)put_padded(at, (unsigned int)tm.tm_sec, 2);
}

char *put_time(char *at, const struct timespec *t)
{
	/* Records come many to a second: the calendar is worked out once for each. */
	static _Thread_local struct {
		bool known;
		time_t second;
		char text[SECOND_BYTES];
	} last;

	if (!last.known || last.second != t->tv_sec) {
		write_second(last.text, t->tv_sec);
		last.second = t->tv_sec;
		last.known = true;
	}
	memcpy(at, last.text, SECOND_BYTES);
	at += SECOND_BYTES;
	*at++ = '.';
	at = put_padded(at, (unsigned int)(t->tv_nsec / 1000), 6);
	*at++ = 'Z';
	return at;
}

/* Bytes of the UTF-8 character at text and its code point, or 0 where there is none. Reads no
 * further than the NUL. Source: RFC 3629 section 4. */
static size_t decode_utf8(const unsigned char *text, uint32_t *ret_code)
{
	static const uint32_t lowest[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t code;
	size_t len;

	if (text[0] >= 0xc2 && text[0] < 0xe0) {
		len = 2;
		code = text[0] & 0x1fU;
	} else if (text[0] >= 0xe0 && text[0] < 0xf0) {
		len = 3;
		code = text[0] & 0x0fU;
	} else if (text[0] >= 0xf0 && text[0] < 0xf5) {
		len = 4;
		code = text[0] & 0x07U;
	} else {
		return 0;
	}
	for (size_t i = 1; i < len; i++) {
		if ((text[i] & 0xc0U) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3fU);
	}
	if (code < lowest[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	*ret_code = code;
	return len;
}

static size_t write_escape(char *unit, uint32_t code)
{
	unit[0] = '\\';
	unit[1] = 'u';
	for (unsigned int i = 0; i < 4; i++)
		unit[2 + i] = hex_digits[(code >> (12 - 4 * i)) & 15U];
	return UNIT_MAX;
}

/* Characters that move a terminal's cursor, end lines for some readers, or turn the direction of
 * writing. */
static bool is_unsafe(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c || code == 0xfeff ||
	       (code >= 0x200b && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	       (code >= 0x2060 && code <= 0x2069);
}

/* Writes the next character, as it shall stand in the line, into unit, and steps over it. */
static size_t next_unit(const unsigned char **text, char unit[UNIT_MAX])
{
	const unsigned char *from = *text;
	uint32_t code = from[0];
	size_t len = 1;

	if (from[0] >= 0x80) {
		len = decode_utf8(from, &code);
		if (len == 0) {
			*text += 1;
			return write_escape(unit, REPLACEMENT);
		}
	}
	*text += len;
	if (is_unsafe(code))
		return write_escape(unit, code);
	if (code == '"' || code == '\\') {
		unit[0] = '\\';
		unit[1] = (char)code;
		return 2;
	}
	memcpy(unit, from, len);
	return len;
}

#define EACH(byte) (0x0101010101010101U * (byte))

/* True only if all eight bytes are printable ASCII that JSON takes as it is. Each term has the high
 * bit of a byte set where that byte is not; a borrow may raise a false alarm, which costs time
 * only. Source: the well-known "has zero byte" and "has byte less than n" of word-wise string
 * functions. */
static bool all_plain(uint64_t word)
{
	uint64_t quote = word ^ EACH(0x22U), backslash = word ^ EACH(0x5cU),
		 del = word ^ EACH(0x7fU);

	return ((word | (word - EACH(0x20U)) | (quote - EACH(1U)) | (backslash - EACH(1U)) |
		 (del - EACH(1U))) &
		EACH(0x80U)) == 0;
}

char *put_plain(char *at, const char *text, size_t cap)
{
	return mempcpy(at, text, strnlen(text, cap));
}

char *put_text(char *at, const char *text, size_t cap)
{
	const unsigned char *from = (const unsigned char *)text;
	const unsigned char *from_end = from + strlen(text);
	const char *end = at + cap - (sizeof(ELLIPSIS) - 1);
	char unit[UNIT_MAX];

	while (from < from_end) {
		uint64_t word;

		/* Nearly all text is plain ASCII. */
		while (from_end - from >= 8 && end - at >= 8) {
			memcpy(&word, from, sizeof(word));
			if (!all_plain(word))
				break;
			memcpy(at, &word, sizeof(word));
			at += sizeof(word);
			from += sizeof(word);
		}
		if (from == from_end)
			break;
		size_t len = next_unit(&from, unit);
		if (len > (size_t)(end - at))
			return PUT_LITERAL(at, ELLIPSIS);
		memcpy(at, unit, len);
		at += len;
	}
	return at;
}
