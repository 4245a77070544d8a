/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Puts the report of controls together: which rows, how each stands, and the counts. */
#include "report/controls.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_table.h"
#include "report/controls_parts.h"

#define DATE_MAX sizeof("YYYY-MM-DD")

static const char *const status_slugs[] = {
	[CONTROLS_ENFORCED] = "enforced", [CONTROLS_INSPECTED] = "inspected",
	[CONTROLS_FUNCTION] = "function", [CONTROLS_ATTESTED] = "attested",
	[CONTROLS_OPEN] = "open",         [CONTROLS_NOT_APPLICABLE] = "not-applicable",
};

static const char *const status_texts[] = {
	[CONTROLS_ENFORCED] = N_("Enforced by rules"),
	[CONTROLS_INSPECTED] = N_("Inspected by name"),
	[CONTROLS_FUNCTION] = N_("Function of the appliance"),
	[CONTROLS_ATTESTED] = N_("Attested"),
	[CONTROLS_OPEN] = N_("Open"),
	[CONTROLS_NOT_APPLICABLE] = N_("Not applicable"),
};

static const char *const share_texts[] = {
	[CONTROLS_NOTHING] = "",
	[CONTROLS_AID] = N_("Help by the appliance"),
	[CONTROLS_PART] = N_("Part done by the appliance"),
	[CONTROLS_WHOLE] = N_("Done by the appliance"),
};

static const char *const claim_texts[] = {
	[PROVE_HOLDS] = N_("Proved: no packet that this shuts out gets through."),
	[PROVE_FAILS] = N_("It FAILS: a packet that this shuts out gets through."),
	[PROVE_NOT_APPLICABLE] = N_("It does not apply here."),
	[PROVE_UNKNOWN] = N_("It is not known: the rules could not be proved."),
};

static const char *const firewall_texts[] = {
	[FIREWALL_SPLIT] = N_("split firewall"),
	[FIREWALL_SEPARATION] = N_("separation firewall"),
	[FIREWALL_CSP] = N_("CSP firewall"),
	[FIREWALL_LBO] = N_("local breakout firewall"),
	[FIREWALL_SECURITY_CLOUD] = N_("the prefecture's security cloud"),
};

const char *controls_status_slug(enum controls_status status)
{
	return status_slugs[status];
}

const char *controls_share_slug(enum controls_share share)
{
	static const char *const slugs[] = { [CONTROLS_NOTHING] = "nothing",
					     [CONTROLS_AID] = "aid",
					     [CONTROLS_PART] = "part",
					     [CONTROLS_WHOLE] = "whole" };

	return slugs[share];
}

const char *controls_status_text(enum controls_status status)
{
	return _(status_texts[status]);
}

const char *controls_firewall_text(enum firewall firewall)
{
	return _(firewall_texts[firewall]);
}

const char *controls_claim_text(enum prove_status status)
{
	return _(claim_texts[status]);
}

const char *controls_share_text(enum controls_share share)
{
	return share == CONTROLS_NOTHING ? "" : _(share_texts[share]);
}

const char *controls_label(const struct controls_report *report, enum configuration c)
{
	return report->input.japanese ? guideline_configuration_label_ja(c)
				      : guideline_chapter(c)->label_en;
}

const char *controls_policy_name(const struct controls_report *report)
{
	const char *path = report->input.policy->source.path;
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "";
}

char *controls_source_text(const char *source)
{
	size_t count, at = 0;
	const char *const *documents = guideline_documents(&count);
	char *text;

	source = guideline_source_text(source);
	text = malloc(strlen(source) + 8);
	if (!text)
		return NULL;
	while (*source) {
		size_t i = 0;

		while (i < count && strncmp(source, documents[i], strlen(documents[i])) != 0)
			i++;
		if (i < count) {
			at += (size_t)sprintf(text + at, "[%zu]", i + 1);
			source += strlen(documents[i]);
		} else {
			text[at++] = *source++;
		}
	}
	text[at] = '\0';
	return text;
}

