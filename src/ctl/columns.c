/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Widths by wcwidth(3). */

#include "ctl/columns.h"

#include <stdbool.h>
#include <string.h>
#include <wchar.h>

/* The next character: its bytes, and its cells (0 for what must not reach a terminal). */
static size_t next_character(const char *text, size_t *ret_cells)
{
	mbstate_t state = { 0 };
	wchar_t wide;

	size_t len = mbrtowc(&wide, text, strlen(text), &state);
	if (len == 0 || len > strlen(text)) {
		*ret_cells = 0;
		return 1;
	}
	int cells = wcwidth(wide);
	*ret_cells = cells > 0 ? (size_t)cells : 0;
	return len;
}

size_t columns_width(const char *text)
{
	size_t width = 0, cells;

	while (*text) {
		text += next_character(text, &cells);
		width += cells ? cells : 1;
	}
	return width;
}

/* Where the ellipsis cannot be shown (the C locale), a full stop stands for it. */
static const char *ellipsis(void)
{
	size_t cells;

	return next_character("…", &cells) == strlen("…") && cells == 1 ? "…" : ".";
}

size_t columns_fit(const char *text, size_t cells, char *out, size_t cap)
{
	const char *mark = ellipsis();
	size_t used = 0, at = 0;
	const bool cut = columns_width(text) > cells;
	const size_t room = cut && cells > 0 ? cells - 1 : cells;

	while (*text) {
		size_t width;
		size_t len = next_character(text, &width);
		const char *shown = width ? text : "?";
		size_t shown_len = width ? len : 1;

		if (used + (width ? width : 1) > room || at + shown_len + strlen(mark) >= cap)
			break;
		memcpy(out + at, shown, shown_len);
		at += shown_len;
		used += width ? width : 1;
		text += len;
	}
	if (*text && cells > 0 && at + strlen(mark) < cap) {
		memcpy(out + at, mark, strlen(mark));
		at += strlen(mark);
		used++;
	}
	out[at] = '\0';
	return used;
}
