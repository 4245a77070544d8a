/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the decision, under a small site put together by hand. */
#include "policy/decide.h"

#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"
#include "policy/names.h"

#define NAMED(pattern) (MARK_GUARDED | MARK_INSPECTED | names_pattern_mark(pattern))

static void add_range(struct addr_list *list, const char *text)
{
	struct addr_range r;

	ck_assert_msg(addr_range_parse(text, &r) == 0, "%s", text);
	ck_assert_int_eq(addr_list_add(list, &r), 0);
}

static void set_zone(struct policy *policy, enum zone zone, const char *network)
{
	policy->zones[zone].declared = true;
	if (network)
		add_range(&policy->zones[zone].networks, network);
}

static void set_endpoint(struct policy *policy, enum role role, const char *addresses)
{
	policy->endpoints[role].declared = true;
	add_range(&policy->endpoints[role].addresses, addresses);
}

static void add_port(struct policy_ports *ports, uint8_t l4proto, uint16_t first, uint16_t last,
		     enum app app)
{
	ports->at = realloc(ports->at, (ports->count + 1) * sizeof(*ports->at));
	ck_assert_ptr_nonnull(ports->at);
	ports->at[ports->count++] = (struct policy_port){
		.l4proto = l4proto, .first = first, .last = last, .app = app
	};
}

static void add_name(struct policy_strings *strings, const char *name)
{
	strings->at = realloc(strings->at, (strings->count + 1) * sizeof(*strings->at));
	ck_assert_ptr_nonnull(strings->at);
	strings->at[strings->count] = strdup(name);
	ck_assert_ptr_nonnull(strings->at[strings->count]);
	strings->count++;
}

static struct policy_service *add_service(struct policy *policy, const char *name, enum role role,
					  const char *addresses)
{
	struct policy_service *s;

	policy->services =
		realloc(policy->services, (policy->service_count + 1) * sizeof(*policy->services));
	ck_assert_ptr_nonnull(policy->services);
	s = &policy->services[policy->service_count++];
	*s = (struct policy_service){ .name = strdup(name), .role = role };
	ck_assert_ptr_nonnull(s->name);
	add_range(&s->addresses, addresses);
	return s;
}

static void add_services(struct policy *policy)
{
	struct policy_service *s;

	s = add_service(policy, "m365-files", ROLE_PERMITTED_CLOUD, "198.51.100.128/26");
	add_range(&s->addresses, "2001:db8:c10d::130");
	add_port(&s->ports, IPPROTO_TCP, 443, 443, APP_TLS);
	add_port(&s->ports, IPPROTO_UDP, 443, 443, APP_QUIC_REFUSED);
	add_port(&s->ports, IPPROTO_UDP, 3478, 3481, APP_NONE);
	add_port(&s->ports, IPPROTO_TCP, 990, 995, APP_TLS);
	add_name(&s->tenant_names, "reiji-city.sharepoint.com");
	add_name(&s->names, "*.office.example");

	s = add_service(policy, "m365-sign-in", ROLE_PERMITTED_CLOUD, "198.51.100.192/27");
	add_port(&s->ports, IPPROTO_TCP, 443, 443, APP_TLS);
	add_port(&s->ports, IPPROTO_UDP, 3478, 3478, APP_NONE);
	add_port(&s->ports, IPPROTO_UDP, 443, 443, APP_QUIC_REFUSED);
	add_name(&s->shared_names, "login.microsoftonline.com");
	s->has_proxy = true;
	ck_assert_int_eq(addr_parse("192.168.20.10", &s->proxy), 0);

	s = add_service(policy, "virus-definitions", ROLE_SECURITY_UPDATE_SERVICE,
			"198.51.100.240/28");
	add_port(&s->ports, IPPROTO_TCP, 443, 443, APP_TLS);
	add_port(&s->ports, IPPROTO_TCP, 80, 80, APP_HTTP);
	add_name(&s->names, "definitionupdates.example.net");

	/* the same address and port as virus-definitions */
	s = add_service(policy, "web-filter-lists", ROLE_PERMITTED_CLOUD, "198.51.100.241");
	add_port(&s->ports, IPPROTO_TCP, 443, 443, APP_TLS);
	add_name(&s->names, "lists.example.org");
}

static struct policy *site_without_derived(void)
{
	struct policy *policy = calloc(1, sizeof(*policy));

	ck_assert_ptr_nonnull(policy);
	policy->firewalls = FIREWALL_BIT(FIREWALL_LBO) | FIREWALL_BIT(FIREWALL_SPLIT) |
			    FIREWALL_BIT(FIREWALL_SEPARATION);
	policy->configurations = 1U << CONFIGURATION_ALPHA_PRIME_U | 1U << CONFIGURATION_ROUTE_1;
	policy->destination_union = true;
	policy->implied_flows[guideline_flow_of("alpha-prime-u:mail-sanitizer>permitted-cloud")] =
		true;
	set_zone(policy, ZONE_LGWAN, "192.168.10.0/24");
	add_range(&policy->zones[ZONE_LGWAN].networks, "192.168.20.0/24");
	add_range(&policy->zones[ZONE_LGWAN].networks, "2001:db8:10::/64");
	set_zone(policy, ZONE_INTERNET, "192.168.30.0/24");
	set_zone(policy, ZONE_MYNUMBER, "172.16.10.0/24");
	set_zone(policy, ZONE_LGWAN_WAN, "203.0.113.0/24");
	set_zone(policy, ZONE_MAINTENANCE, "192.168.99.0/28");
	set_zone(policy, ZONE_EXTERNAL, NULL);

