/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of lint/lint*.c on policies put together by hand, also such that policy_read() refuses.
 * What policies as text give is in tests/golden/lint. */

#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "lint/lint.h"

#define NOW_S 1795305600 /* 2026-11-22 00:00 UTC */

static struct policy *policy;
static struct lint_report report;

static void set_up(void)
{
	/* days are counted where the machine stands */
	(void)setenv("TZ", "UTC", 1);
	policy = calloc(1, sizeof(*policy));
	ck_assert_ptr_nonnull(policy);
	report = (struct lint_report){ 0 };
}

static void tear_down(void)
{
	lint_report_clear(&report);
	policy_free(policy);
}

static char *copy(const char *text)
{
	char *copied = strdup(text);

	ck_assert_ptr_nonnull(copied);
	return copied;
}

static void use(enum configuration c)
{
	policy->configurations |= 1U << c;
}

static struct policy_service *add_service(enum role role)
{
	struct policy_service *grown =
		realloc(policy->services, (policy->service_count + 1) * sizeof(*grown));

	ck_assert_ptr_nonnull(grown);
	policy->services = grown;
	grown += policy->service_count++;
	*grown = (struct policy_service){ .name = copy("files"), .line = 7, .role = role };
	return grown;
}

static void add_port(struct policy_ports *ports, uint8_t l4proto, uint16_t first, enum app app)
{
	struct policy_port *grown = realloc(ports->at, (ports->count + 1) * sizeof(*grown));

	ck_assert_ptr_nonnull(grown);
	ports->at = grown;
	ports->at[ports->count++] = (struct policy_port){ l4proto, first, first, app };
}

static void attest(const char *control)
{
	struct policy_attestation *grown =
		realloc(policy->attestations, (policy->attestation_count + 1) * sizeof(*grown));

	ck_assert_ptr_nonnull(grown);
	policy->attestations = grown;
	policy->attestations[policy->attestation_count++] =
		(struct policy_attestation){ .control = copy(control), .on = copy("2026-10-01") };
}

static void run(void)
{
	ck_assert_int_eq(policy_derive(policy), 0);
	lint_report_clear(&report);
	ck_assert_int_eq(lint_policy(policy, NOW_S, &report), 0);
}

/* How many findings of that condition and severity there are. */
static size_t count(const char *id, enum lint_severity severity)
{
	size_t n = 0;

	for (size_t i = 0; i < report.count; i++)
		n += report.findings[i].severity == severity &&
		     !strcmp(report.findings[i].condition->id, id);
	return n;
}

/* True if a finding of that condition says so. */
static bool says(const char *id, const char *part)
{
	for (size_t i = 0; i < report.count; i++)
		if (!strcmp(report.findings[i].condition->id, id) &&
		    strstr(report.findings[i].what, part))
			return true;
	return false;
}

START_TEST(every_condition_of_the_guideline_has_a_check)
{
	size_t conditions;
	const struct guideline_condition *all = guideline_conditions(&conditions);

	ck_assert_uint_eq(conditions, 38);
	for (size_t i = 0; i < conditions; i++)
		ck_assert_msg(lint_knows(all[i].id), "%s has no check", all[i].id);
	ck_assert(!lint_knows("no-such-condition"));
}
END_TEST

START_TEST(nothing_applies_without_a_configuration)
{
	(void)add_service(ROLE_PERMITTED_CLOUD);
	run();
	ck_assert_uint_eq(report.count, 0);
}
END_TEST

