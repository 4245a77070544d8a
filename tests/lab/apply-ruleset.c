/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compiles a policy and loads its ruleset into the current network namespace, or prints it: for
 * tests. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/apply.h"
#include "kernel/nlsock.h"
#include "kernel/readback.h"
#include "lab/sample_ruleset.h"
#include "policy/policy.h"
#include "ruleset/compile.h"
#include "ruleset/text.h"

enum source { SOURCE_POLICY, SOURCE_SAMPLE, SOURCE_REFUSE_ALL };

static int usage(void)
{
	(void)fputs("apply-ruleset [--queue native|compat|drop] [--print] POLICY\n"
		    "apply-ruleset [--queue native|compat|drop] [--print] --sample | --refuse-all\n"
		    "apply-ruleset --verify POLICY | --verify --sample | --verify --refuse-all\n"
		    "apply-ruleset --delete\n"
		    "Loads what a policy compiles to into this network namespace, prints it for "
		    "nft -f, "
		    "or\nreads the kernel's table back and compares.\n",
		    stderr);
	return 2;
}

static int compile_file(const char *path, struct ruleset **ret, struct errors *errors)
{
	auto_(policy_freep) struct policy *policy = NULL;
	int r = policy_read(path, &policy, errors);

	return r < 0 ? r : compile_policy(policy, ret);
}

static int make_ruleset(enum source source, const char *path, struct ruleset **ret,
			struct errors *errors)
{
	switch (source) {
	case SOURCE_POLICY:
		return compile_file(path, ret, errors);
	case SOURCE_SAMPLE:
		return sample_ruleset_make(ret);
	case SOURCE_REFUSE_ALL:
		return compile_refuse_all(ret);
	}
	return -1;
}

static int report(const char *what, int r, const struct errors *errors)
{
	errors_print(errors, stderr);
	(void)fprintf(stderr, "%s: %s\n", what, strerror(-r));
	return 1;
}

static bool parse_queue(const char *text, enum apply_queue *ret)
{
	static const char *const names[] = { [APPLY_QUEUE_NATIVE] = "native",
					     [APPLY_QUEUE_COMPAT] = "compat",
					     [APPLY_QUEUE_DROP] = "drop" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], text) == 0) {
			*ret = (enum apply_queue)i;
			return true;
		}
	}
	return false;
}

static int delete_table(void)
{
	int r = apply_delete(NULL);

	if (r < 0)
		(void)fprintf(stderr, "delete: %s\n", strerror(-r));
	return r < 0;
}

/* What the kernel has now, against the ruleset. */
static int verify(const struct ruleset *wanted)
{
	auto_(ruleset_freep) struct ruleset *found = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct readback_trouble trouble = { 0 };
	char difference[READBACK_DIFFERENCE_MAX] = "";
	int r = nlsock_open(&sock);

	if (r == 0)
		r = readback_ruleset(sock, &found, &trouble);
	if (r < 0) {
		(void)fprintf(stderr, "%s: %s (%s)\n", trouble.chain, trouble.what, strerror(-r));
		return 1;
	}
	r = readback_compare(wanted, found, difference, sizeof(difference));
	if (r != 0)
		(void)fprintf(stderr, "%s\n", r < 0 ? strerror(-r) : difference);
	return r != 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = { { "queue", required_argument, NULL, 'q' },
						 { "print", no_argument, NULL, 'p' },
						 { "sample", no_argument, NULL, 's' },
						 { "refuse-all", no_argument, NULL, 'r' },
						 { "delete", no_argument, NULL, 'd' },
						 { "verify", no_argument, NULL, 'v' },
						 { NULL, 0, NULL, 0 } };
	struct apply_options apply = { .queue = APPLY_QUEUE_NATIVE };
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	enum source source = SOURCE_POLICY;
	bool print = false, verifies = false;
	int option, r;

	(void)setlocale(LC_ALL, "");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'd')
			return delete_table();
		if (option == 's')
			source = SOURCE_SAMPLE;
		else if (option == 'r')
			source = SOURCE_REFUSE_ALL;
		else if (option == 'p')
			print = true;
		else if (option == 'v')
			verifies = true;
		else if (option != 'q' || !parse_queue(optarg, &apply.queue))
			return usage();
	}
	if (argc - optind != (source == SOURCE_POLICY))
		return usage();
	r = make_ruleset(source, argv[optind], &ruleset, &errors);
	if (r < 0)
		return report("compile", r, &errors);
	if (verifies)
		return verify(ruleset);
	if (print) {
		text_print(ruleset, apply.queue == APPLY_QUEUE_DROP ? "drop" : NULL, stdout);
		return ferror(stdout) != 0;
	}
	r = apply_ruleset(ruleset, &apply, &errors);
	return r < 0 ? report("apply", r, &errors) : 0;
}
