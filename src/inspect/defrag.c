/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cuts captured IP packets to their length, and joins fragments in a fixed number of slots. */
#include "inspect/defrag.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/rd.h"

#define SLOTS          64
#define RANGES_MAX     64
#define TIMEOUT4_MS    30000
#define TIMEOUT6_MS    60000
#define PAYLOAD_MAX    65535
#define HEADER_MAX     512 /* IPv6 with the extension headers before the fragment's */
#define EXTENSIONS_MAX 8

#define IPV4_DONT_FRAGMENT  0x4000U
#define IPV4_MORE_FRAGMENTS 0x2000U
#define IPV4_OFFSET_MASK    0x1fffU

/* Which packet a fragment belongs to. */
struct fragment_key {
	uint8_t family, l4proto; /* l4proto: of IPv4 only */
	uint8_t src[16], dst[16];
	uint32_t id;
};

struct fragment {
	struct fragment_key key;
	const uint8_t *header; /* the part that each fragment repeats */
	size_t header_len;
	size_t next_at; /* IPv6: where the header says what follows it */
	uint8_t next;   /* IPv6: what that becomes once the fragment header is out */
	const uint8_t *data;
	size_t len;
	size_t offset;
	bool more;
};

struct range {
	uint32_t start, end;
};

struct slot {
	struct fragment_key key;
	bool used;
	uint64_t since_ms;
	uint32_t frames;
	size_t total;      /* of the payload; 0 until the last fragment has come */
	size_t header_len; /* 0 until the first fragment has come */
	size_t range_count;
	struct range ranges[RANGES_MAX]; /* sorted, disjoint, not touching */
	uint8_t header[HEADER_MAX];
	uint8_t payload[PAYLOAD_MAX];
};

struct defrag {
	uint64_t given_up;
	struct slot slots[SLOTS];
	uint8_t packet[HEADER_MAX + PAYLOAD_MAX];
};

struct defrag *defrag_new(void)
{
	return calloc(1, sizeof(struct defrag));
}

void defrag_free(struct defrag *defrag)
{
	free(defrag);
}

uint64_t defrag_incomplete(const struct defrag *defrag)
{
	uint64_t count = defrag->given_up;

	for (size_t i = 0; i < SLOTS; i++)
		if (defrag->slots[i].used)
			count += defrag->slots[i].frames;
	return count;
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* The length in the IP header at the beginning of packet becomes len. */
static void put_length(uint8_t *packet, size_t len)
{
	if (packet[0] >> 4 == 4)
		put16(packet + 2, len);
	else
		put16(packet + 4, len - 40);
}

/* What the header says of the packet's length, or 0. */
static size_t told_length(const uint8_t *data)
{
	size_t len;

	if (data[0] >> 4 == 4)
		return (size_t)data[2] << 8 | data[3];
	len = (size_t)data[4] << 8 | data[5];
	return len == 0 ? 0 : len + 40;
}

/* IPv4 after its first checks: true if it is a fragment. */
static bool find_fragment4(const uint8_t *data, size_t len, struct fragment *ret)
{
	struct rd r = rd_of(data, len);
	size_t header_len = (size_t)(rd_u8(&r) & 0x0f) * 4;
	uint16_t fragment;

	rd_skip(&r, 3);
	ret->key.id = rd_u16(&r);
	fragment = rd_u16(&r);
	rd_skip(&r, 1);
	ret->key.l4proto = rd_u8(&r);
	if ((fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK)) == 0 || header_len < 20 ||
	    header_len > len)
		return false;
	ret->key.family = 4;
	memcpy(ret->key.src, data + 12, 4);
	memcpy(ret->key.dst, data + 16, 4);
	ret->header = data;
	ret->header_len = header_len;
	ret->data = data + header_len;
	ret->len = len - header_len;
	ret->offset = (size_t)(fragment & IPV4_OFFSET_MASK) * 8;
	ret->more = (fragment & IPV4_MORE_FRAGMENTS) != 0;
	return true;
}

