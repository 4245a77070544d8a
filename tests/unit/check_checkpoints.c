/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/checkpoints.c, with a syslog of their own. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "broker/broker.h"
#include "broker/checkpoints.h"
#include "common/log.h"
#include "common/loop.h"
#include "policy/policy.h"
#include "unit/chained.h"

static struct broker *broker;
static struct policy *policy;
static struct checkpoints *checkpoints;
static char file[128], socket_path[96];
static int syslog_fd;
static char plain_name[] = "lbo-fw-1", other_name[] = "例示";

static void set_up(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	site_set_up();
	log_setup("test", LOG_LEVEL_ERROR);
	(void)snprintf(file, sizeof(file), "%s/checkpoints", site.folder);
	(void)snprintf(socket_path, sizeof(socket_path), "%s/devlog", site.folder);
	(void)strcpy(address.sun_path, socket_path);
	syslog_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(syslog_fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	broker = calloc(1, sizeof(*broker));
	policy = calloc(1, sizeof(*policy));
	ck_assert_ptr_nonnull(broker);
	ck_assert_ptr_nonnull(policy);
	policy->appliance_name = plain_name;
	policy->daemon.checkpoint_syslog = true;
	policy->daemon.checkpoint_file = file;
	policy->daemon.checkpoint_records = 10;
	policy->daemon.checkpoint_seconds = 3600;
	broker->policy = policy;
	broker->loop = loop_new();
	broker->recorder.writer = site_writer();
	checkpoints = NULL;
	ck_assert_int_eq(checkpoints_open(broker, &checkpoints), 0);
	ck_assert_ptr_nonnull(checkpoints);
	checkpoints_tell_at(checkpoints, socket_path);
}

static void tear_down(void)
{
	checkpoints_free(checkpoints);
	writer_free(broker->recorder.writer);
	loop_free(broker->loop);
	free(broker);
	free(policy);
	(void)close(syslog_fd);
	site_tear_down();
}

static struct checkpoints_counts counts(void)
{
	struct checkpoints_counts counted;

	checkpoints_counts(checkpoints, &counted);
	return counted;
}

static void write_some(unsigned int count)
{
	site_add(broker->recorder.writer, count);
	ck_assert_int_eq(writer_flush(broker->recorder.writer), 0);
	checkpoints_note(checkpoints);
}

START_TEST(checkpoint_goes_to_syslog_and_file)
{
	struct checkpoint found;
	char message[1024] = "";
	char *text;

	write_some(3);
	checkpoints_seal(checkpoints);
	ck_assert_uint_eq(counts().made, 1);
	ck_assert_uint_eq(counts().untold, 0);
	ck_assert_uint_eq(counts().number, 4);
	ssize_t len = recv(syslog_fd, message, sizeof(message) - 1, 0);
	ck_assert_int_gt(len, 0);
	ck_assert_int_eq(strncmp(message, "<85>1 2", 7), 0);
	ck_assert_ptr_nonnull(strstr(message, "Z lbo-fw-1 sekishod "));
	ck_assert_ptr_nonnull(strstr(message, " checkpoint - sekisho-checkpoint-1 key="));
	ck_assert_int_eq(checkpoint_find(message, (size_t)len, &found), 0);
	ck_assert_int_eq(checkpoint_check(site.auditor.public_key, &found), 0);
	text = site_read(file, NULL);
	ck_assert_ptr_nonnull(strstr(message, "sekisho-checkpoint-1"));
	text[strcspn(text, "\n")] = '\0';
	ck_assert_str_eq(strstr(message, "sekisho-checkpoint-1"), text);
	free(text);
}
END_TEST

START_TEST(name_that_syslog_does_not_know_is_left_out)
{
	char message[1024] = "";

	policy->appliance_name = other_name;
	write_some(1);
	checkpoints_seal(checkpoints);
	ck_assert_int_gt(recv(syslog_fd, message, sizeof(message) - 1, 0), 0);
	ck_assert_ptr_nonnull(strstr(message, "Z - sekishod "));
}
END_TEST

START_TEST(enough_records_bring_one_soon_and_not_at_once)
{
	write_some(9);
	ck_assert_int_eq(loop_step(broker->loop, 50), 0);
	ck_assert_uint_eq(counts().made, 0);
	write_some(1);
	ck_assert_uint_eq(counts().made, 0); /* verdicts wait */
	write_some(1);
	ck_assert_int_eq(loop_step(broker->loop, 5000), 1);
	ck_assert_uint_eq(counts().made, 1);
	ck_assert_uint_eq(counts().number, 12);
	/* counted anew from there */
	write_some(9);
	ck_assert_int_eq(loop_step(broker->loop, 50), 0);
	ck_assert_uint_eq(counts().made, 1);
}
END_TEST

START_TEST(time_brings_one_if_there_was_anything)
{
	checkpoints_free(checkpoints);
	policy->daemon.checkpoint_seconds = 1;
	ck_assert_int_eq(checkpoints_open(broker, &checkpoints), 0);
	checkpoints_tell_at(checkpoints, socket_path);
	write_some(1);
	ck_assert_int_eq(loop_step(broker->loop, 5000), 1);
	ck_assert_uint_eq(counts().made, 1);
	ck_assert_int_eq(loop_step(broker->loop, 5000), 1);
	ck_assert_uint_eq(counts().made, 1);
}
END_TEST

START_TEST(what_takes_none_is_counted)
{
	checkpoints_tell_at(checkpoints, "/nonexistent/socket");
	write_some(1);
	checkpoints_seal(checkpoints);
	ck_assert_uint_eq(counts().made, 1);
	ck_assert_uint_eq(counts().untold, 1);
	checkpoints_tell_at(checkpoints, socket_path);
	policy->daemon.checkpoint_file = site.folder; /* a folder */
	write_some(1);
	checkpoints_seal(checkpoints);
	ck_assert_uint_eq(counts().untold, 2);
	policy->daemon.checkpoint_file = NULL;
	policy->daemon.checkpoint_syslog = false;
	write_some(1);
	checkpoints_seal(checkpoints);
	ck_assert_uint_eq(counts().untold, 2);
	ck_assert_uint_eq(counts().made, 3);
}
END_TEST

START_TEST(log_without_a_chain_has_none)
{
	struct checkpoints *none = NULL;
	struct writer *kept = broker->recorder.writer;

	broker->recorder.writer = writer_new("/nonexistent");
	ck_assert_int_eq(checkpoints_open(broker, &none), 0);
	ck_assert_ptr_null(none);
	checkpoints_note(none);
	checkpoints_seal(none);
	checkpoints_free(none);
	writer_free(broker->recorder.writer);
	broker->recorder.writer = kept;
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("checkpoints");
	TCase *tcase = tcase_create("checkpoints");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, checkpoint_goes_to_syslog_and_file);
	tcase_add_test(tcase, name_that_syslog_does_not_know_is_left_out);
	tcase_add_test(tcase, enough_records_bring_one_soon_and_not_at_once);
	tcase_add_test(tcase, time_brings_one_if_there_was_anything);
	tcase_add_test(tcase, what_takes_none_is_counted);
	tcase_add_test(tcase, log_without_a_chain_has_none);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
