/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl check: reads a policy as the daemon would, and compiles it, but touches nothing. */

#include <stdio.h>
#include <string.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "policy/policy.h"
#include "ruleset/compile.h"

static void print_summary(const char *file, const struct policy *policy,
			  const struct ruleset *ruleset)
{
	size_t zones = 0, roles = 0, names = 0, rules = 0, elements = 0;

	for (size_t i = 0; i < ZONE_COUNT; i++)
		zones += policy->zones[i].declared;
	for (size_t i = 0; i < ROLE_COUNT; i++)
		roles += policy->endpoints[i].declared;
	for (size_t i = 0; i < policy->service_count; i++) {
		const struct policy_service *service = &policy->services[i];

		names += service->tenant_names.count + service->shared_names.count +
			 service->names.count;
	}
	for (size_t i = 0; i < ruleset->chain_count; i++)
		rules += ruleset->chains[i].rule_count;
	for (size_t i = 0; i < ruleset->set_count; i++)
		elements += ruleset->sets[i].element_count;
	(void)printf(_("%s: the policy is good: configurations %d, zones %zu, roles %zu, "
		       "services %zu, names %zu; rules %zu, sets %zu, elements %zu\n"),
		     file, __builtin_popcount(policy->configurations), zones, roles,
		     policy->service_count, names, rules, ruleset->set_count, elements);
}

int cmd_check(int argc, char **argv)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	const char *file;

	int code =
		cmd_one_file(argc, argv,
			     _("Reads the policy FILE and the lists that it names. Mistakes go to "
			       "standard error, each with\nfile and line; else one line says what "
			       "the policy holds. The running daemon is not touched.\n"),
			     &file);
	if (code >= 0)
		return code;
	int r = policy_read(file, &policy, &errors);
	if (r < 0) {
		errors_sort(&errors);
		errors_print(&errors, stderr);
		return cmd_policy_exit(r);
	}
	r = compile_policy(policy, &ruleset);
	if (r < 0) {
		(void)fprintf(stderr, _("%s: the kernel rules cannot be made: %s\n"), file,
			      strerror(-r));
		return CMD_FINDING;
	}
	print_summary(file, policy, ruleset);
	return CMD_OK;
}
