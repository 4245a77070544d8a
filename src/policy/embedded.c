/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the IPv4 address in an IPv6 address by the prefix of each form. */
#include "policy/embedded.h"

#include <string.h>

#include "common/defs.h"

/* Where the IPv4 address stands in no single place. */
#define ANYWHERE 16

static const struct {
	const char *name;
	unsigned int prefix_length; /* bytes */
	uint8_t prefix[12];
	unsigned int offset; /* of the IPv4 address, in bytes; ANYWHERE: it cannot be told */
	enum { AS_IT_IS, INVERTED } written;
} forms[EMBEDDED_COUNT] = {
	[EMBEDDED_NONE] = { "IPv6", 12, { 0 }, ANYWHERE, AS_IT_IS },
	[EMBEDDED_COMPATIBLE] = { "IPv4-compatible", 12, { 0 }, 12, AS_IT_IS },
	[EMBEDDED_MAPPED] = { "IPv4-mapped", 12, { [10] = 0xff, 0xff }, 12, AS_IT_IS },
	[EMBEDDED_TRANSLATED] = { "IPv4-translated", 12, { [8] = 0xff, 0xff }, 12, AS_IT_IS },
	[EMBEDDED_NAT64] = { "NAT64", 12, { 0, 0x64, 0xff, 0x9b }, 12, AS_IT_IS },
	[EMBEDDED_NAT64_LOCAL] = { "NAT64", 6, { 0, 0x64, 0xff, 0x9b, 0, 1 }, ANYWHERE, AS_IT_IS },
	[EMBEDDED_TEREDO] = { "Teredo", 4, { 0x20, 0x01 }, 12, INVERTED },
	[EMBEDDED_6TO4] = { "6to4", 2, { 0x20, 0x02 }, 2, AS_IT_IS },
	[EMBEDDED_ISATAP] = { "ISATAP", 0, { 0 }, 12, AS_IT_IS },
};

const char *embedded_name(enum embedded_form form)
{
	return form < EMBEDDED_COUNT ? forms[form].name : forms[EMBEDDED_NONE].name;
}

/* The bytes 8 to 11 of an address of ISATAP; the universal bit may be set or not. */
static bool is_isatap(const uint8_t b[16])
{
	return (b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
}

/* True if all of the range lies under one such 96-bit prefix. */
static bool is_all_isatap(const struct addr_range *range)
{
	return is_isatap(range->first) && !memcmp(range->first, range->last, 12);
}

/* What the range shares with the prefix; false if nothing. */
static bool within(const struct addr_range *range, const uint8_t *prefix, unsigned int length,
		   struct addr_range *ret)
{
	struct addr_range all = { .family = 6 };

	memcpy(all.first, prefix, length);
	memset(all.last, 0xff, sizeof(all.last));
	memcpy(all.last, prefix, length);
	if (memcmp(range->first, all.last, sizeof(all.last)) > 0 ||
	    memcmp(all.first, range->last, sizeof(all.first)) > 0)
		return false;
	*ret = *range;
	if (memcmp(ret->first, all.first, sizeof(all.first)) < 0)
		memcpy(ret->first, all.first, sizeof(all.first));
	if (memcmp(ret->last, all.last, sizeof(all.last)) > 0)
		memcpy(ret->last, all.last, sizeof(all.last));
	return true;
}

/* part: of the form's prefix. What stands at the offset runs through all values wherever something
 * before it does. */
static void extract(enum embedded_form form, const struct addr_range *part, struct addr_range *ret)
{
	const unsigned int offset = forms[form].offset;
	struct addr_range found = { .family = 4, .last = { 0xff, 0xff, 0xff, 0xff } };

	if (offset != ANYWHERE && !memcmp(part->first, part->last, offset)) {
		memcpy(found.first, part->first + offset, 4);
		memcpy(found.last, part->last + offset, 4);
	}
	*ret = found;
	if (forms[form].written == INVERTED)
		for (size_t i = 0; i < 4; i++) {
			ret->first[i] = (uint8_t)~found.last[i];
			ret->last[i] = (uint8_t)~found.first[i];
		}
}

/* Unspecified and loopback. */
static bool is_special(const struct addr_range *range)
{
	static const uint8_t zero[15] = { 0 };

	return !memcmp(range->last, zero, sizeof(zero)) && range->last[15] <= 1;
}

bool embedded_is(const struct addr_range *range, enum embedded_form form)
{
	struct addr_range part;

	if (range->family != 6 || form == EMBEDDED_NONE || form >= EMBEDDED_COUNT)
		return false;
	if (form == EMBEDDED_ISATAP)
		return is_all_isatap(range);
	return within(range, forms[form].prefix, forms[form].prefix_length, &part) &&
	       !memcmp(&part, range, sizeof(part));
}

enum embedded_form embedded_find(const struct addr_range *range, struct addr_range *ret)
{
	struct addr_range part;

	if (range->family != 6 || is_special(range))
		return EMBEDDED_NONE;
	for (enum embedded_form form = EMBEDDED_NONE + 1; form < EMBEDDED_ISATAP; form++)
		if (within(range, forms[form].prefix, forms[form].prefix_length, &part)) {
			extract(form, &part, ret);
			return form;
		}
	if (!is_all_isatap(range))
		return EMBEDDED_NONE;
	extract(EMBEDDED_ISATAP, range, ret);
	return EMBEDDED_ISATAP;
}

void embedded_nat64(const struct addr_range *ipv4, struct addr_range *ret)
{
	struct addr_range nat64 = { .family = 6 };

	memcpy(nat64.first, forms[EMBEDDED_NAT64].prefix, 12);
	memcpy(nat64.last, forms[EMBEDDED_NAT64].prefix, 12);
	memcpy(nat64.first + 12, ipv4->first, 4);
	memcpy(nat64.last + 12, ipv4->last, 4);
	*ret = nat64;
}