	set_endpoint(policy, ROLE_LGWAN_TERMINAL, "192.168.10.0/24");
	add_range(&policy->endpoints[ROLE_LGWAN_TERMINAL].addresses, "2001:db8:10::/64");
	set_endpoint(policy, ROLE_LGWAN_BUSINESS_SERVER, "192.168.20.0/25");
	set_endpoint(policy, ROLE_MAIL_SANITIZER, "192.168.20.150");
	set_endpoint(policy, ROLE_INTERNET_MAIL_SERVER, "192.168.30.25");
	set_endpoint(policy, ROLE_MYNUMBER_SYSTEM_ONPREM, "172.16.10.0/24");
	set_endpoint(policy, ROLE_MYNUMBER_DAAS, "198.51.100.0/27");
	set_endpoint(policy, ROLE_INTERNET_DAAS, "198.51.100.32/27");
	set_endpoint(policy, ROLE_LGWAN_ASP, "203.0.113.0/24");

	add_port(&policy->ports[PORT_GROUP_SCREEN_TRANSFER], IPPROTO_TCP, 443, 443, APP_NONE);
	add_port(&policy->ports[PORT_GROUP_BUSINESS], IPPROTO_TCP, 1521, 1521, APP_NONE);
	add_port(&policy->ports[PORT_GROUP_WEB], IPPROTO_TCP, 80, 80, APP_NONE);
	add_port(&policy->ports[PORT_GROUP_WEB], IPPROTO_TCP, 443, 443, APP_NONE);
	add_port(&policy->ports[PORT_GROUP_MAIL], IPPROTO_TCP, 25, 25, APP_NONE);
	add_port(&policy->ports[PORT_GROUP_MAIL], IPPROTO_TCP, 993, 993, APP_NONE);
	add_port(&policy->ports[PORT_GROUP_PRINT], IPPROTO_TCP, 9100, 9100, APP_NONE);
	add_services(policy);
	return policy;
}

static struct policy *site(void)
{
	struct policy *policy = site_without_derived();

	ck_assert_int_eq(policy_derive(policy), 0);
	return policy;
}

static struct flow_key flow(const char *src, const char *dst, uint8_t l4proto, uint16_t dport)
{
	struct flow_key key = { .sport = 40000, .dport = dport, .l4proto = l4proto };

	ck_assert_int_eq(addr_parse(src, &key.src), 0);
	ck_assert_int_eq(addr_parse(dst, &key.dst), 0);
	return key;
}

struct treatment_case {
	const char *src, *dst;
	uint8_t l4proto;
	uint16_t dport;
	enum app treatment;
	enum reason reason; /* of decide_address() */
};

