/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads request lines and field lines by their exact grammar. */
#include "inspect/http_head.h"

#include <string.h>
#include <strings.h>

#include "common/defs.h"

#define LENGTH_DIGITS_MAX 18 /* what fits 63 bits for certain */
#define PORT_HTTP         80

/* Borrowed text without its end. */
struct slice {
	const char *at;
	size_t len;
};

struct authority {
	struct slice host;
	uint32_t port;
};

/* What the lines read so far say. */
struct head {
	unsigned int minor; /* version HTTP/1.minor */
	bool absolute;      /* the target names a host itself: */
	struct authority target;
	unsigned int hosts; /* Host fields */
	struct authority host;
	bool has_length, chunked;
	uint64_t length;
};

bool http_head_is_token(uint8_t byte)
{
	if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= 'a' && byte <= 'z'))
		return true;
	return byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

bool http_head_is_value(uint8_t byte)
{
	return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

static bool slice_is(struct slice s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool slice_is_caseless(struct slice s, const char *text)
{
	return s.len == strlen(text) && strncasecmp(s.at, text, s.len) == 0;
}

/* What stands before the first stop, which is cut off with it; false if there is none. */
static bool slice_cut(struct slice *rest, char stop, struct slice *ret)
{
	const char *found = rest->len == 0 ? NULL : memchr(rest->at, stop, rest->len);

	if (found == NULL)
		return false;
	ret->at = rest->at;
	ret->len = (size_t)(found - rest->at);
	rest->at += ret->len + 1;
	rest->len -= ret->len + 1;
	return true;
}

/* Digits only, at least one and at most max of them. */
static bool slice_number(struct slice s, size_t max, uint64_t *ret)
{
	uint64_t n = 0;

	if (s.len == 0 || s.len > max)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.at[i] - '0');
	}
	*ret = n;
	return true;
}

/* Host and port. Source: RFC 3986 section 3.2, without user information. */
static enum reason read_authority(struct slice text, struct authority *ret)
{
	struct slice host = text;
	struct slice rest = text;
	uint64_t port = PORT_HTTP;

	if (text.len == 0)
		return REASON_NO_HOST;
	if (text.at[0] == '[')
		return REASON_NAME_IS_ADDRESS;
	if (slice_cut(&rest, ':', &host)) {
		/* "host:" is allowed and means the default. */
		if (rest.len != 0 && (!slice_number(rest, 5, &port) || port > UINT16_MAX))
			return REASON_HTTP_MALFORMED;
	}
	if (host.len == 0)
		return REASON_NO_HOST;
	ret->host = host;
	ret->port = (uint32_t)port;
	return REASON_NONE;
}

/* Source: RFC 9112 section 3.2. */
static enum reason read_target(struct slice method, struct slice target, struct head *h)
{
	static const char scheme[] = "http://";
	struct slice rest, authority;

	if (target.len != 0 && target.at[0] == '/')
		return REASON_NONE;
	if (slice_is(target, "*"))
		return slice_is(method, "OPTIONS") ? REASON_NONE : REASON_HTTP_MALFORMED;
	if (target.len < sizeof(scheme) || strncasecmp(target.at, scheme, sizeof(scheme) - 1) != 0)
		return REASON_HTTP_MALFORMED;
	rest.at = target.at + sizeof(scheme) - 1;
	rest.len = target.len - (sizeof(scheme) - 1);
	authority = rest;
	for (size_t i = 0; i < rest.len; i++) {
		/* A backslash or a question mark ends the host for some readers and not for others.
		 */
		if (rest.at[i] == '\\' || rest.at[i] == '@')
			return REASON_HTTP_MALFORMED;
		if (strchr("/?#", rest.at[i]) != NULL) {
			authority.len = i;
			break;
		}
	}
	h->absolute = true;
	return read_authority(authority, &h->target);
}

/* Source: RFC 9112 section 3. */
static enum reason read_request_line(struct slice line, struct head *h)
{
	struct slice rest = line;
	struct slice method, target;

	if (!slice_cut(&rest, ' ', &method) || !slice_cut(&rest, ' ', &target))
		return REASON_NOT_HTTP;
	if (slice_is(method, "PRI") && slice_is(target, "*") && slice_is(rest, "HTTP/2.0"))
		return REASON_HTTP_TUNNEL;
	if (!slice_is(rest, "HTTP/1.1") && !slice_is(rest, "HTTP/1.0"))
		return REASON_NOT_HTTP;
	h->minor = (unsigned int)(rest.at[7] - '0');
	if (method.len == 0 || target.len == 0)
		return REASON_HTTP_MALFORMED;
	for (size_t i = 0; i < method.len; i++)
		if (!http_head_is_token((uint8_t)method.at[i]))
			return REASON_HTTP_MALFORMED;
	for (size_t i = 0; i < target.len; i++)
		if ((uint8_t)target.at[i] <= 0x20 || (uint8_t)target.at[i] >= 0x7f)
			return REASON_HTTP_MALFORMED;
	if (slice_is(method, "CONNECT"))
		return REASON_HTTP_TUNNEL;
	return read_target(method, target, h);
}

static enum reason take_host(struct slice value, struct head *h)
{
	if (++h->hosts > 1)
		return REASON_HTTP_MALFORMED;
	return read_authority(value, &h->host);
}

static enum reason take_length(struct slice value, struct head *h)
{
	uint64_t length;

