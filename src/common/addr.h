/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes and sorted lists of address ranges; IPv4 and IPv6 alike. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for the longest text of an address, a range or a prefix, with its NUL. */
#define ADDR_TEXT_MAX       48
#define ADDR_RANGE_TEXT_MAX 96

/* An address in network byte order. IPv4 uses the first 4 bytes; the other 12 are zero. */
struct addr {
	uint8_t family; /* 4 or 6 */
	uint8_t b[16];
};

/* Addresses first..last, both included, of one family; first <= last. */
struct addr_range {
	uint8_t family; /* 4 or 6 */
	uint8_t first[16];
	uint8_t last[16];
};

/* Owned array, grown by addr_list_add() alone (which counts on its own way of making room).
 * "Normal" means: sorted (IPv4 before IPv6), disjoint, and neighbours merged. */
struct addr_list {
	struct addr_range *at;
	size_t count;
};

/* Bytes in an address of family 4 or 6. */
static inline size_t addr_len(uint8_t family)
{
	return family == 4 ? 4 : 16;
}

/* Parses one numeric address. 0, or -EINVAL and *ret untouched. IPv4-mapped IPv6 is -EINVAL. */
int addr_parse(const char *text, struct addr *ret);

/* Parses "A", "A/N" or "A-B". A prefix with host bits set is -EDOM (the caller can say so);
 * anything else wrong is -EINVAL. *ret untouched on failure. */
int addr_range_parse(const char *text, struct addr_range *ret);

/* Writes the text into out (ADDR_TEXT_MAX) and returns out. */
char *addr_text(const struct addr *a, char *out);

/* Writes "A" for one address, "A/N" if the range is exactly a prefix, else "A-B", into out
 * (ADDR_RANGE_TEXT_MAX) and returns out. */
char *addr_range_text(const struct addr_range *r, char *out);

/* Order by family, then numerically: <0, 0, >0. */
int addr_compare(const struct addr *a, const struct addr *b);

bool addr_range_has(const struct addr_range *r, const struct addr *a);

/* True if the range is a single address. */
bool addr_range_is_single(const struct addr_range *r);

/* Appends. 0 or -ENOMEM. The list is no longer normal. */
int addr_list_add(struct addr_list *list, const struct addr_range *r);

/* Makes the list normal. */
void addr_list_normalise(struct addr_list *list);

/* Binary search; the list must be normal. */
bool addr_list_has(const struct addr_list *list, const struct addr *a);

/* True if two normal lists share an address; if so and ret_common is not NULL, gives one shared
 * range. */
bool addr_list_overlap(const struct addr_list *a, const struct addr_list *b,
		       struct addr_range *ret_common);

/* ret = a without b (normal lists in, new normal list out; the caller frees it). 0 or -ENOMEM. */
int addr_list_subtract(const struct addr_list *a, const struct addr_list *b, struct addr_list *ret);

/* ret = what a and b share (normal lists in, new normal list out; the caller frees it). 0 or
 * -ENOMEM. */
int addr_list_intersect(const struct addr_list *a, const struct addr_list *b,
			struct addr_list *ret);

/* ret = every address of both families. 0 or -ENOMEM. */
int addr_list_all(struct addr_list *ret);

/* Frees what the list holds and empties it. Usable with auto_(). */
void addr_list_clear(struct addr_list *list);
