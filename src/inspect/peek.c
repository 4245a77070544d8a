/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the server name of a ClientHello, or the host of a request, in as many bytes as are there.
 */
#include "inspect/peek.h"

#include <string.h>
#include <strings.h>

#include "common/defs.h"
#include "common/rd.h"
#include "inspect/http_head.h"
#include "inspect/quic.h"
#include "inspect/quic_keys.h"

#define RECORD_HANDSHAKE 22
#define CLIENT_HELLO     1
#define SERVER_NAME      0
#define HOST_NAME        0
#define METHOD_MAX       24

struct text {
	const uint8_t *at;
	size_t len;
};

/* True if a record begins here that begins a ClientHello. */
static bool begins_hello(struct rd *r)
{
	uint8_t type = rd_u8(r);
	uint16_t version = rd_u16(r);
	uint16_t len = rd_u16(r);

	if (r->bad || type != RECORD_HANDSHAKE || version >> 8 != 3 || len == 0)
		return false;
	if (r->left > len)
		r->left = len;
	return r->left == 0 || rd_u8(r) == CLIENT_HELLO;
}

static void find_server_name(struct rd r, struct peek *ret)
{
	rd_skip(&r, 3 + 2 + 32);
	rd_skip(&r, rd_u8(&r));
	rd_skip(&r, rd_u16(&r));
	rd_skip(&r, rd_u8(&r));
	rd_skip(&r, 2);
	while (!r.bad && r.left != 0) {
		uint16_t type = rd_u16(&r);
		uint16_t len = rd_u16(&r);
		struct rd list;

		if (type != SERVER_NAME) {
			rd_skip(&r, len);
			continue;
		}
		list = rd_sub(&r, len);
		rd_skip(&list, 2);
		if (rd_u8(&list) != HOST_NAME)
			return;
		len = rd_u16(&list);
		ret->name = rd_bytes(&list, len);
		ret->name_len = list.bad ? 0 : len;
		return;
	}
}

/* The next line without its end, or what there is of it. False if nothing is left. */
static bool next_line(struct text *rest, struct text *ret, bool *ret_whole)
{
	const uint8_t *end;

	if (rest->at == NULL || rest->len == 0)
		return false;
	end = memchr(rest->at, '\n', rest->len);
	*ret_whole = end != NULL;
	ret->at = rest->at;
	ret->len = end == NULL ? rest->len : (size_t)(end - rest->at);
	rest->at += ret->len;
	rest->len -= ret->len;
	if (end != NULL) {
		rest->at++;
		rest->len--;
	}
	if (ret->len != 0 && ret->at[ret->len - 1] == '\r')
		ret->len--;
	return true;
}

static bool is_usual_method(struct text method)
{
	static const char *const usual[] = { "GET",     "HEAD",  "POST",     "PUT",     "DELETE",
					     "OPTIONS", "PATCH", "PROPFIND", "CONNECT", "TRACE" };

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (method.len == strlen(usual[i]) && memcmp(method.at, usual[i], method.len) == 0)
			return true;
	return false;
}

/* Cuts a line "METHOD TARGET HTTP/1.1"; of one that is not whole, the method must be a usual one.
 */
static bool read_request_line(struct text line, bool whole, struct text *ret_target)
{
	static const char version[] = " HTTP/1.";
	const size_t tail = sizeof(version); /* with one digit */
	size_t method = 0;

	while (method < line.len && method < METHOD_MAX && http_head_is_token(line.at[method]))
		method++;
	if (method == 0 || method >= line.len || line.at[method] != ' ')
		return false;
	*ret_target = (struct text){ line.at + method + 1, line.len - method - 1 };
	if (!whole)
		return is_usual_method((struct text){ line.at, method });
	if (line.len < method + 1 + tail ||
	    memcmp(line.at + line.len - tail, version, tail - 1) != 0)
		return false;
	ret_target->len -= tail;
	return true;
}

