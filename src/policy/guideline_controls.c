/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the tables of controls and conditions. */
#include "policy/guideline_controls.h"

#include <assert.h>
#include <string.h>

#include "policy/guideline_controls_table.h"
#include "policy/guideline_table.h"

const struct guideline_control *guideline_controls(size_t *ret_count)
{
	*ret_count = guideline_controls_table()->control_count;
	return guideline_controls_table()->controls;
}

const struct guideline_condition *guideline_conditions(size_t *ret_count)
{
	*ret_count = guideline_controls_table()->condition_count;
	return guideline_controls_table()->conditions;
}

const struct guideline_control *guideline_control_of(enum configuration configuration,
						     const char *key)
{
	const struct guideline_controls_table *t = guideline_controls_table();

	for (size_t i = 0; i < t->control_count; i++) {
		if (t->controls[i].configuration == configuration &&
		    strcmp(t->controls[i].key, key) == 0)
			return &t->controls[i];
	}
	return NULL;
}

const struct guideline_condition *guideline_condition_of(const char *id)
{
	const struct guideline_controls_table *t = guideline_controls_table();

	for (size_t i = 0; i < t->condition_count; i++) {
		if (strcmp(t->conditions[i].id, id) == 0)
			return &t->conditions[i];
	}
	return NULL;
}

const struct guideline_chapter *guideline_chapter(enum configuration configuration)
{
	assert(configuration < CONFIGURATION_COUNT);
	return &guideline_controls_table()->chapters[configuration];
}

uint32_t guideline_configurations_with_common(uint32_t configurations)
{
	uint32_t all = configurations;

	for (int i = 0; i < CONFIGURATION_COUNT; i++) {
		if (configurations & CONFIGURATION_BIT(i))
			all |= guideline_chapter((enum configuration)i)->also_applies;
	}
	return all;
}

const char *guideline_control_of_flow(const struct guideline_flow *flow)
{
	size_t count;
	size_t index = (size_t)(flow - guideline_flows(&count));

	assert(index < count);
	return guideline_controls_table()->flow_controls[index];
}

const char *const *guideline_documents(size_t *ret_count)
{
	*ret_count = guideline_controls_table()->document_count;
	return guideline_controls_table()->documents;
}
