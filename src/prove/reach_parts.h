/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of reach*.c share. */
#pragma once

#include "prove/reach.h"

/* What a statement does with a set of packets. */
struct reach_step {
	uint32_t on;   /* those that go on to the next statement */
	uint32_t next; /* those for which the rule ends here: on to the next rule */
};

/* A match, or an action without a verdict, done to the packets of in. 0, or -EBADMSG with why. */
int reach_statement(struct reach *reach, const struct ruleset_statement *s, uint32_t in,
		    struct reach_step *ret);

/* The packets that a map gives that verdict. */
struct reach_target {
	struct ruleset_verdict verdict;
	uint32_t set;
};
#define REACH_TARGETS_MAX 64

/* Targets of the map that the statement looks up, into out; *ret_count. 0 or -EBADMSG. */
int reach_targets(struct reach *reach, const struct ruleset_statement *s,
		  struct reach_target out[REACH_TARGETS_MAX], size_t *ret_count);

/* Sets why and gives -EBADMSG. */
int reach_refuse(struct reach *reach, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
