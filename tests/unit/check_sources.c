/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has how many flows. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspect/sources.h"

static const uint64_t seed[2] = { 5, 6 };

static struct addr address(uint8_t family, uint8_t at, uint8_t value)
{
	struct addr a = { .family = family };

	a.b[0] = 10;
	a.b[at] = value;
	return a;
}

START_TEST(an_ipv4_address_is_a_source_and_so_is_an_ipv6_network_of_64_bits)
{
	struct sources *sources = sources_new(10, seed);
	struct addr a = address(4, 3, 1), b = address(4, 3, 2);
	struct source *first = sources_enter(sources, &a);

	ck_assert_ptr_null(sources_find(sources, &b));
	ck_assert_ptr_ne(sources_enter(sources, &b), first);
	a = address(6, 3, 1);
	ck_assert_ptr_null(sources_find(sources, &a));
	first = sources_enter(sources, &a);
	for (uint8_t at = 1; at < 16; at++) {
		b = address(6, 3, 1);
		b.b[at] ^= 0x80;
		ck_assert_int_eq(sources_find(sources, &b) == first, at >= 8);
	}
	ck_assert_uint_eq(sources_count(sources), 3);
	sources_free(sources);
}
END_TEST

START_TEST(a_source_is_there_as_long_as_it_has_flows)
{
	struct sources *sources = sources_new(1, seed);
	struct addr a = address(4, 3, 1), b = address(4, 3, 2);
	struct source *source = sources_enter(sources, &a);

	source->holds = 7;
	ck_assert_ptr_eq(sources_enter(sources, &a), source);
	ck_assert_ptr_eq(sources_at(sources, source->slot), source);
	ck_assert_ptr_null(sources_enter(sources, &b));
	sources_leave(sources, source);
	ck_assert_ptr_eq(sources_find(sources, &a), source);
	sources_leave(sources, source);
	ck_assert_ptr_null(sources_find(sources, &a));
	ck_assert_uint_eq(sources_count(sources), 0);
	source = sources_enter(sources, &b);
	ck_assert_ptr_nonnull(source);
	ck_assert_uint_eq(source->holds, 0);
	sources_free(sources);
}
END_TEST

START_TEST(random_use_agrees_with_a_plain_array)
{
	unsigned int random_seed = (unsigned int)time(NULL);
	struct sources *sources = sources_new(100, seed);
	uint32_t flows[200] = { 0 }, count = 0;

	printf("sources: seed %u\n", random_seed);
	srand(random_seed);
	for (int i = 0; i < 200000; i++) {
		uint8_t n = (uint8_t)(rand() % 200);
		struct addr a = address(n % 2 == 0 ? 4 : 6, 3, n);
		struct source *source = sources_find(sources, &a);

		ck_assert_int_eq(source != NULL, flows[n] != 0);
		ck_assert(source == NULL || source->flows == flows[n]);
		if (rand() % 2 == 0) {
			ck_assert_int_eq(sources_enter(sources, &a) == NULL,
					 flows[n] == 0 && count == 100);
			if (flows[n] == 0 && count == 100)
				continue;
			count += flows[n]++ == 0;
		} else if (source != NULL) {
			sources_leave(sources, source);
			count -= --flows[n] == 0;
		}
		ck_assert_uint_eq(sources_count(sources), count);
	}
	sources_free(sources);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("sources");
	TCase *tcase = tcase_create("sources");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, an_ipv4_address_is_a_source_and_so_is_an_ipv6_network_of_64_bits);
	tcase_add_test(tcase, a_source_is_there_as_long_as_it_has_flows);
	tcase_add_test(tcase, random_use_agrees_with_a_plain_array);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
