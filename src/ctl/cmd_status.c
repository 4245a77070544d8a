/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl status: what the daemon says of itself, for people or as it came. */

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <getopt.h>
#include <jansson.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "common/reason.h"
#include "ctl/cmd.h"
#include "ctl/control_client.h"
#include "ctl/control_protocol.h"

#define HEAD_CELLS  18 /* of "  configurations  " */
#define COUNT_CELLS 39

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

static void print_text(const char *head, const char *text)
{
	columns_entry(stdout, head, HEAD_CELLS, *text ? text : "-");
}

__attribute__((format(printf, 2, 3))) static void print_line(const char *head, const char *format,
							     ...)
{
	auto_(free_charp) char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	print_text(head, text ? text : "");
}

static void print_uptime(long long seconds)
{
	print_line(_("Running for"), _("%lld d %lld h %lld min %lld s"), seconds / 86400,
		   seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
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
		columns_line(stderr, 0, "%s",
			     _("sekishoctl: WARNING: somebody has changed nftables rules since the "
			       "daemon loaded its table. \"sekishoctl prove --running POLICY\" "
			       "tells whether these are still as they were; \"sekishoctl reload\" "
			       "loads them again."));
	else if (strcmp(table, "missing") == 0)
		columns_line(stderr, 0, "%s",
			     _("sekishoctl: WARNING: the kernel's table is missing, so NOTHING IS "
			       "ENFORCED. \"sekishoctl reload\" loads it again."));
	else if (strcmp(table, "changed") == 0)
		columns_line(stderr, 0, "%s",
			     _("sekishoctl: WARNING: the kernel's table is not the one that the "
			       "daemon loaded. \"sekishoctl reload\" loads that again."));
	else
		columns_line(stderr, 0, "%s",
			     _("sekishoctl: WARNING: the kernel does not say whether the table is "
			       "in place."));
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

	if (strcmp(state, "running") == 0)
		print_text(_("State"), _("running"));
	else if (strcmp(state, "refusing") != 0)
		print_line(_("State"), "%s: %s", word(state),
			   word(text_of(answer, "state_reason")));
	else
		print_line(_("State"), _("%s: new flows are refused: %s"), word(state),
			   word(text_of(answer, "state_reason")));
	print_uptime(number_of(answer, "uptime_s"));
	print_line(_("Process"), _("%lld, version %s"), number_of(answer, "pid"),
		   text_of(answer, "version"));
}

/* Each error of a refused reload on a line of its own. */
static void print_reload(const char *errors)
{
	if (*errors)
		print_text(_("  last reload"), _("REFUSED; the policy above stays, because:"));
	while (*errors) {
		const size_t len = strcspn(errors, "\n");

		if (len > 0)
			print_line("", "%.*s", (int)len, errors);
		errors += len + (errors[len] == '\n');
	}
}

/* The strings of an array, joined by commas: newly allocated; NULL if memory ran out. */
static char *joined(const json_t *array)
{
	char *text = NULL;
	const json_t *element;
	size_t i, size;
	FILE *to = open_memstream(&text, &size);

	if (!to)
		return NULL;
	json_array_foreach(array, i, element)
	{
		const char *string = json_string_value(element);

		(void)fprintf(to, "%s%s", i ? ", " : "", string ? string : "?");
	}
	if (fclose(to) == 0)
		return text;
	free(text);
	return NULL;
}

static void print_policy(const json_t *policy)
{
	auto_(free_charp) char *configurations = joined(json_object_get(policy, "configurations"));

	print_text(_("Policy"), text_of(policy, "path"));
	print_text(_("  hash"), text_of(policy, "hash"));
	print_text(_("  loaded"), text_of(policy, "loaded"));
	print_text(_("  appliance"), text_of(policy, "appliance"));
	print_text(_("  configurations"), configurations ? configurations : "");
	print_reload(text_of(policy, "last_reload_error"));
}

static void print_kernel(const json_t *kernel)
{
	auto_(free_charp) char *missing = joined(json_object_get(kernel, "interfaces_missing"));

	print_line(_("Kernel"), _("%s, queue %s, table %s"), text_of(kernel, "release"),
		   text_of(kernel, "queue"), word(text_of(kernel, "table")));
	if (missing && *missing)
		print_text(_("  not there"), missing);
}

/* Connection tracking that takes what it should not: the inspection still reads what it lets pass,
 * but one of two locks stands open. */
static void warn_of_tracking(const json_t *kernel)
{
	const json_t *tracking = json_object_get(kernel, "tracking");

	if (json_is_false(json_object_get(tracking, "checksum")))
		(void)fputs(_("sekishoctl: WARNING: the kernel does not check the TCP checksums of "
			      "forwarded packets. Set net.netfilter.nf_conntrack_checksum to 1.\n"),
			    stderr);
	if (json_is_true(json_object_get(tracking, "liberal")))
		(void)fputs(_("sekishoctl: WARNING: the kernel lets TCP segments outside of the "
			      "window pass. Set net.netfilter.nf_conntrack_tcp_be_liberal to 0.\n"),
			    stderr);
}

static void print_counts(const char *head, json_t *counts)
{
	long long all = 0;
	const char *slug;
	json_t *count;

	json_object_foreach(counts, slug, count) all += json_integer_value(count);
	print_line(head, "%lld", all);
	json_object_foreach(counts, slug, count)
	{
		enum reason reason = reason_of_slug(slug);
		char number[64];

		(void)snprintf(number, sizeof(number), "  %12lld  %-22.40s",
			       json_integer_value(count), slug);
		columns_entry(stdout, number, COUNT_CELLS,
			      reason < REASON_COUNT ? _(reason_info(reason)->text) : "");
	}
}

/* Ways in which flows end without a refusal, in the daemon's words and for people. */
static const struct {
	const char *slug, *text;
} ends[] = {
	{ "opened", N_("The server acknowledged what was read: open.") },
	{ "own-share", N_("Its source had more than its share: a newer one took its place.") },
	{ "full", N_("The table was full: a newer one took its place.") },
	{ "ports-again", N_("Its ports were used again.") },
	{ "idle", N_("It was named, and then silent for too long.") },
};

/* What the engine keeps of flows, and how those ended that were not refused. */
static void print_flows(const json_t *engine)
{
	const json_t *ended = json_object_get(engine, "ended");

	if (!ended)
		return;
	print_line("",
		   _("at most %lld undecided, %lld put off, %lld sources, %lld buffers, %lld "
		     "packets held"),
		   number_of(engine, "flows_peak"), number_of(engine, "put_off"),
		   number_of(engine, "sources"), number_of(engine, "buffers"),
		   number_of(engine, "held"));
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		char number[64];

		if (number_of(ended, ends[i].slug) == 0)
			continue;
		(void)snprintf(number, sizeof(number), "  %12lld  %-22.40s",
			       number_of(ended, ends[i].slug), ends[i].slug);
		columns_entry(stdout, number, COUNT_CELLS, _(ends[i].text));
	}
}

