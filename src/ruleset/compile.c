/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From policy and guideline to the ruleset: the order of everything, and what is the same at every
 * site. */
#include "ruleset/compile.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>

#include "common/defs.h"
#include "common/mark.h"
#include "ruleset/compile_parts.h"

/* forward runs with the filters, settle right after every other filter. */
#define PRIORITY_FORWARD 0
#define PRIORITY_SETTLE  10

#define TCP_FLAG_BIT_SYN 0x02U
#define TCP_FLAG_BIT_ACK 0x10U
#define TCP_FLAG_BIT_FIN 0x01U
#define TCP_FLAG_BIT_RST 0x04U
#define TCP_FLAG_BIT_URG 0x20U

/* The bits of the header form and the fixed one, and a short header's. Source: RFC 9000 section
 * 17.3. The bits of a UDP length of QUIC_DATAGRAM_END (inspect/quic.h) and its header, or more. */
#define QUIC_FORM_BITS    0xc0U
#define QUIC_SHORT_HEADER 0x40U
#define UDP_LENGTH_JOINED 0xf800U

/* TCP headers of 5 to 15 words, in IP packets that hold nothing else: no payload. Exact for IPv4
 * where the IP header has 5 words; with options, the pairs do not fit and the packet counts as one
 * with payload. */
static void bare_set(struct compile *c, const char *name, enum ruleset_field length,
		     uint32_t header)
{
	build_set(&c->build, name, BUILD_EXACT, BUILD_FIELDS(length, FIELD_TCP_DOFF));
	for (uint32_t words = 5; words <= 15; words++) {
		build_element(&c->build);
		build_put_number(&c->build, header + 4 * words, header + 4 * words);
		build_put_number(&c->build, words, words);
	}
}

/* What becomes of the packets of a flow with a mark. */
/* What the states guarded, proving and open have in common. */
#define NAMED_BIT 0x2U
_Static_assert((MARK_GUARDED & NAMED_BIT) && (MARK_PROVING & NAMED_BIT) && (MARK_OPEN & NAMED_BIT),
	       "they have it");
_Static_assert(!((MARK_NONE | MARK_UNDECIDED | MARK_WATCHED | MARK_REFUSED) & NAMED_BIT),
	       "and no other has");

static void states_map(struct compile *c)
{
	static const struct {
		uint32_t mark;
		enum ruleset_verdict_kind verdict;
		const char *chain;
	} states[] = {
		{ MARK_UNDECIDED, VERDICT_GOTO, "inspect" },
		{ MARK_GUARDED, VERDICT_GOTO, "inspect" },
		{ MARK_OPEN, VERDICT_ACCEPT, NULL },
		{ MARK_WATCHED, VERDICT_GOTO, "inspect" },
		{ MARK_REFUSED, VERDICT_GOTO, "cut" },
		{ MARK_PROVING, VERDICT_GOTO, "inspect" },
		{ MARK_GUARDED | MARK_EXCEPTION, VERDICT_GOTO, "excepted" },
		{ MARK_OPEN | MARK_EXCEPTION, VERDICT_GOTO, "excepted" },
		{ MARK_WATCHED | MARK_EXCEPTION, VERDICT_GOTO, "excepted" },
		{ MARK_PROVING | MARK_EXCEPTION, VERDICT_GOTO, "excepted" },
	};

	build_set(&c->build, "states", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		build_element(&c->build);
		build_put_number(&c->build, states[i].mark, states[i].mark);
		build_put_verdict(&c->build, states[i].verdict, states[i].chain);
	}
}

static void reject_rules(struct build *build)
{
	build_rule(build, NULL);
	build_value(build, MATCH_L4PROTO, IPPROTO_TCP);
	build_act(build, ACT_REJECT_RESET);
	build_rule(build, NULL);
	build_act(build, ACT_REJECT_ADMIN);
}

static void counter_and_log(struct compile *c, const char *slug)
{
	build_act(&c->build, ACT_COUNTER);
	build_log(&c->build, compile_log_group(c), COMPILE_LOG_PREFIX "%s", slug);
}

/* Refused flows: the broker has recorded why. */
static void cut_chain(struct compile *c)
{
	build_chain(&c->build, "cut");
	build_rule(&c->build, NULL);
	build_act(&c->build, ACT_COUNTER);
	reject_rules(&c->build);
}

