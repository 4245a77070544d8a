/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways that a policy's exceptions make in several steps: from outside into the inside, and out of
 * My Number and LGWAN, where no single step is forbidden. Pure.
 *
 * A step is an exception, or a flow that the guideline permits; the next step begins where the last
 * one ends, by address. A way is made by exceptions if one of them leads from one zone to another
 * on it, for what the guideline's own flows make is the guideline's. Told are:
 *
 *   - a way from the zones internet or external that ends in My Number, of any length;
 *   - the step by which such a way leaves these zones for LGWAN, its closed network or maintenance.
 *
 *   - a way from outside through a sanitiser, that exceptions lead on to a machine of LGWAN that
 *     has another role, or out of LGWAN;
 *   - a way out of My Number that ends in these zones, in two steps or more;
 *   - while a restriction of destinations holds, a way out of LGWAN by an exception into its closed
 *     network or maintenance, and from there by another to the zone external.
 *
 * What the internet zone's relay or mail server sends to the sanitiser is meant to come in, and
 * made harmless: that makes no way. Inwards, the guideline's flows into the closed network of LGWAN
 * are no steps: that is others', and shut by itself. Outwards, its screen transfers are none, for
 * they take no files along. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "policy/policy.h"

struct ways_step {
	const struct policy_exception *exception; /* NULL: a flow of the guideline */
	const struct guideline_flow *flow;        /* NULL: an exception */
	enum zone from_zone, to_zone;
	struct addr_range from, to; /* some of those by whom the way goes on */
	bool makes; /* an exception that leads from zone to zone, not to the sanitiser alone; or,
		     * behind a sanitiser, to a machine of LGWAN that has another role */
	bool sanitises; /* to the sanitiser, by those who may feed it */
};

struct ways_way {
	struct ways_step *steps;
	size_t count;
};

struct ways {
	struct ways_way *at;
	size_t count;
};

/* The shortest way for each exception that makes one: at most one way with the same exception as
 * its maker, and if it makes several kinds the one that is named first above. Exceptions that
 * are forbidden by themselves count as not there. 0 and *ret (the caller frees it by ways_clear()),
 * or -ENOMEM. The policy is derived, and must live as long as *ret. */
int ways_find(const struct policy *policy, struct ways *ret);
void ways_clear(struct ways *ways);

/* The exception by which the way is told: the first step on it that makes it, behind the sanitiser
 * if one does there. */
const struct policy_exception *ways_maker(const struct ways_way *way);

/* A restriction of where LGWAN may go outside that holds for the policy, or NULL. */
const struct guideline_forbidden *ways_restriction(const struct policy *policy);
