/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads TLS records, joins the ClientHello that they carry, and finds its server name. */
#include "inspect/tls.h"

#include <string.h>

#include "common/rd.h"

#define RECORD_HANDSHAKE 22
#define RECORD_HEADER    5
#define RECORD_MAX       16384
#define HANDSHAKE_HELLO  1
#define HANDSHAKE_HEADER 4
#define EXTENSION_NAME   0
#define EXTENSION_ALPN   16
#define EXTENSION_EARLY  42
#define EXTENSION_ECH    0xfe0d
#define SESSION_ID_MAX   32
#define NAME_TYPE_HOST   0
#define COMPRESSION_NULL 0
#define RANDOM_LEN       32

/* Source: RFC 6066 section 3. */
static enum reason read_names(struct rd r, struct tls_hello *h)
{
	struct rd list = rd_sub(&r, rd_u16(&r));
	uint8_t type = rd_u8(&list);
	uint16_t len = rd_u16(&list);
	const uint8_t *name = rd_bytes(&list, len);

	if (list.bad || r.left != 0)
		return REASON_TLS_MALFORMED;
	/* More than one name, or a type that this reader cannot judge: no way to tell which one
	 * counts. */
	if (type != NAME_TYPE_HOST || list.left != 0 || len == 0)
		return REASON_NAME_INVALID;
	h->name = name;
	h->name_len = len;
	return REASON_NONE;
}

/* Source: RFC 7301 section 3.1. */
static enum reason read_alpn(struct rd r, struct tls_hello *h)
{
	struct rd list = rd_sub(&r, rd_u16(&r));

	h->alpn = list.at;
	h->alpn_len = list.left;
	if (list.bad || r.left != 0 || list.left == 0)
		return REASON_TLS_MALFORMED;
	while (list.left != 0) {
		uint8_t len = rd_u8(&list);

		rd_skip(&list, len);
		if (list.bad || len == 0)
			return REASON_TLS_MALFORMED;
	}
	return REASON_NONE;
}

/* One extension. An extension that is looked at and comes twice is malformed. */
static enum reason read_extension(uint16_t type, struct rd body, struct tls_hello *h)
{
	switch (type) {
	case EXTENSION_NAME:
		return h->name != NULL ? REASON_TLS_MALFORMED : read_names(body, h);
	case EXTENSION_ALPN:
		if (h->has_alpn)
			return REASON_TLS_MALFORMED;
		h->has_alpn = true;
		return read_alpn(body, h);
	case EXTENSION_ECH:
		if (h->has_ech)
			return REASON_TLS_MALFORMED;
		h->has_ech = true;
		return REASON_NONE;
	case EXTENSION_EARLY:
		h->has_early_data = true;
		return REASON_NONE;
	default:
		return REASON_NONE;
	}
}

static enum reason read_extensions(struct rd *r, struct tls_hello *h)
{
	struct rd all = rd_sub(r, rd_u16(r));

	if (all.bad || r->left != 0)
		return REASON_TLS_MALFORMED;
	while (all.left != 0) {
		uint16_t type = rd_u16(&all);
		struct rd body = rd_sub(&all, rd_u16(&all));
		enum reason fault;

		if (body.bad)
			return REASON_TLS_MALFORMED;
		fault = read_extension(type, body, h);
		if (fault != REASON_NONE)
			return fault;
	}
	return h->name == NULL ? REASON_NO_SNI : REASON_NONE;
}

/* The body of a whole ClientHello. Source: RFC 8446 section 4.1.2. */
static enum reason read_hello(const uint8_t *body, size_t len, struct tls_hello *h)
{
	struct rd r = rd_of(body, len);
	uint16_t version = rd_u16(&r);
	uint8_t session_len;
	uint16_t ciphers_len;
	struct rd compressions;

	rd_skip(&r, RANDOM_LEN);
	session_len = rd_u8(&r);
	rd_skip(&r, session_len);
	ciphers_len = rd_u16(&r);
	rd_skip(&r, ciphers_len);
	compressions = rd_sub(&r, rd_u8(&r));
	if (r.bad || version >> 8 != 3 || session_len > SESSION_ID_MAX || ciphers_len < 2 ||
	    ciphers_len % 2 != 0 || compressions.left == 0 ||
	    memchr(compressions.at, COMPRESSION_NULL, compressions.left) == NULL)
		return REASON_TLS_MALFORMED;
	if (r.left == 0)
		return REASON_NO_SNI;
	return read_extensions(&r, h);
}

/* The handshake message as far as it has come, joined from the records. */
struct handshake {
	const uint8_t *at;   /* in the data as long as one record holds it all, then in scratch */
	size_t have, expect; /* expect: 0 until its header is there */
	const uint8_t *end;  /* behind the records that were walked */
};

/* Takes len bytes of a record that holds record_len; the same checks at the same byte, however they
 * come. */
