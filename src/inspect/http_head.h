/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The head of one HTTP/1 request: its host, and how its body is framed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "policy/names.h"

#define HTTP_HEAD_MAX 16384 /* bytes of a head that is read, with the empty line */

enum http_head_result {
	HTTP_HEAD_MORE,   /* so far well; not enough bytes */
	HTTP_HEAD_WHOLE,  /* *ret is written */
	HTTP_HEAD_REFUSE, /* *ret_reason is written; more bytes would not change it */
};

struct http_head {
	size_t len;              /* bytes, with the empty line */
	uint64_t content_length; /* bytes of body; 0 if chunked or none */
	bool chunked;
	char name[NAMES_MAX + 1]; /* the Host without its port, normalised */
};

/* True for the bytes that a method or a field name is made of. Source: RFC 9110 section 5.6.2. */
bool http_head_is_token(uint8_t byte);

/* True for the bytes that may stand in a field's value. Source: RFC 9110 section 5.5. */
bool http_head_is_value(uint8_t byte);

/* Reads the head at the beginning of data. The result depends on the bytes alone, not on how many
 * came at a time. What two readers could understand in two ways is refused. Reasons: NOT_HTTP (the
 * first line is no HTTP/1 request line), HTTP_MALFORMED, HEAD_TOO_LONG, HTTP_TUNNEL (CONNECT,
 * Upgrade, or HTTP/2's preface), NO_HOST, NAME_INVALID, NAME_IS_ADDRESS. Source: RFC 9112 sections
 * 2 to 6, RFC 9110 section 7. */
enum http_head_result http_head_read(const uint8_t *data, size_t len, struct http_head *ret,
				     enum reason *ret_reason);
