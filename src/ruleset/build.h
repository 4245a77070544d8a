/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts a ruleset together piece by piece: sets with their elements, chains with their rules.
 *
 * Errors stick: after the first one every call does nothing, and build_finish() says what it was,
 * so that the compiler reads like the ruleset that it makes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "ruleset/ruleset.h"

struct build {
	struct ruleset *ruleset;
	int error;     /* 0, -ENOMEM or -E2BIG */
	size_t filled; /* fields of the newest element that have been put */
};

/* A list of fields with its length, for the calls below. */
#define BUILD_FIELDS(...)                                                                          \
	(const enum ruleset_field[]){ __VA_ARGS__ },                                               \
		sizeof((const enum ruleset_field[]){ __VA_ARGS__ }) / sizeof(enum ruleset_field)

/* Begins with an empty ruleset. */
void build_start(struct build *build);

/* Sorts the elements of every set. 0 and *ret (the caller frees it with ruleset_free), or the first
 * error, with everything freed. */
int build_finish(struct build *build, struct ruleset **ret);

/* Remembers an error, unless there was one before. 0 is ignored. */
void build_fail(struct build *build, int error);

/* Writes a name (RULESET_NAME_MAX) by a format; -E2BIG sticks if it does not fit. */
void build_name(struct build *build, char *out, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A new set; elements that follow go into it. */
enum build_set_kind { BUILD_EXACT, BUILD_INTERVAL, BUILD_EXACT_MAP, BUILD_INTERVAL_MAP };
void build_set(struct build *build, const char *name, enum build_set_kind kind,
	       const enum ruleset_field *fields, size_t count);

/* Elements of the newest set may expire. */
void build_may_expire(struct build *build);

/* A new element of the newest set; the build_put_ calls that follow fill its key, field by field in
 * the order of the set's key. */
void build_element(struct build *build);
void build_put_interface(struct build *build, const char *name);
void build_put_range(struct build *build, const struct addr_range *range);
void build_put_mac(struct build *build, const uint8_t mac[6]);
void build_put_protocol(struct build *build, uint8_t l4proto);
void build_put_number(struct build *build, uint32_t first,
		      uint32_t last); /* ports, lengths, marks */

/* When the newest element expires: seconds since 1970 (UTC). */
void build_put_expiry(struct build *build, int64_t expires_s);

/* The verdict of the newest element; chain NULL where the kind has none. */
void build_put_verdict(struct build *build, enum ruleset_verdict_kind kind, const char *chain);

/* A new regular chain, or a base chain; rules that follow go into it. */
void build_chain(struct build *build, const char *name);
void build_base_chain(struct build *build, const char *name, enum ruleset_hook hook, int priority,
		      bool policy_drop);

/* A new rule of the newest chain; statements that follow go into it. comment may be NULL.
 * Characters that nft's strings cannot hold become '_'. */
void build_rule(struct build *build, const char *comment);

/* Appends a copy of the statement to the newest rule. */
void build_statement(struct build *build, const struct ruleset_statement *statement);

/* Statements. A negated set match is true where the fields are not in the set. */
void build_in_set(struct build *build, const char *set, const enum ruleset_field *fields,
		  size_t count);
void build_not_in_set(struct build *build, const char *set, const enum ruleset_field *fields,
		      size_t count);
void build_value(struct build *build, enum ruleset_statement_kind kind,
		 uint32_t value); /* no mask */
void build_masked(struct build *build, enum ruleset_statement_kind kind, uint32_t mask,
		  uint32_t value);
void build_masked_not(struct build *build, enum ruleset_statement_kind kind, uint32_t mask,
		      uint32_t value);
void build_text(struct build *build, enum ruleset_statement_kind kind, const char *text);
void build_types(struct build *build, enum ruleset_statement_kind kind, const uint8_t *types,
		 size_t count);
void build_act(struct build *build, enum ruleset_statement_kind kind); /* one without arguments */
void build_log(struct build *build, uint16_t group, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void build_accept(struct build *build);
void build_drop(struct build *build);
void build_return(struct build *build);
void build_goto(struct build *build, const char *chain);
void build_lookup(struct build *build, const char *map, const enum ruleset_field *fields,
		  size_t count);
