/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of engines: bound, started, ended, started again. */
#include "broker/engines.h"

#include <netinet/in.h> /* before the kernel's header, which else brings its own */

#include <errno.h>
#include <linux/netfilter.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/answer.h"
#include "broker/broker.h"
#include "broker/drain.h"
#include "broker/kernel_log.h"
#include "broker/spawn.h"
#include "broker/verdict.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/mark.h"
#include "common/mono.h"
#include "kernel/nflog.h"
#include "kernel/nlsock.h"
#include "kernel/queue.h"
#include "policy/decide.h"
#include "policy/policy.h"

#define DELAY_FIRST_MS 50
#define DELAY_MAX_MS   10000
#define STEADY_MS      60000 /* an engine that ran this long starts again without delay */
#define SEND_BYTES     (1U << 20)
#define RECEIVE_BYTES  (64U << 20)
#define HELD_MAX       16 /* packets of one flow: a hello of 16 KiB in full segments takes 12 */
#define FORGET_MS      5000
#define BIND_TRIES                                                                                 \
	30 /* an engine of a daemon that has just died may hold the queue for an instant */
#define BIND_PAUSE_US 100000
#define LOG_THRESHOLD 32
#define LOG_FLUSH_MS  50

static const char *slot_name(const struct engine_slot *slot, char *out, size_t cap)
{
	if (slot->kind == ENGINE_LOG)
		(void)snprintf(out, cap, "log");
	else
		(void)snprintf(out, cap, "%u", slot->index);
	return out;
}

uint32_t engines_flows_max(uint32_t undecided_max)
{
	/* decided flows are remembered for a while beside the undecided ones */
	return undecided_max * 2;
}

static int bind_source(const struct broker *broker, struct engine_slot *slot)
{
	const struct policy_daemon *settings = &broker->policy->daemon;

	if (slot->kind == ENGINE_LOG)
		return nflog_bind(slot->sock, settings->log_group_first, LOG_THRESHOLD,
				  LOG_FLUSH_MS);
	return queue_bind(slot->sock, (uint16_t)(settings->queue_first + slot->index),
			  settings->queue_length);
}

static int bind_patiently(const struct broker *broker, struct engine_slot *slot)
{
	int error = -EBUSY;

	for (int i = 0; i < BIND_TRIES && (error == -EBUSY || error == -EPERM); i++) {
		if (i > 0)
			(void)usleep(BIND_PAUSE_US);
		error = bind_source(broker, slot);
	}
	return error;
}

static int bind_slot(struct broker *broker, struct engine_slot *slot, enum engine_kind kind,
		     uint32_t index)
{
	const struct policy_daemon *settings = &broker->policy->daemon;
	int error;

	slot->broker = broker;
	slot->kind = kind;
	slot->index = index;
	error = nlsock_open(&slot->sock);
	if (error == 0)
		error = nlsock_set_buffers(slot->sock, SEND_BYTES, RECEIVE_BYTES);
	if (error == 0)
		error = bind_patiently(broker, slot);
	if (error == 0 && kind == ENGINE_QUEUE) {
		error = queue_sender_new(slot->sock, (uint16_t)(settings->queue_first + index),
					 &slot->sender);
		slot->verdicts = verdict_new(engines_flows_max(settings->undecided_max));
		if (!slot->verdicts)
			error = -ENOMEM;
	}
	if (error == -EBUSY || error == -EPERM)
		log_error(
			_("%s %u is in use by another program (is another sekishod running in this "
			  "network namespace?), or CAP_NET_ADMIN is missing: error=%s"),
			kind == ENGINE_LOG ? _("log group") : _("queue"),
			kind == ENGINE_LOG ? settings->log_group_first
					   : settings->queue_first + index,
			strerror(-error));
	else if (error != 0)
		log_error(_("cannot bind queue or log group: error=%s"), strerror(-error));
	return error;
}

int engines_bind(struct broker *broker)
{
	int error = 0;

	broker->log_reader.fd = -1;
	broker->log_reader.timer = -1;
	for (uint32_t i = 0; i < BROKER_ENGINES_MAX; i++) {
		broker->engines[i].fd = -1;
		broker->engines[i].timer = -1;
	}
	broker->engine_count = broker->policy->daemon.queue_count;
	if (broker->engine_count > BROKER_ENGINES_MAX)
		return -EINVAL;
	for (uint32_t i = 0; i < broker->engine_count && error == 0; i++)
		error = bind_slot(broker, &broker->engines[i], ENGINE_QUEUE, i);
	return error ? error : bind_slot(broker, &broker->log_reader, ENGINE_LOG, 0);
}

static int take_message(struct engine_slot *slot)
{
	return slot->kind == ENGINE_LOG ? kernel_log_take(slot) : answer_take(slot);
}

static void on_message(int fd, uint32_t events, void *data)
{
	struct engine_slot *slot = data;
	const int error = take_message(slot);

	(void)events;
	if (error == 0 || error == -EAGAIN)
		return;
	if (error != -EPIPE)
		log_error(_("an engine sent what cannot be, or could not be answered; ending it: "
			    "engine=%u error=%s"),
			  slot->index, strerror(-error));
	/* SIGCHLD does the rest */
	(void)loop_remove_fd(slot->broker->loop, fd);
	(void)kill(slot->pid, SIGKILL);
}

