/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hash that nobody can aim at. */
#include <check.h>
#include <stdlib.h>

#include "inspect/keyed_hash.h"

static const uint64_t seed[2] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };

START_TEST(the_same_words_and_seed_give_the_same_value)
{
	const uint64_t words[2] = { 1, 2 };

	ck_assert_uint_eq(keyed_hash(seed, words, 2), keyed_hash(seed, words, 2));
	ck_assert_uint_ne(keyed_hash(seed, words, 2), keyed_hash(seed, words, 1));
}
END_TEST

START_TEST(each_bit_of_words_and_seed_turns_about_half_of_the_value)
{
	uint64_t words[3] = { 0 }, key[2] = { seed[0], seed[1] };
	const uint64_t plain = keyed_hash(key, words, 3);
	uint64_t *const places[5] = { &words[0], &words[1], &words[2], &key[0], &key[1] };
	int turned = 0;

	for (size_t p = 0; p < 5; p++) {
		for (int bit = 0; bit < 64; bit++) {
			*places[p] ^= 1ULL << bit;
			turned += __builtin_popcountll(plain ^ keyed_hash(key, words, 3));
			ck_assert_int_ge(__builtin_popcountll(plain ^ keyed_hash(key, words, 3)),
					 10);
			*places[p] ^= 1ULL << bit;
		}
	}
	ck_assert_int_gt(turned, 320 * 31);
	ck_assert_int_lt(turned, 320 * 33);
}
END_TEST

START_TEST(words_in_a_row_are_spread_over_few_buckets_evenly)
{
	unsigned int buckets[256] = { 0 };

	for (uint64_t i = 0; i < 65536; i++)
		buckets[keyed_hash(seed, &i, 1) & 255]++;
	for (size_t i = 0; i < 256; i++) {
		ck_assert_uint_gt(buckets[i], 256 - 100);
		ck_assert_uint_lt(buckets[i], 256 + 100);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keyed_hash");
	TCase *tcase = tcase_create("keyed_hash");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, the_same_words_and_seed_give_the_same_value);
	tcase_add_test(tcase, each_bit_of_words_and_seed_turns_about_half_of_the_value);
	tcase_add_test(tcase, words_in_a_row_are_spread_over_few_buckets_evenly);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
