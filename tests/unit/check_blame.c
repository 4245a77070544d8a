/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of policy/blame.h, at the sites of the golden rulesets. */
#include "policy/blame.h"

#include <check.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "policy/decide.h"

static struct policy *policy_of(const char *name)
{
	const char *top = getenv("SRCDIR");
	struct errors errors = { 0 };
	struct policy *policy = NULL;
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/tests/golden/ruleset/%s.conf", top ? top : ".",
		       name);
	if (policy_read(path, &policy, &errors))
		errors_print(&errors, stderr);
	errors_clear(&errors);
	ck_assert_ptr_nonnull(policy);
	return policy;
}

struct blame_case {
	const char *from, *to;
	uint16_t dport;
	const char *forbidden; /* NULL: merely not permitted */
};

static void check_cases(const char *site, const struct blame_case *cases, size_t count)
{
	auto_(policy_freep) struct policy *policy = policy_of(site);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_forbidden *found;
		struct flow_key key = { .dport = cases[i].dport, .l4proto = IPPROTO_TCP };

		ck_assert_int_eq(addr_parse(cases[i].from, &key.src), 0);
		ck_assert_int_eq(addr_parse(cases[i].to, &key.dst), 0);
		ck_assert_int_eq(decide_treatment(policy, &key), APP_COUNT);
		found = blame_flow(policy, &key);
		ck_assert_msg(!found == !cases[i].forbidden &&
				      (!found || !strcmp(found->id, cases[i].forbidden)),
			      "%s > %s:%u: %s", cases[i].from, cases[i].to, cases[i].dport,
			      found ? found->id : "not permitted");
	}
}

START_TEST(refused_flows_of_routes_with_screen_transfer_have_their_names)
{
	static const struct blame_case cases[] = {
		{ "192.168.30.130", "172.16.10.33", 22, "internet-to-mynumber" },
		{ "192.168.30.1", "10.200.0.1", 1521, "internet-to-mynumber" },
		{ "93.184.216.34", "172.16.10.33", 22443, "internet-to-mynumber" },
		{ "192.168.30.130", "192.168.10.192", 1521, "internet-to-lgwan" },
		{ "192.168.30.244", "192.168.10.245", 22, NULL }, /* relay to sanitiser */
		{ "192.168.30.244", "192.168.10.246", 8022, "internet-to-lgwan" },
		{ "192.168.10.5", "192.168.30.130", 445, "lgwan-to-internet-data" },
		{ "192.168.10.244", "192.168.30.244", 22, NULL }, /* relay to relay */
		{ "192.168.10.244", "192.168.30.130", 8022, "lgwan-to-internet-data" },
		{ "172.16.10.33", "192.168.10.5", 445, "mynumber-vdi-elsewhere" },
		{ "172.16.10.33", "172.16.10.10", 22, NULL },   /* its system, another port */
		{ "172.16.10.33", "172.16.10.120", 515, NULL }, /* its printer */
		{ "172.16.10.33", "172.16.10.121", 9100, "mynumber-vdi-elsewhere" },
		{ "172.16.10.33", "93.184.216.34", 443, "mynumber-to-external" },
		{ "192.168.10.33", "172.16.10.10", 1521, "lgwan-vdi-elsewhere" },
		{ "192.168.10.5", "172.16.10.33", 22443, "desktop-from-other-source" },
		{ "192.168.99.9", "172.16.10.72", 23, NULL },
		{ "192.168.99.9", "93.184.216.34", 443, "maintenance-to-internet" },
	};

	check_cases("separation", cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(refused_flows_of_a_declared_union_have_their_names)
{
	static const struct blame_case cases[] = {
		{ "192.168.10.11", "93.184.216.34", 443, "lgwan-to-unpermitted-external" },
		{ "192.168.10.11", "198.51.100.130", 22, NULL }, /* its cloud, another port */
		{ "192.168.10.11", "198.51.100.10", 22, "desktop-from-other-source" },
		{ "192.168.10.11", "203.0.113.10", 22, NULL },
		{ "198.51.100.40", "192.168.10.11", 443, "internet-desktop-elsewhere" },
		{ "198.51.100.10", "192.168.10.11", 443, "mynumber-desktop-elsewhere" },
		{ "203.0.113.10", "192.168.10.11", 443, NULL },
	};

	check_cases("city", cases, ARRAY_SIZE(cases));
}
END_TEST

START_TEST(every_pair_of_zones_that_is_shut_is_named_whatever_is_in_use)
{
	auto_(policy_freep) struct policy *policy = policy_of("city");
	struct flow_key key = { .dport = 1, .l4proto = IPPROTO_TCP };

	policy->configurations = 0;
	ck_assert_int_eq(addr_parse("192.168.30.1", &key.src), 0);
	ck_assert_int_eq(addr_parse("172.16.10.10", &key.dst), 0);
	ck_assert_str_eq(blame_flow(policy, &key)->id, "internet-to-mynumber");
	ck_assert_int_eq(addr_parse("192.168.10.1", &key.src), 0);
	ck_assert_ptr_null(blame_flow(policy, &key));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("blame");
	TCase *tcase = tcase_create("blame");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, refused_flows_of_routes_with_screen_transfer_have_their_names);
	tcase_add_test(tcase, refused_flows_of_a_declared_union_have_their_names);
	tcase_add_test(tcase, every_pair_of_zones_that_is_shut_is_named_whatever_is_in_use);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
