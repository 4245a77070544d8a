/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of addresses, ranges and lists of ranges. */
#include "common/addr.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

static struct addr address(const char *text)
{
	struct addr a;

	ck_assert_msg(addr_parse(text, &a) == 0, "%s", text);
	return a;
}

static struct addr_range range(const char *text)
{
	struct addr_range r;

	ck_assert_msg(addr_range_parse(text, &r) == 0, "%s", text);
	return r;
}

/* Adds the comma-separated ranges as they stand. */
static void add_text(struct addr_list *list, const char *text)
{
	auto_(free_charp) char *copy = strdup(text);
	char *rest = copy;
	char *word;

	while ((word = strsep(&rest, ",")) != NULL) {
		struct addr_range r;

		if (!*word)
			continue;
		r = range(word);
		ck_assert_int_eq(addr_list_add(list, &r), 0);
	}
}

static struct addr_list normal(const char *text)
{
	struct addr_list list = { 0 };

	add_text(&list, text);
	addr_list_normalise(&list);
	return list;
}

static void assert_list(const struct addr_list *list, const char *wanted)
{
	char text[1024] = "", one[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < list->count; i++) {
		size_t used = strlen(text);

		(void)snprintf(text + used, sizeof(text) - used, "%s%s", i ? "," : "",
			       addr_range_text(&list->at[i], one));
	}
	ck_assert_str_eq(text, wanted);
}

START_TEST(addresses_read_and_write_alike)
{
	static const char *const texts[] = { "0.0.0.0",     "192.0.2.10",  "255.255.255.255", "::",
					     "2001:db8::1", "fe80::1:2:3", "64:ff9b::1" };
	char out[ADDR_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct addr a = address(texts[i]);

		ck_assert_str_eq(addr_text(&a, out), texts[i]);
	}
}
END_TEST

START_TEST(ipv4_leaves_the_other_bytes_zero)
{
	struct addr a;

	memset(&a, 0xaa, sizeof(a));
	ck_assert_int_eq(addr_parse("192.0.2.1", &a), 0);
	ck_assert_uint_eq(a.family, 4);
	for (size_t i = 4; i < sizeof(a.b); i++)
		ck_assert_uint_eq(a.b[i], 0);
}
END_TEST

START_TEST(what_is_no_address_is_refused_and_leaves_result_alone)
{
	static const char *const texts[] = {
		"",
		" ",
		"192.0.2",
		"192.0.2.256",
		"192.0.2.1 ",
		" 192.0.2.1",
		"0192.0.2.1",
		"1.2.3.4.5",
		"::ffff:1.2.3.4",
		"::ffff:0:1",
		"2001:db8::1%1",
		"[::1]",
		"example",
		"1::2::3",
		"0x7f.0.0.1",
		"1.2.3.4/32",
	};
	struct addr untouched, a;

	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		a = untouched;
		ck_assert_msg(addr_parse(texts[i], &a) == -EINVAL, "%s", texts[i]);
		ck_assert_mem_eq(&a, &untouched, sizeof(a));
	}
}
END_TEST

START_TEST(every_cut_of_an_address_is_read_whole_or_refused)
{
	static const char whole[] = "2001:db8:ffff:1:2:3:4:5-2001:db8:ffff:1:2:3:4:f";

	for (size_t len = 0; len < sizeof(whole); len++) {
		char cut[sizeof(whole)], again[ADDR_RANGE_TEXT_MAX];
		struct addr_range r, second;

		memcpy(cut, whole, len);
		cut[len] = '\0';
		if (addr_range_parse(cut, &r))
			continue;
		addr_range_text(&r, again);
		ck_assert_int_eq(addr_range_parse(again, &second), 0);
		ck_assert_mem_eq(&r, &second, sizeof(r));
	}
}
END_TEST

START_TEST(ranges_are_written_as_short_as_they_can_be)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1/32", "192.0.2.1" },
		{ "192.0.2.0/24", "192.0.2.0/24" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "192.0.2.0-192.0.2.127", "192.0.2.0/25" },
		{ "192.0.2.1-192.0.2.127", "192.0.2.1-192.0.2.127" },
		{ "192.0.2.128-192.0.3.127", "192.0.2.128-192.0.3.127" },
		{ "192.0.2.7-192.0.2.7", "192.0.2.7" },
		{ "2001:db8::/32", "2001:db8::/32" },
		{ "::/0", "::/0" },
		{ "2001:db8::-2001:db8::3", "2001:db8::/126" },
		{ "2001:db8::1-2001:db8::2", "2001:db8::1-2001:db8::2" },
	};
	char out[ADDR_RANGE_TEXT_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr_range r = range(cases[i].in);

		ck_assert_str_eq(addr_range_text(&r, out), cases[i].out);
	}
}
END_TEST

