/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/privileges.c. Some need root; they say so where it is missing. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/privileges.h"

START_TEST(users_are_found_by_name)
{
	uid_t uid = 77;
	gid_t gid = 77;

	ck_assert_int_eq(privileges_find_user("no-such-user-here", &uid, &gid), -ENOENT);
	ck_assert_uint_eq(uid, 77);
	ck_assert_int_eq(privileges_find_user("root", &uid, &gid), 0);
	ck_assert_uint_eq(uid, 0);
}
END_TEST

START_TEST(folder_is_made_once_and_then_left_alone)
{
	char top[] = "/tmp/check-privileges-XXXXXX", folder[64];
	struct stat st;

	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(folder, sizeof(folder), "%s/new", top);
	ck_assert_int_eq(privileges_make_folder(folder, 0700, getuid(), getgid()), 0);
	ck_assert_int_eq(privileges_make_folder(folder, 0755, getuid(), getgid()), 0);
	ck_assert_int_eq(stat(folder, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0700);
	rmdir(folder);
	snprintf(folder, sizeof(folder), "%s/a/b", top);
	ck_assert_int_eq(privileges_make_folder(folder, 0700, getuid(), getgid()), -ENOENT);
	rmdir(top);
}
END_TEST

/* The value of a line of /proc/self/status. */
static unsigned long long status_of(const char *name)
{
	char line[256];
	unsigned long long value = ~0ULL;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, name, strlen(name)) == 0)
			value = strtoull(line + strlen(name) + 1, NULL, 16);
	if (f)
		fclose(f);
	return value;
}

static int drop_and_look(void)
{
	uid_t uid;
	gid_t gid;

	if (privileges_find_user("nobody", &uid, &gid) != 0 ||
	    privileges_drop("nobody", uid, gid) != 0)
		return 1;
	if (getuid() != uid || geteuid() != uid || getgid() != gid || setuid(0) == 0)
		return 2;
	if (status_of("CapEff:") != 1ULL << 12 || status_of("CapPrm:") != 1ULL << 12 ||
	    status_of("CapBnd:") != 0 || status_of("CapAmb:") != 0 || status_of("NoNewPrivs:") != 1)
		return 3;
	return 0;
}

static int filter_and_look(void)
{
	bool filtered;

	if (privileges_filter_calls(&filtered) != 0)
		return 1;
	if (!filtered)
		return 0;
	if (chroot("/") == 0 || errno != EPERM)
		return 2;
	if (getpid() <= 0 || access("/", R_OK) != 0)
		return 3;
	return 0;
}

static int in_child(int (*work)(void))
{
	int status = -1;
	const pid_t child = fork();

	if (child == 0)
		_exit(work());
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

START_TEST(root_becomes_a_user_with_net_admin_alone)
{
	ck_assert_int_eq(in_child(drop_and_look), 0);
}
END_TEST

static int drop_then_filter(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? filter_and_look() : 9;
}

START_TEST(calls_off_the_list_fail)
{
	ck_assert_int_eq(in_child(drop_then_filter), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tcase = tcase_create("privileges");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, users_are_found_by_name);
	tcase_add_test(tcase, folder_is_made_once_and_then_left_alone);
	if (geteuid() == 0)
		tcase_add_test(tcase, root_becomes_a_user_with_net_admin_alone);
	else
		printf("SKIP: root_becomes_a_user_with_net_admin_alone, because this is not "
		       "root\n");
	tcase_add_test(tcase, calls_off_the_list_fail);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (!failed && geteuid() != 0)
		return 77;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
