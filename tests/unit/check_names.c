/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of host names, patterns and the index. */
#include "policy/names.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/mark.h"

#define L63 "aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggg"

START_TEST(names_are_lowered_and_lose_one_trailing_dot)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "a.b", "a.b" },
		{ "Reiji-City.SharePoint.COM", "reiji-city.sharepoint.com" },
		{ "a.b.", "a.b" },
		{ "xn--eckwd4c7c.xn--zckzah", "xn--eckwd4c7c.xn--zckzah" },
		{ "1.2.3.example", "1.2.3.example" },
		{ "my_host.example.com", "my_host.example.com" },
		{ "0x.example", "0x.example" },
		{ "a--b.example", "a--b.example" },
		{ L63 ".example", L63 ".example" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[NAMES_MAX + 1];

		ck_assert_int_eq(names_normalise(cases[i].in, strlen(cases[i].in), false, out),
				 NAMES_OK);
		ck_assert_str_eq(out, cases[i].out);
	}
}
END_TEST

START_TEST(each_fault_is_told_and_leaves_result_alone)
{
	static const struct {
		const char *in;
		enum names_fault fault;
	} cases[] = {
		{ "", NAMES_EMPTY },
		{ ".", NAMES_EMPTY },
		{ "a.b..", NAMES_LABEL_LENGTH },
		{ "..", NAMES_LABEL_LENGTH },
		{ ".a.b", NAMES_LABEL_LENGTH },
		{ "a..b", NAMES_LABEL_LENGTH },
		{ L63 "x.example", NAMES_LABEL_LENGTH },
		{ "a b.example", NAMES_CHARACTER },
		{ "a.example\n", NAMES_CHARACTER },
		{ "a/b.example", NAMES_CHARACTER },
		{ "a.example:443", NAMES_CHARACTER },
		{ "例示.example", NAMES_CHARACTER },
		{ "_dmarc.example", NAMES_CHARACTER },
		{ "a_.example", NAMES_CHARACTER },
		{ "*.a.example", NAMES_CHARACTER },
		{ "-a.example", NAMES_HYPHEN },
		{ "a-.example", NAMES_HYPHEN },
		{ "a.example-", NAMES_HYPHEN },
		{ "192.0.2.1", NAMES_ADDRESS },
		{ "192.0.2.1.", NAMES_ADDRESS },
		{ "192.0.2.256", NAMES_ADDRESS },
		{ "127.1", NAMES_ADDRESS },
		{ "2130706433", NAMES_ADDRESS },
		{ "a.0x7f", NAMES_ADDRESS },
		{ "0X7F.0.0.0x1", NAMES_ADDRESS },
		{ "2001:db8::1", NAMES_ADDRESS },
		{ "[2001:db8::1]", NAMES_ADDRESS },
		{ "::ffff:192.0.2.1", NAMES_ADDRESS },
		{ "localhost", NAMES_SINGLE_LABEL },
		{ "localhost.", NAMES_SINGLE_LABEL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[NAMES_MAX + 1] = "untouched";

		ck_assert_msg(names_normalise(cases[i].in, strlen(cases[i].in), false, out) ==
				      cases[i].fault,
			      "%s", cases[i].in);
		ck_assert_str_eq(out, "untouched");
	}
}
END_TEST

START_TEST(a_nul_in_the_middle_is_no_end)
{
	char out[NAMES_MAX + 1];

	ck_assert_int_eq(names_normalise("good.example\0.bad.example", 25, false, out),
			 NAMES_CHARACTER);
	ck_assert_int_eq(names_normalise("::1\0", 4, false, out), NAMES_CHARACTER);
}
END_TEST

START_TEST(names_of_253_bytes_pass_and_of_254_do_not)
{
	char text[NAMES_MAX + 3], out[NAMES_MAX + 1];

	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = i % 50 == 49 ? '.' : 'a';
	text[NAMES_MAX] = '.';
	ck_assert_int_eq(names_normalise(text, NAMES_MAX, false, out), NAMES_OK);
	ck_assert_uint_eq(strlen(out), NAMES_MAX);
	ck_assert_int_eq(names_normalise(text, NAMES_MAX + 1, false, out), NAMES_OK);
	text[NAMES_MAX] = 'a';
	ck_assert_int_eq(names_normalise(text, NAMES_MAX + 1, false, out), NAMES_TOO_LONG);
}
END_TEST

START_TEST(a_wildcard_stands_first_alone_and_before_two_labels)
{
	static const struct {
		const char *in;
		enum names_fault fault;
	} cases[] = {
		{ "*.b.example", NAMES_OK },
		{ "a.b.example", NAMES_OK },
		{ "*.B.example.", NAMES_OK },
		{ "*", NAMES_WILDCARD },
		{ "*.", NAMES_WILDCARD },
		{ "*.example", NAMES_WILDCARD },
		{ "a.*.example", NAMES_WILDCARD },
		{ "a*.b.example", NAMES_WILDCARD },
		{ "*a.b.example", NAMES_WILDCARD },
		{ "**.b.example", NAMES_WILDCARD },
		{ "*.*.b.example", NAMES_WILDCARD },
		{ "*..b.example", NAMES_LABEL_LENGTH },
		{ "*.192.0.2.1", NAMES_ADDRESS },
		{ "*.co.jp", NAMES_REGISTRY },
		{ "*.LG.jp.", NAMES_REGISTRY },
		{ "*.tokyo.jp", NAMES_REGISTRY },
		{ "*.com.au", NAMES_REGISTRY },
		{ "*.tokyo.example", NAMES_OK },
		{ "*.reiji.co.jp", NAMES_OK },
		{ "*.co.jpn", NAMES_OK },
		{ "co.jp", NAMES_OK },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		char out[NAMES_MAX + 1];

		ck_assert_msg(names_normalise(cases[i].in, strlen(cases[i].in), true, out) ==
				      cases[i].fault,
			      "%s", cases[i].in);
	}
}
END_TEST

START_TEST(every_fault_has_a_sentence)
{
	for (unsigned int fault = NAMES_OK; fault <= NAMES_REGISTRY; fault++)
		ck_assert_ptr_nonnull(names_fault_text((enum names_fault)fault));
}
END_TEST

struct seen {
	uint32_t services[16];
	size_t count, stop_at;
};

static bool note(const struct names_entry *entry, void *data)
{
	struct seen *seen = data;

	ck_assert_uint_lt(seen->count, ARRAY_SIZE(seen->services));
	seen->services[seen->count++] = entry->service;
	return seen->stop_at && seen->count >= seen->stop_at;
}

static const struct names_entry some[] = {
	{ "reiji-city.sharepoint.com", 0, NAMES_TENANT },
	{ "reiji-city-my.sharepoint.com", 0, NAMES_TENANT },
	{ "login.microsoftonline.com", 1, NAMES_SHARED },
	{ "*.updates.example.net", 2, NAMES_PLAIN },
	{ "*.eu.updates.example.net", 3, NAMES_PLAIN },
	{ "cdn.updates.example.net", 4, NAMES_PLAIN },
	{ "login.microsoftonline.com", 5, NAMES_SHARED },
	{ "tenant.example", 6, NAMES_TENANT },
	{ "*.reiji.cloud.example", 7, NAMES_TENANT },
};

static void assert_seen(const struct names *names, const char *name, const char *wanted)
{
	struct seen seen = { 0 };
	char text[64] = "";

	ck_assert(!names_match(names, name, note, &seen));
	for (size_t i = 0; i < seen.count; i++)
		(void)snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
			       i ? " " : "", (unsigned int)seen.services[i]);
	ck_assert_msg(strcmp(text, wanted) == 0, "%s: %s, not %s", name, text, wanted);
}

