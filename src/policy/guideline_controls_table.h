/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generated tables as guideline_controls.c reads them; all others ask guideline_controls.h. */
#pragma once

#include <stddef.h>

#include "policy/guideline_controls.h"

/* chapters has CONFIGURATION_COUNT entries; the lists are in the catalogue's order. */
struct guideline_controls_table {
	const struct guideline_control *controls;
	size_t control_count;
	const struct guideline_condition *conditions;
	size_t condition_count;
	const struct guideline_chapter *chapters;
	const char *const *flow_controls; /* by index in guideline_flows(); NULL: of none */
	const char *const *documents;
	size_t document_count;
};

const struct guideline_controls_table *guideline_controls_table(void);
