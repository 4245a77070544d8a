/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of common/log.c: what arrives on standard error is read back through a pipe. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"

static int saved_stderr = -1, reading_end = -1;

static void catch_stderr(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	saved_stderr = dup(STDERR_FILENO);
	ck_assert_int_ge(saved_stderr, 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	(void)close(ends[1]);
	reading_end = ends[0];
}

static void give_stderr_back(void)
{
	(void)dup2(saved_stderr, STDERR_FILENO);
	(void)close(saved_stderr);
	(void)close(reading_end);
	(void)unsetenv("JOURNAL_STREAM");
	log_setup("sekisho", LOG_LEVEL_INFO);
}

static const char *caught(void)
{
	static char text[8192];

	ssize_t n = read(reading_end, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

START_TEST(line_bears_name_and_text)
{
	log_setup("sekishod", LOG_LEVEL_INFO);
	log_info("policy loaded path=%s rules=%d", "/etc/x", 3);
	ck_assert_str_eq(caught(), "sekishod: policy loaded path=/etc/x rules=3\n");
}
END_TEST

START_TEST(lines_above_the_level_are_dropped)
{
	log_setup("sekishod", LOG_LEVEL_WARNING);
	log_debug("one");
	log_info("two");
	log_warning("three");
	log_error("four");
	ck_assert_str_eq(caught(), "sekishod: three\nsekishod: four\n");
	log_setup("sekishod", LOG_LEVEL_DEBUG);
	log_debug("five");
	ck_assert_str_eq(caught(), "sekishod: five\n");
}
END_TEST

START_TEST(priority_is_told_to_the_journal_only)
{
	char stream[64];
	struct stat st;

	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_setup("x", LOG_LEVEL_DEBUG);
	log_error("e");
	log_warning("w");
	log_info("i");
	log_debug("d");
	ck_assert_str_eq(caught(), "<3>x: e\n<4>x: w\n<6>x: i\n<7>x: d\n");

	/* A standard error that was redirected since is not the journal. */
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
		       (uintmax_t)st.st_ino + 1);
	ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
	log_setup("x", LOG_LEVEL_DEBUG);
	log_error("e");
	ck_assert_str_eq(caught(), "x: e\n");
}
END_TEST

START_TEST(event_stays_one_line)
{
	log_setup("x", LOG_LEVEL_INFO);
	log_info("a%sb%sc", "\n", "\r\n");
	ck_assert_str_eq(caught(), "x: a b  c\n");
}
END_TEST

START_TEST(overlong_line_is_cut_and_still_ends)
{
	char text[5000];

	memset(text, 'y', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	log_setup("x", LOG_LEVEL_INFO);
	log_info("%s", text);
	const char *got = caught();
	ck_assert_uint_gt(strlen(got), 2000);
	ck_assert_uint_le(strlen(got), 2048);
	ck_assert_int_eq(got[strlen(got) - 1], '\n');
	ck_assert_ptr_eq(strchr(got, '\n'), got + strlen(got) - 1);
}
END_TEST

START_TEST(errno_is_left_alone_and_can_be_told)
{
	log_setup("x", LOG_LEVEL_INFO);
	errno = ENOENT;
	log_info("failed: %m");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_str_eq(caught(), "x: failed: No such file or directory\n");
}
END_TEST

START_TEST(limit_lets_a_burst_through_and_counts_the_rest)
{
	struct log_limit limit = { 0 };
	unsigned int suppressed = 99;

	ck_assert(log_limit_allow(&limit, 2, 1000, 5000, &suppressed));
	ck_assert_uint_eq(suppressed, 0);
	ck_assert(log_limit_allow(&limit, 2, 1000, 5001, &suppressed));
	suppressed = 99;
	for (unsigned int i = 0; i < 7; i++)
		ck_assert(!log_limit_allow(&limit, 2, 1000, 5002 + i, &suppressed));
	ck_assert_uint_eq(suppressed, 99);
	ck_assert(!log_limit_allow(&limit, 2, 1000, 5999, &suppressed));
	ck_assert(log_limit_allow(&limit, 2, 1000, 6000, &suppressed));
	ck_assert_uint_eq(suppressed, 8);
	ck_assert(log_limit_allow(&limit, 2, 1000, 6001, &suppressed));
	ck_assert_uint_eq(suppressed, 0);
}
END_TEST

START_TEST(untrusted_text_is_escaped)
{
	char out[64];

	ck_assert_str_eq(log_escape("a\x1b[2J\\ \xe9~", 9, out, sizeof(out)),
			 "a\\x1b[2J\\x5c \\xe9~");
	ck_assert_str_eq(log_escape("a\0b", 3, out, sizeof(out)), "a\\x00b");
	ck_assert_str_eq(log_escape("", 0, out, sizeof(out)), "");
}
END_TEST

START_TEST(escaping_never_writes_past_the_room_nor_half_an_escape)
{
	for (size_t cap = 1; cap < 16; cap++) {
		char out[17];

		memset(out, '#', sizeof(out));
		(void)log_escape("ab\x01"
				 "cd",
				 5, out, cap);
		size_t len = strlen(out);
		ck_assert_uint_lt(len, cap);
		ck_assert_int_eq(strncmp("ab\\x01cd", out, len), 0);
		ck_assert(len != 3 && len != 4 && len != 5);
		for (size_t i = cap; i < sizeof(out); i++)
			ck_assert_int_eq(out[i], '#');
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *lines = tcase_create("lines");
	TCase *pure = tcase_create("pure");

	tcase_add_checked_fixture(lines, catch_stderr, give_stderr_back);
	tcase_add_test(lines, line_bears_name_and_text);
	tcase_add_test(lines, lines_above_the_level_are_dropped);
	tcase_add_test(lines, priority_is_told_to_the_journal_only);
	tcase_add_test(lines, event_stays_one_line);
	tcase_add_test(lines, overlong_line_is_cut_and_still_ends);
	tcase_add_test(lines, errno_is_left_alone_and_can_be_told);
	tcase_add_test(pure, limit_lets_a_burst_through_and_counts_the_rest);
	tcase_add_test(pure, untrusted_text_is_escaped);
	tcase_add_test(pure, escaping_never_writes_past_the_room_nor_half_an_escape);
	suite_add_tcase(suite, lines);
	suite_add_tcase(suite, pure);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
