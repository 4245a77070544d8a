/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first bytes that a TLS server says: does it want another ClientHello? */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum tls_answer {
	TLS_ANSWER_UNKNOWN, /* too short to tell, or something else, such as an alert */
	TLS_ANSWER_HELLO,   /* a ServerHello: no other ClientHello can follow in plain text */
	TLS_ANSWER_RETRY,   /* a HelloRetryRequest: another one will */
};

/* data: the server's bytes from its very first one on. Source: RFC 8446 section 4.1.3. */
enum tls_answer tls_answer_read(const uint8_t *data, size_t len);
