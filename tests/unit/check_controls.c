/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of report/controls*.c on the shipped policies: how rows stand, and what makes them stand
 * otherwise. */
#include "report/controls.h"

#include <check.h>
#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "policy/guideline_table.h"
#include "report/controls_parts.h"
#include "ruleset/compile.h"

#define NOW 1795305600 /* 2026-11-22 00:00:00 UTC */

/* A policy of conf/examples, its ruleset and its report. */
struct site {
	struct policy *policy;
	struct ruleset *ruleset;
	struct prove_result proof;
	struct lint_report lint;
	struct controls_input input;
	struct controls_report report;
};

static void site_open(struct site *site, const char *name)
{
	struct errors errors = { 0 };
	char path[512];
	const char *top = getenv("SRCDIR");

	*site = (struct site){ 0 };
	(void)snprintf(path, sizeof(path), "%s/conf/examples/%s.conf", top ? top : ".", name);
	ck_assert_int_eq(policy_read(path, &site->policy, &errors), 0);
	ck_assert_int_eq(compile_policy(site->policy, &site->ruleset), 0);
	site->input = (struct controls_input){ .policy = site->policy,
					       .ruleset = site->ruleset,
					       .now_s = NOW };
	errors_clear(&errors);
}

static void site_report(struct site *site)
{
	controls_report_clear(&site->report);
	ck_assert_int_eq(controls_report(&site->input, &site->report), 0);
}

static void site_close(struct site *site)
{
	controls_report_clear(&site->report);
	lint_report_clear(&site->lint);
	ruleset_free(site->ruleset);
	policy_free(site->policy);
}

static const struct controls_item *item(const struct site *site, const char *key)
{
	for (size_t i = 0; i < site->report.count; i++) {
		if (strcmp(site->report.items[i].control->key, key) == 0)
			return &site->report.items[i];
	}
	ck_abort_msg("no row %s", key);
	return NULL;
}

static void attest(struct site *site, const char *key, const char *on)
{
	struct policy *policy = site->policy;
	struct policy_attestation *grown =
		realloc(policy->attestations, (policy->attestation_count + 1) * sizeof(*grown));

	ck_assert_ptr_nonnull(grown);
	policy->attestations = grown;
	grown[policy->attestation_count++] =
		(struct policy_attestation){ .control = strdup(key),
					     .by = strdup("情報政策課"),
					     .on = strdup(on),
					     .statement = strdup("contract, annex 3") };
}

static void claim(struct site *site, const char *id, enum prove_status status)
{
	struct prove_claim *c = &site->proof.claims[site->proof.count++];

	*c = (struct prove_claim){ .forbidden = guideline_forbidden_of(id),
				   .id = id,
				   .status = status };
	(void)strcpy(c->why, "because");
	site->input.proof = &site->proof;
}

static void clear_chain(struct ruleset *ruleset, const char *name)
{
	for (size_t i = 0; i < ruleset->chain_count; i++) {
		if (strcmp(ruleset->chains[i].name, name) == 0)
			ruleset->chains[i].rule_count = 0;
	}
}

START_TEST(every_row_of_the_configurations_and_of_the_common_ones_is_there_once)
{
	struct site site;

	site_open(&site, "reiji-city"); /* does not name "common" itself */
	site_report(&site);
	ck_assert_uint_eq(site.report.count, 28 + 24 + 16);
	for (size_t i = 0; i < site.report.count; i++)
		ck_assert_uint_eq(site.report.items[i].number, i + 1);
	ck_assert_uint_eq(site.report.required.total + site.report.recommended.total,
			  site.report.count);
	site_close(&site);
}
END_TEST

