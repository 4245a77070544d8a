/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chooses the language of messages by way of gettext's own variable, LANGUAGE. */
#include "common/language.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"

#define CATALOGUE "sekisho"
#define UTF8_ONLY "C.UTF-8"

static bool begins_japanese(const char *text)
{
	return text && strncmp(text, "ja", 2) == 0;
}

/* True in the locales in which gettext translates nothing, whatever LANGUAGE says. */
static bool is_plain(void)
{
	const char *locale = setlocale(LC_MESSAGES, NULL);

	return !locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0;
}

/* The locale that the environment asks for. */
static const char *wanted_locale(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "";
}

/* gettext remembers what it looked up until something of its own was set. */
static void choose(const char *name)
{
	(void)setenv("LANGUAGE", name, 1);
	if (is_plain())
		(void)setlocale(LC_ALL, UTF8_ONLY);
	(void)textdomain(CATALOGUE);
}

void language_begin(const char *folder)
{
	const bool generated = setlocale(LC_ALL, "") != NULL;

	(void)bindtextdomain(CATALOGUE, folder);
	(void)textdomain(CATALOGUE);
	if (!generated && begins_japanese(wanted_locale()))
		choose("ja");
	if (MB_CUR_MAX == 1)
		(void)setlocale(LC_CTYPE, UTF8_ONLY);
}

bool language_is_japanese(void)
{
	const char *language = getenv("LANGUAGE");

	if (is_plain())
		return false;
	if (language && *language)
		return begins_japanese(language);
	return begins_japanese(setlocale(LC_MESSAGES, NULL));
}

const char *language_now(void)
{
	return language_is_japanese() ? "ja" : "en";
}

bool language_is_there(void)
{
	const char *none = ""; /* the message of no text is the catalogue's own header */

	return !language_is_japanese() || strstr(gettext(none), "Language: ja") != NULL;
}

int language_use(const char *name)
{
	const char *before = language_now();

	if (strcmp(name, "ja") != 0 && strcmp(name, "en") != 0)
		return -EINVAL;
	choose(name);
	if (language_is_there())
		return 0;
	choose(before);
	return -ENOENT;
}