START_TEST(a_name_finds_all_its_patterns_the_closest_first)
{
	struct names *names = names_new(some, ARRAY_SIZE(some));

	assert_seen(names, "reiji-city.sharepoint.com", "0");
	assert_seen(names, "sharepoint.com", "");
	assert_seen(names, "x.reiji-city.sharepoint.com", "");
	assert_seen(names, "other.sharepoint.com", "");
	assert_seen(names, "login.microsoftonline.com", "1 5");
	assert_seen(names, "cdn.updates.example.net", "4 2");
	assert_seen(names, "a.b.eu.updates.example.net", "3 2");
	assert_seen(names, "eu.updates.example.net", "2");
	assert_seen(names, "updates.example.net", "");
	assert_seen(names, "xupdates.example.net", "");
	assert_seen(names, "a.xupdates.example.net", "");
	assert_seen(names, "a.updates.example.net.evil.example", "");
	assert_seen(names, "", "");
	names_free(names);
}
END_TEST

START_TEST(a_search_ends_where_the_caller_says)
{
	struct names *names = names_new(some, ARRAY_SIZE(some));
	struct seen seen = { .stop_at = 1 };

	ck_assert(names_match(names, "login.microsoftonline.com", note, &seen));
	ck_assert_uint_eq(seen.count, 1);
	names_free(names);
}
END_TEST

START_TEST(an_empty_index_matches_nothing)
{
	struct names *names = names_new(NULL, 0);

	assert_seen(names, "a.example", "");
	ck_assert(!names_is_sibling_of_tenant(names, "a.b.example"));
	ck_assert(!names_match_mark(names, names_pattern_mark("a.example"), note, NULL));
	names_free(names);
	names_free(NULL);
}
END_TEST

