/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the list of mistakes. */
#include "common/errors.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/defs.h"

START_TEST(each_mistake_is_one_line_with_file_and_line)
{
	auto_(errors_clear) struct errors e = { 0 };
	auto_(free_charp) char *text = NULL;

	errors_add(&e, "policy.conf", 12, "zone \"%s\" is not known", "lgwam");
	errors_add(&e, "policy.conf", 0, "is empty");
	errors_add(&e, NULL, 0, "memory ran out");
	text = errors_text(&e);
	ck_assert_str_eq(text, "policy.conf:12: zone \"lgwam\" is not known\n"
			       "policy.conf: is empty\n"
			       "memory ran out\n");
}
END_TEST

START_TEST(at_a_terminal_lines_are_folded)
{
	auto_(errors_clear) struct errors e = { 0 };
	int master = posix_openpt(O_RDWR | O_NOCTTY);
	char said[512] = "", long_text[120];
	FILE *terminal;

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	terminal = fopen(ptsname(master), "we");
	ck_assert_ptr_nonnull(terminal);
	memset(long_text, 'x', sizeof(long_text) - 1);
	long_text[sizeof(long_text) - 1] = '\0';
	long_text[60] = ' ';
	errors_add(&e, "policy.conf", 12, "%s", long_text);
	errors_print(&e, terminal);
	ck_assert_int_eq(fflush(terminal), 0);
	/* it comes in pieces: the text and two line ends are 134 bytes and more */
	for (ssize_t n = 1; n > 0 && strlen(said) < strlen(long_text) + 15;) {
		n = read(master, said + strlen(said), sizeof(said) - 1 - strlen(said));
		ck_assert_int_gt(n, 0);
	}
	ck_assert_ptr_nonnull(strstr(said, "x\r\n  x"));
	(void)fclose(terminal);
	(void)close(master);
}
END_TEST

START_TEST(mistakes_are_sorted_by_file_and_line_and_keep_their_order_within)
{
	auto_(errors_clear) struct errors e = { 0 };
	auto_(free_charp) char *text = NULL;

	errors_add(&e, "b", 2, "third");
	errors_add(&e, "b", 10, "fifth");
	errors_add(&e, "a", 9, "second");
	errors_add(&e, "b", 2, "fourth");
	errors_add(&e, NULL, 0, "first");
	errors_sort(&e);
	text = errors_text(&e);
	ck_assert_str_eq(text, "first\na:9: second\nb:2: third\nb:2: fourth\nb:10: fifth\n");
}
END_TEST

START_TEST(the_caller_may_change_its_file_name_afterwards)
{
	auto_(errors_clear) struct errors e = { 0 };
	char name[] = "one";

	errors_add(&e, name, 1, "text");
	name[0] = 'x';
	ck_assert_str_eq(e.at[0].file, "one");
}
END_TEST

START_TEST(over_the_bound_the_list_says_that_there_are_more)
{
	auto_(errors_clear) struct errors e = { 0 };
	auto_(free_charp) char *text = NULL;

	for (int i = 0; i < ERRORS_MAX; i++)
		errors_add(&e, "f", i + 1, "mistake %d", i);
	ck_assert(!e.truncated);
	errors_add(&e, "f", 1, "one too many");
	ck_assert(e.truncated);
	ck_assert_uint_eq(e.count, ERRORS_MAX);
	text = errors_text(&e);
	ck_assert_ptr_nonnull(strstr(text, "more mistakes"));
	ck_assert_ptr_null(strstr(text, "one too many"));
}
END_TEST

START_TEST(no_mistake_is_no_text_and_clearing_twice_does_no_harm)
{
	struct errors e = { 0 };
	auto_(free_charp) char *text = errors_text(&e);

	ck_assert_str_eq(text, "");
	errors_add(&e, NULL, 0, "x");
	errors_clear(&e);
	errors_clear(&e);
	ck_assert_uint_eq(e.count, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("errors");
	TCase *tc = tcase_create("errors");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, each_mistake_is_one_line_with_file_and_line);
	tcase_add_test(tc, at_a_terminal_lines_are_folded);
	tcase_add_test(tc, mistakes_are_sorted_by_file_and_line_and_keep_their_order_within);
	tcase_add_test(tc, the_caller_may_change_its_file_name_afterwards);
	tcase_add_test(tc, over_the_bound_the_list_says_that_there_are_more);
	tcase_add_test(tc, no_mistake_is_no_text_and_clearing_twice_does_no_harm);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
