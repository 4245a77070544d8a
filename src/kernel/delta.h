/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one ruleset in the kernel to the next by sending only what differs. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "kernel/apply.h"
#include "kernel/lowered.h"

struct nlsock;

struct delta_options {
	enum apply_queue queue;
	struct nlsock *sock;
	uint32_t *ret_commits; /* grows by one with each transaction that takes effect */
	bool *ret_unclean;     /* done, but something of former's could not be taken away */
};

/* former is just what is in the kernel; next was made with it (see lowered_make()). Hash sets get
 * and lose elements where they are; other sets that differ are laid beside the old ones first, and
 * the rules that look into them change in the second transaction, with all else. In a third goes
 * what is no longer needed. 0; -ENOTSUP: what
 * differs cannot be changed so (a chain that hooks elsewhere now); or -errno. On failure all is as
 * it was. */
int delta_apply(const struct lowered *former, const struct lowered *next,
		const struct delta_options *options);
