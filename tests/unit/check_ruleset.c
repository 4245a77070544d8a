/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ruleset/ruleset.h: sizes of fields, look-ups, release. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "ruleset/ruleset.h"

START_TEST(every_field_has_a_size_and_room_for_it)
{
	for (int i = 0; i < FIELD_COUNT; i++) {
		size_t size = ruleset_field_size((enum ruleset_field)i);
		size_t room = ruleset_field_room((enum ruleset_field)i);

		ck_assert_uint_gt(size, 0);
		ck_assert_uint_ge(room, size);
		ck_assert_uint_lt(room - size, 4);
		ck_assert_uint_eq(room % 4, 0);
	}
}
END_TEST

START_TEST(the_widest_key_fits_an_element)
{
	size_t widest = 0;

	for (int i = 0; i < FIELD_COUNT; i++)
		if (ruleset_field_room((enum ruleset_field)i) > widest)
			widest = ruleset_field_room((enum ruleset_field)i);
	ck_assert_uint_le(widest * RULESET_KEY_FIELDS_MAX, RULESET_KEY_BYTES_MAX);
}
END_TEST

START_TEST(a_key_is_as_wide_as_the_room_of_its_fields)
{
	struct ruleset_set set = { .key = { FIELD_SADDR4, FIELD_L4PROTO, FIELD_DPORT },
				   .key_fields = 3 };

	ck_assert_uint_eq(ruleset_key_room(&set), 12);
	set.key[3] = FIELD_OIFNAME;
	set.key_fields = 4;
	ck_assert_uint_eq(ruleset_key_room(&set), 28);
}
END_TEST

START_TEST(chains_and_sets_are_found_by_their_whole_name)
{
	struct ruleset_set sets[] = { { .name = "role" }, { .name = "role4" } };
	struct ruleset_chain chains[] = { { .name = "cut" }, { .name = "refuse" } };
	struct ruleset ruleset = {
		.sets = sets, .set_count = 2, .chains = chains, .chain_count = 2
	};

	ck_assert_ptr_eq(ruleset_set(&ruleset, "role4"), &sets[1]);
	ck_assert_ptr_eq(ruleset_set(&ruleset, "role"), &sets[0]);
	ck_assert_ptr_null(ruleset_set(&ruleset, "role6"));
	ck_assert_ptr_eq(ruleset_chain(&ruleset, "refuse"), &chains[1]);
	ck_assert_ptr_null(ruleset_chain(&ruleset, "ref"));
}
END_TEST

START_TEST(nothing_may_be_released_and_the_pointer_is_emptied)
{
	struct ruleset *ruleset = calloc(1, sizeof(*ruleset));

	ruleset_free(NULL);
	ck_assert_ptr_nonnull(ruleset);
	ruleset_freep(&ruleset);
	ck_assert_ptr_null(ruleset);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ruleset");
	TCase *tcase = tcase_create("ruleset");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, every_field_has_a_size_and_room_for_it);
	tcase_add_test(tcase, the_widest_key_fits_an_element);
	tcase_add_test(tcase, a_key_is_as_wide_as_the_room_of_its_fields);
	tcase_add_test(tcase, chains_and_sets_are_found_by_their_whole_name);
	tcase_add_test(tcase, nothing_may_be_released_and_the_pointer_is_emptied);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
