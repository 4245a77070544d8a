/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of common/siphash.c: every bit of key and seed counts. */
#include <check.h>
#include <stdlib.h>

#include "common/siphash.h"

START_TEST(one_bit_changed_anywhere_changes_about_half_of_the_bits)
{
	const uint64_t seed[2] = { 1, 2 };
	uint64_t words[3] = { 10, 20, 30 };
	const uint64_t before = siphash_words(seed, words, 3);
	unsigned int changed = 0;

	for (unsigned int bit = 0; bit < 192; bit++) {
		words[bit / 64] ^= 1ULL << bit % 64;
		changed +=
			(unsigned int)__builtin_popcountll(before ^ siphash_words(seed, words, 3));
		words[bit / 64] ^= 1ULL << bit % 64;
	}
	ck_assert_uint_gt(changed, 192 * 28);
	ck_assert_uint_lt(changed, 192 * 36);
	ck_assert_uint_eq(siphash_words(seed, words, 3), before);
}
END_TEST

START_TEST(another_seed_gives_another_hash)
{
	const uint64_t seed[2] = { 1, 2 }, low[2] = { 3, 2 }, high[2] = { 1, 3 };
	const uint64_t words[1] = { 7 };

	ck_assert_uint_ne(siphash_words(seed, words, 1), siphash_words(low, words, 1));
	ck_assert_uint_ne(siphash_words(seed, words, 1), siphash_words(high, words, 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("siphash");
	TCase *tcase = tcase_create("siphash");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, one_bit_changed_anywhere_changes_about_half_of_the_bits);
	tcase_add_test(tcase, another_seed_gives_another_hash);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
