/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl diff: what flows under one policy and not under another. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <getopt.h>
#include <jansson.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/mark.h"
#include "ctl/cmd.h"
#include "ctl/diff_view.h"
#include "kernel/nlsock.h"
#include "kernel/present.h"
#include "policy/decide.h"
#include "policy/policy.h"
#include "ruleset/compile.h"

#define WALK_TRIES 5

enum { OPTION_JSON = 256 };

/* A policy and its rules. */
struct side {
	struct policy *policy;
	struct ruleset *ruleset;
};

struct diff {
	struct side before, after;
	struct differ_result result;
	struct diff_names names;
	struct diff_cuts cuts;
	int64_t now_s;
};

static void side_clear(struct side *side)
{
	policy_free(side->policy);
	ruleset_free(side->ruleset);
}

static void diff_clear(struct diff *diff)
{
	differ_clear(&diff->result);
	side_clear(&diff->before);
	side_clear(&diff->after);
	free(diff->names.at);
	free(diff->cuts.at);
}

static int help(const char *name)
{
	return cmd_help(
		name, "[--json] OLD NEW",
		_("Says which flows become permitted, which become refused and which are treated "
		  "otherwise\nwhen the policy NEW takes the place of OLD, whatever their texts "
		  "look "
		  "like; and, as root on\nan appliance with a running table, which open flows the "
		  "reload would cut.\n\n"
		  "  --json   the result as JSON\n\n"
		  "Ends with 0 if the same flows are permitted, 1 if not.\n"));
}

/* -1 with *ret filled, or how the program ends. */
static int read_side(const char *file, struct side *ret)
{
	auto_(errors_clear) struct errors errors = { 0 };
	int r = policy_read(file, &ret->policy, &errors);

	if (r < 0) {
		errors_sort(&errors);
		errors_print(&errors, stderr);
		return r == -EINVAL ? CMD_TROUBLE : cmd_policy_exit(r);
	}
	r = compile_policy(ret->policy, &ret->ruleset);
	if (r == 0)
		return -1;
	(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), file, strerror(-r));
	return CMD_TROUBLE;
}

static int gather(const struct conntrack_entry *entry, void *data)
{
	struct diff *diff = data;
	struct diff_cuts *cuts = &diff->cuts;
	struct decide_result result;

	decide_again(diff->after.policy, &entry->key, entry->mark, &result);
	decide_expire(&result, diff->now_s);
	if (result.permitted || entry->is_over)
		return 0;
	if (cuts->count == cuts->room) {
		size_t room = cuts->room ? cuts->room * 2 : 64;
		struct conntrack_entry *grown = reallocarray(cuts->at, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		cuts->at = grown;
		cuts->room = room;
	}
	cuts->at[cuts->count++] = *entry;
	return 0;
}

/* Whether a daemon's table is there: without it, marks of connections are somebody else's. */
static int has_table(struct nlsock *sock)
{
	struct present present = { 0 };
	int r = present_read(sock, RULESET_TABLE, &present);
	bool there = r == 0 && present.chains.count > 0;

	present_clear(&present);
	return r < 0 ? r : there;
}

static int walk_flows(struct nlsock *sock, struct diff *diff)
{
	static const uint32_t states[] = { MARK_OPEN, MARK_WATCHED, MARK_GUARDED, MARK_PROVING };
	int r = -EINTR;

	for (int i = 0; i < WALK_TRIES && r == -EINTR; i++) {
		diff->cuts.count = 0;
		r = 0;
		for (size_t s = 0; s < ARRAY_SIZE(states) && r == 0; s++)
			r = conntrack_walk(sock, states[s], MARK_STATE_MASK, gather, diff, NULL);
	}
	return r;
}

/* Fills diff->cuts; that nobody could look is no error. */
static void look_at_flows(struct diff *diff)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	int r = nlsock_open(&sock), there = 0;

	if (r == 0)
		there = r = has_table(sock);
	if (r >= 0 && there)
		r = walk_flows(sock, diff);
	diff->cuts.looked = r >= 0 && there;
	if (r == -EPERM || r == -EACCES)
		diff->cuts.why = _("that needs root");
	else if (r < 0)
		diff->cuts.why = strerror(-r);
	else if (!there)
		diff->cuts.why = _("the kernel has no table of Sekisho");
	if (!diff->cuts.looked)
		diff->cuts.count = 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct diff_name *x = a, *y = b;
	int order = strcmp(x->owner, y->owner);

	return order ? order : strcmp(x->pattern, y->pattern);
}

