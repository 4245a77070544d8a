/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl prove: holds the rules of a policy, or those that the kernel has, against everything
 * that the guideline forbids. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <getopt.h>
#include <jansson.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "ctl/prove_view.h"
#include "kernel/nlsock.h"
#include "kernel/readback.h"
#include "policy/policy.h"
#include "ruleset/compile.h"

/* The kernel tells how long an element has left; when that is may be off by this much. */
#define EXPIRY_TOLERANCE_S 2

enum { OPTION_JSON = 256, OPTION_RUNNING };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "running", no_argument, NULL, OPTION_RUNNING },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

struct prove {
	const char *file;
	bool json, running;
	struct policy *policy;
	struct ruleset *ruleset;
	char difference[READBACK_DIFFERENCE_MAX]; /* of the kernel's rules; empty: none */
};

static void prove_clear(struct prove *p)
{
	policy_free(p->policy);
	ruleset_free(p->ruleset);
}

static int help(const char *name)
{
	return cmd_help(
		name, "[--running] [--json] POLICY",
		_("Proves of the rules that the policy makes, over every packet there can be, that "
		  "nothing\npasses which the guideline forbids, and nothing but what policy and "
		  "guideline permit; or\ngives a packet that does. No kernel and no daemon is "
		  "asked.\n\n"
		  "  --running   of the rules that the kernel has now (needs root), which must "
		  "also be "
		  "those\n              of the policy, to the last one\n"
		  "  --json      the result as JSON\n\n"
		  "Ends with 0 only if all is proven.\n"));
}

static int print(const struct prove *p, const struct prove_result *result)
{
	json_t *object;
	int r;

	if (!p->json) {
		prove_view_print(result, p->running ? NULL : p->file, stdout);
		return result->proven ? CMD_OK : CMD_FINDING;
	}
	object = prove_view_json(result);
	if (p->difference[0])
		(void)json_object_set_new(object, "difference", json_string(p->difference));
	r = object ? json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : -1;
	json_decref(object);
	(void)putchar('\n');
	if (r < 0)
		return CMD_TROUBLE;
	return result->proven ? CMD_OK : CMD_FINDING;
}

/* Gives elements that expire with an exception of the policy its very second. */
static void mend_times(const struct policy *policy, struct ruleset *ruleset)
{
	for (size_t i = 0; i < ruleset->set_count; i++) {
		struct ruleset_set *set = &ruleset->sets[i];

		for (size_t j = 0; set->timeouts && j < set->element_count; j++) {
			int64_t *expires_s = &set->elements[j].expires_s;

			for (size_t k = 0; k < policy->exception_count; k++)
				if (llabs(policy->exceptions[k].expires_s - *expires_s) <=
				    EXPIRY_TOLERANCE_S)
					*expires_s = policy->exceptions[k].expires_s;
		}
	}
}

/* The proof is about packets that arrive one by one at the forward hook. What else a change by hand
 * may do (to the appliance's own traffic, to packets on their way back from the queue) is told by
 * holding all rules against those of the policy. */
static int compare_kernel(struct prove *p)
{
	auto_(ruleset_freep) struct ruleset *wanted = NULL;
	int r = compile_policy(p->policy, &wanted);

	if (r == 0)
		r = readback_compare(wanted, p->ruleset, p->difference, sizeof(p->difference));
	if (r < 0) {
		(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), p->file,
			      strerror(-r));
		return r == -ENOMEM ? CMD_TROUBLE : CMD_FINDING;
	}
	if (p->difference[0])
		columns_line(stderr, 0, _("The kernel's rules are not those of %s: %s"), p->file,
			     p->difference);
	return -1;
}

static int read_kernel(struct prove *p)
{
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct readback_trouble trouble = { 0 };
	int r = nlsock_open(&sock);

	if (r == 0)
		r = readback_ruleset(sock, &p->ruleset, &trouble);
	switch (r) {
	case 0:
		mend_times(p->policy, p->ruleset);
		return compare_kernel(p);
	case -ENOENT:
		(void)fprintf(stderr, "%s", _("The kernel has no table of Sekisho.\n"));
		return CMD_FINDING;
	case -EBADMSG:
		if (trouble.chain[0])
			columns_line(stderr, 0,
				     _("Nothing can be proven of the kernel's rules: chain %s: %s"),
				     trouble.chain, trouble.what);
		else
			columns_line(stderr, 0,
				     _("Nothing can be proven of the kernel's rules: %s"),
				     trouble.what);
		return CMD_FINDING;
	default:
		(void)fprintf(stderr, _("The kernel's rules cannot be read: %s\n"), strerror(-r));
		return CMD_TROUBLE;
	}
}

/* -1 with *p filled, or how the program ends. */
static int read_rules(struct prove *p)
{
	auto_(errors_clear) struct errors errors = { 0 };
	int r = policy_read(p->file, &p->policy, &errors);

	if (r < 0) {
		errors_sort(&errors);
		errors_print(&errors, stderr);
		return cmd_policy_exit(r);
	}
	if (p->running)
		return read_kernel(p);
	r = compile_policy(p->policy, &p->ruleset);
	if (r == 0)
		return -1;
	(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), p->file,
		      strerror(-r));
	return r == -ENOMEM ? CMD_TROUBLE : CMD_FINDING;
}

static int prove(struct prove *p)
{
	struct prove_result result;
	int r = read_rules(p);

	if (r >= 0)
		return r;
	r = prove_ruleset(p->policy, p->ruleset, &result);
	if (p->difference[0])
		result.proven = false;
	if (r == 0)
		return print(p, &result);
	(void)fprintf(stderr, _("%s: the rules cannot be proven: %s\n"), p->file, strerror(-r));
	return CMD_TROUBLE;
}

int cmd_prove(int argc, char **argv)
{
	auto_(prove_clear) struct prove p = { .file = NULL };
	int option;

	while ((option = cmd_next_option(argc, argv, ":hV", long_options)) != -1) {
		switch (option) {
		case OPTION_JSON:
			p.json = true;
			break;
		case OPTION_RUNNING:
			p.running = true;
			break;
		case 'h':
			return help(argv[0]);
		case 'V':
			return cmd_version();
		default:                  /* getopt's values */
			return CMD_USAGE; /* told */
		}
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0], "%s", _("exactly one POLICY is needed"));
	p.file = argv[optind];
	return prove(&p);
}
