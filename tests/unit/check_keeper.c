/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/keeper.c. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/line.h"
#include "unit/chained.h"

static char line[RECORD_MAX + 1];

static size_t make_line(uint64_t number)
{
	struct record record = {
		.kind = RECORD_LIFE, .sequence = number, .action = "test", .text = "A test."
	};

	return record_format(&record, line);
}

/* The key that the file holds now. */
static struct chain_point on_disk(void)
{
	struct log_key_state state = { 0 };
	char copy[160];
	char *text;
	size_t len;
	int fd;

	(void)snprintf(copy, sizeof(copy), "%s/copy", site.folder);
	text = site_read(site.key, &len);
	(void)unlink(copy);
	site_put(copy, text, len);
	free(text);
	ck_assert_int_eq(chmod(copy, 0600), 0);
	ck_assert_int_eq(log_key_open(copy, &fd, &state), 0);
	(void)close(fd);
	return state.point;
}

START_TEST(missing_key_is_told_from_a_bad_one)
{
	struct keeper *keeper = NULL;

	ck_assert_int_eq(keeper_open("/nonexistent", &keeper), -ENOENT);
	site_put(site.key, "x", 1);
	ck_assert_int_eq(keeper_open(site.key, &keeper), -EINVAL);
	ck_assert_ptr_null(keeper);
}
END_TEST

START_TEST(tag_is_what_the_auditor_will_compute)
{
	struct keeper *keeper = site_keeper();
	struct chain *chain = chain_new();
	struct chain_point point = { 0 };
	uint8_t tag[CHAIN_TAG_BYTES];
	struct line parsed;

	memcpy(point.key, site.auditor.key, sizeof(point.key));
	for (uint64_t number = 1; number < 20; number += number % 3 + 1) {
		size_t len = make_line(number);

		ck_assert_int_eq(keeper_seal(keeper, number, line, &len), 0);
		ck_assert_int_eq(line_parse(line, len - 1, &parsed), 0);
		ck_assert(parsed.chained);
		ck_assert_int_eq(chain_pass(chain, &point, number - 1), 0);
		ck_assert_int_eq(chain_tag(chain, point.key, point.tag, line, parsed.body, tag), 0);
		ck_assert_mem_eq(tag, parsed.tag, sizeof(tag));
		memcpy(point.tag, tag, sizeof(tag));
	}
	chain_free(chain);
	keeper_free(keeper);
}
END_TEST

START_TEST(number_is_never_given_twice)
{
	struct keeper *keeper = site_keeper();
	size_t len = make_line(5);

	ck_assert_int_eq(keeper_seal(keeper, 5, line, &len), 0);
	len = make_line(5);
	ck_assert_int_eq(keeper_seal(keeper, 5, line, &len), -EINVAL);
	ck_assert_int_eq(keeper_seal(keeper, 4, line, &len), -EINVAL);
	keeper_free(keeper);
}
END_TEST

START_TEST(key_on_the_disk_moves_with_what_is_written_and_not_before)
{
	struct keeper *keeper = site_keeper();
	struct chain_point before = on_disk(), after;
	uint8_t tag[CHAIN_TAG_BYTES];
	size_t len = make_line(1);

	ck_assert(keeper_is_fresh(keeper));
	ck_assert_int_eq(keeper_seal(keeper, 1, line, &len), 0);
	after = on_disk();
	ck_assert_mem_eq(&before, &after, sizeof(before));
	ck_assert_uint_eq(keeper_last(keeper, tag), 0);
	ck_assert_int_eq(keeper_written(keeper), 0);
	after = on_disk();
	ck_assert_uint_eq(after.number, 1);
	ck_assert_int_ne(memcmp(before.key, after.key, sizeof(after.key)), 0);
	ck_assert_uint_eq(keeper_last(keeper, tag), 1);
	ck_assert(!keeper_is_fresh(keeper));
	keeper_free(keeper);
}
END_TEST

