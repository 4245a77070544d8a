/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ClientHello as a handshake message, however it was carried: in TLS records or QUIC's CRYPTO
 * frames. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"

#define TLS_HELLO_MAX    16384 /* bytes of a ClientHello that is read, with its handshake header */
#define TLS_HELLO_HEADER 4     /* bytes of the handshake header: type and length */

enum tls_result {
	TLS_MORE,   /* so far well; not enough bytes */
	TLS_HELLO,  /* a whole ClientHello with one name */
	TLS_REFUSE, /* *ret_reason says why; more bytes would not change it */
};

struct tls_hello {
	const uint8_t *name; /* as sent, not checked; within the bytes that were read */
	size_t name_len;     /* at least 1 */
	const uint8_t *alpn; /* the protocol name list without its length, well-formed, or NULL:
			      * each a byte of length and so many bytes. Source: RFC 7301 */
	size_t alpn_len;
	bool has_alpn;       /* application_layer_protocol_negotiation */
	bool has_ech;        /* encrypted_client_hello, real or GREASE: the name is the outer one */
	bool has_early_data; /* early_data: encrypted bytes may follow at once */
	bool has_psk;        /* pre_shared_key: a session is resumed */
	bool has_tls13;      /* supported_versions offers TLS 1.3 */
	size_t used;         /* bytes up to the end of the hello (tls_read(): of its last record) */
};

/* Reads a handshake message from its header on. The result depends on the bytes alone, not on how
 * many came at a time; bytes behind the message do not matter (ret->used tells where it ends). ret
 * is written for TLS_HELLO, ret_reason for TLS_REFUSE: TLS_MALFORMED (no ClientHello, or one that
 * breaks its syntax), HELLO_TOO_LONG, NO_SNI, TLS_TOO_OLD, NAME_INVALID (empty, with a dot at its
 * end, or of a type other than host_name), NAME_AMBIGUOUS (several).
 * Source: RFC 8446 sections 4 and 4.1.2, RFC 6066 section 3, RFC 7301; the number of
 * encrypted_client_hello (65037) is in IANA's registry of TLS extension types. */
enum tls_result tls_hello_read(const uint8_t *message, size_t len, struct tls_hello *ret,
			       enum reason *ret_reason);

/* How long the message is whose first len bytes are given, with its header: *ret_len is 0 while
 * that is not yet told. REASON_NONE; TLS_MALFORMED if it begins as something else than a
 * ClientHello, HELLO_TOO_LONG; *ret_len is then left alone. */
enum reason tls_hello_expect(const uint8_t *message, size_t len, size_t *ret_len);

#define TLS_HELLO_ALPN_MAX 32 /* with NUL */

/* The protocols that a hello offers as text: as many whole ones as fit, a comma between them, what
 * is no printable ASCII (or a comma) as '?'. Empty if it offers none. */
void tls_hello_alpn(const struct tls_hello *hello, char out[TLS_HELLO_ALPN_MAX]);
