/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/prove.h: every example holds; and with a hole made in its rules, the claim that
 * the hole is about fails, with a packet that the walk lets through. */
#include <check.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"
#include "prove/prove.h"
#include "ruleset/compile.h"

/* An example policy and what it compiles to, to be tampered with. */
struct site {
	struct policy *policy;
	struct ruleset *ruleset;
	struct prove_result result;
};

static void site_clear(struct site *site)
{
	policy_free(site->policy);
	ruleset_free(site->ruleset);
}

static void site_read(struct site *site, const char *path)
{
	struct errors errors = { 0 };

	*site = (struct site){ 0 };
	if (policy_read(path, &site->policy, &errors))
		errors_print(&errors, stderr);
	errors_clear(&errors);
	ck_assert_ptr_nonnull(site->policy);
	ck_assert_int_eq(compile_policy(site->policy, &site->ruleset), 0);
}

static const char *top(void)
{
	const char *dir = getenv("SRCDIR");

	return dir ? dir : ".";
}

static void site_open(struct site *site, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s.conf", top(), name);
	site_read(site, path);
}

static const struct prove_claim *claim_of(const struct prove_result *result, const char *id)
{
	for (size_t i = 0; i < result->count; i++)
		if (!strcmp(result->claims[i].id, id))
			return &result->claims[i];
	ck_abort_msg("no claim %s", id);
	return NULL;
}

/* Runs the proof; what fails must have a packet that the walk lets through, and that can be sent.
 */
static void prove(struct site *site)
{
	auto_(addr_list_clear) struct addr_list martians = { 0 };

	ck_assert_int_eq(policy_martians(&martians), 0);
	ck_assert_int_eq(prove_ruleset(site->policy, site->ruleset, &site->result), 0);
	for (size_t i = 0; i < site->result.count; i++) {
		const struct prove_claim *claim = &site->result.claims[i];
		struct walk_result walked;

		if (claim->status != PROVE_FAILS)
			continue;
		ck_assert_int_eq(
			walk_ruleset(site->ruleset, HOOK_FORWARD, &claim->counterexample, &walked),
			0);
		ck_assert(walked.outcome == WALK_ACCEPT || walked.outcome == WALK_QUEUE);
		ck_assert_str_ne(claim->why, "");
		ck_assert(!addr_list_has(&martians, &claim->counterexample.src));
		ck_assert(!addr_list_has(&martians, &claim->counterexample.dst));
	}
}

static enum prove_status status_of(struct site *site, const char *id)
{
	return claim_of(&site->result, id)->status;
}

static void expect_proven(struct site *site)
{
	prove(site);
	for (size_t i = 0; i < site->result.count; i++)
		ck_assert_msg(site->result.claims[i].status == PROVE_HOLDS ||
				      site->result.claims[i].status == PROVE_NOT_APPLICABLE,
			      "%s: %s", site->result.claims[i].id, site->result.claims[i].why);
	ck_assert(site->result.proven);
}

static struct ruleset_chain *chain_of(struct site *site, const char *name)
{
	for (size_t i = 0; i < site->ruleset->chain_count; i++)
		if (!strcmp(site->ruleset->chains[i].name, name))
			return &site->ruleset->chains[i];
	ck_abort_msg("no chain %s", name);
	return NULL;
}

static struct ruleset_set *set_of(struct site *site, const char *name)
{
	for (size_t i = 0; i < site->ruleset->set_count; i++)
		if (!strcmp(site->ruleset->sets[i].name, name))
			return &site->ruleset->sets[i];
	ck_abort_msg("no set %s", name);
	return NULL;
}

/* Puts a rule in front of rule at of a chain. */
static void put_rule(struct ruleset_chain *chain, size_t at, const struct ruleset_rule *rule)
{
	struct ruleset_rule *grown =
		reallocarray(chain->rules, chain->rule_count + 1, sizeof(*grown));

	ck_assert_ptr_nonnull(grown);
	memmove(&grown[at + 1], &grown[at], (chain->rule_count - at) * sizeof(*grown));
	grown[at] = *rule;
	chain->rules = grown;
	chain->rule_room = ++chain->rule_count;
}

