/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, usage errors and the simplest command line. */

#include "ctl/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/i18n.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

int cmd_version(void)
{
	(void)printf("sekishoctl %s\n", PACKAGE_VERSION);
	return CMD_OK;
}

int cmd_help(const char *name, const char *arguments, const char *text)
{
	(void)printf(_("Usage: sekishoctl %s %s\n"), name, arguments);
	(void)printf("\n%s", text);
	return CMD_OK;
}

int cmd_usage(const char *name, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "sekishoctl %s: ", name);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fprintf(stderr, _("\nTry \"sekishoctl %s --help\".\n"), name);
	return CMD_USAGE;
}

int cmd_one_file(int argc, char **argv, const char *text, const char **ret_file)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "hV", options, NULL)) != -1) {
		if (option == 'h')
			return cmd_help(argv[0], "FILE", text);
		if (option == 'V')
			return cmd_version();
		return cmd_usage(argv[0], _("that option is not known"));
	}
	if (argc - optind != 1)
		return cmd_usage(argv[0], _("exactly one FILE is needed"));
	*ret_file = argv[optind];
	return -1;
}

int cmd_policy_exit(int error)
{
	return error == -EINVAL ? CMD_FINDING : CMD_TROUBLE;
}
