/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl log verify: checks that no record was altered, removed, moved or added. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "audit/line.h"
#include "audit/log_key.h"
#include "audit/source.h"
#include "audit/verify.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/cmd.h"

#define KEYS_MAX     16
#define FINDINGS_MAX 50 /* shown */

struct file {
	const char *path;
	uint64_t first; /* number of its first record */
};

struct request {
	struct log_key_auditor keys[KEYS_MAX];
	size_t key_count;
	const char *checkpoints;
	struct file *files;
	size_t file_count;
};

static const char help_text[] =
	N_("Checks that no record of the log was altered, removed, moved or added.\n\n"
	   "  -k, --key FILE           the auditor's verification key; once for each, if\n"
	   "                           there were several\n"
	   "  -p, --public-key FILE    only the public part: checks numbers, seals and\n"
	   "                           signatures, not what the records say\n"
	   "  -C, --checkpoints FILE   checkpoints kept elsewhere, such as an excerpt of\n"
	   "                           syslog; shows whether the end was cut off\n\n"
	   "FILES may be given in any order and may be packed by gzip or zstd.\n");

static int trouble(const char *path, int error)
{
	(void)fprintf(stderr, "sekishoctl: %s: %s\n", path, strerror(-error));
	return CMD_TROUBLE;
}

/* -1 to go on, else how the program ends. */
static int take_key(const char *path, bool secret, struct request *request)
{
	struct log_key_auditor *key = &request->keys[request->key_count];
	int r;

	if (request->key_count == KEYS_MAX)
		return cmd_usage("log verify", _("more than %d keys"), KEYS_MAX);
	r = log_key_read_auditor(path, key);
	if (r == -EINVAL) {
		(void)fprintf(stderr, _("sekishoctl: %s: this is no verification key\n"), path);
		return CMD_TROUBLE;
	}
	if (r < 0)
		return trouble(path, r);
	if (secret && !key->has_secret)
		return cmd_usage("log verify",
				 _("%s holds the public part alone; give it with --public-key"),
				 path);
	if (!secret) {
		OPENSSL_cleanse(key->key, sizeof(key->key));
		key->has_secret = false;
	}
	request->key_count++;
	return -1;
}

