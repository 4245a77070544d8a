/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in columns of a terminal, where a character may be two cells wide. */
#pragma once

#include <stddef.h>
#include <stdio.h>

/* Cells of a line for people. */
#define COLUMNS_MAX 80

/* Cells that text takes in the present locale; what cannot be shown counts as one. */
size_t columns_width(const char *text);

/* Copies text into out (cap bytes, NUL-terminated), made fit to be shown: control characters as
 * "?", and cut to at most cells with an ellipsis at its end. Gives the cells it takes. */
size_t columns_fit(const char *text, size_t cells, char *out, size_t cap);

/* Writes text, made fit to be shown, and a newline: from column at, in lines of at most COLUMNS_MAX
 * cells, those after the first indented by indent. A word longer than a line stays whole. Japanese
 * is broken between characters, but no line begins with what ends a phrase, nor ends with an
 * opening bracket. */
void columns_fold(FILE *to, size_t at, size_t indent, const char *text);

/* The same for a line of its own: indented by indent, folded two deeper. */
void columns_line(FILE *to, size_t indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A head, padded to cells, with text behind it, which is folded at that column. */
void columns_entry(FILE *to, const char *head, size_t cells, const char *text);
