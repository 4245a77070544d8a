/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the guideline forbids at a site: its rows, with the site's addresses.
 *
 * A row is looked at where one of its configurations is in use, and where it shuts a pair of zones
 * whatever the configuration (guideline_forbidden_between()). Flows that the catalogue permits are
 * not asked here: a configuration in use may permit what a row of another one forbids, and then it
 * is permitted (the two documents differ in 接続先制限; the site declares both). Everything else
 * that a row covers is forbidden, and no exception of the policy opens it. */
#pragma once

#include "common/flow_key.h"
#include "policy/policy.h"

/* The first row that forbids a flow which no flow of the catalogue permits, or NULL: then it is
 * merely not permitted. */
const struct guideline_forbidden *forbid_flow(const struct policy *policy,
					      const struct flow_key *key);

/* *ret: the first row that forbids some packet that the exception would let pass, or NULL. 0 or
 * -ENOMEM. The policy's zone_addresses must be derived. */
int forbid_exception(const struct policy *policy, const struct policy_exception *exception,
		     const struct guideline_forbidden **ret);
