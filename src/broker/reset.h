/* SPDX-License-Identifier: GPL-2.0-or-later */
/* TCP resets that end a refused flow at an end which the kernel's own reject does not reach.
 *
 * The segments are built from numbers alone (addresses, ports, sequence number as an engine
 * reported them); no byte of a packet comes near. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/flow_key.h"

#define RESET_SEGMENT_MAX 60 /* IPv6 header and TCP header */

struct reset;

/* Opens a raw socket for each family, marked MARK_OWN_RESET. Needs CAP_NET_RAW and CAP_NET_ADMIN;
 * sending needs neither. 0 and *ret (the caller frees with reset_free), or -errno. A kernel without
 * IPv6 is no error: resets of that family then answer -EAFNOSUPPORT. */
int reset_open(struct reset **ret);
void reset_free(struct reset *reset);

/* Sends a reset of the TCP flow to its server (in the client's name), or to its client (in the
 * server's). sequence: what the receiving end expects next. Never blocks. 0 or -errno. */
int reset_send(const struct reset *reset, const struct flow_key *key, bool to_server,
	       uint32_t sequence);

/* Builds the segment, IP header included, into out and returns its length. Pure.
 * Source: RFC 791, RFC 8200, RFC 9293 section 3.1. */
size_t reset_build(const struct flow_key *key, bool to_server, uint32_t sequence,
		   uint8_t out[RESET_SEGMENT_MAX]);
