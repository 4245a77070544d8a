/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Elements as messages: ranges with their ends, and no message too long. */
#include "kernel/element.h"

#include <arpa/inet.h>
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/defs.h"
#include "kernel/attr.h"
#include "kernel/batch.h"

#define MANY 5000

struct seen {
	uint8_t key;    /* its last byte */
	bool end, open; /* of a range; without an end */
};

/* Reads the elements of one message into seen; how many. */
static size_t read_elements(const struct nlmsghdr *message, struct seen *seen, size_t cap)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1], *element;
	const void *at;
	size_t left, n = 0;

	ck_assert(attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_MAX));
	ck_assert_str_eq(attr_text(attrs[NFTA_SET_ELEM_LIST_TABLE]), "some_table");
	at = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	left = mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while ((element = attr_next(&at, &left)) != NULL) {
		const struct nlattr *parts[NFTA_SET_ELEM_MAX + 1], *key[NFTA_DATA_MAX + 1];
		const uint8_t *bytes;

		ck_assert(attr_index_nested(element, parts, NFTA_SET_ELEM_MAX));
		ck_assert(attr_index_nested(parts[NFTA_SET_ELEM_KEY], key, NFTA_DATA_MAX));
		bytes = attr_bytes(key[NFTA_DATA_VALUE], 4);
		ck_assert_ptr_nonnull(bytes);
		if (n < cap)
			seen[n] = (struct seen){
				.key = bytes[3],
				.end = (attr_u32(parts[NFTA_SET_ELEM_FLAGS], 0) &
					NFT_SET_ELEM_INTERVAL_END) != 0,
				.open = parts[NFTA_SET_ELEM_USERDATA] != NULL,
			};
		n++;
	}
	ck_assert_uint_eq(left, 0);
	return n;
}

/* A set of ranges of addresses, each given by its two last bytes of 255.255.255.x. */
static void expect(const uint8_t (*ranges)[2], size_t count, const struct seen *expected,
		   size_t expected_count)
{
	struct ruleset_element elements[4] = { 0 };
	const struct ruleset_set set = { .name = "ranges",
					 .key = { FIELD_SADDR4 },
					 .key_fields = 1,
					 .interval = true,
					 .elements = elements,
					 .element_count = count };
	auto_(batch_freep) struct batch *batch = NULL;
	struct seen seen[16];
	size_t i;

	for (i = 0; i < count; i++) {
		memset(elements[i].first, 255, 3);
		memset(elements[i].last, 255, 3);
		elements[i].first[3] = ranges[i][0];
		elements[i].last[3] = ranges[i][1];
	}
	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(element_put_all(batch, &set), 0);
	ck_assert_uint_eq(read_elements(batch_message(batch, 0), seen, ARRAY_SIZE(seen)),
			  expected_count);
	for (i = 0; i < expected_count; i++) {
		ck_assert_uint_eq(seen[i].key, expected[i].key);
		ck_assert_int_eq(seen[i].end, expected[i].end);
		ck_assert_int_eq(seen[i].open, expected[i].open);
	}
}

START_TEST(a_range_ends_where_it_is_over_and_the_space_before_it_is_not_in_the_set)
{
	static const uint8_t ranges[][2] = { { 1, 3 }, { 9, 9 } };
	static const struct seen expected[] = { { 0, true, false },
						{ 1, false, false },
						{ 4, true, false },
						{ 9, false, false },
						{ 10, true, false } };

	expect(ranges, ARRAY_SIZE(ranges), expected, ARRAY_SIZE(expected));
}
END_TEST

/* The kernel takes a beginning without an end before it for an overlap. */
START_TEST(neighbouring_ranges_have_each_their_end)
{
	static const uint8_t ranges[][2] = { { 1, 3 }, { 4, 9 } };
	static const struct seen expected[] = { { 0, true, false },
						{ 1, false, false },
						{ 4, true, false },
						{ 4, false, false },
						{ 10, true, false } };

	expect(ranges, ARRAY_SIZE(ranges), expected, ARRAY_SIZE(expected));
}
END_TEST

START_TEST(a_range_up_to_the_last_address_has_no_end)
{
	static const uint8_t ranges[][2] = { { 240, 255 } };
	static const struct seen expected[] = { { 0, true, false }, { 240, false, true } };

	expect(ranges, ARRAY_SIZE(ranges), expected, ARRAY_SIZE(expected));
}
END_TEST

START_TEST(many_elements_take_several_messages_and_none_is_too_long)
{
	auto_(free_charp) char *memory = calloc(MANY, sizeof(struct ruleset_element));
	const struct ruleset_set set = { .name = "many",
					 .key = { FIELD_SADDR4, FIELD_OIFNAME, FIELD_DADDR4 },
					 .key_fields = 3,
					 .interval = true,
					 .elements = (struct ruleset_element *)(void *)memory,
					 .element_count = MANY };
	auto_(batch_freep) struct batch *batch = NULL;
	size_t i, total = 0;

	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(element_put_all(batch, &set), 0);
	for (i = 0; batch_message(batch, i); i++) {
		ck_assert_uint_le(batch_message(batch, i)->nlmsg_len, UINT16_MAX + 64U);
		total += read_elements(batch_message(batch, i), NULL, 0);
	}
	ck_assert_uint_gt(i, 5);
	ck_assert_uint_eq(total, MANY);
}
END_TEST

