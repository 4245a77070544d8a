/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of things that a person must mend, each with file, line and a sentence. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct errors_item {
	char *file; /* NULL where there is none */
	int line;   /* 0 where there is none */
	char *text; /* a sentence in plain words: what was found, what was expected */
};

struct errors {
	struct errors_item *at;
	size_t count;
	bool truncated; /* memory ran out, or over ERRORS_MAX: there are more than are listed */
};

#define ERRORS_MAX 1000

/* Adds one. file may be NULL; copies everything. Never fails: it sets truncated instead. */
void errors_add(struct errors *e, const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* Sorts by file and line (stable), as a person wants to read them. */
void errors_sort(struct errors *e);

/* "file:line: text\n" for each; folded at a terminal's edge where to is a terminal. */
void errors_print(const struct errors *e, FILE *to);

/* The same as one newly allocated string (the caller frees it); NULL if memory ran out. */
char *errors_text(const struct errors *e);

/* Frees what it holds and empties it. Usable with auto_(). */
void errors_clear(struct errors *e);
