/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read, compile, load, swap, judge open flows. */
#include "broker/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/kernel_log.h"
#include "broker/verdict.h"
#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "common/log.h"
#include "common/mark.h"
#include "common/mono.h"
#include "kernel/apply.h"
#include "kernel/conntrack.h"
#include "lint/lint.h"
#include "policy/decide.h"
#include "policy/policy.h"
#include "prove/prove.h"
#include "ruleset/compile.h"

#define WALK_TRIES 5

static int load(struct broker *broker, const struct policy *policy, struct errors *errors)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	const struct apply_options options = {
		.queue = broker->features.queue == FEATURES_QUEUE_NATIVE ? APPLY_QUEUE_NATIVE
									 : APPLY_QUEUE_COMPAT,
		.sock = broker->table,
		.state = broker->loaded,
	};
	int error = lint_refuse(policy, mono_real().tv_sec, errors);

	if (error != 0)
		return error;
	error = compile_policy(policy, &ruleset);
	if (error != 0) {
		errors_add(errors, policy->source.path, 0, _("the policy cannot be compiled: %s"),
			   strerror(-error));
		return error;
	}
	/* whatever the compiler did: rules that are not proven are not loaded */
	error = prove_policy(policy, ruleset, errors);
	return error != 0 ? error : apply_ruleset(ruleset, &options, errors);
}

static void record_refusal(struct broker *broker, const struct errors *errors, const char *what)
{
	char text[1024];

	(void)snprintf(text, sizeof(text), "A policy was refused with %zu errors, the first: %s %s",
		       errors->count, errors->count > 0 ? errors->at[0].text : "out of memory.",
		       what);
	(void)recorder_note(&broker->recorder, RECORD_POLICY, "policy-refused", 0, text);
	(void)broker_flush(broker);
}

int reload_load_first(struct broker *broker, struct errors *errors)
{
	const int error = load(broker, broker->policy, errors);

	if (error == 0)
		broker->policy_loaded = mono_real();
	else
		record_refusal(broker, errors, "The daemon does not start.");
	return error;
}

/* Open flows whose marks change, gathered while the walk keeps the socket busy: those to be cut,
 * and those that stand, but by an exception now, or no longer by one. */
struct cuts {
	const struct policy *policy;
	int64_t now_s;
	struct conntrack_entry *at;
	size_t count, room;
};

