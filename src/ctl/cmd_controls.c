/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl controls: every control that the guideline asks of the configurations in use, and how
 * it stands here. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <getopt.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "common/language.h"
#include "ctl/cmd.h"
#include "lint/lint.h"
#include "policy/policy.h"
#include "prove/prove.h"
#include "report/controls.h"
#include "ruleset/compile.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_HTML };

struct request {
	const char *file, *output;
	enum format format;
	bool japanese;
	int64_t now_s;
};

static const char help_text[] =
	N_("Reports on every control that the guideline asks of the configurations in use: its "
	   "wording and page,\nwhat the appliance does for it, who attests what, and what is open. "
	   "The running daemon is not asked.\n\n"
	   "  -f, --format text|json|html   html is one file, to be read or printed on A4\n"
	   "  -l, --lang ja|en              the report's language (default: that of the locale)\n"
	   "  -o, --output FILE             write there, not to standard output\n");

static const struct option options[] = {
	{ "format", required_argument, NULL, 'f' }, { "lang", required_argument, NULL, 'l' },
	{ "output", required_argument, NULL, 'o' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },      { 0 },
};

static int parse_format(const char *text, enum format *ret)
{
	static const char *const names[] = {
		[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_HTML] = "html"
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum format)i;
			return -1;
		}
	}
	return cmd_usage("controls", _("--format: \"%s\" is none of text, json, html"), text);
}

/* The time of the report. Source: reproducible-builds.org, SOURCE_DATE_EPOCH. */
static int parse_now(int64_t *ret)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;

	*ret = (int64_t)time(NULL);
	if (!text || !*text)
		return -1;
	errno = 0;
	long long seconds = strtoll(text, &end, 10);
	if (errno || *end != '\0' || seconds < 0 || seconds > INT64_C(253402300799))
		return cmd_usage("controls", _("SOURCE_DATE_EPOCH: \"%s\" is no number of seconds"),
				 text);
	*ret = seconds;
	return -1;
}

/* -1, or how the program ends. */
static int parse(int argc, char **argv, struct request *request)
{
	int option, code = parse_now(&request->now_s);

	while (code < 0 && (option = cmd_next_option(argc, argv, ":f:l:o:hV", options)) != -1) {
		if (option == 'h')
			return cmd_help(argv[0], "[OPTIONS] POLICY", _(help_text));
		if (option == 'V')
			return cmd_version();
		if (option == 'f')
			code = parse_format(optarg, &request->format);
		else if (option == 'l')
			code = cmd_use_language(argv[0], optarg) == CMD_OK ? -1 : CMD_USAGE;
		else if (option == 'o')
			request->output = optarg;
		else
			code = CMD_USAGE; /* told */
	}
	if (code < 0 && argc - optind != 1)
		return cmd_usage(argv[0], _("exactly one POLICY is needed"));
	request->japanese = language_is_japanese();
	request->file = code < 0 ? argv[optind] : NULL;
	return code;
}

static int write_report(const struct request *request, const struct controls_report *report,
			FILE *to)
{
	switch (request->format) {
	case FORMAT_TEXT:
		controls_text(report, to);
		return 0;
	case FORMAT_JSON:
		return controls_json(report, to);
	case FORMAT_HTML:
		controls_html(report, to);
		return 0;
	}
	return 0;
}

/* The whole report is made before a file is touched. */
static int output(const struct request *request, const struct controls_report *report)
{
	auto_(free_charp) char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return -errno;
	int r = write_report(request, report, memory);
	if (fclose(memory) != 0 && r == 0)
		r = -ENOMEM;
	if (r < 0)
		return r;
	if (!request->output)
		return fwrite(text, 1, len, stdout) == len ? 0 : -EIO;

	FILE *file = fopen(request->output, "we");
	if (!file)
		return -errno;
	if (fwrite(text, 1, len, file) != len)
		r = errno ? -errno : -EIO;
	if (fclose(file) != 0 && r == 0)
		r = -errno;
	return r;
}

static int report_policy(const struct request *request, const struct policy *policy)
{
	struct prove_result proof = { 0 };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(lint_report_clear) struct lint_report lint = { 0 };
	auto_(controls_report_clear) struct controls_report report = { 0 };
	int r = compile_policy(policy, &ruleset);

	if (r < 0) {
		(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), request->file,
			      strerror(-r));
		return CMD_FINDING;
	}
	const struct controls_input input = { .policy = policy,
					      .ruleset = ruleset,
					      .proof = &proof,
					      .lint = &lint,
					      .now_s = request->now_s,
					      .japanese = request->japanese };
	r = prove_ruleset(policy, ruleset, &proof);
	if (r == 0)
		r = lint_policy(policy, request->now_s, &lint);
	if (r == 0)
		r = controls_report(&input, &report);
	if (r == 0)
		r = output(request, &report);
	if (r < 0) {
		(void)fprintf(stderr, _("%s: the report cannot be written: %s\n"),
			      request->output ? request->output : "-", strerror(-r));
		return CMD_TROUBLE;
	}
	return CMD_OK;
}

int cmd_controls(int argc, char **argv)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct request request = { 0 };

	int code = parse(argc, argv, &request);
	if (code >= 0)
		return code;
	int r = policy_read(request.file, &policy, &errors);
	if (r < 0) {
		errors_sort(&errors);
		errors_print(&errors, stderr);
		return cmd_policy_exit(r);
	}
	return report_policy(&request, policy);
}
