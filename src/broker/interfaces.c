/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A small direct-mapped memory of interface names. */
#include "broker/interfaces.h"

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

int interfaces_open(struct interfaces *interfaces)
{
	const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	memset(interfaces, 0, sizeof(*interfaces));
	interfaces->fd = fd;
	return 0;
}

void interfaces_close(struct interfaces *interfaces)
{
	if (interfaces->fd > 0)
		close(interfaces->fd);
	interfaces->fd = 0;
}

bool interfaces_has(const struct interfaces *interfaces, const char *name)
{
	struct ifreq request = { 0 };
	const size_t len = strlen(name);

	if (len >= sizeof(request.ifr_name))
		return false;
	memcpy(request.ifr_name, name, len);
	return ioctl(interfaces->fd, SIOCGIFINDEX, &request) == 0;
}

const char *interfaces_name(struct interfaces *interfaces, uint32_t index, uint64_t now_ms,
			    char out[IF_NAMESIZE])
{
	__typeof__(&interfaces->at[0]) slot = &interfaces->at[index % INTERFACES_REMEMBERED];
	struct ifreq request = { 0 };

	if (index == 0)
		return NULL;
	if (slot->index != index || slot->until_ms <= now_ms) {
		request.ifr_ifindex = (int)index;
		slot->index = index;
		slot->until_ms = now_ms + INTERFACES_FRESH_MS;
		slot->name[0] = '\0';
		if (ioctl(interfaces->fd, SIOCGIFNAME, &request) == 0)
			memcpy(slot->name, request.ifr_name, sizeof(slot->name));
		slot->name[sizeof(slot->name) - 1] = '\0';
	}
	if (!slot->name[0])
		return NULL;
	memcpy(out, slot->name, IF_NAMESIZE);
	return out;
}
