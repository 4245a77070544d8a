/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings of a policy as text, as JSON and as SARIF. */
#include "ctl/check_report.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif
#define INDENT     2
#define TEXT_RULE  "policy-text" /* of mistakes in the text of the policy */
#define SCHEMA_URI "https://json.schemastore.org/sarif-2.1.0.json"

static bool is_shown(const struct check_report *report, const struct lint_finding *finding)
{
	return report->verbose || finding->severity != LINT_NOTE;
}

/* The word of JSON, and of SARIF's levels. */
static const char *severity_word(enum lint_severity severity)
{
	switch (severity) {
	case LINT_ERROR:
		return "error";
	case LINT_WARNING:
		return "warning";
	case LINT_NOTE:
		return "note";
	}
	return "none";
}

/* ---- text */

static const char *severity_text(enum lint_severity severity)
{
	switch (severity) {
	case LINT_ERROR:
		return _("error");
	case LINT_WARNING:
		return _("warning");
	case LINT_NOTE:
		return _("note");
	}
	return "";
}

static void print_condition(const struct guideline_condition *condition, FILE *to)
{
	(void)fputc('\n', to);
	columns_line(to, 0, "%s: %s", condition->id, _(condition->rule_en));
	columns_line(to, 2, _("guideline: %s"), condition->text_ja);
	columns_line(to, 2, _("source: %s"), guideline_source_text(condition->source));
}

static void print_finding(const char *file, const struct lint_finding *finding, FILE *to)
{
	const char *severity = severity_text(finding->severity);

	if (finding->line)
		columns_line(to, 2, "%s:%d: %s: %s", file, finding->line, severity, finding->what);
	else
		columns_line(to, 2, "%s: %s: %s", file, severity, finding->what);
	if (finding->opens)
		columns_line(to, 6, "%s",
			     _("it opens what the guideline forbids: the policy is not loaded"));
	if (*finding->mend)
		columns_line(to, 6, _("to mend it: %s"), finding->mend);
}

void check_report_text(const struct check_report *report, FILE *to)
{
	const struct guideline_condition *told = NULL;
	const struct lint_report *lint = report->lint;
	size_t notes = lint ? lint->count - lint->errors - lint->warnings : 0;

	for (size_t i = 0; lint && i < lint->count; i++) {
		const struct lint_finding *finding = &lint->findings[i];

		if (!is_shown(report, finding))
			continue;
		if (finding->condition != told)
			print_condition(finding->condition, to);
		told = finding->condition;
		print_finding(report->file, finding, to);
	}
	if (!told)
		return;
	(void)fputc('\n', to);
	columns_line(to, 0, _("held against the guideline: errors %zu, warnings %zu, notes %zu%s"),
		     lint->errors, lint->warnings, notes,
		     notes && !report->verbose ? _(" (--verbose shows them)") : "");
}

/* ---- JSON */

/* Text that may not be UTF-8 (a path) as a string of JSON. */
static json_t *string_of(const char *text)
{
	json_t *string = json_string(text);
	auto_(free_charp) char *ascii = NULL;

	if (string)
		return string;
	ascii = strdup(text);
	for (char *c = ascii; c && *c; c++)
		if ((unsigned char)*c > 126 || (unsigned char)*c < ' ')
			*c = '?';
	return ascii ? json_string(ascii) : NULL;
}

static json_t *error_json(const struct errors_item *item)
{
	return json_pack("{so*, si, so}", "file", item->file ? string_of(item->file) : NULL, "line",
			 item->line, "text", string_of(item->text));
}

static json_t *finding_json(const struct lint_finding *finding)
{
	const struct guideline_condition *c = finding->condition;

	return json_pack("{ss, ss, sb, si, so, ss, ss, ss, ss}", "id", c->id, "severity",
			 severity_word(finding->severity), "opens", finding->opens, "line",
			 finding->line, "found", string_of(finding->what), "rule", c->rule_en,
			 "sentence", c->text_ja, "source", c->source, "mend", finding->mend);
}

static bool append(json_t *array, json_t *value)
{
	return !json_array_append_new(array, value);
}

static int dump(json_t *root, bool whole, FILE *to)
{
	int err = root && whole ? json_dumpf(root, to, JSON_INDENT(INDENT)) : -1;

	json_decref(root);
	if (err)
		return -ENOMEM;
	(void)fputc('\n', to);
	return 0;
}

