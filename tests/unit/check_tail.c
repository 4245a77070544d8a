/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/tail.c, on files of a folder of their own. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/tail.h"
#include "common/defs.h"

static char folder[64];
static char path[256];

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/check-tail-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
}

static const char *in_folder(const char *name)
{
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void tear_down(void)
{
	static const char *const names[] = { "log", "log.1", "log-2", "other", "log.pipe" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		(void)unlink(in_folder(names[i]));
	ck_assert_int_eq(rmdir(folder), 0);
}

static void write_file(const char *name, const char *text)
{
	FILE *file = fopen(in_folder(name), "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static struct tail tail_of(const char *name)
{
	struct tail tail = { 0 };
	int fd = open(in_folder(name), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(tail_read(fd, &tail), 0);
	(void)close(fd);
	return tail;
}

START_TEST(empty_file_has_no_number_and_is_not_cut)
{
	write_file("log", "");
	struct tail tail = tail_of("log");
	ck_assert_uint_eq(tail.sequence, 0);
	ck_assert(tail.empty);
	ck_assert(!tail.cut);
}
END_TEST

START_TEST(last_number_is_found)
{
	write_file("log", "{\"sekisho.sequence\":8,\"x\":1}\n{\"sekisho.sequence\":9,\"x\":1}\n");
	struct tail tail = tail_of("log");
	ck_assert_uint_eq(tail.sequence, 9);
	ck_assert(!tail.empty);
	ck_assert(!tail.cut);
}
END_TEST

START_TEST(every_cut_of_the_last_line_gives_the_best_number_that_is_whole)
{
	static const char whole[] =
		"{\"sekisho.sequence\":8,\"x\":1}\n{\"sekisho.sequence\":1234,}\n";
	const size_t first = strcspn(whole, "\n") + 1;
	const size_t number_ends = (size_t)(strstr(whole, "1234") - whole) + 4;

	for (size_t len = first + 1; len < sizeof(whole) - 1; len++) {
		char text[sizeof(whole)];

		memcpy(text, whole, len);
		text[len] = '\0';
		write_file("log", text);
		struct tail tail = tail_of("log");
		ck_assert(tail.cut);
		ck_assert_uint_eq(tail.sequence, len > number_ends ? 1234 : 8);
	}
}
END_TEST

START_TEST(number_far_before_the_end_of_a_long_file_is_not_looked_for)
{
	FILE *file = fopen(in_folder("log"), "w");

	ck_assert_ptr_nonnull(file);
	(void)fputs("{\"sekisho.sequence\":99}\n", file);
	for (int i = 0; i < 1000; i++)
		(void)fputs("{\"something\":\"else\"}\n", file);
	(void)fputs("{\"sekisho.sequence\":5}\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_uint_eq(tail_of("log").sequence, 5);
}
END_TEST

START_TEST(number_that_no_one_can_have_written_does_not_overflow)
{
	write_file("log", "{\"sekisho.sequence\":99999999999999999999999999,\n");
	(void)tail_of("log");
}
END_TEST

START_TEST(unreadable_descriptor_is_an_error_and_leaves_result_alone)
{
	struct tail tail = { .sequence = 77 };

	ck_assert_int_eq(tail_read(-1, &tail), -EBADF);
	ck_assert_uint_eq(tail.sequence, 77);
}
END_TEST

START_TEST(highest_number_of_all_rotated_files_counts)
{
	write_file("log", "");
	write_file("log.1", "{\"sekisho.sequence\":41,\"x\":1}\n");
	write_file("log-2", "{\"sekisho.sequence\":12,\"x\":1}\n");
	write_file("other", "{\"sekisho.sequence\":1000,\"x\":1}\n");
	ck_assert_int_eq(mkfifo(in_folder("log.pipe"), 0600), 0);
	ck_assert_uint_eq(tail_directory_sequence(folder, "log"), 41);
	ck_assert_uint_eq(tail_directory_sequence(folder, "none"), 0);
	ck_assert_uint_eq(tail_directory_sequence("/nowhere/at/all", "log"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tail");
	TCase *tcase = tcase_create("tail");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, empty_file_has_no_number_and_is_not_cut);
	tcase_add_test(tcase, last_number_is_found);
	tcase_add_test(tcase, every_cut_of_the_last_line_gives_the_best_number_that_is_whole);
	tcase_add_test(tcase, number_far_before_the_end_of_a_long_file_is_not_looked_for);
	tcase_add_test(tcase, number_that_no_one_can_have_written_does_not_overflow);
	tcase_add_test(tcase, unreadable_descriptor_is_an_error_and_leaves_result_alone);
	tcase_add_test(tcase, highest_number_of_all_rotated_files_counts);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
