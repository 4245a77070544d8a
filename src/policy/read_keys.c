/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Key tables: reads a group of the policy by the table of the keys that it may have. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

#define WORD_MAX 63 /* longer words are like nothing we know */

int read_line(const config_setting_t *s)
{
	const void *hook = config_setting_get_hook(s);

	return hook ? (int)(uintptr_t)hook : (int)config_setting_source_line(s);
}

struct read_place read_place_of(const struct reader *r, const config_setting_t *s)
{
	return (struct read_place){ .file = r->path, .line = read_line(s) };
}

void read_no_memory(struct reader *r)
{
	if (!r->err)
		r->err = -ENOMEM;
}

/* True if text can stand in a path as it is. */
static bool is_plain(const char *text)
{
	static const char plain[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

	return *text && !text[strspn(text, plain)] && strlen(text) <= WORD_MAX;
}

/* One step of a path: the key, or for a group in a list its name or place. */
static void print_step(FILE *out, const config_setting_t *s, bool first)
{
	const char *key = config_setting_name(s);

	if (!key && !config_setting_is_group(s))
		return;
	if (!key && !(config_setting_lookup_string(s, "name", &key) && is_plain(key)))
		(void)fprintf(out, "[%d]", config_setting_index(s) + 1);
	else
		(void)fprintf(out, "%s%s", first ? "" : ".", key);
}

char *read_path(const config_setting_t *s)
{
	const config_setting_t *steps[READ_DEPTH_MAX + 1];
	size_t count = 0, size;
	char *text = NULL;
	FILE *out;

	for (; s && !config_setting_is_root(s) && count < ARRAY_SIZE(steps);
	     s = config_setting_parent(s))
		steps[count++] = s;
	out = open_memstream(&text, &size);
	if (!out)
		return NULL;
	for (size_t i = count; i-- > 0;)
		print_step(out, steps[i], i == count - 1);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

void read_error(struct reader *r, const config_setting_t *s, const char *format, ...)
{
	auto_(free_charp) char *path = read_path(s);
	auto_(free_charp) char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0) {
		text = NULL;
		read_no_memory(r);
		return;
	}
	if (path && *path)
		errors_add(r->errors, r->path, read_line(s), "%s: %s", path, text);
	else
		errors_add(r->errors, r->path, read_line(s), "%s", text);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Insertions, deletions and replacements that lead from a to b. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1], len_a = strlen(a), len_b = strlen(b);

	if (len_a > WORD_MAX || len_b > WORD_MAX)
		return WORD_MAX;
	for (size_t j = 0; j <= len_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= len_a; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len_b; j++) {
			size_t above = row[j];

			row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[len_b];
}

/* The nearest so far, and how far it is. */
static void nearer(const char *text, const char *word, size_t *distance, const char **best)
{
	size_t d = edit_distance(text, word);

	if (d < *distance) {
		*distance = d;
		*best = word;
	}
}

const char *read_nearest(const char *text, const char *(*name_at)(size_t i), size_t count)
{
	size_t distance = strlen(text) / 3 + 2;
	const char *best = NULL;

	for (size_t i = 0; i < count; i++)
		if (name_at(i))
			nearer(text, name_at(i), &distance, &best);
	return best;
}

char *read_words(const char *(*name_at)(size_t i), size_t count)
{
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		if (!name_at(i))
			continue;
		(void)fprintf(out, "%s%s", separator, name_at(i));
		separator = ", ";
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

/* What a person would call the thing that s is. */
static const char *found_text(const config_setting_t *s)
{
	switch (config_setting_type(s)) {
	case CONFIG_TYPE_STRING:
		return _("a string");
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		return _("a whole number");
	case CONFIG_TYPE_FLOAT:
		return _("a number with a fraction");
	case CONFIG_TYPE_BOOL:
		return _("true or false");
	case CONFIG_TYPE_GROUP:
		return _("a group in braces");
	default: /* libconfig's numbers are no enum */
		return _("a list");
	}
}

static const char *expected_text(enum read_type type)
{
	switch (type) {
	case READ_TEXT:
		return _("a string in quotes");
	case READ_NUMBER:
		return _("a whole number");
	case READ_BOOL:
		return _("true or false");
	case READ_STRINGS:
		return _("a list of strings, [ \"...\", \"...\" ]");
	case READ_GROUP:
		return _("a group in braces, { ... }");
	case READ_GROUPS:
		return _("a list of groups, ( { ... }, { ... } )");
	case READ_ANY:
	case READ_UNSUPPORTED:
		break;
	}
	return "";
}

static bool is_list(const config_setting_t *s)
{
	return config_setting_is_array(s) || config_setting_is_list(s);
}

static bool type_matches(const config_setting_t *s, enum read_type type)
{
	int found = config_setting_type(s);

	switch (type) {
	case READ_TEXT:
		return found == CONFIG_TYPE_STRING;
	case READ_NUMBER:
		return found == CONFIG_TYPE_INT || found == CONFIG_TYPE_INT64;
	case READ_BOOL:
		return found == CONFIG_TYPE_BOOL;
	case READ_GROUP:
		return found == CONFIG_TYPE_GROUP;
	case READ_STRINGS:
	case READ_GROUPS:
		return is_list(s);
	case READ_ANY:
	case READ_UNSUPPORTED:
		break;
	}
	return true;
}

bool read_has_type(struct reader *r, const config_setting_t *s, enum read_type type)
{
	enum read_type element = type == READ_STRINGS ? READ_TEXT : READ_GROUP;

	if (!type_matches(s, type)) {
		read_error(r, s, _("found %s, expected %s"), found_text(s), expected_text(type));
		return false;
	}
	if (type != READ_STRINGS && type != READ_GROUPS)
		return true;
	if (!config_setting_length(s)) {
		read_error(r, s, _("the list is empty; leave the key out, or fill it in"));
		return false;
	}
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(s); i++) {
		const config_setting_t *e = config_setting_get_elem(s, i);

		if (type_matches(e, element))
			continue;
		read_error(r, e, _("found %s in the list, expected %s"), found_text(e),
			   expected_text(type));
	}
	return true;
}

static void unknown_key(struct reader *r, const config_setting_t *s, const struct read_key *keys,
			size_t count)
{
	const char *name = config_setting_name(s), *best = NULL;
	size_t distance = strlen(name) / 3 + 2, size;
	auto_(free_charp) char *words = NULL;
	FILE *out = open_memstream(&words, &size);

	r->unknown_keys++;
	if (!out) {
		read_no_memory(r);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (keys[i].type == READ_UNSUPPORTED)
			continue;
		nearer(name, keys[i].name, &distance, &best);
		(void)fprintf(out, "%s%s", i ? ", " : "", keys[i].name);
	}
	if (fclose(out))
		read_no_memory(r);
	else if (best)
		read_error(r, s, _("unknown key; did you mean \"%s\"? Keys here: %s"), best, words);
	else
		read_error(r, s, _("unknown key; keys here: %s"), words);
}

static const struct read_key *key_of(const struct read_key *keys, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* The key that an unknown member was most likely meant to be, if its type is right and that key is
 * not there itself; or NULL. Read as such, it leaves nothing missing that would only follow. */
static const struct read_key *meant_key(const config_setting_t *group,
					const config_setting_t *member, const struct read_key *keys,
					size_t count)
{
	const char *name = config_setting_name(member), *best = NULL;
	size_t distance = strlen(name) / 3 + 2;
	const struct read_key *key;

	for (size_t i = 0; i < count; i++)
		if (keys[i].type != READ_UNSUPPORTED)
			nearer(name, keys[i].name, &distance, &best);
	key = best ? key_of(keys, count, best) : NULL;
	if (!key || !type_matches(member, key->type) || config_setting_get_member(group, key->name))
		return NULL;
	return key;
}

/* True if the group has the key, or a member that is likely meant to be it. */
static bool has_key(const config_setting_t *group, const struct read_key *key,
		    const struct read_key *keys, size_t count)
{
	if (config_setting_get_member(group, key->name))
		return true;
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(group); i++) {
		const config_setting_t *member = config_setting_get_elem(group, i);

		if (!key_of(keys, count, config_setting_name(member)) &&
		    meant_key(group, member, keys, count) == key)
			return true;
	}
	return false;
}

static void missing_key(struct reader *r, const config_setting_t *group, const struct read_key *key)
{
	const char *expected = expected_text(key->type);

	if (*expected)
		read_error(r, group, _("\"%s\" is missing; expected %s"), key->name, expected);
	else
		read_error(r, group, _("\"%s\" is missing"), key->name);
}

void read_group(struct reader *r, config_setting_t *s, const struct read_key *keys, size_t count,
		void *into)
{
	for (unsigned int i = 0; i < (unsigned int)config_setting_length(s); i++) {
		config_setting_t *member = config_setting_get_elem(s, i);
		const struct read_key *key = key_of(keys, count, config_setting_name(member));

		if (!key) {
			unknown_key(r, member, keys, count);
			key = meant_key(s, member, keys, count);
		}
		if (key && key->type == READ_UNSUPPORTED)
			read_error(r, member, _("not yet supported in this version"));
		else if (key && read_has_type(r, member, key->type))
			key->handle(r, member, into);
	}
	for (size_t i = 0; i < count; i++)
		if (keys[i].required && !has_key(s, &keys[i], keys, count))
			missing_key(r, s, &keys[i]);
}