static void take_rule(struct ruleset_chain *chain, size_t at)
{
	chain->rule_count--;
	memmove(&chain->rules[at], &chain->rules[at + 1],
		(chain->rule_count - at) * sizeof(*chain->rules));
}

static bool looks_up(const struct ruleset_rule *rule, const char *set)
{
	for (size_t i = 0; i < rule->count; i++)
		if ((rule->statements[i].kind == ACT_VERDICT_MAP ||
		     rule->statements[i].kind == ACT_CT_MARK_MAP ||
		     rule->statements[i].kind == MATCH_SET) &&
		    !strcmp(rule->statements[i].text, set))
			return true;
	return false;
}

/* Takes every rule of the chain that looks something up in the set; how many there were. */
static size_t take_lookups(struct ruleset_chain *chain, const char *set)
{
	size_t taken = 0;

	for (size_t i = chain->rule_count; i-- > 0;) {
		if (!looks_up(&chain->rules[i], set))
			continue;
		take_rule(chain, i);
		taken++;
	}
	return taken;
}

static const struct ruleset_statement accept_statement = { .kind = ACT_VERDICT,
							   .verdict = { .kind = VERDICT_ACCEPT } };

static struct ruleset_rule accepting(enum ruleset_statement_kind kind, uint32_t value)
{
	return (struct ruleset_rule){
		.statements = { { .kind = kind, .value = value }, accept_statement }, .count = 2
	};
}

static void each_example(void (*look)(struct site *site))
{
	char pattern[PATH_MAX];
	glob_t found;

	(void)snprintf(pattern, sizeof(pattern), "%s/conf/examples/*.conf", top());
	ck_assert_int_eq(glob(pattern, 0, NULL, &found), 0);
	ck_assert_uint_ge(found.gl_pathc, 18);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		auto_(site_clear) struct site site;

		site_read(&site, found.gl_pathv[i]);
		look(&site);
	}
	globfree(&found);
}

START_TEST(every_example_is_proven)
{
	each_example(expect_proven);
}
END_TEST

static bool failed[PROVE_CLAIMS_MAX];

static void expect_all_to_fail(struct site *site)
{
	static const struct ruleset_rule all = { .statements = { accept_statement }, .count = 1 };

	put_rule(chain_of(site, "forward"), 0, &all);
	prove(site);
	ck_assert(!site->result.proven);
	for (size_t i = 0; i < site->result.count; i++) {
		enum prove_status status = site->result.claims[i].status;

		ck_assert_msg(status == PROVE_FAILS || status == PROVE_NOT_APPLICABLE, "%s: %d %s",
			      site->result.claims[i].id, (int)status, site->result.claims[i].why);
		failed[i] |= status == PROVE_FAILS;
	}
}

START_TEST(with_everything_accepted_every_claim_fails_somewhere)
{
	struct prove_result result;
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/route-1");
	ck_assert_int_eq(prove_ruleset(site.policy, site.ruleset, &result), 0);
	memset(failed, 0, sizeof(failed));
	each_example(expect_all_to_fail);
	for (size_t i = 0; i < result.count; i++)
		ck_assert_msg(failed[i], "%s never failed", result.claims[i].id);
}
END_TEST

