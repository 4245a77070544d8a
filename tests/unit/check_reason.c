/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the words for reasons. */
#include "common/reason.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

START_TEST(every_reason_has_a_slug_of_its_own_that_leads_back_to_it)
{
	for (unsigned int i = 0; i < REASON_COUNT; i++) {
		const struct reason_info *info = reason_info((enum reason)i);

		ck_assert_ptr_nonnull(info->slug);
		ck_assert_uint_eq(strspn(info->slug, "abcdefghijklmnopqrstuvwxyz-"),
				  strlen(info->slug));
		ck_assert_uint_eq(reason_of_slug(info->slug), i);
	}
}
END_TEST

START_TEST(every_reason_has_a_sentence)
{
	for (unsigned int i = 0; i < REASON_COUNT; i++) {
		const char *text = reason_info((enum reason)i)->text;

		ck_assert_ptr_nonnull(text);
		ck_assert_msg(text[0] >= 'A' && text[0] <= 'Z', "%s", text);
		ck_assert_msg(text[strlen(text) - 1] == '.', "%s", text);
	}
}
END_TEST

/* What records already say never changes. */
START_TEST(slugs_that_the_kernel_rules_use_are_these)
{
	static const struct {
		enum reason reason;
		const char *slug;
	} cases[] = {
		{ REASON_FORBIDDEN, "forbidden" },
		{ REASON_NOT_PERMITTED, "not-permitted" },
		{ REASON_SPOOFED, "spoofed-source" },
		{ REASON_MISROUTED, "misrouted" },
		{ REASON_INVALID_STATE, "invalid-state" },
		{ REASON_QUIC_REFUSED, "quic-refused" },
		{ REASON_INPUT_REFUSED, "input-refused" },
		{ REASON_OUTPUT_REFUSED, "output-refused" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_str_eq(reason_info(cases[i].reason)->slug, cases[i].slug);
}
END_TEST

START_TEST(an_unknown_slug_is_no_reason)
{
	ck_assert_uint_eq(reason_of_slug(""), REASON_COUNT);
	ck_assert_uint_eq(reason_of_slug("not-permitted "), REASON_COUNT);
	ck_assert_uint_eq(reason_of_slug("NOT-PERMITTED"), REASON_COUNT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reason");
	TCase *tc = tcase_create("reason");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, every_reason_has_a_slug_of_its_own_that_leads_back_to_it);
	tcase_add_test(tc, every_reason_has_a_sentence);
	tcase_add_test(tc, slugs_that_the_kernel_rules_use_are_these);
	tcase_add_test(tc, an_unknown_slug_is_no_reason);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
