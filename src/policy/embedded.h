/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IPv6 addresses that carry an IPv4 address: those of tunnels and translators. Whoever sends to one
 * may reach that IPv4 address behind the tunnel's or translator's end, past all rules that speak of
 * it. Pure. */
#pragma once

#include <stdbool.h>

#include "common/addr.h"

/* Source: RFC 4291 sections 2.5.5.1 and 2.5.5.2, RFC 2765 section 2.1, RFC 6052 section 2.1, RFC
 * 8215, RFC 3056 section 2, RFC 4380 section 4, RFC 5214 section 6.1. */
enum embedded_form {
	EMBEDDED_NONE,
	EMBEDDED_COMPATIBLE,  /* ::/96 but for :: and ::1 */
	EMBEDDED_MAPPED,      /* ::ffff:0:0/96 */
	EMBEDDED_TRANSLATED,  /* ::ffff:0:0:0/96 */
	EMBEDDED_NAT64,       /* 64:ff9b::/96 */
	EMBEDDED_NAT64_LOCAL, /* 64:ff9b:1::/48; where the IPv4 address stands, its user decides */
	EMBEDDED_TEREDO,      /* 2001::/32: of the server, and hidden that of the client */
	EMBEDDED_6TO4,        /* 2002::/16 */
	EMBEDDED_ISATAP,      /* 0:5efe or 200:5efe in the third quarter, under any /64 */
	EMBEDDED_COUNT
};

/* "6to4", "NAT64": for sentences. */
const char *embedded_name(enum embedded_form form);

/* The first form some of whose addresses the range has, and in *ret the IPv4 addresses that they
 * carry: those that the site could be reached by if the form has several, every one where that
 * cannot be told. ISATAP only where the range is of nothing else: any /64 has some. *ret is left
 * alone with EMBEDDED_NONE. */
enum embedded_form embedded_find(const struct addr_range *range, struct addr_range *ret);

/* True if every address of the range is of that form. */
bool embedded_is(const struct addr_range *range, enum embedded_form form);

/* The addresses of NAT64's well-known prefix that carry these, of IPv4. */
void embedded_nat64(const struct addr_range *ipv4, struct addr_range *ret);
