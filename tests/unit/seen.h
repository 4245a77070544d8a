/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An inspector with everything that it says written down, and checked as the broker would. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <string.h>

#include "engine/event.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"
#include "packets.h"

#define SEEN_MAX  4096
#define SEEN_ISN  0xfffffff0U /* so that sequence numbers wrap soon */
#define SEEN_BACK 5000U       /* the server's */

struct seen {
	struct inspector *inspector;
	struct inspector_limits limits;
	struct event events[SEEN_MAX];
	size_t count;
	uint32_t next_id;
	uint64_t now_ms;
	struct flow_key key; /* the client's */
	uint8_t data[PACKETS_MAX];
};

static inline void seen_emit(const struct event *event, void *data)
{
	static struct event_message message;
	struct seen *seen = data;

	message.magic = EVENT_MAGIC;
	message.count = 1;
	message.events[0] = *event;
	ck_assert_int_eq(
		event_message_check(&message, event_message_size(1), seen->limits.flows_max), 0);
	ck_assert_uint_lt(seen->count, SEEN_MAX);
	seen->events[seen->count++] = *event;
}

static inline void seen_begin(struct seen *seen)
{
	*seen = (struct seen){
		.limits = { .flows_max = 64,
			    .buffers_max = 16,
			    .held_max = 64,
			    .timeout_ms = 10000,
			    .forget_ms = 1000,
			    .hash_seed = { 1, 2 } },
		.now_ms = 1000000,
		.key = packets_key(4, IPPROTO_TCP, 50000),
	};
	seen->inspector = inspector_new(&seen->limits, seen_emit, seen);
	ck_assert_ptr_nonnull(seen->inspector);
}

/* The same with other limits. */
static inline void seen_limit(struct seen *seen, const struct inspector_limits *limits)
{
	inspector_free(seen->inspector);
	seen->limits = *limits;
	seen->inspector = inspector_new(&seen->limits, seen_emit, seen);
	ck_assert_ptr_nonnull(seen->inspector);
}

static inline void seen_end(struct seen *seen)
{
	inspector_free(seen->inspector);
	seen->inspector = NULL;
}

/* Shows the len bytes in seen->data as a packet; gives its id. */
static inline uint32_t seen_raw(struct seen *seen, size_t len, uint32_t mark)
{
	struct inspector_packet packet = { .data = seen->data,
					   .len = len,
					   .id = ++seen->next_id,
					   .mark = mark,
					   .iif = 3,
					   .oif = 4 };

	inspector_packet(seen->inspector, &packet, seen->now_ms);
	return packet.id;
}

/* A segment of the client; at counts from its first byte of payload. */
static inline uint32_t seen_client(struct seen *seen, uint8_t flags, size_t at, const void *payload,
				   size_t len)
{
	size_t size = packets_tcp(seen->data, &seen->key, SEEN_ISN + 1 + (uint32_t)at,
				  SEEN_BACK + 1, flags, payload, len);

	return seen_raw(seen, size, 1);
}

static inline uint32_t seen_data(struct seen *seen, size_t at, const void *payload, size_t len)
{
	return seen_client(seen, PACKET_ACK, at, payload, len);
}

static inline uint32_t seen_text(struct seen *seen, size_t at, const char *text)
{
	return seen_data(seen, at, text, strlen(text));
}

static inline uint32_t seen_syn(struct seen *seen, uint32_t isn)
{
	size_t size = packets_tcp(seen->data, &seen->key, isn, 0, PACKET_SYN, NULL, 0);

	return seen_raw(seen, size, 0); /* of a new connection */
}

static inline uint32_t seen_server(struct seen *seen, uint8_t flags, uint32_t ack,
				   const char *payload)
{
	struct flow_key back = packets_back(&seen->key);
	size_t size =
		packets_tcp(seen->data, &back, SEEN_BACK, ack, flags, payload, strlen(payload));

	return seen_raw(seen, size, 1);
}

/* SYN, SYN-ACK; what was said of them is forgotten. */
static inline void seen_open(struct seen *seen)
{
	seen_syn(seen, SEEN_ISN);
	seen_server(seen, PACKET_SYN | PACKET_ACK, SEEN_ISN + 1, "");
	ck_assert_uint_eq(seen->count, 2);
	ck_assert_uint_eq(seen->events[0].type, EVENT_PASS);
	ck_assert_uint_eq(seen->events[1].type, EVENT_PASS);
	seen->count = 0;
}

/* All that was said, as text: "name(a.example)3 follow4 refuse(20)- ..." with the packet's id or
 * '-'; then it is forgotten. */
static inline const char *seen_story(struct seen *seen)
{
	static const char *const types[EVENT_TYPE_COUNT] = {
		[EVENT_PASS] = "pass",     [EVENT_ADMIT] = "admit",   [EVENT_NAME] = "name",
		[EVENT_REFUSE] = "refuse", [EVENT_FOLLOW] = "follow", [EVENT_DISCARD] = "discard",
		[EVENT_ASK] = "ask",       [EVENT_OPEN] = "open",     [EVENT_FORGET] = "forget",
		[EVENT_AGAIN] = "again",
	};
	static char story[65536];
	size_t at = 0;

	story[0] = '\0';
	for (size_t i = 0; i < seen->count; i++) {
		const struct event *e = &seen->events[i];

		at += (size_t)snprintf(story + at, sizeof(story) - at, "%s%s", i == 0 ? "" : " ",
				       types[e->type]);
		if (e->type == EVENT_NAME)
			at += (size_t)snprintf(story + at, sizeof(story) - at, "(%s)", e->name);
		if (e->type == EVENT_REFUSE)
			at += (size_t)snprintf(story + at, sizeof(story) - at, "(%s)",
					       reason_info(e->reason)->slug);
		if (e->has_packet != 0)
			at += (size_t)snprintf(story + at, sizeof(story) - at, "%u", e->packet_id);
		else
			at += (size_t)snprintf(story + at, sizeof(story) - at, "-");
		ck_assert_uint_lt(at, sizeof(story));
	}
	seen->count = 0;
	return story;
}

/* Every packet from id first on had exactly one event; fails where not. */
static inline void seen_each_once(const struct seen *seen, uint32_t first)
{
	for (uint32_t id = first; id <= seen->next_id; id++) {
		unsigned int times = 0;

		for (size_t i = 0; i < seen->count; i++)
			times += seen->events[i].has_packet != 0 && seen->events[i].packet_id == id;
		ck_assert_msg(times == 1, "packet %u has %u events", id, times);
	}
}
