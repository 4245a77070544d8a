/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which of the guideline's forbidden flows a refused flow is, for its record. */
#pragma once

#include "common/flow_key.h"
#include "policy/policy.h"

/* The first forbidden flow of the catalogue that holds for the policy and shuts this flow, or NULL:
 * then it is merely not permitted. For flows that no flow of the catalogue permits: one
 * configuration in use may permit what another one's row forbids (the two texts differ in
 * 接続先制限), and is not asked here. */
const struct guideline_forbidden *blame_flow(const struct policy *policy,
					     const struct flow_key *key);
