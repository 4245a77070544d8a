/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two timers, a datagram to syslog and a line in a file. */
#include "broker/checkpoints.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/writer.h"
#include "broker/broker.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/mono.h"
#include "policy/policy.h"

#define SYSLOG_SOCKET "/dev/log"
#define PRIORITY      85 /* authpriv (10) times 8, notice (5). Source: RFC 5424 section 6.2.1 */
#define SOON_MS       1
#define MESSAGE_MAX   (CHECKPOINT_TEXT_MAX + 512)
#define WARN_MS       600000

struct checkpoints {
	struct broker *broker;
	int timer, soon;
	bool is_due;
	uint64_t sealed_at; /* number of the last record when it was sealed */
	const char *socket_path;
	struct log_limit limit;
	struct checkpoints_counts counts;
};

static void warn(struct checkpoints *checkpoints, const char *where, int error)
{
	unsigned int suppressed;

	if (log_limit_allow(&checkpoints->limit, 1, WARN_MS, mono_ms(), &suppressed))
		log_warning(_("a checkpoint of the log could not be told: to=%s error=%s"), where,
			    strerror(-error));
}

/* RFC 5424 knows printable ASCII without blanks as a host's name. */
static const char *host_of(const struct broker *broker)
{
	const char *name = broker->policy->appliance_name;

	for (const char *at = name; *at; at++)
		if (*at <= ' ' || *at > '~')
			return "-";
	return *name && strlen(name) < 256 ? name : "-";
}

static int tell_syslog(struct checkpoints *checkpoints, const struct checkpoint *checkpoint,
		       const char *text)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char message[MESSAGE_MAX];
	int fd, r = 0;
	int len = snprintf(message, sizeof(message), "<%d>1 %s %s sekishod %ld checkpoint - %s",
			   PRIORITY, checkpoint->time, host_of(checkpoints->broker), (long)getpid(),
			   text);

	if (strlen(checkpoints->socket_path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, checkpoints->socket_path, strlen(checkpoints->socket_path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (sendto(fd, message, (size_t)len, MSG_NOSIGNAL, (const struct sockaddr *)&address,
		   sizeof(address)) < 0)
		r = -errno;
	(void)close(fd);
	return r;
}

static int tell_file(const char *path, const char *text)
{
	char line[CHECKPOINT_TEXT_MAX + 1];
	int fd =
		open(path,
		     O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY,
		     0640);
	int len = snprintf(line, sizeof(line), "%s\n", text), r = 0;

	if (fd < 0)
		return -errno;
	ssize_t n = write(fd, line, (size_t)len);
	if (n != len)
		r = n < 0 ? -errno : -ENOSPC;
	(void)close(fd);
	return r;
}

static void tell(struct checkpoints *checkpoints, const struct checkpoint *checkpoint)
{
	const struct policy_daemon *settings = &checkpoints->broker->policy->daemon;
	char text[CHECKPOINT_TEXT_MAX];
	int r = 0, other = 0;

	(void)checkpoint_text(checkpoint, text);
	if (settings->checkpoint_syslog)
		r = tell_syslog(checkpoints, checkpoint, text);
	if (r < 0)
		warn(checkpoints, "syslog", r);
	if (settings->checkpoint_file)
		other = tell_file(settings->checkpoint_file, text);
	if (other < 0)
		warn(checkpoints, settings->checkpoint_file, other);
	checkpoints->counts.untold += r < 0 || other < 0;
}

void checkpoints_seal(struct checkpoints *checkpoints)
{
	struct checkpoint checkpoint;
	struct writer_counts written;
	int r;

	if (!checkpoints)
		return;
	r = writer_checkpoint(checkpoints->broker->recorder.writer, &checkpoint);
	checkpoints->is_due = false;
	writer_counts(checkpoints->broker->recorder.writer, &written);
	checkpoints->sealed_at = written.sequence;
	/* a log that cannot be written is seen to elsewhere */
	if (r < 0)
		return;
	checkpoints->counts.made++;
	checkpoints->counts.number = checkpoint.number;
	tell(checkpoints, &checkpoint);
}

static void on_soon(uint64_t runs, void *data)
{
	(void)runs;
	checkpoints_seal(data);
}

/* Set anew each time, since a reload may bring another interval. */
static void on_time(uint64_t runs, void *data)
{
	struct checkpoints *checkpoints = data;
	const struct broker *broker = checkpoints->broker;

	(void)runs;
	checkpoints_seal(checkpoints);
	(void)loop_set_timer(broker->loop, checkpoints->timer,
			     broker->policy->daemon.checkpoint_seconds * 1000, false);
}

void checkpoints_note(struct checkpoints *checkpoints)
{
	struct writer_counts written;

	if (!checkpoints || checkpoints->is_due)
		return;
	writer_counts(checkpoints->broker->recorder.writer, &written);
	if (written.sequence - checkpoints->sealed_at <
	    checkpoints->broker->policy->daemon.checkpoint_records)
		return;
	/* not now: verdicts wait for this batch */
	checkpoints->is_due =
		loop_set_timer(checkpoints->broker->loop, checkpoints->soon, SOON_MS, false) == 0;
}

int checkpoints_open(struct broker *broker, struct checkpoints **ret)
{
	struct checkpoints *checkpoints;
	struct writer_counts written;

	if (!writer_key_id(broker->recorder.writer))
		return 0;
	checkpoints = calloc(1, sizeof(*checkpoints));
	if (!checkpoints)
		return -ENOMEM;
	checkpoints->broker = broker;
	checkpoints->socket_path = SYSLOG_SOCKET;
	writer_counts(broker->recorder.writer, &written);
	checkpoints->sealed_at = written.sequence;
	checkpoints->soon = loop_add_timer(broker->loop, SOON_MS, false, on_soon, checkpoints);
	checkpoints->timer =
		loop_add_timer(broker->loop, broker->policy->daemon.checkpoint_seconds * 1000,
			       false, on_time, checkpoints);
	if (checkpoints->soon >= 0) /* not before one is due */
		(void)loop_set_timer(broker->loop, checkpoints->soon, 0, false);
	if (checkpoints->soon < 0 || checkpoints->timer < 0) {
		int error = checkpoints->soon < 0 ? checkpoints->soon : checkpoints->timer;

		checkpoints_free(checkpoints);
		return error;
	}
	*ret = checkpoints;
	return 0;
}

void checkpoints_free(struct checkpoints *checkpoints)
{
	if (!checkpoints)
		return;
	if (checkpoints->soon >= 0)
		(void)loop_remove_timer(checkpoints->broker->loop, checkpoints->soon);
	if (checkpoints->timer >= 0)
		(void)loop_remove_timer(checkpoints->broker->loop, checkpoints->timer);
	free(checkpoints);
}

void checkpoints_tell_at(struct checkpoints *checkpoints, const char *socket_path)
{
	checkpoints->socket_path = socket_path;
}

void checkpoints_counts(const struct checkpoints *checkpoints, struct checkpoints_counts *ret)
{
	*ret = checkpoints ? checkpoints->counts : (struct checkpoints_counts){ 0 };
}
