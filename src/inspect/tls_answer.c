/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tells a ServerHello from a HelloRetryRequest. */
#include "inspect/tls_answer.h"

#include <string.h>

#include "common/rd.h"

#define RECORD_HANDSHAKE 22
#define SERVER_HELLO     2
#define HANDSHAKE_HEADER 4
#define RANDOM_LEN       32

/* The hash of "HelloRetryRequest", which stands where a ServerHello has its random bytes. */
static const uint8_t retry[RANDOM_LEN] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c,
	0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
	0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
};

enum tls_answer tls_answer_read(const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	const uint8_t record = rd_u8(&r);
	const uint16_t record_version = rd_u16(&r);
	const uint16_t record_len = rd_u16(&r);
	const uint8_t type = rd_u8(&r);
	const uint32_t message_len = rd_u24(&r);
	const uint16_t version = rd_u16(&r);
	const uint8_t *random = rd_bytes(&r, RANDOM_LEN);

	if (r.bad || record != RECORD_HANDSHAKE || record_version >> 8 != 3 ||
	    type != SERVER_HELLO || version >> 8 != 3)
		return TLS_ANSWER_UNKNOWN;
	/* all that was read must be of this message and this record */
	if (message_len < 2 + RANDOM_LEN || record_len < HANDSHAKE_HEADER + 2 + RANDOM_LEN)
		return TLS_ANSWER_UNKNOWN;
	return memcmp(random, retry, RANDOM_LEN) == 0 ? TLS_ANSWER_RETRY : TLS_ANSWER_HELLO;
}