/* The fragment header itself; r stands at it. True unless it is all of a packet by itself. */
static bool read_fragment6(struct rd *r, const uint8_t *data, struct fragment *ret)
{
	uint16_t offset;

	ret->header = data;
	ret->header_len = (size_t)(r->at - data);
	ret->next = rd_u8(r);
	rd_skip(r, 1);
	offset = rd_u16(r);
	ret->key.id = rd_u32(r);
	if (r->bad || (offset & 0xfff9U) == 0)
		return false;
	ret->key.family = 6;
	memcpy(ret->key.src, data + 8, 16);
	memcpy(ret->key.dst, data + 24, 16);
	ret->data = r->at;
	ret->len = r->left;
	ret->offset = offset & 0xfff8U;
	ret->more = (offset & 1) != 0;
	return ret->header_len <= HEADER_MAX;
}

static bool find_fragment6(const uint8_t *data, size_t len, struct fragment *ret)
{
	struct rd r = rd_of(data, len);
	uint8_t kind = data[6];

	ret->next_at = 6;
	rd_skip(&r, 40);
	for (int i = 0; i < EXTENSIONS_MAX && !r.bad; i++) {
		if (kind == IPPROTO_FRAGMENT)
			return read_fragment6(&r, data, ret);
		if (kind != IPPROTO_HOPOPTS && kind != IPPROTO_ROUTING && kind != IPPROTO_DSTOPTS)
			return false;
		ret->next_at = (size_t)(r.at - data);
		kind = rd_u8(&r);
		rd_skip(&r, 6 + (size_t)rd_u8(&r) * 8);
	}
	return false;
}

static void give_up(struct defrag *defrag, struct slot *slot)
{
	defrag->given_up += slot->frames;
	slot->used = false;
}

static bool is_over(const struct slot *slot, uint64_t now_ms)
{
	uint64_t time = slot->key.family == 4 ? TIMEOUT4_MS : TIMEOUT6_MS;

	return now_ms - slot->since_ms > time && now_ms > slot->since_ms;
}

static bool same(const struct fragment_key *a, const struct fragment_key *b)
{
	return a->family == b->family && a->l4proto == b->l4proto && a->id == b->id &&
	       memcmp(a->src, b->src, sizeof(a->src)) == 0 &&
	       memcmp(a->dst, b->dst, sizeof(a->dst)) == 0;
}

/* The slot of that packet, else a free or the oldest one for it. */
static struct slot *find_slot(struct defrag *defrag, const struct fragment_key *key,
			      uint64_t now_ms)
{
	struct slot *found = NULL;

	for (size_t i = 0; i < SLOTS; i++) {
		struct slot *slot = &defrag->slots[i];

		if (slot->used && is_over(slot, now_ms))
			give_up(defrag, slot);
		if (slot->used && same(&slot->key, key))
			return slot;
		if (found == NULL || (found->used && !slot->used) ||
		    (found->used && slot->since_ms < found->since_ms))
			found = slot;
	}
	if (found->used)
		give_up(defrag, found);
	found->key = *key;
	found->used = true;
	found->since_ms = now_ms;
	found->frames = 0;
	found->total = found->header_len = found->range_count = 0;
	return found;
}

enum placing {
	PLACED,
	KNOWN, /* it is there already, the same */
	CLASH,
};

/* Inserts start..end, joined with what it touches. */
static enum placing add_range(struct slot *slot, uint32_t start, uint32_t end)
{
	size_t i = 0, last;

	while (i < slot->range_count && slot->ranges[i].end < start)
		i++;
	last = i;
	while (last < slot->range_count && slot->ranges[last].start <= end) {
		if (slot->ranges[last].start < end && slot->ranges[last].end > start)
			return CLASH;
		last++;
	}
	if (last == i && slot->range_count == RANGES_MAX)
		return CLASH;
	if (last > i) {
		if (slot->ranges[i].start < start)
			start = slot->ranges[i].start;
		if (slot->ranges[last - 1].end > end)
			end = slot->ranges[last - 1].end;
	}
	memmove(&slot->ranges[i + 1], &slot->ranges[last],
		(slot->range_count - last) * sizeof(slot->ranges[0]));
	slot->range_count = slot->range_count - (last - i) + 1;
	slot->ranges[i] = (struct range){ start, end };
	return PLACED;
}

