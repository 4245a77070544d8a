/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of sekishoctl, and what they share. */
#pragma once

#include <stddef.h>

/* How the program ends. Documented in sekishoctl(8). */
enum cmd_exit {
	CMD_OK = 0,
	CMD_FINDING = 1,     /* the policy has mistakes, the daemon said no, the log is damaged */
	CMD_USAGE = 2,       /* the command line makes no sense */
	CMD_UNREACHABLE = 3, /* no daemon answers on the control socket */
	CMD_TROUBLE = 4,     /* a file cannot be read, memory ran out, output cannot be written */
	CMD_LINT = 5         /* the policy can be loaded, but is not as the guideline wants it */
};

/* Each gets its own arguments, argv[0] being the command's name, and gives an enum cmd_exit. */
int cmd_check(int argc, char **argv);
int cmd_compile(int argc, char **argv);
int cmd_controls(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_log(int argc, char **argv);
int cmd_inspect(int argc, char **argv);
int cmd_log_key(int argc, char **argv);    /* log init-key */
int cmd_log_verify(int argc, char **argv); /* log verify */
int cmd_diff(int argc, char **argv);
int cmd_prove(int argc, char **argv);
int cmd_simulate(int argc, char **argv);

/* Prints the help of a command ("Usage: sekishoctl NAME ARGUMENTS", then text) or the version.
 * Gives CMD_OK. */
int cmd_help(const char *name, const char *arguments, const char *text);
int cmd_version(void);

/* Says on standard error what is wrong with the command line (of the command of that name; "": of
 * none). Gives CMD_USAGE. */
int cmd_usage(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Has messages in that language from now on. CMD_OK, also where the catalogue is missing (told on
 * standard error); else CMD_USAGE, told for the command of that name ("": none). */
int cmd_use_language(const char *name, const char *language);

/* Says on standard error, in both languages, that there are no Japanese messages. */
void cmd_tell_no_catalogue(void);

struct option; /* <getopt.h> */

/* getopt_long(); what is wrong with an option is told in one message as by cmd_usage(), and gives
 * '?'. letters begins with ":". */
int cmd_next_option(int argc, char **argv, const char *letters, const struct option *options);

/* For commands that take --help, --version and FILE only. *ret_file is set where -1 is given; else
 * the value is how the program ends. arguments and text as for cmd_help(). */
int cmd_one_file(int argc, char **argv, const char *text, const char **ret_file);

/* Why a policy could not be read: CMD_FINDING for mistakes in it, CMD_TROUBLE for the rest. */
int cmd_policy_exit(int error);
