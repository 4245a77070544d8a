/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Questions to the guideline's tables. */
#include "policy/guideline.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"

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

const char *guideline_source_text(const char *source)
{
	/* the message of no text is the catalogue's header */
	return source && *source ? _(source) : "";
}

int guideline_flow_of(const char *id)
{
	const struct guideline_table *t = guideline_table();

	for (size_t i = 0; i < t->flow_count; i++)
		if (strcmp(t->flows[i].id, id) == 0)
			return (int)i;
	return -ENOENT;
}

int guideline_flow_index(const struct guideline_flow *flow)
{
	const struct guideline_table *t = guideline_table();

	if (flow < t->flows || flow >= t->flows + t->flow_count)
		return -ENOENT;
	return (int)(flow - t->flows);
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

static bool leaves_open(const struct guideline_except *except, const struct guideline_flow *flow)
{
	return (!except->screen_transfer || flow->screen_transfer) &&
	       (except->from_roles & ROLE_BIT(flow->from)) &&
	       (except->to_roles & ROLE_BIT(flow->to)) &&
	       (except->ports & PORT_GROUP_BIT(flow->ports));
}

bool guideline_forbids(const struct guideline_forbidden *forbidden,
		       const struct guideline_flow *flow)
{
	if (!(forbidden->from_roles & ROLE_BIT(flow->from)) ||
	    !(forbidden->to_roles & ROLE_BIT(flow->to)))
		return false;
	for (size_t i = 0; i < forbidden->except_count; i++)
		if (leaves_open(&forbidden->excepts[i], flow))
			return false;
	return true;
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
	for (size_t i = 0; i < forbidden->except_count; i++)
		if (forbidden->excepts[i].screen_transfer &&
		    leaves_open(&forbidden->excepts[i], flow))
			return true;
	return false;
}
