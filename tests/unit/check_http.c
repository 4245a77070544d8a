/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests one after the other, and the bodies between them. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "inspect/http.h"

#define GET(host) "GET / HTTP/1.1\r\nHost: " host "\r\n\r\n"
#define UPGRADE(to)                                                                                \
	"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: " to "\r\n\r\n"
#define POST(host) "POST / HTTP/1.1\r\nHost: " host "\r\nTransfer-Encoding: chunked\r\n\r\n"

/* Reads len bytes, shown step bytes at a time as they come; names joined by spaces, then the
 * reason, or "more" or "end". */
static void read_all(const char *text, size_t len, size_t step, char *out, size_t cap)
{
	struct http h = { .phase = HTTP_HEAD };
	size_t at = 0, shown = 0, written = 0;

	out[0] = '\0';
	while (shown < len) {
		shown = shown + step < len ? shown + step : len;
		for (;;) {
			struct http_head head;
			enum reason reason = REASON_NONE;
			size_t used = 0;
			enum http_result got = http_read(&h, (const uint8_t *)text + at, shown - at,
							 &used, &head, &reason);

			if (got == HTTP_REFUSE) {
				snprintf(out + written, cap - written, "%s",
					 reason_info(reason)->slug);
				return;
			}
			at += used;
			if (got == HTTP_MORE)
				break;
			written += (size_t)snprintf(out + written, cap - written, "%s ", head.name);
		}
	}
	snprintf(out + written, cap - written, "%s",
		 at == len && h.phase == HTTP_HEAD ? "end" : "more");
}

