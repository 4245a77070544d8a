/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The bits of the connection mark (and of the packet mark that carries them) that Sekisho uses.
 *
 * Forwarded packets start with packet mark 0. A queue verdict sets the packet mark; the base chain
 * "settle" copies it to the connection mark. The connection mark outlives the daemon: all that is
 * needed to judge an open flow again under another policy is in it and in the flow's addresses. */
#pragma once

#include <stdint.h>

#define MARK_STATE_MASK 0x00000007U
enum mark_state {
	MARK_NONE = 0,
	MARK_UNDECIDED = 1, /* inspected; no name yet: payload goes to the queue */
	MARK_GUARDED = 2,   /* named; the client's payload goes to the queue, to be compared with
			     * what was read, until it has said what cannot be another hello */
	MARK_OPEN = 3,      /* decided: leaves the queue */
	MARK_WATCHED = 4,   /* plain HTTP: every request of the client goes to the queue; QUIC
			     * (UDP): every packet of the client that may begin a connection */
	MARK_REFUSED = 5,   /* both ends get a reset */
	MARK_PROVING = 6, /* as guarded, and the server's packets go to the queue as well, until one
			   * acknowledges what was read */
};

/* The flow was decided by name (else by address and port). */
#define MARK_INSPECTED 0x00000008U

/* On a queued packet: the kernel permits it by address and port; only its record is wanted. */
#define MARK_ADMIT 0x00000010U

/* The flow is open by an exception of the policy: it stays so only as long as the kernel still has
 * the exception's addresses and ports, and each of its packets is looked up. */
#define MARK_EXCEPTION 0x00000040U

/* For inspected flows: a hash of the name pattern that permitted it, see names_pattern_mark(). */
#define MARK_NAME_SHIFT 8
#define MARK_NAME_MASK  0xffffff00U

/* Packets the appliance itself makes to end a refused flow at the server (SO_MARK). */
#define MARK_OWN_RESET 0x00000020U
