/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decision, as a pure function of the policy and what is known of a flow. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/flow_key.h"
#include "common/reason.h"
#include "policy/policy.h"

struct decide_result {
	bool permitted;
	enum reason reason; /* why, either way */
	uint32_t mark; /* what the connection mark shall be: MARK_OPEN, MARK_WATCHED or MARK_REFUSED
			* with MARK_INSPECTED and the name bits where they belong */
	enum zone from_zone, to_zone; /* ZONE_NONE if a martian */
	enum role from_role, to_role; /* ROLE_COUNT if none */
	const struct guideline_flow
		*flow; /* the flow that permits, or nearest that did not; may be NULL */
	const struct policy_service *service;     /* borrowed from the policy; may be NULL */
	const char *pattern;                      /* the name pattern that matched; may be NULL */
	const struct policy_exception *exception; /* the exception that permits, or nearest that
						   * did not; borrowed; may be NULL */
	const struct guideline_forbidden *forbidden; /* REASON_FORBIDDEN: what forbids it */
};

/* None of these functions looks at the clock: an exception of the policy permits what it covers,
 * whatever the time. Of several, the one that expires last is named. Whoever lets something pass by
 * the result asks decide_expire() first. */

/* Turns a result that an exception permits into a refusal where that has expired by now_s (seconds
 * since 1970, UTC): REASON_EXCEPTION_EXPIRED. */
void decide_expire(struct decide_result *result, int64_t now_s);

/* Turns a result that permits a name into a refusal where the hello had Encrypted Client Hello and
 * the service refuses that: REASON_ECH_REFUSED. */
void decide_ech(bool has_ech, struct decide_result *result);

/* A new flow that the kernel permits by address and port (MARK_ADMIT on its packet). Says no where
 * the policy does not agree with the kernel: REASON_NOT_PERMITTED. */
void decide_address(const struct policy *policy, const struct flow_key *key,
		    struct decide_result *ret);

/* A flow of which the engine read name (normalised) by app (APP_TLS, APP_HTTP, APP_QUIC). The name
 * must be one of the service that owns the destination address and port, and the source one of a
 * role that a flow of the guideline lets reach that service. */
void decide_name(const struct policy *policy, const struct flow_key *key, enum app app,
		 const char *name, struct decide_result *ret);

/* Only the who and where (zones, roles, nearest flow, service by address) for a flow refused for
 * some reason found elsewhere (engine, kernel); permitted is false, reason and mark (REFUSED) are
 * set. REASON_NOT_PERMITTED becomes REASON_FORBIDDEN where the guideline forbids the flow. */
void decide_refuse(const struct policy *policy, const struct flow_key *key, enum reason reason,
		   struct decide_result *ret);

/* An open flow found in conntrack with this connection mark, judged under a (new) policy: does it
 * still stand? Uses the name bits of the mark in place of the name. Sets *ret like decide_address()
 * or decide_name(), reason REASON_POLICY_CHANGED where it does not. A mark of MARK_UNDECIDED stands
 * (reason REASON_NONE, mark as it was) as long as the flow would be inspected anew; other states
 * than that, MARK_OPEN and MARK_WATCHED never stand. */
void decide_again(const struct policy *policy, const struct flow_key *key, uint32_t mark,
		  struct decide_result *ret);

/* What the policy wants done with the first packet of a flow from key's source to key's
 * destination: used by the compiler's tests and by simulate. APP_NONE: permitted by address;
 * APP_TLS/HTTP/QUIC: to be inspected; APP_QUIC_REFUSED: refused as QUIC; APP_COUNT: not permitted.
 */
enum app decide_treatment(const struct policy *policy, const struct flow_key *key);
