/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/writer.c: what is in the file after each thing that can go wrong with it. */

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <jansson.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/writer.h"
#include "common/defs.h"

#define LINES_MAX 4096

static char folder[64];
static struct writer *writer;

/* What reading the file back gave. */
static struct {
	size_t lines, broken;
	long long sequence[LINES_MAX], count[LINES_MAX];
	char action[LINES_MAX][32];
} found;

static const char *in_folder(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/check-writer-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	writer = writer_new(folder);
	ck_assert_ptr_nonnull(writer);
	ck_assert_int_eq(writer_failure(writer), 0);
}

static void tear_down(void)
{
	writer_free(writer);
	writer = NULL;
	DIR *dir = opendir(folder);
	const struct dirent *entry;
	while (dir && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			(void)unlinkat(dirfd(dir), entry->d_name, 0);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(folder);
}

static void add(const char *text)
{
	struct record record = { .kind = RECORD_LIFE, .action = "test", .text = text };

	ck_assert_int_eq(writer_add(writer, &record), 0);
}

static void write_one(const char *text)
{
	add(text);
	ck_assert_int_eq(writer_flush(writer), 0);
}

static void read_back(const char *name)
{
	FILE *file = fopen(in_folder(name), "r");
	auto_(free_charp) char *line = NULL;
	size_t room = 0;
	ssize_t len;

	ck_assert_ptr_nonnull(file);
	memset(&found, 0, sizeof(found));
	while ((len = getline(&line, &room, file)) > 0 && found.lines < LINES_MAX) {
		json_t *parsed = line[len - 1] == '\n' ? json_loads(line, 0, NULL) : NULL;

		if (!parsed) {
			found.broken++;
			continue;
		}
		size_t i = found.lines++;
		found.sequence[i] = json_integer_value(json_object_get(parsed, "sekisho.sequence"));
		found.count[i] = json_integer_value(json_object_get(parsed, "sekisho.count"));
		const char *action = json_string_value(json_object_get(parsed, "event.action"));
		(void)snprintf(found.action[i], sizeof(found.action[i]), "%s",
			       action ? action : "");
		json_decref(parsed);
	}
	(void)fclose(file);
}

/* Every number from the first on is there, or in a hole as wide as the gap record behind it says.
 */
static void numbers_reconcile(long long first)
{
	long long next = first;

	for (size_t i = 0; i < found.lines; i++) {
		next += found.count[i];
		ck_assert_int_eq(found.sequence[i], next);
		next++;
	}
}

static struct writer_counts counts(void)
{
	struct writer_counts now;

	writer_counts(writer, &now);
	return now;
}

START_TEST(records_are_numbered_and_written_in_one_batch)
{
	add("one");
	add("two");
	add("three");
	struct stat st;
	ck_assert_int_eq(stat(in_folder(WRITER_FILE_NAME), &st), 0);
	ck_assert_int_eq(st.st_size, 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 3);
	ck_assert_uint_eq(found.broken, 0);
	numbers_reconcile(1);
	ck_assert_uint_eq(counts().written, 3);
	ck_assert_uint_eq(counts().flushes, 1);
	ck_assert_uint_eq(counts().sequence, 3);
	ck_assert_int_eq(stat(in_folder(WRITER_FILE_NAME), &st), 0);
	ck_assert_uint_eq(counts().bytes, (uint64_t)st.st_size);
}
END_TEST

START_TEST(file_is_for_owner_and_group_only)
{
	struct stat st;

	ck_assert_int_eq(stat(in_folder(WRITER_FILE_NAME), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0137, 0);
	ck_assert_uint_eq(st.st_mode & 0600, 0600);
}
END_TEST

START_TEST(flush_of_nothing_writes_nothing)
{
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_uint_eq(counts().flushes, 0);
}
END_TEST

START_TEST(full_batch_says_so_and_numbers_nothing)
{
	struct record record = { .kind = RECORD_LIFE, .action = "test" };
	size_t added = 0;

	while (writer_add(writer, &record) == 0)
		added++;
	ck_assert_int_eq(writer_add(writer, &record), -ENOBUFS);
	ck_assert_uint_gt(added, 60);
	ck_assert_uint_eq(counts().sequence, added);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(writer_add(writer, &record), 0);
	ck_assert_int_eq(writer_flush(writer), 0);
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, added + 1);
	numbers_reconcile(1);
}
END_TEST

START_TEST(numbers_go_on_after_a_restart)
{
	write_one("before");
	writer_free(writer);
	writer = writer_new(folder);
	write_one("after");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 2);
	numbers_reconcile(1);
}
END_TEST

