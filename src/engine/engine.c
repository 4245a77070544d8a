/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The engine's life: settings, sandbox, then packets to events until the broker goes. */
#include "engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "common/mono.h"
#include "engine/event.h"
#include "engine/intake.h"
#include "engine/kernel_event.h"
#include "engine/sandbox.h"
#include "kernel/nflog.h"
#include "kernel/queue.h"

#define EXPIRE_EVERY_MS 200

struct engine {
	struct engine_settings settings;
	struct intake *intake;
	struct inspector *inspector;
	struct nflog_sequence sequence;
	uint64_t malformed;
	bool gone; /* the broker's end is closed */
	bool busy; /* several packets were read at once */
	struct event_message events;
	struct event_counts told; /* the counts that the broker has */
	struct kernel_event_message kernel_events;
};

/* Waits for room: a slow broker slows the engine, and the queue in the kernel fills. */
static void send_message(struct engine *engine, const void *message, size_t len)
{
	while (!engine->gone) {
		if (send(ENGINE_BROKER_FD, message, len, MSG_NOSIGNAL) >= 0)
			return;
		if (errno != EINTR)
			engine->gone = true;
	}
}

static void send_events(struct engine *engine)
{
	struct event_message *message = &engine->events;

	if (message->count == 0)
		return;
	inspector_tell(engine->inspector, &message->counts);
	engine->told = message->counts;
	send_message(engine, message, event_message_size(message->count));
	message->count = 0;
}

/* Counts that have moved though nothing came. */
static void send_counts(struct engine *engine)
{
	struct event_message *message = &engine->events;

	inspector_tell(engine->inspector, &message->counts);
	if (memcmp(&message->counts, &engine->told, sizeof(engine->told)) == 0)
		return;
	engine->told = message->counts;
	send_message(engine, message, event_message_size(0));
}

static void take_event(const struct event *event, void *data)
{
	struct engine *engine = data;
	struct event_message *message = &engine->events;

	message->events[message->count++] = *event;
	if (message->count == EVENT_BATCH_MAX)
		send_events(engine);
}

static void read_queue(struct engine *engine, const void *data, size_t len, uint64_t now_ms)
{
	struct queue_reader reader = { .data = data, .len = len };
	struct queue_packet queued;

	while (queue_next(&reader, &queued)) {
		const struct inspector_packet packet = {
			.data = queued.payload,
			.len = queued.len,
			.id = queued.id,
			.mark = queued.mark,
			.iif = queued.iif,
			.oif = queued.oif,
			.truncated = queued.truncated,
		};

		inspector_packet(engine->inspector, &packet, now_ms);
	}
	engine->malformed += reader.malformed;
}

static void send_kernel_events(struct engine *engine)
{
	struct kernel_event_message *message = &engine->kernel_events;

	send_message(engine, message, kernel_event_message_size(message->count));
	message->count = 0;
}

static void read_log(struct engine *engine, const void *data, size_t len)
{
	struct kernel_event_message *message = &engine->kernel_events;
	struct nflog_reader reader = { .data = data, .len = len };
	struct nflog_packet logged;

	while (nflog_next(&reader, &logged)) {
		struct kernel_event *event = &message->events[message->count];

		message->missing += nflog_count_missing(&engine->sequence, &logged);
		if (kernel_event_read(logged.prefix, KERNEL_EVENT_PREFIX_MAX, logged.payload,
				      logged.len, event) != 0) {
			message->unreadable++;
			continue;
		}
		event->iif = logged.iif;
		event->oif = logged.oif;
		if (++message->count == KERNEL_EVENT_BATCH_MAX)
			send_kernel_events(engine);
	}
}

/* Takes what waits. False where the source is broken. */
static bool receive(struct engine *engine, uint64_t now_ms)
{
	const bool is_log = engine->settings.kind == ENGINE_LOG;
	/* Under load, whoever else is ready runs first, so that more packets are read at once. */
	if (engine->busy)
		(void)sched_yield();
	const int count = intake_receive(engine->intake, ENGINE_SOURCE_FD);

	engine->busy = count > 1;

	if (count == -ENOBUFS) {
		engine->events.counts
			.queue_overruns++; /* for a log, the sequence numbers tell how many */
		return true;
	}
	if (count < 0) {
		log_error("cannot receive from the kernel; ending: error=%s", strerror(-count));
		return false;
	}
	for (int i = 0; i < count; i++) {
		size_t len;
		const void *data = intake_datagram(engine->intake, i, &len);

		if (!data)
			engine->malformed++;
		else if (is_log)
			read_log(engine, data, len);
		else
			read_queue(engine, data, len, now_ms);
	}
	if (is_log && engine->kernel_events.count > 0)
		send_kernel_events(engine);
	return true;
}