START_TEST(findings_are_of_conditions_of_the_configuration_in_their_order)
{
	for (unsigned int c = 0; c < CONFIGURATION_COUNT; c++) {
		const struct guideline_condition *last = NULL;
		size_t errors = 0, warnings = 0;

		policy->configurations = 1U << c;
		run();
		for (size_t i = 0; i < report.count; i++) {
			const struct lint_finding *f = &report.findings[i];

			ck_assert_msg(f->condition->configurations & 1U << c, "%s does not apply",
				      f->condition->id);
			ck_assert(last <= f->condition);
			ck_assert_ptr_nonnull(f->what);
			ck_assert_ptr_nonnull(f->mend);
			ck_assert(f->severity == LINT_NOTE || *f->mend);
			last = f->condition;
			errors += f->severity == LINT_ERROR;
			warnings += f->severity == LINT_WARNING;
		}
		ck_assert_uint_eq(errors, report.errors);
		ck_assert_uint_eq(warnings, report.warnings);
	}
}
END_TEST

START_TEST(attestation_of_every_condition_leaves_no_error_of_the_organisation)
{
	size_t conditions;
	const struct guideline_condition *all = guideline_conditions(&conditions);

	for (size_t i = 0; i < conditions; i++)
		if (all[i].kind == CONDITION_ATTEST)
			attest(all[i].id);
	for (unsigned int c = 0; c < CONFIGURATION_COUNT; c++) {
		policy->configurations = 1U << c;
		run();
		for (size_t i = 0; i < report.count; i++)
			ck_assert_msg(report.findings[i].condition->kind != CONDITION_ATTEST ||
					      report.findings[i].severity == LINT_NOTE,
				      "%s: %s", report.findings[i].condition->id,
				      report.findings[i].what);
	}
}
END_TEST

START_TEST(exemption_needs_every_term)
{
	struct policy_service *s = add_service(ROLE_PERMITTED_CLOUD);

	use(CONFIGURATION_ALPHA_PRIME_I);
	s->exempt = true;
	add_port(&s->ports, IPPROTO_TCP, 80, APP_HTTP);
	add_port(&s->ports, IPPROTO_TCP, 443, APP_TLS);
	add_port(&s->ports, IPPROTO_UDP, 4500, APP_NONE);
	run();
	ck_assert(says("security-update-exemption", "no administrative documents"));
	ck_assert(says("security-update-exemption", "certificate is checked"));
	ck_assert(says("security-update-exemption", "who issued"));
	ck_assert(says("security-update-exemption", "only security updates"));
	ck_assert(says("security-update-exemption", "no host name"));
	ck_assert(says("security-update-exemption", "by tcp/80 nobody"));
	ck_assert(says("security-update-exemption", "by udp/4500 nobody"));
	ck_assert_uint_eq(count("security-update-exemption", LINT_ERROR), 7);
	ck_assert_uint_eq(count("ismap-registered-only", LINT_ERROR), 0);
}
END_TEST

START_TEST(service_without_registration_is_an_error)
{
	struct policy_service *s = add_service(ROLE_PERMITTED_CLOUD);

	use(CONFIGURATION_ALPHA_PRIME_U);
	run();
	ck_assert_uint_eq(count("ismap-registered-only", LINT_ERROR), 1);
	s->ismap.service = copy("Example Files");
	run();
	ck_assert_uint_eq(count("ismap-registered-only", LINT_ERROR), 1);
	s->ismap.number = copy("C00-0000-0");
	run();
	ck_assert_uint_eq(count("ismap-registered-only", LINT_ERROR), 0);
	ck_assert(says("ismap-registered-only", "until when"));
}
END_TEST

START_TEST(registration_holds_through_its_last_day)
{
	struct policy_service *s = add_service(ROLE_PERMITTED_CLOUD);

	use(CONFIGURATION_ALPHA_PRIME_U);
	s->ismap = (struct policy_ismap){ .service = copy("Example Files"),
					  .number = copy("C00-0000-0"),
					  .valid_until = copy("2026-11-22") };
	run();
	ck_assert_uint_eq(count("ismap-registered-only", LINT_WARNING), 0);
	s->ismap.valid_until[9] = '1';
	run();
	ck_assert(says("ismap-registered-only", "ran out on 2026-11-21"));
}
END_TEST

