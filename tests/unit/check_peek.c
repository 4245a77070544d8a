/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a look at bytes tells of them. */
#include <check.h>
#include <stdlib.h>

#include "inspect/peek.h"
#include "packets.h"

static struct peek peek;

static void look(const void *bytes, size_t len)
{
	static uint8_t *exact;

	free(exact);
	exact = malloc(len == 0 ? 1 : len);
	ck_assert_ptr_nonnull(exact);
	memcpy(exact, bytes, len);
	peek_read(exact, len, &peek);
}

static void expect(enum app app, const char *name)
{
	ck_assert_int_eq(peek.app, app);
	ck_assert_uint_eq(peek.name_len, strlen(name));
	if (*name)
		ck_assert_mem_eq(peek.name, name, strlen(name));
}

START_TEST(the_name_of_a_hello_is_seen_as_soon_as_it_is_there)
{
	static uint8_t hello[4000];
	size_t len = packets_hello(hello, "files.example", 600), seen = 0;

	for (size_t cut = len; cut > 5; cut--) {
		look(hello, cut);
		ck_assert_int_eq(peek.app, APP_TLS);
		if (peek.name_len != 0) {
			expect(APP_TLS, "files.example");
			seen = cut;
		}
	}
	ck_assert_uint_ne(seen, 0);
	ck_assert_mem_eq(hello + seen - 13, "files.example", 13);
}
END_TEST

START_TEST(names_that_are_no_host_names_are_seen)
{
	static uint8_t hello[4000];
	size_t len = packets_hello(hello, "192.0.2.1", 600);

	look(hello, len);
	expect(APP_TLS, "192.0.2.1");
}
END_TEST

static const struct {
	const char *head, *name;
} heads[] = {
	{ "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example" },
	{ "GET / HTTP/1.1\nhOsT:a.example:8080\n\n", "a.example" },
	{ "GET / HTTP/1.0\r\nX: y\r\nHost: \t 192.0.2.1 \r\n", "192.0.2.1" },
	{ "GET http://b.example:81/x HTTP/1.1\r\n\r\n", "b.example" },
	{ "GET http://b.example/x HTTP/1.1\r\nHost: a.example\r\n\r\n", "a.example" },
	{ "M-SEARCH * HTTP/1.1\r\nHost: [2001:db8::1]:1900\r\n\r\n", "[2001:db8::1]" },
	{ "CONNECT c.example:443 HTTP/1.1\r\nHost: c.example:443\r\n\r\n", "c.example" },
	{ "GET /long", "" },
	{ "GET / HTTP/1.1\r\nHost: cut.exa", "" },
	{ "GET / HTTP/1.1\r\n\r\nHost: body.example\r\n", "" },
};

START_TEST(the_host_of_a_request_is_seen)
{
	look(heads[_i].head, strlen(heads[_i].head));
	expect(APP_HTTP, heads[_i].name);
}
END_TEST

static const char *const others[] = {
	"",
	"SSH-2.0-OpenSSH_9.2\r\n",
	"EHLO client.example\r\n",
	"USER somebody\r\n",
	"OPTIONS rtsp://a.example RTSP/1.0\r\n",
	"HTTP/1.1 200 OK\r\n\r\n",
	"FOO /without-an-end",
	"GET",
	" / HTTP/1.1\r\n",
	"\x16\x03\x01\x02\x00\x02",
	"\x17\x03\x03",
	"\x16\x02\x01\x02\x00\x01",
};

START_TEST(other_bytes_are_not_taken_for_one)
{
	look(others[_i], _i < 9 ? strlen(others[_i]) : _i == 10 ? 3 : 6);
	ck_assert_int_eq(peek.app, APP_NONE);
}
END_TEST

START_TEST(long_headers_of_quic_are_known_by_their_version)
{
	uint8_t d[] = { 0xc3, 0, 0, 0, 1, 2, 7, 7, 1, 9, 0 };

	ck_assert(peek_is_quic(d, sizeof(d)));
	for (size_t cut = 0; cut < sizeof(d) - 1; cut++)
		ck_assert(!peek_is_quic(d, cut));
	memcpy(d + 1, "\xff\0\0\x1d", 4);
	ck_assert(peek_is_quic(d, sizeof(d)));
	memcpy(d + 1, "\x1a\x2a\x3a\x4a", 4);
	ck_assert(peek_is_quic(d, sizeof(d)));
	memcpy(d + 1, "\0\0\0\0", 4);
	ck_assert(!peek_is_quic(d, sizeof(d)));
	memcpy(d + 1, "\x81\x80\0\1", 4);
	ck_assert(!peek_is_quic(d, sizeof(d)));
	memcpy(d + 1, "\0\0\0\1", 4);
	d[0] = 0x83;
	ck_assert(!peek_is_quic(d, sizeof(d)));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("peek");
	TCase *tc = tcase_create("peek");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, the_name_of_a_hello_is_seen_as_soon_as_it_is_there);
	tcase_add_test(tc, names_that_are_no_host_names_are_seen);
	tcase_add_loop_test(tc, the_host_of_a_request_is_seen, 0, sizeof(heads) / sizeof(heads[0]));
	tcase_add_loop_test(tc, other_bytes_are_not_taken_for_one, 0,
			    sizeof(others) / sizeof(others[0]));
	tcase_add_test(tc, long_headers_of_quic_are_known_by_their_version);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
