/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ClientHello at the beginning of a TLS stream. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"

#define TLS_HELLO_MAX 16384 /* bytes of a ClientHello that is read, with its handshake header */

enum tls_result {
	TLS_MORE,   /* so far well; not enough bytes */
	TLS_HELLO,  /* a whole ClientHello with one name */
	TLS_REFUSE, /* *ret_reason says why; more bytes would not change it */
};

struct tls_hello {
	const uint8_t *name; /* as sent, not checked; within data or scratch */
	size_t name_len;     /* at least 1 */
	bool has_alpn;       /* application_layer_protocol_negotiation, well-formed */
	const uint8_t *alpn; /* its protocols as sent, each with its length before it */
	size_t alpn_len;     /* 0 if there is none */
	bool has_ech;        /* encrypted_client_hello, real or GREASE: the name is the outer one */
	bool has_early_data; /* early_data: encrypted bytes may follow at once */
	size_t used;         /* bytes of data, up to the end of the record that ends the hello */
};

/* Reads the client's bytes from the first one on. The result depends on the bytes alone, not on how
 * many came at a time: every prefix gives TLS_MORE until the one that decides. scratch
 * (TLS_HELLO_MAX bytes) is used where the hello spans records. ret is written for TLS_HELLO,
 * ret_reason for TLS_REFUSE: NOT_TLS, TLS_MALFORMED, HELLO_TOO_LONG, NO_SNI or NAME_INVALID (empty,
 * or not exactly one name). Source: RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3, RFC 7301;
 * the number of encrypted_client_hello (65037) is in IANA's registry of TLS extension types. */
enum tls_result tls_read(const uint8_t *data, size_t len, uint8_t *scratch, struct tls_hello *ret,
			 enum reason *ret_reason);

/* The same for a ClientHello that comes without records, as in QUIC. TLS_REFUSE with TLS_MALFORMED
 * for another message, too. used is where the message ends; what follows is not looked at. Source:
 * RFC 9001 section 4. */
enum tls_result tls_read_message(const uint8_t *data, size_t len, struct tls_hello *ret,
				 enum reason *ret_reason);

#define TLS_ALPN_TEXT_MAX 32 /* with NUL */

/* The protocols that a hello offers as text: as many whole ones as fit, a comma between them, what
 * is no printable ASCII (or a comma) as '?'. Empty if it offers none. */
void tls_alpn_text(const struct tls_hello *hello, char out[TLS_ALPN_TEXT_MAX]);
