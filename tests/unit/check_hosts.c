/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of lint/hosts.c. */

#include <check.h>
#include <stdlib.h>

#include "lint/hosts.h"

static void has(const char *pattern, unsigned int traits)
{
	ck_assert_msg((hosts_traits(pattern) & traits) == traits, "%s: %x lacks %x", pattern,
		      hosts_traits(pattern), traits);
}

static void has_not(const char *pattern, unsigned int traits)
{
	ck_assert_msg(!(hosts_traits(pattern) & traits), "%s: %x has %x", pattern,
		      hosts_traits(pattern), traits);
}

START_TEST(exact_name_is_known_as_itself_only)
{
	has("graph.microsoft.com", HOSTS_SHARED);
	ck_assert_uint_eq(hosts_traits("other.graph.microsoft.com"), 0);
	ck_assert_uint_eq(hosts_traits("xgraph.microsoft.com"), 0);
}
END_TEST

START_TEST(tenant_is_a_name_below_the_domain_of_tenants)
{
	has("reiji-city.sharepoint.com", HOSTS_TENANTS | HOSTS_FILES);
	has_not("sharepoint.com", HOSTS_TENANTS);
	has_not("notsharepoint.com", HOSTS_TENANTS);
	has_not("sharepoint.com.example.net", HOSTS_TENANTS);
}
END_TEST

START_TEST(wildcard_has_the_traits_of_all_that_it_may_match)
{
	/* at the domain, above it and below it */
	has("*.sharepoint.com", HOSTS_TENANTS);
	has("*.my.sharepoint.com", HOSTS_TENANTS);
	has("*.microsoft.com", HOSTS_PROVIDER | HOSTS_SHARED | HOSTS_MEETING | HOSTS_REVOCATION);
	has("*.live.com", HOSTS_PERSONAL | HOSTS_PROVIDER);
	has("*.windows.net", HOSTS_RENTED | HOSTS_PROVIDER);
	/* a wildcard never matches its own suffix */
	has_not("*.graph.microsoft.com", HOSTS_SHARED);
}
END_TEST

START_TEST(name_in_a_providers_domain_is_no_whole_domain)
{
	has_not("definitionupdates.microsoft.com", HOSTS_PROVIDER);
	has_not("*.wdcp.microsoft.com", HOSTS_PROVIDER);
	has("*.google.com", HOSTS_PROVIDER | HOSTS_MAIL | HOSTS_FILES);
}
END_TEST

START_TEST(revocation_hosts_and_rented_names_are_told_apart)
{
	has("crl.microsoft.com", HOSTS_REVOCATION);
	has_not("crl.microsoft.com", HOSTS_SHARED | HOSTS_FILES);
	has("*.azureedge.net", HOSTS_RENTED);
	has("abc.blob.core.windows.net", HOSTS_RENTED | HOSTS_FILES);
}
END_TEST

START_TEST(unknown_names_have_no_traits)
{
	ck_assert_uint_eq(hosts_traits("files.example.net"), 0);
	ck_assert_uint_eq(hosts_traits("*.example.net"), 0);
	ck_assert_uint_eq(hosts_traits(""), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("hosts");
	TCase *tcase = tcase_create("hosts");

	tcase_add_test(tcase, exact_name_is_known_as_itself_only);
	tcase_add_test(tcase, tenant_is_a_name_below_the_domain_of_tenants);
	tcase_add_test(tcase, wildcard_has_the_traits_of_all_that_it_may_match);
	tcase_add_test(tcase, name_in_a_providers_domain_is_no_whole_domain);
	tcase_add_test(tcase, revocation_hosts_and_rented_names_are_told_apart);
	tcase_add_test(tcase, unknown_names_have_no_traits);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