static const struct treatment_case treatments[] = {
	/* services, by name or by address */
	{ "192.168.10.11", "198.51.100.130", IPPROTO_TCP, 443, APP_TLS, REASON_NOT_PERMITTED },
	{ "2001:db8:10::11", "2001:db8:c10d::130", IPPROTO_TCP, 443, APP_TLS,
	  REASON_NOT_PERMITTED },
	{ "192.168.20.9", "198.51.100.130", IPPROTO_TCP, 443, APP_TLS, REASON_NOT_PERMITTED },
	{ "192.168.20.200", "198.51.100.130", IPPROTO_TCP, 443, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_UDP, 443, APP_QUIC_REFUSED,
	  REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_UDP, 3477, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_UDP, 3478, APP_NONE,
	  REASON_PERMITTED_ADDRESS },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_UDP, 3481, APP_NONE,
	  REASON_PERMITTED_ADDRESS },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_UDP, 3482, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_TCP, 3478, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_ICMP, 0, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.241", IPPROTO_TCP, 80, APP_HTTP, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.100", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
	/* the guideline lets the sanitiser reach mail at permitted clouds, not update services */
	{ "192.168.20.150", "198.51.100.130", IPPROTO_TCP, 993, APP_TLS, REASON_NOT_PERMITTED },
	{ "192.168.20.150", "198.51.100.130", IPPROTO_TCP, 994, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.20.150", "198.51.100.130", IPPROTO_TCP, 443, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.20.150", "198.51.100.130", IPPROTO_TCP, 25, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.10.11", "198.51.100.130", IPPROTO_TCP, 994, APP_TLS, REASON_NOT_PERMITTED },
	{ "192.168.20.150", "198.51.100.242", IPPROTO_TCP, 443, APP_COUNT, REASON_NOT_PERMITTED },
	/* through the proxy alone */
	{ "192.168.20.10", "198.51.100.200", IPPROTO_TCP, 443, APP_TLS, REASON_NOT_PERMITTED },
	{ "192.168.20.10", "198.51.100.200", IPPROTO_UDP, 3478, APP_NONE,
	  REASON_PERMITTED_ADDRESS },
	{ "192.168.20.11", "198.51.100.200", IPPROTO_TCP, 443, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.20.11", "198.51.100.200", IPPROTO_UDP, 3478, APP_COUNT, REASON_NOT_PERMITTED },
	{ "192.168.20.11", "198.51.100.200", IPPROTO_UDP, 443, APP_COUNT, REASON_NOT_PERMITTED },
	/* endpoints */
	{ "192.168.10.11", "198.51.100.10", IPPROTO_TCP, 443, APP_NONE, REASON_PERMITTED_ADDRESS },
	{ "192.168.10.11", "198.51.100.10", IPPROTO_TCP, 1521, APP_COUNT, REASON_FORBIDDEN },
	{ "192.168.20.9", "198.51.100.10", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
	{ "198.51.100.10", "172.16.10.10", IPPROTO_TCP, 1521, APP_NONE, REASON_PERMITTED_ADDRESS },
	{ "198.51.100.10", "172.16.10.10", IPPROTO_TCP, 443, APP_COUNT, REASON_NOT_PERMITTED },
	{ "198.51.100.40", "192.168.30.25", IPPROTO_TCP, 25, APP_NONE, REASON_PERMITTED_ADDRESS },
	{ "192.168.10.11", "203.0.113.10", IPPROTO_TCP, 1521, APP_NONE, REASON_PERMITTED_ADDRESS },
	{ "203.0.113.10", "192.168.10.11", IPPROTO_TCP, 1521, APP_COUNT, REASON_NOT_PERMITTED },
	/* the internet at large is every external address, and no other */
	{ "198.51.100.40", "8.8.8.8", IPPROTO_TCP, 80, APP_NONE, REASON_PERMITTED_ADDRESS },
	{ "198.51.100.40", "198.51.100.130", IPPROTO_TCP, 443, APP_NONE, REASON_PERMITTED_ADDRESS },
	{ "198.51.100.40", "192.168.30.11", IPPROTO_TCP, 80, APP_COUNT, REASON_FORBIDDEN },
	{ "198.51.100.40", "192.168.10.11", IPPROTO_TCP, 80, APP_COUNT, REASON_FORBIDDEN },
	{ "198.51.100.40", "127.0.0.1", IPPROTO_TCP, 80, APP_COUNT, REASON_FORBIDDEN },
	{ "192.168.10.11", "8.8.8.8", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
	/* a flow of the guideline whose far end the site does not have */
	{ "198.51.100.10", "172.16.20.9", IPPROTO_TCP, 9100, APP_COUNT, REASON_FORBIDDEN },
	/* forbidden pairs of zones */
	{ "192.168.30.11", "172.16.10.10", IPPROTO_TCP, 1521, APP_COUNT, REASON_FORBIDDEN },
	{ "198.51.100.40", "172.16.10.10", IPPROTO_TCP, 80, APP_COUNT, REASON_FORBIDDEN },
	{ "8.8.8.8", "172.16.10.10", IPPROTO_TCP, 1521, APP_COUNT, REASON_FORBIDDEN },
	{ "8.8.8.8", "192.168.10.11", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
	{ "8.8.8.8", "198.51.100.10", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
	{ "172.16.10.10", "8.8.8.8", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
	{ "198.51.100.10", "198.51.100.130", IPPROTO_TCP, 443, APP_COUNT, REASON_FORBIDDEN },
};

START_TEST(first_packets_are_treated_as_the_guideline_says)
{
	struct policy *policy = site();

	for (size_t i = 0; i < ARRAY_SIZE(treatments); i++) {
		const struct treatment_case *c = &treatments[i];
		struct flow_key key = flow(c->src, c->dst, c->l4proto, c->dport);
		bool permitted = c->reason == REASON_PERMITTED_ADDRESS;
		struct decide_result r;

		ck_assert_msg(decide_treatment(policy, &key) == c->treatment, "%s > %s:%u", c->src,
			      c->dst, (unsigned int)c->dport);
		decide_address(policy, &key, &r);
		ck_assert_msg(r.reason == c->reason, "%s > %s:%u: %s", c->src, c->dst,
			      (unsigned int)c->dport, reason_info(r.reason)->slug);
		ck_assert(r.permitted == permitted);
		ck_assert_uint_eq(r.mark, permitted ? MARK_OPEN : MARK_REFUSED);
		ck_assert(!permitted || r.flow);
	}
	policy_free(policy);
}
END_TEST

START_TEST(a_permitted_flow_names_who_where_and_why)
{
	struct policy *policy = site();
	struct flow_key key = flow("198.51.100.10", "172.16.10.10", IPPROTO_TCP, 1521);
	struct decide_result r;

	decide_address(policy, &key, &r);
	ck_assert_int_eq(r.from_zone, ZONE_MYNUMBER);
	ck_assert_int_eq(r.to_zone, ZONE_MYNUMBER);
	ck_assert_int_eq(r.from_role, ROLE_MYNUMBER_DAAS);
	ck_assert_int_eq(r.to_role, ROLE_MYNUMBER_SYSTEM_ONPREM);
	ck_assert_str_eq(r.flow->id, "route-1:mynumber-daas>mynumber-system-onprem");
	ck_assert_ptr_null(r.service);

	key = flow("198.51.100.40", "198.51.100.130", IPPROTO_TCP, 443);
	decide_address(policy, &key, &r);
	ck_assert_str_eq(r.flow->id, "route-1:internet-daas>internet");
	ck_assert_int_eq(r.to_role, ROLE_INTERNET);
	ck_assert_ptr_null(r.service);

	key = flow("192.168.10.11", "198.51.100.130", IPPROTO_UDP, 3479);
	decide_address(policy, &key, &r);
	ck_assert_str_eq(r.flow->id, "alpha-prime-u:lgwan-terminal>permitted-cloud");
	ck_assert_str_eq(r.service->name, "m365-files");
	policy_free(policy);
}
END_TEST

START_TEST(a_refused_flow_names_the_nearest_that_is_permitted)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.10", IPPROTO_TCP, 22);
	struct decide_result r;

	decide_refuse(policy, &key, REASON_NOT_PERMITTED, &r);
	ck_assert(!r.permitted);
	ck_assert_uint_eq(r.mark, MARK_REFUSED);
	ck_assert_str_eq(r.flow->id, "route-1:lgwan-terminal>mynumber-daas");

	key = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 22);
	decide_refuse(policy, &key, REASON_NOT_PERMITTED, &r);
	ck_assert_str_eq(r.flow->id, "alpha-prime-u:lgwan-terminal>permitted-cloud");
	ck_assert_str_eq(r.service->name, "m365-files");
	ck_assert_int_eq(r.to_role, ROLE_PERMITTED_CLOUD);

	key = flow("192.168.30.11", "127.0.0.1", IPPROTO_TCP, 22);
	decide_refuse(policy, &key, REASON_SPOOFED, &r);
	ck_assert_int_eq(r.reason, REASON_SPOOFED);
	ck_assert_ptr_null(r.flow);
	ck_assert_int_eq(r.to_zone, ZONE_NONE);
	ck_assert_int_eq(r.to_role, ROLE_COUNT);
	ck_assert_int_eq(r.from_role, ROLE_COUNT);
	policy_free(policy);
}
END_TEST

START_TEST(other_bytes_on_an_http_port_are_called_so)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.241", IPPROTO_TCP, 80);
	struct decide_result r;

	decide_refuse(policy, &key, REASON_NOT_TLS, &r);
	ck_assert_int_eq(r.reason, REASON_NOT_HTTP);
	key.dport = 443;
	decide_refuse(policy, &key, REASON_NOT_TLS, &r);
	ck_assert_int_eq(r.reason, REASON_NOT_TLS);
	key.dport = 80;
	decide_refuse(policy, &key, REASON_TIMEOUT, &r);
	ck_assert_int_eq(r.reason, REASON_TIMEOUT);
	decide_refuse(policy, &key, REASON_TLS_TOO_OLD, &r);
	ck_assert_int_eq(r.reason, REASON_NOT_HTTP);
	decide_refuse(policy, &key, REASON_HTTP_UPGRADE, &r);
	ck_assert_int_eq(r.reason, REASON_HTTP_UPGRADE);
	decide_refuse(policy, &key, REASON_NAME_AMBIGUOUS, &r);
	ck_assert_int_eq(r.reason, REASON_NAME_AMBIGUOUS);
	key.dport = 443;
	decide_refuse(policy, &key, REASON_HTTP_UPGRADE, &r);
	ck_assert_int_eq(r.reason, REASON_NOT_TLS);
	decide_refuse(policy, &key, REASON_NO_SNI, &r);
	ck_assert_int_eq(r.reason, REASON_NO_SNI);
	policy_free(policy);
}
END_TEST

struct name_case {
	const char *src, *dst;
	uint16_t dport;
	enum app app;
	const char *name;
	enum reason reason;
	const char *pattern; /* where permitted */
};

static const struct name_case names_said[] = {
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_PERMITTED_NAME, "reiji-city.sharepoint.com" },
	{ "2001:db8:10::11", "2001:db8:c10d::130", 443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_PERMITTED_NAME, "reiji-city.sharepoint.com" },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "a.b.office.example",
	  REASON_PERMITTED_NAME, "*.office.example" },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "office.example", REASON_NAME_UNKNOWN,
	  NULL },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "other-city.sharepoint.com",
	  REASON_FOREIGN_TENANT, NULL },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "x.y.sharepoint.com",
	  REASON_NAME_UNKNOWN, NULL },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "evil.example.com", REASON_NAME_UNKNOWN,
	  NULL },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "definitionupdates.example.net",
	  REASON_NAME_ELSEWHERE, NULL },
	{ "192.168.10.11", "198.51.100.130", 443, APP_TLS, "login.microsoftonline.com",
	  REASON_NAME_ELSEWHERE, NULL },
	{ "192.168.10.11", "198.51.100.100", 443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_NAME_ELSEWHERE, NULL },
	{ "192.168.10.11", "198.51.100.100", 443, APP_TLS, "evil.example.com", REASON_FORBIDDEN,
	  NULL },
	{ "192.168.10.11", "198.51.100.130", 8443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_NAME_ELSEWHERE, NULL },
	/* who may */
	{ "192.168.20.200", "198.51.100.130", 443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_SOURCE_NOT_PERMITTED, NULL },
	{ "192.168.30.11", "198.51.100.130", 443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_SOURCE_NOT_PERMITTED, NULL },
	{ "192.168.20.150", "198.51.100.241", 443, APP_TLS, "definitionupdates.example.net",
	  REASON_SOURCE_NOT_PERMITTED, NULL },
	{ "192.168.20.150", "198.51.100.241", 443, APP_TLS, "lists.example.org",
	  REASON_SOURCE_NOT_PERMITTED, NULL },
	{ "192.168.20.150", "198.51.100.130", 993, APP_TLS, "mail.office.example",
	  REASON_PERMITTED_NAME, "*.office.example" },
	{ "192.168.20.150", "198.51.100.130", 443, APP_TLS, "mail.office.example",
	  REASON_SOURCE_NOT_PERMITTED, NULL },
	{ "172.16.10.10", "198.51.100.130", 443, APP_TLS, "reiji-city.sharepoint.com",
	  REASON_FORBIDDEN, NULL },
	{ "192.168.20.10", "198.51.100.200", 443, APP_TLS, "login.microsoftonline.com",
	  REASON_PERMITTED_NAME, "login.microsoftonline.com" },
	{ "192.168.10.11", "198.51.100.200", 443, APP_TLS, "login.microsoftonline.com",
	  REASON_SOURCE_NOT_PERMITTED, NULL },
	/* what is spoken */
	{ "192.168.10.11", "198.51.100.130", 443, APP_HTTP, "reiji-city.sharepoint.com",
	  REASON_NOT_TLS, NULL },
	{ "192.168.10.11", "198.51.100.241", 80, APP_TLS, "definitionupdates.example.net",
	  REASON_NOT_HTTP, NULL },
	{ "192.168.10.11", "198.51.100.241", 80, APP_HTTP, "definitionupdates.example.net",
	  REASON_PERMITTED_NAME, "definitionupdates.example.net" },
	{ "192.168.10.11", "198.51.100.130", 443, APP_QUIC, "reiji-city.sharepoint.com",
	  REASON_QUIC_REFUSED, NULL },
	/* two services at one address and port */
	{ "192.168.10.11", "198.51.100.241", 443, APP_TLS, "definitionupdates.example.net",
	  REASON_PERMITTED_NAME, "definitionupdates.example.net" },
	{ "192.168.10.11", "198.51.100.241", 443, APP_TLS, "lists.example.org",
	  REASON_PERMITTED_NAME, "lists.example.org" },
	{ "192.168.10.11", "198.51.100.242", 443, APP_TLS, "lists.example.org",
	  REASON_NAME_ELSEWHERE, NULL },
	{ "192.168.10.11", "198.51.100.241", 80, APP_HTTP, "lists.example.org",
	  REASON_NAME_ELSEWHERE, NULL },
};

