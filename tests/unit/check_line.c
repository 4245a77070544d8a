/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/line.c, on lines that record_format() makes. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/line.h"
#include "audit/record.h"

static char text[RECORD_MAX + 1];
static size_t len; /* without the newline */
static const uint8_t tag[CHAIN_TAG_BYTES] = { 0xab, 0xcd, 1, 2, 3 };

/* A line of the daemon's own, tagged. */
static void make(void)
{
	struct record record = { .kind = RECORD_GAP,
				 .time = { .tv_sec = 1795318500 },
				 .sequence = 1234567,
				 .action = "log-gap",
				 .text = "a \"sekisho.count\":99 in quotes",
				 .count = 17 };

	len = line_put_tag(text, record_format(&record, text), tag) - 1;
	ck_assert_int_eq(text[len], '\n');
	text[len] = '\0';
}

START_TEST(number_tag_and_action_are_read)
{
	struct line line;

	make();
	ck_assert_int_eq(line_parse(text, len, &line), 0);
	ck_assert_uint_eq(line.number, 1234567);
	ck_assert(line.chained);
	ck_assert_mem_eq(line.tag, tag, sizeof(tag));
	ck_assert_uint_eq(line.body, len - 1 - LINE_TAG_BYTES);
	ck_assert(line_is(&line, "log-gap"));
	ck_assert(!line_is(&line, "log-ga"));
	ck_assert(!line_is(&line, "log-gaps"));
}
END_TEST

START_TEST(line_without_a_tag_is_all_body_but_its_brace)
{
	struct record record = { .kind = RECORD_LIFE, .sequence = 1, .action = "test", .text = "" };
	struct line line;

	len = record_format(&record, text) - 1;
	ck_assert_int_eq(line_parse(text, len, &line), 0);
	ck_assert(!line.chained);
	ck_assert_uint_eq(line.body, len - 1);
}
END_TEST

START_TEST(every_truncation_is_refused_and_leaves_result_alone)
{
	struct line line = { .number = 5 };

	make();
	for (size_t cut = 0; cut < len; cut++) {
		char *copy = malloc(cut ? cut : 1); /* exact, for the sanitizer */

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, text, cut);
		ck_assert_int_eq(line_parse(copy, cut, &line), -EBADMSG);
		ck_assert_uint_eq(line.number, 5);
		free(copy);
	}
}
END_TEST

START_TEST(tag_with_a_wrong_character_is_none)
{
	struct line line;

	for (size_t back = 2; back <= LINE_TAG_BYTES + 1; back++) {
		make();
		text[len - back] = text[len - back] == '!' ? '?' : '!';
		ck_assert_int_eq(line_parse(text, len, &line), 0);
		ck_assert(!line.chained);
	}
}
END_TEST

static int parse_number(const char *digits)
{
	struct line line;
	char other[256];
	int n = snprintf(other, sizeof(other),
			 "{\"@timestamp\":\"2026-11-22T03:35:00.123456Z\","
			 "\"sekisho.sequence\":%s,\"x\":1}",
			 digits);

	return line_parse(other, (size_t)n, &line);
}

START_TEST(numbers_that_the_writer_never_gives_are_refused)
{
	ck_assert_int_eq(parse_number("1"), 0);
	ck_assert_int_eq(parse_number("18446744073709551605"), 0);
	ck_assert_int_eq(parse_number("0"), -EBADMSG);
	ck_assert_int_eq(parse_number("01"), -EBADMSG);
	ck_assert_int_eq(parse_number("-1"), -EBADMSG);
	ck_assert_int_eq(parse_number(""), -EBADMSG);
	ck_assert_int_eq(parse_number("18446744073709551616"), -EBADMSG);
	ck_assert_int_eq(parse_number("99999999999999999999999"), -EBADMSG);
}
END_TEST

START_TEST(member_is_found_and_not_in_a_text)
{
	const char *found = NULL;
	uint64_t number = 0;
	struct line line;
	size_t found_len = 0;

	make();
	ck_assert_int_eq(line_parse(text, len, &line), 0);
	ck_assert_int_eq(line_number_member(text, line.body, "\"sekisho.count\":", &number), 0);
	ck_assert_uint_eq(number, 17);
	ck_assert_int_eq(line_number_member(text, line.body, "\"sekisho.none\":", &number),
			 -ENOENT);
	ck_assert_uint_eq(number, 17);
	ck_assert_int_eq(
		line_text_member(text, line.body, "\"event.outcome\":", &found, &found_len), 0);
	ck_assert_uint_eq(found_len, 7);
	ck_assert_int_eq(strncmp(found, "failure", 7), 0);
	ck_assert_int_eq(
		line_text_member(text, line.body, "\"sekisho.count\":", &found, &found_len),
		-ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("line");
	TCase *tcase = tcase_create("line");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_test(tcase, number_tag_and_action_are_read);
	tcase_add_test(tcase, line_without_a_tag_is_all_body_but_its_brace);
	tcase_add_test(tcase, every_truncation_is_refused_and_leaves_result_alone);
	tcase_add_test(tcase, tag_with_a_wrong_character_is_none);
	tcase_add_test(tcase, numbers_that_the_writer_never_gives_are_refused);
	tcase_add_test(tcase, member_is_found_and_not_in_a_text);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
