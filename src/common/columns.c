/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in columns of a terminal: widths by wcwidth(3), lines folded between words. */

#include "common/columns.h"

#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <wchar.h>

#include "common/defs.h"

/* One character as it is shown: what must not reach a terminal is one "?". */
struct character {
	size_t len; /* bytes in the text */
	const char *shown;
	size_t shown_len, cells;
};

static struct character next_character(const char *text)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	const size_t len = mbrtowc(&wide, text, strlen(text), &state);
	const bool whole = len > 0 && len <= strlen(text);
	const int cells = whole ? wcwidth(wide) : -1;

	if (cells > 0)
		return (struct character){ len, text, len, (size_t)cells };
	return (struct character){ whole ? len : 1, "?", 1, 1 };
}

size_t columns_width(const char *text)
{
	size_t width = 0;

	while (*text) {
		const struct character c = next_character(text);

		width += c.cells;
		text += c.len;
	}
	return width;
}

/* Where the ellipsis cannot be shown (the C locale), a full stop stands for it. */
static const char *ellipsis(void)
{
	const struct character c = next_character("…");

	return c.shown_len == strlen("…") && c.cells == 1 ? "…" : ".";
}

size_t columns_fit(const char *text, size_t cells, char *out, size_t cap)
{
	const char *mark = ellipsis();
	size_t used = 0, at = 0;
	const bool cut = columns_width(text) > cells;
	const size_t room = cut && cells > 0 ? cells - 1 : cells;

	while (*text) {
		const struct character c = next_character(text);

		if (used + c.cells > room || at + c.shown_len + strlen(mark) >= cap)
			break;
		memcpy(out + at, c.shown, c.shown_len);
		at += c.shown_len;
		used += c.cells;
		text += c.len;
	}
	if (*text && cells > 0 && at + strlen(mark) < cap) {
		memcpy(out + at, mark, strlen(mark));
		at += strlen(mark);
		used++;
	}
	out[at] = '\0';
	return used;
}

/* ---- folding */

static bool begins_with_one_of(const char *text, const char *const *marks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(text, marks[i], strlen(marks[i])) == 0)
			return true;
	return false;
}

/* Never first on a line: what ends a phrase, or belongs to the character before. */
static bool ends_phrase(const char *text)
{
	static const char *const marks[] = { "、", "。", "，", "．", "」", "』", "）", "】", "・",
					     "：", "；", "ー", "々", "ゃ", "ゅ", "ょ", "っ", "ャ",
					     "ュ", "ョ", "ッ", "ァ", "ィ", "ゥ", "ェ", "ォ", ",",
					     ".",  ")",  ";",  ":",  "\"", "]" };

	return begins_with_one_of(text, marks, ARRAY_SIZE(marks));
}

/* Never last on a line. */
static bool opens_phrase(const char *text)
{
	static const char *const marks[] = { "「", "『", "（", "【", "(", "[", "\"" };

	return begins_with_one_of(text, marks, ARRAY_SIZE(marks));
}

/* True if a line may end between two characters that follow each other: at a blank, or beside a
 * wide one. before: NULL at the beginning. */
static bool may_break(const char *before, const struct character *was, const char *next)
{
	if (!before || *next == ' ')
		return true;
	if (*before == ' ')
		return true;
	return (was->cells > 1 || next_character(next).cells > 1) && !ends_phrase(next) &&
	       !opens_phrase(before);
}

/* Cells from text (a blank in front counts) to where a line may end again. */
static size_t piece_cells(const char *text)
{
	const size_t blanks = strspn(text, " ");
	const char *before = text + blanks;
	struct character c;
	size_t cells = blanks;

	while (*before) {
		c = next_character(before);
		cells += c.cells;
		if (may_break(before, &c, before + c.len))
			break;
		before += c.len;
	}
	return cells;
}

void columns_fold(FILE *to, size_t at, size_t indent, const char *text)
{
	const char *before = NULL;
	struct character c = { 0 };

	while (*text) {
		const bool here = may_break(before, &c, text) && !(before && *before == ' ');

		if (here && at > indent && at + piece_cells(text) > COLUMNS_MAX) {
			(void)fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
			text += strspn(text, " ");
			before = NULL;
			if (!*text)
				break;
		}
		c = next_character(text);
		(void)fwrite(c.shown, 1, c.shown_len, to);
		at += c.cells;
		before = text;
		text += c.len;
	}
	(void)fputc('\n', to);
}

void columns_line(FILE *to, size_t indent, const char *format, ...)
{
	auto_(free_charp) char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	(void)fprintf(to, "%*s", (int)indent, "");
	columns_fold(to, indent, indent + 2, text ? text : "");
}

void columns_entry(FILE *to, const char *head, size_t cells, const char *text)
{
	const size_t width = columns_width(head);
	const size_t pad = width < cells ? cells - width : 1;

	(void)fprintf(to, "%s%*s", head, (int)pad, "");
	columns_fold(to, width + pad, cells, text);
}
