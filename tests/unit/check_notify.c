/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/notify.c: what the service manager hears. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "broker/notify.h"
#include "common/loop.h"

/* Listens as a service manager does, on an abstract name. */
static int listen_as_manager(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char name[64];
	const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	const int len = snprintf(name, sizeof(name), "@check-notify-%d", getpid());

	memcpy(address.sun_path + 1, name + 1, (size_t)len - 1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address,
			      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)len)),
			 0);
	ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void expect(int fd, const char *what)
{
	char text[256];
	ssize_t len = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

#ifdef HAVE_LIBSYSTEMD
	ck_assert_int_gt(len, 0);
	text[len] = '\0';
	ck_assert_msg(strstr(text, what) != NULL, "%s lacks %s", text, what);
#else
	(void)what;
	ck_assert_int_lt(len, 0);
#endif
}

START_TEST(manager_hears_each_state)
{
	const int fd = listen_as_manager();

	notify_ready("running");
	expect(fd, "READY=1\nSTATUS=running");
	notify_reloading();
	expect(fd, "RELOADING=1\nMONOTONIC_USEC=");
	notify_status("refusing");
	expect(fd, "STATUS=refusing");
	notify_stopping();
	expect(fd, "STOPPING=1");
	close(fd);
}
END_TEST

START_TEST(watchdog_is_fed_in_time)
{
	struct loop *loop = loop_new();
	struct notify notify;
	char pid[16];
	const int fd = listen_as_manager();

	snprintf(pid, sizeof(pid), "%d", getpid());
	setenv("WATCHDOG_USEC", "300000", 1);
	setenv("WATCHDOG_PID", pid, 1);
	notify_start(&notify, loop);
#ifdef HAVE_LIBSYSTEMD
	ck_assert_int_ge(notify.timer, 0);
	ck_assert_int_eq(loop_step(loop, 250), 1);
#else
	ck_assert_int_eq(notify.timer, -1);
#endif
	expect(fd, "WATCHDOG=1");
	loop_free(loop);
	close(fd);
}
END_TEST

START_TEST(nobody_who_asks_is_no_fault)
{
	struct loop *loop = loop_new();
	struct notify notify;

	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	notify_start(&notify, loop);
	ck_assert_int_eq(notify.timer, -1);
	notify_ready("running");
	notify_stopping();
	loop_free(loop);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("notify");
	TCase *tcase = tcase_create("notify");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, manager_hears_each_state);
	tcase_add_test(tcase, watchdog_is_fed_in_time);
	tcase_add_test(tcase, nobody_who_asks_is_no_fault);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
