/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A client's QUIC datagrams of one flow: Initial packets opened, hellos joined, decided.
 *
 * What comes, and what becomes of it (client's datagrams; the server's are let through by the
 * kernel once the flow is named, and discarded before):
 *
 *                        flow not yet named              named (FLOW_WATCHED)
 *   Initial, new id      held until its hello is whole:  the same: another connection begins, and
 *                        NAME, or refused                must say a permitted name itself
 *   Initial, known       discarded, if the first copy    compared with what was let through of that
 *                        is held                         connection: FOLLOW; other bytes refuse the
 *                                                        flow; further bytes are a second hello,
 *                                                        held until it is whole and has the name
 *   Initial, not to be   refused, if nothing is held;    discarded
 *   opened               else discarded
 *   0-RTT alone          held                            FOLLOW; held, if its Initial is
 *   Handshake alone      discarded                       FOLLOW
 *   short header         discarded                       FOLLOW (the kernel queues none, but at the
 *                                                        beginning)
 *   neither header       refused, if nothing is held;    refused: it may be of another protocol
 *                        else discarded                  that the server speaks
 *   unknown version      refused                         refused
 *   below 1,200 bytes    refused, if nothing is held;    discarded
 *   with an Initial      else discarded
 *   QUIC_DATAGRAM_END    discarded                       discarded
 *   and more
 *
 * A datagram is evidence of nothing: each Initial is judged by itself, and whatever is let through
 * of a connection agrees in every byte with one hello that says a permitted name. So it does not
 * matter which of them the server got. After the server's first answer a client's Initial packets
 * bear the id that the server chose, but the keys of the first one: then the connections of the
 * flow are tried, newest first. The same id in another flow, towards whatever server, is as one
 * that cannot be opened as long as the connection is remembered (quic_table.h).
 *
 * A flow that the kernel knows as watched, but this process no longer: what begins no new
 * connection passes. */
#pragma once

#include <stdint.h>

#include "common/reason.h"
#include "inspect/quic.h"
#include "inspect/reading.h"

/* What becomes of a datagram whose flow is not known. */
enum reading_quic_stray {
	READING_QUIC_BEGINS, /* it needs a flow: reading_quic() with a new one, undecided */
	READING_QUIC_PASS,
	READING_QUIC_DISCARD,
	READING_QUIC_REFUSE, /* because *ret_reason */
};

/* fault and d: what quic_read() said. */
enum reading_quic_stray reading_quic_stray(const struct arrival *arrival, enum reason fault,
					   const struct quic_datagram *d, enum reason *ret_reason);

/* Takes a client's datagram: it is reported at once, or held. The flow may be gone after it. */
void reading_quic(struct reading *r, struct flow *flow, const struct arrival *arrival,
		  enum reason fault, const struct quic_datagram *d, uint64_t now_ms);