START_TEST(no_directory_for_the_log_is_an_error)
{
	use(CONFIGURATION_ALPHA_PRIME_A);
	attest("log-and-monitor");
	run();
	ck_assert_uint_eq(count("log-and-monitor", LINT_ERROR), 1);
	policy->daemon.log_directory = copy("/var/log/sekisho");
	run();
	ck_assert_uint_eq(count("log-and-monitor", LINT_ERROR), 0);
	ck_assert(says("log-and-monitor", "/var/log/sekisho"));
}
END_TEST

START_TEST(mayor_stands_for_the_executives_but_not_the_other_way)
{
	use(CONFIGURATION_ROUTE_7);
	attest("executive-decision");
	run();
	ck_assert_uint_eq(count("executive-decision", LINT_ERROR), 0);
	ck_assert_uint_eq(count("mayor-decision", LINT_ERROR), 1);
	free(policy->attestations[0].control);
	policy->attestations[0].control = copy("mayor-decision");
	run();
	ck_assert_uint_eq(count("executive-decision", LINT_ERROR), 0);
	ck_assert_uint_eq(count("mayor-decision", LINT_ERROR), 0);
}
END_TEST

START_TEST(bad_port_is_found_within_a_range)
{
	use(CONFIGURATION_ROUTE_5);
	add_port(&policy->ports[PORT_GROUP_SCREEN_TRANSFER], IPPROTO_TCP, 3000, APP_NONE);
	policy->ports[PORT_GROUP_SCREEN_TRANSFER].at[0].last = 3388;
	run();
	ck_assert(!says("screen-path-encrypted", "RDP"));
	/* USB/IP, 3240, is in the range */
	ck_assert(says("device-redirection-ban", "USB/IP"));
	policy->ports[PORT_GROUP_SCREEN_TRANSFER].at[0].last = 3389;
	run();
	ck_assert(says("screen-path-encrypted", "tcp/3000-3389 opens RDP"));
}
END_TEST

START_TEST(remote_shells_and_thousands_of_ports_are_no_screen_transfer)
{
	struct policy_ports *ports = &policy->ports[PORT_GROUP_SCREEN_TRANSFER];

	use(CONFIGURATION_ROUTE_5);
	add_port(ports, IPPROTO_TCP, 443, APP_NONE);
	add_port(ports, IPPROTO_UDP, 30000, APP_NONE);
	ports->at[1].last = 31998; /* 2000 with the other */
	run();
	ck_assert_uint_eq(report.opening, 0);
	ports->at[1].last = 31999;
	run();
	ck_assert_uint_eq(report.opening, 1);
	ck_assert(says("device-redirection-ban", "2001 ports"));
	ports->at[1] = (struct policy_port){ IPPROTO_TCP, 22, 22, APP_NONE };
	run();
	ck_assert_uint_eq(report.opening, 1);
	ck_assert(says("device-redirection-ban", "tcp/22 opens SSH"));
	ports->at[1].l4proto = IPPROTO_UDP;
	run();
	ck_assert_uint_eq(report.opening, 0);
}
END_TEST

/* How many findings open something, with this port left uninspected. */
static size_t opened_by(struct policy_service *s, uint8_t l4proto, uint16_t first, uint16_t last)
{
	s->ports.at[0] = (struct policy_port){ l4proto, first, last, APP_NONE };
	run();
	return report.opening;
}

