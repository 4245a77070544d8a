/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of a policy about the appliance itself: management, log, control, queues, daemon. */
#include <string.h>
#include <sys/un.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/read.h"

#define MANAGEMENTS_MAX 1024 /* entries one way; each name is compared with all others */
#define USER_NAME_MAX   31   /* bytes. Source: useradd(8) */

/* ---- management */

struct management_reading {
	struct policy_management *entry;
	uint32_t index; /* among all entries both ways */
};

/* Names share one space both ways, since the log tells entries apart by name. */
static void management_name(struct reader *r, config_setting_t *s, void *into)
{
	struct management_reading *reading = into;

	read_slug(r, s, &reading->entry->name);
	if (!reading->entry->name)
		return;
	for (size_t i = 0; i < reading->index; i++)
		if (r->management_names[i] && !strcmp(r->management_names[i], reading->entry->name))
			read_error(r, s,
				   _("there is a management entry of this name in line %d already"),
				   r->management_places[i].line);
	r->management_names[reading->index] = reading->entry->name;
}

static void management_peers(struct reader *r, config_setting_t *s, void *into)
{
	struct management_reading *reading = into;
	struct read_target target = { READ_PEER, reading->index, &reading->entry->peers };

	read_strings(r, s, read_range_item, &target);
}

static void management_ports(struct reader *r, config_setting_t *s, void *into)
{
	struct management_reading *reading = into;

	read_strings(r, s, read_port_item, &reading->entry->ports);
}

static const struct read_key access_keys[] = {
	{ "name", READ_TEXT, true, management_name },
	{ "from", READ_STRINGS, true, management_peers },
	{ "ports", READ_STRINGS, true, management_ports },
};

static const struct read_key service_keys[] = {
	{ "name", READ_TEXT, true, management_name },
	{ "to", READ_STRINGS, true, management_peers },
	{ "ports", READ_STRINGS, true, management_ports },
};

/* Room for one more entry in the reader's tables. */
static bool note_management(struct reader *r, struct read_place place)
{
	size_t room = (r->management_count + 1);
	const char **names = realloc(r->management_names, room * sizeof(*names));
	struct read_place *places;

	if (names)
		r->management_names = names;
	places = realloc(r->management_places, room * sizeof(*places));
	if (places)
		r->management_places = places;
	if (!names || !places) {
		read_no_memory(r);
		return false;
	}
	r->management_names[r->management_count] = NULL;
	r->management_places[r->management_count++] = place;
	return true;
}

static void read_entries(struct reader *r, const config_setting_t *s, const struct read_key keys[3],
			 struct policy_managements *ret)
{
	int length = config_setting_length(s);

	if (length > MANAGEMENTS_MAX) {
		read_error(r, s, _("more than %d entries"), MANAGEMENTS_MAX);
		return;
	}
	ret->at = calloc((size_t)length, sizeof(*ret->at));
	if (!ret->at) {
		read_no_memory(r);
		return;
	}
	for (unsigned int i = 0; i < (unsigned int)length; i++) {
		config_setting_t *group = config_setting_get_elem(s, i);
		struct management_reading reading = { .index = (uint32_t)r->management_count };

		if (!config_setting_is_group(group))
			continue;
		if (!note_management(r, read_place_of(r, group)))
			return;
		reading.entry = &ret->at[ret->count++];
		reading.entry->line = read_line(group);
		read_group(r, group, keys, 3, &reading);
	}
}

static void management_access(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_entries(r, s, access_keys, &r->policy->management_in);
}

static void management_services(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_entries(r, s, service_keys, &r->policy->management_out);
}

static const struct read_key management_keys[] = {
	{ "access", READ_GROUPS, false, management_access },
	{ "services", READ_GROUPS, false, management_services },
};

void read_management(struct reader *r, config_setting_t *s, void *into)
{
	read_group(r, s, management_keys, ARRAY_SIZE(management_keys), into);
}

/* ---- log, control */

static void log_directory(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_absolute_path(r, s, 4000, &r->policy->daemon.log_directory);
}

static void log_key(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_absolute_path(r, s, 4000, &r->policy->daemon.log_key);
}

static void checkpoint_file(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_absolute_path(r, s, 4000, &r->policy->daemon.checkpoint_file);
}

static void checkpoint_syslog(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	r->policy->daemon.checkpoint_syslog = config_setting_get_bool(s);
}

static void checkpoint_records(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 100, 10000000, &n))
		r->policy->daemon.checkpoint_records = (uint32_t)n;
}

static void checkpoint_seconds(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 1, 86400, &n))
		r->policy->daemon.checkpoint_seconds = (uint32_t)n;
}

