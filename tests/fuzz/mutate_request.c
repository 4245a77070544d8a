/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes requests apart into lines, changes them, and makes the framing of the body fit. */
#include "mutate.h"

#include <stdio.h>

#include "common/defs.h"

#define LINES_MAX 64
#define ROOM      65536

struct line {
	const uint8_t *at;
	size_t len;
};

static const char *const phrases[] = {
	"GET / HTTP/1.1\r\n",
	"POST /x HTTP/1.1\r\n",
	"GET http://b.example/ HTTP/1.1\r\n",
	"CONNECT b.example:443 HTTP/1.1\r\n",
	"OPTIONS * HTTP/1.1\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"Host: a.example\r\n",
	"Host: b.example\r\n",
	"Host: a.example:80\r\n",
	"host:a.example\t\r\n",
	"Host :b.example\r\n",
	"Host: [::1]\r\n",
	"Transfer-Encoding: chunked\r\n",
	"Transfer-Encoding: gzip, chunked\r\n",
	"Transfer-Encoding: identity\r\n",
	"Content-Length: 5\r\n",
	"Content-Length: 5, 5\r\n",
	"Content-Length: +5\r\n",
	" b.example\r\n",
	"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: "
	"AAEAAEAAAAIAAAAA\r\n",
	"Upgrade: websocket\r\nConnection: Upgrade\r\n",
	"Expect: 100-continue\r\n",
	"5;a=\"b\"\r\nhello\r\n",
	"0\r\n\r\n",
	"\r\n",
	"\n",
	"\r",
	"X: y\n",
};

static size_t split(const uint8_t *data, size_t size, struct line lines[LINES_MAX])
{
	size_t count = 0, from = 0;

	while (from < size && count < LINES_MAX) {
		const uint8_t *end = memchr(data + from, '\n', size - from);
		size_t len = end != NULL ? (size_t)(end - data) + 1 - from : size - from;

		if (count == LINES_MAX - 1)
			len = size - from;
		lines[count++] = (struct line){ data + from, len };
		from += len;
	}
	return count;
}

static size_t change(struct line lines[LINES_MAX], size_t count, uint32_t *state)
{
	const size_t i = mutate_pick(state, (uint32_t)count + 1);
	const char *phrase = phrases[mutate_pick(state, ARRAY_SIZE(phrases))];
	struct line kept;
	size_t j;

	switch (mutate_pick(state, 4)) {
	case 0:
		if (i == count)
			break;
		memmove(lines + i, lines + i + 1, (count - i - 1) * sizeof(*lines));
		return count - 1;
	case 1:
		if (i == count || count < 2)
			break;
		j = mutate_pick(state, (uint32_t)count);
		kept = lines[i];
		lines[i] = lines[j];
		lines[j] = kept;
		return count;
	case 2:
		if (i == count)
			break;
		lines[i] = (struct line){ (const uint8_t *)phrase, strlen(phrase) };
		return count;
	case 3:
		break;
	}
	if (count == LINES_MAX)
		return count;
	memmove(lines + i + 1, lines + i, (count - i) * sizeof(*lines));
	lines[i] = (struct line){ (const uint8_t *)phrase, strlen(phrase) };
	return count + 1;
}

static bool is_empty(const struct line *l)
{
	return l->len == 1 || (l->len == 2 && l->at[0] == '\r');
}

/* The first head, with framing that fits what follows, which becomes its body. */
static void put_framed(struct mutate_out *o, const struct line *lines, size_t count, size_t head,
		       bool chunked)
{
	char field[64];
	size_t body = 0;

	for (size_t i = head + 1; i < count; i++)
		body += lines[i].len;
	for (size_t i = 0; i < head; i++)
		mutate_put(o, lines[i].at, lines[i].len);
	if (chunked)
		(void)snprintf(field, sizeof(field), "Transfer-Encoding: chunked\r\n\r\n%zx\r\n",
			       body);
	else
		(void)snprintf(field, sizeof(field), "Content-Length: %zu\r\n\r\n", body);
	mutate_put(o, field, strlen(field));
	for (size_t i = head + 1; i < count; i++)
		mutate_put(o, lines[i].at, lines[i].len);
	if (chunked)
		mutate_put(o, "\r\n0\r\n\r\n", 7);
	mutate_put(o, "GET /next HTTP/1.1\r\nHost: c.example\r\n\r\n", 39);
}

size_t mutate_request(uint8_t *data, size_t size, size_t max_size, uint32_t *state)
{
	static uint8_t before[ROOM];
	struct mutate_out o = { .at = data, .max = max_size };
	struct line lines[LINES_MAX];
	size_t count, head = 0;

	if (size > sizeof(before))
		return 0;
	memcpy(before, data, size);
	count = split(before, size, lines);
	for (uint32_t n = mutate_pick(state, 3); n < 3; n++)
		count = change(lines, count, state);
	while (head < count && !is_empty(&lines[head]))
		head++;
	if (head < count && mutate_pick(state, 4) == 0) {
		put_framed(&o, lines, count, head, mutate_pick(state, 2) == 0);
		return o.len;
	}
	for (size_t i = 0; i < count; i++)
		mutate_put(&o, lines[i].at, lines[i].len);
	return o.len;
}
