/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl check: reads a policy as the daemon would, compiles it, and holds it against the
 * guideline, but touches nothing. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/check_report.h"
#include "ctl/cmd.h"
#include "ctl/when.h"
#include "lint/lint.h"
#include "policy/policy.h"
#include "prove/prove.h"
#include "ruleset/compile.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_SARIF };

struct check {
	const char *file;
	enum format format;
	bool verbose, without_lint;
	time_t on; /* as of when registrations are valid */
	struct policy *policy;
	struct ruleset *ruleset;
	struct errors errors;
	struct lint_report lint;
};

static void check_clear(struct check *check)
{
	policy_free(check->policy);
	ruleset_freep(&check->ruleset);
	errors_clear(&check->errors);
	lint_report_clear(&check->lint);
}

static void print_summary(const struct check *check)
{
	const struct policy *policy = check->policy;
	const struct ruleset *ruleset = check->ruleset;
	size_t zones = 0, roles = 0, names = 0, rules = 0, elements = 0;

	for (size_t i = 0; i < ZONE_COUNT; i++)
		zones += policy->zones[i].declared;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		roles += policy->endpoints[i].declared;
	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *service = &policy->services[i];

		names += service->tenant_names.count + service->shared_names.count +
			 service->names.count;
	}
	for (size_t i = 0; i < ruleset->chain_count; i++)
		rules += ruleset->chains[i].rule_count;
	for (size_t i = 0; i < ruleset->set_count; i++)
		elements += ruleset->sets[i].element_count;
	columns_line(stdout, 0,
		     check->lint.opening
			     ? _("%s: the policy is not loaded, for it opens what the guideline "
				 "forbids: configurations %d, zones %zu, roles %zu, services %zu, "
				 "names %zu; rules %zu, sets %zu, elements %zu")
		     : check->lint.errors
			     ? _("%s: the policy can be loaded, but is not as the guideline wants "
				 "it: configurations %d, zones %zu, roles %zu, services %zu, names "
				 "%zu; rules %zu, sets %zu, elements %zu")
			     : _("%s: the policy is good: configurations %d, zones %zu, roles %zu, "
				 "services %zu, names %zu; rules %zu, sets %zu, elements %zu"),
		     check->file, __builtin_popcount(policy->configurations), zones, roles,
		     policy->service_count, names, rules, ruleset->set_count, elements);
}

/* Reads, compiles, proves and lints. An enum cmd_exit. */
static int judge(struct check *check)
{
	int r = policy_read(check->file, &check->policy, &check->errors);

	if (r < 0) {
		errors_sort(&check->errors);
		return cmd_policy_exit(r);
	}
	r = compile_policy(check->policy, &check->ruleset);
	if (r < 0) {
		errors_add(&check->errors, check->file, 0, _("the kernel rules cannot be made: %s"),
			   strerror(-r));
		return CMD_FINDING;
	}
	r = prove_policy(check->policy, check->ruleset, &check->errors);
	if (r < 0)
		return r == -EINVAL ? CMD_FINDING : CMD_TROUBLE;
	if (check->without_lint) {
		r = lint_refuse(check->policy, check->on, &check->errors);
		return !r ? CMD_OK : r == -EINVAL ? CMD_FINDING : CMD_TROUBLE;
	}
	r = lint_policy(check->policy, check->on, &check->lint);
	if (r < 0) {
		errors_add(&check->errors, check->file, 0,
			   _("the policy cannot be held against the guideline: %s"), strerror(-r));
		return CMD_TROUBLE;
	}
	if (check->lint.opening)
		return CMD_FINDING;
	return check->lint.errors ? CMD_LINT : CMD_OK;
}

/* No condition of the guideline, but nobody should have to find out later. */
static void warn_of_chain(const struct check *check)
{
	if (check->policy && !check->errors.count && !check->without_lint &&
	    !check->policy->daemon.log_key)
		(void)fprintf(
			stderr,
			_("sekishoctl: WARNING: %s: the log will not be tamper-evident: whoever "
			  "is root can change it unseen. Set log.key and run \"sekishoctl log "
			  "init-key\".\n"),
			check->file);
}

