/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl log: shows the decision log, its end, or what is asked for of it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <getopt.h>
#include <jansson.h>

#include "audit/reader.h"
#include "audit/writer.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "common/reason.h"
#include "ctl/cmd.h"
#include "ctl/record_filter.h"
#include "ctl/record_view.h"
#include "ctl/when.h"
#include "policy/guideline.h"
#include "policy/policy.h"

#define DIRECTORY_DEFAULT "/var/log/sekisho"
#define LAST_MAX          1000000
#define LAST_FOLLOWING    10 /* lines before following, as of tail(1) */

struct request {
	const char *file, *directory, *config;
	bool follow, json, has_last;
	size_t last;
	struct record_filter filter;
};

struct show {
	const struct request *request;
	struct record_view view;
	uint64_t damaged;          /* lines that are no records */
	char **ring;               /* of the last matching lines, while it fills */
	size_t ring_size, ring_at; /* ring_at counts all that were put in */
};

static const char help_text[] =
	N_("Shows the decision log; without options all of it, as a table.\n\n"
	   "  -f, --follow            go on showing records as they are written, over rotation\n"
	   "  -n, --last N            only the last N records (of those that match)\n"
	   "      --source ADDRESS    from this address, prefix or range\n"
	   "      --destination ADDRESS\n"
	   "      --name GLOB         host name, such as '*.sharepoint.com'\n"
	   "      --zone ZONE         from or to this zone\n"
	   "      --outcome allow|deny\n"
	   "      --reason SLUG       \"--reason list\" shows them all\n"
	   "      --rule GLOB         the guideline's flow, or the kernel's rule\n"
	   "      --since TIME        2026-11-22, '2026-11-22 12:35', 12:35, today, -2h, and\n"
	   "      --until TIME        with Z or +09:00 behind; else local time\n"
	   "      --json              the records as they are\n"
	   "      --table             for people (the default)\n"
	   "  -d, --directory DIR     where the log is\n"
	   "  -c, --config FILE       the policy that says where the log is\n\n"
	   "FILE \"-\" is standard input, for \"zcat decisions.jsonl.2.gz | sekishoctl log -\".\n\n"
	   "\"sekishoctl log verify --help\": checks that nobody changed the log.\n"
	   "\"sekishoctl log init-key --help\": makes the keys for that.\n");

enum {
	OPT_SOURCE = 256,
	OPT_DESTINATION,
	OPT_NAME,
	OPT_ZONE,
	OPT_OUTCOME,
	OPT_REASON,
	OPT_RULE,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_JSON,
	OPT_TABLE
};

static const struct option options[] = {
	{ "follow", no_argument, NULL, 'f' },
	{ "last", required_argument, NULL, 'n' },
	{ "source", required_argument, NULL, OPT_SOURCE },
	{ "destination", required_argument, NULL, OPT_DESTINATION },
	{ "name", required_argument, NULL, OPT_NAME },
	{ "zone", required_argument, NULL, OPT_ZONE },
	{ "outcome", required_argument, NULL, OPT_OUTCOME },
	{ "reason", required_argument, NULL, OPT_REASON },
	{ "rule", required_argument, NULL, OPT_RULE },
	{ "since", required_argument, NULL, OPT_SINCE },
	{ "until", required_argument, NULL, OPT_UNTIL },
	{ "json", no_argument, NULL, OPT_JSON },
	{ "table", no_argument, NULL, OPT_TABLE },
	{ "directory", required_argument, NULL, 'd' },
	{ "config", required_argument, NULL, 'c' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },
	{ 0 },
};

static int list_reasons(void)
{
	for (unsigned int i = 1; i < REASON_COUNT; i++) {
		const struct reason_info *info = reason_info((enum reason)i);

		(void)printf("%-22s %s\n", info->slug, _(info->text));
	}
	return CMD_OK;
}

static int parse_address(const char *option, const char *text, bool *ret_has,
			 struct addr_range *ret)
{
	if (addr_range_parse(text, ret) < 0)
		return cmd_usage("log", _("%s: \"%s\" is no address, prefix or range"), option,
				 text);
	*ret_has = true;
	return -1;
}

static int parse_time(const char *option, const char *text, char *ret)
{
	time_t when;

	if (when_parse(text, time(NULL), &when) < 0)
		return cmd_usage("log",
				 _("%s: \"%s\" is no time; write 2026-11-22, '2026-11-22 "
				   "12:35', 12:35 or -2h"),
				 option, text);
	(void)when_to_record(when, ret);
	return -1;
}

