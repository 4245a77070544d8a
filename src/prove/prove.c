/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The claims: which packets are sent through the ruleset, and which of them must not pass. */
#include "prove/prove.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mark.h"
#include "policy/forbidden.h"
#include "prove/bounds.h"
#include "prove/reach.h"
#include "prove/witness.h"

/* Two QUIC datagrams that the kernel has joined into one packet, of which the second begins a
 * connection, have this UDP length or more: each as long as the second at least, which has 1,200
 * bytes. Source: RFC 9000 section 14.1. */
#define QUIC_SURELY_ONE 2400

/* A proof under way. */
struct proof {
	const struct policy *policy;
	struct space space;
	struct reach reach;
	struct witness witness;
	uint32_t passing; /* of first packets: see first_packets() */
	uint64_t covered;
};

static void proof_clear(struct proof *p)
{
	witness_clear(&p->witness);
	reach_clear(&p->reach);
	space_clear(&p->space);
}

static uint32_t both(struct proof *p, uint32_t a, uint32_t b)
{
	return diagram_and(p->space.diagram, a, b);
}

static uint32_t less(struct proof *p, uint32_t a, uint32_t b)
{
	return diagram_minus(p->space.diagram, a, b);
}

static uint32_t either(struct proof *p, uint32_t a, uint32_t b)
{
	return diagram_or(p->space.diagram, a, b);
}

static uint32_t in_state(struct proof *p, enum space_state state)
{
	return space_is(&p->space, SPACE_STATE, state);
}

static uint32_t in_direction(struct proof *p, bool reply)
{
	return space_is(&p->space, SPACE_REPLY, reply);
}

/* Packets with any packet mark, and any connection mark. */
static uint32_t any_marks(struct proof *p)
{
	return both(p, space_same_marks(&p->space, SPACE_CT_CAME, SPACE_CT),
		    space_same_marks(&p->space, SPACE_META_CAME, SPACE_META));
}

/* Packets of connections that have no mark: nobody has decided on them. That is how a connection
 * begins: only this ruleset writes connection marks. */
static uint32_t no_ct_mark(struct proof *p)
{
	return both(p, any_marks(p), space_mark(&p->space, SPACE_CT, UINT32_MAX, 0));
}

/* The packets of start that may pass; with their ways, if ret_ways is not NULL. */
static int pass(struct proof *p, uint32_t start, struct reach_ways *ret_ways, uint32_t *ret)
{
	struct reach_ways ways = { 0 };
	int err = reach_run(&p->reach, HOOK_FORWARD, start, &ways);

	if (err)
		return err;
	*ret = reach_all(&p->space, &ways);
	if (ret_ways)
		*ret_ways = ways;
	else
		reach_ways_clear(&ways);
	return diagram_error(p->space.diagram);
}

/* Of the packets of the set (not empty) those that a kernel forwards at all, if there are any: a
 * counterexample is to be one that can be sent. */
static uint32_t sendable(struct proof *p, uint32_t set)
{
	auto_(addr_list_clear) struct addr_list martians = { 0 };
	uint32_t left;

	if (policy_martians(&martians))
		return set;
	left = less(p, set, space_addresses(&p->space, SPACE_SRC, &martians));
	left = less(p, left, space_addresses(&p->space, SPACE_DST, &martians));
	return left == DIAGRAM_NONE ? set : left;
}

/* Files what has been found: bad are packets that pass and must not. */
static int judge(struct proof *p, struct prove_claim *claim, uint32_t bad, enum witness_kind kind)
{
	int err = diagram_error(p->space.diagram);

	claim->covered = p->covered;
	if (err || claim->status != PROVE_HOLDS || bad == DIAGRAM_NONE)
		return err;
	bad = sendable(p, bad);
	err = diagram_error(p->space.diagram);
	if (!err)
		err = witness_find(&p->witness, bad, kind, &claim->counterexample);
	if (err == -ENOENT) {
		claim->status = PROVE_UNKNOWN;
		(void)snprintf(claim->why, sizeof(claim->why), "%s",
			       _("the packet found does not pass when it is led through the rules "
				 "one by one"));
		return 0;
	}
	if (err)
		return err;
	claim->status = PROVE_FAILS;
	witness_say(&claim->counterexample, kind, claim->why, sizeof(claim->why));
	return 0;
}

/* First packets in the direction of the connection's beginning, in whatever state: a connection
 * without mark is judged as if it were new. */
static uint32_t first_packets(struct proof *p)
{
	return both(p, in_direction(p, false), no_ct_mark(p));
}