static int start(struct engine_slot *slot)
{
	struct broker *broker = slot->broker;
	const struct policy_daemon *settings = &broker->policy->daemon;
	const struct engine_settings engine_settings = {
		.magic = ENGINE_SETTINGS_MAGIC,
		.kind = slot->kind,
		.index = slot->index,
		.log_level = (uint32_t)broker->options.log_level,
		.limits = {
			.flows_max = engines_flows_max(settings->undecided_max),
			.undecided_max = settings->undecided_max,
			.per_source_max = settings->undecided_per_source,
			.buffers_max = settings->undecided_buffers,
			.held_max = HELD_MAX,
			/* half of the queue is left to those who need not wait */
			.held_all_max = settings->queue_length / 2,
			.timeout_ms = settings->undecided_timeout_ms,
			.forget_ms = FORGET_MS,
		},
	};
	int error;

	error = spawn_engine(broker->program, nlsock_fd(slot->sock), &engine_settings, &slot->pid,
			     &slot->fd);
	if (error == 0) {
		slot->started_ms = mono_ms();
		slot->overruns = 0;
		memset(&slot->counts, 0, sizeof(slot->counts));
		slot->unreadable = 0;
		error = loop_add_fd(broker->loop, slot->fd, on_message, slot);
	}
	if (error != 0)
		log_error(_("cannot start an engine: engine=%u error=%s"), slot->index,
			  strerror(-error));
	return error;
}

static void start_again(uint64_t runs, void *data)
{
	struct engine_slot *slot = data;

	(void)runs;
	if (slot->pid == 0 && start(slot) != 0)
		(void)loop_set_timer(slot->broker->loop, slot->timer, DELAY_MAX_MS, false);
}

int engines_start(struct broker *broker)
{
	int error = 0;

	for (uint32_t i = 0; i < broker->engine_count && error == 0; i++)
		error = start(&broker->engines[i]);
	return error ? error : start(&broker->log_reader);
}

static void end_lost(const struct flow_key *key, uint32_t client_next_seq, void *data)
{
	struct broker *broker = data;
	struct decide_result result;
	const struct recorder_decision decision = {
		.kind = RECORD_DECISION,
		.key = key,
		.result = &result,
		.now_ms = mono_ms(),
	};

	decide_refuse(broker->policy, key, REASON_ENGINE_DIED, &result);
	(void)recorder_decision(&broker->recorder, &decision);
	recorder_count(&broker->recorder, false, REASON_ENGINE_DIED);
	answer_reset(broker, key, true, client_next_seq);
}

static void refuse_one(uint32_t packet_id, void *data)
{
	struct engine_slot *slot = data;
	const struct queue_verdict verdict = { packet_id, NF_ACCEPT, MARK_REFUSED };

	(void)queue_send_verdicts(slot->sender, &verdict, 1);
}

/* Refuses all that the dead engine held or had not read. A packet that arrives meanwhile is refused
 * as it is thrown away, or left for the next engine: never both. */
static void refuse_queue(struct engine_slot *slot)
{
	const int error =
		queue_send_verdict_to_all(slot->sender, slot->newest_id, NF_ACCEPT, MARK_REFUSED);

	if (error != 0)
		log_error(_("cannot refuse the packets of an ended engine: engine=%u error=%s"),
			  slot->index, strerror(-error));
	drain_queue(nlsock_fd(slot->sock), refuse_one, slot);
}

static void plan_restart(struct engine_slot *slot)
{
	struct loop *loop = slot->broker->loop;

	if (mono_ms() - slot->started_ms >= STEADY_MS || slot->delay_ms == 0)
		slot->delay_ms = DELAY_FIRST_MS;
	else if (slot->delay_ms < DELAY_MAX_MS / 2)
		slot->delay_ms *= 2;
	else
		slot->delay_ms = DELAY_MAX_MS;
	slot->restarts++;
	if (slot->timer < 0)
		slot->timer = loop_add_timer(loop, slot->delay_ms, false, start_again, slot);
	else
		(void)loop_set_timer(loop, slot->timer, slot->delay_ms, false);
}

static void ended(struct engine_slot *slot, int status)
{
	struct broker *broker = slot->broker;
	char text[160], name[16];

	/* what it said before its end still counts */
	while (take_message(slot) == 0)
		;
	(void)loop_remove_fd(broker->loop, slot->fd);
	close(slot->fd);
	slot->fd = -1;
	slot->pid = 0;
	(void)snprintf(text, sizeof(text),
		       "%s ended (%s %d); its undecided flows are refused and it is started again.",
		       slot->kind == ENGINE_LOG ? "The reader of the kernel's log" : "An engine",
		       WIFSIGNALED(status) ? "signal" : "status",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	log_error("%s engine=%s", text, slot_name(slot, name, sizeof(name)));
	(void)recorder_note(&broker->recorder, RECORD_LIFE, "engine-ended", 0, text);
	if (slot->kind == ENGINE_QUEUE)
		verdict_forget(slot->verdicts, end_lost, broker);
	(void)broker_flush(broker);
	if (slot->kind == ENGINE_QUEUE)
		refuse_queue(slot);
	plan_restart(slot);
}

void engines_reap(struct broker *broker)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (broker->log_reader.pid == pid)
			ended(&broker->log_reader, status);
		for (uint32_t i = 0; i < broker->engine_count; i++)
			if (broker->engines[i].pid == pid)
				ended(&broker->engines[i], status);
	}
}

static void stop(struct engine_slot *slot)
{
	if (slot->fd >= 0) {
		(void)loop_remove_fd(slot->broker->loop, slot->fd);
		close(slot->fd);
	}
	if (slot->pid > 0) {
		(void)kill(slot->pid, SIGKILL);
		while (waitpid(slot->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	queue_sender_free(slot->sender);
	verdict_free(slot->verdicts);
	nlsock_free(slot->sock);
	memset(slot, 0, sizeof(*slot));
	slot->fd = -1;
}

void engines_stop(struct broker *broker)
{
	for (uint32_t i = 0; i < broker->engine_count; i++)
		stop(&broker->engines[i]);
	stop(&broker->log_reader);
}
