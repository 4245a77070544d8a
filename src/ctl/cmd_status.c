/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl status: what the daemon says of itself, for people or as it came. */

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <getopt.h>
#include <jansson.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/reason.h"
#include "ctl/cmd.h"
#include "ctl/columns.h"
#include "ctl/control_client.h"
#include "ctl/control_protocol.h"

#define HEAD_CELLS 16

/* Every member may be missing: a daemon of another version answers too. */
static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static long long number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

static void print_head(const char *head)
{
	size_t cells = columns_width(head);

	(void)printf("%s%*s", head, (int)(cells < HEAD_CELLS ? HEAD_CELLS - cells : 1), "");
}

static void print_text(const char *head, const char *text)
{
	char shown[1024];

	(void)columns_fit(text, sizeof(shown), shown, sizeof(shown));
	print_head(head);
	(void)printf("%s\n", *shown ? shown : "-");
}

static void print_uptime(long long seconds)
{
	print_head(_("Running for"));
	(void)printf(_("%lld d %lld h %lld min %lld s\n"), seconds / 86400, seconds / 3600 % 24,
		     seconds / 60 % 60, seconds % 60);
}

/* True if the kernel was asked for the table and did not say that it is the daemon's. */
static bool lacks_table(const json_t *answer)
{
	const char *table = text_of(json_object_get(answer, "kernel"), "table");

	return *table && strcmp(table, "in place") != 0 && strcmp(table, "touched") != 0;
}

/* True if some nftables rule has changed, the daemon's or another's. */
static bool is_touched(const json_t *answer)
{
	return strcmp(text_of(json_object_get(answer, "kernel"), "table"), "touched") == 0;
}

/* Said on standard error, too, so that nobody who throws the output away misses it. */
static void warn_of_table(const json_t *answer)
{
	const char *table = text_of(json_object_get(answer, "kernel"), "table");

	if (strcmp(table, "touched") == 0)
		(void)fputs(
			_("sekishoctl: WARNING: somebody has changed nftables rules since the "
			  "daemon loaded its table. \"sekishoctl prove --running POLICY\" tells "
			  "whether these are still as they were; \"sekishoctl reload\" loads "
			  "them again.\n"),
			stderr);
	else if (strcmp(table, "missing") == 0)
		(void)fputs(_("sekishoctl: WARNING: the kernel's table is missing, so NOTHING IS "
			      "ENFORCED. \"sekishoctl reload\" loads it again.\n"),
			    stderr);
	else if (strcmp(table, "changed") == 0)
		(void)fputs(_("sekishoctl: WARNING: the kernel's table is not the one that the "
			      "daemon loaded. \"sekishoctl reload\" loads that again.\n"),
			    stderr);
	else
		(void)fputs(_("sekishoctl: WARNING: the kernel does not say whether the table is "
			      "in place.\n"),
			    stderr);
}

/* The daemon's words for its state, for people. A word that is not here is shown as it came. */
static const char *const words[] = {
	N_("running"),
	N_("restarting"),
	N_("refusing"),
	N_("open"),
	N_("changed"),
	N_("in place"),
	N_("touched"),
	N_("missing"),
	N_("unknown"),
	N_("the table is missing"),
	N_("the table is not the one that the daemon loaded"),
	N_("no record can be written"),
};

static const char *word(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i], text) == 0)
			return _(words[i]);
	return text;
}

static void print_state(const json_t *answer)
{
	const char *state = text_of(answer, "state");

	print_head(_("State"));
	if (strcmp(state, "running") == 0)
		(void)printf("%s\n", _("running"));
	else if (strcmp(state, "refusing") != 0)
		(void)printf("%s: %s\n", word(state), word(text_of(answer, "state_reason")));
	else
		(void)printf(_("%s: new flows are refused: %s\n"), word(state),
			     word(text_of(answer, "state_reason")));
	print_uptime(number_of(answer, "uptime_s"));
	print_head(_("Process"));
	(void)printf(_("%lld, version %s\n"), number_of(answer, "pid"), text_of(answer, "version"));
}

/* Each error of a refused reload on a line of its own. */
static void print_reload(const char *errors)
{
	if (*errors)
		print_text(_("  last reload"), _("REFUSED; the policy above stays, because:"));
	while (*errors) {
		const size_t len = strcspn(errors, "\n");
		char line[1024];

		(void)snprintf(line, sizeof(line), "%.*s", (int)len, errors);
		if (len > 0)
			print_text("", line);
		errors += len + (errors[len] == '\n');
	}
}

static void print_policy(const json_t *policy)
{
	const json_t *configuration;
	size_t i;

	print_text(_("Policy"), text_of(policy, "path"));
	print_text(_("  hash"), text_of(policy, "hash"));
	print_text(_("  loaded"), text_of(policy, "loaded"));
	print_text(_("  appliance"), text_of(policy, "appliance"));
	print_head(_("  configurations"));
	json_array_foreach(json_object_get(policy, "configurations"), i, configuration)
	{
		const char *slug = json_string_value(configuration);

		(void)printf("%s%s", i ? ", " : "", slug ? slug : "?");
	}
	(void)printf("\n");
	print_reload(text_of(policy, "last_reload_error"));
}

