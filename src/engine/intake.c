/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recvmmsg(2) over a fixed set of buffers. */
#include "engine/intake.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "kernel/nlsock.h"

struct intake {
	struct mmsghdr messages[INTAKE_BATCH_MAX];
	struct iovec parts[INTAKE_BATCH_MAX];
	struct sockaddr_nl from[INTAKE_BATCH_MAX];
	uint8_t buffers[INTAKE_BATCH_MAX][NLSOCK_BUFFER_BYTES];
};

struct intake *intake_new(void)
{
	return calloc(1, sizeof(struct intake));
}

void intake_free(struct intake *intake)
{
	free(intake);
}

int intake_receive(struct intake *intake, int fd)
{
	int count;

	for (size_t i = 0; i < INTAKE_BATCH_MAX; i++) {
		struct msghdr *header = &intake->messages[i].msg_hdr;

		intake->parts[i].iov_base = intake->buffers[i];
		intake->parts[i].iov_len = sizeof(intake->buffers[i]);
		header->msg_name = &intake->from[i];
		header->msg_namelen = sizeof(intake->from[i]);
		header->msg_iov = &intake->parts[i];
		header->msg_iovlen = 1;
		header->msg_control = NULL;
		header->msg_controllen = 0;
		header->msg_flags = 0;
	}
	count = recvmmsg(fd, intake->messages, INTAKE_BATCH_MAX, MSG_DONTWAIT, NULL);
	if (count < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	return count;
}

const void *intake_datagram(const struct intake *intake, int index, size_t *ret_len)
{
	const struct mmsghdr *message = &intake->messages[index];

	if (message->msg_hdr.msg_flags & MSG_TRUNC ||
	    message->msg_hdr.msg_namelen != sizeof(struct sockaddr_nl) ||
	    intake->from[index].nl_pid != 0)
		return NULL;
	*ret_len = message->msg_len;
	return intake->buffers[index];
}
