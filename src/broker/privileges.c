/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Users, capabilities and the broker's system-call list. */
#include "broker/privileges.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/defs.h"

#if defined(__SANITIZE_ADDRESS__)
#define FILTERED false
#else
#define FILTERED true
#endif

int privileges_find_user(const char *name, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *user;

	errno = 0;
	user = getpwnam(name);
	if (!user)
		return errno ? -errno : -ENOENT;
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return 0;
}

int privileges_make_folder(const char *folder, mode_t mode, uid_t uid, gid_t gid)
{
	if (mkdir(folder, mode) < 0)
		return errno == EEXIST ? 0 : -errno;
	if (geteuid() == 0 && chown(folder, uid, gid) < 0)
		return -errno;
	return 0;
}

static int keep_net_admin(void)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (capng_update(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN) != 0)
		return -EPERM;
	return 0;
}

static int become(const char *user_name, uid_t uid, gid_t gid)
{
	if (initgroups(user_name, gid) < 0)
		return -errno;
	if (keep_net_admin() != 0 || capng_change_id((int)uid, (int)gid, CAPNG_CLEAR_BOUNDING) != 0)
		return -EPERM;
	return 0;
}

int privileges_drop(const char *user_name, uid_t uid, gid_t gid)
{
	const struct rlimit none = { 0, 0 };
	int error = 0;

	if (geteuid() == 0 && uid != 0)
		error = become(user_name, uid, gid);
	if (error == 0 && (keep_net_admin() != 0 || capng_apply(CAPNG_SELECT_CAPS) != 0 ||
			   capng_apply(CAPNG_SELECT_AMBIENT) != 0))
		error = -EPERM;
	if (error != 0)
		return error;
	/* nothing that is started from here gets more than it had: engines start without any
	 * capability */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
	    setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	return 0;
}

static void release_filter(scmp_filter_ctx *filter)
{
	if (*filter)
		seccomp_release(*filter);
}

/* Its own work, and what an engine needs between fork and its own, shorter list (the dynamic
 * loader). */
static const int calls[] = {
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pread64),
	SCMP_SYS(pwrite64), /* the key of the log */
	SCMP_SYS(open),
	SCMP_SYS(openat),
	SCMP_SYS(close),
	SCMP_SYS(close_range),
	SCMP_SYS(stat),
	SCMP_SYS(fstat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(lseek),
	SCMP_SYS(ftruncate),
	SCMP_SYS(fsync),
	SCMP_SYS(fdatasync),
	SCMP_SYS(fcntl),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(getdents64),
	SCMP_SYS(unlink),
	SCMP_SYS(unlinkat),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(ioctl),
	SCMP_SYS(membarrier),
	SCMP_SYS(dup),
	SCMP_SYS(dup2),
	SCMP_SYS(dup3),
	SCMP_SYS(pipe2),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(signalfd4),
	SCMP_SYS(socket),
	SCMP_SYS(socketpair),
	SCMP_SYS(bind),
	SCMP_SYS(connect),
	SCMP_SYS(accept4),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(shutdown),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(mprotect),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	SCMP_SYS(futex),
	SCMP_SYS(clone),
	SCMP_SYS(clone3),
	SCMP_SYS(fork),
	SCMP_SYS(vfork),
	SCMP_SYS(execve),
	SCMP_SYS(execveat),
	SCMP_SYS(wait4),
	SCMP_SYS(waitid),
	SCMP_SYS(kill),
	SCMP_SYS(tgkill),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(clock_gettime),
	SCMP_SYS(sched_yield),
	SCMP_SYS(clock_getres),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getpid),
	SCMP_SYS(getppid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrandom),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getcwd),
	SCMP_SYS(prctl),
	SCMP_SYS(arch_prctl),
	SCMP_SYS(seccomp),
	SCMP_SYS(capget),
	SCMP_SYS(capset),
	SCMP_SYS(prlimit64),
	SCMP_SYS(getrlimit),
	SCMP_SYS(setrlimit),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(sched_yield),
};

int privileges_filter_calls(bool *ret_filtered)
{
	auto_(release_filter) scmp_filter_ctx filter = NULL;
	int error = 0;

	*ret_filtered = FILTERED;
	if (!FILTERED)
		return 0;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(calls) && error == 0; i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	return error == 0 ? seccomp_load(filter) : error;
}
