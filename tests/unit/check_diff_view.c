/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/diff_view.h: differences for people and machines. */
#include <check.h>
#include <locale.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ctl/diff_view.h"
#include "unit/folded.h"

static char names[2][16] = { "lan0", "*" };
static struct addr_range ranges[20];
static struct differ_service services[] = { { IPPROTO_TCP, IPPROTO_TCP, 443, 443 },
					    { IPPROTO_UDP, IPPROTO_UDP, 100, 200 },
					    { 47, 50, 0, 65536 } };
static struct differ_box box;
static struct differ_result result;
static struct diff_cuts cuts;
static struct diff_names no_names;
static struct diff_view view = { .flows = &result, .names = &no_names, .cuts = &cuts };

static void set_up(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		ranges[i] = (struct addr_range){ .family = 4 };
		ranges[i].first[0] = ranges[i].last[0] = 10;
		ranges[i].first[3] = ranges[i].last[3] = (uint8_t)(2 * i);
	}
	box = (struct differ_box){
		.change = DIFFER_OPENED,
		.after = DIFFER_INSPECTED,
		.id = "alpha-prime-u:lgwan-terminal>permitted-cloud",
		.in = names,
		.in_count = 1,
		.out = names,
		.out_count = 2,
		.from = { ranges, 20 },
		.to = { ranges, 1 },
		.services = services,
		.service_count = 3,
		.until_s = 1000000000,
	};
	result = (struct differ_result){ .at = &box, .count = 1 };
	cuts = (struct diff_cuts){ .why = "nobody asked" };
}

static char *print(int64_t now_s)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	view.now_s = now_s;
	diff_view_print(&view, to);
	(void)fclose(to);
	return text;
}

static void has(const char *text, const char *part)
{
	ck_assert_msg(folded_find(text, part) != NULL, "no \"%s\" in: %s", part, text);
}

START_TEST(people_get_boxes_with_the_guidelines_words)
{
	char *text = print(5);

	has(text, "becomes permitted: alpha-prime-u:lgwan-terminal>permitted-cloud (by the name\n"
		  "  that the client says)\n");
	has(text, "  from   10.0.0.0, 10.0.0.2,");
	has(text, " and 8 more [lan0]\n");
	has(text, "  to     10.0.0.0 [lan0, *]\n");
	has(text, "  ports  tcp/443, udp/100-200, 47-50; until 2001-09-09T01:46:40Z\n");
	has(text, "LGWAN接続系から外部へのアクセス先を");
	has(text,
	    "In all: become permitted 1, become refused 0, treated otherwise 0; host names 0\n");
	has(text, "was not looked at: nobody asked\n");
	free(text);
}
END_TEST

START_TEST(what_is_over_is_not_told)
{
	char *text;

	view.now_s = 999999999;
	ck_assert(!diff_view_is_same(&view));
	view.now_s = 1000000000;
	ck_assert(diff_view_is_same(&view));
	text = print(1000000000);
	has(text, "The same flows are permitted.\n");
	free(text);
	result.macs_differ = true;
	ck_assert(!diff_view_is_same(&view));
}
END_TEST

START_TEST(another_treatment_tells_both)
{
	char *text;

	box.change = DIFFER_TREATED;
	box.before = DIFFER_ADMITTED;
	text = print(5);
	has(text, "is treated otherwise: ");
	has(text, "(by the name that the client says; so far by address and port)");
	free(text);
}
END_TEST

START_TEST(names_are_told_with_their_service)
{
	struct diff_name some[] = { { "a.example", "files", true },
				    { "*.b.example", "mail", false } };
	struct diff_names names_that_differ = { some, 2 };
	json_t *object, *first;
	char *text;

	result.count = 0;
	view.names = &names_that_differ;
	ck_assert(!diff_view_is_same(&view));
	text = print(5);
	has(text, "becomes permitted: a.example (files)\nbecomes refused: *.b.example (mail)\n");
	has(text, "; host names 2\n");
	free(text);
	object = diff_view_json(&view);
	first = json_array_get(json_object_get(object, "names"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "name")), "a.example");
	ck_assert_str_eq(json_string_value(json_object_get(first, "change")), "opened");
	json_decref(object);
	view.names = &no_names;
}
END_TEST

START_TEST(flows_to_be_cut_are_counted_and_named)
{
	struct conntrack_entry entries[2] = { 0 };
	char *text;

	for (size_t i = 0; i < 2; i++)
		entries[i].key = (struct flow_key){ .src = { .family = 4, .b = { 10, 0, 0, 7 } },
						    .dst = { .family = 4, .b = { 10, 0, 0, 9 } },
						    .sport = 40000,
						    .dport = 443,
						    .l4proto = IPPROTO_TCP };
	cuts = (struct diff_cuts){ .looked = true, .at = entries, .count = 2 };
	text = print(5);
	has(text, "open flows that a reload would cut: 2\n");
	has(text, "10.0.0.7 port 40000 -> 10.0.0.9 port 443, protocol 6\n");
	free(text);
}
END_TEST

START_TEST(machines_get_all_of_it)
{
	json_t *object = diff_view_json(&view), *first, *cut;

	ck_assert_ptr_nonnull(object);
	ck_assert(json_is_false(json_object_get(object, "same")));
	first = json_array_get(json_object_get(object, "boxes"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(first, "change")), "opened");
	ck_assert_str_eq(json_string_value(json_object_get(first, "before")), "refuse");
	ck_assert_str_eq(json_string_value(json_object_get(first, "after")), "inspect");
	ck_assert_uint_eq(json_array_size(json_object_get(first, "from")), 20);
	ck_assert_uint_eq(json_array_size(json_object_get(first, "ports")), 3);
	ck_assert_ptr_nonnull(json_object_get(first, "until"));
	ck_assert_ptr_null(json_object_get(first, "since"));
	ck_assert_ptr_nonnull(json_object_get(first, "text_ja"));
	cut = json_object_get(object, "cuts");
	ck_assert(json_is_false(json_object_get(cut, "looked")));
	ck_assert_str_eq(json_string_value(json_object_get(cut, "why")), "nobody asked");
	json_decref(object);
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("diff_view");
	TCase *tcase = tcase_create("diff_view");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, NULL);
	tcase_add_test(tcase, people_get_boxes_with_the_guidelines_words);
	tcase_add_test(tcase, what_is_over_is_not_told);
	tcase_add_test(tcase, another_treatment_tells_both);
	tcase_add_test(tcase, names_are_told_with_their_service);
	tcase_add_test(tcase, flows_to_be_cut_are_counted_and_named);
	tcase_add_test(tcase, machines_get_all_of_it);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
