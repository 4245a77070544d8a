/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/verify.c: logs of the real writer, damaged line by line and byte by byte. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "audit/line.h"
#include "audit/verify.h"
#include "unit/chained.h"

#define RECORDS 12 /* with the log's first */

static struct verify *verify;
static struct verify_result result;
static char *text;
static size_t text_len;

static void set_up(void)
{
	site_set_up();
	site_write(RECORDS - 1);
	text = site_read(site.log, &text_len);
}

static void tear_down(void)
{
	verify_freep(&verify);
	free(text);
	site_tear_down();
}

static void check_with(const struct log_key_auditor *keys, size_t count)
{
	const char *at = text, *end = text + text_len;

	verify_freep(&verify);
	verify = verify_new(keys, count);
	ck_assert_ptr_nonnull(verify);
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t len = newline ? (size_t)(newline - at) : (size_t)(end - at);

		ck_assert_int_eq(verify_line(verify, at, len, newline != NULL), 0);
		at += len + (newline != NULL);
	}
	verify_end(verify, &result);
}

static void check(void)
{
	check_with(&site.auditor, 1);
}

/* The line that holds that record. */
static char *line_of(uint64_t number, size_t *ret_len)
{
	for (char *at = text; at < text + text_len;) {
		char *newline = strchr(at, '\n');
		struct line line;

		ck_assert_ptr_nonnull(newline);
		*ret_len = (size_t)(newline - at) + 1;
		if (line_parse(at, *ret_len - 1, &line) == 0 && line.number == number)
			return at;
		at = newline + 1;
	}
	ck_abort_msg("no such record");
	return NULL;
}

static void remove_line(uint64_t number)
{
	size_t len;
	char *at = line_of(number, &len);

	memmove(at, at + len, (size_t)(text + text_len - at) - len + 1);
	text_len -= len;
}

static const struct verify_finding *first_of(enum verify_kind kind)
{
	for (size_t i = 0; i < result.finding_count; i++)
		if (result.findings[i].kind == kind)
			return &result.findings[i];
	return NULL;
}

static void one_finding(enum verify_kind kind, uint64_t first, uint64_t last)
{
	const struct verify_finding *finding = first_of(kind);

	ck_assert_ptr_nonnull(finding);
	ck_assert_uint_eq(finding->first, first);
	ck_assert_uint_eq(finding->last, last);
	ck_assert_uint_eq(result.findings_all, 1);
}

START_TEST(whole_log_is_proven)
{
	check();
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_uint_eq(result.notes, 0);
	ck_assert_uint_eq(result.proven_records, RECORDS);
	ck_assert_uint_eq(result.proven_count, 1);
	ck_assert_uint_eq(result.proven[0].first, 1);
	ck_assert_uint_eq(result.proven[0].last, RECORDS);
}
END_TEST

START_TEST(each_flipped_bit_is_found)
{
	for (size_t i = 0; i + 1 < text_len; i++) {
		char kept = text[i];

		text[i] = (char)(kept ^ 1 << i % 8);
		check();
		/* only the newline's loss or a new newline may leave no finding of its own kind */
		ck_assert_msg(result.findings_all > 0, "byte %zu", i);
		ck_assert_uint_lt(result.proven_records, RECORDS);
		text[i] = kept;
	}
}
END_TEST

START_TEST(altered_record_is_named_and_the_others_stay_proven)
{
	for (uint64_t number = 1; number <= RECORDS; number++) {
		size_t len;
		char *at = line_of(number, &len);
		char *message = strstr(at, "\"message\":\"");

		message[11] ^= 2;
		check();
		one_finding(VERIFY_ALTERED, number, number);
		ck_assert_uint_eq(first_of(VERIFY_ALTERED)->line, number);
		ck_assert_uint_eq(result.proven_records, RECORDS - 1);
		message[11] ^= 2;
	}
}
END_TEST

START_TEST(removed_record_is_missing_and_only_the_next_unproven)
{
	remove_line(5);
	check();
	one_finding(VERIFY_MISSING, 5, 5);
	ck_assert_uint_eq(result.proven_records, RECORDS - 2);
	ck_assert_ptr_nonnull(first_of(VERIFY_UNPROVEN));
	ck_assert_uint_eq(first_of(VERIFY_UNPROVEN)->first, 6);
}
END_TEST

START_TEST(removed_beginning_is_a_note_and_removed_end_is_unseen_without_checkpoints)
{
	remove_line(1);
	remove_line(RECORDS);
	check();
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_ptr_nonnull(first_of(VERIFY_BEGIN));
	ck_assert_uint_eq(result.proven_records, RECORDS - 3);
}
END_TEST

static struct checkpoint checkpoint_of(uint64_t number)
{
	struct checkpoint checkpoint = { .number = number, .time = "2026-11-22T03:35:00.123456Z" };
	struct log_key_state state;
	struct line line;
	size_t len;
	char *at = line_of(number, &len);
	int fd;