START_TEST(a_restriction_is_enforced_by_its_own_rules)
{
	struct site site;
	const struct controls_item *row;

	site_open(&site, "route-1");
	site_report(&site);
	row = item(&site, "own/access-restriction-mynumber");
	ck_assert_int_eq(row->status, CONTROLS_ENFORCED);
	ck_assert_int_eq(row->share, CONTROLS_WHOLE);
	ck_assert_uint_ge(row->rule_count, 2);
	ck_assert_str_eq(row->rules[0].id, "route-1:mynumber-daas>mynumber-system-onprem");
	ck_assert_str_eq(row->rules[0].chain, "mynumber_to_mynumber");
	ck_assert_ptr_null(row->open);
	site_close(&site);
}
END_TEST

START_TEST(without_the_rules_nothing_is_enforced)
{
	struct site site;

	site_open(&site, "route-1");
	for (size_t i = 0; i < site.ruleset->chain_count; i++) {
		struct ruleset_chain *chain = &site.ruleset->chains[i];

		chain->policy_drop = false;
		for (size_t j = 0; j < chain->rule_count; j++)
			chain->rules[j].comment[0] = '\0';
	}
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/access-restriction-mynumber")->status, CONTROLS_OPEN);
	ck_assert_int_eq(item(&site, "own/block-internet-to-mynumber")->status, CONTROLS_OPEN);
	ck_assert_int_eq(item(&site, "alpha-prime/destination-restriction")->status, CONTROLS_OPEN);
	ck_assert_uint_eq(site.report.required.appliance, 0);
	site_close(&site);
}
END_TEST

START_TEST(names_are_inspected_only_where_rules_hand_over_to_the_inspector)
{
	struct site site;

	site_open(&site, "alpha-prime-i");
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/destination-restriction")->status, CONTROLS_INSPECTED);
	clear_chain(site.ruleset, "lgwan_to_external");
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/destination-restriction")->status, CONTROLS_ENFORCED);
	site_close(&site);
}
END_TEST

START_TEST(what_another_firewall_decides_is_not_the_appliances)
{
	struct site site;

	site_open(&site, "route-1");
	site.policy->firewalls = FIREWALL_BIT(FIREWALL_SEPARATION);
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/access-restriction-internet")->status, CONTROLS_OPEN);
	ck_assert_int_eq(item(&site, "own/access-restriction-internet")->share, CONTROLS_NOTHING);
	ck_assert_int_eq(item(&site, "alpha-prime/destination-restriction")->status, CONTROLS_OPEN);
	site_close(&site);

	/* passing through is a part, and no more */
	site_open(&site, "route-1");
	site.policy->firewalls = FIREWALL_BIT(FIREWALL_LBO);
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/access-restriction-mynumber")->share, CONTROLS_PART);
	ck_assert_int_eq(item(&site, "own/access-restriction-mynumber")->status, CONTROLS_OPEN);
	ck_assert_int_eq(item(&site, "own/block-internet-to-mynumber")->share, CONTROLS_PART);
	site_close(&site);
}
END_TEST

START_TEST(a_part_is_open_until_the_rest_is_attested)
{
	struct site site;

	site_open(&site, "alpha-prime-u");
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/ids-ips")->status, CONTROLS_OPEN);
	ck_assert_int_eq(item(&site, "own/ids-ips")->share, CONTROLS_PART);
	ck_assert_ptr_nonnull(item(&site, "own/ids-ips")->rest);
	const struct controls_counts before = site.report.required;
	attest(&site, "own/ids-ips", "2026-10-01");
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/ids-ips")->status, CONTROLS_ATTESTED);
	ck_assert_ptr_null(item(&site, "own/ids-ips")->open);
	ck_assert_uint_eq(site.report.required.attested, before.attested + 1);
	ck_assert_uint_eq(site.report.required.open, before.open - 1);
	ck_assert_uint_eq(site.report.required.open_part, before.open_part - 1);
	site_close(&site);
}
END_TEST