static uint32_t icmp_errors(struct proof *p, uint8_t family)
{
	static const uint8_t types4[] = { 3, 11, 12 }, types6[] = { 1, 2, 3, 4 };
	const uint8_t *types = family == 4 ? types4 : types6;
	size_t count = family == 4 ? ARRAY_SIZE(types4) : ARRAY_SIZE(types6);
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < count; i++)
		set = either(p, set, space_is(&p->space, SPACE_ICMP_TYPE, types[i]));
	set = both(p, set,
		   space_is(&p->space, SPACE_L4PROTO, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6));
	return both(p, set, space_family(&p->space, family));
}

/* True for the forbidden flows that shut pairs of zones: their packets pass whatever mark their
 * connection has. */
static bool shuts_zones(const struct guideline_forbidden *forbidden)
{
	for (size_t i = 0; i < (size_t)ZONE_COUNT * ZONE_COUNT; i++)
		if (guideline_forbidden_between((enum zone)(i / ZONE_COUNT),
						(enum zone)(i % ZONE_COUNT)) == forbidden)
			return true;
	return false;
}

static int claim_any_mark(struct proof *p, struct prove_claim *claim, uint32_t shut)
{
	uint32_t passing = DIAGRAM_NONE;
	int err = pass(p, both(p, shut, both(p, in_direction(p, false), any_marks(p))), NULL,
		       &passing);

	return err ? err : judge(p, claim, passing, WITNESS_PASSES);
}

/* ICMP errors that come in by the internet zone's own lines, even as answers: whoever sits there
 * could make them up, and carry bytes into My Number. */
static int claim_no_errors_in(struct proof *p, struct prove_claim *claim,
			      const struct bounds_forbidden *bounds)
{
	const struct policy_strings *lines = &p->policy->zones[ZONE_INTERNET].interfaces;
	uint32_t passing = DIAGRAM_NONE;
	uint32_t start = both(p, less(p, bounds->ends, bounds->pairs), any_marks(p));
	int err;

	start = both(p, start, both(p, in_state(p, SPACE_RELATED), in_direction(p, true)));
	start = both(p, start, space_interfaces(&p->space, SPACE_IIF, lines));
	err = pass(p, start, NULL, &passing);
	return err ? err : judge(p, claim, passing, WITNESS_PASSES);
}

/* TCP segments that hold nothing. */
static uint32_t bare_segments(struct proof *p)
{
	uint32_t set = DIAGRAM_NONE;

	for (uint32_t words = 5; words <= 15; words++) {
		uint32_t v4 = both(p, space_family(&p->space, 4),
				   space_is(&p->space, SPACE_LENGTH, 20 + 4 * words));
		uint32_t v6 = both(p, space_family(&p->space, 6),
				   space_is(&p->space, SPACE_LENGTH, 4 * words));

		set = either(
			p, set,
			both(p, either(p, v4, v6), space_is(&p->space, SPACE_TCP_DOFF, words)));
	}
	return both(p, set, space_is(&p->space, SPACE_L4PROTO, IPPROTO_TCP));
}

/* Of the client of a flow that is named: QUIC packets with a short header, and that are surely one
 * datagram. The server knows their connection by a hello that was read, or not at all. */
static uint32_t short_headers(struct proof *p)
{
	uint32_t set = diagram_range(p->space.diagram, SPACE_UDP_FIRST, 0x40, 0x7f);

	set = both(p, set,
		   diagram_range(p->space.diagram, SPACE_UDP_LENGTH, 0, QUIC_SURELY_ONE - 1));
	set = both(p, set, space_is(&p->space, SPACE_L4PROTO, IPPROTO_UDP));
	set = both(p, set, space_mark(&p->space, SPACE_CT, MARK_STATE_MASK, MARK_WATCHED));
	return both(p, set, in_direction(p, false));
}

static uint32_t with_state(struct proof *p, enum space_mark which, const enum mark_state *states,
			   size_t count)
{
	uint32_t set = DIAGRAM_NONE;

	for (size_t i = 0; i < count; i++)
		set = either(p, set, space_mark(&p->space, which, MARK_STATE_MASK, states[i]));
	return set;
}

/* Packets that the daemon has yet to look at: of flows without a name, both ways; of those that
 * have one, but are compared or watched, the client's. */
static uint32_t to_be_read(struct proof *p)
{
	static const enum mark_state forth[] = { MARK_NONE, MARK_UNDECIDED, MARK_GUARDED,
						 MARK_WATCHED, MARK_PROVING };
	static const enum mark_state back[] = { MARK_NONE, MARK_UNDECIDED, MARK_PROVING };
	uint32_t set = either(
		p,
		both(p, in_direction(p, false), with_state(p, SPACE_CT, forth, ARRAY_SIZE(forth))),
		both(p, in_direction(p, true), with_state(p, SPACE_CT, back, ARRAY_SIZE(back))));

	set = both(p, set, either(p, in_state(p, SPACE_NEW), in_state(p, SPACE_ESTABLISHED)));
	return both(p, set, any_marks(p));
}

