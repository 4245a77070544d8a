/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of controls as plain text, in lines of at most 80 cells. */
#include <stdarg.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_parts.h"

#define CELLS_MAX 80

/* Bytes and cells of the next character; what must not reach a terminal is one "?". */
static size_t next_character(const char *text, const char **ret_shown, size_t *ret_shown_len,
			     size_t *ret_cells)
{
	mbstate_t state = { 0 };
	wchar_t wide;
	size_t len = mbrtowc(&wide, text, strlen(text), &state);
	int cells = len > 0 && len <= strlen(text) ? wcwidth(wide) : -1;

	*ret_shown = cells > 0 ? text : "?";
	*ret_shown_len = cells > 0 ? len : 1;
	*ret_cells = cells > 0 ? (size_t)cells : 1;
	return cells >= 0 ? len : 1;
}

/* Cells of the word at text: up to a blank, or one wide character. */
static size_t word_cells(const char *text)
{
	size_t cells = 0;

	while (*text && *text != ' ') {
		const char *shown;
		size_t shown_len, width;

		text += next_character(text, &shown, &shown_len, &width);
		if (width > 1)
			return cells ? cells : width;
		cells += width;
	}
	return cells;
}

/* Never first on a line: what ends a phrase. */
static bool ends_phrase(const char *text)
{
	static const char *const marks[] = { "、", "。", "，", "．", "」", "）", "』", "・" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		if (strncmp(text, marks[i], strlen(marks[i])) == 0)
			return true;
	}
	return false;
}

/* Cells that must fit on the line if text is not to begin a new one. */
static size_t needed(const char *text, bool at_word)
{
	if (*text == ' ')
		return 1 + word_cells(text + 1);
	return at_word && !ends_phrase(text) ? word_cells(text) : 0;
}

/* Writes text from column at, folded at indent. */
static void fold(FILE *to, size_t at, size_t indent, const char *text)
{
	bool at_word = false; /* the next character begins a word */

	while (*text) {
		const char *shown;
		size_t len, shown_len, width;
		const size_t need = needed(text, at_word);

		if (at > indent && need && at + need > CELLS_MAX) {
			(void)fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
			text += *text == ' ';
			continue;
		}
		len = next_character(text, &shown, &shown_len, &width);
		(void)fwrite(shown, 1, shown_len, to);
		at += width;
		at_word = *text == ' ' || width > 1;
		text += len;
	}
	(void)fputc('\n', to);
}

