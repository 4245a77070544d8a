/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A compiler with a fault that can be switched on, for the program sekishod_faulty of the lab: it
 * lets the internet zone into My Number, before any other rule. The linker puts it in the place of
 * compile_policy() (--wrap); nothing else differs from sekishod. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy/policy.h"
#include "ruleset/compile.h"
#include "ruleset/ruleset.h"

int __real_compile_policy(const struct policy *policy, struct ruleset **ret);
int __wrap_compile_policy(const struct policy *policy, struct ruleset **ret);

/* The fault is on while the file is there that the environment names. */
static bool is_faulty(void)
{
	const char *path = getenv("SEKISHO_FAULT");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}

static void match(struct ruleset_rule *rule, enum ruleset_statement_kind kind, const char *name)
{
	struct ruleset_statement *statement = &rule->statements[rule->count++];

	statement->kind = kind;
	strncpy(statement->text, name, sizeof(statement->text) - 1);
}

static void accept_from_to(struct ruleset_rule *rule, const char *from, const char *to)
{
	*rule = (struct ruleset_rule){ .count = 0 };
	match(rule, MATCH_IIFNAME, from);
	match(rule, MATCH_OIFNAME, to);
	rule->statements[rule->count++] =
		(struct ruleset_statement){ .kind = ACT_VERDICT,
					    .verdict = { .kind = VERDICT_ACCEPT } };
}

/* Both ways, so that a connection works. */
static int open_the_way(const struct policy *policy, struct ruleset_chain *forward)
{
	const char *outside = policy->zones[ZONE_INTERNET].interfaces.at[0];
	const char *inside = policy->zones[ZONE_MYNUMBER].interfaces.at[0];
	struct ruleset_rule *rules =
		realloc(forward->rules, (forward->rule_count + 2) * sizeof(*rules));

	if (!rules)
		return -ENOMEM;
	forward->rules = rules;
	forward->rule_room = forward->rule_count + 2;
	memmove(rules + 2, rules, forward->rule_count * sizeof(*rules));
	forward->rule_count += 2;
	accept_from_to(&rules[0], outside, inside);
	accept_from_to(&rules[1], inside, outside);
	return 0;
}

int __wrap_compile_policy(const struct policy *policy, struct ruleset **ret)
{
	int error = __real_compile_policy(policy, ret);

	if (error != 0 || !is_faulty())
		return error;
	for (size_t i = 0; i < (*ret)->chain_count; i++)
		if (strcmp((*ret)->chains[i].name, "forward") == 0)
			return open_the_way(policy, &(*ret)->chains[i]);
	return -EINVAL;
}
