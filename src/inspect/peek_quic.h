/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A look into a datagram of QUIC: is a ClientHello's name to be seen in it?
 *
 * As peek.h: for captures only, and nothing is permitted by it. Each datagram is looked at by
 * itself; the drafts of QUIC, which the appliance refuses, are opened too. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "inspect/peek.h"

struct peek_quic;

/* NULL if memory ran out or libcrypto has not what it takes. */
struct peek_quic *peek_quic_new(void);
void peek_quic_free(struct peek_quic *quic);

/* A client's datagram. The app is APP_QUIC if an Initial of it could be opened and begins a
 * ClientHello; the name is borrowed until the next call. */
void peek_quic_read(struct peek_quic *quic, const uint8_t *data, size_t len, struct peek *ret);
