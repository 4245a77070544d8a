/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rules of other tables may do without touching what ours go by. */
#pragma once

struct nlattr; /* <linux/netlink.h> */

/* Judges an expression of another table's rule by its name and what is nested in its data. NULL:
 * known to be harmless; else what it does, in words that stand behind "a rule of another table".
 * What is not known is not harmless. Source: net/netfilter/nft_*.c, xt_*.c. */
const char *readback_harmless_fault(const char *name, const struct nlattr *data);

/* The same for a verdict (in a rule, or in an element of a map). */
const char *readback_harmless_verdict_fault(const struct nlattr *verdict);
