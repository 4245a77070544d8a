/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shuts an engine in: no capability, no file system, a short list of system calls. */
#include "engine/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/defs.h"

#if defined(__SANITIZE_ADDRESS__)
#define FILTERED false
#else
#define FILTERED true
#endif

static void release_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

static int drop_capabilities(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	/* the bounding set can be cleared only by a process with CAP_SETPCAP; the broker, which has
	 * none, cleared it before it started this one */
	if (capng_apply(CAPNG_SELECT_CAPS) != 0 || capng_apply(CAPNG_SELECT_AMBIENT) != 0)
		return -EPERM;
	return 0;
}

static int limit_resources(void)
{
	const struct rlimit none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) < 0 || setrlimit(RLIMIT_NPROC, &none) < 0)
		return -errno;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

/* Calls whatever their arguments. */
static int allow_plain(scmp_filter_ctx filter)
{
	static const int calls[] = {
		SCMP_SYS(poll),           SCMP_SYS(ppoll),
		SCMP_SYS(clock_gettime),  SCMP_SYS(sched_yield),
		SCMP_SYS(gettimeofday),   SCMP_SYS(exit),
		SCMP_SYS(exit_group),     SCMP_SYS(brk),
		SCMP_SYS(munmap),         SCMP_SYS(madvise),
		SCMP_SYS(futex),          SCMP_SYS(rt_sigreturn),
		SCMP_SYS(rt_sigprocmask), SCMP_SYS(restart_syscall),
		SCMP_SYS(getpid),         SCMP_SYS(gettid),
	};
	int error = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	/* memory for malloc, never to run */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, 4, 0));
	return error;
}

static int allow_on(scmp_filter_ctx filter, const int *calls, size_t count, int fd)
{
	int error = 0;

	for (size_t i = 0; i < count && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 1,
					 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)fd));
	return error;
}

static int filter_calls(int receive_fd, int send_fd)
{
	static const int receives[] = { SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(recvfrom) };
	static const int sends[] = { SCMP_SYS(sendmsg), SCMP_SYS(sendto) };
	static const int writes[] = { SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(fstat),
				      SCMP_SYS(newfstatat) };
	auto_(release_filter) scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int error = filter ? allow_plain(filter) : -ENOMEM;

	if (error == 0)
		error = allow_on(filter, receives, ARRAY_SIZE(receives), receive_fd);
	if (error == 0)
		error = allow_on(filter, receives, ARRAY_SIZE(receives), send_fd);
	if (error == 0)
		error = allow_on(filter, sends, ARRAY_SIZE(sends), send_fd);
	if (error == 0)
		error = allow_on(filter, writes, ARRAY_SIZE(writes), STDERR_FILENO);
	return error == 0 ? seccomp_load(filter) : error;
}

int sandbox_enter(int receive_fd, int send_fd, bool *ret_filtered)
{
	int error = drop_capabilities();

	if (error == 0)
		error = limit_resources();
	if (error == 0 && FILTERED)
		error = filter_calls(receive_fd, send_fd);
	if (error == 0)
		*ret_filtered = FILTERED;
	return error;
}
