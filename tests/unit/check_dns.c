/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DNS answers. */
#include <arpa/inet.h>
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/dns.h"

#define A     "\0\1"
#define CNAME "\0\5"
#define AAAA  "\0\x1c"
#define HTTPS "\0\x41"
#define OPT   "\0\x29"
#define ASKED "\xc0\x0c" /* a pointer to the question's name */

static uint8_t message[65535];
static size_t len;
static struct dns_answer answer;
static char story[4096];

static void put(const void *bytes, size_t count)
{
	memcpy(message + len, bytes, count);
	len += count;
}
#define PUT(literal) put(literal, sizeof(literal) - 1)

/* name: without its last, empty label */
static void put_name(const char *dotted)
{
	while (*dotted != '\0') {
		size_t label = strcspn(dotted, ".");
		uint8_t length = (uint8_t)label;

		put(&length, 1);
		put(dotted, label);
		dotted += label + (dotted[label] == '.');
	}
	put("", 1);
}

static void begin(const char *name, const char *type)
{
	len = 0;
	memset(&answer, 0xee, sizeof(answer));
	PUT("\x12\x34\x81\x80\0\1\0\0\0\0\0\0");
	put_name(name);
	put(type, 2);
	PUT("\0\1");
}

static void put_record_head(const char *type, uint32_t ttl, size_t data_len)
{
	uint8_t rest[6] = { (uint8_t)(ttl >> 24), (uint8_t)(ttl >> 16),     (uint8_t)(ttl >> 8),
			    (uint8_t)ttl,         (uint8_t)(data_len >> 8), (uint8_t)data_len };

	put(type, 2);
	PUT("\0\1");
	put(rest, 6);
	message[7]++;
	message[6] = (uint8_t)(message[6] + (message[7] == 0));
}

static void record(const char *owner, const char *type, uint32_t ttl, const void *data,
		   size_t data_len)
{
	put_name(owner);
	put_record_head(type, ttl, data_len);
	put(data, data_len);
}
#define RECORD(owner, type, ttl, data) record(owner, type, ttl, data, sizeof(data) - 1)

static void tell(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(story + strlen(story), sizeof(story) - strlen(story), format, args);
	va_end(args);
}

static void found(const struct dns_record *r, void *data)
{
	struct dns_bytes alpn = r->service.alpn, one;
	char text[DNS_TEXT_MAX], numbers[ADDR_TEXT_MAX];
	struct addr hint;

	(void)data;
	tell("%s %u ", dns_name_text(r->owner, text), r->ttl);
	if (r->type == DNS_A || r->type == DNS_AAAA) {
		tell("%s;", addr_text(&r->address, numbers));
		return;
	}
	tell("%u %s%s", r->service.priority, dns_name_text(&r->service.target, text),
	     r->service.usable ? "" : " unusable");
	while (dns_service_alpn(&alpn, &one))
		tell(" %.*s", (int)one.len, (const char *)one.at);
	if (r->service.has_port)
		tell(" %u", r->service.port);
	for (size_t i = 0; dns_service_hint(&r->service, i, &hint); i++)
		tell(" %s", addr_text(&hint, numbers));
	if (r->service.ech.len != 0)
		tell(" ech%zu", r->service.ech.len);
	tell(";");
}

static enum dns_result read_all(void)
{
	uint8_t *exact = malloc(len == 0 ? 1 : len);
	enum dns_result result;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, message, len);
	story[0] = '\0';
	result = dns_read(exact, len, found, NULL, &answer);
	free(exact);
	return result;
}

#define expect(result, want)                                                                       \
	do {                                                                                       \
		ck_assert_int_eq(read_all(), result);                                              \
		ck_assert_str_eq(story, want);                                                     \
	} while (0)

