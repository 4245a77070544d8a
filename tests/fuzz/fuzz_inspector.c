/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A script of packets of a few flows: every packet has exactly one event, every event is one that
 * the broker would take, and in the end nothing is left.
 *
 * Sources have shares: bit 6 tells two of them apart.
 *
 * A step of the script: what (1 byte), where (2 bytes), length (1 byte), and that many bytes. What:
 * bits 0-2 the packet, bits 3-4 the client's port, bit 5 time passes, bit 6 IPv6, bit 7 fill the
 * payload up with zeros. */
#include <stdlib.h>
#include <string.h>

#include "../unit/packets.h"
#include "common/mark.h"
#include "common/rd.h"
#include "engine/event.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"

#define PACKETS   4096
#define FLOWS_MAX 16
#define ISN       0xffffff00U
#define FILL      6000

enum what { SYN, SYN_ACK, DATA, DATA_FIN, SERVER_DATA, ADMIT, RESET, RAW };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t events_of[PACKETS];
static uint8_t packet_data[PACKETS_MAX];
static struct event_message message;

static void emit(const struct event *event, void *data)
{
	(void)data;
	message.magic = EVENT_MAGIC;
	message.count = 1;
	message.events[0] = *event;
	if (event_message_check(&message, event_message_size(1), FLOWS_MAX) < 0)
		abort();
	if (event->has_packet != 0 &&
	    (event->packet_id >= PACKETS || ++events_of[event->packet_id] != 1))
		abort();
}

/* Builds the packet of a step; gives its length. */
static size_t build(uint8_t what, uint16_t where, const uint8_t *bytes, size_t len)
{
	static uint8_t payload[256 + FILL];
	struct flow_key key = packets_key((what & 0x40) != 0 ? 6 : 4, IPPROTO_TCP, what >> 3 & 3);
	struct flow_key back = packets_back(&key);
	uint32_t seq = ISN + 1 + where;

	if (len != 0)
		memcpy(payload, bytes, len);
	if ((what & 0x80) != 0) {
		memset(payload + len, 0, FILL);
		len += FILL;
	}
	switch ((enum what)(what & 7)) {
	case SYN:
		return packets_tcp(packet_data, &key, ISN + where / 4096, 0, PACKET_SYN, payload,
				   len);
	case SYN_ACK:
		return packets_tcp(packet_data, &back, where, ISN + 1, PACKET_SYN | PACKET_ACK,
				   NULL, 0);
	case DATA:
		return packets_tcp(packet_data, &key, seq, 1, PACKET_ACK, payload, len);
	case DATA_FIN:
		return packets_tcp(packet_data, &key, seq, 1, PACKET_ACK | PACKET_FIN, payload,
				   len);
	case SERVER_DATA:
		return packets_tcp(packet_data, &back, where, 1, PACKET_ACK, payload, len);
	case ADMIT:
		if ((where & 1) == 0)
			return packets_tcp(packet_data, &key, where, 0, PACKET_SYN, NULL, 0);
		key.l4proto = IPPROTO_UDP;
		return packets_udp(packet_data, &key, payload, len);
	case RESET:
		return packets_tcp(packet_data, (where & 1) == 0 ? &key : &back, where, 0,
				   PACKET_RST, NULL, 0);
	case RAW:
		break;
	}
	if (len != 0)
		memcpy(packet_data, payload, len);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct inspector_limits limits = {
		.flows_max = FLOWS_MAX,
		.undecided_max = 10,
		.per_source_max = 6,
		.buffers_max = 5,
		.held_all_max = 40,
		.held_max = 12,
		.timeout_ms = 10000,
		.forget_ms = 1000,
		.hash_seed = { 3, 4 },
	};
	struct inspector *inspector = inspector_new(&limits, emit, NULL);
	struct inspector_counts counts;
	struct rd r = rd_of(data, size);
	uint64_t now_ms = 1000;
	uint32_t id = 0;

	if (inspector == NULL)
		return 0;
	memset(events_of, 0, sizeof(events_of));
	while (r.left >= 4 && id < PACKETS) {
		uint8_t what = rd_u8(&r);
		uint16_t where = rd_u16(&r);
		size_t len = rd_u8(&r);
		const uint8_t *bytes;
		struct inspector_packet packet = { .id = id, .iif = 1, .oif = 2 };

		if (len > r.left)
			len = r.left;
		bytes = rd_bytes(&r, len);
		packet.len = build(what, where, bytes, len);
		packet.data = packet_data;
		packet.mark = (what & 7) == ADMIT     ? MARK_ADMIT
			      : (where & 0x8000) != 0 ? MARK_WATCHED
						      : MARK_UNDECIDED;
		if ((what & 0x20) != 0) {
			now_ms += where;
			inspector_expire(inspector, now_ms);
		}
		inspector_packet(inspector, &packet, now_ms);
		id++;
	}
	for (int i = 0; i < 2; i++) {
		now_ms += 1000000;
		inspector_expire(inspector, now_ms);
	}
	for (uint32_t i = 0; i < id; i++)
		if (events_of[i] != 1)
			abort();
	inspector_counts(inspector, &counts);
	if (counts.flows_now != 0 || counts.buffers_now != 0 || counts.packets != id)
		abort();
	inspector_free(inspector);
	return 0;
}