static int tell(const struct check *check, int code)
{
	const struct check_report report = {
		.file = check->file,
		.hash = check->policy ? check->policy->source.hash : NULL,
		.errors = &check->errors,
		.lint = check->without_lint || check->errors.count ? NULL : &check->lint,
		.verbose = check->verbose,
	};
	int r = 0;

	switch (check->format) {
	case FORMAT_TEXT:
		errors_print(&check->errors, stderr);
		if (check->policy && check->ruleset && !check->errors.count)
			print_summary(check);
		check_report_text(&report, stdout);
		warn_of_chain(check);
		break;
	case FORMAT_JSON:
		r = check_report_json(&report, stdout);
		break;
	case FORMAT_SARIF:
		r = check_report_sarif(&report, stdout);
		break;
	}
	return r < 0 ? CMD_TROUBLE : code;
}

static int help(const char *name)
{
	return cmd_help(
		name, "[OPTIONS] FILE",
		_("Reads the policy FILE and the lists that it names. Mistakes go to standard "
		  "error, each with\nfile and line; else one line says what the policy holds, "
		  "followed by what is not as the\nguideline wants it, or attested by nobody. The "
		  "running daemon is not touched.\n\n"
		  "  -j, --json      all of it as one JSON object\n"
		  "      --sarif     all of it as a SARIF log\n"
		  "  -v, --verbose   notes as well\n"
		  "      --no-lint   of the guideline's conditions, tell only what keeps the "
		  "policy from "
		  "being loaded\n"
		  "      --on DATE   judge registrations and reviews as of that day, not today\n\n"
		  "Ends with 0 if nothing is wrong, 1 for mistakes in the text and what the "
		  "guideline "
		  "forbids, 5\nfor errors against the guideline that keep no policy from being "
		  "loaded.\n"));
}

static int take_format(const char *name, enum format format, struct check *check)
{
	if (check->format != FORMAT_TEXT && check->format != format)
		return cmd_usage(name, _("--json and --sarif do not go together: one of them"));
	check->format = format;
	return -1;
}

/* -1 to go on, else how the program ends. */
static int read_options(int argc, char **argv, struct check *check)
{
	enum { NO_LINT = 256, ON, SARIF };
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },    { "version", no_argument, NULL, 'V' },
		{ "json", no_argument, NULL, 'j' },    { "sarif", no_argument, NULL, SARIF },
		{ "verbose", no_argument, NULL, 'v' }, { "no-lint", no_argument, NULL, NO_LINT },
		{ "on", required_argument, NULL, ON }, { 0 },
	};
	int option, code = -1;

	while (code < 0 && (option = cmd_next_option(argc, argv, ":hVjv", options)) != -1) {
		if (option == 'h')
			return help(argv[0]);
		if (option == 'V')
			return cmd_version();
		if (option == 'j' || option == SARIF)
			code = take_format(argv[0], option == 'j' ? FORMAT_JSON : FORMAT_SARIF,
					   check);
		else if (option == 'v')
			check->verbose = true;
		else if (option == NO_LINT)
			check->without_lint = true;
		else if (option != ON)
			return CMD_USAGE; /* told */
		else if (when_parse(optarg, time(NULL), &check->on))
			return cmd_usage(argv[0], _("\"%s\" is no date; expected YYYY-MM-DD"),
					 optarg);
	}
	if (code >= 0)
		return code;
	if (argc - optind != 1)
		return cmd_usage(argv[0], _("exactly one FILE is needed"));
	check->file = argv[optind];
	return -1;
}

int cmd_check(int argc, char **argv)
{
	auto_(check_clear) struct check check = { .on = time(NULL) };
	int code = read_options(argc, argv, &check);

	if (code >= 0)
		return code;
	code = judge(&check);
	return tell(&check, code);
}
