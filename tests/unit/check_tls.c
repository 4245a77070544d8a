/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ClientHellos, well and ill formed. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "inspect/tls.h"
#include "packets.h"

static uint8_t hello[40000], cut[100000], scratch[TLS_HELLO_MAX];
static struct tls_hello got;
static enum reason reason;

static enum tls_result look(const uint8_t *data, size_t len)
{
	got = (struct tls_hello){ .name = NULL };
	reason = REASON_NONE;
	return tls_read(data, len, scratch, &got, &reason);
}

static void expect_name(const uint8_t *data, size_t len, const char *name)
{
	ck_assert_int_eq(look(data, len), TLS_HELLO);
	ck_assert_uint_eq(got.name_len, strlen(name));
	ck_assert_mem_eq(got.name, name, got.name_len);
}

static void expect_reason(const uint8_t *data, size_t len, enum reason want)
{
	ck_assert_int_eq(look(data, len), TLS_REFUSE);
	ck_assert_int_eq(reason, want);
	ck_assert_ptr_null(got.name);
}

/* A hello with these extensions alone. */
static size_t with_extensions(const void *extensions, size_t len)
{
	size_t at = packets_hello_begin(hello);

	memcpy(hello + at, extensions, len);
	return packets_hello_end(hello, at, at + len);
}

START_TEST(name_alpn_and_ech_are_found)
{
	size_t begin = packets_hello_begin(hello);
	size_t at = packets_extension(hello, begin, 0xfe0d, NULL, 200);

	at = packets_server_name(hello, at, "outer.example", 13);
	at = packets_extension(hello, at, 0x0010, "\x00\x0c\x02h2\x08http/1.1", 14);
	expect_name(hello, packets_hello_end(hello, begin, at), "outer.example");
	ck_assert(got.has_alpn);
	ck_assert(got.has_ech);
	expect_name(hello, packets_hello(hello, "a.example", 0), "a.example");
	ck_assert(got.has_alpn);
	ck_assert(!got.has_ech);
}
END_TEST

START_TEST(every_truncation_needs_more)
{
	size_t len = packets_hello(hello, "files.example", 1800);

	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(look(hello, n), TLS_MORE);
	expect_name(hello, len, "files.example");
}
END_TEST

START_TEST(bytes_behind_the_hello_do_not_matter)
{
	size_t len = packets_hello(hello, "files.example", 0);

	memset(hello + len, 0xaa, 100);
	expect_name(hello, len + 100, "files.example");
}
END_TEST

START_TEST(records_of_every_size_are_joined_and_every_truncation_needs_more)
{
	size_t len = packets_hello(hello, "files.example", 400);

	for (size_t size = 1; size < len; size++) {
		size_t all = packets_records(cut, hello, len, size);

		expect_name(cut, all, "files.example");
		for (size_t n = 0; n < all; n++)
			ck_assert_int_eq(look(cut, n), TLS_MORE);
	}
}
END_TEST

START_TEST(two_records_cut_at_every_byte_are_joined)
{
	size_t len = packets_hello(hello, "files.example", 1800);

	for (size_t first = 1; first < len - 5; first++) {
		memcpy(cut, hello, 5 + first);
		packets_put16(cut + 3, first);
		memcpy(cut + 5 + first, hello, 3);
		packets_put16(cut + 8 + first, len - 5 - first);
		memcpy(cut + 10 + first, hello + 5 + first, len - 5 - first);
		expect_name(cut, len + 5, "files.example");
	}
}
END_TEST

START_TEST(real_hellos_are_read)
{
	static const char *const files[] = {
		"curl", "node", "openssl-tls12", "openssl-tls13", "openssl-fragments", "python"
	};
	const char *top = getenv("SRCDIR");
	char path[4096];
	size_t len;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/fuzz_tls/%s", top == NULL ? "." : top,
		 files[_i]);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "cannot open %s", path);
	len = fread(hello, 1, sizeof(hello), f);
	fclose(f);
	expect_name(hello, len, "tenant.sharepoint.example");
	for (size_t n = 0; n < len; n++)
		ck_assert_int_eq(look(hello, n), TLS_MORE);
}
END_TEST