START_TEST(names_are_judged_with_address_port_source_and_protocol)
{
	struct policy *policy = site();

	for (size_t i = 0; i < ARRAY_SIZE(names_said); i++) {
		const struct name_case *c = &names_said[i];
		struct flow_key key = flow(
			c->src, c->dst, c->app == APP_QUIC ? IPPROTO_UDP : IPPROTO_TCP, c->dport);
		struct decide_result r;

		decide_name(policy, &key, c->app, c->name, &r);
		ck_assert_msg(r.reason == c->reason, "%s at %s: %s", c->name, c->dst,
			      reason_info(r.reason)->slug);
		ck_assert(r.permitted == (c->pattern != NULL));
		if (!c->pattern) {
			ck_assert_uint_eq(r.mark, MARK_REFUSED);
			continue;
		}
		ck_assert_str_eq(r.pattern, c->pattern);
		ck_assert_uint_eq(r.mark & ~MARK_STATE_MASK,
				  MARK_INSPECTED | names_pattern_mark(c->pattern));
		ck_assert_uint_eq(r.mark & MARK_STATE_MASK,
				  c->app == APP_HTTP ? MARK_WATCHED : MARK_GUARDED);
		ck_assert(r.flow && r.service);
	}
	policy_free(policy);
}
END_TEST