static void write_date(int64_t when_s, int years_before, char ret[DATE_MAX])
{
	time_t when = (time_t)when_s;
	struct tm tm;

	if (!localtime_r(&when, &tm)) {
		ret[0] = '\0';
		return;
	}
	tm.tm_year -= years_before;
	if (strftime(ret, DATE_MAX, "%Y-%m-%d", &tm) == 0)
		ret[0] = '\0';
}

/* Dates are compared as text. Who attests may be a day ahead of this machine's clock and
 * time zone.
 */
bool controls_attestation_is_ahead(const struct controls_report *report,
				   const struct policy_attestation *attestation)
{
	char tomorrow[DATE_MAX];

	write_date(report->input.now_s + INT64_C(86400), 0, tomorrow);
	return strcmp(attestation->on, tomorrow) > 0;
}

bool controls_attestation_is_old(const struct controls_report *report,
				 const struct policy_attestation *attestation)
{
	char year_ago[DATE_MAX];

	write_date(report->input.now_s, 1, year_ago);
	return strcmp(attestation->on, year_ago) < 0;
}

/* The key behind its "base/"; all of it where there is none. */
static const char *row_id(const char *key)
{
	const char *slash = strchr(key, '/');

	return slash ? slash + 1 : key;
}

/* What is attested of key says the same of the row or condition "wanted". */
static bool is_attestation_of(const char *key, const char *wanted)
{
	const bool is_row = strchr(wanted, '/') != NULL;
	const char *other = is_row ? controls_condition_of_row(row_id(wanted))
				   : controls_row_of_condition(wanted);

	if (strcmp(key, wanted) == 0)
		return true;
	if (!other)
		return false;
	return strcmp(is_row ? key : row_id(key), other) == 0;
}

/* All attestations of that key. *ret_valid: one of them counts. 0 or -ENOMEM. */
static int find_attestations(const struct controls_report *report, const char *key,
			     const struct policy_attestation ***ret, size_t *ret_count,
			     bool *ret_valid)
{
	const struct policy *policy = report->input.policy;
	const struct policy_attestation **found =
		calloc(policy->attestation_count + 1, sizeof(const struct policy_attestation *));
	size_t count = 0;

	if (!found)
		return -ENOMEM;
	*ret_valid = false;
	for (size_t i = 0; i < policy->attestation_count; i++) {
		if (!is_attestation_of(policy->attestations[i].control, key))
			continue;
		found[count++] = &policy->attestations[i];
		if (!controls_attestation_is_ahead(report, &policy->attestations[i]))
			*ret_valid = true;
	}
	*ret = found;
	*ret_count = count;
	return 0;
}

static const struct prove_claim *claim_of(const struct prove_result *proof, const char *id)
{
	for (size_t i = 0; i < proof->count; i++) {
		if (strcmp(proof->claims[i].id, id) == 0)
			return &proof->claims[i];
	}
	return NULL;
}

/* The claims that bear on a row. That everything else is refused bears on all that rules do, but is
 * not repeated where it holds. */
static void find_claims(const struct prove_result *proof, const struct controls_duty *duty,
			struct controls_item *item)
{
	const struct prove_claim *rest = claim_of(proof, "default-deny");

	for (size_t p = 0; p < CONTROLS_CLAIMS_MAX - 1 && duty->proofs[p]; p++) {
		const struct prove_claim *claim = claim_of(proof, duty->proofs[p]);

		if (claim && claim->status != PROVE_NOT_APPLICABLE)
			item->claims[item->claim_count++] = claim;
	}
	if (rest && item->means != CONTROLS_FUNCTION &&
	    (rest->status == PROVE_FAILS || rest->status == PROVE_UNKNOWN))
		item->claims[item->claim_count++] = rest;
}

static const struct prove_claim *claim_with(const struct controls_item *item,
					    enum prove_status status)
{
	for (size_t i = 0; i < item->claim_count; i++) {
		if (item->claims[i]->status == status)
			return item->claims[i];
	}
	return NULL;
}

