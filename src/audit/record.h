/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One record: a decision or an event of the daemon's life, as one JSON line with ECS field names.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "policy/decide.h"

#define RECORD_MAX         4096 /* bytes of a line with its newline and its tag; never more are needed */
#define RECORD_ECS_VERSION "8.11.0"

enum record_kind {
	RECORD_DECISION,   /* a flow: decided by name or by address, or refused in the kernel */
	RECORD_REQUEST,    /* a further HTTP request on a watched flow */
	RECORD_CUT,        /* an open flow ended because the policy changed */
	RECORD_REPEATED,   /* a kernel refusal came count more times after its record */
	RECORD_POLICY,     /* a policy was loaded, or refused */
	RECORD_LIFE,       /* daemon or engine started, ended */
	RECORD_GAP,        /* records that could not be written or received: how many, since when */
	RECORD_OPENED,     /* a log file begins: what it goes on from */
	RECORD_CHECKPOINT, /* what was signed and told elsewhere */
	RECORD_KIND_COUNT
};

struct record {
	enum record_kind kind;
	struct timespec time; /* CLOCK_REALTIME */
	uint64_t sequence;
	const char *policy_hash; /* hexadecimal; NULL before the first */
	const char *appliance, *organisation;

	/* DECISION, REQUEST, CUT, REPEATED */
	bool in_kernel; /* decided by a kernel rule and told by NFLOG */
	const struct flow_key *key;
	const struct decide_result *result;
	enum app app;
	const char *name; /* as said by the client, NULL if none */
	const char *alpn; /* protocols that the client offers, with commas; NULL if none */
	bool has_ech;     /* the ClientHello had Encrypted Client Hello, or looked so */
	const char *in_interface, *out_interface; /* NULL if unknown */
	const char *rule; /* the kernel rule's id (log prefix), NULL if none */

	/* the others */
	/* "policy-loaded", "policy-refused", "daemon-started", "engine-ended" …; its last word sets
	 * event.type and event.outcome, see doc/log-schema.md. */
	const char *action;
	const char *text; /* a sentence */
	/* GAP: records missing; OPENED: missing behind previous; REPEATED: how many times */
	uint64_t count;

	/* OPENED, CHECKPOINT */
	const char *key_id; /* of the chain's key, NULL in a log without */
	/* OPENED: the record before, its tag (hexadecimal, NULL without a chain) and the name its
	   file had last, NULL if unknown */
	uint64_t previous;
	const char *previous_tag, *previous_file;
	const char *checkpoint; /* CHECKPOINT: its text, see audit/checkpoint.h */
};

/* Formats into out (at least RECORD_MAX bytes), ending in newline, and returns the length, which
 * leaves room for the tag of audit/line.h.
 * Untrusted text is escaped as JSON wants it. Never fails: over-long texts are cut, marked with an
 * ellipsis. */
size_t record_format(const struct record *record, char *out);
