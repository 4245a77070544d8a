/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ways that a policy's exceptions make in several steps: from outside into the inside, where no
 * single step is forbidden. Pure.
 *
 * A step is an exception, or a flow that the guideline permits; the next step begins where the last
 * one ends, by address. A way is made by exceptions if one of them leads from one zone to another
 * on it, for what the guideline's own flows make is the guideline's. Told are two kinds:
 *
 *   - a way from the zones internet or external that ends in My Number, of any length;
 *   - the step by which such a way leaves these zones for LGWAN, its closed network or maintenance.
 *
 * What the internet zone's relay or mail server sends to the sanitiser is meant to come in, and
 * made harmless: that makes no way. What leads on from a sanitiser into My Number does. The
 * guideline's flows into the closed network of LGWAN are no steps: that is others', and shut by
 * itself. */
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
	bool makes; /* an exception that leads from zone to zone, not to the sanitiser alone */
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
 * its first that leads from zone to zone, and of both kinds the one to My Number. Exceptions that
 * are forbidden by themselves count as not there. 0 and *ret (the caller frees it by ways_clear()),
 * or -ENOMEM. The policy is derived, and must live as long as *ret. */
int ways_find(const struct policy *policy, struct ways *ret);
void ways_clear(struct ways *ways);

/* The exception by which the way is told: the first step on it that makes it. */
const struct policy_exception *ways_maker(const struct ways_way *way);
