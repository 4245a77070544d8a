/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in columns of a terminal, where a character may be two cells wide. */
#pragma once

#include <stddef.h>

/* Cells that text takes in the present locale; what cannot be shown counts as one. */
size_t columns_width(const char *text);

/* Copies text into out (cap bytes, NUL-terminated), made fit to be shown: control characters as
 * "?", and cut to at most cells with an ellipsis at its end. Gives the cells it takes. */
size_t columns_fit(const char *text, size_t cells, char *out, size_t cap);
