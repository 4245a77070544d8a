/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The space of packet headers: which variable of a diagram is which field of a packet, and what the
 * policy and the ruleset say turned into sets of packets.
 *
 * What every packet has few values of is asked first, addresses last: so the large lists stay in
 * one piece whatever else a rule asks. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/policy.h"
#include "prove/diagram.h"
#include "ruleset/ruleset.h"
#include "ruleset/walk.h"

enum space_variable {
	SPACE_TIME,  /* 0: before the first expiry that occurs; k: from the k-th one on */
	SPACE_STATE, /* enum space_state */
	SPACE_REPLY, /* connection's direction: 0 original, 1 reply */
	SPACE_MARKS, /* 32 times, for each bit, one for each enum space_mark */
	SPACE_FAMILY = SPACE_MARKS + 128, /* 0: IPv4, 1: IPv6 */
	SPACE_IIF, /* index of the interface; one more than there are: any other */
	SPACE_OIF,
	SPACE_L4PROTO,
	SPACE_SPORT, /* bytes 0 and 1 of the transport header */
	SPACE_DPORT, /* bytes 2 and 3 of the transport header; 65536: it has none */
	SPACE_TCP_FLAGS,
	SPACE_ICMP_TYPE,
	SPACE_TCP_DOFF,
	SPACE_UDP_LENGTH,
	SPACE_UDP_FIRST, /* first byte behind the UDP header; WALK_NO_BYTE: there is none */
	SPACE_LENGTH,    /* ip length or ip6 length */
	SPACE_HAS_ETHER,
	SPACE_ETHER,                 /* source hardware address: 4 bytes, then 2 */
	SPACE_SRC = SPACE_ETHER + 2, /* IPv4: the first; IPv6: 4 words */
	SPACE_DST = SPACE_SRC + 4,
	SPACE_VARIABLES = SPACE_DST + 4
};

enum space_state {
	SPACE_NEW,
	SPACE_ESTABLISHED,
	SPACE_RELATED,
	SPACE_INVALID,
	SPACE_UNTRACKED,
	SPACE_STATES
};

/* Marks as the packet came with them, and as they are now. */
enum space_mark { SPACE_CT_CAME, SPACE_CT, SPACE_META_CAME, SPACE_META };

#define SPACE_NO_PORTS 65536U

struct space {
	struct diagram *diagram;
	char (*interfaces)[16]; /* sorted */
	size_t interface_count;
	int64_t *times; /* sorted: seconds since 1970 at which something expires */
	size_t time_count;
};

/* Begins with an empty space; then every ruleset and policy of which it will be asked is learned
 * (0 or -ENOMEM), and space_start() ends that. */
int space_learn_ruleset(struct space *space, const struct ruleset *ruleset);
int space_learn_policy(struct space *space, const struct policy *policy);
int space_start(struct space *space);
void space_clear(struct space *space);

/* The packets of which that is true. Errors stick in the diagram. */
uint32_t space_is(struct space *space, enum space_variable variable, uint32_t value);
uint32_t space_family(struct space *space, uint8_t family); /* 4 or 6 */
uint32_t space_interface(struct space *space, enum space_variable side, const char *name);
uint32_t space_interfaces(struct space *space, enum space_variable side,
			  const struct policy_strings *names);
/* side: SPACE_SRC or SPACE_DST. The list is normal. */
uint32_t space_addresses(struct space *space, enum space_variable side,
			 const struct addr_list *list);
uint32_t space_macs(struct space *space, const struct policy_macs *macs);
/* Ports of one protocol; every protocol of a list of ports, or only those whose bit (1 << app) is
 * in apps. */
uint32_t space_port(struct space *space, uint8_t l4proto, uint16_t first, uint16_t last);
uint32_t space_ports(struct space *space, const struct policy_ports *ports, unsigned int apps);
uint32_t space_before(struct space *space, int64_t expires_s);
/* All bits of mask as in value; two marks the same in every bit. */
uint32_t space_mark(struct space *space, enum space_mark which, uint32_t mask, uint32_t value);
uint32_t space_same_marks(struct space *space, enum space_mark a, enum space_mark b);

/* The packets of a set with all forgotten that two packets of one flow may differ in: only time,
 * interfaces, hardware address, addresses, protocol and destination port remain. */
uint32_t space_flows(struct space *space, uint32_t set);

/* Boxes of addresses and ports, for many at once: variables are set by space_boxes_start(). */
struct space_boxes {
	struct diagram_boxes v4, v6; /* l4proto, dport, words of the destination */
};
void space_boxes_start(struct space_boxes *boxes);
int space_boxes_add(struct space_boxes *boxes, const struct addr_list *to,
		    const struct policy_port *port);
uint32_t space_boxes_union(struct space *space, struct space_boxes *boxes); /* and clears them */

/* The packets whose fields are in the set; for a map, those whose element has that verdict. 0 and
 * *ret, or -EBADMSG for a set that is not understood. */
int space_set(struct space *space, const struct ruleset_set *set, const enum ruleset_field *fields,
	      const struct ruleset_verdict *verdict, uint32_t *ret);

/* The packets that have all that the field needs to be read. */
uint32_t space_has_field(struct space *space, enum ruleset_field field);

/* Between points and packets. A packet with no ports has dport 0. */
void space_packet(const struct space *space, const uint32_t *values, struct walk_packet *ret);
void space_point(const struct space *space, const struct walk_packet *packet, uint32_t *values);