	if (!slice_number(value, LENGTH_DIGITS_MAX, &length))
		return REASON_HTTP_MALFORMED;
	if (h->has_length && length != h->length)
		return REASON_HTTP_MALFORMED;
	h->has_length = true;
	h->length = length;
	return REASON_NONE;
}

static enum reason take_encoding(struct slice value, struct head *h)
{
	if (h->chunked || h->minor == 0 || !slice_is_caseless(value, "chunked"))
		return REASON_HTTP_MALFORMED;
	h->chunked = true;
	return REASON_NONE;
}

static enum reason take_upgrade(struct slice value, struct head *h)
{
	(void)value;
	(void)h;
	return REASON_HTTP_TUNNEL;
}

static const struct {
	const char *name;
	enum reason (*take)(struct slice value, struct head *h);
} fields[] = {
	{ "Host", take_host },
	{ "Content-Length", take_length },
	{ "Transfer-Encoding", take_encoding },
	{ "Upgrade", take_upgrade },
};

/* Source: RFC 9112 section 5: no space before the colon, no folding. */
static enum reason read_field(struct slice line, struct head *h)
{
	struct slice value = line;
	struct slice name;

	if (!slice_cut(&value, ':', &name) || name.len == 0)
		return REASON_HTTP_MALFORMED;
	for (size_t i = 0; i < name.len; i++)
		if (!http_head_is_token((uint8_t)name.at[i]))
			return REASON_HTTP_MALFORMED;
	while (value.len != 0 && (value.at[0] == ' ' || value.at[0] == '\t')) {
		value.at++;
		value.len--;
	}
	while (value.len != 0 &&
	       (value.at[value.len - 1] == ' ' || value.at[value.len - 1] == '\t'))
		value.len--;
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (slice_is_caseless(name, fields[i].name))
			return fields[i].take(value, h);
	return REASON_NONE;
}

static enum reason read_name(struct slice host, char *out)
{
	switch (names_normalise(host.at, host.len, false, out)) {
	case NAMES_OK:
		return REASON_NONE;
	case NAMES_ADDRESS:
		return REASON_NAME_IS_ADDRESS;
	case NAMES_EMPTY:
	case NAMES_TOO_LONG:
	case NAMES_LABEL_LENGTH:
	case NAMES_CHARACTER:
	case NAMES_HYPHEN:
	case NAMES_SINGLE_LABEL:
	case NAMES_WILDCARD:
	case NAMES_REGISTRY:
		return REASON_NAME_INVALID;
	}
	return REASON_NAME_INVALID;
}

/* All lines are read: do they agree? */
static enum reason finish(const struct head *h, struct http_head *ret)
{
	char target[NAMES_MAX + 1];
	enum reason fault;

	if (h->hosts == 0)
		return REASON_NO_HOST;
	if (h->has_length && h->chunked)
		return REASON_HTTP_MALFORMED;
	fault = read_name(h->host.host, ret->name);
	if (fault != REASON_NONE)
		return fault;
	if (h->absolute) {
		fault = read_name(h->target.host, target);
		if (fault != REASON_NONE)
			return fault;
		if (strcmp(target, ret->name) != 0 || h->target.port != h->host.port)
			return REASON_HTTP_MALFORMED;
	}
	ret->chunked = h->chunked;
	ret->content_length = h->length;
	return REASON_NONE;
}

enum line_result { LINE_MORE, LINE_WHOLE, LINE_BAD };

/* The line at data, ended by CR LF; a bare CR or LF or another control character is bad as soon as
 * it is seen. *ret_line is the line without its end. */
static enum line_result next_line(const uint8_t *data, size_t len, struct slice *ret_line)
{
	for (size_t i = 0; i < len; i++) {
		if (http_head_is_value(data[i]))
			continue;
		if (data[i] != '\r')
			return LINE_BAD;
		if (i + 1 == len)
			return LINE_MORE;
		if (data[i + 1] != '\n')
			return LINE_BAD;
		ret_line->at = (const char *)data;
		ret_line->len = i;
		return LINE_WHOLE;
	}
	return LINE_MORE;
}

enum http_head_result http_head_read(const uint8_t *data, size_t len, struct http_head *ret,
				     enum reason *ret_reason)
{
	size_t bound = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
	struct head h = { .minor = 0 };
	struct http_head whole = { .len = 0 };
	enum reason fault = REASON_NONE;
	size_t at = 0;
	struct slice line = { .at = "", .len = 0 };

	for (bool first = true; fault == REASON_NONE; first = false) {
		enum line_result got = next_line(data + at, bound - at, &line);

		if (got == LINE_MORE) {
			if (len < HTTP_HEAD_MAX)
				return HTTP_HEAD_MORE;
			fault = REASON_HEAD_TOO_LONG;
		} else if (got == LINE_BAD) {
			fault = first ? REASON_NOT_HTTP : REASON_HTTP_MALFORMED;
		} else if (first) {
			fault = read_request_line(line, &h);
		} else if (line.len != 0) {
			fault = read_field(line, &h);
		} else {
			fault = finish(&h, &whole);
			break;
		}
		at += line.len + 2;
	}
	if (fault != REASON_NONE) {
		*ret_reason = fault;
		return HTTP_HEAD_REFUSE;
	}
	whole.len = at + 2;
	*ret = whole;
	return HTTP_HEAD_WHOLE;
}
