/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the tables of controls and conditions. */
#include "policy/guideline_controls.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "policy/guideline_table.h"

START_TEST(there_are_422_rows_and_38_conditions)
{
	size_t controls, conditions;

	ck_assert_ptr_nonnull(guideline_controls(&controls));
	ck_assert_ptr_nonnull(guideline_conditions(&conditions));
	ck_assert_uint_eq(controls, 422);
	ck_assert_uint_eq(conditions, 38);
}
END_TEST

START_TEST(every_configuration_has_the_rows_that_the_documents_give_it)
{
	static const size_t wanted[CONFIGURATION_COUNT] = {
		[CONFIGURATION_ROUTE_1] = 28,       [CONFIGURATION_ROUTE_2] = 31,
		[CONFIGURATION_ROUTE_3] = 22,       [CONFIGURATION_ROUTE_3P] = 36,
		[CONFIGURATION_ROUTE_4] = 25,       [CONFIGURATION_ROUTE_4P] = 39,
		[CONFIGURATION_ROUTE_5] = 17,       [CONFIGURATION_ROUTE_6] = 22,
		[CONFIGURATION_ROUTE_7] = 18,       [CONFIGURATION_ROUTE_8] = 23,
		[CONFIGURATION_ROUTE_1P] = 28,      [CONFIGURATION_ROUTE_2P] = 31,
		[CONFIGURATION_ROUTE_5P] = 17,      [CONFIGURATION_ROUTE_7P] = 18,
		[CONFIGURATION_COMMON] = 24,        [CONFIGURATION_ALPHA_PRIME_A] = 10,
		[CONFIGURATION_ALPHA_PRIME_I] = 17, [CONFIGURATION_ALPHA_PRIME_U] = 16,
	};
	size_t seen[CONFIGURATION_COUNT] = { 0 };
	size_t count;
	const struct guideline_control *controls = guideline_controls(&count);

	for (size_t i = 0; i < count; i++)
		seen[controls[i].configuration]++;
	for (size_t i = 0; i < CONFIGURATION_COUNT; i++)
		ck_assert_uint_eq(seen[i], wanted[i]);
}
END_TEST

START_TEST(every_row_is_found_by_its_key_and_only_it)
{
	size_t count;
	const struct guideline_control *controls = guideline_controls(&count);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_control *c = &controls[i];

		ck_assert_ptr_eq(guideline_control_of(c->configuration, c->key), c);
		ck_assert_int_eq(strncmp(c->key, c->base->slug, strlen(c->base->slug)), 0);
		ck_assert_int_eq(c->key[strlen(c->base->slug)], '/');
	}
	ck_assert_ptr_null(guideline_control_of(CONFIGURATION_ROUTE_5, "own/daas-mfa"));
	ck_assert_ptr_null(guideline_control_of(CONFIGURATION_ROUTE_1, ""));
}
END_TEST

START_TEST(every_row_is_whole)
{
	size_t count, required = 0, wordless = 0, not_applicable = 0;
	const struct guideline_control *controls = guideline_controls(&count);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_control *c = &controls[i];

		ck_assert(c->name_ja && c->name_en && c->place && c->place_ja && c->place_en);
		ck_assert(c->how && c->source && *c->source);
		ck_assert(c->level == LEVEL_REQUIRED || c->level == LEVEL_RECOMMENDED);
		ck_assert_str_eq(c->level_text, c->level == LEVEL_REQUIRED ? "必須" : "推奨");
		required += c->level == LEVEL_REQUIRED;
		wordless += !c->text_ja;
		not_applicable += c->not_applicable;
	}
	ck_assert_uint_eq(required, 383);
	ck_assert_uint_eq(wordless, 1); /* common/org-info-sharing shares the cell above it */
	ck_assert_uint_eq(not_applicable, 2);
}
END_TEST

START_TEST(a_row_has_the_wording_and_page_of_the_document)
{
	const struct guideline_control *c =
		guideline_control_of(CONFIGURATION_ROUTE_1, "own/block-internet-to-mynumber");

	ck_assert_ptr_nonnull(c);
	ck_assert_str_eq(c->text_ja,
			 "インターネット接続系からマイナンバー利用事務系への通信を遮断する。");
	ck_assert_ptr_nonnull(strstr(c->source, "P21"));
	ck_assert_int_eq(c->means, MEANS_KERNEL);
	ck_assert_str_eq(c->place_ja, "LGWAN接続系");
	ck_assert_int_eq(c->inherited_from, CONFIGURATION_COUNT);
	c = guideline_control_of(CONFIGURATION_ROUTE_1P, "own/block-internet-to-mynumber");
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(c->inherited_from, CONFIGURATION_ROUTE_1);
}
END_TEST