static void print_engines(const json_t *engines)
{
	const json_t *engine;
	size_t i;

	json_array_foreach(engines, i, engine)
	{
		print_line(i == 0 ? _("Engines") : "",
			   _("%lld: %s, pid %lld, packets %lld, undecided flows %lld, overruns "
			     "%lld, restarts %lld"),
			   number_of(engine, "number"), word(text_of(engine, "state")),
			   number_of(engine, "pid"), number_of(engine, "packets"),
			   number_of(engine, "flows"), number_of(engine, "overruns"),
			   number_of(engine, "restarts"));
		print_flows(engine);
	}
}

static void print_kernel_log(const json_t *reader)
{
	if (reader)
		print_line(_("Kernel's log"),
			   _("%s, pid %lld, packets %lld, missing %lld, unreadable %lld, restarts "
			     "%lld"),
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
	print_line(_("  chain"), _("key %s, checkpoints %lld (last of record %lld, not told %lld)"),
		   text_of(log, "key"), number_of(log, "checkpoints"), number_of(log, "checkpoint"),
		   number_of(log, "checkpoints_untold"));
}

static void print_log(const json_t *log)
{
	print_text(_("Decision log"), text_of(log, "path"));
	print_line(_("  records"),
		   _("last number %lld, written %lld, missing %lld, bytes %lld, batches %lld"),
		   number_of(log, "sequence"), number_of(log, "written"), number_of(log, "missing"),
		   number_of(log, "bytes"), number_of(log, "flushes"));
	print_chain(log);
	if (*text_of(log, "failure"))
		print_text(_("  failure"), text_of(log, "failure"));
}

static int show(json_t *answer)
{
	const json_t *counts = json_object_get(answer, "counts");

	if (!json_is_true(json_object_get(answer, "ok"))) {
		const char *text = control_client_sentence(answer);

		(void)fprintf(stderr, "sekishoctl: %s\n", text ? text : "?");
		return CMD_FINDING;
	}
	if (lacks_table(answer) || is_touched(answer))
		warn_of_table(answer);
	warn_of_tracking(json_object_get(answer, "kernel"));
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

	while ((option = cmd_next_option(argc, argv, ":js:hV", options)) != -1) {
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
			return CMD_USAGE; /* told */
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
