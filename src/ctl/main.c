/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl: finds the command and hands over to it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/language.h"
#include "common/log.h"
#include "ctl/cmd.h"

#ifndef LOCALEDIR
#define LOCALEDIR "/usr/share/locale"
#endif

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary; /* gettext msgid */
};

static const struct command commands[] = {
	{ "check", cmd_check, N_("read a policy and say what is wrong with it") },
	{ "compile", cmd_compile, N_("print the kernel rules that a policy makes") },
	{ "controls", cmd_controls, N_("report on the guideline's controls") },
	{ "simulate", cmd_simulate, N_("say what a policy makes of a packet, and why") },
	{ "prove", cmd_prove,
	  N_("prove that nothing forbidden passes, or show a packet that does") },
	{ "inspect", cmd_inspect, N_("read captures as the daemon reads packets") },
	{ "diff", cmd_diff, N_("say which flows another policy would open and shut") },
	{ "status", cmd_status, N_("show what the running daemon does") },
	{ "reload", cmd_reload, N_("have the daemon read its policy again") },
	{ "log", cmd_log, N_("read the decision log") },
};

static int help(FILE *to)
{
	(void)fprintf(to, "%s",
		      _("Usage: sekishoctl [--lang ja|en] COMMAND [OPTIONS] [ARGUMENTS]\n\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(to, "  %-10s %s\n", commands[i].name, _(commands[i].summary));
	(void)fprintf(to, "%s",
		      _("\n\"sekishoctl COMMAND --help\" says more about one of them.\n"));
	return CMD_OK;
}

/* Takes "--lang LANGUAGE" or "--lang=LANGUAGE" from before the command. Gives how many arguments
 * that were, or -1: told. */
static int take_language(int argc, char **argv)
{
	const char *language = NULL;
	int taken = 0;

	if (argc > 1 && strncmp(argv[1], "--lang=", 7) == 0) {
		language = argv[1] + 7;
		taken = 1;
	} else if (argc > 1 && strcmp(argv[1], "--lang") == 0) {
		language = argc > 2 ? argv[2] : "";
		taken = 2;
	}
	return language && cmd_use_language("", language) != CMD_OK ? -1 : taken;
}

static int run(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name) {
		(void)help(stderr);
		return CMD_USAGE;
	}
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0)
		return help(stdout);
	if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0)
		return cmd_version();
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(argc - 1, argv + 1);
	}
	(void)fprintf(stderr, _("sekishoctl: there is no command \"%s\"\n"), name);
	(void)help(stderr);
	return CMD_USAGE;
}

/* Where the catalogue is: for a tree that is built but not installed, the environment may say so.
 * Messages hold formats, so that it is not asked where the program may do more than who runs it. */
static const char *locale_folder(void)
{
	const char *folder = secure_getenv("SEKISHO_LOCALEDIR");

	return folder && *folder ? folder : LOCALEDIR;
}

int main(int argc, char **argv)
{
	int taken, code;

	language_begin(locale_folder());
	log_setup("sekishoctl", LOG_LEVEL_WARNING);
	taken = take_language(argc, argv);
	if (taken == 0 && !language_is_there())
		cmd_tell_no_catalogue();
	code = taken < 0 ? CMD_USAGE : run(argc - taken, argv + taken);

	/* A full disk or a closed pipe behind standard output must not pass for success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, _("sekishoctl: the output could not be written: %s\n"),
			      strerror(errno));
		return code == CMD_OK ? CMD_TROUBLE : code;
	}
	return code;
}