static struct text trimmed(struct text t)
{
	while (t.len != 0 && (t.at[0] == ' ' || t.at[0] == '\t')) {
		t.at++;
		t.len--;
	}
	while (t.len != 0 && (t.at[t.len - 1] == ' ' || t.at[t.len - 1] == '\t'))
		t.len--;
	return t;
}

static struct text without_port(struct text t)
{
	size_t digits = 0;

	while (digits < t.len && t.at[t.len - 1 - digits] >= '0' && t.at[t.len - 1 - digits] <= '9')
		digits++;
	if (digits < t.len && t.at[t.len - 1 - digits] == ':')
		t.len -= digits + 1;
	return t;
}

/* The host that a target in absolute form names. */
static struct text host_of_target(struct text target)
{
	static const char scheme[] = "http://";
	size_t len = 0;

	if (target.len < strlen(scheme) ||
	    strncasecmp((const char *)target.at, scheme, strlen(scheme)) != 0)
		return (struct text){ NULL, 0 };
	target.at += strlen(scheme);
	target.len -= strlen(scheme);
	while (len < target.len && target.at[len] != '/' && target.at[len] != '?')
		len++;
	return without_port((struct text){ target.at, len });
}

static void find_host(struct text rest, struct peek *ret)
{
	static const char field[] = "host:";
	struct text line;
	bool whole;

	while (next_line(&rest, &line, &whole) && whole && line.len != 0) {
		if (line.len < strlen(field) ||
		    strncasecmp((const char *)line.at, field, strlen(field)) != 0)
			continue;
		line.at += strlen(field);
		line.len -= strlen(field);
		line = without_port(trimmed(line));
		ret->name = line.at;
		ret->name_len = line.len;
		return;
	}
}

static void peek_http(struct text rest, struct peek *ret)
{
	struct text line, target, host;
	bool whole;

	if (!next_line(&rest, &line, &whole) || !read_request_line(line, whole, &target))
		return;
	ret->app = APP_HTTP;
	find_host(rest, ret);
	host = host_of_target(target);
	if (ret->name_len == 0 && whole && host.len != 0) {
		ret->name = host.at;
		ret->name_len = host.len;
	}
}

void peek_read(const uint8_t *data, size_t len, struct peek *ret)
{
	struct rd r = rd_of(data, len);

	*ret = (struct peek){ .app = APP_NONE };
	if (len == 0)
		return;
	if (begins_hello(&r)) {
		ret->app = APP_TLS;
		find_server_name(r, ret);
	} else {
		peek_http((struct text){ data, len }, ret);
	}
}

void peek_hello(const uint8_t *data, size_t len, struct peek *ret)
{
	struct rd r = rd_of(data, len);

	*ret = (struct peek){ .app = APP_NONE };
	if (rd_u8(&r) != CLIENT_HELLO)
		return;
	ret->app = APP_TLS;
	find_server_name(r, ret);
}

/* Versions that were numbered, or named by those who tried them. */
static bool is_quic_version(uint32_t version)
{
	if (version == QUIC_VERSION_1 || version == QUIC_VERSION_2)
		return true;
	if (version >> 8 == 0xff0000 || version >> 8 == 0xfaceb0) /* drafts; mvfst */
		return true;
	if (version >> 24 == 'Q' || version >> 24 == 'T') /* of Google */
		return (version >> 16 & 0xff) == '0';
	return (version & 0x0f0f0f0f) == 0x0a0a0a0a; /* to be answered by a negotiation */
}

bool peek_is_quic(const uint8_t *data, size_t len)
{
	struct rd r = rd_of(data, len);
	uint8_t first = rd_u8(&r);
	uint32_t version = rd_u32(&r);
	uint8_t destination = rd_u8(&r), source;

	rd_skip(&r, destination);
	source = rd_u8(&r);
	rd_skip(&r, source);
	return !r.bad && (first & 0xc0) == 0xc0 && destination <= QUIC_ID_MAX &&
	       source <= QUIC_ID_MAX && is_quic_version(version);
}
