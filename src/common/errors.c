/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list of things that a person must mend. */
#include "common/errors.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"

void errors_add(struct errors *e, const char *file, int line, const char *format, ...)
{
	auto_(free_charp) char *text = NULL;
	auto_(free_charp) char *name = file ? strdup(file) : NULL;
	struct errors_item *at;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		text = NULL;
	if (!text || (file && !name) || e->count >= ERRORS_MAX) {
		e->truncated = true;
		return;
	}
	at = realloc(e->at, (e->count + 1) * sizeof(*at));
	if (!at) {
		e->truncated = true;
		return;
	}
	e->at = at;
	e->at[e->count].file = steal(name);
	e->at[e->count].line = line;
	e->at[e->count].text = steal(text);
	e->count++;
}

static bool stands_before(const struct errors_item *a, const struct errors_item *b)
{
	int order;

	if (!a->file || !b->file)
		order = (a->file != NULL) - (b->file != NULL);
	else
		order = strcmp(a->file, b->file);
	return order < 0 || (order == 0 && a->line < b->line);
}

void errors_sort(struct errors *e)
{
	/* Insertion: stable, and ERRORS_MAX is small. */
	for (size_t i = 1; i < e->count; i++) {
		struct errors_item item = e->at[i];
		size_t j = i;

		for (; j > 0 && stands_before(&item, &e->at[j - 1]); j--)
			e->at[j] = e->at[j - 1];
		e->at[j] = item;
	}
}

/* Editors and other tools look for "file:line:" and take one line for each; people at a terminal
 * want theirs folded. */
__attribute__((format(printf, 3, 4))) static void print(FILE *to, bool folded, const char *format,
							...)
{
	auto_(free_charp) char *text = NULL;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0)
		text = NULL;
	if (folded)
		columns_line(to, 0, "%s", text ? text : "");
	else
		(void)fprintf(to, "%s\n", text ? text : "");
}

void errors_print(const struct errors *e, FILE *to)
{
	const bool folded = isatty(fileno(to));

	for (size_t i = 0; i < e->count; i++) {
		const struct errors_item *item = &e->at[i];

		if (item->file && item->line > 0)
			print(to, folded, "%s:%d: %s", item->file, item->line, item->text);
		else if (item->file)
			print(to, folded, "%s: %s", item->file, item->text);
		else
			print(to, folded, "%s", item->text);
	}
	if (e->truncated)
		print(to, folded, "%s", _("There are more mistakes than are listed here."));
}

char *errors_text(const struct errors *e)
{
	char *text = NULL;
	size_t len = 0;
	bool failed;
	FILE *to = open_memstream(&text, &len);

	if (!to)
		return NULL;
	errors_print(e, to);
	failed = ferror(to) != 0;
	failed |= fclose(to) != 0;
	if (failed) {
		free(text);
		return NULL;
	}
	return text;
}

void errors_clear(struct errors *e)
{
	for (size_t i = 0; i < e->count; i++) {
		free(e->at[i].file);
		free(e->at[i].text);
	}
	free(e->at);
	e->at = NULL;
	e->count = 0;
	e->truncated = false;
}
