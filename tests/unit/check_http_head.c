/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Heads of HTTP/1 requests: what is read, and all that is refused. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/http_head.h"

static struct http_head head;
static enum reason reason;

static enum http_head_result look(const char *text, size_t len)
{
	reason = REASON_NONE;
	return http_head_read((const uint8_t *)text, len, &head, &reason);
}

START_TEST(a_request_gives_its_host)
{
	static const char *const requests[] = {
		"GET / HTTP/1.1\r\nHost: www.example.jp\r\n\r\n",
		"GET / HTTP/1.0\r\nhost:www.example.jp\r\n\r\n",
		"GET /?a=b HTTP/1.1\r\nAccept: */*\r\nHOST: \t WWW.Example.JP. \t\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: www.example.jp:80\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: www.example.jp:\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: www.example.jp:65535\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: www.example.jp\r\n\r\n",
		"GET http://www.example.jp/ HTTP/1.1\r\nHost: www.example.jp\r\n\r\n",
		"GET HTTP://WWW.example.jp:80?x HTTP/1.1\r\nHost: www.example.jp\r\n\r\n",
		"M-SEARCH / HTTP/1.1\r\nHost: www.example.jp\r\nX:\r\nY: \x80\xff\r\n\r\n",
	};
	const char *text = requests[_i];
	size_t len = strlen(text);

	ck_assert_int_eq(look(text, len), HTTP_HEAD_WHOLE);
	ck_assert_str_eq(head.name, "www.example.jp");
	ck_assert_uint_eq(head.len, len);
	ck_assert_uint_eq(head.content_length, 0);
	ck_assert(!head.chunked);
	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(look(text, n), HTTP_HEAD_MORE);
}
END_TEST

START_TEST(body_framing_is_read)
{
	static const struct {
		const char *text;
		uint64_t length;
		bool chunked;
	} cases[] = {
		{ "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 0\r\n\r\n", 0, false },
		{ "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 17\r\n\r\n", 17, false },
		{ "POST / HTTP/1.1\r\nHost: a.example\r\ncontent-length:999999999999999999\r\n\r\n",
		  999999999999999999ULL, false },
		{ "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\nContent-Length: "
		  "05\r\n\r\n",
		  5, false },
		{ "POST / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: Chunked\r\n\r\n", 0,
		  true },
	};

	ck_assert_int_eq(look(cases[_i].text, strlen(cases[_i].text)), HTTP_HEAD_WHOLE);
	ck_assert_uint_eq(head.content_length, cases[_i].length);
	ck_assert(head.chunked == cases[_i].chunked);
}
END_TEST

#define HOST "Host: a.example\r\n"

