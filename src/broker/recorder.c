/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills records from the broker's state and hands them to the writer. */
#include "broker/recorder.h"

#include <errno.h>
#include <net/if.h>

#include "audit/writer.h"
#include "common/mono.h"
#include "policy/policy.h"

static int add(struct recorder *recorder, struct record *record)
{
	int error;

	record->time = mono_real();
	if (recorder->policy) {
		record->policy_hash = recorder->policy->source.hash;
		record->appliance = recorder->policy->appliance_name;
		record->organisation = recorder->policy->organisation;
	}
	error = writer_add(recorder->writer, record);
	if (error != -ENOBUFS)
		return error;
	/* full: writing early is always allowed, since verdicts wait for the last write */
	error = writer_flush(recorder->writer);
	return error ? error : writer_add(recorder->writer, record);
}

int recorder_decision(struct recorder *recorder, const struct recorder_decision *decision)
{
	char in[IF_NAMESIZE], out[IF_NAMESIZE];
	struct record record = {
		.kind = decision->kind,
		.in_kernel = decision->rule != NULL,
		.key = decision->key,
		.result = decision->result,
		.app = decision->app,
		.name = decision->name,
		.alpn = decision->alpn,
		.has_ech = decision->has_ech,
		.rule = decision->rule,
		.count = decision->count,
	};

	record.in_interface =
		interfaces_name(&recorder->interfaces, decision->iif, decision->now_ms, in);
	record.out_interface =
		interfaces_name(&recorder->interfaces, decision->oif, decision->now_ms, out);
	return add(recorder, &record);
}

int recorder_note(struct recorder *recorder, enum record_kind kind, const char *action,
		  uint64_t count, const char *text)
{
	struct record record = { .kind = kind, .action = action, .count = count, .text = text };

	return add(recorder, &record);
}

int recorder_flush(struct recorder *recorder)
{
	return writer_flush(recorder->writer);
}

void recorder_count(struct recorder *recorder, bool permitted, enum reason reason)
{
	uint64_t *counts = permitted ? recorder->counts.permitted : recorder->counts.refused;

	if (reason < REASON_COUNT)
		counts[reason]++;
}
