/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of inspect/quic_keys.c: the sample packets of the standards, and packets that are not. */
#include <check.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "quic_packets.h"

/* Source: RFC 9001 appendix A, RFC 9369 appendix A. The sample packets are 1,200 bytes: this frame
 * and padding, numbered 2. Of the sealed ones, the beginning and the tag are compared: the tag
 * vouches for the rest. */
static const char sample_id[] = "8394c8f03e515708";
static const char sample_frame[] =
	"060040f1010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e868"
	"04fe3a47f06a2b69484c00000413011302010000c000000010000e00000b6578"
	"616d706c652e636f6dff01000100000a00080006001d00170018001000070005"
	"04616c706e000500050100000000003300260024001d00209370b2c9caa47fba"
	"baf4559fedba753de171fa71f50f1ce15d43e994ec74d748002b000302030400"
	"0d0010000e0403050306030203080408050806002d00020101001c0002400100"
	"3900320408ffffffffffffffff05048000ffff07048000ffff08011001048000"
	"75300901100f088394c8f03e51570806048000ffff";
static const struct {
	uint32_t version;
	const char *key, *iv, *mask, *beginning, *tag;
} samples[] = {
	{ QUIC_VERSION_1, "1f369613dd76d5467730efcbe3b1a22d", "fa044b2f42a3fd3b46fb255c",
	  "9f50449e04a0e810283a1e9933adedd2",
	  "c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11",
	  "e221af44860018ab0856972e194cd934" },
	{ QUIC_VERSION_2, "8b1a0bc121284290a29e0971b5cd045d", "91f73e2351d8fa91660e909f",
	  "45b95e15235d6f45a6b19cbcb0294ba9",
	  "d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485",
	  "a18b2faa745b6fe189cf772a9f84cbfc" },
};

static struct quic_packets q;
static uint8_t out[QUIC_PACKETS_DATAGRAM];

