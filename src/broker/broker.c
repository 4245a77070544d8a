/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The broker's life: everything is opened, privileges go, engines come, and it serves until it is
 * told to end. */
#include "broker/broker.h"

#include <errno.h>
#include <libgen.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "audit/keeper.h"
#include "audit/writer.h"
#include "broker/checkpoints.h"
#include "broker/control.h"
#include "broker/kernel_log.h"
#include "broker/privileges.h"
#include "broker/reload.h"
#include "broker/repeats.h"
#include "broker/reset.h"
#include "broker/spawn.h"
#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/loop.h"
#include "common/mono.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "kernel/tracking.h"
#include "policy/policy.h"

#define LOG_RETRY_MS            1000
#define CONNTRACK_RECEIVE_BYTES (8U << 20)
#define TABLE_SEND_BYTES        (64U << 20)

bool broker_is_refusing(const struct broker *broker)
{
	return writer_failure(broker->recorder.writer) != 0;
}

static void stop_retrying(struct broker *broker)
{
	if (broker->retry_timer >= 0)
		(void)loop_remove_timer(broker->loop, broker->retry_timer);
	broker->retry_timer = -1;
	log_info(_("records can be written again; new flows are decided again"));
	notify_status(_("running"));
}

static void retry_log(uint64_t runs, void *data)
{
	struct broker *broker = data;

	(void)runs;
	if (writer_retry(broker->recorder.writer) == 0)
		stop_retrying(broker);
}

static void begin_refusing(struct broker *broker, int error)
{
	if (broker->retry_timer >= 0)
		return;
	log_error(_("records cannot be written; all new flows are refused until they can: error=%s "
		    "folder=%s"),
		  strerror(-error), broker->policy->daemon.log_directory);
	notify_status(_("refusing: no record can be written"));
	broker->retry_timer = loop_add_timer(broker->loop, LOG_RETRY_MS, true, retry_log, broker);
	if (broker->retry_timer < 0)
		log_error(_(
			"cannot plan another try; restart the daemon once records can be written"));
}

int broker_flush(struct broker *broker)
{
	const int error = recorder_flush(&broker->recorder);

	if (error != 0)
		begin_refusing(broker, error);
	else
		checkpoints_note(broker->checkpoints);
	return error;
}

static void reopen_log(struct broker *broker)
{
	const int error = writer_reopen(broker->recorder.writer);

	if (error != 0)
		log_error(_("cannot open the log anew: error=%s"), strerror(-error));
	else
		log_info(_("the log was opened anew"));
	if (broker->retry_timer >= 0 && !broker_is_refusing(broker))
		stop_retrying(broker);
	else if (broker_is_refusing(broker))
		begin_refusing(broker, writer_failure(broker->recorder.writer));
}

static void reload(struct broker *broker)
{
	auto_(errors_clear) struct errors errors = { 0 };

	notify_reloading();
	(void)reload_policy(broker, &errors); /* tells by itself how it went */
	notify_ready(broker_is_refusing(broker) ? _("refusing: no record can be written")
						: _("running"));
}

static void on_signal(const struct signalfd_siginfo *signal, void *data)
{
	struct broker *broker = data;

	switch (signal->ssi_signo) {
	case SIGHUP:
		reload(broker);
		break;
	case SIGUSR1:
		reopen_log(broker);
		break;
	case SIGCHLD:
		engines_reap(broker);
		break;
	default: /* SIGTERM, SIGINT */
		log_info(_("ending; open flows go on, new ones are refused until the next start"));
		loop_stop(broker->loop);
		break;
	}
}

static int take_signals(struct broker *broker)
{
	sigset_t mask;

	(void)signal(SIGPIPE, SIG_IGN);
	sigemptyset(&mask);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGUSR1);
	sigaddset(&mask, SIGCHLD);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGINT);
	return loop_add_signals(broker->loop, &mask, on_signal, broker);
}

static int probe(struct broker *broker)
{
	auto_(errors_clear) struct errors errors = { 0 };
	const struct policy *policy = broker->policy;
	char text[FEATURES_TEXT_MAX];
	bool want_nat = false;
	int error;

	for (size_t z = 0; z < ZONE_COUNT; z++)
		want_nat |= policy->zones[z].has_source_nat4 || policy->zones[z].has_source_nat6;
	error = features_probe(&broker->features);
	if (error != 0) {
		log_error(_("cannot find out what the kernel can do (is CAP_NET_ADMIN missing?): "
			    "error=%s"),
			  strerror(-error));
		return error;
	}
	log_info(_("the kernel was probed: %s"), features_text(&broker->features, text));
	if (features_suffice(&broker->features, want_nat, &errors))
		return 0;
	reload_log_errors(&errors);
	return -EOPNOTSUPP;
}