START_TEST(quic_is_inspected_where_the_service_says_so)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.130", IPPROTO_UDP, 443);
	struct flow_key tls = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 443);
	struct decide_result r;
	uint32_t mark;

	policy->services[0].ports.at[1].app = APP_QUIC;
	ck_assert_int_eq(decide_treatment(policy, &key), APP_QUIC);
	decide_name(policy, &key, APP_QUIC, "reiji-city.sharepoint.com", &r);
	ck_assert(r.permitted);
	mark = MARK_WATCHED | MARK_INSPECTED | names_pattern_mark("reiji-city.sharepoint.com");
	ck_assert_uint_eq(r.mark, mark);
	decide_again(policy, &key, mark, &r);
	ck_assert(r.permitted);
	ck_assert_uint_eq(r.mark, mark);
	decide_again(policy, &key, MARK_UNDECIDED, &r);
	ck_assert(r.permitted);
	decide_name(policy, &key, APP_QUIC, "mallory.sharepoint.com", &r);
	ck_assert_int_eq(r.reason, REASON_FOREIGN_TENANT);
	decide_name(policy, &key, APP_TLS, "reiji-city.sharepoint.com", &r);
	ck_assert_int_eq(r.reason, REASON_NOT_QUIC);
	decide_name(policy, &tls, APP_QUIC, "reiji-city.sharepoint.com", &r);
	ck_assert_int_eq(r.reason, REASON_NOT_TLS);
	/* a word for ports, which no client speaks */
	decide_name(policy, &key, APP_QUIC_REFUSED, "reiji-city.sharepoint.com", &r);
	ck_assert(!r.permitted);
	/* until the policy says otherwise */
	policy->services[0].ports.at[1].app = APP_QUIC_REFUSED;
	decide_again(policy, &key, mark, &r);
	ck_assert(!r.permitted);
	decide_again(policy, &key, MARK_UNDECIDED, &r);
	ck_assert(!r.permitted);
	policy_free(policy);
}
END_TEST

START_TEST(encrypted_client_hello_is_refused_where_the_service_says_so)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 443);
	struct decide_result r;

	decide_name(policy, &key, APP_TLS, "reiji-city.sharepoint.com", &r);
	decide_ech(true, &r);
	ck_assert(r.permitted);
	policy->services[0].refuses_ech = true;
	decide_ech(false, &r);
	ck_assert(r.permitted);
	decide_ech(true, &r);
	ck_assert(!r.permitted);
	ck_assert_int_eq(r.reason, REASON_ECH_REFUSED);
	ck_assert_uint_eq(r.mark, MARK_REFUSED);
	/* what is refused already keeps its reason */
	decide_name(policy, &key, APP_TLS, "mallory.sharepoint.com", &r);
	decide_ech(true, &r);
	ck_assert_int_eq(r.reason, REASON_FOREIGN_TENANT);
	policy_free(policy);
}
END_TEST

