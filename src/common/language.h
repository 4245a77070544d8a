/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The language of messages: that of the locale, or one that was asked for. English and Japanese. */
#pragma once

#include <stdbool.h>

/* Takes the locale of the environment, and messages from folder. A Japanese locale that the system
 * has not generated makes Japanese messages all the same; text is UTF-8 also in the C locale, as
 * the guideline's wording is. Call once, before any message. */
void language_begin(const char *folder);

/* "ja" or "en": the language that messages are to have, whether or not the catalogue is there. */
const char *language_now(void);
bool language_is_japanese(void);

/* True unless messages are to be Japanese and no Japanese catalogue is found. */
bool language_is_there(void);

/* Makes it "ja" or "en". 0; -EINVAL for anything else; -ENOENT if no Japanese catalogue is found:
 * then, and then only, all stays as it was. Allocates, and reads the catalogue when it is first
 * used.
 */
int language_use(const char *name);
