/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gathers counts and states into one JSON object. */
#include "broker/status.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "audit/writer.h"
#include "broker/broker.h"
#include "broker/checkpoints.h"
#include "common/defs.h"
#include "common/mono.h"
#include "kernel/apply.h"
#include "kernel/present.h"
#include "kernel/tracking.h"
#include "policy/policy.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

static json_t *number(uint64_t value)
{
	return json_integer((json_int_t)value);
}

static json_t *text_or_null(const char *text)
{
	return text ? json_string(text) : json_null();
}

static json_t *time_of(const struct timespec *time)
{
	char text[32];
	struct tm parts;

	if (!gmtime_r(&time->tv_sec, &parts) ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
		return json_null();
	return json_string(text);
}

static json_t *policy_state(const struct broker *broker)
{
	const struct policy *policy = broker->policy;
	json_t *configurations = json_array();

	for (unsigned int c = 0; c < CONFIGURATION_COUNT; c++)
		if (policy->configurations & (1U << c))
			json_array_append_new(
				configurations,
				json_string(guideline_configuration_slug((enum configuration)c)));
	return json_pack("{s:s, s:s, s:o, s:s, s:s?, s:o, s:o}", "path", policy->source.path,
			 "hash", policy->source.hash, "loaded", time_of(&broker->policy_loaded),
			 "appliance", policy->appliance_name, "organisation", policy->organisation,
			 "configurations", configurations, "last_reload_error",
			 text_or_null(broker->reload_error));
}

/* What the kernel says of the table when asked just now; state and reason are those of the daemon
 * where the table is not as it was loaded. */
struct table_state {
	const char *table, *state, *reason;
};

static struct table_state table_state(const struct broker *broker)
{
	static const char *const ours[] = { "forward", "settle", "inspect" };
	auto_(present_clear) struct present present = { 0 };
	const int error =
		broker->table ? present_read(broker->table, RULESET_TABLE, &present) : -EBADF;
	size_t there = 0;

	if (error != 0)
		return (struct table_state){ "unknown", NULL, NULL };
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++)
		there += present_has(&present.chains, ours[i]);
	if (there == ARRAY_SIZE(ours) && broker->loaded &&
	    !apply_state_is_current(broker->loaded, broker->table))
		return (struct table_state){ "touched", NULL, NULL };
	if (there == ARRAY_SIZE(ours))
		return (struct table_state){ "in place", NULL, NULL };
	if (!present_has(&present.chains, ours[0]))
		return (struct table_state){ "missing", "open", "the table is missing" };
	return (struct table_state){ "changed", "changed",
				     "the table is not the one that the daemon loaded" };
}

/* Interfaces of the policy that are not there: a cable, or a slip of the pen. */
static json_t *missing_interfaces(const struct broker *broker)
{
	auto_(policy_places_clear) struct policy_places places = { 0 };
	json_t *array = json_array();

	if (policy_places(broker->policy, &places) != 0)
		return array;
	for (size_t i = 0; i < places.count; i++)
		if (!interfaces_has(&broker->recorder.interfaces, places.at[i].interface))
			json_array_append_new(array, json_string(places.at[i].interface));
	return array;
}

static json_t *setting(enum tracking_setting value)
{
	return value == TRACKING_UNKNOWN ? json_null() : json_boolean(value == TRACKING_ON);
}

/* Asked anew each time: anybody may change it. */
static json_t *tracking_state(void)
{
	struct tracking tracking;

	tracking_read(TRACKING_FOLDER, &tracking);
	return json_pack("{s:o, s:o}", "checksum", setting(tracking.checksum), "liberal",
			 setting(tracking.liberal));
}

static json_t *kernel_state(const struct broker *broker, const char *table)
{
	struct utsname name;

	if (uname(&name) != 0)
		name.release[0] = '\0';
	return json_pack("{s:s, s:s, s:s, s:o, s:o}", "queue",
			 broker->features.queue == FEATURES_QUEUE_NATIVE ? "native" : "compat",
			 "release", name.release, "table", table, "tracking", tracking_state(),
			 "interfaces_missing", missing_interfaces(broker));
}

static json_t *counts_of(const uint64_t *counts)
{
	json_t *object = json_object();

	for (unsigned int i = 0; i < REASON_COUNT; i++)
		if (counts[i] > 0)
			json_object_set_new(object, reason_info((enum reason)i)->slug,
					    number(counts[i]));
	return object;
}