START_TEST(addresses_of_the_name_asked_for_are_handed_out)
{
	char text[DNS_TEXT_MAX];

	begin("Files.Example", A);
	RECORD("files.EXAMPLE", A, 300, "\xc0\0\2\1");
	RECORD("files.example", A, 20, "\xc0\0\2\2");
	RECORD("other.example", A, 20, "\xc0\0\2\3");
	RECORD("files.example", AAAA, 20, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
	expect(DNS_ANSWER, "files.example 300 192.0.2.1;files.example 20 192.0.2.2;");
	ck_assert_uint_eq(answer.id, 0x1234);
	ck_assert_uint_eq(answer.type, DNS_A);
	ck_assert_uint_eq(answer.rcode, 0);
	ck_assert_uint_eq(answer.aliases, 0);
	ck_assert_str_eq(dns_name_text(&answer.asked, text), "Files.Example");
	ck_assert_str_eq(dns_name_text(&answer.end, text), "files.example");
	ck_assert(dns_name_same(&answer.asked, &answer.end));
}
END_TEST

START_TEST(aliases_are_followed_in_any_order_and_the_least_ttl_counts)
{
	char text[DNS_TEXT_MAX];

	begin("www.example", AAAA);
	RECORD("c.example", AAAA, 600, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
	RECORD("b.example", CNAME, 30, "\1c\7example\0");
	RECORD("WWW.example", CNAME, 60, "\1B\7example\0");
	RECORD("www.example", AAAA, 600, "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2");
	expect(DNS_ANSWER, "c.example 30 2001:db8::1;");
	ck_assert_uint_eq(answer.aliases, 2);
	ck_assert_uint_eq(answer.ttl, 30);
	ck_assert_str_eq(dns_name_text(&answer.end, text), "c.example");
}
END_TEST

START_TEST(names_may_be_compressed)
{
	begin("www.example", A);
	PUT(ASKED);
	put_record_head(CNAME, 60, 6);
	PUT("\3cdn\xc0\x10"); /* "example" of the question */
	put_name("cdn.example");
	put_record_head(A, 60, 4);
	PUT("\xc0\0\2\1");
	expect(DNS_ANSWER, "cdn.example 60 192.0.2.1;");
}
END_TEST

START_TEST(pointers_that_do_not_lead_back_are_refused)
{
	static const char *const pointers[] = { "\xc0\x1d", "\xc0\x1e", "\xff\xff", "\xc0\x1f" };

	begin("www.example", A);
	ck_assert_uint_eq(len, 29);
	put(pointers[_i], 2);
	put_record_head(A, 60, 4);
	PUT("\xc0\0\2\1");
	expect(DNS_BAD, "");
}
END_TEST

START_TEST(a_ring_of_aliases_is_refused)
{
	begin("a.example", A);
	RECORD("a.example", CNAME, 60, "\1b\7example\0");
	RECORD("b.example", CNAME, 60, "\1a\7example\0");
	RECORD("a.example", A, 60, "\xc0\0\2\1");
	expect(DNS_BAD, "");
}
END_TEST

START_TEST(aliases_are_followed_up_to_their_bound)
{
	for (int extra = 0; extra <= 1; extra++) {
		char owner[16], target[] = "\3a00\0";

		begin("a00", A);
		for (int i = 0; i < DNS_CHAIN_MAX + extra; i++) {
			(void)snprintf(owner, sizeof(owner), "a%02d", i);
			(void)snprintf(target + 1, 4, "a%02d", i + 1);
			record(owner, CNAME, 60, target, 5);
		}
		(void)snprintf(owner, sizeof(owner), "a%02d", DNS_CHAIN_MAX + extra);
		RECORD(owner, A, 60, "\xc0\0\2\1");
		expect(extra == 0 ? DNS_ANSWER : DNS_BAD, extra == 0 ? "a16 60 192.0.2.1;" : "");
	}
}
END_TEST

START_TEST(two_aliases_of_one_name_are_refused)
{
	begin("a.example", A);
	RECORD("a.example", CNAME, 60, "\1b\7example\0");
	RECORD("a.example", CNAME, 60, "\1B\7example\0");
	RECORD("b.example", A, 60, "\xc0\0\2\1");
	expect(DNS_ANSWER, "b.example 60 192.0.2.1;");
	RECORD("a.example", CNAME, 60, "\1c\7example\0");
	expect(DNS_BAD, "");
}
END_TEST

START_TEST(every_truncation_is_refused_and_hands_out_nothing)
{
	size_t whole;

	begin("www.example", A);
	RECORD("www.example", CNAME, 60, "\1c\7example\0");
	RECORD("c.example", A, 60, "\xc0\0\2\1");
	for (whole = len, len = 0; len < whole; len++) {
		memset(&answer, 0xee, sizeof(answer));
		expect(DNS_BAD, "");
		ck_assert_uint_eq(answer.id, 0xeeee);
	}
	expect(DNS_ANSWER, "c.example 60 192.0.2.1;");
}
END_TEST

START_TEST(an_answer_that_was_cut_is_not_used)
{
	begin("www.example", A);
	RECORD("www.example", A, 60, "\xc0\0\2\1");
	message[2] |= 2;
	expect(DNS_TRUNCATED, "");
	ck_assert_uint_eq(answer.type, DNS_A);
}
END_TEST

START_TEST(queries_and_other_operations_are_no_answers)
{
	begin("www.example", A);
	message[2] = 0x01;
	expect(DNS_NO_ANSWER, "");
	message[2] = 0xa8;
	expect(DNS_NO_ANSWER, "");
}
END_TEST

START_TEST(more_or_less_than_one_question_is_refused)
{
	begin("www.example", A);
	message[5] = 2;
	put_name("second.example");
	PUT(A "\0\1");
	expect(DNS_BAD, "");
	message[5] = 0;
	expect(DNS_BAD, "");
}
END_TEST

START_TEST(what_lies_behind_the_answers_is_left_aside)
{
	begin("www.example", A);
	RECORD("www.example", A, 60, "\xc0\0\2\1");
	message[11] = 1;
	PUT("\0" OPT "\x04\xd0\0\0\0\0\0\0");
	expect(DNS_ANSWER, "www.example 60 192.0.2.1;");
}
END_TEST

START_TEST(an_address_of_another_length_refuses_all)
{
	begin("www.example", A);
	RECORD("www.example", A, 60, "\xc0\0\2\1");
	RECORD("www.example", A, 60, "\xc0\0\2\1\1");
	expect(DNS_BAD, "");
}
END_TEST

START_TEST(a_ttl_beyond_its_range_is_0)
{
	begin("www.example", A);
	RECORD("www.example", A, 0x80000000U, "\xc0\0\2\1");
	expect(DNS_ANSWER, "www.example 0 192.0.2.1;");
}
END_TEST

START_TEST(the_parameters_of_a_service_are_read)
{
	begin("www.example", HTTPS);
	RECORD("www.example", HTTPS, 60,
	       "\0\1\0"
	       "\0\1\0\6\2h3\2h2"
	       "\0\3\0\2\x20\xfb"
	       "\0\4\0\x08\xc0\0\2\1\xc0\0\2\2"
	       "\0\5\0\4\0\2zz"
	       "\0\6\0\x10\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1");
	RECORD("www.example", HTTPS, 60, "\0\2\3Cdn\7example\0");
	RECORD("www.example", HTTPS, 60, "\0\0\3cdn\7example\0");
	RECORD("www.example", HTTPS, 60, "\0\3\0\0\0\0\2\x02\x9a\x02\x9a\0\0");
	expect(DNS_ANSWER,
	       "www.example 60 1 www.example h3 h2 8443 192.0.2.1 192.0.2.2 2001:db8::1 ech4;"
	       "www.example 60 2 cdn.example;"
	       "www.example 60 0 cdn.example;"
	       "www.example 60 3 www.example unusable;");
}
END_TEST

static const struct {
	const char *data;
	size_t len;
} bad_services[] = {
#define BAD(literal)                                                                               \
	{                                                                                          \
		literal, sizeof(literal) - 1                                                       \
	}
	BAD("\0"),
	BAD("\0\1"),
	BAD("\0\1\0\0\3\0\2\1"),                     /* cut */
	BAD("\0\1\0\0\3\0\1\1"),                     /* a port of one byte */
	BAD("\0\1\0\0\3\0\2\1\xbb\0\3\0\2\1\xbb"),   /* twice */
	BAD("\0\1\0\0\3\0\2\1\xbb\0\1\0\3\2h2"),     /* out of order */
	BAD("\0\1\0\0\1\0\0"),                       /* no protocol */
	BAD("\0\1\0\0\1\0\2\0\0"),                   /* an empty one */
	BAD("\0\1\0\0\1\0\2\5h"),                    /* one that is cut */
	BAD("\0\1\0\0\2\0\0"),                       /* no default, and no other */
	BAD("\0\1\0\0\1\0\3\2h2\0\2\0\1\0"),         /* no-default-alpn with a value */
	BAD("\0\1\0\0\4\0\0"),                       /* no address */
	BAD("\0\1\0\0\4\0\5\xc0\0\2\1\1"),           /* a part of one */
	BAD("\0\1\0\0\6\0\4\x20\1\x0d\xb8"),         /* the same */
	BAD("\0\1\0\0\5\0\3\0\2z"),                  /* ECH that ends early */
	BAD("\0\1\0\0\0\0\2\0\3"),                   /* mandatory, but not there */
	BAD("\0\1\0\0\0\0\2\0\0"),                   /* mandatory itself */
	BAD("\0\1\0\0\0\0\4\0\3\0\3\0\3\0\2\1\xbb"), /* twice mandatory */
	BAD("\0\1\0\0\0\0\1\0"),                     /* half a key */
	BAD("\0\1\xc0\x0c"),                         /* a target may not be compressed */
};

START_TEST(a_broken_service_refuses_all)
{
	begin("www.example", HTTPS);
	RECORD("www.example", HTTPS, 60, "\0\1\0");
	record("www.example", HTTPS, 60, bad_services[_i].data, bad_services[_i].len);
	expect(DNS_BAD, "");
	/* but not what was not asked for */
	message[12 + 13 + 1] = 1;
	expect(DNS_ANSWER, "");
}
END_TEST

START_TEST(names_are_bounded)
{
	char name[300] = "";

	for (int i = 0; i < 63; i++)
		(void)strcat(name, "aaa.");
	/* 252 bytes, and the empty label: 253 of 255 */
	begin(name, A);
	record(name, A, 60, "\xc0\0\2\1", 4);
	ck_assert_int_eq(read_all(), DNS_ANSWER);
	(void)strcat(name, "aa");
	begin(name, A);
	ck_assert_int_eq(read_all(), DNS_BAD);
	begin(name + 1, A);
	ck_assert_int_eq(read_all(), DNS_ANSWER);
}
END_TEST

START_TEST(more_records_than_the_bound_are_refused)
{
	begin("www.example", A);
	for (int i = 0; i < DNS_RECORDS_MAX; i++) {
		PUT(ASKED);
		put_record_head(A, 60, 4);
		PUT("\xc0\0\2\1");
	}
	ck_assert_int_eq(read_all(), DNS_ANSWER);
	PUT(ASKED);
	put_record_head(A, 60, 4);
	PUT("\xc0\0\2\1");
	expect(DNS_BAD, "");
}
END_TEST

START_TEST(text_of_names_is_escaped)
{
	static const struct dns_name name = { 13, "\4a.\\b\3\x01\xff \2\x41z" };
	struct dns_name root = { 1, "" }, full = { .len = DNS_NAME_MAX };
	char text[DNS_TEXT_MAX];

	ck_assert_str_eq(dns_name_text(&name, text), "a\\.\\\\b.\\001\\255\\032.Az");
	ck_assert_str_eq(dns_name_text(&root, text), ".");
	for (size_t i = 0; i < DNS_NAME_MAX; i++)
		full.wire[i] = i % 64 == 0 ? (i == 192 ? 61 : 63) : 0xff;
	full.wire[DNS_NAME_MAX - 1] = 0;
	ck_assert_uint_eq(strlen(dns_name_text(&full, text)), 250 * 4 + 3);
}
END_TEST

START_TEST(messages_are_cut_off_a_stream)
{
	const uint8_t bytes[] = { 0, 2, 'a', 'b', 0, 0, 0, 3, 'c', 'd' };
	struct rd stream = rd_of(bytes, sizeof(bytes));
	struct dns_bytes one;

	ck_assert(dns_next_of_stream(&stream, &one));
	ck_assert_uint_eq(one.len, 2);
	ck_assert_mem_eq(one.at, "ab", 2);
	ck_assert(dns_next_of_stream(&stream, &one));
	ck_assert_uint_eq(one.len, 0);
	ck_assert(!dns_next_of_stream(&stream, &one));
	ck_assert_uint_eq(stream.left, 4);
	ck_assert(!stream.bad);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dns");
	TCase *tc = tcase_create("dns");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, addresses_of_the_name_asked_for_are_handed_out);
	tcase_add_test(tc, aliases_are_followed_in_any_order_and_the_least_ttl_counts);
	tcase_add_test(tc, names_may_be_compressed);
	tcase_add_loop_test(tc, pointers_that_do_not_lead_back_are_refused, 0, 4);
	tcase_add_test(tc, a_ring_of_aliases_is_refused);
	tcase_add_test(tc, aliases_are_followed_up_to_their_bound);
	tcase_add_test(tc, two_aliases_of_one_name_are_refused);
	tcase_add_test(tc, every_truncation_is_refused_and_hands_out_nothing);
	tcase_add_test(tc, an_answer_that_was_cut_is_not_used);
	tcase_add_test(tc, queries_and_other_operations_are_no_answers);
	tcase_add_test(tc, more_or_less_than_one_question_is_refused);
	tcase_add_test(tc, what_lies_behind_the_answers_is_left_aside);
	tcase_add_test(tc, an_address_of_another_length_refuses_all);
	tcase_add_test(tc, a_ttl_beyond_its_range_is_0);
	tcase_add_test(tc, the_parameters_of_a_service_are_read);
	tcase_add_loop_test(tc, a_broken_service_refuses_all, 0,
			    sizeof(bad_services) / sizeof(bad_services[0]));
	tcase_add_test(tc, names_are_bounded);
	tcase_add_test(tc, more_records_than_the_bound_are_refused);
	tcase_add_test(tc, text_of_names_is_escaped);
	tcase_add_test(tc, messages_are_cut_off_a_stream);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
