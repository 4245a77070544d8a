/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the log reader (an engine that reads the NFLOG socket) tells the broker about decisions that
 * kernel rules took. Fixed size; numbers, and the rule's prefix, bounded and checked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/flow_key.h"

#define KERNEL_EVENT_PREFIX     "sekisho:" /* begins every prefix; the same as the compiler's */
#define KERNEL_EVENT_PREFIX_MAX 64         /* with NUL; the kernel's limit is 128 */
#define KERNEL_EVENT_BATCH_MAX  32
#define KERNEL_EVENT_MAGIC      0x53454b32U /* "SEK2" */

struct kernel_event {
	char prefix[KERNEL_EVENT_PREFIX_MAX]; /* the rule's log prefix; NUL padded */
	uint32_t iif, oif;                    /* interface indexes, 0 if none */
	uint8_t family; /* 4 or 6, 0 if the headers could not be read: then no more is set */
	uint8_t l4proto;
	uint16_t sport, dport; /* host order; 0 where the protocol has none */
	uint8_t src[16], dst[16];
	uint8_t reserved[2];
};

struct kernel_event_message {
	uint32_t magic;
	uint32_t count;      /* 0..KERNEL_EVENT_BATCH_MAX; 0 where only the counts have moved */
	uint64_t missing;    /* logged packets that the kernel could not hand over, so far */
	uint64_t unreadable; /* messages that are none of ours, so far */
	struct kernel_event events[KERNEL_EVENT_BATCH_MAX];
};

/* Bytes of a message with count events. */
size_t kernel_event_message_size(uint32_t count);

/* Fills *ret from a logged packet: prefix of prefix_len bytes, and the bytes from the IP header on
 * (perhaps cut short: what is missing stays 0). 0, or -EBADMSG where the prefix is not one the
 * compiler makes. */
int kernel_event_read(const char *prefix, size_t prefix_len, const uint8_t *packet,
		      size_t packet_len, struct kernel_event *ret);

/* Checks a received message of len bytes: magic, count and size agree; every prefix is
 * NUL-terminated and of lower-case letters, digits, '-', '_', '.' and ':' after "sekisho:";
 * families in range. 0 or -EBADMSG. */
int kernel_event_message_check(const void *message, size_t len);

/* The flow of an event; family must not be 0. */
void kernel_event_flow_key(const struct kernel_event *event, struct flow_key *ret);
