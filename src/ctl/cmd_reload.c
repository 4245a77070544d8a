/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl reload: asks the daemon to take its policy file anew, and shows what it found. */

#include <stdio.h>
#include <unistd.h>

#include <getopt.h>
#include <jansson.h>

#include "common/columns.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "ctl/control_client.h"
#include "ctl/control_protocol.h"

static int show(const json_t *answer)
{
	const json_t *errors = json_object_get(answer, "errors");
	const char *text = control_client_sentence(answer);
	const json_t *error;
	size_t i;

	json_array_foreach(errors, i, error)
	{
		const char *line = json_string_value(error);

		/* one line each for other tools, as errors_print() has it */
		if (line && isatty(STDERR_FILENO))
			columns_line(stderr, 0, "%s", line);
		else if (line)
			(void)fprintf(stderr, "%s\n", line);
	}
	if (json_is_true(json_object_get(answer, "ok"))) {
		(void)printf("%s\n", text ? text : _("The policy was loaded."));
		return CMD_OK;
	}
	(void)fprintf(stderr, "%s\n", text ? text : _("The policy was not loaded."));
	return CMD_FINDING;
}

int cmd_reload(int argc, char **argv)
{
	static const struct option options[] = {
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *socket_path = CONTROL_SOCKET_DEFAULT;
	json_t *answer = NULL;
	int option;

	while ((option = cmd_next_option(argc, argv, ":s:hV", options)) != -1) {
		switch (option) {
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			return cmd_help(
				argv[0], "[--socket PATH]",
				_("Has the daemon read its policy file again. With a mistake "
				  "in it nothing changes, and each is\nlisted with file and "
				  "line.\n\n"
				  "  -s, --socket PATH   the daemon's control socket\n"));
		case 'V':
			return cmd_version();
		default:
			return CMD_USAGE; /* told */
		}
	}
	if (optind != argc)
		return cmd_usage(argv[0], _("it takes no arguments"));
	int code = control_client_command(socket_path, CONTROL_COMMAND_RELOAD, &answer);
	if (code != CMD_OK)
		return code;
	code = show(answer);
	json_decref(answer);
	return code;
}
