/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks what an engine sent before the broker looks at it. */
#include "engine/event.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

size_t event_message_size(uint32_t count)
{
	return offsetof(struct event_message, events) + count * sizeof(struct event);
}

/* True if the name's bytes are printable ASCII without spaces for its length, and NUL from there
 * on. */
static bool name_holds(const struct event *e)
{
	if (e->name_len > EVENT_NAME_MAX)
		return false;
	for (size_t i = 0; i < sizeof(e->name); i++) {
		bool printable = e->name[i] > 0x20 && e->name[i] < 0x7f;

		if (i < e->name_len ? !printable : e->name[i] != '\0')
			return false;
	}
	return true;
}

/* The same for the protocols, which need not be there. */
static bool alpn_holds(const struct event *e)
{
	const size_t len = strnlen(e->alpn, sizeof(e->alpn));

	if (len == sizeof(e->alpn) || (len != 0 && !e->has_alpn))
		return false;
	for (size_t i = 0; i < sizeof(e->alpn); i++) {
		bool printable = e->alpn[i] > 0x20 && e->alpn[i] < 0x7f;

		if (i < len ? !printable : e->alpn[i] != '\0')
			return false;
	}
	return true;
}

/* The bytes of an IPv4 address are the first four. */
static bool address_holds(uint8_t family, const uint8_t b[16])
{
	static const uint8_t zeros[12];

	return family == 6 || memcmp(b + 4, zeros, sizeof(zeros)) == 0;
}

/* True for what an engine may find in bytes; the rest are the kernel's and the broker's to say. */
static bool is_engine_reason(uint8_t reason)
{
	return (reason >= REASON_BAD_PACKET && reason <= REASON_RESOURCE_LIMIT) ||
	       reason == REASON_QUIC_REFUSED;
}

/* True if reason, app, name and packet are just what the type wants. */
static bool type_holds(const struct event *e)
{
	bool named = e->name_len != 0;
	bool judged = named || e->reason != 0 || e->app != APP_NONE || e->has_alpn || e->has_ech;

	switch ((enum event_type)e->type) {
	case EVENT_PASS:
	case EVENT_ADMIT:
	case EVENT_FOLLOW:
	case EVENT_OPEN:
	case EVENT_AGAIN:
	case EVENT_DISCARD:
		return !judged && e->has_packet == 1;
	case EVENT_ASK:
		return !judged && e->flow != EVENT_FLOW_NONE;
	case EVENT_NAME:
		return named && e->reason == 0 && e->app != APP_NONE && e->app < APP_SPOKEN_COUNT &&
		       e->flow != EVENT_FLOW_NONE;
	case EVENT_REFUSE:
		return !named && is_engine_reason(e->reason) && e->app < APP_SPOKEN_COUNT &&
		       !e->has_alpn && !e->has_ech;
	case EVENT_FORGET:
		return !judged && e->has_packet == 0 && e->flow != EVENT_FLOW_NONE;
	case EVENT_TYPE_COUNT:
		break;
	}
	return false;
}

static bool event_holds(const struct event *e, uint32_t flows_max)
{
	bool ports = e->l4proto == IPPROTO_TCP || e->l4proto == IPPROTO_UDP;

	if (e->has_packet > 1 || e->has_alpn > 1 || e->has_ech > 1 || e->reserved != 0)
		return false;
	if (e->flow >= flows_max || (e->family != 4 && e->family != 6))
		return false;
	if (!ports && (e->sport != 0 || e->dport != 0))
		return false;
	if (!address_holds(e->family, e->src) || !address_holds(e->family, e->dst))
		return false;
	return name_holds(e) && alpn_holds(e) && type_holds(e);
}

int event_message_check(const void *message, size_t len, uint32_t flows_max)
{
	const struct event_message *m = message;

	if (len < event_message_size(0) || m->magic != EVENT_MAGIC)
		return -EBADMSG;
	if (m->count > EVENT_BATCH_MAX || m->counts.reserved != 0 ||
	    len != event_message_size(m->count))
		return -EBADMSG;
	for (uint32_t i = 0; i < m->count; i++)
		if (!event_holds(&m->events[i], flows_max))
			return -EBADMSG;
	return 0;
}

void event_flow_key(const struct event *event, struct flow_key *ret)
{
	struct flow_key key = {
		.src.family = event->family,
		.dst.family = event->family,
		.sport = event->sport,
		.dport = event->dport,
		.l4proto = event->l4proto,
	};

	memcpy(key.src.b, event->src, sizeof(key.src.b));
	memcpy(key.dst.b, event->dst, sizeof(key.dst.b));
	*ret = key;
}
