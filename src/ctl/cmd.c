/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, usage errors and the simplest command line. */

#include "ctl/cmd.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/i18n.h"
#include "common/language.h"

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

	(void)fprintf(stderr, "sekishoctl%s%s: ", *name ? " " : "", name);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	if (*name)
		(void)fprintf(stderr, _("\nTry \"sekishoctl %s --help\".\n"), name);
	else
		(void)fputs(_("\nTry \"sekishoctl --help\".\n"), stderr);
	return CMD_USAGE;
}

void cmd_tell_no_catalogue(void)
{
	(void)fputs(
		"sekishoctl: the Japanese messages are not installed; the answer is in English. "
		"In a tree that is\nbuilt but not installed, set "
		"SEKISHO_LOCALEDIR=BUILD/locale.\n"
		"sekishoctl: 日本語のメッセージがインストールされていないため、英語で表示します。"
		"\nインストール前は SEKISHO_LOCALEDIR=ビルド先/locale を指定してください。\n",
		stderr);
}

int cmd_use_language(const char *name, const char *language)
{
	switch (language_use(language)) {
	case 0:
		return CMD_OK;
	case -ENOENT:
		cmd_tell_no_catalogue();
		return CMD_OK;
	default: /* an errno */
		return cmd_usage(name, _("--lang: \"%s\" is neither ja nor en"), language);
	}
}

/* getopt_long() tells what is wrong by optopt and where it stands, its own message by a missing ":"
 * in front of letters. */
int cmd_next_option(int argc, char **argv, const char *letters, const struct option *options)
{
	const int option = getopt_long(argc, argv, letters, options, NULL);
	const char *at = optind > 0 && optind <= argc ? argv[optind - 1] : "";
	const bool is_long = strncmp(at, "--", 2) == 0;

	if (option == ':')
		(void)cmd_usage(argv[0], _("the option %s needs a value behind it"), at);
	else if (option == '?' && is_long && optopt != 0)
		(void)cmd_usage(argv[0], _("the option %.*s takes no value"), (int)strcspn(at, "="),
				at);
	else if (option == '?' && is_long)
		(void)cmd_usage(argv[0], _("the option %s is not known"), at);
	else if (option == '?')
		(void)cmd_usage(argv[0], _("the option -%c is not known"), optopt);
	return option == ':' ? '?' : option;
}

int cmd_one_file(int argc, char **argv, const char *text, const char **ret_file)
{
	static const struct option options[] = {
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	while ((option = cmd_next_option(argc, argv, ":hV", options)) != -1) {
		if (option == 'h')
			return cmd_help(argv[0], "FILE", text);
		if (option == 'V')
			return cmd_version();
		return CMD_USAGE; /* told */
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