START_TEST(each_of_two_services_at_one_address_permits_by_its_own_flow)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.241", IPPROTO_TCP, 443);
	struct decide_result r;

	decide_name(policy, &key, APP_TLS, "lists.example.org", &r);
	ck_assert_str_eq(r.flow->id, "alpha-prime-u:lgwan-terminal>permitted-cloud");
	ck_assert_str_eq(r.service->name, "web-filter-lists");
	ck_assert_int_eq(r.to_role, ROLE_PERMITTED_CLOUD);
	decide_name(policy, &key, APP_TLS, "definitionupdates.example.net", &r);
	ck_assert_str_eq(r.flow->id, "alpha-prime-u:lgwan-terminal>security-update-service");
	ck_assert_str_eq(r.service->name, "virus-definitions");
	ck_assert_int_eq(r.to_role, ROLE_SECURITY_UPDATE_SERVICE);
	policy_free(policy);
}
END_TEST

START_TEST(a_name_on_a_port_now_permitted_by_address_passes_by_address)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.130", IPPROTO_UDP, 3478);
	struct decide_result r;

	decide_name(policy, &key, APP_TLS, "evil.example.com", &r);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_ADDRESS);
	ck_assert_uint_eq(r.mark, MARK_OPEN);
	policy_free(policy);
}
END_TEST

START_TEST(an_open_flow_stands_as_long_as_its_policy_does)
{
	struct policy *policy = site();
	struct flow_key named = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 443);
	struct flow_key watched = flow("192.168.10.11", "198.51.100.241", IPPROTO_TCP, 80);
	struct flow_key by_address = flow("192.168.10.11", "198.51.100.10", IPPROTO_TCP, 443);
	uint32_t watched_mark =
		MARK_WATCHED | MARK_INSPECTED | names_pattern_mark("definitionupdates.example.net");
	struct decide_result r;

	decide_again(policy, &named, NAMED("reiji-city.sharepoint.com"), &r);
	ck_assert(r.permitted);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_NAME);
	ck_assert_uint_eq(r.mark, NAMED("reiji-city.sharepoint.com"));
	ck_assert_str_eq(r.pattern, "reiji-city.sharepoint.com");
	decide_again(policy, &watched, watched_mark, &r);
	ck_assert(r.permitted);
	ck_assert_uint_eq(r.mark, watched_mark);
	decide_again(policy, &by_address, MARK_OPEN, &r);
	ck_assert(r.permitted);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_ADDRESS);
	decide_again(policy, &named, MARK_UNDECIDED, &r);
	ck_assert(r.permitted);
	ck_assert_uint_eq(r.mark, MARK_UNDECIDED);
	policy_free(policy);
}
END_TEST

struct cut_case {
	const char *src, *dst;
	uint16_t dport;
	uint32_t mark;
};

START_TEST(an_open_flow_that_nothing_permits_any_more_is_cut)
{
	struct policy *policy = site();
	const uint32_t tenant = NAMED("reiji-city.sharepoint.com");
	const struct cut_case cases[] = {
		/* the name is gone, or lives elsewhere */
		{ "192.168.10.11", "198.51.100.130", 443, NAMED("old.sharepoint.com") },
		{ "192.168.10.11", "198.51.100.130", 443, NAMED("lists.example.org") },
		/* the address, the port or the source is gone */
		{ "192.168.10.11", "198.51.100.100", 443, tenant },
		{ "192.168.10.11", "198.51.100.130", 8443, tenant },
		{ "192.168.20.200", "198.51.100.130", 443, tenant },
		{ "192.168.10.11", "198.51.100.200", 443, NAMED("login.microsoftonline.com") },
		/* permitted by address before, by name now */
		{ "192.168.10.11", "198.51.100.130", 443, MARK_OPEN },
		/* watched before, TLS now; and the other way round */
		{ "192.168.10.11", "198.51.100.130", 443,
		  MARK_WATCHED | MARK_INSPECTED | names_pattern_mark("reiji-city.sharepoint.com") },
		{ "192.168.10.11", "198.51.100.241", 80, NAMED("definitionupdates.example.net") },
		/* by address, nowhere; forbidden; undecided, but no longer inspected; refused; none
		 */
		{ "192.168.10.11", "8.8.8.8", 443, MARK_OPEN },
		{ "192.168.30.11", "172.16.10.10", 1521, MARK_OPEN },
		{ "192.168.10.11", "198.51.100.100", 443, MARK_UNDECIDED },
		{ "192.168.10.11", "198.51.100.10", 443, MARK_REFUSED },
		{ "192.168.10.11", "198.51.100.10", 443, MARK_NONE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct flow_key key = flow(cases[i].src, cases[i].dst, IPPROTO_TCP, cases[i].dport);
		struct decide_result r;

		decide_again(policy, &key, cases[i].mark, &r);
		ck_assert_msg(!r.permitted, "case %zu", i);
		ck_assert_int_eq(r.reason, REASON_POLICY_CHANGED);
		ck_assert_uint_eq(r.mark, MARK_REFUSED);
	}
	policy_free(policy);
}
END_TEST

START_TEST(a_named_flow_stands_where_its_port_is_now_open_by_address)
{
	struct policy *policy = site();
	struct flow_key key = flow("192.168.10.11", "198.51.100.10", IPPROTO_TCP, 443);
	struct decide_result r;

	decide_again(policy, &key, NAMED("gone.example.com"), &r);
	ck_assert(r.permitted);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_ADDRESS);
	ck_assert_ptr_null(r.pattern);
	policy_free(policy);
}
END_TEST

