/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of prove/words.h: the pieces of a range are the range, no more and no less. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "prove/words.h"

static bool piece_has(const struct words_pieces *pieces, size_t i, const uint32_t *words,
		      size_t count)
{
	for (size_t w = 0; w < count; w++)
		if (words[w] < pieces->at[i][w][0] || words[w] > pieces->at[i][w][1])
			return false;
	return true;
}

static size_t holders(const struct words_pieces *pieces, const uint8_t *bytes, size_t length)
{
	uint32_t words[WORDS_MAX] = { 0 };
	size_t found = 0;

	words_of(bytes, length, words);
	for (size_t i = 0; i < pieces->count; i++)
		found += piece_has(pieces, i, words, (length + 3) / 4);
	return found;
}

/* Numbers that are often next to each other, or at an end. */
static void random_number(uint8_t *out, const uint8_t *near, size_t length)
{
	memcpy(out, near, length);
	for (size_t i = 0; i < length; i++) {
		if (rand() % 3 == 0)
			out[i] = (uint8_t)(rand() % 3 ? (rand() % 2 ? 0xff : 0) : rand());
	}
}

static void check_range(const uint8_t *first, const uint8_t *last, size_t length)
{
	struct words_pieces pieces;
	uint8_t number[16] = { 0 };

	words_split(first, last, length, &pieces);
	ck_assert_uint_ge(pieces.count, 1);
	ck_assert_uint_le(pieces.count, WORDS_PIECES_MAX);
	ck_assert_uint_eq(holders(&pieces, first, length), 1);
	ck_assert_uint_eq(holders(&pieces, last, length), 1);
	for (int i = 0; i < 200; i++) {
		bool inside;

		random_number(number, rand() % 2 ? first : last, length);
		inside = memcmp(number, first, length) >= 0 && memcmp(number, last, length) <= 0;
		ck_assert_uint_eq(holders(&pieces, number, length), inside);
	}
}

START_TEST(random_ranges_fall_into_disjoint_pieces)
{
	static const size_t lengths[] = { 4, 6, 16 };
	unsigned int seed = (unsigned int)time(NULL);

	printf("seed %u\n", seed);
	srand(seed);
	for (int i = 0; i < 3000; i++) {
		size_t length = lengths[i % 3];
		uint8_t a[16] = { 0 }, b[16] = { 0 }, zero[16] = { 0 };

		random_number(a, zero, length);
		random_number(b, a, length);
		if (memcmp(a, b, length) <= 0)
			check_range(a, b, length);
		else
			check_range(b, a, length);
	}
}
END_TEST

START_TEST(a_prefix_is_one_piece)
{
	struct words_pieces pieces;
	struct addr_range range;

	ck_assert_int_eq(addr_range_parse("2001:db8:10::/45", &range), 0);
	words_split_range(&range, &pieces);
	ck_assert_uint_eq(pieces.count, 1);
	ck_assert_uint_eq(pieces.at[0][0][0], 0x20010db8);
	ck_assert_uint_eq(pieces.at[0][1][0], 0x00100000);
	ck_assert_uint_eq(pieces.at[0][1][1], 0x0017ffff);
	ck_assert_uint_eq(pieces.at[0][3][1], UINT32_MAX);
}
END_TEST

START_TEST(six_bytes_are_a_word_and_a_half)
{
	static const uint8_t mac[6] = { 2, 0, 0x5e, 0x10, 0xab, 0xcd };
	uint32_t words[2];

	words_of(mac, sizeof(mac), words);
	ck_assert_uint_eq(words[0], 0x02005e10);
	ck_assert_uint_eq(words[1], 0xabcd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("words");
	TCase *tcase = tcase_create("words");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, random_ranges_fall_into_disjoint_pieces);
	tcase_add_test(tcase, a_prefix_is_one_piece);
	tcase_add_test(tcase, six_bytes_are_a_word_and_a_half);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