/* Packets that leave their connection as decided as it was: with its state, or newly undecided. */
static uint32_t no_more_decided(struct proof *p)
{
	uint32_t set = both(p, space_mark(&p->space, SPACE_CT_CAME, MARK_STATE_MASK, MARK_NONE),
			    space_mark(&p->space, SPACE_CT, MARK_STATE_MASK, MARK_UNDECIDED));

	for (uint32_t state = 0; state <= MARK_STATE_MASK; state++)
		set = either(p, set,
			     both(p, space_mark(&p->space, SPACE_CT_CAME, MARK_STATE_MASK, state),
				  space_mark(&p->space, SPACE_CT, MARK_STATE_MASK, state)));
	return set;
}

/* Of what the daemon has yet to look at, nothing but bare segments and QUIC's short headers passes
 * without being queued to it, and no rule makes a connection count as more decided than it is.
 * Another tenant of the same service is told by name alone, which only the daemon reads. */
static int claim_unread(struct proof *p, struct prove_claim *claim, uint32_t among)
{
	uint32_t bare = either(p, bare_segments(p), short_headers(p));
	uint32_t same = no_more_decided(p);
	uint32_t passing, bad = DIAGRAM_NONE;
	auto_(reach_ways_clear) struct reach_ways ways = { 0 };
	int err = pass(p, both(p, to_be_read(p), among), &ways, &passing);

	for (size_t i = 0; !err && i < ways.count; i++) {
		const struct reach_way *way = &ways.at[i];

		const bool read = way->end == REACH_QUEUE &&
				  way->queue_first >= p->witness.queue_first &&
				  way->queue_last <= p->witness.queue_last;

		bad = either(p, bad, less(p, way->set, read ? same : both(p, bare, same)));
	}
	return err ? err : judge(p, claim, bad, WITNESS_PASSES_UNREAD);
}

/* Only what the policy and the catalogue permit passes, as a first packet; an answer only in a
 * connection that has a mark; of related packets only ICMP errors; and nothing without the daemon's
 * word, which makes the record. */
static int claim_default_deny(struct proof *p, struct prove_claim *claim)
{
	uint32_t permitted, start, passing = DIAGRAM_NONE;
	int err = bounds_permitted(&p->space, p->policy, &permitted);

	if (!err)
		err = judge(p, claim, less(p, p->passing, permitted), WITNESS_PASSES);
	if (err)
		return err;
	start = diagram_range(p->space.diagram, SPACE_STATE, SPACE_NEW, SPACE_RELATED);
	start = both(p, start, both(p, in_direction(p, true), no_ct_mark(p)));
	err = pass(p, start, NULL, &passing);
	if (!err)
		err = judge(p, claim, passing, WITNESS_PASSES);
	if (err)
		return err;
	err = pass(p, both(p, in_state(p, SPACE_RELATED), any_marks(p)), NULL, &passing);
	if (err)
		return err;
	passing = less(p, passing, either(p, icmp_errors(p, 4), icmp_errors(p, 6)));
	err = judge(p, claim, passing, WITNESS_PASSES);
	return err ? err : claim_unread(p, claim, DIAGRAM_ALL);
}

static int claim_forbidden(struct proof *p, struct prove_claim *claim)
{
	const struct guideline_forbidden *forbidden = claim->forbidden;
	bool by_name = forbidden->to_roles == ROLE_BIT(ROLE_EXTERNAL_TENANT);
	struct bounds_forbidden bounds = { 0 };
	uint32_t inspected = DIAGRAM_NONE, shut;
	int err = bounds_forbidden(&p->space, p->policy, forbidden, &bounds);

	if (!err && by_name)
		err = bounds_inspected(&p->space, p->policy, forbidden, &inspected);
	if (err)
		return err;
	if (bounds.ends == DIAGRAM_NONE && inspected == DIAGRAM_NONE) {
		claim->status = PROVE_NOT_APPLICABLE;
		return diagram_error(p->space.diagram);
	}
	shut = less(p, bounds.ends, either(p, bounds.open, inspected));
	shut = less(p, shut, both(p, bounds.pairs, in_state(p, SPACE_RELATED)));
	err = judge(p, claim, both(p, p->passing, shut), WITNESS_PASSES);
	if (!err && shuts_zones(forbidden))
		err = claim_any_mark(p, claim, shut);
	if (!err && forbidden->from_zone == ZONE_INTERNET && forbidden->to_zone == ZONE_MYNUMBER)
		err = claim_no_errors_in(p, claim, &bounds);
	if (!err && inspected != DIAGRAM_NONE)
		err = claim_unread(p, claim, inspected);
	return err;
}

