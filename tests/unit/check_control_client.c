/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of ctl/control_client.c against a daemon played by a child. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "ctl/cmd.h"
#include "ctl/control_client.h"
#include "ctl/control_protocol.h"
#include "ctl_probe.h"

#define TIMEOUT_MS 10000

static char folder[64], path[128];
static json_t *answer;

static void set_up(void)
{
	(void)strcpy(folder, "/tmp/check-client-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/sock", folder);
}

static void tear_down(void)
{
	json_decref(answer);
	answer = NULL;
	(void)unlink(path);
	ck_assert_int_eq(rmdir(folder), 0);
}

static int ask_with(const char *const *datagrams, int whole)
{
	pid_t daemon = probe_daemon(path, "status", datagrams, whole);
	int r = control_client_ask(path, "status", TIMEOUT_MS, &answer);

	probe_daemon_end(daemon, path);
	return r;
}

START_TEST(answer_in_one_datagram_is_read)
{
	static const char *const datagrams[] = { "{\"ok\":true}", NULL };

	ck_assert_int_eq(ask_with(datagrams, 1), 0);
	ck_assert(json_is_true(json_object_get(answer, "ok")));
}
END_TEST

START_TEST(answer_in_several_datagrams_is_joined)
{
	static char large[CONTROL_DATAGRAM_MAX + 1];
	static const char *const datagrams[] = { "{\"text\":\"", large, "z\",\"o", "k\":false}",
						 NULL };

	memset(large, 'x', sizeof(large) - 1);
	ck_assert_int_eq(ask_with(datagrams, 1), 0);
	ck_assert_uint_eq(json_string_length(json_object_get(answer, "text")), sizeof(large));
	ck_assert(json_is_false(json_object_get(answer, "ok")));
}
END_TEST

START_TEST(answer_that_is_cut_short_or_no_object_is_refused)
{
	static const char *const cut[] = { "{\"ok\":", NULL };
	static const char *const array[] = { "[1]", NULL };
	static const char *const nothing[] = { NULL };

	ck_assert_int_eq(ask_with(cut, 0), -EPROTO);
	ck_assert_int_eq(ask_with(array, 1), -EPROTO);
	ck_assert_int_eq(ask_with(nothing, 1), -EPROTO);
	ck_assert_int_eq(ask_with(nothing, 0), -EPROTO);
	ck_assert_ptr_null(answer);
}
END_TEST

START_TEST(datagram_beyond_the_bound_is_refused)
{
	static char large[CONTROL_DATAGRAM_MAX + 2];
	static const char *const datagrams[] = { large, NULL };

	memset(large, ' ', sizeof(large) - 1);
	ck_assert_int_eq(ask_with(datagrams, 0), -EMSGSIZE);
}
END_TEST

START_TEST(silent_daemon_is_given_up_on)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)strcpy(address.sun_path, path);
	ck_assert_int_eq(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listener, 1), 0);
	ck_assert_int_eq(control_client_ask(path, "status", 50, &answer), -ETIMEDOUT);
	ck_assert_ptr_null(answer);
	(void)close(listener);
	ck_assert_int_eq(control_client_ask(path, "status", 50, &answer), -ECONNREFUSED);
}
END_TEST

START_TEST(missing_socket_and_overlong_path_are_told_apart)
{
	char long_path[200];

	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ck_assert_int_eq(control_client_ask(path, "status", 50, &answer), -ENOENT);
	ck_assert_int_eq(control_client_ask(long_path, "status", 50, &answer), -ENAMETOOLONG);
	ck_assert_int_eq(control_client_command(path, "status", &answer), CMD_UNREACHABLE);
	ck_assert_int_eq(control_client_command(long_path, "status", &answer), CMD_UNREACHABLE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control_client");
	TCase *tcase = tcase_create("control_client");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, answer_in_one_datagram_is_read);
	tcase_add_test(tcase, answer_in_several_datagrams_is_joined);
	tcase_add_test(tcase, answer_that_is_cut_short_or_no_object_is_refused);
	tcase_add_test(tcase, datagram_beyond_the_bound_is_refused);
	tcase_add_test(tcase, silent_daemon_is_given_up_on);
	tcase_add_test(tcase, missing_socket_and_overlong_path_are_told_apart);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
