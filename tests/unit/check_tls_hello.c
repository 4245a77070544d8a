/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHellos as bare handshake messages. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/tls_hello.h"
#include "packets.h"

#define RECORD_HEADER 5

static uint8_t record[40000];
static const uint8_t *const message = record + RECORD_HEADER;
static struct tls_hello got;
static enum reason reason;

static enum tls_result look(size_t len)
{
	got = (struct tls_hello){ .name = NULL };
	reason = REASON_NONE;
	return tls_hello_read(message, len, &got, &reason);
}

static void expect_reason(size_t len, enum reason want)
{
	ck_assert_int_eq(look(len), TLS_REFUSE);
	ck_assert_int_eq(reason, want);
	ck_assert_ptr_null(got.name);
}

/* A hello with a name and one more extension. */
static size_t with_extension(uint16_t type, const void *body, size_t len)
{
	size_t begin = packets_hello_begin(record);
	size_t at = packets_server_name(record, begin, "a.example", 9);

	at = packets_extension(record, at, type, body, len);
	return packets_hello_end(record, begin, at) - RECORD_HEADER;
}

START_TEST(what_a_hello_offers_is_told)
{
	size_t begin = packets_hello_begin(record);
	size_t at = packets_server_name(record, begin, "outer.example", 13);

	at = packets_extension(record, at, 0xfe0d, NULL, 200);
	at = packets_extension(record, at, 16, "\x00\x0c\x02h2\x08http/1.1", 14);
	at = packets_extension(record, at, 43, "\x06\x1a\x1a\x03\x04\x03\x03", 7);
	at = packets_extension(record, at, 42, NULL, 0);
	at = packets_extension(record, at, 41, NULL, 40);
	at = packets_hello_end(record, begin, at) - RECORD_HEADER;
	ck_assert_int_eq(look(at), TLS_HELLO);
	ck_assert_uint_eq(got.name_len, 13);
	ck_assert_mem_eq(got.name, "outer.example", 13);
	ck_assert_uint_eq(got.alpn_len, 12);
	ck_assert_mem_eq(got.alpn, "\x02h2\x08http/1.1", 12);
	ck_assert(got.has_alpn && got.has_ech && got.has_early_data && got.has_psk &&
		  got.has_tls13);
	ck_assert_uint_eq(got.used, at);
}
END_TEST

START_TEST(what_a_hello_does_not_offer_is_not_told)
{
	size_t len = with_extension(43, "\x02\x03\x03", 3);

	ck_assert_int_eq(look(len), TLS_HELLO);
	ck_assert_ptr_null(got.alpn);
	ck_assert(!got.has_alpn && !got.has_ech && !got.has_early_data && !got.has_psk &&
		  !got.has_tls13);
}
END_TEST

START_TEST(every_truncation_needs_more_and_what_follows_does_not_matter)
{
	size_t len = packets_hello(record, "files.example", 1800) - RECORD_HEADER;

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(look(n), TLS_MORE);
	memset(record + RECORD_HEADER + len, 0xff, 100);
	for (size_t n = len; n < len + 100; n++) {
		ck_assert_int_eq(look(n), TLS_HELLO);
		ck_assert_uint_eq(got.used, len);
		ck_assert_mem_eq(got.name, "files.example", 13);
	}
}
END_TEST

