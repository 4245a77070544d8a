/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A record's line as those see it who check the chain: its number, its tag, and few members of the
 * log's own records. The bytes may be anybody's: nothing is believed of them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/chain.h"

/* What the tag adds to a line: ,"sekisho.chain":"64 digits" */
#define LINE_TAG_BYTES 83

struct line {
	uint64_t number;
	size_t body;  /* bytes that the tag covers, from the line's beginning */
	bool chained; /* it has a tag, well formed, as its last member */
	uint8_t tag[CHAIN_TAG_BYTES];
	const char *action; /* of the daemon's own records (event.category "process"), not
			       terminated; else NULL */
	size_t action_len;
};

/* Looks at a line of len bytes without its newline. 0, or -EBADMSG: it is none that the writer
 * writes, *ret untouched. */
int line_parse(const char *text, size_t len, struct line *ret);

/* True if the record's action is this one. */
bool line_is(const struct line *line, const char *action);

/* The first member of that name in the len bytes at text, name as it stands in the line with its
 * quotes and colon. Quotes inside of texts are escaped, so that no text can look like a member.
 * 0, or -ENOENT with *ret untouched (a number: also if it has no end or is too large). */
int line_number_member(const char *text, size_t len, const char *name, uint64_t *ret);
int line_text_member(const char *text, size_t len, const char *name, const char **ret,
		     size_t *ret_len);

/* Puts the tag into a line that ends in "}\n", with LINE_TAG_BYTES of room behind it; gives the
 * new length. */
size_t line_put_tag(char *line, size_t len, const uint8_t tag[CHAIN_TAG_BYTES]);