START_TEST(other_first_bytes_are_not_tls)
{
	for (unsigned int byte = 0; byte < 256; byte++) {
		uint8_t first = (uint8_t)byte;

		if (byte == 22 || byte >= 0x80)
			ck_assert_int_eq(look(&first, 1), TLS_MORE);
		else
			expect_reason(&first, 1,
				      byte >= 20 && byte <= 24 ? REASON_TLS_MALFORMED
							       : REASON_NOT_TLS);
	}
}
END_TEST

START_TEST(sslv2_hello_is_too_old)
{
	static const uint8_t sslv2[] = { 0x80, 0x2e, 0x01, 0x03, 0x01, 0x00, 0x15 },
			     sslv2_only[] = { 0x80, 0x2e, 0x01, 0x00, 0x02, 0x00, 0x15 },
			     no_hello[] = { 0x80, 0x2e, 0x04 },
			     no_version[] = { 0x80, 0x2e, 0x01, 0x07 };

	for (size_t n = 1; n < 4; n++)
		ck_assert_int_eq(look(sslv2, n), TLS_MORE);
	for (size_t n = 4; n <= sizeof(sslv2); n++)
		expect_reason(sslv2, n, REASON_TLS_TOO_OLD);
	expect_reason(sslv2_only, sizeof(sslv2_only), REASON_TLS_TOO_OLD);
	ck_assert_int_eq(look(no_hello, 2), TLS_MORE);
	expect_reason(no_hello, sizeof(no_hello), REASON_NOT_TLS);
	expect_reason(no_version, sizeof(no_version), REASON_NOT_TLS);
}
END_TEST

