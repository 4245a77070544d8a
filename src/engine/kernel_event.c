/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads and checks the events of the kernel's log. */
#include "engine/kernel_event.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#define IP4_HEADER_MIN 20U
#define IP6_HEADER     40U

size_t kernel_event_message_size(uint32_t count)
{
	return offsetof(struct kernel_event_message, events) + count * sizeof(struct kernel_event);
}

static bool is_prefix(const char *text, size_t len)
{
	const size_t ours = sizeof(KERNEL_EVENT_PREFIX) - 1;

	if (len <= ours || memcmp(text, KERNEL_EVENT_PREFIX, ours) != 0)
		return false;
	for (size_t i = ours; i < len; i++) {
		const char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '-' || c == '_' || c == '.' || c == ':'))
			return false;
	}
	return true;
}

static uint16_t get16(const uint8_t *at)
{
	return (uint16_t)((at[0] << 8) | at[1]);
}

static void read_ports(const uint8_t *at, size_t len, struct kernel_event *event)
{
	const uint8_t p = event->l4proto;

	if (len < 4 ||
	    (p != IPPROTO_TCP && p != IPPROTO_UDP && p != IPPROTO_SCTP && p != IPPROTO_UDPLITE))
		return;
	event->sport = get16(at);
	event->dport = get16(at + 2);
}

static void read_ip4(const uint8_t *at, size_t len, struct kernel_event *event)
{
	const size_t header = (size_t)(at[0] & 0x0f) * 4;

	if (len < IP4_HEADER_MIN || header < IP4_HEADER_MIN)
		return;
	event->family = 4;
	event->l4proto = at[9];
	memcpy(event->src, at + 12, 4);
	memcpy(event->dst, at + 16, 4);
	/* only the first fragment has ports */
	if (header < len && (get16(at + 6) & 0x1fff) == 0)
		read_ports(at + header, len - header, event);
}

static void read_ip6(const uint8_t *at, size_t len, struct kernel_event *event)
{
	if (len < IP6_HEADER)
		return;
	event->family = 6;
	event->l4proto = at[6]; /* of the first header: a record needs no more */
	memcpy(event->src, at + 8, 16);
	memcpy(event->dst, at + 24, 16);
	read_ports(at + IP6_HEADER, len - IP6_HEADER, event);
}

int kernel_event_read(const char *prefix, size_t prefix_len, const uint8_t *packet,
		      size_t packet_len, struct kernel_event *ret)
{
	prefix_len = strnlen(prefix, prefix_len);
	if (prefix_len >= KERNEL_EVENT_PREFIX_MAX || !is_prefix(prefix, prefix_len))
		return -EBADMSG;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret->prefix, prefix, prefix_len);
	if (packet_len == 0)
		return 0;
	if (packet[0] >> 4 == 4)
		read_ip4(packet, packet_len, ret);
	else if (packet[0] >> 4 == 6)
		read_ip6(packet, packet_len, ret);
	return 0;
}

static bool event_holds(const struct kernel_event *event)
{
	const size_t len = strnlen(event->prefix, sizeof(event->prefix));

	return len < sizeof(event->prefix) && is_prefix(event->prefix, len) &&
	       (event->family == 0 || event->family == 4 || event->family == 6);
}

int kernel_event_message_check(const void *message, size_t len)
{
	const struct kernel_event_message *m = message;

	if (len < kernel_event_message_size(0) || m->magic != KERNEL_EVENT_MAGIC ||
	    m->count > KERNEL_EVENT_BATCH_MAX || len != kernel_event_message_size(m->count))
		return -EBADMSG;
	for (uint32_t i = 0; i < m->count; i++)
		if (!event_holds(&m->events[i]))
			return -EBADMSG;
	return 0;
}

void kernel_event_flow_key(const struct kernel_event *event, struct flow_key *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->src.family = event->family;
	ret->dst.family = event->family;
	memcpy(ret->src.b, event->src, addr_len(event->family));
	memcpy(ret->dst.b, event->dst, addr_len(event->family));
	ret->sport = event->sport;
	ret->dport = event->dport;
	ret->l4proto = event->l4proto;
}
