/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ruleset that has every kind of statement, set and verdict once, for comparing its readers:
 * functions, so that each test stays one program. */
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter.h>
#include <time.h>

#include "common/addr.h"
#include "common/defs.h"
#include "ruleset/build.h"

#define SAMPLE_LOG_GROUP 7

static inline void sample_put_range(struct build *b, const char *text)
{
	struct addr_range range;

	if (addr_range_parse(text, &range) < 0)
		build_fail(b, -EINVAL);
	else
		build_put_range(b, &range);
}

static inline void sample_put_bare_sets(struct build *b)
{
	unsigned int doff;

	build_set(b, "bare4", BUILD_EXACT, BUILD_FIELDS(FIELD_LENGTH4, FIELD_TCP_DOFF));
	for (doff = 5; doff <= 15; doff++) {
		build_element(b);
		build_put_number(b, 20 + 4 * doff, 20 + 4 * doff);
		build_put_number(b, doff, doff);
	}
	build_set(b, "bare6", BUILD_EXACT, BUILD_FIELDS(FIELD_LENGTH6, FIELD_TCP_DOFF));
	for (doff = 5; doff <= 15; doff++) {
		build_element(b);
		build_put_number(b, 4 * doff, 4 * doff);
		build_put_number(b, doff, doff);
	}
}

