/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/writer.c with a chain: after each thing that can go wrong, what the auditor finds.
 */

#include <check.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>

#include "audit/verify.h"
#include "unit/chained.h"

static struct verify *verify;
static struct verify_result result;

static void set_up(void)
{
	site_set_up();
}

static void tear_down(void)
{
	verify_freep(&verify);
	site_tear_down();
}

static void take_file(const char *name, size_t number)
{
	char path[160];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", site.folder, name);
	char *text = site_read(path, &len), *end = text + len;
	verify_file(verify, number);
	for (char *at = text; at < end;) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t line = newline ? (size_t)(newline - at) : (size_t)(end - at);

		ck_assert_int_eq(verify_line(verify, at, line, newline != NULL), 0);
		at += line + 1;
	}
	free(text);
}

/* What the auditor finds in the rotated file, if old names one, and the one in use. */
static void check_files(const char *old)
{
	verify_freep(&verify);
	verify = verify_new(&site.auditor, 1);
	ck_assert_ptr_nonnull(verify);
	if (old)
		take_file(old, 0);
	take_file(WRITER_FILE_NAME, 1);
	verify_end(verify, &result);
}

static void nothing_is_wrong(uint64_t records)
{
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_uint_eq(result.records, records);
	ck_assert_uint_eq(result.proven_records, records);
}

static const struct verify_finding *first_of(enum verify_kind kind)
{
	for (size_t i = 0; i < result.finding_count; i++)
		if (result.findings[i].kind == kind)
			return &result.findings[i];
	return NULL;
}

static void move_log(const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", site.folder, name);
	ck_assert_int_eq(rename(site.log, path), 0);
}

START_TEST(chain_goes_on_over_batches_and_restarts)
{
	struct writer *writer = site_writer();

	site_add(writer, 100);
	ck_assert_int_eq(writer_flush(writer), 0);
	site_add(writer, 7);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	site_write(5);
	check_files(NULL);
	nothing_is_wrong(113);
	ck_assert_uint_eq(result.last, 113);
}
END_TEST

START_TEST(log_without_a_chain_gets_one_from_now_on)
{
	struct writer *writer = writer_new(site.folder);

	ck_assert_ptr_null(writer_key_id(writer));
	ck_assert_int_eq(writer_checkpoint(writer, NULL), -ENOTSUP);
	site_add(writer, 5);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	site_write(5);
	site_write(1);
	check_files(NULL);
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_ptr_nonnull(first_of(VERIFY_BEFORE));
	ck_assert_uint_eq(first_of(VERIFY_BEFORE)->last, 5);
	ck_assert_uint_eq(result.proven_records, 7);
	/* and back to one without: what follows is not chained, and does not pass for it */
	writer = writer_new(site.folder);
	site_add(writer, 1);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	check_files(NULL);
	ck_assert_ptr_nonnull(first_of(VERIFY_UNCHAINED));
	ck_assert_uint_eq(first_of(VERIFY_UNCHAINED)->first, 13);
	/* with the key again, the writer does not pass over it in silence */
	writer = site_writer();
	ck_assert_int_eq(writer_failure(writer), -EKEYREJECTED);
	ck_assert_uint_eq(writer_unfit(writer), 13);
	writer_free(writer);
}
END_TEST

START_TEST(reopened_file_holds_the_seal_of_the_one_before)
{
	struct writer *writer = site_writer();

	site_add(writer, 3);
	move_log("decisions.jsonl.1");
	ck_assert_int_eq(writer_reopen(writer), 0);
	site_add(writer, 3);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(writer_reopen(writer), 0); /* the same file: nothing */
	writer_free(writer);
	char *text = site_read(site.log, NULL);
	ck_assert_ptr_nonnull(strstr(text, "\"event.action\":\"log-opened\""));
	ck_assert_ptr_nonnull(strstr(text, "\"sekisho.previous.sequence\":4,"));
	ck_assert_ptr_nonnull(strstr(text, "\"sekisho.previous.file\":\"decisions.jsonl.1\""));
	free(text);
	check_files("decisions.jsonl.1");
	nothing_is_wrong(8);
	check_files(NULL);
	nothing_is_wrong(4);
}
END_TEST

START_TEST(daemon_that_finds_no_file_begins_one_with_a_seal)
{
	site_write(3);
	move_log("decisions.jsonl.1");
	site_write(3);
	check_files("decisions.jsonl.1");
	nothing_is_wrong(8);
	/* the file before was taken away altogether */
	ck_assert_int_eq(unlink(site.log), 0);
	site_write(1);
	check_files("decisions.jsonl.1");
	ck_assert_ptr_nonnull(first_of(VERIFY_MISSING));
	ck_assert_uint_eq(first_of(VERIFY_MISSING)->first, 5);
	ck_assert_uint_eq(first_of(VERIFY_MISSING)->last, 8);
	ck_assert_uint_eq(result.proven_records, 6);
}
END_TEST

