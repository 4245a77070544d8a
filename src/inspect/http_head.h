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
	bool upgrade;             /* it asks to go on in another protocol; a body goes before it */
	char name[NAMES_MAX + 1]; /* the Host without its port, normalised */
};

/* True for the bytes that a method or a field name is made of. Source: RFC 9110 section 5.6.2. */
bool http_head_is_token(uint8_t byte);

/* True for the bytes that may stand in a field's value. Source: RFC 9110 section 5.5. */
bool http_head_is_value(uint8_t byte);

/* True for the bytes that a request may begin with: those of a method, or an empty line. */
bool http_head_may_begin(uint8_t byte);

/* Reads the head at the beginning of data. The result depends on the bytes alone, not on how
 * many came at a time. One empty line may stand before it. What two readers could understand in two
 * ways is refused, also where a standard says which of them is right. Reasons: NOT_HTTP (the first
 * line is no HTTP request line), HTTP_VERSION, HTTP_2 (its preface), HTTP_MALFORMED, HTTP_FRAMING,
 * HEAD_TOO_LONG, HTTP_TUNNEL (CONNECT), HTTP_UPGRADE (an Upgrade to other than h2c with a body),
 * NO_HOST, NAME_INVALID, NAME_IS_ADDRESS, NAME_AMBIGUOUS (Host twice, or other than the target's).
 * Source: RFC 9112 sections 2 to 6, RFC 9110 sections 7 to 10. */
enum http_head_result http_head_read(const uint8_t *data, size_t len, struct http_head *ret,
				     enum reason *ret_reason);
