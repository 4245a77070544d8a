/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFLOG: what kernel rules tell of the packets they refuse. Source:
 * linux/netfilter/nfnetlink_log.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlsock;

/* Bytes of each packet that are copied: enough for IPv6, some extension headers and TCP. */
#define NFLOG_COPY_BYTES 128U

/* Binds group on sock: the first NFLOG_COPY_BYTES of each packet, sent at once when threshold
 * packets have gathered or flush_ms (10..2550, in steps of 10) have passed. 0 or -errno (-EBUSY,
 * -EPERM: bound by someone else). */
int nflog_bind(struct nlsock *sock, uint16_t group, uint32_t threshold, uint32_t flush_ms);

/* One logged packet. Pointers go into the buffer that was read. */
struct nflog_packet {
	const char *prefix; /* of the rule; "" if none; NUL-terminated */
	uint32_t iif, oif;  /* interface indexes, 0 if none */
	uint32_t mark;      /* packet mark */
	uint8_t hook;
	uint16_t group;
	bool has_seq;
	uint32_t seq; /* counts the group's packets, those included that were lost on the way to us
		       */
	const uint8_t *payload; /* from the IP header on; NULL if none */
	uint32_t len;
};

/* Walks through what one receive call gave (nlsock_receive's -ENOBUFS means an overrun: packets
 * were lost). Zero- initialise, set data and len. */
struct nflog_reader {
	const void *data;
	size_t len;
	uint32_t errors, malformed; /* error answers and broken messages that were passed over */
};

/* 1 and *ret the next packet, or 0 at the end. Never reads outside of data. */
int nflog_next(struct nflog_reader *reader, struct nflog_packet *ret);

/* How many packets are missing before this one, given the state that starts zeroed for each bound
 * group. */
struct nflog_sequence {
	bool started;
	uint32_t next;
};
uint32_t nflog_count_missing(struct nflog_sequence *state, const struct nflog_packet *packet);
