/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/control.c: the socket, and requests without a daemon around it. */
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "audit/writer.h"
#include "broker/broker.h"
#include "broker/control.h"
#include "broker_site.h"
#include "common/language.h"
#include "common/loop.h"
#include "ctl/control_protocol.h"
#include "unit/catalogue.h"

static struct site site;
static struct control_settings settings;

static void set_up(void)
{
	site_make(&site);
	settings = (struct control_settings){ .path = site.socket, .uid = geteuid() };
}

static void tear_down(void)
{
	site_remove(&site);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

START_TEST(socket_is_for_the_user_and_group_alone)
{
	struct control *control = NULL;
	struct stat st;

	ck_assert_int_eq(control_open(&settings, &control), 0);
	ck_assert_int_eq(stat(site.socket, &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	control_free(control);
	ck_assert_int_lt(stat(site.socket, &st), 0);
}
END_TEST

START_TEST(second_daemon_is_refused_and_the_first_keeps_its_socket)
{
	struct control *first = NULL, *second = NULL;

	ck_assert_int_eq(control_open(&settings, &first), 0);
	ck_assert_int_eq(control_open(&settings, &second), -EADDRINUSE);
	ck_assert_ptr_null(second);
	close(connect_to(site.socket));
	control_free(first);
}
END_TEST

START_TEST(stale_socket_is_replaced_but_no_other_file)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct control *control = NULL;
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);

	strcpy(address.sun_path, site.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	ck_assert_int_eq(control_open(&settings, &control), 0);
	control_free(control);
	settings.path = site.policy;
	ck_assert_int_eq(control_open(&settings, &control), -EEXIST);
	ck_assert_int_eq(access(site.policy, R_OK), 0);
}
END_TEST

START_TEST(unknown_group_and_overlong_path_are_refused)
{
	struct control *control = NULL;
	char path[200];

	settings.group = "no-such-group-here";
	ck_assert_int_eq(control_open(&settings, &control), -ENOENT);
	settings.group = NULL;
	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	settings.path = path;
	ck_assert_int_eq(control_open(&settings, &control), -ENAMETOOLONG);
}
END_TEST

/* Steps the loop until the answer has come whole. */
static json_t *ask(struct loop *loop, const char *request, size_t len)
{
	static char answer[65536];
	const int fd = connect_to(site.socket);
	size_t got = 0;
	ssize_t part = -1;

	ck_assert_int_eq(send(fd, request, len, 0), (ssize_t)len);
	for (int i = 0; i < 100 && part != 0; i++) {
		ck_assert_int_ge(loop_step(loop, 50), 0);
		while ((part = recv(fd, answer + got, sizeof(answer) - got, MSG_DONTWAIT)) > 0)
			got += (size_t)part;
	}
	ck_assert_int_eq(part, 0);
	close(fd);
	return got ? json_loadb(answer, got, 0, NULL) : NULL;
}

static void set_up_broker(struct broker *broker)
{
	broker->options.policy_path = site.policy;
	broker->loop = loop_new();
	broker->policy = site_read(&site);
	broker->recorder.policy = broker->policy;
	broker->recorder.writer = writer_new(site.log);
	broker->retry_timer = -1;
}

START_TEST(status_reload_and_nonsense_are_answered)
{
	struct broker *broker = calloc(1, sizeof(*broker));
	struct control *control = NULL;
	json_t *answer;

	set_up_broker(broker);
	ck_assert_int_eq(control_open(&settings, &control), 0);
	ck_assert_int_eq(control_start(control, broker), 0);
	answer = ask(broker->loop, "status", 6);
	ck_assert(json_is_true(json_object_get(answer, "ok")));
	ck_assert_str_eq(json_string_value(json_object_get(answer, "state")), "running");
	json_decref(answer);
	answer = ask(broker->loop, "dance", 5);
	ck_assert(json_is_false(json_object_get(answer, "ok")));
	json_decref(answer);
	site_write(&site, "nonsense = 1;\n");
	answer = ask(broker->loop, "reload", 6);
	ck_assert(json_is_false(json_object_get(answer, "ok")));
	ck_assert_uint_ge(json_array_size(json_object_get(answer, "errors")), 1);
	json_decref(answer);
	control_free(control);
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	loop_free(broker->loop);
	free(broker->reload_error);
	free(broker);
}
END_TEST

/* The sentence of the answer to a reload of a policy with a mistake. */
static void assert_says(struct loop *loop, const char *request, const char *expected)
{
	json_t *answer = ask(loop, request, strlen(request));
	const char *text = json_string_value(json_object_get(answer, "text"));

	ck_assert_ptr_nonnull(text);
	ck_assert_msg(strcmp(text, expected) == 0, "%s: %s", request, text);
	json_decref(answer);
}

START_TEST(answers_are_in_the_language_of_who_asks)
{
	static const char *const others[] = { "reload de", "reload  ja", "reload ja ", "reload j",
					      "reload/ja", "reloadja",   "relo",       "ja" };
	const char *english = "The policy was not loaded; the running one stays.";
	const char *japanese = "ポリシーを読み込みませんでした。動作中のポリシーのままです。";
	struct broker *broker = calloc(1, sizeof(*broker));
	struct control *control = NULL;
	char path[CATALOGUE_PATH_MAX];

	language_begin(catalogue_path(path));
	set_up_broker(broker);
	ck_assert_int_eq(control_open(&settings, &control), 0);
	ck_assert_int_eq(control_start(control, broker), 0);
	site_write(&site, "nonsense = 1;\n");
	assert_says(broker->loop, "reload ja", japanese);
	ck_assert_str_eq(language_now(), "en"); /* the daemon's own stays */
	assert_says(broker->loop, "reload", english);
	assert_says(broker->loop, "reload en", english);
	ck_assert_int_eq(language_use("ja"), 0);
	assert_says(broker->loop, "reload", japanese);
	assert_says(broker->loop, "reload en", english);
	ck_assert_str_eq(language_now(), "ja");
	ck_assert_int_eq(language_use("en"), 0);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_says(broker->loop, others[i], "There is no such command.");
	control_free(control);
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	loop_free(broker->loop);
	free(broker->reload_error);
	free(broker);
}
END_TEST

START_TEST(overlong_request_is_hung_up_on)
{
	struct broker *broker = calloc(1, sizeof(*broker));
	struct control *control = NULL;
	char request[CONTROL_REQUEST_MAX + 1];

	set_up_broker(broker);
	memset(request, 'a', sizeof(request));
	ck_assert_int_eq(control_open(&settings, &control), 0);
	ck_assert_int_eq(control_start(control, broker), 0);
	ck_assert_ptr_null(ask(broker->loop, request, sizeof(request)));
	control_free(control);
	writer_free(broker->recorder.writer);
	policy_free(broker->policy);
	loop_free(broker->loop);
	free(broker);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, socket_is_for_the_user_and_group_alone);
	tcase_add_test(tcase, second_daemon_is_refused_and_the_first_keeps_its_socket);
	tcase_add_test(tcase, stale_socket_is_replaced_but_no_other_file);
	tcase_add_test(tcase, unknown_group_and_overlong_path_are_refused);
	tcase_add_test(tcase, status_reload_and_nonsense_are_answered);
	tcase_add_test(tcase, answers_are_in_the_language_of_who_asks);
	tcase_add_test(tcase, overlong_request_is_hung_up_on);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
