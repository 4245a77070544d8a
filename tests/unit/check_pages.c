/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Unit tests for common/pages.c. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/pages.h"

#define LARGE_PAGE ((size_t)2 << 20)

/* Every byte is there, and zero, and keeps what is written. */
static void use(size_t count, size_t size)
{
	uint8_t *memory = pages_new(count, size);

	ck_assert_ptr_nonnull(memory);
	ck_assert(count * size == 0 ||
		  (memory[0] == 0 && memcmp(memory, memory + 1, count * size - 1) == 0));
	memset(memory, 0xa5, count * size);
	ck_assert_uint_eq(count * size == 0 ? 0xa5 : memory[count * size - 1], 0xa5);
	pages_free(memory, count, size);
}

START_TEST(memory_of_every_size_is_zeroed_and_whole)
{
	static const size_t sizes[] = { 0,
					1,
					4096,
					LARGE_PAGE / 2 - 1,
					LARGE_PAGE / 2,
					LARGE_PAGE - 1,
					LARGE_PAGE,
					LARGE_PAGE + 1,
					3 * LARGE_PAGE + 5 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		use(sizes[i], 1);
		use(sizes[i] / 24, 24);
	}
}
END_TEST

START_TEST(big_memory_begins_at_a_large_page)
{
	for (size_t i = 1; i < 5; i++) {
		void *memory = pages_new(i, LARGE_PAGE);

		ck_assert_uint_eq((uintptr_t)memory % LARGE_PAGE, 0);
		pages_free(memory, i, LARGE_PAGE);
	}
}
END_TEST

/* Pages of address space in use. */
static long address_space(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long pages = 0;

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%ld", &pages), 1);
	(void)fclose(f);
	return pages;
}

START_TEST(what_is_freed_is_given_back)
{
	long before;

	use(3, LARGE_PAGE);
	before = address_space();
	for (size_t i = 0; i < 100; i++)
		pages_free(pages_new(10, LARGE_PAGE), 10, LARGE_PAGE);
	/* one of them is 5,120 */
	ck_assert_int_lt(address_space(), before + 5000);
	pages_free(NULL, 1, 1);
	pages_free(NULL, 64, LARGE_PAGE);
}
END_TEST

START_TEST(a_size_beyond_all_memory_gives_none)
{
	ck_assert_ptr_null(pages_new(SIZE_MAX, 2));
	ck_assert_ptr_null(pages_new(SIZE_MAX / 2, 1));
	ck_assert_ptr_null(pages_new(1, SIZE_MAX));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("pages");
	TCase *tcase = tcase_create("pages");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, memory_of_every_size_is_zeroed_and_whole);
	tcase_add_test(tcase, big_memory_begins_at_a_large_page);
	tcase_add_test(tcase, what_is_freed_is_given_back);
	tcase_add_test(tcase, a_size_beyond_all_memory_gives_none);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
