/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Look-ups in sets and maps, read back. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "kernel/attr.h"
#include "kernel/readback_parts.h"
#include "kernel/set.h"

/* Of a mask that is a prefix: how many last bits it leaves out. */
static bool read_prefix(const uint8_t *mask, size_t size, uint8_t *ret_ignored)
{
	unsigned int ignored = 0;
	size_t i = size;

	for (; i > 0 && mask[i - 1] == 0; i--)
		ignored += 8;
	if (i > 0) {
		unsigned int rest = (uint8_t)~mask[i - 1];

		if (rest & (rest + 1))
			return false;
		ignored += (unsigned int)__builtin_popcount(rest);
		i--;
	}
	while (i > 0)
		if (mask[--i] != 0xff)
			return false;
	*ret_ignored = (uint8_t)ignored;
	return true;
}

/* What is masked of the field that was added last: a connection mark in the statement itself, of
 * other fields the last bits. */
static bool take_mask(const struct readback_load *load, struct ruleset_statement *s,
		      bool *ret_masked)
{
	enum ruleset_field field = s->fields[s->field_count - 1];

	if (!load->masked || field == FIELD_TCP_DOFF)
		return true;
	if (field == FIELD_CT_MARK) {
		s->mask = readback_number(load->bytes);
		*ret_masked = true;
		return true;
	}
	return load->len == ruleset_field_size(field) && field != FIELD_IIFNAME &&
	       field != FIELD_OIFNAME &&
	       read_prefix(load->bytes, load->len, &s->ignored[s->field_count - 1]);
}

/* The fields that lie in the registers from byte at on, len bytes of them; false if something else
 * does. */
static bool take_key(struct readback_rule *r, uint32_t at, uint32_t len,
		     struct ruleset_statement *s, bool *ret_masked)
{
	uint32_t done = 0;

	*ret_masked = false;
	while (done < len) {
		struct readback_load *load = readback_load_at(&r->registers, at + done);
		enum ruleset_field fields[RULESET_KEY_FIELDS_MAX];
		size_t count, i;
		uint32_t cut;

		if (!load)
			return false;
		load->used = true;
		readback_load_fields(load, fields, &count, &cut);
		if (count == 0 || cut || s->field_count + count > RULESET_KEY_FIELDS_MAX)
			return false;
		for (i = 0; i < count; i++) {
			/* In a key each field begins on a word. */
			if (count > 1 && ruleset_field_size(fields[i]) % 4 != 0)
				return false;
			s->fields[s->field_count++] = fields[i];
			done += (uint32_t)ruleset_field_room(fields[i]);
		}
		if (!take_mask(load, s, ret_masked))
			return false;
	}
	return true;
}

static bool key_fits(const struct ruleset_set *set, const struct ruleset_statement *s)
{
	size_t i;

	if (set->key_fields != s->field_count)
		return false;
	for (i = 0; i < set->key_fields; i++)
		if (readback_neutral(set->key[i]) != readback_neutral(s->fields[i]))
			return false;
	return true;
}

static int add_lookup(struct readback_rule *r, struct readback_set *set,
		      struct ruleset_statement *s, bool masked)
{
	struct readback_need needs[READBACK_NEEDS_MAX];
	size_t count = 0, i;

	if (!key_fits(&set->set, s))
		return readback_refuse_rule(r,
					    _("it looks for something else in set %s than what "
					      "is in there"),
					    set->name);
	if (masked && (s->kind != ACT_VERDICT_MAP || s->field_count != 1))
		return readback_refuse_comparison(r);
	if (!set->used)
		memcpy(set->set.key, s->fields, sizeof(set->set.key));
	set->used = true;
	for (i = 0; i < s->field_count; i++)
		readback_field_needs(s->fields[i], needs, &count);
	if (masked) {
		s->kind = ACT_CT_MARK_MAP;
		s->field_count = 0;
		memset(s->fields, 0, sizeof(s->fields));
	}
	(void)snprintf(s->text, sizeof(s->text), "%s", set->set.name);
	return readback_add_statement(r, s, needs, count);
}

static int lookup_types(struct readback_rule *r, const struct readback_set *set, bool negate)
{
	uint8_t types[RULESET_ICMP_TYPES_MAX];
	size_t i;

	if (set->set.interval || set->set.is_map || set->set.timeouts || negate)
		return readback_refuse_comparison(r);
	for (i = 0; i < set->set.element_count && i < RULESET_ICMP_TYPES_MAX; i++)
		types[i] = set->set.elements[i].first[0];
	return readback_add_types(r, types, set->set.element_count);
}

int readback_lookup(struct readback_rule *r, const struct nlattr *data)
{
	const struct nlattr *attrs[NFTA_LOOKUP_MAX + 1];
	struct ruleset_statement s = { .kind = MATCH_SET };
	const struct readback_load *load;
	struct readback_set *set;
	const char *name;
	uint32_t flags, at;
	bool masked;

	if (!readback_attrs(data, attrs, NFTA_LOOKUP_MAX, UINT32_MAX))
		return -EBADMSG;
	name = attr_text(attrs[NFTA_LOOKUP_SET]);
	set = name ? readback_find_set(r->rb, name) : NULL;
	if (!set)
		return -EINTR; /* made since the sets were read */
	at = readback_register_at(attr_u32(attrs[NFTA_LOOKUP_SREG], 0));
	flags = attr_u32(attrs[NFTA_LOOKUP_FLAGS], 0);
	s.negate = flags == NFT_LOOKUP_F_INV;
	if (set->set.is_map)
		s.kind = ACT_VERDICT_MAP;
	if ((flags & ~(uint32_t)NFT_LOOKUP_F_INV) || (set->set.is_map && flags) ||
	    (attrs[NFTA_LOOKUP_DREG] != NULL) != set->set.is_map ||
	    attr_u32(attrs[NFTA_LOOKUP_DREG], NFT_REG_VERDICT) != NFT_REG_VERDICT)
		return readback_refuse_comparison(r);
	load = readback_load_at(&r->registers, at);
	if (load && set_key_len(&set->set) == 1 && readback_is_icmp_type(r, load)) {
		readback_load_at(&r->registers, at)->used = true;
		return lookup_types(r, set, s.negate);
	}
	if (!take_key(r, at, set_key_len(&set->set), &s, &masked))
		return readback_refuse_comparison(r);
	return add_lookup(r, set, &s, masked);
}