static int parse_last(const char *text, struct request *request)
{
	char *end = NULL;

	errno = 0;
	long last = strtol(text, &end, 10);
	if (errno || *text == '\0' || *end != '\0' || last < 0 || last > LAST_MAX)
		return cmd_usage("log", _("--last: \"%s\" is no number from 0 to %d"), text,
				 LAST_MAX);
	request->last = (size_t)last;
	request->has_last = true;
	return -1;
}

static int parse_outcome(const char *text, struct record_filter *filter)
{
	if (strcmp(text, "allow") == 0)
		filter->outcome = OUTCOME_ALLOW;
	else if (strcmp(text, "deny") == 0)
		filter->outcome = OUTCOME_DENY;
	else
		return cmd_usage("log", _("--outcome: \"%s\" is neither allow nor deny"), text);
	return -1;
}

/* A reason or zone that does not exist would show an empty log, which looks like good news. */
static int parse_word(int option, const char *text, struct record_filter *filter)
{
	if (option == OPT_ZONE) {
		if (guideline_zone_of(text) < 0)
			return cmd_usage("log", _("--zone: there is no zone \"%s\""), text);
		filter->zone = text;
		return -1;
	}
	if (strcmp(text, "list") == 0)
		return list_reasons();
	if (reason_of_slug(text) == REASON_COUNT)
		return cmd_usage("log", _("--reason: there is no reason \"%s\"; see --reason list"),
				 text);
	filter->reason = text;
	return -1;
}

/* -1 to go on, else how the program ends. */
static int parse_filter_option(int option, struct record_filter *filter)
{
	switch (option) {
	case OPT_SOURCE:
		return parse_address("--source", optarg, &filter->has_source, &filter->source);
	case OPT_DESTINATION:
		return parse_address("--destination", optarg, &filter->has_destination,
				     &filter->destination);
	case OPT_NAME:
		filter->name = optarg;
		return -1;
	case OPT_RULE:
		filter->rule = optarg;
		return -1;
	case OPT_ZONE:
	case OPT_REASON:
		return parse_word(option, optarg, filter);
	case OPT_OUTCOME:
		return parse_outcome(optarg, filter);
	case OPT_SINCE:
		return parse_time("--since", optarg, filter->since);
	case OPT_UNTIL:
		return parse_time("--until", optarg, filter->until);
	default:
		return CMD_USAGE; /* told */
	}
}

static int parse_option(int option, struct request *request)
{
	switch (option) {
	case 'f':
		request->follow = true;
		return -1;
	case 'n':
		return parse_last(optarg, request);
	case 'd':
		request->directory = optarg;
		return -1;
	case 'c':
		request->config = optarg;
		return -1;
	case OPT_JSON:
		request->json = true;
		return -1;
	case OPT_TABLE:
		request->json = false;
		return -1;
	case 'h':
		return cmd_help("log", "[OPTIONS] [FILE]", _(help_text));
	case 'V':
		return cmd_version();
	default:
		return parse_filter_option(option, &request->filter);
	}
}

static int parse(int argc, char **argv, struct request *request)
{
	int option, code = -1;

	while (code < 0 && (option = cmd_next_option(argc, argv, ":fn:d:c:hV", options)) != -1)
		code = parse_option(option, request);
	if (code >= 0)
		return code;
	if (argc - optind > 1)
		return cmd_usage(argv[0], _("it takes one FILE at most"));
	if (optind < argc)
		request->file = argv[optind];
	if (request->file && (request->directory || request->config))
		return cmd_usage(argv[0], _("FILE says already where the log is"));
	if (request->follow && request->file && strcmp(request->file, "-") == 0)
		return cmd_usage(argv[0], _("standard input cannot be followed"));
	if (request->follow && !request->has_last) {
		request->has_last = true;
		request->last = LAST_FOLLOWING;
	}
	return -1;
}

/* Where the log is. -1 and *ret_path (the caller frees it), or how the program ends. */
static int find_log(const struct request *request, char **ret_path)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	const char *directory = request->directory ? request->directory : DIRECTORY_DEFAULT;
	int printed;

	if (request->config && !request->directory) {
		int r = policy_read(request->config, &policy, &errors);
		if (r < 0) {
			errors_print(&errors, stderr);
			return cmd_policy_exit(r);
		}
		directory = policy->daemon.log_directory;
	}
	if (request->file)
		printed = asprintf(ret_path, "%s", request->file);
	else
		printed = asprintf(ret_path, "%s/%s", directory, WRITER_FILE_NAME);
	return printed < 0 ? CMD_TROUBLE : -1;
}