static void print_kernel(const json_t *kernel)
{
	const json_t *missing = json_object_get(kernel, "interfaces_missing"), *name;
	size_t i;

	print_head(_("Kernel"));
	(void)printf(_("%s, queue %s, table %s\n"), text_of(kernel, "release"),
		     text_of(kernel, "queue"), word(text_of(kernel, "table")));
	json_array_foreach(missing, i, name)
		print_text(i == 0 ? _("  not there") : "", json_string_value(name));
}

static void print_counts(const char *head, json_t *counts)
{
	long long all = 0;
	const char *slug;
	json_t *count;

	json_object_foreach(counts, slug, count) all += json_integer_value(count);
	print_head(head);
	(void)printf("%lld\n", all);
	json_object_foreach(counts, slug, count)
	{
		enum reason reason = reason_of_slug(slug);

		(void)printf("  %12lld  %-22s %s\n", json_integer_value(count), slug,
			     reason < REASON_COUNT ? _(reason_info(reason)->text) : "");
	}
}

static void print_engines(const json_t *engines)
{
	const json_t *engine;
	size_t i;

	json_array_foreach(engines, i, engine)
	{
		print_head(i == 0 ? _("Engines") : "");
		(void)printf(_("%lld: %s, pid %lld, packets %lld, undecided flows %lld, overruns "
			       "%lld, restarts %lld\n"),
			     number_of(engine, "number"), word(text_of(engine, "state")),
			     number_of(engine, "pid"), number_of(engine, "packets"),
			     number_of(engine, "flows"), number_of(engine, "overruns"),
			     number_of(engine, "restarts"));
	}
}

static void print_kernel_log(const json_t *reader)
{
	if (!reader)
		return;
	print_head(_("Kernel's log"));
	(void)printf(
		_("%s, pid %lld, packets %lld, missing %lld, unreadable %lld, restarts %lld\n"),
		word(text_of(reader, "state")), number_of(reader, "pid"),
		number_of(reader, "packets"), number_of(reader, "missing"),
		number_of(reader, "unreadable"), number_of(reader, "restarts"));
}

static void print_chain(const json_t *log)
{
	if (!*text_of(log, "key")) {
		print_text(_("  chain"), _("NONE: whoever is root can change the log unseen"));
		return;
	}
	print_head(_("  chain"));
	(void)printf(_("key %s, checkpoints %lld (last of record %lld, not told %lld)\n"),
		     text_of(log, "key"), number_of(log, "checkpoints"),
		     number_of(log, "checkpoint"), number_of(log, "checkpoints_untold"));
}

static void print_log(const json_t *log)
{
	print_text(_("Decision log"), text_of(log, "path"));
	print_head(_("  records"));
	(void)printf(_("last number %lld, written %lld, missing %lld, bytes %lld, batches %lld\n"),
		     number_of(log, "sequence"), number_of(log, "written"),
		     number_of(log, "missing"), number_of(log, "bytes"), number_of(log, "flushes"));
	print_chain(log);
	if (*text_of(log, "failure"))
		print_text(_("  failure"), text_of(log, "failure"));
}

static int show(json_t *answer)
{
	const json_t *counts = json_object_get(answer, "counts");

	if (!json_is_true(json_object_get(answer, "ok"))) {
		(void)fprintf(stderr, "sekishoctl: %s\n", text_of(answer, "text"));
		return CMD_FINDING;
	}
	if (lacks_table(answer) || is_touched(answer))
		warn_of_table(answer);
	print_state(answer);
	print_policy(json_object_get(answer, "policy"));
	print_kernel(json_object_get(answer, "kernel"));
	print_counts(_("Permitted"), json_object_get(counts, "permitted"));
	print_counts(_("Refused"), json_object_get(counts, "refused"));
	print_engines(json_object_get(answer, "engines"));
	print_kernel_log(json_object_get(answer, "kernel_log"));
	print_log(json_object_get(answer, "log"));
	return lacks_table(answer) ? CMD_FINDING : CMD_OK;
}

static int show_json(const json_t *answer)
{
	const bool ok = json_is_true(json_object_get(answer, "ok"));

	if (json_dumpf(answer, stdout, JSON_INDENT(2)) < 0)
		return CMD_TROUBLE;
	(void)printf("\n");
	return ok && !lacks_table(answer) ? CMD_OK : CMD_FINDING;
}

int cmd_status(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	const char *socket_path = CONTROL_SOCKET_DEFAULT;
	json_t *answer = NULL;
	bool json = false;
	int option;

	while ((option = getopt_long(argc, argv, "js:hV", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 's':
			socket_path = optarg;
			break;
		case 'h':
			return cmd_help(argv[0], "[--json] [--socket PATH]",
					_("Shows what the running daemon does.\n\n"
					  "  -j, --json          the answer as it came\n"
					  "  -s, --socket PATH   the daemon's control socket\n"));
		case 'V':
			return cmd_version();
		default:
			return cmd_usage(argv[0], _("that option is not known"));
		}
	}
	if (optind != argc)
		return cmd_usage(argv[0], _("it takes no arguments"));
	int code = control_client_command(socket_path, CONTROL_COMMAND_STATUS, &answer);
	if (code != CMD_OK)
		return code;
	code = json ? show_json(answer) : show(answer);
	json_decref(answer);
	return code;
}