START_TEST(an_accept_for_one_state_or_protocol_is_found)
{
	static const struct {
		enum ruleset_statement_kind kind;
		uint32_t value;
	} holes[] = {
		{ MATCH_CT_STATE, STATE_NEW },
		{ MATCH_CT_STATE, STATE_ESTABLISHED },
		{ MATCH_CT_STATE, STATE_RELATED },
		{ MATCH_CT_STATE, STATE_INVALID },
		{ MATCH_CT_STATE, STATE_UNTRACKED },
		{ MATCH_L4PROTO, IPPROTO_ICMP },
		{ MATCH_L4PROTO, 47 },
		{ MATCH_CT_REPLY, 1 },
		{ MATCH_CT_REPLY, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(holes); i++) {
		struct ruleset_rule rule = accepting(holes[i].kind, holes[i].value);
		auto_(site_clear) struct site site;

		site_open(&site, "conf/examples/reiji-city");
		put_rule(chain_of(&site, "forward"), 0, &rule);
		prove(&site);
		ck_assert_msg(status_of(&site, "default-deny") == PROVE_FAILS, "hole %zu", i);
	}
}
END_TEST

START_TEST(without_the_forbidden_pairs_open_marks_pass)
{
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/reiji-city");
	ck_assert_uint_eq(take_lookups(chain_of(&site, "forward"), "forbidden4"), 1);
	ck_assert_uint_eq(take_lookups(chain_of(&site, "forward"), "forbidden6"), 1);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "internet-to-mynumber"), PROVE_FAILS);
	ck_assert_int_eq(status_of(&site, "mynumber-to-external"), PROVE_FAILS);
	ck_assert_int_eq(status_of(&site, "external-inbound-at-lbo"), PROVE_FAILS);
	ck_assert_uint_ne(claim_of(&site.result, "mynumber-to-external")->counterexample.ct_mark,
			  0);
	/* no new flow, though: nothing permits one */
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_HOLDS);
}
END_TEST

START_TEST(known_flows_before_the_forbidden_pairs_are_the_wrong_order)
{
	auto_(site_clear) struct site site;
	struct ruleset_chain *forward;
	struct ruleset_rule known = { 0 };

	site_open(&site, "conf/examples/reiji-city");
	forward = chain_of(&site, "forward");
	for (size_t i = 0; i < forward->rule_count && !known.count; i++)
		if (looks_up(&forward->rules[i], "states"))
			known = forward->rules[i];
	ck_assert_uint_gt(known.count, 0);
	put_rule(forward, 1, &known);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "internet-to-mynumber"), PROVE_FAILS);
}
END_TEST

START_TEST(one_address_too_many_in_a_set_is_found)
{
	static const char name[] = "admit_mynumber-system-govcloud_business_prefix4";
	static const uint8_t elsewhere[4] = { 203, 0, 113, 77 };
	auto_(site_clear) struct site site;
	struct ruleset_element *element;
	struct ruleset_set *set;
	const struct prove_claim *claim;

	site_open(&site, "conf/examples/reiji-city");
	set = set_of(&site, name);
	element = &set->elements[0];
	memcpy(element->first, elsewhere, 4);
	memcpy(element->last, elsewhere, 4);
	/* and the way there, which nothing has led to so far */
	set = set_of(&site, "targets_mynumber4");
	element = &set->elements[0];
	memset(element->first, 0, sizeof(element->first));
	memset(element->last, 0, sizeof(element->last));
	memcpy(element->first, "asp0", 4);
	memcpy(element->last, "asp0", 4);
	memcpy(element->first + 16, elsewhere, 4);
	memcpy(element->last + 16, elsewhere, 4);
	prove(&site);
	claim = claim_of(&site.result, "default-deny");
	ck_assert_int_eq(claim->status, PROVE_FAILS);
	ck_assert_mem_eq(claim->counterexample.dst.b, elsewhere, 4);
	ck_assert_int_eq(status_of(&site, "mynumber-desktop-elsewhere"), PROVE_FAILS);
	ck_assert_int_eq(status_of(&site, "internet-to-mynumber"), PROVE_HOLDS);
}
END_TEST

