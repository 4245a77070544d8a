/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Escapes text for HTML and CSS, character by character of UTF-8. */
#include "report/html.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

#define REPLACEMENT 0xfffdU

/* The next character of text; *text goes on behind it. */
static uint32_t next_character(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = *p < 0x80 ? 1 : (*p & 0xe0) == 0xc0 ? 2 : (*p & 0xf0) == 0xe0 ? 3 : 4;
	uint32_t c = len == 1 ? *p : *p & (0xffU >> (len + 1));

	if (*p >= 0xf8 || (*p & 0xc0) == 0x80) {
		(*text)++;
		return REPLACEMENT;
	}
	for (size_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			*text += i;
			return REPLACEMENT;
		}
		c = c << 6 | (p[i] & 0x3fU);
	}
	*text += len;
	return c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? REPLACEMENT : c;
}

/* Characters that are not shown themselves but change what is. Source: Unicode, general category
 * Cc, and the directional formatting characters of UAX 9. */
static bool is_control(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7f && c < 0xa0) || c == 0x061c ||
	       c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069);
}

static void write_utf8(FILE *to, uint32_t c)
{
	if (c < 0x80) {
		(void)fputc((int)c, to);
	} else if (c < 0x800) {
		(void)fprintf(to, "%c%c", (int)(0xc0 | c >> 6), (int)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		(void)fprintf(to, "%c%c%c", (int)(0xe0 | c >> 12), (int)(0x80 | (c >> 6 & 0x3f)),
			      (int)(0x80 | (c & 0x3f)));
	} else {
		(void)fprintf(to, "%c%c%c%c", (int)(0xf0 | c >> 18), (int)(0x80 | (c >> 12 & 0x3f)),
			      (int)(0x80 | (c >> 6 & 0x3f)), (int)(0x80 | (c & 0x3f)));
	}
}

static void write_escaped(FILE *to, uint32_t c)
{
	switch (c) {
	case '&':
		(void)fputs("&amp;", to);
		return;
	case '<':
		(void)fputs("&lt;", to);
		return;
	case '>':
		(void)fputs("&gt;", to);
		return;
	case '"':
		(void)fputs("&quot;", to);
		return;
	case '\'':
		(void)fputs("&#39;", to);
		return;
	default:
		write_utf8(to, is_control(c) ? REPLACEMENT : c);
	}
}

void html_text(struct html *html, const char *text)
{
	while (text && *text)
		write_escaped(html->to, next_character(&text));
}

void html_printf(struct html *html, const char *format, ...)
{
	auto_(free_charp) char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	html_text(html, text);
}

void html_open_with(struct html *html, const char *tag, const char *const *attributes)
{
	assert(html->depth < HTML_DEPTH_MAX);
	html->open[html->depth++] = tag;
	(void)fprintf(html->to, "<%s", tag);
	for (; *attributes; attributes += 2) {
		(void)fprintf(html->to, " %s=\"", attributes[0]);
		html_text(html, attributes[1]);
		(void)fputc('"', html->to);
	}
	(void)fputc('>', html->to);
}

void html_close(struct html *html)
{
	assert(html->depth > 0);
	(void)fprintf(html->to, "</%s>", html->open[--html->depth]);
}

void html_element(struct html *html, const char *tag, const char *class, const char *text)
{
	if (class)
		html_open(html, tag, "class", class);
	else
		html_open(html, tag);
	html_text(html, text);
	html_close(html);
}

void html_constant(struct html *html, const char *markup)
{
	(void)fputs(markup, html->to);
}

void html_css_string(struct html *html, const char *text)
{
	(void)fputc('"', html->to);
	while (text && *text) {
		uint32_t c = next_character(&text);
		bool plain =
			(c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

		if (is_control(c))
			c = REPLACEMENT;
		if (plain || c >= 0xa0)
			write_utf8(html->to, c);
		else
			(void)fprintf(html->to, "\\%06x", c);
	}
	(void)fputc('"', html->to);
}
