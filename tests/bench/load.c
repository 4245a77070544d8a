/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How fast is an allow-list loaded, and changed: kernel/apply.c against nft -f of the same, in
 * turns, in this network namespace; each time in a process of its own, whose memory is told. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "common/mono.h"
#include "kernel/apply.h"
#include "kernel/batch.h"
#include "kernel/lowered.h"
#include "kernel/nlsock.h"
#include "kernel/statement.h"
#include "kernel/table.h"
#include "kernel/transaction.h"
#include "ruleset/build.h"
#include "ruleset/text.h"

#define ROUNDS_MAX 101
#define CHANGED    100 /* elements, at a time */
#define CHANGES    21  /* times */
#define NS_PER_MS  1e6
#define KB_PER_MB  1024.0
#define RATIO_MAX  1.2
#define MEMORY_MB  40.0
#define CHANGE_MS  5.0
#define SET        "allow4"

/* Single addresses; networks of sixteen; networks of many sizes with ranges of ports; ranges of
 * addresses alone. */
enum shape { SHAPE_HASH, SHAPE_INTERVAL, SHAPE_MIXED, SHAPE_RANGES, SHAPE_COUNT };

static const char *const shape_names[] = { "hash", "interval", "mixed", "ranges" };

enum job { JOB_LOAD, JOB_KERNEL, JOB_NFT, JOB_CHANGE, JOB_NFT_CHANGE, JOB_COUNT };

struct measure {
	double ms;
	long peak_kb;
};

struct task {
	enum shape shape;
	uint32_t entries;
	const char *path, *change_path; /* for nft -f */
};

/* Entry i, of which a changed one has another port. */
static void put_entry(struct build *b, enum shape shape, uint32_t i, bool changed)
{
	static const unsigned int sizes[] = { 1, 2, 4, 8, 16, 32, 3, 64 };
	uint32_t step = shape == SHAPE_HASH ? 1 : 64, size = shape == SHAPE_HASH ? 1 : 16;
	struct addr_range range = { .family = 4 };
	uint16_t port = changed ? 8443 : 443;
	uint32_t first, last;

	if (shape == SHAPE_MIXED)
		size = sizes[i % ARRAY_SIZE(sizes)];
	if (shape == SHAPE_RANGES)
		size = changed ? 5 : 13;
	first = htonl(0x0a000000U + i * step);
	last = htonl(0x0a000000U + i * step + size - 1);
	memcpy(range.first, &first, sizeof(first));
	memcpy(range.last, &last, sizeof(last));
	build_element(b);
	build_put_range(b, &range);
	if (shape == SHAPE_RANGES)
		return;
	build_put_protocol(b, i % 2 ? IPPROTO_UDP : IPPROTO_TCP);
	build_put_number(b, port, shape == SHAPE_MIXED && i % 5 == 0 ? port + 3U : port);
}