START_TEST(marks_that_a_rule_makes_up_are_found)
{
	auto_(site_clear) struct site site;
	struct ruleset_chain *inspect;
	bool changed = false;

	site_open(&site, "conf/examples/reiji-city");
	inspect = chain_of(&site, "inspect");
	for (size_t i = 0; i < inspect->rules[0].count; i++) {
		struct ruleset_statement *s = &inspect->rules[0].statements[i];

		if (s->kind != ACT_SET_CT_MARK)
			continue;
		s->value = MARK_OPEN;
		changed = true;
	}
	ck_assert(changed);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "other-tenant"), PROVE_FAILS);
	ck_assert_int_eq(status_of(&site, "external-meeting-from-lgwan"), PROVE_FAILS);
	ck_assert_int_eq(status_of(&site, "internet-to-mynumber"), PROVE_HOLDS);
}
END_TEST

START_TEST(without_a_claim_about_tenants_unread_flows_are_found_all_the_same)
{
	static const struct ruleset_rule decided = {
		.statements = { { .kind = ACT_SET_CT_MARK, .value = MARK_OPEN }, accept_statement },
		.count = 2
	};
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/alpha-prime-a");
	put_rule(chain_of(&site, "inspect"), 0, &decided);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "other-tenant"), PROVE_NOT_APPLICABLE);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
}
END_TEST

START_TEST(what_passes_without_a_record_is_found)
{
	static const struct ruleset_rule unrecorded = { .statements = { accept_statement },
							.count = 1 };
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/route-5");
	put_rule(chain_of(&site, "admit"), 0, &unrecorded);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
	ck_assert_int_eq(status_of(&site, "desktop-from-other-source"), PROVE_HOLDS);
}
END_TEST

START_TEST(undecided_flows_that_are_let_through_are_found)
{
	auto_(site_clear) struct site site;
	struct ruleset_set *states;

	site_open(&site, "conf/examples/reiji-city");
	states = set_of(&site, "states");
	for (size_t i = 0; i < states->element_count; i++) {
		uint32_t mark;

		memcpy(&mark, states->elements[i].first, sizeof(mark));
		if (mark == MARK_UNDECIDED)
			states->elements[i].verdict = accept_statement.verdict;
	}
	prove(&site);
	ck_assert_int_eq(status_of(&site, "other-tenant"), PROVE_FAILS);
}
END_TEST

START_TEST(later_payload_of_flows_that_are_still_looked_at_is_found)
{
	static const enum mark_state looked_at[] = { MARK_GUARDED, MARK_WATCHED, MARK_PROVING };

	for (size_t i = 0; i < ARRAY_SIZE(looked_at); i++) {
		const struct ruleset_rule rule = {
			.statements = { { .kind = MATCH_CT_MARK,
					  .mask = MARK_STATE_MASK,
					  .value = looked_at[i] },
					accept_statement },
			.count = 2,
		};
		auto_(site_clear) struct site site;

		site_open(&site, "conf/examples/reiji-city");
		put_rule(chain_of(&site, "inspect"), 0, &rule);
		prove(&site);
		ck_assert_msg(status_of(&site, "other-tenant") == PROVE_FAILS, "%d",
			      (int)looked_at[i]);
		ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
	}
}
END_TEST

