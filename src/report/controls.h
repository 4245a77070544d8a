/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of controls: for each row that the guideline asks of the configurations in use, what
 * this appliance does, what the organisation attests, and what is open. Pure.
 *
 * It never flatters: a row counts as met by the appliance only where the compiled ruleset, or a
 * function that is always on, sees to the whole of it. Where the appliance does a part, the row is
 * open until somebody has attested the rest. A failed proof makes a row open, whatever else. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "lint/lint.h"
#include "policy/guideline_controls.h"
#include "policy/policy.h"
#include "prove/prove.h"
#include "ruleset/ruleset.h"

/* How a row stands. */
enum controls_status {
	CONTROLS_ENFORCED,      /* met: by rules in the kernel, by address and port */
	CONTROLS_INSPECTED,     /* met: rules hand the flow over, the name it says decides */
	CONTROLS_FUNCTION,      /* met: by something else that the appliance does */
	CONTROLS_ATTESTED,      /* the organisation says so; the appliance cannot see it */
	CONTROLS_OPEN,          /* nobody has said or shown that it is met */
	CONTROLS_NOT_APPLICABLE /* the guideline's own text exempts it (対象外) */
};

/* How much of a row the appliance sees to. */
enum controls_share {
	CONTROLS_NOTHING,
	CONTROLS_AID,  /* something that helps; the row itself is the organisation's */
	CONTROLS_PART, /* a part; the rest is the organisation's */
	CONTROLS_WHOLE
};

/* Rules of the compiled ruleset that bear on a row. Texts are the ruleset's own. */
struct controls_rules {
	const char *id;    /* the rules' comment: flow or forbidden id; or the reason they log */
	const char *chain; /* where they stand */
	size_t count;
};

#define CONTROLS_CLAIMS_MAX 4

/* One row. Arrays and does, rest, open, settings are owned by the report, translated. */
struct controls_item {
	const struct guideline_control *control;
	size_t number; /* from 1, over the whole report */
	enum controls_status status;
	enum controls_share share;
	enum controls_status means; /* ENFORCED, INSPECTED or FUNCTION: how the share is done */
	char *does;                 /* what the appliance does; NULL where nothing */
	char *rest;                 /* what is not the appliance's; NULL where it does the whole */
	char *open;                 /* why it is open; NULL where it is not */
	struct controls_rules *rules;
	size_t rule_count;
	struct policy_strings settings; /* of the policy, one a line */
	const struct prove_claim *claims[CONTROLS_CLAIMS_MAX];
	size_t claim_count;
	const struct policy_attestation **attestations;
	size_t attestation_count;
};

/* One condition of the guideline that holds for the configurations in use. */
struct controls_condition {
	const struct guideline_condition *condition;
	enum controls_status status; /* FUNCTION: checked, or done by the appliance */
	const struct lint_finding **findings;
	size_t finding_count;
	const struct policy_attestation **attestations;
	size_t attestation_count;
	char *open;
};

struct controls_counts {
	size_t total, appliance, attested, open, not_applicable;
	size_t open_part; /* of open: the appliance does a part */
};

/* What the report is made of. proof and lint may be NULL: then nothing is said of them. All are
 * borrowed for as long as the report lives. */
struct controls_input {
	const struct policy *policy;
	const struct ruleset *ruleset; /* compiled from policy */
	const struct prove_result *proof;
	const struct lint_report *lint;
	int64_t now_s; /* seconds since 1970, UTC */
	bool japanese; /* names in Japanese, else in English with the Japanese beside them; the
			* locale's language must be the same */
};

struct controls_report {
	struct controls_input input;
	char date[11];           /* of now_s, YYYY-MM-DD, local time */
	uint32_t configurations; /* in use, with the common one where it applies */
	struct controls_item *items;
	size_t count;
	struct controls_condition *conditions;
	size_t condition_count;
	struct controls_counts required, recommended;
};

/* 0 and *ret (the caller clears it), or -ENOMEM. Texts are in the present locale's language. */
int controls_report(const struct controls_input *input, struct controls_report *ret);
void controls_report_clear(struct controls_report *report);

/* Counts the rows of one level in one configuration; CONFIGURATION_COUNT: in all. */
struct controls_counts controls_count(const struct controls_report *report,
				      enum configuration configuration, enum guideline_level level);

/* True if an attestation is dated after the report; such a one does not count. */
bool controls_attestation_is_ahead(const struct controls_report *report,
				   const struct policy_attestation *attestation);

/* True if it is more than a year old. */
bool controls_attestation_is_old(const struct controls_report *report,
				 const struct policy_attestation *attestation);

/* "enforced", "part" ...: for programs. */
const char *controls_status_slug(enum controls_status status);
const char *controls_share_slug(enum controls_share share);

/* For people, translated. */
const char *controls_status_text(enum controls_status status);
const char *controls_share_text(enum controls_share share);
const char *controls_claim_text(enum prove_status status);
const char *controls_firewall_text(enum firewall firewall);

/* The configuration's label in the report's language. */
const char *controls_label(const struct controls_report *report, enum configuration c);

/* The policy file's name without its folder. */
const char *controls_policy_name(const struct controls_report *report);

/* source with each document's title as "[N]", N from 1 in guideline_documents(). Owned by the
 * caller; NULL where memory ran out. */
char *controls_source_text(const char *source);

/* The writers. Whether all was written is told by ferror(to). controls_json(): 0 or -ENOMEM. */
void controls_text(const struct controls_report *report, FILE *to);
void controls_html(const struct controls_report *report, FILE *to);
int controls_json(const struct controls_report *report, FILE *to);

/* What an exception opens, as texts: "192.168.10.5, 192.168.10.7", "198.51.100.9 tcp/8443 tls".
 * NULL without memory. Owned; cleared with controls_exception_clear(). */
struct controls_exception {
	char *from, *to;
};
void controls_exception_text(const struct policy_exception *exception,
			     struct controls_exception *ret);
void controls_exception_clear(struct controls_exception *texts);
