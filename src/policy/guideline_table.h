/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The generated tables as guideline.c reads them; all others ask guideline.h. */
#pragma once

#include <stddef.h>

#include "policy/guideline.h"

/* Arrays of ZONE_COUNT, ROLE_COUNT, FIREWALL_COUNT, PORT_GROUP_COUNT and CONFIGURATION_COUNT
 * entries, and the two lists in the catalogue's order. */
struct guideline_table {
	const struct guideline_zone *zones;
	const struct guideline_role *roles;
	const char *const *firewall_slugs, *const *port_group_slugs;
	const char *const *configuration_slugs, *const *configuration_labels_ja;
	const struct guideline_flow *flows;
	size_t flow_count;
	const struct guideline_forbidden *forbiddens;
	size_t forbidden_count;
};

const struct guideline_table *guideline_table(void);
