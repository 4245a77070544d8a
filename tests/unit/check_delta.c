/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From ruleset to ruleset by differences: after each step the kernel holds just what was asked for.
 */
#include "kernel/delta.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/defs.h"
#include "common/errors.h"
#include "kernel/apply.h"
#include "kernel/generation.h"
#include "kernel/nlsock.h"
#include "kernel/present.h"
#include "kernel/readback.h"
#include "kernel/renamed.h"
#include "lab/sample_ruleset.h"
#include "ruleset/build.h"
#include "unit/netns.h"

#define STEPS 40
#define BIG   (LOWERED_ELEMENTS_MIN + 300)

static struct nlsock *sock;
static struct apply_state *state;

static void begin(void)
{
	netns_enter();
	ck_assert_int_eq(nlsock_open(&sock), 0);
	ck_assert_int_eq(apply_state_new(&state), 0);
}

static void end(void)
{
	apply_state_freep(&state);
	nlsock_freep(&sock);
}

/* Loads; gives how many transactions it took. */
static uint32_t load(const struct ruleset *ruleset)
{
	const struct apply_options options = { .queue = APPLY_QUEUE_COMPAT,
					       .sock = sock,
					       .state = state };
	auto_(errors_clear) struct errors errors = { 0 };
	uint32_t before = 0, after = 0;

	ck_assert_int_eq(generation_read(sock, &before), 0);
	ck_assert_msg(apply_ruleset(ruleset, &options, &errors) == 0, "%s",
		      errors.count ? errors.at[0].text : "?");
	ck_assert_int_eq(generation_read(sock, &after), 0);
	return after - before;
}

static void expect_same(const struct ruleset *wanted)
{
	auto_(ruleset_freep) struct ruleset *now = NULL;
	struct readback_trouble trouble = { 0 };
	char difference[READBACK_DIFFERENCE_MAX] = "";
	int r = readback_ruleset(sock, &now, &trouble);

	ck_assert_msg(r == 0, "%s: %s (%d)", trouble.chain, trouble.what, r);
	ck_assert_uint_eq(now->set_count, wanted->set_count);
	ck_assert_msg(readback_compare(wanted, now, difference, sizeof(difference)) == 0, "%s",
		      difference);
}

/* The sets of the table under their names in the kernel: how many have the ending. */
static size_t count_renamed(void)
{
	auto_(present_clear) struct present present = { 0 };
	size_t count = 0, i;

	ck_assert_int_eq(present_read(sock, RULESET_TABLE, &present), 0);
	for (i = 0; i < present.sets.count; i++)
		count += renamed_is(present.sets.at[i].text);
	return count;
}

/* What a random ruleset is made by; changed a little from step to step. */
struct recipe {
	unsigned int hosts, networks, ports; /* moduli: what is there */
	bool exceptions, extra_chain, forbid;
	unsigned int verdict;
};

static void put_service(struct build *b, uint32_t address, uint32_t size, uint16_t first,
			uint16_t last)
{
	struct addr_range range = { .family = 4 };
	uint32_t from = htonl(address), to = htonl(address + size - 1);

	memcpy(range.first, &from, sizeof(from));
	memcpy(range.last, &to, sizeof(to));
	build_element(b);
	build_put_range(b, &range);
	build_put_protocol(b, IPPROTO_TCP);
	build_put_number(b, first, last);
}

