/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heads of HTTP/1 requests: what is read, and all that is refused. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http_heads.h"
#include "inspect/http_head.h"

static struct http_head head;
static enum reason reason;

static enum http_head_result look(const char *text, size_t len)
{
	reason = REASON_NONE;
	return http_head_read((const uint8_t *)text, len, &head, &reason);
}

/* The name and the framing, or why not. */
static const char *told(enum http_head_result result)
{
	static char text[NAMES_MAX + 100];

	switch (result) {
	case HTTP_HEAD_MORE:
		return "more";
	case HTTP_HEAD_REFUSE:
		return reason_info(reason)->slug;
	case HTTP_HEAD_WHOLE:
		break;
	}
	if (head.content_length != 0)
		snprintf(text, sizeof(text), "%s+%" PRIu64, head.name, head.content_length);
	else
		snprintf(text, sizeof(text), "%s%s%s", head.name, head.chunked ? "+chunked" : "",
			 head.upgrade ? "+upgrade" : "");
	return text;
}

START_TEST(heads_are_read_or_refused)
{
	const struct http_case *c = &http_cases[_i];

	ck_assert_str_eq(told(look(c->text, c->len)), c->want);
	if (reason == REASON_NONE)
		ck_assert_uint_eq(head.len, c->len);
}
END_TEST

START_TEST(what_is_told_does_not_depend_on_how_much_is_shown)
{
	const struct http_case *c = &http_cases[_i];
	enum http_head_result result = HTTP_HEAD_MORE;

	for (size_t n = 0; n <= c->len && result == HTTP_HEAD_MORE; n++)
		result = look(c->text, n);
	ck_assert_str_eq(told(result), c->want);
}
END_TEST

START_TEST(the_longest_head_is_read_and_one_byte_more_is_too_long)
{
	static char text[HTTP_HEAD_MAX + 2];
	static const char begin[] = "GET / HTTP/1.1\r\nHost: a.example\r\nX: ";

	for (size_t over = 0; over < 2; over++) {
		memset(text, 'x', sizeof(text));
		memcpy(text, begin, sizeof(begin) - 1);
		memcpy(text + HTTP_HEAD_MAX + over - 4, "\r\n\r\n", 4);
		if (over == 0) {
			ck_assert_int_eq(look(text, HTTP_HEAD_MAX), HTTP_HEAD_WHOLE);
			ck_assert_int_eq(look(text, HTTP_HEAD_MAX - 1), HTTP_HEAD_MORE);
		} else {
			ck_assert_int_eq(look(text, HTTP_HEAD_MAX), HTTP_HEAD_REFUSE);
			ck_assert_int_eq(reason, REASON_HEAD_TOO_LONG);
			ck_assert_int_eq(look(text, HTTP_HEAD_MAX + 1), HTTP_HEAD_REFUSE);
			ck_assert_int_eq(reason, REASON_HEAD_TOO_LONG);
		}
	}
}
END_TEST

START_TEST(refusal_leaves_the_result_alone)
{
	head.len = 4711;
	ck_assert_int_eq(look("GET / HTTP/1.1\r\n\r\n", 18), HTTP_HEAD_REFUSE);
	ck_assert_uint_eq(head.len, 4711);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http_head");
	TCase *tcase = tcase_create("http_head");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, heads_are_read_or_refused, 0, HTTP_CASES);
	tcase_add_loop_test(tcase, what_is_told_does_not_depend_on_how_much_is_shown, 0,
			    HTTP_CASES);
	tcase_add_test(tcase, the_longest_head_is_read_and_one_byte_more_is_too_long);
	tcase_add_test(tcase, refusal_leaves_the_result_alone);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
