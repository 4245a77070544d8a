/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/check_report.c: what machines and people get. */

#include <check.h>
#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "ctl/check_report.h"
#include "unit/folded.h"

static struct lint_finding findings[3];
static struct lint_report lint;
static struct errors errors;
static char found_it[] = "services.files: found \"it\"", mend_it[] = "mend it";
static char of_whole[] = "something of the whole", mend_that[] = "mend that";
static char a_note[] = "a note", nothing[] = "";

static void set_up(void)
{
	findings[0] = (struct lint_finding){
		.condition = guideline_condition_of("ismap-registered-only"),
		.severity = LINT_ERROR,
		.line = 12,
		.what = found_it,
		.mend = mend_it,
	};
	findings[1] = (struct lint_finding){
		.condition = guideline_condition_of("ismap-registered-only"),
		.severity = LINT_WARNING,
		.what = of_whole,
		.mend = mend_that,
	};
	findings[2] = (struct lint_finding){
		.condition = guideline_condition_of("own-responsibility"),
		.severity = LINT_NOTE,
		.what = a_note,
		.mend = nothing,
	};
	lint = (struct lint_report){ findings, ARRAY_SIZE(findings), 1, 1, 0 };
	errors = (struct errors){ 0 };
}

static void tear_down(void)
{
	errors_clear(&errors);
}

static struct check_report report_of(bool verbose)
{
	return (struct check_report){ .file = "a b.conf",
				      .hash = "0123",
				      .errors = &errors,
				      .lint = &lint,
				      .verbose = verbose };
}

/* The JSON that print gives; the caller releases it. */
static json_t *printed(int (*print)(const struct check_report *report, FILE *to),
		       const struct check_report *report)
{
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);
	json_t *json;

	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(print(report, to), 0);
	(void)fclose(to);
	json = json_loads(text, 0, NULL);
	ck_assert_msg(json != NULL, "no JSON: %s", text);
	free(text);
	return json;
}

static const char *text_at(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	ck_assert_msg(text != NULL, "no %s", key);
	return text;
}

static char *text_of(bool verbose)
{
	struct check_report report = report_of(verbose);
	char *text = NULL;
	size_t size = 0;
	FILE *to = open_memstream(&text, &size);

	ck_assert_ptr_nonnull(to);
	check_report_text(&report, to);
	(void)fclose(to);
	return text;
}

START_TEST(text_gives_the_sentence_of_a_condition_once)
{
	auto_(free_charp) char *text = text_of(false);
	const char *sentence = folded_find(text, findings[0].condition->text_ja);

	ck_assert_ptr_nonnull(sentence);
	ck_assert_ptr_null(folded_find(sentence + 1, findings[0].condition->text_ja));
	ck_assert_ptr_nonnull(folded_find(text, findings[0].condition->source));
	ck_assert_ptr_nonnull(folded_find(text,
					  "  a b.conf:12: error: services.files: found \"it\"\n"
					  "      to mend it: mend it\n"));
	ck_assert_ptr_nonnull(folded_find(text, "  a b.conf: warning: something of the whole\n"));
	ck_assert_ptr_nonnull(folded_find(text, "errors 1, warnings 1, notes 1 (--verbose"));
}
END_TEST

START_TEST(notes_are_shown_only_when_asked_for)
{
	auto_(free_charp) char *terse = text_of(false);
	auto_(free_charp) char *verbose = text_of(true);

	ck_assert_ptr_null(folded_find(terse, "a note"));
	ck_assert_ptr_nonnull(folded_find(verbose, "  a b.conf: note: a note\n"));
	ck_assert_ptr_null(folded_find(verbose, "--verbose"));
}
END_TEST

START_TEST(nothing_found_prints_nothing)
{
	lint = (struct lint_report){ 0 };
	auto_(free_charp) char *text = text_of(true);

	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(json_has_every_finding_with_the_guidelines_sentence)
{
	struct check_report report = report_of(false);
	json_t *json = printed(check_report_json, &report);
	const json_t *found = json_object_get(json, "findings");
	const json_t *first = json_array_get(found, 0);

	ck_assert_str_eq(text_at(json, "file"), "a b.conf");
	ck_assert_str_eq(text_at(json, "hash"), "0123");
	ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 0);
	ck_assert_uint_eq(json_array_size(found), 2);
	ck_assert_str_eq(text_at(first, "id"), "ismap-registered-only");
	ck_assert_str_eq(text_at(first, "severity"), "error");
	ck_assert_int_eq(json_integer_value(json_object_get(first, "line")), 12);
	ck_assert_str_eq(text_at(first, "found"), findings[0].what);
	ck_assert_str_eq(text_at(first, "sentence"), findings[0].condition->text_ja);
	ck_assert_str_eq(text_at(first, "source"), findings[0].condition->source);
	ck_assert_str_eq(text_at(first, "mend"), "mend it");
	json_decref(json);
}
END_TEST

