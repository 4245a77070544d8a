/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of checks, one for each condition of the guideline, and the run over it. */
#include "lint/lint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"

#define DAY_S 86400

static const struct {
	const char *id;
	lint_check_fn *check;
} checks[] = {
	{ "ismap-registered-only", lint_ismap_registered_only },
	{ "ismap-base-does-not-count", lint_ismap_base_does_not_count },
	{ "ismap-liu-not-enough", lint_ismap_liu_not_enough },
	{ "ismap-own-review", lint_ismap_own_review },
	{ "security-update-exemption", lint_security_update_exemption },
	{ "case-a-no-tenant", lint_case_a_no_tenant },
	{ "case-i-tenant", lint_case_i_tenant },
	{ "case-i-no-download", lint_case_i_no_download },
	{ "case-i-u-malware-inspection", lint_case_i_u_malware_inspection },
	{ "case-u-tenant", lint_case_u_tenant },
	{ "cloud-mail-only-as-fallback", lint_cloud_mail_only_as_fallback },
	{ "default-deny", lint_default_deny },
	{ "internet-line-assumed", lint_internet_line_assumed },
	{ "log-and-monitor", lint_log_and_monitor },
	{ "settings-reviewed-on-update", lint_settings_reviewed_on_update },
	{ "external-check-and-jlis-report", lint_external_check_and_jlis_report },
	{ "extra-measures-quantified", lint_extra_measures_quantified },
	{ "own-responsibility", lint_own_responsibility },
	{ "screen-path-encrypted", lint_screen_path_encrypted },
	{ "device-redirection-ban", lint_device_redirection_ban },
	{ "session-logoff", lint_session_logoff },
	{ "network-print-only", lint_network_print_only },
	{ "designated-terminals-only", lint_designated_terminals_only },
	{ "maintenance-terminal-dedicated", lint_maintenance_terminal_dedicated },
	{ "prefer-lgwan-single-terminal", lint_prefer_lgwan_single_terminal },
	{ "mayor-decision", lint_mayor_decision },
	{ "executive-decision", lint_executive_decision },
	{ "csp-relation", lint_csp_relation },
	{ "mynumber-terminal-unification-not-covered",
	  lint_mynumber_terminal_unification_not_covered },
	{ "security-cloud-capacity", lint_security_cloud_capacity },
	{ "beta-external-check", lint_beta_external_check },
	{ "daas-provider-platform", lint_daas_provider_platform },
	{ "lbo-route-by-prefecture", lint_lbo_route_by_prefecture },
	{ "device-config-backup", lint_device_config_backup },
	{ "device-software-procedure", lint_device_software_procedure },
	{ "monitor-illegal-communication", lint_monitor_illegal_communication },
	{ "least-privilege-reviewed", lint_least_privilege_reviewed },
	{ "vendor-hardening", lint_vendor_hardening },
};

static lint_check_fn *check_of(const char *id)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (!strcmp(checks[i].id, id))
			return checks[i].check;
	return NULL;
}

static struct lint_finding *new_finding(struct lint *l)
{
	struct lint_report *report = l->report;
	struct lint_finding *grown =
		realloc(report->findings, (report->count + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	report->findings = grown;
	grown += report->count++;
	*grown = (struct lint_finding){ .condition = l->condition };
	return grown;
}

static struct lint_finding *find(struct lint *l, enum lint_severity severity, int line,
				 const char *mend, const char *format, va_list arguments)
{
	struct lint_finding *finding = new_finding(l);

	if (!finding) {
		l->no_memory = true;
		return NULL;
	}
	finding->severity = severity;
	finding->line = line;
	finding->mend = strdup(mend);
	if (vasprintf(&finding->what, format, arguments) < 0)
		finding->what = NULL;
	if (!finding->mend || !finding->what)
		l->no_memory = true;
	l->report->errors += severity == LINT_ERROR;
	l->report->warnings += severity == LINT_WARNING;
	return finding;
}

void lint_find(struct lint *l, enum lint_severity severity, int line, const char *mend,
	       const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)find(l, severity, line, mend, format, arguments);
	va_end(arguments);
}

void lint_opens(struct lint *l, int line, const char *mend, const char *format, ...)
{
	struct lint_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	finding = find(l, LINT_ERROR, line, mend, format, arguments);
	va_end(arguments);
	if (!finding)
		return;
	finding->opens = true;
	l->report->opening++;
}

/* People and registrations count days by the calendar where they are. */
static int64_t local_day(int64_t now_s)
{
	time_t now = (time_t)now_s;
	struct tm tm;

	if (!localtime_r(&now, &tm))
		return now_s / DAY_S;
	tm = (struct tm){ .tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday };
	return timegm(&tm) / DAY_S;
}

int lint_policy(const struct policy *policy, int64_t now_s, struct lint_report *ret)
{
	auto_(lint_report_clear) struct lint_report report = { 0 };
	struct lint l = { .policy = policy, .now_s = now_s, .report = &report };
	size_t count;
	const struct guideline_condition *conditions = guideline_conditions(&count);

	l.today = local_day(now_s);
	for (size_t i = 0; i < count && !l.no_memory; i++) {
		lint_check_fn *check = check_of(conditions[i].id);

		l.condition = &conditions[i];
		if (check && (conditions[i].configurations & policy->configurations))
			check(&l);
	}
	if (l.no_memory)
		return -ENOMEM;
	*ret = report;
	report = (struct lint_report){ 0 };
	return 0;
}

int lint_refuse(const struct policy *policy, int64_t now_s, struct errors *errors)
{
	auto_(lint_report_clear) struct lint_report report = { 0 };
	int err = lint_policy(policy, now_s, &report);

	if (err)
		return err;
	for (size_t i = 0; i < report.count; i++) {
		const struct lint_finding *f = &report.findings[i];

		if (f->opens)
			errors_add(errors, policy->source.path, f->line,
				   _("%s: nothing that opens this is loaded. To mend it: %s. The "
				     "guideline: %s (%s)"),
				   f->what, f->mend, f->condition->text_ja, f->condition->source);
	}
	return report.opening ? -EINVAL : 0;
}

bool lint_knows(const char *id)
{
	return check_of(id);
}

void lint_report_clear(struct lint_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		free(report->findings[i].what);
		free(report->findings[i].mend);
	}
	free(report->findings);
	*report = (struct lint_report){ 0 };
}