static void line(FILE *to, size_t indent, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void line(FILE *to, size_t indent, const char *format, ...)
{
	auto_(free_charp) char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	(void)fprintf(to, "%*s", (int)indent, "");
	fold(to, indent, indent + 2, text ? text : "");
}

static void print_head(const struct controls_report *report, FILE *to)
{
	const struct policy *policy = report->input.policy;
	const struct controls_counts *c = &report->required;

	line(to, 0, "%s", _("State of the security controls at the network boundary"));
	line(to, 0, _("%s, appliance %s, %s"), policy->organisation ? policy->organisation : "",
	     policy->appliance_name ? policy->appliance_name : "", report->date);
	line(to, 0, _("Policy %s, SHA-256 %s"), controls_policy_name(report), policy->source.hash);
	(void)fputc('\n', to);
	line(to, 0,
	     _("Of %zu required controls the appliance meets %zu by itself, the organisation "
	       "attests "
	       "%zu, and %zu are open; for %zu of the open ones the appliance does a part."),
	     c->total, c->appliance, c->attested, c->open, c->open_part);
	c = &report->recommended;
	line(to, 0,
	     _("Of %zu recommended controls the appliance meets %zu by itself, the organisation "
	       "attests %zu, and %zu are open."),
	     c->total, c->appliance, c->attested, c->open);
	line(to, 0, "%s",
	     _("Open does not say that it is not done: neither does the appliance see to the whole "
	       "of it, nor has anybody stated that it is done."));
}

static void print_attestations(const struct controls_report *report,
			       const struct policy_attestation *const *at, size_t count, FILE *to)
{
	for (size_t i = 0; i < count; i++) {
		const char *mark = "";

		if (controls_attestation_is_ahead(report, at[i]))
			mark = _(" (dated after this report: does not count)");
		else if (controls_attestation_is_old(report, at[i]))
			mark = _(" (more than a year ago)");
		line(to, 6, _("attested by %s, %s: \"%s\"%s"), at[i]->by, at[i]->on,
		     at[i]->statement ? at[i]->statement : "", mark);
	}
}

static void print_source(const char *source, FILE *to)
{
	auto_(free_charp) char *text = controls_source_text(source);

	if (text)
		line(to, 6, "%s", text);
}

static void print_evidence(const struct controls_item *item, FILE *to)
{
	for (size_t i = 0; i < item->rule_count; i++)
		line(to, 8, _("rule %s, chain %s (%zu)"), item->rules[i].id, item->rules[i].chain,
		     item->rules[i].count);
	for (size_t i = 0; i < item->settings.count; i++)
		line(to, 8, "%s", item->settings.at[i]);
	for (size_t i = 0; i < item->claim_count; i++) {
		const struct prove_claim *claim = item->claims[i];

		line(to, 8, _("proof of %s: %s"), claim->id, controls_claim_text(claim->status));
	}
}

static void print_item(const struct controls_report *report, const struct controls_item *item,
		       FILE *to)
{
	const struct guideline_control *c = item->control;

	line(to, 2, "%zu  [%s] %s: %s", item->number, controls_status_text(item->status),
	     c->level == LEVEL_REQUIRED ? _("required") : _("recommended"),
	     report->input.japanese ? c->name_ja : c->name_en);
	line(to, 6, "%s (%s)", c->key, report->input.japanese ? c->place_ja : c->place_en);
	if (!report->input.japanese)
		line(to, 6, "%s", c->name_ja);
	if (c->text_ja)
		line(to, 6, "%s", c->text_ja);
	print_source(c->source, to);
	if (item->does)
		line(to, 6, _("%s: %s"), controls_share_text(item->share), item->does);
	print_evidence(item, to);
	if (item->rest)
		line(to, 6, _("%s: %s"), _("Left to the organisation"), item->rest);
	print_attestations(report, item->attestations, item->attestation_count, to);
	if (item->open)
		line(to, 6, _("%s: %s"), _("Open"), item->open);
	(void)fputc('\n', to);
}

static void print_items(const struct controls_report *report, FILE *to)
{
	enum configuration last = CONFIGURATION_COUNT;

	for (size_t i = 0; i < report->count; i++) {
		const struct controls_item *item = &report->items[i];

		if (item->control->configuration != last) {
			last = item->control->configuration;
			line(to, 0, "== %s ==", controls_label(report, last));
			(void)fputc('\n', to);
		}
		print_item(report, item, to);
	}
}

static void print_condition(const struct controls_report *report,
			    const struct controls_condition *c, FILE *to)
{
	const char *does = controls_condition_duty(c->condition->id);
	const char *status = controls_status_text(c->status);

	if (c->condition->kind == CONDITION_INFO)
		status = _("For information.");
	else if (c->condition->kind == CONDITION_LINT && c->status == CONTROLS_FUNCTION)
		status = _("Checked");
	line(to, 2, "[%s] %s", status, c->condition->id);
	if (!report->input.japanese)
		line(to, 6, "%s", c->condition->rule_en);
	line(to, 6, "%s", c->condition->text_ja);
	print_source(c->condition->source, to);
	if (does)
		line(to, 6, "%s", does);
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct lint_finding *f = c->findings[i];

		if (f->line > 0)
			line(to, 6, _("line %d: %s"), f->line, f->what);
		else
			line(to, 6, "%s", f->what);
	}
	print_attestations(report, c->attestations, c->attestation_count, to);
	if (c->open)
		line(to, 6, _("%s: %s"), _("Open"), c->open);
	(void)fputc('\n', to);
}

static void print_proof(const struct prove_result *proof, FILE *to)
{
	line(to, 0, "== %s ==", _("Proof of the rules"));
	(void)fputc('\n', to);
	for (size_t i = 0; i < proof->count; i++) {
		const struct prove_claim *claim = &proof->claims[i];

		line(to, 2, "%s: %s", claim->id, controls_claim_text(claim->status));
		if (claim->why[0])
			line(to, 6, "%s", claim->why);
	}
	(void)fputc('\n', to);
}

static void print_exceptions(const struct controls_report *report, FILE *to)
{
	const struct policy *policy = report->input.policy;

	line(to, 0, "== %s ==", _("Exceptions"));
	(void)fputc('\n', to);
	if (!policy->exception_count)
		line(to, 2, "%s", _("None."));
	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];
		auto_(controls_exception_clear) struct controls_exception reach = { 0 };
		const time_t expires = (time_t)e->expires_s;
		char text[32] = "";
		struct tm tm;

		if (localtime_r(&expires, &tm))
			(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M %z", &tm);
		line(to, 2, _("%s: %s (approved by %s, until %s)"), e->name ? e->name : "",
		     e->reason ? e->reason : "", e->approved_by ? e->approved_by : "", text);
		controls_exception_text(e, &reach);
		line(to, 4, "%s", reach.from ? reach.from : "");
		line(to, 4, "%s", reach.to ? reach.to : "");
	}
	(void)fputc('\n', to);
}

void controls_text(const struct controls_report *report, FILE *to)
{
	size_t count;
	const char *const *documents = guideline_documents(&count);

	print_head(report, to);
	(void)fputc('\n', to);
	print_items(report, to);
	line(to, 0, "== %s ==", _("Conditions that the guideline sets"));
	(void)fputc('\n', to);
	for (size_t i = 0; i < report->condition_count; i++)
		print_condition(report, &report->conditions[i], to);
	if (report->input.proof)
		print_proof(report->input.proof, to);
	print_exceptions(report, to);
	for (size_t i = 0; i < count; i++)
		line(to, 0, "[%zu] %s", i + 1, documents[i]);
}
