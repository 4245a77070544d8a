/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of audit/chain.c, against libcrypto's own HMAC and digest. */

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "audit/chain.h"

static struct chain *chain;

static void set_up(void)
{
	chain = chain_new();
	ck_assert_ptr_nonnull(chain);
}

static void tear_down(void)
{
	chain_freep(&chain);
	ck_assert_ptr_null(chain);
}

START_TEST(tag_is_the_hmac_of_previous_tag_and_line)
{
	uint8_t key[CHAIN_KEY_BYTES], previous[CHAIN_TAG_BYTES], tag[CHAIN_TAG_BYTES];
	uint8_t message[CHAIN_TAG_BYTES + 300], expected[CHAIN_TAG_BYTES];
	unsigned int len;

	for (size_t body = 0; body <= 300; body++) {
		for (size_t i = 0; i < sizeof(key); i++) {
			key[i] = (uint8_t)(i * 7 + body);
			previous[i] = (uint8_t)(i * 3 + 1);
		}
		memcpy(message, previous, sizeof(previous));
		memset(message + sizeof(previous), (int)(body & 0xff), body);
		ck_assert_ptr_nonnull(HMAC(EVP_sha256(), key, sizeof(key), message,
					   sizeof(previous) + body, expected, &len));
		ck_assert_int_eq(
			chain_tag(chain, key, previous, message + sizeof(previous), body, tag), 0);
		ck_assert_mem_eq(tag, expected, sizeof(expected));
	}
}
END_TEST

START_TEST(key_moves_one_way_by_the_digest_and_the_old_one_is_gone)
{
	struct chain_point point = { .number = 41, .key = { 1, 2, 3 }, .tag = { 9 } };
	uint8_t first[CHAIN_KEY_BYTES], text[17 + CHAIN_KEY_BYTES], expected[CHAIN_KEY_BYTES];

	memcpy(first, point.key, sizeof(first));
	memcpy(text, "sekisho-log-next\n", 17);
	memcpy(text + 17, point.key, sizeof(point.key));
	ck_assert_int_eq(EVP_Digest(text, sizeof(text), expected, NULL, EVP_sha256(), NULL), 1);
	ck_assert_int_eq(chain_pass(chain, &point, 42), 0);
	ck_assert_uint_eq(point.number, 42);
	ck_assert_mem_eq(point.key, expected, sizeof(expected));
	ck_assert_int_eq(point.tag[0], 9);
	ck_assert_int_ne(memcmp(point.key, first, sizeof(first)), 0);
}
END_TEST

START_TEST(many_steps_are_as_one_after_the_other_and_none_goes_back)
{
	struct chain_point far = { .key = { 5 } }, near = { .key = { 5 } };

	ck_assert_int_eq(chain_pass(chain, &far, 100), 0);
	for (uint64_t i = 1; i <= 100; i++)
		ck_assert_int_eq(chain_pass(chain, &near, i), 0);
	ck_assert_mem_eq(&far, &near, sizeof(far));
	ck_assert_int_eq(chain_pass(chain, &far, 99), -EINVAL);
	ck_assert_mem_eq(&far, &near, sizeof(far));
}
END_TEST

START_TEST(hexadecimal_goes_there_and_back_and_nothing_else_is_read)
{
	static const char *const bad[] = { "", "0", "0g", "AB", "0", " 0", "0x" };
	uint8_t bytes[256], back[256];
	char text[513] = "";

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	ck_assert_ptr_eq(chain_put_hex(text, bytes, sizeof(bytes)), text + 512);
	ck_assert_int_eq(strncmp(text, "000102", 6), 0);
	ck_assert_int_eq(chain_read_hex(text, back, sizeof(back)), 0);
	ck_assert_mem_eq(bytes, back, sizeof(back));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(chain_read_hex(bad[i], back, 1), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("chain");
	TCase *tcase = tcase_create("chain");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60); /* the machine may be busy */
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, tag_is_the_hmac_of_previous_tag_and_line);
	tcase_add_test(tcase, key_moves_one_way_by_the_digest_and_the_old_one_is_gone);
	tcase_add_test(tcase, many_steps_are_as_one_after_the_other_and_none_goes_back);
	tcase_add_test(tcase, hexadecimal_goes_there_and_back_and_nothing_else_is_read);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
