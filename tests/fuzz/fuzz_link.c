/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frames of one capture: the first byte is their kind, then each has its length in two bytes. What
 * comes out is a packet whose header says its length, and whose bytes are there. */
#include <stdlib.h>
#include <string.h>

#include "common/rd.h"
#include "inspect/defrag.h"
#include "inspect/link.h"
#include "inspect/packet.h"
#include "inspect/peek.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(const struct defrag_packet *whole)
{
	struct packet packet;
	struct peek peek;
	size_t told;

	told = whole->data[0] >> 4 == 4 ? (size_t)whole->data[2] << 8 | whole->data[3]
					: ((size_t)whole->data[4] << 8 | whole->data[5]) + 40;
	if (told != whole->len || whole->len > DEFRAG_PACKET_MAX || whole->frames == 0)
		abort();
	if (packet_parse(whole->data, whole->len, &packet) < 0 || packet.payload == NULL)
		return;
	peek_read(packet.payload, packet.payload_len, &peek);
	(void)peek_is_quic(packet.payload, packet.payload_len);
	if (peek.name_len != 0 && (peek.name < packet.payload ||
				   peek.name + peek.name_len > packet.payload + packet.payload_len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	enum link_kind kind = (enum link_kind)(rd_u8(&r) % LINK_KIND_COUNT);
	struct defrag *defrag = defrag_new();
	uint64_t now_ms = 1000;

	while (defrag != NULL && r.left >= 2) {
		size_t len = rd_u16(&r);
		struct link_payload payload;
		struct defrag_packet whole;
		uint8_t *frame;

		if (len > r.left)
			len = r.left;
		frame = malloc(len == 0 ? 1 : len);
		if (frame == NULL)
			break;
		memcpy(frame, rd_bytes(&r, len), len);
		now_ms += len;
		if (link_read(kind, frame, len, &payload) == LINK_IP &&
		    defrag_take(defrag, payload.data, payload.len, now_ms, &whole) == DEFRAG_WHOLE)
			look(&whole);
		free(frame);
	}
	defrag_free(defrag);
	return 0;
}
