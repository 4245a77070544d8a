/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What stands behind the rows of the report of controls in HTML: conditions, proof, services. */
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_html.h"
#include "report/html.h"

/* Closes the table's body, the table and the section. */
static void close_section(struct html *html)
{
	html_close(html);
	html_close(html);
	html_close(html);
}

static void open_section(struct html *html, const char *title)
{
	html_constant(html, "\n");
	html_open(html, "section");
	html_element(html, "h2", NULL, title);
}

static void cell(struct html *html, const char *class, const char *text)
{
	html_element(html, "td", class, text ? text : "");
}

static void write_findings(struct html *html, const struct controls_condition *c)
{
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct lint_finding *f = c->findings[i];

		html_open(html, "p", "class", f->severity == LINT_NOTE ? "" : "fails");
		if (f->line > 0)
			html_printf(html, _("line %d: "), f->line);
		html_text(html, f->what);
		html_close(html);
	}
}

static void write_condition(struct html *html, const struct controls_report *report,
			    const struct controls_condition *c)
{
	const char *does = controls_condition_duty(c->condition->id);

	html_open(html, "tr");
	html_open(html, "td");
	html_element(html, "p", NULL, _(c->condition->rule_en));
	html_element(html, "p", "key", c->condition->id);
	html_close(html);
	html_open(html, "td");
	html_open(html, "p", "lang", "ja");
	html_text(html, c->condition->text_ja);
	html_close(html);
	controls_html_source(html, c->condition->source, NULL);
	html_close(html);
	html_open(html, "td", "class", "state");
	if (c->condition->kind == CONDITION_INFO) {
		html_element(html, "p", NULL, _("For information."));
	} else {
		html_open(html, "p");
		if (c->condition->kind == CONDITION_LINT && c->status == CONTROLS_FUNCTION)
			html_element(html, "span", "badge function", _("Checked"));
		else
			controls_html_badge(html, c->status);
		html_close(html);
	}
	html_element(html, "p", NULL, does);
	write_findings(html, c);
	controls_html_attestations(html, report, c->attestations, c->attestation_count);
	html_element(html, "p", "why", c->open);
	html_close(html);
	html_close(html);
}

void controls_html_conditions(struct html *html, const struct controls_report *report)
{
	const char *const heads[] = { _("Condition"), _("Wording of the guideline"),
				      _("State here") };

	open_section(html, _("Conditions that the guideline sets"));
	html_open(html, "table");
	html_constant(html, "<colgroup><col class=\"what\"/><col class=\"wording\"/>"
			    "<col class=\"state\"/></colgroup>");
	controls_html_head(html, heads, ARRAY_SIZE(heads));
	for (size_t i = 0; i < report->condition_count; i++)
		write_condition(html, report, &report->conditions[i]);
	close_section(html);
}

static void count_claims(const struct prove_result *proof, size_t counts[PROVE_UNKNOWN + 1])
{
	for (size_t i = 0; i < proof->count; i++)
		counts[proof->claims[i].status]++;
}

void controls_html_proof_summary(struct html *html, const struct controls_report *report)
{
	size_t counts[PROVE_UNKNOWN + 1] = { 0 };

	if (!report->input.proof)
		return;
	count_claims(report->input.proof, counts);
	html_open(html, "p");
	html_printf(html,
		    _("Proof of the rules over all packets there can be: of %zu claims %zu hold, "
		      "%zu fail, %zu are not known, %zu do not apply here."),
		    report->input.proof->count, counts[PROVE_HOLDS], counts[PROVE_FAILS],
		    counts[PROVE_UNKNOWN], counts[PROVE_NOT_APPLICABLE]);
	html_close(html);
}

static void write_claim(struct html *html, const struct prove_claim *claim)
{
	html_open(html, "tr");
	cell(html, "mono", claim->id);
	html_open(html, "td");
	if (claim->forbidden && claim->forbidden->text_ja) {
		html_open(html, "p", "lang", "ja");
		html_text(html, claim->forbidden->text_ja);
		html_close(html);
		controls_html_source(html, claim->forbidden->source, NULL);
	} else if (claim->forbidden) {
		html_open(html, "p");
		html_printf(html, "%s → %s", claim->forbidden->from, claim->forbidden->to);
		html_close(html);
		html_element(html, "p", "small", _("(The documents do not say it in words.)"));
	} else {
		html_element(html, "p", NULL,
			     _("Nothing passes but what the policy and the guideline permit."));
	}
	html_close(html);
	html_open(html, "td");
	html_element(html, "p", claim->status == PROVE_FAILS ? "fails" : "label",
		     controls_claim_text(claim->status));
	html_element(html, "p", "small", claim->why);
	html_close(html);
	html_close(html);
}

