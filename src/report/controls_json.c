/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report of controls for programs. Texts are in the report's language; slugs never change. */
#include <errno.h>

#include <jansson.h>

#include "common/defs.h"
#include "policy/guideline_table.h"
#include "report/controls_parts.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unversioned"
#endif

static void decref(json_t **json)
{
	json_decref(*json);
}

/* Takes value. A value that could not be made makes the whole fail. */
static int put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

static int append(json_t *array, json_t *value)
{
	return json_array_append_new(array, value) < 0 ? -ENOMEM : 0;
}

static json_t *counts_json(const struct controls_counts *c)
{
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "total", (json_int_t)c->total, "appliance",
			 (json_int_t)c->appliance, "attested", (json_int_t)c->attested, "open",
			 (json_int_t)c->open, "open_with_part", (json_int_t)c->open_part,
			 "not_applicable", (json_int_t)c->not_applicable);
}

static json_t *claim_json(const struct prove_claim *claim)
{
	static const char *const slugs[] = { [PROVE_HOLDS] = "holds",
					     [PROVE_FAILS] = "fails",
					     [PROVE_NOT_APPLICABLE] = "not-applicable",
					     [PROVE_UNKNOWN] = "unknown" };

	return json_pack("{s:s,s:s,s:o,s:s?}", "id", claim->id, "status", slugs[claim->status],
			 "why", json_stringn(claim->why, controls_whole_length(claim->why)),
			 "text_ja", claim->forbidden ? claim->forbidden->text_ja : NULL);
}