START_TEST(help_alone_never_meets_a_row)
{
	struct site site;

	site_open(&site, "route-1");
	site_report(&site);
	for (size_t i = 0; i < site.report.count; i++) {
		const struct controls_item *row = &site.report.items[i];

		if (row->share != CONTROLS_WHOLE)
			ck_assert(row->status == CONTROLS_OPEN ||
				  row->status == CONTROLS_ATTESTED ||
				  row->status == CONTROLS_NOT_APPLICABLE);
		if (row->status == CONTROLS_ATTESTED)
			ck_assert_uint_ge(row->attestation_count, 1);
		if (row->status == CONTROLS_ENFORCED)
			ck_assert(row->rule_count > 0 || row->does);
	}
	ck_assert_int_eq(item(&site, "own/daas-screen-transfer")->share, CONTROLS_AID);
	ck_assert_int_eq(item(&site, "own/daas-screen-transfer")->status, CONTROLS_OPEN);
	site_close(&site);
}
END_TEST

START_TEST(an_attestation_of_the_future_does_not_count_and_an_old_one_is_told)
{
	struct site site;

	site_open(&site, "alpha-prime-a");
	attest(&site, "own/cert-auth", "2026-12-24");
	attest(&site, "own/ddos", "2025-11-20");
	attest(&site, "own/patch", "2025-11-25");
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/cert-auth")->status, CONTROLS_OPEN);
	ck_assert_uint_eq(item(&site, "own/cert-auth")->attestation_count, 1);
	ck_assert(controls_attestation_is_ahead(&site.report,
						item(&site, "own/cert-auth")->attestations[0]));
	ck_assert_int_eq(item(&site, "own/ddos")->status, CONTROLS_ATTESTED);
	ck_assert(controls_attestation_is_old(&site.report,
					      item(&site, "own/ddos")->attestations[0]));
	ck_assert(!controls_attestation_is_old(&site.report,
					       item(&site, "own/patch")->attestations[0]));
	site_close(&site);
}
END_TEST

START_TEST(what_is_attested_of_a_condition_counts_for_the_row_that_says_the_same)
{
	struct site site;

	site_open(&site, "common");
	for (size_t i = 0; i < site.policy->attestation_count; i++)
		(void)strcpy(site.policy->attestations[i].control, "");
	site_report(&site);
	ck_assert_int_eq(item(&site, "common/device-redirect-ban")->status, CONTROLS_OPEN);
	attest(&site, "device-redirection-ban", "2026-10-01");
	site_report(&site);
	ck_assert_int_eq(item(&site, "common/device-redirect-ban")->status, CONTROLS_ATTESTED);
	ck_assert_int_eq(item(&site, "common/phys-media")->status, CONTROLS_OPEN);
	site_close(&site);
}
END_TEST

START_TEST(a_proof_that_holds_is_shown_one_that_fails_opens_the_row)
{
	struct site site;
	const struct controls_item *row;

	site_open(&site, "route-1");
	claim(&site, "internet-to-mynumber", PROVE_HOLDS);
	claim(&site, "mynumber-desktop-elsewhere", PROVE_FAILS);
	claim(&site, "internet-desktop-elsewhere", PROVE_UNKNOWN);
	claim(&site, "mynumber-vdi-elsewhere", PROVE_NOT_APPLICABLE);
	attest(&site, "own/access-restriction-mynumber", "2026-10-01");
	site_report(&site);
	row = item(&site, "own/block-internet-to-mynumber");
	ck_assert_int_eq(row->status, CONTROLS_ENFORCED);
	ck_assert_uint_eq(row->claim_count, 1);
	row = item(&site, "own/access-restriction-mynumber"); /* even though attested */
	ck_assert_int_eq(row->status, CONTROLS_OPEN);
	ck_assert_uint_eq(row->claim_count, 1);
	ck_assert_ptr_nonnull(strstr(row->open, "because"));
	row = item(&site, "own/access-restriction-internet");
	ck_assert_int_eq(row->status, CONTROLS_OPEN);
	ck_assert_int_eq(row->share, CONTROLS_PART);
	site_close(&site);
}
END_TEST