	ck_assert_int_eq(log_key_open(site.key, &fd, &state), 0);
	(void)close(fd);
	ck_assert_int_eq(line_parse(at, len - 1, &line), 0);
	memcpy(checkpoint.tag, line.tag, sizeof(line.tag));
	(void)strcpy(checkpoint.id, site.auditor.id);
	ck_assert_int_eq(checkpoint_sign(state.seed, &checkpoint), 0);
	return checkpoint;
}

static void check_against(const struct checkpoint *checkpoints, size_t count)
{
	verify_freep(&verify);
	verify = verify_new(&site.auditor, 1);
	for (size_t i = 0; i < count; i++)
		ck_assert_int_eq(verify_checkpoint(verify, &checkpoints[i]), 0);
	for (char *at = text, *newline; (newline = strchr(at, '\n')) != NULL; at = newline + 1)
		ck_assert_int_eq(verify_line(verify, at, (size_t)(newline - at), true), 0);
	verify_end(verify, &result);
}

START_TEST(cut_end_shows_by_a_checkpoint)
{
	struct checkpoint kept[2] = { checkpoint_of(RECORDS), checkpoint_of(3) };

	check_against(kept, 2);
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_uint_eq(result.checkpoints, 2);
	remove_line(RECORDS);
	remove_line(RECORDS - 1);
	check_against(kept, 2);
	one_finding(VERIFY_TRUNCATED, RECORDS - 1, RECORDS);
}
END_TEST

START_TEST(checkpoint_of_other_content_or_by_nobody_is_told)
{
	struct checkpoint other = checkpoint_of(4), forged = checkpoint_of(6);

	other = checkpoint_of(5);
	other.number = 6; /* signed anew below: the tag of another record */
	forged.signature[0] ^= 1;
	check_against(&forged, 1);
	one_finding(VERIFY_CHECKPOINT, 6, 6);
	ck_assert_uint_eq(result.checkpoints, 0);
	struct log_key_state state;
	int fd;
	ck_assert_int_eq(log_key_open(site.key, &fd, &state), 0);
	(void)close(fd);
	ck_assert_int_eq(checkpoint_sign(state.seed, &other), 0);
	check_against(&other, 1);
	one_finding(VERIFY_CHECKPOINT, 6, 6);
	(void)strcpy(other.id, "0123456789abcdef");
	check_against(&other, 1);
	one_finding(VERIFY_OTHER_KEY, 6, 6);
}
END_TEST

START_TEST(moved_block_is_reordered_and_nothing_missing)
{
	char *from, block[4096];
	size_t len, next;

	/* records 4 and 5 go behind 7 */
	from = line_of(4, &len);
	(void)line_of(5, &next);
	len += next;
	memcpy(block, from, len);
	char *to = line_of(7, &next);
	to += next;
	memmove(from, from + len, (size_t)(to - from) - len);
	memcpy(to - len, block, len);
	check();
	one_finding(VERIFY_REORDERED, 4, 5);
	ck_assert_ptr_null(first_of(VERIFY_MISSING));
}
END_TEST

START_TEST(duplicate_is_told_and_the_chain_goes_on)
{
	size_t len;
	char *at = line_of(4, &len), *longer = calloc(1, text_len + len + 1);

	ck_assert_ptr_nonnull(longer);
	memcpy(longer, text, (size_t)(at - text) + len);
	memcpy(longer + (at - text) + len, at, text_len - (size_t)(at - text));
	free(text);
	text = longer;
	text_len += len;
	check();
	one_finding(VERIFY_DUPLICATED, 4, 4);
	ck_assert_uint_eq(result.proven_records, RECORDS);
}
END_TEST

START_TEST(another_key_proves_nothing)
{
	struct log_key_auditor other = site.auditor;

	other.key[0] ^= 1;
	check_with(&other, 1);
	ck_assert_uint_eq(result.proven_records, 0);
	one_finding(VERIFY_ALTERED, 1, RECORDS);
	(void)strcpy(other.id, "0123456789abcdef");
	check_with(&other, 1);
	ck_assert_ptr_nonnull(first_of(VERIFY_OTHER_KEY));
}
END_TEST

START_TEST(tags_stripped_from_the_beginning_are_no_log_before_the_chain)
{
	/* 1 to 4 without tags, as if the chain had begun with 5 */
	for (uint64_t number = 1; number <= 4; number++) {
		size_t len;
		char *at = line_of(number, &len);

		at[len - 2 - LINE_TAG_BYTES] = '}';
		memmove(at + len - 1 - LINE_TAG_BYTES, at + len - 1,
			(size_t)(text + text_len - at) - len + 2);
		text_len -= LINE_TAG_BYTES;
	}
	check();
	one_finding(VERIFY_UNCHAINED, 1, 4);
}
END_TEST