START_TEST(where_two_services_differ_the_stricter_declaration_counts)
{
	struct policy *policy = site_without_derived();
	struct flow_key key = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 443);
	struct policy_service *s =
		add_service(policy, "open", ROLE_PERMITTED_CLOUD, "198.51.100.128/25");
	struct decide_result r;

	add_port(&s->ports, IPPROTO_TCP, 1, 65535, APP_NONE);
	ck_assert_int_eq(policy_derive(policy), 0);
	ck_assert_int_eq(decide_treatment(policy, &key), APP_TLS);
	decide_address(policy, &key, &r);
	ck_assert(!r.permitted);
	decide_name(policy, &key, APP_TLS, "evil.example.com", &r);
	ck_assert(!r.permitted);
	key.dport = 444;
	ck_assert_int_eq(decide_treatment(policy, &key), APP_NONE);
	policy_free(policy);
}
END_TEST

START_TEST(no_configuration_or_no_firewall_here_means_nothing_is_permitted)
{
	struct policy *policy = site();

	policy->configurations = 0;
	for (int round = 0; round < 2; round++) {
		for (size_t i = 0; i < ARRAY_SIZE(treatments); i++) {
			const struct treatment_case *c = &treatments[i];
			struct flow_key key = flow(c->src, c->dst, c->l4proto, c->dport);

			ck_assert_int_eq(decide_treatment(policy, &key), APP_COUNT);
		}
		policy->configurations = 1U << CONFIGURATION_ALPHA_PRIME_U;
		policy->firewalls = FIREWALL_BIT(FIREWALL_CSP);
	}
	policy_free(policy);
}
END_TEST

#define EXPIRES 2000000000

static struct policy_exception *add_exception(struct policy *policy, const char *name,
					      const char *to, int64_t expires_s)
{
	struct policy_exception *e;

	policy->exceptions =
		realloc(policy->exceptions, (policy->exception_count + 1) * sizeof(*e));
	ck_assert_ptr_nonnull(policy->exceptions);
	e = &policy->exceptions[policy->exception_count++];
	*e = (struct policy_exception){ .name = strdup(name), .expires_s = expires_s };
	ck_assert_ptr_nonnull(e->name);
	add_range(&e->from, "192.168.10.8/29");
	add_range(&e->to, to);
	return e;
}

/* By address towards an LGWAN-ASP, and by name at a permitted cloud, each twice. */
static struct policy *site_with_exceptions(void)
{
	struct policy *policy = site_without_derived();
	struct policy_exception *e;

	e = add_exception(policy, "old-system", "203.0.113.10", EXPIRES);
	add_port(&e->ports, IPPROTO_TCP, 8080, 8080, APP_NONE);
	e = add_exception(policy, "older-system", "203.0.113.0/24", EXPIRES - 10);
	add_port(&e->ports, IPPROTO_TCP, 8080, 8080, APP_NONE);
	e = add_exception(policy, "migration", "198.51.100.130", EXPIRES - 10);
	add_port(&e->ports, IPPROTO_TCP, 8443, 8443, APP_TLS);
	add_name(&e->names, "*.migration.example");
	e = add_exception(policy, "longer-migration", "198.51.100.130", EXPIRES);
	add_port(&e->ports, IPPROTO_TCP, 8443, 8443, APP_TLS);
	add_port(&e->ports, IPPROTO_TCP, 8080, 8080, APP_HTTP);
	add_name(&e->names, "new.migration.example");
	ck_assert_int_eq(policy_derive(policy), 0);
	return policy;
}

START_TEST(what_no_flow_permits_an_exception_may)
{
	struct policy *policy = site_with_exceptions();
	struct flow_key key = flow("192.168.10.11", "203.0.113.10", IPPROTO_TCP, 8080);
	struct decide_result r;

	ck_assert_int_eq(decide_treatment(policy, &key), APP_NONE);
	decide_address(policy, &key, &r);
	ck_assert(r.permitted);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_EXCEPTION);
	ck_assert_uint_eq(r.mark, MARK_OPEN | MARK_EXCEPTION);
	ck_assert_ptr_null(r.flow);
	ck_assert_str_eq(r.exception->name, "old-system"); /* it holds longer */
	key = flow("192.168.10.16", "203.0.113.10", IPPROTO_TCP, 8080);
	decide_address(policy, &key, &r);
	ck_assert_int_eq(r.reason, REASON_NOT_PERMITTED);
	ck_assert_ptr_null(r.exception);
	/* the guideline's flow goes first, and knows no end */
	key = flow("192.168.10.11", "203.0.113.10", IPPROTO_TCP, 1521);
	decide_address(policy, &key, &r);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_ADDRESS);
	ck_assert_uint_eq(r.mark, MARK_OPEN);
	policy_free(policy);
}
END_TEST

START_TEST(an_exception_permits_its_names_alone)
{
	struct policy *policy = site_with_exceptions();
	struct flow_key key = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 8443);
	struct decide_result r;

	ck_assert_int_eq(decide_treatment(policy, &key), APP_TLS);
	decide_name(policy, &key, APP_TLS, "new.migration.example", &r);
	ck_assert_int_eq(r.reason, REASON_PERMITTED_EXCEPTION);
	ck_assert_str_eq(r.exception->name, "longer-migration");
	ck_assert_uint_eq(r.mark, NAMED("new.migration.example") | MARK_EXCEPTION);
	decide_name(policy, &key, APP_TLS, "old.migration.example", &r);
	ck_assert_str_eq(r.exception->name, "migration");
	ck_assert_str_eq(r.pattern, "*.migration.example");
	decide_name(policy, &key, APP_TLS, "evil.example.com", &r);
	ck_assert_int_eq(r.reason, REASON_NAME_UNKNOWN);
	ck_assert_uint_eq(r.mark, MARK_REFUSED);
	decide_name(policy, &key, APP_HTTP, "new.migration.example", &r);
	ck_assert_int_eq(r.reason, REASON_NOT_TLS);
	key.dport = 8080;
	decide_name(policy, &key, APP_HTTP, "new.migration.example", &r);
	ck_assert_uint_eq(r.mark & MARK_STATE_MASK, MARK_WATCHED);
	key = flow("192.168.10.16", "198.51.100.130", IPPROTO_TCP, 8443);
	decide_name(policy, &key, APP_TLS, "new.migration.example", &r);
	ck_assert(!r.permitted);
	policy_free(policy);
}
END_TEST