static inline void sample_put_address_sets(struct build *b)
{
	static const char *const ranges4[] = { "10.0.0.0-10.0.0.5", "10.0.0.6-10.0.0.9",
					       "192.168.10.11", "192.168.20.0/24", "240.0.0.0/4" };
	static const char *const ranges6[] = { "::/16", "2001:db8::/64", "2001:db8:1::7",
					       "ff00::/8" };
	size_t i;

	build_set(b, "role_some4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR4));
	for (i = 0; i < ARRAY_SIZE(ranges4); i++) {
		build_element(b);
		sample_put_range(b, ranges4[i]);
	}
	build_set(b, "role_some6", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR6));
	for (i = 0; i < ARRAY_SIZE(ranges6); i++) {
		build_element(b);
		sample_put_range(b, ranges6[i]);
	}
	build_set(b, "all4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR4));
	build_element(b);
	sample_put_range(b, "0.0.0.0/0");
	build_set(b, "nobody4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR4));
	build_set(b, "outside", BUILD_EXACT, BUILD_FIELDS(FIELD_IIFNAME));
	build_element(b);
	build_put_interface(b, "wan0");
	build_element(b);
	build_put_interface(b, "fifteen-letters");
	build_set(b, "exact_addresses6", BUILD_EXACT, BUILD_FIELDS(FIELD_DADDR6));
	build_element(b);
	sample_put_range(b, "2001:db8:c10d::130");
}

#define SAMPLE_DAY_S 86400

/* A day's leave and one without end, and one whose time is over. */
static inline void sample_put_exceptions(struct build *b)
{
	static const struct {
		const char *from, *to;
		int64_t left_s;
	} leaves[] = { { "10.0.0.1", "10.1.0.0/16", SAMPLE_DAY_S },
		       { "10.0.0.2-10.0.0.9", "10.1.0.7", 0 },
		       { "10.0.0.10", "10.1.0.7", -1 } };

	for (int i = 0; i < 2; i++) {
		build_set(b, i ? "leave4" : "leave_exact4", i ? BUILD_INTERVAL : BUILD_EXACT,
			  BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
		build_may_expire(b);
		for (size_t j = 0; j < ARRAY_SIZE(leaves); j++) {
			build_element(b);
			sample_put_range(b, i ? leaves[j].from : "10.0.0.1");
			sample_put_range(b, i ? leaves[j].to : "10.1.0.7");
			build_put_protocol(b, IPPROTO_TCP);
			build_put_number(b, 443 + (uint32_t)j, 443 + (uint32_t)j);
			if (leaves[j].left_s)
				build_put_expiry(b, (int64_t)time(NULL) + leaves[j].left_s);
		}
	}
	build_set(b, "macs_some", BUILD_EXACT, BUILD_FIELDS(FIELD_ETHER_SADDR));
	build_element(b);
	build_put_mac(b, (const uint8_t[]){ 2, 0, 0, 0xab, 0, 1 });
}

static inline void sample_put_places(struct build *b)
{
	build_set(b, "places4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR4));
	build_element(b);
	build_put_interface(b, "lgwan0");
	sample_put_range(b, "192.168.10.0/24");
	build_element(b);
	build_put_interface(b, "wan0");
	sample_put_range(b, "1.0.0.0-9.255.255.255");
	build_set(b, "places6", BUILD_INTERVAL, BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR6));
	build_element(b);
	build_put_interface(b, "lgwan0");
	sample_put_range(b, "2001:db8:10::/64");
}

static inline void sample_put_service(struct build *b, const char *range, uint16_t first,
				      uint16_t last)
{
	build_element(b);
	sample_put_range(b, range);
	build_put_protocol(b, first == 443 ? IPPROTO_TCP : IPPROTO_UDP);
	build_put_number(b, first, last);
}

static inline void sample_put_services(struct build *b)
{
	build_set(b, "inspect_some_exact4", BUILD_EXACT,
		  BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	sample_put_service(b, "198.51.100.130", 443, 443);
	sample_put_service(b, "198.51.100.131", 443, 443);
	build_set(b, "inspect_some_prefix4", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	sample_put_service(b, "198.51.100.128/26", 443, 443);
	sample_put_service(b, "198.51.100.0/24", 3478, 3481);
	build_set(b, "inspect_some_prefix6", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_DADDR6, FIELD_L4PROTO, FIELD_DPORT));
	sample_put_service(b, "2001:db8:c10d::/64", 443, 443);
}

static inline void sample_put_maps(struct build *b)
{
	build_set(b, "forbidden4", BUILD_INTERVAL_MAP, BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4));
	build_element(b);
	sample_put_range(b, "192.168.30.0/23");
	sample_put_range(b, "172.16.10.0/24");
	build_put_verdict(b, VERDICT_GOTO, "forbid_internet-to-mynumber");
	build_set(b, "pairs4", BUILD_INTERVAL_MAP,
		  BUILD_FIELDS(FIELD_SADDR4, FIELD_OIFNAME, FIELD_DADDR4));
	build_element(b);
	sample_put_range(b, "192.168.10.0/24");
	build_put_interface(b, "wan0");
	sample_put_range(b, "198.51.100.0/24");
	build_put_verdict(b, VERDICT_JUMP, "lgwan_to_external");
	build_set(b, "pairs6", BUILD_INTERVAL_MAP,
		  BUILD_FIELDS(FIELD_SADDR6, FIELD_OIFNAME, FIELD_DADDR6));
	build_element(b);
	sample_put_range(b, "2001:db8:10::/64");
	build_put_interface(b, "wan0");
	sample_put_range(b, "2001:db8:c10d::-2001:db8:c10d::ffff");
	build_put_verdict(b, VERDICT_DROP, NULL);
	build_set(b, "states", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	build_element(b);
	build_put_number(b, 1, 1);
	build_put_verdict(b, VERDICT_GOTO, "inspect");
	build_element(b);
	build_put_number(b, 3, 3);
	build_put_verdict(b, VERDICT_ACCEPT, NULL);
	build_element(b);
	build_put_number(b, 6, 6);
	build_put_verdict(b, VERDICT_RETURN, NULL);
}

static inline void sample_put_cut(struct build *b)
{
	build_chain(b, "cut");
	build_rule(b, NULL);
	build_act(b, ACT_COUNTER);
	build_rule(b, "tells the client");
	build_value(b, MATCH_L4PROTO, IPPROTO_TCP);
	build_act(b, ACT_REJECT_RESET);
	build_rule(b, NULL);
	build_act(b, ACT_REJECT_ADMIN);
	build_chain(b, "forbid_internet-to-mynumber");
	build_rule(b, "forbidden/internet-to-mynumber");
	build_act(b, ACT_COUNTER);
	build_log(b, SAMPLE_LOG_GROUP, "sekisho:forbidden:internet-to-mynumber");
	build_drop(b);
	build_chain(b, "quic");
	build_rule(b, NULL);
	build_value(b, MATCH_NFPROTO, NFPROTO_IPV6);
	build_act(b, ACT_REJECT_PORT);
	build_rule(b, NULL);
	build_act(b, ACT_REJECT_PORT);
}

static inline void sample_put_flags_rule(struct build *b, const char *set,
					 enum ruleset_field length)
{
	build_rule(b, NULL);
	build_in_set(b, set, BUILD_FIELDS(length, FIELD_TCP_DOFF));
	build_masked(b, MATCH_TCP_FLAGS, length == FIELD_LENGTH4 ? 2 : 7, 0);
	build_accept(b);
}

static inline void sample_put_inspect(struct build *b)
{
	build_chain(b, "inspect");
	build_rule(b, NULL);
	build_masked(b, MATCH_CT_MARK, 7, 0);
	build_value(b, ACT_SET_CT_MARK, 1);
	build_rule(b, NULL);
	build_masked_not(b, MATCH_CT_MARK, 7, 4);
	build_value(b, MATCH_CT_REPLY, 1);
	build_accept(b);
	sample_put_flags_rule(b, "bare4", FIELD_LENGTH4);
	sample_put_flags_rule(b, "bare6", FIELD_LENGTH6);
	build_rule(b, NULL);
	build_masked(b, MATCH_TCP_FLAGS, 0x17, 2);
	build_accept(b);
	build_rule(b, NULL);
	build_masked(b, MATCH_UDP_FIRST, 0xc0, 0x40);
	build_masked(b, MATCH_UDP_LENGTH, 0xf800, 0);
	build_accept(b);
	build_rule(b, NULL);
	build_act(b, ACT_META_MARK_FROM_CT);
	build_rule(b, NULL);
	build_masked(b, ACT_QUEUE, 3, 0);
}

static inline void sample_put_related(struct build *b)
{
	static const uint8_t icmp[] = { 3, 11, 12 };
	static const uint8_t icmpv6[] = { 1, 2, 3, 4 };
	static const uint8_t solicit[] = { 135 };

	build_chain(b, "related");
	build_rule(b, NULL);
	build_masked(b, MATCH_CT_MARK, 7, 3);
	build_types(b, MATCH_ICMP_TYPES, icmp, ARRAY_SIZE(icmp));
	build_accept(b);
	build_rule(b, "with a comment");
	build_types(b, MATCH_ICMPV6_TYPES, icmpv6, ARRAY_SIZE(icmpv6));
	build_accept(b);
	build_rule(b, NULL);
	build_types(b, MATCH_ICMPV6_TYPES, solicit, ARRAY_SIZE(solicit));
	build_accept(b);
}

static inline void sample_put_zone_pair(struct build *b)
{
	build_chain(b, "lgwan_to_external");
	build_rule(b, "lgwan-terminal > permitted-cloud");
	build_in_set(b, "role_some4", BUILD_FIELDS(FIELD_SADDR4));
	build_in_set(b, "inspect_some_exact4",
		     BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_goto(b, "inspect");
	build_rule(b, NULL);
	build_in_set(b, "role_some4", BUILD_FIELDS(FIELD_SADDR4));
	build_in_set(b, "inspect_some_prefix4",
		     BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_goto(b, "inspect");
	build_rule(b, NULL);
	build_in_set(b, "role_some6", BUILD_FIELDS(FIELD_SADDR6));
	build_in_set(b, "inspect_some_prefix6",
		     BUILD_FIELDS(FIELD_DADDR6, FIELD_L4PROTO, FIELD_DPORT));
	build_goto(b, "inspect");
	build_rule(b, NULL);
	build_in_set(b, "leave4",
		     BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(b);
	build_rule(b, "the other way");
	build_in_set(b, "leave4",
		     BUILD_FIELDS(FIELD_DADDR4, FIELD_SADDR4, FIELD_L4PROTO, FIELD_SPORT));
	build_accept(b);
	build_rule(b, NULL);
	build_in_set(b, "leave_exact4",
		     BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_in_set(b, "macs_some", BUILD_FIELDS(FIELD_ETHER_SADDR));
	build_accept(b);
	build_rule(b, NULL);
	build_text(b, MATCH_IIFNAME, "lgwan0");
	build_text(b, MATCH_OIFNAME, "fifteen-letters");
	build_not_in_set(b, "outside", BUILD_FIELDS(FIELD_IIFNAME));
	build_drop(b);
}

static inline void sample_put_forward(struct build *b)
{
	build_base_chain(b, "forward", HOOK_FORWARD, 0, true);
	build_rule(b, NULL);
	build_value(b, ACT_SET_META_MARK, 0);
	build_rule(b, NULL);
	build_value(b, MATCH_CT_STATE, STATE_INVALID | STATE_UNTRACKED);
	build_act(b, ACT_COUNTER);
	build_log(b, SAMPLE_LOG_GROUP, "sekisho:invalid-state");
	build_drop(b);
	build_rule(b, NULL);
	build_not_in_set(b, "places4", BUILD_FIELDS(FIELD_IIFNAME, FIELD_SADDR4));
	build_act(b, ACT_COUNTER);
	build_drop(b);
	build_rule(b, NULL);
	build_not_in_set(b, "places6", BUILD_FIELDS(FIELD_OIFNAME, FIELD_DADDR6));
	build_drop(b);
	build_rule(b, NULL);
	build_value(b, MATCH_CT_REPLY, 0);
	build_lookup(b, "forbidden4", BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4));
	build_rule(b, NULL);
	build_value(b, MATCH_CT_STATE, STATE_RELATED);
	build_goto(b, "related");
	build_rule(b, NULL);
	build_value(b, MATCH_CT_STATE, STATE_ESTABLISHED);
	build_statement(b, &(struct ruleset_statement){
				   .kind = ACT_CT_MARK_MAP, .mask = 7, .text = "states" });
	build_rule(b, NULL);
	build_lookup(b, "pairs4", BUILD_FIELDS(FIELD_SADDR4, FIELD_OIFNAME, FIELD_DADDR4));
	build_rule(b, NULL);
	build_lookup(b, "pairs6", BUILD_FIELDS(FIELD_SADDR6, FIELD_OIFNAME, FIELD_DADDR6));
	build_rule(b, NULL);
	build_goto(b, "cut");
}

static inline void sample_put_settle(struct build *b)
{
	build_base_chain(b, "settle", HOOK_FORWARD, 10, false);
	build_rule(b, NULL);
	build_masked(b, MATCH_META_MARK, 7, 5);
	build_act(b, ACT_CT_MARK_FROM_META);
	build_goto(b, "cut");
	build_rule(b, NULL);
	build_masked_not(b, MATCH_META_MARK, 7, 0);
	build_act(b, ACT_CT_MARK_FROM_META);
}

static inline void sample_put_snat(struct build *b, const char *set, enum ruleset_field field,
				   enum ruleset_statement_kind kind, const char *to)
{
	struct ruleset_statement s = { .kind = kind };

	if (addr_parse(to, &s.address) < 0)
		build_fail(b, -EINVAL);
	build_rule(b, NULL);
	build_text(b, MATCH_OIFNAME, "wan0");
	build_in_set(b, set, &field, 1);
	build_statement(b, &s);
}

static inline void sample_put_host_chains(struct build *b)
{
	build_base_chain(b, "input", HOOK_INPUT, 0, true);
	build_rule(b, NULL);
	build_text(b, MATCH_IIFNAME, "lo");
	build_accept(b);
	build_base_chain(b, "output", HOOK_OUTPUT, 0, true);
	build_rule(b, NULL);
	build_masked_not(b, MATCH_META_MARK, 0x20, 0);
	build_accept(b);
	build_base_chain(b, "srcnat", HOOK_POSTROUTING_NAT, 100, false);
	sample_put_snat(b, "role_some4", FIELD_SADDR4, ACT_SNAT4, "192.0.2.10");
	sample_put_snat(b, "role_some6", FIELD_SADDR6, ACT_SNAT6, "2001:db8:ffff::10");
}

/* 0 and *ret (the caller frees with ruleset_free), or -errno. */
static inline int sample_ruleset_make(struct ruleset **ret)
{
	struct build b;

	build_start(&b);
	sample_put_bare_sets(&b);
	sample_put_address_sets(&b);
	sample_put_places(&b);
	sample_put_exceptions(&b);
	sample_put_services(&b);
	sample_put_maps(&b);
	sample_put_cut(&b);
	sample_put_inspect(&b);
	sample_put_related(&b);
	sample_put_zone_pair(&b);
	sample_put_forward(&b);
	sample_put_settle(&b);
	sample_put_host_chains(&b);
	return build_finish(&b, ret);
}