static const struct {
	const char *text;
	enum reason want;
} refusals[] = {
	{ "\r\n", REASON_NOT_HTTP },
	{ "SSH-2.0-x\r\n", REASON_NOT_HTTP },
	{ "GET /\r\n", REASON_NOT_HTTP },
	{ "GET / HTTP/1.1\n", REASON_NOT_HTTP },
	{ "GET / HTTP/1.2\r\n", REASON_NOT_HTTP },
	{ "GET / HTTP/2.0\r\n", REASON_NOT_HTTP },
	{ "GET / http/1.1\r\n", REASON_NOT_HTTP },
	{ "GET / HTTP/1.1 \r\n", REASON_NOT_HTTP },
	{ "GET /a b HTTP/1.1\r\n", REASON_NOT_HTTP },
	{ "G\001", REASON_NOT_HTTP },
	{ "PRI * HTTP/2.0\r\n", REASON_HTTP_TUNNEL },
	{ "CONNECT a.example:443 HTTP/1.1\r\n", REASON_HTTP_TUNNEL },
	{ "GET / HTTP/1.1\r\nUpgrade: websocket\r\n", REASON_HTTP_TUNNEL },
	{ "GET / HTTP/1.1\r\nupgrade:\r\n", REASON_HTTP_TUNNEL },
	{ " / HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET  HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "G(T / HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET /\x80 HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET a.example HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET * HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET https://a.example/ HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET http://u@a.example/ HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET http://b.example\\@a.example/ HTTP/1.1\r\n", REASON_HTTP_MALFORMED },
	{ "GET http://b.example/ HTTP/1.1\r\n" HOST "\r\n", REASON_HTTP_MALFORMED },
	{ "GET http://a.example:81/ HTTP/1.1\r\n" HOST "\r\n", REASON_HTTP_MALFORMED },
	{ "GET http:/// HTTP/1.1\r\n" HOST "\r\n", REASON_NO_HOST },
	{ "GET / HTTP/1.1\r\n\r\n", REASON_NO_HOST },
	{ "GET / HTTP/1.1\r\nHost:\r\n", REASON_NO_HOST },
	{ "GET / HTTP/1.1\r\nHost: :80\r\n", REASON_NO_HOST },
	{ "GET / HTTP/1.1\r\n" HOST HOST, REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example:x\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example:65536\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: a.example:80:80\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nHost : a.example\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\n : a.example\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\n: a.example\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nHost\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nX: a\r\n folded: b\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nX: a\r\n\tfolded\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nX: a\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nX: a\rb\r\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nX: \x7f", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\n" HOST "\n", REASON_HTTP_MALFORMED },
	{ "GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n\r\n", REASON_NAME_IS_ADDRESS },
	{ "GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n", REASON_NAME_IS_ADDRESS },
	{ "GET / HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n", REASON_NAME_IS_ADDRESS },
	{ "GET / HTTP/1.1\r\nHost: a_b.-x.example\r\n\r\n", REASON_NAME_INVALID },
	{ "GET / HTTP/1.1\r\nHost: a.example,b.example\r\n\r\n", REASON_NAME_INVALID },
	{ "GET / HTTP/1.1\r\nHost: a.example b.example\r\n\r\n", REASON_NAME_INVALID },
	{ "GET / HTTP/1.1\r\nHost: *.example.jp\r\n\r\n", REASON_NAME_INVALID },
	{ "GET / HTTP/1.1\r\nHost: a.example/\r\n\r\n", REASON_NAME_INVALID },
	{ "GET / HTTP/1.1\r\nHost: u@a.example\r\n\r\n", REASON_NAME_INVALID },
	{ "POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nContent-Length: 1, 1\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nContent-Length: +1\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nContent-Length: -1\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nContent-Length: 0x1\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nContent-Length:\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
	  REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n", REASON_HTTP_MALFORMED },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
	  REASON_HTTP_MALFORMED },
};
#define REFUSALS ((int)(sizeof(refusals) / sizeof(refusals[0])))

START_TEST(what_could_be_read_in_two_ways_is_refused)
{
	const char *text = refusals[_i].text;
	size_t len = strlen(text);
	enum http_head_result result = HTTP_HEAD_MORE;
	size_t n;

	ck_assert_msg(look(text, len) == HTTP_HEAD_REFUSE, "not refused: %s", text);
	ck_assert_msg(reason == refusals[_i].want, "reason %d: %s", (int)reason, text);
	for (n = 0; n <= len && result == HTTP_HEAD_MORE; n++)
		result = look(text, n);
	ck_assert_int_eq(result, HTTP_HEAD_REFUSE);
	ck_assert_int_eq(reason, refusals[_i].want);
}
END_TEST

START_TEST(nul_bytes_are_refused)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: a.example\0.b.example\r\n\r\n";

	ck_assert_int_eq(look(text, sizeof(text) - 1), HTTP_HEAD_REFUSE);
	ck_assert_int_eq(reason, REASON_HTTP_MALFORMED);
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

	tcase_add_loop_test(tcase, a_request_gives_its_host, 0, 10);
	tcase_add_loop_test(tcase, body_framing_is_read, 0, 5);
	tcase_add_loop_test(tcase, what_could_be_read_in_two_ways_is_refused, 0, REFUSALS);
	tcase_add_test(tcase, nul_bytes_are_refused);
	tcase_add_test(tcase, the_longest_head_is_read_and_one_byte_more_is_too_long);
	tcase_add_test(tcase, refusal_leaves_the_result_alone);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