START_TEST(prefixes_with_host_bits_are_told_from_nonsense)
{
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{ "192.0.2.1/24", -EDOM },
		{ "128.0.0.0/0", -EDOM },
		{ "2001:db8::1/64", -EDOM },
		{ "192.0.2.0/33", -EINVAL },
		{ "2001:db8::/129", -EINVAL },
		{ "192.0.2.0/", -EINVAL },
		{ "192.0.2.0/-1", -EINVAL },
		{ "192.0.2.0/+24", -EINVAL },
		{ "192.0.2.0/ 24", -EINVAL },
		{ "192.0.2.0/024", -EINVAL },
		{ "192.0.2.0/24/24", -EINVAL },
		{ "192.0.2.0/4294967320", -EINVAL },
		{ "/24", -EINVAL },
		{ "-", -EINVAL },
		{ "192.0.2.1-", -EINVAL },
		{ "192.0.2.2-192.0.2.1", -EINVAL },
		{ "192.0.2.1-2001:db8::1", -EINVAL },
		{ "192.0.2.1-5", -EINVAL },
		{ "192.0.2.1 - 192.0.2.5", -EINVAL },
		{ "1111111111111111111111111111111111111111111111111111", -EINVAL },
	};
	struct addr_range untouched, r;

	memset(&untouched, 0x5a, sizeof(untouched));
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		r = untouched;
		ck_assert_msg(addr_range_parse(cases[i].text, &r) == cases[i].error, "%s",
			      cases[i].text);
		ck_assert_mem_eq(&r, &untouched, sizeof(r));
	}
}
END_TEST

START_TEST(order_is_by_family_then_number)
{
	static const char *const sorted[] = {
		"0.0.0.0", "9.255.0.0", "10.0.0.0", "255.255.255.255", "::", "2001:db8::", "ff00::"
	};

	for (size_t i = 0; i < ARRAY_SIZE(sorted); i++) {
		for (size_t j = 0; j < ARRAY_SIZE(sorted); j++) {
			struct addr a = address(sorted[i]), b = address(sorted[j]);
			int order = addr_compare(&a, &b);

			ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
		}
	}
}
END_TEST

START_TEST(a_normal_list_is_sorted_disjoint_and_merged)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "10.0.0.1", "10.0.0.1" },
		{ "10.0.0.1,10.0.0.0", "10.0.0.0/31" },
		{ "10.0.0.0/25,10.0.0.128/25", "10.0.0.0/24" },
		{ "10.0.0.0/24,10.0.0.7,10.0.0.9-10.0.0.12", "10.0.0.0/24" },
		{ "10.0.0.0/24,10.0.2.0/24", "10.0.0.0/24,10.0.2.0/24" },
		{ "10.0.0.9,10.0.0.9,10.0.0.9", "10.0.0.9" },
		{ "2001:db8::/64,10.0.0.1", "10.0.0.1,2001:db8::/64" },
		{ "0.0.0.0/0,::/0,255.255.255.255", "0.0.0.0/0,::/0" },
		{ "255.255.255.255,::", "255.255.255.255,::" },
		{ "10.0.0.0-10.0.0.255,10.0.0.0-10.0.1.255", "10.0.0.0/23" },
		{ "10.0.0.255,10.0.1.0", "10.0.0.255-10.0.1.0" },
		{ "ffff:ffff::/32,fffe::/16", "fffe::/16,ffff:ffff::/32" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_(addr_list_clear) struct addr_list list = normal(cases[i].in);

		assert_list(&list, cases[i].out);
	}
}
END_TEST

START_TEST(has_knows_first_last_and_what_lies_between)
{
	auto_(addr_list_clear) struct addr_list list =
		normal("10.0.0.0/24,10.0.2.5,2001:db8::/64,2001:db8:2::1");
	static const struct {
		const char *text;
		bool in;
	} cases[] = {
		{ "10.0.0.0", true },       { "10.0.0.255", true },      { "10.0.0.77", true },
		{ "9.255.255.255", false }, { "10.0.1.0", false },       { "10.0.2.4", false },
		{ "10.0.2.5", true },       { "10.0.2.6", false },       { "::", false },
		{ "2001:db8::1", true },    { "2001:db8:0:1::", false }, { "2001:db8:2::1", true },
		{ "ffff::", false },        { "0.0.0.0", false },        { "a00::", false },
	};
	const struct addr_list empty = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct addr a = address(cases[i].text);

		ck_assert_msg(addr_list_has(&list, &a) == cases[i].in, "%s", cases[i].text);
		ck_assert(!addr_list_has(&empty, &a));
	}
}
END_TEST

