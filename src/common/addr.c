/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes and sorted lists of address ranges. */
#include "common/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static bool is_mapped(const uint8_t b[static 16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(b, prefix, sizeof(prefix)) == 0;
}

int addr_parse(const char *text, struct addr *ret)
{
	struct addr a = { 0 };

	if (inet_pton(AF_INET, text, a.b) == 1)
		a.family = 4;
	else if (inet_pton(AF_INET6, text, a.b) == 1)
		a.family = 6;
	else
		return -EINVAL;
	/* Such an address means an IPv4 one to programs and an IPv6 one to packets: ambiguous. */
	if (a.family == 6 && is_mapped(a.b))
		return -EINVAL;
	*ret = a;
	return 0;
}

/* Decimal without sign, spaces or leading zeros, at most max. */
static int parse_prefix_length(const char *text, unsigned int max, unsigned int *ret)
{
	unsigned int value = 0;
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > 3 || text[digits] != '\0' || (text[0] == '0' && digits > 1))
		return -EINVAL;
	for (size_t i = 0; i < digits; i++)
		value = value * 10 + (unsigned int)(text[i] - '0');
	if (value > max)
		return -EINVAL;
	*ret = value;
	return 0;
}

/* The bits of byte i that belong to the host under a prefix of length bits. */
static uint8_t host_bits(size_t i, unsigned int length)
{
	unsigned int before = (unsigned int)i * 8;

	if (length >= before + 8)
		return 0;
	if (length <= before)
		return 0xff;
	return (uint8_t)(0xffU >> (length - before));
}

static int range_of_prefix(const struct addr *base, const char *length_text, struct addr_range *ret)
{
	struct addr_range r = { .family = base->family };
	size_t len = addr_len(base->family);
	unsigned int length;
	int error;

	error = parse_prefix_length(length_text, (unsigned int)len * 8, &length);
	if (error)
		return error;
	for (size_t i = 0; i < len; i++) {
		uint8_t host = host_bits(i, length);

		if (base->b[i] & host)
			return -EDOM;
		r.first[i] = base->b[i];
		r.last[i] = base->b[i] | host;
	}
	*ret = r;
	return 0;
}

static struct addr_range range_of(const struct addr *first, const struct addr *last)
{
	struct addr_range r = { .family = first->family };

	memcpy(r.first, first->b, addr_len(first->family));
	memcpy(r.last, last->b, addr_len(last->family));
	return r;
}

int addr_range_parse(const char *text, struct addr_range *ret)
{
	char first_text[ADDR_TEXT_MAX];
	size_t first_len = strcspn(text, "/-");
	struct addr first, last;

	if (first_len >= sizeof(first_text))
		return -EINVAL;
	memcpy(first_text, text, first_len);
	first_text[first_len] = '\0';
	if (addr_parse(first_text, &first))
		return -EINVAL;
	if (text[first_len] == '/')
		return range_of_prefix(&first, text + first_len + 1, ret);
	last = first;
	if (text[first_len] == '-' && addr_parse(text + first_len + 1, &last))
		return -EINVAL;
	if (first.family != last.family || addr_compare(&first, &last) > 0)
		return -EINVAL;
	*ret = range_of(&first, &last);
	return 0;
}

static void bytes_text(uint8_t family, const uint8_t *bytes, char *out)
{
	if (!inet_ntop(family == 4 ? AF_INET : AF_INET6, bytes, out, ADDR_TEXT_MAX))
		out[0] = '\0';
}

char *addr_text(const struct addr *a, char *out)
{
	bytes_text(a->family, a->b, out);
	return out;
}

/* The length of the prefix that the range is, or -1. */
static int range_prefix_length(const struct addr_range *r)
{
	size_t bits = addr_len(r->family) * 8;
	size_t length = 0;

	while (length < bits) {
		uint8_t mask = (uint8_t)(0x80U >> (length % 8));

		if ((r->first[length / 8] ^ r->last[length / 8]) & mask)
			break;
		length++;
	}
	for (size_t i = length / 8; i < addr_len(r->family); i++) {
		uint8_t host = host_bits(i, (unsigned int)length);

		if ((r->first[i] & host) != 0 || (r->last[i] & host) != host)
			return -1;
	}
	return (int)length;
}

char *addr_range_text(const struct addr_range *r, char *out)
{
	char first[ADDR_TEXT_MAX], last[ADDR_TEXT_MAX];
	int length = range_prefix_length(r);

	bytes_text(r->family, r->first, first);
	bytes_text(r->family, r->last, last);
	if (addr_range_is_single(r))
		(void)snprintf(out, ADDR_RANGE_TEXT_MAX, "%s", first);
	else if (length >= 0)
		(void)snprintf(out, ADDR_RANGE_TEXT_MAX, "%s/%d", first, length);
	else
		(void)snprintf(out, ADDR_RANGE_TEXT_MAX, "%s-%s", first, last);
	return out;
}

static int bytes_compare(uint8_t family_a, const uint8_t *a, uint8_t family_b, const uint8_t *b)
{
	if (family_a != family_b)
		return family_a < family_b ? -1 : 1;
	return memcmp(a, b, addr_len(family_a));
}

int addr_compare(const struct addr *a, const struct addr *b)
{
	return bytes_compare(a->family, a->b, b->family, b->b);
}

bool addr_range_has(const struct addr_range *r, const struct addr *a)
{
	size_t len = addr_len(a->family);

	return r->family == a->family && memcmp(r->first, a->b, len) <= 0 &&
	       memcmp(a->b, r->last, len) <= 0;
}

bool addr_range_is_single(const struct addr_range *r)
{
	return memcmp(r->first, r->last, addr_len(r->family)) == 0;
}

