/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether two parts of rulesets say the same. Pure. */
#pragma once

#include <stdbool.h>

#include "ruleset/ruleset.h"

bool same_verdict(const struct ruleset_verdict *a, const struct ruleset_verdict *b);

/* ICMP types are a set: their order does not matter. */
bool same_statement(const struct ruleset_statement *a, const struct ruleset_statement *b);

/* The same statements in the same order, and the same comment. */
bool same_rule(const struct ruleset_rule *a, const struct ruleset_rule *b);
