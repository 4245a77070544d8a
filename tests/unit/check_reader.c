/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/reader.c: tails, unfinished lines, rotation, and waiting for another process's
 * line. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/reader.h"
#include "audit/writer.h"
#include "common/defs.h"

#define DEADLINE_MS 10000

static char folder[64];
static char path[128], rotated[192];
static struct reader *reader;

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/check-reader-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/" WRITER_FILE_NAME, folder);
	(void)snprintf(rotated, sizeof(rotated), "%s.1", path);
}

static void tear_down(void)
{
	reader_freep(&reader);
	(void)unlink(path);
	(void)unlink(rotated);
	ck_assert_int_eq(rmdir(folder), 0);
}

static void append(const char *text)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
}

static void open_reader(void)
{
	ck_assert_int_eq(reader_open(path, &reader), 0);
}

static void next_is(const char *want)
{
	const char *line = NULL;
	size_t len = 0;

	ck_assert_int_eq(reader_next(reader, &line, &len), 1);
	ck_assert_str_eq(line, want);
	ck_assert_uint_eq(len, strlen(want));
}

static void next_is_the_end(void)
{
	const char *line = NULL;
	size_t len = 77;

	ck_assert_int_eq(reader_next(reader, &line, &len), 0);
	ck_assert_ptr_null(line);
	ck_assert_uint_eq(len, 77);
}

START_TEST(lines_come_in_order_and_then_the_end)
{
	append("one\n\nthree\n");
	open_reader();
	next_is("one");
	next_is("");
	next_is("three");
	next_is_the_end();
	next_is_the_end();
}
END_TEST

START_TEST(missing_file_and_folder_are_errors_and_leave_result_alone)
{
	ck_assert_int_eq(reader_open(path, &reader), -ENOENT);
	ck_assert_ptr_null(reader);
	ck_assert_int_eq(reader_open(folder, &reader), -EISDIR);
	ck_assert_ptr_null(reader);
}
END_TEST

START_TEST(unfinished_line_is_given_once_it_is_whole)
{
	append("one\nha");
	open_reader();
	next_is("one");
	next_is_the_end();
	append("lf\n");
	next_is("half");
}
END_TEST

START_TEST(more_than_the_buffer_holds_is_read_whole)
{
	char line[100];

	for (int i = 0; i < 5000; i++) {
		(void)snprintf(line, sizeof(line), "line %d of some more text than that\n", i);
		append(line);
	}
	open_reader();
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(line, sizeof(line), "line %d of some more text than that", i);
		next_is(line);
	}
	next_is_the_end();
}
END_TEST

START_TEST(overlong_line_is_passed_over_and_counted)
{
	static char text[3 * READER_LINE_MAX];

	memset(text, 'x', sizeof(text) - 1);
	append("before\n");
	append(text);
	append("\nafter\n");
	open_reader();
	next_is("before");
	next_is("after");
	next_is_the_end();
	ck_assert_uint_eq(reader_overlong(reader), 1);
}
END_TEST

START_TEST(longest_line_that_fits_is_given)
{
	static char text[READER_LINE_MAX];

	memset(text, 'x', sizeof(text) - 1);
	append(text);
	append("\nafter\n");
	open_reader();
	next_is(text);
	next_is("after");
	ck_assert_uint_eq(reader_overlong(reader), 0);
}
END_TEST

START_TEST(last_lines_are_found_from_the_end)
{
	append("1\n2\n3\n4\n");
	open_reader();
	ck_assert_int_eq(reader_seek_last(reader, 2), 0);
	next_is("3");
	next_is("4");
	ck_assert_int_eq(reader_seek_last(reader, 0), 0);
	next_is_the_end();
	ck_assert_int_eq(reader_seek_last(reader, 4), 0);
	next_is("1");
	ck_assert_int_eq(reader_seek_last(reader, 1000), 0);
	next_is("1");
}
END_TEST

START_TEST(last_lines_of_a_long_file_are_found_over_blocks)
{
	static char block[8 * 20000 + 1];

	for (size_t i = 0; i < 20000; i++)
		(void)snprintf(block + 8 * i, 9, "%07zu\n", i);
	append(block);
	open_reader();
	ck_assert_int_eq(reader_seek_last(reader, 15000), 0);
	next_is("0005000");
	ck_assert_int_eq(reader_seek_last(reader, 1), 0);
	next_is("0019999");
	next_is_the_end();
}
END_TEST