static void print_line(struct show *show, const char *line, const json_t *record)
{
	if (show->request->json)
		(void)printf("%s\n", line);
	else
		record_view_print(&show->view, record);
}

static void show_line(struct show *show, const char *line, size_t len)
{
	json_t *record = json_loadb(line, len, 0, NULL);

	if (!json_is_object(record)) {
		show->damaged++;
	} else if (record_filter_match(&show->request->filter, record)) {
		if (show->ring_size > 0) {
			char **slot = &show->ring[show->ring_at++ % show->ring_size];

			free(*slot);
			*slot = strdup(line);
		} else {
			print_line(show, line, record);
		}
	}
	json_decref(record);
}

/* Prints what the ring holds, oldest first, and does without it from then on. */
static void empty_ring(struct show *show)
{
	const size_t size = show->ring_size;
	size_t from = show->ring_at > size ? show->ring_at - size : 0;

	show->ring_size = 0;
	for (; from < show->ring_at; from++) {
		char *line = show->ring[from % size];
		json_t *record = line ? json_loads(line, 0, NULL) : NULL;

		if (record)
			print_line(show, line, record);
		json_decref(record);
		free(line);
	}
	free(show->ring);
	show->ring = NULL;
}

/* The last records: straight from the file's end if all match, else by keeping the last that do. */
static int prepare_last(struct show *show, struct reader *reader)
{
	const struct request *request = show->request;

	if (!request->has_last)
		return 0;
	if (record_filter_is_empty(&request->filter)) {
		int r = reader_seek_last(reader, request->last);
		if (r != -ESPIPE)
			return r;
	}
	/* With none wanted, the ring of one is emptied unseen. */
	show->ring_size = request->last ? request->last : 1;
	show->ring = calloc(show->ring_size, sizeof(*show->ring));
	return show->ring ? 0 : -ENOMEM;
}

static int show_all(struct show *show, struct reader *reader)
{
	const char *line;
	size_t len;
	int r;

	while ((r = reader_next(reader, &line, &len)) > 0)
		show_line(show, line, len);
	if (show->ring && show->request->last == 0) {
		free(show->ring[0]);
		show->ring[0] = NULL;
	}
	if (show->ring)
		empty_ring(show);
	return r;
}

static int follow(struct show *show, struct reader *reader)
{
	int r = 0;

	while (r >= 0 && !ferror(stdout)) {
		if (fflush(stdout) != 0)
			break;
		r = reader_wait(reader, -1);
		if (r > 0)
			r = show_all(show, reader);
	}
	return r;
}

static void prepare_view(struct record_view *view)
{
	struct winsize size;

	view->to = stdout;
	if (!isatty(STDOUT_FILENO))
		return;
	view->colour = getenv("NO_COLOR") == NULL;
	view->cells = 120;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
		view->cells = size.ws_col;
}

int cmd_log(int argc, char **argv)
{
	struct request request = { 0 };
	struct show show = { .request = &request };
	auto_(reader_freep) struct reader *reader = NULL;
	auto_(free_charp) char *path = NULL;

	/* a file of such a name is "./verify" */
	if (argc > 1 && strcmp(argv[1], "verify") == 0)
		return cmd_log_verify(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "init-key") == 0)
		return cmd_log_key(argc - 1, argv + 1);
	int code = parse(argc, argv, &request);
	if (code < 0)
		code = find_log(&request, &path);
	if (code >= 0)
		return code;
	prepare_view(&show.view);
	int r = reader_open(path, &reader);
	if (r == 0)
		r = prepare_last(&show, reader);
	if (r == 0)
		r = show_all(&show, reader);
	if (r == 0 && request.follow)
		r = follow(&show, reader);
	if (r < 0) {
		(void)fprintf(stderr, "sekishoctl: %s: %s\n", path, strerror(-r));
		return CMD_TROUBLE;
	}
	show.damaged += reader_overlong(reader);
	if (show.damaged > 0) {
		(void)fprintf(stderr, _("sekishoctl: %s: lines that are no records: %llu\n"), path,
			      (unsigned long long)show.damaged);
		return CMD_FINDING;
	}
	return CMD_OK;
}
