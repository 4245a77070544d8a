/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Takes requests on the control socket, checks who asks, and sends answers without ever waiting for
 * a reader. */
#include "broker/control.h"

#include <errno.h>
#include <grp.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/reload.h"
#include "broker/status.h"
#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "common/language.h"
#include "common/log.h"
#include "common/loop.h"
#include "ctl/control_protocol.h"

#define CLIENTS_MAX 8
#define GROUPS_MAX  256 /* of a peer that are looked at */

struct client {
	struct control *control;
	int fd; /* -1: free */
	int timer;
	bool permitted;
	char *answer; /* NULL: the request has not come yet */
	size_t len, sent;
};

struct control {
	struct broker *broker; /* borrowed; NULL until started */
	char *path;
	uid_t uid;
	bool has_group;
	gid_t group;
	int fd;
	struct client clients[CLIENTS_MAX];
};

static int fill_address(const char *path, struct sockaddr_un *ret)
{
	const size_t len = strlen(path);

	memset(ret, 0, sizeof(*ret));
	ret->sun_family = AF_UNIX;
	if (len == 0 || len >= sizeof(ret->sun_path))
		return -ENAMETOOLONG;
	memcpy(ret->sun_path, path, len);
	return 0;
}

/* True if somebody answers on the socket. */
static bool is_alive(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool alive;

	if (fd < 0)
		return true;
	alive = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 ||
		errno == EAGAIN;
	close(fd);
	return alive;
}

static int remove_stale(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	if (is_alive(address))
		return -EADDRINUSE;
	return unlink(address->sun_path) < 0 ? -errno : 0;
}

static int open_listener(const struct control *control)
{
	struct sockaddr_un address;
	mode_t mask;
	int error = fill_address(control->path, &address);
	int fd;

	if (error == 0)
		error = remove_stale(&address);
	if (error != 0)
		return error;
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	mask = umask(0117); /* 0660 from the first instant on */
	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		error = -errno;
	(void)umask(mask);
	if (error == 0 && (control->has_group || geteuid() == 0) &&
	    chown(control->path, geteuid() == 0 ? control->uid : (uid_t)-1,
		  control->has_group ? control->group : (gid_t)-1) < 0)
		error = -errno;
	if (error == 0 && listen(fd, CLIENTS_MAX) < 0)
		error = -errno;
	if (error != 0)
		close(fd);
	return error ? error : fd;
}

static int find_group(struct control *control, const char *name)
{
	const struct group *group;

	if (!name)
		return 0;
	group = getgrnam(name);
	if (!group) {
		log_error(_("the group of control.operators does not exist: group=%s"), name);
		return -ENOENT;
	}
	control->has_group = true;
	control->group = group->gr_gid;
	return 0;
}

int control_open(const struct control_settings *settings, struct control **ret)
{
	struct control *control = calloc(1, sizeof(*control));
	int error;

	if (!control)
		return -ENOMEM;
	control->fd = -1;
	control->uid = settings->uid;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		control->clients[i].fd = -1;
	control->path = strdup(settings->path);
	error = control->path ? find_group(control, settings->group) : -ENOMEM;
	if (error == 0) {
		control->fd = open_listener(control);
		error = control->fd < 0 ? control->fd : 0;
	}
	if (error == -EADDRINUSE)
		log_error(_("another sekishod answers on the control socket; two cannot run side "
			    "by side: "
			    "socket=%s"),
			  settings->path);
	else if (error != 0)
		log_error(_("cannot make the control socket: socket=%s error=%s"), settings->path,
			  strerror(-error));
	if (error != 0) {
		control_free(control);
		return error;
	}
	*ret = control;
	return 0;
}

static void hang_up(struct client *client)
{
	struct loop *loop = client->control->broker->loop;

	if (client->timer >= 0)
		(void)loop_remove_timer(loop, client->timer);
	(void)loop_remove_fd(loop, client->fd);
	close(client->fd);
	free(client->answer);
	client->answer = NULL;
	client->fd = -1;
}

static bool group_fits(const struct control *control, int fd, gid_t gid)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);

	if (!control->has_group)
		return false;
	if (gid == control->group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) < 0)
		return false;
	for (size_t i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == control->group)
			return true;
	return false;
}

static bool may_ask(const struct control *control, int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	bool permitted;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0 || len != sizeof(peer))
		return false;
	permitted = peer.uid == 0 || peer.uid == control->uid || group_fits(control, fd, peer.gid);
	if (!permitted)
		log_warning(_("somebody who is no operator asked on the control socket and was "
			      "turned away: "
			      "uid=%u pid=%d"),
			    peer.uid, peer.pid);
	return permitted;
}

/* One line as JSON; a policy file may hold bytes that are no UTF-8, and quoting them must not lose
 * the answer. */
static json_t *line_of(const struct errors_item *item)
{
	json_t *line;

	if (item->file && item->line > 0)
		line = json_sprintf("%s:%d: %s", item->file, item->line, item->text);
	else if (item->file)
		line = json_sprintf("%s: %s", item->file, item->text);
	else
		line = json_string(item->text);
	return line ? line : json_sprintf("line %d: (text that is not UTF-8)", item->line);
}

