/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The five-tuple of a flow, seen from its client, in host byte order but for the addresses. */
#pragma once

#include <stdint.h>

#include "common/addr.h"

struct flow_key {
	struct addr src; /* client, before source NAT */
	struct addr dst; /* server */
	uint16_t sport;  /* 0 where the protocol has no ports */
	uint16_t dport;
	uint8_t l4proto; /* IPPROTO_* */
};

/* What a flow carries, as read from its bytes or as declared for a port. */
enum app {
	APP_NONE = 0, /* not looked at: permitted by address and port alone */
	APP_TLS,
	APP_HTTP,
	APP_QUIC,
	/* Declared of a port only: QUIC that is answered with a refusal, so that clients fall back
	 * to TCP. */
	APP_QUIC_REFUSED,
	APP_COUNT
};

/* Those that bytes can be: below this. */
#define APP_SPOKEN_COUNT APP_QUIC_REFUSED

/* "none", "tls", "http", "quic", "quic-refused". */
const char *app_slug(enum app app);
