/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/record.c: whole lines, and every line read back by a JSON parser. */

#include <arpa/inet.h>
#include <check.h>
#include <jansson.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/put.h"
#include "audit/record.h"
#include "common/defs.h"
#include "common/mark.h"

static struct policy_service service = { .name = (char[]){ "m365-files" } };
static struct flow_key key;
static struct decide_result result;
static struct record record;
static char line[RECORD_MAX + 1];

static void set_up(void)
{
	size_t count;

	key = (struct flow_key){ .src.family = 4,
				 .dst.family = 4,
				 .sport = 51234,
				 .dport = 443,
				 .l4proto = IPPROTO_TCP };
	(void)inet_pton(AF_INET, "192.168.10.11", key.src.b);
	(void)inet_pton(AF_INET, "198.51.100.130", key.dst.b);
	result = (struct decide_result){
		.permitted = true,
		.reason = REASON_PERMITTED_NAME,
		.mark = MARK_OPEN | MARK_INSPECTED,
		.from_zone = ZONE_LGWAN,
		.to_zone = ZONE_EXTERNAL,
		.from_role = ROLE_COUNT,
		.to_role = ROLE_COUNT,
		.flow = guideline_flows(&count),
		.service = &service,
		.pattern = "reiji-city.sharepoint.com",
	};
	record = (struct record){
		.kind = RECORD_DECISION,
		.time = { .tv_sec = 1795318500, .tv_nsec = 123456789 },
		.sequence = 7,
		.policy_hash = "0123abcd",
		.appliance = "lbo-fw-1",
		.organisation = "例示市",
		.key = &key,
		.result = &result,
		.app = APP_TLS,
		.name = "reiji-city.sharepoint.com",
		.in_interface = "lgwan0",
		.out_interface = "wan0",
	};
}

static json_t *format_and_parse(void)
{
	memset(line, '#', sizeof(line));
	size_t len = record_format(&record, line);
	ck_assert_uint_le(len, RECORD_MAX);
	ck_assert_int_eq(line[len - 1], '\n');
	ck_assert_ptr_eq(memchr(line, '\n', len), line + len - 1);
	for (size_t i = len; i < sizeof(line); i++)
		ck_assert_int_eq(line[i], '#');
	json_error_t error;
	json_t *parsed = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(parsed != NULL, "%s in %.*s", error.text, (int)len, line);
	return parsed;
}

/* Formats the record and compares one member; NULL: the member is not there. */
static void member_is(const char *name, const char *want)
{
	json_t *parsed = format_and_parse();
	const char *got = json_string_value(json_object_get(parsed, name));

	if (want)
		ck_assert_msg(got && strcmp(got, want) == 0, "%s: %s", name, got ? got : "(none)");
	else
		ck_assert_ptr_null(json_object_get(parsed, name));
	json_decref(parsed);
}

static void number_is(const char *name, long long want)
{
	json_t *parsed = format_and_parse();
	const json_t *member = json_object_get(parsed, name);

	ck_assert(json_is_integer(member));
	ck_assert_int_eq(json_integer_value(member), want);
	json_decref(parsed);
}

START_TEST(permitted_tenant_access_is_this_line)
{
	result.flow = NULL;
	size_t len = record_format(&record, line);
	line[len] = '\0';
	ck_assert_str_eq(
		line,
		"{\"@timestamp\":\"2026-11-22T03:35:00.123456Z\",\"sekisho.sequence\":7,"
		"\"ecs.version\":\"8.11.0\",\"event.kind\":\"event\",\"event.category\":"
		"\"network\","
		"\"event.action\":\"tenant-access\",\"event.type\":\"allowed\","
		"\"event.outcome\":\"success\",\"event.reason\":\"permitted-name\","
		"\"source.ip\":\"192.168.10.11\",\"source.port\":51234,"
		"\"destination.ip\":\"198.51.100.130\",\"destination.port\":443,"
		"\"network.transport\":\"tcp\",\"network.type\":\"ipv4\","
		"\"destination.domain\":\"reiji-city.sharepoint.com\",\"network.protocol\":\"tls\","
		"\"observer.ingress.interface.name\":\"lgwan0\","
		"\"observer.egress.interface.name\":\"wan0\",\"observer.ingress.zone\":\"lgwan\","
		"\"observer.egress.zone\":\"external\",\"sekisho.service\":\"m365-files\","
		"\"sekisho.pattern\":\"reiji-city.sharepoint.com\",\"observer.name\":\"lbo-fw-1\","
		"\"organization.name\":\"例示市\",\"sekisho.policy\":\"0123abcd\"}\n");
}
END_TEST