static bool is_known(const struct slot *slot, const struct fragment *f)
{
	for (size_t i = 0; i < slot->range_count; i++)
		if (slot->ranges[i].start <= f->offset && slot->ranges[i].end >= f->offset + f->len)
			return memcmp(slot->payload + f->offset, f->data, f->len) == 0;
	return false;
}

static enum placing place(struct slot *slot, const struct fragment *f)
{
	size_t end = f->offset + f->len;
	enum placing placing;

	if (f->len == 0 || end > PAYLOAD_MAX || (f->more && f->len % 8 != 0))
		return CLASH;
	if (slot->total != 0 && (f->more ? end > slot->total : end != slot->total))
		return CLASH;
	if (!f->more && slot->range_count != 0 && slot->ranges[slot->range_count - 1].end > end)
		return CLASH;
	if (is_known(slot, f))
		return KNOWN;
	placing = add_range(slot, (uint32_t)f->offset, (uint32_t)end);
	if (placing != PLACED)
		return placing;
	memcpy(slot->payload + f->offset, f->data, f->len);
	if (!f->more)
		slot->total = end;
	if (f->offset == 0) {
		slot->header_len = f->header_len;
		memcpy(slot->header, f->header, f->header_len);
		if (f->key.family == 4)
			put16(slot->header + 6, IPV4_DONT_FRAGMENT);
		else
			slot->header[f->next_at] = f->next;
	}
	return PLACED;
}

static bool is_whole(const struct slot *slot)
{
	return slot->total != 0 && slot->header_len != 0 && slot->range_count == 1 &&
	       slot->ranges[0].start == 0 && slot->ranges[0].end == slot->total;
}

static enum defrag_result take_fragment(struct defrag *defrag, const struct fragment *f, bool cut,
					uint64_t now_ms, struct defrag_packet *ret)
{
	struct slot *slot = find_slot(defrag, &f->key, now_ms);
	size_t len;

	slot->frames++;
	if (cut || place(slot, f) == CLASH) {
		give_up(defrag, slot);
		return DEFRAG_REFUSED;
	}
	if (!is_whole(slot))
		return DEFRAG_WAITS;
	len = slot->header_len + slot->total;
	if (len > (f->key.family == 4 ? PAYLOAD_MAX : DEFRAG_PACKET_MAX)) {
		give_up(defrag, slot);
		return DEFRAG_REFUSED;
	}
	memcpy(defrag->packet, slot->header, slot->header_len);
	memcpy(defrag->packet + slot->header_len, slot->payload, slot->total);
	put_length(defrag->packet, len);
	*ret = (struct defrag_packet){ defrag->packet, len, slot->frames, false };
	slot->used = false;
	return DEFRAG_WHOLE;
}

enum defrag_result defrag_take(struct defrag *defrag, const uint8_t *data, size_t len,
			       uint64_t now_ms, struct defrag_packet *ret)
{
	uint8_t version = len == 0 ? 0 : data[0] >> 4;
	size_t header = version == 4 ? 20 : 40;
	size_t told, max = version == 4 ? PAYLOAD_MAX : DEFRAG_PACKET_MAX;
	struct fragment f = { 0 };
	bool cut, is_fragment;

	if ((version != 4 && version != 6) || len < header)
		return DEFRAG_BROKEN;
	told = told_length(data);
	if (told != 0 && told < header)
		return DEFRAG_BROKEN;
	cut = told > len || (told == 0 && len > max);
	if (told != 0 && told < len)
		len = told;
	if (len > max)
		len = max;
	is_fragment = version == 4 ? find_fragment4(data, len, &f) : find_fragment6(data, len, &f);
	if (is_fragment)
		return take_fragment(defrag, &f, cut, now_ms, ret);
	*ret = (struct defrag_packet){ data, len, 1, cut };
	if (told != len) {
		memcpy(defrag->packet, data, len);
		put_length(defrag->packet, len);
		ret->data = defrag->packet;
	}
	return DEFRAG_WHOLE;
}