/* What no permitted flow covers. Nobody outside learns from an answer that something is here. */
static void refuse_chain(struct compile *c)
{
	build_chain(&c->build, "refuse");
	build_rule(&c->build, NULL);
	counter_and_log(c, "not-permitted");
	if (c->policy->zones[ZONE_EXTERNAL].interfaces.count) {
		build_rule(&c->build, NULL);
		build_in_set(&c->build, "outside", BUILD_FIELDS(FIELD_IIFNAME));
		build_drop(&c->build);
	}
	reject_rules(&c->build);
}

/* True where the ruleset has come to a set of that name. */
static bool has_set(const struct compile *c, const char *name)
{
	return !c->build.error && ruleset_set(c->build.ruleset, name);
}

/* ICMP errors towards My Number from other zones: whoever sits there could make them up, and carry
 * bytes in. Also where screen transfer ends there: nothing but its ports is left open. */
static void related_to_mynumber(struct compile *c, const char *zone, enum ruleset_field field)
{
	if (!has_set(c, zone) || !has_set(c, "offices"))
		return;
	build_rule(&c->build, NULL);
	build_in_set(&c->build, zone, BUILD_FIELDS(field));
	build_in_set(&c->build, "offices", BUILD_FIELDS(FIELD_IIFNAME));
	build_goto(&c->build, "refuse");
}

/* ICMP errors about flows that are let through, or are about to be. */
static void related_chain(struct compile *c)
{
	/* destination unreachable, time exceeded, parameter problem; in IPv6 packet too big as well
	 */
	static const uint8_t types4[] = { 3, 11, 12 }, types6[] = { 1, 2, 3, 4 };
	static const enum mark_state marks[] = { MARK_UNDECIDED, MARK_GUARDED, MARK_OPEN,
						 MARK_WATCHED, MARK_PROVING };

	build_chain(&c->build, "related");
	related_to_mynumber(c, "zone_mynumber4", FIELD_DADDR4);
	related_to_mynumber(c, "zone_mynumber6", FIELD_DADDR6);
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		build_rule(&c->build, NULL);
		build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, marks[i]);
		build_types(&c->build, MATCH_ICMP_TYPES, types4, ARRAY_SIZE(types4));
		build_accept(&c->build);
		build_rule(&c->build, NULL);
		build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, marks[i]);
		build_types(&c->build, MATCH_ICMPV6_TYPES, types6, ARRAY_SIZE(types6));
		build_accept(&c->build);
	}
	build_rule(&c->build, NULL);
	build_goto(&c->build, "refuse");
}

static void queue_packet(struct compile *c)
{
	const struct policy_daemon *d = &c->policy->daemon;
	uint32_t count = d->queue_count ? d->queue_count : 1;

	build_masked(&c->build, ACT_QUEUE, d->queue_first + count - 1, d->queue_first);
}

static void bare_rule(struct compile *c, const char *set, enum ruleset_field length)
{
	build_rule(&c->build, NULL);
	build_in_set(&c->build, set, BUILD_FIELDS(length, FIELD_TCP_DOFF));
	build_masked_not(&c->build, MATCH_TCP_FLAGS, TCP_FLAG_BIT_SYN | TCP_FLAG_BIT_ACK,
			 TCP_FLAG_BIT_SYN);
	build_accept(&c->build);
}

/* Flows whose name has to be read. Segments without payload say nothing, but for the client's SYN,
 * which says where its stream begins. */
static void inspect_chain(struct compile *c)
{
	build_chain(&c->build, "inspect");
	/* The engine knows a new connection by the state that its first packet does not yet bear.
	 */
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_STATE, STATE_NEW);
	build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_NONE);
	build_value(&c->build, ACT_SET_CT_MARK, MARK_UNDECIDED);
	queue_packet(c);
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_NONE);
	build_value(&c->build, ACT_SET_CT_MARK, MARK_UNDECIDED);
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_GUARDED);
	build_value(&c->build, MATCH_CT_REPLY, 1);
	build_accept(&c->build);
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_WATCHED);
	build_value(&c->build, MATCH_CT_REPLY, 1);
	build_accept(&c->build);
	/* QUIC: short headers work for no connection but those whose beginning was read. What lacks
	 * their fixed bit as well may be of another protocol of the server, and is queued.
	 * Joined datagrams (UDP GRO) show the first one's beginning alone, but not below this
	 * length. */
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_WATCHED);
	build_masked(&c->build, MATCH_UDP_FIRST, QUIC_FORM_BITS, QUIC_SHORT_HEADER);
	build_masked(&c->build, MATCH_UDP_LENGTH, UDP_LENGTH_JOINED, 0);
	build_accept(&c->build);
	/* A segment without payload acknowledges, too. */
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_PROVING);
	build_value(&c->build, MATCH_CT_REPLY, 1);
	build_act(&c->build, ACT_META_MARK_FROM_CT);
	queue_packet(c);
	/* An urgent pointer takes a byte out of the stream that the server reads, even of a later
	 * segment. */
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_TCP_FLAGS, TCP_FLAG_BIT_URG, TCP_FLAG_BIT_URG);
	counter_and_log(c, "bad-packet");
	build_drop(&c->build);
	bare_rule(c, "bare4", FIELD_LENGTH4);
	bare_rule(c, "bare6", FIELD_LENGTH6);
	build_rule(&c->build, NULL);
	build_act(&c->build, ACT_META_MARK_FROM_CT);
	queue_packet(c);
}