START_TEST(permitting_flow_is_named_with_its_configuration_and_page)
{
	member_is("rule.id", result.flow->id);
	member_is("rule.ruleset", guideline_configuration_slug(result.flow->configuration));
	member_is("rule.reference", result.flow->source);
}
END_TEST

START_TEST(every_reason_has_its_slug_in_the_line)
{
	for (unsigned int reason = 0; reason < REASON_COUNT; reason++) {
		result.reason = (enum reason)reason;
		member_is("event.reason", reason_info((enum reason)reason)->slug);
	}
}
END_TEST

START_TEST(every_role_and_zone_has_its_slug_in_the_line)
{
	for (unsigned int role = 0; role < ROLE_COUNT; role++) {
		result.from_role = (enum role)role;
		result.to_role = (enum role)(ROLE_COUNT - 1 - role);
		member_is("sekisho.from_role", guideline_role(result.from_role)->slug);
		member_is("sekisho.to_role", guideline_role(result.to_role)->slug);
	}
	for (unsigned int zone = 0; zone < ZONE_COUNT; zone++) {
		result.from_zone = (enum zone)zone;
		member_is("observer.ingress.zone", guideline_zone((enum zone)zone)->slug);
	}
	result.from_zone = ZONE_NONE;
	member_is("observer.ingress.zone", NULL);
}
END_TEST

START_TEST(what_a_hello_offers_is_told)
{
	member_is("sekisho.tls.alpn", NULL);
	member_is("sekisho.tls.ech", NULL);
	record.alpn = "h3,h2,http/1.1";
	member_is("sekisho.tls.alpn", "h3,h2,http/1.1");
	record.has_ech = true;
	record_format(&record, line);
	ck_assert_ptr_nonnull(strstr(line, ",\"sekisho.tls.ech\":true,"));
}
END_TEST

START_TEST(refusal_is_denied_and_a_failure)
{
	result.permitted = false;
	result.reason = REASON_FOREIGN_TENANT;
	result.mark = MARK_REFUSED;
	member_is("event.type", "denied");
	member_is("event.outcome", "failure");
	member_is("event.action", "tenant-access");
	member_is("rule.id", result.flow->id);
}
END_TEST

START_TEST(action_tells_what_was_decided_and_where)
{
	record.kind = RECORD_REQUEST;
	record.app = APP_HTTP;
	member_is("event.action", "http-request");
	member_is("network.protocol", "http");
	record.kind = RECORD_CUT;
	member_is("event.action", "flow-cut");
	record.kind = RECORD_DECISION;
	record.app = APP_NONE;
	record.name = NULL;
	result.mark = MARK_OPEN;
	result.reason = REASON_PERMITTED_ADDRESS;
	member_is("event.action", "address-access");
	member_is("network.protocol", NULL);
	member_is("destination.domain", NULL);
	record.in_kernel = true;
	member_is("event.action", "appliance-access");
	result.permitted = false;
	result.reason = REASON_NOT_PERMITTED;
	member_is("event.action", "kernel-refusal");
	/* Refused before it could say a name. */
	record.in_kernel = false;
	result.reason = REASON_TIMEOUT;
	member_is("event.action", "tenant-access");
}
END_TEST

START_TEST(forbidden_flow_is_the_rule_of_its_refusal)
{
	result.permitted = false;
	result.reason = REASON_FORBIDDEN;
	record.in_kernel = true;
	record.rule = "sekisho:forbidden:internet-to-mynumber";
	member_is("rule.id", "internet-to-mynumber");
	member_is("rule.reference", guideline_forbidden_of("internet-to-mynumber")->source);
	member_is("rule.ruleset", NULL);
	member_is("sekisho.kernel_rule", "forbidden:internet-to-mynumber");
	record.rule = "forbidden:nobody-knows";
	member_is("rule.id", "nobody-knows");
	member_is("rule.reference", NULL);
}
END_TEST

START_TEST(default_refusal_names_no_rule_though_a_flow_was_near)
{
	result.permitted = false;
	result.reason = REASON_NOT_PERMITTED;
	record.in_kernel = true;
	record.rule = "sekisho:not-permitted";
	member_is("rule.id", NULL);
	member_is("sekisho.kernel_rule", "not-permitted");
}
END_TEST