START_TEST(if_anything_else_may_pass_no_restriction_is_met)
{
	struct site site;

	site_open(&site, "route-1");
	claim(&site, "internet-to-mynumber", PROVE_HOLDS);
	claim(&site, "default-deny", PROVE_FAILS);
	site_report(&site);
	ck_assert_uint_eq(site.report.required.appliance, 0);
	ck_assert_int_eq(item(&site, "own/block-internet-to-mynumber")->status, CONTROLS_OPEN);
	ck_assert_int_eq(item(&site, "own/daas-mfa")->status, CONTROLS_ATTESTED);
	site_close(&site);
}
END_TEST

START_TEST(what_the_guideline_exempts_is_not_counted_as_met)
{
	struct site site;

	site_open(&site, "route-3p");
	site_report(&site);
	ck_assert_int_eq(item(&site, "alpha-prime/sanitization")->status, CONTROLS_NOT_APPLICABLE);
	ck_assert_uint_eq(site.report.required.not_applicable, 1);
	site_close(&site);
}
END_TEST

START_TEST(shared_names_leave_the_tenant_open)
{
	struct site site;
	const struct controls_item *row;

	site_open(&site, "alpha-prime-i");
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/tenant-access-control")->share, CONTROLS_PART);
	for (size_t i = 0; i < site.policy->service_count; i++) {
		if (site.policy->services[i].shared_names.count)
			site.policy->services[i].role = ROLE_SECURITY_UPDATE_SERVICE;
	}
	site_report(&site);
	row = item(&site, "own/tenant-access-control");
	ck_assert_int_eq(row->share, CONTROLS_WHOLE);
	ck_assert_int_eq(row->status, CONTROLS_INSPECTED);
	site_close(&site);
}
END_TEST

START_TEST(an_exception_from_the_zone_makes_a_restriction_a_part)
{
	struct site site;
	struct policy_exception *e = calloc(1, sizeof(*e));
	struct addr_range from;

	site_open(&site, "alpha-prime-i");
	ck_assert_ptr_nonnull(e);
	e->name = strdup("migration");
	e->expires_s = NOW + 60;
	ck_assert_int_eq(addr_range_parse("192.168.10.5", &from), 0);
	ck_assert_int_eq(addr_list_add(&e->from, &from), 0);
	ck_assert_uint_eq(site.policy->exception_count, 0);
	site.policy->exceptions = e;
	site.policy->exception_count = 1;
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/destination-restriction")->share, CONTROLS_PART);
	ck_assert_int_eq(item(&site, "own/destination-restriction")->status, CONTROLS_OPEN);
	e->expires_s = NOW; /* from that second on it does not hold */
	site_report(&site);
	ck_assert_int_eq(item(&site, "own/destination-restriction")->status, CONTROLS_INSPECTED);
	site_close(&site);
}
END_TEST

START_TEST(conditions_are_open_checked_or_attested)
{
	struct site site;
	size_t checked = 0, attested = 0;

	site_open(&site, "route-1");
	site_report(&site);
	for (size_t i = 0; i < site.report.condition_count; i++) {
		const struct controls_condition *c = &site.report.conditions[i];

		ck_assert(c->condition->configurations & site.report.configurations);
		if (c->condition->kind == CONDITION_LINT) /* nobody looked */
			ck_assert_int_eq(c->status, CONTROLS_OPEN);
	}
	ck_assert_int_eq(lint_policy(site.policy, NOW, &site.lint), 0);
	site.input.lint = &site.lint;
	site_report(&site);
	for (size_t i = 0; i < site.report.condition_count; i++) {
		const struct controls_condition *c = &site.report.conditions[i];

		checked += c->condition->kind == CONDITION_LINT && c->status == CONTROLS_FUNCTION;
		attested += c->status == CONTROLS_ATTESTED;
	}
	ck_assert_uint_ge(checked, 3);
	ck_assert_uint_ge(attested, 2);
	site_close(&site);
}
END_TEST

