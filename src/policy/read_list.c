/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists of strings, written in the policy or in list files beside it. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

void read_item_error(struct reader *r, const struct read_item *item, const char *format, ...)
{
	auto_(free_charp) char *path = read_path(item->key);
	auto_(free_charp) char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0 || !path) {
		if (length < 0)
			text = NULL;
		read_no_memory(r);
		return;
	}
	errors_add(r->errors, item->place.file, item->place.line, "%s: %s", path, text);
}

struct read_item read_item_of(const struct reader *r, const config_setting_t *s)
{
	return (struct read_item){ .text = config_setting_get_string(s),
				   .place = read_place_of(r, s),
				   .key = s };
}

void read_word_error(struct reader *r, const struct read_item *item, const char *what,
		     const char *(*name_at)(size_t i), size_t count)
{
	auto_(free_charp) char *words = read_words(name_at, count);
	const char *nearest = read_nearest(item->text, name_at, count);
	const char *foreign = item->text;
	char quoted[READ_QUOTE_MAX], letter[READ_QUOTE_MAX];

	read_quote(item->text, quoted);
	while (*foreign && !(*foreign & 0x80))
		foreign++;
	if (!words)
		read_no_memory(r);
	else if (nearest && *foreign)
		read_item_error(r, item,
				_("%s is not %s, though it may look like \"%s\": from %s on it is "
				  "not of the letters A to Z. Expected one of %s"),
				quoted, what, nearest, read_quote(foreign, letter), words);
	else if (nearest)
		read_item_error(r, item, _("%s is not %s; did you mean \"%s\"? Expected one of %s"),
				quoted, what, nearest, words);
	else
		read_item_error(r, item, _("%s is not %s; expected one of %s"), quoted, what,
				words);
}

void read_strings(struct reader *r, const config_setting_t *s, read_item_fn *each, void *into)
{
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(s); i++) {
		const config_setting_t *e = config_setting_get_elem(s, i);
		struct read_item item = { .text = config_setting_get_string(e),
					  .place = read_place_of(r, e),
					  .key = s };

		/* NULL: no string, which read_has_type() has told */
		if (item.text)
			each(r, &item, into);
	}
}

/* path as seen from the policy's folder; newly allocated, NULL if memory ran out. */
static char *beside_policy(const struct reader *r, const char *path)
{
	const char *slash = strrchr(r->path, '/');
	char *full;

	if (*path == '/' || !slash)
		return strdup(path);
	if (asprintf(&full, "%.*s/%s", (int)(slash - r->path), r->path, path) < 0)
		return NULL;
	return full;
}

/* Keeps path for as long as the reader lives. */
static const char *keep_file(struct reader *r, char *path)
{
	char **grown = realloc(r->files, (r->file_count + 1) * sizeof(*grown));

	if (!grown) {
		free(path);
		read_no_memory(r);
		return NULL;
	}
	r->files = grown;
	r->files[r->file_count++] = path;
	return path;
}

static void load_error(struct reader *r, const config_setting_t *s, const char *path, int err)
{
	char quoted[READ_QUOTE_MAX];

	read_quote(path, quoted);
	if (err == -EFBIG)
		read_error(r, s, _("the list file %s is larger than %u MiB"), quoted,
			   READ_LIST_MAX >> 20);
	else if (err == -ENOTSUP)
		read_error(r, s, _("%s is not a regular file"), quoted);
	else
		read_error(r, s, _("cannot read the list file %s: %s"), quoted, strerror(-err));
	if (!r->err)
		r->err = err == -ENOTSUP ? -EINVAL : err;
}

/* Cuts the line at at out of text: without comment and blanks around. Sets *ret_next to what
 * follows. */
static char *cut_line(char *at, char *end, char **ret_next)
{
	char *eol = memchr(at, '\n', (size_t)(end - at)), *stop = eol ? eol : end, *hash;

	*ret_next = eol ? eol + 1 : end;
	hash = memchr(at, '#', (size_t)(stop - at));
	if (hash)
		stop = hash;
	while (at < stop && strchr(" \t\r", *at))
		at++;
	while (at < stop && strchr(" \t\r", stop[-1]))
		stop--;
	*stop = '\0';
	return at;
}

static void each_line(struct reader *r, struct read_item *item, char *text, char *end,
		      read_item_fn *each, void *into)
{
	unsigned int entries = 0;

	/* editors of another system put this mark in front */
	if (end - text >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		text += 3;
	for (char *next; text < end; text = next) {
		char *entry = cut_line(text, end, &next);

		item->place.line++;
		if (!*entry)
			continue;
		if (++entries > READ_ENTRIES_MAX) {
			read_item_error(r, item, _("more than %u entries in one list file"),
					READ_ENTRIES_MAX);
			return;
		}
		item->text = entry;
		each(r, item, into);
	}
	if (!entries)
		read_item_error(r, item, _("the list file has no entry"));
}

void read_list_file(struct reader *r, const config_setting_t *s, read_item_fn *each, void *into)
{
	char *full = beside_policy(r, config_setting_get_string(s));
	struct read_item item = { .key = s };
	auto_(free_charp) char *text = NULL;
	size_t length;
	int err;

	if (!full) {
		read_no_memory(r);
		return;
	}
	item.place.file = keep_file(r, full);
	if (!item.place.file)
		return;
	err = read_load(full, READ_LIST_MAX, &text, &length);
	if (err) {
		load_error(r, s, full, err);
		return;
	}
	if (EVP_DigestUpdate(r->hash, text, length) != 1)
		read_no_memory(r);
	if (memchr(text, '\0', length))
		read_error(r, s, _("the list file holds a NUL byte; a list is plain text"));
	else if (read_is_utf8(r, full, text))
		each_line(r, &item, text, text + length, each, into);
}

bool read_append(struct reader *r, struct policy_strings *strings, const char *text)
{
	size_t count = strings->count;
	char *copy = strdup(text);

	/* grows when the count is a power of two: nothing else to remember */
	if (copy && !(count & (count - 1))) {
		char **grown = realloc(strings->at, (count ? count * 2 : 1) * sizeof(*grown));

		if (grown)
			strings->at = grown;
		else
			free(steal(copy));
	}
	if (!copy) {
		read_no_memory(r);
		return false;
	}
	strings->at[strings->count++] = copy;
	return true;
}

bool read_is_new(struct reader *r, const struct read_item *item,
		 const struct policy_strings *strings)
{
	char quoted[READ_QUOTE_MAX];

	for (size_t i = 0; i < strings->count; i++) {
		if (strcmp(strings->at[i], item->text) != 0)
			continue;
		read_item_error(r, item, _("%s is there twice"), read_quote(item->text, quoted));
		return false;
	}
	return true;
}
