/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions of sets read back: their keys, flags and names. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"
#include "kernel/renamed.h"
#include "kernel/set.h"

#define FLAGS_KNOWN                                                                                \
	((uint32_t)(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL | NFT_SET_MAP |        \
		    NFT_SET_TIMEOUT | NFT_SET_CONCAT))

struct readback_set *readback_find_set(struct readback *rb, const char *name)
{
	size_t i;

	for (i = 0; i < rb->set_count; i++)
		if (strcmp(rb->sets[i].name, name) == 0)
			return &rb->sets[i];
	return NULL;
}

static int take_key(struct readback *rb, struct readback_set *set, const struct nlattr **attrs)
{
	const struct nlattr *userdata = attrs[NFTA_SET_USERDATA];
	struct ruleset_set *s = &set->set;

	s->key_fields = set_read_key(attr_u32(attrs[NFTA_SET_KEY_TYPE], 0),
				     userdata ? mnl_attr_get_payload(userdata) : NULL,
				     userdata ? mnl_attr_get_payload_len(userdata) : 0, s->key);
	if (s->key_fields == 0 || set_key_len(s) != attr_u32(attrs[NFTA_SET_KEY_LEN], 0))
		return readback_refuse(rb, NULL,
				       _("set %s: its type is none that Sekisho writes (%#x)"),
				       set->name, attr_u32(attrs[NFTA_SET_KEY_TYPE], 0));
	return 0;
}

static int take_flags(struct readback *rb, struct readback_set *set, const struct nlattr **attrs)
{
	uint32_t flags = attr_u32(attrs[NFTA_SET_FLAGS], 0);
	struct ruleset_set *s = &set->set;

	if (flags & ~FLAGS_KNOWN)
		return readback_refuse(rb, NULL, _("set %s: it can change by itself (flags %#x)"),
				       set->name, flags);
	if (attrs[NFTA_SET_EXPR] || attrs[NFTA_SET_EXPRESSIONS] || attrs[NFTA_SET_OBJ_TYPE])
		return readback_refuse(rb, NULL, _("set %s: its elements carry expressions"),
				       set->name);
	s->interval = (flags & NFT_SET_INTERVAL) != 0;
	s->is_map = (flags & NFT_SET_MAP) != 0;
	s->timeouts = (flags & NFT_SET_TIMEOUT) != 0;
	set->nameless = (flags & NFT_SET_ANONYMOUS) != 0;
	if (s->is_map && attr_u32(attrs[NFTA_SET_DATA_TYPE], 0) != (uint32_t)NFT_DATA_VERDICT)
		return readback_refuse(rb, NULL, _("map %s: it gives something else than verdicts"),
				       set->name);
	return 0;
}

/* Ranges over several fields end where the kernel's fields end, not ours. */
static int check_field_lengths(struct readback *rb, const struct readback_set *set,
			       const struct nlattr **attrs)
{
	const struct nlattr *desc[NFTA_SET_DESC_MAX + 1], *field;
	const struct ruleset_set *s = &set->set;
	const void *at = NULL;
	size_t left = 0, i = 0;
	bool same = true;

	if (!s->interval || s->key_fields < 2)
		return 0;
	if (attr_index_nested(attrs[NFTA_SET_DESC], desc, NFTA_SET_DESC_MAX) &&
	    desc[NFTA_SET_DESC_CONCAT]) {
		at = mnl_attr_get_payload(desc[NFTA_SET_DESC_CONCAT]);
		left = mnl_attr_get_payload_len(desc[NFTA_SET_DESC_CONCAT]);
	}
	while (at && (field = attr_next(&at, &left)) != NULL) {
		const struct nlattr *len[NFTA_SET_FIELD_MAX + 1];

		same = same && i < s->key_fields &&
		       attr_index_nested(field, len, NFTA_SET_FIELD_MAX) &&
		       attr_u32(len[NFTA_SET_FIELD_LEN], 0) == ruleset_field_size(s->key[i]);
		i++;
	}
	if (same && i == s->key_fields)
		return 0;
	return readback_refuse(rb, NULL, _("set %s: its ranges do not end where its fields do"),
			       set->name);
}

static int take_definition(struct readback *rb, const char *name, const struct nlattr **attrs)
{
	struct readback_set *grown, *set;
	int r;

	if (strlen(name) >= RULESET_NAME_MAX)
		return readback_refuse(rb, NULL,
				       _("set %.64s...: no set of Sekisho has such a name"), name);
	grown = readback_grow(rb->sets, rb->set_count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	rb->sets = grown;
	set = &grown[rb->set_count++];
	*set = (struct readback_set){ 0 };
	(void)snprintf(set->name, sizeof(set->name), "%s", name);
	renamed_plain(name, set->set.name, sizeof(set->set.name));
	r = take_flags(rb, set, attrs);
	if (r == 0)
		r = take_key(rb, set, attrs);
	return r < 0 ? r : check_field_lengths(rb, set, attrs);
}

static int take_set(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attrs[NFTA_SET_MAX + 1];
	const struct nfgenmsg *family = mnl_nlmsg_get_payload(message);
	const char *table, *name;

	if (!attr_index(message, sizeof(*family), attrs, NFTA_SET_MAX))
		return -EBADMSG;
	table = attr_text(attrs[NFTA_SET_TABLE]);
	name = attr_text(attrs[NFTA_SET_NAME]);
	if (family->nfgen_family != NFPROTO_INET || !table || strcmp(table, RULESET_TABLE) != 0)
		return 0;
	return name ? take_definition(data, name, attrs) : -EBADMSG;
}

int readback_read_sets(struct readback *rb)
{
	size_t i;
	int r = readback_dump(rb, NFT_MSG_GETSET, NULL, take_set);

	for (i = 0; r == 0 && i < rb->set_count; i++) {
		r = readback_dump(rb, NFT_MSG_GETSETELEM, rb->sets[i].name, readback_take_elements);
		if (r == 0)
			r = readback_finish_elements(rb, &rb->sets[i]);
	}
	return r;
}

static int fill_compare_set(struct readback_set *set, const struct readback_compare_set *wanted)
{
	struct ruleset_set *s = &set->set;

	s->elements = calloc(1, sizeof(*s->elements));
	if (!s->elements)
		return -ENOMEM;
	s->element_count = s->element_room = 1;
	s->key_fields = wanted->count;
	memcpy(s->key, wanted->fields, sizeof(s->key));
	memcpy(s->elements->first, wanted->first, sizeof(wanted->first));
	memcpy(s->elements->last, wanted->last, sizeof(wanted->last));
	s->interval = memcmp(wanted->first, wanted->last, sizeof(wanted->first)) != 0;
	return 0;
}

int readback_add_compare_set(struct readback *rb, const struct readback_compare_set *wanted,
			     char *ret_name, size_t cap)
{
	struct readback_set *grown = readback_grow(rb->sets, rb->set_count, sizeof(*grown));
	struct readback_set *set;
	int r;

	if (!grown)
		return -ENOMEM;
	rb->sets = grown;
	set = &grown[rb->set_count++];
	*set = (struct readback_set){ .used = true };
	/* nft(8) cannot make such a name. */
	(void)snprintf(set->set.name, sizeof(set->set.name), "(compared %zu)", ++rb->compare_count);
	memcpy(set->name, set->set.name, sizeof(set->name));
	r = fill_compare_set(set, wanted);
	if (r == 0)
		(void)snprintf(ret_name, cap, "%s", set->set.name);
	return r;
}
