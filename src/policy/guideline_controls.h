/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guideline's controls and conditions, as tables generated from the catalogue by
 * tools/gen-guideline, and what the guideline says of each configuration as a whole. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/guideline.h"

enum guideline_level { LEVEL_REQUIRED, LEVEL_RECOMMENDED, LEVEL_OTHER }; /* 必須, 推奨 */

/* Who can see to it. */
enum guideline_means { MEANS_KERNEL, MEANS_INSPECTION, MEANS_APPLIANCE, MEANS_ATTEST };

/* The lists of measures that a configuration's rows come from. */
struct guideline_base {
	const char *slug; /* "own", "common", "alpha-prime", "beta", "alpha": as keys begin */
	const char *name_ja, *name_en;
};

/* One control row of one configuration. Text is the guideline's wording, white space collapsed;
 * name_en, place_en and how are ours. */
struct guideline_control {
	enum configuration configuration;
	const char *key; /* "own/daas-mfa": unique within the configuration */
	const struct guideline_base *base;
	enum guideline_level level;
	const char *level_text; /* the guideline's word: 必須, 推奨 */
	enum guideline_means means;
	const char *name_ja, *name_en;
	const char *text_ja;     /* NULL where the row has only its name */
	const char *relation_ja; /* to which safety measure for My Number it belongs; may be NULL */
	const char *place;       /* slug: "daas" */
	const char *place_ja, *place_en; /* where it is done */
	const char *how;                 /* how it could be seen to; not what this appliance does */
	const char *source;              /* document and page */
	const char *also_source;         /* where it is said once more in like words; may be NULL */
	bool not_applicable; /* has the mark of a requirement, but its text says 対象外 */
	enum configuration inherited_from; /* CONFIGURATION_COUNT: from none */
};

/* What the guideline says of a configuration as a whole. */
struct guideline_chapter {
	const char *label_en; /* label_ja: guideline_configuration_label_ja() */
	const char *document;
	const char *implemented_at_ja, *implemented_at_source; /* where its measures are; or NULL */
	uint32_t also_applies;               /* bit set of enum configuration: their controls too */
	const char *const *preconditions_ja; /* in the document's order */
	size_t precondition_count;
	const char *note_en,
		*note_source; /* of the variants without tables of their own; or NULL */
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
	const char *check; /* how a policy is held against it */
};

/* All rows, those of one configuration together, in the catalogue's order. */
const struct guideline_control *guideline_controls(size_t *ret_count);
const struct guideline_condition *guideline_conditions(size_t *ret_count);

/* The control of that configuration and key, or NULL. */
const struct guideline_control *guideline_control_of(enum configuration configuration,
						     const char *key);

/* The condition of that id, or NULL. */
const struct guideline_condition *guideline_condition_of(const char *id);

/* Never NULL for a value in range. */
const struct guideline_chapter *guideline_chapter(enum configuration configuration);

/* The bit set of configurations, and of those whose controls apply with them. */
uint32_t guideline_configurations_with_common(uint32_t configurations);

/* The key of the control that a flow of guideline_flows() belongs to, in the flow's own
 * configuration; NULL: of none. flow: of that array. */
const char *guideline_control_of_flow(const struct guideline_flow *flow);

/* The documents that sources begin with. */
const char *const *guideline_documents(size_t *ret_count);
