/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For the tests of the walk: packets, and rulesets made by hand. */
#pragma once

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

#include "ruleset/build.h"
#include "ruleset/walk.h"

#define S(...) (&(const struct ruleset_statement){ __VA_ARGS__ })

static inline struct walk_packet probe_tcp(const char *from, const char *to, uint16_t port)
{
	struct walk_packet p = { .iif = "in0",
				 .oif = "out0",
				 .l4proto = IPPROTO_TCP,
				 .sport = 40000,
				 .dport = port,
				 .tcp_flags = 2,
				 .length = 40,
				 .tcp_doff = 5,
				 .ct_state = STATE_NEW };

	ck_assert_int_eq(addr_parse(from, &p.src), 0);
	ck_assert_int_eq(addr_parse(to, &p.dst), 0);
	p.family = p.src.family;
	return p;
}

/* A forward chain that drops, in the making; sets must be made before it. */
static inline void probe_begin_forward(struct build *b)
{
	build_base_chain(b, "forward", HOOK_FORWARD, 0, true);
}

static inline struct ruleset *probe_finish(struct build *b)
{
	struct ruleset *ruleset = NULL;

	ck_assert_int_eq(build_finish(b, &ruleset), 0);
	return ruleset;
}

static inline struct walk_result probe_walk(const struct ruleset *ruleset,
					    const struct walk_packet *p)
{
	struct walk_result r;

	ck_assert_int_eq(walk_ruleset(ruleset, HOOK_FORWARD, p, &r), 0);
	return r;
}

static inline struct addr_range probe_range(const char *text)
{
	struct addr_range r;

	ck_assert_int_eq(addr_range_parse(text, &r), 0);
	return r;
}
