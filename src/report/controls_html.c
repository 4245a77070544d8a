/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of controls as one HTML page: its head, its summary, and what goes with it. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_html.h"
#include "report/html.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

static const char style_screen[] =
	":root{--ink:#1b1b1b;--soft:#555;--line:#c4c4c4;--head:#f1f3f5;--met:#0a5a3c;"
	"--attested:#1d4a8a;--open:#a3190f;--na:#666}"
	"*{box-sizing:border-box}"
	"body{margin:0 auto;padding:2rem 1.5rem;max-width:64rem;color:var(--ink);background:#fff;"
	"font:10.5pt/1.7 'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans',"
	"'Hiragino Kaku Gothic ProN','Yu Gothic','YuGothic','Meiryo','IPAexGothic','IPAGothic',"
	"sans-serif;line-break:strict;overflow-wrap:break-word}"
	"[lang=en]{font-family:'Noto Sans','Helvetica Neue',Arial,'DejaVu Sans','Noto Sans CJK JP',"
	"'Noto Sans JP','Yu Gothic','Meiryo',sans-serif;line-height:1.5}"
	"[lang=ja]{font-family:'Noto Sans CJK JP','Noto Sans JP','Hiragino Sans',"
	"'Hiragino Kaku Gothic ProN','Yu Gothic','YuGothic','Meiryo','IPAexGothic','IPAGothic',"
	"sans-serif;line-height:1.7}"
	"h1{font-size:1.7em;line-height:1.35;margin:.1em 0 .6em}"
	"h2{font-size:1.25em;line-height:1.4;margin:2.2em 0 .6em;padding-bottom:.2em;"
	"border-bottom:2px solid var(--ink)}"
	"h3{font-size:1.05em;margin:1.6em 0 .5em}"
	"p,ul,ol{margin:.5em 0}"
	"ul,ol{padding-left:1.6em}"
	"a{color:inherit}"
	".organisation{font-size:1.15em;margin:0}"
	"dl.facts{display:grid;grid-template-columns:max-content 1fr;margin:1em 0;"
	"border-top:1px solid var(--line)}"
	"dl.facts>*{padding:.25em .6em;border-bottom:1px solid var(--line);margin:0}"
	"dl.facts dt{color:var(--soft);background:var(--head)}"
	"table{width:100%;border-collapse:collapse;font-size:.9em;margin:.6em 0}"
	"th,td{border:1px solid var(--line);padding:.4em .55em;text-align:left;vertical-align:top}"
	"thead th{background:var(--head);font-weight:700}"
	"td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}td.n,td.nowrap{white-space:"
	"nowrap}"
	"table.counts th.n{min-width:3.6em;max-width:7.5em}"
	"table.open td.n,table.open th:first-child{white-space:nowrap}"
	"table.open col.c2{width:27%}table.open col.c3{width:17%}table.open col.c4{width:18%}"
	"tr.total td,tr.total th{border-top:2px solid var(--ink);font-weight:700}"
	"tr.place th{background:#e6e9ec;font-weight:700}"
	"col.what{width:23%}col.wording{width:34%}col.state{width:43%}"
	".name{font-weight:700}"
	".small,.key,.source,.rules{font-size:.86em;color:var(--soft);line-height:1.5}"
	".key,.rules,.mono{font-family:'DejaVu Sans Mono','Noto Sans "
	"Mono',Consolas,Menlo,monospace;"
	"font-size:.82em;overflow-wrap:anywhere}"
	".rules{list-style:none;padding:0;margin:.35em 0}"
	".state p{margin:.35em 0}td>:first-child,td>div:first-child>:first-child{margin-top:0}"
	"td>:last-child{margin-bottom:0}"
	".marks{list-style:none;padding:0;display:flex;flex-wrap:wrap;gap:0 1.4em}"
	".marks .bar{display:inline-flex;width:1.6em;margin:0 .4em 0 0;vertical-align:-.15em}"
	".marks .bar span{width:100%}"
	".badge{display:inline-block;padding:.05em .6em;border:1.5px solid;border-radius:2px;"
	"font-weight:700;font-size:.95em;line-height:1.5;white-space:nowrap}"
	".enforced,.inspected,.function{color:var(--met)}"
	".attested{color:var(--attested)}"
	".badge.open{color:#fff;background:var(--open);border-color:var(--open)}"
	".not-applicable{color:var(--na)}"
	".level{display:inline-block;font-size:.8em;border:1px solid var(--soft);padding:0 .4em;"
	"margin-left:.4em;white-space:nowrap}"
	".level.recommended{border-style:dashed;color:var(--soft)}"
	".label{font-weight:700}"
	".fails{color:var(--open);font-weight:700}.why{color:var(--open)}"
	".bar{display:flex;height:1.1em;border:1px solid var(--ink);margin:.6em 0}"
	".bar span{display:block;height:100%}"
	".bar .b-met{background:var(--met)}.bar .b-attested{background:#8fb0dd}"
	".bar .b-open{background:repeating-linear-gradient(45deg,#fff 0 5px,#e6a39d 5px 8px)}"
	".bar .b-na{background:#e3e3e3}"
	".bar,.badge,thead th,tr.place th,dl.facts dt{-webkit-print-color-adjust:exact;"
	"print-color-adjust:exact}"
	"footer{margin-top:3em;border-top:1px solid var(--line);color:var(--soft);font-size:.86em}";

