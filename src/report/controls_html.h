/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sections of the report of controls in HTML; all others call controls_html(). */
#pragma once

#include "report/controls_parts.h"

struct html;

/* The list of required controls that are open. */
void controls_html_open_rows(struct html *html, const struct controls_report *report);

/* Every row, by configuration, list and place. */
void controls_html_rows(struct html *html, const struct controls_report *report);

void controls_html_conditions(struct html *html, const struct controls_report *report);

/* One sentence, and the table of all claims; nothing where there was no proof. */
void controls_html_proof_summary(struct html *html, const struct controls_report *report);
void controls_html_proof(struct html *html, const struct controls_report *report);

void controls_html_services(struct html *html, const struct controls_report *report);
void controls_html_exceptions(struct html *html, const struct controls_report *report);

/* Pieces of them. head: a table's, of count texts; the body is open afterwards. also may be NULL.
 */
void controls_html_head(struct html *html, const char *const *heads, size_t count);
void controls_html_badge(struct html *html, enum controls_status status);
void controls_html_source(struct html *html, const char *source, const char *also);
void controls_html_attestations(struct html *html, const struct controls_report *report,
				const struct policy_attestation *const *at, size_t count);
