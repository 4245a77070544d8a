/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads IPv4, IPv6, TCP and UDP headers. */
#include "inspect/packet.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

#include "common/rd.h"

#define IPV4_MORE_FRAGMENTS 0x2000U
#define IPV4_OFFSET_MASK    0x1fffU
#define EXTENSIONS_MAX      8 /* headers; honest packets have one or two */

/* Leaves in *ret_rest what follows the header. */
static int read_ipv4(struct rd r, struct packet *p, struct rd *ret_rest)
{
	size_t len = r.left;
	size_t header = (size_t)(rd_u8(&r) & 0x0f) * 4;
	uint16_t total, fragment;
	const uint8_t *addresses;

	rd_skip(&r, 1);
	total = rd_u16(&r);
	rd_skip(&r, 2);
	fragment = rd_u16(&r);
	rd_skip(&r, 1);
	p->key.l4proto = rd_u8(&r);
	rd_skip(&r, 2);
	addresses = rd_bytes(&r, 8);
	if (addresses == NULL)
		return -EBADMSG;
	memcpy(p->key.src.b, addresses, 4);
	memcpy(p->key.dst.b, addresses + 4, 4);
	if (header < 20 || header > len || total != len)
		return -EBADMSG;
	if ((fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) != 0)
		return -EBADMSG;
	rd_skip(&r, header - 20);
	*ret_rest = r;
	return r.bad ? -EBADMSG : 0;
}

/* True if next is an extension header that stands between IP and transport. */
static bool is_extension(uint8_t next)
{
	return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING || next == IPPROTO_DSTOPTS ||
	       next == IPPROTO_FRAGMENT;
}

/* Steps over one extension header of kind, and gives the kind of the next in *kind. */
static int skip_extension(struct rd *r, uint8_t *kind)
{
	uint8_t next = rd_u8(r);
	uint8_t length = rd_u8(r);
	uint16_t word = rd_u16(r);

	/* An atomic fragment (offset 0, no more) is whole; anything else is not. */
	if (*kind == IPPROTO_FRAGMENT && (word & 0xfff9U) != 0)
		return -EBADMSG;
	/* Segments left: its way ends at another address than the one that was judged. */
	if (*kind == IPPROTO_ROUTING && (word & 0xffU) != 0)
		return -EBADMSG;
	rd_skip(r, *kind == IPPROTO_FRAGMENT ? 4 : 4 + (size_t)length * 8);
	*kind = next;
	return r->bad ? -EBADMSG : 0;
}

static int read_ipv6(struct rd r, struct packet *p, struct rd *ret_rest)
{
	const uint8_t *addresses;
	uint16_t payload;
	uint8_t kind;
	int extensions = 0;

	rd_skip(&r, 4);
	payload = rd_u16(&r);
	kind = rd_u8(&r);
	rd_skip(&r, 1);
	addresses = rd_bytes(&r, 32);
	if (addresses == NULL)
		return -EBADMSG;
	memcpy(p->key.src.b, addresses, 16);
	memcpy(p->key.dst.b, addresses + 16, 16);
	if (payload != r.left)
		return -EBADMSG;
	while (is_extension(kind)) {
		if (++extensions > EXTENSIONS_MAX || skip_extension(&r, &kind) < 0)
			return -EBADMSG;
	}
	p->key.l4proto = kind;
	*ret_rest = r;
	return 0;
}

/* True for the combinations that some state of TCP sends. Source: RFC 9293 section 3.10. */
static bool flags_hold_together(uint8_t flags, bool payload)
{
	/* A receiver takes the urgent byte out of its stream, though another segment carry it: it
	 * would read other bytes than were read here. */
	if ((flags & PACKET_URG) != 0)
		return false;
	if ((flags & PACKET_SYN) != 0)
		return (flags & (PACKET_FIN | PACKET_RST)) == 0;
	if ((flags & PACKET_RST) != 0)
		return (flags & PACKET_FIN) == 0 && !payload;
	/* A receiver drops what has no ACK. */
	return (flags & PACKET_ACK) != 0;
}

static int read_tcp(struct rd r, struct packet *p)
{
	size_t header;

	p->key.sport = rd_u16(&r);
	p->key.dport = rd_u16(&r);
	p->seq = rd_u32(&r);
	p->ack = rd_u32(&r);
	header = (size_t)(rd_u8(&r) >> 4) * 4;
	p->flags = rd_u8(&r);
	rd_skip(&r, 6);
	if (r.bad || header < 20)
		return -EBADMSG;
	rd_skip(&r, header - 20);
	if (r.bad || !flags_hold_together(p->flags, r.left != 0))
		return -EBADMSG;
	p->payload = r.at;
	p->payload_len = r.left;
	return 0;
}

static int read_udp(struct rd r, struct packet *p)
{
	size_t len = r.left;
	uint16_t length;

	p->key.sport = rd_u16(&r);
	p->key.dport = rd_u16(&r);
	length = rd_u16(&r);
	rd_skip(&r, 2);
	if (r.bad || length < 8 || length > len)
		return -EBADMSG;
	p->payload = r.at;
	/* what lies behind it is no part of the datagram (RFC 9868) */
	p->payload_len = length - 8U;
	return 0;
}

int packet_parse(const uint8_t *data, size_t len, struct packet *ret)
{
	struct rd r = rd_of(data, len);
	struct rd rest = rd_of(NULL, 0);
	uint8_t version = len == 0 ? 0 : data[0] >> 4;
	int fault;

	memset(ret, 0, sizeof(*ret));
	ret->key.src.family = ret->key.dst.family = version == 6 ? 6 : 4;
	if (version == 4)
		fault = read_ipv4(r, ret, &rest);
	else if (version == 6)
		fault = read_ipv6(r, ret, &rest);
	else
		return -EBADMSG;
	if (fault < 0)
		return fault;
	if (ret->key.l4proto == IPPROTO_TCP)
		return read_tcp(rest, ret);
	if (ret->key.l4proto == IPPROTO_UDP)
		return read_udp(rest, ret);
	return 0;
}