START_TEST(json_of_a_policy_that_cannot_be_read_has_its_mistakes)
{
	struct check_report report = report_of(false);
	json_t *json;
	const json_t *error;

	errors_add(&errors, "list", 3, "wrong");
	errors_add(&errors, NULL, 0, "wrong too");
	report.hash = NULL;
	report.lint = NULL;
	json = printed(check_report_json, &report);
	ck_assert_ptr_null(json_object_get(json, "hash"));
	ck_assert_uint_eq(json_array_size(json_object_get(json, "errors")), 2);
	error = json_array_get(json_object_get(json, "errors"), 0);
	ck_assert_str_eq(text_at(error, "file"), "list");
	ck_assert_str_eq(text_at(error, "text"), "wrong");
	ck_assert(json_is_false(
		json_object_get(json_object_get(json, "summary"), "held_against_guideline")));
	json_decref(json);
}
END_TEST

/* The run of a SARIF log. */
static const json_t *sarif_run(const json_t *json)
{
	ck_assert_str_eq(text_at(json, "version"), "2.1.0");
	return json_array_get(json_object_get(json, "runs"), 0);
}

START_TEST(sarif_has_all_conditions_as_rules_and_points_at_them)
{
	struct check_report report = report_of(true);
	json_t *json = printed(check_report_sarif, &report);
	const json_t *run = sarif_run(json), *results = json_object_get(run, "results"), *result;
	const json_t *driver = json_object_get(json_object_get(run, "tool"), "driver");
	const json_t *rules = json_object_get(driver, "rules");
	size_t i;

	ck_assert_uint_eq(json_array_size(rules), 39);
	ck_assert_uint_eq(json_array_size(results), 3);
	json_array_foreach(results, i, result)
	{
		size_t index = (size_t)json_integer_value(json_object_get(result, "ruleIndex"));

		ck_assert_str_eq(text_at(json_array_get(rules, index), "id"),
				 text_at(result, "ruleId"));
	}
	ck_assert_str_eq(text_at(json_array_get(results, 2), "level"), "note");
	json_decref(json);
}
END_TEST

START_TEST(sarif_says_where_with_an_escaped_uri)
{
	struct check_report report = report_of(false);
	json_t *json = printed(check_report_sarif, &report);
	const json_t *results = json_object_get(sarif_run(json), "results");
	const json_t *locations = json_object_get(json_array_get(results, 0), "locations");
	const json_t *at = json_object_get(json_array_get(locations, 0), "physicalLocation");

	ck_assert_str_eq(text_at(json_object_get(at, "artifactLocation"), "uri"), "a%20b.conf");
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(at, "region"), "startLine")),
		12);
	/* what is of the whole has no region */
	locations = json_object_get(json_array_get(results, 1), "locations");
	at = json_object_get(json_array_get(locations, 0), "physicalLocation");
	ck_assert_ptr_null(json_object_get(at, "region"));
	json_decref(json);
}
END_TEST

START_TEST(path_that_is_no_utf8_is_still_json)
{
	struct check_report report = report_of(false);
	json_t *json;

	report.file = "a\xff.conf";
	json = printed(check_report_json, &report);
	ck_assert_str_eq(text_at(json, "file"), "a?.conf");
	json_decref(json);
	json = printed(check_report_sarif, &report);
	json_decref(json);
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");
	Suite *suite = suite_create("check_report");
	TCase *tcase = tcase_create("check_report");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, text_gives_the_sentence_of_a_condition_once);
	tcase_add_test(tcase, notes_are_shown_only_when_asked_for);
	tcase_add_test(tcase, nothing_found_prints_nothing);
	tcase_add_test(tcase, json_has_every_finding_with_the_guidelines_sentence);
	tcase_add_test(tcase, json_of_a_policy_that_cannot_be_read_has_its_mistakes);
	tcase_add_test(tcase, sarif_has_all_conditions_as_rules_and_points_at_them);
	tcase_add_test(tcase, sarif_says_where_with_an_escaped_uri);
	tcase_add_test(tcase, path_that_is_no_utf8_is_still_json);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
