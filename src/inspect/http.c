/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps over bodies by Content-Length or by chunks, so as to find each request's head. */
#include "inspect/http.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "common/defs.h"

#define CHUNK_LINE_MAX   1024
#define CHUNK_DIGITS_MAX 15 /* hexadecimal; fits 60 bits */
#define TRAILERS_MAX     16384

/* Value of a hexadecimal digit, or -1. */
static int hex(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	if (byte >= 'A' && byte <= 'F')
		return byte - 'A' + 10;
	return -1;
}

static void turn(struct http *h, enum http_phase phase)
{
	h->phase = phase;
	h->count = 0;
}

uint64_t http_indifferent(const struct http *h)
{
	return h->phase == HTTP_BODY || h->phase == HTTP_CHUNK_DATA ? h->left : 0;
}

void http_skip(struct http *h, uint64_t count)
{
	h->left -= count;
	if (h->left == 0)
		turn(h, h->phase == HTTP_BODY ? HTTP_HEAD : HTTP_CHUNK_CR);
}

/* A byte of the line that tells a chunk's size. False if it may not stand there. */
static bool step_size(struct http *h, uint8_t byte)
{
	int digit = hex(byte);

	if (digit >= 0) {
		h->left = h->left << 4 | (uint64_t)digit;
		return ++h->count <= CHUNK_DIGITS_MAX;
	}
	if (h->count == 0)
		return false;
	if (byte == ';')
		turn(h, HTTP_EXTENSION_START);
	else if (byte == '\r')
		turn(h, HTTP_CHUNK_LF);
	else
		return false;
	return true;
}

/* Where an extension may end: at the next one, or with the line. */
static bool end_extension(struct http *h, uint8_t byte)
{
	if (byte == ';')
		h->phase = HTTP_EXTENSION_START;
	else if (byte == '\r')
		turn(h, HTTP_CHUNK_LF);
	else
		return false;
	return true;
}

/* A byte inside quotes, or the first behind the equals sign. */
static bool step_extension_value(struct http *h, uint8_t byte)
{
	if (h->phase == HTTP_EXTENSION_VALUE) {
		h->phase = byte == '"' ? HTTP_EXTENSION_QUOTED : HTTP_EXTENSION_TOKEN;
		return byte == '"' || http_head_is_token(byte);
	}
	if (h->phase == HTTP_EXTENSION_PAIR)
		h->phase = HTTP_EXTENSION_QUOTED;
	else if (byte == '\\')
		h->phase = HTTP_EXTENSION_PAIR;
	else if (byte == '"')
		h->phase = HTTP_EXTENSION_END;
	return http_head_is_value(byte);
}

/* A byte of chunk extensions, without the whitespace that only bad senders have there. The count
 * runs on, so phase is set without turn(). Source: RFC 9112 section 7.1.1. */
static bool step_extension(struct http *h, uint8_t byte)
{
	const bool first = h->phase == HTTP_EXTENSION_START;

	if (++h->count > CHUNK_LINE_MAX)
		return false;
	if (h->phase == HTTP_EXTENSION_VALUE || h->phase == HTTP_EXTENSION_QUOTED ||
	    h->phase == HTTP_EXTENSION_PAIR)
		return step_extension_value(h, byte);
	if (h->phase == HTTP_EXTENSION_NAME && byte == '=') {
		h->phase = HTTP_EXTENSION_VALUE;
		return true;
	}
	if (h->phase != HTTP_EXTENSION_END && http_head_is_token(byte)) {
		if (first)
			h->phase = HTTP_EXTENSION_NAME;
		return true;
	}
	return !first && end_extension(h, byte);
}

/* Fields that a server might still heed in a trailer, where they must not be. Source: RFC 9110
 * section 6.5.1. */
static const char *const not_trailers[] = {
	"Host", "Content-Length", "Transfer-Encoding", "Connection", "Upgrade", "Expect", "Trailer",
};
_Static_assert(ARRAY_SIZE(not_trailers) < 8, "a bit for each in struct http's suspects");

/* Another byte of a trailer's name: which of them may it still become? */
static void suspect(struct http *h, uint8_t byte)
{
	const char c = (char)(byte == '_' ? '-' : byte);

	for (size_t i = 0; i < ARRAY_SIZE(not_trailers); i++) {
		const char *name = not_trailers[i];

		if (h->position >= strlen(name) || strncasecmp(&c, name + h->position, 1) != 0)
			h->suspects &= (uint8_t) ~(1U << i);
	}
	if (h->position < UINT8_MAX)
		h->position++;
}

/* Whether the name that ends here may stand in a trailer. */
static bool is_trailer(const struct http *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(not_trailers); i++)
		if ((h->suspects & 1U << i) != 0 && h->position == strlen(not_trailers[i]))
			return false;
	return true;
}

