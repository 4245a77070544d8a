/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Looks for text that may be folded over lines. */
#pragma once

#include <stddef.h>

/* Where part begins in text, blanks and line ends of both left out; NULL if nowhere. */
static inline const char *folded_find(const char *text, const char *part)
{
	for (; *text; text++) {
		const char *a = text, *b = part;

		while (*text != ' ' && *text != '\n') {
			while (*a == ' ' || *a == '\n')
				a++;
			while (*b == ' ' || *b == '\n')
				b++;
			if (!*b)
				return text;
			if (*a != *b)
				break;
			a++;
			b++;
		}
	}
	return NULL;
}
