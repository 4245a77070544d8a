/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pieces of a record's line, written by hand since each decision waits for its line.
 *
 * Each function writes at at, where the caller has seen to enough room, and returns the end of what
 * it wrote; none writes a NUL. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "common/addr.h"

#define PUT_NUMBER_MAX  20 /* bytes of the longest number */
#define PUT_ADDRESS_MAX 45 /* of the longest address */
#define PUT_TIME_MAX    27 /* of a time: always as many */

/* A string literal, without its NUL. */
#define PUT_LITERAL(at, literal)                                                                   \
	((char *)memcpy((at), (literal), sizeof(literal) - 1) + sizeof(literal) - 1)

/* Decimal. */
char *put_number(char *at, uint64_t number);

/* As inet_ntop() would, IPv6 by RFC 5952; a wrong family gives nothing. */
char *put_address(char *at, const struct addr *a);

/* RFC 3339 in UTC with microseconds, "2026-11-22T03:35:00.123456Z". Years beyond 0..9999 are given
 * as 9999. */
char *put_time(char *at, const struct timespec *t);

/* Text of the program itself (slugs, the guideline's tables), known to need no escaping, cut to cap
 * bytes. */
char *put_plain(char *at, const char *text, size_t cap);

/* Text as the inside of a JSON string: escaped, invalid UTF-8 replaced (U+FFFD), and control and
 * direction characters as \uXXXX so that a terminal is safe from them. At most cap bytes: what
 * needs more than cap - 3 is cut between characters and ends in an ellipsis. cap is at least 3. */
char *put_text(char *at, const char *text, size_t cap);