/* Flows permitted by address and port: queued for the record alone. */
static void admit_chain(struct compile *c)
{
	build_chain(&c->build, "admit");
	build_rule(&c->build, NULL);
	build_value(&c->build, ACT_SET_META_MARK, MARK_ADMIT);
	queue_packet(c);
}

/* QUIC towards a service that is to be inspected over TCP: told at once, so that clients fall back.
 */
static void quic_chain(struct compile *c)
{
	build_chain(&c->build, "quic");
	build_rule(&c->build, NULL);
	counter_and_log(c, "quic-refused");
	build_act(&c->build, ACT_REJECT_PORT);
}

static bool uses_kind(struct compile *c, enum compile_kind kind)
{
	for (size_t i = 0; i < c->grant_count; i++)
		if (c->grants[i].kind == kind)
			return true;
	return compile_exceptions_use(c, kind);
}

/* What becomes of a flow's packets by its state. */
static void by_mark(struct compile *c)
{
	const struct ruleset_statement map = { .kind = ACT_CT_MARK_MAP,
					       .mask = MARK_STATE_MASK | MARK_EXCEPTION,
					       .text = "states" };

	build_statement(&c->build, &map);
}

/* Dispatch by source address, if there is such a map. */
static void lookup_rule(struct compile *c, const char *map, enum ruleset_field field,
			bool original_only)
{
	if (c->build.error || !ruleset_set(c->build.ruleset, map))
		return;
	build_rule(&c->build, NULL);
	if (original_only)
		build_value(&c->build, MATCH_CT_REPLY, 0);
	build_lookup(&c->build, map, BUILD_FIELDS(field));
}

/* One rule's beginning: segments one way, of flows that are let through, with these flags. */
static void again_rule(struct compile *c, uint32_t mask, uint32_t mark, uint32_t reply,
		       uint32_t flags)
{
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_REPLY, reply);
	build_masked(&c->build, MATCH_CT_MARK, mask, mark);
	build_masked(&c->build, MATCH_TCP_FLAGS, TCP_FLAG_BIT_SYN | TCP_FLAG_BIT_ACK, flags);
}

/* A client that lost its connection may begin another on the same ports, while conntrack takes its
 * SYN for a stray packet of the old one. It must not pass where names are read, nor where an
 * exception opened the flow: if the server has closed, it begins a new connection, whose bytes
 * would pass by the mark of the old one. A server can be made to close unseen, and the number that
 * it begins with can be guessed, so that to wait for its answer is not enough. Its answer is queued
 * all the same: another one than the known flow's makes the flow undecided again, with the engine's
 * word. Where the flow was permitted by address, the SYN is queued to be recorded once more. */
static void again_chain(struct compile *c)
{
	static const struct {
		uint32_t mask, mark;
	} through[] = {
		{ NAMED_BIT | MARK_INSPECTED | MARK_EXCEPTION, NAMED_BIT | MARK_INSPECTED },
		{ MARK_STATE_MASK | MARK_EXCEPTION, MARK_WATCHED },
	};

	build_chain(&c->build, "again");
	for (size_t i = 0; i < ARRAY_SIZE(through); i++) {
		again_rule(c, through[i].mask, through[i].mark, 1,
			   TCP_FLAG_BIT_SYN | TCP_FLAG_BIT_ACK);
		build_act(&c->build, ACT_META_MARK_FROM_CT);
		queue_packet(c);
	}
	again_rule(c, NAMED_BIT | MARK_INSPECTED | MARK_EXCEPTION, NAMED_BIT, 0, TCP_FLAG_BIT_SYN);
	build_value(&c->build, ACT_SET_META_MARK, MARK_ADMIT);
	queue_packet(c);
	again_rule(c, NAMED_BIT, NAMED_BIT, 0, TCP_FLAG_BIT_SYN);
	counter_and_log(c, "invalid-state");
	build_drop(&c->build);
	build_rule(&c->build, NULL);
	by_mark(c);
}

