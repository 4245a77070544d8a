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
	struct slice method;
	unsigned int minor; /* version HTTP/1.minor */
	bool absolute;      /* the target names a host itself: */
	struct authority target;
	unsigned int hosts; /* Host fields */
	struct authority host;
	bool has_length, chunked, expects, upgrade;
	bool upgrade_bare; /* to a protocol that could begin where the body should */
	uint64_t length;
};

bool http_head_is_token(uint8_t byte)
{
	if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
	    (byte >= 'a' && byte <= 'z'))
		return true;
	return byte != 0 && strchr("!#$%&'*+-.^_`|~", byte) != NULL;
}

bool http_head_may_begin(uint8_t byte)
{
	return byte == '\r' || http_head_is_token(byte);
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

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Source: RFC 9112 section 2.3; names are case-sensitive. */
static enum reason read_version(struct slice version, struct head *h)
{
	static const char name[] = "HTTP/";

	if (version.len != sizeof(name) - 1 + 3 || memcmp(version.at, name, sizeof(name) - 1) != 0)
		return REASON_NOT_HTTP;
	version.at += sizeof(name) - 1;
	if (!is_digit(version.at[0]) || version.at[1] != '.' || !is_digit(version.at[2]))
		return REASON_NOT_HTTP;
	if (version.at[0] != '1' || version.at[2] > '1')
		return REASON_HTTP_VERSION;
	h->minor = (unsigned int)(version.at[2] - '0');
	return REASON_NONE;
}

/* Source: RFC 9112 section 3; RFC 9113 section 3.4. */
static enum reason read_request_line(struct slice line, struct head *h)
{
	struct slice rest = line;
	struct slice target;
	enum reason fault;

	if (!slice_cut(&rest, ' ', &h->method))
		return REASON_NOT_HTTP;
	if (!slice_cut(&rest, ' ', &target)) {
		/* all that HTTP/0.9 says */
		const bool simple =
			slice_is(h->method, "GET") && rest.len != 0 && rest.at[0] == '/';

		return simple ? REASON_HTTP_VERSION : REASON_NOT_HTTP;
	}
	if (slice_is(h->method, "PRI") && slice_is(target, "*") && slice_is(rest, "HTTP/2.0"))
		return REASON_HTTP_2;
	fault = read_version(rest, h);
	if (fault != REASON_NONE)
		return fault;
	if (target.len == 0)
		return REASON_HTTP_MALFORMED;
	for (size_t i = 0; i < h->method.len; i++)
		if (!http_head_is_token((uint8_t)h->method.at[i]))
			return REASON_HTTP_MALFORMED;
	for (size_t i = 0; i < target.len; i++)
		if ((uint8_t)target.at[i] <= 0x20 || (uint8_t)target.at[i] >= 0x7f)
			return REASON_HTTP_MALFORMED;
	if (slice_is_caseless(h->method, "CONNECT"))
		return REASON_HTTP_TUNNEL;
	return read_target(h->method, target, h);
}

static enum reason take_host(struct slice value, struct head *h)
{
	if (++h->hosts > 1)
		return REASON_NAME_AMBIGUOUS;
	return read_authority(value, &h->host);
}

/* A second one is refused even if it says the same: some take the first, some the last, some join
 * them to a list. */
static enum reason take_length(struct slice value, struct head *h)
{
	if (h->has_length || !slice_number(value, LENGTH_DIGITS_MAX, &h->length))
		return REASON_HTTP_FRAMING;
	h->has_length = true;
	return REASON_NONE;
}

static enum reason take_encoding(struct slice value, struct head *h)
{
	if (h->chunked || h->minor == 0 || !slice_is_caseless(value, "chunked"))
		return REASON_HTTP_FRAMING;
	h->chunked = true;
	return REASON_NONE;
}

static enum reason take_upgrade(struct slice value, struct head *h)
{
	h->upgrade = true;
	if (!slice_is_caseless(value, "h2c"))
		h->upgrade_bare = true;
	return REASON_NONE;
}

/* A server that does not understand an expectation may not wait for the body. */
static enum reason take_expect(struct slice value, struct head *h)
{
	if (h->expects || !slice_is_caseless(value, "100-continue"))
		return REASON_HTTP_FRAMING;
	h->expects = true;
	return REASON_NONE;
}

static const struct {
	const char *name;
	enum reason (*take)(struct slice value, struct head *h);
} fields[] = {
	{ "Host", take_host },
	{ "Content-Length", take_length },
	{ "Transfer-Encoding", take_encoding },
	{ "Upgrade", take_upgrade },
	{ "Expect", take_expect },
};

/* As readers do that hand fields on as variables of an environment, where a hyphen becomes an
 * underscore. */
static bool looks_like(struct slice name, const char *field)
{
	if (name.len != strlen(field))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		const char c = (char)(name.at[i] == '_' ? '-' : name.at[i]);

		if (strncasecmp(&c, &field[i], 1) != 0)
			return false;
	}
	return true;
}

