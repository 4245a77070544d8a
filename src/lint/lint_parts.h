/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the lint is divided. Private to src/lint/lint*.c.
 *
 * lint.c             the table of checks, the run, findings
 * lint_ask.c         questions that several checks ask of a policy
 * lint_attest.c      what only the organisation can say of itself
 * lint_appliance.c   what this appliance does by itself
 * lint_ismap.c       ISMAP, and the exemption from it
 * lint_tenant.c      the own tenant, in cases ア, イ and ウ
 * lint_screen.c      screen transfer
 * lint_site.c        terminals, firewalls, decisions about the whole site
 * lint_width.c       what is wider than anybody needs, by which forbidden things get in
 *
 * A check looks at the policy and adds its findings; it has no other result. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lint/lint.h"
#include "policy/names.h"
#include "policy/policy.h"

struct lint {
	const struct policy *policy;
	int64_t now_s;                               /* seconds since 1970 */
	int64_t today;                               /* days since 1970-01-01, local */
	const struct guideline_condition *condition; /* being checked */
	struct lint_report *report;
	bool no_memory;
};

typedef void lint_check_fn(struct lint *l);

/* Adds a finding of the condition being checked. mend: translated; copied. */
void lint_find(struct lint *l, enum lint_severity severity, int line, const char *mend,
	       const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Adds an error by which something opens that the guideline forbids: where it leads, by whom, on
 * which port or name. (What is not on paper as it should be opens nothing: registrations,
 * attestations, dates. A daemon must be able to start again when a date has passed.) */
void lint_opens(struct lint *l, int line, const char *mend, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- lint_appliance.c */

/* Adds an error that opens something for each management access from outside, by zone or by line.
 * For checks that apply where the configurations ask who may manage the appliance. */
void lint_access_from_outside(struct lint *l);

/* ---- lint_ask.c */

/* The days since 1970-01-01 of YYYY-MM-DD. */
int64_t lint_day(const char *date);

/* The first attestation whose control is the id of the condition or one of keys (up to NULL; may be
 * NULL itself), or NULL. */
const struct policy_attestation *lint_attestation(const struct lint *l, const char *condition,
						  const char *const *keys);

/* Adds a finding of that severity if there is no such attestation for the condition being checked.
 * what: what lacks, translated. True if there is one. */
bool lint_need_attestation(struct lint *l, enum lint_severity severity, const char *const *keys,
			   const char *what);

/* "tcp/443", "udp/3478-3481" into out (LINT_PORT_MAX); gives out. */
#define LINT_PORT_MAX 32
char *lint_port_text(const struct policy_port *port, char *out);

/* Calls each for every host name of the service. */
void lint_each_name(struct lint *l, const struct policy_service *service,
		    void (*each)(struct lint *l, const struct policy_service *service,
				 enum names_kind kind, const char *name));

/* True if name is a pattern with a wildcard. */
bool lint_is_wildcard(const char *name);

/* True if mail and files from outside are made harmless: a sanitiser is declared or attested. */
bool lint_has_sanitizer(const struct lint *l);

/* True if the service says how it keeps to the own tenant otherwise than by names. */
bool lint_has_tenant_control(const struct policy_service *service);

/* ---- lint_site.c */

/* Finds endpoints whose role no flow of the configurations in use has to do with: what was meant
 * for another route opens nothing, and nobody would notice. */
void lint_idle_roles(struct lint *l);

/* ---- the checks, by the id of their condition */
lint_check_fn lint_ismap_registered_only;
lint_check_fn lint_ismap_base_does_not_count;
lint_check_fn lint_ismap_liu_not_enough;
lint_check_fn lint_ismap_own_review;
lint_check_fn lint_security_update_exemption;
lint_check_fn lint_case_a_no_tenant;
lint_check_fn lint_case_i_tenant;
lint_check_fn lint_case_i_no_download;
lint_check_fn lint_case_i_u_malware_inspection;
lint_check_fn lint_case_u_tenant;
lint_check_fn lint_cloud_mail_only_as_fallback;
lint_check_fn lint_default_deny;
lint_check_fn lint_internet_line_assumed;
lint_check_fn lint_log_and_monitor;
lint_check_fn lint_settings_reviewed_on_update;
lint_check_fn lint_external_check_and_jlis_report;
lint_check_fn lint_extra_measures_quantified;
lint_check_fn lint_own_responsibility;
lint_check_fn lint_screen_path_encrypted;
lint_check_fn lint_device_redirection_ban;
lint_check_fn lint_session_logoff;
lint_check_fn lint_network_print_only;
lint_check_fn lint_designated_terminals_only;
lint_check_fn lint_maintenance_terminal_dedicated;
lint_check_fn lint_prefer_lgwan_single_terminal;
lint_check_fn lint_mayor_decision;
lint_check_fn lint_executive_decision;
lint_check_fn lint_csp_relation;
lint_check_fn lint_mynumber_terminal_unification_not_covered;
lint_check_fn lint_security_cloud_capacity;
lint_check_fn lint_beta_external_check;
lint_check_fn lint_daas_provider_platform;
lint_check_fn lint_lbo_route_by_prefecture;
lint_check_fn lint_device_config_backup;
lint_check_fn lint_device_software_procedure;
lint_check_fn lint_monitor_illegal_communication;
lint_check_fn lint_least_privilege_reviewed;
lint_check_fn lint_vendor_hardening;
