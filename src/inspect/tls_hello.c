/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a ClientHello and finds its server name. */
#include "inspect/tls_hello.h"

#include <string.h>

#include "common/rd.h"

#define HANDSHAKE_HELLO    1
#define EXTENSION_NAME     0
#define EXTENSION_ALPN     16
#define EXTENSION_PSK      41
#define EXTENSION_EARLY    42
#define EXTENSION_VERSIONS 43
#define EXTENSION_ECH      0xfe0d
#define VERSION_TLS10      0x0301
#define VERSION_TLS12      0x0303
#define VERSION_TLS13      0x0304
#define SESSION_ID_MAX     32
#define NAME_TYPE_HOST     0
#define COMPRESSION_NULL   0
#define RANDOM_LEN         32

/* Extensions with numbers of 64 and more in one hello: real ones have five or so. */
#define OTHERS_MAX 64

/* Source: RFC 6066 section 3. */
static enum reason read_names(struct rd r, struct tls_hello *h)
{
	struct rd list = rd_sub(&r, rd_u16(&r));
	uint8_t type = rd_u8(&list);
	uint16_t len = rd_u16(&list);
	const uint8_t *name = rd_bytes(&list, len);

	if (list.bad || r.left != 0)
		return REASON_TLS_MALFORMED;
	if (list.left != 0)
		return REASON_NAME_AMBIGUOUS;
	/* The last dot is not to be sent: some servers cut it off, some know no such host and
	 * answer for their first one. */
	if (type != NAME_TYPE_HOST || len == 0 || name[len - 1] == '.')
		return REASON_NAME_INVALID;
	h->name = name;
	h->name_len = len;
	return REASON_NONE;
}

/* Source: RFC 7301 section 3.1. */
static enum reason read_alpn(struct rd r, struct tls_hello *h)
{
	struct rd list = rd_sub(&r, rd_u16(&r));

	if (list.bad || r.left != 0 || list.left == 0)
		return REASON_TLS_MALFORMED;
	h->has_alpn = true;
	h->alpn = list.at;
	h->alpn_len = list.left;
	while (list.left != 0) {
		uint8_t len = rd_u8(&list);

		rd_skip(&list, len);
		if (list.bad || len == 0)
			return REASON_TLS_MALFORMED;
	}
	return REASON_NONE;
}

/* Source: RFC 8446 section 4.2.1. */
static enum reason read_versions(struct rd r, struct tls_hello *h)
{
	struct rd list = rd_sub(&r, rd_u8(&r));

	if (list.bad || r.left != 0 || list.left < 2 || list.left % 2 != 0)
		return REASON_TLS_MALFORMED;
	while (list.left != 0) {
		if (rd_u16(&list) == VERSION_TLS13)
			h->has_tls13 = true;
	}
	return REASON_NONE;
}

/* One extension, which did not come before. */
static enum reason read_extension(uint16_t type, struct rd body, struct tls_hello *h)
{
	switch (type) {
	case EXTENSION_NAME:
		return read_names(body, h);
	case EXTENSION_ALPN:
		return read_alpn(body, h);
	case EXTENSION_VERSIONS:
		return read_versions(body, h);
	case EXTENSION_ECH:
		h->has_ech = true;
		return REASON_NONE;
	case EXTENSION_EARLY:
		h->has_early_data = true;
		return REASON_NONE;
	case EXTENSION_PSK:
		h->has_psk = true;
		return REASON_NONE;
	default:
		return REASON_NONE;
	}
}

/* The types that came so far: small numbers as bits, others in a list. */
struct seen {
	uint64_t bits;
	uint16_t others[OTHERS_MAX];
	uint32_t count;
};

/* False if the type came before, or there are more types than anything real sends. */
static bool is_first(struct seen *seen, uint16_t type)
{
	if (type < 64) {
		const uint64_t bit = UINT64_C(1) << type;

		if ((seen->bits & bit) != 0)
			return false;
		seen->bits |= bit;
		return true;
	}
	for (uint32_t i = 0; i < seen->count; i++)
		if (seen->others[i] == type)
			return false;
	if (seen->count == OTHERS_MAX)
		return false;
	seen->others[seen->count++] = type;
	return true;
}

/* Each type once, and pre_shared_key last. Source: RFC 8446 sections 4.2 and 4.2.11. */
static enum reason read_extensions(struct rd *r, struct tls_hello *h)
{
	struct rd all = rd_sub(r, rd_u16(r));
	struct seen seen = { .bits = 0, .count = 0 };

	if (all.bad || r->left != 0)
		return REASON_TLS_MALFORMED;
	while (all.left != 0) {
		uint16_t type = rd_u16(&all);
		struct rd body = rd_sub(&all, rd_u16(&all));
		enum reason fault;

		if (body.bad || h->has_psk || !is_first(&seen, type))
			return REASON_TLS_MALFORMED;
		fault = read_extension(type, body, h);
		if (fault != REASON_NONE)
			return fault;
	}
	return h->name == NULL ? REASON_NO_SNI : REASON_NONE;
}

/* The body of a whole ClientHello. Source: RFC 8446 section 4.1.2. */
static enum reason read_body(const uint8_t *body, size_t len, struct tls_hello *h)
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
	if (version < VERSION_TLS10 || (r.left == 0 && version < VERSION_TLS12))
		return REASON_TLS_TOO_OLD;
	if (r.left == 0)
		return REASON_NO_SNI;
	return read_extensions(&r, h);
}

enum reason tls_hello_expect(const uint8_t *message, size_t len, size_t *ret_len)
{
	struct rd r = rd_of(message, len);
	size_t expect;

	if (len >= 1 && rd_u8(&r) != HANDSHAKE_HELLO)
		return REASON_TLS_MALFORMED;
	expect = len < TLS_HELLO_HEADER ? 0 : TLS_HELLO_HEADER + rd_u24(&r);
	if (expect > TLS_HELLO_MAX)
		return REASON_HELLO_TOO_LONG;
	*ret_len = expect;
	return REASON_NONE;
}

enum tls_result tls_hello_read(const uint8_t *message, size_t len, struct tls_hello *ret,
			       enum reason *ret_reason)
{
	struct tls_hello hello = { .name = NULL };
	size_t expect = 0;
	enum reason fault = tls_hello_expect(message, len, &expect);

	if (fault == REASON_NONE) {
		if (expect == 0 || len < expect)
			return TLS_MORE;
		fault = read_body(message + TLS_HELLO_HEADER, expect - TLS_HELLO_HEADER, &hello);
	}
	if (fault != REASON_NONE) {
		*ret_reason = fault;
		return TLS_REFUSE;
	}
	hello.used = expect;
	*ret = hello;
	return TLS_HELLO;
}

void tls_hello_alpn(const struct tls_hello *hello, char out[TLS_HELLO_ALPN_MAX])
{
	struct rd list = rd_of(hello->alpn, hello->alpn_len);
	size_t at = 0;

	while (list.left != 0) {
		const uint8_t len = rd_u8(&list);
		const uint8_t *protocol = rd_bytes(&list, len);

		if (list.bad || at + (at != 0) + len >= TLS_HELLO_ALPN_MAX)
			break;
		if (at != 0)
			out[at++] = ',';
		for (uint8_t i = 0; i < len; i++) {
			const bool plain =
				protocol[i] > ' ' && protocol[i] < 0x7f && protocol[i] != ',';

			out[at++] = (char)(plain ? protocol[i] : '?');
		}
	}
	out[at] = '\0';
}
