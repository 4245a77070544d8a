/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sekishoctl compile: prints what the daemon would load into the kernel, as nft(8) reads it. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "common/i18n.h"
#include "ctl/cmd.h"
#include "policy/policy.h"
#include "ruleset/compile.h"
#include "ruleset/text.h"

/* When the text is thought to be loaded: now, or as the environment says, for texts that are the
 * same whenever they are made. Source: https://reproducible-builds.org/specs/source-date-epoch/ */
static int64_t load_time(void)
{
	const char *text = getenv("SOURCE_DATE_EPOCH");
	char *end = NULL;
	long long seconds;

	if (!text || !*text)
		return (int64_t)time(NULL);
	seconds = strtoll(text, &end, 10);
	return *end ? (int64_t)time(NULL) : seconds;
}

int cmd_compile(int argc, char **argv)
{
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	const char *file;

	int code = cmd_one_file(
		argc, argv,
		_("Prints the kernel rules that the policy FILE makes, in the syntax of "
		  "nft(8). Nothing is loaded.\n"),
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
	text_print_at(ruleset, NULL, load_time(), stdout);
	return CMD_OK;
}