START_TEST(sources_name_their_document_by_number)
{
	size_t count;
	const char *const *documents = guideline_documents(&count);
	auto_(free_charp) char *source = NULL;
	auto_(free_charp) char *plain = controls_source_text("P20");
	auto_(free_charp) char *text = NULL;

	ck_assert_int_gt(asprintf(&source, "%s P4; %s P21,30", documents[1], documents[0]), 0);
	text = controls_source_text(source);
	ck_assert_str_eq(text, "[2] P4; [1] P21,30");
	ck_assert_str_eq(plain, "P20");
}
END_TEST

START_TEST(a_character_cut_at_the_end_is_left_out)
{
	ck_assert_uint_eq(controls_whole_length(""), 0);
	ck_assert_uint_eq(controls_whole_length("abc"), 3);
	ck_assert_uint_eq(controls_whole_length("規則"), 6);
	ck_assert_uint_eq(controls_whole_length("規\xe5\x89"), 3);
	ck_assert_uint_eq(controls_whole_length("規\xe5"), 3);
	ck_assert_uint_eq(controls_whole_length("\xf0\x9f\x8f\xaf"), 4);
	ck_assert_uint_eq(controls_whole_length("\xf0\x9f\x8f"), 0);
}
END_TEST

static char *written(const struct site *site,
		     void (*writer)(const struct controls_report *report, FILE *to))
{
	char *text = NULL;
	size_t len;
	FILE *to = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(to);
	writer(&site->report, to);
	(void)fclose(to);
	return text;
}

START_TEST(a_hostile_policy_cannot_write_into_the_page)
{
	struct site site;

	site_open(&site, "alpha-prime-u");
	free(site.policy->organisation);
	site.policy->organisation = strdup("</title></style><script>alert(1)</script>\"}");
	free(site.policy->appliance_name);
	site.policy->appliance_name = strdup("\"; } </style><img src=x onerror=alert(1)>");
	free(site.policy->services[0].name);
	site.policy->services[0].name = strdup("<b>service</b>");
	attest(&site, "own/ddos", "2026-10-01");
	free(site.policy->attestations[site.policy->attestation_count - 1].by);
	site.policy->attestations[site.policy->attestation_count - 1].by = strdup("<i>'&");
	site_report(&site);
	auto_(free_charp) char *html = written(&site, controls_html);
	ck_assert_ptr_null(strstr(html, "<script"));
	ck_assert_ptr_null(strstr(html, "<img"));
	ck_assert_ptr_null(strstr(html, "<b>"));
	ck_assert_ptr_null(strstr(html, "<i>"));
	ck_assert_ptr_nonnull(strstr(html, "&lt;script&gt;alert(1)"));
	ck_assert_ptr_nonnull(strstr(html, "&lt;i&gt;&#39;&amp;"));
	/* the one style element ends once */
	ck_assert_ptr_null(strstr(strstr(html, "</style>") + 1, "</style>"));
	site_close(&site);
}
END_TEST

START_TEST(the_page_needs_nothing_from_outside)
{
	struct site site;

	site_open(&site, "route-1");
	site_report(&site);
	auto_(free_charp) char *html = written(&site, controls_html);
	ck_assert_ptr_null(strstr(html, "http://"));
	ck_assert_ptr_null(strstr(html, "https://"));
	ck_assert_ptr_null(strstr(html, "url("));
	ck_assert_ptr_null(strstr(html, "<link"));
	ck_assert_ptr_null(strstr(html, "@import"));
	ck_assert_ptr_nonnull(strstr(html, "default-src &#39;none&#39;")
				      ? html
				      : strstr(html, "default-src 'none'"));
	site_close(&site);
}
END_TEST

