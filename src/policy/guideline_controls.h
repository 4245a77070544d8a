/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guideline's controls and conditions, as tables generated from the catalogue by
 * tools/gen-guideline. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/guideline.h"

enum guideline_level { LEVEL_REQUIRED, LEVEL_RECOMMENDED, LEVEL_OTHER }; /* 必須, 推奨 */

/* Who can see to it. */
enum guideline_means { MEANS_KERNEL, MEANS_INSPECTION, MEANS_APPLIANCE, MEANS_ATTEST };

/* One control row of one configuration. */
struct guideline_control {
	enum configuration configuration;
	const char *key; /* "own/daas-mfa": unique within the configuration */
	enum guideline_level level;
	const char *level_text; /* the level as the catalogue has it */
	enum guideline_means means;
	const char *name_ja, *name_en;
	const char *text_ja; /* the guideline's wording; NULL where the row has only its name */
	const char *place, *how, *source;
};

enum guideline_condition_kind {
	CONDITION_LINT,
	CONDITION_ATTEST,
	CONDITION_APPLIANCE,
	CONDITION_INFO
};

struct guideline_condition {
	const char *id; /* "ismap-registered-only" */
	enum guideline_condition_kind kind;
	uint32_t configurations; /* bit set of enum configuration */
	const char *rule_en, *text_ja, *source;
};

const struct guideline_control *guideline_controls(size_t *ret_count);
const struct guideline_condition *guideline_conditions(size_t *ret_count);

/* The control of that configuration and key, or NULL. */
const struct guideline_control *guideline_control_of(enum configuration configuration,
						     const char *key);

/* The condition of that id, or NULL. */
const struct guideline_condition *guideline_condition_of(const char *id);
