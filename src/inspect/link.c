/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Steps over Ethernet, VLAN tags, MPLS, PPP and the headers that captures have instead of them. */
#include "inspect/link.h"

#include <stdbool.h>

#include "common/rd.h"

/* Tags, labels and changes of protocol in one frame; honest frames have three or four. */
#define STEPS_MAX 16

#define ETHERTYPE_IPV4    0x0800
#define ETHERTYPE_IPV6    0x86dd
#define ETHERTYPE_VLAN    0x8100
#define ETHERTYPE_QINQ    0x88a8
#define ETHERTYPE_QINQ1   0x9100
#define ETHERTYPE_QINQ2   0x9200
#define ETHERTYPE_MPLS    0x8847
#define ETHERTYPE_MPLS_MC 0x8848
#define ETHERTYPE_PPPOE   0x8864
#define LENGTH_MAX        1500 /* up to here, the field is a length and LLC follows */

#define PPP_IPV4    0x0021
#define PPP_IPV6    0x0057
#define PPP_MPLS    0x0281
#define PPP_MPLS_MC 0x0283

/* What the next bytes are. */
enum next {
	NEXT_IP,
	NEXT_OTHER,
	NEXT_ETHERTYPE, /* two bytes that say */
	NEXT_LLC,
	NEXT_MPLS,
	NEXT_PPPOE,
	NEXT_PPP,
};

static enum next next_of_ethertype(uint16_t type)
{
	switch (type) {
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
		return NEXT_IP;
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MC:
		return NEXT_MPLS;
	case ETHERTYPE_PPPOE:
		return NEXT_PPPOE;
	default:
		return type <= LENGTH_MAX ? NEXT_LLC : NEXT_OTHER;
	}
}

static bool is_tag(uint16_t type)
{
	return type == ETHERTYPE_VLAN || type == ETHERTYPE_QINQ || type == ETHERTYPE_QINQ1 ||
	       type == ETHERTYPE_QINQ2;
}

static enum next step_ethertype(struct rd *r)
{
	uint16_t type = rd_u16(r);

	if (!is_tag(type))
		return next_of_ethertype(type);
	rd_skip(r, 2);
	return NEXT_ETHERTYPE;
}

/* Only SNAP with Ethernet's own types leads to IP. */
static enum next step_llc(struct rd *r)
{
	if (rd_u24(r) != 0xaaaa03 || rd_u24(r) != 0)
		return NEXT_OTHER;
	return NEXT_ETHERTYPE;
}

/* Nothing says what follows the last label; IP tells itself by its version. */
static enum next step_mpls(struct rd *r)
{
	uint32_t label = rd_u32(r);
	uint8_t version;

	if ((label & 0x100) == 0)
		return NEXT_MPLS;
	if (r->left == 0)
		rd_skip(r, 1);
	version = r->bad ? 0 : r->at[0] >> 4;
	return version == 4 || version == 6 ? NEXT_IP : NEXT_OTHER;
}

static enum next step_pppoe(struct rd *r)
{
	rd_skip(r, 6);
	return NEXT_PPP;
}

/* Address, control and the upper byte of the protocol may be left out. */
static enum next step_ppp(struct rd *r)
{
	uint16_t protocol;

	if (r->left < 2 || (r->at[0] == 0xff && r->at[1] == 0x03))
		rd_skip(r, 2);
	protocol = rd_u8(r);
	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | rd_u8(r));
	if (protocol == PPP_IPV4 || protocol == PPP_IPV6)
		return NEXT_IP;
	return protocol == PPP_MPLS || protocol == PPP_MPLS_MC ? NEXT_MPLS : NEXT_OTHER;
}

/* The numbers that systems have for IPv4 and IPv6. A number in the other byte order has its low
 * half empty. */
static enum next step_loopback(struct rd *r)
{
	uint32_t family = rd_u32(r);

	if ((family & 0xffff) == 0)
		family = family >> 24 | (family >> 8 & 0xff00);
	switch (family) {
	case 2:  /* IPv4 everywhere */
	case 10: /* Linux */
	case 23: /* Windows */
	case 24: /* NetBSD, OpenBSD */
	case 28: /* FreeBSD */
	case 30: /* Darwin */
		return NEXT_IP;
	default:
		return NEXT_OTHER;
	}
}

static enum next step_cooked2(struct rd *r)
{
	uint16_t type = rd_u16(r);

	rd_skip(r, 18);
	if (!is_tag(type))
		return next_of_ethertype(type);
	rd_skip(r, 2);
	return NEXT_ETHERTYPE;
}

/* The header that the whole capture begins its frames with. */
static enum next begin(enum link_kind kind, struct rd *r)
{
	switch (kind) {
	case LINK_ETHERNET:
		rd_skip(r, 12);
		return NEXT_ETHERTYPE;
	case LINK_RAW:
		return NEXT_IP;
	case LINK_COOKED1:
		rd_skip(r, 14);
		return NEXT_ETHERTYPE;
	case LINK_COOKED2:
		return step_cooked2(r);
	case LINK_LOOPBACK:
		return step_loopback(r);
	case LINK_PPP:
		return NEXT_PPP;
	case LINK_PPPOE:
		return NEXT_PPPOE;
	case LINK_CHDLC:
		rd_skip(r, 2);
		return NEXT_ETHERTYPE;
	case LINK_KIND_COUNT:
		break;
	}
	return NEXT_OTHER;
}

static enum next step(enum next next, struct rd *r)
{
	switch (next) {
	case NEXT_ETHERTYPE:
		return step_ethertype(r);
	case NEXT_LLC:
		return step_llc(r);
	case NEXT_MPLS:
		return step_mpls(r);
	case NEXT_PPPOE:
		return step_pppoe(r);
	case NEXT_PPP:
		return step_ppp(r);
	case NEXT_IP:
	case NEXT_OTHER:
		break;
	}
	return next;
}

enum link_result link_read(enum link_kind kind, const uint8_t *frame, size_t len,
			   struct link_payload *ret)
{
	struct rd r = rd_of(frame, len);
	enum next next = begin(kind, &r);

	for (int steps = 0; next != NEXT_IP && next != NEXT_OTHER; steps++) {
		if (steps == STEPS_MAX)
			return LINK_BROKEN;
		next = step(next, &r);
		if (r.bad)
			return LINK_BROKEN;
	}
	if (r.bad || (next == NEXT_IP && r.left == 0))
		return LINK_BROKEN;
	if (next == NEXT_OTHER)
		return LINK_OTHER;
	*ret = (struct link_payload){ .data = r.at, .len = r.left };
	return LINK_IP;
}
