/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of what a policy says beyond the site: exceptions, attestations, implied flows, and which
 * configurations go together. Sentences for mistakes are in tests/golden/policy. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/defs.h"
#include "policy/read.h"

static char path[32]; /* of the policy of one test */
static struct policy *policy;
static struct errors errors;

static void set_up(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/check_read.XXXXXX");
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void tear_down(void)
{
	policy_freep(&policy);
	errors_clear(&errors);
	ck_assert_int_eq(unlink(path), 0);
}

static const char *in_source(const char *name)
{
	static char full[4096];
	const char *top = getenv("SRCDIR");

	snprintf(full, sizeof(full), "%s/%s", top ? top : ".", name);
	return full;
}

/* Adds what stands in extra to the good policy and reads it; the result of policy_read(). */
static int read_with(const char *extra)
{
	auto_(free_charp) char *good = NULL;
	size_t length;
	FILE *f;

	ck_assert_int_eq(read_load(in_source("tests/golden/policy/good.conf"), READ_POLICY_MAX,
				   &good, &length),
			 0);
	f = fopen(path, "w");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_gt(fprintf(f, "%s%s\n", good, extra), 0);
	ck_assert_int_eq(fclose(f), 0);
	policy_freep(&policy);
	errors_clear(&errors);
	return policy_read(path, &policy, &errors);
}

/* With an exception that expires at that moment, written with that offset from UTC. */
static int read_expiring(time_t moment, int offset_s, const char *offset)
{
	time_t shown = moment + offset_s;
	char text[512], when[32];
	struct tm tm;

	ck_assert_ptr_nonnull(gmtime_r(&shown, &tm));
	ck_assert_uint_gt(strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &tm), 0);
	snprintf(text, sizeof(text),
		 "exceptions = ( { from = \"192.168.10.200\"; to = [ \"198.51.100.250\" ];"
		 " ports = [ \"tcp/8443 tls\", \"udp/500\" ]; names = [ \"A.example.net\" ];"
		 " reason = \"移行\"; approved_by = \"CISO\"; expires = \"%s%s\"; } );",
		 when, offset);
	return read_with(text);
}

START_TEST(an_exception_is_read_as_it_is_written)
{
	time_t moment = time(NULL) + 86400;
	const struct policy_exception *e;

	ck_assert_int_eq(read_expiring(moment, 9 * 3600, "+09:00"), 0);
	ck_assert_uint_eq(policy->exception_count, 1);
	e = &policy->exceptions[0];
	ck_assert_str_eq(e->name, "exception-1");
	ck_assert_int_eq(e->expires_s, moment);
	ck_assert_uint_eq(e->from.count, 1);
	ck_assert_uint_eq(e->to.count, 1);
	ck_assert_uint_eq(e->ports.count, 2);
	ck_assert_int_eq(e->ports.at[0].app, APP_TLS);
	ck_assert_uint_eq(e->names.count, 1);
	ck_assert_str_eq(e->names.at[0], "a.example.net");
	ck_assert_str_eq(e->reason, "移行");
	ck_assert_str_eq(e->approved_by, "CISO");
	ck_assert_int_gt(e->line, 0);
}
END_TEST

START_TEST(moments_are_the_same_whatever_their_offset)
{
	time_t moment = time(NULL) + 86400;

	ck_assert_int_eq(read_expiring(moment, 0, "Z"), 0);
	ck_assert_int_eq(policy->exceptions[0].expires_s, moment);
	ck_assert_int_eq(read_expiring(moment, -(3 * 3600 + 1800), "-03:30"), 0);
	ck_assert_int_eq(policy->exceptions[0].expires_s, moment);
}
END_TEST

START_TEST(an_exception_ends_ahead_and_within_a_year)
{
	time_t now = time(NULL);

	ck_assert_int_eq(read_expiring(now - 1, 0, "Z"), -EINVAL);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_ptr_nonnull(strstr(errors.at[0].text, "expired"));
	ck_assert_int_eq(read_expiring(now + 365 * 86400, 0, "Z"), 0);
	ck_assert_int_eq(read_expiring(now + 367 * 86400, 0, "Z"), -EINVAL);
	ck_assert_ptr_nonnull(strstr(errors.at[0].text, "year"));
	ck_assert_ptr_null(policy);
}
END_TEST