START_TEST(rotation_is_followed_after_the_old_file_is_read_out)
{
	append("one\n");
	open_reader();
	next_is("one");
	append("two\n");
	ck_assert_int_eq(rename(path, rotated), 0);
	next_is("two");
	next_is_the_end();

	/* The new file is there, still empty; the writer still has the old one. */
	append("");
	next_is_the_end();
	int old = open(rotated, O_WRONLY | O_APPEND | O_CLOEXEC);
	ck_assert_int_eq(write(old, "three\n", 6), 6);
	(void)close(old);
	append("four\n");
	next_is("three");
	next_is("four");
	next_is_the_end();
}
END_TEST

START_TEST(file_made_shorter_is_read_from_its_beginning)
{
	append("one\ntwo\n");
	open_reader();
	next_is("one");
	next_is("two");
	ck_assert_int_eq(truncate(path, 0), 0);
	next_is_the_end();
	append("new\n");
	next_is("new");
}
END_TEST

START_TEST(waiting_ends_when_the_time_is_over)
{
	append("one\n");
	open_reader();
	next_is("one");
	ck_assert_int_eq(reader_wait(reader, 30), 0);
	ck_assert_int_eq(reader_wait(reader, 0), 0);
	append("two\n");
	ck_assert_int_eq(reader_wait(reader, DEADLINE_MS), 1);
	next_is("two");
}
END_TEST

START_TEST(unfinished_line_does_not_end_the_wait_again_and_again)
{
	append("one\nha");
	open_reader();
	next_is("one");
	next_is_the_end();
	ck_assert_int_eq(reader_wait(reader, 30), 0);
	append("lf\n");
	ck_assert_int_eq(reader_wait(reader, DEADLINE_MS), 1);
	next_is("half");
}
END_TEST

/* Another process writes and rotates all the while; every record must arrive, in order. */
START_TEST(writer_that_rotates_is_followed_without_a_gap)
{
	enum { RECORDS = 2000, ROTATE_EACH = 150 };
	struct writer *writer = writer_new(folder);

	ck_assert_ptr_nonnull(writer);
	open_reader();
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		for (int i = 1; i <= RECORDS; i++) {
			struct record record = { .kind = RECORD_LIFE, .action = "test" };

			if (writer_add(writer, &record) < 0 || writer_flush(writer) < 0)
				_exit(1);
			/* Never twice without the reader: a file that was rotated away twice before
			 * it was opened is not looked for. */
			if (i == ROTATE_EACH &&
			    (rename(path, rotated) < 0 || writer_reopen(writer) < 0))
				_exit(1);
		}
		writer_free(writer);
		_exit(0);
	}
	/* One record of the new file's own comes on top. */
	for (int want = 1; want <= RECORDS + 1; want++) {
		const char *line;
		size_t len;
		char sequence[64];
		int r;

		while ((r = reader_next(reader, &line, &len)) == 0)
			ck_assert_int_eq(reader_wait(reader, DEADLINE_MS), 1);
		ck_assert_int_eq(r, 1);
		(void)snprintf(sequence, sizeof(sequence), "\"sekisho.sequence\":%d,", want);
		ck_assert_msg(strstr(line, sequence) != NULL, "wanted %s in %s", sequence, line);
	}
	int status;
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	writer_free(writer);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reader");
	TCase *tcase = tcase_create("reader");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, lines_come_in_order_and_then_the_end);
	tcase_add_test(tcase, missing_file_and_folder_are_errors_and_leave_result_alone);
	tcase_add_test(tcase, unfinished_line_is_given_once_it_is_whole);
	tcase_add_test(tcase, more_than_the_buffer_holds_is_read_whole);
	tcase_add_test(tcase, overlong_line_is_passed_over_and_counted);
	tcase_add_test(tcase, longest_line_that_fits_is_given);
	tcase_add_test(tcase, last_lines_are_found_from_the_end);
	tcase_add_test(tcase, last_lines_of_a_long_file_are_found_over_blocks);
	tcase_add_test(tcase, rotation_is_followed_after_the_old_file_is_read_out);
	tcase_add_test(tcase, file_made_shorter_is_read_from_its_beginning);
	tcase_add_test(tcase, waiting_ends_when_the_time_is_over);
	tcase_add_test(tcase, unfinished_line_does_not_end_the_wait_again_and_again);
	tcase_add_test(tcase, writer_that_rotates_is_followed_without_a_gap);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
