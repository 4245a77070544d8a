/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishod: the daemon's command line. */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/broker.h"
#include "common/defs.h"
#include "common/errors.h"
#include "common/i18n.h"
#include "common/language.h"
#include "common/log.h"
#include "engine/engine.h"
#include "kernel/apply.h"
#include "lint/lint.h"
#include "policy/policy.h"
#include "prove/prove.h"
#include "ruleset/compile.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif
#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define POLICY_DEFAULT SYSCONFDIR "/sekisho/sekisho.conf"
#define STATUS_USAGE   2

enum action {
	ACTION_SERVE,
	ACTION_CHECK,
	ACTION_REFUSE_ALL,
	ACTION_HELP,
	ACTION_VERSION,
	ACTION_USAGE
};

enum { OPTION_CHECK = 256, OPTION_REFUSE_ALL, OPTION_LOG_LEVEL };

static const struct option long_options[] = {
	{ "config", required_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'f' },
	{ "check", no_argument, NULL, OPTION_CHECK },
	{ "refuse-all", no_argument, NULL, OPTION_REFUSE_ALL },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ NULL, 0, NULL, 0 },
};

static void print_help(FILE *to)
{
	(void)fprintf(
		to,
		_("Usage: sekishod [OPTION]...\n"
		  "Enforces the boundary between the separated networks of a local government.\n"
		  "\n"
		  "  -c, --config FILE   the policy (default %s)\n"
		  "  -f, --foreground    stay in the foreground; the only way there is\n"
		  "      --check         read the policy, say what is wrong with it, and end\n"
		  "      --refuse-all    load a table that refuses everything, and end; for boot\n"
		  "      --log-level L   error, warning, info (default) or debug\n"
		  "  -h, --help          this text\n"
		  "  -V, --version       the version\n"
		  "\n"
		  "Signals: SIGHUP reloads the policy, SIGUSR1 opens the log anew, SIGTERM "
		  "ends.\n"),
		POLICY_DEFAULT);
}

static int log_level_of(const char *text)
{
	static const char *const names[] = { "error", "warning", "info", "debug" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (int)i;
	(void)fprintf(stderr, _("sekishod: no such log level: %s\n"), text);
	return -EINVAL;
}

static enum action parse(int argc, char **argv, struct broker_options *options)
{
	bool has_config = false, checks = false, refuses = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:fhV", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options->policy_path = optarg;
			has_config = true;
			break;
		case 'f':
			break;
		case OPTION_CHECK:
			checks = true;
			break;
		case OPTION_REFUSE_ALL:
			refuses = true;
			break;
		case OPTION_LOG_LEVEL:
			options->log_level = log_level_of(optarg);
			if (options->log_level < 0)
				return ACTION_USAGE;
			break;
		case 'h':
			return ACTION_HELP;
		case 'V':
			return ACTION_VERSION;
		default:
			return ACTION_USAGE;
		}
	}
	if (optind < argc) {
		(void)fprintf(stderr, _("sekishod: what is this: %s\n"), argv[optind]);
		return ACTION_USAGE;
	}
	if (refuses && (checks || has_config)) {
		(void)fputs(_("sekishod: --refuse-all reads no policy: it does not go with --check "
			      "or --config\n"),
			    stderr);
		return ACTION_USAGE;
	}
	if (refuses)
		return ACTION_REFUSE_ALL;
	return checks ? ACTION_CHECK : ACTION_SERVE;
}

static int check(const char *path)
{
	auto_(errors_clear) struct errors errors = { 0 };
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	int error = policy_read(path, &policy, &errors);

	if (error == 0)
		error = lint_refuse(policy, time(NULL), &errors);
	if (error == 0) {
		error = compile_policy(policy, &ruleset);
		if (error != 0)
			errors_add(&errors, path, 0, _("the policy cannot be compiled: %s"),
				   strerror(-error));
	}
	if (error == 0)
		error = prove_policy(policy, ruleset, &errors);
	errors_sort(&errors);
	errors_print(&errors, stderr);
	return error == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int refuse_all(void)
{
	auto_(errors_clear) struct errors errors = { 0 };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP };
	int error = compile_refuse_all(&ruleset);

	if (error == 0)
		error = apply_ruleset(ruleset, &options, &errors);
	errors_print(&errors, stderr);
	if (error == 0) {
		(void)puts(_("The table that refuses everything is loaded."));
		return EXIT_SUCCESS;
	}
	(void)fprintf(stderr, _("sekishod: the table that refuses everything was not loaded: %s\n"),
		      strerror(-error));
	return EXIT_FAILURE;
}

/* Those of all languages, since who reloads the policy may want to be answered in another one: once
 * the daemon is shut in, no more files are opened for that. */
static void read_messages(void)
{
	const char *own;

	language_begin(LOCALEDIR);
	own = language_now();
	(void)language_use("ja");
	(void)language_use(own);
}

int main(int argc, char **argv)
{
	struct broker_options options = { .policy_path = POLICY_DEFAULT,
					  .log_level = LOG_LEVEL_INFO };

	/* before anything that reads a file: an engine may not, once it is shut in */
	if (argc == 2 && strcmp(argv[1], ENGINE_OPTION) == 0)
		return engine_main();
	read_messages();
	switch (parse(argc, argv, &options)) {
	case ACTION_SERVE:
		log_setup("sekishod", (enum log_level)options.log_level);
		return broker_run(&options);
	case ACTION_CHECK:
		return check(options.policy_path);
	case ACTION_REFUSE_ALL:
		return refuse_all();
	case ACTION_HELP:
		print_help(stdout);
		return EXIT_SUCCESS;
	case ACTION_VERSION:
		(void)printf("sekishod %s\n", PACKAGE_VERSION);
		return EXIT_SUCCESS;
	case ACTION_USAGE:
		break;
	}
	print_help(stderr);
	return STATUS_USAGE;
}
