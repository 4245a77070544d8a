/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's table of open flows: walking it by mark, changing a flow's mark, and
 * deleting it. Source:
 * linux/netfilter/nfnetlink_conntrack.h. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/flow_key.h"

struct nlsock;

struct conntrack_entry {
	struct flow_key key; /* of the original direction; ports 0 for ICMP */
	uint32_t mark;       /* connection mark */
	uint32_t id;         /* the kernel's number of this very entry */
	uint16_t zone;
	bool replied; /* packets were seen both ways */
	bool is_over; /* TCP: closed by both ends or reset; the kernel remembers it a while longer
		       */
	bool is_icmp; /* then these name the flow in place of ports */
	uint8_t icmp_type, icmp_code;
	uint16_t icmp_id;
};

/* A negative return ends the walk with it. The socket is busy: collect, and change marks
 * afterwards. */
typedef int conntrack_callback(const struct conntrack_entry *entry, void *data);

/* Calls back for each flow, IPv4 and IPv6, with (mark & mask) == value; mask 0 is every flow.
 * Entries that cannot be read are left out and counted in *ret_skipped (may be NULL). 0 or -errno
 * (-EINTR: the table changed so that the walk may be incomplete: do it again). */
int conntrack_walk(struct nlsock *sock, uint32_t value, uint32_t mask, conntrack_callback *callback,
		   void *data, uint32_t *ret_skipped);

/* Sets the mark bits of mask to those of value for the flow with entry's key (and ICMP fields) and
 * zone, be it the same entry or a later one. 0, or -ENOENT (no such flow any more), or -errno. */
int conntrack_set_mark(struct nlsock *sock, const struct conntrack_entry *entry, uint32_t value,
		       uint32_t mask);

/* Deletes the flow with entry's key (and ICMP fields) and zone, be it the same entry or a later
 * one. 0, or -ENOENT (no such flow any more), or -errno. */
int conntrack_delete(struct nlsock *sock, const struct conntrack_entry *entry);
