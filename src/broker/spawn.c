/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fork(2) and execveat(2) of the running program. */
#include "broker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/defs.h"

#define SPARE_FD 10 /* out of the way of those that are put in place */

static void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

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
	auto_(close_fdp) int ours = -1;
	auto_(close_fdp) int theirs = -1;
	int pair[2];
	pid_t pid;

	if (settings->kind == ENGINE_LOG)
		(void)snprintf(name, sizeof(name), "sekishod: log");
	else
		(void)snprintf(name, sizeof(name), "sekishod: engine %u", settings->index);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	ours = pair[0];
	theirs = pair[1];
	if (send(ours, settings, sizeof(*settings), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0)
		become_engine(program, source, theirs, arguments);
	*ret_pid = pid;
	*ret_fd = ours;
	ours = -1;
	return 0;
}
