/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/log_key.c. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "unit/chained.h"

static const char *in_folder(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", site.folder, name);
	return path;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(state_is_read_as_it_was_written)
{
	struct log_key_state state, back;
	struct log_key_auditor auditor;
	int fd;

	ck_assert_int_eq(log_key_make(77, &state, &auditor), 0);
	ck_assert_int_eq(log_key_create(in_folder("k"), &state, (uid_t)-1, (gid_t)-1), 0);
	ck_assert_uint_eq(mode_of(in_folder("k")), 0600);
	ck_assert_int_eq(log_key_open(in_folder("k"), &fd, &back), 0);
	ck_assert_uint_eq(back.point.number, 77);
	ck_assert_mem_eq(back.point.key, auditor.key, sizeof(auditor.key));
	ck_assert_mem_eq(back.seed, state.seed, sizeof(state.seed));
	ck_assert_str_eq(back.id, auditor.id);
	back.point.number = UINT64_MAX;
	back.point.key[0] ^= 1;
	ck_assert_int_eq(log_key_update(fd, &back), 0);
	(void)close(fd);
	ck_assert_int_eq(log_key_open(in_folder("k"), &fd, &state), 0);
	ck_assert_uint_eq(state.point.number, UINT64_MAX);
	ck_assert_mem_eq(state.point.key, back.point.key, sizeof(back.point.key));
	(void)close(fd);
}
END_TEST

START_TEST(two_keys_are_never_the_same)
{
	struct log_key_state a, b;
	struct log_key_auditor of_a, of_b;

	ck_assert_int_eq(log_key_make(0, &a, &of_a), 0);
	ck_assert_int_eq(log_key_make(0, &b, &of_b), 0);
	ck_assert_int_ne(memcmp(a.point.key, b.point.key, sizeof(a.point.key)), 0);
	ck_assert_int_ne(memcmp(a.seed, b.seed, sizeof(a.seed)), 0);
	ck_assert_str_ne(of_a.id, of_b.id);
}
END_TEST

START_TEST(nothing_is_overwritten)
{
	struct log_key_state state;
	struct log_key_auditor auditor;
	char *before = site_read(site.key, NULL), *after;

	ck_assert_int_eq(log_key_make(0, &state, &auditor), 0);
	ck_assert_int_eq(log_key_create(site.key, &state, (uid_t)-1, (gid_t)-1), -EEXIST);
	ck_assert_int_eq(log_key_write_auditor(site.key, &auditor, true), -EEXIST);
	after = site_read(site.key, NULL);
	ck_assert_str_eq(before, after);
	free(before);
	free(after);
}
END_TEST

START_TEST(second_process_and_curious_eyes_are_refused)
{
	struct log_key_state state;
	int fd, second;

	ck_assert_int_eq(log_key_open(site.key, &fd, &state), 0);
	ck_assert_int_eq(log_key_open(site.key, &second, &state), -EBUSY);
	(void)close(fd);
	ck_assert_int_eq(chmod(site.key, 0640), 0);
	ck_assert_int_eq(log_key_open(site.key, &fd, &state), -EPERM);
	ck_assert_int_eq(chmod(site.key, 0604), 0);
	ck_assert_int_eq(log_key_open(site.key, &fd, &state), -EPERM);
	ck_assert_int_eq(log_key_open(in_folder("none"), &fd, &state), -ENOENT);
	ck_assert_int_eq(mkdir(in_folder("d"), 0700), 0);
	ck_assert_int_lt(log_key_open(in_folder("d"), &fd, &state), 0);
	ck_assert_int_eq(rmdir(in_folder("d")), 0);
}
END_TEST

START_TEST(each_changed_byte_of_the_state_is_damage)
{
	struct log_key_state state = { .point.number = 5 };
	size_t len;
	char *text = site_read(site.key, &len);
	int fd;

	ck_assert_uint_eq(len, LOG_KEY_STATE_BYTES);
	for (size_t i = 0; i < len; i++) {
		text[i] ^= 1;
		site_put(site.key, text, len);
		ck_assert_int_eq(log_key_open(site.key, &fd, &state), -EINVAL);
		text[i] ^= 1;
		site_put(site.key, text, i);
		ck_assert_int_eq(log_key_open(site.key, &fd, &state), -EINVAL);
	}
	ck_assert_uint_eq(state.point.number, 5);
	free(text);
}
END_TEST

START_TEST(auditors_file_is_read_as_it_was_written_with_and_without_the_secret)
{
	struct log_key_auditor back;

	ck_assert_int_eq(log_key_write_auditor(in_folder("a"), &site.auditor, true), 0);
	ck_assert_uint_eq(mode_of(in_folder("a")), 0600);
	ck_assert_int_eq(log_key_read_auditor(in_folder("a"), &back), 0);
	ck_assert(back.has_secret);
	ck_assert_mem_eq(back.key, site.auditor.key, sizeof(back.key));
	ck_assert_int_eq(log_key_write_auditor(in_folder("p"), &site.auditor, false), 0);
	ck_assert_int_eq(log_key_read_auditor(in_folder("p"), &back), 0);
	ck_assert(!back.has_secret);
	ck_assert_mem_eq(back.public_key, site.auditor.public_key, sizeof(back.public_key));
	ck_assert_str_eq(back.id, site.auditor.id);
}
END_TEST

START_TEST(every_truncation_of_the_auditors_file_is_refused)
{
	struct log_key_auditor back = { .first = 9 };
	char *text;
	size_t len;

	ck_assert_int_eq(log_key_write_auditor(in_folder("a"), &site.auditor, true), 0);
	text = site_read(in_folder("a"), &len);
	for (size_t cut = 0; cut < len; cut++) {
		site_put(in_folder("b"), text, cut);
		ck_assert_int_eq(log_key_read_auditor(in_folder("b"), &back), -EINVAL);
	}
	ck_assert_uint_eq(back.first, 9);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log_key");
	TCase *tcase = tcase_create("log_key");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_checked_fixture(tcase, site_set_up, site_tear_down);
	tcase_add_test(tcase, state_is_read_as_it_was_written);
	tcase_add_test(tcase, two_keys_are_never_the_same);
	tcase_add_test(tcase, nothing_is_overwritten);
	tcase_add_test(tcase, second_process_and_curious_eyes_are_refused);
	tcase_add_test(tcase, each_changed_byte_of_the_state_is_damage);
	tcase_add_test(tcase, auditors_file_is_read_as_it_was_written_with_and_without_the_secret);
	tcase_add_test(tcase, every_truncation_of_the_auditors_file_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
