/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "sekishoctl check" found, for people and for machines. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "common/errors.h"
#include "lint/lint.h"

/* What was found in one policy file. All borrowed. */
struct check_report {
	const char *file;
	const char *hash;               /* of the policy; NULL if it could not be read */
	const struct errors *errors;    /* mistakes in the text; may be empty */
	const struct lint_report *lint; /* NULL if there was none */
	bool verbose;                   /* notes too */
};

/* The findings, each condition with the guideline's sentence once, and how to mend them; and a last
 * line that counts them. Prints nothing if there is nothing to tell. */
void check_report_text(const struct check_report *report, FILE *to);

/* One JSON object: file, hash, errors, findings, summary. 0, or -ENOMEM. */
int check_report_json(const struct check_report *report, FILE *to);

/* A SARIF log of one run; its rules are the conditions of the guideline. 0, or -ENOMEM.
 * Source: SARIF 2.1.0 (OASIS standard). */
int check_report_sarif(const struct check_report *report, FILE *to);