/* The folders of the control socket and of the log, where the service manager has not made them. */
static int make_folders(const struct policy_daemon *settings, uid_t uid, gid_t gid)
{
	char *socket = strdup(settings->control_socket);
	int error = -ENOMEM;

	if (socket)
		error = privileges_make_folder(dirname(socket), 0755, uid, gid);
	free(socket);
	if (error == 0)
		error = privileges_make_folder(settings->log_directory, 0750, uid, gid);
	if (error != 0)
		log_error(_("cannot make the folders of the control socket or the log: error=%s"),
			  strerror(-error));
	return error;
}

/* What connection tracking lets pass reaches the engines as well, so this opens no hole by itself;
 * but one of two locks stands open. */
static void warn_of_tracking(void)
{
	struct tracking tracking;

	tracking_read(TRACKING_FOLDER, &tracking);
	if (tracking.checksum == TRACKING_OFF)
		log_warning(_("the kernel does not check TCP checksums of forwarded packets: set "
			      "net.netfilter.nf_conntrack_checksum to 1"));
	if (tracking.liberal == TRACKING_ON)
		log_warning(_("the kernel lets TCP segments outside of the window pass: set "
			      "net.netfilter.nf_conntrack_tcp_be_liberal to 0"));
}

static int open_sockets(struct broker *broker)
{
	int error = nlsock_open(&broker->table);

	if (error == 0)
		error = nlsock_open(&broker->conntrack);
	if (error == 0)
		error = apply_state_new(&broker->loaded);
	if (error == 0)
		error = nlsock_set_buffers(broker->table, TABLE_SEND_BYTES, 0);
	if (error == 0)
		error = nlsock_set_buffers(broker->conntrack, 0, CONNTRACK_RECEIVE_BYTES);
	if (error == 0)
		error = interfaces_open(&broker->recorder.interfaces);
	if (error != 0) {
		log_error(_("cannot open the kernel's sockets: error=%s"), strerror(-error));
		return error;
	}
	error = reset_open(&broker->reset);
	if (error != 0)
		log_error(_("cannot open raw sockets (is CAP_NET_RAW missing?): error=%s"),
			  strerror(-error));
	return error;
}

/* All that needs privileges, and then their end. */
static int open_all(struct broker *broker)
{
	const struct policy_daemon *settings = &broker->policy->daemon;
	struct control_settings control = { .path = settings->control_socket,
					    .group = settings->control_group };
	uid_t uid = geteuid();
	gid_t gid = getegid();
	int error = 0;

	/* only root can become another; anybody else stays who the service manager made him */
	if (uid == 0)
		error = privileges_find_user(settings->user, &uid, &gid);
	if (error != 0) {
		log_error(_("the user of daemon.user cannot be found: user=%s error=%s"),
			  settings->user, strerror(-error));
		return error;
	}
	broker->uid = uid;
	control.uid = uid;
	broker->program = spawn_open_program();
	error = broker->program < 0 ? broker->program : make_folders(settings, uid, gid);
	if (error == 0)
		error = control_open(&control, &broker->control);
	if (error == 0)
		error = engines_bind(broker);
	if (error == 0)
		error = open_sockets(broker);
	if (error != 0)
		return error;
	error = privileges_drop(settings->user, uid, gid);
	if (error != 0)
		log_error(_("cannot give up privileges: error=%s"), strerror(-error));
	return error;
}

/* The key that the policy names must be there: a log that is chained one day and not the next would
 * prove nothing. */
static int open_key(const char *path, struct keeper **ret)
{
	int error = 0;

	if (!path)
		log_warning(
			_("the log is not tamper-evident: whoever is root can change it unseen; "
			  "set log.key in the policy and run \"sekishoctl log init-key\""));
	else
		error = keeper_open(path, ret);
	if (error == -ENOENT)
		log_error(_("the key of the log is missing; \"sekishoctl log init-key\" makes one: "
			    "file=%s"),
			  path);
	else if (error == -EINVAL)
		log_error(_("the file of the log's key is damaged, or is something else: file=%s"),
			  path);
	else if (error == -EPERM)
		log_error(_("others may read the log's key; take that from them (mode 0600): "
			    "file=%s"),
			  path);
	else if (error == -EBUSY)
		log_error(_("another process uses the log's key: file=%s"), path);
	else if (error != 0)
		log_error(_("the key of the log cannot be opened: file=%s error=%s"), path,
			  strerror(-error));
	return error;
}