static enum reason take_fragment(struct handshake *hs, const uint8_t *bytes, size_t len,
				 size_t record_len, uint8_t *scratch)
{
	size_t had = hs->have;

	if (had == 0) {
		hs->at = bytes;
	} else {
		if (hs->at != scratch)
			memcpy(scratch, hs->at, had);
		hs->at = scratch;
		memcpy(scratch + had, bytes, len > TLS_HELLO_MAX - had ? TLS_HELLO_MAX - had : len);
	}
	hs->have = len > TLS_HELLO_MAX - had ? TLS_HELLO_MAX : had + len;
	if (hs->have >= 1 && hs->at[0] != HANDSHAKE_HELLO)
		return REASON_TLS_MALFORMED;
	if (hs->have >= HANDSHAKE_HEADER) {
		struct rd r = rd_of(hs->at + 1, 3);

		hs->expect = HANDSHAKE_HEADER + rd_u24(&r);
		if (hs->expect > TLS_HELLO_MAX)
			return REASON_HELLO_TOO_LONG;
		/* Nothing that a client may send can follow in the same record. */
		if (had + record_len > hs->expect)
			return REASON_TLS_MALFORMED;
	}
	return REASON_NONE;
}

/* Checks as much of a record header as is there. */
static enum reason check_record_header(const uint8_t *at, size_t len)
{
	if (len >= 2 && at[1] != 3)
		return REASON_TLS_MALFORMED;
	if (at[0] != RECORD_HANDSHAKE)
		return REASON_TLS_MALFORMED;
	if (len >= RECORD_HEADER) {
		size_t record_len = (size_t)at[3] << 8 | at[4];

		if (record_len == 0 || record_len > RECORD_MAX)
			return REASON_TLS_MALFORMED;
	}
	return REASON_NONE;
}

/* Walks the records until the hello is whole. REASON_NONE with have < expect (or expect 0): more is
 * needed. */
static enum reason walk_records(struct rd r, uint8_t *scratch, struct handshake *hs)
{
	while (r.left != 0) {
		enum reason fault = check_record_header(r.at, r.left);
		size_t record_len, fragment_len;

		if (fault != REASON_NONE || r.left < RECORD_HEADER)
			return fault;
		rd_skip(&r, 3);
		record_len = rd_u16(&r);
		fragment_len = record_len < r.left ? record_len : r.left;
		if (fragment_len == 0)
			return REASON_NONE;
		fault = take_fragment(hs, rd_bytes(&r, fragment_len), fragment_len, record_len,
				      scratch);
		hs->end = r.at;
		if (fault != REASON_NONE)
			return fault;
		if (hs->expect != 0 && hs->have >= hs->expect)
			return REASON_NONE;
	}
	return REASON_NONE;
}

enum tls_result tls_read(const uint8_t *data, size_t len, uint8_t *scratch, struct tls_hello *ret,
			 enum reason *ret_reason)
{
	struct handshake hs = { .at = NULL };
	struct tls_hello hello = { .name = NULL };
	enum reason fault;

	/* Alerts and the like begin as TLS does, but a client cannot begin with them. */
	if (len != 0 && (data[0] < 20 || data[0] > 24)) {
		*ret_reason = REASON_NOT_TLS;
		return TLS_REFUSE;
	}
	fault = walk_records(rd_of(data, len), scratch, &hs);
	if (fault == REASON_NONE) {
		if (hs.expect == 0 || hs.have < hs.expect)
			return TLS_MORE;
		fault = read_hello(hs.at + HANDSHAKE_HEADER, hs.expect - HANDSHAKE_HEADER, &hello);
	}
	if (fault != REASON_NONE) {
		*ret_reason = fault;
		return TLS_REFUSE;
	}
	hello.used = (size_t)(hs.end - data);
	*ret = hello;
	return TLS_HELLO;
}

enum tls_result tls_read_message(const uint8_t *data, size_t len, struct tls_hello *ret,
				 enum reason *ret_reason)
{
	struct tls_hello hello = { .name = NULL };
	struct rd r = rd_of(data, len);
	enum reason fault;
	size_t body_len;

	*ret_reason = REASON_TLS_MALFORMED;
	if (len == 0)
		return TLS_MORE;
	if (rd_u8(&r) != HANDSHAKE_HELLO)
		return TLS_REFUSE;
	if (len < HANDSHAKE_HEADER)
		return TLS_MORE;
	body_len = rd_u24(&r);
	if (body_len > TLS_HELLO_MAX - HANDSHAKE_HEADER) {
		*ret_reason = REASON_HELLO_TOO_LONG;
		return TLS_REFUSE;
	}
	if (body_len > r.left)
		return TLS_MORE;
	fault = read_hello(r.at, body_len, &hello);
	if (fault != REASON_NONE) {
		*ret_reason = fault;
		return TLS_REFUSE;
	}
	hello.used = HANDSHAKE_HEADER + body_len;
	*ret = hello;
	return TLS_HELLO;
}

void tls_alpn_text(const struct tls_hello *hello, char out[TLS_ALPN_TEXT_MAX])
{
	struct rd list = rd_of(hello->alpn, hello->alpn_len);
	size_t at = 0;

	while (list.left != 0) {
		const uint8_t len = rd_u8(&list);
		const uint8_t *protocol = rd_bytes(&list, len);

		if (list.bad || at + (at != 0) + len >= TLS_ALPN_TEXT_MAX)
			break;
		if (at != 0)
			out[at++] = ',';
		for (uint8_t i = 0; i < len; i++) {
			const bool plain =
				protocol[i] > ' ' && protocol[i] < 0x7f && protocol[i] != ',';

			out[at++] = plain ? (char)protocol[i] : '?';
		}
	}
	out[at] = '\0';
}