int addr_list_add(struct addr_list *list, const struct addr_range *r)
{
	/* The array has room for the next power of two, so it is full exactly at powers of two. */
	if ((list->count & (list->count - 1)) == 0) {
		size_t room = list->count ? list->count * 2 : 1;
		struct addr_range *at;

		if (room > SIZE_MAX / sizeof(*at))
			return -ENOMEM;
		at = realloc(list->at, room * sizeof(*at));
		if (!at)
			return -ENOMEM;
		list->at = at;
	}
	list->at[list->count++] = *r;
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct addr_range *x = a, *y = b;
	int order = bytes_compare(x->family, x->first, y->family, y->first);

	return order ? order : bytes_compare(x->family, x->last, y->family, y->last);
}

/* Adds one; false (and all zeros) where it overflows. */
static bool bytes_increment(uint8_t *bytes, size_t len)
{
	while (len > 0) {
		if (++bytes[--len] != 0)
			return true;
	}
	return false;
}

/* Takes one away from bytes, which are not all zero. */
static void bytes_decrement(uint8_t *bytes, size_t len)
{
	while (len > 0) {
		if (bytes[--len]-- != 0)
			return;
	}
}

/* Whether next, which does not start before r, overlaps or touches r. */
static bool range_reaches(const struct addr_range *r, const struct addr_range *next)
{
	size_t len = addr_len(r->family);
	uint8_t after[16];

	if (r->family != next->family)
		return false;
	memcpy(after, r->last, sizeof(after));
	return !bytes_increment(after, len) || memcmp(next->first, after, len) <= 0;
}

void addr_list_normalise(struct addr_list *list)
{
	size_t kept = 0;

	if (list->count < 2)
		return;
	qsort(list->at, list->count, sizeof(*list->at), compare_ranges);
	for (size_t i = 1; i < list->count; i++) {
		struct addr_range *into = &list->at[kept];
		const struct addr_range *r = &list->at[i];

		if (!range_reaches(into, r))
			list->at[++kept] = *r;
		else if (memcmp(r->last, into->last, addr_len(r->family)) > 0)
			memcpy(into->last, r->last, sizeof(into->last));
	}
	list->count = kept + 1;
}

bool addr_list_has(const struct addr_list *list, const struct addr *a)
{
	size_t low = 0, high = list->count;

	/* Finds the first range that starts after a; only the one before it can hold a. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct addr_range *r = &list->at[middle];

		if (bytes_compare(r->family, r->first, a->family, a->b) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && addr_range_has(&list->at[low - 1], a);
}

bool addr_list_overlap(const struct addr_list *a, const struct addr_list *b,
		       struct addr_range *ret_common)
{
	size_t i = 0, j = 0;

	while (i < a->count && j < b->count) {
		const struct addr_range *x = &a->at[i], *y = &b->at[j];

		if (bytes_compare(x->family, x->last, y->family, y->first) < 0) {
			i++;
			continue;
		}
		if (bytes_compare(y->family, y->last, x->family, x->first) < 0) {
			j++;
			continue;
		}
		if (ret_common) {
			size_t len = addr_len(x->family);
			struct addr_range common = { .family = x->family };
			bool x_starts_later = memcmp(x->first, y->first, len) > 0;
			bool x_ends_sooner = memcmp(x->last, y->last, len) < 0;

			memcpy(common.first, x_starts_later ? x->first : y->first, len);
			memcpy(common.last, x_ends_sooner ? x->last : y->last, len);
			*ret_common = common;
		}
		return true;
	}
	return false;
}

/* Adds to list what is left of r without the ranges of b from *from on; moves *from over those that
 * end before r does. */
static int add_rest(struct addr_list *list, struct addr_range r, const struct addr_list *b,
		    size_t *from)
{
	size_t len = addr_len(r.family);

	for (; *from < b->count; (*from)++) {
		const struct addr_range *cut = &b->at[*from];
		struct addr_range before = r;

		if (bytes_compare(cut->family, cut->last, r.family, r.first) < 0)
			continue;
		if (bytes_compare(cut->family, cut->first, r.family, r.last) > 0)
			break;
		if (memcmp(cut->first, r.first, len) > 0) {
			memcpy(before.last, cut->first, sizeof(before.last));
			bytes_decrement(before.last, len);
			if (addr_list_add(list, &before))
				return -ENOMEM;
		}
		if (memcmp(cut->last, r.last, len) >= 0)
			return 0; /* nothing of r is left; cut may reach into the next one */
		memcpy(r.first, cut->last, sizeof(r.first));
		bytes_increment(r.first, len);
	}
	return addr_list_add(list, &r);
}

int addr_list_subtract(const struct addr_list *a, const struct addr_list *b, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list rest = { 0 };
	size_t from = 0;

	for (size_t i = 0; i < a->count; i++) {
		int error = add_rest(&rest, a->at[i], b, &from);

		if (error)
			return error;
	}
	ret->at = steal(rest.at);
	ret->count = rest.count;
	rest.count = 0;
	return 0;
}

int addr_list_intersect(const struct addr_list *a, const struct addr_list *b, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list only_a = { 0 };
	int error = addr_list_subtract(a, b, &only_a);

	return error ? error : addr_list_subtract(a, &only_a, ret);
}

int addr_list_all(struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list all = { 0 };
	struct addr_range r4 = { .family = 4 }, r6 = { .family = 6 };

	memset(r4.last, 0xff, 4);
	memset(r6.last, 0xff, 16);
	if (addr_list_add(&all, &r4) || addr_list_add(&all, &r6))
		return -ENOMEM;
	ret->at = steal(all.at);
	ret->count = all.count;
	all.count = 0;
	return 0;
}

void addr_list_clear(struct addr_list *list)
{
	free(list->at);
	list->at = NULL;
	list->count = 0;
}