START_TEST(every_source_begins_with_a_document)
{
	size_t count, documents;
	const struct guideline_control *controls = guideline_controls(&count);
	const char *const *document = guideline_documents(&documents);

	ck_assert_uint_eq(documents, 2);
	for (size_t i = 0; i < count; i++) {
		bool found = false;

		for (size_t d = 0; d < documents; d++)
			found |= strncmp(controls[i].source, document[d], strlen(document[d])) == 0;
		ck_assert(found);
	}
}
END_TEST

START_TEST(flows_know_the_control_they_belong_to)
{
	size_t count, with = 0;
	const struct guideline_flow *flows = guideline_flows(&count);

	for (size_t i = 0; i < count; i++) {
		const char *key = guideline_control_of_flow(&flows[i]);

		with += key != NULL;
		if (key)
			ck_assert_ptr_nonnull(guideline_control_of(flows[i].configuration, key));
	}
	ck_assert_uint_eq(with, 94);
	ck_assert_str_eq(guideline_control_of_flow(&flows[0]), "own/daas-source-restriction");
}
END_TEST

START_TEST(conditions_are_found_by_id)
{
	size_t count;
	const struct guideline_condition *conditions = guideline_conditions(&count);

	for (size_t i = 0; i < count; i++) {
		const struct guideline_condition *c = &conditions[i];

		ck_assert_ptr_eq(guideline_condition_of(c->id), c);
		ck_assert_uint_ne(c->configurations, 0);
		ck_assert(c->rule_en && c->text_ja && c->source && c->check);
	}
	ck_assert_ptr_null(guideline_condition_of("own/daas-mfa"));
	ck_assert_int_eq(guideline_condition_of("mayor-decision")->kind, CONDITION_ATTEST);
	ck_assert(guideline_condition_of("case-a-no-tenant")->configurations ==
		  CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_A));
}
END_TEST

START_TEST(routes_bring_the_common_controls_and_the_breakout_cases_do_not)
{
	uint32_t a = CONFIGURATION_BIT(CONFIGURATION_ALPHA_PRIME_A);
	uint32_t common = CONFIGURATION_BIT(CONFIGURATION_COMMON);

	for (int i = CONFIGURATION_ROUTE_1; i <= CONFIGURATION_ROUTE_7P; i++)
		ck_assert_uint_eq(guideline_configurations_with_common(CONFIGURATION_BIT(i)),
				  CONFIGURATION_BIT(i) | common);
	ck_assert_uint_eq(guideline_configurations_with_common(a), a);
	ck_assert_uint_eq(guideline_configurations_with_common(0), 0);
}
END_TEST

START_TEST(the_breakout_cases_have_their_preconditions)
{
	const struct guideline_chapter *a = guideline_chapter(CONFIGURATION_ALPHA_PRIME_A);

	ck_assert_uint_eq(a->precondition_count, 6);
	ck_assert_str_eq(a->preconditions_ja[1], "ISMAPに登録されているクラウドサービス");
	ck_assert_uint_eq(guideline_chapter(CONFIGURATION_ROUTE_1)->precondition_count, 0);
	ck_assert_ptr_nonnull(guideline_chapter(CONFIGURATION_ROUTE_1P)->note_en);
	ck_assert_str_eq(guideline_chapter(CONFIGURATION_ROUTE_3P)->label_en,
			 "Communication route (3)'");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("guideline_controls");
	TCase *tcase = tcase_create("tables");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, there_are_422_rows_and_38_conditions);
	tcase_add_test(tcase, every_configuration_has_the_rows_that_the_documents_give_it);
	tcase_add_test(tcase, every_row_is_found_by_its_key_and_only_it);
	tcase_add_test(tcase, every_row_is_whole);
	tcase_add_test(tcase, a_row_has_the_wording_and_page_of_the_document);
	tcase_add_test(tcase, every_source_begins_with_a_document);
	tcase_add_test(tcase, flows_know_the_control_they_belong_to);
	tcase_add_test(tcase, conditions_are_found_by_id);
	tcase_add_test(tcase, routes_bring_the_common_controls_and_the_breakout_cases_do_not);
	tcase_add_test(tcase, the_breakout_cases_have_their_preconditions);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