START_TEST(file_removed_while_in_use_shows)
{
	struct writer *writer = site_writer();

	site_add(writer, 3);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(unlink(site.log), 0);
	site_add(writer, 2);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	check_files(NULL);
	nothing_is_wrong(3);
	ck_assert_uint_eq(result.first, 5); /* the file's own first record */
}
END_TEST

/* Every state between writing a batch and writing the key: the file ends after any byte of it, and
 * the key is that of before. */
START_TEST(crash_at_any_byte_of_a_batch_leaves_a_log_that_verifies)
{
	size_t before, after;
	char *key, *text;
	struct writer *writer;

	site_write(2);
	key = site_read(site.key, NULL);
	free(site_read(site.log, &before));
	writer = site_writer();
	site_add(writer, 3);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	text = site_read(site.log, &after);
	for (size_t cut = before; cut <= after; cut++) {
		site_put(site.log, text, cut);
		site_put(site.key, key, LOG_KEY_STATE_BYTES);
		writer = site_writer();
		ck_assert_int_eq(writer_failure(writer), 0);
		site_add(writer, 1);
		ck_assert_int_eq(writer_flush(writer), 0);
		writer_free(writer);
		check_files(NULL);
		ck_assert_msg(result.findings_all == 0, "cut at %zu", cut);
		ck_assert_uint_eq(result.proven_records, result.records);
	}
	free(text);
	free(key);
}
END_TEST

/* After a power failure the key may be ahead of the log by any number, and the last line torn. */
START_TEST(key_ahead_of_the_log_is_told_with_the_number_missing)
{
	struct writer *writer;
	size_t len;
	char *key, *text;

	site_write(6);
	key = site_read(site.key, NULL);
	text = site_read(site.log, &len);
	for (size_t cut = (size_t)(strchr(text, '\n') - text) + 1; cut < len; cut += 7) {
		uint64_t lines = 0;

		for (size_t i = 0; i < cut; i++)
			lines += text[i] == '\n';
		site_put(site.log, text, cut);
		site_put(site.key, key, LOG_KEY_STATE_BYTES);
		writer = site_writer();
		ck_assert_int_eq(writer_failure(writer), 0);
		site_add(writer, 1);
		ck_assert_int_eq(writer_flush(writer), 0);
		writer_free(writer);
		check_files(NULL);
		ck_assert_uint_eq(result.findings_all, 0);
		ck_assert_uint_eq(result.proven_records, lines + 2);
		ck_assert_uint_eq(result.last, 9);
		ck_assert_ptr_nonnull(first_of(VERIFY_GAP));
		ck_assert_uint_eq(first_of(VERIFY_GAP)->first, lines + 1);
		ck_assert_uint_eq(first_of(VERIFY_GAP)->last, 7);
	}
	free(text);
	free(key);
}
END_TEST

START_TEST(altered_last_record_is_not_gone_on_from)
{
	size_t len;
	char *text;
	struct writer *writer;

	site_write(3);
	text = site_read(site.log, &len);
	text[len - 10] = text[len - 10] == '0' ? '1' : '0'; /* of its tag */
	site_put(site.log, text, len);
	free(text);
	writer = site_writer();
	ck_assert_int_eq(writer_failure(writer), -EKEYREJECTED);
	ck_assert_uint_eq(writer_unfit(writer), 4);
	ck_assert_int_eq(writer_retry(writer), -EKEYREJECTED);
	site_add(writer, 1);
	ck_assert_int_eq(writer_flush(writer), -EKEYREJECTED);
	writer_free(writer);
}
END_TEST

START_TEST(checkpoint_seals_the_batch_and_none_comes_without_need)
{
	struct writer *writer = site_writer();
	struct checkpoint checkpoint;

	site_add(writer, 3);
	ck_assert_int_eq(writer_checkpoint(writer, &checkpoint), 0);
	ck_assert_uint_eq(checkpoint.number, 4);
	ck_assert_int_eq(checkpoint_check(site.auditor.public_key, &checkpoint), 0);
	ck_assert_int_eq(writer_checkpoint(writer, &checkpoint), -EALREADY);
	site_add(writer, 1);
	ck_assert_int_eq(writer_checkpoint(writer, &checkpoint), 0);
	ck_assert_uint_eq(checkpoint.number, 6);
	writer_free(writer);
	check_files(NULL);
	nothing_is_wrong(7);
	ck_assert_uint_eq(result.checkpoints, 2);
}
END_TEST

/* Without assertions, which write to a file themselves: for use under a limit. */
static int add_quietly(struct writer *writer, unsigned int count)
{
	struct record record = { .kind = RECORD_LIFE, .action = "test", .text = "A test." };

	for (unsigned int i = 0; i < count; i++)
		(void)writer_add(writer, &record);
	return writer_flush(writer);
}

/* The file may grow to a few bytes more: where the batch breaks, and where the record about the gap
 * does. */
