/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the copy of a ruleset under other set names. */
#include "kernel/renamed.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/sample_ruleset.h"

static size_t count_ending(const struct ruleset *ruleset, const char *end)
{
	size_t count = 0;

	for (size_t i = 0; i < ruleset->set_count; i++) {
		const char *name = ruleset->sets[i].name;
		const size_t len = strlen(name), tail = strlen(end);

		count += len > tail && strcmp(name + len - tail, end) == 0;
	}
	return count;
}

START_TEST(every_set_and_every_mention_has_the_longer_name)
{
	struct ruleset *original = NULL, *copy = NULL;

	ck_assert_int_eq(sample_ruleset_make(&original), 0);
	ck_assert_int_eq(renamed_copy(original, &copy), 0);
	ck_assert_uint_eq(count_ending(copy, RENAMED_SUFFIX), original->set_count);
	ck_assert_uint_eq(count_ending(original, RENAMED_SUFFIX), 0);
	for (size_t c = 0; c < copy->chain_count; c++)
		for (size_t r = 0; r < copy->chains[c].rule_count; r++)
			for (size_t s = 0; s < copy->chains[c].rules[r].count; s++) {
				const struct ruleset_statement *st =
					&copy->chains[c].rules[r].statements[s];

				if (st->kind == MATCH_SET || st->kind == ACT_VERDICT_MAP ||
				    st->kind == ACT_CT_MARK_MAP)
					ck_assert_msg(ruleset_set(copy, st->text) != NULL, "%s",
						      st->text);
			}
	renamed_freep(&copy);
	ruleset_freep(&original);
}
END_TEST

START_TEST(a_name_without_room_for_more_is_refused)
{
	struct ruleset *original = NULL, *copy = NULL;

	ck_assert_int_eq(sample_ruleset_make(&original), 0);
	memset(original->sets[0].name, 'x', RULESET_NAME_MAX - 2);
	original->sets[0].name[RULESET_NAME_MAX - 2] = '\0';
	ck_assert_int_eq(renamed_copy(original, &copy), -ENAMETOOLONG);
	ck_assert_ptr_null(copy);
	ruleset_freep(&original);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("renamed");
	TCase *tc = tcase_create("copies");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, every_set_and_every_mention_has_the_longer_name);
	tcase_add_test(tc, a_name_without_room_for_more_is_refused);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