START_TEST(refusal_that_the_guideline_wants_names_the_forbidden_flow)
{
	result.permitted = false;
	result.reason = REASON_FORBIDDEN;
	result.forbidden = guideline_forbidden_of("lgwan-to-internet-data");
	record.in_kernel = true;
	record.rule = "sekisho:not-permitted";
	member_is("rule.id", "lgwan-to-internet-data");
	member_is("rule.reference", result.forbidden->source);
	member_is("rule.ruleset", NULL);
	member_is("sekisho.kernel_rule", "not-permitted");
	member_is("event.reason", "forbidden");
}
END_TEST

START_TEST(exception_is_named_in_place_of_a_rule)
{
	char name[] = "migration";
	struct policy_exception exception = { .name = name };

	member_is("sekisho.exception", NULL);
	result.reason = REASON_PERMITTED_EXCEPTION;
	result.exception = &exception;
	result.flow = NULL;
	member_is("sekisho.exception", "migration");
	member_is("event.reason", "permitted-exception");
	member_is("event.outcome", "success");
	member_is("rule.id", NULL);
	result.permitted = false;
	result.reason = REASON_EXCEPTION_EXPIRED;
	record.in_kernel = true;
	record.rule = "sekisho:exception-expired";
	member_is("sekisho.exception", "migration");
	member_is("event.action", "kernel-refusal");
	member_is("event.outcome", "failure");
}
END_TEST

START_TEST(ports_are_told_where_the_protocol_has_them)
{
	static const struct {
		uint8_t l4proto;
		const char *transport;
		bool ports;
	} cases[] = { { IPPROTO_TCP, "tcp", true },
		      { IPPROTO_UDP, "udp", true },
		      { IPPROTO_ICMP, "icmp", false },
		      { IPPROTO_ICMPV6, "ipv6-icmp", false },
		      { IPPROTO_SCTP, "132", true },
		      { 255, "255", false },
		      { 0, "0", false } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		key.l4proto = cases[i].l4proto;
		member_is("network.transport", cases[i].transport);
		if (cases[i].ports)
			number_is("destination.port", 443);
		else
			member_is("source.port", NULL);
	}
}
END_TEST

START_TEST(ipv6_flow_is_told_as_such)
{
	key.src.family = key.dst.family = 6;
	(void)inet_pton(AF_INET6, "2001:db8:10::11", key.src.b);
	(void)inet_pton(AF_INET6, "2001:db8:c10d::130", key.dst.b);
	member_is("source.ip", "2001:db8:10::11");
	member_is("destination.ip", "2001:db8:c10d::130");
	member_is("network.type", "ipv6");
}
END_TEST

START_TEST(events_of_the_daemon_say_what_happened)
{
	static const struct {
		enum record_kind kind;
		const char *action, *category, *type, *outcome;
	} cases[] = {
		{ RECORD_POLICY, "policy-loaded", "configuration", "change", "success" },
		{ RECORD_POLICY, "policy-refused", "configuration", "error", "failure" },
		{ RECORD_LIFE, "daemon-started", "process", "start", "success" },
		{ RECORD_LIFE, "engine-ended", "process", "end", "unknown" },
		{ RECORD_LIFE, "log-opened", "process", "info", "success" },
		{ RECORD_LIFE, "reset-failed", "process", "error", "failure" },
		{ RECORD_GAP, "log-gap", "process", "error", "failure" },
		{ RECORD_LIFE, NULL, "process", "info", "success" },
	};

	record.text = "A sentence with \"quotes\".";
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		record.kind = cases[i].kind;
		record.action = cases[i].action;
		member_is("event.action", cases[i].action);
		member_is("event.category", cases[i].category);
		member_is("event.type", cases[i].type);
		member_is("event.outcome", cases[i].outcome);
		member_is("message", record.text);
		member_is("source.ip", NULL);
	}
	record.kind = RECORD_GAP;
	record.count = UINT32_MAX;
	number_is("sekisho.count", UINT32_MAX);
}
END_TEST

START_TEST(record_with_nothing_but_its_kind_is_a_line)
{
	record = (struct record){ .kind = RECORD_LIFE };
	member_is("observer.name", NULL);
	number_is("sekisho.sequence", 0);
}
END_TEST

static void stays_as_it_is(const char *text, size_t cap)
{
	char plain[1024], escaped[1024];

	ck_assert_uint_le(strlen(text), cap);
	*put_plain(plain, text, cap) = '\0';
	*put_text(escaped, text, sizeof(escaped) - 1) = '\0';
	ck_assert_str_eq(plain, text);
	ck_assert_str_eq(escaped, text);
}