static void forward_chain(struct compile *c, bool exceptions)
{
	build_base_chain(&c->build, "forward", HOOK_FORWARD, PRIORITY_FORWARD, true);

	/* structure: nobody else's packet mark counts, and no packet without a connection */
	build_rule(&c->build, NULL);
	build_value(&c->build, ACT_SET_META_MARK, 0);
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_STATE, STATE_INVALID | STATE_UNTRACKED);
	counter_and_log(c, "invalid-state");
	build_drop(&c->build);
	compile_place_rules(c, true, NULL);
	compile_place_rules(c, false, NULL);

	/* forbidden, before any allowance; a reply belongs to a flow that was judged by its first
	 * packet */
	lookup_rule(c, "forbidden4", FIELD_SADDR4, true);
	lookup_rule(c, "forbidden6", FIELD_SADDR6, true);

	/* flows that are known */
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_STATE, STATE_RELATED);
	build_goto(&c->build, "related");
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_STATE, STATE_ESTABLISHED);
	build_masked_not(&c->build, MATCH_CT_MARK, MARK_STATE_MASK, MARK_NONE);
	build_masked(&c->build, MATCH_TCP_FLAGS, TCP_FLAG_BIT_SYN, TCP_FLAG_BIT_SYN);
	build_goto(&c->build, "again");
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_STATE, STATE_ESTABLISHED);
	by_mark(c);
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_REPLY, 1);
	build_goto(&c->build, "refuse");

	/* new flows; a TCP flow begins with its SYN alone */
	build_rule(&c->build, NULL);
	build_value(&c->build, MATCH_CT_STATE, STATE_NEW);
	build_masked_not(&c->build, MATCH_TCP_FLAGS,
			 TCP_FLAG_BIT_FIN | TCP_FLAG_BIT_SYN | TCP_FLAG_BIT_RST | TCP_FLAG_BIT_ACK,
			 TCP_FLAG_BIT_SYN);
	counter_and_log(c, "midstream");
	build_act(&c->build, ACT_REJECT_RESET);
	lookup_rule(c, "sources4", FIELD_SADDR4, false);
	lookup_rule(c, "sources6", FIELD_SADDR6, false);
	build_rule(&c->build, NULL);
	build_goto(&c->build, exceptions ? "exceptions" : "refuse");
}

/* A verdict of the queue comes back as a packet mark; here it becomes the connection's. */
static void settle_chain(struct compile *c)
{
	build_base_chain(&c->build, "settle", HOOK_FORWARD, PRIORITY_SETTLE, false);
	build_rule(&c->build, NULL);
	build_masked(&c->build, MATCH_META_MARK, MARK_STATE_MASK, MARK_REFUSED);
	build_act(&c->build, ACT_CT_MARK_FROM_META);
	build_goto(&c->build, "cut");
	build_rule(&c->build, NULL);
	build_masked_not(&c->build, MATCH_META_MARK, MARK_STATE_MASK, MARK_NONE);
	build_act(&c->build, ACT_CT_MARK_FROM_META);
}

static void compile_clear(struct compile *c)
{
	ruleset_free(c->build.ruleset);
	policy_places_clear(&c->places);
	free(c->grants);
}

int compile_policy(const struct policy *policy, struct ruleset **ret)
{
	auto_(compile_clear) struct compile c = { .policy = policy };
	bool exceptions;

	build_start(&c.build);
	if (c.build.error)
		return c.build.error;
	build_fail(&c.build, policy_places(policy, &c.places));
	states_map(&c);
	compile_places(&c);
	compile_macs(&c);
	compile_forbidden_sets(&c);
	compile_grants(&c);
	compile_forbidden(&c);
	compile_exception_sets(&c);
	bare_set(&c, "bare4", FIELD_LENGTH4, 20);
	bare_set(&c, "bare6", FIELD_LENGTH6, 0);

	/* Flows of an earlier policy keep their marks: inspect and cut are always there. */
	cut_chain(&c);
	refuse_chain(&c);
	related_chain(&c);
	inspect_chain(&c);
	if (uses_kind(&c, COMPILE_QUIC))
		quic_chain(&c);
	if (uses_kind(&c, COMPILE_ADMIT))
		admit_chain(&c);
	compile_excepted_chain(&c);
	compile_pair_chains(&c);
	compile_dispatch(&c);
	exceptions = compile_exceptions_chain(&c);
	again_chain(&c);
	forward_chain(&c, exceptions);
	settle_chain(&c);
	compile_input(&c);
	compile_output(&c);
	compile_source_nat(&c);
	return build_finish(&c.build, ret);
}