/* What begins no QUIC connection passes by the kernel; everything else of a named flow is read. */
START_TEST(quic_packets_that_may_begin_a_connection_are_read)
{
	const struct ruleset_statement watched = { .kind = MATCH_CT_MARK,
						   .mask = MARK_STATE_MASK,
						   .value = MARK_WATCHED };
	const struct {
		struct ruleset_statement first, length;
	} cases[] = {
		{ { .kind = MATCH_UDP_FIRST, .mask = 0xc0, .value = 0x40 },
		  { .kind = MATCH_UDP_LENGTH, .mask = 0xf800 } },
		/* long headers; neither header, as well and alone; both; what may be two datagrams
		 */
		{ { .kind = MATCH_UDP_FIRST, .mask = 0x80, .value = 0x80 },
		  { .kind = MATCH_UDP_LENGTH, .mask = 0xf800 } },
		{ { .kind = MATCH_UDP_FIRST, .mask = 0x80 },
		  { .kind = MATCH_UDP_LENGTH, .mask = 0xf800 } },
		{ { .kind = MATCH_UDP_FIRST, .mask = 0xc0 },
		  { .kind = MATCH_UDP_LENGTH, .mask = 0xf800 } },
		{ { .kind = MATCH_UDP_FIRST, .mask = 0x40, .value = 0x40 },
		  { .kind = MATCH_UDP_LENGTH, .mask = 0xf800 } },
		{ { .kind = MATCH_UDP_FIRST, .mask = 0xc0, .value = 0x40 },
		  { .kind = MATCH_UDP_LENGTH, .mask = 0xf000 } },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct ruleset_rule rule = {
			.statements = { watched, cases[i].first, cases[i].length,
					accept_statement },
			.count = 4,
		};
		auto_(site_clear) struct site site;

		site_open(&site, "tests/golden/policy/good-quic");
		if (i == 0) {
			expect_proven(&site);
			continue;
		}
		put_rule(chain_of(&site, "inspect"), 0, &rule);
		prove(&site);
		ck_assert_msg(status_of(&site, "default-deny") == PROVE_FAILS, "%zu", i);
		ck_assert_uint_eq(claim_of(&site.result, "default-deny")->counterexample.l4proto,
				  IPPROTO_UDP);
	}
}
END_TEST

START_TEST(quic_is_permitted_where_a_service_has_it_inspected)
{
	auto_(site_clear) struct site site;

	site_open(&site, "tests/golden/policy/good-quic");
	/* as if it were to be refused: then it must not come as far as the queue */
	for (size_t i = 0; i < site.policy->service_count; i++)
		for (size_t j = 0; j < site.policy->services[i].ports.count; j++)
			if (site.policy->services[i].ports.at[j].app == APP_QUIC)
				site.policy->services[i].ports.at[j].app = APP_QUIC_REFUSED;
	prove(&site);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
	ck_assert_uint_eq(claim_of(&site.result, "default-deny")->counterexample.l4proto,
			  IPPROTO_UDP);
}
END_TEST

START_TEST(a_queue_that_somebody_else_reads_is_found)
{
	auto_(site_clear) struct site site;
	struct ruleset_chain *inspect;

	site_open(&site, "conf/examples/reiji-city");
	inspect = chain_of(&site, "inspect");
	for (size_t i = 0; i < inspect->rule_count; i++) {
		struct ruleset_rule *rule = &inspect->rules[i];

		for (size_t j = 0; j < rule->count; j++)
			if (rule->statements[j].kind == ACT_QUEUE)
				rule->statements[j].value = rule->statements[j].mask = 99;
	}
	prove(&site);
	ck_assert_int_eq(status_of(&site, "other-tenant"), PROVE_FAILS);
}
END_TEST

START_TEST(icmp_errors_from_the_internet_zone_into_mynumber_are_found)
{
	auto_(site_clear) struct site site;
	const struct walk_packet *packet;

	site_open(&site, "conf/examples/reiji-city");
	ck_assert_uint_eq(take_lookups(chain_of(&site, "related"), "zone_mynumber4"), 1);
	ck_assert_uint_eq(take_lookups(chain_of(&site, "related"), "zone_mynumber6"), 1);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "internet-to-mynumber"), PROVE_FAILS);
	packet = &claim_of(&site.result, "internet-to-mynumber")->counterexample;
	ck_assert_uint_eq(packet->ct_state, STATE_RELATED);
	ck_assert_str_eq(packet->iif, "inet0");
}
END_TEST

START_TEST(related_packets_that_are_no_icmp_errors_are_found)
{
	struct ruleset_rule rule = accepting(MATCH_L4PROTO, IPPROTO_UDP);
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/reiji-city");
	put_rule(chain_of(&site, "related"), 0, &rule);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
}
END_TEST

