/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/resume.c: each state that a crash can leave between the log and its key. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/line.h"
#include "audit/resume.h"
#include "unit/chained.h"

static struct chain *chain;

static void set_up(void)
{
	site_set_up();
	chain = chain_new();
	ck_assert_ptr_nonnull(chain);
	site_write(30); /* and the log's first: 31 */
}

static void tear_down(void)
{
	chain_freep(&chain);
	site_tear_down();
}

/* The point behind record number, as the key's file would have it, with the tag that stands there.
 */
static struct chain_point point_at(uint64_t number)
{
	struct chain_point point = { 0 };
	char *text = site_read(site.log, NULL);
	const char *at = text;
	struct line line;

	memcpy(point.key, site.auditor.key, sizeof(point.key));
	ck_assert_int_eq(chain_pass(chain, &point, number), 0);
	for (const char *end; number > 0 && (end = strchr(at, '\n')) != NULL; at = end + 1)
		if (line_parse(at, (size_t)(end - at), &line) == 0 && line.number == number)
			memcpy(point.tag, line.tag, sizeof(point.tag));
	free(text);
	return point;
}

static int scan(struct chain_point *point, struct resume *found)
{
	int fd = open(site.log, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	int r = resume_scan(fd, chain, point, found);
	(void)close(fd);
	return r;
}

START_TEST(key_behind_the_log_by_any_number_catches_up)
{
	struct resume found;

	for (uint64_t behind = 0; behind <= 31; behind++) {
		struct chain_point point = point_at(31 - behind), end = point_at(31);

		ck_assert_int_eq(scan(&point, &found), 0);
		ck_assert_uint_eq(found.last, 31);
		ck_assert_mem_eq(found.tag, end.tag, sizeof(end.tag));
		ck_assert_mem_eq(&point, &end, sizeof(point));
	}
}
END_TEST

START_TEST(key_ahead_of_the_log_stays_where_it_is)
{
	struct chain_point point = point_at(31), before;
	struct resume found;

	ck_assert_int_eq(chain_pass(chain, &point, 40), 0);
	memset(point.tag, 7, sizeof(point.tag));
	before = point;
	ck_assert_int_eq(scan(&point, &found), 0);
	ck_assert_mem_eq(&point, &before, sizeof(point));
	ck_assert_uint_eq(found.last, 31);
}
END_TEST

START_TEST(altered_record_behind_the_key_is_named_and_nothing_moves)
{
	struct chain_point point, before;
	struct resume found;
	size_t len;
	char *text = site_read(site.log, &len);
	char *at = strstr(text, "\"sekisho.sequence\":20,");

	ck_assert_ptr_nonnull(at);
	*strstr(at, "A test.") = 'B';
	site_put(site.log, text, len);
	free(text);
	point = point_at(10);
	before = point;
	ck_assert_int_eq(scan(&point, &found), -EKEYREJECTED);
	ck_assert_uint_eq(found.bad, 20);
	ck_assert_mem_eq(&point, &before, sizeof(point));
	/* what the key is ahead of it cannot prove any more */
	point = point_at(25);
	ck_assert_int_eq(scan(&point, &found), 0);
}
END_TEST

START_TEST(key_of_another_log_is_refused)
{
	struct chain_point point;
	struct resume found;

	site_make_key(0);
	point = point_at(10);
	ck_assert_int_eq(scan(&point, &found), -EKEYREJECTED);
	ck_assert_uint_eq(found.bad, 11);
	/* at the very end the tag tells */
	point = point_at(31);
	point.tag[0] ^= 1;
	ck_assert_int_eq(scan(&point, &found), -EKEYREJECTED);
	ck_assert_uint_eq(found.bad, 31);
}
END_TEST

START_TEST(file_cut_anywhere_is_proven_up_to_its_last_whole_line)
{
	struct chain_point first = point_at(1);
	struct resume found;
	size_t len, lines;
	char *text = site_read(site.log, &len);

	for (size_t cut = (size_t)(strchr(text, '\n') - text) + 1; cut <= len; cut += 13) {
		struct chain_point point = first;

		lines = 0;
		for (size_t i = 0; i < cut; i++)
			lines += text[i] == '\n';
		lines += text[cut] == '\n'; /* only its newline is gone */
		site_put(site.log, text, cut);
		ck_assert_int_eq(scan(&point, &found), 0);
		ck_assert_uint_eq(point.number, lines);
		ck_assert_uint_eq(found.last, lines);
	}
	free(text);
}
END_TEST

START_TEST(record_without_a_tag_is_only_taken_before_a_chain)
{
	static const char plain[] = "{\"@timestamp\":\"2026-11-22T03:35:00.123456Z\","
				    "\"sekisho.sequence\":32,\"x\":1}\n";
	struct chain_point point, fresh = { .number = 10 };
	struct resume found;
	FILE *file = fopen(site.log, "a");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(plain, file), 0);
	(void)fclose(file);
	point = point_at(31);
	ck_assert_int_eq(scan(&point, &found), -EKEYREJECTED);
	ck_assert_uint_eq(found.bad, 32);
	site_put(site.log, plain, sizeof(plain) - 1);
	ck_assert_int_eq(scan(&fresh, &found), 0);
	ck_assert_uint_eq(found.last, 32);
}
END_TEST

START_TEST(long_file_is_read_from_its_end)
{
	struct chain_point point;
	struct resume found;
	struct writer *writer = site_writer();

	for (int i = 0; i < 100; i++) { /* beyond the first window */
		site_add(writer, 100);
		ck_assert_int_eq(writer_flush(writer), 0);
	}
	writer_free(writer);
	point = point_at(10020);
	ck_assert_int_eq(scan(&point, &found), 0);
	ck_assert_uint_eq(point.number, 10031);
	point = point_at(5);
	ck_assert_int_eq(scan(&point, &found), 0);
	ck_assert_uint_eq(point.number, 10031);
}
END_TEST

START_TEST(empty_file_has_nothing)
{
	struct chain_point point = point_at(31);
	struct resume found;

	site_put(site.log, "", 0);
	ck_assert_int_eq(scan(&point, &found), 0);
	ck_assert(!found.any);
	site_put(site.log, "no record\n", 10);
	ck_assert_int_eq(scan(&point, &found), 0);
	ck_assert(!found.any);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resume");
	TCase *tcase = tcase_create("resume");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, key_behind_the_log_by_any_number_catches_up);
	tcase_add_test(tcase, key_ahead_of_the_log_stays_where_it_is);
	tcase_add_test(tcase, altered_record_behind_the_key_is_named_and_nothing_moves);
	tcase_add_test(tcase, key_of_another_log_is_refused);
	tcase_add_test(tcase, file_cut_anywhere_is_proven_up_to_its_last_whole_line);
	tcase_add_test(tcase, record_without_a_tag_is_only_taken_before_a_chain);
	tcase_add_test(tcase, long_file_is_read_from_its_end);
	tcase_add_test(tcase, empty_file_has_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
