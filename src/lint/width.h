/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How wide lists of addresses and ports are, and how wide most are. policy_read() refuses what is
 * wider than anybody needs; this is about what is odd. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "policy/policy.h"

/* How many addresses a list has: IPv4 addresses, and IPv6 networks of 64 bits that are touched.
 * UINT64_MAX stands for that and more. */
struct width {
	uint64_t ipv4, ipv6_networks;
};

enum width_of {
	WIDTH_SERVICE,  /* one cloud service: the largest publish some 5 million IPv4 addresses */
	WIDTH_CLOUD,    /* virtual desktops and other systems of the organisation in a cloud */
	WIDTH_MACHINES, /* an end of an exception */
	WIDTH_ZONE,     /* the public addresses among the networks of a zone */
};

/* True if the list (normal) has more addresses than is ordinary. */
bool width_is_odd(enum width_of of, const struct addr_list *list);

#define WIDTH_PORTS_ORDINARY 1000U /* in a list */

/* Of a normal list. */
struct width width_of(const struct addr_list *list);

/* How many ports of l4proto a list has; overlapping entries count twice. */
unsigned int width_of_ports(const struct policy_ports *ports, uint8_t l4proto);

/* The public addresses of a role that lie outside the networks of its zone, where it is known by
 * its addresses alone. New normal list; the caller frees it. 0 or -ENOMEM. */
int width_outside_zone(const struct policy *policy, enum role role, struct addr_list *ret);

/* Addresses that no host of the internet has, for private use. New normal list; the caller frees
 * it. 0 or -ENOMEM. Source: RFC 1918, RFC 6598, RFC 2544, RFC 4193, RFC 3879. */
int width_private(struct addr_list *ret);

/* Those of the list (normal) that are not private. New normal list; the caller frees it. 0 or
 * -ENOMEM. */
int width_public(const struct addr_list *list, struct addr_list *ret);
