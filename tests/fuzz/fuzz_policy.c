/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a policy file: refused with at least one mistake told, or a policy that can be
 * compiled. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "policy/policy.h"
#include "ruleset/compile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const char *path)
{
	auto_(errors_clear) struct errors errors = { 0 };
	auto_(policy_freep) struct policy *policy = NULL;
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	int error = policy_read(path, &policy, &errors);

	if (error != 0) {
		if (policy || errors.count == 0)
			abort();
		return;
	}
	error = compile_policy(policy, &ruleset);
	if (error != 0 && error != -ENOMEM && error != -E2BIG)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int file = -1;
	char path[64];

	if (file < 0)
		file = memfd_create("policy", MFD_CLOEXEC);
	if (file < 0 || ftruncate(file, 0) != 0 || pwrite(file, data, size, 0) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	use(path);
	return 0;
}
