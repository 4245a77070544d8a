/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ClientHello at the beginning of a TLS stream. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"
#include "inspect/tls_hello.h"

/* Reads the client's bytes from the first one on. The result depends on the bytes alone, not on how
 * many came at a time: every prefix gives TLS_MORE until the one that decides. scratch
 * (TLS_HELLO_MAX bytes) is used where the hello spans records. ret is written for TLS_HELLO,
 * ret_reason for TLS_REFUSE: NOT_TLS, or as tls_hello_read(). Source: RFC 8446 section 5.1. */
enum tls_result tls_read(const uint8_t *data, size_t len, uint8_t *scratch, struct tls_hello *ret,
			 enum reason *ret_reason);