static const struct {
	const char *text, *want;
} cases[] = {
	{ GET("a.example"), "a.example end" },
	{ GET("a.example") GET("b.example") GET("c.example"), "a.example b.example c.example end" },
	{ GET("a.example") "GE", "a.example more" },
	{ GET("a.example") "\r\n" GET("b.example"), "a.example b.example end" },
	{ "\r\n" GET("a.example"), "a.example end" },
	{ GET("a.example") "\r\n\r\n" GET("b.example"), "a.example not-http" },
	{ GET("a.example") "\n" GET("b.example"), "a.example not-http" },
	{ GET("a.example") " " GET("b.example"), "a.example not-http" },
	{ UPGRADE("websocket") "\x81\x85", "a.example http-upgrade" },
	{ UPGRADE("h2c") "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "a.example http-upgrade" },
	{ UPGRADE("TLS/1.0") "\x16\x03\x01", "a.example http-upgrade" },
	{ UPGRADE("h2c") GET("b.example") "\x82\x01", "a.example b.example http-upgrade" },
	{ GET("a.example") "\x81\x85", "a.example not-http" },
	{ GET("a.example") "PRI * HTTP/2.0\r\n", "a.example http-binary" },
	{ "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\nGET / HTT" GET(
		  "b.example"),
	  "a.example b.example end" },
	{ "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\nGET /",
	  "a.example more" },
	{ POST("a.example") "0\r\n\r\n" GET("b.example"), "a.example b.example end" },
	{ POST("a.example") "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n" GET("b.example"),
	  "a.example b.example end" },
	{ POST("a.example") "3;x=\"y\"\r\nabc\r\n000;z\r\nTrail: yes\r\nMore:\r\n\r\n" GET(
		  "b.example"),
	  "a.example b.example end" },
	{ POST("a.example") "1;a=b;c;d=\"e\\\"f;\";g\r\nx\r\n0\r\n\r\n", "a.example end" },
	{ POST("a.example") "1;\r\n", "a.example http-framing" },
	{ POST("a.example") "1;;a\r\n", "a.example http-framing" },
	{ POST("a.example") "1;=b\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a=\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a=b=c\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a=\"b\"c\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a=\"b\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a=\"b\\\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a b\r\n", "a.example http-framing" },
	{ POST("a.example") "1 ;a\r\n", "a.example http-framing" },
	{ POST("a.example") "1; a\r\n", "a.example http-framing" },
	{ POST("a.example") "1;a(\r\n", "a.example http-framing" },
	{ POST("a.example") "1,\r\n", "a.example http-framing" },
	{ POST("a.example") "1_0\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nHost: b.example\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nX: y\r\nhost: b.example\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\ncontent-Length: 1\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nTransfer_Encoding: x\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nExpect: 100-continue\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nHos: x\r\nHostess: y\r\nThost: z\r\n\r\n", "a.example end" },
	{ POST("a.example") "fFffF\r\nabc", "a.example more" },
	{ POST("a.example") "\r\n", "a.example http-framing" },
	{ POST("a.example") "x\r\n", "a.example http-framing" },
	{ POST("a.example") "-1\r\n", "a.example http-framing" },
	{ POST("a.example") "0x1\r\n", "a.example http-framing" },
	{ POST("a.example") "3 \r\n", "a.example http-framing" },
	{ POST("a.example") " 3\r\n", "a.example http-framing" },
	{ POST("a.example") "3\nabc", "a.example http-framing" },
	{ POST("a.example") "3\rabc", "a.example http-framing" },
	{ POST("a.example") "3;a\nabc", "a.example http-framing" },
	{ POST("a.example") "3;a\001", "a.example http-framing" },
	{ POST("a.example") "3\r\nabcd", "a.example http-framing" },
	{ POST("a.example") "3\r\nabc\n", "a.example http-framing" },
	{ POST("a.example") "3\r\nabc\rx", "a.example http-framing" },
	{ POST("a.example") "1000000000000000\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\n folded\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nTrailer\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\n: x\r\n\r\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nT: x\n", "a.example http-framing" },
	{ POST("a.example") "0\r\nT: \001", "a.example http-framing" },
	{ POST("a.example") "0\r\n\rx", "a.example http-framing" },
	{ POST("a.example") "0\r\nT: x\r\n\n", "a.example http-framing" },
};
#define CASES ((int)(sizeof(cases) / sizeof(cases[0])))

START_TEST(requests_are_found_however_many_bytes_come_at_a_time)
{
	size_t len = strlen(cases[_i].text);
	char got[200];

	for (size_t step = 1; step <= len; step++) {
		read_all(cases[_i].text, len, step, got, sizeof(got));
		ck_assert_str_eq(got, cases[_i].want);
	}
}
END_TEST

START_TEST(long_chunk_lines_and_trailers_are_refused)
{
	static char text[40000];
	char got[100];
	size_t at = strlen(POST("a.example"));

	memcpy(text, POST("a.example"), at);
	memset(text + at, 'a', sizeof(text) - at);
	memcpy(text + at, "3;", 2);
	read_all(text, at + 1000, 1000, got, sizeof(got));
	ck_assert_str_eq(got, "a.example more");
	read_all(text, at + 1100, 1000, got, sizeof(got));
	ck_assert_str_eq(got, "a.example http-framing");
	memcpy(text + at, "0\r\nT:", 5);
	read_all(text, at + 16000, 1000, got, sizeof(got));
	ck_assert_str_eq(got, "a.example more");
	read_all(text, at + 17000, 1000, got, sizeof(got));
	ck_assert_str_eq(got, "a.example http-framing");
}
END_TEST

START_TEST(a_body_may_be_stepped_over_unseen)
{
	static const char text[] =
		"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5000000000\r\n\r\n";
	struct http h = { .phase = HTTP_HEAD };
	struct http_head head;
	enum reason reason;
	size_t used;

	ck_assert_uint_eq(http_indifferent(&h), 0);
	ck_assert_int_eq(http_read(&h, (const uint8_t *)text, strlen(text), &used, &head, &reason),
			 HTTP_REQUEST);
	ck_assert_uint_eq(http_indifferent(&h), 5000000000ULL);
	http_skip(&h, 4999999999ULL);
	ck_assert_uint_eq(http_indifferent(&h), 1);
	http_skip(&h, 1);
	ck_assert_uint_eq(http_indifferent(&h), 0);
	ck_assert_int_eq(h.phase, HTTP_HEAD);
}
END_TEST

START_TEST(a_chunk_may_be_stepped_over_but_not_the_line_break_behind_it)
{
	static const char text[] = POST("a.example") "40\r\n";
	struct http h = { .phase = HTTP_HEAD };
	struct http_head head;
	enum reason reason;
	size_t used, at;

	ck_assert_int_eq(http_read(&h, (const uint8_t *)text, strlen(text), &at, &head, &reason),
			 HTTP_REQUEST);
	ck_assert_int_eq(
		http_read(&h, (const uint8_t *)text + at, strlen(text) - at, &used, &head, &reason),
		HTTP_MORE);
	ck_assert_uint_eq(http_indifferent(&h), 0x40);
	http_skip(&h, 0x40);
	ck_assert_uint_eq(http_indifferent(&h), 0);
	ck_assert_int_eq(http_read(&h, (const uint8_t *)"x", 1, &used, &head, &reason),
			 HTTP_REFUSE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("http");
	TCase *tcase = tcase_create("http");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(tcase, requests_are_found_however_many_bytes_come_at_a_time, 0, CASES);
	tcase_add_test(tcase, long_chunk_lines_and_trailers_are_refused);
	tcase_add_test(tcase, a_body_may_be_stepped_over_unseen);
	tcase_add_test(tcase, a_chunk_may_be_stepped_over_but_not_the_line_break_behind_it);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