START_TEST(siblings_share_exactly_the_parent_of_a_tenant)
{
	struct names *names = names_new(some, ARRAY_SIZE(some));
	static const struct {
		const char *name;
		bool sibling;
	} cases[] = {
		{ "other-city.sharepoint.com", true },
		{ "reiji-city.sharepoint.com", false },
		{ "reiji-city-my.sharepoint.com", false },
		{ "x.y.sharepoint.com", false },
		{ "x.reiji-city.sharepoint.com", false },
		{ "sharepoint.com", false },
		{ "other.microsoftonline.com", false },
		{ "other.example", false },
		{ "a.tenant.example", false },
		{ "other.cloud.example", false },
		{ "other.reiji.cloud.example", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		ck_assert_msg(names_is_sibling_of_tenant(names, cases[i].name) == cases[i].sibling,
			      "%s", cases[i].name);
	names_free(names);
}
END_TEST

START_TEST(marks_stay_within_their_bits_and_never_change)
{
	static const struct {
		const char *pattern;
		uint32_t mark;
	} known[] = {
		/* 64-bit FNV-1a 0x85944171f73967e8 and 0xcbf29ce484222325, folded */
		{ "foobar", (0x3967e8U ^ 0x4171f7U ^ 0x008594U) << 8 },
		{ "", (0x222325U ^ 0x9ce484U ^ 0x00cbf2U) << 8 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		ck_assert_uint_eq(names_pattern_mark(known[i].pattern), known[i].mark);
	for (size_t i = 0; i < ARRAY_SIZE(some); i++) {
		uint32_t mark = names_pattern_mark(some[i].pattern);

		ck_assert_uint_ne(mark, 0);
		ck_assert_uint_eq(mark & ~MARK_NAME_MASK, 0);
	}
}
END_TEST

START_TEST(a_mark_finds_the_entries_of_its_pattern)
{
	struct names *names = names_new(some, ARRAY_SIZE(some));
	uint32_t noise = MARK_OPEN | MARK_INSPECTED;
	struct seen seen = { 0 };

	names_match_mark(names, names_pattern_mark("login.microsoftonline.com") | noise, note,
			 &seen);
	ck_assert_uint_eq(seen.count, 2);
	ck_assert_uint_eq(seen.services[0], 1);
	ck_assert_uint_eq(seen.services[1], 5);
	seen.count = 0;
	names_match_mark(names, names_pattern_mark("*.updates.example.net") | noise, note, &seen);
	ck_assert_uint_eq(seen.count, 1);
	ck_assert_uint_eq(seen.services[0], 2);
	seen.count = 0;
	names_match_mark(names, names_pattern_mark("updates.example.net") | noise, note, &seen);
	ck_assert_uint_eq(seen.count, 0);
	names_free(names);
}
END_TEST

#define MANY 1000000U
#define TEXT 40

static bool count_one(const struct names_entry *entry, void *data)
{
	(void)entry;
	++*(unsigned int *)data;
	return false;
}

START_TEST(a_million_names_are_each_found_once)
{
	char *texts = calloc(MANY, TEXT);
	struct names_entry *entries = calloc(MANY, sizeof(*entries));
	unsigned int once = 0;
	struct names *names;

	ck_assert(texts && entries);
	for (unsigned int i = 0; i < MANY; i++) {
		char *text = texts + (size_t)i * TEXT;

		/* Half wildcards; all tenants share one parent, the worst for the siblings. */
		(void)snprintf(text, TEXT, i % 2 ? "*.c%u.cloud.example" : "c%u.tenants.example",
			       i);
		entries[i] = (struct names_entry){ text, i, i % 2 ? NAMES_PLAIN : NAMES_TENANT };
	}
	names = names_new(entries, MANY);
	free(entries);
	ck_assert_ptr_nonnull(names);
	for (unsigned int i = 0; i < MANY; i++) {
		unsigned int found = 0;
		char name[TEXT];

		(void)snprintf(name, sizeof(name),
			       i % 2 ? "x.c%u.cloud.example" : "c%u.tenants.example", i);
		names_match(names, name, count_one, &found);
		once += found == 1;
	}
	ck_assert_uint_eq(once, MANY);
	ck_assert(names_is_sibling_of_tenant(names, "other.tenants.example"));
	ck_assert(!names_is_sibling_of_tenant(names, "other.cloud.example"));
	names_free(names);
	free(texts);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("names");
	TCase *tc = tcase_create("names"), *many = tcase_create("many names");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, names_are_lowered_and_lose_one_trailing_dot);
	tcase_add_test(tc, each_fault_is_told_and_leaves_result_alone);
	tcase_add_test(tc, a_nul_in_the_middle_is_no_end);
	tcase_add_test(tc, names_of_253_bytes_pass_and_of_254_do_not);
	tcase_add_test(tc, a_wildcard_stands_first_alone_and_before_two_labels);
	tcase_add_test(tc, every_fault_has_a_sentence);
	tcase_add_test(tc, a_name_finds_all_its_patterns_the_closest_first);
	tcase_add_test(tc, a_search_ends_where_the_caller_says);
	tcase_add_test(tc, an_empty_index_matches_nothing);
	tcase_add_test(tc, siblings_share_exactly_the_parent_of_a_tenant);
	tcase_add_test(tc, marks_stay_within_their_bits_and_never_change);
	tcase_add_test(tc, a_mark_finds_the_entries_of_its_pattern);
	tcase_add_test(many, a_million_names_are_each_found_once);
	tcase_set_timeout(many, 120);
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, many);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
