/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows of a capture as JSON, with what the library or a policy makes of them. */
#pragma once

#include <jansson.h>

struct capture_flow;
struct policy;

/* One object, which the caller owns; NULL if memory ran out. file: the capture's name. policy:
 * whose decision is wanted, or NULL for what the library says by itself. The members are described
 * in sekishoctl(8). */
json_t *capture_view_json(const struct capture_flow *flow, const struct policy *policy,
			  const char *file);
