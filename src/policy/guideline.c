/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the guideline's tables. */
#include "policy/guideline.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/defs.h"
#include "policy/guideline_table.h"

/* Those whose flows the compiler realises. */
static const enum configuration supported[] = {
	CONFIGURATION_ALPHA_PRIME_A,
	CONFIGURATION_ALPHA_PRIME_I,
	CONFIGURATION_ALPHA_PRIME_U,
	CONFIGURATION_ROUTE_1,
};

const struct guideline_zone *guideline_zone(enum zone zone)
{
	assert(zone < ZONE_COUNT);
	return &guideline_table()->zones[zone];
}

const struct guideline_role *guideline_role(enum role role)
{
	assert(role < ROLE_COUNT);
	return &guideline_table()->roles[role];
}

const char *guideline_firewall_slug(enum firewall firewall)
{
	assert(firewall < FIREWALL_COUNT);
	return guideline_table()->firewall_slugs[firewall];
}

const char *guideline_port_group_slug(enum port_group group)
{
	assert(group < PORT_GROUP_COUNT);
	return guideline_table()->port_group_slugs[group];
}

const char *guideline_configuration_slug(enum configuration c)
{
	assert(c < CONFIGURATION_COUNT);
	return guideline_table()->configuration_slugs[c];
}

const char *guideline_configuration_label_ja(enum configuration c)
{
	assert(c < CONFIGURATION_COUNT);
	return guideline_table()->configuration_labels_ja[c];
}

const struct guideline_flow *guideline_flows(size_t *ret_count)
{
	*ret_count = guideline_table()->flow_count;
	return guideline_table()->flows;
}

const struct guideline_forbidden *guideline_forbiddens(size_t *ret_count)
{
	*ret_count = guideline_table()->forbidden_count;
	return guideline_table()->forbiddens;
}

static int index_of(const char *const *slugs, size_t count, const char *slug)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(slugs[i], slug) == 0)
			return (int)i;
	}
	return -ENOENT;
}

int guideline_role_of(const char *slug)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (strcmp(guideline_table()->roles[i].slug, slug) == 0)
			return i;
	}
	return -ENOENT;
}

int guideline_zone_of(const char *slug)
{
	for (int i = 0; i < ZONE_COUNT; i++) {
		if (strcmp(guideline_table()->zones[i].slug, slug) == 0)
			return i;
	}
	return -ENOENT;
}

int guideline_firewall_of(const char *slug)
{
	return index_of(guideline_table()->firewall_slugs, FIREWALL_COUNT, slug);
}

int guideline_port_group_of(const char *slug)
{
	return index_of(guideline_table()->port_group_slugs, PORT_GROUP_COUNT, slug);
}

int guideline_configuration_of(const char *slug)
{
	return index_of(guideline_table()->configuration_slugs, CONFIGURATION_COUNT, slug);
}

bool guideline_configuration_supported(enum configuration c)
{
	for (size_t i = 0; i < ARRAY_SIZE(supported); i++) {
		if (supported[i] == c)
			return true;
	}
	return false;
}

const struct guideline_forbidden *guideline_forbidden_of(const char *id)
{
	const struct guideline_table *t = guideline_table();

	for (size_t i = 0; i < t->forbidden_count; i++) {
		if (strcmp(t->forbiddens[i].id, id) == 0)
			return &t->forbiddens[i];
	}
	return NULL;
}

const struct guideline_forbidden *guideline_forbidden_between(enum zone from, enum zone to)
{
	const char *id = NULL;

	if (to == ZONE_MYNUMBER && (from == ZONE_INTERNET || from == ZONE_EXTERNAL))
		id = "internet-to-mynumber";
	else if (to == ZONE_LGWAN && from == ZONE_EXTERNAL)
		id = "external-inbound-at-lbo";
	else if (to == ZONE_EXTERNAL && from == ZONE_MYNUMBER)
		id = "mynumber-to-external";
	return id ? guideline_forbidden_of(id) : NULL;
}

bool guideline_excepts_flow(const struct guideline_forbidden *forbidden,
			    const struct guideline_flow *flow)
{
	for (size_t i = 0; i < forbidden->except_count; i++) {
		if (forbidden->excepts[i].screen_transfer && flow->screen_transfer)
			return true;
	}
	return false;
}
