/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes packets and ClientHellos for tests, fuzz targets and benchmarks. */
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "common/flow_key.h"

#define PACKETS_MAX 65535

static inline void packets_put16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void packets_put32(uint8_t *at, uint32_t value)
{
	packets_put16(at, value >> 16);
	packets_put16(at + 2, value & 0xffff);
}

/* 192.168.10.11 or 2001:db8:10::11, port sport, to 198.51.100.130 or 2001:db8:c10d::130, port 443.
 */
static inline struct flow_key packets_key(uint8_t family, uint8_t l4proto, uint16_t sport)
{
	struct flow_key key = {
		.src.family = family,
		.dst.family = family,
		.l4proto = l4proto,
		.sport = sport,
		.dport = 443,
	};

	if (family == 4) {
		memcpy(key.src.b, "\xc0\xa8\x0a\x0b", 4);
		memcpy(key.dst.b, "\xc6\x33\x64\x82", 4);
	} else {
		memcpy(key.src.b, "\x20\x01\x0d\xb8\0\x10\0\0\0\0\0\0\0\0\0\x11", 16);
		memcpy(key.dst.b, "\x20\x01\x0d\xb8\xc1\x0d\0\0\0\0\0\0\0\0\x01\x30", 16);
	}
	return key;
}

/* The same flow as its server sees it. */
static inline struct flow_key packets_back(const struct flow_key *key)
{
	return (struct flow_key){ .src = key->dst,
				  .dst = key->src,
				  .sport = key->dport,
				  .dport = key->sport,
				  .l4proto = key->l4proto };
}

/* An IP header for len bytes of transport; gives its length. */
static inline size_t packets_ip(uint8_t *out, const struct flow_key *key, size_t len)
{
	if (key->src.family == 4) {
		memset(out, 0, 20);
		out[0] = 0x45;
		packets_put16(out + 2, 20 + len);
		packets_put16(out + 6, 0x4000);
		out[8] = 64;
		out[9] = key->l4proto;
		memcpy(out + 12, key->src.b, 4);
		memcpy(out + 16, key->dst.b, 4);
		return 20;
	}
	memset(out, 0, 40);
	out[0] = 0x60;
	packets_put16(out + 4, len);
	out[6] = key->l4proto;
	out[7] = 64;
	memcpy(out + 8, key->src.b, 16);
	memcpy(out + 24, key->dst.b, 16);
	return 40;
}

/* A TCP packet (no options) into out, which has PACKETS_MAX bytes; gives its length. */
static inline size_t packets_tcp(uint8_t *out, const struct flow_key *key, uint32_t seq,
				 uint32_t ack, uint8_t flags, const void *payload, size_t len)
{
	size_t at = packets_ip(out, key, 20 + len);

	memset(out + at, 0, 20);
	packets_put16(out + at, key->sport);
	packets_put16(out + at + 2, key->dport);
	packets_put32(out + at + 4, seq);
	packets_put32(out + at + 8, ack);
	out[at + 12] = 0x50;
	out[at + 13] = flags;
	packets_put16(out + at + 14, 64240);
	if (len != 0)
		memcpy(out + at + 20, payload, len);
	return at + 20 + len;
}

static inline size_t packets_udp(uint8_t *out, const struct flow_key *key, const void *payload,
				 size_t len)
{
	size_t at = packets_ip(out, key, 8 + len);

	packets_put16(out + at, key->sport);
	packets_put16(out + at + 2, key->dport);
	packets_put16(out + at + 4, 8 + len);
	packets_put16(out + at + 6, 0);
	if (len != 0)
		memcpy(out + at + 8, payload, len);
	return at + 8 + len;
}

/* An extension of len bytes (NULL: zeros); gives where the next one goes. */
static inline size_t packets_extension(uint8_t *out, size_t at, uint16_t type, const void *body,
				       size_t len)
{
	packets_put16(out + at, type);
	packets_put16(out + at + 2, len);
	if (body != NULL)
		memcpy(out + at + 4, body, len);
	else
		memset(out + at + 4, 0, len);
	return at + 4 + len;
}

/* A server_name extension with one host name of name_len bytes. */
static inline size_t packets_server_name(uint8_t *out, size_t at, const void *name, size_t name_len)
{
	packets_put16(out + at, 0);
	packets_put16(out + at + 2, name_len + 5);
	packets_put16(out + at + 4, name_len + 3);
	out[at + 6] = 0;
	packets_put16(out + at + 7, name_len);
	memcpy(out + at + 9, name, name_len);
	return at + 9 + name_len;
}

/* The ClientHello's bytes up to its extensions, with both headers; gives where the extensions
 * begin. */
static inline size_t packets_hello_begin(uint8_t *out)
{
	static const uint8_t suites[] = {
		0x00, 0x06, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0x01, 0x00
	};
	size_t at = 9;

	memset(out, 0, at);
	out[at++] = 3;
	out[at++] = 3;
	for (int i = 0; i < 32; i++)
		out[at++] = (uint8_t)(i * 7);
	out[at++] = 32;
	for (int i = 0; i < 32; i++)
		out[at++] = (uint8_t)(i * 5);
	memcpy(out + at, suites, sizeof(suites));
	return at + sizeof(suites) + 2;
}

/* Fills in every length; end is where the extensions end, and what this gives. */
static inline size_t packets_hello_end(uint8_t *out, size_t extensions, size_t end)
{
	packets_put16(out + extensions - 2, end - extensions);
	out[0] = 22;
	out[1] = 3;
	out[2] = 1;
	packets_put16(out + 3, end - 5);
	out[5] = 1;
	out[6] = (uint8_t)((end - 9) >> 16);
	packets_put16(out + 7, (end - 9) & 0xffff);
	return end;
}

/* A ClientHello in one record of total bytes (at least 200 more than the name has; 0: as long as it
 * comes), with ALPN and, last of all, the name, as browsers that shuffle their extensions may place
 * it. */
static inline size_t packets_hello(uint8_t *out, const char *name, size_t total)
{
	size_t extensions = packets_hello_begin(out);
	size_t at = extensions;
	size_t name_len = strlen(name);

	at = packets_extension(out, at, 0x0010, "\x00\x03\x02h2", 5);
	if (total != 0)
		/* as long as a post-quantum key share, and more */
		at = packets_extension(out, at, 0x0033, NULL, total - at - 4 - 9 - name_len);
	at = packets_server_name(out, at, name, name_len);
	return packets_hello_end(out, extensions, at);
}

/* The handshake bytes of a hello in one record, cut anew into records of size bytes; gives the
 * length. */
static inline size_t packets_records(uint8_t *out, const uint8_t *hello, size_t len, size_t size)
{
	size_t at = 0;

	for (size_t from = 5; from < len; from += size) {
		size_t count = len - from < size ? len - from : size;

		memcpy(out + at, hello, 3);
		packets_put16(out + at + 3, count);
		memcpy(out + at + 5, hello + from, count);
		at += 5 + count;
	}
	return at;
}