START_TEST(another_message_is_refused_at_its_first_byte)
{
	size_t len = packets_hello(record, "a.example", 0) - RECORD_HEADER;

	for (unsigned int type = 0; type < 256; type++) {
		record[RECORD_HEADER] = (uint8_t)type;
		if (type == 1)
			ck_assert_int_eq(look(1), TLS_MORE);
		else
			expect_reason(1, REASON_TLS_MALFORMED);
	}
	record[RECORD_HEADER] = 2;
	expect_reason(len, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(a_message_over_the_bound_is_refused_at_its_length)
{
	static const uint8_t at_bound[] = { 1, 0, 0x3f, 0xfc }, over[] = { 1, 0, 0x3f, 0xfd },
			     absurd[] = { 1, 0xff, 0xff, 0xff };
	size_t len = 7;

	ck_assert_int_eq(tls_hello_expect(at_bound, 3, &len), REASON_NONE);
	ck_assert_uint_eq(len, 0);
	ck_assert_int_eq(tls_hello_expect(at_bound, 4, &len), REASON_NONE);
	ck_assert_uint_eq(len, TLS_HELLO_MAX);
	ck_assert_int_eq(tls_hello_expect(over, 4, &len), REASON_HELLO_TOO_LONG);
	ck_assert_int_eq(tls_hello_expect(absurd, 4, &len), REASON_HELLO_TOO_LONG);
	ck_assert_uint_eq(len, TLS_HELLO_MAX);
}
END_TEST

START_TEST(no_extension_may_come_twice)
{
	static const uint16_t types[] = { 0, 10, 16, 41, 42, 43, 63, 64, 0x0a0a, 0xfe0d, 0xffff };
	static const char versions[] = "\x02\x03\x04";
	static const char alpn[] = "\x00\x03\x02h2";
	size_t begin = packets_hello_begin(record);
	size_t at = begin;
	uint16_t type = types[_i];
	const char *body = type == 43 ? versions : type == 16 ? alpn : NULL;
	size_t len = type == 43 ? 3 : type == 16 ? 5 : 0;

	at = packets_server_name(record, at, "a.example", 9);
	if (type == 0) {
		at = packets_extension(record, at, 10, NULL, 4);
		at = packets_server_name(record, at, "a.example", 9);
	} else {
		at = packets_extension(record, at, type, body, len);
		ck_assert_int_eq(look(packets_hello_end(record, begin, at) - RECORD_HEADER),
				 TLS_HELLO);
		at = packets_extension(record, at, type, body, len);
	}
	expect_reason(packets_hello_end(record, begin, at) - RECORD_HEADER, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(different_grease_does_not_matter_but_a_flood_of_types_does)
{
	size_t begin = packets_hello_begin(record);
	size_t at = packets_server_name(record, begin, "a.example", 9);

	for (uint16_t i = 0; i < 16; i++)
		at = packets_extension(record, at, (uint16_t)(0x0a0a + i * 0x1010), NULL, i % 2);
	ck_assert_int_eq(look(packets_hello_end(record, begin, at) - RECORD_HEADER), TLS_HELLO);
	for (uint16_t i = 0; i < 48; i++)
		at = packets_extension(record, at, (uint16_t)(0x4000 + i), NULL, 0);
	ck_assert_int_eq(look(packets_hello_end(record, begin, at) - RECORD_HEADER), TLS_HELLO);
	at = packets_extension(record, at, 0x5000, NULL, 0);
	expect_reason(packets_hello_end(record, begin, at) - RECORD_HEADER, REASON_TLS_MALFORMED);
}
END_TEST

/* As browsers strew it: suites, extensions with and without a body, versions, groups, shares,
 * protocols, and an Encrypted Client Hello that is none. Source: RFC 8701, RFC 9849 section 6.2. */
START_TEST(grease_everywhere_does_not_matter)
{
	size_t begin = packets_hello_begin(record);
	size_t at = packets_extension(record, begin, 0x3a3a, NULL, 0);

	packets_put16(record + RECORD_HEADER + 73, 0xbaba);
	at = packets_extension(record, at, 43, "\x06\x5a\x5a\x03\x04\x03\x03", 7);
	at = packets_extension(record, at, 10, "\x00\x04\xca\xca\x00\x1d", 6);
	at = packets_extension(record, at, 51, "\x00\x05\xca\xca\x00\x01\x00", 7);
	at = packets_extension(record, at, 16, "\x00\x06\x02\x0a\x0a\x02h2", 8);
	at = packets_extension(record, at, 0xfe0d, NULL, 186);
	at = packets_server_name(record, at, "outer.example", 13);
	at = packets_extension(record, at, 0xeaea, NULL, 1);
	ck_assert_int_eq(look(packets_hello_end(record, begin, at) - RECORD_HEADER), TLS_HELLO);
	ck_assert_mem_eq(got.name, "outer.example", 13);
	ck_assert(got.has_ech && got.has_tls13 && got.has_alpn);
}
END_TEST

START_TEST(nothing_may_follow_a_pre_shared_key)
{
	size_t begin = packets_hello_begin(record);
	size_t at = packets_extension(record, begin, 41, NULL, 40);

	at = packets_server_name(record, at, "a.example", 9);
	expect_reason(packets_hello_end(record, begin, at) - RECORD_HEADER, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(broken_supported_versions_are_refused)
{
	static const struct {
		const char *body;
		size_t len;
	} cases[] = { { "", 0 },
		      { "\x00", 1 },
		      { "\x01\x03", 2 },
		      { "\x03\x03\x04\x03", 4 },
		      { "\x04\x03\x04", 3 },
		      { "\x02\x03\x04\x03", 4 } };

	expect_reason(with_extension(43, cases[_i].body, cases[_i].len), REASON_TLS_MALFORMED);
}
END_TEST

static const char *alpn_of(const char *list, size_t len)
{
	static char text[TLS_HELLO_ALPN_MAX];
	const struct tls_hello h = { .alpn = (const uint8_t *)list, .alpn_len = len };

	tls_hello_alpn(&h, text);
	return text;
}

START_TEST(protocols_are_told_as_text)
{
	ck_assert_str_eq(alpn_of(NULL, 0), "");
	ck_assert_str_eq(alpn_of("\x02h2\x08http/1.1", 12), "h2,http/1.1");
	ck_assert_str_eq(alpn_of("\x04\x0a\x0a,b\x02h3", 8), "???b,h3");
	/* whole ones only, up to 31 bytes */
	ck_assert_str_eq(alpn_of("\x1f"
				 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
				 32),
			 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	ck_assert_str_eq(alpn_of("\x02h2\x1d"
				 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
				 33),
			 "h2");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls_hello");
	TCase *tcase = tcase_create("tls_hello");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, what_a_hello_offers_is_told);
	tcase_add_test(tcase, what_a_hello_does_not_offer_is_not_told);
	tcase_add_test(tcase, every_truncation_needs_more_and_what_follows_does_not_matter);
	tcase_add_test(tcase, another_message_is_refused_at_its_first_byte);
	tcase_add_test(tcase, a_message_over_the_bound_is_refused_at_its_length);
	tcase_add_loop_test(tcase, no_extension_may_come_twice, 0, 11);
	tcase_add_test(tcase, different_grease_does_not_matter_but_a_flood_of_types_does);
	tcase_add_test(tcase, grease_everywhere_does_not_matter);
	tcase_add_test(tcase, nothing_may_follow_a_pre_shared_key);
	tcase_add_loop_test(tcase, broken_supported_versions_are_refused, 0, 6);
	tcase_add_test(tcase, protocols_are_told_as_text);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
