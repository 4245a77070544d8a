/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a flow of a capture. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/capture_flows.h"
#include "ctl/capture_view.h"
#include "packets.h"
#include "policy/policy.h"

static struct policy *policy;
static struct capture_flow flow;
static json_t *object;

static void begin(void)
{
	flow = (struct capture_flow){ .key = packets_key(4, IPPROTO_TCP, 50000),
				      .begin_us = 1700000000000001,
				      .packets = 3,
				      .looked_at = true };
}

static void read_city(void)
{
	struct errors errors = { 0 };
	const char *top = getenv("SRCDIR");
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/ruleset/city.conf", top ? top : ".");
	ck_assert_int_eq(policy_read(path, &policy, &errors), 0);
	errors_clear(&errors);
}

static void name(enum app app, const char *text)
{
	flow.named = true;
	flow.app = app;
	flow.name_len = (uint8_t)strlen(text);
	memcpy(flow.name, text, strlen(text) + 1);
}

static void refuse(enum reason reason)
{
	flow.refused = true;
	flow.reason = reason;
}

static void view(const struct policy *by)
{
	json_decref(object);
	object = capture_view_json(&flow, by, "some.pcap");
	ck_assert_ptr_nonnull(object);
}

static const char *text(const char *member)
{
	const char *value = json_string_value(json_object_get(object, member));

	return value == NULL ? "null" : value;
}

#define expect(want_outcome, want_reason)                                                          \
	do {                                                                                       \
		ck_assert_str_eq(text("outcome"), want_outcome);                                   \
		ck_assert_str_eq(text("reason"), want_reason);                                     \
	} while (0)

START_TEST(every_member_is_there)
{
	begin();
	name(APP_TLS, "files.example");
	(void)strcpy(flow.alpn, "h2,http/1.1");
	flow.has_ech = true;
	view(NULL);
	ck_assert_str_eq(text("@timestamp"), "2023-11-14T22:13:20.000001Z");
	ck_assert_str_eq(text("source.ip"), "192.168.10.11");
	ck_assert_int_eq(json_integer_value(json_object_get(object, "source.port")), 50000);
	ck_assert_str_eq(text("destination.ip"), "198.51.100.130");
	ck_assert_int_eq(json_integer_value(json_object_get(object, "destination.port")), 443);
	ck_assert_str_eq(text("network.transport"), "tcp");
	ck_assert_str_eq(text("network.protocol"), "tls");
	ck_assert_str_eq(text("name"), "files.example");
	ck_assert_int_eq(json_integer_value(json_object_get(object, "packets")), 3);
	ck_assert_str_eq(text("sekisho.capture"), "some.pcap");
	ck_assert_str_eq(text("sekisho.tls.alpn"), "h2,http/1.1");
	ck_assert(json_is_true(json_object_get(object, "sekisho.tls.ech")));
	expect("allow", "name-read");
}
END_TEST

START_TEST(what_is_not_known_is_null)
{
	begin();
	flow.key = packets_key(4, IPPROTO_GRE, 0);
	flow.looked_at = false;
	view(NULL);
	ck_assert(json_is_null(json_object_get(object, "source.port")));
	ck_assert(json_is_null(json_object_get(object, "name")));
	ck_assert_ptr_null(json_object_get(object, "sekisho.tls.ech"));
	ck_assert_str_eq(text("network.transport"), "47");
	ck_assert_str_eq(text("network.protocol"), "unknown");
	expect("undecided", "not-inspected");
}
END_TEST

START_TEST(without_a_policy_the_bytes_alone_decide)
{
	begin();
	view(NULL);
	expect("undecided", "incomplete");
	flow.unplaced = true;
	view(NULL);
	expect("undecided", "midstream");
	name(APP_HTTP, "files.example");
	flow.midstream = true;
	view(NULL);
	expect("undecided", "midstream");
	refuse(REASON_OVERLAP_CONFLICT);
	view(NULL);
	expect("deny", "overlap-conflict");
	begin();
	flow.bad = true;
	view(NULL);
	expect("deny", "bad-packet");
}
END_TEST

START_TEST(a_name_that_is_no_text_is_escaped)
{
	begin();
	flow.name_len = 5;
	memcpy(flow.name, "a\0\xff\\\"", 5);
	view(NULL);
	ck_assert_str_eq(text("name"), "a\\x00\\xff\\\\\"");
}
END_TEST

START_TEST(times_that_no_calendar_has_are_null)
{
	begin();
	flow.begin_us = UINT64_MAX;
	view(NULL);
	ck_assert_ptr_nonnull(json_object_get(object, "@timestamp"));
}
END_TEST

START_TEST(with_a_policy_its_decision_counts)
{
	read_city();
	begin();
	name(APP_TLS, "reiji-city.sharepoint.com");
	flow.midstream = true;
	view(policy);
	expect("allow", "permitted-name");
	ck_assert_str_ne(text("sekisho.service"), "null");
	ck_assert_str_ne(text("rule.id"), "null");
	name(APP_TLS, "other-city.sharepoint.com");
	view(policy);
	expect("deny", "foreign-tenant");
	refuse(REASON_NAME_CHANGED);
	view(policy);
	expect("deny", "name-changed");
	begin();
	view(policy);
	expect("undecided", "incomplete");
	flow.key.dport = 22;
	name(APP_TLS, "reiji-city.sharepoint.com");
	view(policy);
	expect("deny", "not-permitted");
	policy_free(policy);
}
END_TEST

START_TEST(what_the_guideline_forbids_is_named)
{
	read_city();
	begin();
	ck_assert_int_eq(addr_parse("192.168.30.11", &flow.key.src), 0);
	ck_assert_int_eq(addr_parse("172.16.10.10", &flow.key.dst), 0);
	view(policy);
	expect("deny", "forbidden");
	ck_assert_str_eq(text("rule.id"), "internet-to-mynumber");
	policy_free(policy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capture_view");
	TCase *tc = tcase_create("capture_view");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_member_is_there);
	tcase_add_test(tc, what_is_not_known_is_null);
	tcase_add_test(tc, without_a_policy_the_bytes_alone_decide);
	tcase_add_test(tc, a_name_that_is_no_text_is_escaped);
	tcase_add_test(tc, times_that_no_calendar_has_are_null);
	tcase_add_test(tc, with_a_policy_its_decision_counts);
	tcase_add_test(tc, what_the_guideline_forbids_is_named);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
