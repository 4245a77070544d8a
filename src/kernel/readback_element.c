/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements of sets read back: keys, ranges, verdicts, and when they expire. */
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <inttypes.h>
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
#include "kernel/set.h"

/* Marks, in an element's verdict, the end of a range until the ranges are made. */
#define RANGE_END ((enum ruleset_verdict_kind) - 1)

/* Ranges over one field come as starts and ends, one element each. */
static bool comes_in_halves(const struct ruleset_set *set)
{
	return set->interval && set->key_fields == 1;
}

bool readback_verdict(const struct nlattr *attr, struct ruleset_verdict *ret)
{
	static const struct {
		int32_t code;
		enum ruleset_verdict_kind kind;
	} kinds[] = { { NF_ACCEPT, VERDICT_ACCEPT },
		      { NF_DROP, VERDICT_DROP },
		      { NFT_JUMP, VERDICT_JUMP },
		      { NFT_GOTO, VERDICT_GOTO },
		      { NFT_RETURN, VERDICT_RETURN } };
	struct ruleset_verdict verdict = { 0 };
	const struct nlattr *parts[NFTA_VERDICT_MAX + 1];
	const char *chain;
	size_t i, count = sizeof(kinds) / sizeof(kinds[0]);

	if (!attr_index_nested(attr, parts, NFTA_VERDICT_MAX) || !parts[NFTA_VERDICT_CODE])
		return false;
	for (i = 0; i < count; i++)
		if ((uint32_t)kinds[i].code == attr_u32(parts[NFTA_VERDICT_CODE], 0))
			break;
	if (i == count)
		return false;
	verdict.kind = kinds[i].kind;
	if (verdict.kind == VERDICT_JUMP || verdict.kind == VERDICT_GOTO) {
		chain = attr_text(parts[NFTA_VERDICT_CHAIN]);
		if (!chain || strlen(chain) >= sizeof(verdict.chain))
			return false;
		memcpy(verdict.chain, chain, strlen(chain));
	}
	*ret = verdict;
	return true;
}

bool readback_is_name(const uint8_t *bytes, size_t len)
{
	const uint8_t *end = memchr(bytes, '\0', len);

	for (size_t at = end ? (size_t)(end - bytes) : len; at < len; at++)
		if (bytes[at] != 0)
			return false;
	return end != NULL;
}

/* The kernel compares all bytes of a key, those between the fields and behind a name's end as well:
 * one that is not zero there never matches, or only to the eye. */
static bool is_clean(const struct ruleset_set *set, const uint8_t *key, size_t len)
{
	size_t at = 0;

	for (size_t i = 0; i < set->key_fields; i++) {
		const size_t size = ruleset_field_size(set->key[i]);
		const size_t room = ruleset_field_room(set->key[i]);
		const bool name = set->key[i] == FIELD_IIFNAME || set->key[i] == FIELD_OIFNAME;

		for (size_t j = size; j < room && at + j < len; j++)
			if (key[at + j] != 0)
				return false;
		if (name && at + size <= len && !readback_is_name(key + at, size))
			return false;
		at += room;
	}
	return true;
}

static bool take_key(const struct nlattr *attr, size_t len, uint8_t *out)
{
	const struct nlattr *parts[NFTA_DATA_MAX + 1];

	if (!attr_index_nested(attr, parts, NFTA_DATA_MAX) || !parts[NFTA_DATA_VALUE] ||
	    mnl_attr_get_payload_len(parts[NFTA_DATA_VALUE]) != len)
		return false;
	memcpy(out, mnl_attr_get_payload(parts[NFTA_DATA_VALUE]), len);
	return true;
}

static bool take_verdict(const struct nlattr *attr, struct ruleset_verdict *ret)
{
	const struct nlattr *parts[NFTA_DATA_MAX + 1];

	return attr_index_nested(attr, parts, NFTA_DATA_MAX) && parts[NFTA_DATA_VERDICT] &&
	       readback_verdict(parts[NFTA_DATA_VERDICT], ret);
}

static int64_t take_expiry(const struct readback *rb, const struct nlattr *attr)
{
	const void *bytes = attr_bytes(attr, sizeof(uint64_t));
	uint64_t left_ms;

	if (!bytes)
		return 0;
	memcpy(&left_ms, bytes, sizeof(left_ms));
	/* To the nearest second: that is what was asked for. */
	return (rb->now_ms + (int64_t)be64toh(left_ms) + 500) / 1000;
}

static int refuse_element(struct readback *rb, const struct readback_set *set, const char *why)
{
	return readback_refuse(rb, NULL, _("set %s has an element that Sekisho does not write: %s"),
			       set->name, why);
}

