/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the parameters of SVCB and HTTPS records: they come in order, each once. */
#include "inspect/dns_service.h"

#include <string.h>

#define KNOWN_COUNT 7

enum parameter {
	MANDATORY = 0,
	ALPN = 1,
	NO_DEFAULT_ALPN = 2,
	PORT = 3,
	IPV4HINT = 4,
	ECH = 5,
	IPV6HINT = 6,
};

bool dns_service_alpn(struct dns_bytes *rest, struct dns_bytes *ret)
{
	struct rd r = rd_of(rest->at, rest->len);
	size_t len = rd_u8(&r);
	const uint8_t *at = rd_bytes(&r, len);

	if (r.bad || len == 0)
		return false;
	*ret = (struct dns_bytes){ at, len };
	*rest = (struct dns_bytes){ r.at, r.left };
	return true;
}

/* At least one protocol, none empty, and nothing behind the last. */
static bool is_alpn(struct dns_bytes value)
{
	struct dns_bytes one;

	if (value.len == 0)
		return false;
	while (dns_service_alpn(&value, &one))
		;
	return value.len == 0;
}

static bool are_addresses(struct dns_bytes value, size_t len)
{
	return value.len != 0 && value.len % len == 0;
}

/* What an ECH configuration list says of its own length. */
static bool is_ech(struct dns_bytes value)
{
	struct rd r = rd_of(value.at, value.len);
	uint16_t len = rd_u16(&r);

	return !r.bad && len != 0 && len == r.left;
}

static bool take(enum parameter parameter, struct dns_bytes value, struct dns_service *service)
{
	switch (parameter) {
	case MANDATORY:
		return value.len != 0 && value.len % 2 == 0;
	case ALPN:
		service->alpn = value;
		return is_alpn(value);
	case NO_DEFAULT_ALPN:
		service->no_default_alpn = true;
		return value.len == 0;
	case PORT:
		if (value.len != 2)
			return false;
		service->has_port = true;
		service->port = (uint16_t)(value.at[0] << 8 | value.at[1]);
		return true;
	case IPV4HINT:
		service->ipv4hint = value;
		return are_addresses(value, 4);
	case ECH:
		service->ech = value;
		return is_ech(value);
	case IPV6HINT:
		service->ipv6hint = value;
		return are_addresses(value, 16);
	}
	return true;
}

static bool has_key(struct rd r, uint16_t wanted)
{
	while (r.left != 0) {
		uint16_t key = rd_u16(&r);

		rd_skip(&r, rd_u16(&r));
		if (!r.bad && key == wanted)
			return true;
	}
	return false;
}

/* Keys in order, each once, none of them "mandatory" itself, and each there. What is not known here
 * makes the service unusable. */
static bool check_mandatory(struct dns_bytes value, struct rd all, struct dns_service *service)
{
	struct rd r = rd_of(value.at, value.len);
	uint16_t before = MANDATORY;

	while (r.left != 0) {
		uint16_t key = rd_u16(&r);

		if (key <= before || !has_key(all, key))
			return false;
		before = key;
		if (key >= KNOWN_COUNT)
			service->usable = false;
	}
	return true;
}

bool dns_service_read(struct dns_bytes parameters, struct dns_service *service)
{
	const struct rd all = rd_of(parameters.at, parameters.len);
	struct dns_bytes mandatory = { NULL, 0 };
	struct rd r = all;
	int32_t before = -1;

	service->usable = true;
	/* Whoever receives an alias leaves its parameters aside. */
	if (service->priority == 0)
		return true;
	while (r.left != 0) {
		uint16_t key = rd_u16(&r);
		struct dns_bytes value = { .len = rd_u16(&r) };

		value.at = rd_bytes(&r, value.len);
		if (r.bad || key <= before)
			return false;
		before = key;
		if (key == MANDATORY)
			mandatory = value;
		if (key < KNOWN_COUNT && !take((enum parameter)key, value, service))
			return false;
	}
	if (r.bad || (service->no_default_alpn && service->alpn.len == 0))
		return false;
	return check_mandatory(mandatory, all, service);
}

bool dns_service_hint(const struct dns_service *service, size_t i, struct addr *ret)
{
	const size_t of4 = service->ipv4hint.len / 4, of6 = service->ipv6hint.len / 16;

	if (i >= of4 + of6)
		return false;
	memset(ret, 0, sizeof(*ret));
	ret->family = i < of4 ? 4 : 6;
	if (i < of4)
		memcpy(ret->b, service->ipv4hint.at + i * 4, 4);
	else
		memcpy(ret->b, service->ipv6hint.at + (i - of4) * 16, 16);
	return true;
}
