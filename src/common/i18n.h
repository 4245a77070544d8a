/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gettext for messages to people. */
#pragma once

#include <libintl.h>
#include <locale.h>

/* The name every gettext program uses. NOLINTNEXTLINE(bugprone-reserved-identifier) */
#define _(text)  gettext(text)
#define N_(text) (text)