static const char style_print[] =
	"@media print{body{max-width:none;padding:0;font-size:9pt}a{text-decoration:none}"
	"thead{display:table-header-group}tr,.keep,dl.facts{break-inside:avoid}"
	"h2,h3,tr.place{break-after:avoid}section.configuration{break-before:page}"
	"section.configuration>h2{margin-top:0}"
	"p{orphans:2;widows:2}}";

/* On every page: who, which policy, when, and the page's number. Strings come last, escaped. */
static void write_style(struct html *html, const struct controls_report *report)
{
	const struct policy *policy = report->input.policy;

	html_open(html, "style");
	html_constant(html, style_screen);
	html_constant(html, style_print);
	html_constant(html, "@page{size:A4;margin:19mm 15mm 17mm;"
			    "@top-left{font:7.5pt sans-serif;color:#444;content:");
	html_css_string(html, policy->organisation);
	html_constant(html, "\" \\002014  \"");
	html_css_string(html, policy->appliance_name);
	html_constant(html, "}@top-right{font:7.5pt sans-serif;color:#444;content:");
	html_css_string(html, report->date);
	html_constant(html, "}@bottom-left{font:6.5pt monospace;color:#444;content:\"SHA-256 \"");
	html_css_string(html, policy->source.hash);
	html_constant(html, "}@bottom-right{font:7.5pt sans-serif;color:#444;"
			    "content:counter(page)\" / \"counter(pages)}}");
	html_close(html);
}

static void fact(struct html *html, const char *name, const char *class, const char *value)
{
	html_element(html, "dt", NULL, name);
	html_element(html, "dd", class, value);
}

static void write_firewalls(struct html *html, const struct policy *policy)
{
	html_element(html, "dt", NULL, _("Firewalls it plays"));
	html_open(html, "dd");
	for (int i = 0; i < FIREWALL_COUNT; i++) {
		if (policy->firewalls & FIREWALL_BIT(i))
			html_element(html, "div", NULL, controls_firewall_text((enum firewall)i));
	}
	html_close(html);
}

static void write_configurations(struct html *html, const struct controls_report *report)
{
	html_element(html, "dt", NULL, _("Configurations"));
	html_open(html, "dd");
	for (int i = 0; i < CONFIGURATION_COUNT; i++) {
		if (report->configurations & CONFIGURATION_BIT(i))
			html_element(html, "div", NULL,
				     controls_label(report, (enum configuration)i));
	}
	html_close(html);
}

static void write_title(struct html *html, const struct controls_report *report)
{
	const struct policy *policy = report->input.policy;

	html_open(html, "header");
	html_element(html, "p", "organisation", policy->organisation);
	html_element(html, "h1", NULL, _("State of the security controls at the network boundary"));
	html_open(html, "dl", "class", "facts");
	fact(html, _("Organisation"), NULL, policy->organisation);
	fact(html, _("Appliance"), NULL, policy->appliance_name);
	write_firewalls(html, policy);
	write_configurations(html, report);
	fact(html, _("Policy"), NULL, controls_policy_name(report));
	fact(html, _("Hash of the policy (SHA-256)"), "mono", policy->source.hash);
	fact(html, _("Date of this report"), NULL, report->date);
	fact(html, _("Made by"), NULL, "Sekisho " PACKAGE_VERSION);
	html_close(html);
	html_close(html);
}

