/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tests of inspect/quic.c: datagrams and frames, whole, cut and broken. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "quic_packets.h"

static struct quic_packets q;
static struct quic_datagram d;

static enum reason read_datagram(void)
{
	return quic_read(q.out, q.len, &d);
}

START_TEST(packets_of_a_datagram_are_found_in_both_versions)
{
	static const uint32_t versions[] = { QUIC_VERSION_1, QUIC_VERSION_2 };

	for (int i = 0; i < 2; i++) {
		quic_packets_begin(&q, versions[i], "abcdefgh");
		q.token_len = 30;
		quic_packets_crypto(&q, 0, "xyz", 3);
		quic_packets_initial(&q, 0);
		quic_packets_other(&q, 1, 40);
		quic_packets_other(&q, 2, 50);
		quic_packets_short(&q, 60);
		ck_assert_int_eq(read_datagram(), REASON_NONE);
		ck_assert_uint_eq(d.count, 3);
		ck_assert_uint_eq(d.version, versions[i]);
		ck_assert_uint_eq(d.id_len, 8);
		ck_assert_mem_eq(d.id, "abcdefgh", 8);
		ck_assert(d.has_initial && d.has_zero_rtt);
		ck_assert_int_eq(d.packets[0].kind, QUIC_INITIAL);
		ck_assert_uint_eq(d.packets[0].number_offset, 5 + 9 + 1 + 1 + 30 + 2);
		ck_assert_int_eq(d.packets[1].kind, QUIC_ZERO_RTT);
		ck_assert_int_eq(d.packets[2].kind, QUIC_HANDSHAKE);
		ck_assert_uint_eq(d.packets[0].len + d.packets[1].len + d.packets[2].len + 60,
				  q.len);
		quic_packets_end(&q);
	}
}
END_TEST

START_TEST(every_cut_of_a_packet_is_malformed)
{
	size_t whole;

	quic_packets_begin(&q, QUIC_VERSION_1, "abcdefgh");
	quic_packets_crypto(&q, 0, "xyz", 3);
	quic_packets_initial(&q, 0);
	whole = q.len;
	for (q.len = 1; q.len < whole; q.len++)
		ck_assert_int_eq(read_datagram(), REASON_QUIC_MALFORMED);
	ck_assert_int_eq(read_datagram(), REASON_NONE);
	quic_packets_end(&q);
}
END_TEST

START_TEST(short_headers_have_no_long_packets_and_other_bytes_are_no_quic)
{
	quic_packets_begin(&q, QUIC_VERSION_1, "abcdefgh");
	quic_packets_short(&q, 100);
	ck_assert_int_eq(read_datagram(), REASON_NONE);
	ck_assert_uint_eq(d.count, 0);
	ck_assert(!d.has_initial && !d.has_zero_rtt);
	q.out[0] = 0x16;
	ck_assert_int_eq(read_datagram(), REASON_NOT_QUIC);
	q.len = 0;
	ck_assert_int_eq(read_datagram(), REASON_NOT_QUIC);
	quic_packets_end(&q);
}
END_TEST

START_TEST(another_id_or_version_in_the_same_datagram_is_malformed)
{
	quic_packets_begin(&q, QUIC_VERSION_1, "abcdefgh");
	quic_packets_other(&q, 2, 40);
	quic_packets_id(&q, "abcdefgx");
	quic_packets_other(&q, 2, 40);
	ck_assert_int_eq(read_datagram(), REASON_QUIC_MALFORMED);
	q.len = 0;
	quic_packets_other(&q, 2, 40);
	q.version = QUIC_VERSION_2;
	quic_packets_other(&q, 2, 40);
	ck_assert_int_eq(read_datagram(), REASON_QUIC_MALFORMED);
	q.len = 0;
	for (int i = 0; i < QUIC_PACKETS_MAX; i++)
		quic_packets_other(&q, 2, 40);
	ck_assert_int_eq(read_datagram(), REASON_NONE);
	quic_packets_other(&q, 2, 40);
	ck_assert_int_eq(read_datagram(), REASON_QUIC_MALFORMED);
	quic_packets_end(&q);
}
END_TEST

START_TEST(connection_ids_beyond_the_bound_are_malformed)
{
	quic_packets_begin(&q, QUIC_VERSION_1, "");
	quic_packets_other(&q, 2, 40);
	ck_assert_int_eq(read_datagram(), REASON_NONE);
	ck_assert_uint_eq(d.id_len, 0);
	q.out[5] = QUIC_ID_MAX + 1;
	ck_assert_int_eq(read_datagram(), REASON_QUIC_MALFORMED);
	quic_packets_end(&q);
}
END_TEST

static enum quic_frame first_of(const char *bytes, size_t len, struct quic_crypto *ret)
{
	struct rd frames = rd_of((const uint8_t *)bytes, len);

	return quic_next_crypto(&frames, ret);
}

#define FIRST(bytes, ret) first_of(bytes, sizeof(bytes) - 1, ret)

START_TEST(crypto_frames_are_found_behind_others)
{
	struct quic_crypto c;

	ck_assert_int_eq(
		FIRST("\0\0\1\2\5\0\1\0\7\1\3\3\1\1\0\0\1\4\4\4\x1c\1\0\2zz\6\x40\x10\2ab", &c),
		QUIC_FRAME_CRYPTO);
	ck_assert_uint_eq(c.offset, 16);
	ck_assert_uint_eq(c.len, 2);
	ck_assert_mem_eq(c.at, "ab", 2);
	ck_assert_int_eq(FIRST("\0\0\1\1", &c), QUIC_FRAME_END);
	ck_assert_int_eq(FIRST("\6\xc0\0\0\0\0\0\0\5\1a", &c), QUIC_FRAME_CRYPTO);
	ck_assert_uint_eq(c.offset, 5);
}
END_TEST

START_TEST(every_cut_of_a_frame_is_bad)
{
	static const char frames[] = "\3\3\1\2\0\0\1\4\4\4\4\4\x1c\1\0\2zz\6\x40\x10\2ab";
	struct quic_crypto c;

	for (size_t len = 1; len < sizeof(frames) - 1; len++) {
		enum quic_frame got = first_of(frames, len, &c);

		ck_assert_int_eq(got, len == 12 || len == 18 ? QUIC_FRAME_END : QUIC_FRAME_BAD);
	}
	ck_assert_int_eq(FIRST(frames, &c), QUIC_FRAME_CRYPTO);
	/* ranges without end */
	ck_assert_int_eq(FIRST("\2\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\1\1", &c), QUIC_FRAME_BAD);
	/* a length that no packet has */
	ck_assert_int_eq(FIRST("\6\0\xff\xff\xff\xff\xff\xff\xff\xff", &c), QUIC_FRAME_BAD);
	/* a frame type that is not in the shortest form */
	ck_assert_int_eq(FIRST("\x40\6\0\1a", &c), QUIC_FRAME_BAD);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("quic");
	TCase *tcase = tcase_create("quic");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tcase, packets_of_a_datagram_are_found_in_both_versions);
	tcase_add_test(tcase, every_cut_of_a_packet_is_malformed);
	tcase_add_test(tcase, short_headers_have_no_long_packets_and_other_bytes_are_no_quic);
	tcase_add_test(tcase, another_id_or_version_in_the_same_datagram_is_malformed);
	tcase_add_test(tcase, connection_ids_beyond_the_bound_are_malformed);
	tcase_add_test(tcase, crypto_frames_are_found_behind_others);
	tcase_add_test(tcase, every_cut_of_a_frame_is_bad);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
