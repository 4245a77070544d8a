/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of the report of controls in HTML. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_html.h"
#include "report/html.h"

void controls_html_source(struct html *html, const char *source, const char *also)
{
	auto_(free_charp) char *text = controls_source_text(source);
	auto_(free_charp) char *more = also ? controls_source_text(also) : NULL;

	html_open(html, "p", "class", "source");
	html_text(html, text);
	if (more) {
		html_text(html, "; ");
		html_text(html, more);
	}
	html_close(html);
}

void controls_html_badge(struct html *html, enum controls_status status)
{
	char class[32];

	(void)snprintf(class, sizeof(class), "badge %s", controls_status_slug(status));
	html_element(html, "span", class, controls_status_text(status));
}

static void write_level(struct html *html, const struct controls_report *report,
			const struct guideline_control *c)
{
	const bool required = c->level == LEVEL_REQUIRED;

	html_element(html, "span", required ? "level" : "level recommended",
		     report->input.japanese ? c->level_text
		     : required             ? _("required")
					    : _("recommended"));
}

static void write_name(struct html *html, const struct controls_report *report,
		       const struct controls_item *item)
{
	const struct guideline_control *c = item->control;

	html_open(html, "td");
	html_printf(html, "%zu", item->number);
	write_level(html, report, c);
	if (!report->input.japanese)
		html_element(html, "p", "name", c->name_en);
	html_open(html, "p", "class", report->input.japanese ? "name" : "small", "lang", "ja");
	html_text(html, c->name_ja);
	html_close(html);
	html_element(html, "p", "key", c->key);
	html_close(html);
}

static void write_wording(struct html *html, const struct guideline_control *c)
{
	html_open(html, "td");
	html_open(html, "div", "lang", "ja");
	if (c->text_ja)
		html_element(html, "p", NULL, c->text_ja);
	if (c->relation_ja)
		html_element(html, "p", "small", c->relation_ja);
	html_close(html);
	if (!c->text_ja)
		html_element(html, "p", "small",
			     _("(The guideline has only the name, no text of its own.)"));
	controls_html_source(html, c->source, c->also_source);
	html_close(html);
}

static void labelled(struct html *html, const char *label, const char *text)
{
	html_open(html, "p");
	html_element(html, "span", "label", label);
	html_text(html, _(": "));
	html_text(html, text);
	html_close(html);
}

static void write_rules(struct html *html, const struct controls_item *item)
{
	if (!item->rule_count && !item->settings.count)
		return;
	html_open(html, "ul", "class", "rules");
	for (size_t i = 0; i < item->rule_count; i++) {
		const struct controls_rules *r = &item->rules[i];

		html_open(html, "li");
		html_printf(html, "%s [%s]\u00a0×\u00a0%zu", r->id, r->chain, r->count);
		html_close(html);
	}
	for (size_t i = 0; i < item->settings.count; i++)
		html_element(html, "li", NULL, item->settings.at[i]);
	html_close(html);
}

static void write_claims(struct html *html, const struct controls_item *item)
{
	for (size_t i = 0; i < item->claim_count; i++) {
		const struct prove_claim *claim = item->claims[i];

		html_open(html, "p", "class", claim->status == PROVE_HOLDS ? "" : "fails");
		html_element(html, "span", "label", _("Proof"));
		html_text(html, _(": "));
		html_element(html, "span", "mono", claim->id);
		html_printf(html, " — %s", controls_claim_text(claim->status));
		if (claim->status != PROVE_HOLDS && claim->why[0])
			html_printf(html, " (%s)", claim->why);
		html_close(html);
	}
}

void controls_html_attestations(struct html *html, const struct controls_report *report,
				const struct policy_attestation *const *at, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		html_open(html, "p", "class", "attestation");
		html_element(html, "span", "label", _("Attested by"));
		html_printf(html, _(": %s, %s"), at[i]->by, at[i]->on);
		if (at[i]->statement)
			html_printf(html, _(": \"%s\""), at[i]->statement);
		if (controls_attestation_is_ahead(report, at[i]))
			html_element(html, "span", "fails",
				     _(" (dated after this report: does not count)"));
		else if (controls_attestation_is_old(report, at[i]))
			html_element(html, "span", "fails", _(" (more than a year ago)"));
		html_close(html);
	}
}

static void write_state(struct html *html, const struct controls_report *report,
			const struct controls_item *item)
{
	html_open(html, "td", "class", "state");
	html_open(html, "p");
	controls_html_badge(html, item->status);
	html_close(html);
	if (item->does)
		labelled(html, controls_share_text(item->share), item->does);
	write_rules(html, item);
	write_claims(html, item);
	if (item->rest)
		labelled(html, _("Left to the organisation"), item->rest);
	controls_html_attestations(html, report, item->attestations, item->attestation_count);
	if (item->open)
		html_element(html, "p", "why", item->open);
	html_close(html);
}

static void write_row(struct html *html, const struct controls_report *report,
		      const struct controls_item *item)
{
	char id[32];

	(void)snprintf(id, sizeof(id), "c%zu", item->number);
	html_constant(html, "\n");
	html_open(html, "tr", "id", id);
	write_name(html, report, item);
	write_wording(html, item->control);
	write_state(html, report, item);
	html_close(html);
}

static void write_place(struct html *html, const struct controls_report *report,
			const struct guideline_control *c)
{
	html_open(html, "tr", "class", "place");
	html_open(html, "th", "colspan", "3", "scope", "colgroup");
	if (report->input.japanese)
		html_text(html, c->place_ja);
	else
		html_text(html, c->place_en);
	html_close(html);
	html_close(html);
}

