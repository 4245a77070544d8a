/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look at bytes that may begin a ClientHello or an HTTP request: what is it, and is a name to be
 * seen?
 *
 * For captures only: it believes what it sees, and finds a name where the strict readers (tls.h,
 * http_head.h) find none since bytes are missing or the name is no host name. Nothing is ever
 * permitted by it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/flow_key.h"

struct peek {
	enum app app;        /* APP_TLS, APP_HTTP, or APP_NONE: neither begins here */
	const uint8_t *name; /* as it stands there, without a port; borrowed from the bytes */
	size_t name_len;     /* 0: none is to be seen */
};

void peek_read(const uint8_t *data, size_t len, struct peek *ret);

/* The same for the bytes of a handshake message, which need no record. */
void peek_hello(const uint8_t *data, size_t len, struct peek *ret);

/* True if a datagram begins as a packet of QUIC with a long header, of a version that is or was in
 * use. Source: RFC 8999 section 5.1. */
bool peek_is_quic(const uint8_t *data, size_t len);