static char *answer_of(bool ok, const char *text, const struct errors *errors)
{
	json_t *list = json_array();
	json_t *root;
	char *out;

	for (size_t i = 0; errors && i < errors->count; i++)
		json_array_append_new(list, line_of(&errors->at[i]));
	root = json_pack("{s:b, s:s, s:o}", "ok", ok, "text", text, "errors", list);
	out = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return out;
}

/* In that language; what the daemon says of itself to others stays in its own. */
static char *answer_reload(struct broker *broker, const char *language)
{
	auto_(errors_clear) struct errors errors = { 0 };
	const char *own = language_now();
	char *answer;
	int error;

	notify_reloading();
	(void)language_use(language); /* where its messages are missing, ours must do */
	error = reload_policy(broker, &errors);
	answer = error == 0
			 ? answer_of(true, _("The policy was loaded."), NULL)
			 : answer_of(false, _("The policy was not loaded; the running one stays."),
				     &errors);
	(void)language_use(own);
	notify_ready(broker_is_refusing(broker) ? _("refusing") : _("running"));
	return answer;
}

/* A request is a command and, behind a blank, a language that we know; nothing else of it is used.
 */
static bool is_command(const char *request, size_t len, const char *command,
		       const char **ret_language)
{
	static const char *const languages[] = { "en", "ja" };
	const size_t head = strlen(command);

	if (len < head || memcmp(request, command, head) != 0)
		return false;
	if (len == head)
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(languages); i++) {
		if (len != head + 3 || request[head] != ' ' ||
		    memcmp(request + head + 1, languages[i], 2) != 0)
			continue;
		*ret_language = languages[i];
		return true;
	}
	return false;
}

static char *answer_to(struct client *client, const char *request, size_t len)
{
	struct broker *broker = client->control->broker;
	const char *language = language_now();

	if (!client->permitted)
		return strdup(CONTROL_DENIED);
	if (is_command(request, len, CONTROL_COMMAND_STATUS, &language))
		return status_text(broker);
	if (!is_command(request, len, CONTROL_COMMAND_RELOAD, &language))
		return answer_of(false, _("There is no such command."), NULL);
	return answer_reload(broker, language);
}

/* Sends what has room; the last, empty datagram ends the answer. */
static void send_more(struct client *client)
{
	for (;;) {
		size_t part = client->len - client->sent;

		if (part > CONTROL_DATAGRAM_MAX)
			part = CONTROL_DATAGRAM_MAX;
		if (send(client->fd, client->answer + client->sent, part,
			 MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
			if (errno != EAGAIN && errno != EINTR)
				hang_up(client);
			return;
		}
		client->sent += part;
		if (part == 0) {
			hang_up(client);
			return;
		}
	}
}

static void on_client(int fd, uint32_t events, void *data)
{
	struct client *client = data;
	char request[CONTROL_REQUEST_MAX + 1];
	ssize_t len;

	if (client->answer) {
		if (events & LOOP_ERROR)
			hang_up(client);
		else
			send_more(client);
		return;
	}
	len = recv(fd, request, sizeof(request), MSG_DONTWAIT);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0 || (size_t)len > CONTROL_REQUEST_MAX) {
		hang_up(client);
		return;
	}
	client->answer = answer_to(client, request, (size_t)len);
	if (!client->answer || loop_change_fd(client->control->broker->loop, fd, LOOP_WRITE) != 0) {
		hang_up(client);
		return;
	}
	client->len = strlen(client->answer);
	client->sent = 0;
	send_more(client);
}

static void on_timeout(uint64_t runs, void *data)
{
	(void)runs;
	hang_up(data);
}

static void on_connection(int fd, uint32_t events, void *data)
{
	struct control *control = data;
	struct loop *loop = control->broker->loop;
	const int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *client = NULL;

	(void)events;
	if (peer < 0)
		return;
	for (size_t i = 0; i < CLIENTS_MAX && !client; i++)
		if (control->clients[i].fd < 0)
			client = &control->clients[i];
	if (!client || loop_add_fd(loop, peer, on_client, client) != 0) {
		close(peer);
		return;
	}
	*client = (struct client){ .control = control, .fd = peer };
	client->permitted = may_ask(control, peer);
	client->timer = loop_add_timer(loop, CONTROL_TIMEOUT_MS, false, on_timeout, client);
}

int control_start(struct control *control, struct broker *broker)
{
	control->broker = broker;
	return loop_add_fd(broker->loop, control->fd, on_connection, control);
}

void control_free(struct control *control)
{
	if (!control)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (control->clients[i].fd >= 0)
			hang_up(&control->clients[i]);
	if (control->fd >= 0) {
		if (control->broker)
			(void)loop_remove_fd(control->broker->loop, control->fd);
		close(control->fd);
		/* fails where the folder is root's: the next start finds that nobody answers, and
		 * replaces it */
		(void)unlink(control->path);
	}
	free(control->path);
	free(control);
}
