/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two rulesets held against each other, not by their text but by what begins to flow: which flows
 * become permitted, which refused, which treated otherwise. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "ruleset/ruleset.h"

enum differ_change {
	DIFFER_OPENED,  /* refused so far, permitted from now on */
	DIFFER_SHUT,    /* permitted so far */
	DIFFER_TREATED, /* permitted before and after, but otherwise */
};

enum differ_treatment {
	DIFFER_NONE,
	DIFFER_INSPECTED, /* the name that the client says decides */
	DIFFER_ADMITTED,  /* address and port decide; the daemon records it */
	DIFFER_ACCEPTED,  /* the kernel lets it pass by itself */
};

/* Protocols first..last, on destination ports. */
struct differ_service {
	uint8_t l4proto_first, l4proto_last;
	uint32_t port_first, port_last; /* 0..65536: whatever the protocol has there */
};

/* Flows that change alike: from every address of one list to every address of the other, in by each
 * of the interfaces and out by each, of each of the services. */
struct differ_box {
	enum differ_change change;
	enum differ_treatment before, after;
	const char *id; /* of the rule that permits (before it is shut): the guideline's flow, or
			 * what else its comment says; "" if none. Of the ruleset */
	char (*in)[16], (*out)[16]; /* "*": any interface that the rules do not name */
	size_t in_count, out_count;
	struct addr_list from, to; /* normal */
	struct differ_service *services;
	size_t service_count;
	int64_t since_s, until_s; /* seconds since 1970 (UTC) where it is so for a time only; 0: no
				   * such bound */
};

struct differ_result {
	struct differ_box *at;
	size_t count, room;
	bool macs_differ; /* some flows may be sent from other hardware addresses than before: not
			   * among the boxes */
};

/* 0 and *ret (cleared with differ_clear(); it borrows from both rulesets), -EBADMSG with why for a
 * rule that is not understood, -E2BIG, or -ENOMEM. */
int differ_rulesets(const struct ruleset *before, const struct ruleset *after,
		    struct differ_result *ret, char why[192]);
void differ_clear(struct differ_result *result);
