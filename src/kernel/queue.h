/* SPDX-License-Identifier: GPL-2.0-or-later */
/* NFQUEUE: binding a queue, reading packets out of it, and giving verdicts on them.
 *
 * The one who binds keeps the socket and gives the verdicts (CAP_NET_ADMIN on each of them);
 * another process may read the inherited descriptor without any capability. Source:
 * linux/netfilter/nfnetlink_queue.h. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nlsock;
struct queue_sender;

/* Binds queue number on sock: whole packets, unsegmented (GSO), no fail-open, at most length
 * packets waiting in the kernel (1..; 0 leaves the kernel's default). Several queues may share a
 * socket. 0, or -errno (-EPERM: no CAP_NET_ADMIN, or bound by someone else; -EBUSY: bound by
 * someone else). */
int queue_bind(struct nlsock *sock, uint16_t number, uint32_t length);

/* Gives the queue back: packets still in it are dropped by the kernel. 0 or -errno. Only while no
 * packets arrive (tests); else just close the socket. */
int queue_unbind(struct nlsock *sock, uint16_t number);

/* One queued packet. payload points into the buffer that was read. */
struct queue_packet {
	uint32_t id;            /* for the verdict; counts up for each queue */
	uint16_t queue;         /* number */
	uint8_t hook;           /* NF_INET_FORWARD ... */
	uint16_t ethertype;     /* ETH_P_IP, ETH_P_IPV6 ...; 0 if not told */
	uint32_t iif, oif;      /* interface indexes, 0 if not told */
	uint32_t mark;          /* packet mark */
	const uint8_t *payload; /* from the IP header on; NULL if the kernel sent none */
	uint32_t len;           /* bytes at payload */
	uint32_t full_len;      /* bytes of the packet itself; more than len if it was cut */
	bool truncated;
};

/* Walks through what one receive call gave. Zero-initialise, set data and len. */
struct queue_reader {
	const void *data;
	size_t len;
	uint32_t errors;    /* error answers met (a verdict that the kernel refused) */
	int last_error;     /* of the last one, -errno */
	uint32_t malformed; /* messages that do not hold together: nothing can be done about their
			       packets */
};

/* 1 and *ret the next packet, or 0 at the end. Never reads outside of data, whatever it holds.
 * Other messages are passed over and counted in the reader. */
int queue_next(struct queue_reader *reader, struct queue_packet *ret);

/* A verdict. kind NF_ACCEPT or NF_DROP; mark is always set on the packet (0 clears it). */
struct queue_verdict {
	uint32_t id;
	uint32_t kind;
	uint32_t mark;
};

/* Verdicts in one sendmsg; more are sent in several. */
#define QUEUE_BATCH_MAX 64

/* A sender of verdicts for one queue, with its buffer made beforehand. It borrows sock until it is
 * freed. 0 or -ENOMEM. */
int queue_sender_new(struct nlsock *sock, uint16_t number, struct queue_sender **ret);
void queue_sender_free(struct queue_sender *sender);
void queue_sender_freep(struct queue_sender **sender);

/* Sends count verdicts, without asking for answers: a verdict that the kernel refuses (-ENOENT: it
 * has no such packet any more) shows as an error in the read stream. No allocation. 0, or -errno of
 * the send; then some may have been given. */
int queue_send_verdicts(struct queue_sender *sender, const struct queue_verdict *verdicts,
			size_t count);

/* Gives one verdict to every packet of the queue, also to those that nobody has read yet; newest_id
 * is the newest id known (0 if none). For the packets of a dead reader. 0 or -errno; an empty queue
 * is an error only in the read stream. */
int queue_send_verdict_to_all(struct queue_sender *sender, uint32_t newest_id, uint32_t kind,
			      uint32_t mark);