static const struct read_key log_keys[] = {
	{ "directory", READ_TEXT, false, log_directory },
	{ "key", READ_TEXT, false, log_key },
	{ "checkpoint_file", READ_TEXT, false, checkpoint_file },
	{ "checkpoint_syslog", READ_BOOL, false, checkpoint_syslog },
	{ "checkpoint_records", READ_NUMBER, false, checkpoint_records },
	{ "checkpoint_seconds", READ_NUMBER, false, checkpoint_seconds },
	{ "on_failure", READ_UNSUPPORTED, false, NULL },
};

void read_log(struct reader *r, config_setting_t *s, void *into)
{
	read_group(r, s, log_keys, ARRAY_SIZE(log_keys), into);
}

/* A name of a user or group, as useradd(8) takes it. */
static void read_account(struct reader *r, const config_setting_t *s, char **ret)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyz0123456789_-";
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	if (!*text || text[strspn(text, characters)] || strlen(text) > USER_NAME_MAX ||
	    strchr("0123456789-", *text))
		read_error(r, s,
			   _("%s cannot be the name of a user or group; expected up to %d of a-z "
			     "0-9 _ - beginning with a letter"),
			   read_quote(text, quoted), USER_NAME_MAX);
	else
		read_copy(r, s, ret);
}

static void control_socket(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_absolute_path(r, s, sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1,
			   &r->policy->daemon.control_socket);
}

static void control_operators(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	read_account(r, s, &r->policy->daemon.control_group);
}

static const struct read_key control_keys[] = {
	{ "socket", READ_TEXT, false, control_socket },
	{ "operators", READ_TEXT, false, control_operators },
};

void read_control(struct reader *r, config_setting_t *s, void *into)
{
	read_group(r, s, control_keys, ARRAY_SIZE(control_keys), into);
}

/* ---- queues, daemon */

static void queues_first(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 0, 65535, &n))
		r->policy->daemon.queue_first = (uint16_t)n;
}

static void queues_count(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 1, 16, &n))
		r->policy->daemon.queue_count = (uint16_t)n;
}

static void queues_length(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 64, 1 << 20, &n))
		r->policy->daemon.queue_length = (uint32_t)n;
}

static const struct read_key queues_keys[] = {
	{ "first", READ_NUMBER, false, queues_first },
	{ "count", READ_NUMBER, false, queues_count },
	{ "length", READ_NUMBER, false, queues_length },
};

void read_queues(struct reader *r, config_setting_t *s, void *into)
{
	const struct policy_daemon *d = &r->policy->daemon;

	read_group(r, s, queues_keys, ARRAY_SIZE(queues_keys), into);
	if (d->queue_first + d->queue_count - 1 > 65535)
		read_error(r, s, _("%u queues from number %u go beyond 65535"), d->queue_count,
			   d->queue_first);
}

static void daemon_user(struct reader *r, config_setting_t *s, void *into)
{
	(void)into;
	if (!strcmp(config_setting_get_string(s), "root"))
		read_error(r, s,
			   _("the daemon gives its privileges up and would keep root's files; "
			     "expected an account of its own, as \"sekisho\""));
	else
		read_account(r, s, &r->policy->daemon.user);
}

static void daemon_undecided_max(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 16, 1 << 20, &n))
		r->policy->daemon.undecided_max = (uint32_t)n;
}

static void daemon_undecided_per_source(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 1, 1 << 20, &n))
		r->policy->daemon.undecided_per_source = (uint32_t)n;
}

static void daemon_undecided_buffers(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 16, 1 << 16, &n))
		r->policy->daemon.undecided_buffers = (uint32_t)n;
}

static void daemon_undecided_timeout(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 100, 600000, &n))
		r->policy->daemon.undecided_timeout_ms = (uint32_t)n;
}

static void daemon_log_group(struct reader *r, config_setting_t *s, void *into)
{
	long long n;

	(void)into;
	if (read_number(r, s, 0, 65535, &n))
		r->policy->daemon.log_group_first = (uint16_t)n;
}

static const struct read_key daemon_keys[] = {
	{ "user", READ_TEXT, false, daemon_user },
	{ "undecided_max", READ_NUMBER, false, daemon_undecided_max },
	{ "undecided_per_source", READ_NUMBER, false, daemon_undecided_per_source },
	{ "undecided_buffers", READ_NUMBER, false, daemon_undecided_buffers },
	{ "undecided_timeout_ms", READ_NUMBER, false, daemon_undecided_timeout },
	{ "log_group", READ_NUMBER, false, daemon_log_group },
};

void read_daemon(struct reader *r, config_setting_t *s, void *into)
{
	read_group(r, s, daemon_keys, ARRAY_SIZE(daemon_keys), into);
}
