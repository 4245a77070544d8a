/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Policy and catalogue as sets of packets: what may flow at all, and what each forbidden flow is
 * about. Made from the policy's own words, not from the compiler's work. */
#pragma once

#include <stdint.h>

#include "policy/policy.h"
#include "prove/space.h"

/* Packets of every flow that the policy and the catalogue permit, and of the policy's exceptions
 * while they hold: by addresses, ports, hardware addresses and the interfaces that they must come
 * in and leave by. 0 and *ret, or -ENOMEM. */
int bounds_permitted(struct space *space, const struct policy *policy, uint32_t *ret);

/* Packets that are likely to occur: first those that come in and leave by interfaces behind which
 * the policy has their addresses live; second those whose addresses are of some zone, the external
 * one among them, and no martians. 0 and ret filled, or -ENOMEM. */
#define BOUNDS_LIKELY 2
int bounds_likely(struct space *space, const struct policy *policy, uint32_t ret[BOUNDS_LIKELY]);

/* A forbidden flow. */
struct bounds_forbidden {
	uint32_t ends;  /* from its sources to its destinations */
	uint32_t open;  /* of these, what it leaves open itself */
	uint32_t pairs; /* addresses of what it leaves open to screen transfer, whatever the port */
};

/* 0 and *ret, or -ENOMEM. */
int bounds_forbidden(struct space *space, const struct policy *policy,
		     const struct guideline_forbidden *forbidden, struct bounds_forbidden *ret);

/* From the addresses of from_roles (ROLE_BIT()s) or from_zone to services of the policy of which a
 * name decides: what must not pass before it has been read. 0 and *ret, or -ENOMEM. */
int bounds_inspected(struct space *space, const struct policy *policy,
		     const struct guideline_forbidden *forbidden, uint32_t *ret);