START_TEST(answers_without_a_question_are_found)
{
	auto_(site_clear) struct site site;
	struct ruleset_chain *forward;
	size_t taken = 0;

	site_open(&site, "conf/examples/reiji-city");
	forward = chain_of(&site, "forward");
	for (size_t i = forward->rule_count; i-- > 0;) {
		const struct ruleset_rule *rule = &forward->rules[i];

		if (rule->count == 2 && rule->statements[0].kind == MATCH_CT_REPLY &&
		    rule->statements[1].kind == ACT_VERDICT) {
			take_rule(forward, i);
			taken++;
		}
	}
	ck_assert_uint_eq(taken, 1);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
	ck_assert(claim_of(&site.result, "default-deny")->counterexample.ct_reply);
}
END_TEST

START_TEST(a_sender_at_the_wrong_interface_is_found)
{
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/reiji-city");
	ck_assert_uint_gt(take_lookups(chain_of(&site, "forward"), "places4"), 0);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
}
END_TEST

START_TEST(an_exception_that_lasts_too_long_is_found)
{
	auto_(site_clear) struct site site;
	const struct prove_claim *claim;
	size_t changed = 0;
	int64_t end;

	site_open(&site, "conf/examples/alpha-prime-u");
	ck_assert_uint_gt(site.policy->exception_count, 0);
	end = site.policy->exceptions[0].expires_s;
	for (size_t i = 0; i < site.ruleset->set_count; i++) {
		struct ruleset_set *set = &site.ruleset->sets[i];

		for (size_t j = 0; set->timeouts && j < set->element_count; j++) {
			set->elements[j].expires_s += 60;
			changed++;
		}
	}
	ck_assert_uint_gt(changed, 0);
	prove(&site);
	claim = claim_of(&site.result, "default-deny");
	ck_assert_int_eq(claim->status, PROVE_FAILS);
	ck_assert_int_ge(claim->counterexample.now_s, end);
	ck_assert_int_lt(claim->counterexample.now_s, end + 60);
}
END_TEST

START_TEST(a_relay_server_from_anybodys_hardware_address_is_found)
{
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/route-3");
	ck_assert_uint_gt(take_lookups(chain_of(&site, "forward"), "mac_sources4"), 0);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "default-deny"), PROVE_FAILS);
}
END_TEST

START_TEST(a_hole_for_screen_transfer_that_is_wider_than_its_ports_is_found)
{
	auto_(site_clear) struct site site;
	struct ruleset_chain *chain;
	bool changed = false;

	site_open(&site, "conf/examples/route-6");
	chain = chain_of(&site, "forbidden_from_internet");
	for (size_t i = 0; i < chain->rule_count; i++) {
		struct ruleset_rule *rule = &chain->rules[i];

		if (rule->statements[rule->count - 1].verdict.kind != VERDICT_RETURN)
			continue;
		/* source, destination and port, return: only the source is left */
		ck_assert_uint_eq(rule->count, 3);
		rule->statements[1] = rule->statements[2];
		rule->count = 2;
		changed = true;
	}
	ck_assert(changed);
	prove(&site);
	ck_assert_int_eq(status_of(&site, "internet-to-mynumber"), PROVE_FAILS);
}
END_TEST

START_TEST(a_statement_that_is_not_understood_lets_nothing_be_claimed)
{
	static const struct ruleset_rule strange = {
		.statements = { { .kind = (enum ruleset_statement_kind)99 } }, .count = 1
	};
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/reiji-city");
	put_rule(chain_of(&site, "forward"), 3, &strange);
	prove(&site);
	ck_assert(!site.result.proven);
	for (size_t i = 0; i < site.result.count; i++) {
		ck_assert(site.result.claims[i].status == PROVE_UNKNOWN ||
			  site.result.claims[i].status == PROVE_NOT_APPLICABLE);
		if (site.result.claims[i].status == PROVE_UNKNOWN)
			ck_assert_str_ne(site.result.claims[i].why, "");
	}
}
END_TEST

