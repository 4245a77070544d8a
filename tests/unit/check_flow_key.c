/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of the words for what a flow carries. */
#include "common/flow_key.h"

#include <check.h>
#include <stdlib.h>

START_TEST(each_app_has_its_word)
{
	ck_assert_str_eq(app_slug(APP_NONE), "none");
	ck_assert_str_eq(app_slug(APP_TLS), "tls");
	ck_assert_str_eq(app_slug(APP_HTTP), "http");
	ck_assert_str_eq(app_slug(APP_QUIC), "quic");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flow_key");
	TCase *tc = tcase_create("flow_key");
	SRunner *runner;
	int failed;

	tcase_add_test(tc, each_app_has_its_word);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
