/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of common/loop.c, with pipes, real timers and signals to oneself. */

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/loop.h"
#include "common/mono.h"

#define DEADLINE_MS 10000

struct probe {
	struct loop *loop;
	int calls, other, timer, signal;
	uint32_t events;
	uint64_t runs;
};

static struct loop *loop;
static int ends[2], more[2];

static void open_all(void)
{
	loop = loop_new();
	ck_assert_ptr_nonnull(loop);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(pipe2(more, O_CLOEXEC), 0);
}

static void close_all(void)
{
	loop_freep(&loop);
	for (size_t i = 0; i < 2; i++) {
		(void)close(ends[i]);
		(void)close(more[i]);
	}
}

static void send_byte(int fd)
{
	ck_assert_int_eq(write(fd, "x", 1), 1);
}

static void on_fd(int fd, uint32_t events, void *data)
{
	struct probe *probe = data;
	char byte;

	probe->calls++;
	probe->events = events;
	if (events & LOOP_READ)
		ck_assert_int_ge(read(fd, &byte, 1), 0);
}

START_TEST(readable_descriptor_is_called_back_once_for_each_byte)
{
	struct probe probe = { 0 };

	ck_assert_int_eq(loop_add_fd(loop, ends[0], on_fd, &probe), 0);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	send_byte(ends[1]);
	send_byte(ends[1]);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	ck_assert_int_eq(probe.calls, 2);
	ck_assert_uint_eq(probe.events, LOOP_READ);
}
END_TEST

START_TEST(same_descriptor_twice_is_refused)
{
	struct probe probe = { 0 };

	ck_assert_int_eq(loop_add_fd(loop, ends[0], on_fd, &probe), 0);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], on_fd, &probe), -EEXIST);
	ck_assert_int_eq(loop_add_fd(loop, -1, on_fd, &probe), -EBADF);
	ck_assert_int_eq(loop_remove_fd(loop, ends[0]), 0);
	ck_assert_int_eq(loop_remove_fd(loop, ends[0]), -ENOENT);
	ck_assert_int_eq(loop_change_fd(loop, ends[0], LOOP_READ), -ENOENT);
	ck_assert_int_eq(loop_add_fd(loop, ends[0], on_fd, &probe), 0);
}
END_TEST

START_TEST(regular_file_is_refused_and_leaves_no_trace)
{
	auto_(free_charp) char *path = strdup("/tmp/check-loop-XXXXXX");
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	(void)unlink(path);
	ck_assert_int_eq(loop_add_fd(loop, fd, on_fd, NULL), -EPERM);
	ck_assert_int_eq(loop_remove_fd(loop, fd), -ENOENT);
	(void)close(fd);
}
END_TEST

START_TEST(room_to_write_is_told_only_when_asked_for)
{
	struct probe probe = { 0 };

	ck_assert_int_eq(loop_add_fd(loop, ends[0], on_fd, &probe), 0);
	ck_assert_int_eq(loop_step(loop, 0), 0);
	ck_assert_int_eq(loop_change_fd(loop, ends[0], LOOP_WRITE), 0);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_uint_eq(probe.events, LOOP_WRITE);
	ck_assert_int_eq(loop_change_fd(loop, ends[0], 0), 0);
	send_byte(ends[1]);
	ck_assert_int_eq(loop_step(loop, 0), 0);
}
END_TEST

START_TEST(reader_of_a_pipe_without_writers_is_told_to_read)
{
	struct probe probe = { 0 };

	ck_assert_int_eq(loop_add_fd(loop, more[0], on_fd, &probe), 0);
	(void)close(more[1]);
	more[1] = dup(ends[0]);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_uint_eq(probe.events, LOOP_READ | LOOP_ERROR);
}
END_TEST

static void remove_other(int fd, uint32_t events, void *data)
{
	struct probe *probe = data;

	(void)fd;
	(void)events;
	probe->calls++;
	(void)loop_remove_fd(probe->loop, fd == ends[0] ? more[0] : ends[0]);
}

START_TEST(descriptor_removed_by_another_callback_is_not_called)
{
	struct probe probe = { .loop = loop };

	ck_assert_int_eq(loop_add_fd(loop, ends[0], remove_other, &probe), 0);
	ck_assert_int_eq(loop_add_fd(loop, more[0], remove_other, &probe), 0);
	send_byte(ends[1]);
	send_byte(more[1]);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_int_eq(probe.calls, 1);
}
END_TEST

