/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads long headers and frames by the bounded reader. */
#include "inspect/quic.h"

#include <string.h>

#include "inspect/quic_keys.h"

#define BIT_LONG  0x80U
#define BIT_FIXED 0x40U

/* Packet types of version 1, by the two bits behind the fixed one. */
enum long_type { TYPE_INITIAL, TYPE_ZERO_RTT, TYPE_HANDSHAKE, TYPE_RETRY };

#define FRAME_PADDING 0x00
#define FRAME_PING    0x01
#define FRAME_ACK     0x02
#define FRAME_ACK_ECN 0x03
#define FRAME_CRYPTO  0x06
#define FRAME_CLOSE   0x1c /* of the transport; that of the application is for 1-RTT */

/* Source: RFC 9000 section 16. */
static uint64_t read_number(struct rd *r)
{
	const uint8_t *at = rd_bytes(r, 1);
	uint64_t value;
	size_t more;

	if (at == NULL)
		return 0;
	value = at[0] & 0x3f;
	more = ((size_t)1 << (at[0] >> 6)) - 1;
	at = rd_bytes(r, more);
	if (r->bad)
		return 0;
	for (size_t i = 0; i < more; i++)
		value = value << 8 | at[i];
	return value;
}

/* The type of a long-header packet, in version 1's numbers. */
static enum long_type type_of(uint32_t version, uint8_t first)
{
	/* version 2 counts from Retry on */
	const unsigned int shift = version == QUIC_VERSION_2 ? 3 : 0;

	return (enum long_type)(((first >> 4) + shift) & 3U);
}

/* The connection id as it stands in every long header. */
static bool take_id(struct rd *r, struct quic_datagram *d)
{
	const uint8_t len = rd_u8(r);
	const uint8_t *id = rd_bytes(r, len);

	if (r->bad || len > QUIC_ID_MAX)
		return false;
	if (d->count != 0)
		return len == d->id_len && memcmp(id, d->id, len) == 0;
	d->id = id;
	d->id_len = len;
	return true;
}

static bool skip_source_id(struct rd *r)
{
	const uint8_t len = rd_u8(r);

	rd_skip(r, len);
	return !r->bad && len <= QUIC_ID_MAX;
}

static bool take_type(enum long_type type, struct rd *r, struct quic_packet *p)
{
	uint64_t token_len;

	switch (type) {
	case TYPE_INITIAL:
		p->kind = QUIC_INITIAL;
		token_len = read_number(r);
		if (token_len > r->left)
			return false;
		rd_skip(r, (size_t)token_len);
		return true;
	case TYPE_ZERO_RTT:
		p->kind = QUIC_ZERO_RTT;
		return true;
	case TYPE_HANDSHAKE:
		p->kind = QUIC_HANDSHAKE;
		return true;
	case TYPE_RETRY: /* servers alone */
		break;
	}
	return false;
}

static enum reason take_long(struct rd *r, struct quic_datagram *d)
{
	struct quic_packet p = { .at = r->at };
	const uint8_t first = rd_u8(r);
	const uint32_t version = rd_u32(r);
	uint64_t len;

	if (r->bad)
		return REASON_QUIC_MALFORMED;
	if (version != QUIC_VERSION_1 && version != QUIC_VERSION_2)
		return REASON_QUIC_VERSION;
	if (d->count == QUIC_PACKETS_MAX || (d->count != 0 && version != d->version))
		return REASON_QUIC_MALFORMED;
	d->version = version;
	if (!take_id(r, d) || !skip_source_id(r) || !take_type(type_of(version, first), r, &p))
		return REASON_QUIC_MALFORMED;
	len = read_number(r);
	if (r->bad || len > r->left)
		return REASON_QUIC_MALFORMED;
	p.number_offset = (size_t)(r->at - p.at);
	p.len = p.number_offset + (size_t)len;
	rd_skip(r, (size_t)len);
	d->has_initial |= p.kind == QUIC_INITIAL;
	d->has_zero_rtt |= p.kind == QUIC_ZERO_RTT;
	d->packets[d->count++] = p;
	return REASON_NONE;
}

enum reason quic_read(const uint8_t *data, size_t len, struct quic_datagram *ret)
{
	struct rd r = rd_of(data, len);
	struct quic_datagram d = { .count = 0 };

	if (len == 0 || (data[0] & (BIT_LONG | BIT_FIXED)) == 0)
		return REASON_NOT_QUIC;
	while (r.left != 0 && (r.at[0] & BIT_LONG) != 0) {
		const enum reason fault = take_long(&r, &d);

		if (fault != REASON_NONE)
			return fault;
	}
	*ret = d;
	return REASON_NONE;
}

static void skip_ack(struct rd *r, bool ecn)
{
	uint64_t ranges;

	(void)read_number(r); /* largest acknowledged */
	(void)read_number(r); /* delay */
	ranges = read_number(r);
	(void)read_number(r); /* first range */
	while (ranges-- != 0 && !r->bad) {
		(void)read_number(r);
		(void)read_number(r);
	}
	for (int i = 0; ecn && i < 3; i++)
		(void)read_number(r);
}

static void skip_close(struct rd *r)
{
	uint64_t len;

	(void)read_number(r); /* error */
	(void)read_number(r); /* type of the frame that caused it */
	len = read_number(r);
	if (len > r->left)
		r->bad = true;
	else
		rd_skip(r, (size_t)len);
}

static void take_crypto(struct rd *r, struct quic_crypto *ret)
{
	uint64_t len;

	ret->offset = read_number(r);
	len = read_number(r);
	if (len > r->left)
		r->bad = true;
	ret->len = r->bad ? 0 : (size_t)len;
	ret->at = rd_bytes(r, ret->len);
}

enum quic_frame quic_next_crypto(struct rd *frames, struct quic_crypto *ret)
{
	while (frames->left != 0) {
		/* the shortest encoding is the only one that a server must take */
		switch (rd_u8(frames)) {
		case FRAME_PADDING:
		case FRAME_PING:
			break;
		case FRAME_ACK:
			skip_ack(frames, false);
			break;
		case FRAME_ACK_ECN:
			skip_ack(frames, true);
			break;
		case FRAME_CLOSE:
			skip_close(frames);
			break;
		case FRAME_CRYPTO:
			take_crypto(frames, ret);
			return frames->bad ? QUIC_FRAME_BAD : QUIC_FRAME_CRYPTO;
		default:
			return QUIC_FRAME_BAD;
		}
		if (frames->bad)
			return QUIC_FRAME_BAD;
	}
	return frames->bad ? QUIC_FRAME_BAD : QUIC_FRAME_END;
}
