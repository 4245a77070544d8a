/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/cmd_log_key.c. */

#include <check.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "audit/log_key.h"
#include "broker_site.h"
#include "ctl/cmd.h"
#include "ctl_probe.h"

static struct site site;
static char key[128], auditor[128], public_part[128];

/* The policy with log.key, which the site's own text does not have. */
static void write_policy(const char *more)
{
	char text[] = SITE_POLICY;
	FILE *file = fopen(site.policy, "w");
	/* root is no daemon's user, but may give the key to one */
	const struct passwd *self = getpwuid(geteuid());

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(self);
	(void)fprintf(file, "%slog = { directory = \"%s\"; %s };\ndaemon = { user = \"%s\"; };\n",
		      text, site.log, more, self->pw_uid == 0 ? "nobody" : self->pw_name);
	ck_assert_int_eq(fclose(file), 0);
}

static void set_up(void)
{
	char more[200];

	site_make(&site);
	(void)snprintf(key, sizeof(key), "%s/key", site.folder);
	(void)snprintf(auditor, sizeof(auditor), "%s/auditor", site.folder);
	(void)snprintf(public_part, sizeof(public_part), "%s/public", site.folder);
	(void)snprintf(more, sizeof(more), "key = \"%s\";", key);
	write_policy(more);
}

static void tear_down(void)
{
	(void)unlink(key);
	(void)unlink(auditor);
	(void)unlink(public_part);
	site_remove(&site);
}

static const struct probe_result *run(void)
{
	return probe_run(cmd_log, "log", "init-key", "-c", site.policy, "-a", auditor, "-p",
			 public_part, NULL);
}

START_TEST(keys_are_made_and_belong_together)
{
	const struct probe_result *result = run();
	struct log_key_auditor secret, open;
	struct log_key_state state;
	int fd;

	ck_assert_int_eq(result->code, CMD_OK);
	ck_assert_int_eq(log_key_open(key, &fd, &state), 0);
	(void)close(fd);
	ck_assert_int_eq(log_key_read_auditor(auditor, &secret), 0);
	ck_assert_int_eq(log_key_read_auditor(public_part, &open), 0);
	ck_assert(secret.has_secret);
	ck_assert(!open.has_secret);
	ck_assert_str_eq(secret.id, state.id);
	ck_assert_str_eq(open.id, state.id);
	ck_assert_mem_eq(secret.key, state.point.key, sizeof(secret.key));
	probe_has(result->out, secret.id);
	probe_has(result->out, "keep no copy here");
	/* no key is shown on the screen */
	char hex[2 * CHAIN_KEY_BYTES + 1] = "";
	(void)chain_put_hex(hex, secret.key, CHAIN_KEY_BYTES);
	probe_has_not(result->out, hex);
}
END_TEST

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

START_TEST(any_file_that_is_there_already_stops_it_and_nothing_is_left_behind)
{
	const char *const there[] = { key, auditor, public_part };

	for (size_t i = 0; i < 3; i++) {
		FILE *file = fopen(there[i], "w");

		ck_assert_ptr_nonnull(file);
		ck_assert_int_eq(fclose(file), 0);
		const struct probe_result *result = run();
		ck_assert_int_eq(result->code, CMD_FINDING);
		probe_has(result->err, "never overwritten");
		for (size_t k = 0; k < 3; k++)
			ck_assert_int_eq(size_of(there[k]), k == i ? 0 : -1);
		ck_assert_int_eq(unlink(there[i]), 0);
	}
}
END_TEST

START_TEST(chain_begins_behind_the_records_that_are_there)
{
	struct log_key_auditor secret;
	char log[160];
	FILE *file;

	(void)snprintf(log, sizeof(log), "%s/decisions.jsonl", site.log);
	file = fopen(log, "w");
	ck_assert_ptr_nonnull(file);
	(void)fputs("{\"@timestamp\":\"x\",\"sekisho.sequence\":77,\"x\":1}\n", file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(run()->code, CMD_OK);
	ck_assert_int_eq(log_key_read_auditor(auditor, &secret), 0);
	ck_assert_uint_eq(secret.first, 77);
}
END_TEST

START_TEST(policy_without_log_key_is_told_what_to_add)
{
	write_policy("");
	const struct probe_result *result = run();
	ck_assert_int_eq(result->code, CMD_FINDING);
	probe_has(result->err, "log = { key = ");
	ck_assert_int_eq(size_of(auditor), -1);
}
END_TEST

START_TEST(key_that_cannot_be_written_leaves_nothing_behind)
{
	write_policy("key = \"/nonexistent/folder/key\";");
	const struct probe_result *result = run();
	ck_assert_int_eq(result->code, CMD_TROUBLE);
	probe_has(result->err, "/nonexistent/folder/key");
	ck_assert_int_eq(size_of(auditor), -1);
	ck_assert_int_eq(size_of(public_part), -1);
}
END_TEST

START_TEST(command_line_that_makes_no_sense_is_refused)
{
	ck_assert_int_eq(probe_run(cmd_log, "log", "init-key", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_log, "log", "init-key", "-x", NULL)->code, CMD_USAGE);
	ck_assert_int_eq(probe_run(cmd_log, "log", "init-key", "-a", "x", "more", NULL)->code,
			 CMD_USAGE);
	const struct probe_result *result = probe_run(cmd_log, "log", "init-key", "--help", NULL);
	ck_assert_int_eq(result->code, CMD_OK);
	probe_has(result->out, "--auditor FILE");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("cmd_log_key");
	TCase *tcase = tcase_create("cmd_log_key");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, keys_are_made_and_belong_together);
	tcase_add_test(tcase, any_file_that_is_there_already_stops_it_and_nothing_is_left_behind);
	tcase_add_test(tcase, chain_begins_behind_the_records_that_are_there);
	tcase_add_test(tcase, policy_without_log_key_is_told_what_to_add);
	tcase_add_test(tcase, key_that_cannot_be_written_leaves_nothing_behind);
	tcase_add_test(tcase, command_line_that_makes_no_sense_is_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
