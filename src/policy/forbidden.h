/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The catalogue's forbidden flows, put to the addresses of a site. Pure. */
#pragma once

#include <stdbool.h>

#include "common/addr.h"
#include "policy/policy.h"

/* Part of what would be open: any address of one may then reach any of the other. */
struct forbidden_opening {
	struct addr_range from, to;
};

/* True if the forbidden flow holds for the policy: a configuration in use has it, or its pair of
 * zones stays shut whatever is in use (guideline_forbidden_between()). */
bool forbidden_holds(const struct policy *policy, const struct guideline_forbidden *forbidden);

/* True if it is one of those that say where LGWAN may go outside (接続先制限). Where the policy
 * declares their union, each leaves open what any of them leaves open. */
bool forbidden_is_destination_restriction(const struct guideline_forbidden *forbidden);

/* The addresses of the forbidden flow's ends, as a new normal list each that the caller frees:
 * whole zones where the selector is one (the external zone with that of the internet as a source,
 * since it is the internet), else the endpoints and services of its roles. 0 or -ENOMEM. */
int forbidden_ends(const struct policy *policy, const struct guideline_forbidden *forbidden,
		   struct addr_list *ret_from, struct addr_list *ret_to);

/* Whether leave for these addresses and ports, beyond the catalogue, would open some of what the
 * forbidden flow shuts. What it leaves open to permitted screen transfers alone stays shut to
 * others. from and to are normal. 1 and *ret_opening, 0, or -ENOMEM. */
int forbidden_would_open(const struct policy *policy, const struct guideline_forbidden *forbidden,
			 const struct policy_exception *exception,
			 struct forbidden_opening *ret_opening);
