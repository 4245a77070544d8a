/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl: finds the command and hands over to it. */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/log.h"
#include "ctl/cmd.h"

#ifndef PACKAGE
#define PACKAGE "sekisho"
#endif
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
	(void)fprintf(to, "%s", _("Usage: sekishoctl COMMAND [OPTIONS] [ARGUMENTS]\n\n"));
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		(void)fprintf(to, "  %-10s %s\n", commands[i].name, _(commands[i].summary));
	(void)fprintf(to, "%s",
		      _("\n\"sekishoctl COMMAND --help\" says more about one of them.\n"));
	return CMD_OK;
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

int main(int argc, char **argv)
{
	(void)setlocale(LC_ALL, "");
	(void)bindtextdomain(PACKAGE, LOCALEDIR);
	(void)textdomain(PACKAGE);
	log_setup("sekishoctl", LOG_LEVEL_WARNING);

	int code = run(argc, argv);

	/* A full disk or a closed pipe behind standard output must not pass for success. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fprintf(stderr, _("sekishoctl: the output could not be written: %s\n"),
			      strerror(errno));
		return code == CMD_OK ? CMD_TROUBLE : code;
	}
	return code;
}