void controls_html_head(struct html *html, const char *const *heads, size_t count)
{
	html_open(html, "thead");
	html_open(html, "tr");
	for (size_t i = 0; i < count; i++) {
		html_open(html, "th", "scope", "col");
		html_text(html, heads[i]);
		html_close(html);
	}
	html_close(html);
	html_close(html);
	html_open(html, "tbody");
}

static void open_table(struct html *html)
{
	const char *const heads[] = { _("Control"), _("Wording of the guideline"),
				      _("State here") };

	html_open(html, "table");
	html_constant(html, "<colgroup><col class=\"what\"/><col class=\"wording\"/>"
			    "<col class=\"state\"/></colgroup>");
	controls_html_head(html, heads, ARRAY_SIZE(heads));
}

static void close_table(struct html *html)
{
	html_close(html);
	html_close(html);
}

/* The rows of one configuration: a table for each list that they come from. */
static void write_tables(struct html *html, const struct controls_report *report,
			 enum configuration configuration)
{
	const struct guideline_control *last = NULL;

	for (size_t i = 0; i < report->count; i++) {
		const struct controls_item *item = &report->items[i];
		const struct guideline_control *c = item->control;

		if (c->configuration != configuration)
			continue;
		if (!last || last->base != c->base) {
			if (last)
				close_table(html);
			html_element(html, "h3", NULL,
				     report->input.japanese ? c->base->name_ja : c->base->name_en);
			open_table(html);
			last = NULL;
		}
		if (!last || strcmp(last->place, c->place) != 0)
			write_place(html, report, c);
		write_row(html, report, item);
		last = c;
	}
	if (last)
		close_table(html);
}

static void write_chapter(struct html *html, const struct controls_report *report,
			  enum configuration configuration)
{
	const struct guideline_chapter *chapter = guideline_chapter(configuration);

	if (chapter->implemented_at_ja) {
		html_open(html, "p", "lang", "ja");
		html_text(html, chapter->implemented_at_ja);
		html_close(html);
	}
	if (chapter->note_source) {
		auto_(free_charp) char *source = controls_source_text(chapter->note_source);

		html_open(html, "p");
		html_text(html,
			  _("The documents have no table of its own for this configuration: it is "
			    "the one without the prime mark, with terminals left in the internet "
			    "zone. Its controls are the same."));
		html_printf(html, " %s", source ? source : "");
		html_close(html);
	}
	if (chapter->precondition_count) {
		html_element(html, "h3", NULL, _("Preconditions of this case"));
		html_open(html, "ul", "lang", "ja");
		for (size_t i = 0; i < chapter->precondition_count; i++)
			html_element(html, "li", NULL, chapter->preconditions_ja[i]);
		html_close(html);
	}
	(void)report;
}

void controls_html_rows(struct html *html, const struct controls_report *report)
{
	for (int i = 0; i < CONFIGURATION_COUNT; i++) {
		if (!(report->configurations & CONFIGURATION_BIT(i)))
			continue;
		html_constant(html, "\n");
		html_open(html, "section", "class", "configuration");
		html_element(html, "h2", NULL, controls_label(report, (enum configuration)i));
		write_chapter(html, report, (enum configuration)i);
		write_tables(html, report, (enum configuration)i);
		html_close(html);
	}
}

static void write_open_row(struct html *html, const struct controls_report *report,
			   const struct controls_item *item)
{
	auto_(free_charp) char *source = controls_source_text(item->control->source);
	char link[32];

	(void)snprintf(link, sizeof(link), "#c%zu", item->number);
	html_open(html, "tr");
	html_open(html, "td", "class", "n");
	html_open(html, "a", "href", link);
	html_printf(html, "%zu", item->number);
	html_close(html);
	html_close(html);
	html_open(html, "td");
	html_text(html, report->input.japanese ? item->control->name_ja : item->control->name_en);
	html_close(html);
	html_element(html, "td", NULL,
		     report->input.japanese ? item->control->place_ja : item->control->place_en);
	html_element(html, "td", "small", source);
	html_open(html, "td");
	html_text(html, item->share == CONTROLS_PART && item->rest ? item->rest : item->open);
	html_close(html);
	html_close(html);
}

static bool is_open_required(const struct controls_item *item)
{
	return item->control->level == LEVEL_REQUIRED && item->status == CONTROLS_OPEN;
}

void controls_html_open_rows(struct html *html, const struct controls_report *report)
{
	const char *const heads[] = { _("No."), _("Control"), _("Place"), _("Source"),
				      _("What is open") };
	enum configuration last = CONFIGURATION_COUNT;

	html_open(html, "section");
	html_element(html, "h2", NULL, _("Required controls that are open"));
	if (!report->required.open) {
		html_element(html, "p", NULL, _("None."));
		html_close(html);
		return;
	}
	html_open(html, "table", "class", "open");
	html_constant(html, "<colgroup><col/><col class=\"c2\"/><col class=\"c3\"/>"
			    "<col class=\"c4\"/><col/></colgroup>");
	controls_html_head(html, heads, ARRAY_SIZE(heads));
	for (size_t i = 0; i < report->count; i++) {
		const struct controls_item *item = &report->items[i];

		if (!is_open_required(item))
			continue;
		if (item->control->configuration != last) {
			last = item->control->configuration;
			html_open(html, "tr", "class", "place");
			html_open(html, "th", "colspan", "5", "scope", "colgroup");
			html_text(html, controls_label(report, last));
			html_close(html);
			html_close(html);
		}
		write_open_row(html, report, item);
	}
	close_table(html);
	html_close(html);
}