/* A byte of the trailers. The count runs on from line to line, so phase is set without turn(). */
static bool step_trailer(struct http *h, uint8_t byte)
{
	bool first = h->phase == HTTP_TRAILER_START;

	if (++h->count > TRAILERS_MAX)
		return false;
	if (h->phase == HTTP_TRAILER_LF) {
		h->phase = HTTP_TRAILER_START;
		return byte == '\n';
	}
	if (byte == '\r' && h->phase != HTTP_TRAILER_NAME) {
		h->phase = first ? HTTP_TRAILER_END : HTTP_TRAILER_LF;
		return true;
	}
	if (h->phase == HTTP_TRAILER_VALUE)
		return http_head_is_value(byte);
	if (byte == ':' && !first) {
		h->phase = HTTP_TRAILER_VALUE;
		return is_trailer(h);
	}
	if (first) {
		h->position = 0;
		h->suspects = UINT8_MAX;
	}
	h->phase = HTTP_TRAILER_NAME;
	suspect(h, byte);
	return http_head_is_token(byte);
}

/* The line break behind a chunk's size, its data or the trailers. */
static bool step_break(struct http *h, uint8_t byte)
{
	if (h->phase == HTTP_CHUNK_CR) {
		turn(h, HTTP_CHUNK_DATA_LF);
		return byte == '\r';
	}
	if (h->phase == HTTP_CHUNK_LF)
		turn(h, h->left == 0 ? HTTP_TRAILER_START : HTTP_CHUNK_DATA);
	else if (h->phase == HTTP_CHUNK_DATA_LF)
		turn(h, HTTP_CHUNK_SIZE);
	else
		turn(h, HTTP_HEAD);
	return byte == '\n';
}

/* One byte of framing. */
static bool step(struct http *h, uint8_t byte)
{
	switch (h->phase) {
	case HTTP_CHUNK_SIZE:
		return step_size(h, byte);
	case HTTP_EXTENSION_START:
	case HTTP_EXTENSION_NAME:
	case HTTP_EXTENSION_VALUE:
	case HTTP_EXTENSION_TOKEN:
	case HTTP_EXTENSION_QUOTED:
	case HTTP_EXTENSION_PAIR:
	case HTTP_EXTENSION_END:
		return step_extension(h, byte);
	case HTTP_CHUNK_LF:
	case HTTP_CHUNK_CR:
	case HTTP_CHUNK_DATA_LF:
	case HTTP_TRAILER_END:
		return step_break(h, byte);
	case HTTP_TRAILER_START:
	case HTTP_TRAILER_NAME:
	case HTTP_TRAILER_VALUE:
	case HTTP_TRAILER_LF:
		return step_trailer(h, byte);
	case HTTP_HEAD:
	case HTTP_BODY:
	case HTTP_CHUNK_DATA:
		break;
	}
	return false;
}

/* Goes over what is left of a body; *used counts on. False if its framing is broken. */
static bool pass_body(struct http *h, const uint8_t *data, size_t len, size_t *used)
{
	while (*used < len && h->phase != HTTP_HEAD) {
		uint64_t any = http_indifferent(h);

		if (any != 0) {
			uint64_t count = any < len - *used ? any : len - *used;

			http_skip(h, count);
			*used += (size_t)count;
		} else if (!step(h, data[(*used)++])) {
			return false;
		}
	}
	return true;
}

enum http_result http_read(struct http *h, const uint8_t *data, size_t len, size_t *ret_used,
			   struct http_head *ret, enum reason *ret_reason)
{
	size_t used = 0;

	if (!pass_body(h, data, len, &used)) {
		*ret_reason = REASON_HTTP_FRAMING;
		return HTTP_REFUSE;
	}
	*ret_used = used;
	if (used == len)
		return HTTP_MORE;
	switch (http_head_read(data + used, len - used, ret, ret_reason)) {
	case HTTP_HEAD_MORE:
		return HTTP_MORE;
	case HTTP_HEAD_REFUSE:
		if (h->upgrade && (*ret_reason == REASON_NOT_HTTP || *ret_reason == REASON_HTTP_2))
			*ret_reason = REASON_HTTP_UPGRADE;
		return HTTP_REFUSE;
	case HTTP_HEAD_WHOLE:
		break;
	}
	*ret_used = used + ret->len;
	h->upgrade = h->upgrade || ret->upgrade;
	h->left = ret->content_length;
	if (ret->chunked)
		turn(h, HTTP_CHUNK_SIZE);
	else if (ret->content_length != 0)
		turn(h, HTTP_BODY);
	return HTTP_REQUEST;
}
