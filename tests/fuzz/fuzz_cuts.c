/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One stream, shown once in order and once as a script cuts it, in any order, over and over: it
 * never says another name, and what it says is the same as far as it goes.
 *
 * The input: how many cuts (1 byte), four bytes for each of them (begin, length: 16 bits each, as
 * places in the stream), then the stream. At the end of the script all of it comes once more in
 * order, in segments of the length of the first byte and some. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/packets.h"
#include "common/rd.h"
#include "engine/event.h"
#include "inspect/inspector.h"
#include "inspect/packet.h"

#define PACKETS   8192
#define FLOWS_MAX 8
#define ISN       0xfffffe00U /* wraps early in the stream */
#define TEXT_MAX  60000
#define NAMES     64
#define STEP_MIN  16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct said {
	size_t names;
	char name[NAMES][EVENT_NAME_MAX + 1];
	bool refused, limited;
};

struct show {
	struct inspector *inspector;
	struct said *said;
	uint32_t next_id;
	uint8_t events_of[PACKETS];
};

static struct show show;
static uint8_t packet_data[PACKETS_MAX];

static void emit(const struct event *event, void *data)
{
	struct said *said = show.said;

	(void)data;
	if (event->has_packet != 0 &&
	    (event->packet_id >= show.next_id || ++show.events_of[event->packet_id] != 1))
		abort();
	if (event->type == EVENT_NAME) {
		if (said->refused)
			abort();
		if (said->names < NAMES)
			memcpy(said->name[said->names], event->name, event->name_len);
		said->names++;
	}
	if (event->type == EVENT_REFUSE) {
		said->refused = true;
		said->limited |= event->reason == REASON_RESOURCE_LIMIT ||
				 event->reason == REASON_OUT_OF_WINDOW;
	}
}

static void begin(struct said *said)
{
	static const struct inspector_limits limits = {
		.flows_max = FLOWS_MAX,
		.buffers_max = 2,
		.held_max = EVENT_HELD_MAX,
		.timeout_ms = 10000,
		.forget_ms = 1000,
		.hash_seed = { 3, 4 },
	};

	memset(said, 0, sizeof(*said));
	memset(&show, 0, sizeof(show));
	show.said = said;
	show.inspector = inspector_new(&limits, emit, NULL);
}

static void packet(uint32_t seq, uint8_t flags, const uint8_t *bytes, size_t len)
{
	const struct flow_key key = packets_key(4, IPPROTO_TCP, 40000);
	struct inspector_packet p = { .data = packet_data, .id = show.next_id };

	if (show.next_id == PACKETS)
		return;
	show.next_id++;
	p.len = packets_tcp(packet_data, &key, seq, 1, flags, bytes, len);
	p.mark = flags == PACKET_SYN ? 0 : 1;
	inspector_packet(show.inspector, &p, 1000);
}

static void data_at(const uint8_t *text, size_t from, size_t len)
{
	packet(ISN + 1 + (uint32_t)from, PACKET_ACK, text + from, len);
}

/* Every packet has had its event once the time is over. */
static void end(void)
{
	for (int i = 0; i < 2; i++)
		inspector_expire(show.inspector, 1000000 * (uint64_t)(i + 1));
	for (uint32_t id = 0; id < show.next_id; id++)
		if (show.events_of[id] != 1)
			abort();
	inspector_free(show.inspector);
}

/* The first says no name that the second does not say in the same place. */
static bool begins(const struct said *a, const struct said *b)
{
	if (a->names > b->names)
		return false;
	for (size_t i = 0; i < a->names && i < NAMES; i++)
		if (strcmp(a->name[i], b->name[i]) != 0)
			return false;
	return true;
}

static void cut(struct rd *script, const uint8_t *text, size_t len, size_t step)
{
	while (script->left >= 4) {
		size_t from = rd_u16(script), part = rd_u16(script);

		from %= len;
		part %= 2000;
		if (part > len - from)
			part = len - from;
		if (part != 0)
			data_at(text, from, part);
	}
	for (size_t from = 0; from < len; from += step)
		data_at(text, from, step < len - from ? step : len - from);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct said whole, parts;
	struct rd r = rd_of(data, size);
	const size_t cuts = rd_u8(&r);
	const uint8_t *script = rd_bytes(&r, cuts * 4);
	const size_t len = r.left;
	const uint8_t *text = rd_bytes(&r, len);
	struct rd s;
	bool refused;

	if (script == NULL || len == 0 || len > TEXT_MAX)
		return 0;
	begin(&whole);
	if (show.inspector == NULL)
		return 0;
	packet(ISN, PACKET_SYN, NULL, 0);
	data_at(text, 0, len);
	refused = whole.refused;
	end();
	begin(&parts);
	if (show.inspector == NULL)
		return 0;
	packet(ISN, PACKET_SYN, NULL, 0);
	s = rd_of(script, cuts * 4);
	cut(&s, text, len, len / PACKETS * 2 + STEP_MIN + cuts * 8);
	if (!begins(&parts, &whole))
		abort();
	/* whatever was refused whole says no more in parts; and what was not is only refused for
	 * want of room */
	if (!parts.limited && (parts.names != whole.names || parts.refused != refused))
		abort();
	end();
	return 0;
}