START_TEST(an_exception_that_has_expired_permits_nothing)
{
	struct policy *policy = site_with_exceptions();
	struct flow_key key = flow("192.168.10.11", "203.0.113.11", IPPROTO_TCP, 8080);
	struct decide_result r;

	decide_address(policy, &key, &r);
	decide_expire(&r, EXPIRES - 11);
	ck_assert(r.permitted);
	decide_expire(&r, EXPIRES - 10);
	ck_assert(!r.permitted);
	ck_assert_int_eq(r.reason, REASON_EXCEPTION_EXPIRED);
	ck_assert_uint_eq(r.mark, MARK_REFUSED);
	ck_assert_str_eq(r.exception->name, "older-system");
	/* of two that cover it, the other still holds */
	key = flow("192.168.10.11", "203.0.113.10", IPPROTO_TCP, 8080);
	decide_address(policy, &key, &r);
	decide_expire(&r, EXPIRES - 10);
	ck_assert(r.permitted);
	/* what the guideline permits is not asked */
	key.dport = 1521;
	decide_address(policy, &key, &r);
	decide_expire(&r, INT64_MAX);
	ck_assert(r.permitted);
	policy_free(policy);
}
END_TEST

START_TEST(open_flows_are_judged_again_with_their_exceptions)
{
	struct policy *policy = site_with_exceptions();
	struct flow_key key = flow("192.168.10.11", "203.0.113.10", IPPROTO_TCP, 8080);
	struct flow_key named = flow("192.168.10.11", "198.51.100.130", IPPROTO_TCP, 8443);
	struct decide_result r;

	/* also one that some flow of the guideline had opened */
	decide_again(policy, &key, MARK_OPEN, &r);
	ck_assert_uint_eq(r.mark, MARK_OPEN | MARK_EXCEPTION);
	decide_again(policy, &named, NAMED("new.migration.example") | MARK_EXCEPTION, &r);
	ck_assert_uint_eq(r.mark, NAMED("new.migration.example") | MARK_EXCEPTION);
	key.dport = 1521;
	decide_again(policy, &key, MARK_OPEN | MARK_EXCEPTION, &r);
	ck_assert_uint_eq(r.mark, MARK_OPEN);
	policy->exception_count = 0;
	key.dport = 8080;
	decide_again(policy, &key, MARK_OPEN | MARK_EXCEPTION, &r);
	ck_assert_int_eq(r.reason, REASON_POLICY_CHANGED);
	policy->exception_count = 4;
	policy_free(policy);
}
END_TEST

START_TEST(an_exception_of_a_forbidden_flow_permits_nothing_at_all)
{
	struct policy *policy = site_without_derived();
	struct policy_exception *e = add_exception(policy, "outside", "203.0.113.10", EXPIRES);
	struct flow_key key = flow("192.168.10.11", "8.8.8.8", IPPROTO_TCP, 53);
	struct decide_result r;

	add_range(&e->to, "8.8.8.8");
	add_port(&e->ports, IPPROTO_TCP, 53, 53, APP_NONE);
	ck_assert_int_eq(policy_derive(policy), 0);
	decide_address(policy, &key, &r);
	ck_assert_int_eq(r.reason, REASON_FORBIDDEN);
	ck_assert_str_eq(r.forbidden->id, "lgwan-to-unpermitted-external");
	key = flow("192.168.10.11", "203.0.113.10", IPPROTO_TCP, 53);
	decide_address(policy, &key, &r);
	ck_assert_int_eq(r.reason, REASON_NOT_PERMITTED);
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("decide");
	TCase *tc = tcase_create("decide");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, first_packets_are_treated_as_the_guideline_says);
	tcase_add_test(tc, a_permitted_flow_names_who_where_and_why);
	tcase_add_test(tc, a_refused_flow_names_the_nearest_that_is_permitted);
	tcase_add_test(tc, other_bytes_on_an_http_port_are_called_so);
	tcase_add_test(tc, names_are_judged_with_address_port_source_and_protocol);
	tcase_add_test(tc, quic_is_inspected_where_the_service_says_so);
	tcase_add_test(tc, encrypted_client_hello_is_refused_where_the_service_says_so);
	tcase_add_test(tc, each_of_two_services_at_one_address_permits_by_its_own_flow);
	tcase_add_test(tc, a_name_on_a_port_now_permitted_by_address_passes_by_address);
	tcase_add_test(tc, an_open_flow_stands_as_long_as_its_policy_does);
	tcase_add_test(tc, an_open_flow_that_nothing_permits_any_more_is_cut);
	tcase_add_test(tc, a_named_flow_stands_where_its_port_is_now_open_by_address);
	tcase_add_test(tc, where_two_services_differ_the_stricter_declaration_counts);
	tcase_add_test(tc, no_configuration_or_no_firewall_here_means_nothing_is_permitted);
	tcase_add_test(tc, what_no_flow_permits_an_exception_may);
	tcase_add_test(tc, an_exception_permits_its_names_alone);
	tcase_add_test(tc, an_exception_that_has_expired_permits_nothing);
	tcase_add_test(tc, open_flows_are_judged_again_with_their_exceptions);
	tcase_add_test(tc, an_exception_of_a_forbidden_flow_permits_nothing_at_all);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
