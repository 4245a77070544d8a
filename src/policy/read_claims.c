/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a policy declares openly: implied flows that it takes up, the union of destinations, and
 * what the organisation attests of itself. */
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "policy/guideline_controls.h"
#include "policy/read.h"

#define ATTESTATIONS_MAX 1000

/* ---- implied flows */

static const char *implied_name(size_t i)
{
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	return flows[i].implied ? flows[i].id : NULL;
}

static void unknown_flow(struct reader *r, const struct read_item *item)
{
	char quoted[READ_QUOTE_MAX];
	const char *nearest;
	size_t count;

	(void)guideline_flows(&count);
	nearest = read_nearest(item->text, implied_name, count);
	read_quote(item->text, quoted);
	if (nearest)
		read_item_error(r, item,
				_("%s is no flow of the guideline's catalogue; did you mean "
				  "\"%s\"?"),
				quoted, nearest);
	else
		read_item_error(r, item,
				_("%s is no flow of the guideline's catalogue; expected the id of "
				  "an implied flow, as "
				  "\"route-7:mynumber-vpn-gateway>mynumber-system-onprem\""),
				quoted);
}

static void implied_item(struct reader *r, const struct read_item *item, void *into)
{
	int index = guideline_flow_of(item->text);
	size_t count;
	const struct guideline_flow *flows = guideline_flows(&count);

	(void)into;
	if (index < 0)
		unknown_flow(r, item);
	else if (!flows[index].implied)
		read_item_error(r, item,
				_("\"%s\" is stated by the guideline, not implied: it is permitted "
				  "as soon as its configuration is in use and both its roles are "
				  "declared. Expected implied flows alone"),
				item->text);
	else if (r->policy->implied_flows[index])
		read_item_error(r, item, _("\"%s\" is there twice"), item->text);
	else {
		r->policy->implied_flows[index] = true;
		r->implied_places[index] = item->place;
	}
}

void read_implied_flows(struct reader *r, config_setting_t *s, void *into)
{
	read_strings(r, s, implied_item, into);
}

/* ---- the union of destinations */

void read_destination_restriction(struct reader *r, config_setting_t *s, void *into)
{
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	(void)into;
	r->destination_place = read_place_of(r, s);
	r->policy->destination_union = true;
	if (strcmp(text, "union") != 0)
		read_error(r, s, _("%s is not \"union\", the only value that there is"),
			   read_quote(text, quoted));
}

/* ---- attestations */

/* "own/daas-mfa" or "case-i-no-download": small letters, digits and hyphens, with at most one
 * slash within. */
static bool is_control(const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t first = strspn(text, plain), second;

	if (!first || strlen(text) > POLICY_NAME_MAX)
		return false;
	if (!text[first])
		return true;
	if (text[first] != '/')
		return false;
	second = strspn(text + first + 1, plain);
	return second && !text[first + 1 + second];
}

static const char *claim_name(size_t i)
{
	size_t conditions, controls;
	const struct guideline_condition *condition = guideline_conditions(&conditions);
	const struct guideline_control *control = guideline_controls(&controls);

	return i < conditions ? condition[i].id : control[i - conditions].key;
}

/* Something misspelt would attest nothing, and look as if it did. */
static void check_claim(struct reader *r, const config_setting_t *s, const char *text)
{
	size_t conditions, controls;
	const char *nearest;

	(void)guideline_conditions(&conditions);
	(void)guideline_controls(&controls);
	for (size_t i = 0; i < conditions + controls; i++)
		if (!strcmp(claim_name(i), text))
			return;
	nearest = read_nearest(text, claim_name, conditions + controls);
	if (nearest)
		read_error(r, s,
			   _("the guideline has no control or condition \"%s\"; did you mean "
			     "\"%s\"?"),
			   text, nearest);
	else
		read_error(r, s,
			   _("the guideline has no control or condition \"%s\"; \"sekishoctl "
			     "controls\" and \"sekishoctl check\" tell which there are"),
			   text);
}

static void attestation_control(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_attestation *attestation = into;
	const char *text = config_setting_get_string(s);
	char quoted[READ_QUOTE_MAX];

	if (!is_control(text)) {
		read_error(r, s,
			   _("%s is neither the key of a control nor the id of a condition; "
			     "expected one like \"own/daas-mfa\" or \"case-i-no-download\""),
			   read_quote(text, quoted));
		return;
	}
	for (size_t i = 0; &r->policy->attestations[i] < attestation; i++) {
		const struct policy_attestation *other = &r->policy->attestations[i];

		if (other->control && !strcmp(other->control, text))
			read_error(r, s, _("it is attested in line %d already"), other->line);
	}
	check_claim(r, s, text);
	read_copy(r, s, &attestation->control);
}

static void attestation_by(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_attestation *attestation = into;

	read_people_text(r, s, &attestation->by);
}

static void attestation_on(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_attestation *attestation = into;
	/* a day ahead: today may have begun in the organisation's zone of time, but not in UTC */
	time_t tomorrow = time(NULL) + 86400;
	char text[sizeof("YYYY-MM-DD")] = "";
	char quoted[READ_QUOTE_MAX];
	struct tm tm;

	read_date(r, s, &attestation->on);
	if (!attestation->on || !gmtime_r(&tomorrow, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d", &tm))
		return;
	if (strcmp(attestation->on, text) > 0)
		read_error(r, s, _("%s is yet to come; only what is can be attested"),
			   read_quote(attestation->on, quoted));
}

static void attestation_statement(struct reader *r, config_setting_t *s, void *into)
{
	struct policy_attestation *attestation = into;

	read_people_text(r, s, &attestation->statement);
}

static const struct read_key attestation_keys[] = {
	{ "control", READ_TEXT, true, attestation_control },
	{ "by", READ_TEXT, true, attestation_by },
	{ "on", READ_TEXT, true, attestation_on },
	{ "statement", READ_TEXT, true, attestation_statement },
};

void read_attestations(struct reader *r, config_setting_t *s, void *into)
{
	int length = config_setting_length(s);

	(void)into;
	if (length > ATTESTATIONS_MAX) {
		read_error(r, s, _("more than %d attestations"), ATTESTATIONS_MAX);
		return;
	}
	r->policy->attestations = calloc((size_t)length, sizeof(*r->policy->attestations));
	if (!r->policy->attestations) {
		read_no_memory(r);
		return;
	}
	for (unsigned int i = 0; i < (unsigned int)length; i++) {
		config_setting_t *group = config_setting_get_elem(s, i);
		struct policy_attestation *attestation;

		if (!config_setting_is_group(group))
			continue;
		attestation = &r->policy->attestations[r->policy->attestation_count++];
		attestation->line = read_line(group);
		read_group(r, group, attestation_keys, ARRAY_SIZE(attestation_keys), attestation);
	}
}