START_TEST(overlap_gives_a_range_that_both_have)
{
	static const struct {
		const char *a, *b, *common; /* NULL: none */
	} cases[] = {
		{ "10.0.0.0/24", "10.0.1.0/24", NULL },
		{ "10.0.0.0/24", "10.0.0.128-10.0.5.0", "10.0.0.128/25" },
		{ "10.0.0.0/8", "10.1.1.1", "10.1.1.1" },
		{ "10.0.0.0/24,10.0.4.0/24", "10.0.2.0/24,10.0.4.9", "10.0.4.9" },
		{ "10.0.0.0/24", "2001:db8::/64", NULL },
		{ "10.0.0.0/24,2001:db8::/64", "2001:db8::5", "2001:db8::5" },
		{ "", "10.0.0.0/8", NULL },
		{ "0.0.0.0/0", "::/0", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_(addr_list_clear) struct addr_list a = normal(cases[i].a);
		auto_(addr_list_clear) struct addr_list b = normal(cases[i].b);
		char text[ADDR_RANGE_TEXT_MAX];
		struct addr_range common;

		ck_assert(addr_list_overlap(&a, &b, NULL) == (cases[i].common != NULL));
		if (!cases[i].common)
			continue;
		ck_assert(addr_list_overlap(&a, &b, &common));
		ck_assert_str_eq(addr_range_text(&common, text), cases[i].common);
		ck_assert(addr_list_overlap(&b, &a, &common));
		ck_assert_str_eq(addr_range_text(&common, text), cases[i].common);
	}
}
END_TEST

START_TEST(subtraction_leaves_exactly_the_rest)
{
	static const struct {
		const char *a, *b, *rest;
	} cases[] = {
		{ "10.0.0.0/24", "", "10.0.0.0/24" },
		{ "", "10.0.0.0/24", "" },
		{ "10.0.0.0/24", "10.0.0.0/24", "" },
		{ "10.0.0.0/24", "10.0.0.0/8", "" },
		{ "10.0.0.0/24", "10.0.0.0", "10.0.0.1-10.0.0.255" },
		{ "10.0.0.0/24", "10.0.0.255", "10.0.0.0-10.0.0.254" },
		{ "10.0.0.0/24", "10.0.0.4,10.0.0.8/29",
		  "10.0.0.0/30,10.0.0.5-10.0.0.7,10.0.0.16-10.0.0.255" },
		{ "10.0.0.0/24,10.0.2.0/24", "10.0.0.128-10.0.2.127", "10.0.0.0/25,10.0.2.128/25" },
		{ "0.0.0.0/0", "10.0.0.0/8", "0.0.0.0-9.255.255.255,11.0.0.0-255.255.255.255" },
		{ "0.0.0.0/0", "0.0.0.0/1,224.0.0.0/3", "128.0.0.0-223.255.255.255" },
		{ "0.0.0.0/0,::/0", "0.0.0.0/0", "::/0" },
		{ "::/0", "8000::/1", "::/1" },
		{ "2001:db8::/126", "2001:db8::1", "2001:db8::,2001:db8::2/127" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_(addr_list_clear) struct addr_list a = normal(cases[i].a);
		auto_(addr_list_clear) struct addr_list b = normal(cases[i].b);
		auto_(addr_list_clear) struct addr_list rest = { 0 };

		ck_assert_int_eq(addr_list_subtract(&a, &b, &rest), 0);
		assert_list(&rest, cases[i].rest);
	}
}
END_TEST

START_TEST(intersection_is_what_both_have)
{
	static const struct {
		const char *a, *b, *both;
	} cases[] = {
		{ "10.0.0.0/24", "", "" },
		{ "10.0.0.0/24", "10.0.0.0/8", "10.0.0.0/24" },
		{ "10.0.0.0/24,10.0.2.0/24", "10.0.0.128-10.0.2.127", "10.0.0.128/25,10.0.2.0/25" },
		{ "10.0.0.0/24", "10.0.1.0/24", "" },
		{ "0.0.0.0/0", "::/0", "" },
		{ "0.0.0.0/0,2001:db8::/64", "192.0.2.1,2001:db8::7-2001:db9::",
		  "192.0.2.1,2001:db8::7-2001:db8::ffff:ffff:ffff:ffff" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_(addr_list_clear) struct addr_list a = normal(cases[i].a);
		auto_(addr_list_clear) struct addr_list b = normal(cases[i].b);
		auto_(addr_list_clear) struct addr_list both = { 0 };
		auto_(addr_list_clear) struct addr_list turned = { 0 };

		ck_assert_int_eq(addr_list_intersect(&a, &b, &both), 0);
		assert_list(&both, cases[i].both);
		ck_assert_int_eq(addr_list_intersect(&b, &a, &turned), 0);
		assert_list(&turned, cases[i].both);
	}
}
END_TEST

START_TEST(all_is_all_of_both_families)
{
	auto_(addr_list_clear) struct addr_list all = { 0 };

	ck_assert_int_eq(addr_list_all(&all), 0);
	assert_list(&all, "0.0.0.0/0,::/0");
}
END_TEST

START_TEST(a_cleared_list_can_be_used_again)
{
	auto_(addr_list_clear) struct addr_list list =
		normal("10.0.0.0/24,10.0.2.0/24,10.0.4.0/24");

	addr_list_clear(&list);
	ck_assert_uint_eq(list.count, 0);
	ck_assert_ptr_null(list.at);
	add_text(&list, "10.0.0.1");
	assert_list(&list, "10.0.0.1");
}
END_TEST

/* Random ranges within 10.0.0.0/24 and 2001:db8::/120, so that a bit set is the oracle. */
struct oracle {
	bool has[512];
};

static struct addr nth(size_t n)
{
	struct addr v4 = { .family = 4, .b = { 10, 0, 0, (uint8_t)n } };
	struct addr v6 = { .family = 6, .b = { 0x20, 0x01, 0x0d, 0xb8, [15] = (uint8_t)n } };

	return n < 256 ? v4 : v6;
}

static struct addr_list random_list(unsigned int *seed, struct oracle *ret)
{
	size_t ranges = (size_t)rand_r(seed) % 8;
	struct addr_list list = { 0 };

	for (size_t i = 0; i < ranges; i++) {
		size_t base = rand_r(seed) % 2 ? 0 : 256, first = (size_t)rand_r(seed) % 256;
		size_t last = first + (size_t)rand_r(seed) % (256 - first) % 40;
		struct addr a = nth(base + first), b = nth(base + last);
		struct addr_range r = { .family = a.family };

		memcpy(r.first, a.b, sizeof(r.first));
		memcpy(r.last, b.b, sizeof(r.last));
		for (size_t n = base + first; n <= base + last; n++)
			ret->has[n] = true;
		ck_assert_int_eq(addr_list_add(&list, &r), 0);
	}
	addr_list_normalise(&list);
	return list;
}

/* The first address (as nth() counts) on which lists and oracles differ, or -1. */
static int first_difference(const struct addr_list *a, const struct oracle *in_a,
			    const struct addr_list *b, const struct oracle *in_b)
{
	auto_(addr_list_clear) struct addr_list rest = { 0 };
	struct addr_range common = { 0 };
	bool share = false, shared = addr_list_overlap(a, b, &common);

	ck_assert_int_eq(addr_list_subtract(a, b, &rest), 0);
	for (size_t n = 0; n < ARRAY_SIZE(in_a->has); n++) {
		struct addr at = nth(n);
		bool both = in_a->has[n] && in_b->has[n];

		if (addr_list_has(a, &at) != in_a->has[n] ||
		    addr_list_has(&rest, &at) != (in_a->has[n] && !in_b->has[n]) ||
		    (shared && addr_range_has(&common, &at) && !both))
			return (int)n;
		share |= both;
	}
	ck_assert(shared == share);
	return -1;
}

START_TEST(random_lists_agree_with_a_bit_set)
{
	unsigned int start = 20240401, seed = start;

	for (int round = 0; round < 1000; round++) {
		struct oracle in_a = { 0 }, in_b = { 0 };
		auto_(addr_list_clear) struct addr_list a = random_list(&seed, &in_a);
		auto_(addr_list_clear) struct addr_list b = random_list(&seed, &in_b);

		ck_assert_msg(first_difference(&a, &in_a, &b, &in_b) < 0, "seed %u, round %d",
			      start, round);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("addr");
	TCase *tc = tcase_create("addr");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, addresses_read_and_write_alike);
	tcase_add_test(tc, ipv4_leaves_the_other_bytes_zero);
	tcase_add_test(tc, what_is_no_address_is_refused_and_leaves_result_alone);
	tcase_add_test(tc, every_cut_of_an_address_is_read_whole_or_refused);
	tcase_add_test(tc, ranges_are_written_as_short_as_they_can_be);
	tcase_add_test(tc, prefixes_with_host_bits_are_told_from_nonsense);
	tcase_add_test(tc, order_is_by_family_then_number);
	tcase_add_test(tc, a_normal_list_is_sorted_disjoint_and_merged);
	tcase_add_test(tc, has_knows_first_last_and_what_lies_between);
	tcase_add_test(tc, overlap_gives_a_range_that_both_have);
	tcase_add_test(tc, subtraction_leaves_exactly_the_rest);
	tcase_add_test(tc, intersection_is_what_both_have);
	tcase_add_test(tc, all_is_all_of_both_families);
	tcase_add_test(tc, a_cleared_list_can_be_used_again);
	tcase_add_test(tc, random_lists_agree_with_a_bit_set);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
