/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads TLS records and joins the ClientHello that they carry. */
#include "inspect/tls.h"

#include <string.h>

#include "common/rd.h"

#define RECORD_HANDSHAKE 22
#define RECORD_HEADER    5
#define RECORD_MAX       16384

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
	enum reason fault;

	if (had == 0) {
		hs->at = bytes;
	} else {
		if (hs->at != scratch)
			memcpy(scratch, hs->at, had);
		hs->at = scratch;
		memcpy(scratch + had, bytes, len > TLS_HELLO_MAX - had ? TLS_HELLO_MAX - had : len);
	}
	hs->have = len > TLS_HELLO_MAX - had ? TLS_HELLO_MAX : had + len;
	fault = tls_hello_expect(hs->at, hs->have, &hs->expect);
	/* Nothing that a client may send can follow in the same record. */
	if (fault == REASON_NONE && hs->expect != 0 && had + record_len > hs->expect)
		return REASON_TLS_MALFORMED;
	return fault;
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

/* A record header of SSLv2, and a hello in it that offers any version. Source: RFC 5246 appendix
 * E.2. */
static enum tls_result read_old(const uint8_t *data, size_t len, enum reason *ret_reason)
{
	if (len < 3 || (len == 3 && data[2] == 1))
		return TLS_MORE;
	*ret_reason = data[2] == 1 && (data[3] == 0 || data[3] == 3) ? REASON_TLS_TOO_OLD
								     : REASON_NOT_TLS;
	return TLS_REFUSE;
}

enum tls_result tls_read(const uint8_t *data, size_t len, uint8_t *scratch, struct tls_hello *ret,
			 enum reason *ret_reason)
{
	struct handshake hs = { .at = NULL };
	enum tls_result got;
	enum reason fault;

	if (len != 0 && data[0] >= 0x80)
		return read_old(data, len, ret_reason);
	/* Alerts and the like begin as TLS does, but a client cannot begin with them. */
	if (len != 0 && (data[0] < 20 || data[0] > 24)) {
		*ret_reason = REASON_NOT_TLS;
		return TLS_REFUSE;
	}
	fault = walk_records(rd_of(data, len), scratch, &hs);
	if (fault != REASON_NONE) {
		*ret_reason = fault;
		return TLS_REFUSE;
	}
	if (hs.expect == 0 || hs.have < hs.expect)
		return TLS_MORE;
	got = tls_hello_read(hs.at, hs.expect, ret, ret_reason);
	if (got == TLS_HELLO)
		ret->used = (size_t)(hs.end - data);
	return got;
}
