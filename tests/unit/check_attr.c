/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading netlink messages that may be broken. */
#include "kernel/attr.h"

#include <check.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

#include "common/defs.h"

#define BUFFER_BYTES 256

/* A message of header_len bytes of header, a number, a text and a nested byte. */
static struct nlmsghdr *make_message(void *buffer)
{
	struct nlmsghdr *message;
	uint32_t *header;
	struct nlattr *nest;

	memset(buffer, 0, BUFFER_BYTES); /* libmnl up to 1.0.4 leaves padding as it was */
	message = mnl_nlmsg_put_header(buffer);
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	message->nlmsg_type = NLMSG_MIN_TYPE;
	*header = 7;
	mnl_attr_put_u32(message, 1, 0x01020304);
	mnl_attr_put_strz(message, 2, "text");
	nest = mnl_attr_nest_start(message, 3);
	mnl_attr_put_u8(message, 1, 9);
	mnl_attr_nest_end(message, nest);
	return message;
}

START_TEST(attributes_are_found_by_type)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	const struct nlmsghdr *message = make_message(buffer);
	const struct nlattr *attrs[5], *nested[2];

	ck_assert(attr_index(message, 4, attrs, 4));
	ck_assert_ptr_null(attrs[0]);
	ck_assert_ptr_null(attrs[4]);
	ck_assert_uint_eq(attr_u32(attrs[1], 0), __builtin_bswap32(0x01020304));
	ck_assert_str_eq(attr_text(attrs[2]), "text");
	ck_assert(attr_index_nested(attrs[3], nested, 1));
	ck_assert_uint_eq(attr_u8(nested[1], 0), 9);
}
END_TEST

START_TEST(absent_or_short_values_give_the_default)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	const struct nlattr *attrs[4], *nested[2];

	ck_assert(attr_index(make_message(buffer), 4, attrs, 3));
	ck_assert(attr_index_nested(attrs[3], nested, 1));
	ck_assert_uint_eq(attr_u32(NULL, 5), 5);
	ck_assert_uint_eq(attr_u16(nested[1], 6), 6);
	ck_assert_uint_eq(attr_u8(NULL, 7), 7);
	ck_assert_ptr_null(attr_bytes(nested[1], 2));
	ck_assert_ptr_null(attr_text(NULL));
	ck_assert_ptr_null(attr_text(nested[1])); /* no NUL in it */
	ck_assert(!attr_index_nested(NULL, nested, 1));
}
END_TEST

/* A heap copy of exactly len bytes, so that reading beyond it is noticed. */
static void *exact_copy(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, data, len);
	return copy;
}

START_TEST(every_cut_of_a_message_is_noticed)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	const struct nlmsghdr *whole = make_message(buffer);
	size_t len;

	for (len = 0; len <= whole->nlmsg_len; len++) {
		auto_(free_charp) char *copy = exact_copy(whole, len);
		const void *at = copy;
		size_t left = len;
		const struct nlmsghdr *message = attr_next_message(&at, &left);

		ck_assert_int_eq(message != NULL, len == whole->nlmsg_len);
		ck_assert_uint_eq(left, message ? 0 : len);
	}
}
END_TEST

START_TEST(every_false_length_of_a_message_is_noticed_or_harmless)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	const struct nlmsghdr *whole = make_message(buffer);
	uint32_t claimed;

	for (claimed = 0; claimed < whole->nlmsg_len; claimed++) {
		auto_(free_charp) char *copy = exact_copy(whole, claimed < 16 ? 16 : claimed);
		struct nlmsghdr *message = (struct nlmsghdr *)(void *)copy;
		const struct nlattr *attrs[4];

		message->nlmsg_len = claimed;
		if (claimed < 20)
			ck_assert(!attr_index(message, 4, attrs, 3));
		else
			(void)attr_index(message, 4, attrs, 3);
	}
}
END_TEST

START_TEST(every_false_length_of_an_attribute_is_noticed_or_harmless)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	const struct nlmsghdr *whole = make_message(buffer);
	uint32_t claimed;

	for (claimed = 0; claimed <= UINT16_MAX; claimed++) {
		auto_(free_charp) char *copy = exact_copy(whole, whole->nlmsg_len);
		struct nlattr *first = (struct nlattr *)(void *)(copy + 20);
		const struct nlattr *attrs[4];
		bool sound;

		first->nla_len = (uint16_t)claimed;
		sound = attr_index((struct nlmsghdr *)(void *)copy, 4, attrs, 3);
		if (claimed < 4 || claimed > whole->nlmsg_len - 20)
			ck_assert(!sound);
	}
}
END_TEST

START_TEST(error_messages_give_their_number)
{
	char buffer[BUFFER_BYTES] __attribute__((aligned(4)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	int *error;

	ck_assert_int_eq(attr_message_error(message), -EBADMSG);
	error = mnl_nlmsg_put_extra_header(message, sizeof(struct nlmsgerr));
	*error = -ENOENT;
	ck_assert_int_eq(attr_message_error(message), -ENOENT);
	*error = 0;
	ck_assert_int_eq(attr_message_error(message), 0);
	*error = 5;
	ck_assert_int_eq(attr_message_error(message), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("attr");
	TCase *tests = tcase_create("attr");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, tests);
	tcase_add_test(tests, attributes_are_found_by_type);
	tcase_add_test(tests, absent_or_short_values_give_the_default);
	tcase_add_test(tests, every_cut_of_a_message_is_noticed);
	tcase_add_test(tests, every_false_length_of_a_message_is_noticed_or_harmless);
	tcase_add_test(tests, every_false_length_of_an_attribute_is_noticed_or_harmless);
	tcase_add_test(tests, error_messages_give_their_number);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
