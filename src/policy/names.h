/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Host names: syntax, patterns, and the index from a name to the services that own it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAMES_MAX                                                                                  \
	253 /* bytes of a host name without trailing dot. Source: RFC 1035 section 2.3.4 */

enum names_fault {
	NAMES_OK = 0,
	NAMES_EMPTY,
	NAMES_TOO_LONG,
	NAMES_LABEL_LENGTH, /* a label of 0 or over 63 bytes */
	NAMES_CHARACTER,    /* not a letter, digit, hyphen (or underscore inside a label) */
	NAMES_HYPHEN,       /* a label begins or ends with a hyphen */
	NAMES_ADDRESS,      /* an IPv4 or IPv6 address */
	NAMES_SINGLE_LABEL, /* no dot */
	NAMES_WILDCARD,     /* '*' elsewhere than as the whole first label, or fewer than two labels
			       after it */
	NAMES_REGISTRY,     /* '*' over a suffix under which anybody may register ("*.co.jp") */
};

/* Checks and normalises (lower case, one trailing dot cut) text of len bytes into out
 * (NAMES_MAX + 1). A name whose last label is a number counts as an address, as in browsers and
 * inet_aton(3). pattern: a first label "*" is allowed; "*.x.y" matches one or more labels before
 * x.y and never x.y itself. NAMES_OK, or the fault and out untouched. */
enum names_fault names_normalise(const char *text, size_t len, bool pattern, char *out);

/* A sentence about the fault for people (gettext msgid). */
const char *names_fault_text(enum names_fault fault);

struct names;

/* kind of name within its service */
enum names_kind { NAMES_PLAIN, NAMES_TENANT, NAMES_SHARED };

struct names_entry {
	const char *pattern; /* of those that names gives: its own, until names_free() */
	uint32_t service;    /* index into policy->services */
	enum names_kind kind;
};

/* Builds the index over a copy of entries and their patterns. NULL if memory ran out. */
struct names *names_new(const struct names_entry *entries, size_t count);
void names_free(struct names *names);

/* Calls found for every entry whose pattern matches name (normalised); found returns true to stop.
 * Cost does not grow with the number of entries. Returns true if stopped. */
bool names_match(const struct names *names, const char *name,
		 bool (*found)(const struct names_entry *entry, void *data), void *data);

/* The same for every entry whose pattern has this mark (see names_pattern_mark(); other bits of
 * mark are left aside). Different patterns may share a mark: one in 16 million. */
bool names_match_mark(const struct names *names, uint32_t mark,
		      bool (*found)(const struct names_entry *entry, void *data), void *data);

/* 24 bits of a hash of pattern, in place for the connection mark (MARK_NAME_MASK); never 0. The
 * same in every version and on every machine, since open flows carry it over a restart. */
uint32_t names_pattern_mark(const char *pattern);

/* True if some tenant name of any service shares name's parent ("a.b.c" and "x.b.c"), and no
 * pattern of any service matches name: then name is another organisation's tenant. The parent must
 * have two labels at least; tenant patterns with a wildcard are left aside. */
bool names_is_sibling_of_tenant(const struct names *names, const char *name);