int check_report_json(const struct check_report *report, FILE *to)
{
	const struct lint_report *lint = report->lint;
	json_t *errors = json_array(), *findings = json_array(), *root;
	bool whole = errors && findings;

	for (size_t i = 0; i < report->errors->count; i++)
		whole &= append(errors, error_json(&report->errors->at[i]));
	for (size_t i = 0; lint && i < lint->count; i++)
		if (is_shown(report, &lint->findings[i]))
			whole &= append(findings, finding_json(&lint->findings[i]));
	root = json_pack("{so, ss*, so, so, s{sI, sI, sI, sb}}", "file", string_of(report->file),
			 "hash", report->hash, "errors", errors, "findings", findings, "summary",
			 "text_errors", (json_int_t)report->errors->count, "errors",
			 (json_int_t)(lint ? lint->errors : 0), "warnings",
			 (json_int_t)(lint ? lint->warnings : 0), "held_against_guideline",
			 lint != NULL);
	return dump(root, whole, to);
}

/* ---- SARIF */

/* Names of files as URIs: what is not plain is escaped. Source: RFC 3986 section 2. */
static char *uri_of(const char *path)
{
	static const char plain[] = "-._~/";
	char *uri = malloc(3 * strlen(path) + 1), *out = uri;

	for (const char *c = path; uri && *c; c++) {
		if (isalnum((unsigned char)*c) || strchr(plain, *c))
			*out++ = *c;
		else
			out += sprintf(out, "%%%02X", (unsigned char)*c);
	}
	if (uri)
		*out = '\0';
	return uri;
}

static json_t *location(const char *file, int line)
{
	auto_(free_charp) char *uri = uri_of(file);

	if (!uri)
		return NULL;
	if (!line)
		return json_pack("[{s{s{ss}}}]", "physicalLocation", "artifactLocation", "uri",
				 uri);
	return json_pack("[{s{s{ss}, s{si}}}]", "physicalLocation", "artifactLocation", "uri", uri,
			 "region", "startLine", line);
}

static json_t *rule(const struct guideline_condition *c)
{
	auto_(free_charp) char *help = NULL;

	if (asprintf(&help, "%s (%s)", c->text_ja, c->source) < 0) {
		help = NULL;
		return NULL;
	}
	return json_pack("{ss, s{ss}, s{ss}, s{ss}}", "id", c->id, "shortDescription", "text",
			 c->rule_en, "fullDescription", "text", c->text_ja, "help", "text", help);
}

static json_t *rules(bool *whole)
{
	json_t *array = json_array();
	size_t count;
	const struct guideline_condition *conditions = guideline_conditions(&count);

	*whole &= append(array, json_pack("{ss, s{ss}}", "id", TEXT_RULE, "shortDescription",
					  "text", "The policy can be read."));
	for (size_t i = 0; i < count; i++)
		*whole &= append(array, rule(&conditions[i]));
	return array;
}

/* index: of the rule. */
static json_t *result(size_t index, const char *id, const char *level, json_t *message,
		      json_t *locations)
{
	return json_pack("{ss, sI, ss, s{so}, so}", "ruleId", id, "ruleIndex", (json_int_t)index,
			 "level", level, "message", "text", message, "locations", locations);
}

static json_t *finding_result(const char *file, const struct lint_finding *finding)
{
	size_t count;
	const struct guideline_condition *first = guideline_conditions(&count);
	size_t index = (size_t)(finding->condition - first) + 1;
	auto_(free_charp) char *text = NULL;

	if (asprintf(&text, *finding->mend ? _("%s. To mend it: %s.") : "%s%s", finding->what,
		     finding->mend) < 0) {
		text = NULL;
		return NULL;
	}
	return result(index, finding->condition->id, severity_word(finding->severity),
		      string_of(text), location(file, finding->line));
}

static json_t *error_result(const char *file, const struct errors_item *item)
{
	return result(0, TEXT_RULE, "error", string_of(item->text),
		      location(item->file ? item->file : file, item->line));
}

int check_report_sarif(const struct check_report *report, FILE *to)
{
	const struct lint_report *lint = report->lint;
	json_t *results = json_array(), *root;
	bool whole = results != NULL;

	for (size_t i = 0; i < report->errors->count; i++)
		whole &= append(results, error_result(report->file, &report->errors->at[i]));
	for (size_t i = 0; lint && i < lint->count; i++)
		if (is_shown(report, &lint->findings[i]))
			whole &= append(results, finding_result(report->file, &lint->findings[i]));
	root = json_pack("{ss, ss, s[{s{s{ss, ss, so}}, ss, so}]}", "$schema", SCHEMA_URI,
			 "version", "2.1.0", "runs", "tool", "driver", "name", "sekishoctl check",
			 "version", PACKAGE_VERSION, "rules", rules(&whole), "columnKind",
			 "unicodeCodePoints", "results", results);
	return dump(root, whole, to);
}