static void remove_self(int fd, uint32_t events, void *data)
{
	struct probe *probe = data;

	(void)events;
	probe->calls++;
	ck_assert_int_eq(loop_remove_fd(probe->loop, fd), 0);
	ck_assert_int_eq(loop_add_fd(probe->loop, fd, on_fd, probe), 0);
}

START_TEST(callback_may_remove_itself_and_come_back_as_another)
{
	struct probe probe = { .loop = loop };

	ck_assert_int_eq(loop_add_fd(loop, ends[0], remove_self, &probe), 0);
	send_byte(ends[1]);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_uint_eq(probe.events, 0);
	ck_assert_int_eq(loop_step(loop, 0), 1);
	ck_assert_uint_eq(probe.events, LOOP_READ);
	ck_assert_int_eq(probe.calls, 2);
}
END_TEST

START_TEST(many_descriptors_are_all_called)
{
	struct probe probe = { 0 };
	int pipes[200][2];

	for (size_t i = 0; i < ARRAY_SIZE(pipes); i++) {
		ck_assert_int_eq(pipe2(pipes[i], O_CLOEXEC), 0);
		ck_assert_int_eq(loop_add_fd(loop, pipes[i][0], on_fd, &probe), 0);
		send_byte(pipes[i][1]);
	}
	int calls = 0, got;
	while ((got = loop_step(loop, 0)) > 0)
		calls += got;
	ck_assert_int_eq(got, 0);
	ck_assert_int_eq(calls, (int)ARRAY_SIZE(pipes));
	for (size_t i = 0; i < ARRAY_SIZE(pipes); i++) {
		ck_assert_int_eq(loop_remove_fd(loop, pipes[i][0]), 0);
		(void)close(pipes[i][0]);
		(void)close(pipes[i][1]);
	}
}
END_TEST

static void on_timer(uint64_t runs, void *data)
{
	struct probe *probe = data;

	probe->calls++;
	probe->runs += runs;
	if (probe->loop && probe->runs >= 3)
		loop_stop(probe->loop);
}

START_TEST(single_timer_runs_once_and_not_early)
{
	struct probe probe = { 0 };
	uint64_t before = mono_ms();

	ck_assert_int_ge(loop_add_timer(loop, 20, false, on_timer, &probe), 0);
	ck_assert_int_eq(loop_step(loop, DEADLINE_MS), 1);
	ck_assert_uint_ge(mono_ms() - before, 19);
	ck_assert_int_eq(loop_step(loop, 50), 0);
	ck_assert_int_eq(probe.calls, 1);
}
END_TEST

START_TEST(repeating_timer_runs_until_the_loop_is_stopped)
{
	struct probe probe = { .loop = loop };

	ck_assert_int_ge(loop_add_timer(loop, 2, true, on_timer, &probe), 0);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_uint_ge(probe.runs, 3);
}
END_TEST

START_TEST(timer_can_be_stopped_set_anew_and_removed)
{
	struct probe probe = { 0 };
	int timer = loop_add_timer(loop, 1, true, on_timer, &probe);

	ck_assert_int_ge(timer, 0);
	ck_assert_int_eq(loop_set_timer(loop, timer, 0, false), 0);
	ck_assert_int_eq(loop_step(loop, 30), 0);
	ck_assert_int_eq(loop_set_timer(loop, timer, 1, false), 0);
	ck_assert_int_eq(loop_step(loop, DEADLINE_MS), 1);
	ck_assert_int_eq(loop_remove_timer(loop, timer), 0);
	ck_assert_int_eq(loop_remove_timer(loop, timer), -ENOENT);
	ck_assert_int_eq(loop_set_timer(loop, timer, 1, false), -ENOENT);
	ck_assert_int_eq(loop_remove_fd(loop, timer), -ENOENT);
}
END_TEST

static void stop_the_other_timer(uint64_t runs, void *data)
{
	struct probe *probe = data;

	(void)runs;
	probe->calls++;
	ck_assert_int_eq(loop_set_timer(probe->loop, probe->timer, 0, false), 0);
	ck_assert_int_eq(loop_set_timer(probe->loop, probe->other, 0, false), 0);
}

