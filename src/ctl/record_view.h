/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records as lines of a table for people: time, verdict, who and where, name, why, rule. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum record_view_column {
	COLUMN_TIME,
	COLUMN_VERDICT,
	COLUMN_SOURCE,
	COLUMN_DESTINATION,
	COLUMN_NAME,
	COLUMN_WHY,
	COLUMN_RULE,
	COLUMN_COUNT
};

/* Plain data; the fields below the line start as zero. */
struct record_view {
	FILE *to;
	bool colour;
	size_t cells; /* a terminal's width: lines are cut there, and each day has a heading; 0: no
			 bound, times with their day */
	/* ---- */
	bool has_head;
	char day[16];
	size_t widths[COLUMN_COUNT]; /* grow with what they must hold, so that columns stay in line
				      */
};

/* Prints one record as one line, after the heads before the first. */
void record_view_print(struct record_view *view, const json_t *record);
