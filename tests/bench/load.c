/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast is an allow-list loaded: kernel/apply.c against nft -f of the printed text, in turns, in
 * this network namespace. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/mono.h"
#include "kernel/apply.h"
#include "ruleset/build.h"
#include "ruleset/text.h"

#define ROUNDS_MAX 101
#define NS_PER_MS  1e6

enum shape { SHAPE_HASH, SHAPE_INTERVAL, SHAPE_COUNT };

static const char *const shape_names[] = { "hash", "interval" };

/* entries elements: single addresses, or networks of sixteen, with protocol and port. */
static int make_ruleset(enum shape shape, uint32_t entries, struct ruleset **ret)
{
	uint32_t step = shape == SHAPE_HASH ? 1 : 16;
	struct build b;
	uint32_t i;

	build_start(&b);
	build_set(&b, "allow4", shape == SHAPE_HASH ? BUILD_EXACT : BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (i = 0; i < entries; i++) {
		struct addr_range range = { .family = 4 };
		uint32_t first = htonl(0x0a000000U + i * step);
		uint32_t last = htonl(0x0a000000U + i * step + step - 1);

		memcpy(range.first, &first, sizeof(first));
		memcpy(range.last, &last, sizeof(last));
		build_element(&b);
		build_put_range(&b, &range);
		build_put_protocol(&b, i % 2 ? IPPROTO_UDP : IPPROTO_TCP);
		build_put_number(&b, 443, 443);
	}
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, NULL);
	build_in_set(&b, "allow4", BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	return build_finish(&b, ret);
}

static int load_by_nft(const char *path)
{
	char name[] = "nft", file[] = "-f";
	auto_(free_charp) char *copy = strdup(path);
	char *const argv[] = { name, file, copy, NULL };
	int status;
	pid_t pid;

	if (!copy || posix_spawnp(&pid, "nft", NULL, NULL, argv, environ) != 0)
		return -ENOENT;
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -ECHILD;
	return WEXITSTATUS(status) == 0 ? 0 : -EINVAL;
}

/* What apply does in the daemon: no process is started for it. */
static int load_by_apply(const struct ruleset *ruleset)
{
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP };
	auto_(errors_clear) struct errors errors = { 0 };
	int r = apply_ruleset(ruleset, &options, &errors);

	errors_print(&errors, stderr);
	return r;
}

static int compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static double median_ms(int64_t *times, size_t count)
{
	size_t middle = count / 2;

	qsort(times, count, sizeof(*times), compare_times);
	return (double)times[middle] / NS_PER_MS;
}

static int print_text(const struct ruleset *ruleset, char *path)
{
	int fd = mkstemp(path);
	FILE *to = fd < 0 ? NULL : fdopen(fd, "w");

	if (!to)
		return -errno;
	text_print(ruleset, "drop", to);
	return fclose(to) == 0 ? 0 : -errno;
}

struct result {
	double apply_ms, nft_ms;
};

/* Rounds in turns, the one who begins changing with each; the table is removed before each load. */
static int run_rounds(const struct ruleset *ruleset, const char *path, size_t rounds,
		      struct result *ret)
{
	int64_t times[2][ROUNDS_MAX];
	size_t i;
	int turn;

	for (i = 0; i < rounds; i++) {
		for (turn = 0; turn < 2; turn++) {
			size_t who = (i + (size_t)turn) % 2;
			struct timespec start, end;
			int r = apply_delete(NULL);

			start = mono_now();
			if (r == 0)
				r = who == 0 ? load_by_apply(ruleset) : load_by_nft(path);
			end = mono_now();
			if (r < 0)
				return r;
			times[who][i] = mono_between_ns(&start, &end);
		}
	}
	ret->apply_ms = median_ms(times[0], rounds);
	ret->nft_ms = median_ms(times[1], rounds);
	return apply_delete(NULL);
}

static int measure(enum shape shape, uint32_t entries, size_t rounds, struct result *ret)
{
	char path[] = "/tmp/sekisho-bench-load-XXXXXX";
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	int r = make_ruleset(shape, entries, &ruleset);

	if (r == 0)
		r = print_text(ruleset, path);
	if (r < 0)
		return r;
	r = run_rounds(ruleset, path, rounds, ret);
	unlink(path);
	return r;
}

static unsigned long argument(int argc, char **argv, int i, unsigned long otherwise)
{
	return i < argc ? strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	unsigned long entries = argument(argc, argv, 1, 10000);
	unsigned long rounds = argument(argc, argv, 2, 11);
	bool slower = false;
	unsigned int shape;

	if (entries < 1 || entries > 1000000 || rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "load [ENTRIES 1..1000000 [ROUNDS 1..%d]]\n", ROUNDS_MAX);
		return 2;
	}
	for (shape = 0; shape < SHAPE_COUNT; shape++) {
		struct result result = { 0 };
		int r = measure((enum shape)shape, (uint32_t)entries, rounds, &result);

		if (r < 0) {
			(void)fprintf(stderr, "%s: %s\n", shape_names[shape], strerror(-r));
			return 1;
		}
		(void)printf(
			"%-8s %lu entries, %lu rounds: apply %.1f ms, nft -f %.1f ms, ratio %.2f\n",
			shape_names[shape], entries, rounds, result.apply_ms, result.nft_ms,
			result.apply_ms / result.nft_ms);
		slower = slower || result.apply_ms >= result.nft_ms;
	}
	return slower ? 1 : 0;
}
