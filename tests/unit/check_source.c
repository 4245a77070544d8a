/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/source.c: the same lines, however they are packed. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "audit/source.h"
#include "unit/chained.h"

#define LINES 40000

static char *plain; /* LINES lines of growing length, some megabytes */
static size_t plain_len;

static void set_up(void)
{
	site_set_up();
	plain = calloc(1, (size_t)LINES * 128);
	ck_assert_ptr_nonnull(plain);
	plain_len = 0;
	for (int i = 0; i < LINES; i++)
		plain_len +=
			(size_t)sprintf(plain + plain_len, "line %d %.*s\n", i, i % 100,
					"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
}

static void tear_down(void)
{
	free(plain);
	site_tear_down();
}

/* Reads all of the log; gives how many lines came, or the error. */
static int read_all(int *ret_lines)
{
	struct source *source = NULL;
	const char *line;
	bool whole;
	size_t len;
	int r = source_open(site.log, &source);

	*ret_lines = 0;
	while (r >= 0 && (r = source_next(source, &line, &len, &whole)) > 0) {
		char expected[200];
		int n = snprintf(expected, sizeof(expected), "line %d ", *ret_lines);

		if (whole) {
			ck_assert_uint_eq(len, (size_t)n + (size_t)(*ret_lines % 100));
			ck_assert_mem_eq(line, expected, (size_t)n);
		}
		*ret_lines += whole;
	}
	if (r == 0 && *ret_lines == LINES)
		ck_assert_uint_eq(source_bytes(source), plain_len);
	source_freep(&source);
	ck_assert_ptr_null(source);
	return r;
}

static char *pack(bool zstd, size_t *ret_len)
{
	size_t room = ZSTD_compressBound(plain_len) + plain_len;
	char *packed = malloc(room);

	ck_assert_ptr_nonnull(packed);
	if (zstd) {
		*ret_len = ZSTD_compress(packed, room, plain, plain_len, 1);
		ck_assert(!ZSTD_isError(*ret_len));
		return packed;
	}
	z_stream stream = { .next_in = (unsigned char *)plain,
			    .avail_in = (uInt)plain_len,
			    .next_out = (unsigned char *)packed,
			    .avail_out = (uInt)room };
	ck_assert_int_eq(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
	*ret_len = room - stream.avail_out;
	(void)deflateEnd(&stream);
	return packed;
}

START_TEST(lines_come_the_same_however_they_are_packed)
{
	int lines;

	if (_i == 0) {
		site_put(site.log, plain, plain_len);
	} else {
		size_t len;
		char *packed = pack(_i == 1, &len);

		site_put(site.log, packed, len);
		free(packed);
	}
	ck_assert_int_eq(read_all(&lines), 0);
	ck_assert_int_eq(lines, LINES);
}
END_TEST

START_TEST(two_packed_files_in_one_are_read_both)
{
	struct source *source;
	size_t len, count = 0, line_len;
	char *packed = pack(_i == 1, &len), *two = malloc(2 * len);
	const char *line;
	bool whole;

	ck_assert_ptr_nonnull(two);
	memcpy(two, packed, len);
	memcpy(two + len, packed, len);
	site_put(site.log, two, 2 * len);
	free(packed);
	free(two);
	ck_assert_int_eq(source_open(site.log, &source), 0);
	while (source_next(source, &line, &line_len, &whole) > 0)
		count++;
	ck_assert_uint_eq(count, 2 * LINES);
	source_free(source);
}
END_TEST

START_TEST(packed_file_that_breaks_off_is_damage_and_gives_what_it_can)
{
	size_t len;
	char *packed = pack(_i == 1, &len);
	int lines;

	for (int part = 1; part < 20; part++) {
		site_put(site.log, packed, len * (size_t)part / 20);
		ck_assert_int_eq(read_all(&lines), -EBADMSG);
		ck_assert_int_lt(lines, LINES);
	}
	free(packed);
}
END_TEST

START_TEST(last_line_without_newline_is_told_apart)
{
	struct source *source;
	const char *line;
	bool whole;
	size_t len;

	site_put(site.log, "one\ntwo", 7);
	ck_assert_int_eq(source_open(site.log, &source), 0);
	ck_assert_int_eq(source_next(source, &line, &len, &whole), 1);
	ck_assert(whole);
	ck_assert_int_eq(source_next(source, &line, &len, &whole), 1);
	ck_assert(!whole);
	ck_assert_uint_eq(len, 3);
	ck_assert_int_eq(source_next(source, &line, &len, &whole), 0);
	source_free(source);
	site_put(site.log, "", 0);
	ck_assert_int_eq(source_open(site.log, &source), 0);
	ck_assert_int_eq(source_next(source, &line, &len, &whole), 0);
	source_free(source);
}
END_TEST

START_TEST(overlong_line_is_one_and_the_next_is_whole)
{
	static const size_t lengths[] = { SOURCE_LINE_MAX - 1, SOURCE_LINE_MAX, SOURCE_LINE_MAX + 1,
					  3 * 1024 * 1024 };
	struct source *source;
	const char *line;
	bool whole;
	size_t len;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = malloc(lengths[i] + 6);

		ck_assert_ptr_nonnull(text);
		memset(text, 'x', lengths[i]);
		memcpy(text + lengths[i], "\nnext\n", 6);
		site_put(site.log, text, lengths[i] + 6);
		free(text);
		ck_assert_int_eq(source_open(site.log, &source), 0);
		ck_assert_int_eq(source_next(source, &line, &len, &whole), 1);
		ck_assert_int_eq(source_next(source, &line, &len, &whole), 1);
		ck_assert_uint_eq(len, 4);
		ck_assert_mem_eq(line, "next", 4);
		ck_assert_int_eq(source_next(source, &line, &len, &whole), 0);
		source_free(source);
	}
}
END_TEST

START_TEST(what_is_no_file_is_refused)
{
	struct source *source = NULL;

	ck_assert_int_eq(source_open("/nonexistent", &source), -ENOENT);
	ck_assert_int_eq(source_open(site.folder, &source), -EISDIR);
	ck_assert_ptr_null(source);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("source");
	TCase *tcase = tcase_create("source");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, lines_come_the_same_however_they_are_packed, 0, 3);
	tcase_add_loop_test(tcase, two_packed_files_in_one_are_read_both, 1, 3);
	tcase_add_loop_test(tcase, packed_file_that_breaks_off_is_damage_and_gives_what_it_can, 1,
			    3);
	tcase_add_test(tcase, last_line_without_newline_is_told_apart);
	tcase_add_test(tcase, overlong_line_is_one_and_the_next_is_whole);
	tcase_add_test(tcase, what_is_no_file_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
