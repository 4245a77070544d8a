/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts addresses and ports, and knows how many most have. */
#include "lint/width.h"

#include "common/defs.h"
#include "policy/guideline.h"

/* 64-bit networks in an IPv6 network of that many bits. */
#define NETWORKS(bits) (1ULL << (64 - (bits)))

static const struct addr_range private_ranges[] = {
	{ .family = 4, .first = { 10 }, .last = { 10, 255, 255, 255 } },
	{ .family = 4, .first = { 100, 64 }, .last = { 100, 127, 255, 255 } },
	{ .family = 4, .first = { 172, 16 }, .last = { 172, 31, 255, 255 } },
	{ .family = 4, .first = { 192, 168 }, .last = { 192, 168, 255, 255 } },
	{ .family = 4, .first = { 198, 18 }, .last = { 198, 19, 255, 255 } },
	{ .family = 6, .first = { 0xfc }, .last = { 0xfd, [1 ... 15] = 0xff } },
	{ .family = 6, .first = { 0xfe, 0xc0 }, .last = { 0xfe, [1 ... 15] = 0xff } },
};

/* The first eight bytes as a number. */
static uint64_t first_half(const uint8_t b[16])
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | b[i];
	return n;
}

static uint64_t add_capped(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

struct width width_of(const struct addr_list *list)
{
	struct width width = { 0 };

	for (size_t i = 0; i < list->count; i++) {
		const struct addr_range *range = &list->at[i];
		uint64_t span = first_half(range->last) - first_half(range->first);

		/* an IPv4 address is the upper half of the eight bytes */
		if (range->family == 4)
			width.ipv4 = add_capped(width.ipv4, (span >> 32) + 1);
		else
			width.ipv6_networks = add_capped(width.ipv6_networks, add_capped(span, 1));
	}
	return width;
}

bool width_is_odd(enum width_of of, const struct addr_list *list)
{
	struct width most = { 0 }, width = width_of(list);

	switch (of) {
	case WIDTH_SERVICE:
		most = (struct width){ 1U << 22, NETWORKS(28) };
		break;
	case WIDTH_CLOUD:
		most = (struct width){ 1U << 10, NETWORKS(56) };
		break;
	case WIDTH_ZONE:
		most = (struct width){ 1U << 16, NETWORKS(36) };
		break;
	case WIDTH_MACHINES:
		most = (struct width){ 1U << 8, 1 };
		break;
	}
	return width.ipv4 > most.ipv4 || width.ipv6_networks > most.ipv6_networks;
}

unsigned int width_of_ports(const struct policy_ports *ports, uint8_t l4proto)
{
	unsigned int count = 0;

	for (size_t i = 0; i < ports->count; i++)
		if (ports->at[i].l4proto == l4proto)
			count += ports->at[i].last - ports->at[i].first + 1U;
	return count;
}

int width_private(struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list list = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(private_ranges); i++) {
		int err = addr_list_add(&list, &private_ranges[i]);

		if (err)
			return err;
	}
	addr_list_normalise(&list);
	*ret = list;
	list = (struct addr_list){ 0 };
	return 0;
}

int width_public(const struct addr_list *list, struct addr_list *ret)
{
	auto_(addr_list_clear) struct addr_list private = { 0 };
	int err = width_private(&private);

	return err ? err : addr_list_subtract(list, &private, ret);
}

int width_outside_zone(const struct policy *policy, enum role role, struct addr_list *ret)
{
	static const struct addr_list none = { 0 };
	enum zone zone = guideline_role(role)->zone;
	auto_(addr_list_clear) struct addr_list outside = { 0 };
	int err = addr_list_subtract(&policy->endpoints[role].addresses,
				     zone == ZONE_NONE ? &none : &policy->zones[zone].networks,
				     &outside);

	return err ? err : width_public(&outside, ret);
}
