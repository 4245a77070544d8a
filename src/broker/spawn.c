/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork(2) and execveat(2) of the running program. */
#include "broker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define SPARE_FD 10 /* out of the way of those that are put in place */

int spawn_open_program(void)
{
	const int fd = open("/proc/self/exe", O_PATH | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* In the child: only async-signal-safe calls. Never returns. */
static _Noreturn void become_engine(int program, int source, int socket, char *const *arguments)
{
	const int spare_source = fcntl(source, F_DUPFD_CLOEXEC, SPARE_FD);
	const int spare_socket = fcntl(socket, F_DUPFD_CLOEXEC, SPARE_FD);
	const int spare_program = fcntl(program, F_DUPFD_CLOEXEC, SPARE_FD);

	if (spare_source < 0 || spare_socket < 0 || spare_program < 0 ||
	    dup2(spare_source, ENGINE_SOURCE_FD) < 0 || dup2(spare_socket, ENGINE_BROKER_FD) < 0 ||
	    close_range(ENGINE_BROKER_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(126);
	(void)execveat(spare_program, "", arguments, environ, AT_EMPTY_PATH);
	_exit(127);
}

int spawn_engine(int program, int source, const struct engine_settings *settings, pid_t *ret_pid,
		 int *ret_fd)
{
	char name[32], option[] = ENGINE_OPTION;
	char *const arguments[] = { name, option, NULL };
	int pair[2]; /* ours, theirs */
	int error = 0;
	pid_t pid = 0;

	if (settings->kind == ENGINE_LOG)
		(void)snprintf(name, sizeof(name), "sekishod: log");
	else
		(void)snprintf(name, sizeof(name), "sekishod: engine %u", settings->index);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if (send(pair[0], settings, sizeof(*settings), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		error = -errno;
	if (error == 0) {
		pid = fork();
		if (pid < 0)
			error = -errno;
	}
	if (error == 0 && pid == 0)
		become_engine(program, source, pair[1], arguments);
	close(pair[1]);
	if (error != 0) {
		close(pair[0]);
		return error;
	}
	*ret_pid = pid;
	*ret_fd = pair[0];
	return 0;
}