/* How long to sleep where nothing arrives: only flows that run out of time need waking. */
static int patience_ms(const struct engine *engine)
{
	struct inspector_counts counts;

	if (engine->settings.kind == ENGINE_LOG)
		return -1;
	inspector_counts(engine->inspector, &counts);
	return counts.flows_now > 0 ? EXPIRE_EVERY_MS : -1;
}

static int run(struct engine *engine)
{
	struct pollfd waits[] = {
		{ .fd = ENGINE_SOURCE_FD, .events = POLLIN },
		{ .fd = ENGINE_BROKER_FD, .events = POLLIN },
	};
	uint64_t expired_ms = mono_ms();

	while (!engine->gone) {
		/* Where several packets were read just now there will be more: no need to ask. */
		const int ready = engine->busy ? 1 : poll(waits, 2, patience_ms(engine));
		const uint64_t now_ms = mono_ms();

		if (ready < 0 && errno != EINTR)
			return EXIT_FAILURE;
		if (engine->busy)
			waits[0].revents = POLLIN;
		if (waits[1].revents) /* the broker says nothing after the settings: it is gone */
			return EXIT_SUCCESS;
		if (waits[0].revents && !receive(engine, now_ms))
			return EXIT_FAILURE;
		if (engine->inspector && now_ms - expired_ms >= EXPIRE_EVERY_MS) {
			inspector_expire(engine->inspector, now_ms);
			expired_ms = now_ms;
			send_events(engine);
			send_counts(engine);
		}
		send_events(engine);
	}
	return EXIT_SUCCESS;
}

static bool receive_settings(struct engine_settings *ret)
{
	return recv(ENGINE_BROKER_FD, ret, sizeof(*ret), 0) == (ssize_t)sizeof(*ret) &&
	       ret->magic == ENGINE_SETTINGS_MAGIC &&
	       (ret->kind == ENGINE_QUEUE || ret->kind == ENGINE_LOG);
}

static void set_name(const struct engine_settings *settings)
{
	char name[32], process[16];

	if (settings->kind == ENGINE_LOG)
		(void)snprintf(name, sizeof(name), "sekishod[log]");
	else
		(void)snprintf(name, sizeof(name), "sekishod[engine %u]", settings->index % 100);
	(void)snprintf(process, sizeof(process), "sekishod: %s",
		       settings->kind == ENGINE_LOG ? "log" : "eng");
	(void)prctl(PR_SET_NAME, process, 0, 0, 0);
	log_setup(name, (enum log_level)settings->log_level);
}

static bool prepare(struct engine *engine)
{
	bool filtered;
	int error;

	if (getrandom(engine->settings.limits.hash_seed, sizeof(engine->settings.limits.hash_seed),
		      0) != (ssize_t)sizeof(engine->settings.limits.hash_seed))
		return false;
	engine->intake = intake_new();
	if (engine->settings.kind == ENGINE_QUEUE)
		engine->inspector = inspector_new(&engine->settings.limits, take_event, engine);
	if (!engine->intake || (engine->settings.kind == ENGINE_QUEUE && !engine->inspector)) {
		log_error("no memory for the packet buffers; ending");
		return false;
	}
	engine->events.magic = EVENT_MAGIC;
	engine->kernel_events.magic = KERNEL_EVENT_MAGIC;
	error = sandbox_enter(ENGINE_SOURCE_FD, ENGINE_BROKER_FD, &filtered);
	if (error != 0) {
		log_error("cannot enter the sandbox; ending: error=%s", strerror(-error));
		return false;
	}
	if (!filtered)
		log_warning("built with sanitizers: system calls are not filtered");
	return true;
}

int engine_main(void)
{
	struct engine *engine = calloc(1, sizeof(*engine));
	int status = EXIT_FAILURE;

	if (!engine)
		return EXIT_FAILURE;
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 && receive_settings(&engine->settings)) {
		set_name(&engine->settings);
		if (prepare(engine))
			status = run(engine);
	}
	inspector_free(engine->inspector);
	intake_free(engine->intake);
	free(engine);
	return status;
}