START_TEST(text_has_no_line_of_more_than_80_cells_of_ascii)
{
	struct site site;

	site_open(&site, "route-1");
	site_report(&site);
	auto_(free_charp) char *text = written(&site, controls_text);
	const char *at = text;

	while (*at) {
		size_t bytes = strcspn(at, "\n"), ascii = 0;

		for (size_t i = 0; i < bytes; i++)
			ascii += (unsigned char)at[i] < 0x80;
		if (ascii == bytes)
			ck_assert_msg(bytes <= 82, "%.*s", (int)bytes, at);
		ck_assert(bytes == 0 || at[bytes - 1] != ' ');
		at += bytes + (at[bytes] == '\n');
	}
	ck_assert_ptr_nonnull(strstr(text, "own/daas-mfa"));
	site_close(&site);
}
END_TEST

START_TEST(json_says_the_same_as_the_report)
{
	struct site site;
	auto_(free_charp) char *text = NULL;
	size_t len;

	site_open(&site, "route-1");
	claim(&site, "internet-to-mynumber", PROVE_UNKNOWN);
	/* cut within a character */
	(void)strcpy(site.proof.claims[0].why, "規則\xe8\xa6");
	site_report(&site);
	FILE *to = open_memstream(&text, &len);
	ck_assert_int_eq(controls_json(&site.report, to), 0);
	(void)fclose(to);
	json_t *json = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "controls")), site.report.count);
	ck_assert_uint_eq(json_array_size(json_object_get(json, "conditions")),
			  site.report.condition_count);
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(json, "required"), "open")),
		(json_int_t)site.report.required.open);
	ck_assert_str_eq(
		json_string_value(json_object_get(
			json_array_get(json_object_get(json_object_get(json, "proof"), "claims"),
				       0),
			"why")),
		"規則");
	json_decref(json);
	site_close(&site);
}
END_TEST

int main(void)
{
	(void)setlocale(LC_ALL, "C.UTF-8");

	Suite *suite = suite_create("controls");
	TCase *tcase = tcase_create("controls");

	tcase_add_test(tcase, every_row_of_the_configurations_and_of_the_common_ones_is_there_once);
	tcase_add_test(tcase, a_restriction_is_enforced_by_its_own_rules);
	tcase_add_test(tcase, without_the_rules_nothing_is_enforced);
	tcase_add_test(tcase, names_are_inspected_only_where_rules_hand_over_to_the_inspector);
	tcase_add_test(tcase, what_another_firewall_decides_is_not_the_appliances);
	tcase_add_test(tcase, a_part_is_open_until_the_rest_is_attested);
	tcase_add_test(tcase, help_alone_never_meets_a_row);
	tcase_add_test(tcase, an_attestation_of_the_future_does_not_count_and_an_old_one_is_told);
	tcase_add_test(tcase,
		       what_is_attested_of_a_condition_counts_for_the_row_that_says_the_same);
	tcase_add_test(tcase, a_proof_that_holds_is_shown_one_that_fails_opens_the_row);
	tcase_add_test(tcase, if_anything_else_may_pass_no_restriction_is_met);
	tcase_add_test(tcase, what_the_guideline_exempts_is_not_counted_as_met);
	tcase_add_test(tcase, shared_names_leave_the_tenant_open);
	tcase_add_test(tcase, an_exception_from_the_zone_makes_a_restriction_a_part);
	tcase_add_test(tcase, conditions_are_open_checked_or_attested);
	tcase_add_test(tcase, sources_name_their_document_by_number);
	tcase_add_test(tcase, a_character_cut_at_the_end_is_left_out);
	tcase_add_test(tcase, a_hostile_policy_cannot_write_into_the_page);
	tcase_add_test(tcase, the_page_needs_nothing_from_outside);
	tcase_add_test(tcase, text_has_no_line_of_more_than_80_cells_of_ascii);
	tcase_add_test(tcase, json_says_the_same_as_the_report);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
