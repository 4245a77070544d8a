/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Writes HTML. Every text is escaped here and nowhere else; elements are closed in their order. */
#pragma once

#include <stddef.h>
#include <stdio.h>

#define HTML_DEPTH_MAX 32

/* Plain data: { .to = file }. Whether all was written is told by ferror(to). */
struct html {
	FILE *to;
	const char *open[HTML_DEPTH_MAX]; /* elements that are open, outermost first */
	size_t depth;
};

/* Opens an element with attributes: html_open(html, "td", "class", "n") takes pairs of name and
 * value, or none. tag and names are ours; values are escaped. */
#define html_open(html, tag, ...)                                                                  \
	html_open_with(html, tag, (const char *const[]){ NULL, ##__VA_ARGS__, NULL } + 1)

/* attributes: pairs of name and value, then NULL. */
void html_open_with(struct html *html, const char *tag, const char *const *attributes);

/* Closes the innermost element. */
void html_close(struct html *html);

/* Escaped text. What is no UTF-8, and control characters (those that turn the direction of text
 * among them), become U+FFFD. NULL writes nothing. */
void html_text(struct html *html, const char *text);

/* Formats, then escapes. */
void html_printf(struct html *html, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An element with one class (or NULL) that holds text alone. */
void html_element(struct html *html, const char *tag, const char *class, const char *text);

/* Our own markup: a constant, never anything from outside. */
void html_constant(struct html *html, const char *markup);

/* Text as a string of CSS, with its quotes: every character of ASCII but letters and digits is
 * written as an escape, so that neither the string nor the style element can be ended by it. */
void html_css_string(struct html *html, const char *text);
