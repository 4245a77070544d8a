/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of engine/sandbox.c: what still works inside, and that the rest ends the process. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mono.h"
#include "engine/sandbox.h"

static int in[2], out[2];

/* Runs work in a child, in the sandbox. Gives its wait status; *ret_filtered as the child saw it.
 */
static int run_inside(void (*work)(void), bool *ret_filtered)
{
	int status = -1;
	pid_t child;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, in), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, out), 0);
	ck_assert_int_eq(send(in[1], "ping", 4, 0), 4);
	child = fork();
	if (child == 0) {
		bool filtered = false;

		if (sandbox_enter(in[0], out[0], &filtered) != 0)
			_exit(99);
		if (send(out[0], filtered ? "y" : "n", 1, 0) != 1)
			_exit(98);
		work();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	if (ret_filtered) {
		char byte = 0;

		ck_assert_int_eq(recv(out[1], &byte, 1, MSG_DONTWAIT), 1);
		*ret_filtered = byte == 'y';
	}
	return status;
}

static void work_as_an_engine_does(void)
{
	char text[8] = "";

	if (recv(in[0], text, sizeof(text), MSG_DONTWAIT) != 4 || memcmp(text, "ping", 4) != 0)
		_exit(1);
	if (mono_ms() == 0 || send(out[0], "pong", 4, 0) != 4)
		_exit(2);
	log_warning("this line is part of the test");
	free(malloc(1 << 20));
}

static void open_a_file(void)
{
	(void)open("/etc/hostname", O_RDONLY);
}

static void make_a_socket(void)
{
	(void)socket(AF_INET, SOCK_STREAM, 0);
}

static void send_on_the_wrong_socket(void)
{
	(void)send(in[0], "x", 1, 0);
}

static void have_a_child(void)
{
	if (fork() == 0)
		_exit(0);
}

START_TEST(engines_work_goes_on)
{
	const int status = run_inside(work_as_an_engine_does, NULL);

	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

START_TEST(any_other_call_ends_the_process)
{
	static void (*const works[])(void) = { open_a_file, make_a_socket, send_on_the_wrong_socket,
					       have_a_child };
	bool filtered;
	const int status = run_inside(works[_i], &filtered);

	if (!filtered) /* sanitizers are built in: said so, and nothing is filtered */
		ck_assert(WIFEXITED(status));
	else
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}
END_TEST

int main(void)
{
	Suite *suite;
	TCase *tcase;
	SRunner *runner;
	int failed;

	if (getenv("SEKISHO_VALGRIND")) {
		puts("SKIP: valgrind makes system calls of its own, which the filter ends");
		return 77;
	}
	suite = suite_create("sandbox");
	tcase = tcase_create("sandbox");
	tcase_add_test(tcase, engines_work_goes_on);
	tcase_add_loop_test(tcase, any_other_call_ends_the_process, 0, 4);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