void controls_html_proof(struct html *html, const struct controls_report *report)
{
	const char *const heads[] = { _("Claim"), _("What no packet may do"), _("Result") };

	if (!report->input.proof)
		return;
	open_section(html, _("Proof of the rules"));
	html_open(html, "table");
	html_constant(html, "<colgroup><col class=\"what\"/><col class=\"state\"/>"
			    "<col class=\"wording\"/></colgroup>");
	controls_html_head(html, heads, ARRAY_SIZE(heads));
	for (size_t i = 0; i < report->input.proof->count; i++)
		write_claim(html, &report->input.proof->claims[i]);
	close_section(html);
}

/* The three cells of a registration. */
static void write_ismap(struct html *html, const struct controls_report *report,
			const struct policy_ismap *ismap)
{
	html_open(html, "td");
	html_element(html, "p", NULL, ismap->service);
	if (ismap->list && strcmp(ismap->list, "ISMAP") != 0)
		html_element(html, "p", "fails", ismap->list);
	if (ismap->built_on) {
		html_open(html, "p", "class", "fails");
		html_printf(html, _("built on %s"), ismap->built_on);
		html_close(html);
	}
	html_close(html);
	cell(html, "nowrap", ismap->number);
	html_open(html, "td", "class", "nowrap");
	html_text(html, ismap->valid_until);
	if (ismap->valid_until && strcmp(ismap->valid_until, report->date) < 0)
		html_element(html, "p", "fails", _("expired"));
	html_close(html);
}

static void write_service(struct html *html, const struct controls_report *report,
			  const struct policy_service *s)
{
	const struct guideline_role *role = guideline_role(s->role);

	html_open(html, "tr");
	cell(html, NULL, s->name);
	cell(html, NULL, report->input.japanese ? role->name_ja : role->name_en);
	if (s->exempt) {
		html_open(html, "td", "colspan", "3");
		html_element(html, "p", NULL,
			     _("Outside the ISMAP list: a security update service"));
		if (s->exempt_issuer) {
			html_open(html, "p", "class", "small");
			html_printf(html, _("its certificate is issued by %s"), s->exempt_issuer);
			html_close(html);
		}
		html_close(html);
	} else {
		write_ismap(html, report, &s->ismap);
	}
	html_close(html);
}

/* A virtual desktop of a cloud is on the list as a service is. */
static void write_endpoint(struct html *html, const struct controls_report *report, enum role r)
{
	const struct guideline_role *role = guideline_role(r);

	html_open(html, "tr");
	cell(html, NULL, role->slug);
	cell(html, NULL, report->input.japanese ? role->name_ja : role->name_en);
	write_ismap(html, report, &report->input.policy->endpoints[r].ismap);
	html_close(html);
}

static bool is_listed(const struct policy *policy, enum role role)
{
	return policy->endpoints[role].declared && policy->endpoints[role].ismap.line;
}

static bool has_services(const struct policy *policy)
{
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (is_listed(policy, (enum role)i))
			return true;
	}
	return policy->service_count > 0;
}

void controls_html_services(struct html *html, const struct controls_report *report)
{
	const struct policy *policy = report->input.policy;
	const char *const heads[] = { _("Service"), _("Role"), _("Service on the ISMAP list"),
				      _("Number"), _("Valid until") };

	if (!has_services(policy))
		return;
	open_section(html, _("Cloud services in use, as the policy declares them"));
	html_open(html, "table");
	controls_html_head(html, heads, ARRAY_SIZE(heads));
	for (int i = 0; i < ROLE_COUNT; i++) {
		if (is_listed(policy, (enum role)i))
			write_endpoint(html, report, (enum role)i);
	}
	for (size_t i = 0; i < policy->service_count; i++)
		write_service(html, report, &policy->services[i]);
	close_section(html);
}

static void write_exception(struct html *html, const struct controls_report *report,
			    const struct policy_exception *e)
{
	auto_(controls_exception_clear) struct controls_exception reach = { 0 };
	const time_t expires = (time_t)e->expires_s;
	char text[32] = "";
	struct tm tm;

	if (localtime_r(&expires, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%d %H:%M %z", &tm);
	html_open(html, "tr");
	cell(html, NULL, e->name);
	controls_exception_text(e, &reach);
	cell(html, "mono", reach.from ? reach.from : "");
	cell(html, "mono", reach.to ? reach.to : "");
	cell(html, NULL, e->reason);
	cell(html, NULL, e->approved_by);
	html_open(html, "td");
	html_text(html, text);
	if (e->expires_s <= report->input.now_s)
		html_element(html, "p", "small", _("expired"));
	html_close(html);
	html_close(html);
}

void controls_html_exceptions(struct html *html, const struct controls_report *report)
{
	const struct policy *policy = report->input.policy;
	const char *const heads[] = { _("Exception"), _("From"),        _("To"),
				      _("Reason"),    _("Approved by"), _("Expires") };

	open_section(html, _("Exceptions"));
	if (!policy->exception_count) {
		html_element(html, "p", NULL, _("None."));
		html_close(html);
		return;
	}
	html_open(html, "table");
	controls_html_head(html, heads, ARRAY_SIZE(heads));
	for (size_t i = 0; i < policy->exception_count; i++)
		write_exception(html, report, &policy->exceptions[i]);
	close_section(html);
}
