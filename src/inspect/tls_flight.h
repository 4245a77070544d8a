/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's TLS records behind its ClientHello: is there another hello among them? A server that
 * answers with a HelloRetryRequest gets one, in plain text, and goes by what it says. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Application data that is passed over while the server may still ask for a second hello: as much
 * as it said in an earlier connection. Implementations say 14 to 32 KiB. Source: RFC 8446 section
 * 4.2.10. */
#define TLS_FLIGHT_EARLY_MAX 65536U

enum tls_flight_result {
	TLS_FLIGHT_MORE,     /* not told yet */
	TLS_FLIGHT_HELLO,    /* a record that begins a ClientHello comes next */
	TLS_FLIGHT_OTHER,    /* what comes next is neither a hello nor what may stand before one: a
			      * server that waits for a hello gives up */
	TLS_FLIGHT_TOO_LONG, /* more early data than is passed over: what comes behind it cannot be
			      * told */
	TLS_FLIGHT_REFUSE,   /* no TLS, or more that means nothing than any client sends */
};

/* Zeroed; if the first hello offered early data, early is true and early_left
 * TLS_FLIGHT_EARLY_MAX. */
struct tls_flight {
	bool early;          /* application data may stand before a second hello */
	uint32_t skip;       /* bytes left of a record that does not matter */
	uint32_t early_left; /* bytes of early data that may still come */
	uint8_t fillers;     /* change_cipher_spec, alert and empty records so far */
};

/* Reads on. *ret_used: how many bytes are read for good; those behind them are to be given again
 * with more. What it says depends on the bytes alone, not on how many came at a time. Of
 * TLS_FLIGHT_OTHER the bytes that tell are at most TLS_FLIGHT_TELLING behind *ret_used. Source: RFC
 * 8446 section 5.1 and appendix D.4. */
#define TLS_FLIGHT_TELLING 6
enum tls_flight_result tls_flight_read(struct tls_flight *flight, const uint8_t *data, size_t len,
				       size_t *ret_used);
