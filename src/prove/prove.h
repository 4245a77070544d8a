/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a ruleset lets pass, over the whole header space at once, held against what the guideline
 * forbids. Pure.
 *
 * Exact reasoning over boxes, not sampling. Where a rule holds something that is not understood,
 * nothing is claimed. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/errors.h"
#include "policy/policy.h"
#include "ruleset/ruleset.h"
#include "ruleset/walk.h"

enum prove_status {
	PROVE_HOLDS,          /* no packet can */
	PROVE_FAILS,          /* counterexample can */
	PROVE_NOT_APPLICABLE, /* the configurations in use do not have this row, or the site has
				 nobody in its roles */
	PROVE_UNKNOWN,        /* a rule is not understood; why says which */
};

struct prove_claim {
	const struct guideline_forbidden *forbidden; /* NULL: default deny (only what the policy and
							the catalogue permit passes) */
	const char *id; /* the forbidden flow's id, or "default-deny" */
	enum prove_status status;
	struct walk_packet counterexample; /* PROVE_FAILS; walk_ruleset() confirms it */
	char why[256];                     /* PROVE_UNKNOWN and PROVE_FAILS: in plain words */
	uint64_t covered;                  /* boxes of permitted header space that were looked at */
};

#define PROVE_CLAIMS_MAX 32

struct prove_result {
	struct prove_claim claims[PROVE_CLAIMS_MAX];
	size_t count;
	bool proven; /* every claim holds or is not applicable */
};

/* ruleset: compiled from policy, or read back from the kernel. 0 or -ENOMEM. */
int prove_ruleset(const struct policy *policy, const struct ruleset *ruleset,
		  struct prove_result *ret);

/* The same for those who load nothing unproven: 0; -EINVAL with an entry in errors for each claim
 * that is not proven, which names its counterexample; or another error, with an entry too. */
int prove_policy(const struct policy *policy, const struct ruleset *ruleset, struct errors *errors);
