/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the report of controls share; all others include controls.h. */
#pragma once

#include "report/controls.h"

/* Where to look for what the appliance does for a row. */
enum controls_evidence {
	EVIDENCE_NONE,
	EVIDENCE_FLOWS,         /* rules of the flows that belong to the row */
	EVIDENCE_MYNUMBER,      /* rules that shut the internet out of the My Number zone */
	EVIDENCE_DESTINATIONS,  /* rules of flows from the LGWAN zone to outside of it */
	EVIDENCE_TENANTS,       /* the same, and the names of services */
	EVIDENCE_ENCRYPTION,    /* the same, and what is spoken on the ports of services */
	EVIDENCE_SCREENS,       /* rules of screen transfer */
	EVIDENCE_LGWAN_SCREENS, /* rules from internet terminals into the LGWAN zone, and back */
	EVIDENCE_SANITIZER,     /* rules of the way by which files come in */
	EVIDENCE_UPDATES,       /* rules towards security updates */
	EVIDENCE_MAINTENANCE,   /* rules of the maintenance terminals */
	EVIDENCE_MAINTENANCE_LOG,
	EVIDENCE_MANAGEMENT, /* access to the appliance itself */
	EVIDENCE_CSP_MANAGEMENT,
	EVIDENCE_PACKETS, /* rules against packets that are not as they should be */
	EVIDENCE_VERSION  /* the appliance's own version */
};

/* What the appliance does for rows of one id, at best. */
struct controls_duty {
	const char *id; /* the key behind its "base/" */
	enum controls_evidence evidence;
	enum controls_share share;
	const char *does; /* gettext msgid */
	const char *rest; /* gettext msgid: what is not the appliance's; NULL: nothing */
	const char *proofs[CONTROLS_CLAIMS_MAX - 1]; /* ids of claims that bear on it */
};

/* The duty of that id, or NULL: the appliance does nothing for it. */
const struct controls_duty *controls_duty_of(const char *id);

/* The condition that says the same as rows of that id, or NULL; and the other way round. What is
 * attested of one is attested of the other. */
const char *controls_condition_of_row(const char *id);
const char *controls_row_of_condition(const char *id);

/* What the appliance does for a condition of kind CONDITION_APPLIANCE, translated; NULL: nothing.
 */
const char *controls_condition_duty(const char *id);

/* Fills item's rules, settings, means, share, does and rest by duty. 0 or -ENOMEM. */
int controls_gather(const struct controls_input *input, const struct controls_duty *duty,
		    struct controls_item *item);

/* Adds the rules of that comment or, if none has it, of that log prefix ("sekisho:ID"). Gives how
 * many, or -ENOMEM. */
int controls_add_rules(const struct ruleset *ruleset, const char *id, struct controls_item *item);

/* How many rules of that comment hand their packets to the inspector. */
size_t controls_count_inspecting(const struct ruleset *ruleset, const char *id);

/* True if what no rule permits is refused. */
bool controls_refuses_the_rest(const struct ruleset *ruleset);

/* Adds a line of settings. 0 or -ENOMEM. */
int controls_add_setting(struct controls_item *item, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Bytes of text without a character at its end that was cut for want of room. */
size_t controls_whole_length(const char *text);
