/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the daemon's sentences again by their fixed parts. */
#include "ctl/record_words.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"

#define GAP      "%s"
#define GAPS_MAX 4

/* As src/broker and src/audit write them, "%s" for whatever varies. */
static const char *const sentences[] = {
	N_("The daemon started and holds the boundary."),
	N_("The daemon ends; open flows go on, new ones are refused."),
	N_("The policy was read and is in force."),
	N_("The policy was read anew and is in force."),
	N_("%s Held against the guideline: errors %s, warnings %s."),
	N_("A policy was refused with %s errors, the first: %s The running policy stays."),
	N_("A policy was refused with %s errors, the first: %s The daemon does not start."),
	N_("An engine ended (%s); its undecided flows are refused and it is started again."),
	N_("The reader of the kernel's log ended (%s); its undecided flows are refused and it is "
	   "started again."),
	N_("Refusals by kernel rules that could not be handed over: %s."),
	N_("Messages of the kernel's log that could not be read: %s."),
	N_("The line before this one was cut short, by a crash or a full disk."),
	N_("The log could not be written since %s: %s."),
	N_("The log goes on in this file."),
};

/* What stands in a gap of a sentence: borrowed from it. */
struct gap {
	const char *at;
	size_t len;
};

/* True if text is the pattern, each gap as short as it can be (the last as long as it must). */
static bool fits(const char *pattern, const char *text, struct gap gaps[GAPS_MAX],
		 size_t *ret_count)
{
	size_t count = 0;

	for (;;) {
		const char *gap = strstr(pattern, GAP);
		const size_t fixed = gap ? (size_t)(gap - pattern) : strlen(pattern);
		const char *next, *end;
		size_t len;

		if (strncmp(text, pattern, fixed) != 0)
			return false;
		text += fixed;
		if (!gap || count == GAPS_MAX)
			break;
		pattern = gap + strlen(GAP);
		/* up to the next fixed part: the last one stands at the end */
		next = strstr(pattern, GAP);
		len = next ? (size_t)(next - pattern) : strlen(pattern);
		if (!next && strlen(text) < len)
			return false;
		end = next ? memmem(text, strlen(text), pattern, len) : text + strlen(text) - len;
		if (!end)
			return false;
		gaps[count++] = (struct gap){ text, (size_t)(end - text) };
		text = end;
	}
	*ret_count = count;
	return *text == '\0';
}

/* A gap that is a sentence without gaps is translated as well. */
static void put_gap(const struct gap *gap, FILE *to)
{
	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		if (strlen(sentences[i]) == gap->len &&
		    strncmp(sentences[i], gap->at, gap->len) == 0) {
			(void)fputs(_(sentences[i]), to);
			return;
		}
	(void)fwrite(gap->at, 1, gap->len, to);
}

static char *fill(const char *pattern, const struct gap *gaps, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *gap = strstr(pattern, GAP);

		if (!gap)
			break;
		(void)fwrite(pattern, 1, (size_t)(gap - pattern), to);
		put_gap(&gaps[i], to);
		pattern = gap + strlen(GAP);
	}
	(void)fputs(pattern, to);
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

char *record_words(const char *sentence)
{
	struct gap gaps[GAPS_MAX];
	size_t count;

	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++)
		if (fits(sentences[i], sentence, gaps, &count))
			return fill(_(sentences[i]), gaps, count);
	return strdup(sentence);
}
