/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Definitions of sets: types, lengths and flags as nft(8) gives them. */
#include "kernel/set.h"

#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <libnftnl/set.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "common/defs.h"
#include "kernel/batch.h"

static void free_set(struct nftnl_set **set)
{
	if (*set)
		nftnl_set_free(*set);
}

struct expected {
	uint32_t type, len, flags;
};

static void expect(const struct ruleset_set *set, const struct expected *expected)
{
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(free_set) struct nftnl_set *parsed = nftnl_set_alloc();

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(set_put_definition(batch, set, 3), 0);
	ck_assert_ptr_nonnull(batch_message(batch, 0));
	ck_assert_int_eq(nftnl_set_nlmsg_parse(batch_message(batch, 0), parsed), 0);
	ck_assert_str_eq(nftnl_set_get_str(parsed, NFTNL_SET_TABLE), "some_table");
	ck_assert_str_eq(nftnl_set_get_str(parsed, NFTNL_SET_NAME), set->name);
	ck_assert_uint_eq(nftnl_set_get_u32(parsed, NFTNL_SET_ID), 3);
	ck_assert_uint_eq(nftnl_set_get_u32(parsed, NFTNL_SET_KEY_TYPE), expected->type);
	ck_assert_uint_eq(nftnl_set_get_u32(parsed, NFTNL_SET_KEY_LEN), expected->len);
	ck_assert_uint_eq(nftnl_set_get_u32(parsed, NFTNL_SET_FLAGS), expected->flags);
	ck_assert_int_eq(nftnl_set_is_set(parsed, NFTNL_SET_DATA_TYPE), set->is_map);
}

START_TEST(a_single_field_has_its_own_length)
{
	const struct ruleset_set port = { .name = "p", .key = { FIELD_DPORT }, .key_fields = 1 };
	const struct ruleset_set address = {
		.name = "a", .key = { FIELD_SADDR6 }, .key_fields = 1, .interval = true
	};

	expect(&port, &(struct expected){ 13, 2, 0 });
	expect(&address, &(struct expected){ 8, 16, NFT_SET_INTERVAL });
}
END_TEST

START_TEST(several_fields_are_rounded_up_and_their_types_strung_together)
{
	struct ruleset_set set = { .name = "s",
				   .key = { FIELD_DADDR4, FIELD_L4PROTO, FIELD_DPORT },
				   .key_fields = 3 };

	expect(&set, &(struct expected){ 7 << 12 | 12 << 6 | 13, 12, 0 });
	set.interval = true;
	expect(&set,
	       &(struct expected){ 7 << 12 | 12 << 6 | 13, 12, NFT_SET_INTERVAL | NFT_SET_CONCAT });
}
END_TEST

START_TEST(sets_say_that_their_elements_may_expire)
{
	struct ruleset_set set = { .name = "s",
				   .key = { FIELD_SADDR4, FIELD_DADDR4 },
				   .key_fields = 2,
				   .timeouts = true };

	expect(&set, &(struct expected){ 7 << 6 | 7, 8, NFT_SET_TIMEOUT });
	set.interval = true;
	expect(&set, &(struct expected){ 7 << 6 | 7, 8,
					 NFT_SET_TIMEOUT | NFT_SET_INTERVAL | NFT_SET_CONCAT });
}
END_TEST

START_TEST(maps_are_from_keys_to_verdicts)
{
	const struct ruleset_set marks = {
		.name = "m", .key = { FIELD_CT_MARK }, .key_fields = 1, .is_map = true
	};

	expect(&marks, &(struct expected){ 19, 4, NFT_SET_MAP });
}
END_TEST

START_TEST(keys_that_nft_cannot_say_are_refused)
{
	const struct ruleset_set bad[] = {
		{ .name = "none", .key_fields = 0 },
		{ .name = "many", .key_fields = RULESET_KEY_FIELDS_MAX + 1 },
		{ .name = "mixed", .key = { FIELD_TCP_DOFF, FIELD_SADDR4 }, .key_fields = 2 },
		{ .name = "names", .key = { FIELD_IIFNAME }, .key_fields = 1, .interval = true },
		{ .name = "ends",
		  .key = { FIELD_SADDR4 },
		  .key_fields = 1,
		  .interval = true,
		  .timeouts = true },
		{ .name = "marks", .key = { FIELD_CT_MARK }, .key_fields = 1, .interval = true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_(batch_freep) struct batch *batch = NULL;

		ck_assert_int_eq(batch_new("some_table", &batch), 0);
		ck_assert_int_eq(set_put_definition(batch, &bad[i], 1), -EINVAL);
		ck_assert_ptr_null(batch_message(batch, 0));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("set");
	TCase *tests = tcase_create("set");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, a_single_field_has_its_own_length);
	tcase_add_test(tests, several_fields_are_rounded_up_and_their_types_strung_together);
	tcase_add_test(tests, sets_say_that_their_elements_may_expire);
	tcase_add_test(tests, maps_are_from_keys_to_verdicts);
	tcase_add_test(tests, keys_that_nft_cannot_say_are_refused);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
