/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sentences of records in the reader's language. */
#pragma once

/* Records hold English sentences, the same whoever reads them (what they quote of a mistake in a
 * policy is in the language of who had it reloaded). Gives that of a
 * record in the language of messages, where it is one of the daemon's own (with what stands in its
 * gaps as it is, unless that is one itself), else a copy. Newly allocated; NULL if memory ran out.
 */
char *record_words(const char *sentence);