static int parse(int argc, char **argv, struct request *request)
{
	static const struct option options[] = {
		{ "key", required_argument, NULL, 'k' },
		{ "public-key", required_argument, NULL, 'p' },
		{ "checkpoints", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};
	int option, code = -1;

	while (code < 0 && (option = getopt_long(argc, argv, "k:p:C:hV", options, NULL)) != -1) {
		switch (option) {
		case 'k':
		case 'p':
			code = take_key(optarg, option == 'k', request);
			break;
		case 'C':
			request->checkpoints = optarg;
			break;
		case 'h':
			return cmd_help("log verify", "[OPTIONS] FILE...", _(help_text));
		case 'V':
			return cmd_version();
		default:
			return cmd_usage("log verify", _("that option is not known"));
		}
	}
	if (code >= 0)
		return code;
	if (request->key_count == 0)
		return cmd_usage("log verify", _("a key is needed: --key or --public-key"));
	if (optind == argc)
		return cmd_usage("log verify", _("at least one FILE is needed"));
	request->file_count = (size_t)(argc - optind);
	request->files = calloc(request->file_count, sizeof(*request->files));
	if (!request->files)
		return trouble(argv[0], -ENOMEM);
	for (size_t i = 0; i < request->file_count; i++)
		request->files[i].path = argv[optind + (int)i];
	return -1;
}

/* The number that a file begins with, by its first line that is a record. */
static int look_into(struct file *file)
{
	auto_(source_freep) struct source *source = NULL;
	const char *text;
	struct line line;
	bool whole;
	size_t len;
	int r = source_open(file->path, &source);

	file->first = UINT64_MAX;
	while (r >= 0 && (r = source_next(source, &text, &len, &whole)) > 0) {
		if (line_parse(text, len, &line) < 0)
			continue;
		file->first = line.number;
		break;
	}
	/* damage is told when its turn has come */
	return r == -EBADMSG || r > 0 ? 0 : r;
}

static int by_first(const void *a, const void *b)
{
	const struct file *left = a, *right = b;

	if (left->first != right->first)
		return left->first < right->first ? -1 : 1;
	return strcmp(left->path, right->path);
}

static int read_checkpoints(const char *path, struct verify *verify)
{
	auto_(source_freep) struct source *source = NULL;
	struct checkpoint checkpoint;
	size_t len, found = 0, damaged = 0;
	const char *text;
	bool whole;
	int r = source_open(path, &source);

	while (r >= 0 && (r = source_next(source, &text, &len, &whole)) > 0) {
		int how = checkpoint_find(text, len, &checkpoint);

		damaged += how == -EBADMSG;
		if (how < 0)
			continue;
		found++;
		r = verify_checkpoint(verify, &checkpoint);
	}
	if (r < 0)
		return trouble(path, r);
	if (damaged > 0)
		(void)fprintf(stderr, _("sekishoctl: %s: damaged checkpoints passed over: %zu\n"),
			      path, damaged);
	if (found == 0) {
		(void)fprintf(stderr, _("sekishoctl: %s: there is no checkpoint in it\n"), path);
		return CMD_TROUBLE;
	}
	return -1;
}

/* -1, or how the program ends. */
static int read_file(struct verify *verify, const char *path)
{
	auto_(source_freep) struct source *source = NULL;
	const char *text;
	bool whole;
	size_t len;
	int r = source_open(path, &source);

	while (r >= 0 && (r = source_next(source, &text, &len, &whole)) > 0)
		r = verify_line(verify, text, len, whole);
	if (r != -EBADMSG)
		return r < 0 ? trouble(path, r) : -1;
	/* what could be unpacked was checked; the rest is a line that is no record */
	(void)fprintf(stderr, _("sekishoctl: %s: what is packed in it is damaged or breaks off\n"),
		      path);
	r = verify_line(verify, "", 0, false);
	return r < 0 ? trouble(path, r) : -1;
}

/* ---- what was found, in words */

static void print_numbers(const struct verify_finding *finding)
{
	if (finding->first == finding->last)
		(void)printf(_("record %llu"), (unsigned long long)finding->first);
	else
		(void)printf(_("records %llu to %llu"), (unsigned long long)finding->first,
			     (unsigned long long)finding->last);
}

/* Without the numbers in front. */
static const char *words_of(enum verify_kind kind)
{
	static const char *const words[] = {
		[VERIFY_ALTERED] = N_("ALTERED: changed after it was written, or signed with "
				      "another key"),
		[VERIFY_MISSING] = N_("MISSING: not in the files given"),
		[VERIFY_REORDERED] = N_("REORDERED: stands behind a later record"),
		[VERIFY_DUPLICATED] = N_("DUPLICATED: stands there a second time"),
		[VERIFY_DAMAGED] = N_("DAMAGED: a line that is no record"),
		[VERIFY_TRUNCATED] = N_("TRUNCATED: a checkpoint proves that the log went further"),
		[VERIFY_UNCHAINED] = N_("WITHOUT TAG: nothing proves it"),
		[VERIFY_SEAL] = N_("WRONG SEAL: the file does not go on from the record before it"),
		[VERIFY_CHECKPOINT] = N_("NOT WHAT WAS SEALED: a checkpoint says otherwise, or its "
					 "signature is wrong"),
		[VERIFY_OTHER_KEY] = N_("OTHER KEY: belongs to a key that was not given"),
		[VERIFY_UNPROVEN] = N_("not proven, since what it follows on is not there"),
		[VERIFY_GAP] = N_("missing, as the log itself says in a proven record"),
		[VERIFY_BEFORE] = N_("written before the chain began: nothing proves it"),
		[VERIFY_BEGIN] = N_("before the first record given: not checked"),
	};

	return _(words[kind]);
}

static void print_finding(const struct request *request, const struct verify_finding *finding)
{
	if (finding->line > 0 && finding->kind != VERIFY_TRUNCATED && finding->kind != VERIFY_BEGIN)
		(void)printf("%s:%llu: ", request->files[finding->file].path,
			     (unsigned long long)finding->line);
	if (finding->first > 0) {
		print_numbers(finding);
		(void)printf(": ");
	}
	(void)printf("%s", words_of(finding->kind));
	if (finding->detail[0])
		(void)printf(" (%s)", finding->detail);
	if (finding->found > 0)
		(void)printf(_("; %llu of them stand elsewhere"),
			     (unsigned long long)finding->found);
	(void)printf("\n");
}

static void print_findings(const struct request *request, const struct verify_result *result,
			   bool wrong)
{
	const uint64_t all = wrong ? result->findings_all : result->notes;
	uint64_t shown = 0;

	for (size_t i = 0; i < result->finding_count && shown < FINDINGS_MAX; i++) {
		const struct verify_finding *finding = &result->findings[i];

		if (finding->kind == VERIFY_KIND_COUNT || verify_is_finding(finding->kind) != wrong)
			continue;
		print_finding(request, finding);
		shown++;
	}
	if (all > shown)
		(void)printf(_("and %llu more\n"), (unsigned long long)(all - shown));
}

static void print_proven(const struct verify_result *result)
{
	if (!result->with_secret) {
		(void)printf(_("Without the secret key only numbers, seals and signatures were "
			       "checked: whether a record says what it said when it was written "
			       "is NOT known.\n"));
		return;
	}
	if (result->proven_records == 0) {
		(void)printf(_("No record is proven.\n"));
		return;
	}
	(void)printf(_("Proven to be as they were written: %llu of %llu records\n"),
		     (unsigned long long)result->proven_records,
		     (unsigned long long)result->records);
	for (size_t i = 0; i < result->proven_count && i < FINDINGS_MAX; i++)
		(void)printf("  %llu - %llu\n", (unsigned long long)result->proven[i].first,
			     (unsigned long long)result->proven[i].last);
	if (result->proven_count > FINDINGS_MAX)
		(void)printf(_("  and so on; %zu ranges\n"), result->proven_count);
}

static int print_result(const struct request *request, const struct verify_result *result)
{
	const bool wrong = result->findings_all > 0;

	if (result->records == 0) {
		(void)printf(_("There is no record in what was given.\n"));
		return CMD_FINDING;
	}
	print_findings(request, result, true);
	print_findings(request, result, false);
	print_proven(result);
	(void)printf(_("Last record: %llu. Checkpoints with a good signature: %llu.\n"),
		     (unsigned long long)result->last, (unsigned long long)result->checkpoints);
	if (!request->checkpoints)
		(void)printf(_("No checkpoints from elsewhere were given: whether records behind "
			       "the last one were cut off is not known.\n"));
	(void)printf("%s\n", wrong ? _("THE LOG IS NOT WHOLE.") : _("Nothing wrong was found."));
	return wrong ? CMD_FINDING : CMD_OK;
}

static int verify_all(const struct request *request)
{
	auto_(verify_freep) struct verify *verify = verify_new(request->keys, request->key_count);
	struct verify_result result;
	int code = -1;

	if (!verify)
		return trouble("verify", -ENOMEM);
	if (request->checkpoints)
		code = read_checkpoints(request->checkpoints, verify);
	for (size_t i = 0; i < request->file_count && code < 0; i++) {
		verify_file(verify, i);
		code = read_file(verify, request->files[i].path);
	}
	if (code >= 0)
		return code;
	verify_end(verify, &result);
	return print_result(request, &result);
}

int cmd_log_verify(int argc, char **argv)
{
	struct request request = { 0 };
	int code = parse(argc, argv, &request);

	for (size_t i = 0; i < request.file_count && code < 0; i++) {
		int r = look_into(&request.files[i]);

		if (r < 0)
			code = trouble(request.files[i].path, r);
	}
	if (code < 0 && request.files) {
		qsort(request.files, request.file_count, sizeof(*request.files), by_first);
		code = verify_all(&request);
	}
	free(request.files);
	OPENSSL_cleanse(request.keys, sizeof(request.keys));
	return code;
}