START_TEST(public_key_alone_checks_numbers_and_says_so)
{
	struct log_key_auditor public_part = site.auditor;

	public_part.has_secret = false;
	memset(public_part.key, 0, sizeof(public_part.key));
	check_with(&public_part, 1);
	ck_assert(!result.with_secret);
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_uint_eq(result.proven_records, 0);
	remove_line(7);
	check_with(&public_part, 1);
	one_finding(VERIFY_MISSING, 7, 7);
}
END_TEST

START_TEST(gap_that_the_log_admits_is_a_note_and_a_forged_one_is_not)
{
	struct writer *writer;
	size_t len;
	char *at;

	/* the end is taken away, and the writer begins again: it tells that 3 are missing */
	at = line_of(RECORDS - 2, &len);
	site_put(site.log, text, (size_t)(at - text));
	writer = site_writer();
	ck_assert_int_eq(writer_failure(writer), 0);
	writer_free(writer);
	free(text);
	text = site_read(site.log, &text_len);
	check();
	ck_assert_uint_eq(result.findings_all, 0);
	ck_assert_ptr_nonnull(first_of(VERIFY_GAP));
	ck_assert_uint_eq(first_of(VERIFY_GAP)->first, RECORDS - 2);
	ck_assert_uint_eq(first_of(VERIFY_GAP)->last, RECORDS);
	ck_assert_str_eq(first_of(VERIFY_GAP)->detail, "log-lost");
	/* one more gone before it, and its count changed to fit */
	remove_line(RECORDS - 3);
	at = strstr(text, "\"sekisho.count\":3");
	ck_assert_ptr_nonnull(at);
	at[16] = '4';
	check();
	ck_assert_ptr_nonnull(first_of(VERIFY_MISSING));
	ck_assert_uint_eq(first_of(VERIFY_MISSING)->first, RECORDS - 3);
}
END_TEST

START_TEST(number_from_nowhere_does_not_take_for_ever)
{
	char *longer = calloc(1, text_len + 200);

	ck_assert_ptr_nonnull(longer);
	memcpy(longer, text, text_len);
	text_len += (size_t)sprintf(longer + text_len,
				    "{\"@timestamp\":\"2026-11-22T03:35:00.123456Z\","
				    "\"sekisho.sequence\":18446744073709551605,\"x\":1}\n");
	free(text);
	text = longer;
	check();
	one_finding(VERIFY_DAMAGED, 0, 0);
	ck_assert_uint_eq(result.proven_records, RECORDS);
}
END_TEST

START_TEST(random_damage_never_passes)
{
	unsigned int seed = (unsigned int)getpid();
	char *kept = strdup(text);

	ck_assert_ptr_nonnull(kept);
	(void)printf("seed %u\n", seed);
	srand(seed);
	for (int round = 0; round < 2000; round++) {
		size_t at = (size_t)rand() % (text_len - 1);
		size_t from = (size_t)rand() % (text_len - 1), len = (size_t)rand() % 200 + 1;

		if (at + len >= text_len)
			len = text_len - 1 - at;
		if (from + len >= text_len)
			len = text_len - 1 - from;
		memmove(text + at, kept + from, len);
		if (memcmp(text, kept, text_len) != 0) {
			check();
			ck_assert_msg(result.findings_all > 0, "round %d", round);
		}
		memcpy(text, kept, text_len);
	}
	free(kept);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("verify");
	TCase *tcase = tcase_create("verify");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, whole_log_is_proven);
	tcase_add_test(tcase, each_flipped_bit_is_found);
	tcase_add_test(tcase, altered_record_is_named_and_the_others_stay_proven);
	tcase_add_test(tcase, removed_record_is_missing_and_only_the_next_unproven);
	tcase_add_test(tcase,
		       removed_beginning_is_a_note_and_removed_end_is_unseen_without_checkpoints);
	tcase_add_test(tcase, cut_end_shows_by_a_checkpoint);
	tcase_add_test(tcase, checkpoint_of_other_content_or_by_nobody_is_told);
	tcase_add_test(tcase, moved_block_is_reordered_and_nothing_missing);
	tcase_add_test(tcase, duplicate_is_told_and_the_chain_goes_on);
	tcase_add_test(tcase, another_key_proves_nothing);
	tcase_add_test(tcase, tags_stripped_from_the_beginning_are_no_log_before_the_chain);
	tcase_add_test(tcase, public_key_alone_checks_numbers_and_says_so);
	tcase_add_test(tcase, gap_that_the_log_admits_is_a_note_and_a_forged_one_is_not);
	tcase_add_test(tcase, number_from_nowhere_does_not_take_for_ever);
	tcase_add_test(tcase, random_damage_never_passes);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
