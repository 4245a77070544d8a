/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ruleset as data: sizes of its fields, look-ups, release. */
#include "ruleset/ruleset.h"

#include <stdlib.h>
#include <string.h>

static const uint8_t field_sizes[FIELD_COUNT] = {
	[FIELD_IIFNAME] = 16, [FIELD_OIFNAME] = 16,    [FIELD_SADDR4] = 4,  [FIELD_DADDR4] = 4,
	[FIELD_SADDR6] = 16,  [FIELD_DADDR6] = 16,     [FIELD_L4PROTO] = 1, [FIELD_DPORT] = 2,
	[FIELD_SPORT] = 2,    [FIELD_CT_MARK] = 4,     [FIELD_LENGTH4] = 2, [FIELD_LENGTH6] = 2,
	[FIELD_TCP_DOFF] = 1, [FIELD_ETHER_SADDR] = 6,
};

size_t ruleset_field_size(enum ruleset_field field)
{
	return field_sizes[field];
}

size_t ruleset_field_room(enum ruleset_field field)
{
	return (ruleset_field_size(field) + 3) / 4 * 4;
}

size_t ruleset_key_room(const struct ruleset_set *set)
{
	size_t room = 0;

	for (size_t i = 0; i < set->key_fields; i++)
		room += ruleset_field_room(set->key[i]);
	return room;
}

void ruleset_free(struct ruleset *ruleset)
{
	if (!ruleset)
		return;
	for (size_t i = 0; i < ruleset->set_count; i++)
		free(ruleset->sets[i].elements);
	for (size_t i = 0; i < ruleset->chain_count; i++)
		free(ruleset->chains[i].rules);
	free(ruleset->sets);
	free(ruleset->chains);
	free(ruleset);
}

void ruleset_freep(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
	*ruleset = NULL;
}

const struct ruleset_chain *ruleset_chain(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->chain_count; i++)
		if (!strcmp(ruleset->chains[i].name, name))
			return &ruleset->chains[i];
	return NULL;
}

const struct ruleset_set *ruleset_set(const struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->set_count; i++)
		if (!strcmp(ruleset->sets[i].name, name))
			return &ruleset->sets[i];
	return NULL;
}