/* The log is opened by the user that will have to open it again after rotation. */
static int open_log(struct broker *broker)
{
	const struct policy_daemon *settings = &broker->policy->daemon;
	struct keeper *keeper = NULL;
	int error = open_key(settings->log_key, &keeper);

	if (error != 0)
		return error;
	broker->recorder.writer = writer_new_chained(settings->log_directory, keeper);
	if (!broker->recorder.writer)
		return -ENOMEM;
	broker->recorder.policy = broker->policy;
	if (writer_failure(broker->recorder.writer) == -EKEYREJECTED) {
		log_error(_("the log does not fit its key: a record was altered, or the key is of "
			    "another log. Keep both as they are for the auditor and move the file "
			    "away; a new one then begins: record=%llu folder=%s key=%s"),
			  (unsigned long long)writer_unfit(broker->recorder.writer),
			  settings->log_directory, settings->log_key);
		return -EKEYREJECTED;
	}
	error = checkpoints_open(broker, &broker->checkpoints);
	if (error != 0)
		return error;
	if (kernel_log_open(broker) != 0)
		return -ENOMEM;
	if (broker_is_refusing(broker))
		begin_refusing(broker, writer_failure(broker->recorder.writer));
	return 0;
}

static int put_in_force(struct broker *broker)
{
	auto_(errors_clear) struct errors errors = { 0 };
	bool filtered;
	int error = reload_load_first(broker, &errors);

	reload_log_errors(&errors);
	if (error != 0) {
		log_error(_("the table was not loaded; nothing was changed: error=%s"),
			  strerror(-error));
		return error;
	}
	error = privileges_filter_calls(&filtered);
	if (error != 0) {
		log_error(_("cannot filter system calls: error=%s"), strerror(-error));
		return error;
	}
	if (!filtered)
		log_warning(_("built with sanitizers: system calls are not filtered"));
	reload_warn_of_interfaces(broker);
	warn_of_tracking();
	return engines_start(broker);
}

static int begin(struct broker *broker)
{
	auto_(errors_clear) struct errors errors = { 0 };
	int error = policy_read(broker->options.policy_path, &broker->policy, &errors);

	errors_sort(&errors);
	reload_log_errors(&errors);
	if (error == 0)
		error = probe(broker);
	if (error == 0)
		error = open_all(broker);
	if (error == 0)
		error = open_log(broker);
	if (error == 0)
		error = put_in_force(broker);
	if (error == 0)
		error = control_start(broker->control, broker);
	if (error != 0)
		return error;
	(void)recorder_note(&broker->recorder, RECORD_LIFE, "daemon-started", 0,
			    "The daemon started and holds the boundary.");
	reload_note_loaded(broker, "The policy was read and is in force.");
	(void)broker_flush(broker);
	/* flows that an earlier run opened; what could not be judged was logged */
	(void)reload_judge_open_flows(broker);
	return 0;
}

static void end(struct broker *broker)
{
	notify_stopping();
	if (broker->recorder.writer) {
		kernel_log_tell_repeats(broker);
		(void)recorder_note(&broker->recorder, RECORD_LIFE, "daemon-ended", 0,
				    "The daemon ends; open flows go on, new ones are refused.");
		(void)recorder_flush(&broker->recorder);
		checkpoints_seal(broker->checkpoints);
	}
	engines_stop(broker);
	control_free(broker->control);
	repeats_free(broker->repeats);
	checkpoints_free(broker->checkpoints);
	writer_free(broker->recorder.writer);
	interfaces_close(&broker->recorder.interfaces);
	reset_free(broker->reset);
	nlsock_free(broker->conntrack);
	nlsock_free(broker->table);
	apply_state_free(broker->loaded);
	if (broker->program > 0)
		close(broker->program);
	free(broker->reload_error);
	policy_free(broker->policy);
	loop_free(broker->loop);
}

static int serve(struct broker *broker)
{
	int error = take_signals(broker);

	if (error == 0)
		error = begin(broker);
	if (error != 0)
		return error;
	notify_start(&broker->notify, broker->loop);
	notify_ready(broker_is_refusing(broker) ? _("refusing: no record can be written")
						: _("running"));
	log_info(_("ready: policy=%s hash=%s queue=%s engines=%u"), broker->options.policy_path,
		 broker->policy->source.hash,
		 broker->features.queue == FEATURES_QUEUE_NATIVE ? "native" : "compat",
		 broker->engine_count);
	return loop_run(broker->loop);
}

int broker_run(const struct broker_options *options)
{
	struct broker *broker = calloc(1, sizeof(*broker));
	int error;

	if (!broker)
		return EXIT_FAILURE;
	broker->options = *options;
	broker->retry_timer = -1;
	broker->started_ms = mono_ms();
	broker->log_reader.fd = -1;
	broker->loop = loop_new();
	error = broker->loop ? serve(broker) : -errno;
	if (error != 0)
		log_error(_("ending because of what was said above: error=%s"), strerror(-error));
	if (broker->loop)
		end(broker);
	free(broker);
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
