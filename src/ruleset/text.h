/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prints a ruleset as nft(8) syntax: what `nft -f` loads is what kernel/apply.c loads. */
#pragma once

#include <stdio.h>

#include "ruleset/ruleset.h"

/* Writes a whole file for `nft -f`: the table is deleted and made anew in one transaction.
 * queue_stands_for NULL prints the queue statement; else that text in its place ("drop"), for
 * kernels without it. Whether all was written is told by ferror(to). */
void text_print(const struct ruleset *ruleset, const char *queue_stands_for, FILE *to);

/* Writes one element of set, for sentences about it. */
void text_print_element(const struct ruleset_set *set, const struct ruleset_element *element,
			FILE *to);

/* The same, as of a second since 1970 (UTC): elements that may expire are printed with the time
 * that they have left from then on (nft knows no other), and left out where it is over.
 * text_print() takes the system's clock. */
void text_print_at(const struct ruleset *ruleset, const char *queue_stands_for, int64_t now_s,
		   FILE *to);

/* Writes one rule's statements, without its comment and without a line's end. */
void text_print_rule(const struct ruleset_rule *rule, FILE *to);