static void put_set(struct build *b, enum shape shape)
{
	if (shape == SHAPE_RANGES)
		build_set(b, SET, BUILD_INTERVAL, BUILD_FIELDS(FIELD_DADDR4));
	else
		build_set(b, SET, shape == SHAPE_HASH ? BUILD_EXACT : BUILD_INTERVAL,
			  BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
}

/* changed: of a hundred entries, all over the set, the port (or the length) is another. */
static int make_ruleset(const struct task *task, bool changed, struct ruleset **ret)
{
	uint32_t every = task->entries / CHANGED ? task->entries / CHANGED : 1, i;
	struct build b;

	build_start(&b);
	put_set(&b, task->shape);
	for (i = 0; i < task->entries; i++)
		put_entry(&b, task->shape, i, changed && i % every == 0);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	build_rule(&b, NULL);
	if (task->shape == SHAPE_RANGES)
		build_in_set(&b, SET, BUILD_FIELDS(FIELD_DADDR4));
	else
		build_in_set(&b, SET, BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	return build_finish(&b, ret);
}

static double ms_since(const struct timespec *start)
{
	struct timespec end = mono_now();

	return (double)mono_between_ns(start, &end) / NS_PER_MS;
}

/* --- what is measured, each in a child --- */

static int apply(const struct ruleset *ruleset, struct nlsock *sock, struct apply_state *state)
{
	const struct apply_options options = { .queue = APPLY_QUEUE_DROP,
					       .sock = sock,
					       .state = state };
	auto_(errors_clear) struct errors errors = { 0 };
	int r = apply_ruleset(ruleset, &options, &errors);

	errors_print(&errors, stderr);
	return r;
}

static int load(const struct task *task, double *ret_ms)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	struct timespec start;
	int r = make_ruleset(task, false, &ruleset);

	if (r == 0)
		r = nlsock_open(&sock);
	start = mono_now();
	if (r == 0)
		r = apply(ruleset, sock, NULL);
	*ret_ms = ms_since(&start);
	return r;
}

/* The very same messages, put together beforehand: what the kernel itself takes for them. */
static int kernel(const struct task *task, double *ret_ms)
{
	auto_(ruleset_freep) struct ruleset *ruleset = NULL;
	auto_(lowered_freep) struct lowered *lowered = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(errors_clear) struct errors errors = { 0 };
	struct statement_context context = { .queue = APPLY_QUEUE_DROP, .next_set_id = 1000 };
	struct timespec start;
	size_t i;
	int r = make_ruleset(task, false, &ruleset);

	if (r == 0)
		r = lowered_make(ruleset, LOWERED_ELEMENTS_MIN, NULL, &lowered);
	if (r == 0)
		r = nlsock_open(&sock);
	if (r == 0)
		r = batch_new(RULESET_TABLE, &batch);
	if (r == 0)
		r = table_put(batch, NFT_MSG_NEWTABLE);
	context.batch = batch;
	for (i = 0; r == 0 && i < lowered->ruleset->chain_count; i++)
		r = table_put_chain(batch, &lowered->ruleset->chains[i]);
	for (i = 0; r == 0 && i < lowered->ruleset->set_count; i++)
		r = transaction_put_set(batch, lowered, i, &errors);
	for (i = 0; r == 0 && i < lowered->ruleset->chain_count; i++)
		r = transaction_put_rules(&context, &lowered->ruleset->chains[i], &errors);
	start = mono_now();
	if (r == 0)
		r = batch_send(batch, sock, true, NULL);
	*ret_ms = ms_since(&start);
	return r;
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* As the daemon does: what is in force is known, packed, and the next ruleset has been compiled. To
 * and fro, and the median of that: one change is so short that others on the machine would show. */
static int change(const struct task *task, double *ret_ms)
{
	auto_(apply_state_freep) struct apply_state *state = NULL;
	auto_(ruleset_freep) struct ruleset *first = NULL;
	auto_(ruleset_freep) struct ruleset *second = NULL;
	auto_(nlsock_freep) struct nlsock *sock = NULL;
	double times[CHANGES];
	size_t i;
	int r = make_ruleset(task, false, &first);

	if (r == 0)
		r = make_ruleset(task, true, &second);
	if (r == 0)
		r = nlsock_open(&sock);
	if (r == 0)
		r = apply_state_new(&state);
	if (r == 0)
		r = apply(first, sock, state);
	for (i = 0; r == 0 && i < CHANGES; i++) {
		struct timespec start = mono_now();

		r = apply(i % 2 ? first : second, sock, state);
		times[i] = ms_since(&start);
	}
	if (r < 0)
		return r;
	qsort(times, CHANGES, sizeof(times[0]), compare_doubles);
	*ret_ms = times[CHANGES / 2];
	return 0;
}

static int run_nft(const char *path)
{
	(void)execlp("nft", "nft", "-f", path, (char *)NULL);
	return -errno;
}

static int run_job(enum job job, const struct task *task, double *ret_ms)
{
	switch (job) {
	case JOB_LOAD:
		return load(task, ret_ms);
	case JOB_KERNEL:
		return kernel(task, ret_ms);
	case JOB_NFT:
		return run_nft(task->path);
	case JOB_CHANGE:
		return change(task, ret_ms);
	case JOB_NFT_CHANGE:
		return run_nft(task->change_path);
	case JOB_COUNT:
		break;
	}
	return -EINVAL;
}

/* One measurement in a child. nft is timed from outside, with its start and its end. */
static int measure(enum job job, const struct task *task, struct measure *ret)
{
	bool nft = job == JOB_NFT || job == JOB_NFT_CHANGE;
	struct timespec start = mono_now();
	struct rusage usage;
	int pipes[2], status;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0) {
		double ms = 0;
		int r = run_job(job, task, &ms);

		if (r == 0 && write(pipes[1], &ms, sizeof(ms)) != sizeof(ms))
			r = -EIO;
		_exit(r == 0 ? 0 : 1);
	}
	close(pipes[1]);
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid)
		return -ECHILD;
	ret->ms = ms_since(&start);
	ret->peak_kb = usage.ru_maxrss;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 ||
	    (!nft && read(pipes[0], &ret->ms, sizeof(ret->ms)) != sizeof(ret->ms)))
		return -EINVAL;
	close(pipes[0]);
	return 0;
}

static int compare_measures(const void *a, const void *b)
{
	const struct measure *x = a, *y = b;

	return (x->ms > y->ms) - (x->ms < y->ms);
}

static struct measure median(struct measure *measures, size_t count)
{
	struct measure m;
	size_t i;

	qsort(measures, count, sizeof(*measures), compare_measures);
	m = measures[count / 2];
	for (i = 0; i < count; i++)
		if (measures[i].peak_kb > m.peak_kb)
			m.peak_kb = measures[i].peak_kb;
	return m;
}

/* --- texts for nft --- */

static void print_elements(const struct task *task, const char *verb, bool changed, FILE *to)
{
	uint32_t every = task->entries / CHANGED ? task->entries / CHANGED : 1, i;
	struct ruleset *few = NULL;
	struct build b;

	build_start(&b);
	put_set(&b, task->shape);
	for (i = 0; i < task->entries; i += every)
		put_entry(&b, task->shape, i, changed);
	if (build_finish(&b, &few) < 0)
		return;
	(void)fprintf(to, "%s element inet " RULESET_TABLE " " SET " {\n", verb);
	for (i = 0; i < few->sets[0].element_count; i++) {
		text_print_element(&few->sets[0], &few->sets[0].elements[i], to);
		(void)fputs(",\n", to);
	}
	(void)fputs("}\n", to);
	ruleset_free(few);
}