static size_t add_names(struct diff_name *at, const struct policy_strings *patterns,
			const char *owner, bool opened)
{
	for (size_t i = 0; at && i < patterns->count; i++)
		at[i] = (struct diff_name){ patterns->at[i], owner, opened };
	return patterns->count;
}

/* Writes every name of the policy to at, unless that is NULL; gives how many there are. */
static size_t names_of(const struct policy *policy, bool opened, struct diff_name *at)
{
	size_t n = 0;

	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *s = &policy->services[i];

		n += add_names(at ? at + n : NULL, &s->tenant_names, s->name, opened);
		n += add_names(at ? at + n : NULL, &s->shared_names, s->name, opened);
		n += add_names(at ? at + n : NULL, &s->names, s->name, opened);
	}
	for (size_t i = 0; i < policy->exception_count; i++)
		n += add_names(at ? at + n : NULL, &policy->exceptions[i].names,
			       policy->exceptions[i].name, opened);
	return n;
}

/* Names that one policy has and the other has not. Addresses do not tell them. */
static int compare_all_names(struct diff *diff)
{
	size_t before = names_of(diff->before.policy, false, NULL), kept = 0;
	size_t count = before + names_of(diff->after.policy, true, NULL);
	struct diff_name *at = calloc(count + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	(void)names_of(diff->before.policy, false, at);
	(void)names_of(diff->after.policy, true, at + before);
	qsort(at, count, sizeof(*at), compare_names);
	for (size_t i = 0; i < count; i++) {
		if (i + 1 < count && !compare_names(&at[i], &at[i + 1]))
			i++;
		else
			at[kept++] = at[i];
	}
	diff->names = (struct diff_names){ .at = at, .count = kept };
	return 0;
}

static int print(const struct diff *diff, bool json)
{
	const struct diff_view view = { .flows = &diff->result,
					.names = &diff->names,
					.cuts = &diff->cuts,
					.now_s = diff->now_s };
	bool same = diff_view_is_same(&view);
	json_t *object;
	int r;

	if (!json) {
		diff_view_print(&view, stdout);
		return same ? CMD_OK : CMD_FINDING;
	}
	object = diff_view_json(&view);
	r = object ? json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : -1;
	json_decref(object);
	(void)putchar('\n');
	if (r < 0)
		return CMD_TROUBLE;
	return same ? CMD_OK : CMD_FINDING;
}

static int run(const char *before, const char *after, bool json)
{
	auto_(diff_clear) struct diff diff = { .now_s = (int64_t)time(NULL) };
	char why[192] = "";
	int r = read_side(before, &diff.before);

	if (r < 0)
		r = read_side(after, &diff.after);
	if (r >= 0)
		return r;
	r = differ_rulesets(diff.before.ruleset, diff.after.ruleset, &diff.result, why);
	if (r == 0)
		r = compare_all_names(&diff);
	if (r < 0) {
		(void)fprintf(stderr, _("The rules cannot be compared: %s\n"),
			      why[0] ? why : strerror(-r));
		return CMD_TROUBLE;
	}
	look_at_flows(&diff);
	return print(&diff, json);
}

int cmd_diff(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, OPTION_JSON },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	bool json = false;
	int option;

	while ((option = cmd_next_option(argc, argv, ":hV", options)) != -1) {
		switch (option) {
		case OPTION_JSON:
			json = true;
			break;
		case 'h':
			return help(argv[0]);
		case 'V':
			return cmd_version();
		default:                  /* getopt's values */
			return CMD_USAGE; /* told */
		}
	}
	if (argc - optind != 2)
		return cmd_usage(argv[0], "%s", _("two policies are needed, OLD and NEW"));
	return run(argv[optind], argv[optind + 1], json);
}
