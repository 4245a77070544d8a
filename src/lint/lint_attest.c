/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Conditions that only the organisation can say of itself: who attests them, and when. */
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "lint/lint_parts.h"

/* Settings are to be checked "periodically" (定期的な確認); the guideline gives no period. */
#define REVIEW_DAYS 366

/* ---- examination of each service */

static const char *review_mend(void)
{
	return _("add to the service: review = { by = \"...\"; on = \"YYYY-MM-DD\"; }");
}

void lint_ismap_own_review(struct lint *l)
{
	bool attested = lint_attestation(l, l->condition->id, NULL);

	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];

		if (!s->reviewed_on && !s->exempt && !attested)
			lint_find(l, LINT_ERROR, s->line, review_mend(),
				  _("services.%s: the organisation's own examination of the "
				    "service is not stated"),
				  s->name);
		else if (s->reviewed_on && lint_day(s->reviewed_on) > l->today)
			lint_find(l, LINT_WARNING, s->line,
				  _("give the day on which it was examined"),
				  _("services.%s.review.on: %s is a day yet to come"), s->name,
				  s->reviewed_on);
	}
}

void lint_settings_reviewed_on_update(struct lint *l)
{
	const struct policy_attestation *a = lint_attestation(l, l->condition->id, NULL);
	const char *mend = _("check the settings of the service again, and renew its \"review\"");
	size_t without = 0;

	for (size_t i = 0; i < l->policy->service_count; i++) {
		const struct policy_service *s = &l->policy->services[i];

		if (!s->reviewed_on)
			without += !s->exempt;
		else if (lint_day(s->reviewed_on) + REVIEW_DAYS < l->today)
			lint_find(l, LINT_WARNING, s->line, mend,
				  _("services.%s: its settings were last reviewed on %s, more "
				    "than a year ago"),
				  s->name, s->reviewed_on);
	}
	if (without && !a)
		lint_find(l, LINT_ERROR, 0,
			  _("add \"review\" to each service, or attest "
			    "\"settings-reviewed-on-update\" for all of them"),
			  _("services that do not say when their settings were last reviewed: %zu"),
			  without);
	if (a && a->on && lint_day(a->on) + REVIEW_DAYS < l->today)
		lint_find(l, LINT_WARNING, a->line,
			  _("check the settings again, and renew the attestation"),
			  _("the settings of the services were last reviewed on %s, more than a "
			    "year ago"),
			  a->on);
}

/* ---- case イ and ウ */

void lint_case_i_no_download(struct lint *l)
{
	static const char *const keys[] = { "own/cloud-download-restriction", NULL };

	(void)lint_need_attestation(l, LINT_ERROR, keys,
				    _("that files cannot be downloaded from the cloud service to "
				      "the PCs"));
}

/* The precondition is that it can be done (可能); doing it is recommended (推奨). */
void lint_case_i_u_malware_inspection(struct lint *l)
{
	static const char *const keys[] = { "own/cloud-malware-scan",
					    "alpha-prime/cloud-malware-scan", NULL };

	(void)lint_need_attestation(l, LINT_WARNING, keys,
				    _("that files of web meetings and mail can be inspected for "
				      "malware in the cloud service"));
}

/* ---- checks by others */

void lint_external_check_and_jlis_report(struct lint *l)
{
	(void)lint_need_attestation(l, LINT_ERROR, NULL,
				    _("the confirmation from outside beforehand, the periodic "
				      "audits, and their reports to J-LIS"));
}

void lint_beta_external_check(struct lint *l)
{
	static const char *const keys[] = { "beta/org-external-audit", NULL };

	(void)lint_need_attestation(
		l, LINT_ERROR, keys,
		_("the confirmation from outside beforehand, the periodic audits, and their "
		  "reports to J-LIS (or that both zones are separated completely)"));
}

/* Asked only of those who bring in measures of their own. */
void lint_extra_measures_quantified(struct lint *l)
{
	const struct policy *policy = l->policy;
	const char *what = _("the quantitative analysis that measures of one's own lower the risk");
	bool measures = policy->exception_count;

	for (size_t i = 0; i < policy->service_count; i++)
		measures |= policy->services[i].tenant_measure != NULL;
	if (measures)
		(void)lint_need_attestation(l, LINT_WARNING, NULL, what);
	else
		lint_find(l, LINT_NOTE, 0, "",
			  _("asked for where the site adds technical measures of its own; this "
			    "policy states none"));
}

/* ---- screen transfer */

void lint_session_logoff(struct lint *l)
{
	static const char *const keys[] = { "common/session-logoff", NULL };

	(void)lint_need_attestation(l, LINT_ERROR, keys,
				    _("that closing the window logs the virtual desktop off"));
}

void lint_executive_decision(struct lint *l)
{
	static const char *const mayor[] = { "mayor-decision", NULL };

	(void)lint_need_attestation(l, LINT_ERROR, mayor,
				    _("the decision that includes the executives (幹部)"));
}

void lint_mayor_decision(struct lint *l)
{
	(void)lint_need_attestation(l, LINT_ERROR, NULL,
				    _("the decision that includes the mayor (首長)"));
}

void lint_security_cloud_capacity(struct lint *l)
{
	(void)lint_need_attestation(
		l, LINT_ERROR, NULL,
		_("that the prefecture, which runs the security cloud "
		  "(自治体情報セキュリティクラウド), was asked about traffic and cost"));
}

void lint_daas_provider_platform(struct lint *l)
{
	static const char *const keys[] = { "own/daas-platform-patch", NULL };

	(void)lint_need_attestation(l, LINT_ERROR, keys,
				    _("that the provider of the DaaS mends weaknesses of its "
				      "platform"));
}
