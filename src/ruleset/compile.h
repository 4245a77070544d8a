/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From policy and guideline to the ruleset. Pure. */
#pragma once

#include "policy/policy.h"
#include "ruleset/ruleset.h"

/* NFLOG prefix: "sekisho:" and one of these, so that the broker knows which rule spoke:
 * "forbidden:<forbidden id>", or a reason slug ("not-permitted", "spoofed-source", "misrouted",
 * "invalid-state", "quic-refused", "input-refused", "output-refused"), or "management:<name>"
 * for an accepted access to or from the appliance. */
#define COMPILE_LOG_PREFIX "sekisho:"

/* 0 and *ret (the caller frees with ruleset_free), or -ENOMEM, or -E2BIG where a name would not fit
 * the kernel's limits. */
int compile_policy(const struct policy *policy, struct ruleset **ret);

/* The ruleset of the early unit: refuses everything but loopback and IPv6 neighbour discovery. */
int compile_refuse_all(struct ruleset **ret);
