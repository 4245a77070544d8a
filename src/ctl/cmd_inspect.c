/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl inspect: reads captures as the daemon reads packets, and says what it finds. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/capture.h"
#include "ctl/capture_flows.h"
#include "ctl/capture_view.h"
#include "ctl/cmd.h"
#include "policy/policy.h"

/* As a policy has it that does not say otherwise. */
#define TIMEOUT_MS 10000

struct inspection {
	const char *policy_file, *file;
	struct policy *policy;
	struct capture_flows *flows;
	bool failed; /* memory ran out, or the output cannot be written */
};

static int help(const char *name)
{
	return cmd_help(
		name, _("[--policy FILE] CAPTURE..."),
		_("Reads captures (pcap or pcapng; - is standard input) as the daemon reads "
		  "packets, and prints\none JSON object a line for each flow, for HTTP for each "
		  "request: who, the protocol, the name\nthat the client said, and the outcome.\n\n"
		  "  -p, --policy FILE   the outcome is what this policy makes of the flow\n\n"
		  "Without a policy the outcome is \"allow\" where a name was read and nothing "
		  "refused, \"deny\"\nwhere the bytes would be refused whatever the policy, and "
		  "\"undecided\" where the capture\ndoes not show enough. No kernel and no daemon "
		  "is asked.\n\n"
		  "Ends with 0 if every capture was read to its end, whatever was found in it; "
		  "with 4 if one\nis no capture, is damaged or cut off, or is of a link type that "
		  "is not known.\n"));
}

/* -1 to go on, else how the program ends. */
static int read_options(int argc, char **argv, struct inspection *o)
{
	static const struct option options[] = {
		{ "policy", required_argument, NULL, 'p' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "p:hV", options, NULL)) != -1) {
		if (option == 'h')
			return help(argv[0]);
		if (option == 'V')
			return cmd_version();
		if (option != 'p')
			return cmd_usage(argv[0], _("that option is not known"));
		if (o->policy_file != NULL)
			return cmd_usage(argv[0], _("only one policy can be used"));
		o->policy_file = optarg;
	}
	if (optind == argc)
		return cmd_usage(argv[0], _("at least one CAPTURE is needed"));
	return -1;
}

static void print_flow(const struct capture_flow *flow, void *data)
{
	struct inspection *o = data;
	json_t *object;

	if (o->failed)
		return;
	object = capture_view_json(flow, o->policy, o->file);
	if (object == NULL || json_dumpf(object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
		o->failed = true;
	json_decref(object);
}

static void take_packet(const struct defrag_packet *packet, uint64_t time_us, void *data)
{
	struct inspection *o = data;

	if (!o->failed)
		capture_flows_take(o->flows, packet, time_us);
}

static void warn_counts(const char *file, const struct capture_counts *counts, uint64_t broken)
{
	broken += counts->broken;
	if (broken != 0)
		(void)fprintf(stderr,
			      _("sekishoctl: %s: %llu of %llu frames have headers that do not hold "
				"together; they are left out\n"),
			      file, (unsigned long long)broken, (unsigned long long)counts->frames);
	if (counts->incomplete != 0)
		(void)fprintf(stderr,
			      _("sekishoctl: %s: %llu fragments are left out: others of their "
				"packets are missing, or contradict them\n"),
			      file, (unsigned long long)counts->incomplete);
}

static FILE *open_capture(const char *file)
{
	int fd;

	if (strcmp(file, "-") != 0)
		return fopen(file, "rbe");
	/* Whoever reads it closes it. */
	fd = dup(STDIN_FILENO);
	return fd < 0 ? NULL : fdopen(fd, "rb");
}

/* One capture. An enum cmd_exit. */
static int inspect_file(struct inspection *o, const char *file)
{
	uint32_t timeout_ms =
		o->policy == NULL ? TIMEOUT_MS : o->policy->daemon.undecided_timeout_ms;
	struct capture_counts counts = { 0 };
	char error[CAPTURE_ERROR_MAX] = "";
	FILE *from = open_capture(file);
	int err;

	if (from == NULL) {
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", file, strerror(errno));
		return CMD_TROUBLE;
	}
	o->file = file;
	o->flows = capture_flows_new(CAPTURE_FLOWS_USUAL, timeout_ms, print_flow, o);
	if (o->flows == NULL) {
		(void)fclose(from);
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", file, strerror(ENOMEM));
		return CMD_TROUBLE;
	}
	err = capture_read(from, take_packet, o, &counts, error);
	capture_flows_end(o->flows);
	(void)fflush(stdout);
	if (err < 0)
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", file, error);
	warn_counts(file, &counts, capture_flows_broken(o->flows));
	capture_flows_free(o->flows);
	return err < 0 || o->failed ? CMD_TROUBLE : CMD_OK;
}

int cmd_inspect(int argc, char **argv)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct inspection o = { 0 };
	int code = read_options(argc, argv, &o);

	if (code >= 0)
		return code;
	if (o.policy_file != NULL) {
		int err = policy_read(o.policy_file, &policy, &errors);

		if (err < 0) {
			errors_sort(&errors);
			errors_print(&errors, stderr);
			return cmd_policy_exit(err);
		}
		o.policy = policy;
	}
	code = CMD_OK;
	for (int i = optind; i < argc && !o.failed; i++)
		if (inspect_file(&o, argv[i]) != CMD_OK)
			code = CMD_TROUBLE;
	return code;
}