static void list_claims(const struct policy *policy, struct prove_result *ret)
{
	size_t count;
	const struct guideline_forbidden *all = guideline_forbiddens(&count);

	ret->count = 0;
	for (size_t i = 0; i < count && ret->count + 1 < PROVE_CLAIMS_MAX; i++)
		ret->claims[ret->count++] = (struct prove_claim){
			.forbidden = &all[i],
			.id = all[i].id,
			.status = forbidden_holds(policy, &all[i]) ? PROVE_HOLDS
								   : PROVE_NOT_APPLICABLE,
		};
	assert(ret->count == count);
	ret->claims[ret->count++] =
		(struct prove_claim){ .id = "default-deny", .status = PROVE_HOLDS };
}

static int start(struct proof *p, const struct ruleset *ruleset)
{
	const struct policy_daemon *daemon = &p->policy->daemon;
	uint32_t queues = daemon->queue_count ? daemon->queue_count : 1U;
	int err = space_learn_policy(&p->space, p->policy);

	if (!err)
		err = space_learn_ruleset(&p->space, ruleset);
	if (!err)
		err = space_start(&p->space);
	if (!err)
		err = witness_start(&p->witness, &p->space, ruleset);
	if (!err)
		err = bounds_likely(&p->space, p->policy, p->witness.likely);
	if (err)
		return err;
	p->witness.queue_first = daemon->queue_first;
	p->witness.queue_last = (uint16_t)(daemon->queue_first + queues - 1);
	p->reach = (struct reach){ .space = &p->space, .ruleset = ruleset };
	err = pass(p, first_packets(p), NULL, &p->passing);
	if (!err)
		p->covered = diagram_count(p->space.diagram, space_flows(&p->space, p->passing));
	return err;
}

/* Where something cannot be judged, no claim is made. */
static void know_nothing(struct prove_result *ret, const char *why)
{
	for (size_t i = 0; i < ret->count; i++) {
		struct prove_claim *claim = &ret->claims[i];

		if (claim->status == PROVE_NOT_APPLICABLE)
			continue;
		claim->status = PROVE_UNKNOWN;
		(void)snprintf(claim->why, sizeof(claim->why), "%s", why);
	}
}

int prove_ruleset(const struct policy *policy, const struct ruleset *ruleset,
		  struct prove_result *ret)
{
	auto_(proof_clear) struct proof p = { .policy = policy };
	struct prove_result result = { .count = 0 };
	int err;

	list_claims(policy, &result);
	err = start(&p, ruleset);
	for (size_t i = 0; !err && i < result.count; i++) {
		struct prove_claim *claim = &result.claims[i];

		if (claim->status == PROVE_NOT_APPLICABLE)
			continue;
		err = claim->forbidden ? claim_forbidden(&p, claim) : claim_default_deny(&p, claim);
	}
	if (err == -EBADMSG)
		know_nothing(&result, p.reach.why);
	else if (err == -E2BIG)
		know_nothing(&result, _("the rules are too many to be gone through"));
	else if (err)
		return err;
	result.proven = true;
	for (size_t i = 0; i < result.count; i++)
		result.proven &= result.claims[i].status == PROVE_HOLDS ||
				 result.claims[i].status == PROVE_NOT_APPLICABLE;
	*ret = result;
	return 0;
}

int prove_policy(const struct policy *policy, const struct ruleset *ruleset, struct errors *errors)
{
	const char *file = policy->source.path;
	struct prove_result result;
	int err = prove_ruleset(policy, ruleset, &result);

	if (err) {
		errors_add(errors, file, 0, _("the rules cannot be proven: %s"), strerror(-err));
		return err;
	}
	for (size_t i = 0; i < result.count; i++) {
		const struct prove_claim *claim = &result.claims[i];
		const char *text_ja = claim->forbidden ? claim->forbidden->text_ja : NULL;

		if (claim->status == PROVE_FAILS)
			errors_add(errors, file, 0,
				   _("the rules would open what is forbidden (%s): %s%s%s"),
				   claim->id, claim->why, text_ja ? ". " : "",
				   text_ja ? text_ja : "");
		else if (claim->status == PROVE_UNKNOWN)
			errors_add(errors, file, 0, _("nothing can be proven of %s: %s"), claim->id,
				   claim->why);
	}
	return result.proven ? 0 : -EINVAL;
}
