/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of controls as plain text, in lines of at most 80 cells. */
#include <string.h>
#include <time.h>

#include "common/columns.h"
#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_parts.h"

static void print_head(const struct controls_report *report, FILE *to)
{
	const struct policy *policy = report->input.policy;
	const struct controls_counts *c = &report->required;

	columns_line(to, 0, "%s", _("State of the security controls at the network boundary"));
	columns_line(to, 0, _("%s, appliance %s, %s"),
		     policy->organisation ? policy->organisation : "",
		     policy->appliance_name ? policy->appliance_name : "", report->date);
	columns_line(to, 0, _("Policy %s, SHA-256 %s"), controls_policy_name(report),
		     policy->source.hash);
	(void)fputc('\n', to);
	columns_line(
		to, 0,
		_("Of %zu required controls the appliance meets %zu by itself, the organisation "
		  "attests "
		  "%zu, and %zu are open; for %zu of the open ones the appliance does a part."),
		c->total, c->appliance, c->attested, c->open, c->open_part);
	c = &report->recommended;
	columns_line(
		to, 0,
		_("Of %zu recommended controls the appliance meets %zu by itself, the organisation "
		  "attests %zu, and %zu are open."),
		c->total, c->appliance, c->attested, c->open);
	columns_line(to, 0, "%s",
		     _("Open does not say that it is not done: neither does the appliance see to "
		       "the whole "
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
		columns_line(to, 6, _("attested by %s, %s: \"%s\"%s"), at[i]->by, at[i]->on,
			     at[i]->statement ? at[i]->statement : "", mark);
	}
}

static void print_source(const char *source, FILE *to)
{
	auto_(free_charp) char *text = controls_source_text(source);

	if (text)
		columns_line(to, 6, "%s", text);
}

static void print_evidence(const struct controls_item *item, FILE *to)
{
	for (size_t i = 0; i < item->rule_count; i++)
		columns_line(to, 8, _("rule %s, chain %s (%zu)"), item->rules[i].id,
			     item->rules[i].chain, item->rules[i].count);
	for (size_t i = 0; i < item->settings.count; i++)
		columns_line(to, 8, "%s", item->settings.at[i]);
	for (size_t i = 0; i < item->claim_count; i++) {
		const struct prove_claim *claim = item->claims[i];

		columns_line(to, 8, _("proof of %s: %s"), claim->id,
			     controls_claim_text(claim->status));
	}
}

static void print_item(const struct controls_report *report, const struct controls_item *item,
		       FILE *to)
{
	const struct guideline_control *c = item->control;

	columns_line(to, 2, "%zu  [%s] %s: %s", item->number, controls_status_text(item->status),
		     c->level == LEVEL_REQUIRED ? _("required") : _("recommended"),
		     report->input.japanese ? c->name_ja : c->name_en);
	columns_line(to, 6, "%s (%s)", c->key, report->input.japanese ? c->place_ja : c->place_en);
	if (!report->input.japanese)
		columns_line(to, 6, "%s", c->name_ja);
	if (c->text_ja)
		columns_line(to, 6, "%s", c->text_ja);
	print_source(c->source, to);
	if (item->does)
		columns_line(to, 6, _("%s: %s"), controls_share_text(item->share), item->does);
	print_evidence(item, to);
	if (item->rest)
		columns_line(to, 6, _("%s: %s"), _("Left to the organisation"), item->rest);
	print_attestations(report, item->attestations, item->attestation_count, to);
	if (item->open)
		columns_line(to, 6, _("%s: %s"), _("Open"), item->open);
	(void)fputc('\n', to);
}

static void print_items(const struct controls_report *report, FILE *to)
{
	enum configuration last = CONFIGURATION_COUNT;

	for (size_t i = 0; i < report->count; i++) {
		const struct controls_item *item = &report->items[i];

		if (item->control->configuration != last) {
			last = item->control->configuration;
			columns_line(to, 0, "== %s ==", controls_label(report, last));
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
	columns_line(to, 2, "[%s] %s", status, c->condition->id);
	columns_line(to, 6, "%s", _(c->condition->rule_en));
	columns_line(to, 6, "%s", c->condition->text_ja);
	print_source(c->condition->source, to);
	if (does)
		columns_line(to, 6, "%s", does);
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct lint_finding *f = c->findings[i];

		if (f->line > 0)
			columns_line(to, 6, _("line %d: %s"), f->line, f->what);
		else
			columns_line(to, 6, "%s", f->what);
	}
	print_attestations(report, c->attestations, c->attestation_count, to);
	if (c->open)
		columns_line(to, 6, _("%s: %s"), _("Open"), c->open);
	(void)fputc('\n', to);
}

static void print_proof(const struct prove_result *proof, FILE *to)
{
	columns_line(to, 0, "== %s ==", _("Proof of the rules"));
	(void)fputc('\n', to);
	for (size_t i = 0; i < proof->count; i++) {
		const struct prove_claim *claim = &proof->claims[i];

		columns_line(to, 2, "%s: %s", claim->id, controls_claim_text(claim->status));
		if (claim->why[0])
			columns_line(to, 6, "%s", claim->why);
	}
	(void)fputc('\n', to);
}

static void print_exceptions(const struct controls_report *report, FILE *to)
{
	const struct policy *policy = report->input.policy;

	columns_line(to, 0, "== %s ==", _("Exceptions"));
	(void)fputc('\n', to);
	if (!policy->exception_count)
		columns_line(to, 2, "%s", _("None."));
	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];
		auto_(controls_exception_clear) struct controls_exception reach = { 0 };
		const time_t expires = (time_t)e->expires_s;
		char text[32] = "";
		struct tm tm;

		if (localtime_r(&expires, &tm))
			(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M %z", &tm);
		columns_line(to, 2, _("%s: %s (approved by %s, until %s)"), e->name ? e->name : "",
			     e->reason ? e->reason : "", e->approved_by ? e->approved_by : "",
			     text);
		controls_exception_text(e, &reach);
		columns_line(to, 4, "%s", reach.from ? reach.from : "");
		columns_line(to, 4, "%s", reach.to ? reach.to : "");
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
	columns_line(to, 0, "== %s ==", _("Conditions that the guideline sets"));
	(void)fputc('\n', to);
	for (size_t i = 0; i < report->condition_count; i++)
		print_condition(report, &report->conditions[i], to);
	if (report->input.proof)
		print_proof(report->input.proof, to);
	print_exceptions(report, to);
	for (size_t i = 0; i < count; i++)
		columns_line(to, 0, "[%zu] %s", i + 1, documents[i]);
}