size_t controls_whole_length(const char *text)
{
	size_t len = strlen(text), tail = 0;

	while (tail < 3 && tail < len && ((unsigned char)text[len - 1 - tail] & 0xc0) == 0x80)
		tail++;
	if (tail == len)
		return len;
	const unsigned char lead = (unsigned char)text[len - 1 - tail];
	const size_t wanted = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
	return wanted > tail ? len - 1 - tail : len;
}

static int open_item(char **ret, const char *format, const char *argument)
{
	if (argument)
		return asprintf(ret, "%s %.*s", format, (int)controls_whole_length(argument),
				argument) < 0
			       ? -ENOMEM
			       : 0;
	*ret = strdup(format);
	return *ret ? 0 : -ENOMEM;
}

/* How the row stands, after all has been gathered. attested: by somebody, and it counts. */
static int judge(struct controls_item *item, bool attested)
{
	const struct prove_claim *failed = claim_with(item, PROVE_FAILS);
	const struct prove_claim *unknown = claim_with(item, PROVE_UNKNOWN);

	if (item->control->not_applicable) {
		item->status = CONTROLS_NOT_APPLICABLE;
		return 0;
	}
	item->status = CONTROLS_OPEN;
	if (failed)
		return open_item(&item->open, _("The proof of the rules fails:"), failed->why);
	if (unknown && item->share == CONTROLS_WHOLE) {
		item->share = CONTROLS_PART;
		return open_item(&item->open, _("The rules could not be proved:"), unknown->why);
	}
	if (item->share == CONTROLS_WHOLE) {
		item->status = item->means;
		return 0;
	}
	if (attested) {
		item->status = CONTROLS_ATTESTED;
		return 0;
	}
	if (item->attestation_count)
		return open_item(&item->open, _("Its attestation is dated after this report."),
				 NULL);
	return open_item(&item->open,
			 item->share == CONTROLS_PART ? _("Nobody has attested the rest.")
						      : _("Nobody has attested it."),
			 NULL);
}

static int fill_item(const struct controls_report *report, struct controls_item *item)
{
	const struct controls_duty *duty = controls_duty_of(row_id(item->control->key));
	bool attested = false;
	int r = 0;

	if (duty && !item->control->not_applicable) {
		r = controls_gather(&report->input, duty, item);
		if (r == 0 && report->input.proof && item->share != CONTROLS_NOTHING)
			find_claims(report->input.proof, duty, item);
	}
	if (r == 0)
		r = find_attestations(report, item->control->key, &item->attestations,
				      &item->attestation_count, &attested);
	return r < 0 ? r : judge(item, attested);
}

static int add_items(struct controls_report *report)
{
	size_t count;
	const struct guideline_control *controls = guideline_controls(&count);

	report->items = calloc(count, sizeof(*report->items));
	if (!report->items)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct controls_item *item = &report->items[report->count];

		if (!(report->configurations & CONFIGURATION_BIT(controls[i].configuration)))
			continue;
		item->control = &controls[i];
		item->number = ++report->count;
		int r = fill_item(report, item);
		if (r < 0)
			return r;
	}
	return 0;
}

static int find_findings(const struct lint_report *lint, struct controls_condition *c)
{
	c->findings = calloc(lint->count + 1, sizeof(const struct lint_finding *));
	if (!c->findings)
		return -ENOMEM;
	for (size_t i = 0; i < lint->count; i++) {
		if (lint->findings[i].condition == c->condition)
			c->findings[c->finding_count++] = &lint->findings[i];
	}
	return 0;
}

/* The worst of the findings; a note where there is none. */
static enum lint_severity worst(const struct controls_condition *c)
{
	enum lint_severity severity = LINT_NOTE;

	for (size_t i = 0; i < c->finding_count; i++) {
		assert(c->findings[i]);
		if (c->findings[i]->severity < severity)
			severity = c->findings[i]->severity;
	}
	return severity;
}