static int gather(const struct conntrack_entry *entry, void *data)
{
	struct cuts *cuts = data;
	struct decide_result result;

	decide_again(cuts->policy, &entry->key, entry->mark, &result);
	decide_expire(&result, cuts->now_s);
	if (result.permitted && !((result.mark ^ entry->mark) & MARK_EXCEPTION))
		return 0;
	if (cuts->count == cuts->room) {
		const size_t room = cuts->room ? cuts->room * 2 : 256;
		struct conntrack_entry *grown = realloc(cuts->at, room * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		cuts->at = grown;
		cuts->room = room;
	}
	cuts->at[cuts->count++] = *entry;
	return 0;
}

static int gather_all(struct broker *broker, struct cuts *cuts)
{
	static const uint32_t states[] = { MARK_OPEN, MARK_WATCHED, MARK_GUARDED, MARK_PROVING };
	int error = -EINTR;

	for (int i = 0; i < WALK_TRIES && error == -EINTR; i++) {
		cuts->count = 0;
		error = 0;
		for (size_t s = 0; s < ARRAY_SIZE(states) && error == 0; s++)
			error = conntrack_walk(broker->conntrack, states[s], MARK_STATE_MASK,
					       gather, cuts, NULL);
	}
	/* the table never stood still: what was found counts, and packets of the rest meet the new
	 * rules only when new */
	return error == -EINTR ? 0 : error;
}

/* Those among the gathered that stand by an exception now, and by the next policy without any: its
 * rules would cut their packets before they are judged. Lets go of them before it is loaded (or
 * takes them back, if it was not). */
static void release(struct broker *broker, const struct cuts *cuts, bool let_go)
{
	for (size_t i = 0; i < cuts->count; i++) {
		const struct conntrack_entry *entry = &cuts->at[i];
		struct decide_result result;

		decide_again(cuts->policy, &entry->key, entry->mark, &result);
		if (result.permitted && (entry->mark & MARK_EXCEPTION) &&
		    !(result.mark & MARK_EXCEPTION))
			(void)conntrack_set_mark(broker->conntrack, entry,
						 let_go ? 0 : MARK_EXCEPTION, MARK_EXCEPTION);
	}
}

static int load_next(struct broker *broker, const struct policy *next, struct errors *errors)
{
	struct cuts cuts = { .policy = next, .now_s = mono_real().tv_sec };
	int error;

	if (broker->policy->exception_count)
		(void)gather_all(broker, &cuts);
	release(broker, &cuts, true);
	error = load(broker, next, errors);
	if (error != 0)
		release(broker, &cuts, false);
	free(cuts.at);
	return error;
}

/* 1 if it was cut, 0 if not, or -errno. */
static int change(struct broker *broker, const struct conntrack_entry *entry, int64_t now_s)
{
	struct decide_result result;
	const struct recorder_decision decision = {
		.kind = RECORD_CUT,
		.key = &entry->key,
		.result = &result,
		.now_ms = mono_ms(),
	};
	int error;

	decide_again(broker->policy, &entry->key, entry->mark, &result);
	decide_expire(&result, now_s);
	error = conntrack_set_mark(broker->conntrack, entry, result.mark,
				   MARK_STATE_MASK | MARK_EXCEPTION);
	if (error != 0)
		return error == -ENOENT ? 0 : error;
	if (result.permitted || entry->is_over)
		return 0; /* nobody's flow was cut */
	recorder_count(&broker->recorder, false, result.reason);
	(void)recorder_decision(&broker->recorder, &decision);
	return 1;
}

int reload_judge_open_flows(struct broker *broker)
{
	struct cuts cuts = { .policy = broker->policy, .now_s = mono_real().tv_sec };
	int error = gather_all(broker, &cuts);
	unsigned int done = 0;

	for (size_t i = 0; i < cuts.count && error >= 0; i++) {
		error = change(broker, &cuts.at[i], cuts.now_s);
		done += error == 1;
	}
	free(cuts.at);
	(void)broker_flush(broker);
	if (error < 0) {
		log_error(_("cannot judge the open flows again; some that the policy no longer "
			    "permits may "
			    "go on: error=%s"),
			  strerror(-error));
		return error;
	}
	if (done > 0)
		log_info(_("open flows that the policy no longer permits were cut: count=%u"),
			 done);
	return 0;
}

static void want_same(struct errors *errors, const struct policy *policy, bool same,
		      const char *what)
{
	if (!same)
		errors_add(errors, policy->source.path, 0,
			   _("%s differs from that of the running daemon: this needs a restart, "
			     "not a reload"),
			   what);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* True if the running daemon can take what policy says of itself. */
static bool fits_running(const struct policy *running, const struct policy *policy,
			 struct errors *errors)
{
	const struct policy_daemon *a = &running->daemon, *b = &policy->daemon;
	const size_t before = errors->count;

	want_same(errors, policy, a->queue_first == b->queue_first, "queues.first");
	want_same(errors, policy, a->queue_count == b->queue_count, "queues.count");
	want_same(errors, policy, a->queue_length == b->queue_length, "queues.length");
	want_same(errors, policy, a->log_group_first == b->log_group_first, "daemon.log_group");
	want_same(errors, policy, same_text(a->user, b->user), "daemon.user");
	want_same(errors, policy, a->undecided_max == b->undecided_max, "daemon.undecided_max");
	want_same(errors, policy, a->undecided_per_source == b->undecided_per_source,
		  "daemon.undecided_per_source");
	want_same(errors, policy, a->undecided_buffers == b->undecided_buffers,
		  "daemon.undecided_buffers");
	want_same(errors, policy, a->undecided_timeout_ms == b->undecided_timeout_ms,
		  "daemon.undecided_timeout_ms");
	want_same(errors, policy, same_text(a->log_directory, b->log_directory), "log.directory");
	want_same(errors, policy, same_text(a->log_key, b->log_key), "log.key");
	want_same(errors, policy, same_text(a->control_socket, b->control_socket),
		  "control.socket");
	want_same(errors, policy, same_text(a->control_group, b->control_group),
		  "control.operators");
	return errors->count == before && !errors->truncated;
}

void reload_log_errors(const struct errors *errors)
{
	for (size_t i = 0; i < errors->count; i++) {
		const struct errors_item *item = &errors->at[i];

		if (item->file && item->line > 0)
			log_error("%s:%d: %s", item->file, item->line, item->text);
		else
			log_error("%s%s%s", item->file ? item->file : "", item->file ? ": " : "",
				  item->text);
	}
}

static void tell_refused(struct broker *broker, struct errors *errors)
{
	errors_sort(errors);
	free(broker->reload_error);
	broker->reload_error = errors_text(errors);
	reload_log_errors(errors);
	log_error(_("the policy was not loaded; the running one stays: errors=%zu"), errors->count);
	record_refusal(broker, errors, "The running policy stays.");
}

void reload_warn_of_interfaces(const struct broker *broker)
{
	auto_(policy_places_clear) struct policy_places places = { 0 };

	if (policy_places(broker->policy, &places) != 0)
		return;
	for (size_t i = 0; i < places.count; i++)
		if (!interfaces_has(&broker->recorder.interfaces, places.at[i].interface))
			log_warning(_("the policy names an interface that is not there (yet); its "
				      "rules hold as soon as it is: interface=%s"),
				    places.at[i].interface);
}

static void swap(struct broker *broker, struct policy *policy)
{
	struct policy *old = broker->policy;

	kernel_log_tell_repeats(broker); /* under the policy that refused them */
	broker->policy = policy;
	broker->recorder.policy = policy;
	broker->policy_loaded = mono_real();
	free(steal(broker->reload_error));
	for (uint32_t i = 0; i < broker->engine_count; i++)
		verdict_judge_again(broker->engines[i].verdicts, policy);
	policy_free(old);
	reload_warn_of_interfaces(broker);
}

void reload_note_loaded(struct broker *broker, const char *sentence)
{
	auto_(lint_report_clear) struct lint_report lint = { 0 };
	char text[256];

	/* what the organisation has open towards the guideline on paper is shown, and stops nothing
	 */
	if (lint_policy(broker->policy, mono_real().tv_sec, &lint) < 0) {
		(void)recorder_note(&broker->recorder, RECORD_POLICY, "policy-loaded", 0, sentence);
		return;
	}
	if (lint.errors)
		log_warning(_("the policy in force is not as the guideline wants it (sekishoctl "
			      "check tells more): errors=%zu warnings=%zu"),
			    lint.errors, lint.warnings);
	(void)snprintf(text, sizeof(text),
		       "%s Held against the guideline: errors %zu, warnings %zu.", sentence,
		       lint.errors, lint.warnings);
	(void)recorder_note(&broker->recorder, RECORD_POLICY, "policy-loaded", 0, text);
}

int reload_policy(struct broker *broker, struct errors *errors)
{
	auto_(policy_freep) struct policy *policy = NULL;
	int error = policy_read(broker->options.policy_path, &policy, errors);

	if (error == 0 && !fits_running(broker->policy, policy, errors))
		error = -EINVAL;
	if (error == 0)
		error = load_next(broker, policy, errors);
	if (error != 0) {
		tell_refused(broker, errors);
		return error;
	}
	swap(broker, steal(policy));
	log_info(_("the policy was loaded: hash=%s"), broker->policy->source.hash);
	reload_note_loaded(broker, "The policy was read anew and is in force.");
	/* what could not be judged was logged; the new policy is in force all the same */
	(void)reload_judge_open_flows(broker);
	return 0;
}