static enum reason take_field(struct slice name, struct slice value, struct head *h)
{
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (slice_is_caseless(name, fields[i].name))
			return fields[i].take(value, h);
		if (looks_like(name, fields[i].name))
			return REASON_HTTP_MALFORMED;
	}
	return REASON_NONE;
}

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
	return take_field(name, value, h);
}

static enum reason read_name(struct slice host, char *out)
{
	/* Some servers cut the last dot off, others know no such host and answer for their first.
	 */
	if (host.at[host.len - 1] == '.')
		return REASON_NAME_INVALID;
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

/* A body where none belongs is passed over by some servers, and read as the next request by others.
 * Source: RFC 9110 sections 9.3.1, 9.3.2, 9.3.5 and 9.3.8. */
static enum reason check_body(const struct head *h)
{
	static const char *const without[] = { "GET", "HEAD", "DELETE", "TRACE" };

	if (h->has_length && h->chunked)
		return REASON_HTTP_FRAMING;
	if (!h->chunked && h->length == 0)
		return REASON_NONE;
	/* HTTP/2 must wait for the body's end (RFC 7540 section 3.2), and Java's client asks for it
	 * with every plain request. */
	if (h->upgrade_bare)
		return REASON_HTTP_UPGRADE;
	for (size_t i = 0; i < ARRAY_SIZE(without); i++)
		if (slice_is_caseless(h->method, without[i]))
			return REASON_HTTP_FRAMING;
	return REASON_NONE;
}

/* All lines are read: do they agree? */
static enum reason finish(const struct head *h, struct http_head *ret)
{
	char target[NAMES_MAX + 1];
	enum reason fault;

	if (h->hosts == 0)
		return REASON_NO_HOST;
	fault = check_body(h);
	if (fault == REASON_NONE)
		fault = read_name(h->host.host, ret->name);
	if (fault != REASON_NONE)
		return fault;
	if (h->absolute) {
		fault = read_name(h->target.host, target);
		if (fault != REASON_NONE)
			return fault;
		if (strcmp(target, ret->name) != 0 || h->target.port != h->host.port)
			return REASON_NAME_AMBIGUOUS;
	}
	ret->chunked = h->chunked;
	ret->content_length = h->length;
	ret->upgrade = h->upgrade;
	return REASON_NONE;
}

enum line_result { LINE_MORE, LINE_WHOLE, LINE_BAD };

/* The line at data, ended by CR LF; a bare CR or LF or another control character is bad as soon as
 * it is seen. *ret_line is the line without its end, or without what is bad. */
static enum line_result next_line(const uint8_t *data, size_t len, struct slice *ret_line)
{
	size_t i = 0;

	while (i < len && http_head_is_value(data[i]))
		i++;
	if (i == len)
		return LINE_MORE;
	ret_line->at = (const char *)data;
	ret_line->len = i;
	if (data[i] != '\r')
		return LINE_BAD;
	if (i + 1 == len)
		return LINE_MORE;
	return data[i + 1] == '\n' ? LINE_WHOLE : LINE_BAD;
}

/* Why a first line with a control character in it is refused. */
static enum reason blame_line(struct slice line)
{
	struct head h = { .minor = 0 };

	return read_request_line(line, &h) == REASON_NOT_HTTP ? REASON_NOT_HTTP
							      : REASON_HTTP_MALFORMED;
}

/* What stands before the first line: nothing, or one empty line. REASON_NONE with *ret_at behind
 * all that is given: more is needed. Source: RFC 9112 section 2.2. */
static enum reason skip_empty_line(const uint8_t *data, size_t len, size_t *ret_at)
{
	size_t at = 0;

	if (len != 0 && data[0] == '\r') {
		if (len == 1) {
			*ret_at = len;
			return REASON_NONE;
		}
		if (data[1] != '\n')
			return REASON_NOT_HTTP;
		at = 2;
	}
	if (at < len && !http_head_is_token(data[at]))
		return REASON_NOT_HTTP;
	*ret_at = at;
	return REASON_NONE;
}

enum http_head_result http_head_read(const uint8_t *data, size_t len, struct http_head *ret,
				     enum reason *ret_reason)
{
	size_t bound = len < HTTP_HEAD_MAX ? len : HTTP_HEAD_MAX;
	struct head h = { .minor = 0 };
	struct http_head whole = { .len = 0 };
	struct slice line = { .at = "", .len = 0 };
	size_t at = 0;
	enum reason fault = skip_empty_line(data, len, &at);

	for (bool first = true; fault == REASON_NONE; first = false) {
		enum line_result got = next_line(data + at, bound - at, &line);

		if (got == LINE_MORE) {
			if (len < HTTP_HEAD_MAX)
				return HTTP_HEAD_MORE;
			fault = REASON_HEAD_TOO_LONG;
		} else if (got == LINE_BAD) {
			fault = first ? blame_line(line) : REASON_HTTP_MALFORMED;
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