static int judge_condition(const struct controls_report *report, struct controls_condition *c,
			   bool attested)
{
	c->status = CONTROLS_OPEN;
	switch (c->condition->kind) {
	case CONDITION_LINT:
		if (!report->input.lint)
			return open_item(&c->open, _("It was not checked."), NULL);
		if (worst(c) == LINT_ERROR)
			return open_item(&c->open, _("The policy is not as it should be."), NULL);
		/* a warning is its own reason */
		if (worst(c) == LINT_NOTE)
			c->status = CONTROLS_FUNCTION;
		return 0;
	case CONDITION_APPLIANCE:
	case CONDITION_ATTEST:
		if (attested) {
			c->status = CONTROLS_ATTESTED;
			return 0;
		}
		return open_item(&c->open,
				 c->condition->kind == CONDITION_APPLIANCE
					 ? _("Nobody has attested the organisation's share.")
					 : _("Nobody has attested it."),
				 NULL);
	case CONDITION_INFO:
		c->status = CONTROLS_NOT_APPLICABLE;
		return 0;
	}
	return 0;
}

static int add_conditions(struct controls_report *report)
{
	size_t count;
	const struct guideline_condition *conditions = guideline_conditions(&count);

	report->conditions = calloc(count, sizeof(*report->conditions));
	if (!report->conditions)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct controls_condition *c = &report->conditions[report->condition_count];
		bool attested = false;

		if (!(conditions[i].configurations & report->configurations))
			continue;
		c->condition = &conditions[i];
		report->condition_count++;
		int r = find_attestations(report, conditions[i].id, &c->attestations,
					  &c->attestation_count, &attested);
		if (r == 0 && report->input.lint)
			r = find_findings(report->input.lint, c);
		if (r == 0)
			r = judge_condition(report, c, attested);
		if (r < 0)
			return r;
	}
	return 0;
}

struct controls_counts controls_count(const struct controls_report *report,
				      enum configuration configuration, enum guideline_level level)
{
	struct controls_counts counts = { 0 };

	for (size_t i = 0; i < report->count; i++) {
		const struct controls_item *item = &report->items[i];

		assert(item->control);
		if (item->control->level != level ||
		    (configuration != CONFIGURATION_COUNT &&
		     item->control->configuration != configuration))
			continue;
		counts.total++;
		switch (item->status) {
		case CONTROLS_ENFORCED:
		case CONTROLS_INSPECTED:
		case CONTROLS_FUNCTION:
			counts.appliance++;
			break;
		case CONTROLS_ATTESTED:
			counts.attested++;
			break;
		case CONTROLS_OPEN:
			counts.open++;
			counts.open_part += item->share == CONTROLS_PART;
			break;
		case CONTROLS_NOT_APPLICABLE:
			counts.not_applicable++;
			break;
		}
	}
	return counts;
}

int controls_report(const struct controls_input *input, struct controls_report *ret)
{
	auto_(controls_report_clear) struct controls_report report = { .input = *input };

	write_date(input->now_s, 0, report.date);
	report.configurations = guideline_configurations_with_common(input->policy->configurations);
	int r = add_items(&report);
	if (r == 0)
		r = add_conditions(&report);
	if (r < 0)
		return r;
	report.required = controls_count(&report, CONFIGURATION_COUNT, LEVEL_REQUIRED);
	report.recommended = controls_count(&report, CONFIGURATION_COUNT, LEVEL_RECOMMENDED);
	*ret = report;
	report = (struct controls_report){ 0 };
	return 0;
}

static void item_clear(struct controls_item *item)
{
	free(item->does);
	free(item->rest);
	free(item->open);
	free(item->rules);
	for (size_t i = 0; i < item->settings.count; i++)
		free(item->settings.at[i]);
	free(item->settings.at);
	free(item->attestations);
}

void controls_report_clear(struct controls_report *report)
{
	for (size_t i = 0; i < report->count; i++)
		item_clear(&report->items[i]);
	for (size_t i = 0; i < report->condition_count; i++) {
		free(report->conditions[i].findings);
		free(report->conditions[i].attestations);
		free(report->conditions[i].open);
	}
	free(report->items);
	free(report->conditions);
	*report = (struct controls_report){ 0 };
}
