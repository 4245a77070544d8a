/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guideline's conditions, held against a policy. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errors.h"
#include "policy/guideline_controls.h"
#include "policy/policy.h"

enum lint_severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };

/* One thing that is not as the guideline wants it, or that is only attested or left open. */
struct lint_finding {
	const struct guideline_condition *condition;
	enum lint_severity severity;
	int line;   /* in the policy file; 0 if of the whole */
	char *what; /* what was found, in plain words, translated */
	char *mend; /* how to mend it, translated; empty for notes that ask for nothing */
	bool opens; /* an error by which something forbidden opens: such a policy is not loaded */
};

struct lint_report {
	struct lint_finding *findings;
	size_t count;
	size_t errors, warnings;
	size_t opening; /* of the errors, those that open something */
};

/* Checks every condition that applies to the configurations in use. now_s: seconds since 1970, for
 * expiries. Findings come in the order of guideline_conditions(). 0 or -ENOMEM; the caller frees
 * with lint_report_clear(). */
int lint_policy(const struct policy *policy, int64_t now_s, struct lint_report *ret);
void lint_report_clear(struct lint_report *report);

/* Adds to errors every finding that opens something forbidden: who loads policies asks this first.
 * 0; -EINVAL if there was one, or -ENOMEM. */
int lint_refuse(const struct policy *policy, int64_t now_s, struct errors *errors);

/* True if there is a check for the condition of that id. */
bool lint_knows(const char *id);
