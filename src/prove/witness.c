/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Picks a packet that people can read, and leads it through the rules. */
#include "prove/witness.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mark.h"

#define TCP_SYN 0x02

int witness_start(struct witness *witness, struct space *space, const struct ruleset *ruleset)
{
	witness->space = space;
	return walk_new(ruleset, &witness->walk);
}

void witness_clear(struct witness *witness)
{
	walk_freep(&witness->walk);
}

/* A plain first TCP segment, where the set leaves the choice. */
static void wish(uint32_t values[SPACE_VARIABLES], uint8_t l4proto, uint32_t family)
{
	memset(values, 0, SPACE_VARIABLES * sizeof(*values));
	values[SPACE_FAMILY] = family;
	values[SPACE_L4PROTO] = l4proto;
	values[SPACE_SPORT] = 40000;
	values[SPACE_DPORT] = 443;
	values[SPACE_TCP_FLAGS] = TCP_SYN;
	values[SPACE_ICMP_TYPE] = 3;
	values[SPACE_TCP_DOFF] = 5;
	values[SPACE_UDP_LENGTH] = 1208;
	values[SPACE_UDP_FIRST] = 0xc0;
	values[SPACE_LENGTH] = family ? 20 : 40;
	values[SPACE_HAS_ETHER] = 1;
	values[SPACE_ETHER] = 0x02000000;
	values[SPACE_ETHER + 1] = 1;
}

static bool counts_as_decided(uint32_t ct_mark)
{
	const uint32_t state = ct_mark & MARK_STATE_MASK;

	return state == MARK_OPEN || state == MARK_WATCHED;
}

static int confirm(struct witness *witness, enum witness_kind kind, const struct walk_packet *p)
{
	struct walk_result result;
	int err = walk_packet(witness->walk, HOOK_FORWARD, p, &result);

	if (err)
		return err == -ENOMEM ? err : -ENOENT;
	if (result.outcome == WALK_ACCEPT)
		return 0;
	if (result.outcome != WALK_QUEUE)
		return -ENOENT;
	return kind == WITNESS_PASSES || counts_as_decided(result.ct_mark) ||
			       result.queue_first < witness->queue_first ||
			       result.queue_last > witness->queue_last
		       ? 0
		       : -ENOENT;
}

/* Tries a few packets of the set, which is not empty. */
static int find_among(struct witness *witness, uint32_t set, enum witness_kind kind,
		      struct walk_packet *ret)
{
	static const uint8_t protocols[] = { IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP };
	uint32_t values[SPACE_VARIABLES];
	struct walk_packet packet;
	int err = -ENOENT;

	for (size_t i = 0; err == -ENOENT && i < 2 * ARRAY_SIZE(protocols); i++) {
		wish(values, protocols[i / 2], i % 2);
		diagram_pick(witness->space->diagram, set, values);
		space_packet(witness->space, values, &packet);
		err = confirm(witness, kind, &packet);
	}
	if (!err)
		*ret = packet;
	return err;
}

int witness_find(struct witness *witness, uint32_t set, enum witness_kind kind,
		 struct walk_packet *ret)
{
	int err = -ENOENT;

	for (size_t i = 0; err == -ENOENT && i < ARRAY_SIZE(witness->likely); i++) {
		uint32_t likely = diagram_and(witness->space->diagram, set, witness->likely[i]);

		if (likely != DIAGRAM_NONE)
			err = find_among(witness, likely, kind, ret);
	}
	return err == -ENOENT ? find_among(witness, set, kind, ret) : err;
}

static const char *state_text(uint32_t state)
{
	switch ((int)state) {
	case STATE_NEW:
		return _("a new flow");
	case STATE_ESTABLISHED:
		return _("a packet of a known flow");
	case STATE_RELATED:
		return _("a packet related to a known flow");
	default:
		return _("a packet of no flow");
	}
}

void witness_say(const struct walk_packet *packet, enum witness_kind kind, char *out, size_t size)
{
	char from[ADDR_TEXT_MAX], to[ADDR_TEXT_MAX], port[40];

	if (packet->l4proto == IPPROTO_TCP || packet->l4proto == IPPROTO_UDP)
		(void)snprintf(port, sizeof(port), "%u/%s", packet->dport,
			       packet->l4proto == IPPROTO_TCP ? "tcp" : "udp");
	else
		(void)snprintf(port, sizeof(port), _("protocol %u"), packet->l4proto);
	(void)snprintf(out, size,
		       kind == WITNESS_PASSES
			       ? _("%s from %s (in by %s) to %s, %s (out by %s) may pass")
			       : _("%s from %s (in by %s) to %s, %s (out by %s) passes unread, or "
				   "makes its connection count as decided"),
		       state_text(packet->ct_state), addr_text(&packet->src, from), packet->iif,
		       addr_text(&packet->dst, to), port, packet->oif);
}
