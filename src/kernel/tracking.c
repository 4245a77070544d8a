/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads sysctl files. */
#include "kernel/tracking.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static enum tracking_setting read_setting(const char *folder, const char *name)
{
	char path[256], text[2];
	ssize_t len;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return TRACKING_UNKNOWN;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return TRACKING_UNKNOWN;
	len = read(fd, text, sizeof(text));
	(void)close(fd);
	if (len < 1 || text[0] < '0' || text[0] > '9')
		return TRACKING_UNKNOWN;
	return text[0] == '0' ? TRACKING_OFF : TRACKING_ON;
}

void tracking_read(const char *folder, struct tracking *ret)
{
	ret->checksum = read_setting(folder, "nf_conntrack_checksum");
	ret->liberal = read_setting(folder, "nf_conntrack_tcp_be_liberal");
}
