/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of broker/reset.c: the segments it builds. */
#include <check.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "broker/reset.h"

static struct flow_key key_of(const char *src, const char *dst)
{
	struct flow_key key = { .sport = 40000, .dport = 443, .l4proto = IPPROTO_TCP };

	ck_assert_int_eq(addr_parse(src, &key.src), 0);
	ck_assert_int_eq(addr_parse(dst, &key.dst), 0);
	return key;
}

/* The ones' complement sum that a receiver makes: 0xffff if the checksum is right. */
static uint32_t sum(const uint8_t *at, size_t len, uint32_t start)
{
	for (size_t i = 0; i < len; i += 2)
		start += (uint32_t)(at[i] << 8) + at[i + 1];
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static unsigned int get16(const uint8_t *at)
{
	return (unsigned int)(at[0] << 8 | at[1]);
}

START_TEST(reset_to_the_server_speaks_for_the_client)
{
	const struct flow_key key = key_of("192.168.10.11", "198.51.100.130");
	uint8_t out[RESET_SEGMENT_MAX];

	ck_assert_uint_eq(reset_build(&key, true, 0x01020304, out), 40);
	ck_assert_uint_eq(out[0], 0x45);
	ck_assert_uint_eq(get16(out + 2), 40);
	ck_assert_uint_eq(out[9], IPPROTO_TCP);
	ck_assert_mem_eq(out + 12, key.src.b, 4);
	ck_assert_mem_eq(out + 16, key.dst.b, 4);
	ck_assert_uint_eq(get16(out + 20), 40000);
	ck_assert_uint_eq(get16(out + 22), 443);
	ck_assert_mem_eq(out + 24, "\1\2\3\4", 4);
	ck_assert_uint_eq(out[33], 0x04);
	ck_assert_uint_eq(sum(out, 20, 0), 0xffff);
	ck_assert_uint_eq(sum(out + 20, 20, sum(out + 12, 8, IPPROTO_TCP + 20)), 0xffff);
}
END_TEST

START_TEST(reset_to_the_client_speaks_for_the_server)
{
	const struct flow_key key = key_of("2001:db8:10::11", "2001:db8:c10d::130");
	uint8_t out[RESET_SEGMENT_MAX];

	ck_assert_uint_eq(reset_build(&key, false, 0xfffffffe, out), 60);
	ck_assert_uint_eq(out[0] >> 4, 6);
	ck_assert_uint_eq(get16(out + 4), 20);
	ck_assert_uint_eq(out[6], IPPROTO_TCP);
	ck_assert_mem_eq(out + 8, key.dst.b, 16);
	ck_assert_mem_eq(out + 24, key.src.b, 16);
	ck_assert_uint_eq(get16(out + 40), 443);
	ck_assert_uint_eq(get16(out + 42), 40000);
	ck_assert_mem_eq(out + 44, "\xff\xff\xff\xfe", 4);
	ck_assert_uint_eq(sum(out + 40, 20, sum(out + 8, 32, IPPROTO_TCP + 20)), 0xffff);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reset");
	TCase *tcase = tcase_create("build");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, reset_to_the_server_speaks_for_the_client);
	tcase_add_test(tcase, reset_to_the_client_speaks_for_the_server);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