/* How flows ended without a refusal; refusals are counted by their reasons. */
static json_t *ended_state(const struct event_counts *counts)
{
	static const char *const names[] = {
		[EVENT_END_OPENED] = "opened", [EVENT_END_OWN_SHARE] = "own-share",
		[EVENT_END_FULL] = "full",     [EVENT_END_PORTS] = "ports-again",
		[EVENT_END_IDLE] = "idle",
	};
	json_t *object = json_object();

	_Static_assert(ARRAY_SIZE(names) == EVENT_END_COUNT, "each way has its name");
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		json_object_set_new(object, names[i], number(counts->ended[i]));
	return object;
}

static json_t *engine_state(const struct engine_slot *slot)
{
	const struct event_counts *counts = &slot->counts;

	return json_pack("{s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
			 "number", number(slot->index), "pid", number((uint64_t)slot->pid), "state",
			 slot->pid ? "running" : "restarting", "packets", number(slot->packets),
			 "flows", number(counts->undecided), "flows_peak",
			 number(counts->undecided_peak), "sources", number(counts->sources),
			 "buffers", number(counts->buffers), "held", number(counts->held),
			 "put_off", number(counts->put_off), "overruns", number(slot->overruns),
			 "restarts", number(slot->restarts), "ended", ended_state(counts));
}

static json_t *log_state(const struct broker *broker)
{
	const int failure = writer_failure(broker->recorder.writer);
	struct checkpoints_counts sealed;
	struct writer_counts counts;
	char path[512];

	writer_counts(broker->recorder.writer, &counts);
	checkpoints_counts(broker->checkpoints, &sealed);
	(void)snprintf(path, sizeof(path), "%s/%s", broker->policy->daemon.log_directory,
		       WRITER_FILE_NAME);
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "path", path,
			 "sequence", number(counts.sequence), "written", number(counts.written),
			 "missing", number(counts.missing), "bytes", number(counts.bytes),
			 "flushes", number(counts.flushes), "failure",
			 text_or_null(failure ? strerror(-failure) : NULL), "key",
			 text_or_null(writer_key_id(broker->recorder.writer)), "checkpoint",
			 number(sealed.number), "checkpoints", number(sealed.made),
			 "checkpoints_untold", number(sealed.untold));
}

static json_t *kernel_log_state(const struct broker *broker)
{
	const struct engine_slot *slot = &broker->log_reader;

	return json_pack("{s:o, s:s, s:o, s:o, s:o, s:o}", "pid", number((uint64_t)slot->pid),
			 "state", slot->pid ? "running" : "restarting", "packets",
			 number(slot->packets), "missing", number(broker->kernel_log_missing),
			 "unreadable", number(broker->kernel_log_unreadable), "restarts",
			 number(slot->restarts));
}

static json_t *engines_state(const struct broker *broker)
{
	json_t *array = json_array();

	for (uint32_t i = 0; i < broker->engine_count; i++)
		json_array_append_new(array, engine_state(&broker->engines[i]));
	return array;
}

char *status_text(const struct broker *broker)
{
	const bool refusing = broker_is_refusing(broker);
	struct table_state now = table_state(broker);
	json_t *root;
	char *text;

	if (!now.state) {
		now.state = refusing ? "refusing" : "running";
		now.reason = refusing ? "no record can be written" : "";
	}
	root = json_pack("{s:b, s:s, s:i, s:o, s:s, s:s}", "ok", 1, "version", PACKAGE_VERSION,
			 "pid", (int)getpid(), "uptime_s",
			 number((mono_ms() - broker->started_ms) / 1000), "state", now.state,
			 "state_reason", now.reason);
	json_object_set_new(root, "policy", policy_state(broker));
	json_object_set_new(root, "kernel", kernel_state(broker, now.table));
	json_object_set_new(root, "counts",
			    json_pack("{s:o, s:o}", "permitted",
				      counts_of(broker->recorder.counts.permitted), "refused",
				      counts_of(broker->recorder.counts.refused)));
	json_object_set_new(root, "engines", engines_state(broker));
	json_object_set_new(root, "kernel_log", kernel_log_state(broker));
	json_object_set_new(root, "resets",
			    json_pack("{s:o, s:o}", "sent", number(broker->resets_sent), "failed",
				      number(broker->resets_failed)));
	json_object_set_new(root, "log", log_state(broker));
	text = root ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	return text;
}
