/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of engine/engine.c: its beginning and its end (what it reads is seen at work in the lab).
 */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"

static struct engine_settings settings_of(enum engine_kind kind)
{
	return (struct engine_settings){ .magic = ENGINE_SETTINGS_MAGIC,
					 .kind = kind,
					 .limits = { .flows_max = 64,
						     .buffers_max = 8,
						     .held_max = 8,
						     .timeout_ms = 1000,
						     .forget_ms = 1000 } };
}

/* Starts the engine in a child on a source that says nothing; gives its pid and the broker's end.
 */
static pid_t start(const struct engine_settings *settings, size_t len, int *ret_fd)
{
	int source[2], broker[2];
	pid_t child;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, source), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, broker), 0);
	ck_assert_int_eq(send(broker[0], settings, len, 0), (ssize_t)len);
	child = fork();
	if (child == 0) {
		const int s = fcntl(source[0], F_DUPFD, 20), b = fcntl(broker[1], F_DUPFD, 20);

		if (dup2(s, ENGINE_SOURCE_FD) < 0 || dup2(b, ENGINE_BROKER_FD) < 0)
			_exit(99);
		(void)close_range(ENGINE_BROKER_FD + 1, ~0U, 0);
		_exit(engine_main());
	}
	close(broker[1]);
	close(source[0]);
	*ret_fd = broker[0];
	return child;
}

static int end_of(pid_t child)
{
	int status = -1;

	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

START_TEST(engine_ends_when_its_broker_does)
{
	static const enum engine_kind kinds[] = { ENGINE_QUEUE, ENGINE_LOG };

	for (size_t i = 0; i < 2; i++) {
		const struct engine_settings settings = settings_of(kinds[i]);
		int fd;
		const pid_t child = start(&settings, sizeof(settings), &fd);

		close(fd);
		ck_assert_int_eq(end_of(child), EXIT_SUCCESS);
	}
}
END_TEST

START_TEST(settings_that_do_not_hold_together_are_refused)
{
	struct engine_settings settings = settings_of(ENGINE_QUEUE);
	int fd;

	ck_assert_int_eq(end_of(start(&settings, sizeof(settings) - 1, &fd)), EXIT_FAILURE);
	close(fd);
	settings.magic++;
	ck_assert_int_eq(end_of(start(&settings, sizeof(settings), &fd)), EXIT_FAILURE);
	close(fd);
	settings = settings_of(ENGINE_QUEUE);
	settings.kind = 9;
	ck_assert_int_eq(end_of(start(&settings, sizeof(settings), &fd)), EXIT_FAILURE);
	close(fd);
}
END_TEST

int main(void)
{
	/* valgrind makes system calls of its own, which the engine's filter ends */
	const bool filter_fits = !getenv("SEKISHO_VALGRIND");
	Suite *suite = suite_create("engine");
	TCase *tcase = tcase_create("engine");
	SRunner *runner;
	int failed;

	if (filter_fits)
		tcase_add_test(tcase, engine_ends_when_its_broker_does);
	else
		fputs("SKIP: an engine in its sandbox, whose filter ends valgrind's own calls\n",
		      stderr);
	tcase_add_test(tcase, settings_that_do_not_hold_together_are_refused);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed)
		return EXIT_FAILURE;
	return filter_fits ? EXIT_SUCCESS : 77;
}