static int take_element(struct readback *rb, struct readback_set *set, const struct nlattr *attr)
{
	const struct nlattr *parts[NFTA_SET_ELEM_MAX + 1];
	struct ruleset_element *grown, *e;
	size_t len = set_key_len(&set->set);
	uint32_t flags;

	if (!attr_index_nested(attr, parts, NFTA_SET_ELEM_MAX))
		return -EBADMSG;
	flags = attr_u32(parts[NFTA_SET_ELEM_FLAGS], 0);
	if (flags & NFT_SET_ELEM_CATCHALL)
		return refuse_element(rb, set, _("it stands for everything"));
	if ((flags & ~(uint32_t)NFT_SET_ELEM_INTERVAL_END) || parts[NFTA_SET_ELEM_EXPR] ||
	    parts[NFTA_SET_ELEM_EXPRESSIONS] || parts[NFTA_SET_ELEM_OBJREF])
		return refuse_element(rb, set, _("it carries expressions"));
	grown = readback_grow(set->set.elements, set->set.element_count, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	set->set.elements = grown;
	e = &grown[set->set.element_count];
	*e = (struct ruleset_element){ 0 };
	if (!take_key(parts[NFTA_SET_ELEM_KEY], len, e->first))
		return refuse_element(rb, set, _("its key has another length"));
	memcpy(e->last, e->first, len);
	if (parts[NFTA_SET_ELEM_KEY_END] && !take_key(parts[NFTA_SET_ELEM_KEY_END], len, e->last))
		return refuse_element(rb, set, _("its key has another length"));
	if (!is_clean(&set->set, e->first, len) || !is_clean(&set->set, e->last, len))
		return refuse_element(rb, set, _("bytes that nft(8) does not show are not zero"));
	if (flags & NFT_SET_ELEM_INTERVAL_END)
		e->verdict.kind = RANGE_END;
	else if (set->set.is_map && !take_verdict(parts[NFTA_SET_ELEM_DATA], &e->verdict))
		return refuse_element(rb, set, _("its verdict is none of ours"));
	e->expires_s = take_expiry(rb, parts[NFTA_SET_ELEM_EXPIRATION]);
	set->set.element_count++;
	return 0;
}

int readback_take_elements(const struct nlmsghdr *message, void *data)
{
	struct readback *rb = data;
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1];
	struct readback_set *set;
	const struct nlattr *attr;
	const char *name;
	const void *at;
	size_t left;
	int r = 0;

	if (!attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_MAX))
		return -EBADMSG;
	name = attr_text(attrs[NFTA_SET_ELEM_LIST_SET]);
	set = name ? readback_find_set(rb, name) : NULL;
	if (!set)
		return -EBADMSG;
	if (!attrs[NFTA_SET_ELEM_LIST_ELEMENTS])
		return 0;
	at = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	left = mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while (r == 0 && (attr = attr_next(&at, &left)) != NULL)
		r = take_element(rb, set, attr);
	return r;
}

/* By key; the end of one range before the start of the next. */
static int compare_elements(const void *a, const void *b)
{
	const struct ruleset_element *x = a, *y = b;
	int order = memcmp(x->first, y->first, sizeof(x->first));

	if (order == 0)
		order = (y->verdict.kind == RANGE_END) - (x->verdict.kind == RANGE_END);
	return order ? order : memcmp(x->last, y->last, sizeof(x->last));
}

/* The key before this one. */
static void step_back(uint8_t *key, size_t len)
{
	size_t i = len;

	while (i-- > 0)
		if (key[i]-- != 0)
			return;
}

/* Of sorted starts and ends: a start holds until the next element of either kind. */
static void make_ranges(struct ruleset_set *set)
{
	size_t len = set_key_len(set), count = 0, i;

	for (i = 0; i < set->element_count; i++) {
		struct ruleset_element e = set->elements[i];

		if (e.verdict.kind == RANGE_END)
			continue;
		if (memcmp(e.first, e.last, len) != 0) {
			/* a kernel that tells both ends at once */
		} else if (i + 1 < set->element_count) {
			memcpy(e.last, set->elements[i + 1].first, len);
			step_back(e.last, len);
		} else {
			memset(e.last, 0xff, len);
		}
		set->elements[count++] = e;
	}
	set->element_count = count;
}

int readback_finish_elements(struct readback *rb, struct readback_set *set)
{
	struct ruleset_set *s = &set->set;
	size_t i;

	(void)rb;
	if (s->element_count > 1)
		qsort(s->elements, s->element_count, sizeof(*s->elements), compare_elements);
	if (comes_in_halves(s))
		make_ranges(s);
	for (i = 0; i < s->element_count; i++)
		if (s->elements[i].verdict.kind == RANGE_END)
			return refuse_element(rb, set, _("it ends a range that does not begin"));
	s->element_room = s->element_count;
	return 0;
}
