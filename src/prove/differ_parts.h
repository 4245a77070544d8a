/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of differ*.c share. */
#pragma once

#include "prove/differ.h"
#include "prove/space.h"

/* Appends the flows of set (see space_flows(); hardware addresses are forgotten) as boxes like the
 * given one, which says what is common to them. 0, -E2BIG or -ENOMEM. */
int differ_list(const struct space *space, uint32_t set, const struct differ_box *like,
		struct differ_result *result);
