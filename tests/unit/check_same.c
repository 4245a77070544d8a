/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What makes two statements differ. */
#include "ruleset/same.h"

#include <check.h>
#include <stdlib.h>

#include "common/defs.h"

START_TEST(every_member_that_matters_makes_a_difference)
{
	const struct ruleset_statement plain = {
		.kind = MATCH_SET, .fields = { FIELD_SADDR4 }, .field_count = 1, .text = "set"
	};
	struct ruleset_statement others[] = { plain, plain, plain, plain, plain, plain };
	size_t i;

	others[0].kind = ACT_VERDICT_MAP;
	others[1].negate = true;
	others[2].fields[0] = FIELD_DADDR4;
	others[3].text[0] = 'b';
	others[4].ignored[0] = 1;
	others[5].mask = 1;
	ck_assert(same_statement(&plain, &plain));
	for (i = 0; i < ARRAY_SIZE(others); i++)
		ck_assert(!same_statement(&plain, &others[i]));
}
END_TEST

START_TEST(icmp_types_are_a_set)
{
	const struct ruleset_statement a = { .kind = MATCH_ICMP_TYPES,
					     .types = { 3, 11 },
					     .type_count = 2 };
	const struct ruleset_statement b = { .kind = MATCH_ICMP_TYPES,
					     .types = { 11, 3 },
					     .type_count = 2 };
	const struct ruleset_statement c = { .kind = MATCH_ICMP_TYPES,
					     .types = { 11, 12 },
					     .type_count = 2 };

	ck_assert(same_statement(&a, &b));
	ck_assert(!same_statement(&a, &c));
}
END_TEST

START_TEST(a_chain_matters_only_where_it_is_gone_to)
{
	const struct ruleset_verdict a = { VERDICT_GOTO, "one" }, b = { VERDICT_GOTO, "two" };
	const struct ruleset_verdict c = { VERDICT_DROP, "one" }, d = { VERDICT_DROP, "" };

	ck_assert(!same_verdict(&a, &b));
	ck_assert(same_verdict(&c, &d));
	ck_assert(!same_verdict(&a, &c));
}
END_TEST

START_TEST(rules_differ_by_order_and_comment)
{
	struct ruleset_rule a = { .statements = { { .kind = ACT_COUNTER },
						  { .kind = ACT_REJECT_PORT } },
				  .count = 2,
				  .comment = "why" };
	struct ruleset_rule b = a;

	ck_assert(same_rule(&a, &b));
	b.comment[0] = 'x';
	ck_assert(!same_rule(&a, &b));
	b = a;
	b.statements[0].kind = ACT_REJECT_PORT;
	b.statements[1].kind = ACT_COUNTER;
	ck_assert(!same_rule(&a, &b));
	b = a;
	b.count = 1;
	ck_assert(!same_rule(&a, &b));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("same");
	TCase *tc = tcase_create("same");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, every_member_that_matters_makes_a_difference);
	tcase_add_test(tc, icmp_types_are_a_set);
	tcase_add_test(tc, a_chain_matters_only_where_it_is_gone_to);
	tcase_add_test(tc, rules_differ_by_order_and_comment);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