START_TEST(attestations_are_read_as_they_are_written)
{
	ck_assert_int_eq(read_with("attestations = ("
				   " { control = \"own/daas-mfa\"; by = \"情報政策課\";"
				   "   on = \"2025-10-01\"; statement = \"annex 3\"; },"
				   " { control = \"case-i-no-download\"; by = \"x\";"
				   "   on = \"2025-10-01\"; statement = \"y\"; } );"),
			 0);
	ck_assert_uint_eq(policy->attestation_count, 2);
	ck_assert_str_eq(policy->attestations[0].control, "own/daas-mfa");
	ck_assert_str_eq(policy->attestations[0].by, "情報政策課");
	ck_assert_str_eq(policy->attestations[0].on, "2025-10-01");
	ck_assert_str_eq(policy->attestations[0].statement, "annex 3");
	ck_assert_str_eq(policy->attestations[1].control, "case-i-no-download");
}
END_TEST

START_TEST(implied_flows_and_mac_addresses_are_read_from_the_examples)
{
	static const uint8_t mac[6] = { 0x02, 0x00, 0x00, 0x00, 0x10, 0xf4 };
	const struct policy_endpoint *relay;
	size_t taken = 0;

	ck_assert_int_eq(policy_read(in_source("conf/examples/route-8.conf"), &policy, &errors), 0);
	for (size_t i = 0; i < GUIDELINE_FLOWS_MAX; i++)
		taken += policy->implied_flows[i];
	ck_assert_uint_eq(taken, 3);
	ck_assert(policy->implied_flows[guideline_flow_of(
		"route-8:lgwan-vpn-gateway>lgwan-business-server")]);
	relay = &policy->endpoints[ROLE_LGWAN_RELAY_SERVER];
	ck_assert_uint_eq(relay->macs.count, 1);
	ck_assert_mem_eq(relay->macs.at[0], mac, sizeof(mac));
	policy_freep(&policy);
	ck_assert_int_eq(policy_read(in_source("conf/examples/route-1.conf"), &policy, &errors), 0);
	ck_assert_str_eq(policy->endpoints[ROLE_MYNUMBER_DAAS].ismap.number, "C00-0000-0");
	ck_assert(!policy->destination_union);
}
END_TEST

/* The mistakes that a policy with these configurations alone gets for their combination. */
static void combine(uint32_t configurations)
{
	struct policy pair = { .configurations = configurations };
	struct reader r = { .errors = &errors, .policy = &pair };

	errors_clear(&errors);
	read_combine_check(&r);
}

static bool names_both(const char *text, enum configuration a, enum configuration b)
{
	return strstr(text, guideline_configuration_label_ja(a)) &&
	       strstr(text, guideline_configuration_label_ja(b));
}

START_TEST(a_pair_of_configurations_goes_together_or_is_told_once)
{
	unsigned int together = 0;

	for (unsigned int a = 0; a < CONFIGURATION_COUNT; a++) {
		for (unsigned int b = 0; b < a; b++) {
			combine(CONFIGURATION_BIT(a) | CONFIGURATION_BIT(b));
			together += !errors.count;
			ck_assert_uint_le(errors.count, 1);
			ck_assert(!errors.count ||
				  names_both(errors.at[0].text, (enum configuration)a,
					     (enum configuration)b));
		}
	}
	ck_assert_uint_eq(together, 65);
}
END_TEST

START_TEST(a_route_goes_with_common_measures_and_with_a_case_by_the_breakout_line)
{
	static const enum configuration routes[] = {
		CONFIGURATION_ROUTE_1,  CONFIGURATION_ROUTE_2,  CONFIGURATION_ROUTE_3P,
		CONFIGURATION_ROUTE_4P, CONFIGURATION_ROUTE_5,  CONFIGURATION_ROUTE_6,
		CONFIGURATION_ROUTE_7,  CONFIGURATION_ROUTE_8,  CONFIGURATION_ROUTE_1P,
		CONFIGURATION_ROUTE_2P, CONFIGURATION_ROUTE_5P, CONFIGURATION_ROUTE_7P,
	};

	for (size_t i = 0; i < ARRAY_SIZE(routes); i++) {
		combine(CONFIGURATION_BIT(routes[i]) | CONFIGURATION_BIT(CONFIGURATION_COMMON) |
			CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_I));
		ck_assert_uint_eq(errors.count, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("read_exception");
	TCase *tc = tcase_create("read_exception");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, an_exception_is_read_as_it_is_written);
	tcase_add_test(tc, moments_are_the_same_whatever_their_offset);
	tcase_add_test(tc, an_exception_ends_ahead_and_within_a_year);
	tcase_add_test(tc, attestations_are_read_as_they_are_written);
	tcase_add_test(tc, implied_flows_and_mac_addresses_are_read_from_the_examples);
	tcase_add_test(tc, a_pair_of_configurations_goes_together_or_is_told_once);
	tcase_add_test(tc, a_route_goes_with_common_measures_and_with_a_case_by_the_breakout_line);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
