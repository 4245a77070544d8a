/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The asking end of the control socket. */

#include "ctl/control_client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/language.h"
#include "ctl/cmd.h"
#include "ctl/control_protocol.h"

static void closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int connect_to(const char *path, int timeout_ms)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const struct timeval timeout = { .tv_sec = timeout_ms / 1000,
					 .tv_usec = timeout_ms % 1000 * 1000L };

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) < 0 ||
	    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
		int r = errno == EAGAIN ? -ETIMEDOUT : -errno;
		(void)close(fd);
		return r;
	}
	return fd;
}

/* Joins the datagrams up to the empty one. */
static int receive_answer(int fd, char **ret_text, size_t *ret_len)
{
	auto_(free_charp) char *text = NULL;
	size_t len = 0;

	for (;;) {
		if (len > CONTROL_ANSWER_MAX)
			return -EMSGSIZE;
		char *grown = realloc(text, len + CONTROL_DATAGRAM_MAX);
		if (!grown)
			return -ENOMEM;
		text = grown;
		/* With MSG_TRUNC the length is that of the datagram, not of what found room. */
		ssize_t n = recv(fd, text + len, CONTROL_DATAGRAM_MAX, MSG_TRUNC);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n > CONTROL_DATAGRAM_MAX)
			return -EMSGSIZE;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_text = steal(text);
	*ret_len = len;
	return 0;
}

int control_client_ask(const char *socket_path, const char *command, int timeout_ms,
		       json_t **ret_answer)
{
	auto_(closep) int fd = connect_to(socket_path, timeout_ms);
	auto_(free_charp) char *text = NULL;
	size_t len = 0;

	if (fd < 0)
		return fd;
	if (send(fd, command, strlen(command), MSG_NOSIGNAL) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	int r = receive_answer(fd, &text, &len);
	if (r < 0)
		return r;
	json_t *answer = json_loadb(text, len, 0, NULL);
	if (!json_is_object(answer)) {
		json_decref(answer);
		return -EPROTO;
	}
	*ret_answer = answer;
	return 0;
}

const char *control_client_sentence(const json_t *answer)
{
	const char *text = json_string_value(json_object_get(answer, "text"));

	if (text && strcmp(text, CONTROL_DENIED_TEXT) == 0)
		return _("not permitted: you are no operator");
	return text;
}

int control_client_command(const char *socket_path, const char *command, json_t **ret_answer)
{
	char request[CONTROL_REQUEST_MAX];
	int r;

	/* the daemon speaks to us in our language */
	(void)snprintf(request, sizeof(request), "%s %s", command, language_now());
	r = control_client_ask(socket_path, request, CONTROL_TIMEOUT_MS, ret_answer);

	switch (-r) {
	case 0:
		return CMD_OK;
	case ENOENT:
	case ECONNREFUSED:
		(void)fprintf(stderr,
			      _("sekishoctl: no daemon answers at %s; is sekishod running?\n"),
			      socket_path);
		break;
	case EACCES:
		(void)fprintf(
			stderr,
			_("sekishoctl: %s may be used by root and the operators' group only\n"),
			socket_path);
		break;
	case ETIMEDOUT:
		(void)fprintf(stderr, _("sekishoctl: the daemon at %s did not answer in time\n"),
			      socket_path);
		break;
	case EPROTO:
		(void)fprintf(stderr,
			      _("sekishoctl: the answer from %s was cut short or is none\n"),
			      socket_path);
		break;
	default:
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", socket_path, strerror(-r));
		break;
	}
	return CMD_UNREACHABLE;
}