static size_t unhex(const char *text, uint8_t *bytes)
{
	size_t len = strlen(text) / 2;

	for (size_t i = 0; i < len; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		bytes[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return len;
}

static void expect_bytes(const uint8_t *got, const char *want)
{
	uint8_t bytes[64];

	ck_assert_mem_eq(got, bytes, unhex(want, bytes));
}

static void begin_sample(int i)
{
	quic_packets_begin(&q, samples[i].version, "");
	q.id_len = q.key_id_len = (uint8_t)unhex(sample_id, q.id);
	memcpy(q.key_id, q.id, q.id_len);
	q.number = 2;
	q.frames_len = unhex(sample_frame, q.frames);
	quic_packets_initial(&q, 1200);
}

static bool try_open(const struct quic_keys *keys, bool has_expected, uint64_t expected,
		     struct quic_opened *ret)
{
	struct quic_datagram d;
	struct quic_sealed sealed = { .has_expected = has_expected, .expected = expected };

	ck_assert_int_eq(quic_read(q.out, q.len, &d), REASON_NONE);
	sealed.at = d.packets[0].at;
	sealed.len = d.packets[0].len;
	sealed.number_offset = d.packets[0].number_offset;
	return quic_keys_open(q.ring, keys, &sealed, out, ret);
}

START_TEST(keys_and_packets_are_those_of_the_standards)
{
	struct quic_keys keys;
	struct quic_opened opened;

	begin_sample(_i);
	ck_assert(quic_keys_derive(q.version, q.id, q.id_len, &keys));
	expect_bytes(keys.key, samples[_i].key);
	expect_bytes(keys.iv, samples[_i].iv);
	expect_bytes(keys.mask, samples[_i].mask);
	ck_assert_uint_eq(q.len, 1200);
	expect_bytes(q.out, samples[_i].beginning);
	expect_bytes(q.out + 1184, samples[_i].tag);
	ck_assert(try_open(&keys, false, 0, &opened));
	ck_assert_uint_eq(opened.number, 2);
	ck_assert_uint_eq(opened.len, 1162);
	ck_assert_uint_eq(opened.first, samples[_i].version == QUIC_VERSION_1 ? 0xc3 : 0xd3);
	ck_assert_mem_eq(out, "\x06\x00\x40\xf1\x01\x00\x00\xed", 8);
	quic_packets_end(&q);
}
END_TEST

START_TEST(a_packet_with_any_bit_changed_is_not_opened)
{
	struct quic_keys keys;
	struct quic_opened opened = { .len = 77 };

	begin_sample(_i);
	ck_assert(quic_keys_derive(q.version, q.id, q.id_len, &keys));
	/* from the packet number on: before it the packet would be another one */
	for (size_t at = 18; at < q.len; at++) {
		q.out[at] ^= 0x10;
		ck_assert(!try_open(&keys, false, 0, &opened));
		q.out[at] ^= 0x10;
	}
	ck_assert_uint_eq(opened.len, 77);
	ck_assert(try_open(&keys, false, 0, &opened));
	quic_packets_end(&q);
}
END_TEST

START_TEST(other_versions_have_no_keys)
{
	struct quic_keys keys;

	begin_sample(0);
	ck_assert(!quic_keys_derive(0, q.id, q.id_len, &keys));
	ck_assert(!quic_keys_derive(0xff00001d, q.id, q.id_len, &keys));
	ck_assert(!quic_keys_derive(0x0a0a0a0a, q.id, q.id_len, &keys));
	quic_packets_end(&q);
}
END_TEST

START_TEST(a_packet_too_short_for_a_sample_is_not_opened)
{
	struct quic_keys keys;
	struct quic_opened opened;

	begin_sample(0);
	ck_assert(quic_keys_derive(q.version, q.id, q.id_len, &keys));
	for (size_t len = 0; len < 18 + 20; len++) {
		const struct quic_sealed sealed = { .at = q.out, .len = len, .number_offset = 18 };

		ck_assert(!quic_keys_open(q.ring, &keys, &sealed, out, &opened));
	}
	quic_packets_end(&q);
}
END_TEST

/* Four bytes of a number tell it within 2^32 of the one expected. */
START_TEST(numbers_are_those_nearest_to_the_expected_one)
{
	struct quic_keys keys;
	struct quic_opened opened;

	begin_sample(0);
	ck_assert(quic_keys_derive(q.version, q.id, q.id_len, &keys));
	ck_assert(try_open(&keys, true, 3, &opened));
	ck_assert_uint_eq(opened.number, 2);
	ck_assert(try_open(&keys, true, 1ULL << 31, &opened));
	/* expected a turn later, the nonce is another one */
	ck_assert(!try_open(&keys, true, (1ULL << 32) + 1, &opened));
	quic_packets_end(&q);
}
END_TEST

static size_t allocations;

static void *count_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return malloc(size);
}

static void *count_realloc(void *at, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	allocations++;
	return realloc(at, size);
}

static void count_free(void *at, const char *file, int line)
{
	(void)file;
	(void)line;
	free(at);
}

START_TEST(nothing_is_allocated_for_keys_and_packets)
{
	struct quic_opened opened;
	struct quic_keys keys;
	size_t before;

	begin_sample(0);
	before = allocations;
	ck_assert_uint_gt(before, 0);
	for (int i = 0; i < 100; i++) {
		ck_assert(quic_keys_derive(i % 2 ? QUIC_VERSION_1 : QUIC_VERSION_2, q.id, q.id_len,
					   &keys));
		ck_assert(try_open(&keys, false, 0, &opened) == (i % 2 == 1));
	}
	ck_assert_uint_eq(allocations, before);
	quic_packets_end(&q);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quic_keys");
	TCase *tcase = tcase_create("quic_keys");
	SRunner *runner = srunner_create(suite);
	int failed;

	/* before libcrypto allocates for the first time */
	if (CRYPTO_set_mem_functions(count_malloc, count_realloc, count_free) != 1)
		return EXIT_FAILURE;
	tcase_add_loop_test(tcase, keys_and_packets_are_those_of_the_standards, 0, 2);
	tcase_add_loop_test(tcase, a_packet_with_any_bit_changed_is_not_opened, 0, 2);
	tcase_add_test(tcase, other_versions_have_no_keys);
	tcase_add_test(tcase, a_packet_too_short_for_a_sample_is_not_opened);
	tcase_add_test(tcase, numbers_are_those_nearest_to_the_expected_one);
	tcase_add_test(tcase, nothing_is_allocated_for_keys_and_packets);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
