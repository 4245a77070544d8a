/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of flows. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "inspect/flows.h"
#include "packets.h"

static const uint64_t seed[2] = { 0x0123456789abcdefULL, 0xfedcba9876543210ULL };

static struct flow_key key_of(uint16_t sport)
{
	return packets_key(4, IPPROTO_TCP, sport);
}

START_TEST(a_flow_is_found_by_each_part_of_its_key)
{
	struct flows *flows = flows_new(10, seed);
	struct flow_key key = key_of(1), other;
	struct flow *flow = flows_add(flows, &key, FLOWS_UNDECIDED, 0);

	ck_assert_ptr_eq(flows_find(flows, &key), flow);
	other = key;
	other.sport++;
	ck_assert_ptr_null(flows_find(flows, &other));
	other = key;
	other.dport++;
	ck_assert_ptr_null(flows_find(flows, &other));
	other = key;
	other.l4proto = IPPROTO_UDP;
	ck_assert_ptr_null(flows_find(flows, &other));
	other = key;
	other.src.b[3]++;
	ck_assert_ptr_null(flows_find(flows, &other));
	other = key;
	other.dst.b[0]++;
	ck_assert_ptr_null(flows_find(flows, &other));
	other = key;
	other.src.family = other.dst.family = 6;
	ck_assert_ptr_null(flows_find(flows, &other));
	flows_free(flows);
}
END_TEST

START_TEST(slot_zero_is_never_given_out_and_all_others_are)
{
	struct flows *flows = flows_new(5, seed);
	bool given[5] = { false };

	for (uint16_t i = 0; i < 4; i++) {
		struct flow_key key = key_of(i);
		struct flow *flow = flows_add(flows, &key, FLOWS_UNDECIDED, 0);

		ck_assert_ptr_nonnull(flow);
		ck_assert_uint_ne(flow->slot, 0);
		ck_assert(!given[flow->slot]);
		given[flow->slot] = true;
	}
	ck_assert_ptr_null(flows_add(flows, &(struct flow_key){ .sport = 9 }, FLOWS_UNDECIDED, 0));
	ck_assert_uint_eq(flows_count(flows), 4);
	flows_free(flows);
	ck_assert_ptr_null(flows_new(1, seed));
}
END_TEST

START_TEST(a_slot_used_again_has_another_generation_and_is_zeroed)
{
	struct flows *flows = flows_new(2, seed);
	struct flow_key key = key_of(1);
	struct flow *flow = flows_add(flows, &key, FLOWS_UNDECIDED, 0);
	uint32_t generation = flow->generation;

	flow->confirmed = true;
	flows_remove(flows, flow);
	ck_assert_ptr_null(flows_find(flows, &key));
	flow = flows_add(flows, &key, FLOWS_UNDECIDED, 0);
	ck_assert_uint_ne(flow->generation, generation);
	ck_assert(!flow->confirmed);
	flows_free(flows);
}
END_TEST

START_TEST(lists_keep_the_order_in_which_flows_were_put_there)
{
	struct flows *flows = flows_new(10, seed);
	struct flow *flow[4];

	for (uint16_t i = 0; i < 4; i++) {
		struct flow_key key = key_of(i);

		flow[i] = flows_add(flows, &key, FLOWS_UNDECIDED, i);
	}
	ck_assert_ptr_eq(flows_oldest(flows, FLOWS_UNDECIDED), flow[0]);
	flows_move(flows, flow[0], FLOWS_UNDECIDED, 10);
	ck_assert_uint_eq(flow[0]->since_ms, 10);
	ck_assert_ptr_eq(flows_oldest(flows, FLOWS_UNDECIDED), flow[1]);
	flows_move(flows, flow[2], FLOWS_IDLE, 10);
	flows_remove(flows, flow[1]);
	ck_assert_ptr_eq(flows_oldest(flows, FLOWS_UNDECIDED), flow[3]);
	flows_remove(flows, flow[3]);
	ck_assert_ptr_eq(flows_oldest(flows, FLOWS_UNDECIDED), flow[0]);
	ck_assert_ptr_eq(flows_oldest(flows, FLOWS_IDLE), flow[2]);
	flows_remove(flows, flow[0]);
	ck_assert_ptr_null(flows_oldest(flows, FLOWS_UNDECIDED));
	flows_free(flows);
}
END_TEST

START_TEST(random_use_agrees_with_a_plain_array)
{
	unsigned int random_seed = (unsigned int)time(NULL);
	struct flows *flows = flows_new(200, seed);
	struct flow *known[400] = { NULL };
	uint32_t count = 0;

	printf("flows: seed %u\n", random_seed);
	srand(random_seed);
	for (int i = 0; i < 200000; i++) {
		uint16_t n = (uint16_t)(rand() % 400);
		struct flow_key key = key_of(n);

		ck_assert_ptr_eq(flows_find(flows, &key), known[n]);
		if (known[n] == NULL) {
			known[n] = flows_add(flows, &key,
					     (enum flows_list)(rand() % FLOWS_LIST_COUNT), 0);
			ck_assert((known[n] == NULL) == (count == 199));
			count += known[n] != NULL;
		} else if (rand() % 2 == 0) {
			flows_move(flows, known[n], (enum flows_list)(rand() % FLOWS_LIST_COUNT),
				   0);
		} else {
			flows_remove(flows, known[n]);
			known[n] = NULL;
			count--;
		}
		ck_assert_uint_eq(flows_count(flows), count);
	}
	ck_assert_uint_le(flows_peak(flows), 199);
	flows_free(flows);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("flows");
	TCase *tcase = tcase_create("flows");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, a_flow_is_found_by_each_part_of_its_key);
	tcase_add_test(tcase, slot_zero_is_never_given_out_and_all_others_are);
	tcase_add_test(tcase, a_slot_used_again_has_another_generation_and_is_zeroed);
	tcase_add_test(tcase, lists_keep_the_order_in_which_flows_were_put_there);
	tcase_add_test(tcase, random_use_agrees_with_a_plain_array);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
