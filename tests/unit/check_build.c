/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/build.h: keys are laid out as the kernel wants them, and errors stick. */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ruleset/build.h"

START_TEST(keys_are_laid_out_field_by_field_at_multiples_of_four)
{
	static const uint8_t first[] = { 10, 0, 0, 0, 'w', 'a', 'n', '0', 0, 0, 0, 0, 0,
					 0,  0, 0, 0, 0,   0,   0,   6,   0, 0, 0, 1, 187 };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build build;
	struct addr_range range;

	ck_assert_int_eq(addr_range_parse("10.0.0.0/8", &range), 0);
	build_start(&build);
	build_set(&build, "a", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_SADDR4, FIELD_OIFNAME, FIELD_L4PROTO, FIELD_DPORT));
	build_element(&build);
	build_put_range(&build, &range);
	build_put_interface(&build, "wan0");
	build_put_protocol(&build, IPPROTO_TCP);
	build_put_number(&build, 443, 444);
	ck_assert_int_eq(build_finish(&build, &ruleset), 0);
	ck_assert_mem_eq(ruleset->sets[0].elements[0].first, first, sizeof(first));
	ck_assert_uint_eq(ruleset->sets[0].elements[0].last[1], 255);
	ck_assert_uint_eq(ruleset->sets[0].elements[0].last[25], 188);
}
END_TEST

START_TEST(elements_come_out_sorted)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build build;

	build_start(&build);
	build_set(&build, "a", BUILD_EXACT, BUILD_FIELDS(FIELD_DPORT));
	for (uint32_t port = 500; port > 0; port--) {
		build_element(&build);
		build_put_number(&build, port, port);
	}
	ck_assert_int_eq(build_finish(&build, &ruleset), 0);
	ck_assert_uint_eq(ruleset->sets[0].element_count, 500);
	for (size_t i = 1; i < 500; i++)
		ck_assert_int_lt(memcmp(ruleset->sets[0].elements[i - 1].first,
					ruleset->sets[0].elements[i].first, 2),
				 0);
}
END_TEST

START_TEST(a_name_that_does_not_fit_is_an_error_that_sticks)
{
	struct ruleset untouched, *ruleset = &untouched;
	char out[RULESET_NAME_MAX], name[RULESET_NAME_MAX];
	struct build build;

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	build_start(&build);
	build_name(&build, out, "%s", name);
	ck_assert_int_eq(build.error, 0);
	build_name(&build, out, "%s%s", name, "x");
	ck_assert_int_eq(build.error, -E2BIG);
	build_fail(&build, -ENOMEM);
	build_chain(&build, "later");
	build_rule(&build, NULL);
	build_accept(&build);
	build_set(&build, "later", BUILD_EXACT, BUILD_FIELDS(FIELD_DPORT));
	build_element(&build);
	build_put_number(&build, 1, 1);
	ck_assert_int_eq(build_finish(&build, &ruleset), -E2BIG);
	ck_assert_ptr_eq(ruleset, &untouched);
}
END_TEST

START_TEST(an_interface_name_that_does_not_fit_is_an_error)
{
	struct ruleset *ruleset = NULL;
	struct build build;

	build_start(&build);
	build_set(&build, "a", BUILD_EXACT, BUILD_FIELDS(FIELD_IIFNAME));
	build_element(&build);
	build_put_interface(&build, "sixteen-letters0");
	ck_assert_int_eq(build_finish(&build, &ruleset), -E2BIG);
	ck_assert_ptr_null(ruleset);
}
END_TEST

START_TEST(a_rule_with_too_many_statements_is_an_error)
{
	struct ruleset *ruleset = NULL;
	struct build build;

	build_start(&build);
	build_chain(&build, "a");
	build_rule(&build, NULL);
	for (int i = 0; i < RULESET_STATEMENTS_MAX; i++)
		build_act(&build, ACT_COUNTER);
	ck_assert_int_eq(build.error, 0);
	build_act(&build, ACT_COUNTER);
	ck_assert_int_eq(build_finish(&build, &ruleset), -E2BIG);
}
END_TEST

START_TEST(text_that_nft_would_not_take_as_it_is_is_replaced)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	struct build build;

	build_start(&build);
	build_chain(&build, "a");
	build_rule(&build, "say \"a\\b\n$c\" \xe4\xbf\x9d");
	build_log(&build, 7, "%s", "x\"y");
	ck_assert_int_eq(build_finish(&build, &ruleset), 0);
	ck_assert_str_eq(ruleset->chains[0].rules[0].comment, "say _a_b__c_ \xe4\xbf\x9d");
	ck_assert_str_eq(ruleset->chains[0].rules[0].statements[0].text, "x_y");
}
END_TEST

START_TEST(the_longest_management_name_fits_the_log_prefix)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	char name[64];
	struct build build;

	memset(name, 'm', sizeof(name));
	name[63] = '\0';
	build_start(&build);
	build_chain(&build, "a");
	build_rule(&build, name);
	build_log(&build, 7, "sekisho:management:%s", name);
	ck_assert_int_eq(build_finish(&build, &ruleset), 0);
	ck_assert_uint_eq(strlen(ruleset->chains[0].rules[0].statements[0].text), 19 + 63);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("build");
	TCase *tcase = tcase_create("build");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, keys_are_laid_out_field_by_field_at_multiples_of_four);
	tcase_add_test(tcase, elements_come_out_sorted);
	tcase_add_test(tcase, a_name_that_does_not_fit_is_an_error_that_sticks);
	tcase_add_test(tcase, an_interface_name_that_does_not_fit_is_an_error);
	tcase_add_test(tcase, a_rule_with_too_many_statements_is_an_error);
	tcase_add_test(tcase, text_that_nft_would_not_take_as_it_is_is_replaced);
	tcase_add_test(tcase, the_longest_management_name_fits_the_log_prefix);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