START_TEST(numbers_go_on_after_rotation_and_restart)
{
	char rotated[256];

	write_one("before");
	write_one("before");
	writer_free(writer);
	(void)snprintf(rotated, sizeof(rotated), "%s/%s.1", folder, WRITER_FILE_NAME);
	ck_assert_int_eq(rename(in_folder(WRITER_FILE_NAME), rotated), 0);
	writer = writer_new(folder);
	write_one("after");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 1);
	numbers_reconcile(3);
}
END_TEST

START_TEST(reopening_begins_the_new_file_with_a_record_of_it)
{
	char rotated[256];

	write_one("old");
	(void)snprintf(rotated, sizeof(rotated), "%s/%s.1", folder, WRITER_FILE_NAME);
	ck_assert_int_eq(rename(in_folder(WRITER_FILE_NAME), rotated), 0);
	write_one("still old");
	add("pending, so still old");
	ck_assert_int_eq(writer_reopen(writer), 0);
	write_one("new");
	read_back(WRITER_FILE_NAME ".1");
	ck_assert_uint_eq(found.lines, 3);
	numbers_reconcile(1);
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 2);
	ck_assert_str_eq(found.action[0], "log-opened");
	numbers_reconcile(4);
}
END_TEST

START_TEST(reopening_the_same_file_adds_nothing)
{
	write_one("one");
	ck_assert_int_eq(writer_reopen(writer), 0);
	write_one("two");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 2);
	numbers_reconcile(1);
}
END_TEST

START_TEST(failed_reopening_keeps_the_old_file)
{
	char rotated[256];

	(void)snprintf(rotated, sizeof(rotated), "%s/old", folder);
	ck_assert_int_eq(rename(in_folder(WRITER_FILE_NAME), rotated), 0);
	ck_assert_int_eq(symlink("/dev/null", in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(writer_reopen(writer), -ELOOP);
	ck_assert_int_eq(writer_failure(writer), 0);
	write_one("goes to the old one");
	read_back("old");
	ck_assert_uint_eq(found.lines, 1);
}
END_TEST

START_TEST(removed_file_is_begun_anew_before_the_next_record)
{
	write_one("lost with its file");
	ck_assert_int_eq(unlink(in_folder(WRITER_FILE_NAME)), 0);
	write_one("in the new one");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 1);
	ck_assert_int_eq(found.sequence[0], 2);
}
END_TEST

START_TEST(line_cut_short_by_a_crash_is_ended_and_marked)
{
	write_one("one");
	write_one("two");
	writer_free(writer);
	struct stat st;
	ck_assert_int_eq(stat(in_folder(WRITER_FILE_NAME), &st), 0);
	ck_assert_int_eq(truncate(in_folder(WRITER_FILE_NAME), st.st_size - 5), 0);
	writer = writer_new(folder);
	ck_assert_int_eq(writer_failure(writer), 0);
	write_one("three");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.broken, 1);
	ck_assert_uint_eq(found.lines, 3);
	ck_assert_str_eq(found.action[1], "log-cut");
	ck_assert_int_eq(found.count[1], 1);
	ck_assert_int_eq(found.sequence[0], 1);
	ck_assert_int_eq(found.sequence[1], 3);
	ck_assert_int_eq(found.sequence[2], 4);
}
END_TEST