static void put_sets(struct build *b, const struct recipe *recipe)
{
	static const uint32_t sizes[] = { 1, 2, 3, 8, 13, 16, 64, 100 };
	uint32_t i;

	build_set(b, "hosts4", BUILD_EXACT, BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (i = 0; i < 200; i++)
		if (i % recipe->hosts != 0)
			put_service(b, 0xc6336400 + i, 1, 443, 443);
	build_set(b, "networks4", BUILD_INTERVAL,
		  BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	for (i = 0; i < BIG; i++)
		if (i % recipe->networks != 0)
			put_service(b, 0x0a000000 + i * 128, sizes[(i / 7) % ARRAY_SIZE(sizes)],
				    443, i % recipe->ports == 0 ? 447 : 443);
	build_set(b, "role4", BUILD_INTERVAL, BUILD_FIELDS(FIELD_SADDR4));
	for (i = 0; i < recipe->ports; i++) {
		char text[64];

		snprintf(text, sizeof(text), "192.168.%u.0/24", i);
		build_element(b);
		sample_put_range(b, text);
	}
	if (!recipe->exceptions)
		return;
	build_set(b, "leave4", BUILD_EXACT, BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4));
	build_may_expire(b);
	build_element(b);
	sample_put_range(b, "192.168.1.1");
	sample_put_range(b, "10.0.0.1");
	build_put_expiry(b, time(NULL) + 3600 * (int64_t)recipe->ports);
}

static void put_map(struct build *b, const struct recipe *recipe)
{
	static const enum ruleset_verdict_kind kinds[] = { VERDICT_ACCEPT, VERDICT_DROP,
							   VERDICT_RETURN };
	unsigned int i;

	build_set(b, "states", BUILD_EXACT_MAP, BUILD_FIELDS(FIELD_CT_MARK));
	for (i = 1; i < 6; i++) {
		build_element(b);
		build_put_number(b, i, i);
		if (i == 4 && recipe->extra_chain)
			build_put_verdict(b, VERDICT_GOTO, "extra");
		else
			build_put_verdict(b, kinds[(i + recipe->verdict) % ARRAY_SIZE(kinds)],
					  NULL);
	}
}

static struct ruleset *make(const struct recipe *recipe)
{
	struct ruleset *ruleset = NULL;
	struct build b;

	build_start(&b);
	put_sets(&b, recipe);
	put_map(&b, recipe);
	if (recipe->extra_chain) {
		build_chain(&b, "extra");
		build_rule(&b, "extra");
		build_accept(&b);
	}
	build_chain(&b, "pair");
	build_rule(&b, "hosts");
	build_in_set(&b, "role4", BUILD_FIELDS(FIELD_SADDR4));
	build_in_set(&b, "hosts4", BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	build_rule(&b, "networks");
	build_in_set(&b, "role4", BUILD_FIELDS(FIELD_SADDR4));
	build_in_set(&b, "networks4", BUILD_FIELDS(FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT));
	build_accept(&b);
	build_base_chain(&b, "forward", HOOK_FORWARD, 0, true);
	if (recipe->forbid) {
		build_rule(&b, "forbid");
		build_value(&b, MATCH_CT_STATE, STATE_INVALID);
		build_drop(&b);
	}
	build_rule(&b, NULL);
	build_statement(&b, &(struct ruleset_statement){
				    .kind = ACT_CT_MARK_MAP, .mask = 7, .text = "states" });
	if (recipe->exceptions) {
		build_rule(&b, "leave");
		build_in_set(&b, "leave4", BUILD_FIELDS(FIELD_SADDR4, FIELD_DADDR4));
		build_accept(&b);
	}
	build_rule(&b, NULL);
	build_goto(&b, "pair");
	ck_assert_int_eq(build_finish(&b, &ruleset), 0);
	return ruleset;
}

static struct recipe plain(void)
{
	return (struct recipe){ .hosts = 50, .networks = 60, .ports = 7 };
}

START_TEST(a_few_elements_change_in_one_transaction_and_no_set_changes_its_name)
{
	struct recipe recipe = plain();
	auto_(ruleset_freep) struct ruleset *first = make(&recipe);
	auto_(ruleset_freep) struct ruleset *second = NULL;

	begin();
	(void)load(first);
	expect_same(first);
	recipe.hosts = 49;
	recipe.networks = 61;
	recipe.verdict = 1;
	second = make(&recipe);
	ck_assert_uint_eq(load(second), 1);
	ck_assert_uint_eq(count_renamed(), 0);
	expect_same(second);
	ck_assert_uint_eq(load(second), 0);
	ck_assert_uint_eq(load(first), 1);
	expect_same(first);
	end();
}
END_TEST

START_TEST(a_changed_interval_set_is_laid_beside_the_old_one)
{
	struct recipe recipe = plain();
	auto_(ruleset_freep) struct ruleset *first = make(&recipe);
	auto_(ruleset_freep) struct ruleset *second = NULL;

	begin();
	(void)load(first);
	recipe.exceptions = true;
	recipe.ports = 9;
	second = make(&recipe);
	/* laid out, switched, taken away */
	ck_assert_uint_eq(load(second), 3);
	ck_assert_uint_eq(count_renamed(), 1);
	expect_same(second);
	end();
}
END_TEST

static void nft(const char *command)
{
	char program[] = "nft";
	auto_(free_charp) char *copy = strdup(command);
	char *const argv[] = { program, copy, NULL };
	int status;
	pid_t pid;

	ck_assert_int_eq(posix_spawnp(&pid, "nft", NULL, NULL, argv, environ), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(what_a_broken_off_load_left_behind_goes_first)
{
	struct recipe recipe = plain();
	auto_(ruleset_freep) struct ruleset *ruleset = make(&recipe);

	begin();
	(void)load(ruleset);
	nft("add set inet sekisho hosts4.b { type ipv4_addr; }");
	nft("add set inet sekisho role4.b { type mark; elements = { 1, 2 }; }");
	/* cleared, laid out, switched, taken away */
	ck_assert_uint_eq(load(ruleset), 4);
	expect_same(ruleset);
	end();
}
END_TEST

START_TEST(somebody_elses_change_makes_it_all_new)
{
	struct recipe recipe = plain();
	auto_(ruleset_freep) struct ruleset *ruleset = make(&recipe);

	begin();
	(void)load(ruleset);
	nft("add rule inet sekisho forward accept");
	ck_assert_uint_eq(load(ruleset), 3);
	expect_same(ruleset);
	ck_assert_uint_eq(load(ruleset), 0);
	end();
}
END_TEST

START_TEST(a_chain_that_hooks_elsewhere_is_changed_all_the_same)
{
	auto_(ruleset_freep) struct ruleset *first = NULL;
	auto_(ruleset_freep) struct ruleset *second = NULL;
	int i;

	begin();
	for (i = 0; i < 2; i++) {
		struct build b;

		build_start(&b);
		build_base_chain(&b, "forward", HOOK_FORWARD, i * 5, true);
		ck_assert_int_eq(build_finish(&b, i ? &second : &first), 0);
	}
	(void)load(first);
	(void)load(second);
	expect_same(second);
	end();
}
END_TEST

START_TEST(a_refused_difference_leaves_what_was_and_tells_why)
{
	const struct apply_options options = { .queue = APPLY_QUEUE_COMPAT,
					       .sock = NULL,
					       .state = NULL };
	struct apply_options with_state = options;
	auto_(errors_clear) struct errors errors = { 0 };
	auto_(ruleset_freep) struct ruleset *good = NULL;
	auto_(ruleset_freep) struct ruleset *bad = NULL;
	struct recipe recipe = plain();
	struct ruleset_chain *pair;

	begin();
	with_state.sock = sock;
	with_state.state = state;
	good = make(&recipe);
	(void)load(good);
	recipe.hosts = 30;
	bad = make(&recipe);
	pair = &bad->chains[0];
	ck_assert_str_eq(pair->name, "pair");
	memcpy(pair->rules[0].statements[1].text, "nowhere", sizeof("nowhere"));
	ck_assert_int_lt(apply_ruleset(bad, &with_state, &errors), 0);
	ck_assert_uint_eq(errors.count, 1);
	ck_assert_msg(strstr(errors.at[0].text, "rule 1 of chain pair (hosts)"), "%s",
		      errors.at[0].text);
	expect_same(good);
	recipe = plain();
	recipe.hosts = 20;
	ruleset_freep(&good);
	good = make(&recipe);
	(void)load(good);
	expect_same(good);
	end();
}
END_TEST

static unsigned int some(unsigned int *seed, unsigned int from, unsigned int to)
{
	return from + (unsigned int)rand_r(seed) % (to - from + 1);
}

START_TEST(random_steps_all_arrive)
{
	unsigned int seed = (unsigned int)time(NULL);
	const char *given = getenv("SEED");
	struct recipe recipe = plain();
	uint32_t by_difference = 0;
	int i;

	if (given)
		seed = (unsigned int)strtoul(given, NULL, 10);
	printf("seed %u\n", seed);
	begin();
	for (i = 0; i < STEPS; i++) {
		auto_(ruleset_freep) struct ruleset *ruleset = NULL;

		if (some(&seed, 0, 1))
			recipe.hosts = some(&seed, 2, 60);
		if (some(&seed, 0, 1))
			recipe.networks = some(&seed, 30, 60);
		if (some(&seed, 0, 4) == 0)
			recipe.ports = some(&seed, 1, 9);
		if (some(&seed, 0, 4) == 0)
			recipe.exceptions = !recipe.exceptions;
		if (some(&seed, 0, 4) == 0)
			recipe.extra_chain = !recipe.extra_chain;
		if (some(&seed, 0, 4) == 0)
			recipe.forbid = !recipe.forbid;
		recipe.verdict = some(&seed, 0, 2);
		ruleset = make(&recipe);
		by_difference += load(ruleset) <= 1;
		expect_same(ruleset);
	}
	ck_assert_uint_gt(by_difference, STEPS / 8);
	end();
}
END_TEST

int main(void)
{
	bool available = netns_available();
	Suite *suite = suite_create("delta");
	TCase *root = tcase_create("in a network namespace");
	SRunner *runner = srunner_create(suite);
	int failed;

	if (available)
		suite_add_tcase(suite, root);
	tcase_set_timeout(root, 120);
	tcase_add_test(root, a_few_elements_change_in_one_transaction_and_no_set_changes_its_name);
	tcase_add_test(root, a_changed_interval_set_is_laid_beside_the_old_one);
	tcase_add_test(root, what_a_broken_off_load_left_behind_goes_first);
	tcase_add_test(root, somebody_elses_change_makes_it_all_new);
	tcase_add_test(root, a_chain_that_hooks_elsewhere_is_changed_all_the_same);
	tcase_add_test(root, a_refused_difference_leaves_what_was_and_tells_why);
	tcase_add_test(root, random_steps_all_arrive);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return netns_exit_status(failed, available);
}