START_TEST(lost_batch_leaves_the_chain_where_it_was)
{
	struct keeper *keeper = site_keeper();
	struct line first, second;
	size_t len = make_line(1);

	ck_assert_int_eq(keeper_seal(keeper, 1, line, &len), 0);
	ck_assert_int_eq(line_parse(line, len - 1, &first), 0);
	keeper_lost(keeper);
	len = make_line(1);
	ck_assert_int_eq(keeper_seal(keeper, 1, line, &len), 0);
	ck_assert_int_eq(line_parse(line, len - 1, &second), 0);
	ck_assert_mem_eq(first.tag, second.tag, sizeof(first.tag));
	keeper_free(keeper);
}
END_TEST

START_TEST(no_old_key_is_left_in_the_file)
{
	uint8_t key[CHAIN_KEY_BYTES];
	char hex[2 * CHAIN_KEY_BYTES + 1] = "", *text;

	memcpy(key, site.auditor.key, sizeof(key));
	*chain_put_hex(hex, key, sizeof(key)) = '\0';
	text = site_read(site.key, NULL);
	ck_assert_ptr_nonnull(strstr(text, hex));
	free(text);
	site_write(1);
	text = site_read(site.key, NULL);
	ck_assert_ptr_null(strstr(text, hex));
	ck_assert_uint_eq(strlen(text), LOG_KEY_STATE_BYTES);
	free(text);
}
END_TEST

START_TEST(checkpoint_seals_the_last_written_record)
{
	struct keeper *keeper;
	struct checkpoint checkpoint;
	uint8_t tag[CHAIN_TAG_BYTES];

	site_write(3);
	keeper = site_keeper();
	ck_assert_int_eq(keeper_checkpoint(keeper, &checkpoint), 0);
	ck_assert_uint_eq(checkpoint.number, keeper_last(keeper, tag));
	ck_assert_uint_eq(checkpoint.number, 4);
	ck_assert_mem_eq(checkpoint.tag, tag, sizeof(tag));
	ck_assert_int_eq(checkpoint_check(site.auditor.public_key, &checkpoint), 0);
	ck_assert_str_eq(checkpoint.id, keeper_id(keeper));
	ck_assert_int_eq(keeper_sync(keeper), 0);
	keeper_free(keeper);
}
END_TEST

START_TEST(resume_takes_up_the_log_and_refuses_another)
{
	struct keeper *keeper;
	uint64_t last = 0;
	char *key = site_read(site.key, NULL);
	int fd;

	site_write(10);
	site_put(site.key, key, LOG_KEY_STATE_BYTES); /* the key's file of the beginning */
	free(key);
	keeper = site_keeper();
	fd = open(site.log, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(keeper_resume(keeper, fd, &last), 0);
	ck_assert_uint_eq(last, 11);
	keeper_free(keeper);
	site_make_key(0);
	keeper = site_keeper();
	ck_assert_int_eq(keeper_resume(keeper, fd, &last), -EKEYREJECTED);
	ck_assert_uint_eq(last, 1);
	keeper_free(keeper);
	(void)close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keeper");
	TCase *tcase = tcase_create("keeper");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_checked_fixture(tcase, site_set_up, site_tear_down);
	tcase_add_test(tcase, missing_key_is_told_from_a_bad_one);
	tcase_add_test(tcase, tag_is_what_the_auditor_will_compute);
	tcase_add_test(tcase, number_is_never_given_twice);
	tcase_add_test(tcase, key_on_the_disk_moves_with_what_is_written_and_not_before);
	tcase_add_test(tcase, lost_batch_leaves_the_chain_where_it_was);
	tcase_add_test(tcase, no_old_key_is_left_in_the_file);
	tcase_add_test(tcase, checkpoint_seals_the_last_written_record);
	tcase_add_test(tcase, resume_takes_up_the_log_and_refuses_another);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