START_TEST(timer_stopped_by_another_callback_of_the_same_round_stays_silent)
{
	struct probe probe = { .loop = loop };

	probe.timer = loop_add_timer(loop, 1, false, stop_the_other_timer, &probe);
	probe.other = loop_add_timer(loop, 1, false, stop_the_other_timer, &probe);
	/* Both have run out before the loop looks: this is the time they take, not a wait for
	 * something. */
	uint64_t begun = mono_ms();
	while (mono_ms() - begun < 10)
		continue;
	ck_assert_int_eq(loop_step(loop, DEADLINE_MS), 1);
	ck_assert_int_eq(probe.calls, 1);
}
END_TEST

static void on_signal(const struct signalfd_siginfo *signal, void *data)
{
	struct probe *probe = data;

	probe->calls++;
	probe->signal = (int)signal->ssi_signo;
}

START_TEST(signal_is_called_back_and_the_mask_given_back)
{
	struct probe probe = { 0 };
	sigset_t mask, now;

	(void)sigemptyset(&mask);
	(void)sigaddset(&mask, SIGHUP);
	(void)sigaddset(&mask, SIGUSR1);
	ck_assert_int_eq(loop_add_signals(loop, &mask, on_signal, &probe), 0);
	ck_assert_int_eq(loop_add_signals(loop, &mask, on_signal, &probe), -EBUSY);
	ck_assert_int_eq(raise(SIGHUP), 0);
	ck_assert_int_eq(loop_step(loop, DEADLINE_MS), 1);
	ck_assert_int_eq(probe.signal, SIGHUP);
	ck_assert_int_eq(raise(SIGUSR1), 0);
	ck_assert_int_eq(loop_step(loop, DEADLINE_MS), 1);
	ck_assert_int_eq(probe.signal, SIGUSR1);
	loop_freep(&loop);
	ck_assert_int_eq(sigprocmask(SIG_SETMASK, NULL, &now), 0);
	ck_assert_int_eq(sigismember(&now, SIGHUP), 0);
	ck_assert_int_eq(sigismember(&now, SIGUSR1), 0);
}
END_TEST

static void stop_at_once(int fd, uint32_t events, void *data)
{
	struct probe *probe = data;

	on_fd(fd, events, data);
	loop_stop(probe->loop);
}

START_TEST(what_was_fetched_when_stopped_comes_again)
{
	struct probe probe = { .loop = loop };

	ck_assert_int_eq(loop_add_fd(loop, ends[0], stop_at_once, &probe), 0);
	ck_assert_int_eq(loop_add_fd(loop, more[0], stop_at_once, &probe), 0);
	send_byte(ends[1]);
	send_byte(more[1]);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(probe.calls, 1);
	ck_assert_int_eq(loop_run(loop), 0);
	ck_assert_int_eq(probe.calls, 2);
}
END_TEST

START_TEST(freeing_nothing_is_allowed)
{
	struct loop *none = NULL;

	loop_free(NULL);
	loop_freep(&none);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("loop");
	TCase *tcase = tcase_create("loop");

	tcase_add_checked_fixture(tcase, open_all, close_all);
	tcase_add_test(tcase, readable_descriptor_is_called_back_once_for_each_byte);
	tcase_add_test(tcase, same_descriptor_twice_is_refused);
	tcase_add_test(tcase, regular_file_is_refused_and_leaves_no_trace);
	tcase_add_test(tcase, room_to_write_is_told_only_when_asked_for);
	tcase_add_test(tcase, reader_of_a_pipe_without_writers_is_told_to_read);
	tcase_add_test(tcase, descriptor_removed_by_another_callback_is_not_called);
	tcase_add_test(tcase, callback_may_remove_itself_and_come_back_as_another);
	tcase_add_test(tcase, many_descriptors_are_all_called);
	tcase_add_test(tcase, single_timer_runs_once_and_not_early);
	tcase_add_test(tcase, repeating_timer_runs_until_the_loop_is_stopped);
	tcase_add_test(tcase, timer_can_be_stopped_set_anew_and_removed);
	tcase_add_test(tcase, timer_stopped_by_another_callback_of_the_same_round_stays_silent);
	tcase_add_test(tcase, signal_is_called_back_and_the_mask_given_back);
	tcase_add_test(tcase, what_was_fetched_when_stopped_comes_again);
	tcase_add_test(tcase, freeing_nothing_is_allowed);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
