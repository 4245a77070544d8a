/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl prove: holds the rules of a policy against everything that the guideline forbids. */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <getopt.h>
#include <jansson.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "ctl/prove_view.h"
#include "policy/policy.h"
#include "ruleset/compile.h"

enum { OPTION_JSON = 256 };

static const struct option long_options[] = {
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static int help(const char *name)
{
	return cmd_help(
		name, "[OPTION]... POLICY",
		_("Proves of the rules that the policy makes, over every packet there can be, that "
		  "nothing\npasses which the guideline forbids, and nothing but what policy and "
		  "guideline permit; or\ngives a packet that does. No kernel and no daemon is "
		  "asked.\n\n"
		  "  --json   the result as JSON\n"));
}

static int print(const struct prove_result *result, const char *file, bool json)
{
	json_t *object;
	int r;

	if (!json) {
		prove_view_print(result, file, false, stdout);
		return result->proven ? CMD_OK : CMD_FINDING;
	}
	object = prove_view_json(result);
	r = object ? json_dumpf(object, stdout, JSON_INDENT(2) | JSON_PRESERVE_ORDER) : -1;
	json_decref(object);
	(void)putchar('\n');
	if (r < 0)
		return CMD_TROUBLE;
	return result->proven ? CMD_OK : CMD_FINDING;
}

static int prove(const char *file, bool json)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct prove_result result;
	int r = policy_read(file, &policy, &errors);

	if (r < 0) {
		errors_sort(&errors);
		errors_print(&errors, stderr);
		return cmd_policy_exit(r);
	}
	r = compile_policy(policy, &ruleset);
	if (r == 0)
		r = prove_ruleset(policy, ruleset, &result);
	if (r < 0) {
		(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), file,
			      strerror(-r));
		return r == -ENOMEM ? CMD_TROUBLE : CMD_FINDING;
	}
	return print(&result, file, json);
}

int cmd_prove(int argc, char **argv)
{
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "hV", long_options, NULL)) != -1) {
		switch (option) {
		case OPTION_JSON:
			json = true;
			break;
		case 'h':
			return help(argv[0]);
		case 'V':
			return cmd_version();
		default: /* getopt's values */
			return cmd_usage(argv[0], "%s", _("that option is not known"));
		}
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0], "%s", _("exactly one POLICY is needed"));
	return prove(argv[optind], json);
}