START_TEST(broken_record_headers_are_refused_at_the_byte_that_breaks_them)
{
	packets_hello(hello, "a.example", 0);
	hello[1] = 2;
	expect_reason(hello, 2, REASON_TLS_MALFORMED);
	hello[1] = 3;
	packets_put16(hello + 3, 0);
	expect_reason(hello, 5, REASON_TLS_MALFORMED);
	packets_put16(hello + 3, 16385);
	expect_reason(hello, 5, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(another_record_in_the_middle_is_refused)
{
	size_t len = packets_hello(hello, "a.example", 400);
	size_t all = packets_records(cut, hello, len, 100);

	cut[105] = 20;
	expect_reason(cut, 106, REASON_TLS_MALFORMED);
	expect_reason(cut, all, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(other_handshake_messages_are_refused)
{
	size_t len = packets_hello(hello, "a.example", 0);

	hello[5] = 2;
	expect_reason(hello, 6, REASON_TLS_MALFORMED);
	expect_reason(hello, len, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(a_record_that_goes_on_behind_the_hello_is_refused)
{
	size_t len = packets_hello(hello, "a.example", 0);

	packets_put16(hello + 3, len - 5 + 1);
	expect_reason(hello, 9, REASON_TLS_MALFORMED);
	expect_reason(hello, len, REASON_TLS_MALFORMED);
	expect_reason(hello, len + 1, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(the_longest_hello_is_read_and_one_byte_more_is_too_long)
{
	size_t len = packets_hello(hello, "a.example", TLS_HELLO_MAX + 5);

	ck_assert_uint_eq(len, TLS_HELLO_MAX + 5);
	expect_name(hello, len, "a.example");
	len = packets_hello(hello, "a.example", TLS_HELLO_MAX + 6);
	len = packets_records(cut, hello, len, 1000);
	expect_reason(cut, 9, REASON_HELLO_TOO_LONG);
	expect_reason(cut, len, REASON_HELLO_TOO_LONG);
}
END_TEST

START_TEST(hello_without_server_name_has_no_sni)
{
	expect_reason(hello, with_extensions("\x00\x10\x00\x05\x00\x03\x02h2", 9), REASON_NO_SNI);
	expect_reason(hello, with_extensions("", 0), REASON_NO_SNI);
}
END_TEST

START_TEST(hello_without_extensions_has_no_sni)
{
	size_t at = packets_hello_begin(hello);

	packets_hello_end(hello, at, at);
	packets_put16(hello + 3, at - 2 - 5);
	packets_put16(hello + 7, at - 2 - 9);
	expect_reason(hello, at - 2, REASON_NO_SNI);
	hello[10] = 2;
	expect_reason(hello, at - 2, REASON_TLS_TOO_OLD);
	hello[10] = 1;
	expect_reason(hello, at - 2, REASON_TLS_TOO_OLD);
}
END_TEST

/* TLS 1.0 and 1.1 may say a name; SSL 3.0 has no such thing; what a newer one may put there is
 * not told by this field. */
START_TEST(the_version_alone_does_not_hide_a_name)
{
	size_t len = packets_hello(hello, "a.example", 0);

	for (unsigned int minor = 0; minor < 256; minor++) {
		hello[10] = (uint8_t)minor;
		hello[2] = (uint8_t)(255 - minor);
		if (minor == 0)
			expect_reason(hello, len, REASON_TLS_TOO_OLD);
		else
			expect_name(hello, len, "a.example");
	}
}
END_TEST

START_TEST(a_name_that_ends_in_a_dot_is_refused)
{
	expect_reason(hello, packets_hello(hello, "a.example.", 0), REASON_NAME_INVALID);
	expect_reason(hello, packets_hello(hello, ".", 0), REASON_NAME_INVALID);
}
END_TEST

START_TEST(server_name_lists_that_are_not_one_host_name_are_refused)
{
	static const struct {
		const char *body;
		size_t len;
		enum reason want;
	} cases[] = {
		{ "\x00\x04\x00\x00\x01"
		  "a",
		  6, REASON_NONE },
		{ "\x00\x08\x00\x00\x01"
		  "a\x00\x00\x01"
		  "b",
		  10, REASON_NAME_AMBIGUOUS },
		{ "\x00\x08\x00\x00\x01"
		  "a\x01\x00\x01"
		  "b",
		  10, REASON_NAME_AMBIGUOUS },
		{ "\x00\x04\x01\x00\x01"
		  "a",
		  6, REASON_NAME_INVALID },
		{ "\x00\x03\x00\x00\x00", 5, REASON_NAME_INVALID },
		{ "", 0, REASON_TLS_MALFORMED },
		{ "\x00\x00", 2, REASON_TLS_MALFORMED },
		{ "\x00\x05\x00\x00\x01"
		  "a",
		  6, REASON_TLS_MALFORMED },
		{ "\x00\x04\x00\x00\x01"
		  "ab",
		  7, REASON_TLS_MALFORMED },
		{ "\x00\x04\x00\x00\x02"
		  "a",
		  6, REASON_TLS_MALFORMED },
		{ "\x00\x04\x00\xff\xff"
		  "a",
		  6, REASON_TLS_MALFORMED },
	};
	size_t begin = packets_hello_begin(hello);
	size_t at = packets_extension(hello, begin, 0, cases[_i].body, cases[_i].len);
	size_t len = packets_hello_end(hello, begin, at);

	if (cases[_i].want == REASON_NONE)
		expect_name(hello, len, "a");
	else
		expect_reason(hello, len, cases[_i].want);
}
END_TEST

START_TEST(an_extension_that_counts_and_comes_twice_is_refused)
{
	static const uint16_t types[] = { 0x0000, 0x0010, 0xfe0d };
	static const char *const bodies[] = { "\x00\x04\x00\x00\x01"
					      "a",
					      "\x00\x03\x02h2", "" };
	static const size_t lens[] = { 6, 5, 0 };
	size_t begin = packets_hello_begin(hello);
	size_t at = begin;

	at = packets_server_name(hello, at, "a.example", 9);
	at = packets_extension(hello, at, types[_i], bodies[_i], lens[_i]);
	at = packets_extension(hello, at, types[_i], bodies[_i], lens[_i]);
	expect_reason(hello, packets_hello_end(hello, begin, at), REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(broken_alpn_is_refused)
{
	static const struct {
		const char *body;
		size_t len;
	} cases[] = { { "", 0 },
		      { "\x00\x00", 2 },
		      { "\x00\x03\x02h", 4 },
		      { "\x00\x02\x02h", 4 },
		      { "\x00\x01\x00", 3 },
		      { "\x00\x03\x02h2x", 6 } };
	size_t begin = packets_hello_begin(hello);
	size_t at = packets_server_name(hello, begin, "a.example", 9);

	at = packets_extension(hello, at, 0x0010, cases[_i].body, cases[_i].len);
	expect_reason(hello, packets_hello_end(hello, begin, at), REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(lengths_inside_the_hello_that_disagree_are_refused)
{
	/* version, session id, cipher suites (odd, none, too many), compressions (none, no null),
	 * extensions */
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = { { 9, 2 },  { 43, 33 }, { 77, 5 },   { 77, 0 }, { 76, 1 },
		      { 84, 0 }, { 85, 1 },  { 84, 200 }, { 87, 0 }, { 86, 9 } };
	size_t len = packets_hello(hello, "a.example", 0);

	expect_name(hello, len, "a.example");
	hello[cases[_i].at] = cases[_i].value;
	expect_reason(hello, len, REASON_TLS_MALFORMED);
}
END_TEST

START_TEST(a_hello_whose_length_is_cut_short_is_refused_not_named)
{
	for (size_t short_by = 1; short_by < 100; short_by++) {
		size_t len = packets_hello(hello, "a.example", 0);

		packets_put16(hello + 3, len - 5 - short_by);
		packets_put16(hello + 7, len - 9 - short_by);
		ck_assert_int_eq(look(hello, len), TLS_REFUSE);
	}
}
END_TEST

/* One byte changed anywhere: never a name read from beyond, and the same answer however much is
 * shown. */
START_TEST(changed_bytes_give_one_answer_for_every_amount_shown)
{
	size_t len = packets_hello(hello, "a.example", 0);

	for (size_t at = 0; at < len; at++) {
		enum tls_result whole, step = TLS_MORE;
		enum reason whole_reason;

		hello[at] ^= 0x41;
		whole = look(hello, len);
		whole_reason = reason;
		for (size_t n = 0; n <= len && step == TLS_MORE; n++)
			step = look(hello, n);
		ck_assert_int_eq(step, whole);
		ck_assert_int_eq(reason, whole_reason);
		hello[at] ^= 0x41;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tls");
	TCase *tcase = tcase_create("tls");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, name_alpn_and_ech_are_found);
	tcase_add_test(tcase, every_truncation_needs_more);
	tcase_add_test(tcase, bytes_behind_the_hello_do_not_matter);
	tcase_add_test(tcase, records_of_every_size_are_joined_and_every_truncation_needs_more);
	tcase_add_test(tcase, two_records_cut_at_every_byte_are_joined);
	tcase_add_loop_test(tcase, real_hellos_are_read, 0, 6);
	tcase_add_test(tcase, other_first_bytes_are_not_tls);
	tcase_add_test(tcase, sslv2_hello_is_too_old);
	tcase_add_test(tcase, broken_record_headers_are_refused_at_the_byte_that_breaks_them);
	tcase_add_test(tcase, another_record_in_the_middle_is_refused);
	tcase_add_test(tcase, other_handshake_messages_are_refused);
	tcase_add_test(tcase, a_record_that_goes_on_behind_the_hello_is_refused);
	tcase_add_test(tcase, the_longest_hello_is_read_and_one_byte_more_is_too_long);
	tcase_add_test(tcase, hello_without_server_name_has_no_sni);
	tcase_add_test(tcase, hello_without_extensions_has_no_sni);
	tcase_add_test(tcase, the_version_alone_does_not_hide_a_name);
	tcase_add_test(tcase, a_name_that_ends_in_a_dot_is_refused);
	tcase_add_loop_test(tcase, server_name_lists_that_are_not_one_host_name_are_refused, 0, 11);
	tcase_add_loop_test(tcase, an_extension_that_counts_and_comes_twice_is_refused, 0, 3);
	tcase_add_loop_test(tcase, broken_alpn_is_refused, 0, 6);
	tcase_add_loop_test(tcase, lengths_inside_the_hello_that_disagree_are_refused, 0, 10);
	tcase_add_test(tcase, a_hello_whose_length_is_cut_short_is_refused_not_named);
	tcase_add_test(tcase, changed_bytes_give_one_answer_for_every_amount_shown);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