START_TEST(link_pipe_or_device_in_place_of_the_file_is_refused)
{
	writer_free(writer);
	ck_assert_int_eq(unlink(in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(symlink("/dev/full", in_folder(WRITER_FILE_NAME)), 0);
	writer = writer_new(folder);
	ck_assert_int_eq(writer_failure(writer), -ELOOP);
	ck_assert_int_eq(unlink(in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(mkfifo(in_folder(WRITER_FILE_NAME), 0600), 0);
	ck_assert_int_eq(writer_retry(writer), -EINVAL);
	ck_assert_int_eq(unlink(in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(mkdir(in_folder(WRITER_FILE_NAME), 0700), 0);
	ck_assert_int_eq(writer_retry(writer), -EISDIR);
	ck_assert_int_eq(rmdir(in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(writer_retry(writer), 0);
}
END_TEST

START_TEST(folder_that_is_missing_fails_until_it_is_there)
{
	writer_free(writer);
	ck_assert_int_eq(unlink(in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	writer = writer_new(folder);
	ck_assert_ptr_nonnull(writer);
	ck_assert_int_eq(writer_failure(writer), -ENOENT);
	add("lost");
	add("lost");
	ck_assert_int_eq(writer_flush(writer), -ENOENT);
	ck_assert_int_eq(writer_retry(writer), -ENOENT);
	ck_assert_int_eq(writer_reopen(writer), -ENOENT);
	add("lost as well, without a flush");
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(writer_retry(writer), 0);
	ck_assert_int_eq(writer_failure(writer), 0);
	write_one("written");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 2);
	ck_assert_str_eq(found.action[0], "log-gap");
	ck_assert_int_eq(found.count[0], 3);
	numbers_reconcile(1);
	ck_assert_uint_eq(counts().missing, 3);
	ck_assert_uint_eq(counts().written, 2);
}
END_TEST

START_TEST(folder_that_vanishes_is_a_failure_at_the_next_flush)
{
	write_one("one");
	ck_assert_int_eq(unlink(in_folder(WRITER_FILE_NAME)), 0);
	ck_assert_int_eq(rmdir(folder), 0);
	add("two");
	ck_assert_int_eq(writer_flush(writer), -ENOENT);
	ck_assert_int_eq(mkdir(folder, 0700), 0);
	ck_assert_int_eq(writer_retry(writer), 0);
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 1);
	ck_assert_int_eq(found.sequence[0], 3);
	ck_assert_int_eq(found.count[0], 1);
}
END_TEST

static off_t file_size(void)
{
	struct stat st;

	return stat(in_folder(WRITER_FILE_NAME), &st) < 0 ? -1 : st.st_size;
}

struct outcome {
	int flush, retry;
	off_t size_after_flush, size_after_retry;
};

/* Flushes and retries while files may be only so long. Nothing is asserted here: the test library
 * writes its own notes to a file, to which the limit applies as well. */
static struct outcome under_limit(rlim_t bytes)
{
	struct outcome outcome = { 0 };
	struct rlimit before, limit;

	if (getrlimit(RLIMIT_FSIZE, &before) < 0)
		return outcome;
	limit = before;
	limit.rlim_cur = bytes;
	if (setrlimit(RLIMIT_FSIZE, &limit) < 0)
		return outcome;
	outcome.flush = writer_flush(writer);
	outcome.size_after_flush = file_size();
	/* The gap record is longer than 150 bytes. */
	outcome.retry =
		bytes < (rlim_t)outcome.size_after_flush + 150 ? writer_retry(writer) : -EFBIG;
	outcome.size_after_retry = file_size();
	(void)setrlimit(RLIMIT_FSIZE, &before);
	return outcome;
}

/* A limit on the file's size does to write(2) what a full disk does: it takes a part, then nothing.
 */
START_TEST(partly_written_batch_is_taken_back_wherever_it_breaks)
{
	size_t missing = 0;

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	write_one("whole");
	for (rlim_t more = 0; more < 600; more += 37) {
		off_t before = file_size();

		add("lost");
		add("lost");
		add("lost");
		struct outcome outcome = under_limit((rlim_t)before + more);
		ck_assert_int_eq(outcome.flush, -EFBIG);
		ck_assert_int_eq(outcome.size_after_flush, before);
		ck_assert_int_eq(outcome.retry, -EFBIG);
		ck_assert_int_eq(outcome.size_after_retry, before);
		missing += 3;
		ck_assert_int_eq(writer_failure(writer), -EFBIG);
		ck_assert_int_eq(writer_retry(writer), 0);
	}
	write_one("whole again");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.broken, 0);
	numbers_reconcile(1);
	ck_assert_uint_eq(counts().missing, missing);
	ck_assert_uint_eq(counts().written, found.lines);
	ck_assert_uint_eq(counts().written + counts().missing, counts().sequence);
}
END_TEST

/* The next two need a file system of their own, in a mount namespace of the test's own process. */
static void mount_small(unsigned long flags)
{
	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("tmpfs", folder, "tmpfs", flags, "size=64k"), 0);
	writer_free(writer);
	writer = writer_new(folder);
	ck_assert_ptr_nonnull(writer);
}

START_TEST(full_disk_fails_keeps_whole_lines_and_is_told_when_there_is_room)
{
	mount_small(0);
	int filler = open(in_folder("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(filler, 0);
	ck_assert_int_eq(ftruncate(filler, 0), 0);
	static char block[4096 * 8];
	ck_assert_int_eq(write(filler, block, sizeof(block)), (ssize_t)sizeof(block));
	(void)close(filler);

	int r = 0;
	while (r == 0) {
		for (int i = 0; i < 10; i++)
			add("fills the disk");
		r = writer_flush(writer);
	}
	ck_assert_int_eq(r, -ENOSPC);
	add("lost");
	ck_assert_int_eq(writer_flush(writer), -ENOSPC);
	ck_assert_int_eq(unlink(in_folder("filler")), 0);
	ck_assert_int_eq(writer_retry(writer), 0);
	write_one("room again");
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.broken, 0);
	ck_assert_str_eq(found.action[found.lines - 2], "log-gap");
	ck_assert_int_eq(found.count[found.lines - 2], 11);
	numbers_reconcile(1);
	ck_assert_uint_eq(counts().written, found.lines);
	ck_assert_int_eq(umount2(folder, MNT_DETACH), 0);
}
END_TEST

START_TEST(read_only_file_system_is_a_failure_until_it_is_writable)
{
	mount_small(MS_RDONLY);
	ck_assert_int_eq(writer_failure(writer), -EROFS);
	add("lost");
	ck_assert_int_eq(writer_flush(writer), -EROFS);
	ck_assert_int_eq(mount("tmpfs", folder, "tmpfs", MS_REMOUNT, "size=64k"), 0);
	ck_assert_int_eq(writer_retry(writer), 0);
	read_back(WRITER_FILE_NAME);
	ck_assert_uint_eq(found.lines, 1);
	ck_assert_int_eq(found.count[0], 1);
	numbers_reconcile(1);
	ck_assert_int_eq(umount2(folder, MNT_DETACH), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("writer");
	TCase *tcase = tcase_create("writer");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, records_are_numbered_and_written_in_one_batch);
	tcase_add_test(tcase, file_is_for_owner_and_group_only);
	tcase_add_test(tcase, flush_of_nothing_writes_nothing);
	tcase_add_test(tcase, full_batch_says_so_and_numbers_nothing);
	tcase_add_test(tcase, numbers_go_on_after_a_restart);
	tcase_add_test(tcase, numbers_go_on_after_rotation_and_restart);
	tcase_add_test(tcase, reopening_begins_the_new_file_with_a_record_of_it);
	tcase_add_test(tcase, reopening_the_same_file_adds_nothing);
	tcase_add_test(tcase, failed_reopening_keeps_the_old_file);
	tcase_add_test(tcase, removed_file_is_begun_anew_before_the_next_record);
	tcase_add_test(tcase, line_cut_short_by_a_crash_is_ended_and_marked);
	tcase_add_test(tcase, link_pipe_or_device_in_place_of_the_file_is_refused);
	tcase_add_test(tcase, folder_that_is_missing_fails_until_it_is_there);
	tcase_add_test(tcase, folder_that_vanishes_is_a_failure_at_the_next_flush);
	tcase_add_test(tcase, partly_written_batch_is_taken_back_wherever_it_breaks);
	if (geteuid() == 0) {
		tcase_add_test(tcase,
			       full_disk_fails_keeps_whole_lines_and_is_told_when_there_is_room);
		tcase_add_test(tcase, read_only_file_system_is_a_failure_until_it_is_writable);
	} else {
		(void)printf("not root: the two tests that mount a file system are left out\n");
	}
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
