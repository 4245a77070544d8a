/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The number of the kernel's rules. */
#include "kernel/generation.h"

#include <check.h>
#include <stdlib.h>

#include "common/defs.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "unit/netns.h"

START_TEST(it_grows_by_one_with_each_change_and_not_by_itself)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	uint32_t first = 0, second = 0, third = 0;

	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(generation_read(sock, &first), 0);
	ck_assert_int_eq(generation_read(sock, &second), 0);
	ck_assert_uint_eq(first, second);
	ck_assert_int_eq(apply_delete(sock), 0);
	ck_assert_int_eq(generation_read(sock, &third), 0);
	ck_assert_uint_eq(third, second + 1);
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("generation");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (available)
		suite_add_tcase(suite, root);
	tcase_add_test(root, it_grows_by_one_with_each_change_and_not_by_itself);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