START_TEST(web_ports_open_every_tenant_unless_inspected_or_kept_by_a_proxy)
{
	struct policy_service *s = add_service(ROLE_PERMITTED_CLOUD);

	use(CONFIGURATION_ALPHA_PRIME_I);
	s->tenant_measure = copy("x");
	add_port(&s->ports, IPPROTO_TCP, 443, APP_TLS);
	run();
	ck_assert_uint_eq(report.opening, 0);
	ck_assert_uint_eq(opened_by(s, IPPROTO_UDP, 443, 443), 0);
	ck_assert_uint_eq(opened_by(s, IPPROTO_UDP, 10000, 10999), 0);
	ck_assert_uint_eq(opened_by(s, IPPROTO_UDP, 10000, 11000), 1);
	/* a measure is no leave to go past the names that are listed */
	s->tenant_names.at = calloc(1, sizeof(*s->tenant_names.at));
	ck_assert_ptr_nonnull(s->tenant_names.at);
	s->tenant_names.at[0] = copy("reiji-city.files.example");
	s->tenant_names.count = 1;
	ck_assert_uint_eq(opened_by(s, IPPROTO_UDP, 443, 443), 1);
	ck_assert_uint_eq(opened_by(s, IPPROTO_TCP, 8000, 8500), 1);
	ck_assert_uint_eq(opened_by(s, IPPROTO_UDP, 3478, 3481), 0);
	s->has_proxy = true;
	ck_assert_uint_eq(opened_by(s, IPPROTO_TCP, 443, 443), 0);
}
END_TEST

START_TEST(what_opens_something_is_refused_and_what_lacks_on_paper_is_not)
{
	auto_(errors_clear) struct errors errors = { 0 };

	/* nobody attests anything */
	use(CONFIGURATION_ROUTE_5);
	run();
	ck_assert_uint_gt(report.errors, 0);
	ck_assert_uint_eq(report.opening, 0);
	ck_assert_int_eq(lint_refuse(policy, NOW_S, &errors), 0);
	ck_assert_uint_eq(errors.count, 0);
	add_port(&policy->ports[PORT_GROUP_SCREEN_TRANSFER], IPPROTO_TCP, 445, APP_NONE);
	run();
	ck_assert_uint_eq(report.opening, 1);
	for (size_t i = 0; i < report.count; i++)
		ck_assert(!report.findings[i].opens ||
			  (report.findings[i].severity == LINT_ERROR &&
			   !strcmp(report.findings[i].condition->id, "device-redirection-ban")));
	ck_assert_int_eq(lint_refuse(policy, NOW_S, &errors), -EINVAL);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_ptr_nonnull(strstr(errors.at[0].text, "tcp/445 opens SMB"));
	ck_assert_ptr_nonnull(
		strstr(errors.at[0].text, "デバイス、リソースを双方向共に利用を禁止する"));
}
END_TEST

START_TEST(cleared_report_is_empty)
{
	use(CONFIGURATION_ROUTE_5);
	run();
	ck_assert_uint_gt(report.count, 0);
	lint_report_clear(&report);
	ck_assert_uint_eq(report.count, 0);
	ck_assert_uint_eq(report.errors, 0);
	ck_assert_ptr_null(report.findings);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("lint");
	TCase *tcase = tcase_create("lint");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, every_condition_of_the_guideline_has_a_check);
	tcase_add_test(tcase, nothing_applies_without_a_configuration);
	tcase_add_test(tcase, findings_are_of_conditions_of_the_configuration_in_their_order);
	tcase_add_test(tcase, attestation_of_every_condition_leaves_no_error_of_the_organisation);
	tcase_add_test(tcase, exemption_needs_every_term);
	tcase_add_test(tcase, service_without_registration_is_an_error);
	tcase_add_test(tcase, registration_holds_through_its_last_day);
	tcase_add_test(tcase, no_directory_for_the_log_is_an_error);
	tcase_add_test(tcase, mayor_stands_for_the_executives_but_not_the_other_way);
	tcase_add_test(tcase, bad_port_is_found_within_a_range);
	tcase_add_test(tcase, remote_shells_and_thousands_of_ports_are_no_screen_transfer);
	tcase_add_test(tcase, web_ports_open_every_tenant_unless_inspected_or_kept_by_a_proxy);
	tcase_add_test(tcase, what_opens_something_is_refused_and_what_lacks_on_paper_is_not);
	tcase_add_test(tcase, cleared_report_is_empty);
	suite_add_tcase(suite, tcase);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
