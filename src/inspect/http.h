/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The requests of one kept-alive HTTP/1 connection: heads are read, bodies stepped over. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "inspect/http_head.h"

enum http_phase {
	HTTP_HEAD = 0, /* at the beginning of a request's head, or of nothing */
	HTTP_BODY,     /* left bytes of body to come */
	HTTP_CHUNK_SIZE,
	HTTP_EXTENSION_START, /* of a chunk: behind the semicolon */
	HTTP_EXTENSION_NAME,
	HTTP_EXTENSION_VALUE, /* behind the equals sign */
	HTTP_EXTENSION_TOKEN,
	HTTP_EXTENSION_QUOTED,
	HTTP_EXTENSION_PAIR, /* behind a backslash in quotes */
	HTTP_EXTENSION_END,  /* behind the closing quote */
	HTTP_CHUNK_LF,       /* the LF that ends a chunk's size line */
	HTTP_CHUNK_DATA,     /* left bytes of this chunk to come */
	HTTP_CHUNK_CR,       /* the CR LF behind a chunk's data */
	HTTP_CHUNK_DATA_LF,
	HTTP_TRAILER_START, /* at the beginning of a trailer line */
	HTTP_TRAILER_NAME,
	HTTP_TRAILER_VALUE,
	HTTP_TRAILER_LF,  /* the LF that ends a trailer line */
	HTTP_TRAILER_END, /* the LF that ends the body */
};

/* Where the connection stands. All zeros is its beginning. */
struct http {
	enum http_phase phase;
	bool upgrade;     /* a request asked to go on in another protocol */
	uint8_t suspects; /* of a trailer's name: what it may become, and its length so far */
	uint8_t position;
	uint32_t count; /* bytes of this size line or these trailers so far */
	uint64_t left;  /* HTTP_BODY, HTTP_CHUNK_DATA: bytes to come; HTTP_CHUNK_SIZE: the size so
			   far */
};

enum http_result {
	HTTP_MORE,    /* the first *ret_used bytes are done with; the rest is an unfinished head */
	HTTP_REQUEST, /* the same, and the last of them ended a head: *ret is written; call again
			 with the rest */
	HTTP_REFUSE,  /* *ret_reason is written */
};

/* Reads on from where h stands; data begins there. A request that asks for another protocol is read
 * as any other, and so is what comes behind it: a server may go on in HTTP/1. Reasons as
 * http_head_read(); HTTP_FRAMING for chunks or trailers that break their grammar or go over their
 * bounds; and HTTP_UPGRADE for what is no HTTP/1 request line after such a request. Source: RFC
 * 9112 sections 6 and 7, RFC 9110 section 7.8. */
enum http_result http_read(struct http *h, const uint8_t *data, size_t len, size_t *ret_used,
			   struct http_head *ret, enum reason *ret_reason);

/* How many bytes to come are body whatever they say: they need not be shown to http_read() but may
 * be stepped over. */
uint64_t http_indifferent(const struct http *h);

/* Steps over count bytes, at most http_indifferent(). */
void http_skip(struct http *h, uint64_t count);