/* In a child, so that this process stays small: its memory would count as that of the next. */
static int print_texts(const struct task *task)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct ruleset *ruleset = NULL;
		FILE *to = fopen(task->path, "w"), *change_to = fopen(task->change_path, "w");

		if (!to || !change_to || make_ruleset(task, false, &ruleset) < 0)
			_exit(1);
		text_print(ruleset, "drop", to);
		print_elements(task, "delete", false, change_to);
		print_elements(task, "add", true, change_to);
		_exit(fclose(to) != 0 || fclose(change_to) != 0);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -EIO;
}

/* --- rounds --- */

/* In each round all jobs, the first one changing with each; the table is removed before each load.
 * nft changes what it has loaded. */
static int run_rounds(const struct task *task, size_t rounds, struct measure *ret)
{
	static const enum job order[] = { JOB_LOAD, JOB_KERNEL, JOB_NFT, JOB_CHANGE };
	static struct measure measures[JOB_COUNT][ROUNDS_MAX];
	size_t i, turn;

	for (i = 0; i < rounds; i++) {
		for (turn = 0; turn < ARRAY_SIZE(order); turn++) {
			enum job job = order[(i + turn) % ARRAY_SIZE(order)];
			int r = apply_delete(NULL);

			if (r == 0)
				r = measure(job, task, &measures[job][i]);
			if (r == 0 && job == JOB_NFT)
				r = measure(JOB_NFT_CHANGE, task, &measures[JOB_NFT_CHANGE][i]);
			if (r < 0)
				return r;
		}
	}
	for (i = 0; i < JOB_COUNT; i++)
		ret[i] = median(measures[i], rounds);
	return apply_delete(NULL);
}

static int run(enum shape shape, uint32_t entries, size_t rounds, struct measure *ret)
{
	char path[] = "/tmp/sekisho-bench-load-XXXXXX", change_path[] = "/tmp/sekisho-bench-XXXXXX";
	const struct task task = { shape, entries, path, change_path };
	int fd = mkstemp(path), change_fd = mkstemp(change_path);
	int r = fd < 0 || change_fd < 0 ? -errno : print_texts(&task);

	if (fd >= 0)
		close(fd);
	if (change_fd >= 0)
		close(change_fd);
	if (r == 0)
		r = run_rounds(&task, rounds, ret);
	unlink(path);
	unlink(change_path);
	return r;
}

/* Prints the figures; false where one is over its limit. */
static bool report(enum shape shape, uint32_t entries, size_t rounds, const struct measure *m)
{
	double ratio = m[JOB_LOAD].ms / m[JOB_KERNEL].ms;
	double memory = (double)m[JOB_LOAD].peak_kb / KB_PER_MB;

	(void)printf("%-8s %" PRIu32
		     " entries, %zu rounds: load: apply %.1f ms, the kernel's share "
		     "%.1f ms, ratio %.2f, nft -f %.1f ms; peak %.1f MB, nft %.1f MB\n",
		     shape_names[shape], entries, rounds, m[JOB_LOAD].ms, m[JOB_KERNEL].ms, ratio,
		     m[JOB_NFT].ms, memory, (double)m[JOB_NFT].peak_kb / KB_PER_MB);
	(void)printf("%-8s %d of them changed: apply %.2f ms, nft -f %.1f ms\n", shape_names[shape],
		     CHANGED, m[JOB_CHANGE].ms, m[JOB_NFT_CHANGE].ms);
	(void)fflush(stdout);
	return m[JOB_LOAD].ms < m[JOB_NFT].ms && m[JOB_CHANGE].ms < m[JOB_NFT_CHANGE].ms &&
	       ratio <= RATIO_MAX && memory <= MEMORY_MB && m[JOB_CHANGE].ms <= CHANGE_MS;
}

static unsigned long argument(int argc, char **argv, int i, unsigned long otherwise)
{
	return i < argc ? strtoul(argv[i], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	unsigned long entries = argument(argc, argv, 1, 100000);
	unsigned long rounds = argument(argc, argv, 2, 3);
	bool over = false;
	unsigned int shape;

	if (entries < 1 || entries > 250000 || rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(stderr, "load [ENTRIES 1..250000 [ROUNDS 1..%d]]\n", ROUNDS_MAX);
		return 2;
	}
	for (shape = 0; shape < SHAPE_COUNT; shape++) {
		struct measure measures[JOB_COUNT] = { 0 };
		int r = run((enum shape)shape, (uint32_t)entries, rounds, measures);

		if (r < 0) {
			(void)fprintf(stderr, "%s: %s\n", shape_names[shape], strerror(-r));
			return 1;
		}
		over = !report((enum shape)shape, (uint32_t)entries, rounds, measures) || over;
	}
	return over ? 1 : 0;
}