START_TEST(an_empty_set_needs_no_message)
{
	const struct ruleset_set set = {
		.name = "empty", .key = { FIELD_SADDR4 }, .key_fields = 1, .interval = true
	};
	auto_(batch_freep) struct batch *batch = NULL;

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(element_put_all(batch, &set), 0);
	ck_assert_ptr_null(batch_message(batch, 0));
}
END_TEST

/* The timeouts of the elements in a message, in milliseconds; 0 for one without. */
static size_t read_timeouts(const struct nlmsghdr *message, uint64_t *timeouts, size_t cap)
{
	const struct nlattr *attrs[NFTA_SET_ELEM_LIST_MAX + 1], *element;
	const void *at;
	size_t left, n = 0;

	ck_assert(attr_index(message, sizeof(struct nfgenmsg), attrs, NFTA_SET_ELEM_LIST_MAX));
	at = mnl_attr_get_payload(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	left = mnl_attr_get_payload_len(attrs[NFTA_SET_ELEM_LIST_ELEMENTS]);
	while ((element = attr_next(&at, &left)) != NULL) {
		const struct nlattr *parts[NFTA_SET_ELEM_MAX + 1];

		ck_assert(attr_index_nested(element, parts, NFTA_SET_ELEM_MAX));
		ck_assert_uint_lt(n, cap);
		timeouts[n++] = parts[NFTA_SET_ELEM_TIMEOUT]
					? be64toh(mnl_attr_get_u64(parts[NFTA_SET_ELEM_TIMEOUT]))
					: 0;
	}
	return n;
}

START_TEST(elements_get_the_time_they_have_left_and_none_comes_too_late)
{
	const int64_t now = (int64_t)time(NULL);
	struct ruleset_element elements[4] = { { .expires_s = now + 100 },
					       { .expires_s = now - 1 },
					       { .expires_s = 0 },
					       { .expires_s = now } };
	struct ruleset_set set = { .name = "leave",
				   .key = { FIELD_SADDR4, FIELD_DADDR4 },
				   .key_fields = 2,
				   .interval = true,
				   .timeouts = true,
				   .elements = elements,
				   .element_count = ARRAY_SIZE(elements) };
	auto_(batch_freep) struct batch *batch = NULL;
	auto_(batch_freep) struct batch *timeless = NULL;
	uint64_t timeouts[4];

	ck_assert_int_eq(batch_new("some_table", &batch), 0);
	ck_assert_int_eq(element_put_all(batch, &set), 0);
	ck_assert_uint_eq(read_timeouts(batch_message(batch, 0), timeouts, 4), 2);
	ck_assert_uint_le(timeouts[0], 100000);
	ck_assert_uint_gt(timeouts[0], 90000);
	ck_assert_uint_eq(timeouts[1], 0);

	set.timeouts = false;
	ck_assert_int_eq(batch_new("some_table", &timeless), 0);
	ck_assert_int_eq(element_put_all(timeless, &set), 0);
	ck_assert_uint_eq(read_timeouts(batch_message(timeless, 0), timeouts, 4), 4);
	ck_assert_uint_eq(timeouts[0], 0);
}
END_TEST

START_TEST(verdicts_have_the_kernels_numbers)
{
	ck_assert_uint_eq(element_verdict_code(VERDICT_ACCEPT), NF_ACCEPT);
	ck_assert_uint_eq(element_verdict_code(VERDICT_DROP), NF_DROP);
	ck_assert_uint_eq(element_verdict_code(VERDICT_JUMP), (uint32_t)NFT_JUMP);
	ck_assert_uint_eq(element_verdict_code(VERDICT_GOTO), (uint32_t)NFT_GOTO);
	ck_assert_uint_eq(element_verdict_code(VERDICT_RETURN), (uint32_t)NFT_RETURN);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("element");
	TCase *tests = tcase_create("element");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_test(tests,
		       a_range_ends_where_it_is_over_and_the_space_before_it_is_not_in_the_set);
	tcase_add_test(tests, neighbouring_ranges_have_each_their_end);
	tcase_add_test(tests, a_range_up_to_the_last_address_has_no_end);
	tcase_add_test(tests, many_elements_take_several_messages_and_none_is_too_long);
	tcase_add_test(tests, an_empty_set_needs_no_message);
	tcase_add_test(tests, elements_get_the_time_they_have_left_and_none_comes_too_late);
	tcase_add_test(tests, verdicts_have_the_kernels_numbers);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