/* They are copied without a look at each byte. */
START_TEST(texts_of_the_program_itself_need_no_escaping_and_fit)
{
	size_t count;

	const struct guideline_flow *flows = guideline_flows(&count);
	for (size_t i = 0; i < count; i++) {
		stays_as_it_is(flows[i].id, 112);
		stays_as_it_is(flows[i].source, 448);
	}
	const struct guideline_forbidden *forbidden = guideline_forbiddens(&count);
	for (size_t i = 0; i < count; i++) {
		stays_as_it_is(forbidden[i].id, 112);
		stays_as_it_is(forbidden[i].source, 448);
	}
	for (unsigned int i = 0; i < ROLE_COUNT; i++)
		stays_as_it_is(guideline_role((enum role)i)->slug, 64);
	for (unsigned int i = 0; i < ZONE_COUNT; i++)
		stays_as_it_is(guideline_zone((enum zone)i)->slug, 32);
	for (unsigned int i = 0; i < REASON_COUNT; i++)
		stays_as_it_is(reason_info((enum reason)i)->slug, 64);
	for (unsigned int i = 0; i < CONFIGURATION_COUNT; i++)
		stays_as_it_is(guideline_configuration_slug((enum configuration)i), 48);
	for (unsigned int i = 0; i < APP_COUNT; i++)
		stays_as_it_is(app_slug((enum app)i), 64);
}
END_TEST

START_TEST(longest_texts_of_the_worst_bytes_still_fit)
{
	static char worst[8192];
	static char longest[8192];
	struct guideline_flow flow = { .id = longest, .source = longest };
	struct policy_exception exception = { .name = worst };

	memset(worst, '\x01', sizeof(worst) - 1);
	memset(longest, 'x', sizeof(longest) - 1);
	service.name = worst;
	memset(&key.src.b, 0xff, 16);
	memset(&key.dst.b, 0xff, 16);
	key.src.family = key.dst.family = 6;
	key.sport = key.dport = UINT16_MAX;
	record.sequence = INT64_MAX;
	record.policy_hash = record.appliance = record.organisation = worst;
	record.name = record.in_interface = record.out_interface = record.rule = worst;
	record.action = record.text = worst;
	record.count = INT64_MAX;
	result.flow = &flow;
	result.pattern = worst;
	result.exception = &exception;
	for (unsigned int kind = 0; kind < RECORD_KIND_COUNT; kind++) {
		record.kind = (enum record_kind)kind;
		for (unsigned int role = 0; role < ROLE_COUNT; role++) {
			result.from_role = result.to_role = (enum role)role;
			json_decref(format_and_parse());
		}
	}
	service.name = (char[]){ "m365-files" };
}
END_TEST

START_TEST(name_with_hostile_bytes_cannot_forge_a_member)
{
	static const char sequence[] = "\"sekisho.sequence\":";

	record.name = "a\",\"sekisho.sequence\":999,\"x\":\"\n{";
	member_is("destination.domain", record.name);
	number_is("sekisho.sequence", 7);
	ck_assert_ptr_null(memmem(line + 60, sizeof(line) - 60, sequence, strlen(sequence)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *tcase = tcase_create("record");

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, permitted_tenant_access_is_this_line);
	tcase_add_test(tcase, permitting_flow_is_named_with_its_configuration_and_page);
	tcase_add_test(tcase, every_reason_has_its_slug_in_the_line);
	tcase_add_test(tcase, every_role_and_zone_has_its_slug_in_the_line);
	tcase_add_test(tcase, what_a_hello_offers_is_told);
	tcase_add_test(tcase, refusal_is_denied_and_a_failure);
	tcase_add_test(tcase, action_tells_what_was_decided_and_where);
	tcase_add_test(tcase, forbidden_flow_is_the_rule_of_its_refusal);
	tcase_add_test(tcase, default_refusal_names_no_rule_though_a_flow_was_near);
	tcase_add_test(tcase, refusal_that_the_guideline_wants_names_the_forbidden_flow);
	tcase_add_test(tcase, exception_is_named_in_place_of_a_rule);
	tcase_add_test(tcase, ports_are_told_where_the_protocol_has_them);
	tcase_add_test(tcase, ipv6_flow_is_told_as_such);
	tcase_add_test(tcase, events_of_the_daemon_say_what_happened);
	tcase_add_test(tcase, record_with_nothing_but_its_kind_is_a_line);
	tcase_add_test(tcase, texts_of_the_program_itself_need_no_escaping_and_fit);
	tcase_add_test(tcase, longest_texts_of_the_worst_bytes_still_fit);
	tcase_add_test(tcase, name_with_hostile_bytes_cannot_forge_a_member);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
