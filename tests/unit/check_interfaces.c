/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/interfaces.c. */
#include <check.h>
#include <stdlib.h>

#include "broker/interfaces.h"

START_TEST(only_what_is_there_is_there)
{
	struct interfaces interfaces;

	ck_assert_int_eq(interfaces_open(&interfaces), 0);
	ck_assert(interfaces_has(&interfaces, "lo"));
	ck_assert(!interfaces_has(&interfaces, "no-such-if0"));
	ck_assert(!interfaces_has(&interfaces, "a-name-that-is-far-too-long"));
	interfaces_close(&interfaces);
}
END_TEST

START_TEST(name_is_found_remembered_and_asked_anew)
{
	const unsigned int lo = if_nametoindex("lo");
	struct interfaces interfaces;
	char name[IF_NAMESIZE];

	ck_assert_uint_ne(lo, 0);
	ck_assert_int_eq(interfaces_open(&interfaces), 0);
	ck_assert_str_eq(interfaces_name(&interfaces, lo, 1000, name), "lo");
	interfaces.at[lo % INTERFACES_REMEMBERED].name[1] = 'x';
	ck_assert_str_eq(interfaces_name(&interfaces, lo, 1000 + INTERFACES_FRESH_MS - 1, name),
			 "lx");
	ck_assert_str_eq(interfaces_name(&interfaces, lo, 1000 + INTERFACES_FRESH_MS, name), "lo");
	interfaces_close(&interfaces);
}
END_TEST

START_TEST(unknown_index_has_no_name)
{
	struct interfaces interfaces;
	char name[IF_NAMESIZE];

	ck_assert_int_eq(interfaces_open(&interfaces), 0);
	ck_assert_ptr_null(interfaces_name(&interfaces, 0, 1000, name));
	ck_assert_ptr_null(interfaces_name(&interfaces, 0x7ffffffe, 1000, name));
	/* another index in the same slot */
	ck_assert_ptr_null(
		interfaces_name(&interfaces, 0x7ffffffe - INTERFACES_REMEMBERED, 1000, name));
	interfaces_close(&interfaces);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("interfaces");
	TCase *tcase = tcase_create("interfaces");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, only_what_is_there_is_there);
	tcase_add_test(tcase, name_is_found_remembered_and_asked_anew);
	tcase_add_test(tcase, unknown_index_has_no_name);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