static json_t *attestations_json(const struct controls_report *report,
				 const struct policy_attestation *const *at, size_t count)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		if (append(array, json_pack("{s:s?,s:s?,s:s?,s:b}", "by", at[i]->by, "on",
					    at[i]->on, "statement", at[i]->statement, "counts",
					    !controls_attestation_is_ahead(report, at[i]))) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *rules_json(const struct controls_item *item)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < item->rule_count; i++) {
		const struct controls_rules *r = &item->rules[i];

		if (append(array, json_pack("{s:s,s:s,s:I}", "id", r->id, "chain", r->chain,
					    "rules", (json_int_t)r->count)) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *settings_json(const struct controls_item *item)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < item->settings.count; i++) {
		if (append(array, json_string(item->settings.at[i])) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *item_claims_json(const struct controls_item *item)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < item->claim_count; i++) {
		if (append(array, claim_json(item->claims[i])) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *item_json(const struct controls_report *report, const struct controls_item *item)
{
	const struct guideline_control *c = item->control;
	auto_(decref) json_t *object = json_pack(
		"{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s?,s:s?,s:s,s:s,s:s?,s:s?,s:s?}", "number",
		(json_int_t)item->number, "configuration",
		guideline_configuration_slug(c->configuration), "key", c->key, "level",
		c->level == LEVEL_REQUIRED ? "required" : "recommended", "status",
		controls_status_slug(item->status), "name_ja", c->name_ja, "name_en", c->name_en,
		"text_ja", c->text_ja, "relation_ja", c->relation_ja, "place", c->place, "source",
		c->source, "does", item->does, "rest", item->rest, "open", item->open);

	if (!object || put(object, "share", json_string(controls_share_slug(item->share))) < 0 ||
	    put(object, "rules", rules_json(item)) < 0 ||
	    put(object, "settings", settings_json(item)) < 0 ||
	    put(object, "proof", item_claims_json(item)) < 0 ||
	    put(object, "attestations",
		attestations_json(report, item->attestations, item->attestation_count)) < 0)
		return NULL;
	return steal(object);
}

static json_t *items_json(const struct controls_report *report)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < report->count; i++) {
		if (append(array, item_json(report, &report->items[i])) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *findings_json(const struct controls_condition *c)
{
	static const char *const slugs[] = {
		[LINT_ERROR] = "error", [LINT_WARNING] = "warning", [LINT_NOTE] = "note"
	};
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < c->finding_count; i++) {
		const struct lint_finding *f = c->findings[i];

		if (append(array, json_pack("{s:s,s:i,s:s?,s:s?}", "severity", slugs[f->severity],
					    "line", f->line, "what", f->what, "mend", f->mend)) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *conditions_json(const struct controls_report *report)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < report->condition_count; i++) {
		const struct controls_condition *c = &report->conditions[i];
		auto_(decref) json_t *object = json_pack(
			"{s:s,s:s,s:s,s:s,s:s,s:s?,s:s?}", "id", c->condition->id, "status",
			controls_status_slug(c->status), "rule_en", c->condition->rule_en,
			"text_ja", c->condition->text_ja, "source", c->condition->source, "does",
			controls_condition_duty(c->condition->id), "open", c->open);

		if (!object || put(object, "findings", findings_json(c)) < 0 ||
		    put(object, "attestations",
			attestations_json(report, c->attestations, c->attestation_count)) < 0 ||
		    append(array, steal(object)) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *proof_json(const struct prove_result *proof)
{
	auto_(decref) json_t *array = json_array();

	if (!proof)
		return json_null();
	for (size_t i = 0; i < proof->count; i++) {
		if (append(array, claim_json(&proof->claims[i])) < 0)
			return NULL;
	}
	return json_pack("{s:b,s:o}", "proven", proof->proven, "claims", steal(array));
}

static json_t *services_json(const struct policy *policy)
{
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *s = &policy->services[i];

		if (append(array, json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:b}", "name", s->name, "role",
					    guideline_role(s->role)->slug, "ismap_service",
					    s->ismap.service, "ismap_number", s->ismap.number,
					    "ismap_valid_until", s->ismap.valid_until, "exempt",
					    s->exempt)) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *desktops_json(const struct policy *policy)
{
	auto_(decref) json_t *array = json_array();

	for (int i = 0; i < ROLE_COUNT; i++) {
		const struct policy_endpoint *e = &policy->endpoints[i];

		if (e->declared && e->ismap.line &&
		    append(array, json_pack("{s:s,s:s?,s:s?,s:s?}", "role",
					    guideline_role((enum role)i)->slug, "ismap_service",
					    e->ismap.service, "ismap_number", e->ismap.number,
					    "ismap_valid_until", e->ismap.valid_until)) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *exceptions_json(const struct controls_report *report)
{
	const struct policy *policy = report->input.policy;
	auto_(decref) json_t *array = json_array();

	for (size_t i = 0; i < policy->exception_count; i++) {
		const struct policy_exception *e = &policy->exceptions[i];
		auto_(controls_exception_clear) struct controls_exception reach = { 0 };

		controls_exception_text(e, &reach);
		if (append(array,
			   json_pack("{s:s?,s:s?,s:s?,s:s?,s:s?,s:I,s:b}", "name", e->name, "from",
				     reach.from, "to", reach.to, "reason", e->reason, "approved_by",
				     e->approved_by, "expires_s", (json_int_t)e->expires_s,
				     "expired", e->expires_s <= report->input.now_s)) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *configurations_json(const struct controls_report *report)
{
	auto_(decref) json_t *array = json_array();

	for (int i = 0; i < CONFIGURATION_COUNT; i++) {
		const enum configuration c = (enum configuration)i;

		if (!(report->configurations & CONFIGURATION_BIT(i)))
			continue;
		struct controls_counts required = controls_count(report, c, LEVEL_REQUIRED);
		struct controls_counts recommended = controls_count(report, c, LEVEL_RECOMMENDED);
		if (append(array,
			   json_pack("{s:s,s:s,s:s,s:o,s:o}", "id", guideline_configuration_slug(c),
				     "label_ja", guideline_configuration_label_ja(c), "label_en",
				     guideline_chapter(c)->label_en, "required",
				     counts_json(&required), "recommended",
				     counts_json(&recommended))) < 0)
			return NULL;
	}
	return steal(array);
}

static json_t *firewalls_json(const struct policy *policy)
{
	auto_(decref) json_t *array = json_array();

	for (int i = 0; i < FIREWALL_COUNT; i++) {
		if ((policy->firewalls & FIREWALL_BIT(i)) &&
		    append(array, json_string(guideline_firewall_slug((enum firewall)i))) < 0)
			return NULL;
	}
	return steal(array);
}

int controls_json(const struct controls_report *report, FILE *to)
{
	const struct policy *policy = report->input.policy;
	auto_(decref) json_t *object =
		json_pack("{s:s,s:s,s:s,s:s?,s:s?,s:{s:s,s:s},s:s}", "schema", "sekisho-controls/1",
			  "date", report->date, "language", report->input.japanese ? "ja" : "en",
			  "organisation", policy->organisation, "appliance", policy->appliance_name,
			  "policy", "file", controls_policy_name(report), "sha256",
			  policy->source.hash, "sekisho", PACKAGE_VERSION);

	if (!object || put(object, "firewalls", firewalls_json(policy)) < 0 ||
	    put(object, "required", counts_json(&report->required)) < 0 ||
	    put(object, "recommended", counts_json(&report->recommended)) < 0 ||
	    put(object, "configurations", configurations_json(report)) < 0 ||
	    put(object, "controls", items_json(report)) < 0 ||
	    put(object, "conditions", conditions_json(report)) < 0 ||
	    put(object, "proof", proof_json(report->input.proof)) < 0 ||
	    put(object, "services", services_json(policy)) < 0 ||
	    put(object, "desktops", desktops_json(policy)) < 0 ||
	    put(object, "exceptions", exceptions_json(report)) < 0)
		return -ENOMEM;
	if (json_dumpf(object, to, JSON_INDENT(2)) == 0)
		(void)fputc('\n', to);
	return 0;
}
