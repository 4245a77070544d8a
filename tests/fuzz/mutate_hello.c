/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes a ClientHello apart into its extensions, changes them, and puts it together in records. */
#include "mutate.h"

#include "common/defs.h"
#include "common/rd.h"

#define EXTENSIONS_MAX 48
#define JOINED_MAX     20000
#define ROOM           40000

struct extension {
	uint16_t type;
	const uint8_t *body;
	size_t len;
};

struct hello {
	uint8_t joined[JOINED_MAX]; /* the handshake message, as the records held it */
	size_t joined_len;
	size_t front;        /* bytes before the extensions' length */
	const uint8_t *rest; /* behind the records */
	size_t rest_len;
	struct extension at[EXTENSIONS_MAX];
	size_t count;
	uint8_t room[ROOM]; /* for new bodies */
	size_t used;
};

static bool join(struct hello *h, const uint8_t *data, size_t size)
{
	struct rd r = rd_of(data, size);
	size_t expect = SIZE_MAX;

	h->joined_len = 0;
	while (h->joined_len < expect) {
		uint8_t type = rd_u8(&r);
		uint16_t len;
		const uint8_t *bytes;

		rd_skip(&r, 2);
		len = rd_u16(&r);
		bytes = rd_bytes(&r, len);
		if (r.bad || type != 22 || len == 0 || len > JOINED_MAX - h->joined_len)
			return false;
		memcpy(h->joined + h->joined_len, bytes, len);
		h->joined_len += len;
		if (h->joined_len >= 4)
			expect = 4 + ((size_t)h->joined[1] << 16 | (size_t)h->joined[2] << 8 |
				      h->joined[3]);
	}
	h->rest = r.at;
	h->rest_len = r.left;
	return h->joined_len == expect && h->joined[0] == 1;
}

static bool take_apart(struct hello *h)
{
	struct rd r = rd_of(h->joined, h->joined_len), all;

	rd_skip(&r, 4 + 2 + 32);
	rd_skip(&r, rd_u8(&r));
	rd_skip(&r, rd_u16(&r));
	rd_skip(&r, rd_u8(&r));
	h->front = h->joined_len - r.left;
	h->count = h->used = 0;
	all = rd_sub(&r, rd_u16(&r));
	if (r.bad || all.bad || r.left != 0)
		return false;
	while (all.left != 0 && h->count < EXTENSIONS_MAX) {
		struct extension *e = &h->at[h->count++];

		e->type = rd_u16(&all);
		e->len = rd_u16(&all);
		e->body = rd_bytes(&all, e->len);
		if (all.bad)
			return false;
	}
	return all.left == 0;
}

static void put_names(struct mutate_out *o, uint32_t *state)
{
	static const char *const names[] = {
		"a.example",  "B.Example", "a.example.",   "192.0.2.1",
		"a..example", "",          "_x.a.example",
	};
	uint8_t list[200];
	struct mutate_out l = { .at = list, .max = sizeof(list) };

	for (uint32_t n = mutate_pick(state, 3); n < 3; n++) {
		const char *name = names[mutate_pick(state, ARRAY_SIZE(names))];
		const uint8_t type = mutate_pick(state, 4) == 0 ? 1 : 0;

		mutate_put(&l, &type, 1);
		mutate_put16(&l, strlen(name));
		mutate_put(&l, name, strlen(name));
	}
	mutate_put16(o, l.len);
	mutate_put(o, list, l.len);
}

/* A body in the room: the old one changed, or a list of names. */
static void new_body(struct hello *h, struct extension *e, bool names, uint32_t *state)
{
	struct mutate_out o = { .at = h->room + h->used, .max = ROOM - h->used };

	if (o.max < 2048 || e->len > o.max / 2)
		return;
	if (names) {
		put_names(&o, state);
	} else {
		mutate_put(&o, e->body, e->len);
		o.len = LLVMFuzzerMutate(o.at, o.len, o.len + 64);
	}
	e->body = o.at;
	e->len = o.len;
	h->used += o.len;
}

static void change(struct hello *h, uint32_t *state)
{
	static const uint16_t types[] = { 0, 16, 21, 41, 42, 43, 45, 51, 0xfe0d, 0x0a0a, 0xffff };
	struct extension *e, *other, kept;

	if (h->count == 0)
		h->at[h->count++] = (struct extension){ .type = 0 };
	e = &h->at[mutate_pick(state, (uint32_t)h->count)];
	other = &h->at[mutate_pick(state, (uint32_t)h->count)];
	switch (mutate_pick(state, 7)) {
	case 0:
		*e = h->at[--h->count];
		break;
	case 1:
		if (h->count < EXTENSIONS_MAX)
			h->at[h->count++] = *e;
		break;
	case 2:
		kept = *e;
		*e = *other;
		*other = kept;
		break;
	case 3:
		e->type = types[mutate_pick(state, ARRAY_SIZE(types))];
		break;
	case 4:
		new_body(h, e, false, state);
		break;
	case 5:
		e->type = 0;
		new_body(h, e, true, state);
		break;
	case 6:
		/* what lies before: version, random, session, ciphers, compression */
		(void)LLVMFuzzerMutate(h->joined + 4, h->front - 4, h->front - 4);
		break;
	}
}

/* The handshake message again, its lengths right. */
static void put_together(const struct hello *h, struct mutate_out *o)
{
	size_t all = 0, len;

	for (size_t i = 0; i < h->count; i++)
		all += 4 + h->at[i].len;
	mutate_put(o, h->joined, h->front);
	mutate_put16(o, all);
	for (size_t i = 0; i < h->count; i++) {
		mutate_put16(o, h->at[i].type);
		mutate_put16(o, h->at[i].len);
		mutate_put(o, h->at[i].body, h->at[i].len);
	}
	len = o->len - 4;
	o->at[1] = (uint8_t)(len >> 16);
	o->at[2] = (uint8_t)(len >> 8);
	o->at[3] = (uint8_t)len;
}

static void put_records(struct mutate_out *o, const struct mutate_out *message, uint32_t *state)
{
	static const size_t sizes[] = { 16384, 16384, 1, 5, 100, 1000 };
	const size_t size = sizes[mutate_pick(state, ARRAY_SIZE(sizes))];

	for (size_t at = 0; at < message->len; at += size) {
		size_t part = message->len - at < size ? message->len - at : size;

		mutate_put(o, "\x16\x03\x01", 3);
		mutate_put16(o, part);
		mutate_put(o, message->at + at, part);
	}
}

size_t mutate_hello(uint8_t *data, size_t size, size_t max_size, uint32_t *state)
{
	static struct hello h;
	static uint8_t message_room[JOINED_MAX + ROOM], rest[JOINED_MAX];
	struct mutate_out message = { .at = message_room, .max = sizeof(message_room) };
	struct mutate_out o = { .at = data, .max = max_size };
	size_t rest_len;

	if (!join(&h, data, size) || !take_apart(&h))
		return 0;
	for (uint32_t n = mutate_pick(state, 3); n < 3; n++)
		change(&h, state);
	put_together(&h, &message);
	rest_len = h.rest_len < sizeof(rest) ? h.rest_len : sizeof(rest);
	memcpy(rest, h.rest, rest_len);
	put_records(&o, &message, state);
	mutate_put(&o, rest, rest_len);
	return o.len;
}