static void count_cell(struct html *html, size_t count)
{
	html_open(html, "td", "class", "n");
	html_printf(html, "%zu", count);
	html_close(html);
}

static void count_cells(struct html *html, const char *level, const struct controls_counts *c)
{
	html_element(html, "td", "n", level);
	count_cell(html, c->total);
	count_cell(html, c->appliance);
	count_cell(html, c->attested);
	count_cell(html, c->open);
	count_cell(html, c->open_part);
	count_cell(html, c->not_applicable);
}

static void count_head(struct html *html)
{
	const char *const heads[] = { _("All"),
				      _("Met by the appliance"),
				      _("Attested"),
				      _("Open"),
				      _("of these: a part done by the appliance"),
				      _("Not applicable") };

	html_open(html, "thead");
	html_open(html, "tr");
	html_open(html, "th", "scope", "col");
	html_text(html, _("Configuration"));
	html_close(html);
	html_open(html, "th", "scope", "col", "class", "n");
	html_text(html, _("Level"));
	html_close(html);
	for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
		html_open(html, "th", "scope", "col", "class", "n");
		html_text(html, heads[i]);
		html_close(html);
	}
	html_close(html);
	html_close(html);
}

/* One line for each level that has rows, under one label. */
static void count_rows(struct html *html, const struct controls_report *report,
		       enum configuration c, const char *class, const char *label)
{
	const struct controls_counts required = controls_count(report, c, LEVEL_REQUIRED);
	const struct controls_counts recommended = controls_count(report, c, LEVEL_RECOMMENDED);

	html_open(html, "tr", "class", class);
	html_open(html, "th", "scope", "rowgroup", "rowspan", recommended.total ? "2" : "1");
	html_text(html, label);
	html_close(html);
	count_cells(html, _("required"), &required);
	html_close(html);
	if (!recommended.total)
		return;
	html_open(html, "tr");
	count_cells(html, _("recommended"), &recommended);
	html_close(html);
}

static void bar_part(struct html *html, const char *class, size_t count, size_t total)
{
	char width[32];

	if (count == 0)
		return;
	(void)snprintf(width, sizeof(width), "width:%.2f%%", 100.0 * (double)count / (double)total);
	html_open(html, "span", "class", class, "style", width);
	html_close(html);
}

static void write_bar(struct html *html, const struct controls_counts *c)
{
	html_open(html, "div", "class", "bar", "role", "presentation");
	bar_part(html, "b-met", c->appliance, c->total);
	bar_part(html, "b-attested", c->attested, c->total);
	bar_part(html, "b-open", c->open, c->total);
	bar_part(html, "b-na", c->not_applicable, c->total);
	html_close(html);
}

/* What the parts of the bar stand for. */
static void write_marks(struct html *html)
{
	const struct {
		const char *class, *text;
	} marks[] = { { "b-met", _("Met by the appliance") },
		      { "b-attested", _("Attested") },
		      { "b-open", _("Open") },
		      { "b-na", _("Not applicable") } };

	html_open(html, "ul", "class", "marks small");
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		html_open(html, "li");
		html_open(html, "span", "class", "bar");
		html_element(html, "span", marks[i].class, "");
		html_close(html);
		html_text(html, marks[i].text);
		html_close(html);
	}
	html_close(html);
}

static void write_summary(struct html *html, const struct controls_report *report)
{
	const struct controls_counts *c = &report->required;

	html_open(html, "section");
	html_element(html, "h2", NULL, _("Summary"));
	html_open(html, "p");
	html_printf(
		html,
		_("Of %zu required controls the appliance meets %zu by itself, the organisation "
		  "attests %zu, and %zu are open; for %zu of the open ones the appliance does a "
		  "part."),
		c->total, c->appliance, c->attested, c->open, c->open_part);
	html_close(html);
	if (c->total)
		write_bar(html, c);
	write_marks(html);
	html_open(html, "table", "class", "counts keep");
	count_head(html);
	html_open(html, "tbody");
	for (int i = 0; i < CONFIGURATION_COUNT; i++) {
		if (report->configurations & CONFIGURATION_BIT(i))
			count_rows(html, report, (enum configuration)i, "",
				   controls_label(report, (enum configuration)i));
	}
	count_rows(html, report, CONFIGURATION_COUNT, "total", _("All"));
	html_close(html);
	html_close(html);
	controls_html_proof_summary(html, report);
	html_close(html);
}