START_TEST(who_loads_nothing_unproven_is_told_claim_and_packet)
{
	static const struct ruleset_rule all = { .statements = { accept_statement }, .count = 1 };
	auto_(errors_clear) struct errors errors = { 0 };
	auto_(site_clear) struct site site;
	bool named = false;

	site_open(&site, "conf/examples/reiji-city");
	ck_assert_int_eq(prove_policy(site.policy, site.ruleset, &errors), 0);
	ck_assert_uint_eq(errors.count, 0);
	put_rule(chain_of(&site, "forward"), 0, &all);
	ck_assert_int_eq(prove_policy(site.policy, site.ruleset, &errors), -EINVAL);
	ck_assert_uint_gt(errors.count, 5);
	for (size_t i = 0; i < errors.count; i++) {
		ck_assert_ptr_nonnull(errors.at[i].file);
		named |= strstr(errors.at[i].text, "(internet-to-mynumber)") &&
			 strstr(errors.at[i].text, "a new flow from ") &&
			 strstr(errors.at[i].text, "(in by inet0)");
	}
	ck_assert(named);
}
END_TEST

START_TEST(a_later_base_chain_cannot_open_what_an_earlier_one_shut)
{
	static const struct ruleset_rule all = { .statements = { accept_statement }, .count = 1 };
	auto_(site_clear) struct site site;

	site_open(&site, "conf/examples/reiji-city");
	put_rule(chain_of(&site, "settle"), 0, &all);
	expect_proven(&site);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("prove");
	TCase *tcase = tcase_create("prove");
	SRunner *runner;
	int failures;

	tcase_add_test(tcase, every_example_is_proven);
	tcase_add_test(tcase, with_everything_accepted_every_claim_fails_somewhere);
	tcase_add_test(tcase, an_accept_for_one_state_or_protocol_is_found);
	tcase_add_test(tcase, without_the_forbidden_pairs_open_marks_pass);
	tcase_add_test(tcase, known_flows_before_the_forbidden_pairs_are_the_wrong_order);
	tcase_add_test(tcase, one_address_too_many_in_a_set_is_found);
	tcase_add_test(tcase, marks_that_a_rule_makes_up_are_found);
	tcase_add_test(tcase, without_a_claim_about_tenants_unread_flows_are_found_all_the_same);
	tcase_add_test(tcase, what_passes_without_a_record_is_found);
	tcase_add_test(tcase, undecided_flows_that_are_let_through_are_found);
	tcase_add_test(tcase, later_payload_of_flows_that_are_still_looked_at_is_found);
	tcase_add_test(tcase, quic_packets_that_may_begin_a_connection_are_read);
	tcase_add_test(tcase, quic_is_permitted_where_a_service_has_it_inspected);
	tcase_add_test(tcase, a_queue_that_somebody_else_reads_is_found);
	tcase_add_test(tcase, icmp_errors_from_the_internet_zone_into_mynumber_are_found);
	tcase_add_test(tcase, related_packets_that_are_no_icmp_errors_are_found);
	tcase_add_test(tcase, answers_without_a_question_are_found);
	tcase_add_test(tcase, a_sender_at_the_wrong_interface_is_found);
	tcase_add_test(tcase, an_exception_that_lasts_too_long_is_found);
	tcase_add_test(tcase, a_relay_server_from_anybodys_hardware_address_is_found);
	tcase_add_test(tcase, a_hole_for_screen_transfer_that_is_wider_than_its_ports_is_found);
	tcase_add_test(tcase, a_statement_that_is_not_understood_lets_nothing_be_claimed);
	tcase_add_test(tcase, who_loads_nothing_unproven_is_told_claim_and_packet);
	tcase_add_test(tcase, a_later_base_chain_cannot_open_what_an_earlier_one_shut);
	tcase_set_timeout(tcase, 120);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}
