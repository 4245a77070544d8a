/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy makes of a packet: asked and answered without a kernel, from the very ruleset that
 * the kernel would get.
 *
 * simulate.c       the answer
 * simulate_read.c  questions from words
 * simulate_json.c  questions and answers as JSON
 * simulate_text.c  answers for people */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "policy/decide.h"
#include "policy/names.h"
#include "policy/policy.h"
#include "ruleset/walk.h"

/* Room for a sentence about a mistake, with NUL. */
#define SIMULATE_ERROR_MAX 512

/* Room for what the comment of a rule holds, with NUL. */
#define SIMULATE_FLOW_MAX 128

struct simulate_question {
	struct walk_packet packet;
	enum ruleset_hook hook;   /* HOOK_FORWARD, HOOK_INPUT or HOOK_OUTPUT */
	bool has_name;            /* what the client says, once it may speak */
	char name[NAMES_MAX + 1]; /* normalised */
	/* told so far */
	bool has_protocol, has_from_port, has_flags, has_length, has_doff, has_type, has_mark;
	bool has_udp_length, has_udp_first;
	bool is_open;   /* the state is "open" */
	bool says_icmp; /* which is ICMPv6 between IPv6 addresses */
};

enum simulate_verdict {
	SIMULATE_PERMIT,
	SIMULATE_REFUSE,
	SIMULATE_INSPECT, /* the packet may pass; the flow depends on the name that the client says
			   */
};

struct simulate_answer {
	enum simulate_verdict verdict;
	enum reason reason; /* REASON_NONE where the packet passes as one of a known flow */
	struct walk_result walk;
	struct decide_result decision; /* who and where, and the flow that permits or is nearest */
	char flow[SIMULATE_FLOW_MAX];  /* id of the flow of the guideline that permits,
					* "exception:NAME", name of a management entry, or id of the
					* forbidden flow; may be empty */
	const char *text_ja, *source;  /* the guideline's wording of that; each may be NULL */
};

/* A policy, compiled. */
struct simulate;

/* 0 and *ret, which borrows the policy until simulate_free(); or an error of compile_policy(). */
int simulate_new(const struct policy *policy, struct simulate **ret);
void simulate_free(struct simulate *simulate);
void simulate_freep(struct simulate **simulate);

/* Fills interfaces that the question does not name from where the policy has its addresses live,
 * and answers. 0; -EINVAL if no interface or several would do, or if the question lacks something,
 * with a sentence in error; or an error of walk_packet(), with one as well. */
int simulate_ask(struct simulate *simulate, struct simulate_question *question,
		 struct simulate_answer *ret, char error[SIMULATE_ERROR_MAX]);

/* The interfaces behind which the policy has the address live: borrowed from simulate, into out
 * (room). Gives how many there are, which may be more than room. */
size_t simulate_interfaces(const struct simulate *simulate, const struct addr *address,
			   const char **out, size_t room);

/* "permit", "refuse", "inspect". */
const char *simulate_verdict_slug(enum simulate_verdict verdict);

/* Begins a question: a new flow, forwarded, now. */
void simulate_question_begin(struct simulate_question *question);

/* Each puts what a text says into the question. 0, or -EINVAL with a sentence in error. */
int simulate_read_from(struct simulate_question *question, const char *text, char *error);
/* "203.0.113.9:443/tcp", "[2001:db8::1]:443/tcp", "192.0.2.1/icmp", "192.0.2.1/47" */
int simulate_read_target(struct simulate_question *question, const char *text, char *error);
int simulate_read_to(struct simulate_question *question, const char *text, char *error);
/* "tcp", "udp", "icmp" (of the family of the address), "icmpv6", "sctp", "dccp", "udplite", or a
 * number */
int simulate_read_protocol(struct simulate_question *question, const char *text, char *error);
int simulate_read_in(struct simulate_question *question, const char *text, char *error);
int simulate_read_out(struct simulate_question *question, const char *text, char *error);
int simulate_read_name(struct simulate_question *question, const char *text, char *error);
/* "new", "open"; "established", "related", "invalid", "untracked" */
int simulate_read_state(struct simulate_question *question, const char *text, char *error);
/* "02:00:00:00:00:01"; "none": not from an Ethernet interface */
int simulate_read_mac(struct simulate_question *question, const char *text, char *error);
/* As when_parse() takes it. */
int simulate_read_at(struct simulate_question *question, const char *text, char *error);
/* "forward", "input", "output" */
int simulate_read_hook(struct simulate_question *question, const char *text, char *error);

/* Once all is read: fills what is usual in such a packet and was not told (TCP flags, lengths, ICMP
 * type, mark). */
void simulate_question_finish(struct simulate_question *question);

/* A question from a JSON object; see sekishoctl(8). As above. */
int simulate_read_json(struct simulate_question *question, json_t *object, char *error);

/* A new JSON object for the answer, or NULL if memory ran out; with the rules walked and the
 * guideline's wording if in_full. */
json_t *simulate_to_json(const struct simulate_question *question,
			 const struct simulate_answer *answer, bool in_full);

/* For people, in the language of the locale. */
void simulate_print(const struct simulate_question *question, const struct simulate_answer *answer,
		    FILE *to);