static void explain(struct html *html, enum controls_status status, const char *text)
{
	char class[32];

	(void)snprintf(class, sizeof(class), "badge %s", controls_status_slug(status));
	html_open(html, "tr");
	html_open(html, "td");
	html_element(html, "span", class, controls_status_text(status));
	html_close(html);
	html_element(html, "td", NULL, text);
	html_close(html);
}

static void write_legend(struct html *html)
{
	html_open(html, "section", "class", "keep");
	html_element(html, "h2", NULL, _("How to read this report"));
	html_open(html, "table");
	html_open(html, "tbody");
	explain(html, CONTROLS_ENFORCED,
		_("The rules compiled from the policy see to the whole of it, by address and port, "
		  "in the kernel."));
	explain(html, CONTROLS_INSPECTED,
		_("The same, and where the rules say so the host name that a connection says must "
		  "be one of the policy."));
	explain(html, CONTROLS_FUNCTION,
		_("The appliance does the whole of it by itself, by other means than rules."));
	explain(html, CONTROLS_ATTESTED,
		_("The appliance cannot see it, or only a part of it; somebody of the organisation "
		  "has stated in the policy that it is done."));
	explain(html, CONTROLS_OPEN,
		_("Neither does the appliance see to the whole of it, nor has anybody stated that "
		  "it is done. This does not say that it is not done."));
	explain(html, CONTROLS_NOT_APPLICABLE,
		_("The guideline's own text exempts it in this configuration."));
	html_close(html);
	html_close(html);
	html_element(html, "p", "small",
		     _("Small letters under what the appliance does name the rules for it (their "
		       "id, their chain and how many there are) and the settings of the policy."));
	html_element(
		html, "p", "small",
		_("This report is made from the policy named above and the rules compiled from "
		  "it. Whether the running appliance has these rules is told by \"sekishoctl "
		  "status\" and \"sekishoctl prove --running\"."));
	html_element(html, "p", "small",
		     _("It presumes that packets between zones have no other way than through the "
		       "firewalls that the guideline names."));
	html_close(html);
}

static void write_documents(struct html *html)
{
	size_t count;
	const char *const *documents = guideline_documents(&count);

	html_open(html, "section", "class", "keep");
	html_element(html, "h2", NULL, _("Documents"));
	html_open(html, "ol", "class", "documents", "lang", "ja");
	for (size_t i = 0; i < count; i++)
		html_element(html, "li", NULL, documents[i]);
	html_close(html);
	html_element(html, "p", "small",
		     _("Numbers in brackets in this report are those of this list. The guideline's "
		       "wording is quoted with white space collapsed."));
	html_close(html);
}

void controls_html(const struct controls_report *report, FILE *to)
{
	struct html html = { .to = to };
	const char *organisation = report->input.policy->organisation;

	html_constant(&html, "<!DOCTYPE html>\n");
	html_open(&html, "html", "lang", report->input.japanese ? "ja" : "en");
	html_open(&html, "head");
	html_constant(&html, "<meta charset=\"utf-8\"/>"
			     "<meta name=\"viewport\" content=\"width=device-width\"/>"
			     "<meta http-equiv=\"Content-Security-Policy\" "
			     "content=\"default-src 'none'; style-src 'unsafe-inline'\"/>\n");
	html_open(&html, "title");
	html_printf(&html, "%s - %s", organisation ? organisation : "",
		    _("State of the security controls at the network boundary"));
	html_close(&html);
	write_style(&html, report);
	html_close(&html);
	html_open(&html, "body");
	write_title(&html, report);
	write_summary(&html, report);
	write_legend(&html);
	controls_html_open_rows(&html, report);
	controls_html_rows(&html, report);
	controls_html_conditions(&html, report);
	controls_html_proof(&html, report);
	controls_html_services(&html, report);
	controls_html_exceptions(&html, report);
	write_documents(&html);
	html_close(&html);
	html_close(&html);
	html_constant(&html, "\n");
}
