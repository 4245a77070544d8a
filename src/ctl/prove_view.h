/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Proofs for people and machines. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include <jansson.h>

#include "prove/prove.h"

#define PROVE_VIEW_COMMAND_MAX 384

/* "holds", "fails", "not-applicable", "unknown". */
const char *prove_view_slug(enum prove_status status);

/* The options of "sekishoctl simulate" that ask for that packet, into out (PROVE_VIEW_COMMAND_MAX);
 * false if they cannot say all of it: then prove_view_packet() does. */
bool prove_view_options(const struct walk_packet *packet, char *out);

/* The packet as JSON: a question for "sekishoctl simulate --ask" or --file. NULL if memory ran out.
 */
json_t *prove_view_packet(const struct walk_packet *packet);

/* A line for each claim; one that fails has its counterexample below. file: the policy, for the
 * command line that asks for the same; NULL where that would answer for other rules. */
void prove_view_print(const struct prove_result *result, const char *file, FILE *to);

/* {"proven": …, "claims": [...]}; NULL if memory ran out. */
json_t *prove_view_json(const struct prove_result *result);