START_TEST(failed_write_is_told_and_the_chain_goes_on_behind_it)
{
	struct rlimit limit, kept;
	struct writer *writer = site_writer();
	size_t len;

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &kept), 0);
	for (rlim_t room = 1; room < 2500; room += 97) {
		free(site_read(site.log, &len));
		limit = (struct rlimit){ len + room, kept.rlim_max };
		(void)setrlimit(RLIMIT_FSIZE, &limit);
		int r = add_quietly(writer, 9);
		(void)add_quietly(writer, 2);
		if (r < 0)
			(void)writer_retry(writer);
		(void)setrlimit(RLIMIT_FSIZE, &kept);
		ck_assert_int_lt(r, 0);
		ck_assert_int_eq(writer_retry(writer), 0);
		site_add(writer, 1);
		ck_assert_int_eq(writer_flush(writer), 0);
		check_files(NULL);
		ck_assert_msg(result.findings_all == 0, "room for %lu", (unsigned long)room);
		ck_assert_uint_eq(result.proven_records, result.records);
	}
	writer_free(writer);
	ck_assert_ptr_nonnull(first_of(VERIFY_GAP));
}
END_TEST

START_TEST(file_rotated_away_while_nothing_could_be_written_is_told_in_the_new_one)
{
	struct rlimit limit = { 1, RLIM_INFINITY }, kept;
	struct writer *writer = site_writer();

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	site_add(writer, 1);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &kept), 0);
	limit.rlim_max = kept.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	int r = add_quietly(writer, 9);
	(void)setrlimit(RLIMIT_FSIZE, &kept);
	ck_assert_int_lt(r, 0);
	move_log("decisions.jsonl.1");
	ck_assert_int_eq(writer_reopen(writer), 0);
	site_add(writer, 1);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	check_files("decisions.jsonl.1");
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_uint_eq(result.proven_records, result.records);
	ck_assert_uint_eq(first_of(VERIFY_GAP)->first, 3);
	ck_assert_uint_eq(first_of(VERIFY_GAP)->last, 11);
}
END_TEST

START_TEST(reopening_that_fails_leaves_the_chain_in_the_old_file)
{
	struct rlimit limit = { 1, RLIM_INFINITY }, kept;
	struct writer *writer = site_writer();

	ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	site_add(writer, 3);
	ck_assert_int_eq(writer_flush(writer), 0);
	move_log("decisions.jsonl.1");
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &kept), 0);
	limit.rlim_max = kept.rlim_max;
	(void)setrlimit(RLIMIT_FSIZE, &limit);
	int r = writer_reopen(writer);
	(void)setrlimit(RLIMIT_FSIZE, &kept);
	ck_assert_int_lt(r, 0);
	ck_assert_int_eq(writer_failure(writer), 0);
	site_add(writer, 3);
	ck_assert_int_eq(writer_flush(writer), 0);
	ck_assert_int_eq(writer_reopen(writer), 0);
	site_add(writer, 1);
	ck_assert_int_eq(writer_flush(writer), 0);
	writer_free(writer);
	check_files("decisions.jsonl.1");
	nothing_is_wrong(9);
}
END_TEST

START_TEST(second_key_begins_a_chain_of_its_own)
{
	struct log_key_auditor keys[2];

	site_write(3);
	keys[0] = site.auditor;
	site_make_key(4);
	keys[1] = site.auditor;
	site_write(3);
	verify_freep(&verify);
	verify = verify_new(keys, 2);
	take_file(WRITER_FILE_NAME, 0);
	verify_end(verify, &result);
	nothing_is_wrong(8);
	verify_freep(&verify);
	verify = verify_new(keys, 1);
	take_file(WRITER_FILE_NAME, 0);
	verify_end(verify, &result);
	ck_assert_ptr_nonnull(first_of(VERIFY_OTHER_KEY));
	ck_assert_uint_eq(first_of(VERIFY_OTHER_KEY)->first, 5);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("writer_chain");
	TCase *tcase = tcase_create("writer_chain");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, chain_goes_on_over_batches_and_restarts);
	tcase_add_test(tcase, log_without_a_chain_gets_one_from_now_on);
	tcase_add_test(tcase, reopened_file_holds_the_seal_of_the_one_before);
	tcase_add_test(tcase, daemon_that_finds_no_file_begins_one_with_a_seal);
	tcase_add_test(tcase, file_removed_while_in_use_shows);
	tcase_add_test(tcase, crash_at_any_byte_of_a_batch_leaves_a_log_that_verifies);
	tcase_add_test(tcase, key_ahead_of_the_log_is_told_with_the_number_missing);
	tcase_add_test(tcase, altered_last_record_is_not_gone_on_from);
	tcase_add_test(tcase, checkpoint_seals_the_batch_and_none_comes_without_need);
	tcase_add_test(tcase, failed_write_is_told_and_the_chain_goes_on_behind_it);
	tcase_add_test(tcase,
		       file_rotated_away_while_nothing_could_be_written_is_told_in_the_new_one);
	tcase_add_test(tcase, reopening_that_fails_leaves_the_chain_in_the_old_file);
	tcase_add_test(tcase, second_key_begins_a_chain_of_its_own);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
